"""Large files read and applied in the background: what the queue does, and where it leads."""
import hashlib
import json
import time
from dataclasses import asdict

from flask import url_for
from peewee import IntegrityError

from audits.trail import Busy, Stale
from models import Act, Job, Person
from models.jobs import FAILED

from .core import clock, queue
from .core.permits import allowed
from .records import importing, saving
from .records.noun import NOUNS
from .web import uploads

#: files of more rows are read and applied in the background
ROWS = 2_000
READ, APPLY, UNDO = 'import.read', 'import.apply', 'import.undo'
#: how many of a person's last ones are named
LAST = 5
#: seconds for which an act waits for others' before it is given up, and between two tries
PATIENCE, PAUSE = 300, 2
GONE = 'ファイルが残っていません。もう一度選んでください。'
CHANGED = '確認したあとに記録が変更されたため、取り込みませんでした。もう一度確認してください。'
FORBIDDEN = 'この台帳に取り込む権限がありません。'


def is_large(about):
    return about.get('rows', 0) > ROWS


def key_of(choices, words):
    """Return what tells one reading of a file from another: how a person wants it read, and their words."""
    return hashlib.sha256(json.dumps(
        [asdict(choices), sorted(words.headers.items()), sorted((name, sorted(values.items()))
         for name, values in words.values.items())], sort_keys=True).encode()).hexdigest()[:16]


def ask(kind, person, about, token, choices, **more):
    """Put a reading or an import of an upload in the queue, unless it is there; return the Job."""
    asked = {'token': token, 'name': about['name'], 'noun': about['kind'], 'choices': asdict(choices), **more}
    return queue.put(kind, person, asked)


def material(work):
    """Return (Person, Sheet, Noun, Choices, Words) of a job; raise Ended where it cannot be done."""
    person = Person.get_or_none(Person.id == work.person, Person.live(), Person.is_active)
    noun = NOUNS[work.about['noun']]
    if person is None or not (allowed('files.import', None, person)
                              and allowed(f'{noun.name}.create', None, person)):
        raise queue.Ended(FAILED, FORBIDDEN)
    found = uploads.stored_upload(work.about['token'], person.id)
    if found is None:
        raise queue.Ended(FAILED, GONE)
    choices = importing.Choices(**work.about['choices'])
    return person, found[1], noun, choices, importing.words_for(noun, person)


def read_again(work, person, sheet, noun, choices, words):
    """Read an upload, keep what is to be told of it for its preview; return (Load, what is told)."""
    load, left_out = importing.read(noun, sheet, person, choices, words, work.report)
    told = importing.findings(load, left_out, choices, len(sheet.rows))
    kept = told | {'reasons': left_out | importing.reasons(load)}
    uploads.keep_findings(work.about['token'], key_of(choices, words), kept, person.id)
    return load, told


def read(work):
    """Read an upload against the register: its preview then shows what was found."""
    read_again(work, *material(work))
    work.end()


def patiently(work, rows, write):
    """Return what `write` does in an act, tried again while others' acts do not let it; `rows` are ready."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return write()
        except Busy:
            if time.monotonic() > until:
                raise
            time.sleep(PAUSE)
            work.report(rows, rows)


def apply(work):
    """Import an upload as its preview showed it: the act and the job's end are one transaction."""
    person, sheet, noun, choices, words = material(work)
    load, told = read_again(work, person, sheet, noun, choices, words)
    if not load.good or told['seen'] != work.about['seen']:
        raise queue.Ended(FAILED, CHANGED)
    try:
        patiently(work, len(sheet.rows), lambda: load.apply(
            person, clock.now(), 'import', work.about['reason'] + told['note'], f'job-{work.job.id}',
            within=work.end))
    except (Stale, IntegrityError, saving.ChangedMeanwhile):
        raise queue.Ended(FAILED, CHANGED) from None
    uploads.drop(work.about['token'], person.id)


def ask_undo(person, act, reason):
    """Put the taking back of a large import in the queue; return the Job."""
    return queue.put(UNDO, person, {'seq': act.seq, 'name': f'操作 {act.seq} の取消し', 'reason': reason})


def undo(work):
    """Take an import back: the act and the job's end are one transaction."""
    person = Person.get_or_none(Person.id == work.person, Person.live(), Person.is_active)
    outcome = person and patiently(work, 0, lambda: importing.undo(
        Act.get_by_id(work.about['seq']), by=person, at=clock.now(), channel='web',
        reason=work.about['reason'], allowed=allowed, request_id=f'job-{work.job.id}', within=work.end))
    if isinstance(outcome, saving.Refused):
        raise queue.Ended(FAILED, ''.join(dict.fromkeys(message for _, message in outcome.problems)))
    if not isinstance(outcome, saving.Saved):
        raise queue.Ended(FAILED, FORBIDDEN)


def last_of(person):
    """Return [(Job, what it is called, the name of its file)] of a person's last large files."""
    jobs = Job.select().where(Job.person == person.id, Job.kind.in_([READ, APPLY, UNDO]))
    return [(job, queue.KINDS[job.kind].title, json.loads(job.about)['name'])
            for job in jobs.order_by(Job.id.desc()).limit(LAST)]


def address_of(job):
    """Return where a finished job leads: what came of an import, or the preview of its file."""
    about = json.loads(job.about)
    if seq := about.get('seq', job.act):
        return url_for('files.result', seq=seq)
    query = importing.Choices(**about['choices']).query()
    return url_for('files.preview', token=about['token'], **query)


queue.KINDS.update({READ: queue.Kind(read, '取込み前の確認', address_of),
                    APPLY: queue.Kind(apply, 'ファイル取込み', address_of),
                    UNDO: queue.Kind(undo, '取込みの取消し', address_of)})
