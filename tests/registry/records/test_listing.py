"""Lists filtered and sorted: codes in addresses, unusable conditions, blanks, other spellings."""
import csv
import io
from datetime import UTC, date, datetime

import pytest
from html_page import plain
from lists import numbers

from audits import trail
from models import (
    Business,
    Contract,
    ContractSystem,
    Course,
    Department,
    Incident,
    Step,
    StepProgress,
    System,
    db,
)
from registry.core import clock
from registry.records import listing
from registry.records.listing import spellings
from registry.records.noun import NOUNS


def test_a_number_is_found_by_whatever_dash(client_of):
    it = client_of('it')
    for typed in ('S-00001', 'S‐00001', 'S−00001', 'Ｓ－００００１', '\u200bS-00001'):
        assert '/systems/1' in it.get('/systems/', query_string={'q': typed}).page.links
    assert '/systems/1' not in it.get('/systems/?q=S-99999').page.links


@pytest.mark.parametrize('value', ['S-00002', 'S-99999', 'x' * 300, ''])
def test_a_system_that_is_not_theirs_is_no_condition(client_of, value):
    answer = client_of('department').get('/incidents/', query_string={'system': value})
    assert answer.status_code == 200 and ('の条件「' in answer.page.text) == bool(value)


def test_a_system_of_theirs_narrows_the_lists_and_is_named(client_of):
    page = client_of('department').get('/incidents/?system=S-00001').page
    assert '対象システム = S-00001' in page.text and '/incidents/1' in page.links
    assert '/incidents/2' not in page.links


def exported(browser, address):
    path, _, query = address.partition('?')
    lines = list(csv.reader(io.StringIO(browser.get(f'{path}export.csv?{query}').get_data().decode(
        'utf-8-sig'))))
    return [line[0] for line in lines[1:]]


@pytest.mark.parametrize('address, said', [
    ('/systems/?owner=9999', '所管課の条件「9999」は使えません'),
    ('/systems/?lifecycle=zzz', '状態の条件「zzz」は使えません'),
    ('/systems/?owner=1', '所管課の条件「1」は使えません'),
    ('/systems/?owner=0201&zone=%00x'.replace('%00', ''), 'ネットワーク区分の条件'),
    ('/enrolments/?course=1', '研修の条件「1」'), ('/steps/?business=1', '業務の条件「1」'),
    ('/budget-requests/?fiscal_year=令和', '予算年度の条件'),
    (f'/systems/?category={"長" * 800}', f'システム区分の条件「{"長" * 40}」')])
def test_a_condition_that_cannot_be_used_narrows_to_nothing_and_is_said(client_of, address, said):
    it = client_of('it')
    page = it.get(address).page
    assert said in page.text and numbers(it, address) == exported(it, address) == []
    assert '条件をすべて外す' in page.text and '＝' not in page.text


def test_several_conditions_that_cannot_be_used_are_each_said(client_of):
    words = client_of('it').get('/systems/?owner=x&zone=y&lifecycle=operate').page.text
    assert '所管課の条件「x」' in words and 'ネットワーク区分の条件「y」' in words and '状態 = 運用' in words


def choices(page, found):
    """Return the values a filter offers to be chosen."""
    offered = page.one(f'select#filter-{found.name}').css('option')
    return [value for option in offered if (value := option.attributes['value'])]


@pytest.mark.parametrize('name', [noun.name for noun in NOUNS.values() if 'index' in noun.views])
def test_every_choice_of_a_filter_is_a_code_its_list_takes(client_of, name, app):
    """No address holds a number of the database, and each choice offered can be used."""
    browser = client_of('admin' if name in ('people', 'settings') else 'it')
    noun = NOUNS[name]
    page = browser.get(f'/{name}/').page
    for found in noun.filters:
        if found.label_of is not None:
            assert page.has(f'input#filter-{found.name}[name="{found.name}"]')
            continue
        for value in choices(page, found)[:3]:
            answer = browser.get(f'/{name}/', query_string={found.name: value})
            assert answer.status_code == 200 and '」は使えません' not in answer.page.text, (found.name, value)
    with app.app_context(), db.connection_context():
        ids = {str(id) for (id,) in Department.select(Department.id).tuples()}
    for found in noun.filters:
        if found.label_of is None and found.name in ('owner', 'department', 'course', 'business', 'master'):
            values = set(choices(page, found))
            assert values and not values & ids


def test_codes_narrow_a_list_to_their_rows(client_of):
    it = client_of('it')
    assert numbers(it, '/systems/?owner=0201') == exported(it, '/systems/?owner=0201') == ['S-00001']
    assert numbers(it, '/systems/?owner=0202') == ['S-00002'] and numbers(it,
        '/staff/?department=0201') == ['1001']
    assert numbers(it, '/enrolments/?course=K26-01') == ['1001', '1002'] and numbers(it,
        '/enrolments/?course=K26-02') == []
    assert numbers(it, '/enrolments/?department=0202') == ['1002']
    for address, link in (('/businesses/4', '/steps/?business=B04'),
                          ('/courses/1', '/enrolments/?course=K26-01')):
        assert it.get(address).page.has(f'[href^="{link}"]')
        assert '」は使えません' not in it.get(link).page.text


@pytest.mark.parametrize('sort, filled', [('contract_end_on', ['S-00099', 'S-00001', 'S-00002']),
                                          ('-contract_end_on', ['S-00001', 'S-00002', 'S-00099']),
                                          ('criticality', ['S-00098', 'S-00099']),
                                          ('-criticality', ['S-00099', 'S-00098'])])
def test_blanks_come_last_whichever_way_a_list_is_sorted(client_of, written, sort, filled):
    early = System(system_no='S-00099', name='早い満了', owner=1, category='office', criticality='B')
    contract = Contract(contract_no='K-00099', title='早い', state='unconfirmed', department=1,
                        ends_on=date(2026, 12, 1))
    written(early, System(system_no='S-00098', name='満了日なし', owner=1, category='office',
                          criticality='A'),
            contract)
    written(ContractSystem(contract=contract, system=early))
    it = client_of('it')
    found = numbers(it, f'/systems/?sort={sort}')
    assert found[:len(filled)] == filled and len(found) == 5 and sorted(found[len(filled):]) == found[
        len(filled):]
    assert exported(it, f'/systems/?sort={sort}') == found


@pytest.mark.parametrize('sort', ['ends_on', '-ends_on'])
def test_the_pages_of_a_list_with_blanks_are_the_whole_list_in_order(client_of, written, sort):
    written(*(Contract(contract_no=f'T-{n:05}', title=f'頁{n}', department=1, state='unconfirmed',
                       ends_on=date(2027, 1, 1 + n % 28) if n % 3 else None) for n in range(191)))
    it = client_of('it')
    whole = numbers(it, f'/contracts/?sort={sort}&size=200')
    assert len(whole) == 193 and len(set(whole)) == 193
    assert [number for page in range(1, 5)
            for number in numbers(it, f'/contracts/?sort={sort}&page={page}')] == whole
    assert exported(it, f'/contracts/?sort={sort}') == whole


def test_a_business_is_sorted_by_its_number(client_of, written, app):
    with app.app_context(), db.connection_context():
        step = Step.get(Step.no == 2).id
        ids = {code: id for code, id in Business.select(Business.code, Business.id).tuples()}
    written(*(StepProgress(business=ids[code], step=step, status='todo')
              for code in ('B01', 'B02', 'B10', 'B20')))
    with app.app_context(), db.connection_context():
        named = dict(Business.select(Business.name, Business.code).tuples())
    for sort in ('business', '-business'):
        codes = [named[name] for name in numbers(client_of('it'), f'/steps/?sort={sort}')]
        assert codes == sorted(codes, reverse=sort.startswith('-')) and len(set(codes)) > 4


@pytest.mark.parametrize('typed', ['山崎', '山﨑', 'ヤマサキ', '渡辺', '渡邊', '渡邉', '斎藤', '齋藤', '高橋',
                                   '吉田', '葛飾', '德川'])
def test_another_form_of_a_character_is_found(client_of, written, typed):
    written(System(system_no='S-00090', name='山﨑・渡邉・齊藤・髙橋・𠮷田', kana='やまさき', owner=1,
                   category='office', summary='葛󠄀飾の徳川'))
    it = client_of('it')
    assert numbers(it, f'/systems/?q={typed}') == ['S-00090'], typed
    assert 'S-00090' in it.get(f'/search?q={typed}').page.text


@pytest.mark.parametrize('typed', ['S-00301', 's-00301', 'S00301', 's-301', 'S301', 'Ｓ－３０１', 's0301'])
def test_a_number_is_found_as_it_is_typed(client_of, written, typed):
    written(System(system_no='S-00301', name='甲', owner=1, category='office'),
            System(system_no='S-30100', name='乙', owner=1, category='office'))
    it = client_of('it')
    found = numbers(it, f'/systems/?q={typed}')
    assert 'S-00301' in found and 'S-00001' not in found
    assert 'S-00301' in it.get(f'/search?q={typed}').page.text


def test_a_number_of_what_leads_to_a_record_is_found_too(client_of):
    assert numbers(client_of('it'), '/supports/?q=c1') == ['C-00001']


def test_only_numbers_are_spelt_in_other_ways():
    assert 'S-00301' in spellings('s301') and 's-301' in spellings('s00301') and 'S301' in spellings('s-301')
    for word in ('税務', 's-', '301', 's-301a', 'abcde1', 's1234567890', ''):
        assert spellings(word) == []
    assert len(spellings('s1')) <= 40


def test_a_filter_of_thousands_is_typed_not_chosen(app, client_of):
    it = client_of('it')
    with db.connection_context(), trail.act('courses.import', by=None, at=clock.now()) as act:
        act.insert([Course(code=f'K{20 + n % 7}-{n:04}', fiscal_year=2020 + n % 7, name=f'研修{n}',
                           category='ai') for n in range(2_703)])
    answer = it.get('/enrolments/')
    assert len(answer.data) < 30_000, len(answer.data)
    assert answer.page.has('input[list="options-course"]')
    assert len(answer.page.all('option[value^="K26-"]')) == listing.SUGGESTED
    found = it.get('/enrolments/?course=K26-01').page
    assert numbers(it, '/enrolments/?course=K26-01') == ['1001', '1002'] and found.has('[value="K26-01"]')
    assert '研修 = K26-01 情報セキュリティ研修' in found.text
    assert 'の条件「K99-01」は使えません' in it.get('/enrolments/?course=K99-01').text
    assert not it.get('/systems/').page.has('[list^="options-"]')


def test_a_list_asks_no_more_for_more_rows(app, client_of, queries):
    browser = client_of('it')
    browser.get('/systems/')
    queries.clear()
    browser.get('/systems/')
    few = len(queries)
    with app.app_context(), db.connection_context(), trail.act('systems.import', by=None,
            at=clock.now()) as act:
        owner = Department.get(Department.code == '0201')
        act.insert([System(system_no=f'T-{n:05}', name=f'税務{n}', owner=owner, category='office')
                    for n in range(120)])
    browser.get('/systems/')
    queries.clear()
    browser.get('/systems/')
    assert len(queries) == few


@pytest.mark.parametrize('sort', ['system_no', '-system_no', 'name', '-owner', 'users', '-contract_end_on'])
def test_the_pages_of_a_list_are_the_whole_list_in_order(app, client_of, sort):
    with app.app_context(), db.connection_context(), trail.act('systems.import', by=None,
            at=clock.now()) as act:
        owner = Department.get(Department.code == '0201')
        act.insert([System(system_no=f'T-{n:05}', name='同じ名', owner=owner, category='office',
                           users=n % 3 or None)
                    for n in range(220)])
    browser = client_of('it')
    whole = [line.split(',')[0]
             for line in browser.get(f'/systems/export.csv?sort={sort}').text.splitlines()[1:]]
    pages = [numbers(browser, f'/systems/?sort={sort}&page={n}') for n in range(1, 7)]
    assert len(whole) > 220 and pages[-1] == pages[-2]
    assert [number for page in pages[:-1] for number in page] == whole


# --- days, columns, tabs ---

def test_a_date_is_narrowed_by_fiscal_year_span_and_what_moves_with_the_day(client_of, written, machine_of):
    written(*(Contract(contract_no=f'Z-{n}', title='期間', state='unconfirmed', department=1, ends_on=day)
              for n, day in enumerate((date(2026, 3, 31), date(2026, 4, 1), date(2027, 3, 31),
                                       date(2027, 4, 1), None))))
    it, machine = client_of('it'), machine_of('it')
    for value, found in (('2026', [1, 2]), ('this-year', [1, 2]), ('next-year', [3]), ('last-year', [0]),
                         ('past', [0, 1]), ('2026-04-01..2027-04-01', [1, 2, 3]), ('..2026-03-31', [0]),
                         ('2027-04-01..', [3])):
        query = {'q': 'Z-', 'ends_on': value}
        expected = [f'Z-{n}' for n in found]
        assert numbers(it, f'/contracts/?q=Z-&ends_on={value}') == expected, value
        assert exported(it, f'/contracts/?q=Z-&ends_on={value}') == expected
        assert [item['contract_no'] for item in machine.get('/contracts', query_string=query).json[
            'items']] == expected
    assert numbers(it, '/contracts/?q=Z-&blank=ends_on') == ['Z-4']
    for value in ('あした', '..', '2026-13-01..', '2027-04-01..2026-04-01', '99999', 'in-5000'):
        page = it.get('/contracts/', query_string={'ends_on': value}).page
        assert '終了日の条件' in page.text and not page.has('tbody tr'), value
        assert machine.get('/contracts', query_string={'ends_on': value}).status_code == 422


def test_a_day_of_moments_is_a_day_in_japan(client_of, written):
    written(*(Incident(incident_no=f'Z-{n}', title='境目', category='failure', level=1, detected_at=moment)
              for n, moment in enumerate((datetime(2026, 9, 30, 14, 59, tzinfo=UTC),
                                          datetime(2026, 9, 30, 15, tzinfo=UTC),
                                          datetime(2026, 10, 1, 14, 59, tzinfo=UTC),
                                          datetime(2026, 10, 1, 15, tzinfo=UTC)))))
    it = client_of('it')
    assert numbers(it, '/incidents/?q=境目&detected_at=2026-10-01..2026-10-01&sort=incident_no') == [
        'Z-1', 'Z-2']


def test_what_a_form_of_the_list_sends_becomes_one_true_address(client_of):
    it = client_of('it')
    answer = it.get('/contracts/?form=1&q=業務&state=&on=ends_on&period=&since=R8.4.1&until=令和9年3月31日'
                    '&col=contract_no&col=amount&sort=contract_no&voided=')
    assert answer.status_code == 303
    assert answer.location.endswith('ends_on=2026-04-01..2027-03-31&cols=contract_no.amount')
    words = it.get(answer.location).page.text
    assert '終了日 = 2026-04-01〜2027-03-31' in words and '「業務」を含む' in words


def test_columns_are_chosen_from_all_fields_and_hide_what_the_reader_may_not_see(client_of, written, app):
    with app.app_context(), db.connection_context(), trail.act('systems.edit', by=None,
            at=clock.now()) as act:
        row = System.get_by_id(1)
        row.successor = System.get_by_id(2)
        act.save(row)
    address = '/systems/?cols=business.successor.name.nothing.name.go_live_on'
    page = client_of('department').get(address).page
    assert page.texts('thead th:not(.pick)') == [
        '標準化対象業務', '後継システム管理番号', 'システム名称', '稼働開始日']
    assert page.texts('tbody tr:first-child td:not(.pick)') == [
        'B04 個人住民税', '（ほかの所属の記録 1件）', '税システム1号', '2020-04-01']
    assert 'S-00002' in client_of('it').get(address).page.text
    assert all('cols=business.successor.name.go_live_on' in link for link in page.links if 'sort=' in link)


@pytest.mark.parametrize('name', [noun.name for noun in NOUNS.values() if 'index' in noun.views])
def test_every_column_and_tab_of_a_list_can_be_used(client_of, name):
    browser, noun = client_of('admin' if name in ('people', 'settings') else 'it'), NOUNS[name]
    page = browser.get(f'/{name}/?cols={".".join(column.name for column in noun.all_columns)}').page
    assert len(page.all('tbody tr:first-child td:not(.pick)')) == len(noun.all_columns)
    for column in noun.all_columns:
        assert browser.get(f'/{name}/?sort=-{column.name}').status_code == 200
    for link in page.all('.list-tabs a'):
        found = browser.get(link.attributes['href']).page
        assert '」は使えません' not in found.text
        assert plain(link.text()) == found.texts('.list-tabs [aria-current]')[0]


def test_a_list_for_the_printer_has_all_rows_and_says_what_it_is(client_of, written):
    written(*(System(system_no=f'P-{n:03}', name='刷る', owner=1, category='office') for n in range(120)))
    page = client_of('it').get('/systems/?q=刷る&print=1').page
    assert len(page.all('tbody tr')) == 120 and not page.has('.list-tools')
    assert page.texts('.list-conditions')[0] == '「刷る」を含む・全120件'
