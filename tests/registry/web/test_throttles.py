"""Waits that grow: for an account, for an address, for neither more than is just."""
import threading
import time
from datetime import timedelta

import pytest
from cast import PASSWORD, email
from signing import NEW, attempt

from models import Person, Throttle, db
from registry.web import throttles


def test_guesses_at_the_same_time_all_count(app):
    admitted, barrier = [], threading.Barrier(12)

    def guess():
        with app.test_request_context(), db.connection_context():
            barrier.wait()
            with throttles.Attempt('x@city.example', None) as attempt:
                admitted.append(not attempt.wait)
    threads = [threading.Thread(target=guess) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    # counted before they are verified: the sixth makes the others wait
    assert (admitted.count(True), len(admitted)) == (throttles.FREE + 1, 12)
    with app.test_request_context(), db.connection_context():
        row = Throttle.get(Throttle.key.startswith('pair:'))
        assert row.failures == throttles.FREE + 1 and row.until is not None


def counted(app, key):
    """Return what is counted of an account from an address, or of either alone."""
    with app.test_request_context(), db.connection_context():
        return Throttle.get_or_none(Throttle.key.startswith(key.format(throttles.account_hash(email('it')))))


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


def test_a_known_browser_has_its_own_limit(client_of, hour):
    browser = client_of('it')
    browser.post('/sign-out')
    assert [attempt(browser).status_code for _ in range(7)] == [422] * 6 + [429]


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


def test_a_right_password_is_answered_at_once_whatever_an_address_has_guessed(app, hour):
    """The bar's 10,000 guesses, by what they leave: counts of an address, of accounts, of one from it."""
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


def test_wrong_present_passwords_wait_too(client_of, hour):
    browser = client_of('it')
    for _ in range(6):
        browser.post('/account/', data={'current': 'wrong', 'new': NEW, 'again': NEW})
    refused = browser.post('/account/', data={'current': PASSWORD, 'new': NEW, 'again': NEW})
    assert refused.status_code == 422 and 'あと3秒' in refused.page.text
    hour.pass_(3)
    assert browser.post('/account/', data={'current': PASSWORD, 'new': NEW, 'again': NEW}).status_code == 303
