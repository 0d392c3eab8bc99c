"""Documents (文書): the files that hang on records; their bytes lie outside the database, by their SHA-256."""
from peewee import SqliteDatabase

# frozen text: later changes are migrations of their own
STATEMENTS = (
    """CREATE TABLE "attachment" ("id" {key} NOT NULL PRIMARY KEY, "revision" INTEGER NOT NULL, "voided_at" {moment}, "void_reason" VARCHAR(500), "table_name" VARCHAR(60) NOT NULL, "row_id" INTEGER NOT NULL, "kind" VARCHAR(20) NOT NULL, "first_id" INTEGER, "version" INTEGER NOT NULL, "name" VARCHAR(255) NOT NULL, "note" VARCHAR(500), "media_type" VARCHAR(100) NOT NULL, "size" {big} NOT NULL, "sha256" VARCHAR(64) NOT NULL, "person_id" INTEGER, "at" {moment} NOT NULL, CONSTRAINT "attachment_first_fk" FOREIGN KEY ("first_id") REFERENCES "attachment" ("id") ON DELETE RESTRICT, CONSTRAINT "attachment_person_fk" FOREIGN KEY ("person_id") REFERENCES "person" ("id") ON DELETE RESTRICT, CONSTRAINT "attachment_void_reason_length" CHECK (length("void_reason") <= 500), CONSTRAINT "attachment_table_length" CHECK (length("table_name") <= 60), CONSTRAINT "attachment_kind_known" CHECK ("kind" IN ('quote', 'opinion', 'specification', 'plan', 'contract', 'report', 'certificate', 'minutes', 'other')), CONSTRAINT "attachment_name_length" CHECK (length("name") <= 255), CONSTRAINT "attachment_note_length" CHECK (length("note") <= 500), CONSTRAINT "attachment_media_type_length" CHECK (length("media_type") <= 100), CONSTRAINT "attachment_sha256_length" CHECK (length("sha256") <= 64), CONSTRAINT "attachment_version_positive" CHECK (version >= 1), CONSTRAINT "attachment_version_follows" CHECK ((version > 1) = (first_id IS NOT NULL)), CONSTRAINT "attachment_size_positive" CHECK (size > 0), CONSTRAINT "attachment_sha256_whole" CHECK (length(sha256) = 64))""",
    'CREATE INDEX "attachment_first_id" ON "attachment" ("first_id")',
    'CREATE INDEX "attachment_person_id" ON "attachment" ("person_id")',
    'CREATE INDEX "attachment_table_name_row_id" ON "attachment" ("table_name", "row_id")',
    'CREATE UNIQUE INDEX "attachment_first_id_version" ON "attachment" ("first_id", "version")',
    'CREATE INDEX "attachment_sha256" ON "attachment" ("sha256")',
)


def up(migrator, db):
    lite = isinstance(db, SqliteDatabase)
    types = {'key': 'INTEGER', 'moment': 'DATETIME', 'big': 'INTEGER'} if lite else {
        'key': 'SERIAL', 'moment': 'TIMESTAMP', 'big': 'BIGINT'}
    for statement in STATEMENTS:
        db.execute_sql(statement.format(**types))
