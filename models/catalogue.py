"""What a database says it is: tables, columns, constraints, indexes, triggers, as comparable rows."""
import re
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from peewee import SqliteDatabase
from playhouse.migrations import Runner

from .base import db

MIGRATIONS = Path(__file__).parent / 'migrations'

#: what the runner keeps of the migrations, no table of ours
HISTORY = 'schema_migration'
_TOKEN = re.compile(
    r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|\[[^]]*\]"""
    r"""|--[^\n]*|/\*.*?\*/|\w+|[(),;]|[^\s\w'"`(),;]+""", re.S)
_STARTS = frozenset({'CONSTRAINT', 'PRIMARY', 'UNIQUE', 'CHECK', 'DEFAULT', 'COLLATE', 'REFERENCES',
                     'GENERATED', 'AS'})
_OF_TABLE = frozenset({'CONSTRAINT', 'PRIMARY', 'UNIQUE', 'CHECK', 'FOREIGN'})

OPTIONS = """SELECT 'options', c.relname, '', concat_ws(' ', c.relkind::text, c.relpersistence::text,
    CASE WHEN c.relrowsecurity THEN 'ROW SECURITY' END) FROM pg_class c
    WHERE c.relnamespace = current_schema()::regnamespace
        AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT EXISTS (
            SELECT 1 FROM pg_depend d
            WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')"""
COLUMNS = """SELECT 'column', c.relname, a.attname, format_type(a.atttypid, a.atttypmod)
        || CASE WHEN a.attnotnull
    THEN ' NOT NULL' ELSE '' END || coalesce(' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), '')
    || a.attidentity::text || a.attgenerated::text
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0
    AND NOT a.attisdropped"""
#: NOT NULL, a constraint since PostgreSQL 18, is read with its column; a foreign key is kept by triggers of
#: its own, which can be switched off
CONSTRAINTS = """SELECT 'constraint', c.relname, k.conname, pg_get_constraintdef(k.oid) || CASE WHEN EXISTS (
        SELECT 1 FROM pg_trigger t WHERE t.tgconstraint = k.oid AND t.tgenabled NOT IN ('O', 'A'))
    THEN ' SWITCHED OFF' ELSE '' END
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
    WHERE c.relnamespace = current_schema()::regnamespace AND k.contype NOT IN ('n', 't')"""
INDEXES = """SELECT 'index', c.relname, i.relname, pg_get_indexdef(x.indexrelid, 0, true)
        || CASE WHEN x.indisvalid
    THEN '' ELSE ' INVALID' END
    FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')"""
#: a trigger says what it does only with its function
TRIGGERS = """SELECT 'trigger', c.relname, t.tgname, pg_get_triggerdef(t.oid, true)
        || CASE WHEN t.tgenabled IN ('O', 'A')
    THEN '' ELSE ' SWITCHED OFF' END || ' ' || l.lanname || ' ' || p.prosrc || coalesce(p.proconfig::text, '')
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
    JOIN pg_language l ON l.oid = p.prolang
    WHERE c.relnamespace = current_schema()::regnamespace AND NOT t.tgisinternal"""
RULES = """SELECT 'trigger', c.relname, r.rulename, pg_get_ruledef(r.oid, true)
    FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')"""
QUERIES = (OPTIONS, COLUMNS, CONSTRAINTS, INDEXES, TRIGGERS, RULES)

KIND_LABELS = {'column': '列', 'constraint': '制約', 'index': '索引', 'trigger': 'トリガー', 'options': '表'}
#: how a thing can differ, and how that is said of it
DIFFERENCE_TEXTS = {
    'missing': 'がありません。', 'extra': 'が加えられています。', 'changed': 'が、この版のものと異なります。'}


def read_schema(database=None):
    """Return {(kind, table, name, text)} of a database, the open one unless given.

    `kind` is a key of KIND_LABELS.
    """
    database = database or db.obj
    if isinstance(database, SqliteDatabase):
        return _read_sqlite(database)
    return {tuple(row) for query in QUERIES for row in database.execute_sql(query) if row[1] != HISTORY}


def expected_schemas():
    """Return what `read_schema` may find in a new database that these migrations made, as a list.

    The engine is that of the open one; PostgreSQL writes a condition in another way after a dump.
    """
    return _expected_on_sqlite() if isinstance(db.obj, SqliteDatabase) else _expected_on_postgresql()


def differences(only_missing=False):
    """Return [{table, kind, name, how, what}] of where the open database is not what it should be.

    It should be what its migrations make of a new one. `how` is a key of DIFFERENCE_TEXTS, `what` says it in
    words; `only_missing` leaves out what was added.
    """
    found, wanted, *others = map(_keyed, (read_schema(), *expected_schemas()))
    tables = {table for kind, table, _ in wanted if kind == 'options'}
    present = {table for kind, table, _ in found if kind == 'options'}
    rows = []
    for key in sorted(found.keys() | wanted.keys()):
        kind, table, name = key
        same = any(found.get(key) == one.get(key) for one in (wanted, *others))
        if same or kind != 'options' and not (table in tables and table in present):
            continue
        how = 'missing' if key not in found else 'extra' if key not in wanted else 'changed'
        if not (only_missing and how == 'extra'):
            rows.append({'table': table, 'kind': kind, 'name': name or table, 'how': how,
                         'what': f'{KIND_LABELS[kind]}「{name or table}」{DIFFERENCE_TEXTS[how]}'})
    return rows


def _keyed(rows):
    """Return {(kind, table, name): [texts]}: some constraints have no name."""
    keyed = {}
    for kind, table, name, text in sorted(rows):
        keyed.setdefault((kind, table, name), []).append(text)
    return keyed


def _build(database):
    runner = Runner(database, str(MIGRATIONS))
    for migration in runner.migrations():
        migration.load().up(runner.migrator, database)
    return frozenset(read_schema(database))


@cache
def _expected_on_sqlite():
    with SqliteDatabase(':memory:') as database:
        return [_build(database)]


@cache
def _expected_on_postgresql():
    """Return what the migrations make in a schema of its own, which is taken back at once."""
    with _temporary_schema():
        first, cursor = _build(db.obj), db.cursor()
        for kind, table, name, text in first:
            if kind == 'constraint' and text.startswith('CHECK'):
                cursor.execute(f'ALTER TABLE "{table}" DROP CONSTRAINT "{name}", ADD CONSTRAINT "{name}" '
                               f'{text}')
            elif kind == 'index' and ' WHERE ' in text:
                cursor.execute(f'DROP INDEX "{name}"')
                cursor.execute(text)
        return [first, frozenset(read_schema())]


@contextmanager
def _temporary_schema():
    with db.atomic() as transaction:
        db.execute_sql('CREATE SCHEMA daicho_expected')
        db.execute_sql('SET LOCAL search_path TO daicho_expected')
        yield
        transaction.rollback()


def _read_sqlite(database):
    rows = set()
    for kind, table, name, sql in database.execute_sql('SELECT type, tbl_name, name, sql FROM sqlite_master'):
        if table == HISTORY or table.startswith('sqlite_'):
            continue
        if kind != 'table':
            rows.add(('options' if kind == 'view' else kind, table, '' if kind == 'view' else name,
                      plain_sql(sql or '')))
            continue
        constraints, columns, options = _split_create_table(sql)
        rows |= {('constraint', table, *row) for row in constraints} | {('options', table, '', options)}
        for _, column, type, required, default, key in database.execute_sql(f'PRAGMA table_info("{table}")'):
            rows.add(('column', table, column,
                      f'{type}{" NOT NULL" if required else ""} DEFAULT {default} KEY {key} '
                      + columns.get(column.lower(), '')))
    return rows


def tokens(sql):
    """Return the words of a statement; a name in quotes is the name, comments and spaces are nothing."""
    found = [word for word in _TOKEN.findall(sql) if not word.startswith(('--', '/*'))]
    return [word[1:-1] if re.fullmatch(r'"\w+"|`\w+`|\[\w+\]', word) else word for word in found]


def plain_sql(sql):
    """Return a statement with one space between its words."""
    return ' '.join(tokens(sql))


def _split_create_table(sql):
    """Return (constraints, columns, options) of a CREATE TABLE.

    Constraints are {(name, text)}, columns {name: what else is said of it}. A constraint is the same whether
    it stands behind its column or at the end of the table.
    """
    words = tokens(sql)
    start = words.index('(')
    items, depth = [[]], 0
    for place, word in enumerate(words[start:], start):
        depth += (word == '(') - (word == ')')
        if depth == 0:
            break
        if word == ',' and depth == 1:
            items.append([])
        elif place > start:
            items[-1].append(word)
    constraints, columns = set(), {}
    for item in items:
        if item[0].upper() in _OF_TABLE:
            constraints.add(_name_and_text(item))
            continue
        name, *groups = _column_clauses(item)
        rest = []
        for group in groups:
            named, text = _name_and_text(group)
            if text.upper().startswith('REFERENCES'):
                constraints.add((named, f'FOREIGN KEY ( {name} ) {text}'))
            elif text.upper().startswith('CHECK'):
                constraints.add((named, text))
            elif text.upper().startswith('UNIQUE'):
                constraints.add((named, text.replace('UNIQUE', f'UNIQUE ( {name} )', 1)))
            else:
                rest.append(text)
        columns[name.lower()] = ' '.join(sorted(rest))
    return constraints, columns, ' '.join(words[place + 1:])


def _column_clauses(item):
    """Yield a column's name, then the words of each thing that is said of it after its type."""
    yield item[0]
    group, depth = [], 0
    for place, word in enumerate(item[1:], 1):
        upper, after, former = word.upper(), item[place + 1:place + 2], item[place - 1].upper()
        begins = upper in _STARTS or upper == 'NOT' and after and after[0].upper() == 'NULL'
        # the name of a constraint and what a foreign key sets are not the beginning of something else
        named = len(group) == 2 and group[0].upper() == 'CONSTRAINT'
        if (begins and depth == 0 and former not in ('SET', 'CONSTRAINT')
                and not (named and upper != 'CONSTRAINT')):
            if group:
                yield group
            group = []
        group.append(word)
        depth += (word == '(') - (word == ')')
    if group:
        yield group


def _name_and_text(words):
    """Return (name, text) of a constraint; the name is empty where there is none."""
    if words[0].upper() == 'CONSTRAINT':
        return words[1], ' '.join(words[2:])
    return '', ' '.join(words)
