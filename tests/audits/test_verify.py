"""Verification: every way to rewrite the trail or a record behind its back is found and named."""
import pytest
import schema_tampering as tampering
from cast import email
from peewee import DataError, IntegrityError, OperationalError, ProgrammingError, SqliteDatabase

from audits import trail, verify
from models import (
    Act,
    Change,
    Department,
    IncidentSystem,
    Person,
    Support,
    SupportComment,
    System,
    TrailHead,
    db,
)
from models.rules import calendar
from registry.core import clock

pytestmark = pytest.mark.usefixtures('opened')


@pytest.fixture
def edited():
    """The act of an edit made before the last one, as someone would like it never to have been."""
    for site in ('一社', '二社'):
        with trail.act('systems.edit', by=Person.get(Person.email == email('it')), at=clock.now(),
                       reason='契約') as act:
            row = System.get(System.system_no == 'S-00001')
            row.site = site
            act.save(row)
    return act.seq - 1


@pytest.fixture
def unguarded():
    """The database without its triggers: what someone with the file in their hands can do."""
    with trail.untrailed():
        if isinstance(db.obj, SqliteDatabase):
            for (name,) in list(db.execute_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'")):
                db.execute_sql(f'DROP TRIGGER "{name}"')
        else:
            for table in ('act', 'change', 'trail_head'):
                db.execute_sql(f'ALTER TABLE "{table}" DISABLE TRIGGER USER')
        yield


def broken(seq, words):
    found = verify.verify()
    assert not found.intact
    assert found.first_broken['seq'] == seq, found.first_broken
    assert words in found.first_broken['what']
    return found


def outside(table, row, *words):
    found = verify.verify()
    assert not found.intact
    (item,) = found.outside
    assert (item['table'], item['row']) == (table, row)
    for word in words:
        assert word in item['what'] + item['label'], item
    return found


def test_an_honest_register_is_intact(edited):
    found = verify.verify()
    assert found.intact and found.first_broken is None and found.outside == []
    assert (found.acts, found.seq, found.hash) == (edited + 1, edited + 1, trail.head().hash)
    assert found.changes == Change.select().count()


@pytest.mark.parametrize(('field', 'value'), [
    ('actor', 'someone@city.example'), ('actor_name', '別人'), ('reason', '別の理由'),
    ('kind', 'systems.void'),
    ('channel', 'cli'), ('request_id', 'zzz'), ('person', 2), ('role', 'admin'), ('unit', 2),
    ('unit_name', '0201 税務課'),
    ('person', None), ('at', calendar.datetime(2020, 1, 1, tzinfo=calendar.JST))])
def test_an_edited_act(edited, unguarded, field, value):
    Act.update({field: value}).where(Act.seq == edited).execute()
    found = broken(edited, '内容が、記録されたハッシュと一致しません')
    assert found.outside == []


def test_an_act_edited_with_its_hash_breaks_the_next_link(edited, unguarded):
    row = Act.get_by_id(edited)
    row.reason = '別の理由'
    lines = [[c.place, c.table, c.row, c.label, c.kind, c.values]
             for c in Change.select().where(Change.act == edited)]
    Act.update(reason=row.reason, hash=trail.digest(row.previous, trail.header_of(row), lines)).where(Act.seq
        == edited).execute()
    broken(edited + 1, '前のハッシュが、直前の操作と一致しません')


def test_an_edited_change(edited, unguarded):
    Change.update(values='{"site":["㈱髙﨑ビル1","三社"]}').where(Change.act == edited).execute()
    broken(edited, '内容が、記録されたハッシュと一致しません')


@pytest.mark.parametrize('values', [{'label': '別の記録'}, {'row': 2}, {'table': 'staff'}, {'kind': 'create'},
                                    {'place': 7}])
def test_a_change_moved_or_renamed(edited, unguarded, values):
    Change.update(values).where(Change.act == edited).execute()
    broken(edited, '一致しません')


def test_an_unreadable_change(edited, unguarded):
    Change.update(values='{').where(Change.act == edited).execute()
    broken(edited, '一致しません')


def test_a_deleted_change(edited, unguarded):
    Change.delete().where(Change.act == edited).execute()
    broken(edited, '変更行は 1 件のはずですが、0 件あります')


def test_a_deleted_act(edited, unguarded):
    Change.delete().where(Change.act == edited).execute()
    Act.delete().where(Act.seq == edited).execute()
    broken(edited, f'操作 {edited} がありません')


def test_the_first_act_deleted(edited, unguarded):
    Change.delete().where(Change.act == 1).execute()
    Act.delete().where(Act.seq == 1).execute()
    broken(1, '操作 1 がありません')


def test_the_last_act_deleted(edited, unguarded):
    Change.delete().where(Change.act == edited + 1).execute()
    Act.delete().where(Act.seq == edited + 1).execute()
    broken(edited + 1, '鎖の先頭')


def test_an_inserted_change(edited):
    with trail.untrailed():
        Change.create(act=edited, place=1, table='system', row=2, label='S-00002', kind='update', values='{}')
    broken(edited, '変更行は 1 件のはずですが、2 件あります')


def test_an_inserted_act(edited):
    head = trail.head()
    act = Act(seq=head.seq + 1, at=clock.now(), actor='x', actor_name='x', channel='web', kind='systems.edit',
              reason='',
              request_id='', changes=0, previous=head.hash, hash='', form=trail.FORM)
    act.hash = trail.digest(act.previous, trail.header_of(act), [])
    act.save(force_insert=True)
    broken(head.seq + 1, '何も変更していません')


@pytest.mark.parametrize('values', [{'hash': 'f' * 64}, {'seq': 3},
                                    {'at': calendar.datetime(2020, 1, 1, tzinfo=calendar.JST)}])
def test_a_head_tampered_with(edited, unguarded, values):
    TrailHead.update(values).execute()
    broken(edited + 1, '鎖の先頭')


def test_a_head_removed(edited, unguarded):
    TrailHead.delete().execute()
    broken(edited + 1, '鎖の先頭の記録がありません')


def test_an_edited_record(edited):
    with trail.untrailed():
        System.update(site='影の会社').where(System.system_no == 'S-00001').execute()
    found = outside('system', 1, 'S-00001', '履歴によらず変更されています', 'site')
    assert found.first_broken is None


def test_a_record_edited_back_and_counted():
    with trail.untrailed():
        System.update(revision=System.revision + 1).where(System.system_no == 'S-00002').execute()
    outside('system', 2, '版番号')


def test_a_deleted_record():
    with trail.untrailed():
        row = System.get(System.system_no == 'S-00003')
        System.delete().where(System.id == row.id).execute()
    outside('system', row.id, 'S-00003 課税係の表', '行が削除されています')


def test_an_inserted_record():
    with trail.untrailed():
        row = Department.create(code='0666', name='幽霊課', valid_from=clock.today(), revision=1)
    outside('department', row.id, '0666 幽霊課', '履歴にない行が挿入されています')


def test_a_record_voided_behind_the_trail():
    with trail.untrailed():
        System.update(voided_at=clock.now(), void_reason='x').where(System.system_no == 'S-00003').execute()
    outside('system', 3, 'voided_at', 'void_reason')


def test_a_missing_trigger_is_named(edited, unguarded):
    found = verify.verify()
    assert not found.intact and found.first_broken is None and found.outside == []
    assert 'trail_head_forward' in found.unguarded and any(name.startswith('act_')
        for name in found.unguarded)


@pytest.fixture
def loose():
    """Foreign keys switched off: what a person with the file in their hands, or a superuser, can write."""
    off, on = (('PRAGMA foreign_keys = OFF', 'PRAGMA foreign_keys = ON') if isinstance(db.obj, SqliteDatabase)
               else
               ('SET session_replication_role = replica', 'SET session_replication_role = DEFAULT'))
    with trail.untrailed():
        db.execute_sql(off)
        yield
        db.execute_sql(on)


@pytest.mark.parametrize(('table', 'values'), [
    (IncidentSystem, {'incident': 99999, 'system': 1}), (SupportComment, {
        'support': 99999, 'person': 1, 'at': calendar.datetime(2026, 1, 1, tzinfo=calendar.JST),
        'state': 'returned', 'text': 'x'}),
    (Support, {'case': 99999, 'kind': 'budget', 'requested_on': calendar.datetime(2026, 1, 1).date()})])
def test_an_inserted_row_that_leads_nowhere(table, values, loose):
    row = table(**values, revision=1)
    row.save(force_insert=True)
    found = verify.verify()
    assert [(item['table'], item['row']) for item in found.outside] == [(table._meta.table_name, row.id)]
    assert '履歴にない行' in found.outside[0]['what'] and found.outside[0]['label']


@pytest.mark.parametrize('change', [
    "UPDATE act SET at = 'garbage' WHERE seq = {seq}", "UPDATE act SET at = NULL WHERE seq = {seq}",
    "UPDATE act SET changes = 'many' WHERE seq = {seq}", "UPDATE act SET reason = x'ff00' WHERE seq = {seq}",
    "UPDATE act SET reason = CAST(x'ff' AS TEXT) WHERE seq = {seq}",
    "UPDATE change SET label = x'ff00' WHERE act_id = {seq}",
    "UPDATE change SET values_json = '[1]' WHERE act_id = {seq}",
    "UPDATE change SET values_json = '{{\"site\": [1]}}' WHERE act_id = {seq}",
    "UPDATE act SET previous = NULL WHERE seq = {seq}"])
def test_garbage_in_the_trail_is_named(edited, unguarded, change):
    try:
        db.execute_sql(change.format(seq=edited))
    except (IntegrityError, DataError, ProgrammingError):
        return  # this engine refuses it by the column's type
    found = verify.verify()
    assert not found.intact and found.first_broken['seq'] == edited


def test_a_secret_recorded_as_the_first_registers_did_is_no_break(monkeypatch):
    def change(password):
        with trail.act('people.password', by=None, at=clock.now()) as act:
            row = Person.get(Person.email == email('it'))
            row.password_hash = password
            act.save(row)
    with monkeypatch.context() as then:
        then.setattr(trail, 'differences', lambda row, before: {'password_hash': [None, verify.REDACTED]})
        change('one')
        change('two')
        assert verify.verify().intact
    change('three')
    assert verify.verify().intact
    with trail.untrailed():
        Person.update(password_hash='planted').where(Person.email == email('it')).execute()
    outside('person', Person.get(Person.email == email('it')).id, 'password_hash')


def test_every_break_is_reported_together(edited, unguarded):
    Act.update(reason='x').where(Act.seq == edited).execute()
    System.update(site='影の会社').where(System.system_no == 'S-00002').execute()
    found = verify.verify()
    assert found.first_broken['seq'] == edited and [item['row'] for item in found.outside] == [2]


def test_a_trigger_made_harmless_is_named():
    assert verify.verify().unguarded == []
    if isinstance(db.obj, SqliteDatabase):
        db.execute_sql('DROP TRIGGER act_no_update')
        db.execute_sql('CREATE TRIGGER act_no_update BEFORE UPDATE ON act WHEN 0 BEGIN SELECT 1; END')
        assert verify.verify().unguarded == ['act_no_update']
    else:
        db.execute_sql('CREATE OR REPLACE FUNCTION trail_forward() RETURNS trigger LANGUAGE plpgsql AS $$ '
                       'BEGIN RETURN NEW; END $$')
        assert verify.verify().unguarded == ['trail_head_forward']


#: what makes a record unreadable: (statement, table) for each engine
UNREADABLE = {True: [
    ("INSERT INTO department(revision, voided_at, code, name, level, valid_from, search_text) "
     "VALUES (1, 5, 'X', 'Y', 'section', '2020-04-01', '')", 'department'),
    ("UPDATE check_in SET achievement = 'abc' WHERE id = 1", 'check_in'),
    ("UPDATE check_in SET quarter = '5Q' WHERE id = 2", 'check_in'),
], False: [
    ("UPDATE system SET go_live_on = 'infinity' WHERE id = 1", 'system'),
    ("UPDATE department SET valid_to = 'infinity' WHERE id = 1", 'department'),
    ("UPDATE incident SET detected_at = '0044-03-15 BC' WHERE id = 1", 'incident'),
    ("UPDATE check_in SET achievement = 'abc' WHERE id = 1", 'check_in'),
]}


@pytest.mark.parametrize('place', range(4))
def test_a_row_that_cannot_be_read_is_named_all_the_same(unguarded, client_of, place):
    lite = isinstance(db.obj, SqliteDatabase)
    if lite:
        db.execute_sql('PRAGMA ignore_check_constraints = 1')
    statement, table = UNREADABLE[lite][min(place, len(UNREADABLE[lite]) - 1)]
    db.execute_sql(statement)
    assert [item['table'] for item in verify.verify().outside] == [table]
    assert client_of('auditor').post('/trail/verify').status_code == 200


def test_an_act_at_no_moment_is_named(unguarded):
    db.execute_sql("UPDATE act SET at = 'infinity' WHERE seq = 1")
    broken(1, '記録されたハッシュと一致しません')


GUARD = {True: 'act_no_update', False: 'act_written_once'}
#: what makes a trigger guard less than the schema has it
WEAKENED = {True: [
    ['DROP TRIGGER act_no_update'],
    ['DROP TRIGGER act_no_update',
     'CREATE TRIGGER "act_no_update" BEFORE UPDATE OF request_id ON "act" BEGIN SELECT 1; END'],
], False: [
    ['ALTER TABLE act ENABLE REPLICA TRIGGER act_written_once'],
    ['DROP TRIGGER act_written_once ON act',
     'CREATE TRIGGER act_written_once BEFORE UPDATE OF request_id OR DELETE ON act '
     'FOR EACH ROW EXECUTE FUNCTION trail_refuse()'],
]}


@pytest.mark.parametrize('place', range(2))
def test_a_trigger_that_no_longer_guards_is_named(place):
    lite = isinstance(db.obj, SqliteDatabase)
    with trail.untrailed():
        for statement in WEAKENED[lite][place]:
            db.execute_sql(statement)
    assert verify.verify().unguarded == [GUARD[lite]]


@pytest.mark.parametrize('wrong', tampering.WRONG)
def test_a_schema_that_was_altered_is_named(wrong):
    assert verify.verify().intact
    tampering.alter(wrong)
    found = verify.verify()
    assert not found.intact and found.first_broken is None
    assert any(name in row['name'] for row in found.schema for name in tampering.NAMES[wrong]), found.schema


#: what someone adds so that rows change or vanish unseen: (SQLite, PostgreSQL)
ADDED = {
    'helper': ('CREATE TRIGGER helper AFTER INSERT ON "incident" BEGIN UPDATE "incident" SET "note" = NULL; '
               'END',
               'CREATE RULE helper AS ON DELETE TO "incident" DO INSTEAD NOTHING'),
    'watcher': ('CREATE TRIGGER watcher BEFORE INSERT ON "act" BEGIN SELECT RAISE(IGNORE); END',
                'CREATE TRIGGER watcher BEFORE INSERT ON "act" FOR EACH ROW EXECUTE FUNCTION trail_refuse()'),
    'spare': ('ALTER TABLE "incident" ADD COLUMN "spare" INTEGER',) * 2,
    'hurdle': ('CREATE UNIQUE INDEX "hurdle" ON "incident" ("title")',) * 2,
    'shadow': ('CREATE TABLE "shadow" ("id" INTEGER)',) * 2,
    'glass': ('CREATE VIEW "glass" AS SELECT 1',) * 2,
}


@pytest.mark.parametrize('name', ADDED)
def test_what_was_added_to_the_schema_is_named(name):
    with trail.untrailed():
        db.execute_sql(ADDED[name][0 if isinstance(db.obj, SqliteDatabase) else 1])
    found = verify.verify()
    assert not found.intact and found.unguarded == []
    assert [(row['name'], row['how']) for row in found.schema] == [(name, 'extra')]


def test_foreign_keys_switched_off_are_named():
    if isinstance(db.obj, SqliteDatabase):
        return  # SQLite switches them per connection, not in the file
    db.execute_sql('ALTER TABLE "review_system" DISABLE TRIGGER ALL')
    assert 'review_system_review_fk' in [row['name'] for row in verify.verify().schema]


def test_an_empty_act_is_named(edited):
    head = trail.head()
    act = Act(seq=head.seq + 1, at=clock.now(), actor='x', actor_name='x', channel='web', kind='systems.edit',
              reason='',
              request_id='', changes=0, previous=head.hash, hash='')
    act.hash = trail.digest(act.previous, trail.header_of(act), [])
    act.save(force_insert=True)
    with trail.untrailed():
        TrailHead.update(seq=act.seq, hash=act.hash, at=act.at).execute()
    broken(act.seq, '何も変更していません')


def test_what_cannot_be_read_is_neither_intact_nor_tampered_with(monkeypatch):
    def locked(verdict):
        raise OperationalError('database is locked')
    monkeypatch.setattr(verify, '_chain', locked)
    with pytest.raises(verify.Unverifiable, match='locked'):
        verify.verify()


def test_a_table_that_is_gone_is_named(unguarded, client_of):
    db.execute_sql('DROP TABLE case_share')
    assert {'table': 'case_share', 'row': 0, 'label': '', 'what': '表がありません。',
            'fields': []} in verify.verify().outside
