"""Who asked does not approve, and who did the work does not judge it, whatever their role is by then."""
from datetime import date

import pytest
from asking import refused, upload, values
from click.testing import CliRunner

from audits import trail
from models import BudgetRequest, CorrectiveAction, Finding, Person, db
from registry.commands import main
from registry.core import clock

AN_EXCLUSION = {'exclusion_reason': '少額のため', 'excluded_by': '情報政策課長 甲'}


@pytest.fixture
def change(app):
    """A function: (table, id, who or None, fields) → the row changed in an act of theirs."""
    def save(table, id, who=None, **fields):
        with app.app_context(), db.connection_context():
            row = table.get_by_id(id)
            for name, value in fields.items():
                setattr(row, name, value)
            with trail.act('demo.fill', by=Person.get(Person.email == f'{who}@city.example') if who else None,
                           at=clock.now()) as act:
                act.save(row)
            return row
    return save


@pytest.mark.parametrize('by', ['阿部', '阿部 情', '阿部　情', '阿部情', '情報政策課長 阿部情',
                                'it@city.example', 'IT@CITY.example'])
def test_who_enters_an_exclusion_is_not_its_approver(client_of, change, by):
    it = client_of('it')
    assert '別の人' in refused(it, '/budget-requests/1/edit', **AN_EXCLUSION | {'excluded_by': by})
    assert '別の人' in refused(it, '/budget-requests/new', request_no='B-77777', fiscal_year='2027',
                            requested_on='2026/9/1', title='新',
                              department_code='0201', amount='1', it_cost='1',
                              **AN_EXCLUSION | {'excluded_by': by})
    head = 'request_no,exclusion_reason,excluded_by'
    assert '別の人' in upload(it, 'budget-requests', head, f'B-00001,少額のため,{by}')
    # what stands is not asked of again where it does not change
    change(BudgetRequest, 1, exclusion_reason='少額のため', excluded_by=by)
    assert it.post('/budget-requests/1/edit', data=values(it, '/budget-requests/1/edit')
                   | {'title': '名を改めた'}).status_code == 303
    assert '別の人' not in upload(it, 'budget-requests', 'request_no,title', 'B-00001,また改めた')


def test_who_asked_for_an_exclusion_is_not_made_its_approver_by_another(client_of, change):
    change(BudgetRequest, 1, 'admin', **AN_EXCLUSION)
    assert '別の人' in refused(client_of('it'), '/budget-requests/1/edit', excluded_by='後藤 管')
    it = client_of('it')
    assert it.post('/budget-requests/1/edit', data=values(it, '/budget-requests/1/edit')
                   | {'excluded_by': '副区長 乙'}).status_code == 303


def test_a_file_handed_in_by_command_is_held_to_it(app, settings, tmp_path, monkeypatch):
    for name in ('DATABASE_URL',):
        monkeypatch.setenv(name, settings[name])
    monkeypatch.setenv('DAICHO_INSTANCE', str(tmp_path))
    monkeypatch.setenv('DAICHO_TODAY', '2026-11-23')
    file = tmp_path / 'a.csv'
    for by, code in (('阿部 情', 1), ('情報政策課長 甲', 0)):
        file.write_text(f'request_no,exclusion_reason,excluded_by\nB-00001,少額のため,{by}\n', 'utf-8')
        found = CliRunner().invoke(main, ['import', 'budget-requests', str(file), '--by', 'it@city.example',
                                          '--dry-run'])
        assert found.exit_code == code, found.output
        assert ('別の人' in found.output) is (code == 1)


def reported(change, **fields):
    """Bring the first finding to where an auditor judges it."""
    change(Finding, 1, state='reported')
    return change(CorrectiveAction, 1, done_on=date(2026, 11, 1), evidence='文書第1号', **fields)


def closing(browser):
    """Return what the finding's page offers and the answers to judging it: (follow-up offered, follow up,
    close, accept)."""
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


def test_a_case_goes_on_without_support_only_by_anothers_word(client_of):
    it = client_of('it')
    asked = {'exception_reason': '災害対応のため', 'exception_by': 'it@city.example'}
    assert '別の人' in refused(it, '/cases/1/edit', **asked)
    assert '別の人' in upload(it, 'cases', 'case_no,exception_reason,exception_by',
                           'C-00001,災害対応のため,阿部 情')
    assert not client_of('department').get('/cases/1/edit').page.has('[name^="exception_"]')
    words = upload(client_of('department'), 'cases', 'case_no,exception_reason,exception_by',
                   'C-00001,災害対応のため,課長')
    assert '情報政策の担当者だけが変更できます' in words


def test_what_may_not_be_voided_is_not_taken_back_either(client_of, change):
    """A finding voided by others does not count again by the word of whoever worked on it."""
    auditor = client_of('auditor')
    mine = Person.email == 'auditor@city.example'
    with db.connection_context():
        person = Person.get(mine).id
    change(CorrectiveAction, 1, owner=person)
    change(Finding, 1, voided_at=clock.now(), void_reason='誤り')
    assert 'ほかの監査担当が行ってください' in refused(auditor, '/findings/1/restore', reason='戻す')
