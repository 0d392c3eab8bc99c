"""Two people on one record: the second is asked field by field, and nothing is lost."""
import pytest
from cast import email
from form_posts import DESK, changed_by_someone, filled, values, words

from audits import trail
from models import Finding, Incident, IncidentSystem, Person, Support, System, db
from registry.core import clock
from registry.records.noun import NOUNS


@pytest.mark.parametrize(('address', 'first', 'second'), [
    ('/actions/1/edit', {'evidence': '先の証跡'}, {'evidence': 'あとの証跡'}),
    ('/plans/1/check-ins/1Q', {'result': '先の成果'}, {'result': 'あとの成果'})])
def test_the_second_of_two_is_asked(client_of, department, address, first, second):
    mine, theirs = values(department, address), values(client_of('head'), address)
    assert department.post(address, data=mine | first).status_code == 303
    answer = client_of('head').post(address, data=theirs | second)
    assert answer.status_code == 409
    assert next(iter(first.values())) in answer.text and next(iter(second.values())) in answer.text


def test_links_of_the_second_of_two_are_asked_about(client_of):
    it, executive = client_of('it'), '/incidents/1/edit'
    mine, theirs = values(it, executive), values(it, executive)
    assert it.post(executive, data=theirs | {'system_nos': 'S-00001;S-00002'}).status_code == 303
    answer = it.post(executive, data=mine | {'system_nos': 'S-00001;S-00003'})
    assert answer.status_code == 409 and 'S-00002' in answer.text and 'S-00003' in answer.text
    # from the other side too: a business has taken the system meanwhile
    mine = values(it, '/systems/1/edit')
    assert it.post('/businesses/19/edit', data=values(it, '/businesses/19/edit')
                   | {'system_nos': 'S-00001;S-00002'}).status_code == 303
    assert it.post('/systems/1/edit', data=mine | {'note': 'x'}).status_code == 409


def test_links_changed_under_an_open_act_are_not_lost(app):
    with app.app_context(), db.connection_context(), pytest.raises(trail.Stale), trail.act('incidents.edit',
            by=None, at=clock.now()) as act:
        act.link(IncidentSystem, 'incident', Incident.get_by_id(1), 'system', [1], read_ids=[1, 2])


def test_the_reason_survives_the_conflict_page(it):
    page = it.get('/incidents/1/edit')
    fields = {'incident_no': 'I-00001', 'title': '新しい件名', 'category': 'システム障害', 'level': '4',
              'system_nos': 'S-00001', 'detected_at': '2026-06-01 09:00', 'revision': '0',
              'act_reason': '件名の誤り'}
    answer = it.post('/incidents/1/edit', data=fields)
    assert answer.status_code == 409 and page.status_code == 200
    assert '変更の理由: 件名の誤り' in words(answer)
    again = it.post('/incidents/1/edit', data=filled(answer))
    assert again.status_code == 303
    assert '新しい件名' in words(it.get('/incidents/1'))
    assert '件名の誤り' in words(it.get('/incidents/1/history'))


def test_a_conflict_is_settled_field_by_field(it):
    fields = values(it, '/systems/1/edit')
    changed_by_someone(System, 1, users=10, site='あとの場所', summary='あとの概要\n二行目')
    answer = it.post('/systems/1/edit', data=fields | {'site': 'わたしの場所', 'terminals': '7',
        'summary': 'わたしの概要\r\n<b>二行目'})
    assert answer.status_code == 409
    page = answer.page
    # what only the other changed stays theirs, what only I changed is mine, what both changed is asked
    assert '利用者数 変えていません 10人（この内容を残します）' in [
        ' '.join(row.text(separator=' ').split()) for row in page.all('tr')]
    assert page.has('[name="site"][value="わたしの場所"][checked]')
    assert page.has('[name="site"][value="あとの場所"]:not([checked])')
    with db.connection_context():
        assert Person.get(Person.email == email('it')).name in page.text
    kept = filled(answer)
    assert kept['users'] == '10' and kept['terminals'] == '7' and kept[
        'summary'] == 'わたしの概要\r\n<b>二行目'
    assert it.post('/systems/1/edit', data=kept | {'summary': 'あとの概要\r\n二行目'}).status_code == 303
    with db.connection_context():
        row = System.by_id(1)
    assert (row.users, row.terminals, row.site, row.summary) == (10, 7, 'わたしの場所',
        'あとの概要\n二行目')


def test_a_conflict_of_links_keeps_what_the_other_linked(it):
    fields = values(it, '/incidents/1/edit')
    other = it.post('/incidents/1/edit', data=fields | {'system_nos': 'S-00001;S-00002'})
    assert other.status_code == 303
    answer = it.post('/incidents/1/edit', data=fields | {'title': '別の件名'})
    assert answer.status_code == 409 and filled(answer)['system_nos'] == 'S-00001;S-00002'
    assert it.post('/incidents/1/edit', data=filled(answer)).status_code == 303
    # a token is made anew every second
    varying = {'revision': '', 'csrf_token': ''}
    assert values(it, '/incidents/1/edit') | varying == fields | {'title': '別の件名',
        'system_nos': 'S-00001;S-00002'} | varying


@pytest.mark.parametrize('who', ['desk', 'department'])
@pytest.mark.parametrize('name', sorted(noun.name for noun in NOUNS.values() if 'edit' in noun.views))
def test_a_conflict_about_nothing_changes_nothing(client_of, name, who):
    browser = client_of(DESK.get(name, 'it') if who == 'desk' else who)
    address, table = f'/{name}/1', NOUNS[name].table
    if who == 'department' and browser.get(f'{address}/edit').status_code != 200:
        return
    asked = values(browser, f'{address}/edit')
    for reason in ('まだ', None):
        changed_by_someone(table, 1, void_reason=reason)
    with db.connection_context():
        stands = dict(table.by_id(1).__data__)
    answer = browser.post(f'{address}/edit', data=asked)
    assert answer.status_code == 409 and '入力した内容は、いまの記録と同じです' in words(answer), words(
        answer)
    again = browser.post(f'{address}/edit', data=filled(answer))
    assert again.status_code == 303, words(again)
    with db.connection_context():
        assert table.by_id(1).__data__ == stands


@pytest.mark.parametrize('revision', ['', 'x', '²', '1;²,x', '9' * 6000, '1;' + '9' * 6000, '-1;;;'])
def test_a_page_that_says_no_readable_revision_is_asked_about_everything(it, revision):
    answer = it.post('/incidents/1/edit', data=values(it, '/incidents/1/edit')
                     | {'title': '別の件名', 'revision': revision})
    assert answer.status_code == 409 and answer.page.has('[value="別の件名"][checked]')


@pytest.mark.parametrize(('address', 'table', 'changes', 'fields', 'state'), [
    ('/supports/1/move/completed', Support, {'state': 'returned'},
     {'text': '長い意見です', 'opinion': 'fine', 'completed_on': '2026-11-20'}, '差戻し'),
    ('/systems/1/move/retiring', System, {'lifecycle': 'retiring'},
     {'reason': '長い理由です', 'handover': '引継ぎ先', 'retire_planned_on': '2027-03-31'}, '廃止予定'),
    ('/findings/1/move/planned', Finding, {'state': 'planned'}, {'reason': '長い理由です'}, '計画')])
def test_a_move_that_comes_too_late_keeps_its_words(it, address, table, changes, fields, state):
    revision = values(it, address)['revision']
    changed_by_someone(table, 1, **changes)
    answer = it.post(address, data=fields | {'revision': revision})
    assert answer.status_code == 409 and 'ほかの人が先に変更しました' in words(answer) and state in words(
        answer)
    for typed in fields.values():
        assert typed in words(answer) or typed.startswith(('2026', '2027', 'fine'))
    assert 'この内容で続ける' not in words(answer)


def test_a_move_still_possible_is_made_after_a_look(it):
    address = '/supports/1/move/completed'
    revision = values(it, address)['revision']
    changed_by_someone(Support, 1, trial=True)
    fields = {'text': '長い意見です', 'opinion': 'fine', 'completed_on': '2026-11-20', 'revision': revision}
    answer = it.post(address, data=fields)
    assert answer.status_code == 409 and '長い意見です' in words(answer)
    assert it.post(address, data=filled(answer)).status_code == 303
    assert '長い意見です' in words(it.get('/supports/1'))
