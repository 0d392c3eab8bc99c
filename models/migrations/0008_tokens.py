"""Tokens of the JSON API, each one person's, and when each was last used."""

from peewee import SqliteDatabase

# Frozen text: later changes are migrations of their own.
# ruff: noqa: E501
SQLITE = [
    'CREATE TABLE "api_token" ("id" INTEGER NOT NULL PRIMARY KEY, "revision" INTEGER NOT NULL, "voided_at" DATETIME, "void_reason" VARCHAR(500), "person_id" INTEGER NOT NULL, "name" VARCHAR(100) NOT NULL, "scopes" VARCHAR(60) NOT NULL, "expires_on" DATE NOT NULL, "epoch" INTEGER NOT NULL, "token_hash" VARCHAR(64) NOT NULL, CONSTRAINT "api_token_person_fk" FOREIGN KEY ("person_id") REFERENCES "person" ("id") ON DELETE RESTRICT, CONSTRAINT "api_token_void_reason_length" CHECK (length("void_reason") <= 500), CONSTRAINT "api_token_name_length" CHECK (length("name") <= 100), CONSTRAINT "api_token_scopes_length" CHECK (length("scopes") <= 60), CONSTRAINT "api_token_token_hash_length" CHECK (length("token_hash") <= 64))',
    'CREATE INDEX "api_token_person_id" ON "api_token" ("person_id")',
    'CREATE UNIQUE INDEX "api_token_token_hash" ON "api_token" ("token_hash")',
    'CREATE TABLE "token_use" ("token_id" INTEGER NOT NULL PRIMARY KEY, "used" DATETIME NOT NULL, "address" VARCHAR(45) NOT NULL, CONSTRAINT "token_use_token_fk" FOREIGN KEY ("token_id") REFERENCES "api_token" ("id") ON DELETE RESTRICT, CONSTRAINT "token_use_address_length" CHECK (length("address") <= 45))',
]

POSTGRESQL = [
    'CREATE TABLE "api_token" ("id" SERIAL NOT NULL PRIMARY KEY, "revision" INTEGER NOT NULL, "voided_at" TIMESTAMP, "void_reason" VARCHAR(500), "person_id" INTEGER NOT NULL, "name" VARCHAR(100) NOT NULL, "scopes" VARCHAR(60) NOT NULL, "expires_on" DATE NOT NULL, "epoch" INTEGER NOT NULL, "token_hash" VARCHAR(64) NOT NULL, CONSTRAINT "api_token_person_fk" FOREIGN KEY ("person_id") REFERENCES "person" ("id") ON DELETE RESTRICT, CONSTRAINT "api_token_void_reason_length" CHECK (length("void_reason") <= 500), CONSTRAINT "api_token_name_length" CHECK (length("name") <= 100), CONSTRAINT "api_token_scopes_length" CHECK (length("scopes") <= 60), CONSTRAINT "api_token_token_hash_length" CHECK (length("token_hash") <= 64))',
    'CREATE INDEX "api_token_person_id" ON "api_token" ("person_id")',
    'CREATE UNIQUE INDEX "api_token_token_hash" ON "api_token" ("token_hash")',
    'CREATE TABLE "token_use" ("token_id" INTEGER NOT NULL PRIMARY KEY, "used" TIMESTAMP NOT NULL, "address" VARCHAR(45) NOT NULL, CONSTRAINT "token_use_token_fk" FOREIGN KEY ("token_id") REFERENCES "api_token" ("id") ON DELETE RESTRICT, CONSTRAINT "token_use_address_length" CHECK (length("address") <= 45))',
]


def up(migrator, db):
    for statement in SQLITE if isinstance(db, SqliteDatabase) else POSTGRESQL:
        db.execute_sql(statement)
