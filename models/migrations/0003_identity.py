"""Who did it as they stood then, in every act; one-time passwords; sessions kept on the server."""

from peewee import SqliteDatabase

# Frozen text: later changes are migrations of their own. The acts that stand keep NULL in the new columns: their hashes know none.
# ruff: noqa: E501
SQLITE = [
    'ALTER TABLE "act" ADD COLUMN "form" INTEGER',
    'ALTER TABLE "act" ADD COLUMN "person_id" INTEGER',
    'ALTER TABLE "act" ADD COLUMN "role" VARCHAR(20) CONSTRAINT "act_role_length" CHECK (length("role") <= 20)',
    'ALTER TABLE "act" ADD COLUMN "unit_id" INTEGER',
    'ALTER TABLE "act" ADD COLUMN "unit_name" VARCHAR(130) CONSTRAINT "act_unit_name_length" CHECK (length("unit_name") <= 130)',
    'ALTER TABLE "person" ADD COLUMN "one_time_until" DATETIME',
    'CREATE TABLE "session" ("id" INTEGER NOT NULL PRIMARY KEY, "token" VARCHAR(64) NOT NULL, "person_id" INTEGER NOT NULL, "epoch" INTEGER NOT NULL, "created" DATETIME NOT NULL, "used" DATETIME NOT NULL, "boot" VARCHAR(40) NOT NULL, "created_ticks" INTEGER NOT NULL, "used_ticks" INTEGER NOT NULL, "address" VARCHAR(45) NOT NULL, "agent" VARCHAR(300) NOT NULL, CONSTRAINT "session_person_fk" FOREIGN KEY ("person_id") REFERENCES "person" ("id") ON DELETE RESTRICT, CONSTRAINT "session_token_length" CHECK (length("token") <= 64), CONSTRAINT "session_boot_length" CHECK (length("boot") <= 40), CONSTRAINT "session_address_length" CHECK (length("address") <= 45), CONSTRAINT "session_agent_length" CHECK (length("agent") <= 300))',
    'CREATE INDEX "session_person_id" ON "session" ("person_id")',
]

POSTGRESQL = [
    'ALTER TABLE "act" ADD COLUMN "form" INTEGER, ADD COLUMN "person_id" INTEGER, ADD COLUMN "role" VARCHAR(20), '
    'ADD COLUMN "unit_id" INTEGER, ADD COLUMN "unit_name" VARCHAR(130), '
    'ADD CONSTRAINT "act_role_length" CHECK (length("role") <= 20), '
    'ADD CONSTRAINT "act_unit_name_length" CHECK (length("unit_name") <= 130)',
    'ALTER TABLE "person" ADD COLUMN "one_time_until" TIMESTAMP',
    'CREATE TABLE "session" ("id" SERIAL NOT NULL PRIMARY KEY, "token" VARCHAR(64) NOT NULL, "person_id" INTEGER NOT NULL, "epoch" INTEGER NOT NULL, "created" TIMESTAMP NOT NULL, "used" TIMESTAMP NOT NULL, "boot" VARCHAR(40) NOT NULL, "created_ticks" BIGINT NOT NULL, "used_ticks" BIGINT NOT NULL, "address" VARCHAR(45) NOT NULL, "agent" VARCHAR(300) NOT NULL, CONSTRAINT "session_person_fk" FOREIGN KEY ("person_id") REFERENCES "person" ("id") ON DELETE RESTRICT, CONSTRAINT "session_token_length" CHECK (length("token") <= 64), CONSTRAINT "session_boot_length" CHECK (length("boot") <= 40), CONSTRAINT "session_address_length" CHECK (length("address") <= 45), CONSTRAINT "session_agent_length" CHECK (length("agent") <= 300))',
    'CREATE INDEX "session_person_id" ON "session" ("person_id")',
]


def up(migrator, db):
    for statement in SQLITE if isinstance(db, SqliteDatabase) else POSTGRESQL:
        db.execute_sql(statement)
