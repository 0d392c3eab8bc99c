"""Another unit's record answers as one that is not there, wherever its number is typed."""
import re

import pytest
from cast import email
from form_posts import refused, upload, values
from html_page import Page
from permit_matrix import OFFICE, UNITS, address

from audits import trail
from forms.fields import Reference
from models import Case, Plan, System, db
from models.visibility import is_owned
from registry.core import clock
from registry.records import numbers
from registry.records.noun import NOUNS


def test_a_unit_names_no_other_units_record(department):
    for number in ('S-00002', 'S-99999'):  # another unit's, and nobody's: told alike
        assert f'後継システム管理番号「{number}」は台帳にありません。先に登録' in refused(department,
            '/systems/1/edit', successor_no=number)
    words = refused(department, '/cases/new', case_no='C-90000', fiscal_year='2027', title='x', kind='new',
                    system_no='S-00002', request_no='B-00002', initial_cost='1', yearly_cost='0', years='1',
                    new_technology='0')
    assert words.count('は台帳にありません') + words.count('は登録されていません') >= 2
    # before it is asked whether the record has changed meanwhile, too
    for number in ('S-00002', 'S-99999'):
        words = refused(department, '/systems/1/edit', successor_no=number, revision='999')
        assert '戸籍システム' not in words
        assert f'後継システム管理番号「{number}」は台帳にありません。先に登録' in words


#: fields that are not there, and a day that is none: what else may be wrong with a form
FAULTS = ({}, {'title': '', 'name': '', 'requested_on': '', 'users': 'x'}, {'revision': '999'})


def blanked(answer, number):
    """Return an answer as it can be compared: without the number asked for and what always differs."""
    return answer.status_code, bare(answer.text).replace(number, '＊')


def bare(text):
    """Return a page without its tokens, hashes and the number of the answer."""
    main = Page(text).one('main')
    for token in main.css('[name="csrf_token"]'):
        token.decompose()
    return re.sub('[0-9a-f]{12,64}', '#', main.html)


def pairs(noun):
    """Yield (field, another unit's number, one that nobody has) of a noun's references to units' rows."""
    for cell in noun.blank.cells():
        if isinstance(cell, Reference) and is_owned(cell.table):
            theirs = cell.table.get_by_id(2).__data__[cell.by.name]
            yield cell.name, theirs, re.sub(r'\d{3}', '999', theirs, count=1)


@pytest.mark.parametrize('name', sorted(NOUNS))
def test_another_units_number_is_as_unknown_as_nobodys(opened, client_of, name):
    noun, browser = NOUNS[name], client_of('department')
    with db.connection_context():
        found = list(pairs(noun))
    pages = [f'/{name}/new', f'/{name}/1/edit', *(['/budget-requests/3/ask'] if name == 'cases' else []),
             *(['/systems/1/move/retiring', '/systems/1/move/renew'] if name == 'systems' else [])]
    asked = 0
    for page in pages:
        if browser.get(page).status_code != 200:
            continue
        for field, theirs, nobodys in found:
            for fault in FAULTS:
                form = values(browser, page) | fault
                if field not in form and 'move' not in page:
                    continue
                answers = [blanked(browser.post(page, data=form | {field: number}), number)
                           for number in (theirs, nobodys)]
                assert answers[0] == answers[1] and answers[0][0] == 422, (page, field, fault)
                asked += 1
            answers = [blanked(browser.get(page, query_string={field: number}), number)
                       for number in (theirs, nobodys)]
            assert answers[0] == answers[1]
    writes = name in ('systems', 'contracts', 'cases', 'supports', 'incident-reports')
    assert bool(asked) == writes, (name, asked)


@pytest.mark.parametrize(('kind', 'headers', 'line', 'numbers'), [
    ('systems', 'system_no,successor_no', 'S-00001,{}', ('S-00002', 'S-99999')),
    ('systems', 'system_no,successor_no,users', 'S-00001,{},x', ('S-00002', 'S-99999')),
    ('cases', 'case_no,request_no,system_no', 'C-00001,{},', ('B-00002', 'B-99999')),
    ('cases', 'case_no,system_no,years', 'C-00001,{},x', ('S-00002', 'S-99999')),
    ('supports', 'case_no,kind,requested_on', '{},予算要求調達支援,2026-09-02', ('C-00002', 'C-99999')),
    ('supports', 'case_no,kind,requested_on,completed_on', '{},予算要求調達支援,2026-09-02,2026-09-01',
     ('C-00002', 'C-99999'))])
@pytest.mark.parametrize('lines', [1, 60])
def test_a_file_does_not_tell_them_apart_either(client_of, kind, headers, line, numbers, lines):
    browser, more = client_of('department'), []
    if lines > 50:  # from here on the whole table is read at once
        more = [line.format('X-1')] * (lines - 1)
    pages = [bare(upload(browser, kind, headers, line.format(number), *more)).replace(number, '＊')
             for number in numbers]
    assert pages[0] == pages[1] and '＊' in pages[0]


def test_a_support_of_another_units_case_is_not_known_to_be_asked_for(client_of):
    """The case has a support of this kind already, which was said before whose it is was asked."""
    data = {'kind': 'budget', 'requested_on': '2026-11-01', 'trial': '0'}
    answers = [blanked(client_of('department').post('/supports/new', data=data | {'case_no': number}), number)
               for number in ('C-00002', 'C-99999')]
    assert answers[0] == answers[1] and '既にあります' not in answers[0][
        1] and 'は登録されていません' in answers[0][1]


def test_a_person_of_another_unit_is_as_unknown_as_nobody(client_of):
    browser = client_of('department')
    for page in ('/findings/1/actions/new', '/actions/1/edit'):
        for fault in ({}, {'done_on': '2099-01-01'}, {'revision': '999'}, {'measure': ''}):
            form = values(browser, page) | {'measure': '直す', 'due_on': '2026-12-01'} | fault
            answers = [blanked(browser.post(page, data=form | {'owner_email': who}), who)
                       for who in (email('other'), email('admin'), 'nobody@example.jp')]
            assert answers[0] == answers[1] == answers[2] and answers[0][0] == 422, (page, fault)
            assert '責任者「＊」は選べません。被監査部門の人から選んでください。' in answers[0][1]


def test_a_plans_file_says_nothing_of_another_units_plan(client_of):
    browser = client_of('department')
    headers = 'plan_no,fiscal_year,department_code,title,plan_class,quarter,assessment'
    pages = set()
    for line in ('P-00002,2026,0201,施策,重点施策（四半期）,1Q,順調', 'P-00002,x,9999,,?,5Q,',
                 'P-00002,,,,,,', 'P-00002,2026,0202,戸籍施策2,重点施策（四半期）,4Q,順調'):
        text = bare(upload(browser, 'plans', headers, line))
        assert text.count('権限がありません') == 1 and '誤り 1件' in Page(text).text
        pages.add(text)
    assert len(pages) == 1


@pytest.mark.parametrize(('kind', 'field', 'table', 'theirs'), [
    ('systems', 'system_no', System, 'S-00002'), ('cases', 'case_no', Case, 'C-00002'),
    ('plans', 'plan_no', Plan, 'P-00002')])
def test_of_a_number_in_use_elsewhere_it_is_said_that_it_cannot_be_used(app, client_of, kind, field, table,
        theirs):
    browser, told = client_of('department'), set()
    for voided in (False, True):
        if voided:
            with app.app_context(), db.connection_context(), trail.act(f'{kind}.void', by=None,
                    at=clock.now()) as act:
                act.void(table.get_by_id(2), '誤り')
        for number in (theirs, theirs.lower()):
            told.add(blanked(browser.post(f'/{kind}/new', data=values(browser, f'/{kind}/new')
                                          | {field: number}), number))
            assert theirs not in upload(browser, kind, field, theirs.lower()).replace(theirs.lower(), '')
    assert len(told) == 1
    assert numbers.TAKEN in next(iter(told))[1] and '既にあります' not in next(iter(told))[1]
    own = theirs.replace('2', '1')
    assert '既にあります' in browser.post(f'/{kind}/new', data=values(browser, f'/{kind}/new')
                                    | {field: own}).text


@pytest.mark.parametrize('who', sorted(OFFICE))
def test_another_units_record_answers_as_one_that_is_not_there(app, client_of, who):
    browser, adapter, asked = client_of(who), app.url_map.bind('localhost'), 0
    theirs = 1 if who == 'other' else 2
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        if 'id' not in rule.arguments or rule.endpoint.partition('.')[0] not in UNITS:
            continue
        place = address(adapter, rule).replace('/1', '/{}', 1)
        for method in sorted(rule.methods & {'GET', 'POST'}):
            answers = [blanked(browser.open(place.format(id), method=method,
                                            data={'revision': '999', 'reason': 'x'} if method == 'POST'
                                            else None),
                               f'/{id}') for id in (theirs, 9999)]
            assert answers[0] == answers[1] and answers[0][0] in (403, 404), (method, place)
            asked += 1
    assert asked > 60


def test_what_was_looked_up_for_one_is_not_remembered_for_another(client_of):
    assert 'S-00002' in client_of('it').get('/cases/new?system_no=S-00002').text
    assert 'S-00002' not in client_of('department').get('/cases/new?system_no=S-00002').text
