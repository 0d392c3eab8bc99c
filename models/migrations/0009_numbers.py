"""A number is found whatever its capitals, and the last one with it, without a look at all the others."""

# Frozen text: later changes are migrations of their own; both engines take the same words.
STATEMENTS = [
    'CREATE INDEX "department_code_lower" ON "department" (LOWER("code"))',
    'CREATE INDEX "person_email_lower" ON "person" (LOWER("email"))',
    'CREATE INDEX "staff_staff_no_lower" ON "staff" (LOWER("staff_no"))',
    'CREATE INDEX "system_system_no_lower" ON "system" (LOWER("system_no"))',
    'CREATE INDEX "business_code_lower" ON "business" (LOWER("code"))',
    'CREATE INDEX "step_master_version_lower" ON "step_master" (LOWER("version"))',
    'CREATE INDEX "course_code_lower" ON "course" (LOWER("code"))',
    'CREATE INDEX "incident_incident_no_lower" ON "incident" (LOWER("incident_no"))',
    'CREATE INDEX "case_share_share_no_lower" ON "case_share" (LOWER("share_no"))',
    'CREATE INDEX "budget_request_request_no_lower" ON "budget_request" (LOWER("request_no"))',
    'CREATE INDEX "procurement_case_case_no_lower" ON "procurement_case" (LOWER("case_no"))',
    'CREATE INDEX "review_review_no_lower" ON "review" (LOWER("review_no"))',
    'CREATE INDEX "engagement_engagement_no_lower" ON "engagement" (LOWER("engagement_no"))',
    'CREATE INDEX "finding_finding_no_lower" ON "finding" (LOWER("finding_no"))',
    'CREATE INDEX "plan_plan_no_lower" ON "plan" (LOWER("plan_no"))',
]


def up(migrator, db):
    for statement in STATEMENTS:
        db.execute_sql(statement)
