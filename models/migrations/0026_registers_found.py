"""Registers that the ward makes are found while someone types, as the others are."""
from importlib import import_module

from peewee import SqliteDatabase

#: the table, its place in the index
TABLE, PLACE = 'register', 24


def up(migrator, db):
    if not isinstance(db, SqliteDatabase):
        db.execute_sql(f'CREATE INDEX "{TABLE}_letters" ON "{TABLE}" '
                       'USING gin (string_to_array("search_text", NULL))')
        return
    first = import_module('models.migrations.0016_forms')
    db.execute_sql(f'INSERT INTO finder(rowid, text) SELECT id + {PLACE << 40}, {first.text_of("old", ())} '
                   f'FROM "{TABLE}" AS old')
    for statement in first.triggers_of(TABLE, PLACE, ()):
        db.execute_sql(statement)
