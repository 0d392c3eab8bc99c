"""Browsers known to an account stay known, to it alone."""
import pytest
import structlog
from cast import PASSWORD
from signing import attempt

from models import Throttle, db


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


def test_a_browser_known_to_one_is_not_known_to_another(app, client_of, hour):
    insider = client_of('auditor')
    insider.post('/sign-out')
    for _ in range(6):
        attempt(insider)
    assert attempt(insider, password=PASSWORD).status_code == 429
    with app.test_request_context(), db.connection_context():
        assert not Throttle.select().where(Throttle.key.startswith('device:')).exists()
