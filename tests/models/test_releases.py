"""Databases of every release come to today's form, their trail intact; released migrations are frozen.

`tests/data/releases` holds one small register of each release and of each form the first migration had
before it was frozen, made by the code of that day with its own commands: `migrate`, a few `import`s, `person
add`. SQLite's is the file, PostgreSQL's the output of `pg_dump --inserts`. A release adds its own pair
(`store_release.py`) and the checksums of its migrations.
"""
import hashlib
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime

import pytest
from earlier_releases import DATA, opened_at, stored
from paths import ROOT

from audits import verify
from models import Department, System, catalogue, db
from registry.core import connection
from registry.data import masters

RELEASES = sorted(path.name.removesuffix('.db.gz') for path in (DATA / 'releases').glob('*.db.gz'))
RELEASED = dict(reversed(line.split())
                for line in (DATA / 'released-migrations.txt').read_text().splitlines())
#: after every act of the stored registers
LATER = datetime(2026, 12, 1, tzinfo=UTC)


def test_a_released_migration_never_changes():
    for name, checksum in RELEASED.items():
        found = hashlib.sha256((catalogue.MIGRATIONS / name).read_bytes()).hexdigest()
        assert found == checksum, f'{name} was released: write a new migration instead'


def test_every_released_migration_is_listed():
    newest = max(RELEASED)
    between = [path.name for path in catalogue.MIGRATIONS.glob('[0-9]*.py') if path.name <= newest]
    assert sorted(between) == sorted(RELEASED), 'a migration was put before one that is released'


# --- the registers of earlier days ---

def trail_of():
    """Return the acts and changes that stand, as the engine gives them."""
    columns = ('seq, at, actor, actor_name, channel, kind, reason, request_id, changes, previous, hash',
               'act_id, place, table_name, row_id, label, kind, values_json')
    return [list(db.execute_sql(f'SELECT {names} FROM {table} ORDER BY 1, 2'))
            for names, table in zip(columns, ('act', 'change'), strict=True)]


def upgrade():
    return connection.migrate(lambda: masters.fill(LATER), LATER)


def test_there_is_one_register_of_each_form():
    assert RELEASES == ['0.1.0', '0.2.0', '0.3.0', '34f86b6', '683e50b', '85e8798', 'f25ae3b']


@pytest.mark.parametrize('release', RELEASES)
def test_a_release_is_upgraded(release, databases):
    url = stored(release, databases)
    with opened_at(url):
        acts, changes = trail_of()
        # the newest release has nothing to come to until the next one
        ahead = connection.pending_migrations()
        assert len(acts) > 10 and (ahead or release == '0.3.0')
        assert upgrade() == ahead
        assert connection.pending_migrations() == [] and connection.unknown_migrations() == []
        assert catalogue.differences() == []
        found = verify.verify()
        assert found.intact, found
        now = trail_of()
        assert now[0][:len(acts)] == acts and now[1][:len(changes)] == changes
        assert System.get(System.search_text.contains('住民記録')).system_no == 'S-1'
        assert Department.get(Department.search_text.contains('税務課')).code == '102'
        assert connection.migrate(lambda: masters.fill(LATER)) == [] and trail_of() == now
    databases.drop(url)


def test_a_form_that_is_not_known_is_refused_and_left_as_it_is(databases):
    url = stored('683e50b', databases)
    with opened_at(url):
        db.execute_sql('DROP INDEX "act_kind"')
        before, (acts, changes) = catalogue.read_schema(), trail_of()
        with pytest.raises(connection.Refused, match='act 索引「act_kind」がありません'):
            upgrade()
        assert catalogue.read_schema() == before and trail_of() == [acts, changes]
        assert '0002_one_form' in connection.pending_migrations()
    databases.drop(url)


def test_a_newer_database_is_refused(opened):
    db.execute_sql("INSERT INTO schema_migration (name, applied) VALUES ('9999_to_come', '2030-01-01 "
                   "00:00:00')")
    assert connection.unknown_migrations() == ['9999_to_come']
    with pytest.raises(connection.Refused, match='より新しい版'):
        connection.migrate()


# --- at once, and not to the end ---

def start(url, folder, *words):
    env = os.environ | {'DATABASE_URL': url, 'DAICHO_INSTANCE': str(folder), 'DAICHO_SECRET_KEY': 'k' * 40}
    return subprocess.Popen([sys.executable, '-m', 'registry.commands', *words], cwd=ROOT, env=env, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)


@pytest.mark.parametrize('release', ['683e50b', None], ids=['upgraded', 'new'])
def test_two_at_once_wait_for_each_other(release, databases, tmp_path):
    url = stored(release, databases) if release else databases.empty()
    running = [start(url, tmp_path, 'migrate') for _ in range(3)]
    said = [process.communicate(timeout=120)[1] for process in running]
    assert [process.returncode for process in running] == [0, 0, 0], said
    assert sorted('0002_one_form' in words for words in said) == [False, False, True]
    with opened_at(url):
        assert catalogue.differences() == [] and verify.verify().intact
    databases.drop(url)


def test_a_killed_migration_leaves_nothing_half(databases, tmp_path):
    url = stored('683e50b', databases)
    with opened_at(url):
        before, acts = catalogue.read_schema(), trail_of()
    killed = 0
    for wait in (0.4, 0.7, 1, 1.3, 1.6, 2):
        process = start(url, tmp_path, 'migrate')
        time.sleep(wait)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        with opened_at(url):
            if connection.pending_migrations():
                assert catalogue.read_schema() == before and trail_of() == acts
                killed += 1
                continue
            break
    process = start(url, tmp_path, 'migrate')
    said = process.communicate(timeout=120)
    assert process.returncode == 0, said
    with opened_at(url):
        assert killed and catalogue.differences() == [] and verify.verify().intact
    databases.drop(url)
