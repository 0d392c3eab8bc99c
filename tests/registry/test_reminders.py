"""Mails of what is due: to whom, once a stage, never twice, whatever stands in the way."""
import email as mails
import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from datetime import timedelta
from email import policy

import desk as desks
import psycopg
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cast import CAST, TODAY, email
from engine import ENGINE
from paths import ROOT
from ports import free_port

from audits import trail
from models import Contract, CorrectiveAction, Digest, Person, Reminder, System
from registry.core import clock

#: the contract, the system and the plan of the tax unit, and its person
TAX = email('department')


class Office:
    """The office's mail server: what it took, whom it refuses, and what it does when a mail comes."""

    def __init__(self):
        self.taken, self.refused, self.at_data, self.at_mail = [], set(), None, None

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address in self.refused:
            return '550 5.1.1 no such mailbox'
        envelope.rcpt_tos.append(address)
        return '250 OK'

    async def handle_MAIL(self, server, session, envelope, address, options):
        if self.at_mail:
            self.at_mail(server)
        envelope.mail_from = address
        return '250 OK'

    async def handle_DATA(self, server, session, envelope):
        message = mails.message_from_bytes(envelope.content, policy=policy.default)
        self.taken.append((envelope.rcpt_tos, message))
        if self.at_data:
            self.at_data(server)
        return '250 taken'

    def received(self):
        """Return {address: text} of what was taken since it was asked last; nobody had two."""
        found = {to: message for (to,), message in self.taken}
        assert len(found) == len(self.taken)
        self.taken.clear()
        return {to: f'{message["Subject"]}\n{message.get_content()}' for to, message in found.items()}


@contextmanager
def open_office(**more):
    office = Office()
    controller = Controller(office, hostname='127.0.0.1', port=free_port(), **more)
    controller.start()
    try:
        yield office, controller
    finally:
        controller.stop()


@pytest.fixture
def office():
    with open_office() as (office, controller):
        office.port = controller.port
        yield office


@pytest.fixture
def desk(database, tmp_path, office):
    """A desk on the cast's register that sends its mails to the office's server."""
    desk = desks.Desk(tmp_path, today=TODAY.isoformat())
    desk.env |= {'DATABASE_URL': database, 'DAICHO_SMTP_HOST': '127.0.0.1',
                 'DAICHO_SMTP_PORT': str(office.port),
                 'DAICHO_SMTP_SECURITY': 'none', 'DAICHO_SMTP_FROM': 'daicho@city.example',
                 'DAICHO_URL': 'https://daicho.city.example'}
    return desk


def change(desk, table, id, **values):
    with desk.open(), trail.act('tests.save', by=None, at=clock.now()) as act:
        row = table.get_by_id(id)
        for name, value in values.items():
            setattr(row, name, value)
        act.save(row)


def on(desk, days):
    """Let the register's day be some days after that of the cast."""
    desk.env['DAICHO_TODAY'] = (TODAY + timedelta(days=days)).isoformat()


def remind(desk, code=0):
    return {each['email']: (each['state'], each['stages']) for each in desk.json('remind', code=code)}


def test_everybody_has_one_mail_of_what_is_theirs(desk, office):
    change(desk, Contract, 1, ends_on=TODAY - timedelta(days=57))
    change(desk, CorrectiveAction, 1, done_on=None, due_on=TODAY, measure='改行\nBcc: a@b.example')
    planned = remind_dry(desk)
    said = remind(desk)
    assert {who: stages for who, (_, stages) in said.items()} == planned
    assert said[TAX] == ('sent', {'late': 1, 'today': 1, 'coming': 2})
    mail = office.received()
    assert mail.keys() == {email(who) for who in set(CAST) - {'admin'}}
    text = mail[TAX]
    assert text.startswith('【台帳】期限のある仕事 4件（うち超過1件）\n馬場 税 様\n\n令和8年11月23日')
    assert ('■ 期限を過ぎました\n・契約満了: K-00001 税契約1（税務課）\n  2026-09-27 57日超過\n'
            '  https://daicho.city.example/contracts/1\n') in text
    assert text.index('期限を過ぎました') < text.index('きょうが期限です') < text.index('期限が近づきました')
    assert '戸籍' not in text and 'https://daicho.city.example/duties/' in text
    # who oversees hears how much is late, by kind
    assert '・契約満了 1件' in mail[email('executive')] and 'K-00001' not in mail[email('executive')]
    assert remind(desk) == {} and office.received() == {}


def remind_dry(desk):
    """Return {address: stages} of a dry run, which writes nothing."""
    found = {each['email']: each['stages'] for each in desk.json('remind', '--dry-run')}
    with desk.open():
        assert not Digest.select().exists() and not Reminder.select().exists()
    assert f'{TAX}: 送ります。' in desk.run('remind', '--dry-run').stdout
    return found


def test_a_duty_is_told_once_a_stage_and_anew_when_its_day_moves(desk, office):
    remind(desk)
    text = office.received()[TAX]
    assert '契約満了' in text and 'システムの更新' in text

    def told(days):
        on(desk, days)
        remind(desk)
        return office.received().get(TAX)
    change(desk, Contract, 1, ends_on=TODAY + timedelta(days=5))
    # one mail a day: what is new now is told tomorrow
    assert told(0) is None
    assert '契約満了: K-00001' in (text := told(1)) and '期限のある仕事 1件' in text
    assert told(2) is None
    assert 'きょうが期限です\n・契約満了' in told(5)
    assert '期限を過ぎました\n・契約満了' in told(6)
    assert told(7) is None
    # done, and then not
    change(desk, System, 1, lifecycle='retired', retired_on=TODAY)
    assert told(8) is None
    change(desk, System, 1, lifecycle='operate', retired_on=None)
    assert '契約満了' in (text := told(9)) and 'システムの更新' in text
    # a clock set back tells nothing again
    assert told(6) is None


def test_who_may_not_sign_in_gets_none(desk, office):
    with desk.open():
        tax, other = (Person.get(Person.email == email(who)).id for who in ('department', 'other'))
    change(desk, Person, tax, is_active=False)
    change(desk, Person, other, voided_at=clock.now(), void_reason='退職')
    assert not remind(desk).keys() & {TAX, email('other')}


def test_a_long_list_names_the_most_urgent(desk, office, monkeypatch):
    monkeypatch.setattr('registry.reminders.NAMED', 2)
    change(desk, Contract, 1, ends_on=TODAY - timedelta(days=1))
    remind(desk)
    text = office.received()[TAX]
    assert text.count('\n・') == 2 and 'ほかに1件あります。' in text and text.index('契約満了') > 0


# --- what cannot be sent ---
def test_what_is_refused_is_told_and_tried_again(desk, office):
    office.refused = {TAX}
    with desk.open():
        head = Person.get(Person.email == email('head'))
    change(desk, Person, head.id, email='土井@@市')
    found = desk.run('remind')
    assert found.exit_code == 1 and '550 5.1.1 no such mailbox' in found.stderr and TAX in found.stderr
    assert '土井@@市: 送れませんでした（メールアドレスの形が正しくありません）' in found.stderr
    assert TAX not in (first := office.received()) and email('other') in first
    office.refused = set()
    change(desk, Person, head.id, email=email('head'))
    assert {who: state for who, (state, _) in remind(desk).items()} == {TAX: 'sent', email('head'): 'sent'}
    assert office.received().keys() == {TAX, email('head')} and remind(desk) == {}


def test_without_a_server_nothing_is_taken_as_sent(desk, office):
    port, desk.env['DAICHO_SMTP_PORT'] = desk.env['DAICHO_SMTP_PORT'], str(free_port())
    found = desk.run('remind')
    assert found.exit_code == 1 and found.stderr.count('ここで止めます') == 1 and 'Refused' in found.stderr
    desk.env['DAICHO_SMTP_PORT'] = port
    assert {state for state, _ in remind(desk).values()} == {'sent'} and TAX in office.received()
    # one that does not encrypt gets nothing in the clear
    on(desk, 400)
    desk.env['DAICHO_SMTP_SECURITY'] = 'starttls'
    assert 'STARTTLS' in desk.run('remind').stderr and not office.received()
    del desk.env['DAICHO_SMTP_HOST']
    assert desk.run('remind').exit_code == 2


def test_no_answer_to_a_mail_is_told_and_the_mail_not_sent_again(desk, office):
    office.at_data = lambda server: server.transport.abort() if len(office.taken) == 2 else None
    found = remind(desk, code=1)
    assert sorted(state for state, _ in found.values()) == ['sent'] * (len(found) - 1) + ['unsure']
    assert len(office.received()) == len(found)
    assert remind(desk) == {} and office.received() == {}


def test_a_server_that_has_closed_the_connection_is_asked_anew(desk, office):
    closed = []

    def close_once(server):
        if len(office.taken) == 1 and not closed:
            closed.append(server.transport.abort())
    office.at_mail = close_once
    assert {state for state, _ in remind(desk).values()} == {'sent'} and closed


@pytest.mark.parametrize('moment', ['at_mail', 'at_data'])
def test_a_run_that_is_killed_sends_nothing_twice(desk, office, moment):
    env, running, ready = os.environ | desk.env, [], threading.Event()

    def kill(server):
        if len(office.taken) == (2 if moment == 'at_data' else 1):
            ready.wait(60)
            os.kill(running[0].pid, signal.SIGKILL)
            running[0].wait()
    setattr(office, moment, kill)
    running.append(subprocess.Popen([sys.executable, '-m', 'registry.commands', 'remind'], cwd=ROOT, env=env,
                                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
    ready.set()
    assert running[0].wait(120) == -signal.SIGKILL
    setattr(office, moment, None)
    first = office.received()
    assert len(first) == (2 if moment == 'at_data' else 1)
    after = desk.run('remind')
    assert after.exit_code == 1 and after.stderr.count('前の実行が途中で終わり') == 1
    second = office.received()
    assert not first.keys() & second.keys()
    # of one it is not known, and that was told
    assert len(first.keys() | second.keys()) == (6 if moment == 'at_data' else 5)
    assert remind(desk) == {} and office.received() == {}
    if moment == 'at_data':
        change(desk, Contract, 1, ends_on=TODAY + timedelta(days=9))
        on(desk, 1)
        assert remind(desk)[TAX] == ('sent', {'coming': 1}) and '契約満了' in office.received()[TAX]


def test_two_at_once_do_not_meet(desk, office):
    if ENGINE == 'sqlite':
        import fcntl
        with open(desk.env['DATABASE_URL'].removeprefix('sqlite:///')[:-3] + '.reminding', 'ab') as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            found = desk.run('remind')
    else:
        from registry.core.connection import REMINDING
        with psycopg.connect(desk.env['DATABASE_URL']) as other:
            other.execute('SELECT pg_advisory_lock(%s)', (REMINDING,))
            found = desk.run('remind')
    assert found.exit_code == 1 and 'ほかの daicho remind' in found.stderr and not office.received()
    assert remind(desk)


def test_a_password_is_asked_for_and_never_told(desk):
    def judge(server, session, envelope, mechanism, given):
        return AuthResult(success=given.password == '正しい合言葉'.encode(), handled=False)
    with open_office(authenticator=judge, auth_require_tls=False) as (office, controller):
        desk.env |= {'DAICHO_SMTP_PORT': str(controller.port), 'DAICHO_SMTP_USER': 'daicho',
                     'DAICHO_SMTP_PASSWORD': 'himitsu-no-aikotoba'}
        found = desk.run('remind')
        assert found.exit_code == 1 and '利用者名とパスワードを受け付けません' in found.stderr
        assert 'himitsu' not in found.output and not office.taken
