"""A record's page does not grow with what hangs on it: the newest few of everything, how many there are, and
where all are."""
import re
from datetime import UTC, date, datetime, timedelta

import pytest

from audits import history, trail
from models import (
    RECORDS,
    BudgetRequest,
    Business,
    BusinessSystem,
    Case,
    CaseShare,
    CorrectiveAction,
    Course,
    Engagement,
    Enrolment,
    Finding,
    Incident,
    IncidentSystem,
    Person,
    Review,
    ReviewSystem,
    Staff,
    SupportComment,
    System,
    db,
)
from registry.core import clock
from registry.records import links, pages

FEW, MANY = 60, 240
#: an address of each noun on whose first record everything below hangs
PAGES = [f'/{name}/1' for name in (
    'systems', 'incidents', 'cases', 'budget-requests', 'supports', 'reviews', 'engagements', 'findings',
    'businesses', 'courses', 'staff', 'departments', 'people', 'enrolments', 'plans', 'steps')]


def hang(number, start=0):
    """Hang `number` records of every kind on the first record of every noun, all of a kind in one act."""
    last = start + number
    at = datetime(2026, 6, 1, tzinfo=UTC)

    def insert(act, rows):
        act.insert(rows)
        return rows
    numbers = [f'{n:05}' for n in range(start, last)]
    with trail.act('demo.fill', by=None, at=clock.now()) as act:
        systems = insert(act, [System(system_no=f'Z-{n}', name=f'下{n}', owner=2, category='business',
                                      lifecycle='operate', pii='none')
                               for n in numbers])
        incidents = insert(act, [Incident(incident_no=f'Z-{n}', title=f'障害{n}', category='failure', level=2,
                                          detected_at=at
                                          + timedelta(minutes=place)) for place,
                                          n in enumerate(numbers, start)])
        reviews = insert(act, [Review(review_no=f'Z-{n}', kind='renew', title=f'検討{n}',
                                      reviewed_on=date(2026, 6, 1)) for n in numbers])
        businesses = insert(act, [Business(code=f'Z{n}', name=f'業務{n}', applicable=False) for n in numbers])
        for table, own, rows in ((IncidentSystem, 'incident', incidents), (ReviewSystem, 'review', reviews),
                                 (BusinessSystem, 'business', businesses)):
            insert(act, [table(**{own: row, 'system': 1}) for row in rows]
                   + [table(**{own: 1, 'system': row}) for row in systems])
        insert(act, [Case(case_no=f'Z-{n}', fiscal_year=2027, department=2, title=f'案件{n}', kind='improve',
                          request=1, system=1,
                          initial_cost=1, new_technology=False) for n in numbers])
        insert(act, [Engagement(engagement_no=f'Z-{n}', kind='self', theme=f'点検{n}', department=2, system=1,
                                auditor='監査')
                     for n in numbers])
        insert(act, [Finding(finding_no=f'Z-{n}', engagement=1, item=f'項目{n}', category='minor',
                             fact='事実') for n in numbers])
        insert(act, [CorrectiveAction(finding=1, measure='直す', owner=2, due_on=date(2026, 12, 1))
                     for n in numbers])
        insert(act, [SupportComment(support=1, person=1, at=clock.now(), state='reviewing', text='確認')
                     for n in numbers])
        insert(act, [CaseShare(share_no=f'Z-{n}', title=f'事例{n}', incident=1, method='notice',
                               shared_on=date(2026, 6, 1)) for n in numbers])
        staff = insert(act, [Staff(staff_no=f'9{n}', name=f'職員{n}', department=2,
                                   joined_on=date(2026, 11, 1)) for n in numbers])
        insert(act, [Staff(staff_no=f'8{n}', name=f'新人{n}', department=2, joined_on=date(2026, 11, 1))
                     for n in numbers])
        courses = insert(act, [Course(code=f'Z{n}', fiscal_year=2026, name=f'研修{n}', category='ai')
                               for n in numbers])
        insert(act, [Enrolment(course=1, staff=row) for row in staff]
               + [Enrolment(course=row, staff=1) for row in courses])
        insert(act, [BudgetRequest(request_no=f'Z-{n}', fiscal_year=2027, requested_on=date(2026, 9, 1),
                                   department=2, title=f'要求{n}',
                                   amount=1, it_cost=True, new_technology=False) for n in numbers])
        insert(act, [Person(email=f'z{n}@city.example', name=f'人{n}', role='department', department=2)
                     for n in numbers])


@pytest.fixture
def loaded(app, client_of, queries):
    """Return {address: (statements, bytes)} of the pages with a few and with many of everything, each asked
    for twice."""
    browsers = client_of('it'), client_of('admin'), client_of('auditor')

    def weigh(address):
        browser = browsers[1 if address.startswith('/people') else 2 if address.startswith('/findings')
                           else 0]
        assert browser.get(address).status_code == 200
        queries.clear()
        answer = browser.get(address)
        return len(queries), len(answer.data), list(queries)
    found = []
    for number, start in ((FEW, 0), (MANY, FEW)):
        with db.connection_context():
            hang(number, start)
        found.append({address: weigh(address) for address in PAGES})
    return found


def test_no_page_asks_or_holds_more_where_more_hangs_on_its_record(loaded):
    few, many = loaded
    for address in PAGES:
        assert few[address][0] == many[address][0] <= 15, (address, few[address][0], many[address][0],
            many[address][2])
        # measures are all there to be worked on; the others' numbers are some digits longer
        if not address.startswith('/findings'):
            assert many[address][1] <= few[address][1] + 600, (address, few[address][1], many[address][1])


def whole(browser, address):
    """Return how many rows a list says it has."""
    return int(re.search(r'全\s*([0-9,]+)', browser.get(address).page.text).group(1).replace(',', ''))


def test_the_panels_say_how_many_there_are_and_lead_to_all_of_them(app, client_of):
    it = client_of('it')
    with db.connection_context():
        hang(FEW)
    page = it.get('/systems/1').page
    addresses = {link.partition('?')[0]: link for link in page.links if '?system=S-00001' in link}
    assert set(addresses) == {'/businesses/', '/cases/', '/reviews/', '/incidents/', '/engagements/'}
    for address in addresses.values():
        total = whole(it, address)
        title = re.search(rf'([0-9,]+)件のうち{links.FEW}件です。\s*すべての\w+を一覧で見る', page.text)
        assert title and FEW <= total <= FEW + 5
        assert f'（{total}件）' in page.text, (address, total)
    assert '/cases/?request=B-00001' in it.get('/budget-requests/1').page.links
    assert '/findings/?engagement=A-00001' in it.get('/engagements/1').page.links
    assert f'、ほか{FEW + 1 - pages.LINKS}件' in it.get('/incidents/1').page.text
    assert f'（{FEW}人、対象者に含めません）' in it.get('/courses/1').page.text


def test_a_member_of_a_unit_counts_what_the_list_shows_them(app, client_of):
    with db.connection_context():
        hang(FEW)
        with trail.act('cases.edit', by=None, at=clock.now()) as act:
            for case in Case.select().where(Case.case_no.startswith('Z-')).limit(FEW // 2):
                case.department = 3
                act.save(case)
    member = client_of('department')
    text = member.get('/systems/1').page.text
    total = whole(member, '/cases/?system=S-00001')
    assert f'調達案件（{total}件）' in text and total == FEW // 2 + 1


@pytest.mark.parametrize('value', ['S-00002', 'S-99999', 'x' * 300, ''])
def test_a_system_that_is_not_theirs_is_no_condition(client_of, value):
    answer = client_of('department').get('/incidents/', query_string={'system': value})
    assert answer.status_code == 200 and ('の条件「' in answer.page.text) == bool(value)


def test_a_system_of_theirs_narrows_the_lists_and_is_named(client_of):
    page = client_of('department').get('/incidents/?system=S-00001').page
    assert '対象システム = S-00001' in page.text and '/incidents/1' in page.links
    assert '/incidents/2' not in page.links


def older(page):
    """Return the address of what went before the history a page tells; None at its beginning."""
    return next((link.attributes['href'] for link in page.all('#history a')
                 if link.text().startswith('これより前の履歴')), None)


def test_many_parts_of_one_act_are_told_a_page_at_a_time(client_of):
    with db.connection_context():
        hang(FEW)
    it, address, told, pages = client_of('it'), '/systems/1', [], 0
    while address:
        page = it.get(address).page
        assert 0 < len(page.all('#history ol > li')) <= 2 * history.PAGE + 2
        told += re.findall('インシデントの対象システム: インシデントを「(Z-[0-9]+)',
                           page.one('#history').text())
        address, pages = older(page), pages + 1
    # each once, the newest first
    assert told == [f'Z-{n:05}' for n in reversed(range(FEW))]
    assert 3 * FEW // history.PAGE < pages < 6 * FEW // history.PAGE


def test_the_newest_page_finds_what_was_changed_in_an_old_part(app, client_of):
    with db.connection_context():
        hang(FEW)
        link = IncidentSystem.select().where(IncidentSystem.system == 1).order_by(IncidentSystem.id).first()
        with trail.act('incidents.edit', by=None, at=clock.now(), reason='取り違え') as act:
            act.void(link, '対応の変更')
    text = client_of('it').get('/systems/1').page.text
    assert 'インシデントの対象システム: 取り消しました（理由: 対応の変更）。' in text[text.index('履歴（'):]


def test_many_names_in_a_history_are_read_at_once(app, client_of, queries):
    it = client_of('it')
    with db.connection_context():
        hang(FEW)
    seq = max(int(link.rpartition('/')[2]) for link in it.get('/trail/').page.links
              if re.fullmatch('/trail/[0-9]+', link))
    assert it.get(f'/trail/{seq}').status_code == 200
    queries.clear()
    assert it.get(f'/trail/{seq}?page=3').status_code == 200
    assert len(queries) <= 12, queries


@pytest.mark.parametrize('before', ['0', '1.0', 'x', '-1', '9' * 40, '1.' + '9' * 30, '１', '5.5.5'])
def test_any_place_in_a_history_can_be_asked_for(client_of, before):
    assert client_of('it').get('/systems/1/history', query_string={'before': before}).status_code == 200


def test_a_thread_shows_its_newest_part(app, client_of):
    with db.connection_context():
        hang(FEW)
    text = client_of('it').get('/supports/1').text
    assert text.count('点検を始めました') == 50 and 'これより前のやり取りは、履歴にあります' in text


@pytest.mark.parametrize('table', RECORDS, ids=lambda table: table.__name__)
def test_rows_read_together_are_those_read_alone(opened, table):
    rows = list(table.select().limit(70))
    found = {row.id: row.__data__ for row in table.by_ids([*(row.id for row in rows), 0, -1, 2 ** 31 - 1,
        2 ** 80])}
    assert found == {row.id: row.__data__ for row in rows}
    assert all(type(value) is type(row.__data__[name]) for row in rows for name,
               value in found[row.id].items())
