"""Copies of a PostgreSQL register: its own dump, put back and verified in one transaction."""
import os
import re
import secrets
import shutil
import subprocess
import tempfile
from glob import glob
from pathlib import Path
from urllib.parse import urlsplit

from peewee import PeeweeException, ProgrammingError
from playhouse.db_url import parse

from audits import trail, verify
from models import TABLES, Attachment, catalogue, db

from ..core import connection
from .copies import REQUIRED_TABLES, Checked, Failed, examine, using_database

#: where libpq's programs look for what stands in DATABASE_URL: a password on a command line is everybody's
#: to read
ENVIRONMENT = {'host': 'PGHOST', 'port': 'PGPORT', 'user': 'PGUSER', 'password': 'PGPASSWORD',
               'database': 'PGDATABASE', 'sslmode': 'PGSSLMODE', 'sslrootcert': 'PGSSLROOTCERT',
               'sslcert': 'PGSSLCERT', 'sslkey': 'PGSSLKEY', 'options': 'PGOPTIONS',
               'connect_timeout': 'PGCONNECT_TIMEOUT', 'passfile': 'PGPASSFILE', 'service': 'PGSERVICE',
               'channel_binding': 'PGCHANNELBINDING'}


def environment(url):
    """Return the environment in which libpq's programs find the database of `url`."""
    given = parse(url, unquote_password=True)
    return os.environ | {ENVIRONMENT[name]: str(value) for name, value in given.items()
                         if name in ENVIRONMENT}


def program(name):
    """Return the path of a PostgreSQL program at least as new as the open server.

    Raise Failed when none is installed.
    """
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


def backup_postgresql(part, url):
    if REQUIRED_TABLES - set(db.get_tables()):
        raise Failed('台帳のデータベースではありません。daicho migrate を実行してください。', 2)
    env, schema = environment(url), db.execute_sql('SELECT current_schema()').fetchone()[0]
    with db.atomic():
        # the head of the very state that is dumped
        db.cursor().execute('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY')
        head = trail.head()
        rows = Attachment.select(Attachment.id, Attachment.name, Attachment.sha256, Attachment.size)
        known = Attachment._meta.table_name in db.get_tables()
        documents = list(rows.order_by(Attachment.id).tuples()) if known else []
        state = db.execute_sql('SELECT pg_export_snapshot()').fetchone()[0]
        _run([program('pg_dump'), '--format=custom', '--no-owner', '--no-privileges', '--no-password',
              f'--schema={schema}', f'--snapshot={state}', f'--file={part}'], env)
    checked = Checked(head.seq, head.hash, head.at, documents=documents)
    # to its end, packed data too
    _run([program('pg_restore'), f'--file={os.devnull}', str(part)], env)
    name = f'daicho_check_{secrets.token_hex(6)}'
    try:
        db.execute_sql(f'CREATE DATABASE {name} TEMPLATE template0')
    except ProgrammingError:
        return checked  # not permitted: the file is whole, its content was not verified
    try:
        with using_database(connection.open_database(urlsplit(url)._replace(path=f'/{name}').geturl())):
            with db.atomic():
                _load(part, env)
                checked.verdict = examine(upgrade=True).verdict
    except (verify.Unverifiable, PeeweeException) as error:
        raise Failed(f'写しを戻して確かめられないので、残していません（{error}）。') from None
    finally:
        db.execute_sql(f'DROP DATABASE {name}')
    return checked


def _load(path, env):
    """Run a dump in the open transaction: tables, data, indexes, constraints and triggers.

    Schemas and owners are left out.
    """
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


def restore_postgresql(path, url, store, production, replace, upgrade, altered):
    with using_database(connection.open_database(url, production)):
        try:
            with db.atomic():
                if db.get_tables():
                    _empty(replace)
                _load(path, environment(url))
                checked = examine(upgrade, altered, store)
        except (verify.Unverifiable, PeeweeException) as error:
            raise Failed(f'戻せませんでした。何も変更していません（{" ".join(str(error).split())[:300]}）'
                         '。') from None
        connection.settle()
    return checked


def _empty(replace):
    """Drop the register in the open database within the transaction; raise Failed on other tables."""
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
