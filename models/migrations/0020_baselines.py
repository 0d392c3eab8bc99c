"""The first planned day of a step (当初予定日)."""

# frozen text: later changes are migrations of their own
STATEMENT = 'ALTER TABLE "step_progress" ADD COLUMN "baseline_on" DATE'


def up(migrator, db):
    db.execute_sql(STATEMENT)
