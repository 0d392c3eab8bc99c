"""The server's processes: one that dies is replaced, none outlives the one that watches over them."""
import csv
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlencode

import desk as desks
import pytest

from audits import trail
from models import Person
from registry import clock

ROOT = Path(__file__).parents[2]


def until(found, seconds=30):
    """Wait for `found()` to be true and return it."""
    end = time.monotonic() + seconds
    while not (answer := found()):
        assert time.monotonic() < end, 'it did not come'
        time.sleep(0.05)
    return answer


def children(pid):
    try:
        return {int(child) for child in Path(f'/proc/{pid}/task/{pid}/children').read_text().split()}
    except FileNotFoundError:
        return set()


def runs(pid):
    """Tell whether a process lives; one that waits to be reaped does not."""
    try:
        return Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()[0] != 'Z'
    except FileNotFoundError:
        return False


def free(port):
    try:
        with socket.create_server(('127.0.0.1', port)):
            return True
    except OSError:
        return False


def hears_interrupts():
    """A shell starts background jobs deaf to SIGINT, and children inherit it; the server under test must hear it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Server:
    def __init__(self, env):
        with socket.socket() as unused:
            unused.bind(('127.0.0.1', 0))
            self.port = unused.getsockname()[1]
        self.process = subprocess.Popen([sys.executable, '-m', 'registry.commands', 'serve', '--port', str(self.port)],
                                        cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                        preexec_fn=hears_interrupts)
        until(self.answers)
        self.workers = until(lambda: len(found := children(self.process.pid)) == 2 and found)

    def answers(self):
        assert self.process.poll() is None, self.process.stderr.read().decode()
        try:
            with urllib.request.urlopen(f'http://127.0.0.1:{self.port}/readyz', timeout=5) as answer:
                return answer.status == 200
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False


@pytest.fixture
def desk(tmp_path):
    return desks.empty(tmp_path)


@pytest.fixture
def env(desk):
    return {name: value for name, value in os.environ.items() if not name.startswith('DAICHO_')} | desk.env


@pytest.fixture
def server(env):
    made = Server(env)
    yield made
    if made.process.poll() is None:
        made.process.terminate()
    made.process.wait(20)
    made.process.stderr.close()


def test_a_process_that_dies_is_replaced(server):
    gone = min(server.workers)
    os.kill(gone, signal.SIGKILL)
    now = until(lambda: len(found := children(server.process.pid) - {gone}) == 2 and found)
    assert len(now - server.workers) == 1
    assert all(server.answers() for _ in range(8))


def sockets(pid):
    return sum(os.readlink(entry).startswith('socket:') for entry in Path(f'/proc/{pid}/fd').iterdir())


def test_the_emptier_process_takes_the_next_connection(server):
    busy, idle = server.workers
    opened = []

    def visit(count):
        for _ in range(count):
            opened.append(http.client.HTTPConnection('127.0.0.1', server.port, timeout=20))
            opened[-1].request('GET', '/healthz')
            assert opened[-1].getresponse().read()
    try:
        os.kill(idle, signal.SIGSTOP)
        visit(12)
        os.kill(idle, signal.SIGCONT)
        before = sockets(busy), sockets(idle)
        visit(10)
        taken = sockets(busy) - before[0], sockets(idle) - before[1]
        assert sum(taken) == 10 and taken[1] >= 8
    finally:
        for connection in opened:
            connection.close()


@pytest.mark.parametrize('word', [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_none_outlives_the_one_that_watches(server, word):
    server.process.send_signal(word)
    server.process.wait(20)
    assert server.process.returncode == (0 if word != signal.SIGKILL else -signal.SIGKILL)
    until(lambda: not any(runs(pid) for pid in server.workers))
    until(lambda: free(server.port))


def test_a_taken_address_is_said(server, env):
    done = subprocess.run([sys.executable, '-m', 'registry.commands', 'serve', '--port', str(server.port)], cwd=ROOT, env=env,
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and '--port' in done.stderr and 'Traceback' not in done.stderr


class Visitor:
    """One person at a browser's distance: a keep-alive connection, a cookie, the forms' tokens."""

    def __init__(self, port):
        self.connection, self.cookie = http.client.HTTPConnection('127.0.0.1', port, timeout=20), ''

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def sign_in(self, email, password):
        assert self.send('/sign-in', email=email, password=password) == 303

    def ask(self, method, path, body=None):
        self.connection.request(method, path, body, {
            'Cookie': self.cookie, **({'Content-Type': 'application/x-www-form-urlencoded'} if body else {})})
        answer = self.connection.getresponse()
        text = answer.read().decode()
        if kept := answer.getheader('Set-Cookie'):
            self.cookie = kept.partition(';')[0]
        return answer.status, text

    def send(self, path, **fields):
        """Fill in the form at `path` and return the status of the answer."""
        _, page = self.ask('GET', path)
        token = re.findall(r'name="csrf_token"[^>]*value="([^"]+)"', page)[-1]
        return self.ask('POST', path, urlencode({'csrf_token': token, **fields}))[0]


PASSWORD = 'meguro-himonya-1234'


def enlist(desk, email, role):
    assert desk.run('person', 'add', email, '--name', '係', '--department', '101', '--role', role, '--password-stdin',
                    stdin=PASSWORD + '\n').exit_code == 0
    with desk.open(), trail.act('people.password', by=None, at=clock.now()) as act:
        person = Person.get(Person.email == email)
        person.one_time_until = None  # as once they have changed it
        act.save(person)


def test_the_log_has_a_line_for_each_request_and_nothing_that_was_typed(desk, server):
    desk.load('departments')
    enlist(desk, 'tanto@example.jp', 'department')
    with Visitor(server.port) as visitor:
        assert visitor.ask('GET', '/nowhere')[0] == 404
        assert visitor.send('/sign-in', email='tanto@example.jp', password='not-this-one-9876') == 422
        visitor.sign_in('tanto@example.jp', PASSWORD)
        assert visitor.ask('GET', '/systems/?q=%E7%A7%98%E5%AF%86&sort=name')[0] == 200
        status, page = visitor.ask('GET', '/trail/')
        assert status == 403
    server.process.terminate()
    text = server.process.stderr.read().decode()
    server.process.wait(20)
    lines = [json.loads(line) for line in text.splitlines() if line.startswith('{')]
    signed = [line for line in lines if line['event'] == 'sign-in']
    lines = [line for line in lines if line['event'] != 'sign-in' and (line['path'] not in ('/readyz', '/sign-in') or line['method'] == 'POST')]
    assert [(line['method'], line['path'], line['status']) for line in lines] == [
        ('GET', '/nowhere', 404), ('POST', '/sign-in', 422), ('POST', '/sign-in', 303), ('GET', '/systems/', 200), ('GET', '/trail/', 403)]
    assert {line['event'] for line in lines} == {'request'} and len({line['id'] for line in lines}) == 5
    assert [(line['id'], line['outcome']) for line in signed] == [(lines[1]['id'], 'failed'), (lines[2]['id'], 'signed in')]
    known = [line['person'] for line in lines]
    assert known[:2] == [None, None] and known[2] and set(known[2:]) == {known[2]}
    assert lines[-1]['id'] in page  # the number a person reads out is the one to look for
    for typed in ('not-this-one', PASSWORD, 'tanto@', '秘密', '%E7%A7%98'):
        assert typed not in text, typed


def test_killed_at_any_moment_nothing_acknowledged_is_lost_and_no_act_is_half(desk, env):
    desk.load('departments')
    enlist(desk, 'it@example.jp', 'it')
    acknowledged = []

    def write(server, name):
        with suppress(OSError, http.client.HTTPException), Visitor(server.port) as visitor:  # until the server is gone
            visitor.sign_in('it@example.jp', PASSWORD)
            for number in range(1000):
                code = f'{name}-{number}'
                if visitor.send('/courses/new', code=code, fiscal_year='2026', name='研修', category='security', mandatory='1') == 303:
                    acknowledged.append(code)

    for turn in range(3):
        server = Server(env)
        before = len(acknowledged)
        writers = [threading.Thread(target=write, args=(server, f'K{turn}{one}')) for one in 'AB']
        for writer in writers:
            writer.start()
        until(lambda before=before, turn=turn: len(acknowledged) >= before + 3 * (turn + 1))
        for pid in (server.process.pid, *server.workers):
            os.kill(pid, signal.SIGKILL)
        server.process.wait(20)
        server.process.stderr.close()
        for writer in writers:
            writer.join()

    assert desk.run('trail', 'verify').exit_code == 0
    kept = {row[0] for row in csv.reader(desk.export('courses', 'courses.csv').read_text('utf-8-sig').splitlines()[1:])}
    assert set(acknowledged) <= kept and len(kept - set(acknowledged)) <= 6


def test_what_the_server_refuses_is_said_in_words(server):
    connection = http.client.HTTPConnection('127.0.0.1', server.port, timeout=20)
    connection.putrequest('POST', '/files/')
    connection.putheader('Content-Length', str(2 * 1024 ** 3))
    connection.endheaders()
    answer = connection.getresponse()
    words = answer.read().decode()
    assert answer.status == 413 and 'ファイルは20MBまでです' in words and 'generated by' not in words
    assert answer.getheader('Content-Type') == 'text/html; charset=utf-8'
