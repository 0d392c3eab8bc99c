"""Signing in and out: one message for every failure, waits that grow, sessions that end when they should, safe settings."""
from datetime import UTC, datetime, timedelta

import pytest
from cast import PASSWORD, TODAY, email
from flask import session

from audits import trail
from models import Act, Person, Throttle, db
from registry import clock, config, create_app, sign_in

GENERIC = 'メールアドレスかパスワードが違います。もう一度入力してください。'
NEW = '坂の多い街の夕暮れ-41'


@pytest.fixture
def hour(monkeypatch):
    """The real time of day, held still: `hour.pass_(seconds)` lets it run."""
    class Hour:
        now = datetime.now(UTC).replace(microsecond=0)

        def pass_(self, seconds):
            self.now += timedelta(seconds=seconds)
    held = Hour()
    monkeypatch.setattr(clock, 'actual', lambda: held.now)
    return held


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


@pytest.mark.parametrize('sent', [{'email': email('it'), 'password': 'wrong'}, {'email': 'nobody@city.example', 'password': PASSWORD},
                                  {'email': email('it'), 'password': PASSWORD + ' '}, {'email': email('gone'), 'password': PASSWORD}])
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
        with app.app_context(), db.connection_context():
            row = Throttle.get(Throttle.key == f'account:{email("it")}')
            waits.append(int((row.until - hour.now).total_seconds()))
        hour.pass_(waits[-1] + 1)
        assert attempt(browser).status_code == 422
    assert waits == [2, 4, 8, 16]
    hour.pass_(60)
    assert attempt(browser, password=PASSWORD).status_code == 303
    with app.app_context(), db.connection_context():
        assert not Throttle.select().where(Throttle.key == f'account:{email("it")}').exists()


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
    assert attempt(browser, 'it', PASSWORD).status_code == 429
    elsewhere = attempt(app.test_client(), 'it', PASSWORD, environ_base={'REMOTE_ADDR': '10.0.0.9'})
    assert elsewhere.status_code == 303


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
        assert 'planted' not in after and after['epoch'] == 0


def test_the_cookie_is_guarded(app):
    cookie = attempt(app.test_client(), password=PASSWORD).headers['Set-Cookie']
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


@pytest.mark.parametrize('change', [{'role': 'auditor'}, {'is_active': '0'}])
def test_a_changed_role_or_a_closed_account_ends_sessions(app, client_of, change):
    browser = client_of('executive')
    with app.app_context(), db.connection_context():
        person = Person.get(Person.email == email('executive'))
    answer = client_of('admin').post(f'/people/{person.id}/edit', data={'revision': str(person.revision), **change})
    assert answer.status_code == 303
    assert not signed_in(browser)


def test_an_administrator_does_not_lock_themselves_out(app, client_of):
    with app.app_context(), db.connection_context():
        person = Person.get(Person.email == email('admin'))
    for change in ({'role': 'it'}, {'is_active': '0'}):
        answer = client_of('admin').post(f'/people/{person.id}/edit', data={'revision': str(person.revision), **change})
        assert answer.status_code == 422
    answer = client_of('admin').post(f'/people/{person.id}/void', data={'reason': '誤り'})
    assert answer.status_code == 422 and '自分自身は取り消せません' in answer.page.text
    assert client_of('admin').get('/people/').status_code == 200


def test_a_forged_session_is_nobody(app):
    browser = app.test_client()
    now = int(clock.actual().timestamp())
    for planted in ({'_user_id': '1'}, {'_user_id': '1', 'seen': now, 'since': now, 'epoch': 99},
                    {'_user_id': '999', 'seen': now, 'since': now, 'epoch': 0}):
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


@pytest.mark.parametrize('target', ['https://evil.example/', '//evil.example', '///evil.example', '/\\evil.example', '\\\\evil.example',
                                    '/\t/evil.example', '/\n/evil.example', '/\r/evil.example', 'javascript:alert(1)', 'evil',
                                    ' //evil.example', '/a\\..\\..//evil.example'])
def test_signing_in_never_leads_elsewhere(app, target):
    answer = app.test_client().post('/sign-in', query_string={'next': target}, data={'email': email('it'), 'password': PASSWORD})
    assert (answer.status_code, answer.location) == (303, '/')


# --- passwords ---

@pytest.mark.parametrize(('password', 'words'), [
    ('短い合い言葉', '12文字以上'), ('Q1w2E3r4T5y6', 'よく使われる'), ('ｐａｓｓｗｏｒｄ1234', 'よく使われる'),
    ('aaaaaaaaaaaaaa', '同じ文字'), ('abababababab', '同じ文字'), ('department-2026!', 'メールアドレス')])
def test_a_weak_password_is_refused_with_its_reason(client_of, password, words):
    browser = client_of('department')
    answer = browser.post('/account/', data={'current': PASSWORD, 'new': password, 'again': password})
    assert answer.status_code == 422 and words in answer.page.text
    assert password not in answer.text


def test_the_old_password_and_the_repetition_are_asked_for(client_of):
    browser = client_of('it')
    assert '今のパスワードが違います' in browser.post('/account/', data={'current': 'x', 'new': NEW, 'again': NEW}).page.text
    assert '一致しません' in browser.post('/account/', data={'current': PASSWORD, 'new': NEW, 'again': NEW + 'x'}).page.text
    assert signed_in(browser)


def test_an_administrator_sets_a_first_password(app, client_of):
    with app.app_context(), db.connection_context():
        person = Person.get(Person.email == email('other'))
    other = client_of('other')
    answer = client_of('admin').post(f'/people/{person.id}/password', data={'new': NEW, 'again': NEW})
    assert answer.status_code == 303 and not signed_in(other)
    assert attempt(app.test_client(), 'other', NEW).status_code == 303
    assert '12文字以上' in client_of('admin').post(f'/people/{person.id}/password', data={'new': 'x', 'again': 'x'}).page.text
    assert '一致しません' in client_of('admin').post(f'/people/{person.id}/password', data={'new': NEW + 'y', 'again': NEW}).page.text


# --- forged forms, settings ---

def test_a_form_without_its_token_changes_nothing(settings):
    app = create_app(settings | {'WTF_CSRF_ENABLED': True})
    answer = app.test_client().post('/sign-in', data={'email': email('it'), 'password': PASSWORD})
    assert answer.status_code == 400 and '保存していません' in answer.text


def production(**more):
    return {'DAICHO_ENV': 'production', 'DATABASE_URL': 'sqlite:////tmp/none.db', 'DAICHO_SECRET_KEY': 'k' * 32,
            'DAICHO_HOSTS': 'daicho.city.example', **more}


def test_production_is_strict():
    given = config.read(production())
    assert given['SESSION_COOKIE_SECURE'] and given['SESSION_COOKIE_NAME'].startswith('__Host-')
    assert given['TRUSTED_HOSTS'] == ['daicho.city.example'] and not given['ARGON2_FAST']


@pytest.mark.parametrize(('change', 'words'), [
    ({'DAICHO_SECRET_KEY': ''}, 'DAICHO_SECRET_KEY'), ({'DAICHO_SECRET_KEY': 'k' * 31}, '32文字以上'), ({'DAICHO_HOSTS': ''}, 'DAICHO_HOSTS'),
    ({'DAICHO_HOSTS': ' , '}, 'DAICHO_HOSTS'), ({'DAICHO_ENV': 'staging'}, 'DAICHO_ENV'), ({'DATABASE_URL': 'mysql://x/y'}, 'DATABASE_URL'),
    ({'DAICHO_TODAY': 'someday'}, 'DAICHO_TODAY')])
def test_unsafe_settings_are_refused_by_name(change, words):
    with pytest.raises(config.Unsafe, match=words) as caught:
        config.read(production(**change))
    assert words in str(caught.value)


def test_a_local_secret_is_made_once_and_kept_private(tmp_path):
    given = {'DAICHO_INSTANCE': str(tmp_path / 'instance')}
    first, again = config.read(given), config.read(given)
    assert first['SECRET_KEY'] == again['SECRET_KEY'] and len(first['SECRET_KEY']) == 64
    assert (tmp_path / 'instance' / 'secret-key').stat().st_mode & 0o777 == 0o600


def test_an_unknown_host_is_refused(settings):
    browser = create_app(settings | {'TRUSTED_HOSTS': ['127.0.0.1']}).test_client()
    assert browser.get('/sign-in', headers={'Host': 'evil.example'}).status_code == 400
    assert browser.get('/sign-in', headers={'Host': '127.0.0.1:8000'}).status_code == 200


def test_every_answer_carries_the_headers(app, client_of):
    for answer in (app.test_client().get('/sign-in'), client_of('it').get('/systems/'), client_of('it').get('/nowhere')):
        policy = answer.headers['Content-Security-Policy']
        assert "default-src 'none'" in policy and 'unsafe' not in policy
        assert answer.headers['X-Content-Type-Options'] == 'nosniff' and answer.headers['Cache-Control'] == 'no-store'


def test_the_session_holds_no_more_than_it_needs(app):
    browser = app.test_client()
    with browser:
        attempt(browser, password=PASSWORD)
        assert set(session) <= {'_permanent', 'epoch', 'since', 'seen', '_user_id', '_fresh', '_id', '_flashes', 'csrf_token'}
    assert clock.today() == TODAY


def test_demo_data_is_said_before_signing_in_and_on_error_pages(app):
    browser = app.test_client()
    assert 'デモデータ' in browser.get('/sign-in').text
    assert 'デモデータ' in browser.post('/sign-in', data={}).text
    for answer in (browser.get('/no%00where'), browser.post('/healthz')):
        assert answer.status_code >= 400 and 'デモデータ' in answer.text and '日付固定' in answer.text
