"""Copies of a SQLite register: the engine's own backup, which reads one state and holds nobody up."""
import os
import secrets
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from peewee import PeeweeException, SqliteDatabase

from audits import verify
from models import catalogue, db

from ..core import clock, connection
from .copies import Failed, examine, removing, sync_to_disk, using_database


def backup_sqlite(part, url):
    source = Path(url.removeprefix('sqlite:///'))
    if not source.exists():
        raise Failed(f'データベース {source} がありません。', 2)
    try:
        _copy_sqlite(source, part)
        with closing(sqlite3.connect(part)) as copy:
            copy.execute('PRAGMA journal_mode = DELETE')
    except sqlite3.Error as error:
        raise Failed(f'データベースを読めないので、写しを作れません（{error}）。', 2) from None
    try:
        return _examine_file(part)
    except (verify.Unverifiable, PeeweeException, sqlite3.Error) as error:
        raise Failed(f'写しを開いて確かめられないので、残していません（{error}）。') from None


def _copy_sqlite(source, target):
    with closing(sqlite3.connect(f'file:{quote(str(source))}?mode=rw', uri=True, timeout=20)) as origin:
        with closing(sqlite3.connect(target)) as copy:
            origin.backup(copy)


def _check_integrity(path):
    """Raise sqlite3.Error unless the file can be read to its end."""
    with closing(_read_only(path)) as copy:
        found = copy.execute('PRAGMA integrity_check(1)').fetchone()[0]
    if found != 'ok':
        raise sqlite3.DatabaseError(found)


def _read_only(path):
    return sqlite3.connect(f'file:{quote(str(path))}?mode=ro&immutable=1', uri=True)


def _examine_file(path):
    """Return a copy Checked; one of an earlier version is verified on a copy of its own that is migrated."""
    _check_integrity(path)
    with using_database(SqliteDatabase(f'file:{quote(str(path))}?mode=ro&immutable=1', uri=True,
                                       autoconnect=False)):
        if not connection.pending_migrations() or catalogue.HISTORY not in db.get_tables():
            return examine(upgrade=False)
    scratch = path.with_name(f'{path.name}.check')
    with removing(scratch):
        shutil.copyfile(path, scratch)
        with using_database(connection.open_database(f'sqlite:///{scratch}')):
            return examine(upgrade=True)


def restore_sqlite(path, target, store, production, upgrade, altered):
    staged = target.with_name(f'.{target.name}.{secrets.token_hex(4)}.restore')
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with removing(staged):
            shutil.copyfile(path, staged)
            try:
                _check_integrity(staged)
                with using_database(connection.open_database(f'sqlite:///{staged}')):
                    checked = examine(upgrade, altered, store)
                    db.execute_sql('PRAGMA journal_mode = DELETE')
            except (verify.Unverifiable, PeeweeException, sqlite3.Error) as error:
                raise Failed(f'{path} は壊れています。何も変更していません（{error}）。') from None
            sync_to_disk(staged)
            checked.former = _replace(staged, target)
        with using_database(connection.open_database(f'sqlite:///{target}', production)):
            checked.verdict = verify.verify(store, contents=False)
    except OSError as error:
        raise Failed(f'{target} に書き込めません（{error.strerror}）。', 2) from None
    return checked


def _replace(staged, target):
    """Replace a database that nobody has open by a whole one; return where the former one is kept."""
    stamp = clock.now().strftime('%Y%m%dT%H%M%S')
    former = target.with_name(f'{target.stem}-before-restore-{stamp}{target.suffix}')
    if not target.exists():
        _set_aside(target, stamp)
        os.replace(staged, target)
        sync_to_disk(target)
        return None
    try:
        with closing(sqlite3.connect(target, timeout=2, isolation_level=None)) as old:
            # leaving the write-ahead log needs the file for oneself: with this no log is left that belongs
            # to another
            if old.execute('PRAGMA journal_mode = DELETE').fetchone()[0] != 'delete':
                raise Failed(f'{target} は使われています。サーバーを止めてから、もう一度実行してください。')
            if old.execute('SELECT count(*) FROM sqlite_master').fetchone()[0]:
                with closing(sqlite3.connect(former)) as kept:
                    old.backup(kept)
                sync_to_disk(former)
            # the file stays the same one; killed halfway, the engine rolls it back when it is opened next
            with closing(_read_only(staged)) as new:
                new.backup(old)
        sync_to_disk(target)
        return former if former.exists() else None
    except sqlite3.DatabaseError as error:
        former.unlink(missing_ok=True)
        if error.sqlite_errorcode in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) or _is_open(target):
            raise Failed(f'{target} は使われています。'
                         'サーバーを止めてから、もう一度実行してください。') from None
    # what stands there cannot be read: keep it for whoever wants to look at it
    kept = _set_aside(target, stamp)
    os.replace(staged, target)
    sync_to_disk(target)
    return kept


def _is_open(path):
    """Tell whether some process has a database open.

    SQLite locks bytes far behind the end of the file, so its content need not be read.
    """
    try:
        import fcntl
    except ImportError:
        return False
    with open(path, 'r+b') as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 510, 0x40000002)
        except OSError:
            return True
    return False


def _set_aside(target, stamp):
    """Rename what stands in the way, the write-ahead log too; return the new name of the first."""
    kept = None
    for end in ('', '-wal', '-shm', '-journal'):
        path = target.with_name(target.name + end)
        if path.exists():
            kept = kept or path.with_name(f'{target.name}-unreadable-{stamp}{end}')
            os.replace(path, path.with_name(f'{target.name}-unreadable-{stamp}{end}'))
    return kept
