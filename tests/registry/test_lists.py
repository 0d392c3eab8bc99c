"""Lists as people narrow and sort them: codes in addresses, conditions that cannot be used, blanks, other
spellings."""
import csv
import io
from datetime import date

import pytest

from audits import trail
from models import Business, CorrectiveAction, Course, Department, Step, StepProgress, System, db
from registry.core import clock
from registry.records import listing
from registry.records.listing import spellings
from registry.records.noun import NOUNS


@pytest.fixture
def written(app):
    """A function: rows to be saved in one act."""
    def save(*rows):
        with app.app_context(), db.connection_context(), trail.act('demo.fill', by=None,
                at=clock.now()) as act:
            for row in rows:
                act.save(row)
    return save


def numbers(browser, address):
    """Return what the first column of a list holds, in order."""
    return browser.get(address).page.texts('main tbody tr > td:first-child')


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
    written(System(system_no='S-00099', name='早い満了', owner=1, category='office',
                   contract_end_on=date(2026, 12, 1), criticality='B'),
            System(system_no='S-00098', name='満了日なし', owner=1, category='office', criticality='A'))
    it = client_of('it')
    found = numbers(it, f'/systems/?sort={sort}')
    assert found[:len(filled)] == filled and len(found) == 5 and sorted(found[len(filled):]) == found[
        len(filled):]
    assert exported(it, f'/systems/?sort={sort}') == found


@pytest.mark.parametrize('sort', ['contract_end_on', '-contract_end_on'])
def test_the_pages_of_a_list_with_blanks_are_the_whole_list_in_order(client_of, written, sort):
    written(*(System(system_no=f'T-{n:05}', name=f'頁{n}', owner=1, category='office',
                     contract_end_on=date(2027, 1, 1 + n % 28) if n % 3 else None) for n in range(190)))
    it = client_of('it')
    whole = numbers(it, f'/systems/?sort={sort}&size=200')
    assert len(whole) == 193 and len(set(whole)) == 193
    assert [number for page in range(1, 5)
            for number in numbers(it, f'/systems/?sort={sort}&page={page}')] == whole
    assert exported(it, f'/systems/?sort={sort}') == whole


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


def test_a_finding_past_its_day_shows_the_day(client_of, app, written):
    with app.app_context(), db.connection_context():
        row = CorrectiveAction.get_by_id(1)
        row.due_on, row.done_on = date(2026, 10, 31), None
    written(row)
    page = client_of('auditor').get('/findings/?open=late').page
    assert '是正の期限' in page.text and '2026-10-31' in page.texts('td')
    assert numbers(client_of('auditor'), '/findings/?sort=due_on') == ['F-00001', 'F-00002']
    assert numbers(client_of('auditor'), '/findings/?sort=-due_on') == ['F-00001', 'F-00002']


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


def test_the_search_page_is_no_page_of_the_menu(client_of):
    page = client_of('it').get('/search?q=税').page
    assert page.has('nav.side a') and not page.has('nav.side [aria-current]')
    assert client_of('it').get('/').page.texts('[aria-current="page"]') == ['ボード']


def test_contracts_that_have_run_out_wait_on_the_first_page(client_of, app, written):
    with app.app_context(), db.connection_context():
        row = System.get_by_id(1)
        row.contract_end_on = date(2026, 11, 1)
    written(row)
    for who, count in (('it', 1), ('department', 1), ('head', 1), ('other', 0)):
        browser = client_of(who)
        card = next(card for card in browser.get('/').page.all('a.card')
                    if card.css_first('span').text() == '契約が満了した運用中のシステム')
        assert card.css_first('strong').text() == f'{count}件', who
        assert numbers(browser, card.attributes['href']) == ['S-00001'] * count


def test_a_day_that_cannot_be_read_shows_no_acts(client_of):
    page = client_of('auditor').get('/trail/?since=あした').page.text
    assert '条件に合う操作はありません' in page
    assert not client_of('auditor').get('/trail/?until=x').page.has('td > a[href^="/trail/"]')
    assert client_of('auditor').get('/trail/?until=2027-01-01').page.has('td > a[href^="/trail/"]')


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
