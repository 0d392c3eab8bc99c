"""Signing in and out: one message for every failure, waits that grow, sessions that end when they should,
safe settings."""
import hashlib
import io
import os
import secrets
import sqlite3
import time
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
import structlog
from cast import PASSWORD, TODAY, email
from flask import session
from itsdangerous import TimestampSigner
from peewee import OperationalError, SqliteDatabase

from audits import trail
from models import Act, Person, Session, Throttle, db
from models.base import fold
from registry import create_app, refuse_demo
from registry import people as people_pages
from registry.core import clock, config, connection
from registry.web import passwords, proxies, sign_in, throttles

GENERIC = 'メールアドレスかパスワードが違います。もう一度入力してください。'
NEW = '坂の多い街の夕暮れ-41'


@pytest.fixture
def hour(monkeypatch):
    """The real time of day, held still: `hour.pass_(seconds)` lets it run."""
    class Hour:
        now, ticks = datetime.now(UTC).replace(microsecond=0), clock.ticks()

        def pass_(self, seconds):
            self.set_(seconds)
            self.ticks += seconds

        def set_(self, seconds):
            """Set the clock forward or back, while no time passes."""
            self.now += timedelta(seconds=seconds)
    held = Hour()
    monkeypatch.setattr(clock, 'actual', lambda: held.now)
    monkeypatch.setattr(clock, 'ticks', lambda: held.ticks)
    monkeypatch.setattr(TimestampSigner, 'get_timestamp', lambda self: int(held.now.timestamp()))
    return held


def counted(app, key):
    """Return what is counted of an account from an address, or of either alone."""
    with app.test_request_context(), db.connection_context():
        return Throttle.get_or_none(Throttle.key.startswith(key.format(throttles.account_hash(email('it')))))


def attempt(browser, who='it', password='wrong', **more):
    return browser.post('/sign-in', data={'email': email(who), 'password': password}, **more)


# --- in ---

def test_signing_in_leads_home(app):
    browser = app.test_client()
    answer = attempt(browser, password=PASSWORD)
    assert (answer.status_code, answer.location) == (303, '/')
    assert '阿部 情' in browser.get('/').page.text


def test_the_address_may_be_typed_in_any_case_and_width(app):
    answer = app.test_client().post('/sign-in', data={'email': ' ＩＴ@City.Example ', 'password': PASSWORD})
    assert answer.status_code == 303


@pytest.mark.parametrize('sent', [{'email': email('it'), 'password': 'wrong'},
                                  {'email': 'nobody@city.example', 'password': PASSWORD},
                                  {'email': email('it'), 'password': PASSWORD + ' '},
                                  {'email': email('gone'), 'password': PASSWORD}])
def test_every_failure_reads_the_same(app, sent):
    with app.app_context(), db.connection_context(), trail.act('people.add', by=None, at=clock.now()) as act:
        act.save(Person(email=email('gone'), name='退職者', role='it', department=1, is_active=False,
                        password_hash=Person.get_by_id(1).password_hash))
    answer = app.test_client().post('/sign-in', data=sent)
    assert answer.status_code == 422 and GENERIC in answer.page.text
    assert sent['password'] not in answer.text


def test_a_person_without_a_password_cannot_sign_in(app):
    with app.app_context(), db.connection_context(), trail.act('people.add', by=None, at=clock.now()) as act:
        act.save(Person(email=email('fresh'), name='新人', role='it', department=1))
    for password in ('', 'None', 'no such person'):
        assert attempt(app.test_client(), 'fresh', password).status_code == 422


def test_an_unknown_account_costs_a_hash_too(app, monkeypatch):
    checked = []
    monkeypatch.setattr(sign_in, 'dummy', lambda real=sign_in.dummy: checked.append(1) or real())
    attempt(app.test_client(), 'nobody')
    assert checked == [1]


def test_hashes_are_argon2id_and_strong(app):
    with app.app_context():
        app.config['ARGON2_FAST'] = False
        hasher = sign_in.hasher()
    assert hasher.type.name == 'ID' and hasher.memory_cost >= 19 * 1024 and hasher.time_cost >= 2


def test_sign_in_writes_no_act(app):
    with app.app_context(), db.connection_context():
        head = trail.head().seq
    attempt(app.test_client())
    attempt(app.test_client(), password=PASSWORD)
    with app.app_context(), db.connection_context():
        assert trail.head().seq == head


# --- throttle ---

def test_the_sixth_failure_waits_and_each_more_doubles(app, hour):
    browser = app.test_client()
    assert [attempt(browser).status_code for _ in range(6)] == [422] * 6
    refused = attempt(browser, password=PASSWORD)
    assert refused.status_code == 429 and 'あと3秒' in refused.page.text
    waits = []
    for _ in range(4):
        waits.append(int((counted(app, 'pair:{}').until - hour.now).total_seconds()))
        hour.pass_(waits[-1] + 1)
        assert attempt(browser).status_code == 422
    assert waits == [2, 4, 8, 16]
    hour.pass_(60)
    assert attempt(browser, password=PASSWORD).status_code == 303
    assert counted(app, 'pair:{}') is None


def test_a_wait_is_never_longer_than_a_quarter_of_an_hour(app, hour):
    browser = app.test_client()
    for _ in range(20):
        attempt(browser)
        hour.pass_(901)
    assert attempt(browser, password=PASSWORD).status_code == 303


def test_one_account_does_not_lock_another(app, hour):
    browser = app.test_client()
    for _ in range(8):
        attempt(browser)
    assert attempt(browser, 'auditor', PASSWORD).status_code == 303


def test_an_address_that_tries_many_accounts_waits(app, hour):
    browser = app.test_client()
    for n in range(31):
        assert attempt(browser, f'guess{n}').status_code == 422
    # one guess at each account more, and then that account waits for this address, and for no other
    assert attempt(browser, 'it').status_code == 422
    assert attempt(browser, 'it', PASSWORD).status_code == 429
    elsewhere = attempt(app.test_client(), 'it', PASSWORD, environ_base={'REMOTE_ADDR': '10.0.0.9'})
    assert elsewhere.status_code == 303
    assert attempt(app.test_client(), 'auditor',
                   PASSWORD).status_code == 303, 'a right password is never refused for others'


def test_failures_at_an_account_do_not_keep_its_owner_out_elsewhere(app, hour):
    for _ in range(10):
        attempt(app.test_client())
    assert attempt(app.test_client(), password=PASSWORD).status_code == 429
    assert attempt(app.test_client(), password=PASSWORD,
                   environ_base={'REMOTE_ADDR': '10.0.0.9'}).status_code == 303


def test_very_many_addresses_make_an_account_wait_but_not_its_owners_browser(app, client_of, hour):
    known = client_of('it')
    known.post('/sign-out')
    for n in range(throttles.FREE_ACCOUNT + 1):
        assert attempt(app.test_client(), environ_base={'REMOTE_ADDR': f'10.0.{n}.9'}).status_code == 422
    anywhere = {'REMOTE_ADDR': '10.1.0.9'}
    refused = attempt(app.test_client(), password=PASSWORD, environ_base=anywhere)
    assert refused.status_code == 429 and '以前サインインした端末' in refused.page.text
    assert attempt(known, password=PASSWORD, environ_base=anywhere).status_code == 303
    # an administrator ends the wait
    with app.app_context(), db.connection_context():
        id = Person.get(Person.email == email('it')).id
    admin = client_of('admin')
    assert '待ちを解く' in admin.get(f'/people/{id}').page.text
    assert admin.post(f'/people/{id}/let-in').status_code == 303
    assert '待ちを解く' not in admin.get(f'/people/{id}').page.text
    assert attempt(app.test_client(), password=PASSWORD, environ_base=anywhere).status_code == 303


@pytest.mark.parametrize('step', [-86400, 86400])
def test_a_known_browser_stays_known_when_the_clock_is_set(client_of, hour, step):
    browser = client_of('it')
    browser.post('/sign-out')
    hour.set_(step)
    with structlog.testing.capture_logs() as lines:
        attempt(browser, password=PASSWORD)
        hour.pass_(181 * 86400)
        attempt(browser, password=PASSWORD)
    assert [line['known_device'] for line in lines if line['event'] == 'sign-in'] == [True, False]


def test_a_known_browser_has_its_own_limit(client_of, hour):
    browser = client_of('it')
    browser.post('/sign-out')
    assert [attempt(browser).status_code for _ in range(7)] == [422] * 6 + [429]


def test_a_browser_known_to_one_is_not_known_to_another(app, client_of, hour):
    insider = client_of('auditor')
    insider.post('/sign-out')
    for _ in range(6):
        attempt(insider)
    assert attempt(insider, password=PASSWORD).status_code == 429
    with app.test_request_context(), db.connection_context():
        assert not Throttle.select().where(Throttle.key.startswith('device:')).exists()


def test_few_guesses_of_a_suspect_address_are_verified_at_the_same_time(app, hour):
    for n in range(31):
        attempt(app.test_client(), f'guess{n}')
    for _ in range(2):
        assert throttles._lane.acquire(blocking=False)
    try:
        assert attempt(app.test_client(), password=PASSWORD).status_code == 429
        assert attempt(app.test_client(), password=PASSWORD,
                       environ_base={'REMOTE_ADDR': '10.0.0.9'}).status_code == 303
    finally:
        for _ in range(2):
            throttles._lane.release()
    assert attempt(app.test_client(),
                   password=PASSWORD).status_code == 303, 'what was not verified was not counted'


def test_a_whole_network_of_ipv6_is_one_address(app, hour):
    for n in range(6):
        attempt(app.test_client(), environ_base={'REMOTE_ADDR': f'2001:db8:1:2::{n}'})
    assert attempt(app.test_client(), password=PASSWORD,
                   environ_base={'REMOTE_ADDR': '2001:db8:1:2:9::9'}).status_code == 429
    assert attempt(app.test_client(), password=PASSWORD,
                   environ_base={'REMOTE_ADDR': '2001:db8:1:3::1'}).status_code == 303


@pytest.mark.parametrize('step', [-86400, -3600, -1, 1, 86400])
def test_a_clock_that_is_set_makes_no_wait_longer(app, hour, step):
    browser = app.test_client()
    for _ in range(6):
        attempt(browser)
    hour.set_(step)
    attempt(browser)
    for _ in range(6):
        hour.pass_(5)
        if attempt(browser, password=PASSWORD).status_code == 303:
            break
    else:
        raise AssertionError('half a minute later it still waits')


def test_what_failed_is_logged_without_what_was_typed(app, client_of, hour):
    with structlog.testing.capture_logs() as lines:
        for _ in range(7):
            attempt(app.test_client(), password='himitsu-no-kotoba')
        attempt(app.test_client(), 'nobody')
        client_of('auditor')
    told = [line for line in lines if line['event'] == 'sign-in']
    assert [line['outcome'] for line in told] == ['failed'] * 6 + ['throttled', 'failed', 'signed in']
    assert {line['reason'] for line in told} == {'wrong password', 'waits 3 s', 'no such account', ''}
    assert all(line['address'] == '127.0.0.1' and len(line['account']) == 24 for line in told)
    assert len({line['account'] for line in told}) == 3
    for secret in ('himitsu', 'city.example', 'it@', 'nobody@', PASSWORD):
        assert secret not in str(lines)
    app.config['SECRET_KEY'] = 'x' * 40
    with app.test_request_context():
        assert throttles.account_hash(email('it')) != told[0][
            'account'], 'who has the log alone cannot look an account up'


# --- the client's address ---

@pytest.mark.parametrize(('peer', 'forwarded', 'address'), [
    ('203.0.113.5', '198.51.100.7', '203.0.113.5'), ('10.0.0.2', '198.51.100.7', '198.51.100.7'),
    ('10.0.0.2', 'spoofed, 198.51.100.7', '198.51.100.7'),
    ('10.0.0.2', '1.1.1.1, 198.51.100.7, 10.0.0.3', '198.51.100.7'),
    ('10.0.0.2', '', '10.0.0.2'), ('10.0.0.2', 'unknown', '10.0.0.2'),
    ('::ffff:10.0.0.2', '2001:db8::1', '2001:db8::1'),
    ('', '198.51.100.7', ''), ('10.0.0.2', ',' * 100_000 + '198.51.100.7', '198.51.100.7'),
    ('10.0.0.2', '10.0.0.3, 10.0.0.4', '10.0.0.3')])
def test_only_a_trusted_proxy_says_whose_request_it_is(peer, forwarded, address):
    trusted = config.read({'DAICHO_PROXIES': '10.0.0.0/24', 'DAICHO_SECRET_KEY': 'k' * 32})['PROXIES']
    assert proxies.client_address(peer, forwarded, trusted) == address


def test_behind_a_trusted_proxy_clients_are_told_apart(settings, hour):
    app = create_app(settings
                     | {'PROXIES': config.read({'DAICHO_PROXIES': '127.0.0.1',
                                                'DAICHO_SECRET_KEY': 'k' * 32})['PROXIES']})
    for _ in range(6):
        attempt(app.test_client(), headers={'X-Forwarded-For': '198.51.100.7'})
    assert attempt(app.test_client(), password=PASSWORD,
                   headers={'X-Forwarded-For': '198.51.100.7'}).status_code == 429
    assert attempt(app.test_client(), password=PASSWORD,
                   headers={'X-Forwarded-For': '198.51.100.8'}).status_code == 303


def test_a_right_password_is_answered_at_once_whatever_an_address_has_guessed(app, hour):
    """The bar's 10,000 guesses, as what is left of them: counts of an address, of accounts and of an account
    from it."""
    with app.test_request_context(), db.connection_context():
        account = throttles.account_hash(email('it'))
        rows = [{'key': f'pair:{n:024}:127.0.0.1', 'failures': 9, 'last': hour.now, 'until': None}
                for n in range(5000)]
        rows += [{'key': f'account:{n:024}', 'failures': 9, 'last': hour.now, 'until': None}
                 for n in range(5000)]
        for start in range(0, len(rows), 500):
            Throttle.insert_many(rows[start:start + 500]).execute()
        Throttle.create(key='address:127.0.0.1', failures=10_000, last=hour.now)
        Throttle.create(key=f'pair:{account}:127.0.0.1', failures=40, last=hour.now,
                        until=hour.now + timedelta(seconds=900))
    started = time.process_time()
    assert attempt(app.test_client(), 'auditor', PASSWORD).status_code == 303
    assert attempt(app.test_client(), password=PASSWORD,
                   environ_base={'REMOTE_ADDR': '10.0.0.9'}).status_code == 303
    assert time.process_time() - started < 1


def test_failures_of_an_hour_ago_are_forgotten(app, hour):
    browser = app.test_client()
    for _ in range(5):
        attempt(browser)
    hour.pass_(3601)
    for _ in range(5):
        assert attempt(browser).status_code == 422
    assert attempt(browser, password=PASSWORD).status_code == 303


# --- sessions ---

def test_a_session_begins_anew(app):
    browser = app.test_client()
    with browser.session_transaction() as before:
        before['planted'] = 'x'
    attempt(browser, password=PASSWORD)
    with browser.session_transaction() as after:
        assert 'planted' not in after and after['at'][0]


def test_the_cookie_is_guarded(app):
    cookies = attempt(app.test_client(), password=PASSWORD).headers.getlist('Set-Cookie')
    assert len(cookies) == 2
    for cookie in cookies:
        assert 'HttpOnly' in cookie and 'SameSite=Lax' in cookie


def signed_in(browser):
    return browser.get('/account/').status_code == 200


def test_idle_and_long_sessions_end(client_of, hour):
    browser = client_of('it')
    for _ in range(4):
        hour.pass_(119 * 60)
        assert signed_in(browser)
    hour.pass_(119 * 60)
    assert signed_in(browser)
    hour.pass_(10 * 60)
    assert not signed_in(browser), 'ten hours are over'
    browser = client_of('it')
    hour.pass_(121 * 60)
    assert not signed_in(browser), 'two idle hours are over'


@pytest.mark.parametrize('step', [-86400, -7201, -60, 60, 7201, 86400])
def test_a_clock_that_is_set_signs_nobody_out_and_keeps_nobody_in(client_of, hour, step):
    browser = client_of('it')
    hour.pass_(119 * 60)
    hour.set_(step)
    assert signed_in(browser)
    hour.pass_(119 * 60)
    assert signed_in(browser)
    hour.pass_(121 * 60)
    assert not signed_in(browser)


def test_after_a_restart_of_the_machine_the_moments_tell(client_of, hour, monkeypatch):
    browser, late = client_of('it'), client_of('it')
    hour.pass_(3600)
    monkeypatch.setattr(clock, 'boot', lambda: 'another run')
    hour.ticks = 5
    assert signed_in(browser)
    hour.pass_(119 * 60)
    assert signed_in(browser) and not signed_in(late)
    for _ in range(4):
        hour.pass_(110 * 60)
        signed_in(browser)
    assert not signed_in(browser), 'ten hours are over, one of them before'


def test_a_copied_cookie_is_dead_after_signing_out(app, client_of):
    browser, thief = client_of('it'), app.test_client()
    thief.set_cookie('daicho', browser.get_cookie('daicho').value)
    assert signed_in(thief)
    browser.post('/sign-out')
    assert not signed_in(thief)


def test_only_the_hash_of_a_token_is_kept(app, client_of):
    browser = client_of('it')
    with browser.session_transaction() as cookie:
        id, token = cookie['at']
    with app.app_context(), db.connection_context():
        row = Session.get_by_id(id)
        assert row.token != token and row.token == hashlib.sha256(token.encode()).hexdigest() and len(
            token) > 40
    other = app.test_client()
    for at in ([id, 'x' * 43], [id, row.token], [id + 999, token], [-1, token], [2 ** 70, token]):
        with other.session_transaction() as forged:
            forged.update({'_user_id': '1', 'at': at})
        assert not signed_in(other), at


def test_one_sees_where_one_is_signed_in_and_ends_it_there(app, client_of):
    one, two = client_of('it'), app.test_client()
    attempt(two, password=PASSWORD, environ_base={'REMOTE_ADDR': '10.0.0.9'}, headers={
        'User-Agent': 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Version/17.0 Safari/604.1'})
    stranger = client_of('auditor')
    page = one.get('/account/')
    assert 'iPhone の Safari' in page.page.text and '10.0.0.9' in page.page.text
    assert 'この端末' in page.page.text
    assert '端末（2件）' in page.page.text
    there = [form['action'].split('/')[-2] for form in page.page.forms
             if form['action'].startswith('/account/sessions/') and form['action'].endswith('/end')]
    assert len(there) == 2
    with two.session_transaction() as cookie:
        id, _ = cookie['at']
    assert stranger.post(f'/account/sessions/{id}/end').status_code == 303 and signed_in(
        two), 'another person ends nothing'
    assert one.post(f'/account/sessions/{id}/end').status_code == 303
    assert not signed_in(two) and signed_in(one)
    assert 'もう終わっています' in one.post(f'/account/sessions/{id}/end', follow_redirects=True).page.text
    here = one.post(f'/account/sessions/{next(n for n in there if int(n) != id)}/end')
    assert here.location == '/sign-in' and not signed_in(one)


def test_an_administrator_ends_a_session(app, client_of):
    browser, admin = client_of('it'), client_of('admin')
    with app.app_context(), db.connection_context():
        person = Person.get(Person.email == email('it'))
    with browser.session_transaction() as cookie:
        id, _ = cookie['at']
    assert f'/people/{person.id}/sessions/{id}/end' in admin.get(f'/people/{person.id}').text
    assert '/sessions/' not in client_of('auditor').get(
        f'/people/{person.id}').text, 'addresses are for who keeps the people'
    assert client_of('auditor').post(f'/people/{person.id}/sessions/{id}/end').status_code == 403
    assert admin.post(f'/people/{person.id + 1}/sessions/{id}/end').status_code == 303 and signed_in(browser)
    assert admin.post(f'/people/{person.id}/sessions/{id}/end').status_code == 303 and not signed_in(browser)


def test_the_use_of_a_session_is_noted_at_most_once_a_minute(client_of, hour, queries):
    browser = client_of('it')

    def noted():
        queries.clear()
        assert signed_in(browser)
        return sum(sql.startswith('UPDATE "session"') for sql in queries)
    assert noted() == 0
    hour.pass_(61)
    assert [noted(), noted()] == [1, 0]


def test_a_page_waits_for_no_writer_to_note_its_use(app, client_of, hour, monkeypatch):
    monkeypatch.setattr(connection, 'WAIT', 600_000)
    monkeypatch.setitem(connection.SQLITE, 'busy_timeout', 600_000)
    db.initialize(connection.open_database(app.config['DATABASE_URL']))
    browser = client_of('it')
    hour.pass_(61)
    if isinstance(db.obj, SqliteDatabase):
        other = sqlite3.connect(app.config['DATABASE_URL'].removeprefix('sqlite:///'), isolation_level=None)
        other.execute('BEGIN IMMEDIATE')
    else:
        other = psycopg.connect(app.config['DATABASE_URL'])
        other.execute('SELECT * FROM trail_head FOR UPDATE')
    try:
        started = time.monotonic()
        assert signed_in(browser)
        assert time.monotonic() - started < 60
    finally:
        other.close()


def test_a_note_that_cannot_be_written_breaks_no_page(client_of, hour, monkeypatch):
    browser = client_of('it')
    hour.pass_(61)

    def refused(*args, **values):
        raise OperationalError('read-only')
    monkeypatch.setattr(Session, 'update', classmethod(refused))
    assert signed_in(browser)


def test_sessions_do_not_pile_up(app, client_of, hour):
    for _ in range(3):
        client_of('it')
    hour.pass_(11 * 3600)
    client_of('auditor')
    with app.app_context(), db.connection_context():
        assert Session.select().count() == 1


def test_sign_out_ends_one_session(client_of):
    one, two = client_of('it'), client_of('it')
    assert one.post('/sign-out').status_code == 303
    assert not signed_in(one) and signed_in(two)
    assert one.get('/sign-out').status_code in (302, 405)


def test_sign_out_everywhere_ends_all(client_of):
    one, two, other = client_of('it'), client_of('it'), client_of('auditor')
    assert one.post('/account/sign-out-everywhere').status_code == 303
    assert not signed_in(one) and not signed_in(two) and signed_in(other)
    assert signed_in(client_of('it'))


def test_a_new_password_ends_the_other_sessions(client_of, app):
    one, two = client_of('it'), client_of('it')
    assert one.post('/account/', data={'current': PASSWORD, 'new': NEW, 'again': NEW}).status_code == 303
    assert signed_in(one) and not signed_in(two)
    assert attempt(app.test_client(), password=PASSWORD).status_code == 422
    assert attempt(app.test_client(), password=NEW).status_code == 303
    with app.app_context(), db.connection_context():
        assert Act.select().order_by(Act.seq.desc()).first().kind == 'people.password'


@pytest.mark.parametrize('change', [{'role': 'auditor'}, {'department_code': '0201'}, {'is_active': '0'}])
def test_a_changed_role_or_a_closed_account_ends_sessions(app, client_of, change):
    browser = client_of('executive')
    with app.app_context(), db.connection_context():
        person = Person.get(Person.email == email('executive'))
    admin, sent = client_of('admin'), {'revision': str(person.revision), **change}
    if 'is_active' not in change:
        answer = admin.post(f'/people/{person.id}/edit', data=sent)
        assert answer.status_code == 422 and '「変更の理由」を書いてください' in answer.page.text
        assert signed_in(browser)
    answer = admin.post(f'/people/{person.id}/edit', data=sent | {'act_reason': '異動'})
    assert answer.status_code == 303
    assert not signed_in(browser)
    assert '端末（0件）' in admin.get(f'/people/{person.id}').page.text
    with app.app_context(), db.connection_context():
        seq = trail.head().seq
    told = client_of('it').get(f'/trail/{seq}').page.text
    assert '権限（当時）システム管理者' in told and '所属（当時）0101 情報政策課' in told


def test_an_administrator_does_not_lock_themselves_out(app, client_of):
    with app.app_context(), db.connection_context():
        person = Person.get(Person.email == email('admin'))
    for change in ({'role': 'it'}, {'is_active': '0'}):
        answer = client_of('admin').post(f'/people/{person.id}/edit',
                                         data={'revision': str(person.revision), **change})
        assert answer.status_code == 422
    answer = client_of('admin').post(f'/people/{person.id}/void', data={'reason': '誤り'})
    assert answer.status_code == 422 and '自分自身は取り消せません' in answer.page.text
    assert client_of('admin').get('/people/').status_code == 200


def test_a_forged_session_is_nobody(app):
    browser = app.test_client()
    for planted in ({'_user_id': '1'}, {'_user_id': '1', 'at': [1, 'x']},
                    {'_user_id': '999', 'at': [999, '']}, {'_user_id': '1', 'at': None}):
        with browser.session_transaction() as forged:
            forged.clear()
            forged.update(planted)
        assert browser.get('/account/').status_code == 302, planted


# --- where to afterwards ---

@pytest.mark.parametrize('target', ['/systems/', '/systems/?q=%E7%A8%8E&page=2', '/strategies/2026/'])
def test_signing_in_leads_where_one_wanted_to_go(app, target):
    browser = app.test_client()
    asked = browser.get(target)
    answer = browser.post(asked.location, data={'email': email('it'), 'password': PASSWORD})
    assert (answer.status_code, answer.location) == (303, target)


@pytest.mark.parametrize('target', ['https://evil.example/', '//evil.example', '///evil.example',
                                    '/\\evil.example', '\\\\evil.example', '/\t/evil.example',
                                    '/\n/evil.example', '/\r/evil.example', 'javascript:alert(1)', 'evil',
                                    ' //evil.example', '/a\\..\\..//evil.example'])
def test_signing_in_never_leads_elsewhere(app, target):
    answer = app.test_client().post('/sign-in', query_string={'next': target},
                                    data={'email': email('it'), 'password': PASSWORD})
    assert (answer.status_code, answer.location) == (303, '/')


# --- passwords ---

@pytest.mark.parametrize(('password', 'words'), [
    ('短い合い言葉', '12文字以上'), ('Q1w2E3r4T5y6', 'よく使われる'),
    ('ｐａｓｓｗｏｒｄ1234', 'よく使われる'),
    ('aaaaaaaaaaaaaa', '同じ文字'), ('abababababab', '同じ文字'), ('department-2026!', 'メールアドレス'),
    ('sakurasakurasakura', '同じ文字'), ('201204151997', '数字だけ'),
    ('Meguro-Daicho-2026', '推測されやすい'),
    ('目黒区役所台帳二〇二六年度', '推測されやすい'),
    ('めぐろくやくしょ2026', '推測されやすい'), ('税務課所属担当者2026', '推測されやすい'),
    ('馬場税meguro2026', '推測されやすい'),
    ('令和8年度の台帳システム', '推測されやすい'),
    ('qwertyuiop@meguro', '推測されやすい'), ('Dragon123456!', 'よく使われる'),
    ('p@ssw0rd!2026', 'よく使われる'), ('monkeydragon99', 'よく使われる'),
    ('dragon-meguro-2026', 'よく使われる'), ('administrator1', 'よく使われる')])
def test_a_weak_password_is_refused_with_its_reason(client_of, password, words):
    browser = client_of('department')
    answer = browser.post('/account/', data={'current': PASSWORD, 'new': password, 'again': password})
    assert answer.status_code == 422 and words in answer.page.text
    assert password not in answer.text


@pytest.mark.parametrize('password', ['坂の多い街の夕暮れ-41', 'correct horse battery staple',
                                      'xK9#mQ2vLp7!t', 'めぐろの坂道を下る水車小屋', '8f3a-91bc-77e0',
                                      'ｶﾞﾗｽの向こうの青い傘'])
def test_a_long_or_random_password_will_do(opened, password):
    assert passwords.weaknesses(password, Person.get(Person.email == email('department'))) == []


def test_the_list_is_long_and_fits_the_rule():
    for path, least in ((passwords.COMMON, 10_000), (passwords.WORDS, 10_000)):
        lines = path.read_text('utf-8').split('\n')[:-1]
        assert len(lines) == len(set(lines)) >= least
        assert all(line == fold(line).replace(' ', '') for line in lines)
    assert all(len(line) >= passwords.MIN_LENGTH for line in passwords.COMMON.read_text('utf-8').split())


def test_the_old_password_and_the_repetition_are_asked_for(client_of):
    browser = client_of('it')
    assert '今のパスワードが違います' in browser.post('/account/',
                                          data={'current': 'x', 'new': NEW, 'again': NEW}).page.text
    assert '一致しません' in browser.post('/account/', data={'current': PASSWORD, 'new': NEW,
        'again': NEW + 'x'}).page.text
    assert signed_in(browser)


def test_an_administrator_sets_a_first_password(app, client_of):
    with app.app_context(), db.connection_context():
        person = Person.get(Person.email == email('other'))
    other = client_of('other')
    answer = client_of('admin').post(f'/people/{person.id}/password', data={'new': NEW, 'again': NEW})
    assert answer.status_code == 303 and not signed_in(other)
    assert attempt(app.test_client(), 'other', NEW).status_code == 303
    assert '一時パスワードを、本人がまだ変えていません' in client_of('admin').get(
        f'/people/{person.id}').page.text
    assert '12文字以上' in client_of('admin').post(f'/people/{person.id}/password',
        data={'new': 'x', 'again': 'x'}).page.text
    assert '一致しません' in client_of('admin').post(f'/people/{person.id}/password',
        data={'new': NEW + 'y', 'again': NEW}).page.text


@pytest.fixture
def one_time(app, client_of):
    """A browser signed in with a one-time password."""
    with app.app_context(), db.connection_context():
        id = Person.get(Person.email == email('other')).id
    assert client_of('admin').post(f'/people/{id}/password',
                                   data={'new': NEW, 'again': NEW}).status_code == 303
    browser = app.test_client()
    assert attempt(browser, 'other', NEW).status_code == 303
    return browser


def test_a_one_time_password_opens_the_page_where_it_is_changed_and_no_other(app, one_time):
    for address in ('/', '/systems/', '/systems/1', '/account/sessions/1/end', '/search?q=x', '/files/'):
        for method in ('GET', 'POST'):
            answer = one_time.open(address, method=method)
            assert answer.status_code in (303, 405) and answer.headers.get('Location',
                '/account/') == '/account/', address
    page = one_time.get('/account/').page
    assert page.h1 == 'パスワードの変更' and 'サインインしている端末' not in page.text
    assert '/systems/' not in page.links
    again = one_time.post('/account/', data={'current': NEW, 'new': NEW, 'again': NEW})
    assert again.status_code == 422 and '今のパスワードと同じです' in again.page.text
    own = '静かな池のまわりの道-7'
    assert one_time.post('/account/', data={'current': NEW, 'new': own, 'again': own}).status_code == 303
    assert one_time.get('/systems/').status_code == 200
    assert attempt(app.test_client(), 'other', NEW).status_code == 422
    assert attempt(app.test_client(), 'other', own).status_code == 303


def test_a_one_time_password_can_be_left_by_signing_out(one_time):
    assert one_time.post('/sign-out').status_code == 303 and one_time.get('/account/').status_code == 302


def test_a_one_time_password_does_not_last(app, one_time):
    clock.pin(TODAY + timedelta(days=8))
    answer = attempt(app.test_client(), 'other', NEW)
    assert answer.status_code == 422 and '期限が切れています' in answer.page.text
    assert '期限が切れています' not in attempt(app.test_client(), 'other', 'wrong').page.text


def test_what_was_typed_outlasts_a_one_time_password(app, client_of):
    browser = client_of('other')
    with app.app_context(), db.connection_context():
        id = Person.get(Person.email == email('other')).id
    client_of('admin').post(f'/people/{id}/password', data={'new': NEW, 'again': NEW})
    asked = browser.post('/systems/new', data={'name': '夜間の申請'})
    carried = asked.page.fields()['kept']
    must = browser.post('/sign-in', data={'email': email('other'), 'password': NEW, 'kept': carried})
    assert must.status_code == 200 and must.page.h1 == 'パスワードの変更'
    own = '静かな池のまわりの道-7'
    back = browser.post('/account/', data={'current': NEW, 'new': own, 'again': own, 'kept': carried})
    assert back.status_code == 200 and '夜間の申請' in back.page.text


def test_an_administrator_changes_their_own_password_with_the_present_one_only(app, client_of):
    with app.app_context(), db.connection_context():
        id = Person.get(Person.email == email('admin')).id
    admin = client_of('admin')
    assert f'/people/{id}/password' not in admin.get(f'/people/{id}').page.links
    for answer in (admin.get(f'/people/{id}/password'),
                   admin.post(f'/people/{id}/password', data={'new': NEW, 'again': NEW})):
        assert answer.location == '/account/'
    assert attempt(app.test_client(), 'admin', NEW).status_code == 422


def test_wrong_present_passwords_wait_too(client_of, hour):
    browser = client_of('it')
    for _ in range(6):
        browser.post('/account/', data={'current': 'wrong', 'new': NEW, 'again': NEW})
    refused = browser.post('/account/', data={'current': PASSWORD, 'new': NEW, 'again': NEW})
    assert refused.status_code == 422 and 'あと3秒' in refused.page.text
    hour.pass_(3)
    assert browser.post('/account/', data={'current': PASSWORD, 'new': NEW, 'again': NEW}).status_code == 303


# --- addresses ---

def test_a_former_address_is_not_given_to_another(app, client_of):
    admin = client_of('admin')
    with app.app_context(), db.connection_context():
        person = Person.get(Person.email == email('other'))
    address = f'/people/{person.id}/edit'
    assert admin.post(address, data={'revision': str(person.revision), 'email': 'chiba@city.example',
                                     'act_reason': '改姓'}).status_code == 303
    new = {'name': '後任', 'department_code': '0202', 'role': 'department', 'is_active': '1'}
    for taken in (email('other'), email('other').upper()):
        answer = admin.post('/people/new', data=new | {'email': taken})
        assert answer.status_code == 422 and '以前ほかの人が使っていた' in answer.page.text
    assert admin.post('/people/new', data=new | {'email': 'konin@city.example'}).status_code == 303
    # whose it was may have it back
    assert admin.post(address, data={'revision': str(person.revision + 1), 'email': email('other'),
                                     'act_reason': '戻す'}).status_code == 303


def test_an_address_given_up_meanwhile_is_not_given_to_another(app, client_of, monkeypatch):
    admin = client_of('admin')
    with app.app_context(), db.connection_context():
        person = Person.get(Person.email == email('other'))
        with trail.act('people.edit', by=None, at=clock.now()) as act:
            person.email = 'chiba@city.example'
            act.save(person)
    monkeypatch.setattr(people_pages.people, 'prepare', lambda *args: ())
    answer = admin.post('/people/new', data={'email': email('other'), 'name': '後任',
        'department_code': '0202', 'role': 'department',
                                             'is_active': '1'})
    assert answer.status_code == 409
    with app.app_context(), db.connection_context():
        assert Person.get_or_none(Person.email == email('other')) is None


# --- forged forms, settings ---

def test_a_form_without_its_token_changes_nothing(settings):
    app = create_app(settings | {'WTF_CSRF_ENABLED': True})
    answer = app.test_client().post('/sign-in', data={'email': email('it'), 'password': PASSWORD})
    assert answer.status_code == 400 and '保存していません' in answer.text


def production(**more):
    return {'DAICHO_ENV': 'production', 'DATABASE_URL': 'sqlite:////tmp/none.db',
            'DAICHO_SECRET_KEY': secrets.token_hex(32), 'DAICHO_HOSTS': 'daicho.city.example', **more}


def test_production_is_strict():
    given = config.read(production())
    assert given['SESSION_COOKIE_SECURE'] and given['SESSION_COOKIE_NAME'].startswith('__Host-')
    assert given['DEVICE_COOKIE'].startswith('__Host-') and given['PROXIES'] == []
    assert given['TRUSTED_HOSTS'] == ['daicho.city.example'] and not given['ARGON2_FAST']


@pytest.mark.parametrize(('change', 'words'), [
    ({'DAICHO_SECRET_KEY': ''}, 'DAICHO_SECRET_KEY'), ({'DAICHO_SECRET_KEY': 'k' * 31}, '32文字以上'),
    ({'DAICHO_HOSTS': ''}, 'DAICHO_HOSTS'),
    ({'DAICHO_HOSTS': ' , '}, 'DAICHO_HOSTS'), ({'DAICHO_ENV': 'staging'}, 'DAICHO_ENV'),
    ({'DATABASE_URL': 'mysql://x/y'}, 'DATABASE_URL'),
    ({'DAICHO_TODAY': 'someday'}, 'DAICHO_TODAY'), ({'DAICHO_PROXIES': 'proxy.example'}, 'DAICHO_PROXIES'),
    ({'DAICHO_PROXIES': '0.0.0.0/0'}, 'DAICHO_PROXIES'),
    *(({'DAICHO_SECRET_KEY': key}, '推測されやすい') for key in (
        'k' * 64, '0123456789abcdef' * 4, 'abcdefghijklmnopqrstuvwxyz0123456789',
        'correct-horse-battery-staple-please', 'changeme' * 5, 'this is the secret key of our register',
        '1234567890' * 4, 'qwertyuiopasdfghjklzxcvbnmqwertyuiop', 'daicho-secret-key-for-production-2026',
        'Meguro Ward Daicho Production Key 1'))])
def test_unsafe_settings_are_refused_by_name(change, words):
    with pytest.raises(config.Unsafe, match=words) as caught:
        config.read(production(**change))
    assert words in str(caught.value)


def test_a_key_drawn_by_chance_that_looks_unlikely_is_taken():
    assert not config.guessable('c2881167722b24bbfbbfff9e5ce33812')


def test_keys_drawn_by_chance_are_taken():
    for _ in range(300):
        for key in (secrets.token_hex(32), secrets.token_hex(16), secrets.token_urlsafe(32),
                    secrets.token_urlsafe(24)):
            assert not config.guessable(key), key


def test_a_local_secret_is_made_once_and_kept_private(tmp_path):
    given = {'DAICHO_INSTANCE': str(tmp_path / 'instance')}
    first, again = config.read(given), config.read(given)
    assert first['SECRET_KEY'] == again['SECRET_KEY'] and len(first['SECRET_KEY']) == 64
    assert (tmp_path / 'instance' / 'secret-key').stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(('given', 'refused'), [
    ({'DAICHO_ENV': 'production'}, True), ({}, False),
    # what cannot be read is not judged: the pages say what is wrong with it
    ({'DAICHO_ENV': 'production', 'DATABASE_URL': 'postgresql://nobody@127.0.0.1:1/none'}, False)])
def test_production_refuses_a_demo_database(settings, given, refused):
    app = create_app(settings | given)
    try:
        refuse_demo(app)
    except config.Unsafe as error:
        assert refused and 'デモデータ' in error.message
    else:
        assert not refused


def test_uploads_nobody_goes_on_with_are_deleted(app, client_of):
    uploads = app.config['INSTANCE'] / 'uploads'

    def upload(who, number='H-9'):
        answer = client_of(who).post('/files/', data={'kind': 'shares', 'encoding': 'auto',
            'file': (io.BytesIO(
            f'share_no,title,method,shared_on\n{number},教訓,通知,2026-09-01\n'.encode()), 'shares.csv')})
        assert answer.status_code == 303
        return {path for path in uploads.glob('*/*')}
    old = upload('it')
    assert len(old) == 1 and all(path.parent.stat().st_mode & 0o077 == 0 for path in old)
    for path in old:
        os.utime(path, (time.time() - 90_000,) * 2)
    new = upload('it', 'H-8')
    assert len(new) == 1 and not new & old


def test_an_unknown_host_is_refused(settings):
    browser = create_app(settings | {'TRUSTED_HOSTS': ['127.0.0.1']}).test_client()
    assert browser.get('/sign-in', headers={'Host': 'evil.example'}).status_code == 400
    assert browser.get('/sign-in', headers={'Host': '127.0.0.1:8000'}).status_code == 200


def test_every_answer_carries_the_headers(app, client_of):
    for answer in (app.test_client().get('/sign-in'), client_of('it').get('/systems/'),
                   client_of('it').get('/nowhere')):
        policy = answer.headers['Content-Security-Policy']
        assert "default-src 'none'" in policy and 'unsafe' not in policy
        assert answer.headers['X-Content-Type-Options'] == 'nosniff' and answer.headers[
            'Cache-Control'] == 'no-store'


def test_the_session_holds_no_more_than_it_needs(app):
    browser = app.test_client()
    with browser:
        attempt(browser, password=PASSWORD)
        assert set(session) <= {'_permanent', 'at', '_user_id', '_fresh', '_id', '_flashes', 'csrf_token'}
    assert clock.today() == TODAY


def test_demo_data_is_said_before_signing_in_and_on_error_pages(app):
    browser = app.test_client()
    assert 'デモデータ' in browser.get('/sign-in').text
    assert 'デモデータ' in browser.post('/sign-in', data={}).text
    for answer in (browser.get('/no%00where'), browser.post('/healthz')):
        assert answer.status_code >= 400 and 'デモデータ' in answer.text and '日付固定' in answer.text
