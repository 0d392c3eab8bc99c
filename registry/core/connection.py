"""One database: opened by its URL, lent to each request from a pool, migrated by files."""
import os
import shutil
import sqlite3
from contextlib import contextmanager, suppress
from pathlib import Path

from peewee import OperationalError, PeeweeException, PostgresqlDatabase, SqliteDatabase
from playhouse.db_url import connect, register_database
from playhouse.migrations import Runner
from playhouse.pool import PooledSqliteDatabase
from playhouse.postgres_ext import ServerSide

from audits import rebuild
from models import catalogue, db
from models.base import snapshot as snapshot
from models.statements import Writer
from models.trail import TrailHead

from . import carrying, clock, troubles

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

#: how long a page's write waits for another's, and how long a command's does, in milliseconds
WAIT, COMMAND_WAIT = 3_000, 120_000
SQLITE = {'journal_mode': 'wal', 'foreign_keys': 1, 'busy_timeout': WAIT}
#: opening is dear: SQLite reads the whole schema again, PostgreSQL starts a process; `timeout` in seconds
POOL = {'max_connections': 20, 'stale_timeout': 600, 'timeout': 20}
#: below this many bytes left the database is not ready to be written
ROOM = 16 * 1024 * 1024


class DatabaseFile(PooledSqliteDatabase):
    """SQLite's file, as first opened: what is written to one removed or replaced since then would be lost."""

    opened = None

    def connect(self, reuse_if_open=False):
        if self.opened is not None and identity(self.database) != self.opened:
            raise troubles.FileReplaced(f'{self.database} is not the file that was opened')
        try:
            found = super().connect(reuse_if_open)
        except sqlite3.DatabaseError as error:  # what a pragma finds, peewee hands on as it is
            raise OperationalError(error, *error.args) from error
        if self.opened is None:
            self.opened = identity(self.database)
        return found


register_database(DatabaseFile, 'sqlite+file')


def identity(path):
    """Return what tells one file from another, or None when there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def open_database(url, production=False):
    """Return the database of `url`, not yet connected."""
    database = database_of(url, production)
    database.context_class = Writer
    return database


def database_of(url, production):
    if url.startswith('sqlite'):
        Path(url.removeprefix('sqlite:///')).parent.mkdir(parents=True, exist_ok=True)
        pragmas = {**SQLITE, 'synchronous': 'full' if production else 'normal'}
        # a connection serves one request at a time, but not always on the thread that opened it
        return connect(url.replace('sqlite', 'sqlite+file', 1), autoconnect=False, pragmas=pragmas,
                       lock_type='IMMEDIATE', check_same_thread=False, **POOL)
    return connect(url.replace('://', 'ext+pool://', 1), autoconnect=False, unquote_password=True,
                   options=f'-c lock_timeout={WAIT}', **POOL)


def wait_longer():
    """Let the open connection wait longer for others' writes: nobody's page hangs on a command."""
    if isinstance(db.obj, PostgresqlDatabase):
        db.execute_sql(f'SET lock_timeout = {COMMAND_WAIT}')
    else:
        db.execute_sql(f'PRAGMA busy_timeout = {COMMAND_WAIT}')


def checkpoint_and_close():
    """Write what SQLite keeps beside its file into the file: a copy of it alone is then a whole one."""
    if isinstance(db.obj, SqliteDatabase):
        with suppress(PeeweeException), db.connection_context():
            db.execute_sql('PRAGMA wal_checkpoint(TRUNCATE)')
    close()


def close():
    """Close every connection of this process."""
    if db.obj is not None:
        db.close_all()


#: how many pages of SQLite's index are put together while others wait to write
PORTION = 500


def settle():
    """Put in order what many new rows have left behind: until then pages are slower than they need be.

    PostgreSQL counts its tables anew, or it plans as if there were few. SQLite makes the pieces of the index
    of words into one, a portion after the other; another's write goes before.
    """
    if isinstance(db.obj, PostgresqlDatabase):
        db.execute_sql('ANALYZE')
        return
    raw, before = db.connection(), None
    with suppress(OperationalError):
        # it has come to its end when it writes nothing more
        while before is None or raw.total_changes - before > 1:
            before = raw.total_changes
            db.execute_sql("INSERT INTO finder(finder, rank) VALUES ('merge', ?)", (-PORTION,))


def stream(query):
    """Yield the rows of a query as the engine gives them, without holding them all.

    PostgreSQL hands them over in portions if asked.
    """
    if isinstance(db.obj, PostgresqlDatabase):
        return ServerSide(query.tuples(), array_size=1000)
    return db.execute(query)


@contextmanager
def without_waiting():
    """Let a write that may be left out fail at once where another is under way.

    PostgreSQL waits for locked rows only and needs nothing.
    """
    if not isinstance(db.obj, SqliteDatabase):
        yield
        return
    (usual,), = db.execute_sql('PRAGMA busy_timeout')
    db.execute_sql('PRAGMA busy_timeout = 0')
    try:
        yield
    finally:
        db.execute_sql(f'PRAGMA busy_timeout = {usual}')


#: any number will do that is not taken for another lock
REMINDING = 0x0DA1C41


@contextmanager
def reminding_alone():
    """Yield whether nobody else sends reminders now; whoever is killed holds nobody up."""
    if isinstance(db.obj, PostgresqlDatabase):
        # held by the connection, and let go with it
        (mine,), = db.execute_sql('SELECT pg_try_advisory_lock(%s)', (REMINDING,)).fetchall()
        try:
            yield mine
        finally:
            if mine:
                db.execute_sql('SELECT pg_advisory_unlock(%s)', (REMINDING,))
        return
    if fcntl is None:
        yield True
        return
    with open(Path(db.obj.database).with_suffix('.reminding'), 'ab') as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


def runner():
    """Return the migration runner of the open database."""
    return Runner(db.obj, str(catalogue.MIGRATIONS))


def migrate(fill=None, at=None):
    """Create or upgrade the schema, call `fill` in the same transaction; return the migrations applied.

    `at` is the moment of the acts that this takes, now unless given. All of it is done or nothing, and a
    second one waits for the first. Raises Refused where the database cannot become what this version needs.
    """
    with _alone(keys=not pending_migrations()):
        if unknown := unknown_migrations():
            raise Refused(f'このデータベースは、より新しい版で作られています（{"、".join(unknown)}）。'
                          '新しい版で開いてください。')
        checked = bool(pending_migrations())
        loose = _loose_keys() if checked else set()
        applied = runner().up()
        if not TrailHead.select().exists():
            TrailHead.create(id=1, seq=0, hash='0' * 64, at=None)
        if applied:
            if missing := catalogue.differences(only_missing=True):
                raise Refused('データベースの形が、この版のものになりません。何も変更していません: '
                              + '、'.join(f'{one["table"]} {one["what"]}' for one in missing))
            carrying.carry_contracts(at or clock.now())
            if '0017_clocks' in applied:
                carrying.carry_clocks(at or clock.now())
            rebuild.rebuild()
        if fill:
            fill()
        if checked and (broken := _loose_keys() - loose):
            raise Refused('参照先のない行ができるため、何も変更していません（表: '
                          f'{"、".join(sorted({row[0] for row in broken}))}）。')
    return applied


class Refused(Exception):
    """The database cannot be migrated; the message says why, nothing was changed."""


#: any number will do, as long as no one else takes it for a lock of his own
LOCK = 0x0DA1C40
#: how long one migration waits for another, in seconds
PATIENCE = 600


@contextmanager
def _alone(keys):
    """Hold one transaction that no second migration enters; on SQLite with foreign keys as `keys` says."""
    if isinstance(db.obj, PostgresqlDatabase):
        with db.transaction():
            db.execute_sql('SELECT pg_advisory_xact_lock(%s)', (LOCK,))
            yield
        return
    # neither can be changed within a transaction
    db.execute_sql(f'PRAGMA busy_timeout = {PATIENCE * 1000}')
    db.execute_sql(f'PRAGMA foreign_keys = {int(keys)}')
    try:
        with db.transaction('EXCLUSIVE'):
            yield
    finally:
        db.execute_sql('PRAGMA foreign_keys = 1')
        db.execute_sql(f'PRAGMA busy_timeout = {SQLITE["busy_timeout"]}')


def _loose_keys():
    """Return the rows whose foreign keys lead nowhere; PostgreSQL has none."""
    if isinstance(db.obj, PostgresqlDatabase):
        return set()
    return set(db.execute_sql('PRAGMA foreign_key_check'))


def pending_migrations():
    """Return the names of migrations not yet applied."""
    return [m.name for m in runner().status() if not m.applied]


def unknown_migrations():
    """Return the names of migrations that were applied and are not known here."""
    return [m.name for m in runner().status() if m.path is None]


def readiness_problem():
    """Return what keeps the database from being written to (a word of `troubles`), or None."""
    try:
        with db.connection_context():
            if pending_migrations():
                return 'schema'
            if isinstance(db.obj, PostgresqlDatabase):
                (readonly,) = db.execute_sql('SHOW transaction_read_only').fetchone()
                return 'readonly' if readonly == 'on' else None
            return _unwritable()
    except troubles.KNOWN as error:
        return troubles.diagnose(error) or 'unreachable'


def _unwritable():
    """Ask SQLite for the right to write, without waiting for who has it, and the disk for room."""
    db.execute_sql('PRAGMA busy_timeout = 0')
    try:
        db.execute_sql('BEGIN IMMEDIATE')
        db.execute_sql('ROLLBACK')
    except OperationalError as error:
        if troubles.diagnose(error) != 'busy':
            raise
    finally:
        db.execute_sql(f'PRAGMA busy_timeout = {SQLITE["busy_timeout"]}')
    return 'full' if shutil.disk_usage(Path(db.obj.database).parent).free < ROOM else None
