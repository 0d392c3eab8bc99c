"""Kill what serves the register while people write: nothing acknowledged may be lost, nothing half.

    python tests/endurance/kills.py --engine sqlite --rounds 100
    python tests/endurance/kills.py --engine postgresql --verify 50
    python tests/endurance/kills.py --engine postgresql --what imports --kills 30

Each round lets four browsers edit and attach documents, kills one thing (the server, the server during an
upload or an import in the background, one of its processes, the database, an import, a backup, a migration)
or stops the server as an administrator would, and looks at what stands. It runs as in production, on
databases of its own, and ends with 1 when anything is missing. With `--what` (uploads, imports, reminders)
one work alone is killed on its way, so many times (`works.py`).
"""
import argparse
import gzip
import http.client
import json
import random
import re
import secrets
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import works
from house import CLIENTS, LOADER, ROOT, ROWS, Browser, Form, House, children, kill

from audits import verify
from audits.files import FOLDER, Store
from models import Attachment, Change, Staff, System, catalogue
from registry.backups.archive import unpacked
from registry.core import connection

#: what is killed, round by round; the cheap ones more often
KILLS = ('upload', 'job', 'worker', 'database', 'import', 'worker', 'backup', 'database', 'worker', 'migrate',
         'server', 'database')
RELEASES = ROOT / 'tests' / 'data' / 'releases'


class Client(threading.Thread):
    """Edits one system over and over, and attaches two documents at a time to others.

    `acknowledged` are the values whose saving was confirmed, `attached` the pairs of documents; `pause`: the
    seconds between two edits.
    """

    def __init__(self, house, number, pause):
        super().__init__(daemon=True)
        self.house, self.number, self.address = house, number, f'person{number}@city.example'
        self.acknowledged, self.tried = [], []
        self.attached, self.uploading = [], threading.Event()
        self.at_work, self.ending = threading.Event(), threading.Event()
        self.odd, self.pause = [], pause

    def run(self):
        browser, signed, count = Browser(self.house.port), False, 0
        while not self.ending.wait(self.pause):
            try:
                if not signed:
                    signed = browser.sign_in(self.address)
                    if not signed:
                        self.odd.append(browser.said)
                        time.sleep(1)
                        continue
                path = f'/systems/{self.number + 1}/edit'
                status, _, text = browser.ask('GET', path)
                if status != 200:
                    signed = status not in (302, 303)
                    time.sleep(0.1)
                    continue
                count += 1
                value = f'k{self.number}-{count}-{secrets.token_hex(3)}'
                self.tried.append(value)
                fields = [pair for pair in Form(text, path).values
                          if pair[0] != 'site'] + [('site', value)]
                status, place, text = browser.ask('POST', path, fields)
                if status == 303 and place.endswith(f'/systems/{self.number + 1}'):
                    self.acknowledged.append(value)
                    self.at_work.set()
                elif status < 500:
                    self.odd.append((status, place, ' '.join(re.sub('<[^>]*>', ' ', text).split())[:300]))
                if count % 3 == 0:
                    self.attach(browser, count)
            except (OSError, http.client.HTTPException):
                time.sleep(0.05)


    def attach(self, browser, count):
        """Attach two documents at once, larger than what a server holds in memory."""
        path = f'/systems/{CLIENTS + 1 + (self.number * 49 + count // 3) % (ROWS - CLIENTS)}/attach'
        status, _, text = browser.ask('GET', path)
        if status != 200:
            return
        value = f'd{self.number}-{count}-{secrets.token_hex(3)}'
        files = [(f'{value}-{part}.txt', f'{value}-{part}\n'.encode() * 60_000) for part in (1, 2)]
        self.uploading.set()
        try:
            status, place, text = browser.ask('POST', path, Form(text, path).values, files)
        finally:
            self.uploading.clear()
        if status == 303 and place.endswith('#documents'):
            self.attached.append(value)
        elif status < 500:
            self.odd.append((status, place, ' '.join(re.sub('<[^>]*>', ' ', text).split())[:300]))


class Trial:
    """The rounds, and what they found: `found` counts what was killed, `faults` says what is wrong."""

    def __init__(self, house, seed, pause):
        self.house, self.random, self.found, self.faults = house, random.Random(seed), {}, []
        self.clients = [Client(house, number, pause) for number in range(CLIENTS)]
        self.imports = self.jobs = 0

    @property
    def acknowledged(self):
        return sum(len(client.acknowledged) for client in self.clients)

    def fault(self, *words):
        self.faults.append(' '.join(map(str, words)))
        print('FAULT', *words, file=sys.stderr, flush=True)

    def look(self, url=None, missing=True):
        """Compare what stands with what was acknowledged before now."""
        said = {client: (list(client.acknowledged)) for client in self.clients}
        attached = {value for client in self.clients for value in list(client.attached)}
        with self.house.open(url):
            with connection.snapshot():
                written = {value: None for (text,) in Change.select(Change.values).where(
                    Change.table == 'system', Change.kind == 'update').tuples()
                    for value in [json.loads(text).get('site', [None, None])[1]] if value}
                rows = dict(System.select(System.id, System.site).where(System.id <= CLIENTS).tuples())
            for client, values in said.items():
                lost = [value for value in values if value not in written]
                if lost and missing:
                    self.fault('lost', len(lost), 'acknowledged acts, first', lost[0])
                later = set(client.tried[client.tried.index(values[-1]):]) if values else set()
                if values and missing and rows[client.number + 1] not in later:
                    self.fault('a record does not say what was acknowledged:', rows[client.number + 1])
            for note in {note for (note,) in System.select(System.note).distinct().tuples() if note}:
                count = System.select().where(System.note == note).count()
                if count not in (0, ROWS - CLIENTS):
                    self.fault('an import stands by half:', note, count)
            rows = Attachment.select(Attachment.name).tuples()
            names = Counter(name.rpartition('-')[0] for (name,) in rows)
            if (lost := attached - names.keys()) and missing:
                self.fault('lost', len(lost), 'attached documents, first', min(lost))
            if half := [value for value, number in names.items() if number != 2]:
                self.fault('documents sent together stand by half:', half[:3])
            try:
                verdict = verify.verify(Store(self.house.folder / FOLDER))
            except verify.Unverifiable as error:
                self.fault('cannot be verified:', error)
                return
            if not verdict.intact:
                self.fault('not intact:', verdict.first_broken, verdict.outside[:3], verdict.unguarded,
                           verdict.schema[:3])

    def wait_for_work(self, seconds=600):
        """Wait until every client has an act acknowledged anew."""
        for client in self.clients:
            client.at_work.clear()
        end = time.monotonic() + seconds
        for client in self.clients:
            while not client.at_work.wait(1):
                if self.house.server.poll() is not None:
                    self.found['given up'] = self.found.get('given up', 0) + 1
                    self.house.serve()
                if time.monotonic() > end:
                    self.fault('client', client.number, 'does not get on', client.odd[-1:])
                    break

    def round(self, what):
        self.wait_for_work()
        time.sleep(self.random.uniform(0, 0.4))
        getattr(self, what)()
        self.found[what] = self.found.get(what, 0) + 1

    def killed(self, *words, url=None):
        """Start a command and kill it on its way."""
        running = self.house.start(*words, url=url)
        try:
            running.wait(self.random.uniform(0.5, 3.5))
        except subprocess.TimeoutExpired:
            kill(running.pid, *children(running.pid))
            running.wait()
        return running.returncode

    def server(self):
        house = self.house
        kill(house.server.pid, *children(house.server.pid))
        house.server.wait()
        house.serve()
        self.look()

    def upload(self):
        """Kill the server while documents are sent to it, or written."""
        client = self.random.choice(self.clients)
        client.uploading.wait(20)
        time.sleep(self.random.uniform(0, 0.05))
        self.server()

    def job(self):
        """Kill the server while it reads or imports a large file: it goes on, or says why not."""
        self.jobs += 1
        browser, early = Browser(self.house.port), self.random.random() < 0.3
        self.until('the loader signs in', lambda: browser.sign_in(LOADER))
        lines = ['staff_no,name,department_code',
                 *(f'{self.jobs:04}{n:05},職員{n},0101' for n in range(works.MANY))]
        asked = [pair for pair in Form(browser.ask('GET', '/files/')[2], '/files/').values
                 if pair[0] == 'csrf_token'] + [('kind', 'staff'), ('encoding', 'auto')]
        _, place, _ = browser.ask('POST', '/files/', asked, [('a.csv', '\n'.join(lines).encode())], 'file')
        if not early:
            text = self.until('a large file is read', lambda: self.page(browser, place))
            status, place, said = browser.ask('POST', place, works.answered(text, place))
            if '/jobs/' not in place:
                self.fault('an import was answered', status, works.words_of(said))
        else:
            browser.ask('GET', place)
        time.sleep(self.random.uniform(0, 1.5))
        self.server()
        found = self.until('a large file is imported', lambda: self.ended(browser, place))
        with self.house.open():
            count = Staff.select().where(Staff.staff_no.startswith(f'{self.jobs:04}')).count()
        if count != (works.MANY if '/files/results/' in found[:60] else 0):
            self.fault('a large file stands by half, or not as its page says:', count, found[:300])

    @staticmethod
    def page(browser, place):
        status, _, text = browser.ask('GET', place)
        return text if status in (200, 422) else None

    @staticmethod
    def ended(browser, place):
        """Return where a job leads, or the page that says why it came to nothing; None while it goes on."""
        status, led, text = browser.ask('GET', place)
        if status in (200, 422):
            return text if '自動で新しくなります' not in text else None
        return led if status == 303 and '/jobs/' not in led else None

    def until(self, what, found, seconds=90):
        """Ask again and again until something is found; return it."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            with suppress(OSError, http.client.HTTPException):
                if answer := found():
                    return answer
            time.sleep(0.1)
        self.fault('in vain:', what)
        return ''

    def worker(self):
        house = self.house
        kill(self.random.choice(children(house.server.pid)))
        time.sleep(0.5)
        if not house.ready():  # a server whose processes die again and again gives up
            self.found['given up'] = self.found.get('given up', 0) + 1
            house.serve()
        self.look()

    def database(self):
        self.house.postgres.kill()
        self.house.postgres.start()
        if not self.house.ready():
            self.fault('the server does not find back to its database')
        self.look()

    def stop(self):
        """Stop cleanly; a plain copy of the file must hold everything."""
        house = self.house
        house.stop()
        if house.engine == 'sqlite':
            copy = house.folder / 'copy.db'
            shutil.copyfile(house.folder / 'daicho.db', copy)
            self.look(f'sqlite:///{copy}')
            for path in house.folder.glob('copy.db*'):
                path.unlink()
        else:
            self.look()
        house.serve()

    def import_(self):
        self.imports += 1
        path = self.house.folder / 'notes.csv'
        path.write_text('system_no,note\n' + ''.join(f'S-{n:05},import{self.imports}\n'
            for n in range(CLIENTS + 1, ROWS + 1)))
        self.killed('import', 'systems', path)
        self.look()

    def backup(self):
        path = self.house.folder / f'backup{self.found.get("backup", 0)}'
        status = self.killed('backup', path)
        if status == 0 and not path.exists():
            self.fault('a backup that was made is not there')
        if path.exists():  # under its name only when it is whole
            with tempfile.TemporaryDirectory() as folder:
                with unpacked(path, Store(Path(folder) / 'files')) as copy:
                    self.read_copy(copy)
            path.unlink()
        for left in self.house.folder.glob('.backup*'):
            left.unlink()
        self.look()

    def read_copy(self, path):
        """Read the register of a backup to its end."""
        if self.house.engine == 'sqlite':
            with closing(sqlite3.connect(path)) as copy:
                if copy.execute('PRAGMA integrity_check').fetchone() != ('ok',):
                    self.fault('a backup is not whole')
        else:
            subprocess.run([self.house.postgres.programs / 'pg_restore', '--file=/dev/null', path],
                           check=True)

    def migrate(self):
        """Kill the upgrade of a register of the first form: it is as it was, or of today's form."""
        house, name = self.house, f'old{self.found.get("migrate", 0)}'
        if house.engine == 'sqlite':
            path = house.folder / f'{name}.db'
            path.write_bytes(gzip.decompress((RELEASES / '683e50b.db.gz').read_bytes()))
            url = f'sqlite:///{path}'
        else:
            url = house.postgres.make(name)
            script = gzip.decompress((RELEASES / '683e50b.sql.gz').read_bytes())
            subprocess.run([house.postgres.programs / 'psql', '-q', '-h', house.postgres.home, '-U', 'daicho',
                            name],
                           input=script, check=True, stdout=subprocess.DEVNULL)
        with house.open(url):
            before = catalogue.read_schema()
        self.killed('migrate', url=url)
        with house.open(url):
            if connection.pending_migrations() and catalogue.read_schema() != before:
                self.fault('a migration stands by half')
        house.run('migrate', url=url)
        with house.open(url):
            if connection.pending_migrations() or not verify.verify().intact:
                self.fault('a migration did not come to its end')
        for path in house.folder.glob(f'{name}.db*'):
            path.unlink()


setattr(Trial, 'import', Trial.import_)


@contextmanager
def trial(engine, seed=None, pause=0):
    """Yield a Trial whose clients are at work, with a pause in seconds between two edits of each."""
    with tempfile.TemporaryDirectory(prefix='kills-') as folder:
        house = House(engine, folder)
        try:
            house.fill()
            house.serve()
            one = Trial(house, seed, pause)
            for client in one.clients:
                client.start()
            yield one
            for client in one.clients:
                client.ending.set()
            for client in one.clients:
                client.join(timeout=40)
        finally:
            house.end()


def run(one, rounds, seconds=None, progress=lambda one: None):
    """Do so many rounds of a Trial, fewer when the `seconds` are over."""
    kinds = [kind for kind in KILLS if one.house.engine == 'postgresql' or kind != 'database']
    end = time.monotonic() + (seconds or 86400)
    for number in range(rounds):
        if time.monotonic() > end and one.found:
            break
        one.round(kinds[number % len(kinds)])
        if number % 6 == 5:
            one.round('stop')
        progress(one)
    one.wait_for_work()
    one.round('stop')


def verify_beside(one, times):
    """Verify again and again while the clients of a Trial write; return the exit statuses.

    Every tenth time it is done by the command.
    """
    one.wait_for_work()
    found = []
    for number in range(times):
        if number % 10 == 0:
            with one.house.start('trail', 'verify') as running:
                found.append(running.wait())
            continue
        with one.house.open():
            try:
                found.append(0 if verify.verify().intact else 1)
            except verify.Unverifiable:
                found.append(2)
    return found


def main():
    given = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    given.add_argument('--engine', choices=['sqlite', 'postgresql'], default='sqlite')
    given.add_argument('--rounds', type=int, default=100)
    given.add_argument('--seconds', type=int, help='end after so many, whatever the rounds')
    given.add_argument('--verify', type=int, metavar='TIMES',
                       help='verify beside the clients instead of killing')
    given.add_argument('--what', choices=works.WORKS, help='kill one work alone')
    given.add_argument('--kills', type=int, default=30, help='how many kills are to fall within it')
    given.add_argument('--seed', type=int)
    asked = given.parse_args()
    if asked.what:
        with works.begun(asked.what, asked.engine, asked.seed) as one:
            within = one.run(asked.kills)
        print(f'{asked.engine} {asked.what}: {within} kills within the work of {one.tried} tried, '
              f'{dict(one.found)}, {len(one.faults)} faults', flush=True)
        for fault in one.faults:
            print(fault)
        return int(bool(one.faults))
    if asked.verify:
        with trial(asked.engine, asked.seed) as one:
            found = verify_beside(one, asked.verify)
        print(f'{asked.engine}: verify {len(found)} times beside {CLIENTS} clients, {one.acknowledged} acts '
              'acknowledged, '
              f'exit statuses {({status: found.count(status) for status in set(found)})}')
        return int(set(found) != {0})
    with trial(asked.engine, asked.seed) as one:
        run(one, asked.rounds, asked.seconds, lambda one: print(
            f'{asked.engine} {one.found} {one.acknowledged} acts', file=sys.stderr, flush=True))
    kills = sum(count for what, count in one.found.items() if what in KILLS)
    pairs = sum(len(client.attached) for client in one.clients)
    print(f'{asked.engine}: {kills} kills {one.found}, {one.acknowledged} acts, {pairs} pairs of documents, '
          f'{len(one.faults)} faults')
    for fault in one.faults:
        print(fault)
    return int(bool(one.faults))


if __name__ == '__main__':
    sys.exit(main())
