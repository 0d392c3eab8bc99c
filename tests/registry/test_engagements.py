"""Findings and their correction: each step waits for what it rests on; nobody judges their own work."""
from datetime import date

import pytest
from cast import email
from form_posts import changed_by_someone, refused, values, words
from lists import numbers

from audits import trail
from models import CorrectiveAction, Finding, Incident, Person, db
from registry.core import clock


def test_a_finding_waits_for_every_measure(app, client_of):
    with app.app_context(), db.connection_context(), trail.act('findings.edit', by=None,
            at=clock.now()) as act:
        row = Finding.get_by_id(1)
        row.state = 'correcting'
        act.save(row)
        first = CorrectiveAction.get_by_id(1)
        first.done_on = first.evidence = None
        act.save(first)
        act.insert([CorrectiveAction(finding=row, measure='掲示を貼った', owner=first.owner,
                                     due_on=clock.today(), done_on=clock.today(),
                                     evidence='写真')])
    page = client_of('department').post('/findings/1/move/reported', data={'reason': '済み'})
    assert page.status_code == 422 and '是正の実施日を入力してください' in page.text


def test_an_approved_measure_stands_and_a_closed_finding_is_left_alone(app, client_of, department):
    def state(value):
        with app.app_context(), db.connection_context(), trail.act('findings.edit', by=None,
                at=clock.now()) as act:
            row = Finding.get_by_id(1)
            row.state = value
            act.save(row)
    state('approved')
    assert 'due_on' not in department.get('/actions/1/edit').page.named()
    department.post('/actions/1/edit', data=values(department, '/actions/1/edit')
                    | {'due_on': '2030-01-01', 'measure': '別'})
    with app.app_context(), db.connection_context():
        stands = CorrectiveAction.get_by_id(1)
        assert (stands.due_on.year, stands.measure) != (2030, '別')
    state('closed')
    assert department.get('/actions/1/edit').status_code == 403
    assert department.get('/findings/1/actions/new').status_code == 403


def test_the_owner_of_a_measure_is_of_the_unit(department):
    page = department.get('/findings/1/actions/new').page
    options = page.one('select[name="owner_email"]').text()
    assert '土井 長' in options and '江口 監' not in options and '阿部 情' not in options


@pytest.mark.parametrize(('who', 'address', 'changed'), [
    ('it', '/incidents/1/void', Incident), ('auditor', '/actions/1/follow-up', CorrectiveAction)])
def test_what_changed_meanwhile_is_neither_voided_nor_followed_up(app, client_of, who, address, changed):
    browser = client_of(who)
    form = values(browser, address) | {'reason': '誤り', 'result': 'effective', 'followed_on': '2026-11-20',
                                       'result_note': '見た'}
    with app.app_context(), db.connection_context(), trail.act('test.edit', by=None, at=clock.now()) as act:
        row = changed.get_by_id(1)
        row.__data__['title' if changed is Incident else 'evidence'] = '変えた'
        act.save(row)
    answer = browser.post(address, data=form)
    assert answer.status_code == 409 and '誤り' in answer.text or '見た' in answer.text
    again = values(browser, address) | {key: form[key] for key in ('reason', 'result', 'followed_on',
        'result_note')}
    assert browser.post(address, data=again).status_code == 303


def test_a_slip_in_a_follow_up_is_corrected_until_something_rests_on_it(app, client_of):
    auditor = client_of('auditor')
    address = '/actions/1/follow-up'
    with app.app_context(), db.connection_context(), trail.act('findings.edit', by=None,
            at=clock.now()) as act:
        row = Finding.get_by_id(1)
        row.state = 'reported'
        act.save(row)
    for result in ('effective', 'insufficient'):
        form = values(auditor, address) | {'result': result, 'followed_on': '2026-11-20',
                                           'result_note': '見た'}
        assert auditor.post(address, data=form).status_code == 303
    assert address in auditor.get('/findings/1').text
    assert auditor.post('/findings/1/move/correcting',
                        data={'reason': '不十分', 'revision': '2'}).status_code == 303
    assert auditor.get(address).status_code == 403


def test_another_number_or_a_closed_finding_is_changed_with_a_reason_only(client_of):
    it, auditor = client_of('it'), client_of('auditor')
    assert '「変更の理由」を書いてください' in refused(it, '/systems/1/edit', system_no='S-90001',
                                        act_reason=' ')
    with db.connection_context(), trail.act('findings.move', by=None, at=clock.now()) as act:
        row = Finding.get_by_id(1)
        row.state = 'closed'
        act.save(row)
    assert '「完了」です。「変更の理由」を書いてください' in refused(auditor, '/findings/1/edit',
        fact='別の事実')
    asked = values(auditor, '/findings/1/edit') | {'fact': '別の事実', 'act_reason': '誤記の訂正'}
    assert auditor.post('/findings/1/edit', data=asked).status_code == 303


def test_no_measure_without_evidence_is_reported(client_of, department, app):
    with app.app_context(), db.connection_context(), trail.act('findings.edit', by=None,
            at=clock.now()) as act:
        row = Finding.get_by_id(1)
        row.state = 'correcting'
        act.save(row)
        act.insert([CorrectiveAction(finding=row, measure='手順を直す',
                                     owner=CorrectiveAction.get_by_id(1).owner_id, due_on=date(2026, 12, 1),
                                     done_on=date(2026, 11, 2))])
    with db.connection_context(), trail.act('actions.edit', by=None, at=clock.now()) as act:
        action = CorrectiveAction.get_by_id(1)
        action.done_on, action.evidence = date(2026, 11, 2), '文書1'
        act.save(action)
    assert '証跡' in refused(department, '/findings/1/move/reported', reason='完了')


def test_only_people_of_the_audited_unit_own_a_measure(department):
    for who in ('other', 'executive', 'admin'):
        asked = values(department, '/findings/1/actions/new') | {'measure': '直す', 'owner_email': email(who),
            'due_on': '2026-12-01'}
        answer = department.post('/findings/1/actions/new', data=asked)
        assert answer.status_code == 422 and '被監査部門の人から' in answer.text


def reported(change, **fields):
    """Bring the first finding to where an auditor judges it."""
    change(Finding, 1, state='reported')
    return change(CorrectiveAction, 1, done_on=date(2026, 11, 1), evidence='文書第1号', **fields)


def closing(browser):
    """Return what a finding's page offers and how judging it is answered.

    (follow-up offered, follow up, close, accept)
    """
    page = browser.get('/findings/1').text
    return ('/actions/1/follow-up' in page, browser.get('/actions/1/follow-up').status_code,
            *(browser.post(f'/findings/1/move/{target}', data={'reason': 'CISO 甲の承認'}).status_code
              for target in ('closed', 'accepted')))


FOLLOWED = {'followed_on': date(2026, 11, 10), 'follower': 5, 'result': 'effective',
            'result_note': '確かめた'}


@pytest.mark.parametrize('hand', ['owner', 'former owner', 'voided measure', 'done', 'reported',
                                  'former address'])
def test_who_had_a_hand_in_a_correction_does_not_judge_it(client_of, change, app, hand):
    with app.app_context(), db.connection_context():
        who, others = Person.get(Person.email == 'head@city.example').id, Person.get(Person.email
            == 'department@city.example').id
        auditor = Person.get(Person.email == 'auditor@city.example').id
    followed = FOLLOWED | {'follower': auditor}
    if hand == 'owner':
        reported(change, owner=who)
    elif hand == 'former owner':
        reported(change, owner=who)
        change(CorrectiveAction, 1, owner=others)
    elif hand == 'voided measure':
        reported(change)
        with app.app_context(), db.connection_context(), trail.act('demo.fill', by=None,
                at=clock.now()) as act:
            row = CorrectiveAction(finding=1, measure='別の措置', owner=who, due_on=date(2026, 12, 1))
            act.save(row)
            act.void(row, '誤り')
    elif hand == 'reported':
        reported(change)
        change(Finding, 1, state='correcting')
        change(Finding, 1, 'head', state='reported')
    else:
        change(CorrectiveAction, 1, done_on=None)
        change(CorrectiveAction, 1, 'head', done_on=date(2026, 11, 1), evidence='文書第1号')
        change(Finding, 1, state='reported')
    change(Person, who, role='auditor', **({'email': 'former@city.example'} if hand == 'former address'
                                           else {}))
    browser = app.test_client()
    browser.post('/sign-in', data={'email': 'former@city.example' if hand == 'former address'
                                   else 'head@city.example', 'password': 'めぐろの坂道-2026'})
    assert closing(browser)[:2] == (False, 403)
    change(CorrectiveAction, 1, **followed)
    assert closing(browser)[2:] == (422, 422)
    assert 'ほかの監査担当が行ってください' in browser.get('/findings/1').page.text
    # nor is it made to vanish
    for address, sent in (('/findings/1/edit', {'category': 'good'}),
                          ('/findings/1/void', {'reason': '誤り'}),
                          ('/engagements/1/void', {'reason': '誤り'})):
        assert 'ほかの監査担当' in refused(browser, address, **sent)
    auditor = client_of('auditor')
    assert '/actions/1/follow-up' in auditor.get('/findings/1').text
    assert auditor.post('/findings/1/move/closed', data={'reason': '是正を確かめた'}).status_code == 303


def test_an_auditor_without_a_hand_in_it_accepts_a_risk(client_of, change):
    auditor = client_of('auditor')
    assert auditor.post('/findings/1/move/accepted', data={'reason': 'CISO 甲の承認'}).status_code == 303


def test_what_may_not_be_voided_is_not_taken_back_either(client_of, change):
    """A finding voided by others does not count again by the word of whoever worked on it."""
    auditor = client_of('auditor')
    mine = Person.email == 'auditor@city.example'
    with db.connection_context():
        person = Person.get(mine).id
    change(CorrectiveAction, 1, owner=person)
    change(Finding, 1, voided_at=clock.now(), void_reason='誤り')
    assert 'ほかの監査担当が行ってください' in refused(auditor, '/findings/1/restore', reason='戻す')


def test_a_corrective_action_is_voided_while_it_is_a_plan(it, client_of):
    unit, auditor = client_of('department'), client_of('auditor')
    with db.connection_context():
        action = CorrectiveAction.get_by_id(1)
        finding = action.finding_id
    changed_by_someone(Finding, finding, state='correcting')
    changed_by_someone(CorrectiveAction, 1, followed_on=None, follower=None, result=None)
    address = '/actions/1/void'
    assert auditor.get(address).status_code == 403 and client_of('other').get(address).status_code == 404
    assert '所属からは取り消せません' in words(unit.post(address, data={'reason': '重複'}))
    assert 'ただ一つの是正措置' in words(it.post(address, data={'reason': '重複'}))
    changed_by_someone(Finding, finding, state='planned')
    assert unit.post(address, data={'reason': '重複'}).status_code == 303
    assert '是正措置はまだありません' in unit.get(f'/findings/{finding}').page.text
    assert '取り消しました（理由: 重複）' in unit.get(f'/findings/{finding}/history').page.text


def test_a_measure_that_may_no_longer_change_is_not_dropped_silently(client_of):
    unit = client_of('department')
    changed_by_someone(CorrectiveAction, 1, followed_on=None, follower=None, result=None)
    changed_by_someone(Finding, 1, state='planned')
    asked = values(unit, '/actions/1/edit') | {'measure': '新しい措置'}
    changed_by_someone(Finding, 1, state='correcting')
    answer = unit.post('/actions/1/edit', data=asked)
    assert answer.status_code == 422 and '措置内容は変えられません' in words(
        answer) and '新しい措置' in words(answer)


def test_an_action_is_not_followed_up_by_its_owner(app, client_of):
    """監査事後確認 is made by someone else; the database says so too."""
    with app.app_context(), db.connection_context(), trail.act('actions.edit', by=None,
            at=clock.now()) as act:
        row = CorrectiveAction.get_by_id(1)
        row.owner = Person.get(Person.email == email('auditor'))
        act.save(row)
    browser = client_of('auditor')
    assert browser.get('/actions/1/follow-up').status_code == 403
    sent = {'result': 'effective', 'followed_on': '2026-11-20', 'result_note': '確認した', 'revision': '1'}
    assert browser.post('/actions/1/follow-up', data=sent).status_code == 403
    assert browser.post('/actions/2/follow-up', data=sent).status_code == 303
    with app.app_context(), db.connection_context():
        assert CorrectiveAction.get_by_id(2).follower.email == email('auditor')


def test_a_finding_past_its_day_shows_the_day(client_of, app, written):
    with app.app_context(), db.connection_context():
        row = CorrectiveAction.get_by_id(1)
        row.due_on, row.done_on = date(2026, 10, 31), None
    written(row)
    page = client_of('auditor').get('/findings/?open=late').page
    assert '是正の期限' in page.text and '2026-10-31' in page.texts('td')
    assert numbers(client_of('auditor'), '/findings/?sort=due_on') == ['F-00001', 'F-00002']
    assert numbers(client_of('auditor'), '/findings/?sort=-due_on') == ['F-00001', 'F-00002']
