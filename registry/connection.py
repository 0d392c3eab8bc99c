"""One database: opened by its URL, lent to each request from a pool and given back after it, migrated by files."""
import os
import shutil
import sqlite3
from contextlib import suppress
from pathlib import Path

from flask import g, request
from peewee import OperationalError, PeeweeException, PostgresqlDatabase, SqliteDatabase
from playhouse.db_url import connect, register_database
from playhouse.migrations import Runner
from playhouse.pool import PooledSqliteDatabase
from playhouse.postgres_ext import ServerSide

from models import db
from models.trail import TrailHead

from . import troubles

MIGRATIONS = Path(__file__).parent.parent / 'models' / 'migrations'
SQLITE = {'journal_mode': 'wal', 'foreign_keys': 1, 'busy_timeout': 20000}
#: opening is dear: SQLite reads the whole schema again, PostgreSQL starts a process; `timeout` in seconds
POOL = {'max_connections': 20, 'stale_timeout': 600, 'timeout': 20}


#: below this many bytes left the database is not ready to be written
ROOM = 16 * 1024 * 1024


class File(PooledSqliteDatabase):
    """SQLite's file, as first opened: what is written to one removed or replaced since then would be lost."""

    opened = None

    def connect(self, reuse_if_open=False):
        if self.opened is not None and identity(self.database) != self.opened:
            raise troubles.Moved(f'{self.database} is not the file that was opened')
        try:
            found = super().connect(reuse_if_open)
        except sqlite3.DatabaseError as error:  # what a pragma finds, peewee hands on as it is
            raise OperationalError(error, *error.args) from error
        if self.opened is None:
            self.opened = identity(self.database)
        return found


register_database(File, 'sqlite+file')


def identity(path):
    """Return what tells one file from another, or None when there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def open_database(url, production=False):
    """Return the database of `url`, not yet connected."""
    if url.startswith('sqlite'):
        Path(url.removeprefix('sqlite:///')).parent.mkdir(parents=True, exist_ok=True)
        pragmas = {**SQLITE, 'synchronous': 'full' if production else 'normal'}
        # a connection serves one request at a time, but not always on the thread that opened it
        return connect(url.replace('sqlite', 'sqlite+file', 1), autoconnect=False, pragmas=pragmas, lock_type='IMMEDIATE',
                       check_same_thread=False, **POOL)
    return connect(url.replace('://', 'ext+pool://', 1), autoconnect=False, unquote_password=True, **POOL)


def guard(app):
    """Give every request that may need it one connection."""
    @app.before_request
    def open_connection():
        if request.endpoint not in ('static', 'healthz', 'readyz'):
            db.connect(reuse_if_open=True)
            g.lent = True

    @app.teardown_request
    def close_connection(error):
        if not db.is_closed():
            db.close()


def settle():
    """Write what SQLite keeps beside its file into the file: a copy of it alone is then a whole one."""
    if isinstance(db.obj, SqliteDatabase):
        with suppress(PeeweeException), db.connection_context():
            db.execute_sql('PRAGMA wal_checkpoint(TRUNCATE)')
    close()


def close():
    """Close every connection of this process."""
    if db.obj is not None:
        db.close_all()


def look_again():
    """Have PostgreSQL count its tables anew: just after many new rows it plans as if there were few."""
    if isinstance(db.obj, PostgresqlDatabase):
        db.execute_sql('ANALYZE')


def streamed(query):
    """Yield the rows of a query without holding them all; PostgreSQL hands them over in portions only when asked to."""
    return ServerSide(query, array_size=1000) if isinstance(db.obj, PostgresqlDatabase) else query.iterator()


def runner():
    """Return the migration runner of the open database."""
    return Runner(db.obj, str(MIGRATIONS))


def migrate():
    """Create or upgrade the schema; return the names of the migrations applied."""
    applied = runner().up()
    if not TrailHead.select().exists():
        TrailHead.create(id=1, seq=0, hash='0' * 64, at=None)
    return applied


def pending():
    """Return the names of migrations not yet applied."""
    return [m.name for m in runner().status() if not m.applied]


def unready():
    """Return what keeps the database from being written to (a word of `troubles`), or None."""
    try:
        with db.connection_context():
            if pending():
                return 'schema'
            if isinstance(db.obj, PostgresqlDatabase):
                return 'readonly' if db.execute_sql('SHOW transaction_read_only').fetchone()[0] == 'on' else None
            return _unwritable()
    except troubles.KNOWN as error:
        return troubles.trouble(error) or 'unreachable'


def _unwritable():
    """Ask SQLite for the right to write, without waiting for who has it, and the disk for room."""
    db.execute_sql('PRAGMA busy_timeout = 0')
    try:
        db.execute_sql('BEGIN IMMEDIATE')
        db.execute_sql('ROLLBACK')
    except OperationalError as error:
        if troubles.trouble(error) != 'busy':
            raise
    finally:
        db.execute_sql(f'PRAGMA busy_timeout = {SQLITE["busy_timeout"]}')
    return 'full' if shutil.disk_usage(Path(db.obj.database).parent).free < ROOM else None
