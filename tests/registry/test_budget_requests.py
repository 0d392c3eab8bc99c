"""Budget requests: what counts is not for a unit to judge, and an exclusion takes two."""
import pytest
from click.testing import CliRunner
from form_posts import complete, refused, upload, values

from models import BudgetRequest, Case, db
from registry.commands import main


def test_a_unit_does_not_judge_what_counts(department):
    words = refused(department, '/budget-requests/1/edit', exclusion_reason='自己判断', excluded_by='課長')
    assert '情報政策の担当者だけが変更できます' in words
    assert '相談してください' in refused(department, '/budget-requests/1/edit', it_cost='0')


def test_what_a_unit_may_not_decide_it_is_not_asked(client_of, department):
    for address, names in {'/budget-requests/new': ('it_cost', 'exclusion_reason', 'excluded_by'),
                           '/cases/1/edit': ('outcome',), '/supports/new': ('completed_on', 'opinion'),
                           '/systems/new': ('lifecycle',)}.items():
        page, desk = department.get(address).page.named(), client_of('it').get(address).page.named()
        assert page.isdisjoint(names) and desk.issuperset(names)
    asked = values(department, '/budget-requests/new') | {'request_no': 'B-90001', 'fiscal_year': '2027',
        'requested_on': '2026-10-01',
                                                          'title': '改修', 'amount': '100'}
    assert department.post('/budget-requests/new', data=asked).status_code == 303
    with db.connection_context():
        assert BudgetRequest.get(BudgetRequest.request_no == 'B-90001').it_cost is True


def test_support_of_a_budget_line_is_asked_for_once(department):
    asked = values(department, '/budget-requests/new') | {'request_no': 'B-90001', 'fiscal_year': '2027',
        'requested_on': '2026-10-01',
                                                          'title': '改修', 'amount': '100'}
    address = department.post('/budget-requests/new', data=asked).headers['Location'] + '/ask'
    typed = values(department, address) | {'kind': 'replace'}
    assert department.post(address, data=typed).status_code == 303
    again = department.post(address, data=typed | {'title': '二度目'})
    assert again.status_code == 422 and 'もう依頼してあるか' in again.text and '二度目' in again.text
    assert department.get(address).status_code == 303 and 'もう依頼してあるか' in department.get('/').text
    with db.connection_context():
        assert Case.select().where(Case.title.in_(['改修', '二度目'])).count() == 1


def test_what_was_examined_stays_with_its_budget_line(client_of, department):
    complete(client_of('it'))
    assert '予算要求' in refused(department, '/cases/1/edit', request_no='B-00003')


AN_EXCLUSION = {'exclusion_reason': '少額のため', 'excluded_by': '情報政策課長 甲'}


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
