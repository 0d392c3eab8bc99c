"""Two write at once: the second waits shortly and is told in words; who reads never waits."""
import queue
import threading
import time

import desk as desks
import pytest
from form_posts import values

from audits import trail
from models import System, db
from registry.core import clock, connection

#: seconds that no page takes on a busy machine, and far fewer than an act of a command would wait
LONG = 60


@pytest.fixture
def patience():
    """Milliseconds that a page's write waits for another's."""
    return 500


@pytest.fixture
def it(patience, monkeypatch, app, client_of):
    monkeypatch.setattr(connection, 'WAIT', patience)
    monkeypatch.setitem(connection.SQLITE, 'busy_timeout', patience)
    db.initialize(connection.open_database(app.config['DATABASE_URL']))
    return client_of('it')


@pytest.fixture
def importing(it):
    """Somebody else's act, open until the event that is given is set, or for as long as the test runs."""
    opened, over = threading.Event(), threading.Event()

    def write():
        with db.connection_context(), trail.act('systems.import', by=None, at=clock.now(),
                                                channel='import') as act:
            row = System.get_by_id(2)
            row.site = '取込み中'
            act.save(row)
            opened.set()
            over.wait()
    writer = threading.Thread(target=write)
    writer.start()
    assert opened.wait(120)
    yield over
    over.set()
    writer.join()


def test_who_writes_meanwhile_is_told_and_keeps_what_was_typed(it, importing):
    typed = values(it, '/systems/1/edit') | {'summary': '打ち込んだ概要'}
    before = time.monotonic()
    answer = it.post('/systems/1/edit', data=typed)
    assert answer.status_code == 503 and time.monotonic() - before < LONG
    assert 'ほかの人の取込みが続いています' in answer.page.h1 and '打ち込んだ概要' in answer.page.text
    assert answer.headers['Retry-After']


def test_who_reads_meanwhile_does_not_wait(it, importing):
    for address in ('/', '/systems/', '/systems/1', '/systems/1/edit', '/trail/', '/search?q=税'):
        before = time.monotonic()
        assert it.get(address).status_code == 200
        assert time.monotonic() - before < LONG, address


@pytest.mark.parametrize('patience', [600_000])
def test_writers_that_wait_leave_threads_to_those_who_read(app, it, importing, monkeypatch):
    """One turn is taken by the import, one waits for it: the others are told long before its end."""
    monkeypatch.setattr(trail, 'TURN', 0.1)
    typed = values(it, '/systems/1/edit') | {'summary': '打ち込んだ概要'}
    cookie = it.get_cookie('daicho', domain='localhost')
    writers = [app.test_client() for _ in range(4)]
    for one in writers:
        one.set_cookie('daicho', cookie.value)
    answers = queue.Queue()
    threads = [threading.Thread(target=lambda one=one: answers.put(one.post('/systems/1/edit',
        data=typed).status_code)) for one in writers]
    for thread in threads:
        thread.start()
    try:
        assert [answers.get(timeout=LONG) for _ in range(3)] == [503] * 3
        assert sum(thread.is_alive() for thread in threads) >= 1 and answers.empty()
    finally:
        importing.set()
        for thread in threads:
            thread.join()
    assert answers.get_nowait() == 303


def test_a_command_that_cannot_write_says_so(tmp_path, monkeypatch):
    desk = desks.empty(tmp_path)

    def busy(*args, **kwargs):
        raise trail.Busy('others are writing')
    monkeypatch.setattr(trail, 'act', busy)
    result = desk.run('import', 'departments', desk.file('a.csv',
        '所属コード,名称,有効開始日\n0101,課,2020-04-01\n'))
    assert result.exit_code == 1 and '書込みが続いているため' in result.stderr
    assert '何も変更していません' in result.stderr
