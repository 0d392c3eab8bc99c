"""Large files read and applied in the background: progress, cancel, once, or why not."""
import io
import threading
from datetime import timedelta

import pytest
from cast import email
from peewee import InterfaceError
from playhouse.pool import MaxConnectionsExceeded

from audits import trail, verify
from models import Act, Job, Person, Staff, db
from registry import import_jobs
from registry.core import clock, queue
from registry.records import importing

NEVER = threading.Event()


@pytest.fixture
def it(client_of, monkeypatch):
    monkeypatch.setattr(import_jobs, 'ROWS', 5)
    monkeypatch.setattr(queue, 'REPORT', 0)
    return client_of('it')


def sent(browser, rows=20, first=9000, unit='0201'):
    lines = ['職員番号,氏名,所属コード', *(f'{first + n},職員{n},{unit}' for n in range(rows))]
    return browser.post('/files/', data={'kind': 'staff', 'encoding': 'auto', 'file': (
        io.BytesIO('\n'.join(lines).encode()), '名簿.csv')}).location


def work(app, holder='one', stopping=NEVER):
    with app.app_context(), db.connection_context():
        return queue.work_once(holder, stopping)


def previewed(app, browser, address):
    """Return the page of a preview, once its file has been read in the background."""
    job = browser.get(address).location
    assert job.startswith('/jobs/') and browser.get(address).location == job, 'asked once'
    page = browser.get(job)
    assert page.headers['Refresh'] and '順番待ち' in page.text
    assert work(app) and browser.get(job).location == address
    return browser.get(address)


def applied(app, browser, address):
    page = previewed(app, browser, address)
    return browser.post(address, data={'reason': '登録', 'seen': page.page.fields()['seen']}).location


def state(job):
    with db.connection_context():
        return Job.get_by_id(int(job.rpartition('/')[2]))


def test_a_large_file_is_read_and_applied_in_the_background(app, it, client_of):
    address = sent(it)
    page = previewed(app, it, address)
    assert page.status_code == 200 and '登録 20件' in page.page.text
    job = it.post(address, data={'reason': '登録', 'seen': page.page.fields()['seen']}).location
    assert client_of('department').get(job).status_code == 404
    assert client_of('department').post(f'{job}/cancel').status_code == 404
    assert '名簿.csv' in it.get('/files/').text and work(app) and not work(app)
    result = it.get(job).location
    assert result == f'/files/results/{state(job).act}' and '登録 20件' in it.get(result).page.text
    with db.connection_context():
        act = Act.get_by_id(state(job).act)
        assert (act.kind, act.reason, act.changes) == ('staff.import', '登録（名簿.csv）', 20)
    assert 'もう取り込んだか' in it.get(it.get(address).location).text, 'the upload is gone'
    # what is large is taken back there too
    job = it.post(f'{result}/undo', data={'reason': '誤り'}).location
    assert work(app) and it.get(job).location == result and '取り消されています' in it.get(result).text
    job = it.post(f'{result}/undo', data={'reason': '誤り'}).location
    assert work(app) and 'もう取り消してあります' in it.get(job).text


def test_a_large_file_with_bad_rows_says_so_and_gives_them_back(app, it):
    address = sent(it, unit='9999')
    page = previewed(app, it, address)
    assert page.status_code == 422 and '20件' in page.page.text
    assert '9999' in it.get(f'{address}/rejected.csv').text


def test_what_has_changed_since_is_not_applied(app, it):
    address = sent(it)
    job = applied(app, it, address)
    other = sent(it, 1, 9003)
    page = it.get(other)
    assert it.post(other, data={'reason': '先', 'seen': page.page.fields()['seen']}).status_code == 303
    assert work(app) and import_jobs.CHANGED in it.get(job).text
    assert '変更 1件' in it.get(address).page.text, 'the preview is a new one'
    assert state(job).state == 'failed' and state(job).act is None


def test_a_job_is_cancelled_before_it_begins_and_until_it_is_written(app, it, monkeypatch):
    job = applied(app, it, sent(it))
    assert it.post(f'{job}/cancel').status_code == 303 and not work(app)
    assert '取りやめました' in it.get(job).text
    job = applied(app, it, sent(it, 21))
    write = importing.Load.write

    def late(load, *args):
        write(load, *args)
        queue.cancel(Job.get(Job.state == 'running'))
    monkeypatch.setattr(importing.Load, 'write', late)
    with db.connection_context():
        before = Act.select().count()
    assert work(app) and state(job).state == 'cancelled'
    with db.connection_context():
        assert Act.select().count() == before and not Staff.select().where(Staff.staff_no == '9001').exists()


def test_who_loses_the_lease_writes_nothing_and_the_job_is_done_once(app, it, monkeypatch):
    job = applied(app, it, sent(it))
    apply = importing.Load.apply

    def slow(load, *args, **more):
        # as if this process had stood still, and another had taken the job up
        monkeypatch.setattr(importing.Load, 'apply', apply)
        with trail.untrailed():
            Job.update(holder='another').where(Job.state == 'running').execute()
        return load.apply(*args, **more)
    monkeypatch.setattr(importing.Load, 'apply', slow)
    with db.connection_context():
        before = Act.select().count()
    assert work(app) and (state(job).holder, state(job).state) == ('another', 'running')
    with db.connection_context():
        assert Act.select().count() == before
    lapse()
    assert work(app, 'two') and state(job).state == 'done' and not work(app, 'three')
    with db.connection_context():
        assert Act.select().count() == before + 1 and verify.verify().intact


def lapse():
    with db.connection_context(), trail.untrailed():
        Job.update(lease=clock.actual() - timedelta(seconds=1)).where(Job.state == 'running').execute()


def test_a_job_that_is_taken_up_again_and_again_is_given_up(app, it):
    job = applied(app, it, sent(it))
    with db.connection_context(), trail.untrailed():
        Job.update(state='running', holder='dead', attempts=3,
                   lease=clock.actual() + timedelta(seconds=60)).where(Job.state == 'waiting').execute()
    assert work(app) is False, 'its lease still holds'
    lapse()
    assert work(app) and state(job).message == queue.GIVEN_UP and queue.GIVEN_UP in it.get(job).text


def test_a_process_that_is_to_end_gives_the_job_back(app, it):
    job, ending = applied(app, it, sent(it)), threading.Event()
    ending.set()
    assert work(app, stopping=ending) and state(job).state == 'waiting'
    assert work(app) and state(job).state == 'done'


def test_a_file_that_is_gone_and_a_person_who_may_no_longer_are_said(app, it, change):
    job = applied(app, it, sent(it))
    for path in (app.config['INSTANCE'] / 'uploads').glob('*/*'):
        path.unlink()
    assert work(app) and import_jobs.GONE in it.get(job).text
    job = applied(app, it, sent(it, 22))
    with db.connection_context():
        person = Person.get(Person.email == email('it')).id
    change(Person, person, role='executive')
    assert work(app) and state(job).message == import_jobs.FORBIDDEN


def test_a_person_has_few_jobs_at_once(app, it):
    for rows in (20, 21, 22):
        assert it.get(sent(it, rows)).location.startswith('/jobs/')
    answer = it.get(sent(it, 23))
    assert answer.location == '/files/' and queue.TOO_MANY in it.get('/files/').text


def test_an_undo_waits_for_the_acts_of_others(app, it, monkeypatch):
    job = applied(app, it, sent(it))
    assert work(app)
    job = it.post(f'{it.get(job).location}/undo', data={'reason': '誤り'}).location
    undo = importing.undo

    def busy(*args, **more):
        monkeypatch.setattr(importing, 'undo', undo)
        raise trail.Busy
    monkeypatch.setattr(importing, 'undo', busy)
    monkeypatch.setattr(import_jobs, 'PAUSE', 0)
    assert work(app) and (state(job).state, state(job).attempts) == ('done', 1)


@pytest.mark.parametrize('fault', [InterfaceError, MaxConnectionsExceeded, OSError])
def test_who_works_at_jobs_goes_on_when_the_database_fails(app, monkeypatch, fault):
    calls, stopping = [], threading.Event()

    def once(holder, stopping):
        calls.append(holder)
        if len(calls) == 1:
            raise fault
        stopping.set()
    monkeypatch.setattr(queue, 'LOOK', 0)
    monkeypatch.setattr(queue, 'work_once', once)
    queue.keep_working(app, stopping)
    assert len(calls) == 2
