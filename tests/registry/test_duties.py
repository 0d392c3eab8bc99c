"""Home's duties and the list of them, role by role."""
from datetime import UTC, datetime, timedelta

import pytest
from cast import TODAY

from models import (
    Business,
    Contract,
    CorrectiveAction,
    Course,
    Department,
    Enrolment,
    Finding,
    Incident,
    Plan,
    Setting,
    StepProgress,
    System,
    Vendor,
    db,
)
from registry.core import clock


def rows(page):
    """Return [(words, title, label, unit and who)] of the duties that a page names."""
    return [tuple(' '.join(cell.text().split()) for cell in row.css('td'))
            for row in page.all('.duties tbody tr')]


def kinds(page):
    """Return {title: (number, address)} of the kinds of duties that home counts."""
    found = [(link.text().replace('▲', '').replace('◇', '').split(), link.attributes['href'])
             for link in page.all('.home-more a[href*="kind="]')]
    return {title: (int(number.removesuffix('件').replace(',', '')), address)
            for (title, number), address in found}


@pytest.fixture
def late(change):
    """A contract, a measure and a system's end of life of the tax unit that are late."""
    change(Contract, 1, ends_on=TODAY - timedelta(days=57))
    change(CorrectiveAction, 1, done_on=None, due_on=TODAY - timedelta(days=3))
    change(System, 1, eol_on=TODAY)


@pytest.mark.usefixtures('late')
def test_home_names_what_is_late_first(client_of):
    page = client_of('department').get('/').page
    assert page.h1 == 'ホーム' and 'きょうの仕事 5件 ▲ 超過2件' in page.text
    found = rows(page)
    assert [row[:3] for row in found] == [
        ('▲ 57日超過 2026-09-27', '契約満了', 'K-00001 税契約1'),
        ('▲ 3日超過 2026-11-20', '指摘の是正', 'F-00001 税指摘1'),
        ('● きょうまで 2026-11-23', 'サポート終了（EOL）', 'S-00001 税システム1号'),
        ('○ あと38日 2026-12-31', '2Qの進捗確認', 'P-00001 税施策1'),
        ('○ あと128日 2027-03-31', 'システムの更新', 'S-00001 税システム1号')]
    assert found[1][3] == '税務課 馬場 税'
    assert set(page.links) >= {'/contracts/1', '/findings/1', '/systems/1', '/plans/1/check-ins/2Q',
                               '/duties/'}


#: what counts as overdue or waits in `test_nothing_overdue_is_absent_from_home`: {title: how many}
OVERDUE = {
    '契約満了': 1, '契約更新の申出期限': 1, 'サポート終了（EOL）': 1, 'システムの更新': 1,
    'システムの廃止': 1, 'PIAの再実施': 1, '棚卸（年1回）': 1, '標準化の本番切替': 1,
    '標準化ステップの完了': 1,
    'インシデントの復旧': 1, '研修の対象者の確定': 1, '研修の締切（未受講あり）': 1, '指摘の是正': 1,
    '1Qの進捗確認': 1,
    # the indicators of 令和7年度 that nothing computes and nobody has entered
    '年度の実績の入力': 8, '復旧待ち（影響なし）': 1, '回答を待つ質問': 2,
    '障害の報告の受付': 2}


def test_nothing_overdue_is_absent_from_home(client_of, change, written):
    yesterday = TODAY - timedelta(days=1)
    change(System, 1, eol_on=yesterday, renew_on=yesterday, retire_planned_on=yesterday,
           pia_redo_on=yesterday, inventory_on=TODAY - timedelta(days=366))
    change(Contract, 1, ends_on=yesterday)
    change(Contract, 2, notice_on=yesterday)
    change(Business, 4, applicable=True, planned_cutover_on=yesterday)
    change(StepProgress, 1, status='todo', done_on=None, planned_on=yesterday)
    change(Incident, 1, level=4, restored_at=None)
    change(Incident, 2, level=1, restored_at=None)
    change(Course, 1, closes_on=yesterday)
    change(Enrolment, 1, status='waiting', completed_on=None)
    change(CorrectiveAction, 1, done_on=None, due_on=yesterday)
    written(Plan(plan_no='P-00009', fiscal_year=2026, department=2, title='未確認の施策'))
    it = client_of('it')
    page = it.get('/').page
    assert {title: number for title, (number, _) in kinds(page).items()} == OVERDUE
    for number, address in kinds(page).values():
        assert len(rows(it.get(address).page)) == number, address
    late = sum(OVERDUE.values()) - 5
    assert f'超過{late}件' in page.text and len(rows(page)) == 6
    # who oversees has the same, but what waits
    found = {title: number for title, (number, _) in kinds(client_of('executive').get('/').page).items()}
    assert found == {title: OVERDUE[title] for title in found} and sum(found.values()) == late


@pytest.mark.usefixtures('late')
def test_every_role_has_its_own(client_of):
    titles = {who: {row[1] for row in rows(client_of(who).get('/duties/').page)}
              for who in ('it', 'department', 'head', 'other', 'auditor', 'admin')}
    assert titles['department'] == titles['head'] >= {'契約満了', '指摘の是正', '2Qの進捗確認'}
    assert titles['other'] == {'契約満了', '2Qの進捗確認', 'システムの更新'}
    assert titles['it'] >= {'契約満了', '指摘の是正', '調達支援の点検', '年度の実績の入力',
                            '研修の対象者の確定'}
    assert titles['auditor'] == {'指摘の是正', '監査事後確認待ち'}
    assert titles['admin'] == set()


@pytest.mark.usefixtures('late')
@pytest.mark.parametrize('address', ['/', '/duties/', '/duties/?when=all', '/duties/?month=2027-03'])
def test_another_units_duties_are_not_seen(client_of, address):
    page = client_of('other').get(address).page
    assert '税' not in ' '.join(' '.join(row) for row in rows(page)) and rows(page)


@pytest.mark.usefixtures('late')
def test_who_oversees_sees_how_much_is_late_by_kind(client_of):
    executive = client_of('executive')
    page = executive.get('/').page
    found = kinds(page)
    assert found['契約満了'] == (1, '/duties/?when=late&kind=contracts-ends-on')
    # the latest of all by name, and no way to put off what others have to do
    assert rows(page) == rows(executive.get('/duties/?when=late').page)[:3]
    assert not page.all('.home-duties a[href$="/snooze"]')
    for number, address in found.values():
        assert len(rows(executive.get(address).page)) == number


def test_without_duties_home_says_so(client_of):
    page = client_of('admin').get('/').page
    assert '期限が近い仕事も、対応待ちの仕事もありません。' in page.text and not page.all('.duties')
    assert '期限が近い仕事も、対応待ちの仕事もありません。' in client_of('admin').get('/duties/').page.text


@pytest.mark.usefixtures('late')
def test_what_is_done_is_gone_from_home_at_once(client_of, change):
    department = client_of('department')
    assert 'F-00001 税指摘1' in {row[2] for row in rows(department.get('/').page)}
    change(CorrectiveAction, 1, done_on=TODAY)
    assert 'F-00001 税指摘1' not in {row[2] for row in rows(department.get('/').page)}
    change(Contract, 1, ends_on=TODAY + timedelta(days=900))
    change(System, 1, eol_on=None, renew_on=None)
    assert [row[1] for row in rows(department.get('/').page)] == ['2Qの進捗確認']
    change(System, 1, name='改めた名', eol_on=TODAY)
    assert rows(department.get('/').page)[0][2] == 'S-00001 改めた名'


def test_a_day_passes(client_of, change):
    change(System, 1, eol_on=TODAY)
    department = client_of('department')
    assert rows(department.get('/').page)[0][0].startswith('● きょうまで')
    clock.pin(TODAY + timedelta(days=1))
    assert rows(department.get('/').page)[0][0].startswith('▲ 1日超過')


@pytest.mark.usefixtures('late')
@pytest.mark.parametrize(('query', 'found'), [
    ('when=late', ['契約満了', '指摘の是正']), ('when=month', ['指摘の是正', 'サポート終了（EOL）']),
    ('when=later', ['2Qの進捗確認', 'システムの更新', '3Qの進捗確認', '4Qの進捗確認']), ('when=waiting', []),
    ('kind=plans-2q', ['2Qの進捗確認']), ('kind=plans-2q&when=late', []),
    ('day=2026-11-20', ['指摘の是正']), ('day=R8.11.23&when=late', ['サポート終了（EOL）']),
    ('day=2026-11-19', [])])
def test_the_list_is_narrowed(client_of, query, found):
    page = client_of('department').get(f'/duties/?{query}').page
    titles = [row[1].replace('年度末の', '4Qの') for row in rows(page)]
    assert titles == found
    assert page.all('.chip') and ('条件に合う仕事はありません。' in page.text) == (not found)


@pytest.mark.parametrize('query', ['when=x', 'kind=x', 'unit=x', 'day=2026-13-45', 'day=きのう',
                                   'month=2026-13', 'month=0000-01', 'month=9999-12', 'month=x',
                                   'page=99999999999999',
                                   'page=x', 'size=7', 'when=late&when=month'])
def test_what_cannot_be_used_is_left_out(client_of, query):
    page = client_of('it').get(f'/duties/?{query}').page
    assert rows(page)
    if query.split('=')[0] in ('when', 'kind', 'unit', 'day') and '&' not in query:
        assert page.all('.alert-warn')


def test_the_desk_looks_at_one_unit(client_of):
    page = client_of('it').get('/duties/?unit=0201').page
    assert rows(page) and all('税務課' in row[3] for row in rows(page))
    assert not client_of('department').get('/duties/').page.all('#filter-unit')


def test_the_list_has_pages(client_of, written):
    vendor = Vendor(vendor_no='V-00009', name='㈲試験')
    written(vendor, *[System(system_no=f'T-{n:05}', name=f'試験{n}', owner=2, category='office',
                             lifecycle='operate', eol_on=TODAY - timedelta(days=n)) for n in range(120)])
    department = client_of('department')
    names, address = [], '/duties/?kind=systems-eol-on'
    for number in (50, 50, 20):
        page = department.get(address).page
        assert len(rows(page)) == number
        names += [row[2] for row in rows(page)]
        address = next(iter(page.all('.pager a[rel=next]')), None)
        address = address and address.attributes['href']
    assert len(set(names)) == 120 and address is None
    assert names[0] == 'T-00119 試験119' and '全120件中' in page.text
    assert 'すべて見る' in department.get('/').page.text and len(rows(department.get('/').page)) == 6


@pytest.mark.usefixtures('late')
@pytest.mark.parametrize('address', ['/', '/duties/'])
def test_the_calendar_leads_to_the_duties_of_a_day(client_of, address):
    department = client_of('department')
    page = department.get(address).page
    cells = {cell.attributes['href']: ' '.join(cell.text().split()) for cell in page.all('.month td a')}
    assert cells == {'/duties/?day=2026-11-20': '20日 ▲1件（超過）', '/duties/?day=2026-11-23': '23日 1件'}
    for link in cells:
        assert len(rows(department.get(link).page)) == 1
    assert page.one('.month [aria-current=date]').text().split()[0].startswith('23')
    follow = page.one('.month-head a[rel=next]').attributes['href']
    assert follow == f'{address}?month=2026-12#month'
    page = department.get(follow.partition('#')[0]).page
    assert page.one('#month-title').text() == '2026年12月' and not page.all('.month [aria-current]')
    assert [cell.attributes['href'] for cell in page.all('.month td a')] == ['/duties/?day=2026-12-31']


@pytest.mark.usefixtures('late')
def test_the_bell_says_on_every_page_what_home_counts(client_of, change):
    department = client_of('department')
    for address in ('/', '/systems/', '/systems/1', '/systems/1/edit', '/nowhere'):
        bells = department.get(address).page.all('.top a.bell')
        assert [' '.join(bell.text().split()) for bell in bells] == (
            [] if address == '/nowhere' else ['期限のある仕事 5件、うち超過2件5▲2'])
    change(CorrectiveAction, 1, done_on=TODAY)
    assert '4件、うち超過1件' in department.get('/account/').page.one('a.bell').text()
    bell = client_of('admin').get('/').page.one('a.bell')
    assert bell.text().split() == ['期限のある仕事', 'なし'] and bell.attributes['href'] == '/duties/'


@pytest.mark.usefixtures('late')
def test_what_is_counted_follows_units_and_settings_that_change(client_of, change, app):
    head, it = client_of('head'), client_of('it')
    with app.app_context(), db.connection_context():
        own, other = Department.get(Department.code == '0201'), Department.get(Department.code == '0202')
        hours = Setting.get(Setting.name == 'business_hours').id
    assert {row[3].split()[0] for row in rows(head.get('/duties/?when=all').page)} == {own.name}
    change(Department, other.id, parent=own.id)
    assert {row[3].split()[0] for row in rows(head.get('/duties/?when=all').page)} == {own.name, other.name}
    # 18:00 in Japan: four hours where the office is open, else a day
    change(Incident, 1, detected_at=datetime(2026, 11, 20, 9, tzinfo=UTC), restored_at=None)
    days = [f'/duties/?kind=incidents-restored-at&day=2026-11-{day}' for day in (20, 21)]
    assert [len(rows(it.get(day).page)) for day in days] == [0, 1]
    change(Setting, hours, value='08:30-22:00')
    assert [len(rows(it.get(day).page)) for day in days] == [1, 0]


def test_a_unit_without_a_day_still_waits_on_home(client_of, change):
    change(Finding, 1, state='open')
    page = client_of('department').get('/').page
    assert page.one('.home-more a[href="/findings/?open=1"]').text() == '完了していない指摘 1件'


@pytest.mark.parametrize('who', ['it', 'department', 'head', 'auditor', 'executive', 'admin'])
def test_a_list_already_read_asks_nothing_of_the_records(client_of, queries, who):
    browser = client_of(who)
    browser.get('/duties/')
    queries.clear()
    browser.get('/duties/')
    # who asks, and where the chain stands
    assert len(queries) <= 3


@pytest.mark.parametrize('who', ['it', 'department', 'head', 'auditor', 'executive', 'admin'])
def test_home_asks_little_after_an_act(client_of, queries, change, who):
    browser = client_of(who)
    browser.get('/')
    change(System, 1, note='改めた')
    queries.clear()
    browser.get('/')
    assert len(queries) <= 15
    change(System, 1, eol_on=TODAY)
    queries.clear()
    browser.get('/')
    assert len(queries) <= 20
