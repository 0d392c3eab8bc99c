"""The front: menu, search, headers and what every page says."""
import re
import socket

import pytest
from peewee import SqliteDatabase

from audits import history, trail
from models import Entry, Person, Register, db
from registry import create_app
from registry.core import clock
from registry.records.noun import NOUNS
from registry.web import menu, middleware


def test_the_search_page_is_no_page_of_the_menu(client_of):
    page = client_of('it').get('/search?q=税').page
    assert page.has('nav.side a') and not page.has('nav.side [aria-current]')
    assert client_of('it').get('/').page.texts('[aria-current="page"]') == ['ホーム']


def test_an_unknown_host_is_refused(settings):
    browser = create_app(settings | {'TRUSTED_HOSTS': ['127.0.0.1']}).test_client()
    assert browser.get('/sign-in', headers={'Host': 'evil.example'}).status_code == 400
    assert browser.get('/sign-in', headers={'Host': '127.0.0.1:8000'}).status_code == 200


def test_every_answer_carries_the_headers(app, client_of):
    for answer in (app.test_client().get('/sign-in'), client_of('it').get('/systems/'),
                   client_of('it').get('/nowhere')):
        policy = answer.headers['Content-Security-Policy']
        assert "default-src 'none'" in policy and 'unsafe' not in policy
        assert answer.headers['X-Content-Type-Options'] == 'nosniff' and answer.headers[
            'Cache-Control'] == 'no-store'
    # what is named with a version is not asked about again on every page
    for path, kept in (('vendor/icons.svg', 'max-age=604800'), ('app.css', 'no-cache')):
        with app.test_client().get(f'/static/{path}') as answer:
            assert kept in answer.headers['Cache-Control']


def test_demo_data_is_said_before_signing_in_and_on_error_pages(app):
    browser = app.test_client()
    assert 'デモデータ' in browser.get('/sign-in').text
    assert 'デモデータ' in browser.post('/sign-in', data={}).text
    for answer in (browser.get('/no%00where'), browser.post('/healthz')):
        assert answer.status_code >= 400 and 'デモデータ' in answer.text and '日付固定' in answer.text


#: parameters that are words: each is looked up in a fixed list or among the person's own files
WORDS = {'target', 'name', 'token', 'kpi', 'quarter', 'filename', 'code', 'field'}
#: pages reached only by sending something: the preview of a file that was uploaded, its rejected rows, what
#: came of it, the verdict on the trail
SENT = {'files.preview', 'files.rejected', 'files.result', 'jobs.show', 'trail.check'}
SHOWN = [noun for noun in NOUNS.values() if 'show' in noun.views]
#: what a script asks for where a record is mentioned, and the blanks of records that have none
ASKED = {'entries.card'} | {f'{noun.name}.card' for noun in SHOWN} | {f'{name}.fill' for name in (
    'closed-days', 'incident-levels', 'people', 'plans', 'settings', 'step-items', 'step-masters')}


def test_addresses_are_kebab_case_and_typed(app):
    for rule in app.url_map.iter_rules():
        fixed = re.sub(r'<[^>]*>', '', rule.rule)
        assert re.fullmatch(r'[a-z0-9/.-]*', fixed), rule.rule
        for converter, name in re.findall(r'<(?:([^:>]+):)?(\w+)>', rule.rule):
            assert converter or name in WORDS, f'{rule.rule}: {name} has no type'


def test_writes_are_posts_only(app):
    for rule in app.url_map.iter_rules():
        patches = {'PATCH'} if rule.endpoint.startswith('api.') else set()
        assert rule.methods <= {'GET', 'HEAD', 'OPTIONS', 'POST', *patches}, rule.rule


# --- pages ---
def crawl(app, browser, files, start='/'):
    """Return ({endpoint: [addresses]} of what links lead to, the links that lead nowhere).

    Two records of each noun at most.
    `files` gathers the endpoints that answer with a file: those are made once, not for every person.
    """
    adapter = app.url_map.bind('localhost')
    found, dead, waiting, seen = {}, [], [(start, '')], set()
    while waiting:
        address, source = waiting.pop(0)
        path, _, query = address.partition('#')[0].partition('?')
        if (path, bool(query)) in seen:
            continue
        seen.add((path, bool(query)))
        endpoint, _ = adapter.match(path)
        if endpoint == 'static' or endpoint in files or len(found.setdefault(endpoint,
                [])) > endpoint.endswith('.show'):
            continue
        found[endpoint].append(address)
        answer = browser.get(address)
        if answer.status_code not in (200, 303):
            dead.append(f'{source} → {address}: {answer.status_code}')
        if answer.mimetype != 'text/html':
            files.add(endpoint)
        elif answer.status_code == 200:
            waiting += [(link, address) for link in answer.page.links if link.startswith('/')]
    return found, dead


def lived_in():
    """Give every record a long history."""
    with db.connection_context(), trail.act('tests.live', by=None, at=clock.now()) as act:
        for noun in SHOWN:
            for row in noun.table.select().where(noun.table.live()):
                for n in range(history.PAGE + 1):
                    row.void_reason = None if n % 2 else 'まだ'
                    act.save(row)


def voided():
    """Void a record of each noun; yield the address of each."""
    with db.connection_context(), trail.act('tests.void', by=None, at=clock.now()) as act:
        # the last of each is voided: a register without rows
        act.save(Register(register_no='D-00002', title='行のない台帳'))
        for noun in SHOWN:
            if 'void' in noun.views:
                rows = noun.table.select().where(noun.table.live(), Person.role == 'head'
                                                 if noun.table is Person else True)
                row = rows.order_by(noun.table.id.desc()).first()
                act.void(row, '重複')
                yield f'/{noun.name}/{row.id}'
        act.void(Entry.by_id(2), '重複')
        yield '/d-00001/2'


@pytest.mark.engine_free  # where a link leads
def test_every_page_can_be_reached_and_no_link_is_dead(app, client_of):
    reached, dead, files = set(), [], set()
    lived_in()
    for who in ('it', 'auditor', 'admin', 'department', 'executive'):
        found, lost = crawl(app, client_of(who), files)
        reached |= set(found) | files
        dead += [f'{who}: {words}' for words in lost]
    adapter = app.url_map.bind('localhost')
    for address in list(voided()):
        for who in ('it', 'auditor', 'admin'):
            answer = client_of(who).get(address)
            reached |= {adapter.match(link)[0] for link in answer.page.links
                        if link == f'{address}/restore'} if answer.status_code == 200 else set()
    assert not dead
    pages = {rule.endpoint for rule in app.url_map.iter_rules() if 'GET' in rule.methods
             and not rule.endpoint.startswith('api.')}
    assert sorted(pages - reached - menu.OUTSIDE_MENU - SENT - ASKED) == []


def test_the_menu_leads_to_lists(app):
    offered = [endpoint for _, items in menu.entries() for _, endpoint, _ in items]
    assert len(offered) == len(set(offered))
    lists = {rule.endpoint for rule in app.url_map.iter_rules() if 'GET' in rule.methods
             and not rule.arguments
             and rule.endpoint.endswith('.index')}
    assert not lists - set(offered)
    for _, items in menu.entries():
        for _, endpoint, needs in items:
            assert app.view_functions[endpoint].permit == needs, endpoint


def test_the_tests_use_no_network(monkeypatch, client_of):
    def refuse(*args):
        raise AssertionError('the application opened a connection')
    browser = client_of('it')
    if isinstance(db.obj, SqliteDatabase):
        monkeypatch.setattr(socket.socket, 'connect', refuse)
    for address in ('/', '/systems/', '/steps/grid', '/strategies/2025/results.pdf'):
        assert browser.get(address).status_code == 200


# --- the headers ---
def test_in_production_every_answer_asks_for_https_with_its_subdomains(app, client_of):
    app.config['DAICHO_ENV'] = 'production'
    for browser in (client_of('it'), client_of(None)):
        for answer in [browser.get(address) for address in ('/', '/sign-in', '/healthz', '/readyz',
                '/static/app.css', '/static/no', '/no',
                                                            '/no%00', '/systems/export.csv')] + [browser.post(
                                                                '/sign-in'), browser.put('/')]:
            policy = answer.headers['Strict-Transport-Security']
            assert policy == 'max-age=31536000; includeSubDomains', answer.request.path
            assert set(middleware.HEADERS) <= set(answer.headers.keys()), answer.request.path
            answer.close()
