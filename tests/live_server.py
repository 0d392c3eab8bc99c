"""The server under test, and who visits it."""
import http.client
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import closing
from pathlib import Path
from urllib.parse import urlencode

from html_page import Page
from paths import ROOT
from ports import free_port

from audits import trail
from models import Person
from registry.core import clock


def until(found, seconds=120):
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
    """Let the server under test hear SIGINT, to which a shell makes background jobs and children deaf."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Server:
    def __init__(self, env, stderr=subprocess.PIPE, patience=20):
        self.port = free_port()
        begin = ('from registry import commands; from registry.web import serving; serving.BODY = '
                 f'{patience}; commands.main()')
        self.process = subprocess.Popen([sys.executable, '-c', begin, 'serve', '--port', str(self.port)],
                                        cwd=ROOT, env=env,
                                        stdout=subprocess.DEVNULL, stderr=stderr, preexec_fn=hears_interrupts)
        until(self.answers)
        self.workers = until(lambda: len(found := children(self.process.pid)) == 2 and found)

    def answers(self):
        assert self.process.poll() is None, self.process.stderr and self.process.stderr.read().decode()
        try:
            with urllib.request.urlopen(f'http://127.0.0.1:{self.port}/readyz', timeout=60) as answer:
                return answer.status == 200
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False


class Visitor:
    """One person at a browser's distance: a cookie, the forms' tokens."""

    def __init__(self, port):
        self.port, self.cookie = port, ''

    def sign_in(self, email, password):
        assert self.send('/sign-in', email=email, password=password) == 303

    def ask(self, method, path, body=None):
        # a connection each: a busy machine may take longer between two requests than the server waits
        connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=120)
        with closing(connection):
            connection.request(method, path, body, {
                'Cookie': self.cookie, **({'Content-Type': 'application/x-www-form-urlencoded'} if body
                                          else {})})
            answer = connection.getresponse()
            text = answer.read().decode()
        if (kept := answer.getheader('Set-Cookie')) and not kept.startswith('daicho-seen='):
            self.cookie = kept.partition(';')[0]
        return answer.status, text

    def send(self, path, **fields):
        """Fill in the form at `path` and return the status of the answer."""
        _, page = self.ask('GET', path)
        token = Page(page).fields('form')['csrf_token']
        return self.ask('POST', path, urlencode({'csrf_token': token, **fields}))[0]


PASSWORD = 'meguro-himonya-1234'


def enlist(desk, email, role):
    assert desk.run('person', 'add', email, '--name', '係', '--department', '101', '--role', role,
                    '--password-stdin',
                    stdin=PASSWORD + '\n').exit_code == 0
    with desk.open(), trail.act('people.password', by=None, at=clock.now()) as act:
        person = Person.get(Person.email == email)
        person.one_time_until = None  # as once they have changed it
        act.save(person)


class Raw:
    """A request of which the server has read the head only, until `send`."""

    def __init__(self, port, cookie, method, path, body=b'x'):
        self.body, self.socket = body, socket.create_connection(('127.0.0.1', port), 120)
        self.socket.sendall(f'{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\nExpect: '
                            '100-continue\r\n'
                            'Content-Type: application/x-www-form-urlencoded\r\nContent-Length: '
                            f'{len(body)}\r\n\r\n'.encode())
        assert self.socket.recv(1000).startswith(b'HTTP/1.1 100 ')

    def send(self):
        """Send the rest; return (status, body)."""
        with self.socket:
            self.socket.sendall(self.body)
            answer = http.client.HTTPResponse(self.socket)
            answer.begin()
            return answer.status, answer.read()
