"""What a database says it is: its tables, columns, constraints, indexes and triggers, as rows that can be compared."""
import re

from peewee import SqliteDatabase

from .base import db

#: what the runner keeps of the migrations, no table of ours
HISTORY = 'schema_migration'
_TOKEN = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|\[[^]]*\]|--[^\n]*|/\*.*?\*/|\w+|[(),;]|[^\s\w'"`(),;]+""", re.S)
_STARTS = frozenset({'CONSTRAINT', 'PRIMARY', 'UNIQUE', 'CHECK', 'DEFAULT', 'COLLATE', 'REFERENCES', 'GENERATED', 'AS'})
_OF_TABLE = frozenset({'CONSTRAINT', 'PRIMARY', 'UNIQUE', 'CHECK', 'FOREIGN'})

COLUMNS = """SELECT 'column', c.relname, a.attname, format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attnotnull
    THEN ' NOT NULL' ELSE '' END || coalesce(' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), '')
    || a.attidentity::text || a.attgenerated::text
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped"""
#: what PostgreSQL 18 calls a constraint, the NOT NULL of a column, is read with the column
CONSTRAINTS = """SELECT 'constraint', c.relname, k.conname, pg_get_constraintdef(k.oid)
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
    WHERE c.relnamespace = current_schema()::regnamespace AND k.contype NOT IN ('n', 't')"""
INDEXES = """SELECT 'index', c.relname, i.relname, pg_get_indexdef(x.indexrelid, 0, true) || CASE WHEN x.indisvalid
    THEN '' ELSE ' INVALID' END
    FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
    WHERE c.relnamespace = current_schema()::regnamespace"""


def read():
    """Return {(kind, table, name, text)} of the open database: kind is column, constraint, index or options."""
    if isinstance(db.obj, SqliteDatabase):
        return _sqlite()
    return {tuple(row) for query in (COLUMNS, CONSTRAINTS, INDEXES) for row in db.execute_sql(query) if row[1] != HISTORY}


def _sqlite():
    rows = set()
    for kind, table, name, sql in db.execute_sql('SELECT type, tbl_name, name, sql FROM sqlite_master '
                                                 "WHERE type IN ('table', 'index')"):
        if table == HISTORY or table.startswith('sqlite_'):
            continue
        if kind == 'index':
            rows.add(('index', table, name, plain_sql(sql or '')))
            continue
        constraints, columns, options = _parts(sql)
        rows |= {('constraint', table, *row) for row in constraints} | {('options', table, '', options)}
        for _, column, type, required, default, key in db.execute_sql(f'PRAGMA table_info("{table}")'):
            rows.add(('column', table, column, f'{type}{" NOT NULL" if required else ""} DEFAULT {default} KEY {key} '
                      + columns.get(column.lower(), '')))
    return rows


def tokens(sql):
    """Return the words of a statement; a name in quotes is the name, comments and spaces are nothing."""
    found = [word for word in _TOKEN.findall(sql) if not word.startswith(('--', '/*'))]
    return [word[1:-1] if re.fullmatch(r'"\w+"|`\w+`|\[\w+\]', word) else word for word in found]


def plain_sql(sql):
    """Return a statement with one space between its words."""
    return ' '.join(tokens(sql))


def _parts(sql):
    """Return ({(name, text)} of the constraints, {column: what else is said of it}, options) of a CREATE TABLE.

    A constraint is the same whether it stands behind its column or at the end of the table.
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
            constraints.add(_named(item))
            continue
        name, *groups = _groups(item)
        rest = []
        for group in groups:
            named, text = _named(group)
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


def _groups(item):
    """Yield a column's name, then the words of each thing that is said of it after its type."""
    yield item[0]
    group, depth = [], 0
    for place, word in enumerate(item[1:], 1):
        upper, after, former = word.upper(), item[place + 1:place + 2], item[place - 1].upper()
        begins = upper in _STARTS or upper == 'NOT' and after and after[0].upper() == 'NULL'
        # the name of a constraint and what a foreign key sets are not the beginning of something else
        named = len(group) == 2 and group[0].upper() == 'CONSTRAINT'
        if begins and depth == 0 and former not in ('SET', 'CONSTRAINT') and not (named and upper != 'CONSTRAINT'):
            if group:
                yield group
            group = []
        group.append(word)
        depth += (word == '(') - (word == ')')
    if group:
        yield group


def _named(words):
    """Return (name, text) of a constraint; the name is empty where there is none."""
    if words[0].upper() == 'CONSTRAINT':
        return words[1], ' '.join(words[2:])
    return '', ' '.join(words)
