"""A real PostgreSQL of our own, for as long as the tests run."""
import glob
import os
import pwd
import subprocess
import tempfile
from contextlib import contextmanager
from types import SimpleNamespace

import psycopg
import pytest


@contextmanager
def running(folder):
    """Yield a server's home in `folder` and a connection to it (`control`); without programs a test fails."""
    found = sorted(glob.glob('/usr/lib/postgresql/*/bin'))
    if not found:
        pytest.fail('no /usr/lib/postgresql/*/bin: install PostgreSQL (tests/tools.sh does), or unset '
                    'DAICHO_TEST_DATABASE')
    programs = found[-1]
    # the socket's path has a limit of about 100 characters, so not in pytest's deep folders
    home = tempfile.mkdtemp(prefix='daicho-', dir=folder)
    run = {'check': True, 'stdout': subprocess.DEVNULL, 'cwd': '/'}
    if os.geteuid() == 0:
        user = next(pwd.getpwnam(name) for name in ('postgres', 'nobody')
                    if name in {p.pw_name for p in pwd.getpwall()})
        os.chown(home, user.pw_uid, user.pw_gid)
        run.update(user=user.pw_uid, group=user.pw_gid, extra_groups=[])
    subprocess.run([f'{programs}/initdb', '-D', f'{home}/data', '-U', 'daicho', '-A', 'trust', '-E', 'UTF8',
                    '--locale=C.UTF-8', '--no-sync'], **run)
    quick = ('-c fsync=off -c full_page_writes=off -c synchronous_commit=off -c shared_buffers=64MB '
             '-c wal_level=minimal -c max_wal_senders=0 -c autovacuum=off')
    subprocess.run([f'{programs}/pg_ctl', '-D', f'{home}/data', '-w', '-t', '600', '-l', f'{home}/log', '-o',
                    f"-c listen_addresses='' -c unix_socket_directories={home} {quick}", 'start'], **run)
    try:
        with psycopg.connect(f'host={home} user=daicho dbname=postgres', autocommit=True) as control:
            yield SimpleNamespace(home=home, control=control)
    finally:
        subprocess.run([f'{programs}/pg_ctl', '-D', f'{home}/data', '-m', 'immediate', 'stop'], **run)
        # some hundred databases: nobody need wait for it
        subprocess.run(['sh', '-c', 'rm -rf "$0" >/dev/null 2>&1 &', home], check=True)
