"""What reaches people of their duties: addresses calendars read, what mails told, what they have put off."""

from peewee import SqliteDatabase

# Frozen text: later changes are migrations of their own. In braces is what the engines call otherwise.
# ruff: noqa: E501
STATEMENTS = [
    'CREATE TABLE "feed" ("id" {id} NOT NULL PRIMARY KEY, "revision" INTEGER NOT NULL, "voided_at" {moment}, "void_reason" VARCHAR(500), "person_id" INTEGER NOT NULL, "name" VARCHAR(100) NOT NULL, "token_hash" VARCHAR(64) NOT NULL, CONSTRAINT "feed_person_fk" FOREIGN KEY ("person_id") REFERENCES "person" ("id") ON DELETE RESTRICT, CONSTRAINT "feed_void_reason_length" CHECK (length("void_reason") <= 500), CONSTRAINT "feed_name_length" CHECK (length("name") <= 100), CONSTRAINT "feed_token_hash_length" CHECK (length("token_hash") <= 64))',
    'CREATE INDEX "feed_person_id" ON "feed" ("person_id")',
    'CREATE UNIQUE INDEX "feed_token_hash" ON "feed" ("token_hash")',
    'CREATE TABLE "feed_use" ("feed_id" INTEGER NOT NULL PRIMARY KEY, "used" {moment} NOT NULL, "address" VARCHAR(45) NOT NULL, CONSTRAINT "feed_use_feed_fk" FOREIGN KEY ("feed_id") REFERENCES "feed" ("id") ON DELETE RESTRICT, CONSTRAINT "feed_use_address_length" CHECK (length("address") <= 45))',
    'CREATE TABLE "snooze" ("id" {id} NOT NULL PRIMARY KEY, "revision" INTEGER NOT NULL, "voided_at" {moment}, "void_reason" VARCHAR(500), "person_id" INTEGER NOT NULL, "kind" VARCHAR(60) NOT NULL, "row_id" INTEGER NOT NULL, "about" VARCHAR(300) NOT NULL, "stood" VARCHAR(40) NOT NULL, "until" DATE NOT NULL, "reason" VARCHAR(200) NOT NULL, CONSTRAINT "snooze_person_fk" FOREIGN KEY ("person_id") REFERENCES "person" ("id") ON DELETE RESTRICT, CONSTRAINT "snooze_void_reason_length" CHECK (length("void_reason") <= 500), CONSTRAINT "snooze_kind_length" CHECK (length("kind") <= 60), CONSTRAINT "snooze_about_length" CHECK (length("about") <= 300), CONSTRAINT "snooze_stood_length" CHECK (length("stood") <= 40), CONSTRAINT "snooze_reason_length" CHECK (length("reason") <= 200))',
    'CREATE UNIQUE INDEX "snooze_person_id_kind_row_id" ON "snooze" ("person_id", "kind", "row_id")',
    """CREATE TABLE "digest" ("person_id" INTEGER NOT NULL PRIMARY KEY, "day" DATE NOT NULL, "state" VARCHAR(20) NOT NULL, "at" {moment} NOT NULL, CONSTRAINT "digest_person_fk" FOREIGN KEY ("person_id") REFERENCES "person" ("id") ON DELETE RESTRICT, CONSTRAINT "digest_state_known" CHECK ("state" IN ('sending', 'sent', 'failed', 'unsure')))""",
    """CREATE TABLE "reminder" ("id" {id} NOT NULL PRIMARY KEY, "person_id" INTEGER NOT NULL, "kind" VARCHAR(60) NOT NULL, "row_id" INTEGER NOT NULL, "day" DATE NOT NULL, "stage" VARCHAR(20) NOT NULL, "sent" {flag} NOT NULL, CONSTRAINT "reminder_person_fk" FOREIGN KEY ("person_id") REFERENCES "person" ("id") ON DELETE RESTRICT, CONSTRAINT "reminder_kind_length" CHECK (length("kind") <= 60), CONSTRAINT "reminder_stage_known" CHECK ("stage" IN ('late', 'today', 'coming', 'waiting')))""",
    'CREATE UNIQUE INDEX "reminder_person_id_kind_row_id_sent" ON "reminder" ("person_id", "kind", "row_id", "sent")',
]


def up(migrator, db):
    lite = isinstance(db, SqliteDatabase)
    names = ({'id': 'INTEGER', 'moment': 'DATETIME', 'flag': 'INTEGER'} if lite
             else {'id': 'SERIAL', 'moment': 'TIMESTAMP', 'flag': 'BOOLEAN'})
    for statement in STATEMENTS:
        db.execute_sql(statement.format(**names))
