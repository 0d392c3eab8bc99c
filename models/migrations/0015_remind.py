"""Addresses that calendars read, each one person's, and when each was last read."""

from peewee import SqliteDatabase

# Frozen text: later changes are migrations of their own. {id} and {moment} are what the engines call otherwise.
# ruff: noqa: E501
STATEMENTS = [
    'CREATE TABLE "feed" ("id" {id} NOT NULL PRIMARY KEY, "revision" INTEGER NOT NULL, "voided_at" {moment}, "void_reason" VARCHAR(500), "person_id" INTEGER NOT NULL, "name" VARCHAR(100) NOT NULL, "token_hash" VARCHAR(64) NOT NULL, CONSTRAINT "feed_person_fk" FOREIGN KEY ("person_id") REFERENCES "person" ("id") ON DELETE RESTRICT, CONSTRAINT "feed_void_reason_length" CHECK (length("void_reason") <= 500), CONSTRAINT "feed_name_length" CHECK (length("name") <= 100), CONSTRAINT "feed_token_hash_length" CHECK (length("token_hash") <= 64))',
    'CREATE INDEX "feed_person_id" ON "feed" ("person_id")',
    'CREATE UNIQUE INDEX "feed_token_hash" ON "feed" ("token_hash")',
    'CREATE TABLE "feed_use" ("feed_id" INTEGER NOT NULL PRIMARY KEY, "used" {moment} NOT NULL, "address" VARCHAR(45) NOT NULL, CONSTRAINT "feed_use_feed_fk" FOREIGN KEY ("feed_id") REFERENCES "feed" ("id") ON DELETE RESTRICT, CONSTRAINT "feed_use_address_length" CHECK (length("address") <= 45))',
]


def up(migrator, db):
    lite = isinstance(db, SqliteDatabase)
    names = {'id': 'INTEGER', 'moment': 'DATETIME'} if lite else {'id': 'SERIAL', 'moment': 'TIMESTAMP'}
    for statement in STATEMENTS:
        db.execute_sql(statement.format(**names))
