"""Comments and questions: whom they reach, who answers and ends them, what is refused, who sees them."""
from datetime import timedelta

import pytest
from cast import TODAY, email
from form_posts import refused

from audits import trail, verify
from models import Act, Comment, Contract, Department, Person, System, db
from registry.core import clock
from registry.reminders import news_of


def ask(browser, where, text, **more):
    answer = browser.post(f'{where}/comment', data={'kind': 'question', 'text': text} | more)
    assert answer.status_code == 303 and answer.location.startswith(f'{where}#comment-'), answer.text
    return int(answer.location.rpartition('-')[2])


def duties(browser, text):
    """Return what of the duties of a person names a text, '' for nothing."""
    rows = browser.get('/duties/').page.all('.duties tbody tr')
    return ' '.join(' '.join(row.text().split()) for row in rows if text in row.text())


def thread(browser, where, id):
    found = browser.get(where).page.all(f'#comment-{id}')
    return ' '.join(found[0].text().split()) if found else ''


def test_a_question_reaches_whom_it_asks_until_it_is_answered_and_ended(app, client_of):
    it, unit, other = client_of('it'), client_of('department'), client_of('other')
    bell = unit.get('/').page.all('.bell')[0].text()
    day = TODAY + timedelta(days=5)
    id = ask(it, '/systems/1', '利用者数は\nこのとおりですか', to_unit_code='0201', answer_by=str(day))
    asked = f'あと5日 {day} 質問への回答 S-00001 税システム1号「利用者数は このとおりですか」'
    assert asked in duties(unit, '利用者数')
    assert unit.get('/').page.all('.bell')[0].text() != bell
    assert '質問への回答' in duties(client_of('head'), '利用者数') and not duties(other, '利用者数')
    with app.app_context(), db.connection_context():
        news, _ = news_of(Person.get(Person.email == email('department')))
        assert news['comments-answer-by', id] == (day, 'coming')
    assert unit.get(f'/comments/{id}').location == f'/systems/1?comments=all#comment-{id}'
    assert '質問を終える' in thread(unit, '/systems/1', id) and '税務課' in thread(it, '/systems/1', id)
    assert unit.post(f'/comments/{id}/answer', data={'text': '300人です'}).status_code == 303
    assert not duties(unit, '利用者数') and '回答のあった質問' in duties(it, '利用者数')
    # who asked asks further: it waits for the unit again
    assert it.post(f'/comments/{id}/answer', data={'text': 'いつの数ですか'}).status_code == 303
    assert '質問への回答' in duties(unit, '利用者数') and not duties(it, '利用者数')
    assert unit.post(f'/comments/{id}/answer', data={'text': '10月の数です'}).status_code == 303
    assert it.post(f'/comments/{id}/close').status_code == 303
    told = thread(it, '/systems/1', id)
    assert '終了' in told and '回答する' not in told and told.index('300人') < told.index('10月の数')
    assert not duties(unit, '利用者数') and not duties(it, '利用者数')
    assert unit.get(f'/comments/{id}/answer').status_code == 404
    page = it.get('/systems/1/history').page
    assert '質問「利用者数は このとおりですか」を終えました。' in page.texts('.deed')
    page = page.text
    assert '質問「利用者数は このとおりですか」を終えました。' in page
    assert '回答「300人です」を書きました。' in page
    with app.app_context(), db.connection_context():
        assert verify.verify().intact
        assert [kind for (kind,) in Act.select(Act.kind).order_by(Act.seq.desc()).limit(2).tuples()] == [
            'comments.close', 'comments.create']


def test_one_without_a_day_waits_and_is_that_persons_alone(client_of):
    it = client_of('it')
    ask(it, '/contracts/1', '更新しますか', to_person_email=email('department'))
    assert 'きょうから' in duties(client_of('department'), '更新しますか')
    assert not duties(client_of('head'), '更新しますか')
    assert not duties(client_of('auditor'), '更新しますか') and not duties(it, '更新しますか')


@pytest.mark.parametrize(('more', 'words'), [
    ({}, '宛先を、人か所属から選んで'),
    ({'to_person_email': email('other')}, 'この人はこの記録を見られません'),
    ({'to_person_email': email('admin')}, 'この人はこの記録を見られません'),
    ({'to_person_email': 'nobody@city.example'}, '選べません'),
    ({'to_unit_code': '0202'}, 'この所属の人はこの記録を見られません'),
    ({'to_unit_code': '0201-1'}, 'この所属に利用者がいません'),
    ({'to_unit_code': '0201', 'to_person_email': email('it')}, 'どちらか1つ'),
    ({'to_unit_code': '0201', 'answer_by': str(TODAY - timedelta(days=1))}, 'きょう以後の日'),
    ({'kind': 'comment', 'to_unit_code': '0201'}, 'コメントには入れられません'),
    ({'kind': 'answer'}, '種類'), ({'to_unit_code': '0201', 'text': 'あ' * 2001}, '2000文字以内'),
    ({'to_unit_code': '0201', 'text': ' '}, '内容を入力')])
def test_what_is_refused(client_of, more, words):
    it = client_of('it')
    assert words in refused(it, '/systems/1/comment', **{'kind': 'question', 'text': '問い'} | more)


def test_what_is_written_is_voided_by_its_writer_and_is_safe_to_read(app, client_of, change):
    it, unit, other = client_of('it'), client_of('department'), client_of('other')
    evil = '<script>alert(1)</script>{{7*7}}'
    answer = unit.post('/systems/1/comment', data={'kind': 'comment', 'text': evil})
    id = int(answer.location.rpartition('-')[2])
    assert '&lt;script&gt;alert(1)&lt;/script&gt;{{7*7}}' in it.get('/systems/1').text
    for address in (*(f'/comments/{id}{way}' for way in ('', '/void', '/answer')), '/systems/1/comment'):
        assert other.get(address).status_code == other.get('/comments/999').status_code == 404
    assert client_of('head').get(f'/comments/{id}/void').status_code == 403
    assert refused(unit, f'/comments/{id}/void', reason='')
    assert unit.post(f'/comments/{id}/void', data={'reason': '書き間違い'}).status_code == 303
    assert not thread(it, '/systems/1', id) and '書き間違い' in it.get('/systems/1/history').page.text
    # a voided answer leaves its question waiting; an answered question stays
    id = ask(it, '/systems/1', 'どれですか', to_unit_code='0201')
    reply = unit.post(f'/comments/{id}/answer', data={'text': 'これです'})
    assert reply.location.endswith(f'#comment-{id}') and not duties(unit, 'どれですか')
    assert '回答のある質問は' in refused(it, f'/comments/{id}/void', reason='不要')
    assert client_of('head').post(f'/comments/{id + 1}/void', data={'reason': 'x'}).status_code == 403
    assert unit.post(f'/comments/{id + 1}/void', data={'reason': '誤り'}).status_code == 303
    assert '回答を待つ質問' in duties(unit, 'どれですか')
    assert client_of('auditor').post(f'/comments/{id}/close').status_code == 403
    # the record moves to another unit: who sees it no more is not asked there any more
    with db.connection_context():
        owner = Department.get(Department.code == '0202').id
    change(System, 1, owner=owner)
    assert unit.get(f'/comments/{id}').status_code == 404 and not duties(unit, 'どれですか')
    # nor does a question of a voided record wait: nobody could answer it
    ask(it, '/contracts/1', 'いつまでですか', to_unit_code='0201')
    assert duties(unit, 'いつまでですか')
    assert it.post('/contracts/1/void', data={'reason': '重複', 'revision': '1'}).status_code == 303
    assert not duties(unit, 'いつまでですか') and it.get('/contracts/1/comment').status_code == 404
    with app.app_context(), db.connection_context():
        assert verify.verify().intact


def test_many_are_counted_and_all_are_one_press_away(app, client_of):
    with app.app_context(), db.connection_context(), trail.act('tests.fill', by=None, at=clock.now()) as act:
        act.insert([Comment(table='contract', row=1, about='契約', kind='comment', text=f'覚え{n}', at=act.at)
                    for n in range(25)])
        assert Contract.by_id(1)
    it = client_of('it')
    page = it.get('/contracts/1').page
    assert 'コメント・質問（25件）' in page.text and len(page.all('#comments li')) == 20
    assert len(it.get('/contracts/1?comments=all').page.all('#comments li')) == 25


def test_the_api_lists_writes_and_answers(app, machine_of):
    machine, unit = machine_of('it'), machine_of('department')
    made = machine.post('/systems/1/comments', json={
        'kind': 'question', 'text': '台数は', 'to_person_email': email('department'),
        'answer_by': '2027-01-08'})
    assert made.status_code == 201, made.text
    told = {'kind': 'question', 'text': '台数は', 'by': '阿部 情', 'to_person_email': email('department'),
            'to_unit_code': None, 'answer_by': '2027-01-08', 'question': None, 'closed_at': None}
    assert told.items() <= made.json.items()
    id = made.json['id']
    reply = unit.post('/systems/1/comments', json={'question': id, 'text': '3台'})
    assert reply.status_code == 201 and (reply.json['kind'], reply.json['question']) == ('answer', id)
    listed = unit.get('/systems/1/comments').json['items']
    assert [one['id'] for one in listed][:2] == [reply.json['id'], id] and listed[1]['answered_at']
    for wrong in ({'question': id}, {'question': 999, 'text': 'x'}, {'question': True, 'text': 'x'},
                  {'text': 'x', 'kind': 'comment', 'nothing': 1}, {'text': 'x'}):
        assert machine.post('/systems/1/comments', json=wrong).status_code == 422, wrong
    assert machine.post('/contracts/1/comments', json={'question': id, 'text': 'x'}).status_code == 422
    assert machine_of('other').get('/systems/1/comments').status_code == 404


def test_an_answer_counts_of_who_was_asked_or_the_desk(client_of):
    """What everybody reads everybody may answer; the question goes on waiting."""
    it, other = client_of('it'), client_of('other')
    id = ask(it, '/courses/1', '受けましたか', to_unit_code='0201')
    assert other.post(f'/comments/{id}/answer', data={'text': 'うちは済みです'}).status_code == 303
    assert '回答を待つ質問' in duties(client_of('department'), '受けましたか')
    assert client_of('head').post(f'/comments/{id}/answer', data={'text': '済みです'}).status_code == 303
    assert '回答のあった質問' in duties(it, '受けましたか')
    assert other.post(f'/comments/{id}/answer', data={'text': 'また'}).status_code == 303
    assert '回答のあった質問' in duties(it, '受けましたか')
