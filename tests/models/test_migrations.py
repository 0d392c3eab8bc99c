"""The migrations build exactly what the models describe, on either engine, and guard the trail."""
import pytest
from peewee import PeeweeException, SqliteDatabase
from schema_tampering import WRONG, alter, rewrite

from audits import trail
from models import TABLES, Act, Change, System, TrailHead, catalogue, db, finder
from registry.core import clock, connection


def sqlite():
    return isinstance(db.obj, SqliteDatabase)


def schema():
    """Return what the open database says of our tables."""
    names = {table._meta.table_name for table in TABLES}
    return {row for row in catalogue.read_schema() if row[1] in names and row[0] != 'trigger'}


def built(url, build):
    """Return the schema of a new database after `build`."""
    db.initialize(connection.open_database(url))
    with db.connection_context():
        build()
        found = schema()
    db.close_all()
    return found


def test_migrations_build_what_the_models_describe(databases):
    migrated, described = databases.empty(), databases.empty()
    by_migration = built(migrated, connection.migrate)
    by_models = built(described, lambda: db.create_tables(TABLES, safe=False))
    assert len(by_migration) > 500
    # what finds words is each engine's own, and no model's
    letters = set() if sqlite() else {('index', name, f'{name}_letters') for name in finder.PLACES}
    assert {row[:3] for row in by_migration - by_models} == letters
    assert by_models - by_migration == set()
    databases.drop(migrated)
    databases.drop(described)


@pytest.mark.parametrize('wrong', WRONG)
def test_the_comparison_finds(opened, wrong):
    before = schema()
    alter(wrong)
    assert schema() != before


def test_a_constraint_is_the_same_wherever_it_stands(opened):
    if not sqlite():
        return  # only SQLite keeps a table as it was written
    before = schema()
    moved = 'CONSTRAINT "setting_value_length" CHECK (length("value") <= 100)'
    rewrite('setting', f', {moved}', '')
    assert schema() != before
    rewrite('setting', '"value" VARCHAR(100) NOT NULL', f'"value" VARCHAR(100) {moved} NOT NULL')
    assert schema() == before
    key = ('CONSTRAINT "review_system_review_fk" FOREIGN KEY ("review_id") REFERENCES "review" ("id") ON '
           'DELETE RESTRICT')
    rewrite('review_system', f', {key}', '')
    rewrite('review_system', '"review_id" INTEGER NOT NULL',
            'review_id INTEGER\n NOT NULL '
            f'{key.replace("FOREIGN KEY (", "").replace(chr(34) + "review_id" + chr(34) + ")", "")}')
    assert schema() == before
    db.execute_sql('ALTER TABLE "setting" ADD COLUMN "more" INTEGER CONSTRAINT "setting_more_positive" '
                   'CHECK (more >= 0)')
    assert schema() - before == {('column', 'setting', 'more', 'INTEGER DEFAULT None KEY 0 INTEGER'),
                                 ('constraint', 'setting', 'setting_more_positive', 'CHECK ( more >= 0 )')}


@pytest.mark.parametrize('table', TABLES, ids=lambda table: table.__name__)
def test_every_constraint_has_a_name(table):
    for constraint in table._meta.constraints or ():
        assert constraint.sql.startswith('CONSTRAINT "'), constraint.sql
    names = [constraint.sql.split('"')[1] for constraint in table._meta.constraints or ()]
    assert len(names) == len(set(names))
    assert all(len(name) <= 63 for name in names), 'PostgreSQL cuts names at 63 characters'


def test_running_twice_is_harmless(opened):
    before, head = schema(), trail.head().hash
    assert connection.pending_migrations() == []
    assert connection.migrate() == []
    assert schema() == before and trail.head().hash == head


def test_an_older_register_is_brought_forward_whole(databases):
    """What stands in tables made anew by a migration stays, is pointed at, and is found as folded now."""
    url = databases.empty()
    db.initialize(connection.open_database(url))
    with db.connection_context():
        connection.runner().up('0001_initial')
        db.execute_sql("INSERT INTO trail_head (id, seq, hash) VALUES (1, 0, '0')")
        db.execute_sql('INSERT INTO department (id, revision, search_text, code, name, level, valid_from) '
                       "VALUES (1, 1, '0101 課', '0101', '課', 'section', '2020-04-01')")
        for id, (number, name, after) in enumerate((('S-1', '山﨑の台帳', 'NULL'), ('S-2', '高橋', '1')), 1):
            db.execute_sql('INSERT INTO system (id, revision, system_no, name, owner_id, category, '
                           'lifecycle, pii, search_text, '
                           f"successor_id) VALUES ({id}, 1, '{number}', '{name}', 1, 'office', 'operate', "
                           f"'none', 'x', {after})")
        db.execute_sql("INSERT INTO business (id, revision, search_text, code, name, applicable) VALUES (1, "
                       "1, 'x', 'B', 'b', "
                       f"{'1' if sqlite() else 'TRUE'})")
        db.execute_sql('INSERT INTO business_system (id, revision, business_id, system_id) VALUES (1, 1, 1, '
                       '2)')
        assert connection.migrate() != []
        assert list(System.select(System.system_no, System.successor,
                                  System.search_text).order_by(System.id).tuples()) == [
            ('S-1', None, 's-1 山崎の台帳'), ('S-2', 1, 's-2 高橋')]
        for wrong in ("UPDATE system SET pii = 'x'", 'UPDATE system SET successor_id = 99 WHERE id = 2',
                      'DELETE FROM system WHERE id = 2', "UPDATE system SET system_no = 'S-1' WHERE id = 2"):
            with pytest.raises(PeeweeException), db.atomic():
                db.execute_sql(wrong)
        db.execute_sql("UPDATE system SET pii = 'unknown' WHERE id = 2")
        if sqlite():
            assert db.execute_sql('PRAGMA foreign_key_check').fetchall() == []
    db.close_all()
    databases.drop(url)


def test_masters_twice_are_harmless(opened):
    from registry.data import masters
    head = trail.head().seq
    masters.fill(clock.now())
    assert trail.head().seq == head


@pytest.mark.parametrize('statement', [
    'UPDATE "act" SET "reason" = \'x\' WHERE "seq" = 1', 'DELETE FROM "act" WHERE "seq" = 1',
    'DELETE FROM "act"', 'UPDATE "change" SET "values_json" = \'{}\'',
    'DELETE FROM "change" WHERE "place" = 0', 'DELETE FROM "trail_head"', 'UPDATE "trail_head" SET "seq" = 0',
    'UPDATE "trail_head" SET "hash" = \'x\'', "INSERT INTO \"trail_head\" VALUES (2, 0, 'x', NULL)"])
def test_the_database_refuses_to_rewrite_the_trail(opened, statement):
    acts, changes, head = Act.select().count(), Change.select().count(), trail.head().hash
    with pytest.raises(PeeweeException), db.atomic():
        db.execute_sql(statement)
    assert (Act.select().count(), Change.select().count(), trail.head().hash) == (acts, changes, head)


def test_nothing_can_be_truncated(opened):
    if sqlite():
        return  # SQLite has no TRUNCATE
    for table in ('act', 'change', 'trail_head'):
        with pytest.raises(PeeweeException), db.atomic():
            db.execute_sql(f'TRUNCATE "{table}" CASCADE')
    assert TrailHead.select().count() == 1


def test_an_act_with_changes_cannot_lose_its_head(opened):
    with pytest.raises(PeeweeException), db.atomic():
        db.execute_sql('INSERT INTO "change" ("act_id", "place", "table_name", "row_id", "label", "kind", '
                       '"values_json") '
                       "VALUES (999999, 0, 'system', 1, 'x', 'update', '{}')")
        db.execute_sql('SELECT 1')
