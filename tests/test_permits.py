"""Who may do what: every endpoint × every person of the cast against rules written out here, apart from the
code's own."""
import csv
import io
import re
from datetime import date

import pytest
from cast import CAST, OWNERS, email

from audits import trail
from models import (
    Act,
    Case,
    CaseShare,
    Change,
    CorrectiveAction,
    Engagement,
    IncidentSystem,
    Person,
    ReviewSystem,
    Staff,
    System,
    db,
)
from models.figures import MEASURES
from registry.core import clock, permits
from registry.records import sheets
from registry.records.noun import NOUNS
from registry.web import guard

EVERYONE = frozenset(CAST)
OFFICE = frozenset({'department', 'head', 'other'})
DESK, AUDITOR, ADMIN = frozenset({'it'}), frozenset({'auditor'}), frozenset({'admin'})
SUBJECT = EVERYONE - ADMIN
KEEPERS = frozenset({'it', 'auditor', 'admin'})
OWNED = DESK | OFFICE
NOBODY = frozenset()
#: noun: who may read, create, edit, void in principle
NOUN_RULES = {
    'systems': (SUBJECT, OWNED, OWNED, DESK), 'businesses': (EVERYONE, DESK, DESK, DESK),
    'steps': (EVERYONE, DESK, DESK, DESK), 'step-masters': (EVERYONE, DESK, DESK, DESK),
    'step-items': (EVERYONE, DESK, DESK, DESK), 'budget-requests': (SUBJECT, OWNED, OWNED, DESK),
    'cases': (SUBJECT, OWNED, OWNED, DESK), 'supports': (SUBJECT, OWNED, DESK, DESK),
    'reviews': (SUBJECT, DESK, DESK, DESK), 'incidents': (SUBJECT, DESK, DESK, DESK),
    'incident-levels': (EVERYONE, DESK, DESK, DESK), 'shares': (EVERYONE, DESK, DESK, DESK),
    'courses': (EVERYONE, DESK, DESK, DESK), 'enrolments': (SUBJECT, DESK, DESK, DESK),
    'engagements': (SUBJECT, AUDITOR, AUDITOR, AUDITOR), 'findings': (SUBJECT, AUDITOR, AUDITOR, AUDITOR),
    'plans': (SUBJECT, OWNED, OWNED, DESK), 'departments': (EVERYONE, DESK | ADMIN, DESK | ADMIN,
        DESK | ADMIN), 'staff': (SUBJECT, DESK, DESK, DESK),
        'settings': (KEEPERS, DESK | ADMIN, DESK | ADMIN, DESK | ADMIN),
    'people': (KEEPERS, ADMIN, ADMIN, ADMIN), 'actuals': (EVERYONE, DESK, DESK, DESK),
}
#: nouns whose rows belong to a unit: another unit's member finds nothing there
UNITS = frozenset({'systems', 'budget-requests', 'cases', 'supports', 'reviews', 'incidents', 'enrolments',
                   'engagements', 'findings', 'plans', 'staff', 'actions'})
#: endpoint: who may use it in principle
OTHERS = {
    'board.index': EVERYONE, 'board.search': EVERYONE, 'sign_in.account': EVERYONE,
    'sign_in.sign_out': EVERYONE, 'sign_in.sign_out_everywhere': EVERYONE, 'actuals.show': EVERYONE,
    'actuals.edit': DESK, 'figures.show_figure': EVERYONE, 'steps.grid': EVERYONE, 'systems.move': OWNED,
    'supports.move': OWNED, 'budget-requests.ask': OWNED, 'courses.census': DESK, 'findings.move': OWNED
    | AUDITOR, 'findings.new_action': OWNED, 'actions.edit': OWNED, 'actions.void': OWNED,
    'plans.void_check_in': DESK, 'actions.follow_up': AUDITOR, 'plans.check_in': OWNED,
    'people.password': ADMIN, 'people.let_in': ADMIN, 'people.end_session': ADMIN,
    'sign_in.end_session': EVERYONE, 'files.index': OWNED | ADMIN, 'files.preview': OWNED | ADMIN,
    'trail.index': DESK | AUDITOR, 'trail.show': DESK | AUDITOR, 'trail.check': DESK | AUDITOR,
    'strategies.index': EVERYONE, 'strategies.show': EVERYONE, 'strategies.initiative': EVERYONE,
    'strategies.report': EVERYONE, 'strategies.new': DESK, 'strategies.edit': DESK,
    'strategies.new_theme': DESK, 'strategies.new_initiative': DESK, 'strategies.edit_initiative': DESK,
    'strategies.void_initiative': DESK, 'strategies.new_indicator': DESK, 'strategies.edit_indicator': DESK,
    'strategies.new_schedule': DESK, 'strategies.new_actual': DESK, 'strategies.rate': DESK | {'executive'},
    'strategies.void': DESK, 'strategies.edit_theme': DESK, 'strategies.void_theme': DESK,
    'strategies.copy_themes': DESK, 'tokens.new': EVERYONE, 'tokens.revoke': EVERYONE,
    'strategies.void_indicator': DESK, 'strategies.edit_schedule': DESK, 'strategies.void_schedule': DESK,
}
#: what an auditor may send: their own work, their own password, and the question whether the chain is whole
AUDITORS_POSTS = frozenset({'engagements.new', 'engagements.edit', 'engagements.void', 'engagements.restore',
                            'findings.new', 'findings.edit', 'findings.void', 'findings.restore',
                            'findings.move', 'actions.follow_up', 'trail.check', 'sign_in.account',
                            'sign_in.sign_out', 'sign_in.sign_out_everywhere', 'sign_in.end_session',
                            'tokens.new', 'tokens.revoke'})
#: these end the session of whoever sends them, or a token; they are tried in test_sign_in and test_tokens
ENDING = frozenset({'sign_in.sign_out', 'sign_in.sign_out_everywhere', 'sign_in.end_session',
                    'tokens.revoke'})
VALUES = {'id': 1, 'year': 2026, 'no': 6, 'kpi': '1', 'place': 1, 'theme': 1, 'seq': 1, 'quarter': '2Q',
          'name': 'results', 'format': 'csv', 'token': '0' * 32, 'filename': 'app.css', 'browser': 1}
#: the move tried on the tax unit's rows, and who may make it
MOVES = {'systems.move': ('retiring', {'head', 'it'}), 'supports.move': ('completed', {'it'}),
         'findings.move': ('planned', {'department', 'head', 'it'})}


def rules():
    """Return {endpoint: who may use it in principle} for everything but the public pages."""
    found = dict(OTHERS)
    for name, (read, create, edit, void) in NOUN_RULES.items():
        views = NOUNS[name].views
        for view, who in (('index', read), ('show', read), ('earlier', read), ('new', create), ('edit', edit),
                          ('void', void), ('restore', void)):
            if {'restore': {'show', 'void'}, 'earlier': {'show'}}.get(view, {view}) <= set(views):
                found[f'{name}.{view}'] = who
        if 'index' in views:
            found[f'{name}.export'] = read
    return found


def expected(endpoint, who, in_principle):
    """Return the status of a person at an endpoint, on the tax unit's rows: 403, 404 or None for let in."""
    noun, _, view = endpoint.partition('.')
    if who not in in_principle:
        return 403
    row = noun in UNITS and view not in ('index', 'new', 'export')
    if row and who == 'other':
        return 404
    if endpoint in MOVES:
        return None if who in MOVES[endpoint][1] else 403
    if view == 'restore':
        return 404  # there is nothing to take up again
    return None


def address(adapter, rule):
    values = {name: VALUES[name] for name in rule.arguments if name in VALUES}
    if 'target' in rule.arguments:
        values['target'] = MOVES[rule.endpoint][0]
    if rule.endpoint == 'figures.show_figure':
        values['name'] = 'steps.official'
    if rule.endpoint == 'plans.void_check_in':
        values['quarter'] = '1Q'
    return adapter.build(rule.endpoint, values)


def places(app):
    """Return [(endpoint, methods, address)] of every endpoint that is not public."""
    adapter = app.url_map.bind('localhost')
    return [(rule.endpoint, rule.methods & {'GET', 'POST'}, address(adapter, rule))
            for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.endpoint)
            # their matrix is in test_api
            if rule.endpoint not in guard.PUBLIC and not rule.endpoint.startswith('api.')]


def test_every_endpoint_has_a_rule_here(app):
    assert rules().keys() == {name for name in app.view_functions
                              if not name.startswith('api.')} - guard.PUBLIC


def test_without_a_thing_only_the_role_counts(opened):
    """What a menu or button asks is remembered for a role: no rule may look at more of the person then."""
    for who in CAST:
        person = Person.get(Person.email == email(who))
        for name, rules in permits.PERMITS.items():
            assert permits.allowed(name, None, person) == any(rule(person, None) for rule in rules), name


def test_strangers_are_sent_to_sign_in(app):
    browser = app.test_client()
    for endpoint, methods, url in places(app):
        for method in methods:
            answer = browser.open(url, method=method)
            assert answer.status_code == 302, f'{method} {endpoint}'
            assert answer.location.startswith('/sign-in?next='), endpoint
    for url in ('/sign-in', '/healthz', '/readyz', '/static/app.css'):
        with browser.get(url) as answer:
            assert answer.status_code == 200
    assert browser.get('/nowhere').status_code == 404


@pytest.mark.parametrize('who', CAST)
def test_the_matrix(app, client_of, who):
    browser, known = client_of(who), rules()
    with app.app_context(), db.connection_context():
        head = trail.head().seq
    wrong = []
    for endpoint, methods, url in places(app):
        status = expected(endpoint, who, known[endpoint])
        for method in sorted(methods):
            if method == 'POST' and endpoint in ENDING:
                continue
            found = browser.open(url, method=method, data={} if method == 'POST' else None).status_code
            allowed = found in (200, 303, 409, 422)
            if found != status if status else not allowed:
                wrong.append((method, endpoint, f'expected {status or "to be let in"}, got {found}'))
    assert not wrong
    with app.app_context(), db.connection_context():
        changed = [act.kind for act in Act.select().where(Act.seq > head)]
    assert not changed, 'an empty form changed something'


#: who may make the move on the registry's rows (戸籍住民課)
OTHER_MOVES = {'systems.move': {'it'}, 'supports.move': {'it'}, 'findings.move': {'other', 'it'}}


@pytest.mark.parametrize('who', CAST)
def test_the_matrix_of_the_other_units_rows(app, client_of, who):
    """The same endpoints on the rows of 戸籍住民課: its own member is let in, the tax unit finds nothing
    there."""
    browser, known, wrong, tried = client_of(who), rules(), [], 0
    with app.app_context(), db.connection_context():
        head = trail.head().seq
    adapter = app.url_map.bind('localhost')
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.endpoint):
        noun, _, view = rule.endpoint.partition('.')
        if noun not in UNITS or 'id' not in rule.arguments:
            continue
        if who not in known[rule.endpoint]:
            status = 403
        elif who in ('department', 'head') or view == 'restore':
            status = 404
        else:
            status = None if who in OTHER_MOVES.get(rule.endpoint, CAST) else 403
        url = re.sub(r'/1(?=/|$)', '/2', address(adapter, rule), count=1)
        for method in sorted(rule.methods & {'GET', 'POST'}):
            found = browser.open(url, method=method, data={} if method == 'POST' else None).status_code
            tried += 1
            if found != status if status else found not in (200, 303, 409, 422):
                wrong.append((method, url, f'expected {status or "to be let in"}, got {found}'))
    assert not wrong and tried > 80
    with app.app_context(), db.connection_context():
        assert trail.head().seq == head, 'an empty form changed something'


def test_auditors_write_nothing_they_audit(app):
    known = rules()
    posts = {endpoint for endpoint, methods, _ in places(app) if 'POST' in methods
             and 'auditor' in known[endpoint]}
    assert posts == AUDITORS_POSTS


def test_nobody_can_write_the_trail(app):
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith('/trail'):
            assert 'POST' not in rule.methods or rule.endpoint == 'trail.check'
    for noun in NOUNS.values():
        assert noun.table not in (Act, Change)


def test_the_people_and_settings_keeper_reads_no_subject(client_of):
    browser = client_of('admin')
    for name in UNITS - {'actions'}:
        assert browser.get(f'/{name}/').status_code == browser.get(f'/{name}/export.csv').status_code == 403
    found = browser.get('/search?q=税').page.text
    assert '税システム1号' not in found and '税案件1' not in found


# --- lists, files, figures, search: the rows of one's own unit only ---

def foreign(who):
    """Return a pattern of what a member of one unit may read nowhere: the other unit's rows by name and
    number."""
    word, end = (('戸籍', '2') if who in ('department', 'head') else ('税', '1'))
    nouns = '(?:システム|職員|障害|要求|案件|検討|監査|指摘|措置|施策)'
    return re.compile(f'{word}{nouns}{end}|(?:[SIBCRAFP]-0000|100){end}')


def test_history_does_not_name_another_units_record(app, client_of):
    with app.app_context(), db.connection_context(), trail.act('systems.edit', by=None,
            at=clock.now()) as act:
        row, other = System.get_by_id(1), System.get_by_id(2)
        row.successor = other
        act.save(row)
    assert other.label in client_of('it').get('/systems/1').page.text
    page = client_of('department').get('/systems/1').page.text
    assert other.label not in page and other.system_no not in page and 'ほかの所属の記録' in page


@pytest.mark.parametrize('who', sorted(OFFICE))
def test_a_unit_reads_its_own_rows_everywhere(app, client_of, who):
    browser, secret, seen = client_of(who), foreign(who), 0
    mine, theirs = (2, 1) if who == 'other' else (1, 2)
    with app.app_context(), db.connection_context(), trail.act('systems.edit', by=None,
            at=clock.now()) as act:
        # the desk has joined what belongs to two units
        for table, links in ((System, {'successor': theirs}), (Case, {'system': theirs, 'request': theirs}),
                             (Engagement, {'system': theirs}),
                             (CaseShare, {'incident': theirs})):
            row = table.get_by_id(1 if table is CaseShare else mine)
            for name, id in links.items():
                setattr(row, name, id)
            act.save(row)
        act.save(IncidentSystem(incident=mine, system=theirs))
        act.save(ReviewSystem(review=mine, system=theirs))
    own = foreign('other' if who != 'other' else 'head')
    pages = ['/', '/search?q=号', '/search?q=1', '/search?q=2', '/steps/grid', '/businesses/4',
             '/businesses/19']
    for noun in NOUNS.values():
        if noun.name in ('people', 'settings'):
            continue  # closed to units altogether
        pages += [f'/{noun.name}/', f'/{noun.name}/?voided=1']
        pages += [f'/{noun.name}/export.csv']
        if 'show' in noun.views:
            pages += [f'/{noun.name}/{mine if noun.name in UNITS else 1}']
            if 'edit' in noun.views and browser.get(pages[-1] + '/edit').status_code == 200:
                pages += [pages[-1] + '/edit']
    # what is not theirs is not named because its number was guessed
    for address in ('/cases/new?system_no=S-0000{0}&request_no=B-0000{0}', '/supports/new?case_no=C-0000{0}'):
        assert not secret.search(browser.get(address.format(theirs)).text), address
    for name in MEASURES:
        pages += [f'/figures/{name}?year=2026&group={kind}-{n}{more}' for kind in ('counted', 'left-out')
                  for n in range(3)
                  for more in ('', *(('&as_of=2026-10-31', '&page=2') if n == 0 else ()))]
    for url in pages:
        answer = browser.get(url)
        assert answer.status_code == 200, f'{url}: {answer.status_code}'
        text = answer.page.text if answer.mimetype == 'text/html' else answer.get_data().decode('utf-8-sig')
        assert not secret.search(text), f'{url} shows {secret.search(text).group()}'
        seen += bool(own.search(text))
    assert seen > 30


@pytest.mark.parametrize('name', sorted(UNITS - {'actions'}))
def test_a_file_has_exactly_the_rows_of_the_list(client_of, name):
    def lines(who):
        text = client_of(who).get(f'/{name}/export.csv').get_data().decode('utf-8-sig')
        return {tuple(row) for row in list(csv.reader(io.StringIO(text)))[1:]}
    tax, other, desk = lines('head'), lines('other'), lines('it')
    assert tax and other and not tax & other and tax | other <= desk
    assert lines('auditor') == lines('executive') == desk
    assert lines('department') == tax


@pytest.mark.parametrize('name', sorted(UNITS - {'actions'}))
def test_every_form_of_a_file_has_the_same_rows(client_of, name):
    def read(who, format, query=''):
        found = sheets.read(client_of(who).get(f'/{name}/export.{format}{query}').get_data(), 'x')
        return {tuple(cells) for _, cells in found.rows}
    noun = NOUNS[name]
    asked = ['', '?encoding=cp932', *(f'?sort=-{column.name}' for column in noun.columns[:2]),
             *(f'?{f.name}=' for f in noun.filters), '?page=9&size=200']
    for who in ('department', 'other'):
        rows = read(who, 'csv')
        assert rows and read(who, 'xlsx') == rows
        for query in asked:
            assert {cell for row in read(who, 'csv', query) for cell in row
                    if foreign(who).search(cell)} == set(), query
            assert len(read(who, 'csv', query)) == len(rows)
    with_voided = client_of('department').get(f'/{name}/export.csv?voided=1').get_data().decode('utf-8-sig')
    assert not foreign('department').search(with_voided)


def test_an_upload_is_its_senders_alone(client_of):
    sent = {'kind': 'systems', 'encoding': 'auto',
            'file': (io.BytesIO('system_no,note\nS-00001,備考\n'.encode()), 'a.csv')}
    preview = client_of('it').post('/files/', data=sent, content_type='multipart/form-data').location
    assert 'S-00001' in client_of('it').get(preview).text
    for who in CAST:
        if who != 'it':
            for method in ('GET', 'POST'):
                answer = client_of(who).open(preview, method=method, data={'reason': 'x'} if method == 'POST'
                                             else None)
                assert answer.status_code in (303, 403) and 'S-00001' not in answer.text


def test_a_unit_reads_the_rows_of_the_units_below_it(client_of):
    browser = client_of('head')
    assert '課税係の表' in browser.get('/systems/').page.text
    assert browser.get('/systems/3').status_code == 200
    assert client_of('other').get('/systems/3').status_code == 404


def test_a_shared_incident_names_no_system_of_another_unit(app, client_of):
    with app.app_context(), db.connection_context():
        with trail.act('incidents.edit', by=None, at=clock.now()) as act:
            act.save(IncidentSystem(incident=1, system=2))
    for who, mine, theirs in (('department', 'S-00001', 'S-00002'), ('other', 'S-00002', 'S-00001')):
        text = client_of(who).get('/incidents/1').page.text
        assert mine in text and theirs not in text
    assert all(no in client_of('it').get('/incidents/1').page.text for no in ('S-00001', 'S-00002'))


def test_a_course_names_no_staff_of_another_unit(app, client_of):
    with app.app_context(), db.connection_context(), trail.act('staff.create', by=None,
            at=clock.now()) as act:
        for n, owner in enumerate((2, 3), 1):
            act.save(Staff(staff_no=f'200{n}', name=f'{OWNERS[n - 1]}の新人', department=owner,
                           joined_on=date(2026, 11, 1)))
    assert '税務課の新人' in client_of('department').get('/courses/1').page.text
    assert '戸籍住民課の新人' not in client_of('department').get('/courses/1').page.text
    assert '税務課の新人' not in client_of('admin').get('/courses/1').page.text
    assert '戸籍住民課の新人' in client_of('it').get('/courses/1').page.text


# --- writing for another unit ---

@pytest.mark.parametrize(('url', 'field', 'data'), [
    ('/systems/new', 'owner_code', {'system_no': 'S-00077', 'name': '越境', 'summary': '越境',
                                    'category': 'office', 'pii': 'none'}),
    ('/plans/new', 'department_code', {'plan_no': 'P-00077', 'fiscal_year': '2026', 'title': '越境',
                                       'class': 'priority'}),
    ('/cases/new', 'department_code', {'case_no': 'C-00077', 'fiscal_year': '2026', 'title': '越境',
                                       'kind': 'new', 'initial_cost': '1', 'yearly_cost': '0', 'years': '1',
                                       'new_technology': '0'}),
    ('/budget-requests/new', 'department_code', {'request_no': 'B-00077', 'fiscal_year': '2026',
        'requested_on': '2026-09-01',
                                                 'title': '越境', 'amount': '1', 'new_technology': '0',
                                                 'it_cost': '1'}),
])
def test_a_unit_writes_for_itself_only(client_of, url, field, data):
    browser = client_of('department')
    refused = browser.post(url, data=data | {field: '0202'})
    assert refused.status_code == 422 and '自分の所属の' in refused.page.text
    assert browser.post(url, data=data | {field: '0201'}).status_code == 303


def test_a_unit_cannot_give_its_system_away(client_of):
    answer = client_of('department').post('/systems/1/edit', data={'revision': '1;4', 'owner_code': '0202'})
    assert answer.status_code == 422 and '自分の所属から外すことはできません' in answer.page.text


def test_a_support_is_asked_for_ones_own_case(client_of):
    data = {'kind': 'ordering', 'requested_on': '2026-11-01', 'trial': '0'}
    assert client_of('other').post('/supports/new', data=data | {'case_no': 'C-00001'}).status_code == 422
    assert client_of('department').post('/supports/new',
                                        data=data | {'case_no': 'C-00001'}).status_code == 303


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


def test_what_is_shown_is_what_is_allowed(client_of):
    assert client_of('department').get('/systems/1').page.links.count('/systems/1/edit') == 1
    for who in ('auditor', 'executive'):
        page = client_of(who).get('/systems/1').page
        assert not [link for link in page.links if re.search(r'/(edit|void|move)\b', link)]
