"""The write side of the trail: acts, revisions, voids, links, batches, the chain, two writers at once."""
import hashlib
import json
import threading
from datetime import date, timedelta
from decimal import Decimal

import pytest
from cast import PASSWORD, TODAY, email
from peewee import SqliteDatabase

from audits import trail, verify
from models import (
    Act,
    Actual,
    Business,
    BusinessSystem,
    Change,
    Department,
    Indicator,
    Person,
    Staff,
    System,
    TrailHead,
    db,
)
from registry.core import clock, connection
from registry.web import sign_in

pytestmark = pytest.mark.usefixtures('opened')


def act(kind='systems.edit', by='it', **more):
    person = by and Person.get(Person.email == email(by))
    return trail.act(kind, by=person, at=clock.now(), **more)


def system(no='S-00001'):
    return System.get(System.system_no == no)


def last():
    """Return the newest act and its changes as [(table, kind, label, values)]."""
    found = Act.select().order_by(Act.seq.desc()).first()
    return found, [(c.table, c.kind, c.label, json.loads(c.values))
                   for c in Change.select().where(Change.act == found).order_by(Change.place)]


def test_an_act_says_who_when_how_and_why():
    with act(reason='契約更新', channel='web', request_id='abc') as writing:
        row = system()
        row.site = '㈱山﨑'
        assert writing.save(row)
    found, changes = last()
    assert (found.actor, found.actor_name, found.channel,
            found.kind) == (email('it'), '阿部 情', 'web', 'systems.edit')
    assert (found.reason, found.request_id, found.changes, found.seq) == ('契約更新', 'abc', 1, writing.seq)
    assert found.at == trail.head().at and found.at.tzinfo is not None
    assert clock.today() == TODAY
    assert changes == [('system', 'update', 'S-00001 税システム1号', {'site': ['㈱髙﨑ビル1', '㈱山﨑']})]
    person = Person.get(Person.email == email('it'))
    assert (found.form, found.person, found.role) == (2, person.id, 'it')
    assert (found.unit, found.unit_name) == (person.department_id, '0101 情報政策課')


def test_acts_follow_one_another():
    last = trail.head().at

    def save(at):
        with trail.act('systems.edit', by=None, at=at) as writing:
            row = system()
            row.site = f'㈱{at}'
            writing.save(row)
        return Act.get_by_id(writing.seq).at
    trail.pin(None)
    # a clock set back by minutes stops nobody: the act takes the moment of the one before it
    assert save(last - timedelta(minutes=5)) == last == trail.head().at
    seq, stood = trail.head().seq, system().site
    with pytest.raises(trail.ClockBehind) as refused:
        save(last - timedelta(minutes=5, seconds=1))
    assert (trail.head().seq, system().site) == (seq, stood)
    assert '最後の操作の日時（令和8年11月23日' in str(refused.value)
    # on a day that is pinned the hours mean nothing, on another one they do
    trail.pin(TODAY)
    assert save(last - timedelta(hours=8)) == last
    trail.pin(TODAY - timedelta(days=1))
    with pytest.raises(trail.ClockBehind):
        save(last - timedelta(hours=30))
    trail.pin(None)
    assert save(last + timedelta(seconds=1)) == last + timedelta(seconds=1)
    assert verify.verify().intact


def test_the_system_itself_acts_without_a_person():
    with act('masters.settings', by=None) as writing:
        writing.save(Department(code='0999', name='新設課', valid_from=TODAY))
    found = last()[0]
    assert (found.actor, found.actor_name, found.form) == ('system', 'システム', 2)
    assert (found.person, found.role, found.unit, found.unit_name) == (None, None, None, None)


def test_an_act_knows_its_person_as_they_stood_when_it_was_written():
    person = Person.get(Person.email == email('it'))
    with act('people.edit', by=None) as writing:
        row = Person.get_by_id(person.id)
        row.role, row.department = 'auditor', Department.get(Department.code == '0901')
        writing.save(row)
    with trail.act('systems.edit', by=person, at=clock.now()) as writing:  # `person` was read before
        row = system()
        row.site = 'あとの人'
        writing.save(row)
    found = last()[0]
    assert (found.role, found.unit_name) == ('auditor', '0901 監査事務局')
    assert verify.verify().intact


def test_nothing_changed_no_act():
    head = trail.head().hash
    with act() as writing:
        assert not writing.save(system())
        row = system()
        row.name = system().name
        assert not writing.save(row)
    assert writing.seq is None and trail.head().hash == head


def test_only_changed_columns_are_written(queries):
    row = system()
    row.site = 'A社'
    queries.clear()
    with act() as writing:
        writing.save(row)
    update = next(sql for sql in queries if sql.startswith('UPDATE "system"'))
    assert '"site"' in update and '"category"' not in update and '"summary"' not in update


def test_a_save_counts_the_revision():
    row = system()
    before = row.revision
    row.users = 10
    with act() as writing:
        writing.save(row)
    assert row.revision == system().revision == before + 1


def test_a_stale_row_is_refused_whole():
    mine, theirs = system(), system()
    theirs.site = '先の人'
    with act() as writing:
        writing.save(theirs)
    seq = trail.head().seq
    mine.name = '後の人'
    with pytest.raises(trail.Stale) as caught, act() as writing:
        other = system('S-00002')
        other.site = '道づれ'
        writing.save(other)
        writing.save(mine)
    assert caught.value.row is mine and caught.value.current.site == '先の人'
    assert trail.head().seq == seq and system('S-00002').site == '㈱髙﨑ビル2'


def test_a_row_changed_between_reading_and_writing_is_stale():
    row, before = system(), system()
    row.site = '遅い人'
    quick = system()
    quick.site = '速い人'
    with act() as writing:
        writing.save(quick)
    with pytest.raises(trail.Stale), act() as writing:
        writing.save(row, before)
    assert system().site == '速い人'


def test_an_error_inside_an_act_keeps_nothing():
    head = trail.head().hash
    with pytest.raises(ZeroDivisionError), act() as writing:
        row = system()
        row.site = '消える'
        writing.save(row)
        raise ZeroDivisionError
    assert trail.head().hash == head and system().site == '㈱髙﨑ビル1' and not trail.is_open()


def test_a_void_keeps_the_row_and_says_why():
    with act('systems.void') as writing:
        writing.void(system(), '二重登録')
    row = system()
    assert row.voided_at and row.void_reason == '二重登録'
    (table, kind, label, values), = last()[1]
    assert (table, kind, label) == ('system', 'void', 'S-00001 税システム1号')
    assert values['void_reason'] == [None, '二重登録']
    assert verify.verify().intact


def test_links_are_added_voided_and_revived():
    row = system()

    def linked():
        return {link.business.code for link in BusinessSystem.select().where(
            BusinessSystem.system == row, BusinessSystem.live())}

    def want(*codes):
        ids = [Business.get(Business.code == code).id for code in codes]
        with act() as writing:
            changed = writing.link(BusinessSystem, 'system', row, 'business', ids)
        return changed, [kind for _, kind, _, _ in last()[1]] if changed else []
    assert linked() == {'B04'}
    assert want('B04') == (False, [])
    assert want('B04', 'B06') == (True, ['create']) and linked() == {'B04', 'B06'}
    assert want('B06') == (True, ['void']) and linked() == {'B06'}
    assert want('B04', 'B06') == (True, ['update']) and linked() == {'B04', 'B06'}
    assert BusinessSystem.select().where(BusinessSystem.system == row).count() == 2
    assert verify.verify().intact


def test_a_bulk_insert_is_one_act_of_many_changes(queries):
    owner = Department.get(Department.code == '0201')
    rows = [Staff(staff_no=f'N{n:05}', name=f'職員{n}', department=owner) for n in range(1234)]
    queries.clear()
    with act('staff.import', reason='名簿') as writing:
        writing.insert(rows)
    assert len(queries) < 20
    found, changes = last()
    assert found.changes == len(changes) == 1234
    assert len({row.id for row in rows}) == 1234
    assert [Staff.get_by_id(row.id).staff_no for row in rows[::500]] == [row.staff_no for row in rows[::500]]
    assert rows[0].revision == 1 and Staff.get_by_id(rows[0].id).search_text == 'n00000 職員0'
    assert verify.verify().intact


def test_each_act_is_a_link_of_the_chain():
    previous = trail.FIRST
    for seq, found in enumerate(Act.select().order_by(Act.seq), 1):
        lines = [[c.place, c.table, c.row, c.label, c.kind, c.values]
                 for c in Change.select().where(Change.act == found).order_by(Change.place)]
        assert (found.seq, found.previous) == (seq, previous)
        assert trail.digest(previous, trail.header_of(found), lines) == found.hash
        previous = found.hash
    assert trail.head().hash == previous
    assert TrailHead.select().count() == 1


def test_the_hash_is_a_published_recipe():
    assert trail.canonical({'b': ['税', None, True], 'a': 1}) == '{"a":1,"b":["税",null,true]}'
    recipe = '0' * 64 + '[1,"x"]' + '\n' + '[0,"税"]'
    assert trail.digest('0' * 64, [1, 'x'], [[0, '税']]) == hashlib.sha256(recipe.encode()).hexdigest()


def test_secrets_never_reach_the_trail():
    person = Person.get(Person.email == email('other'))
    with act('people.password', by='admin') as writing:
        sign_in.set_password(writing, person, '新しい合い言葉-9876')
    (_, _, _, values), = last()[1]
    stored = Person.get(Person.email == email('other')).password_hash
    assert values['password_hash'][1] == '（非公開）' + hashlib.sha256(stored.encode()).hexdigest()
    for text in (change.values for change in Change.select()):
        assert 'argon2' not in text and stored not in text and PASSWORD not in text and '合い言葉' not in text
    assert verify.verify().intact


def test_exact_numbers_and_days_keep_their_value():
    indicator = Indicator.select().first()
    with act('actuals.enter') as writing:
        writing.save(Actual(indicator=indicator, as_of=date(2026, 7, 31), value=Decimal('86.90'),
                            numerator=Decimal('1E+2'),
                            denominator=Decimal(3), source='調査'))
    (_, _, _, values), = last()[1]
    assert (values['value'][1], values['numerator'][1], values['as_of'][1]) == ('86.90', '100', '2026-07-31')
    assert verify.verify().intact


def test_two_writers_queue_and_the_chain_does_not_fork(app):
    start, each, wrong = trail.head().seq, 15, []
    barrier = threading.Barrier(3)

    def write(name):
        try:
            with app.app_context(), db.connection_context():
                barrier.wait()
                for n in range(each):
                    with trail.act('departments.create', by=None, at=clock.now()) as writing:
                        writing.save(Department(code=f'{name}{n:03}', name=name, valid_from=TODAY))
        except Exception as error:
            wrong.append(error)
    threads = [threading.Thread(target=write, args=(name,)) for name in 'XYZ']
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not wrong
    assert trail.head().seq == start + 3 * each
    found = verify.verify()
    assert found.intact and found.acts == start + 3 * each


def test_two_writers_of_one_row_one_wins(app):
    outcomes = []
    barrier = threading.Barrier(2)

    def write(name):
        with app.app_context(), db.connection_context():
            row = system()
            row.site = name
            barrier.wait()
            try:
                with trail.act('systems.edit', by=None, at=clock.now()) as writing:
                    writing.save(row)
                outcomes.append(name)
            except trail.Stale:
                outcomes.append('stale')
    threads = [threading.Thread(target=write, args=(name,)) for name in ('甲', '乙')]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(outcomes) == sorted(['stale', system().site])
    assert verify.verify().intact


# --- the forms of an act ---
@pytest.fixture
def old(app, databases, monkeypatch):
    """A register whose chain was begun in the first form.

    Yields a function that goes on in the form of today.
    """
    db.close_all()
    url = databases.empty()
    db.initialize(connection.open_database(url))
    with db.connection_context():
        connection.migrate()
        with monkeypatch.context() as before:
            before.setattr(trail, 'FORM', None)
            for n in range(3):
                added(f'03{n:02}')
        yield added
    db.close_all()
    databases.drop(url)


def added(code):
    with trail.act('departments.create', by=None, at=clock.now()) as writing:
        writing.save(Department(code=code, name='課', valid_from=TODAY))
    return writing.seq


def rewritten(seq, **values):
    """Change an act as someone with the file in their hands can."""
    with trail.untrailed():
        if isinstance(db.obj, SqliteDatabase):
            db.execute_sql('DROP TRIGGER "act_no_update"')
        else:
            db.execute_sql('ALTER TABLE "act" DISABLE TRIGGER USER')
        Act.update(values).where(Act.seq == seq).execute()
    return verify.verify().first_broken


def test_the_first_form_is_what_it_was():
    words = (7, '2026-11-23 01:00:00', 'a@b', '阿部', 'web', 'systems.edit', '', 'x', 1)
    assert trail.header(None, words, (None,) * 4) == list(words)
    assert trail.canonical(trail.header(2, words, (1, 'it', 2, '課'))).startswith('["act 2",7,')


def test_a_chain_begun_in_the_first_form_goes_on(old):
    assert {found.form for found in Act.select()} == {None} and verify.verify().intact
    assert old('0401') == 4 and old('0402') == 5
    assert [found.form for found in Act.select().order_by(Act.seq)] == [None, None, None, 2, 2]
    assert verify.verify().intact


def test_the_old_form_does_not_come_back(old, monkeypatch):
    old('0401')
    monkeypatch.setattr(trail, 'FORM', None)
    seq = old('0402')
    assert verify.verify().first_broken == {'seq': seq,
                                            'what': f'操作 {seq} は古い形式ですが、'
                                                    '新しい形式の操作のあとにあります。'}


@pytest.mark.parametrize(('seq', 'values', 'words'), [
    (3, {'form': 2}, '内容が、記録されたハッシュと一致しません'),
    (4, {'form': None}, '内容が、記録されたハッシュと一致しません'),
    (3, {'role': 'it'}, '古い形式なのに'), (2, {'person': 1}, '古い形式なのに'),
    (4, {'form': 3}, '形式「3」は知られていません'),
    (4, {'form': 1}, '知られていません'), (5, {'form': None}, '古い形式ですが'),
    (4, {'role': 'it'}, '内容が、記録されたハッシュ')])
def test_no_form_passes_for_another(old, seq, values, words):
    old('0401')
    old('0402')
    found = rewritten(seq, **values)
    assert found['seq'] == seq and words in found['what']
