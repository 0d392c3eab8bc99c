"""Store the register that a release is upgraded from in later tests, of both engines, by its own commands.

    python tests/store_release.py 0.3.0

It asks for PostgreSQL's programs and writes `tests/data/releases/<release>.db.gz` and `.sql.gz`.
"""
import gzip
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parent / 'endurance')]

from desk import FILES, Desk  # noqa: E402
from house import PASSWORD, Postgres  # noqa: E402

RELEASES = Path(__file__).parent / 'data' / 'releases'
ROLES = 'admin', 'it', 'department'
VENDORS = 'vendor_no,name,kana', [['V-1', '株式会社みどり', 'カブシキガイシャミドリ'], ['V-2', '㈱あお', '']]
CONTRACTS = 'contract_no,title,department_code,vendor_no,system_nos,state,ends_on', [
    ['K-1', '住民記録システム保守', '101', 'V-1', 'S-1;S-2', '要確認', '2031-03-31'],
    ['K-2', '図書予約', '102', '', 'S-3', '要確認', '']]


def done(desk, *words, stdin=None):
    found = desk.run(*words, stdin=stdin)
    assert found.exit_code == 0, (words, found.output, found.stderr)
    return found


def fill(folder):
    """Return the Desk of a new register filled as an office would, of today's date."""
    desk = Desk(folder)
    desk.env.pop('DAICHO_TODAY')
    done(desk, 'migrate')
    desk.load(*(kind for kind in FILES if kind not in ('vendors', 'contracts')))
    for kind, (headers, rows) in (('vendors', VENDORS), ('contracts', CONTRACTS)):
        assert desk.table(kind, *rows, headers=headers.split(','))['create'] == len(rows)
    for role in ROLES:
        done(desk, 'person', 'add', f'{role}@example.jp', '--name', f'利用者（{role}）', '--role', role,
             '--department', '101', '--password-stdin', stdin=f'{PASSWORD}\n')
    return desk


def store(release):
    """Write the register of each engine."""
    with tempfile.TemporaryDirectory() as folder:
        path = fill(folder).env['DATABASE_URL'].removeprefix('sqlite:///')
        (RELEASES / f'{release}.db.gz').write_bytes(gzip.compress(Path(path).read_bytes(), mtime=0))
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as home:
        server = Postgres(Path(home))
        try:
            os.environ['DAICHO_TEST_SERVER'] = home
            url = fill(folder).env['DATABASE_URL']
            dumped = subprocess.run([server.programs / 'pg_dump', '--inserts', '--no-owner', url], check=True,
                                    stdout=subprocess.PIPE).stdout
        finally:
            server.stop()
        (RELEASES / f'{release}.sql.gz').write_bytes(gzip.compress(dumped, mtime=0))


if __name__ == '__main__':
    store(sys.argv[1])
