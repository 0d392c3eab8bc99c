"""A register as in production, with its server and its database, and browsers of its people.

It is what the trials that kill stand on (`kills.py`, `works.py`).
"""
import http.client
import os
import pwd
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from glob import glob
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlencode

from argon2 import PasswordHasher

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / 'tests')]

from ports import free_port  # noqa: E402

from audits import trail  # noqa: E402
from models import Person, db  # noqa: E402
from registry.core import connection  # noqa: E402

CLIENTS, ROWS = 4, 200
#: who imports files in the background
LOADER = 'loader@city.example'
PASSWORD, CHANGED = 'さくら並木をゆっくり歩く-41', 'かわせみの飛ぶ水辺で休む-77'


class Form(HTMLParser):
    """What the form of a page that leads to `action` would send; `secrets` are its password fields."""

    def __init__(self, text, action):
        super().__init__()
        self.action, self.inside, self.values, self.secrets = action, False, [], []
        self.select = self.area = None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == 'form':
            self.inside = given.get('action', '').partition('?')[0] == self.action
        if not self.inside:
            return
        name = given.get('name')
        if tag == 'select':
            self.select = name
        elif tag == 'option' and 'selected' in given and self.select:
            self.values.append((self.select, given.get('value', '')))
        elif tag == 'textarea':
            self.area = [name, '']
        elif tag == 'input' and name and given.get('type') not in ('submit', 'button', 'file'):
            if given.get('type') == 'password':
                self.secrets.append(name)
            elif given.get('type') not in ('radio', 'checkbox') or 'checked' in given:
                self.values.append((name, given.get('value', '')))

    def handle_data(self, data):
        if self.area:
            self.area[1] += data

    def handle_endtag(self, tag):
        if tag == 'textarea' and self.area:
            self.values.append((self.area[0], self.area[1].removeprefix('\n')))
            self.area = None
        elif tag == 'select':
            self.select = None
        elif tag == 'form':
            self.inside = False


EDGE = '5f1d7c9ab3'


def multipart(fields, files, field):
    """Return a form with files, all in one field, as its bytes."""
    parts = [(f'name="{name}"', value.encode()) for name, value in fields]
    parts += [(f'name="{field}"; filename="{name}"', data) for name, data in files]
    return b''.join(f'--{EDGE}\r\nContent-Disposition: form-data; {head}\r\n\r\n'.encode() + data + b'\r\n'
                    for head, data in parts) + f'--{EDGE}--\r\n'.encode()


class Browser:
    """One person's browser; it keeps cookies that are meant for HTTPS, as behind a proxy."""

    def __init__(self, port):
        self.port, self.cookies, self.password, self.said = port, {}, PASSWORD, None

    def ask(self, method, path, fields=None, files=(), field='files'):
        with closing(http.client.HTTPConnection('127.0.0.1', self.port, timeout=30)) as line:
            headers = {'Cookie': '; '.join(f'{name}={value}' for name, value in self.cookies.items()),
                       'X-Forwarded-Proto': 'https'}
            body = None
            if files:
                body = multipart(fields, files, field)
                headers['Content-Type'] = f'multipart/form-data; boundary={EDGE}'
            elif fields is not None:
                body, headers['Content-Type'] = urlencode(fields), 'application/x-www-form-urlencoded'
            line.request(method, path, body, headers)
            answer = line.getresponse()
            text = answer.read().decode('utf-8', 'replace')
            for name, value in answer.getheaders():
                if name.lower() == 'set-cookie':
                    name, _, value = value.partition(';')[0].partition('=')
                    self.cookies[name] = value
            return answer.status, (answer.getheader('Location') or ''), text

    def sign_in(self, address):
        """Sign in, changing a password that is good for once only; return whether it was let in."""
        self.cookies.clear()
        form = Form(self.ask('GET', '/sign-in')[2], '/sign-in')
        status, _, text = self.ask('POST', '/sign-in', {
            **dict(form.values), 'email': address, 'password': self.password})
        if status != 303:
            # the change of a password may have been written without an answer
            self.password = CHANGED if self.password == PASSWORD else PASSWORD
            self.said = status, ' '.join(re.sub('<[^>]*>', ' ', text).split())[:300]
            return False
        status, place, _ = self.ask('GET', '/systems/')
        if status in (302, 303):
            place = re.sub(r'^https?://[^/]+', '', place).partition('?')[0]
            form = Form(self.ask('GET', place)[2], place)
            typed = dict(zip(form.secrets, (self.password, *[CHANGED] * (len(form.secrets) - 1)),
                             strict=True))
            own = [pair for pair in form.values if pair[0] not in typed]
            status, _, text = self.ask('POST', place, [*own, *typed.items()])
            if status != 303:
                self.said = status, place, ' '.join(re.sub('<[^>]*>', ' ', text).split())[:300]
                return False
            self.password = CHANGED
        return True


def children(pid):
    """Return the processes that a process started, and theirs."""
    found = []
    for task in glob(f'/proc/{pid}/task/*/children'):
        with suppress(OSError):
            for child in Path(task).read_text().split():
                found += [int(child), *children(int(child))]
    return found


def lives(pid):
    """Tell whether a process lives; one that nobody waited for does not."""
    try:
        return Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()[0] != 'Z'
    except OSError:
        return False


def kill(*pids):
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


class Postgres:
    """A PostgreSQL of our own that writes to the disk as it does in production, and can be killed."""

    def __init__(self, folder):
        self.home = folder
        self.programs = Path(sorted(glob('/usr/lib/postgresql/*/bin'))[-1])
        self.run = {'check': True, 'stdout': subprocess.DEVNULL, 'cwd': '/'}
        if os.geteuid() == 0:
            user = next(pwd.getpwnam(name) for name in ('postgres', 'nobody')
                        if name in {p.pw_name for p in pwd.getpwall()})
            os.chown(folder, user.pw_uid, user.pw_gid)
            self.run |= {'user': user.pw_uid, 'group': user.pw_gid, 'extra_groups': []}
        subprocess.run([self.programs / 'initdb', '-D', folder / 'data', '-U', 'daicho', '-A', 'trust', '-E',
                        'UTF8', '--locale=C.UTF-8'], **self.run)
        self.start()

    def start(self):
        """Start it as a child of ours: a dead one that nobody waited for still counts as running."""
        given = {name: value for name, value in self.run.items() if name != 'check'}
        with open(self.home / 'log', 'ab') as log:
            self.process = subprocess.Popen([self.programs / 'postgres', '-D', self.home / 'data', '-c',
                                             'listen_addresses=', '-c',
                                             f'unix_socket_directories={self.home}'],
                                             **given | {'stderr': log})
        end = time.monotonic() + 120
        while subprocess.run([self.programs / 'pg_isready', '-q', '-h', self.home]).returncode:
            assert self.process.poll() is None and time.monotonic() < end, (self.home
                / 'log').read_text()[-1000:]
            time.sleep(0.1)

    def stop(self):
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(timeout=60)

    def kill(self):
        # who is stopped starts no other
        self.process.send_signal(signal.SIGSTOP)
        others = children(self.process.pid)
        kill(self.process.pid, *others)
        self.process.wait()
        while any(lives(pid) for pid in others):
            time.sleep(0.05)

    def make(self, name):
        subprocess.run([self.programs / 'createdb', '-h', self.home, '-U', 'daicho', '-T', 'template0', name],
                       **self.run)
        return f'postgresql://daicho@/{name}?host={self.home}'


class House:
    """A register as in production, its server and its database."""

    def __init__(self, engine, folder):
        self.engine, self.folder = engine, Path(folder)
        self.postgres = None
        if engine == 'postgresql':
            home = Path(tempfile.mkdtemp(prefix='kills-'))
            self.postgres = Postgres(home)
            url = self.postgres.make('register')
        else:
            url = f'sqlite:///{self.folder / "daicho.db"}'
        self.env = os.environ | {
            'DATABASE_URL': url, 'DAICHO_ENV': 'production', 'DAICHO_HOSTS': '127.0.0.1',
            'DAICHO_INSTANCE': str(self.folder), 'DAICHO_SECRET_KEY': secrets.token_hex(32)}
        self.env.pop('DAICHO_TODAY', None)
        self.port = free_port()
        self.server, self.log = None, open(self.folder / 'server.log', 'ab')

    def start(self, *words, url=None, **kwargs):
        env = self.env | ({'DATABASE_URL': url} if url else {})
        return subprocess.Popen([sys.executable, '-m', 'registry.commands', *map(str, words)], cwd=ROOT,
                                env=env, **{'stdout': subprocess.DEVNULL, 'stderr': self.log} | kwargs)

    def run(self, *words, given=None, status=0, url=None):
        with self.start(*words, url=url, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                        stderr=subprocess.PIPE) as running:
            out, said = running.communicate(given and given.encode())
        assert running.returncode == status, (words, running.returncode, said.decode())
        return out.decode()

    def fill(self):
        """Give the register a unit, people and systems."""
        self.run('migrate')
        self.file('departments', 'code,name,level,valid_from', ['0101,情報政策課,section,2020-04-01'])
        self.file('systems', 'system_no,name,summary,owner_code,category,lifecycle,pii',
                  [f'S-{n:05},システム{n},試験用,0101,business,idea,none' for n in range(1, ROWS + 1)])
        hashed = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
        with self.open(), trail.act('people.add', by=None, at=datetime.now(UTC), channel='cli') as act:
            for number in range(CLIENTS):
                act.save(Person(email=f'person{number}@city.example', name=f'試験{number}', role='it',
                                department=1,
                                password_hash=hashed))
            act.save(Person(email=LOADER, name='取込', role='it', department=1, password_hash=hashed))

    def file(self, kind, header, lines):
        path = self.folder / f'{kind}.csv'
        path.write_text('\n'.join([header, *lines]) + '\n', 'utf-8')
        self.run('import', kind, path)

    def serve(self):
        self.server = self.start('serve', '--port', self.port, stderr=self.log)
        assert self.ready(), (self.folder / 'server.log').read_text()[-2000:]

    def ready(self, seconds=90):
        """Wait until the server answers; return whether it does: False when it has ended."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.server.poll() is None:
            with suppress(OSError, http.client.HTTPException):
                if Browser(self.port).ask('GET', '/readyz')[0] == 200:
                    return True
            time.sleep(0.05)
        return False

    def stop(self):
        """Stop the server as an administrator does."""
        self.server.send_signal(signal.SIGTERM)
        self.server.wait(timeout=90)

    def end(self):
        if self.server and self.server.poll() is None:
            kill(self.server.pid, *children(self.server.pid))
            self.server.wait()
        self.log.close()
        if self.postgres:
            self.postgres.stop()
            shutil.rmtree(self.postgres.home, ignore_errors=True)

    @contextmanager
    def open(self, url=None):
        """Open the register beside the server."""
        db.initialize(connection.open_database(url or self.env['DATABASE_URL'], production=True))
        try:
            with db.connection_context():
                yield
        finally:
            db.close_all()
