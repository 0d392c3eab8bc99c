"""個人情報の取扱い may be 未確認, and a case records why it went on without 発注・計画調達支援, and who allowed it."""

from peewee import SqliteDatabase

# Frozen text: later changes are migrations of their own.
PII_OLD = """CHECK ("pii" IN ('none', 'personal', 'sensitive', 'my_number'))"""
PII_NEW = """CHECK ("pii" IN ('none', 'personal', 'sensitive', 'my_number', 'unknown'))"""
EXCEPTION = [
    'ALTER TABLE "procurement_case" ADD COLUMN "exception_reason" VARCHAR(300) '
    'CONSTRAINT "procurement_case_exception_reason_length" CHECK (length("exception_reason") <= 300)',
    'ALTER TABLE "procurement_case" ADD COLUMN "exception_by" VARCHAR(100) '
    'CONSTRAINT "procurement_case_exception_by_length" CHECK (length("exception_by") <= 100) '
    'CONSTRAINT "procurement_case_exception_approved" CHECK ((exception_reason IS NULL) = (exception_by IS NULL))',
]


def rebuild_system(db):
    """Give SQLite's table of systems its new check; SQLite changes one only by making the table anew, as it stands."""
    ((sql,),) = db.execute_sql("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = 'system'").fetchall()
    if sql.count(PII_OLD) != 1 or not sql.startswith('CREATE TABLE "system" ('):
        raise RuntimeError('the table "system" is not as the migrations before this one left it')
    kept = db.execute_sql("SELECT sql FROM sqlite_master WHERE tbl_name = 'system' AND type IN ('index', 'trigger') "
                          'AND sql IS NOT NULL ORDER BY rowid').fetchall()
    columns = ', '.join(f'"{name}"' for _, name, *_ in db.execute_sql('PRAGMA table_info("system")').fetchall())
    db.execute_sql(sql.replace('CREATE TABLE "system" (', 'CREATE TABLE "system_new" (', 1).replace(PII_OLD, PII_NEW))
    db.execute_sql(f'INSERT INTO "system_new" ({columns}) SELECT {columns} FROM "system"')
    db.execute_sql('DROP TABLE "system"')
    db.execute_sql('ALTER TABLE "system_new" RENAME TO "system"')
    for (statement,) in kept:
        db.execute_sql(statement)


def up(migrator, db):
    if isinstance(db, SqliteDatabase):
        rebuild_system(db)
    else:
        db.execute_sql('ALTER TABLE "system" DROP CONSTRAINT "system_pii_known"')
        db.execute_sql(f'ALTER TABLE "system" ADD CONSTRAINT "system_pii_known" {PII_NEW}')
    for statement in EXCEPTION:
        db.execute_sql(statement)
