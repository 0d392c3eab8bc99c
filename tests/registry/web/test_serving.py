"""The server's processes: one that dies is replaced, none outlives the one that watches over them."""
import csv
import http.client
import json
import os
import resource
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from urllib.parse import urlencode

import desk as desks
import pytest
from html_page import Page
from live_server import PASSWORD, Raw, Server, Visitor, children, enlist, free, runs, until
from paths import ROOT
from ports import free_port


@pytest.fixture
def desk(tmp_path):
    return desks.empty(tmp_path)


@pytest.fixture
def env(desk):
    return {name: value for name, value in os.environ.items() if not name.startswith('DAICHO_')} | desk.env


@pytest.fixture
def server(env):
    made = Server(env, patience=600)  # a machine busy with something else sends slowly
    yield made
    if made.process.poll() is None:
        made.process.terminate()
    made.process.wait(120)
    made.process.stderr.close()


def test_a_process_that_dies_is_replaced(server):
    gone = min(server.workers)
    os.kill(gone, signal.SIGKILL)
    now = until(lambda: len(found := children(server.process.pid) - {gone}) == 2 and found)
    assert len(now - server.workers) == 1
    assert all(server.answers() for _ in range(8))


@pytest.mark.engine_free
@pytest.mark.parametrize('word', [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_none_outlives_the_one_that_watches(server, word):
    server.process.send_signal(word)
    server.process.wait(120)
    assert server.process.returncode == (0 if word != signal.SIGKILL else -signal.SIGKILL)
    until(lambda: not any(runs(pid) for pid in server.workers))
    until(lambda: free(server.port))


@pytest.mark.engine_free
def test_a_stop_of_the_whole_group_is_a_stop(server):
    for pid in (*server.workers, server.process.pid):
        os.kill(pid, signal.SIGINT)
    assert server.process.wait(120) == 0


@pytest.mark.engine_free
def test_a_taken_address_is_said(server, env):
    done = subprocess.run([sys.executable, '-m', 'registry.commands', 'serve', '--port', str(server.port)],
                          cwd=ROOT, env=env,
                          capture_output=True, text=True, timeout=300)
    assert done.returncode == 1 and '--port' in done.stderr and 'Traceback' not in done.stderr


@pytest.mark.engine_free
def test_the_log_has_a_line_for_each_request_and_nothing_that_was_typed(desk, server):
    desk.load('departments')
    enlist(desk, 'tanto@example.jp', 'department')
    visitor = Visitor(server.port)
    assert visitor.ask('GET', '/nowhere')[0] == 404
    assert visitor.send('/sign-in', email='tanto@example.jp', password='not-this-one-9876') == 422
    visitor.sign_in('tanto@example.jp', PASSWORD)
    assert visitor.ask('GET', '/systems/?q=%E7%A7%98%E5%AF%86&sort=name')[0] == 200
    status, page = visitor.ask('GET', '/trail/')
    assert status == 403
    server.process.terminate()
    text = server.process.stderr.read().decode()
    server.process.wait(120)
    address, *lines = text.splitlines()
    assert address.endswith(f'http://127.0.0.1:{server.port}/')
    lines = [json.loads(line) for line in lines]
    signed = [line for line in lines if line['event'] == 'sign-in']
    lines = [line for line in lines if line['event'] == 'request'
             and line['path'] not in ('/readyz', '/sign-in')
             or line.get('method') == 'POST']
    assert [(line['method'], line['path'], line['status']) for line in lines] == [
        ('GET', '/nowhere', 404), ('POST', '/sign-in', 422), ('POST', '/sign-in', 303),
        ('GET', '/systems/', 200), ('GET', '/trail/', 403)]
    assert {line['event'] for line in lines} == {'request'} and len({line['id'] for line in lines}) == 5
    assert [(line['id'], line['outcome']) for line in signed] == [(lines[1]['id'], 'failed'),
        (lines[2]['id'], 'signed in')]
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
        with suppress(OSError, http.client.HTTPException):  # until the server is gone
            visitor = Visitor(server.port)
            visitor.sign_in('it@example.jp', PASSWORD)
            for number in range(1000):
                code = f'{name}-{number}'
                if visitor.send('/courses/new', code=code, fiscal_year='2026', name='研修',
                                category='security', mandatory='1') == 303:
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
        server.process.wait(120)
        server.process.stderr.close()
        for writer in writers:
            writer.join()

    assert desk.run('trail', 'verify').exit_code == 0
    kept = {row[0] for row in csv.reader(desk.export('courses',
        'courses.csv').read_text('utf-8-sig').splitlines()[1:])}
    assert set(acknowledged) <= kept and len(kept - set(acknowledged)) <= 6


@pytest.mark.engine_free
def test_what_the_server_refuses_is_said_in_words(server):
    connection = http.client.HTTPConnection('127.0.0.1', server.port, timeout=120)
    connection.putrequest('POST', '/files/')
    connection.putheader('Content-Length', str(2 * 1024 ** 3))
    connection.endheaders()
    answer = connection.getresponse()
    words = answer.read().decode()
    assert answer.status == 413 and 'ファイルは20MBまで' in words and 'generated by' not in words
    assert answer.getheader('Content-Type') == 'text/html; charset=utf-8'


def test_a_stop_cuts_nothing_and_leaves_a_whole_file(desk, server, tmp_path):
    desk.load('departments')
    enlist(desk, 'it@example.jp', 'it')
    visitor = Visitor(server.port)
    visitor.sign_in('it@example.jp', PASSWORD)
    _, page = visitor.ask('GET', '/courses/new')
    token = Page(page).fields()['csrf_token']
    posts = [Raw(server.port, visitor.cookie, 'POST', '/courses/new', urlencode({
        'csrf_token': token, 'code': f'S-{number}', 'fiscal_year': '2026', 'name': '研修',
        'category': 'security', 'mandatory': '1',
    }).encode()) for number in range(50)]
    exports = [Raw(server.port, visitor.cookie, 'GET', '/systems/export.csv') for _ in range(5)]
    server.process.terminate()
    until(lambda: free(server.port) or None)
    with ThreadPoolExecutor(len(posts) + len(exports)) as pool:
        answers = list(pool.map(Raw.send, [*posts, *exports]))
    assert [status for status, _ in answers] == [303] * 50 + [200] * 5
    assert all(body.endswith(b'\n') for _, body in answers[50:])
    assert server.process.wait(120) == 0
    if desk.env['DATABASE_URL'].startswith('sqlite'):
        alone = tmp_path / 'alone'
        alone.mkdir()
        shutil.copy(desk.env['DATABASE_URL'].removeprefix('sqlite:///'), alone / 'daicho.db')
        register = sqlite3.connect(alone / 'daicho.db')
        assert register.execute("SELECT count(*) FROM course WHERE code LIKE 'S-%'").fetchone() == (50,)
        assert register.execute('SELECT seq, hash FROM trail_head').fetchone() == (desk.head()['seq'],
            desk.head()['hash'])
        register.close()


def unread():
    """Return the end of a pipe that is full and that nobody reads, and the ends to close."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with suppress(BlockingIOError):
        while True:
            os.write(writer, b'x' * 4096)
    os.set_blocking(writer, True)
    return writer, (reader, writer)


def without_reader():
    reader, writer = os.pipe()
    os.close(reader)
    return writer, (writer,)


def on_a_full_disk():
    writer = os.open('/dev/full', os.O_WRONLY)
    return writer, (writer,)


@pytest.mark.engine_free
@pytest.mark.parametrize('log', [unread, without_reader, on_a_full_disk])
def test_a_log_that_fails_costs_nobody_an_act(desk, env, log):
    desk.load('departments')
    enlist(desk, 'it@example.jp', 'it')
    writer, ends = log()
    server = Server(env, writer)
    try:
        before = desk.head()['seq']
        visitor = Visitor(server.port)
        visitor.sign_in('it@example.jp', PASSWORD)
        for number in range(10):
            assert visitor.send('/courses/new', code=f'L-{number}', fiscal_year='2026', name='研修',
                                category='security',
                                mandatory='1') == 303
        assert visitor.ask('GET', '/nowhere')[0] == 404
        assert desk.head()['seq'] == before + 10
        server.process.terminate()
        assert server.process.wait(120) == 0
    finally:
        server.process.kill()
        server.process.wait(120)
        for end in ends:
            os.close(end)


def ask_raw(port, head, *parts):
    """Send a request as it is given; return (status, headers, body)."""
    with socket.create_connection(('127.0.0.1', port), 120) as connection:
        with suppress(ConnectionError):
            for part in (head, *parts):
                connection.sendall(part)
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        return answer.status, answer.headers, answer.read().decode()


POST = b'POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n'


@pytest.mark.engine_free
def test_every_answer_has_our_headers_and_words(server):
    block = b'a' * (1 << 20)
    for status, words, request in (
            (413, '20MBまで', (POST + b'Content-Length: 104857600\r\n\r\n', *[block] * 100)),
            (411, '長さが分かりません', (POST + b'Transfer-Encoding: chunked\r\n\r\n', b'3\r\nabc\r\n')),
            (411, '長さが分かりません', (POST + b'Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n',
                                b'3\r\nabc\r\n')),
            (400, '読み取れませんでした', (b'GET / HTTP/1.1\r\nHost: elsewhere\r\n\r\n',)),
            (400, '読み取れませんでした', (b'GET /%00 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n',)),
            (404, '見つかりません', (b'GET /nowhere HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n',)),
            (405, '受け付けていません', (b'BREW /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n',)),
            (200, '--', (b'GET /static/app.css HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n',)),
            (431, 'Cookieなど）が大きすぎます', (b'GET /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: '
                                       + b'a' * 300_000 + b'\r\n\r\n',)),
            (414, 'アドレスが長すぎます',
             (b'GET /sign-in?q=' + b'a' * 60_000 + b' HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n',)),
            (404, '見つかりません', (b'GET /static/nothing HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n',)),
            (200, 'ok', (b'GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n',))):
        answered, headers, body = ask_raw(server.port, *request)
        assert answered == status and words in body, request[0]
        assert headers['Content-Security-Policy'] and headers['X-Content-Type-Options'] == 'nosniff', request[
            0]


@pytest.mark.engine_free
def test_half_a_form_is_none(server):
    with socket.create_connection(('127.0.0.1', server.port), 120) as connection:
        connection.sendall(POST + b'Content-Length: 5000\r\n\r\nemail=a')
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(100).startswith(b'HTTP/1.1 400 ')


@pytest.mark.engine_free
def test_connections_that_wait_do_not_stop_the_site(env):
    server = Server(env, stderr=subprocess.DEVNULL)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, hard), hard))
    waiting = []
    try:
        for count, begin in ((900, b'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A'), (1000, b''),
                             (200, POST + b'Content-Length: 5000\r\n\r\na')):
            for _ in range(count):
                waiting.append(socket.create_connection(('127.0.0.1', server.port), 120))
                waiting[-1].sendall(begin)
        for path in ('/healthz', '/sign-in', '/static/app.css') * 3:
            for one in waiting[-200:]:
                with suppress(ConnectionError):
                    one.sendall(b'a')
            assert ask_raw(server.port, f'GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'.encode())[0] == 200
        for one in waiting:  # each is let go in the end
            with suppress(ConnectionError):
                while one.recv(1000):
                    pass
    finally:
        for one in waiting:
            one.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        server.process.terminate()
        server.process.wait(120)


HANGS = """
import os, pathlib, re, sys, time
from flask import Flask
from registry.web import serving
serving.BEAT, serving.HUNG, serving.TAKEN = 0.2, 2, 2
app = Flask('hangs', template_folder='none')
app.config['INSTANCE'] = pathlib.Path(sys.argv[2])
app.add_url_rule('/', 'pid', lambda: str(os.getpid()))
app.add_url_rule('/sleep', 'sleep', lambda: time.sleep(1000))
app.add_url_rule('/fail', 'fail', lambda: 1 / 0)
app.config['PROPAGATE_EXCEPTIONS'] = True
app.add_url_rule('/spin', 'spin', lambda: str(re.match('(a+)+b', 'a' * 60)))
serving.serve(app, '127.0.0.1', int(sys.argv[1]), 1, 1)
"""


@pytest.mark.engine_free
@pytest.mark.parametrize('how', ['sleep', 'spin', 'stop'])
def test_a_process_that_hangs_is_replaced(tmp_path, how):
    port = free_port()
    process = subprocess.Popen([sys.executable, '-c', HANGS, str(port), str(tmp_path)], cwd=ROOT,
                               stderr=subprocess.DEVNULL)

    def asked(path):
        with suppress(OSError, http.client.HTTPException):
            return ask_raw(port, f'GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'.encode())

    def pid():
        return (answer := asked('/')) and int(answer[2])
    try:
        was = until(pid)
        # on a busy machine the process may be taken for hung before its time, and replaced
        status, headers, words = until(lambda: asked('/fail'))
        assert status == 500 and '処理中に問題が起きました' in words and headers['X-Frame-Options'] == 'DENY'
        if how == 'stop':
            os.kill(was, signal.SIGSTOP)
        asked(f'/{how}')
        assert until(pid) != was
        assert how == 'stop' or 'most recent call first' in (tmp_path / 'hung.log').read_text()
    finally:
        process.kill()
        process.wait(120)
