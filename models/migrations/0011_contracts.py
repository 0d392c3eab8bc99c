"""Contracts (契約) of systems with vendors; what the ledger said of them is set aside for them.

`system.vendor` goes, `system.contract_end_on` becomes what the contracts say. What stood there becomes vendors and
contracts by an act of the same transaction, which no SQL can write (`registry.core.carrying`).
"""
from peewee import SqliteDatabase

# frozen text: later changes are migrations of their own
STATEMENTS = (
    """CREATE TABLE "contract" ("id" {key} NOT NULL PRIMARY KEY, "revision" INTEGER NOT NULL, "voided_at" {moment}, "void_reason" VARCHAR(500), "search_text" VARCHAR(4000) NOT NULL, "contract_no" VARCHAR(30) NOT NULL, "title" VARCHAR(200) NOT NULL, "state" VARCHAR(20) NOT NULL, "department_id" INTEGER NOT NULL, "vendor_id" INTEGER, "case_id" INTEGER, "method" VARCHAR(20), "method_reason" VARCHAR(500), "kind" VARCHAR(20), "term" VARCHAR(20), "contracted_on" DATE, "starts_on" DATE, "ends_on" DATE, "renews" {flag}, "notice_on" DATE, "amount" {big}, "estimate" {big}, "sla" VARCHAR(500), "subcontracting" VARCHAR(20), "privacy_clause" {flag}, "liability_months" INTEGER, "return_clause" {flag}, "erasure_clause" {flag}, "accepted_on" DATE, "note" VARCHAR(2000), CONSTRAINT "contract_department_fk" FOREIGN KEY ("department_id") REFERENCES "department" ("id") ON DELETE RESTRICT, CONSTRAINT "contract_vendor_fk" FOREIGN KEY ("vendor_id") REFERENCES "vendor" ("id") ON DELETE RESTRICT, CONSTRAINT "contract_case_fk" FOREIGN KEY ("case_id") REFERENCES "procurement_case" ("id") ON DELETE RESTRICT, CONSTRAINT "contract_void_reason_length" CHECK (length("void_reason") <= 500), CONSTRAINT "contract_search_text_length" CHECK (length("search_text") <= 4000), CONSTRAINT "contract_contract_no_length" CHECK (length("contract_no") <= 30), CONSTRAINT "contract_title_length" CHECK (length("title") <= 200), CONSTRAINT "contract_state_known" CHECK ("state" IN ('unconfirmed', 'concluded', 'terminated')), CONSTRAINT "contract_method_known" CHECK ("method" IN ('open', 'designated', 'proposal', 'evaluated', 'small', 'single', 'negotiated')), CONSTRAINT "contract_method_reason_length" CHECK (length("method_reason") <= 500), CONSTRAINT "contract_kind_known" CHECK ("kind" IN ('service', 'lease', 'licence', 'purchase', 'unit_price', 'works')), CONSTRAINT "contract_term_known" CHECK ("term" IN ('single_year', 'continuing', 'authorised')), CONSTRAINT "contract_sla_length" CHECK (length("sla") <= 500), CONSTRAINT "contract_subcontracting_known" CHECK ("subcontracting" IN ('none', 'approved', 'unapproved')), CONSTRAINT "contract_note_length" CHECK (length("note") <= 2000), CONSTRAINT "contract_complete" CHECK (state = 'unconfirmed' OR (vendor_id IS NOT NULL AND method IS NOT NULL AND kind IS NOT NULL AND term IS NOT NULL AND contracted_on IS NOT NULL AND starts_on IS NOT NULL AND ends_on IS NOT NULL AND amount IS NOT NULL)), CONSTRAINT "contract_reasoned" CHECK (method IS NULL OR method NOT IN ('single', 'negotiated') OR method_reason IS NOT NULL), CONSTRAINT "contract_ends_after" CHECK (ends_on IS NULL OR starts_on IS NULL OR ends_on >= starts_on), CONSTRAINT "contract_amount_positive" CHECK (amount IS NULL OR amount >= 0), CONSTRAINT "contract_estimate_positive" CHECK (estimate IS NULL OR estimate > 0))""",
    'CREATE UNIQUE INDEX "contract_contract_no" ON "contract" ("contract_no")',
    'CREATE INDEX "contract_department_id" ON "contract" ("department_id")',
    'CREATE INDEX "contract_vendor_id" ON "contract" ("vendor_id")',
    'CREATE INDEX "contract_case_id" ON "contract" ("case_id")',
    'CREATE INDEX "contract_department_id_contract_no" ON "contract" ("department_id", "contract_no")',
    'CREATE INDEX "contract_voided_at_ends_on" ON "contract" ("voided_at", "ends_on")',
    'CREATE TABLE "contract_system" ("id" {key} NOT NULL PRIMARY KEY, "revision" INTEGER NOT NULL, "voided_at" {moment}, "void_reason" VARCHAR(500), "contract_id" INTEGER NOT NULL, "system_id" INTEGER NOT NULL, CONSTRAINT "contract_system_contract_fk" FOREIGN KEY ("contract_id") REFERENCES "contract" ("id") ON DELETE RESTRICT, CONSTRAINT "contract_system_system_fk" FOREIGN KEY ("system_id") REFERENCES "system" ("id") ON DELETE RESTRICT, CONSTRAINT "contract_system_void_reason_length" CHECK (length("void_reason") <= 500))',
    'CREATE INDEX "contract_system_contract_id" ON "contract_system" ("contract_id")',
    'CREATE INDEX "contract_system_system_id" ON "contract_system" ("system_id")',
    'CREATE UNIQUE INDEX "contract_system_contract_id_system_id" ON "contract_system" ("contract_id", "system_id")',
    'CREATE INDEX "contract_contract_no_lower" ON "contract" (LOWER("contract_no"))',
)
ASIDE = (
    'CREATE TEMPORARY TABLE IF NOT EXISTS "carried_contract" {end} AS SELECT "id", "vendor", "contract_end_on" FROM "system" '
    'WHERE "vendor" IS NOT NULL OR "contract_end_on" IS NOT NULL')
VENDOR = '"vendor" VARCHAR(200), '
LENGTH = ', CONSTRAINT "system_vendor_length" CHECK (length("vendor") <= 200)'


def rebuild_system(db):
    """Take the column out of SQLite's table, which lets none go that a check names: the table is made anew."""
    ((sql,),) = db.execute_sql(
        "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = 'system'").fetchall()
    if sql.count(VENDOR) != 1 or sql.count(LENGTH) != 1 or not sql.startswith('CREATE TABLE "system" ('):
        raise RuntimeError('the table "system" is not as the migrations before this one left it')
    kept = db.execute_sql("SELECT sql FROM sqlite_master WHERE tbl_name = 'system' "
                          "AND type IN ('index', 'trigger') AND sql IS NOT NULL ORDER BY rowid").fetchall()
    names = [name for _, name, *_ in db.execute_sql('PRAGMA table_info("system")').fetchall()]
    columns = ', '.join(f'"{name}"' for name in names if name != 'vendor')
    db.execute_sql(sql.replace('CREATE TABLE "system" (', 'CREATE TABLE "system_new" (', 1)
                   .replace(VENDOR, '').replace(LENGTH, ''))
    db.execute_sql(f'INSERT INTO "system_new" ({columns}) SELECT {columns} FROM "system"')
    db.execute_sql('DROP TABLE "system"')
    db.execute_sql('ALTER TABLE "system_new" RENAME TO "system"')
    for (statement,) in kept:
        db.execute_sql(statement)


def up(migrator, db):
    lite = isinstance(db, SqliteDatabase)
    types = {'key': 'INTEGER', 'moment': 'DATETIME', 'flag': 'INTEGER', 'big': 'INTEGER'} if lite else {
        'key': 'SERIAL', 'moment': 'TIMESTAMP', 'flag': 'BOOLEAN', 'big': 'BIGINT'}
    for statement in STATEMENTS:
        db.execute_sql(statement.format(**types))
    db.execute_sql(ASIDE.format(end='' if lite else 'ON COMMIT DROP'))
    if lite:
        rebuild_system(db)
    else:
        db.execute_sql('ALTER TABLE "system" DROP COLUMN "vendor"')
