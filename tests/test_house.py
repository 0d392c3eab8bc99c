"""The house's own rules: which room opens which door, and what every endpoint, page, setting and command
owes the reader."""
import ast
import re
import socket
import sys
from pathlib import Path

import click
import pytest
from cast import CAST, email
from conftest import Untrailed
from peewee import SqliteDatabase
from reading import Page

from audits import history, trail
from forms.fields import Text
from models import RECORDS, Department, Person, System, Throttle, db, visibility
from registry import commands, create_app
from registry.core import clock, permits
from registry.records.noun import NOUNS
from registry.web import guard, menu

ROOT = Path(__file__).parent.parent
DOORS = {  # room: the rooms and libraries it may import besides the standard library
    'models/rules': {'models.rules', 'jpholiday'},
    'models': {'models', 'peewee', 'playhouse'},
    'audits': {'audits', 'models', 'peewee'},
    'forms': {'forms', 'models', 'wtforms'},
    'registry': {'registry', 'audits', 'forms', 'models', 'peewee', 'playhouse', 'flask', 'flask_login',
                 'flask_wtf', 'wtforms', 'jinja2', 'werkzeug', 'markupsafe', 'argon2', 'click', 'structlog',
                 'granian', 'reportlab', 'python_calamine', 'xlsxwriter', 'itsdangerous'},
}
#: rooms below registry read no request and no clock
BELOW = ('models', 'audits', 'forms')
#: parameters that are words: each is looked up in a fixed list or among the person's own files
WORDS = {'target', 'name', 'token', 'kpi', 'quarter', 'filename'}
#: pages reached only by sending something: the preview of a file that was uploaded, the verdict on the trail
SENT = {'files.preview', 'trail.check'}
SHOWN = [noun for noun in NOUNS.values() if 'show' in noun.views]
LIST, RECORD, LIMIT = 8, 15, 20


def sources(room):
    """Return the Python files of a room; a room inside another is its own."""
    inner = [other for other in DOORS if other.startswith(f'{room}/')]
    return [path for path in sorted((ROOT / room).rglob('*.py'))
            if not any((ROOT / other) in path.parents for other in inner)]


def imports(path):
    """Yield the absolute dotted names a file imports."""
    package = list(path.relative_to(ROOT).parent.parts)
    for node in ast.walk(ast.parse(path.read_text('utf-8'))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = package[:len(package) - node.level + 1] if node.level else []
            base = '.'.join([*start, *([node.module] if node.module else [])])
            yield from (f'{base}.{alias.name}' for alias in node.names)


def opens(name, doors):
    return name.split('.')[0] in sys.stdlib_module_names or any(name == door or name.startswith(f'{door}.')
        for door in doors)


@pytest.mark.engine_free
@pytest.mark.parametrize('room', DOORS)
def test_doors_open_one_way(room):
    for path in sources(room):
        strange = [name for name in imports(path) if not opens(name, DOORS[room])]
        assert not strange, f'{path.relative_to(ROOT)} may not import {", ".join(strange)}'


#: rooms of registry that a command or a machine enters as a page does: none of them knows a request
WITHOUT_REQUEST = ['core', 'records/importing', 'records/sheets', *(f'records/{name}.py' for name in (
    'saving', 'conflicts', 'listing', 'exporting', 'noun'))]


@pytest.mark.engine_free
@pytest.mark.parametrize('room', WITHOUT_REQUEST)
def test_what_all_callers_share_needs_no_request(room):
    home = ROOT / 'registry' / room
    for path in sorted(home.rglob('*.py')) if home.is_dir() else [home]:
        strange = [name for name in imports(path) if name.split('.')[0] in ('flask', 'flask_login',
            'flask_wtf') or name.startswith('registry.web')]
        assert not strange, f'{path.relative_to(ROOT)} may not import {", ".join(strange)}'


@pytest.mark.engine_free
def test_holidays_are_known_in_the_calendar_only():
    for path in (ROOT / 'models' / 'rules').glob('*.py'):
        assert path.name == 'calendar.py' or 'jpholiday' not in path.read_text('utf-8'), path.name


@pytest.mark.engine_free
@pytest.mark.parametrize('room', BELOW)
def test_nothing_below_the_pages_reads_the_clock(room):
    for path in (ROOT / room).rglob('*.py'):
        for node in ast.walk(ast.parse(path.read_text('utf-8'))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                assert node.func.attr not in ('now', 'today',
                                              'utcnow'), (f'{path.relative_to(ROOT)}:{node.lineno} reads the '
                                                  'clock')


@pytest.mark.engine_free
def test_the_pages_read_the_one_clock():
    for path in (ROOT / 'registry').rglob('*.py'):
        if path.name != 'clock.py':
            assert not re.search(r'\b(datetime\.(now|utcnow)|date\.today)\(',
                                 path.read_text('utf-8')), path.name


@pytest.mark.engine_free
def test_modules_say_what_room_they_are():
    for room in (*DOORS, 'tests'):
        for path in (ROOT / room).rglob('*.py'):
            text = path.read_text('utf-8')
            assert not text.strip() or ast.get_docstring(
                ast.parse(text)), f'{path.relative_to(ROOT)} says nothing of itself'


# --- nouns ---

@pytest.mark.parametrize('name', sorted(NOUNS))
def test_a_noun_has_one_name_in_every_room(name):
    noun = NOUNS[name]
    subject = noun.table.__module__.removeprefix('models.')
    assert noun.form.__module__ == f'forms.{subject}'
    assert noun in vars(sys.modules[f'registry.{subject}']).values()
    assert noun.template.partition('/')[0] in (subject, 'records')



def test_a_table_of_nobody_is_no_table():
    with pytest.raises(RuntimeError, match='who sees the rows of Nobody'):
        visibility.require_owners([type('Nobody', (System,), {'owned_by': None})])


@pytest.mark.parametrize('name', sorted(NOUNS))
def test_a_form_takes_as_much_text_as_its_table(name):
    noun = NOUNS[name]
    limits = {cell.attr: (cell.max, noun.table._meta.fields[cell.attr].max_length)
              for cell in noun.blank.cells()
              if isinstance(cell, Text) and cell.attr in noun.table._meta.fields
              and hasattr(noun.table._meta.fields[cell.attr], 'max_length')}
    assert {attr: pair for attr, pair in limits.items() if pair[0] != pair[1]} == {}


# --- endpoints ---

def test_every_endpoint_has_a_permit(app):
    bare = [endpoint for endpoint, view in app.view_functions.items()
            if endpoint not in guard.PUBLIC and getattr(view, 'permit', None) not in permits.PERMITS]
    assert not bare


def test_the_application_does_not_start_without_one(settings, monkeypatch):
    from registry.web import front

    def careless(app, register=front.register):
        register(app)
        app.add_url_rule('/careless', 'careless', lambda: 'anyone may read this')
    monkeypatch.setattr('registry.web.front.register', careless)
    with pytest.raises(RuntimeError, match='no permit on careless'):
        create_app(settings)


def test_every_permit_is_used(app):
    used = {getattr(view, 'permit', None) for view in app.view_functions.values()}
    text = ''.join(path.read_text('utf-8') for path in [*(ROOT / 'registry').rglob('*.py'),
        *(ROOT / 'templates').rglob('*.html')])
    idle = [name for name in permits.PERMITS if name not in used
            and f"'{name}'" not in text.replace(f"'{name}': ", '')
            and not (name.partition('.')[0] in NOUNS and NOUNS[name.partition('.')[0]].importable)]
    assert not idle


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
    """Return ({endpoint: [addresses]} of what links lead to, two records of each noun at most; the links
    that lead nowhere).

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
        for noun in SHOWN:
            if 'void' in noun.views:
                rows = noun.table.select().where(noun.table.live(), Person.role == 'head'
                                                 if noun.table is Person else True)
                row = rows.order_by(noun.table.id.desc()).first()
                act.void(row, '重複')
                yield f'/{noun.name}/{row.id}'


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
    assert sorted(pages - reached - menu.ELSEWHERE - SENT) == []


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


def addresses(noun):
    """Return [(view, address)] of a noun's shared pages, on its first row."""
    row = noun.table.select().where(noun.table.live()).order_by(noun.table.id).first()
    assert row is not None, f'the cast has no {noun.name}'
    home = f'/{noun.name}/'
    places = {'index': home, 'show': f'{home}{row.id}', 'new': f'{home}new', 'edit': f'{home}{row.id}/edit',
              'void': f'{home}{row.id}/void'}
    return [(view, places[view]) for view in noun.views]


def writer(noun, view):
    """Return who of the cast may open a view."""
    verb = {'index': 'read', 'show': 'read', 'new': 'create'}.get(view, view)
    return next(who for who in CAST if permits.allowed(f'{noun.name}.{verb}', None,
        Person.get(Person.email == email(who))))


@pytest.mark.parametrize('name', sorted(NOUNS))
def test_every_page_of_every_noun(app, client_of, queries, name):
    noun, browsers, counts = NOUNS[name], {}, {}
    with app.app_context(), db.connection_context():
        places = [(view, address, writer(noun, view)) for view, address in addresses(noun)]
    for view, address, who in places:
        browser = browsers.get(who) or browsers.setdefault(who, client_of(who))
        browser.get(address)  # the second reading is counted: menus and masters are worked out once
        queries.clear()
        assert browser.get(address).status_code == 200, address
        counts[view] = len(queries)
        if view in ('new', 'void'):
            assert browser.post(address, data={}).status_code == 422, f'{address} accepts nothing at all'
        if view == 'edit':
            key = noun.blank._fields[noun.key[-1]].name
            assert browser.post(address, data={}).status_code == 409, f'{address} saves without a revision'
            assert browser.post(address, data={'revision': '1',
                                               key: ''}).status_code == 422, f'{address} loses its key'
        if view == 'index':
            for query in ('?q=税', '?q=ｼｽﾃﾑ%20％_', '?voided=1', '?sort=-' + noun.columns[0].name,
                          '?page=9&size=100'):
                assert browser.get(address + query).status_code == 200
            for column in noun.columns:
                assert browser.get(f'{address}?sort={column.name}').status_code == 200
            for f in noun.filters:
                with app.test_request_context(), db.connection_context():
                    # a number that is typed need not be there
                    value = 'X-00000' if f.label_of is not None else f.options()[0][0]
                assert browser.get(f'{address}?{f.name}={value}').status_code == 200
            for form in ('csv', 'xlsx'):
                assert browser.get(f'{address}export.{form}').status_code == 200
    allowed = {'index': LIST, 'show': RECORD}
    over = {view: number for view, number in counts.items() if number > allowed.get(view, LIMIT)}
    assert not over, over


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


@pytest.mark.parametrize('sort', ['system_no', '-system_no', 'name', '-owner', 'users', '-renew_on'])
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
    pages = [browser.get(f'/systems/?sort={sort}&page={n}').page.texts('td > a[href^="/systems/"]')
             for n in range(1, 7)]
    assert len(whole) > 220 and pages[-1] == pages[-2]
    assert [number for page in pages[:-1] for number in page] == whole


@pytest.mark.engine_free
@pytest.mark.parametrize(('piece', 'fault'), [
    ('<p style="color: red">', 'style= on p'), ('<a ONCLICK=\'x\' href="/">', 'onclick= on a'),
    ('<script>1 < 2</script>', 'inline script'),
    ('<style>p {}</style>', 'inline style'), ('<input name=x type="text">', 'no label: x'),
    ('<p id=a></p><p id="a"/>', 'id a twice'),
    ('<H1>b</H1>', '2 h1'), ('<form method="post">', 'form without action'),
    ('<p title="a>', 'a tag that does not end'), ('a <b', 'a tag that does not end'),
    ('<textarea name=x aria-label=x>', 'a tag that does not end'), ('1 < 2', 'a tag that is none'),
    ('<p title="a>b<p title="c">', 'a tag that is none')])
def test_a_page_with_a_fault_is_seen(piece, fault):
    sound = ('<!DOCTYPE html><!-- <p style> --><html lang="ja"><title>甲 &amp; 乙｜台帳</title><h1>甲 '
             '&amp;\n乙</h1><label>x <input name="y"></label>')
    assert Page(sound).faults == [] and Page(sound).h1 == '甲 & 乙'
    assert fault in '; '.join(Page(sound + piece).faults)


# --- writing ---

@pytest.mark.parametrize('table', RECORDS, ids=lambda table: table.__name__)
def test_no_record_is_written_outside_an_act(opened, table):
    with pytest.raises(Untrailed), db.atomic():
        table.update(revision=table.revision + 1).execute()
    with pytest.raises(Untrailed), db.atomic():
        table.delete().where(table.id == 0).execute()


def test_throttles_are_no_records(opened):
    Throttle.create(key='account:x', last=clock.now())


@pytest.mark.engine_free
@pytest.mark.parametrize('table', RECORDS, ids=lambda table: table.__name__)
def test_a_misspelt_column_is_refused(table):
    with pytest.raises(TypeError, match='has no nmae'):
        table(nmae='x')


# --- words ---

def operations():
    return (ROOT / 'docs' / 'operations.md').read_text('utf-8')


@pytest.mark.engine_free
def test_settings_are_documented():
    text = (ROOT / 'registry' / 'core' / 'config.py').read_text('utf-8')
    names = set(re.findall(r"environ\.get\(\s*'([A-Z_]+)'", text))
    assert len(names) >= 5
    assert not [name for name in sorted(names) if f'`{name}`' not in operations()]


def walk(command, path=()):
    """Yield (words of a command, its options) of every command below a group."""
    if isinstance(command, click.Group):
        for name, child in command.commands.items():
            yield from walk(child, (*path, name))
    else:
        yield ' '.join(path), [option for part in command.params if isinstance(part, click.Option)
                               for option in part.opts]


@pytest.mark.engine_free
@pytest.mark.parametrize(('command', 'options'), list(walk(commands.main)), ids=lambda value: value
                         if isinstance(value, str) else '')
def test_commands_are_documented(command, options):
    text = operations()
    assert f'daicho {command}' in text
    assert not [option for option in options if option.startswith('--') and option not in text]


@pytest.mark.engine_free
def test_commands_explain_themselves():
    for command, _ in walk(commands.main):
        found = commands.main
        for word in command.split():
            found = found.commands[word]
        assert found.help, command


def test_the_tests_use_no_network(monkeypatch, client_of):
    def refuse(*args):
        raise AssertionError('the application opened a connection')
    browser = client_of('it')
    if isinstance(db.obj, SqliteDatabase):
        monkeypatch.setattr(socket.socket, 'connect', refuse)
    for address in ('/', '/systems/', '/steps/grid', '/strategies/2025/results.pdf'):
        assert browser.get(address).status_code == 200
