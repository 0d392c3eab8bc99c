"""The queue: what takes long is put in it, and done in the background, one thing at a time.

Several processes may look into it. Who takes a job holds a lease on it; the job ends in the transaction that
writes its act, so that it is done once, whoever is killed on the way (decision 40).
"""
import gc
import json
import os
import socket
import threading
import time
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import NamedTuple

import structlog
from peewee import DatabaseError, fn

from audits import trail
from models import db
from models.jobs import CANCELLED, DONE, FAILED, RUNNING, WAITING, Job
from models.statements import Prepared

from . import clock, connection, troubles


class Kind(NamedTuple):
    """What can be put in the queue: how it is done, what it is called, where a job of it leads."""

    do: object
    title: str
    address: object


#: {kind of a job: Kind}
KINDS = {}
#: how many unfinished jobs a person may have; how often one is taken up; days that a finished one is kept
MOST, ATTEMPTS, KEPT_DAYS = 3, 3, 30
#: seconds: of a lease, between two times it is put off, between two reports, between two looks
LEASE, BEAT, REPORT, LOOK = 120, 15, 1, 2
#: what is said of a job
TOO_MANY = f'一度に頼める処理は{MOST}件までです。前の処理が終わってから、もう一度押してください。'
GIVEN_UP = f'処理が{ATTEMPTS}回続けて途中で止まったため、やめました。何も変更していません。'
BROKEN = '処理の途中で問題が起きたため、やめました。何も変更していません。'
_unfinished = Prepared(lambda: Job.select(Job.id, Job.holder).where(Job.state.in_([WAITING, RUNNING])))


class Full(Exception):
    """A person has as many unfinished jobs as they may."""


class Ended(Exception):
    """A job ends without being done: its state (and why, in words for its person), WAITING to begin anew."""


def put(kind, person, about):
    """Put a job in the queue, unless its person waits for the same already; return it, or raise Full."""
    now, asked = clock.actual(), json.dumps(about, ensure_ascii=False, sort_keys=True)
    with trail.untrailed(), db.atomic():
        trail.lock_head()  # two requests at once must not both be the last one allowed
        Job.delete().where(Job.finished < now - timedelta(days=KEPT_DAYS)).execute()
        mine = list(Job.select().where(Job.person == person, Job.state.in_([WAITING, RUNNING])))
        same = [job for job in mine if (job.kind, job.about, job.is_unwanted) == (kind, asked, False)]
        if not same and len(mine) >= MOST:
            raise Full
        return same[0] if same else Job.create(kind=kind, person=person, about=asked, created=now)


def cancel(job):
    """Let a job not be done: at once where nobody has begun it, else as soon as who does it looks."""
    with trail.untrailed():
        if not Job.update(state=CANCELLED, finished=clock.actual()).where(
                Job.id == job.id, Job.state == WAITING).execute():
            Job.update(is_unwanted=True).where(Job.id == job.id, Job.state == RUNNING).execute()


def is_gone(holder):
    """Tell whether a holder was a process of this machine that is no more: nobody waits for its lease."""
    host, _, rest = holder.rpartition('@')
    if os.name == 'posix' and host == socket.gethostname()[:60]:
        try:
            os.kill(int(rest.partition(':')[0]), 0)
        except OSError as error:
            return isinstance(error, ProcessLookupError)
    return False


def take(holder):
    """Take up the job that has waited longest, unless one is under way; return it, or None."""
    known = _unfinished()
    if not known:
        return None
    if lost := [job.holder for job in known if is_gone(job.holder)]:
        with trail.untrailed():
            Job.update(state=WAITING, holder='').where(Job.holder.in_(lost), Job.state == RUNNING).execute()
    now, other = clock.actual(), Job.alias()

    def free(job):
        return (job.state == WAITING) | (job.state == RUNNING) & (job.lease < now)
    busy = fn.EXISTS(other.select(other.id).where(other.state == RUNNING, other.lease >= now))
    first = other.select(fn.MIN(other.id)).where(free(other))
    with trail.untrailed():
        taken = Job.update(state=RUNNING, holder=holder, lease=now + timedelta(seconds=LEASE),
                           attempts=Job.attempts + 1).where(Job.id == first, free(Job), ~busy).execute()
    return Job.get_or_none(Job.holder == holder, Job.state == RUNNING) if taken else None


class Work:
    """A job as who does it sees it: `about`, `person`, `report` and `end`."""

    def __init__(self, job, stopping):
        self.job, self.stopping, self.person = job, stopping, job.person_id
        self.about, self.told = json.loads(job.about), 0

    def mine(self):
        return (Job.id == self.job.id) & (Job.holder == self.job.holder) & (Job.state == RUNNING)

    def report(self, done, total):
        """Say how far it is; raise Ended where it is to stop."""
        if self.stopping.is_set():
            raise Ended(WAITING)
        if time.monotonic() - self.told < REPORT:
            return
        self.told = time.monotonic()
        with trail.untrailed(), suppress(DatabaseError), connection.without_waiting():
            Job.update(done=done, total=total).where(self.mine()).execute()
        if not Job.select().where(self.mine(), ~Job.is_unwanted).exists():
            raise Ended(CANCELLED)

    def end(self, act=None):
        """Write that it has ended: within the transaction of its act, so that both stand or neither.

        Raise Ended where another holds it by now, or it was cancelled.
        """
        with trail.untrailed():
            if not Job.update(state=DONE, act=act, finished=clock.actual(), lease=None, done=Job.total).where(
                    self.mine(), ~Job.is_unwanted).execute():
                raise Ended(CANCELLED)

    def let_go(self, state, message='', counts=0):
        """Write that it has ended, or begins anew, if nobody else holds it; `counts` as a broken attempt."""
        again = {'holder': '', 'attempts': Job.attempts - 1 + counts} if state == WAITING else {
            'finished': clock.actual()}
        with trail.untrailed():
            Job.update(state=state, message=message[:1000], lease=None, **again).where(self.mine()).execute()

    @contextmanager
    def held(self):
        """Put the lease off, again and again, while it is worked at."""
        over = threading.Event()

        def beat():
            while not over.wait(BEAT):
                with suppress(*troubles.KNOWN), db.connection_context(), trail.untrailed():
                    Job.update(lease=clock.actual() + timedelta(seconds=LEASE)).where(self.mine()).execute()
        thread = threading.Thread(target=beat, daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


def work_once(holder, stopping):
    """Do the next job, if there is one to be done; tell whether there was."""
    job = take(holder)
    if job is None:
        return False
    work = Work(job, stopping)
    if job.attempts > ATTEMPTS:
        work.let_go(FAILED, GIVEN_UP)
        return True
    try:
        with work.held():
            KINDS[job.kind].do(work)
    except Ended as end:
        work.let_go(*end.args)
    except DatabaseError:
        work.let_go(WAITING, counts=1)
    except Exception:  # whatever it is, the person is told that it has ended
        structlog.get_logger('daicho').exception('job failed', job=job.id, kind=job.kind)
        work.let_go(FAILED, BROKEN)
    return True


def keep_working(app, stopping):
    """Do jobs until told to stop; what the database refuses is tried again."""
    holder = f'{socket.gethostname()[:60]}@{os.getpid()}:{time.time_ns()}'
    while not stopping.is_set():
        did = False
        with suppress(*troubles.KNOWN), app.app_context(), db.connection_context():
            did = work_once(holder, stopping)
        if did:
            gc.collect()  # what a job held points at each other, many megabytes of it
        else:
            stopping.wait(LOOK)
