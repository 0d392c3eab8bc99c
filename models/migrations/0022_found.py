"""Reports of units (障害の報告) and closed days (閉庁日) are found while someone types, as the others are."""
from importlib import import_module

from peewee import SqliteDatabase

#: {table: (its place in the index, what of it leads to others)}
FOUND = {'incident_report': (22, ()), 'closed_day': (23, ())}


def up(migrator, db):
    if not isinstance(db, SqliteDatabase):
        return
    first = import_module('models.migrations.0016_forms')
    for table, (place, leads) in FOUND.items():
        db.execute_sql(f'INSERT INTO finder(rowid, text) SELECT id + {place << 40}, '
                       f'{first.text_of("old", leads)} FROM "{table}" AS old')
        for statement in first.triggers_of(table, place, leads):
            db.execute_sql(statement)
