"""Sessions end when they should, are seen by their person, and cost a page next to nothing."""
import hashlib
import sqlite3
import time

import psycopg
import pytest
from cast import PASSWORD, TODAY, email
from flask import session
from flask.sessions import SecureCookieSessionInterface
from html_page import Page
from peewee import OperationalError, SqliteDatabase
from signing import NEW, attempt, signed_in

from audits import trail
from models import Act, Person, Session, db
from registry import create_app
from registry.core import clock, connection


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
    assert '権限（当時） システム管理者' in told and '所属（当時） 0101 情報政策課' in told


def test_a_forged_session_is_nobody(app):
    browser = app.test_client()
    for planted in ({'_user_id': '1'}, {'_user_id': '1', 'at': [1, 'x']},
                    {'_user_id': '999', 'at': [999, '']}, {'_user_id': '1', 'at': None}):
        with browser.session_transaction() as forged:
            forged.clear()
            forged.update(planted)
        assert browser.get('/account/').status_code == 302, planted


def test_the_session_holds_no_more_than_it_needs(app):
    browser = app.test_client()
    with browser:
        attempt(browser, password=PASSWORD)
        assert set(session) <= {'_permanent', 'at', '_user_id', '_fresh', '_id', '_flashes', 'csrf_token'}
    assert clock.today() == TODAY


def test_a_form_is_taken_with_its_sessions_token_and_no_other(settings):
    app = create_app(settings | {'WTF_CSRF_ENABLED': True})
    one, other = app.test_client(), app.test_client()
    tokens = [Page(browser.get('/sign-in').text).one('[name=csrf_token]').attributes['value']
              for browser in (one, other)]
    sent = {'email': email('it'), 'password': PASSWORD}
    for wrong in (tokens[1], tokens[0][:-1], ''):
        assert one.post('/sign-in', data=sent | {'csrf_token': wrong}).status_code == 400
    assert one.post('/sign-in', data=sent | {'csrf_token': tokens[0]}).status_code == 303


def test_a_cookie_packed_by_an_older_version_still_opens(app, client_of):
    browser = client_of('it')
    with browser.session_transaction() as here:
        packed = SecureCookieSessionInterface().get_signing_serializer(app).dumps(dict(here))
    assert packed.startswith('.') and signed_in(browser)
    another = app.test_client()
    another.set_cookie(app.config['SESSION_COOKIE_NAME'], packed)
    assert signed_in(another)


def test_a_cookie_of_many_messages_stays_small(app, client_of):
    browser = client_of('it')
    with browser.session_transaction() as here:
        here['_flashes'] = [('message', 'サインインしてください。')] * 60
    cookie = browser.get_cookie(app.config['SESSION_COOKIE_NAME']).value
    assert len(cookie) < 1000
