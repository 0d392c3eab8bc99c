"""Troubles of disk and database: said in words, with what was typed, and recovered from without hands."""
import errno
import os
import shutil
import sqlite3
from io import BytesIO
from pathlib import Path

import pytest
from cast import TODAY
from click.testing import CliRunner
from engine import ENGINE
from peewee import DataError, OperationalError
from playhouse.pool import MaxConnectionsExceeded

from audits import trail
from models import Course, db
from registry import commands
from registry.core import clock, connection, troubles
from registry.web import uploads


def on(engine):
    """Return what leaves a test out of the run on the other engine."""
    return lambda test: test if engine == ENGINE else None


ON_SQLITE, ON_POSTGRESQL = on('sqlite'), on('postgresql')
TYPED = {'code': 'F-1', 'fiscal_year': '2026', 'name': '消えてはならない研修', 'category': 'security',
         'mandatory': '1'}


def path():
    return Path(db.obj.database)


def courses():
    with db.connection_context():
        return Course.select().where(Course.code == 'F-1').count(), trail.head().seq


def removed():
    path().rename(path().with_suffix('.away'))


def replaced():
    shutil.copy(path(), path().with_suffix('.new'))
    path().with_suffix('.new').rename(path())


def readonly():
    db.obj._pragmas = [*db.obj._pragmas, ('query_only', 1)]
    db.close_all()


def locked():
    db.obj._pragmas = [(name, 50 if name == 'busy_timeout' else value) for name, value in db.obj._pragmas]
    db.close_all()
    held = sqlite3.connect(path(), isolation_level=None)
    held.execute('BEGIN IMMEDIATE')
    return held


def corrupt():
    db.close_all()
    for end in ('-wal', '-shm'):
        Path(f'{path()}{end}').unlink(missing_ok=True)
    path().write_bytes(os.urandom(100_000))


def unprepared():
    db.close_all()
    made = path().with_suffix('.empty')
    sqlite3.connect(made).close()
    made.touch()
    for end in ('-wal', '-shm'):
        Path(f'{path()}{end}').unlink(missing_ok=True)
    made.rename(path())
    db.obj.opened = None


FAULTS = {removed: 'moved', replaced: 'moved', readonly: 'readonly', locked: 'busy', corrupt: 'corrupt',
          unprepared: 'schema'}


@ON_SQLITE
@pytest.mark.parametrize('fault', FAULTS)
def test_a_failing_file_is_said_with_what_was_typed(app, client_of, fault):
    browser = client_of('it')
    assert browser.get('/courses/new').status_code == 200
    held = fault()
    answer = browser.post('/courses/new', data=TYPED)
    # who waits for another's writing is told so
    title, action = ('ほかの人の取込みが続いています',
                     '1分ほど待ってから') if fault is locked else troubles.MESSAGES[FAULTS[fault]]
    assert answer.status_code == 503 and answer.page.h1 == title and action in answer.page.text
    assert TYPED['name'] in answer.page.text and ('保存していません' if fault is locked
        else '何も変更していません') in answer.page.text
    assert answer.headers['X-Request-Id'] in answer.page.text and answer.headers['Content-Security-Policy']
    if held:
        held.close()


@ON_SQLITE
@pytest.mark.parametrize('fault', [removed, replaced])
def test_a_file_that_comes_back_is_written_again(app, client_of, fault):
    browser, stood, kept = client_of('it'), courses(), path().with_suffix('.kept')
    os.link(path(), kept)
    fault()
    for address in ('/', '/courses/', '/trail/'):
        assert browser.get(address).status_code == 503
    assert browser.get('/readyz').status_code == 503 and browser.get('/healthz').status_code == 200
    kept.rename(path())
    assert courses() == stood
    assert browser.post('/courses/new', data=TYPED).status_code == 303
    assert courses() == (1, stood[1] + 1)


@ON_SQLITE
def test_a_full_disk_is_said(app, client_of, monkeypatch):
    browser = client_of('it')
    with db.connection_context():
        pages = db.execute_sql('PRAGMA page_count').fetchone()[0]
    db.close_all()
    db.obj._pragmas = [*db.obj._pragmas, ('max_page_count', pages)]
    for number in range(300):
        answer = browser.post('/courses/new', data=TYPED | {'code': f'D-{number}'})
        if answer.status_code != 303:
            break
    assert answer.status_code == 503 and answer.page.h1 == troubles.MESSAGES['full'][0] and TYPED[
        'name'] in answer.page.text
    assert browser.get('/courses/').status_code == 200


def test_a_disk_without_room_for_an_upload_is_said(client_of, monkeypatch):
    def refuse(*args, **kwargs):
        raise OSError(errno.ENOSPC, 'No space left on device')
    browser = client_of('it')
    monkeypatch.setattr(uploads, 'store_upload', refuse)
    answer = browser.post('/files/', data={'kind': 'courses', 'encoding': 'auto',
                                           'file': (BytesIO(b'code\nA\n'), 'a.csv')},
                          content_type='multipart/form-data')
    assert answer.status_code == 503 and answer.page.h1 == troubles.MESSAGES['full'][0]


@ON_POSTGRESQL
def test_a_read_only_server_is_said_and_not_ready(app, client_of):
    browser = client_of('it')
    with db.connection_context():
        db.execute_sql(f'ALTER DATABASE {db.obj.database} SET default_transaction_read_only = on')
    db.close_all()
    answer = browser.post('/courses/new', data=TYPED)
    assert answer.status_code == 503 and answer.page.h1 == troubles.MESSAGES['readonly'][0] and TYPED[
        'name'] in answer.page.text
    assert browser.get('/readyz').status_code == 503 and browser.get('/courses/').status_code == 200


@pytest.fixture
def nowhere(app):
    """A function that has the database gone: nobody listens where it was."""
    def leave():
        db.close_all()
        db.initialize(connection.open_database('postgresql://daicho@127.0.0.1:1/daicho?connect_timeout=1'))
    return leave


@pytest.mark.parametrize('who', ['it', 'department', None])
@pytest.mark.parametrize('address', ['/', '/systems/', '/courses/new', '/trail/', '/account', '/nowhere'])
def test_with_the_database_gone_everyone_is_told(client_of, nowhere, who, address):
    browser = client_of(who)
    nowhere()
    for answer in (browser.get(address), browser.post(address, data=TYPED)):
        assert answer.status_code == 503 and answer.page.h1 == troubles.MESSAGES['unreachable'][0], address
    assert TYPED['name'] in answer.page.text
    assert browser.get('/readyz').status_code == 503 and browser.get('/healthz').status_code == 200


def test_a_connection_lost_on_the_way_is_not_called_undone(client_of, monkeypatch):
    browser = client_of('it')

    def lose(*args, **kwargs):
        raise OperationalError('server closed the connection unexpectedly')
    monkeypatch.setattr('audits.trail.act', lose)
    answer = browser.post('/courses/new', data=TYPED)
    assert answer.status_code == 503 and '確かめられませんでした' in answer.page.text
    assert '何も変更していません' not in answer.page.text


def test_only_what_the_database_does_is_its_fault():
    assert troubles.diagnose(DataError('value too long')) is None and troubles.diagnose(OSError(errno.ENOENT,
        'x')) is None
    assert troubles.diagnose(MaxConnectionsExceeded()) == 'busy' and troubles.diagnose(OSError(errno.EROFS,
        'x')) == 'readonly'


# --- at the start ---
def run(desk_env, *words):
    return CliRunner(env=desk_env).invoke(commands.main, words)


def spoiled(folder):
    (folder / 'daicho.db').write_bytes(os.urandom(50_000))


def no_folder(folder):
    folder.rmdir()
    folder.write_text('a file where a folder should be')


def no_key(folder):
    (folder / 'secret-key').write_text('')


def unmigrated(folder):
    sqlite3.connect(folder / 'daicho.db').close()


@pytest.mark.parametrize(('fault', 'status', 'words'), [
    (spoiled, 1, 'データベースが壊れています'), (no_folder, 2, '読み書きできません'),
    (no_key, 2, '署名鍵が欠けています'),
    (unmigrated, 1, 'daicho migrate')])
@pytest.mark.parametrize('command', [('serve', '--port', '1'), ('trail', 'head'), ('export', 'systems'),
                                     ('kpi',)])
def test_a_command_says_in_one_sentence_what_is_wrong(tmp_path, monkeypatch, fault, status, words, command):
    folder = tmp_path / 'instance'
    folder.mkdir()
    fault(folder)
    for name in ('DATABASE_URL', 'DAICHO_SECRET_KEY'):
        monkeypatch.delenv(name, raising=False)
    found = run({'DAICHO_INSTANCE': str(folder)}, *command)
    clock.pin(TODAY)
    assert found.exit_code == status and isinstance(found.exception, SystemExit)
    assert words in found.output and len(found.output.splitlines()) == 1


def mistaken(folder):
    (folder / 'daicho.db').mkdir()


@pytest.mark.parametrize(('fault', 'words'), [
    ('full', 'ディスクがいっぱいで保存できません'), ('readonly', 'データベースに書き込めません'),
    ('missing', 'データベースのファイルを開けません')])
@pytest.mark.parametrize('command', [('serve', '--port', '1'), ('trail', 'head')])
def test_a_file_that_cannot_be_opened_is_said_with_its_reason(tmp_path, monkeypatch, fault, words, command):
    folder = tmp_path / 'instance'
    folder.mkdir()
    mistaken(folder)
    if fault != 'missing':
        monkeypatch.setattr(Path, 'is_dir', lambda path: path == folder)
    if fault == 'full':
        used = shutil.disk_usage('/')
        monkeypatch.setattr(troubles.shutil, 'disk_usage', lambda folder: used._replace(free=1000))
    if fault == 'readonly':
        monkeypatch.setattr(troubles.os, 'access', lambda path, mode: path != folder)
    monkeypatch.delenv('DATABASE_URL', raising=False)
    found = run({'DAICHO_INSTANCE': str(folder)}, *command)
    clock.pin(TODAY)
    assert found.exit_code == 1 and words in found.output and len(found.output.splitlines()) == 1


@ON_SQLITE
def test_a_file_that_cannot_be_read_on_is_said(app, client_of):
    browser = client_of('it')
    db.close_all()
    path().unlink()
    path().mkdir()
    db.obj.opened = None
    answer = browser.post('/courses/new', data=TYPED)
    path().rmdir()
    assert answer.status_code == 503 and answer.page.h1 == troubles.MESSAGES['missing'][0] and TYPED[
        'name'] in answer.page.text
    assert '何も変更していません' in answer.page.text


def test_a_server_that_cannot_write_says_so_at_the_start(tmp_path, monkeypatch):
    monkeypatch.delenv('DATABASE_URL', raising=False)
    monkeypatch.setattr('registry.web.serving.serve', lambda *args: None)
    env = {'DAICHO_INSTANCE': str(tmp_path)}
    assert run(env, 'migrate').exit_code == 0
    monkeypatch.setattr(connection, 'readiness_problem', lambda: 'readonly')
    found = run(env, 'serve')
    clock.pin(TODAY)
    assert found.exit_code == 0 and 'データベースに書き込めません。情報政策' in found.stderr


def test_a_database_out_of_reach_is_said_at_the_start(tmp_path):
    found = run({'DAICHO_INSTANCE': str(tmp_path),
                 'DATABASE_URL': 'postgresql://daicho:himitsu@127.0.0.1:1/daicho?connect_timeout=1'},
                'serve', '--port', '1')
    clock.pin(TODAY)
    assert found.exit_code == 1 and 'データベースにつながりません' in found.output
    assert 'himitsu' not in found.output
    assert len(found.output.splitlines()) == 1


# --- whether it can be written ---
@ON_SQLITE
@pytest.mark.parametrize('fault', [corrupt, unprepared, removed])
def test_not_ready(app, fault):
    browser = app.test_client()
    assert browser.get('/readyz').status_code == 200
    fault()
    assert browser.get('/readyz').status_code == 503 and browser.get('/healthz').status_code == 200


@ON_SQLITE
def test_not_ready_where_nothing_can_be_written(app, monkeypatch):
    browser = app.test_client()
    assert browser.get('/readyz').status_code == 200
    db.close_all()
    db.obj.connect_params['uri'], db.obj.database, db.obj.opened = True, f'file:{path()}?mode=ro', None
    assert browser.get('/readyz').status_code == 503


@ON_SQLITE
def test_not_ready_without_room_on_the_disk(app, monkeypatch):
    browser = app.test_client()
    used = shutil.disk_usage('/')
    monkeypatch.setattr(connection.shutil, 'disk_usage', lambda folder: used._replace(free=1000))
    assert browser.get('/readyz').status_code == 503


@ON_SQLITE
def test_ready_while_someone_writes_and_without_a_trace(app):
    browser, head = app.test_client(), courses()
    held = locked()
    assert browser.get('/readyz').status_code == 200
    held.close()
    assert courses() == head
