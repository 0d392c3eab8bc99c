"""What is due is counted by walks of indexes: home of a large register asked anew after an edit took most of a second.

`contract.covers` is what the systems of a contract make it (`models.contracts.CONTRACT_COVERS`).
"""

# Frozen text: later changes are migrations of their own; both engines take the same words.
STATEMENTS = [
    """ALTER TABLE "contract" ADD COLUMN "covers" VARCHAR(20) CONSTRAINT "contract_covers_known" CHECK ("covers" IN ('in_use', 'nothing'))""",
    'DROP INDEX "contract_voided_at_ends_on"',
    'CREATE INDEX "contract_ends_on_due" ON "contract" ("voided_at", "ends_on", "id", "covers", "state", "department_id")',
    'CREATE INDEX "contract_notice_on_due" ON "contract" ("voided_at", "notice_on", "id", "covers", "ends_on", "state", "department_id")',
    'CREATE INDEX "system_eol_on_due" ON "system" ("voided_at", "eol_on", "id", "lifecycle", "owner_id")',
    'CREATE INDEX "system_renew_on_due" ON "system" ("voided_at", "renew_on", "id", "lifecycle", "owner_id")',
    'CREATE INDEX "system_retire_planned_on_due" ON "system" ("voided_at", "retire_planned_on", "id", "lifecycle", "owner_id")',
    'CREATE INDEX "system_pia_redo_on_due" ON "system" ("voided_at", "pia_redo_on", "id", "lifecycle", "owner_id")',
    'CREATE INDEX "system_inventory_on_due" ON "system" ("voided_at", "inventory_on", "id", "lifecycle", "owner_id")',
    'DROP INDEX "system_voided_at_lifecycle"',
    'CREATE INDEX "system_voided_at_lifecycle_owner_id" ON "system" ("voided_at", "lifecycle", "owner_id")',
    # those of a unit are counted by the unit
    'DROP INDEX "contract_department_id_contract_no"',
    'CREATE INDEX "contract_department_id_voided_at_contract_no" ON "contract" ("department_id", "voided_at", "contract_no")',
    # the first page of the list sorted every contract
    'CREATE INDEX "contract_voided_at_contract_no" ON "contract" ("voided_at", "contract_no")',
    'DROP INDEX "system_owner_id_system_no"',
    'CREATE INDEX "system_owner_id_voided_at_system_no" ON "system" ("owner_id", "voided_at", "system_no")',
]


def up(migrator, db):
    for statement in STATEMENTS:
        db.execute_sql(statement)
