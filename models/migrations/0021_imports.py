"""What a ward's own files call things, and the queue of what is done in the background."""
from peewee import SqliteDatabase

# frozen text: later changes are migrations of their own
# ruff: noqa: E501
STATEMENTS = (
    'CREATE TABLE "import_word" ("id" {id} NOT NULL PRIMARY KEY, "revision" INTEGER NOT NULL, "voided_at" {moment}, "void_reason" VARCHAR(500), "noun" VARCHAR(40) NOT NULL, "field" VARCHAR(60) NOT NULL, "word" VARCHAR(200) NOT NULL, "means" VARCHAR(100) NOT NULL, "person_id" INTEGER NOT NULL, "department_id" INTEGER, "at" {moment} NOT NULL, CONSTRAINT "import_word_person_fk" FOREIGN KEY ("person_id") REFERENCES "person" ("id") ON DELETE RESTRICT, CONSTRAINT "import_word_department_fk" FOREIGN KEY ("department_id") REFERENCES "department" ("id") ON DELETE RESTRICT, CONSTRAINT "import_word_void_reason_length" CHECK (length("void_reason") <= 500), CONSTRAINT "import_word_noun_length" CHECK (length("noun") <= 40), CONSTRAINT "import_word_field_length" CHECK (length("field") <= 60), CONSTRAINT "import_word_word_length" CHECK (length("word") <= 200), CONSTRAINT "import_word_means_length" CHECK (length("means") <= 100))',
    'CREATE INDEX "import_word_noun" ON "import_word" ("noun")',
    'CREATE INDEX "import_word_person_id" ON "import_word" ("person_id")',
    'CREATE INDEX "import_word_department_id" ON "import_word" ("department_id")',
    """CREATE TABLE "job" ("id" {id} NOT NULL PRIMARY KEY, "kind" VARCHAR(40) NOT NULL, "person_id" INTEGER NOT NULL, "about" VARCHAR(4000) NOT NULL, "state" VARCHAR(20) NOT NULL, "done" INTEGER NOT NULL, "total" INTEGER NOT NULL, "message" VARCHAR(1000) NOT NULL, "act" {big}, "created" {moment} NOT NULL, "finished" {moment}, "lease" {moment}, "holder" VARCHAR(100) NOT NULL, "attempts" INTEGER NOT NULL, "is_unwanted" {flag} NOT NULL, CONSTRAINT "job_person_fk" FOREIGN KEY ("person_id") REFERENCES "person" ("id") ON DELETE RESTRICT, CONSTRAINT "job_kind_length" CHECK (length("kind") <= 40), CONSTRAINT "job_about_length" CHECK (length("about") <= 4000), CONSTRAINT "job_state_known" CHECK ("state" IN ('waiting', 'running', 'done', 'failed', 'cancelled')), CONSTRAINT "job_message_length" CHECK (length("message") <= 1000), CONSTRAINT "job_holder_length" CHECK (length("holder") <= 100))""",
    'CREATE INDEX "job_person_id" ON "job" ("person_id")',
    'CREATE INDEX "job_state_id" ON "job" ("state", "id")',
)


def up(migrator, db):
    lite = isinstance(db, SqliteDatabase)
    names = {'id': 'INTEGER' if lite else 'SERIAL', 'moment': 'DATETIME' if lite else 'TIMESTAMP',
             'big': 'INTEGER' if lite else 'BIGINT', 'flag': 'INTEGER' if lite else 'BOOLEAN'}
    for statement in STATEMENTS:
        db.execute_sql(statement.format(**names))
