"""Three works, each killed on its way again and again: uploads, imports in the background, reminder runs.

`kills.py --what uploads --kills 30` lets a work begin, kills it with SIGKILL at a moment drawn from the time
it takes, starts what was killed again and looks at what stands. A kill counts only where the work had begun
and had not come to its end; it is tried until enough count, `TRIES` times as often at most.
"""
import asyncio
import http.client
import random
import re
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime, timedelta

from aiosmtpd.controller import Controller
from house import LOADER, ROWS, Browser, Form, House, children, kill
from ports import free_port

from audits import trail, verify
from audits.files import FOLDER, Store
from models import Act, Attachment, Digest, Job, Person, Staff, System
from models.jobs import DONE, RUNNING, WAITING
from models.reminders import SENT, UNSURE

#: rows of a file that is imported in the background, the documents of an upload, who is reminded
MANY, FILES, PEOPLE = 2_100, 3, 250
TRIES = 6


def words_of(page):
    """Return what a page says, without its marks and its frame."""
    return ' '.join(re.sub('<[^>]*>', ' ', page.partition('<main')[2].partition('>')[2]).split())[:300]


def answered(text, preview):
    """Return what the form of a preview sends, with a reason."""
    return [pair for pair in Form(text, preview).values if pair[0] != 'reason'] + [('reason', '試験')]


class Work:
    """A work of a House: `found` counts what became of it, `faults` says what is wrong."""

    def __init__(self, house, seed=None):
        self.house, self.random = house, random.Random(seed)
        self.found, self.faults, self.tried, self.usual = Counter(), [], 0, []

    def fault(self, *words):
        self.faults.append(' '.join(map(str, words)))
        print('FAULT', *words, file=sys.stderr, flush=True)

    def run(self, kills):
        """Kill the work so many times on its way; return how many kills fell within it."""
        self.prepare()
        within = 0
        while within < kills and self.tried < kills * TRIES:
            self.tried += 1
            within += self.once()
        if within < kills:
            self.fault('only', within, 'of', self.tried, 'kills fell within the work')
        self.finish()
        self.require_intact()
        return within

    def moment(self):
        """Return the seconds after which a work is killed, drawn from the time that it takes."""
        return self.random.uniform(0, statistics.median(self.usual))

    def kill_server(self):
        house = self.house
        kill(house.server.pid, *children(house.server.pid))
        house.server.wait()

    def require_intact(self):
        with self.house.open():
            try:
                verdict = verify.verify(Store(self.house.folder / FOLDER))
            except verify.Unverifiable as error:
                self.fault('cannot be verified:', error)
                return
        if not verdict.intact:
            self.fault('not intact:', verdict.first_broken, verdict.outside[:3], verdict.unguarded)

    def until(self, what, found, seconds=120):
        """Ask again and again until something is found; return it."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            with suppress(OSError, http.client.HTTPException):
                if answer := found():
                    return answer
            time.sleep(0.05)
        self.fault('in vain:', what)
        return ''


class Uploads(Work):
    """Documents sent together, the server killed while they are sent, written or noted."""

    def prepare(self):
        self.house.serve()
        self.browser = Browser(self.house.port)
        self.until('a person signs in', lambda: self.browser.sign_in('person0@city.example'))
        self.acknowledged = set()
        for _ in range(3):
            self.usual.append(self.send())

    def send(self, begun=None):
        """Attach some documents to a system; return the seconds it took, 0 where no answer came."""
        number = self.tried * 10 + len(self.usual)
        path, value = f'/systems/{1 + number % ROWS}/attach', f'd{number}'
        form = Form(self.until('a form', lambda: self.form(path)), path).values
        # other bytes each time: what is there already need not be written
        files = [(f'{value}-{part}.txt', f'{value}-{part}-{self.random.random()}\n'.encode() * 30_000)
                 for part in range(FILES)]
        if begun is not None:
            begun.set()
        started = time.monotonic()
        with suppress(OSError, http.client.HTTPException):
            status, place, _ = self.browser.ask('POST', path, form, files)
            if status == 303 and place.endswith('#documents'):
                self.acknowledged.add(value)
                return time.monotonic() - started
            self.fault('an upload was answered', status, place)
        return 0

    def form(self, path):
        status, _, text = self.browser.ask('GET', path)
        return text if status == 200 else None

    def once(self):
        begun, took = threading.Event(), []
        sending = threading.Thread(target=lambda: took.append(self.send(begun)))
        sending.start()
        begun.wait(120)
        time.sleep(self.moment())
        self.kill_server()
        sending.join()
        self.house.serve()
        within = took == [0]
        with self.house.open():
            rows = Attachment.select(Attachment.name).tuples()
            names = Counter(name.rpartition('-')[0] for (name,) in rows)
        if half := [value for value, number in names.items() if number != FILES]:
            self.fault('documents sent together stand by half:', half)
        if lost := self.acknowledged - names.keys():
            self.fault('acknowledged documents are lost:', lost)
        if within:
            self.found['written, but not told' if f'd{self.tried * 10 + len(self.usual)}' in names
                       else 'nothing written'] += 1
        self.require_intact()
        return within

    def finish(self):
        self.tried += 1
        if not self.send():
            self.fault('after the kills nothing can be attached')


class Imports(Work):
    """A large file read and imported in the background, the server killed while it is."""

    def prepare(self):
        self.house.serve()
        self.browser = Browser(self.house.port)
        self.until('the loader signs in', lambda: self.browser.sign_in(LOADER))
        for _ in range(2):
            place, started = self.begin(), time.monotonic()
            self.until('a large file is imported', lambda place=place: self.ended(place))
            self.usual.append(time.monotonic() - started)
            self.tried += 1

    def begin(self):
        """Send a file, wait until it was read, and ask for its import; return where that is shown."""
        browser = self.browser
        lines = ['staff_no,name,department_code',
                 *(f'{self.tried:04}{n:05},職員{n},0101' for n in range(MANY))]
        asked = [pair for pair in Form(self.until('a form', lambda: self.text('/files/')), '/files/').values
                 if pair[0] == 'csrf_token'] + [('kind', 'staff'), ('encoding', 'auto')]
        _, preview, _ = browser.ask('POST', '/files/', asked, [('a.csv', '\n'.join(lines).encode())], 'file')
        text = self.until('a large file is read', lambda: self.text(preview))
        status, place, said = browser.ask('POST', preview, answered(text, preview))
        if '/jobs/' not in place:
            self.fault('an import was answered', status, place, words_of(said))
        return place

    def text(self, place):
        status, _, text = self.browser.ask('GET', place)
        return text if status in (200, 422) else None

    def ended(self, place):
        """Return where a job leads, or the page that says why it came to nothing; None while it goes on."""
        status, led, text = self.browser.ask('GET', place)
        if status in (200, 422):
            return text if '自動で新しくなります' not in text else None
        return led if status == 303 and '/jobs/' not in led else None

    def once(self):
        place = self.begin()
        time.sleep(self.moment())
        self.kill_server()
        with self.house.open():
            job = Job.select().order_by(Job.id.desc()).get()
        within = job.kind == 'import.apply' and job.state in (WAITING, RUNNING)
        self.house.serve()
        led = self.until('a large file is imported', lambda: self.ended(place))
        with self.house.open():
            count = Staff.select().where(Staff.staff_no.startswith(f'{self.tried:04}')).count()
            acts = Act.select().where(Act.request_id == f'job-{job.id}').count()
            job = Job.get_by_id(job.id)
        done = '/files/results/' in led[:60]
        if (count, acts) != ((MANY, 1) if done else (0, 0)) or done != (job.state == DONE):
            self.fault('an import stands by half, twice, or not as its page says:', count, acts, job.state)
        if not done and not job.message:
            self.fault('an import ended without saying why:', job.state, words_of(led))
        if within:
            self.found['went on to its end' if done else 'said why not'] += 1
        return within

    def finish(self):
        pass


class Office:
    """The office's mail server: slow to answer, so that a run is killed in the middle of a mail too."""

    def __init__(self):
        self.taken, self.begun = [], threading.Event()

    async def handle_DATA(self, server, session, envelope):
        self.taken.append(envelope.rcpt_tos[0])
        self.begun.set()
        await asyncio.sleep(0.01)
        return '250 taken'


class Reminders(Work):
    """One day's reminder run over many people, killed and begun anew until it has come to its end."""

    def prepare(self):
        self.office = Office()
        self.controller = Controller(self.office, hostname='127.0.0.1', port=free_port())
        self.controller.start()
        self.house.env |= {
            'DAICHO_SMTP_HOST': '127.0.0.1', 'DAICHO_SMTP_PORT': str(self.controller.port),
            'DAICHO_SMTP_SECURITY': 'none', 'DAICHO_SMTP_FROM': 'daicho@city.example'}
        with self.house.open(), trail.act('people.add', by=None, at=datetime.now(UTC), channel='cli') as act:
            act.insert([Person(email=f'told{n:04}@city.example', name=f'係{n}', role='it', department=1)
                        for n in range(PEOPLE)])
            for row in System.select().limit(3):
                row.eol_on, row.lifecycle = date.today() - timedelta(days=row.id), 'operate'
                act.save(row)

    def once(self):
        office, before = self.office, len(self.office.taken)
        office.begun.clear()
        running = self.house.start('remind')
        while not office.begun.wait(0.05) and running.poll() is None:
            pass
        # few mails a run: the people last for all kills
        time.sleep(self.random.uniform(0, 0.08))
        kill(running.pid)
        killed = running.wait() < 0
        within = killed and len(office.taken) > before
        with self.house.open():
            states = Counter(state for (state,) in Digest.select(Digest.state).tuples())
        if within:
            self.found['in the middle of a mail' if states['sending'] else 'between two mails'] += 1
        self.once_each()
        return within

    def once_each(self):
        if twice := [who for who, number in Counter(self.office.taken).items() if number > 1]:
            self.fault('mails went twice to', twice)

    def finish(self):
        """Let the run come to its end: everybody has had a mail, or it was said that this is not known."""
        last = self.house.start('remind')
        status = last.wait(600)
        self.once_each()
        with self.house.open():
            states = dict(Person.select(Person.email, Digest.state).join(Digest).tuples())
        taken = set(self.office.taken)
        if untold := [who for who, state in states.items() if state == SENT and who not in taken]:
            self.fault('mails are said to be sent and were not, to', untold)
        people = {f'told{n:04}@city.example' for n in range(PEOPLE)}
        if missed := [who for who in people - taken if states.get(who) != UNSURE]:
            self.fault('the run did not go on to', missed)
        if set(states.values()) - {SENT, UNSURE}:
            self.fault('mails are left in the state', set(states.values()))
        self.found['said to be unsure'] = sum(state == UNSURE for state in states.values())
        self.found['mails'] = len(self.office.taken)
        number = len(self.office.taken)
        if self.house.start('remind').wait(600) or len(self.office.taken) != number:
            self.fault('a run after the last one sends again', status)
        self.controller.stop()


WORKS = {'uploads': Uploads, 'imports': Imports, 'reminders': Reminders}


@contextmanager
def begun(what, engine, seed=None):
    """Yield a Work on a House of its own."""
    with tempfile.TemporaryDirectory(prefix='kills-') as folder:
        house = House(engine, folder)
        try:
            house.fill()
            yield WORKS[what](house, seed)
        finally:
            house.end()
