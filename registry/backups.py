"""Copies of the whole register: made while people work, opened and verified at once; put back only when they
are whole."""
import os
import re
import secrets
import shutil
import sqlite3
import subprocess
import tempfile
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from glob import glob
from pathlib import Path
from urllib.parse import quote, urlsplit

from peewee import PeeweeException, ProgrammingError, SqliteDatabase
from playhouse.db_url import parse

from audits import trail, verify
from models import TABLES, catalogue, db

from .core import clock, connection
from .data import masters

#: where libpq's programs look for what stands in DATABASE_URL: a password on a command line is everybody's
#: to read
ENVIRONMENT = {'host': 'PGHOST', 'port': 'PGPORT', 'user': 'PGUSER', 'password': 'PGPASSWORD',
               'database': 'PGDATABASE', 'sslmode': 'PGSSLMODE', 'sslrootcert': 'PGSSLROOTCERT',
               'sslcert': 'PGSSLCERT', 'sslkey': 'PGSSLKEY', 'options': 'PGOPTIONS',
               'connect_timeout': 'PGCONNECT_TIMEOUT', 'passfile': 'PGPASSFILE', 'service': 'PGSERVICE',
               'channel_binding': 'PGCHANNELBINDING'}
SQLITE_MAGIC, POSTGRESQL_MAGIC = b'SQLite format 3\0', b'PGDMP'
NEEDED = {'act', 'change', 'trail_head', catalogue.HISTORY}


class Failed(Exception):
    """A copy could not be made or put back; the message says why and what to do, `status` is the
    command's."""

    def __init__(self, message, status=1):
        super().__init__(message)
        self.status = status


@dataclass
class Checked:
    """A register that was read to its end: its chain's head, and what verify found; None where it could not
    be asked."""

    seq: int
    hash: str
    at: object
    verdict: verify.Verdict | None = None
    #: where the register that was replaced is kept, if it is
    former: Path | None = None


def backup(path, url):
    """Write the register of `url` to a new file `path`; return it Checked.

    The file appears under its name when it is whole, readable by its owner alone.
    """
    if path.exists():
        raise Failed(f'{path} は既にあります。別の名前にしてください。', 2)
    part = path.with_name(f'.{path.name}.{secrets.token_hex(4)}.part')
    with _private(), _removed(part):
        try:
            os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            if url.startswith('sqlite'):
                checked = _backup_sqlite(part, url)
            else:
                with _at(connection.open_database(url)):
                    checked = _backup_postgresql(part, url)
            _to_disk(part)
            _appear(part, path)
        except OSError as error:
            raise Failed(f'{path} に書き込めません（{error.strerror}）。', 2) from None
    return checked


def restore(path, url, production, replace=False, upgrade=False, altered=False):
    """Put the copy in `path` in the place of the register of `url`, which nobody may have open; return it
    Checked.

    `replace`: a PostgreSQL database that is not empty is emptied first. `upgrade`: a copy of an earlier
    version is migrated. `altered`: a copy in which verify finds tampering is taken all the same. All of it
    is done or nothing.
    """
    with _private():
        try:
            with open(path, 'rb') as file:
                start = file.read(16)
        except OSError as error:
            raise Failed(f'{path} を読めません（{error.strerror}）。', 2) from None
        lite = url.startswith('sqlite')
        if not start.startswith(SQLITE_MAGIC if lite else POSTGRESQL_MAGIC):
            other = start.startswith(POSTGRESQL_MAGIC if lite else SQLITE_MAGIC)
            raise Failed(f'{path} '
                         f'は{"別の種類のデータベースの写しです" if other else "台帳の写しではありません"}。'
                         '何も変更していません。')
        if lite:
            return _restore_sqlite(path, Path(url.removeprefix('sqlite:///')), production, upgrade, altered)
        return _restore_postgresql(path, url, production, replace, upgrade, altered)


# --- what both engines share ---

@contextmanager
def _private():
    """Let every file made here be its owner's alone."""
    former = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(former)


@contextmanager
def _removed(*paths):
    """Remove some files at the end, whatever happens, and what SQLite puts beside them."""
    try:
        yield
    finally:
        for path in paths:
            for end in ('', '-wal', '-shm', '-journal'):
                path.with_name(path.name + end).unlink(missing_ok=True)


def _to_disk(path):
    for place, flags in ((path, os.O_RDONLY), (path.parent, os.O_RDONLY)):
        with suppress(PermissionError):  # Windows opens no folders
            number = os.open(place, flags)
            try:
                os.fsync(number)
            finally:
                os.close(number)


def _appear(part, path):
    """Give a whole file its name, unless someone else took it meanwhile."""
    try:
        os.link(part, path)
    except FileExistsError:
        raise Failed(f'{path} は既にあります。別の名前にしてください。', 2) from None
    except OSError:  # a file system without hard links
        os.rename(part, path)
    _to_disk(path)


@contextmanager
def _at(database):
    """Make another database the open one for a while."""
    former = db.obj
    db.initialize(database)
    try:
        with db.connection_context():
            yield
    finally:
        if hasattr(database, 'close_all'):
            database.close_all()
        db.initialize(former)


def _examine(upgrade, altered=True):
    """Return the open database Checked; refuse one that is no register of this version, or that was tampered
    with.

    `upgrade` migrates one of an earlier version first.
    """
    if lacking := NEEDED - set(db.get_tables()):
        raise Failed(f'台帳の写しではありません（ない表: {"、".join(sorted(lacking))}）。'
                     '何も変更していません。')
    if connection.newer():
        raise Failed('より新しい版の写しです。新しい版を使ってください。何も変更していません。')
    head = trail.head()
    checked = Checked(head.seq, head.hash, head.at)
    if connection.pending():
        if not upgrade:
            raise Failed('以前の版の写しです。--migrate を付けると、この版に合わせてから戻します。'
                         '何も変更していません。')
        try:
            # the copy may be ahead of this machine's clock
            connection.migrate(lambda: masters.fill(max(clock.now(), head.at or clock.now())))
        except connection.Refused as refused:
            raise Failed(str(refused)) from None
    checked.verdict = verify.verify()
    if not checked.verdict.intact and not altered:
        raise Failed('写しの検証で改ざんが見つかりました。何も変更していません。承知のうえで戻すときは '
                     '--even-if-altered を付けてください。')
    return checked


# --- SQLite: the engine's own backup, which reads one state and holds nobody up ---

def _backup_sqlite(part, url):
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


def _whole(path):
    """Raise sqlite3.Error unless the file can be read to its end."""
    with closing(_read_only(path)) as copy:
        found = copy.execute('PRAGMA integrity_check(1)').fetchone()[0]
    if found != 'ok':
        raise sqlite3.DatabaseError(found)


def _read_only(path):
    return sqlite3.connect(f'file:{quote(str(path))}?mode=ro&immutable=1', uri=True)


def _examine_file(path):
    """Return a copy Checked; one of an earlier version is verified on a copy of its own that is migrated."""
    _whole(path)
    with _at(SqliteDatabase(f'file:{quote(str(path))}?mode=ro&immutable=1', uri=True, autoconnect=False)):
        if not connection.pending() or catalogue.HISTORY not in db.get_tables():
            return _examine(upgrade=False)
    scratch = path.with_name(f'{path.name}.check')
    with _removed(scratch):
        shutil.copyfile(path, scratch)
        with _at(connection.open_database(f'sqlite:///{scratch}')):
            return _examine(upgrade=True)


def _restore_sqlite(path, target, production, upgrade, altered):
    staged = target.with_name(f'.{target.name}.{secrets.token_hex(4)}.restore')
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with _removed(staged):
            shutil.copyfile(path, staged)
            try:
                _whole(staged)
                with _at(connection.open_database(f'sqlite:///{staged}')):
                    checked = _examine(upgrade, altered)
                    db.execute_sql('PRAGMA journal_mode = DELETE')
            except (verify.Unverifiable, PeeweeException, sqlite3.Error) as error:
                raise Failed(f'{path} は壊れています。何も変更していません（{error}）。') from None
            _to_disk(staged)
            checked.former = _replace(staged, target)
        with _at(connection.open_database(f'sqlite:///{target}', production)):
            checked.verdict = verify.verify()
    except OSError as error:
        raise Failed(f'{target} に書き込めません（{error.strerror}）。', 2) from None
    return checked


def _replace(staged, target):
    """Put a whole database in the place of another that nobody has open; return where the former one is
    kept."""
    stamp = clock.now().strftime('%Y%m%dT%H%M%S')
    former = target.with_name(f'{target.stem}-before-restore-{stamp}{target.suffix}')
    if not target.exists():
        _aside(target, stamp)
        os.replace(staged, target)
        _to_disk(target)
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
                _to_disk(former)
            # the file stays the same one; killed halfway, the engine rolls it back when it is opened next
            with closing(_read_only(staged)) as new:
                new.backup(old)
        _to_disk(target)
        return former if former.exists() else None
    except sqlite3.DatabaseError as error:
        former.unlink(missing_ok=True)
        if error.sqlite_errorcode in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) or _held(target):
            raise Failed(f'{target} は使われています。'
                         'サーバーを止めてから、もう一度実行してください。') from None
    # what stands there cannot be read: keep it for whoever wants to look at it
    kept = _aside(target, stamp)
    os.replace(staged, target)
    _to_disk(target)
    return kept


def _held(path):
    """Tell whether some process has a database open whose content says nothing: SQLite locks bytes far
    behind its end."""
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


def _aside(target, stamp):
    """Rename what stands in the way, the write-ahead log too; return the new name of the first."""
    kept = None
    for end in ('', '-wal', '-shm', '-journal'):
        path = target.with_name(target.name + end)
        if path.exists():
            kept = kept or path.with_name(f'{target.name}-unreadable-{stamp}{end}')
            os.replace(path, path.with_name(f'{target.name}-unreadable-{stamp}{end}'))
    return kept


# --- PostgreSQL: its own dump; put back within one transaction that is verified before it is kept ---

def environment(url):
    """Return the environment in which libpq's programs find the database of `url`."""
    given = parse(url, unquote_password=True)
    return os.environ | {ENVIRONMENT[name]: str(value) for name, value in given.items()
                         if name in ENVIRONMENT}


def program(name):
    """Return the path of one of PostgreSQL's programs that understands the open server: its own version, or
    a newer."""
    server = int(db.execute_sql('SHOW server_version_num').fetchone()[0]) // 10000
    found = {}
    for path in [shutil.which(name), *sorted(glob(f'/usr/lib/postgresql/*/bin/{name}'))]:
        if path:
            said = subprocess.run([path, '--version'], capture_output=True, text=True).stdout
            if version := re.search(r'\) (\d+)', said):
                found.setdefault(int(version.group(1)), path)
    fitting = [version for version in sorted(found) if version >= server]
    if not fitting:
        raise Failed(f'{name} {server} がありません。PostgreSQL {server} '
                     f'のクライアント（postgresql-client-{server} など）を入れてください。', 2)
    return found[fitting[0]]


def _run(words, env):
    done = subprocess.run(words, env=env, capture_output=True)
    if done.returncode:
        cause = ' '.join(done.stderr.decode(errors='replace').split())[-500:]
        raise Failed(f'{Path(words[0]).name} が失敗しました（{cause}）。')
    return done.stdout


def _backup_postgresql(part, url):
    if NEEDED - set(db.get_tables()):
        raise Failed('台帳のデータベースではありません。daicho migrate を実行してください。', 2)
    env, schema = environment(url), db.execute_sql('SELECT current_schema()').fetchone()[0]
    with db.atomic():
        # the head of the very state that is dumped
        db.cursor().execute('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY')
        head = trail.head()
        state = db.execute_sql('SELECT pg_export_snapshot()').fetchone()[0]
        _run([program('pg_dump'), '--format=custom', '--no-owner', '--no-privileges', '--no-password',
              f'--schema={schema}', f'--snapshot={state}', f'--file={part}'], env)
    checked = Checked(head.seq, head.hash, head.at)
    # to its end, packed data too
    _run([program('pg_restore'), f'--file={os.devnull}', str(part)], env)
    name = f'daicho_check_{secrets.token_hex(6)}'
    try:
        db.execute_sql(f'CREATE DATABASE {name} TEMPLATE template0')
    except ProgrammingError:
        return checked  # not permitted: the file is whole, its content was not verified
    try:
        with _at(connection.open_database(urlsplit(url)._replace(path=f'/{name}').geturl())):
            with db.atomic():
                _load(part, env)
                checked.verdict = _examine(upgrade=True).verdict
    except (verify.Unverifiable, PeeweeException) as error:
        raise Failed(f'写しを戻して確かめられないので、残していません（{error}）。') from None
    finally:
        db.execute_sql(f'DROP DATABASE {name}')
    return checked


def _load(path, env):
    """Run what a dump holds in the open transaction: tables, data, indexes, constraints, triggers; no
    schema, no owner."""
    restore = program('pg_restore')
    try:
        listed = _run([restore, '--list', str(path)], env).decode()
    except Failed as failed:
        raise Failed(f'写しは壊れています。何も変更していません（{failed}）。') from None
    left_out = re.compile(r'\d+; \d+ \d+ (SCHEMA|EXTENSION|COMMENT|ACL) ')
    chosen = '\n'.join(line for line in listed.split('\n') if not left_out.match(line))
    if not re.search(r' TABLE DATA \S+ trail_head ', chosen):
        raise Failed('台帳の写しではありません。何も変更していません。')
    with tempfile.NamedTemporaryFile('w', encoding='utf-8') as wanted:
        wanted.write(chosen)
        wanted.flush()
        words = [restore, '--no-owner', '--no-privileges', f'--use-list={wanted.name}', '--file=-', str(path)]
        with subprocess.Popen(words, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
            try:
                _execute(running.stdout)
            except BaseException:
                running.kill()
                raise
            said = running.stderr.read().decode(errors='replace')
        if running.returncode:
            raise Failed(f'写しは壊れています。何も変更していません（{" ".join(said.split())[-300:]}）。')
    db.execute_sql('RESET search_path')


def _execute(lines):
    """Run a script of pg_restore as psql would: statements, and the rows that follow a COPY."""
    cursor, waiting = db.cursor(), []
    for line in lines:
        if line.startswith(b'\\'):
            continue  # words for psql alone
        waiting.append(line)
        if line.startswith(b'COPY ') and line.endswith(b' FROM stdin;\n'):
            waiting.pop()
            if statements := b''.join(waiting):
                cursor.execute(statements)
            with cursor.copy(line) as copy:
                for row in lines:
                    if row == b'\\.\n':
                        break
                    copy.write(row)
            waiting = []
    if statements := b''.join(waiting):
        cursor.execute(statements)


def _restore_postgresql(path, url, production, replace, upgrade, altered):
    with _at(connection.open_database(url, production)):
        try:
            with db.atomic():
                if db.get_tables():
                    _empty(replace)
                _load(path, environment(url))
                checked = _examine(upgrade, altered)
        except (verify.Unverifiable, PeeweeException) as error:
            raise Failed(f'戻せませんでした。何も変更していません（{" ".join(str(error).split())[:300]}）'
                         '。') from None
        connection.look_again()
    return checked


def _empty(replace):
    """Drop the register that stands in the open database, within the transaction; refuse what is not ours to
    drop."""
    ours = {table._meta.table_name for table in TABLES} | {catalogue.HISTORY}
    if not replace:
        raise Failed('データベースが空ではありません。今の台帳と置き換えるときは、写しを取ってから '
                     '--replace を付けてください。')
    if strange := set(db.get_tables()) - ours:
        raise Failed(f'台帳のものでない表があります（{"、".join(sorted(strange))}）。'
                     '空のデータベースに戻してください。何も変更していません。')
    others = db.execute_sql("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND "
                            "pid <> "
                            "pg_backend_pid() AND backend_type = 'client backend'").fetchone()[0]
    if others:
        raise Failed(f'データベースに、ほかに{others}件の接続があります。サーバーを止めてから、'
                     'もう一度実行してください。')
    db.execute_sql("SET LOCAL lock_timeout = '10s'")
    for table in db.get_tables():
        db.execute_sql(f'DROP TABLE "{table}" CASCADE')
    for (name,) in list(db.execute_sql("SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace = "
                                       "current_schema()::regnamespace AND prorettype = 'trigger'::regtype "
                                       "AND NOT EXISTS "
                                       "(SELECT 1 FROM pg_depend WHERE objid = pg_proc.oid AND deptype = "
                                       "'e')")):
        db.execute_sql(f'DROP FUNCTION {name}')
