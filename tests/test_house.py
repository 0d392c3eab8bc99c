"""The house's own rules: doors between rooms; what endpoints, pages, settings and commands owe."""
import ast
import re
import sys

import click
import pytest
from engine import Untrailed
from html_page import Page
from paths import ROOT

from models import RECORDS, Throttle, db
from registry import commands
from registry.core import clock
from registry.web.menu import SECTIONS

DOORS = {  # room: the rooms and libraries it may import besides the standard library
    'models/rules': {'models.rules', 'jpholiday'},
    'models': {'models', 'peewee', 'playhouse'},
    'audits': {'audits', 'models', 'peewee'},
    'forms': {'forms', 'models', 'wtforms'},
    'registry': {'registry', 'audits', 'forms', 'models', 'peewee', 'playhouse', 'flask', 'flask_login',
                 'flask_wtf', 'wtforms', 'jinja2', 'werkzeug', 'markupsafe', 'argon2', 'click', 'structlog',
                 'granian', 'orjson', 'reportlab', 'python_calamine', 'xlsxwriter', 'itsdangerous',
                 'puremagic', 'icalendar', 'markdown_it'},
}
#: rooms below registry read no request and no clock
BELOW = ('models', 'audits', 'forms')


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
    'saving', 'references', 'numbers', 'conflicts', 'listing', 'exporting', 'noun', 'dues', 'due_kinds',
    'snoozed'))]


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


#: tests of no single module: {file: what holds it together}
OF_MANY = {
    'browser/test_forms.py': 'forms filled in by who would fill them in',
    'browser/test_finding.py': 'finding by keys alone, in fields and in the header',
    'browser/test_documents.py': 'files chosen, dropped and opened, from page to page',
    'browser/test_home.py': 'the first page of each role',
    'browser/test_journeys.py': 'people at work, from page to page',
    'browser/test_lists.py': 'lists as a day of work uses them',
    'browser/test_grids.py': 'grids as who fills them uses them',
    'browser/test_manual.py': 'the manuals beside the pages they tell of',
    'browser/test_registers.py': 'a register as who needs one makes it',
    'browser/test_records.py': 'a record as a day of work uses it',
    'browser/test_look.py': 'pages dark, large, of their reader’s own colours, and on paper',
    'browser/test_pages.py': 'every page as it is seen',
    'endurance/test_kills.py': 'the whole, killed at any moment',
    'models/test_releases.py': 'the migrations of every release, run on its register',
    'registry/records/importing/test_references.py': 'what the lines of a file point to',
    'registry/records/importing/test_steps.py': 'the one kind of file with a history',
    'registry/records/test_every_way.py': 'one edit by page, file, API and command',
    'registry/web/test_compiled.py': 'templates kept compiled, by serving',
    'registry/web/test_fuzz.py': 'requests of every shape at every endpoint',
    'registry/web/test_hostile.py': 'values nobody should send at every endpoint',
    'test_house.py': 'the house itself',
}
#: files of more than 400 lines: {path: why it is not split}
LONG = {
    'tests/endurance/kills.py': 'one program that is started and killed; it needs nothing of the tests',
}


@pytest.mark.engine_free
def test_the_tests_mirror_the_tree():
    """A file of tests bears the name of the module, or of the room, that it asks."""
    alone, named = [], set(OF_MANY)
    for path in sorted((ROOT / 'tests').rglob('test_*.py')):
        place = path.relative_to(ROOT / 'tests')
        module = ROOT / place.parent / place.name.removeprefix('test_')
        if place.as_posix() in named:
            named.remove(place.as_posix())
        elif not module.exists() and not module.with_suffix('').is_dir():
            alone.append(place.as_posix())
    assert (alone, named) == ([], set())


@pytest.mark.engine_free
def test_no_file_is_long_without_a_reason():
    long = {path.relative_to(ROOT).as_posix() for room in ('registry', 'models', 'forms', 'audits', 'tests')
            for path in (ROOT / room).rglob('*.py') if len(path.read_text('utf-8').splitlines()) > 400}
    assert (long - set(LONG), set(LONG) - long) == (set(), set())


@pytest.mark.engine_free
def test_modules_say_what_room_they_are():
    for room in (*DOORS, 'tests'):
        for path in (ROOT / room).rglob('*.py'):
            text = path.read_text('utf-8')
            assert not text.strip() or ast.get_docstring(
                ast.parse(text)), f'{path.relative_to(ROOT)} says nothing of itself'


@pytest.mark.engine_free
def test_templates_are_written_one_element_a_line():
    for path in (ROOT / 'templates').rglob('*.html'):
        for number, line in enumerate(path.read_text('utf-8').splitlines(), 1):
            assert len(line) <= 120, f'{path.relative_to(ROOT)}:{number}'


@pytest.mark.engine_free
def test_every_class_of_the_stylesheet_is_used():
    home = ROOT / 'registry' / 'static' / 'app.css'
    style = re.sub(r'/\*.*?\*/', '', home.read_text('utf-8'), flags=re.S)
    classes = {name for heads in re.findall(r'([^{};]+)\{', style) if not heads.strip().startswith('@')
               for name in re.findall(r'\.(-?[a-zA-Z_][\w-]*)', heads) if not name.startswith('icon-')}
    text = ''.join(path.read_text('utf-8') for room, ends in (('templates', 'html'), ('registry', 'py'),
                                                              ('registry', 'js'))
                   for path in (ROOT / room).rglob(f'*.{ends}'))

    def used(name):
        """Tell whether a class is named, or made of its first part and a value."""
        stem = name.rpartition('-')[0]
        return re.search(rf'(?<![\w-]){name}(?![\w-])', text) or stem and re.search(
            rf"(?<![\w-]){stem}-(\{{|' ~)", text)
    assert len(classes) > 100 and not sorted(name for name in classes if not used(name))


@pytest.mark.engine_free
def test_the_icons_of_pages_stylesheet_and_sprite_are_the_same():
    static, pages = ROOT / 'registry' / 'static', ROOT / 'templates'
    style = (static / 'app.css').read_text('utf-8')
    drawn = re.findall(r'<g id="([\w-]+)" transform="translate\(0 (\d+)\)">',
                       (static / 'vendor' / 'icons.svg').read_text('utf-8'))
    assert [int(y) for _, y in drawn] == [24 * place for place in range(len(drawn))]
    placed = re.findall(r'\.icon-([\w-]+) \{ --icon: (\d+); \}', style)
    assert [(name, 24 * int(place)) for name, place in placed] == [(name, int(y)) for name, y in drawn]
    # those of badges are named by their numbers alone
    badges = {drawn[int(place)][0] for place in re.findall(r'\.badge-\w+ \{ --icon: (\d+); \}', style)}
    words = ''.join(path.read_text('utf-8') for path in pages.rglob('*.html'))
    tables = re.findall(r"\{% set (?:KINDS|FILES) = (\{.*?\}) %\}", words, flags=re.S)
    used = {*re.findall(r'''icon(?:\('| icon-)([\w-]+)['"]''', words), *re.findall(r"'(file)'\)\)", words),
            *SECTIONS.values(), *(name for table in tables for name in ast.literal_eval(table).values())}
    assert len(tables) == 2 and used | badges == {name for name, _ in drawn}


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
