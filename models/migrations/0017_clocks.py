"""Supports get a reviewer and a due day in working days, whose clock can be stopped; days of closure besides.

The supports that are open get their due day by an act of the same transaction (`registry.core.carrying`).
"""
from peewee import SqliteDatabase

# Frozen text: later changes are migrations of their own. In braces is what the engines call otherwise.
# ruff: noqa: E501
STATEMENTS = [
    'CREATE TABLE "closed_day" ("id" {id} NOT NULL PRIMARY KEY, "revision" INTEGER NOT NULL, "voided_at" {moment}, "void_reason" VARCHAR(500), "search_text" VARCHAR(4000) NOT NULL, "day" DATE NOT NULL, "name" VARCHAR(100) NOT NULL, CONSTRAINT "closed_day_void_reason_length" CHECK (length("void_reason") <= 500), CONSTRAINT "closed_day_search_text_length" CHECK (length("search_text") <= 4000), CONSTRAINT "closed_day_name_length" CHECK (length("name") <= 100))',
    'CREATE UNIQUE INDEX "closed_day_day" ON "closed_day" ("day")',
    'ALTER TABLE "support" ADD COLUMN "reviewer_id" INTEGER CONSTRAINT "support_reviewer_fk" REFERENCES "person" ("id") ON DELETE RESTRICT',
    'ALTER TABLE "support" ADD COLUMN "due_on" DATE CONSTRAINT "support_due_after" CHECK (due_on IS NULL OR due_on >= requested_on)',
    """ALTER TABLE "support" ADD COLUMN "stopped_on" DATE CONSTRAINT "support_stopped_while_returned" CHECK (stopped_on IS NULL OR state = 'returned')""",
    'ALTER TABLE "support" ADD COLUMN "stopped_days" INTEGER CONSTRAINT "support_stopped_days_positive" CHECK (stopped_days IS NULL OR stopped_days >= 0)',
    'CREATE INDEX "support_reviewer_id" ON "support" ("reviewer_id")',
    'CREATE INDEX "support_due_on_due" ON "support" ("voided_at", "due_on", "id", "state", "case_id")',
]


def up(migrator, db):
    lite = isinstance(db, SqliteDatabase)
    names = ({'id': 'INTEGER', 'moment': 'DATETIME'} if lite else {'id': 'SERIAL', 'moment': 'TIMESTAMP'})
    for statement in STATEMENTS:
        db.execute_sql(statement.format(**names))
