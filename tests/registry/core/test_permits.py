"""Who may do what: every endpoint × every person of the cast, against rules written apart."""
import re

import pytest
from cast import CAST, email
from form_posts import foreign
from permit_matrix import AUDITORS_POSTS, ENDING, OFFICE, UNITS, address, expected, places, rules

from audits import trail
from models import Act, Case, CaseShare, Engagement, IncidentSystem, Person, ReviewSystem, System, db
from models.figures import MEASURES
from registry.core import clock, permits
from registry.records.noun import NOUNS
from registry.web import guard


def test_every_endpoint_has_a_rule_here(app):
    assert rules().keys() == {name for name in app.view_functions
                              if not name.startswith('api.')} - guard.PUBLIC


def test_without_a_thing_only_the_role_counts(opened):
    """What a menu or button asks is remembered for a role: no rule may look at more of the person then."""
    for who in CAST:
        person = Person.get(Person.email == email(who))
        for name, rules_of in permits.PERMITS.items():
            assert permits.allowed(name, None, person) == any(rule(person, None) for rule in rules_of), name


@pytest.mark.engine_free
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


@pytest.mark.engine_free  # a role is asked for before any row is
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
OTHER_MOVES = {'systems.move': {'it'}, 'supports.move': {'it'}, 'findings.move': {'other', 'it'},
               'attachments.edit': {'other', 'it'}, 'attachments.void': {'other', 'it'}}


@pytest.mark.parametrize('who', CAST)
def test_the_matrix_of_the_other_units_rows(app, client_of, who):
    """The same endpoints on the rows of 戸籍住民課: its own member is let in, the tax unit is not."""
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
        elif who in ('department', 'head') or view == 'restore' or (noun, who) == ('attachments', 'admin'):
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


def test_the_people_and_settings_keeper_reads_no_subject(client_of):
    browser = client_of('admin')
    for name in UNITS - {'actions', 'attachments'}:
        assert browser.get(f'/{name}/').status_code == browser.get(f'/{name}/export.csv').status_code == 403
    found = browser.get('/search?q=税').page.text
    assert '税システム1号' not in found and '税案件1' not in found


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
    for guessed in ('/cases/new?system_no=S-0000{0}&request_no=B-0000{0}', '/supports/new?case_no=C-0000{0}'):
        assert not secret.search(browser.get(guessed.format(theirs)).text), guessed
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


def test_what_is_shown_is_what_is_allowed(client_of):
    assert client_of('department').get('/systems/1').page.links.count('/systems/1/edit') == 1
    for who in ('auditor', 'executive'):
        page = client_of(who).get('/systems/1').page
        assert not [link for link in page.links if re.search(r'/(edit|void|move)\b', link)]
