"""Figures stay while the tables they were read from stand: which act changed a table last is found in one look."""

# Frozen text: later changes are migrations of their own; both engines take the same words.
STATEMENTS = [
    'CREATE INDEX "change_table_name_act_id" ON "change" ("table_name", "act_id")',
]


def up(migrator, db):
    for statement in STATEMENTS:
        db.execute_sql(statement)
