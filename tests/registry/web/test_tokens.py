"""Tokens of the API: shown once, kept hashed, ended with the person's sign-ins, slowed, seen by them."""
import hashlib
from datetime import timedelta

import pytest
from cast import CAST, PASSWORD, TODAY, email
from desk import empty
from peewee import OperationalError

from audits import trail
from models import Act, ApiToken, Change, Person, Throttle, TokenUse, db
from registry.core import clock
from registry.web import sign_in, throttles, tokens

FORM = {'name': '月次の集計', 'scopes': 'read', 'expires_on': '2026-12-31'}


def asked(app, token, address='/systems', **more):
    return app.test_client().get(f'/api/v1{address}', headers={'Authorization': f'Bearer {token}'}, **more)


def issued(browser, **changes):
    page = browser.post('/tokens/new', data=FORM | changes)
    assert page.status_code == 200, page.text
    return page.page.one('code#token').text()


# --- issued and revoked ---
@pytest.mark.parametrize('who', CAST)
def test_everybody_issues_and_revokes_their_own(app, client_of, who):
    browser = client_of(who)
    token = issued(browser)
    assert len(token) >= 7 + 43  # 256 random bits
    assert asked(app, token, '/indicators').status_code == 200
    page = browser.get('/account/')
    assert '月次の集計' in page.page.text and token not in page.text and token not in browser.get(
        '/tokens/new').text
    with app.app_context(), db.connection_context():
        row = ApiToken.get()
        assert (row.token_hash, row.person.email, row.scopes) == (hashlib.sha256(token.encode()).hexdigest(),
            email(who), 'read')
        act = Act.select().order_by(Act.seq.desc()).first()
        told = Change.get(Change.act == act).values
        assert act.kind == 'tokens.create' and act.channel == 'web' and token not in told
        assert row.token_hash not in told
    for other in set(CAST) - {who, 'admin'}:
        assert client_of(other).post(f'/tokens/{row.id}/revoke').status_code == 404
    assert browser.post(f'/tokens/{row.id}/revoke').location == '/account/'
    assert asked(app, token, '/indicators').status_code == 401
    with app.app_context(), db.connection_context():
        assert Act.select().order_by(Act.seq.desc()).first().kind == 'tokens.void'


def test_an_administrator_revokes_anybodys(app, client_of):
    token, admin = issued(client_of('head')), client_of('admin')
    with app.app_context(), db.connection_context():
        person, row = Person.get(Person.email == email('head')).id, ApiToken.get().id
    assert '月次の集計' in admin.get(f'/people/{person}').page.text
    assert '月次の集計' not in client_of('auditor').get(f'/people/{person}').page.text
    assert admin.post(f'/tokens/{row}/revoke').location == f'/people/{person}'
    assert asked(app, token).status_code == 401
    assert '失効' in admin.post(f'/tokens/{row}/revoke', follow_redirects=True).page.text


@pytest.mark.parametrize(('wrong', 'words'), [
    ({'name': ''}, '名前を入力してください'), ({'scopes': ''}, '範囲を入力してください'),
    ({'scopes': 'all'}, '「all」は選べません'),
    ({'expires_on': '2026-11-22'}, '1年以内'), ({'expires_on': '2027-12-01'}, '1年以内'),
    ({'expires_on': ''}, '期限を入力してください')])
def test_a_token_needs_a_name_a_scope_and_an_end(client_of, wrong, words):
    answer = client_of('it').post('/tokens/new', data=FORM | wrong)
    assert answer.status_code == 422 and words in answer.page.text


def test_a_person_has_only_so_many(client_of, monkeypatch):
    monkeypatch.setattr(tokens, 'MOST', 2)
    browser = client_of('it')
    issued(browser), issued(browser)
    assert '1人2個まで' in browser.post('/tokens/new', data=FORM).page.text


def test_who_holds_a_one_time_password_issues_none(app, client_of):
    with app.app_context(), db.connection_context(), trail.act('people.password', by=None,
            at=clock.now()) as act:
        sign_in.set_password(act, Person.get(Person.email == email('it')), PASSWORD,
                             clock.now() + timedelta(days=1))
    browser = client_of('it')
    assert browser.post('/tokens/new', data=FORM).location == '/account/'
    assert browser.get('/api/v1/openapi.json').status_code == 401
    with app.app_context(), db.connection_context():
        person = Person.get(Person.email == email('it'))
        form = tokens.TokenForm(tokens.saving.FormData(FORM))
        _, outcome = tokens.issue(form, person, by=None, at=clock.now(), channel='cli')
        assert '一時パスワード' in outcome.problems[0][1]


# --- ended ---
def change(app, **values):
    with app.app_context(), db.connection_context(), trail.act('people.edit', by=None, at=clock.now()) as act:
        row = Person.get(Person.email == email('department'))
        for name, value in values.items():
            setattr(row, name, value)
        act.save(row)


def by_admin(client_of, **changes):
    person = {'email': email('department'), 'name': '馬場 税', 'department_code': '0201',
              'role': 'department', 'is_active': '1'}
    browser = client_of('admin')
    address = f'/people/{list(CAST).index("department") + 1}/edit'
    revision = browser.get(address).page.fields()['revision']
    answer = browser.post(address, data=person | {'revision': revision, 'act_reason': '異動'} | changes)
    assert answer.status_code == 303, answer.page.text


@pytest.mark.parametrize('changes', [{'role': 'head'}, {'department_code': '0202'}, {'is_active': '0'}])
def test_a_token_ends_when_its_person_is_no_longer_the_same(app, client_of, token_of, changes):
    token = token_of('department')
    assert asked(app, token).status_code == 200
    by_admin(client_of, name='馬場 税務')
    assert asked(app, token).status_code == 200
    by_admin(client_of, **{'name': '馬場 税務'} | changes)
    assert asked(app, token).status_code == 401


def test_a_token_ends_with_the_password_and_all_sign_ins(app, client_of, token_of):
    first, browser = token_of('department'), client_of('department')
    sent = {'current': PASSWORD, 'new': '坂の多い街の夕暮れ-41', 'again': '坂の多い街の夕暮れ-41'}
    assert browser.post('/account/', data=sent).status_code == 303
    second = token_of('department')
    assert asked(app, first).status_code == 401 and asked(app, second).status_code == 200
    browser.post('/account/sign-out-everywhere')
    assert asked(app, second).status_code == 401


def test_a_token_ends_on_its_day(app, token_of):
    assert asked(app, token_of('it', expires_on=TODAY)).status_code == 200
    assert asked(app, token_of('it', expires_on=TODAY - timedelta(days=1))).status_code == 401


def test_a_voided_person_has_none(app, token_of):
    token = token_of('department')
    change(app, voided_at=clock.now(), void_reason='退職')
    assert asked(app, token).status_code == 401


# --- used ---
def uses(app):
    with app.app_context(), db.connection_context():
        return [(use.used, use.address) for use in TokenUse.select()]


def test_the_last_use_is_noted_once_a_minute(app, client_of, token_of, monkeypatch):
    token, now = token_of('it'), clock.actual()
    monkeypatch.setattr(clock, 'actual', lambda: now)
    for _ in range(3):
        asked(app, token)
    assert uses(app) == [(now, '127.0.0.1')]
    first, now = now, now + timedelta(seconds=59)
    asked(app, token)
    assert uses(app) == [(first, '127.0.0.1')]
    now = first + timedelta(seconds=61)
    asked(app, token, environ_base={'REMOTE_ADDR': '10.1.2.3'})
    assert uses(app) == [(now, '10.1.2.3')]
    assert '10.1.2.3' in client_of('it').get('/account/').page.text


def test_a_use_that_cannot_be_noted_stops_nothing(app, token_of, monkeypatch):
    def busy(*args, **kwargs):
        raise OperationalError('database is locked')
    monkeypatch.setattr(TokenUse, 'insert', busy)
    assert asked(app, token_of('it')).status_code == 200 and uses(app) == []


def test_a_token_waits_when_it_asks_too_often(app, token_of):
    app.config['API_RATE'] = 3
    token, other = token_of('it'), token_of('head')
    assert [asked(app, token).status_code for _ in range(4)] == [200, 200, 200, 429]
    answer = asked(app, token)
    assert answer.mimetype == 'application/problem+json' and 1 <= int(answer.headers['Retry-After']) <= 20
    assert asked(app, other).status_code == 200


def test_a_rate_is_paid_for_by_time(monkeypatch):
    rates, now = tokens.Rates(), 100.0
    monkeypatch.setattr(tokens.time, 'monotonic', lambda: now)
    assert [rates.wait(1, 60) for _ in range(60)] == [0] * 60
    assert rates.wait(1, 60) == 1 and rates.wait(2, 60) == 0
    now += 2
    assert [rates.wait(1, 60) for _ in range(3)] == [0, 0, 1]


def test_wrong_tokens_are_counted_by_their_address_and_right_ones_pass(app, token_of):
    right = token_of('it')
    found = [asked(app, f'daicho_{n}').status_code for n in range(throttles.FREE_ADDRESS + 2)]
    assert found == [401] * (throttles.FREE_ADDRESS + 1) + [429]
    waiting = asked(app, 'daicho_wrong')
    assert waiting.status_code == 429 and int(waiting.headers['Retry-After']) >= 1
    assert asked(app, right).status_code == 200
    assert asked(app, 'daicho_wrong', environ_base={'REMOTE_ADDR': '10.1.2.3'}).status_code == 401
    with app.app_context(), db.connection_context():
        assert not Throttle.select().where(Throttle.key.contains('wrong')).exists()


@pytest.mark.parametrize('header', ['', 'Bearer', 'Bearer  ', 'Basic aXQ6eA==', 'daicho_x', 'Bearer é'])
def test_what_is_no_token_is_no_guess(app, header):
    answer = app.test_client().get('/api/v1/systems', headers={'Authorization': header})
    assert answer.status_code == 401 and answer.json['title'] == 'トークンが必要です'


# --- by command ---
def test_tokens_by_command(tmp_path):
    desk = empty(tmp_path)
    desk.load('departments')
    desk.person('it@city.example', 'it')
    issue = ['token', 'issue', 'it@city.example', '--name', '連携', '--scope', 'read', '--scope', 'write',
             '--until']
    token = desk.run(*issue, '2027-06-30')
    assert token.exit_code == 0 and token.stdout.startswith(
        'daicho_') and token.stdout.strip() not in token.stderr
    found, = desk.json('token', 'list', 'it@city.example')
    assert found == {'id': found['id'], 'name': '連携', 'scopes': ['read', 'write'],
                     'expires_on': '2027-06-30', 'last_used': None}
    assert '連携' in desk.run('token', 'list', 'it@city.example').stdout
    assert desk.run(*issue, '2037-06-30').exit_code == 1
    assert desk.run('token', 'issue', 'nobody@x', '--name', 'x', '--scope', 'read', '--until',
                    '2027-06-30').exit_code == 1
    assert desk.run('token', 'revoke', found['id'], '--reason', '入替え').exit_code == 0
    assert desk.run('token', 'revoke', found['id']).exit_code == 1
    assert desk.json('token', 'list', 'it@city.example') == []
