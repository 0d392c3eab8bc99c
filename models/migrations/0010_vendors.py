"""Vendors (事業者): who systems are contracted with."""
from peewee import SqliteDatabase

# frozen text: later changes are migrations of their own
STATEMENTS = (
    """CREATE TABLE "vendor" ("id" {key} NOT NULL PRIMARY KEY, "revision" INTEGER NOT NULL, "voided_at" {moment}, "void_reason" VARCHAR(500), "search_text" VARCHAR(4000) NOT NULL, "vendor_no" VARCHAR(30) NOT NULL, "name" VARCHAR(200) NOT NULL, "kana" VARCHAR(200), "corporate_no" VARCHAR(13), "state" VARCHAR(20) NOT NULL, "address" VARCHAR(200), "contact" VARCHAR(200), "phone" VARCHAR(60), "certificates" VARCHAR(100), "inspected_on" DATE, "inspection" VARCHAR(500), "note" VARCHAR(2000), CONSTRAINT "vendor_void_reason_length" CHECK (length("void_reason") <= 500), CONSTRAINT "vendor_search_text_length" CHECK (length("search_text") <= 4000), CONSTRAINT "vendor_vendor_no_length" CHECK (length("vendor_no") <= 30), CONSTRAINT "vendor_name_length" CHECK (length("name") <= 200), CONSTRAINT "vendor_kana_length" CHECK (length("kana") <= 200), CONSTRAINT "vendor_corporate_no_length" CHECK (length("corporate_no") <= 13), CONSTRAINT "vendor_state_known" CHECK ("state" IN ('active', 'suspended', 'ended')), CONSTRAINT "vendor_address_length" CHECK (length("address") <= 200), CONSTRAINT "vendor_contact_length" CHECK (length("contact") <= 200), CONSTRAINT "vendor_phone_length" CHECK (length("phone") <= 60), CONSTRAINT "vendor_certificates_length" CHECK (length("certificates") <= 100), CONSTRAINT "vendor_inspection_length" CHECK (length("inspection") <= 500), CONSTRAINT "vendor_note_length" CHECK (length("note") <= 2000), CONSTRAINT "vendor_corporate_no_digits" CHECK (corporate_no IS NULL OR length(corporate_no) = 13), CONSTRAINT "vendor_inspection_dated" CHECK (inspection IS NULL OR inspected_on IS NOT NULL))""",
    'CREATE UNIQUE INDEX "vendor_vendor_no" ON "vendor" ("vendor_no")',
    'CREATE INDEX "vendor_name" ON "vendor" ("name")',
    'CREATE INDEX "vendor_vendor_no_lower" ON "vendor" (LOWER("vendor_no"))',
)


def up(migrator, db):
    lite = isinstance(db, SqliteDatabase)
    for statement in STATEMENTS:
        db.execute_sql(statement.format(key='INTEGER' if lite else 'SERIAL',
                                        moment='DATETIME' if lite else 'TIMESTAMP'))
