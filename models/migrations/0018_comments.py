"""Comments and questions that hang on records; what units report of their systems (障害の報告)."""
from peewee import SqliteDatabase

# Frozen text: later changes are migrations of their own. In braces is what the engines call otherwise.
# ruff: noqa: E501
STATEMENTS = [
    """CREATE TABLE "comment" ("id" {id} NOT NULL PRIMARY KEY, "revision" INTEGER NOT NULL, "voided_at" {moment}, "void_reason" VARCHAR(500), "table_name" VARCHAR(60) NOT NULL, "row_id" INTEGER NOT NULL, "about" VARCHAR(300) NOT NULL, "kind" VARCHAR(20) NOT NULL, "text" VARCHAR(2000) NOT NULL, "question_id" INTEGER, "person_id" INTEGER, "at" {moment} NOT NULL, "to_person_id" INTEGER, "to_unit_id" INTEGER, "answer_by" DATE, "answered_at" {moment}, "closed_at" {moment}, CONSTRAINT "comment_question_fk" FOREIGN KEY ("question_id") REFERENCES "comment" ("id") ON DELETE RESTRICT, CONSTRAINT "comment_person_fk" FOREIGN KEY ("person_id") REFERENCES "person" ("id") ON DELETE RESTRICT, CONSTRAINT "comment_to_person_fk" FOREIGN KEY ("to_person_id") REFERENCES "person" ("id") ON DELETE RESTRICT, CONSTRAINT "comment_to_unit_fk" FOREIGN KEY ("to_unit_id") REFERENCES "department" ("id") ON DELETE RESTRICT, CONSTRAINT "comment_void_reason_length" CHECK (length("void_reason") <= 500), CONSTRAINT "comment_table_length" CHECK (length("table_name") <= 60), CONSTRAINT "comment_about_length" CHECK (length("about") <= 300), CONSTRAINT "comment_kind_known" CHECK ("kind" IN ('comment', 'question', 'answer')), CONSTRAINT "comment_text_length" CHECK (length("text") <= 2000), CONSTRAINT "comment_question_addressed" CHECK ((kind = 'question') = (to_person_id IS NOT NULL OR to_unit_id IS NOT NULL)), CONSTRAINT "comment_one_addressed" CHECK (to_person_id IS NULL OR to_unit_id IS NULL), CONSTRAINT "comment_answer_to_question" CHECK ((kind = 'answer') = (question_id IS NOT NULL)), CONSTRAINT "comment_question_waits" CHECK (kind = 'question' OR (answer_by IS NULL AND answered_at IS NULL AND closed_at IS NULL)))""",
    'CREATE INDEX "comment_question_id" ON "comment" ("question_id")',
    'CREATE INDEX "comment_person_id" ON "comment" ("person_id")',
    'CREATE INDEX "comment_to_person_id" ON "comment" ("to_person_id")',
    'CREATE INDEX "comment_to_unit_id" ON "comment" ("to_unit_id")',
    'CREATE INDEX "comment_table_name_row_id" ON "comment" ("table_name", "row_id")',
    """CREATE TABLE "incident_report" ("id" {id} NOT NULL PRIMARY KEY, "revision" INTEGER NOT NULL, "voided_at" {moment}, "void_reason" VARCHAR(500), "search_text" VARCHAR(4000) NOT NULL, "report_no" VARCHAR(30) NOT NULL, "system_id" INTEGER NOT NULL, "title" VARCHAR(200) NOT NULL, "happened" VARCHAR(2000) NOT NULL, "detected_at" {moment} NOT NULL, "leak" VARCHAR(20) NOT NULL, "leak_text" VARCHAR(1000), "contact" VARCHAR(100), "reporter_id" INTEGER, "reported_at" {moment}, "leak_first_on" DATE, "leak_final_on" DATE, "dismissed_on" DATE, "dismissal" VARCHAR(500), CONSTRAINT "incident_report_system_fk" FOREIGN KEY ("system_id") REFERENCES "system" ("id") ON DELETE RESTRICT, CONSTRAINT "incident_report_reporter_fk" FOREIGN KEY ("reporter_id") REFERENCES "person" ("id") ON DELETE RESTRICT, CONSTRAINT "incident_report_void_reason_length" CHECK (length("void_reason") <= 500), CONSTRAINT "incident_report_search_text_length" CHECK (length("search_text") <= 4000), CONSTRAINT "incident_report_report_no_length" CHECK (length("report_no") <= 30), CONSTRAINT "incident_report_title_length" CHECK (length("title") <= 200), CONSTRAINT "incident_report_happened_length" CHECK (length("happened") <= 2000), CONSTRAINT "incident_report_leak_known" CHECK ("leak" IN ('none', 'unknown', 'suspected', 'leaked')), CONSTRAINT "incident_report_leak_text_length" CHECK (length("leak_text") <= 1000), CONSTRAINT "incident_report_contact_length" CHECK (length("contact") <= 100), CONSTRAINT "incident_report_dismissal_length" CHECK (length("dismissal") <= 500), CONSTRAINT "incident_report_dismissal_said" CHECK ((dismissed_on IS NULL) = (dismissal IS NULL)), CONSTRAINT "incident_report_leak_in_order" CHECK (leak_final_on IS NULL OR leak_first_on IS NULL OR leak_final_on >= leak_first_on))""",
    'CREATE UNIQUE INDEX "incident_report_report_no" ON "incident_report" ("report_no")',
    'CREATE INDEX "incident_report_system_id" ON "incident_report" ("system_id")',
    'CREATE INDEX "incident_report_reporter_id" ON "incident_report" ("reporter_id")',
    'CREATE INDEX "incident_report_report_no_lower" ON "incident_report" (LOWER("report_no"))',
    'ALTER TABLE "incident" ADD COLUMN "report_id" INTEGER CONSTRAINT "incident_report_fk" REFERENCES "incident_report" ("id") ON DELETE RESTRICT',
    'CREATE INDEX "incident_report_id" ON "incident" ("report_id")',
]


def up(migrator, db):
    lite = isinstance(db, SqliteDatabase)
    names = ({'id': 'INTEGER', 'moment': 'DATETIME'} if lite else {'id': 'SERIAL', 'moment': 'TIMESTAMP'})
    for statement in STATEMENTS:
        db.execute_sql(statement.format(**names))
