"""The server's processes: one that dies is replaced, none outlives the one that watches over them."""
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import desk as desks
import pytest

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
def env(tmp_path):
    return {name: value for name, value in os.environ.items() if not name.startswith('DAICHO_')} | desks.empty(tmp_path).env


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
