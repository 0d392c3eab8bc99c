"""Whose request it is: only a trusted proxy says so."""
import pytest
from cast import PASSWORD
from signing import attempt

from registry import create_app
from registry.core import config
from registry.web import proxies


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
