"""PostgreSQL finds records by the letters of their words too, as SQLite does by its index (migration 0016)."""
from peewee import SqliteDatabase

# frozen text: later changes are migrations of their own
TABLES = (
    'department', 'person', 'staff', 'setting', 'system', 'vendor', 'business', 'step_master', 'step', 'course',
    'incident_level', 'incident', 'case_share', 'budget_request', 'procurement_case', 'contract', 'review',
    'engagement', 'finding', 'plan', 'attachment', 'incident_report', 'closed_day')


def up(migrator, db):
    if isinstance(db, SqliteDatabase):
        return
    for table in TABLES:
        db.execute_sql(f'CREATE INDEX "{table}_letters" ON "{table}" '
                       'USING gin (string_to_array("search_text", NULL))')
