"""Saved views (保存した一覧) of lists; who is in charge of a contract (担当者)."""
from peewee import SqliteDatabase

# frozen text: later changes are migrations of their own
STATEMENTS = (
    """CREATE TABLE "saved_view" ("id" {key} NOT NULL PRIMARY KEY, "revision" INTEGER NOT NULL, "voided_at" {moment}, "void_reason" VARCHAR(500), "noun" VARCHAR(40) NOT NULL, "name" VARCHAR(60) NOT NULL, "scope" VARCHAR(20) NOT NULL, "query" VARCHAR(2000) NOT NULL, "person_id" INTEGER NOT NULL, "department_id" INTEGER NOT NULL, CONSTRAINT "saved_view_person_fk" FOREIGN KEY ("person_id") REFERENCES "person" ("id") ON DELETE RESTRICT, CONSTRAINT "saved_view_department_fk" FOREIGN KEY ("department_id") REFERENCES "department" ("id") ON DELETE RESTRICT, CONSTRAINT "saved_view_void_reason_length" CHECK (length("void_reason") <= 500), CONSTRAINT "saved_view_noun_length" CHECK (length("noun") <= 40), CONSTRAINT "saved_view_name_length" CHECK (length("name") <= 60), CONSTRAINT "saved_view_scope_known" CHECK ("scope" IN ('own', 'unit', 'everyone')), CONSTRAINT "saved_view_query_length" CHECK (length("query") <= 2000))""",
    'CREATE INDEX "saved_view_person_id" ON "saved_view" ("person_id")',
    'CREATE INDEX "saved_view_department_id" ON "saved_view" ("department_id")',
    'CREATE INDEX "saved_view_noun_name" ON "saved_view" ("noun", "name")',
    'ALTER TABLE "contract" ADD COLUMN "manager" VARCHAR(100) CONSTRAINT "contract_manager_length" CHECK (length("manager") <= 100)',
)


def up(migrator, db):
    lite = isinstance(db, SqliteDatabase)
    for statement in STATEMENTS:
        db.execute_sql(statement.format(key='INTEGER' if lite else 'SERIAL',
                                        moment='DATETIME' if lite else 'TIMESTAMP'))
