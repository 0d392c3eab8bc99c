"""What finding and filling in take: letters to find records by, those one keeps at hand, and drafts."""
from peewee import SqliteDatabase

# Frozen text: later changes are migrations of their own. In braces is what the engines call otherwise.
# ruff: noqa: E501
#: {table: (its place in the index, [(a column that leads to another record, the mark of what it leads to)])}; a
#: mark of their own have the rows of those that lead to no unit
FOUND = {
    'department': (1, ()), 'person': (2, ()), 'staff': (3, (('department_id', 0),)), 'setting': (4, ()),
    'system': (5, (('owner_id', 0),)), 'vendor': (6, ()), 'business': (7, ()), 'step_master': (8, ()), 'step': (9, ()),
    'course': (10, ()), 'incident_level': (11, ()), 'incident': (12, ()), 'case_share': (13, ()),
    'budget_request': (14, (('department_id', 0),)), 'procurement_case': (15, (('department_id', 0),)),
    'contract': (16, (('department_id', 0), ('vendor_id', 1))), 'review': (17, ()),
    'engagement': (18, (('department_id', 0),)), 'finding': (19, ()), 'plan': (20, (('department_id', 0),)),
    'attachment': (21, ())}
#: each letter and each two of the first 300 of a row's `search_text`, apart: what FTS5's own trigrams cannot do
#: is find a word of two letters
GRAMS = """(SELECT group_concat(substr({row}.search_text, key + 1, 1) || ' ' || substr({row}.search_text, key + 1, 2), ' ') FROM json_each('[0' || replace(hex(zeroblob(min(length({row}.search_text), 300) / 2)), '0', ',0') || ']'))"""


def text_of(row, leads):
    """Return the expression of what a row is found by: pairs of letters, and marks of what it leads to."""
    marks = [f"' ' || coalesce(char(983040 + {row}.{column} % 60000) || char({1114000 + kind}), '')"
             for column, kind in leads] or ["' ' || char(1114009)"]
    return ' || '.join([f"coalesce({GRAMS.format(row=row)}, '')", *marks])


def triggers_of(table, place, leads):
    """Yield the statements that keep the index of a table's rows, whoever writes them."""
    base = place << 40
    add = f'INSERT INTO finder(rowid, text) VALUES (new.id + {base}, {text_of("new", leads)});'
    drop = f"INSERT INTO finder(finder, rowid, text) VALUES ('delete', old.id + {base}, {text_of('old', leads)});"
    columns = ['search_text', *(column for column, _ in leads)]
    differs = ' OR '.join(f'old.{column} IS NOT new.{column}' for column in columns)
    yield f'CREATE TRIGGER "{table}_finder_added" AFTER INSERT ON "{table}" BEGIN {add} END'
    yield f'CREATE TRIGGER "{table}_finder_dropped" AFTER DELETE ON "{table}" BEGIN {drop} END'
    yield (f'CREATE TRIGGER "{table}_finder_changed" AFTER UPDATE OF {", ".join(columns)} ON "{table}" '
           f'WHEN {differs} BEGIN {drop} {add} END')


def up(migrator, db):
    lite = isinstance(db, SqliteDatabase)
    db.execute_sql('ALTER TABLE "attachment" ADD COLUMN "search_text" VARCHAR(400) CONSTRAINT "attachment_search_text_length" CHECK (length("search_text") <= 400)')
    moment = 'DATETIME' if lite else 'TIMESTAMP'
    db.execute_sql(f'CREATE TABLE "pin" ("id" {"INTEGER" if lite else "SERIAL"} NOT NULL PRIMARY KEY, "person_id" INTEGER NOT NULL, "table_name" VARCHAR(60) NOT NULL, "row_id" INTEGER NOT NULL, "at" {moment} NOT NULL, CONSTRAINT "pin_person_fk" FOREIGN KEY ("person_id") REFERENCES "person" ("id") ON DELETE RESTRICT, CONSTRAINT "pin_table_length" CHECK (length("table_name") <= 60))')
    db.execute_sql('CREATE UNIQUE INDEX "pin_person_id_table_name_row_id" ON "pin" ("person_id", "table_name", "row_id")')
    db.execute_sql(f'CREATE TABLE "draft" ("id" {"INTEGER" if lite else "SERIAL"} NOT NULL PRIMARY KEY, "person_id" INTEGER NOT NULL, "address" VARCHAR(200) NOT NULL, "fields" VARCHAR(60000) NOT NULL, "at" {moment} NOT NULL, CONSTRAINT "draft_person_fk" FOREIGN KEY ("person_id") REFERENCES "person" ("id") ON DELETE RESTRICT, CONSTRAINT "draft_address_length" CHECK (length("address") <= 200), CONSTRAINT "draft_fields_length" CHECK (length("fields") <= 60000))')
    db.execute_sql('CREATE UNIQUE INDEX "draft_person_id_address" ON "draft" ("person_id", "address")')
    if not lite:
        return
    db.execute_sql("""CREATE VIRTUAL TABLE finder USING fts5(text, content='', columnsize=0, detail='none', tokenize="unicode61 remove_diacritics 0 categories 'L* M* N* P* S* C*'")""")
    for table, (place, leads) in FOUND.items():
        db.execute_sql(f'INSERT INTO finder(rowid, text) SELECT id + {place << 40}, {text_of("old", leads)} FROM "{table}" AS old')
        for statement in triggers_of(table, place, leads):
            db.execute_sql(statement)
