"""One form for all: what the first schema was given after it was already in use, added where it is missing."""
import importlib.util
import re
from pathlib import Path

from peewee import SqliteDatabase

#: tables that had no column for searching in the first two forms of 0001
SEARCHED = ('budget_request', 'business', 'case_share', 'course', 'department', 'engagement', 'finding', 'incident_level',
            'indicator', 'person', 'plan', 'procurement_case', 'review', 'setting', 'step', 'step_master')
#: indexes that its very first form had not
INDEXES = {
    'system_voided_at_lifecycle':
        'CREATE INDEX "system_voided_at_lifecycle" ON "system" ("voided_at", "lifecycle")',
    'system_voided_at_contract_end_on_lifecycle':
        'CREATE INDEX "system_voided_at_contract_end_on_lifecycle" '
        'ON "system" ("voided_at", "contract_end_on", "lifecycle")',
}


def first():
    """Return 0001, whose text is frozen: the form that every database comes to."""
    path = Path(__file__).with_name('0001_initial.py')
    spec = importlib.util.spec_from_file_location('first', path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def up(migrator, db):
    lacking = [table for table in SEARCHED if 'search_text' not in {column.name for column in db.get_columns(table)}]
    for table in lacking:
        (rebuild if isinstance(db, SqliteDatabase) else add)(db, table)
    standing = {index.name for index in db.get_indexes('system')}
    for name, statement in INDEXES.items():
        if name not in standing:
            db.execute_sql(statement)


def add(db, table):
    """Add the column on PostgreSQL; what is to be found in it is written by the rebuild after the migrations."""
    db.execute_sql(f'ALTER TABLE "{table}" ADD COLUMN "search_text" VARCHAR(4000) NOT NULL DEFAULT \'\'')
    db.execute_sql(f'ALTER TABLE "{table}" ALTER COLUMN "search_text" DROP DEFAULT')
    db.execute_sql(f'ALTER TABLE "{table}" ADD CONSTRAINT "{table}_search_text_length" '
                   'CHECK (length("search_text") <= 4000)')


def rebuild(db, table):
    """Make the table anew on SQLite, which adds no NOT NULL column without a default that would stay."""
    start = f'CREATE TABLE "{table}" '
    create = next(statement for statement in first().SQLITE if statement.startswith(start))
    columns = ', '.join(f'"{column.name}"' for column in db.get_columns(table))
    indexes = [sql for (sql,) in db.execute_sql(
        "SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL", (table,))]
    db.execute_sql(re.sub('^' + re.escape(start), f'CREATE TABLE "{table}_new" ', create))
    db.execute_sql(f'INSERT INTO "{table}_new" ({columns}, "search_text") SELECT {columns}, \'\' FROM "{table}"')
    db.execute_sql(f'DROP TABLE "{table}"')
    db.execute_sql(f'ALTER TABLE "{table}_new" RENAME TO "{table}"')
    for sql in indexes:
        db.execute_sql(sql)
