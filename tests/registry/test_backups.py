"""Backups: whole, verified, nobody else's to read; put back only when whole and of this version."""
import gzip
import io
import os
import shutil
import sqlite3
import stat
from pathlib import Path

import desk as desks
import psycopg
import pytest
from paths import RELEASES
from peewee import SqliteDatabase

from audits import trail, verify
from audits.files import FOLDER, Store
from models import Department, System, catalogue, db
from models.rules.attachments import FileLimits
from registry import backups
from registry.backups import postgresql
from registry.core import clock, connection
from registry.records import attaching, saving
from registry.records.noun import NOUNS


@pytest.fixture(scope='module')
def base(tmp_path_factory):
    desk = desks.empty(tmp_path_factory.mktemp('base'))
    desk.load('departments')
    desk.table('systems', ['S-1', '住民記録', '101', 'core_standard', 'B01', 'operate', 'none'],
               headers=['system_no', 'name', 'owner_code', 'category', 'std_business', 'lifecycle', 'pii'])
    return desk


@pytest.fixture
def desk(base, tmp_path):
    return desks.copied(base, tmp_path)


def lite(desk):
    return desk.env['DATABASE_URL'].startswith('sqlite')


def only_on(desk, engine):
    """Tell whether a test is of this engine alone; the other has its own."""
    return lite(desk) == (engine == 'sqlite')


def file_of(desk):
    return Path(desk.env['DATABASE_URL'].removeprefix('sqlite:///'))


def edit(words):
    """Write one act in the open register."""
    with trail.act('systems.edit', by=None, at=clock.now()) as act:
        row = System.get(System.system_no == 'S-1')
        row.site = words
        act.save(row)
    return act.seq


def over(desk):
    """What a PostgreSQL register that stands needs to be replaced."""
    return () if lite(desk) else ('--replace',)


def test_a_backup_is_made_verified_and_put_back(desk):
    path = desk.folder / 'copy'
    head = desk.head()
    made = desk.json('backup', path)
    assert made['head'] == head and made['intact'] and made['verified'] and made[
        'bytes'] == path.stat().st_size
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with desk.open():
        edit('あとの会社')
    assert desk.head()['seq'] == head['seq'] + 1
    found = desk.json('restore', path, *over(desk))
    assert found['head'] == head and found['intact'] and desk.head() == head
    assert desk.json('trail', 'verify')['intact']
    if lite(desk):  # what was replaced is kept
        with sqlite3.connect(found['former']) as former:
            assert former.execute('SELECT seq FROM trail_head').fetchone() == (head['seq'] + 1,)
        former.close()
    with desk.open():
        assert edit('その後の会社') == head['seq'] + 1
    assert desk.json('trail', 'verify')['intact']


def test_a_backup_holds_what_only_the_log_holds_and_disturbs_nobody(desk):
    path = desk.folder / 'copy'
    with desk.open():
        seq = edit('ログの会社')
        if lite(desk):
            assert file_of(desk).with_name('daicho.db-wal').stat().st_size
        made = backups.backup(path, desk.env['DATABASE_URL'], Store(desk.folder))
        assert (made.seq, made.verdict.intact) == (seq, True)
        assert edit('次の会社') == seq + 1


def test_a_file_that_exists_is_never_overwritten(desk):
    path = desk.file('copy', 'mine')
    assert desk.run('backup', path).exit_code == 2 and path.read_text() == 'mine'
    assert desk.run('backup', desk.folder / 'nowhere' / 'copy').exit_code == 2


def test_a_backup_that_fails_leaves_nothing(desk, monkeypatch):
    def full(path):
        raise OSError(28, 'No space left on device')
    monkeypatch.setattr(backups, 'sync_to_disk', full)
    before = set(desk.folder.iterdir())
    found = desk.run('backup', desk.folder / 'copy')
    assert found.exit_code == 2 and 'No space left on device' in found.stderr
    assert set(desk.folder.iterdir()) == before


def test_a_backup_of_an_altered_register_is_made_and_says_so(desk):
    with desk.open(), trail.untrailed():
        System.update(site='影の会社').execute()
    path = desk.folder / 'copy'
    made = desk.json('backup', path, code=1)
    assert made['intact'] is False and path.exists()
    found = desk.run('restore', path, *over(desk))
    assert found.exit_code == 1 and '--even-if-altered' in found.stderr
    found = desk.run('restore', path, '--even-if-altered', *over(desk))
    assert found.exit_code == 1 and '改ざんが見つかりました' in found.stderr and '戻しました' in found.stderr


@pytest.mark.parametrize('damage', ['text', 'empty', 'cut', 'scratched', 'other engine'])
def test_a_broken_file_is_refused(desk, damage):
    path = desk.folder / 'copy'
    assert desk.run('backup', path).exit_code == 0
    data = bytearray(path.read_bytes())
    if damage == 'scratched':
        data[len(data) // 2:len(data) // 2 + 4096] = b'\x7f' * 4096
    data = {'text': b'name,value\n', 'empty': b'', 'cut': data[:len(data) * 2 // 3], 'scratched': data,
            'other engine': b'PGDMP' + data if lite(desk) else b'SQLite format 3\0' + data}[damage]
    path.write_bytes(data)
    head = desk.head()
    found = desk.run('restore', path, *over(desk))
    assert found.exit_code == 1 and '何も変更していません' in found.stderr, found.stderr
    assert desk.head() == head and desk.json('trail', 'verify')['intact']
    assert not [left for left in desk.folder.iterdir() if left.name.startswith('.')]


def test_an_earlier_release_is_refused_until_it_is_to_be_migrated(desk):
    if not only_on(desk, 'sqlite'):
        return  # PostgreSQL's stored registers are no dumps of the format that `backup` writes
    path = desk.file('old', gzip.decompress((RELEASES / '683e50b.db.gz').read_bytes()))
    desk.env['DAICHO_TODAY'] = '2026-12-01'
    head = desk.head()
    found = desk.run('restore', path)
    assert found.exit_code == 1 and '--migrate' in found.stderr and desk.head() == head
    found = desk.json('restore', path, '--migrate')
    assert found['head']['seq'] == 15 and found['intact'] and desk.json('trail', 'verify')['intact']
    # a register of an earlier release is backed up as it is, before its upgrade
    file_of(desk).write_bytes(path.read_bytes())
    made = desk.json('backup', desk.folder / 'before')
    assert made['head']['seq'] == 15 and made['intact']
    with desk.open():
        assert '0002_one_form' in connection.pending_migrations()


@pytest.mark.parametrize('how', ['newer', 'stranger'])
def test_another_schema_is_refused(desk, how):
    path, head = desk.folder / 'copy', desk.head()
    with desk.open():
        db.execute_sql("INSERT INTO schema_migration (name, applied) VALUES ('9999_to_come', '2030-01-01 "
                       "00:00:00')")
    assert desk.run('backup', path).exit_code == 1 and not path.exists()
    with desk.open():
        db.execute_sql("DELETE FROM schema_migration WHERE name = '9999_to_come'")
    if not only_on(desk, 'sqlite'):
        return
    if how == 'newer':
        assert desk.run('backup', path).exit_code == 0
        with sqlite3.connect(path) as copy:
            copy.execute("INSERT INTO schema_migration (name, applied) VALUES ('9999_to_come', '2030-01-01')")
    else:
        with sqlite3.connect(path) as copy:
            copy.execute('CREATE TABLE songs (title TEXT)')
    copy.close()
    found = desk.run('restore', path)
    assert found.exit_code == 1 and ('より新しい版' if how == 'newer'
                                     else '台帳の写しではありません') in found.stderr
    assert desk.head() == head


def test_a_register_in_use_is_not_replaced(desk):
    path = desk.folder / 'copy'
    assert desk.run('backup', path).exit_code == 0
    if lite(desk):
        with sqlite3.connect(file_of(desk)) as other:
            other.execute('PRAGMA journal_mode = WAL')
            seq = other.execute('SELECT seq FROM trail_head').fetchone()
            found = desk.run('restore', path)
            assert other.execute('SELECT seq FROM trail_head').fetchone() == seq
        other.close()
    else:
        with psycopg.connect(desk.env['DATABASE_URL']):
            found = desk.run('restore', path, '--replace')
    assert found.exit_code == 1 and 'サーバーを止めて' in found.stderr
    assert desk.run('restore', path, *over(desk)).exit_code == 0


# --- SQLite's files ---

def left_log(desk):
    """Leave a write-ahead log behind, as a server that was killed does."""
    target = file_of(desk)
    with desk.open():
        for number in range(20):
            edit(f'会社{number}')
        for end in ('', '-wal', '-shm'):
            shutil.copy(f'{target}{end}', desk.folder / f'killed{end}')
    for end in ('', '-wal', '-shm'):
        shutil.move(desk.folder / f'killed{end}', f'{target}{end}')


@pytest.mark.parametrize('then', ['stands', 'gone', 'garbage', 'a copy beside the log'])
def test_a_log_left_behind_spoils_nothing(desk, then):
    if not only_on(desk, 'sqlite'):
        return
    path, head, target = desk.folder / 'copy', desk.head(), file_of(desk)
    assert desk.run('backup', path).exit_code == 0
    left_log(desk)
    if then == 'gone':
        target.unlink()
    elif then == 'garbage':
        target.write_bytes(b'SQLite format 3\0' + b'x' * 100000)
    elif then == 'a copy beside the log':
        shutil.copy(path, target)
    found = desk.json('restore', path)
    assert found['head'] == head and found['intact']
    assert desk.head() == head and desk.json('trail', 'verify')['intact']
    if then == 'stands':
        with sqlite3.connect(found['former']) as former:
            assert former.execute('SELECT seq FROM trail_head').fetchone() == (head['seq'] + 20,)
        former.close()


# --- PostgreSQL ---

def test_an_empty_database_needs_no_leave(server, desk):
    if server is None:
        return
    path, head = desk.folder / 'copy', desk.head()
    assert desk.run('backup', path).exit_code == 0
    assert '--replace' in desk.run('restore', path).stderr
    desk.env['DATABASE_URL'] = desks.database(desk.folder)
    assert desk.run('restore', path).exit_code == 0 and desk.head() == head
    with desk.open():
        assert catalogue.differences() == [] and verify.verify().intact
        assert Department.select().count() and edit('戻したあと') == head['seq'] + 1
        db.execute_sql('CREATE TABLE songs (title TEXT)')
    found = desk.run('restore', path, '--replace')
    assert found.exit_code == 1 and 'songs' in found.stderr and desk.head()['seq'] == head['seq'] + 1


def test_without_leave_to_make_databases_the_copy_is_said_to_be_unverified(server, desk):
    if server is None:
        return
    name = desk.env['DATABASE_URL'].rpartition('?')[0].rpartition('/')[2]
    server.control.execute(f'CREATE ROLE "clerk_{name}" LOGIN')
    server.control.execute(f'ALTER DATABASE {name} OWNER TO "clerk_{name}"')
    with psycopg.connect(desk.env['DATABASE_URL'], autocommit=True) as owner:
        owner.execute(f'GRANT ALL ON ALL TABLES IN SCHEMA public TO "clerk_{name}"')
        owner.execute(f'GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO "clerk_{name}"')
    desk.env['DATABASE_URL'] = desk.env['DATABASE_URL'].replace('daicho@', f'clerk_{name}@')
    made = desk.json('backup', desk.folder / 'copy')
    assert (made['verified'], made['intact']) == (False, None) and made['head'] == desk.head()
    assert '検証はしていません' in desk.run('backup', desk.folder / 'other').stderr


def test_a_password_stands_on_no_command_line(monkeypatch):
    found = postgresql.environment('postgresql://daicho:p%40ss@db.example:5433/register?sslmode=require')
    assert {name: found[name] for name in ('PGHOST', 'PGPORT', 'PGUSER', 'PGPASSWORD', 'PGDATABASE',
                                           'PGSSLMODE')} == {
        'PGHOST': 'db.example', 'PGPORT': '5433', 'PGUSER': 'daicho', 'PGPASSWORD': 'p@ss',
        'PGDATABASE': 'register', 'PGSSLMODE': 'require'}


def test_missing_programs_are_named(server, desk, monkeypatch):
    if server is None:
        return
    monkeypatch.setattr(postgresql.shutil, 'which', lambda name: None)
    monkeypatch.setattr(postgresql, 'glob', lambda pattern: [])
    found = desk.run('backup', desk.folder / 'copy')
    assert found.exit_code == 2 and 'pg_dump' in found.stderr and not (desk.folder / 'copy').exists()


def test_the_engine_decides_which_copy_is_whose(desk):
    assert isinstance(connection.open_database(desk.env['DATABASE_URL']), SqliteDatabase) == lite(desk)


# --- documents ---

@pytest.fixture
def documented(desk):
    """A desk on whose system two documents hang, and the store of their bytes."""
    store = Store(desk.folder / FOLDER)
    with desk.open():
        files = [attaching.File(f'{n}.txt', io.BytesIO(f'文書{n}'.encode())) for n in (1, 2)]
        limits = FileLimits(1000, 5, 5000)
        outcome = attaching.attach(NOUNS['systems'], System.get(System.system_no == 'S-1'), attaching.Uploads(
            files, store, limits), by=None, at=clock.now(), channel='cli')
        assert isinstance(outcome, saving.Saved)
    return desk, store


def test_documents_travel_with_a_backup(documented):
    desk, store = documented
    path, head = desk.folder / 'copy', desk.head()
    made = desk.json('backup', path)
    assert (made['documents'], made['problems'], made['intact']) == (2, [], True)
    shutil.rmtree(store.folder)
    broken = desk.json('trail', 'verify', code=1)['rows_changed_outside']
    assert [row['what'] for row in broken] == ['ファイルがありません。'] * 2
    without = desk.json('backup', desk.folder / 'without', code=1)
    assert len(without['problems']) == 2 and '文書 #1 1.txt' in without['problems'][0]
    found = desk.run('restore', desk.folder / 'without', *over(desk))
    assert found.exit_code == 1 and '--even-if-altered' in found.stderr
    assert desk.json('restore', path, *over(desk))['head'] == head
    assert desk.json('trail', 'verify')['intact'] and desk.json('files')['broken'] == []
    # one byte of a document in the copy, where nothing else would tell
    data = path.read_bytes()
    path.write_bytes(data.replace('文書2'.encode(), '文書3'.encode()))
    shutil.rmtree(store.folder)
    found = desk.run('restore', path, *over(desk))
    assert found.exit_code == 1 and '壊れています。何も変更していません' in found.stderr
    assert desk.head() == head


def test_files_of_nobody_are_named_and_removed_when_old(documented):
    desk, store = documented
    lonely, part = store.path(store.add(io.BytesIO(b'x'))), store.folder / 'ab.part'
    part.write_bytes(b'half')
    assert desk.json('files')['orphans'] == []
    for path in (lonely, part):
        os.utime(path, (0, 0))
    assert len(desk.json('files')['orphans']) == 2 and lonely.exists()
    assert 'どの記録にもないファイル 2個を消しました' in desk.run('files', '--remove-orphans').stderr
    assert not lonely.exists() and not part.exists() and desk.json('files')['files'] == 2
    next(store.folder.glob('??/*')).write_bytes(b'y')
    assert len(desk.json('files', code=1)['broken']) == 1
