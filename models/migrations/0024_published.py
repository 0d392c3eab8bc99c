"""Published values (公表値) stand beside what was entered of the same indicator and day."""

# Frozen text: later changes are migrations of their own.
STATEMENTS = [
    """ALTER TABLE "actual" ADD COLUMN "origin" VARCHAR(20) """
    """CONSTRAINT "actual_origin_known" CHECK ("origin" IN ('published'))""",
    'DROP INDEX "actual_indicator_id_as_of"',
    'CREATE UNIQUE INDEX "actual_indicator_id_as_of_origin" ON "actual" '
    """("indicator_id", "as_of", COALESCE("origin", ''))""",
]


def up(migrator, db):
    for statement in STATEMENTS:
        db.execute_sql(statement)
