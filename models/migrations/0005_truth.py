"""Indicators name the businesses they count (指標の対象業務): a link table; the built-in ones are set by `masters.fill`."""
from peewee import SqliteDatabase

# frozen text, as every released migration
TABLE = (
    'CREATE TABLE "indicator_business" ("id" {key} NOT NULL PRIMARY KEY, "revision" INTEGER NOT NULL, '
    '"voided_at" {moment}, "void_reason" VARCHAR(500), "indicator_id" INTEGER NOT NULL, "business_id" INTEGER NOT NULL, '
    'CONSTRAINT "indicator_business_indicator_fk" FOREIGN KEY ("indicator_id") REFERENCES "indicator" ("id") '
    'ON DELETE RESTRICT, '
    'CONSTRAINT "indicator_business_business_fk" FOREIGN KEY ("business_id") REFERENCES "business" ("id") '
    'ON DELETE RESTRICT, '
    'CONSTRAINT "indicator_business_void_reason_length" CHECK (length("void_reason") <= 500))')
INDEXES = (
    'CREATE INDEX "indicator_business_indicator_id" ON "indicator_business" ("indicator_id")',
    'CREATE INDEX "indicator_business_business_id" ON "indicator_business" ("business_id")',
    'CREATE UNIQUE INDEX "indicator_business_indicator_id_business_id" '
    'ON "indicator_business" ("indicator_id", "business_id")')


def up(migrator, db):
    sqlite = isinstance(db, SqliteDatabase)
    db.execute_sql(TABLE.format(key='INTEGER' if sqlite else 'SERIAL', moment='DATETIME' if sqlite else 'TIMESTAMP'))
    for statement in INDEXES:
        db.execute_sql(statement)
