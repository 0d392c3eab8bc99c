"""One database: opened by its URL, lent to each request from a pool and given back after it, migrated by files."""
from pathlib import Path

from flask import request
from peewee import PostgresqlDatabase
from playhouse.db_url import connect
from playhouse.migrations import Runner
from playhouse.postgres_ext import ServerSide

from models import RECORDS, db
from models.trail import TrailHead

MIGRATIONS = Path(__file__).parent.parent / 'models' / 'migrations'
#: how long a page's write waits for another's, and how long a command's does, in milliseconds
WAIT, COMMAND_WAIT = 4_000, 120_000
SQLITE = {'journal_mode': 'wal', 'foreign_keys': 1, 'busy_timeout': WAIT}
#: opening is dear: SQLite reads the whole schema again, PostgreSQL starts a process; `timeout` in seconds
POOL = {'max_connections': 20, 'stale_timeout': 600, 'timeout': 20}


def open_database(url, production=False):
    """Return the database of `url`, not yet connected."""
    if url.startswith('sqlite'):
        Path(url.removeprefix('sqlite:///')).parent.mkdir(parents=True, exist_ok=True)
        pragmas = {**SQLITE, 'synchronous': 'full' if production else 'normal'}
        # a connection serves one request at a time, but not always on the thread that opened it
        return connect(url.replace('sqlite', 'sqlite+pool', 1), autoconnect=False, pragmas=pragmas, lock_type='IMMEDIATE',
                       check_same_thread=False, **POOL)
    return connect(url.replace('://', 'ext+pool://', 1), autoconnect=False, unquote_password=True,
                   options=f'-c lock_timeout={WAIT}', **POOL)


def wait_patiently():
    """Let the open connection wait longer for others' writes: nobody's page hangs on a command."""
    if isinstance(db.obj, PostgresqlDatabase):
        db.execute_sql(f'SET lock_timeout = {COMMAND_WAIT}')
    else:
        db.execute_sql(f'PRAGMA busy_timeout = {COMMAND_WAIT}')


def guard(app):
    """Give every request that may need it one connection."""
    @app.before_request
    def open_connection():
        if request.endpoint not in ('static', 'healthz'):
            db.connect(reuse_if_open=True)

    @app.teardown_request
    def close_connection(error):
        if not db.is_closed():
            db.close()


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
    elif applied:
        # a release may fold for search in another way, and `trail verify` compares what is derived
        rebuild_derived()
    return applied


def rebuild_derived():
    """Derive again what is derived from recorded columns (the search text); return how many rows differed.

    No act: nothing that is recorded changes.
    """
    rebuilt = 0
    for table in RECORDS:
        if not table.derived:
            continue
        with db.atomic():
            # first which, then each: a row changed while its table is read would be read again
            stale = {}
            for row in streamed(table.select()):
                stood = {name: row.__data__[name] for name in table.derived}
                row.refresh_derived()
                if (now := {name: row.__data__[name] for name in table.derived}) != stood:
                    stale[row.id] = now
            for id, values in stale.items():
                table.update(**values).where(table.id == id).execute()
        rebuilt += len(stale)
    return rebuilt


def pending():
    """Return the names of migrations not yet applied."""
    return [m.name for m in runner().status() if not m.applied]
