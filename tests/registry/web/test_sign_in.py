"""Signing in and out: one message for every failure, and the page one wanted to go to."""
import pytest
import structlog
from cast import PASSWORD, email
from signing import attempt

from audits import trail
from models import Person, db
from registry.core import clock
from registry.web import sign_in, throttles

GENERIC = 'メールアドレスかパスワードが違います。もう一度入力してください。'


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


def test_an_unknown_account_costs_a_hash_too(app, monkeypatch):
    checked = []
    monkeypatch.setattr(sign_in, 'dummy_hash', lambda real=sign_in.dummy_hash: checked.append(1) or real())
    attempt(app.test_client(), 'nobody')
    assert checked == [1]


def test_sign_in_writes_no_act(app):
    with app.app_context(), db.connection_context():
        head = trail.head().seq
    attempt(app.test_client())
    attempt(app.test_client(), password=PASSWORD)
    with app.app_context(), db.connection_context():
        assert trail.head().seq == head


def test_what_failed_is_logged_without_what_was_typed(app, hour):
    with structlog.testing.capture_logs() as lines:
        for _ in range(7):
            attempt(app.test_client(), password='himitsu-no-kotoba')
        attempt(app.test_client(), 'nobody')
        attempt(app.test_client(), 'auditor', PASSWORD)
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
