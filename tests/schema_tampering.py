"""Ways in which someone with the database in his hands makes a schema other than the migrations made it."""
from peewee import SqliteDatabase

from models import db

#: {what is wrong: (on SQLite the table, a piece of its CREATE TABLE and what stands instead; PostgreSQL's
#: statement)}
WRONG = {
    'a dropped check': (('setting', ', CONSTRAINT "setting_value_length" CHECK (length("value") <= 100)', ''),
                        'ALTER TABLE "setting" DROP CONSTRAINT "setting_value_length"'),
    'a changed check': (('setting', 'length("value") <= 100', 'length("value") <= 101'),
                        'ALTER TABLE "setting" DROP CONSTRAINT "setting_value_length", '
                        'ADD CONSTRAINT "setting_value_length" CHECK (length("value") <= 101)'),
    'a renamed check': (('setting', '"setting_value_length"', '"setting_value_size"'),
                        'ALTER TABLE "setting" RENAME CONSTRAINT "setting_value_length" TO '
                        '"setting_value_size"'),
    'a check of a column': (('trail_head', ' CONSTRAINT "trail_head_one" CHECK (id = 1)', ''),
                            'ALTER TABLE "trail_head" DROP CONSTRAINT "trail_head_one"'),
    'a missing column': (('setting', ', "verified" INTEGER NOT NULL', ''),
                         'ALTER TABLE "setting" DROP COLUMN "verified"'),
    'another type': (('setting', '"value" VARCHAR(100)', '"value" VARCHAR(99)'),
                     'ALTER TABLE "setting" ALTER COLUMN "value" TYPE VARCHAR(99)'),
    'a column that may be empty': (('setting', '"verified" INTEGER NOT NULL', '"verified" INTEGER'),
                                   'ALTER TABLE "setting" ALTER COLUMN "verified" DROP NOT NULL'),
    'a default': (('setting', '"value" VARCHAR(100) NOT NULL', '"value" VARCHAR(100) NOT NULL DEFAULT 1'),
                  'ALTER TABLE "setting" ALTER COLUMN "value" SET DEFAULT 1'),
    'a foreign key that deletes': (('review_system', 'REFERENCES "review" ("id") ON DELETE RESTRICT',
                                    'REFERENCES "review" ("id") ON DELETE CASCADE'),
                                   'ALTER TABLE "review_system" DROP CONSTRAINT "review_system_review_fk", '
                                   'ADD CONSTRAINT "review_system_review_fk" FOREIGN KEY ("review_id") '
                                   'REFERENCES "review" ("id") ON DELETE CASCADE'),
    'a missing index': ('DROP INDEX "setting_name_valid_from"',) * 2,
    'an index of other columns': ('DROP INDEX "setting_name_valid_from"; '
                                  'CREATE UNIQUE INDEX "setting_name_valid_from" ON "setting" ("name", '
                                  '"value")',) * 2,
    'an index that is not unique': ('DROP INDEX "setting_name_valid_from"; '
                                    'CREATE INDEX "setting_name_valid_from" ON "setting" ("name", '
                                    '"valid_from")',) * 2,
}


#: what is named when it is found; a constraint with another name is one missing and one added
NAMES = {wrong: [name for name in ('setting_value_length', 'trail_head_one', 'verified', 'value',
                                   'review_system_review_fk', 'setting_name_valid_from')
                                   if f'"{name}"' in str(WRONG[wrong][1])] for wrong in WRONG}


def rewrite(table, piece, instead):
    """Change the text of a SQLite table as an ALTER TABLE would; a connection reads it when it opens."""
    (sql,), = db.execute_sql("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?", (table,))
    assert piece in sql
    db.execute_sql('PRAGMA writable_schema = 1')
    db.execute_sql("UPDATE sqlite_master SET sql = ? WHERE type = 'table' AND name = ?",
                   (sql.replace(piece, instead), table))
    db.close_all()
    db.connect()


def alter(wrong):
    """Make the open database wrong in a way that WRONG names."""
    statement = WRONG[wrong][0 if isinstance(db.obj, SqliteDatabase) else 1]
    if isinstance(statement, tuple):
        rewrite(*statement)
    else:
        for part in statement.split('; '):
            db.execute_sql(part)
