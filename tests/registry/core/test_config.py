"""Settings of the application: production is strict, secrets are drawn once, faults are named."""
import secrets

import pytest

from registry import create_app, refuse_demo
from registry.core import config

SMTP = {'DAICHO_SMTP_HOST': 'mail.city.example', 'DAICHO_SMTP_FROM': 'daicho@city.example'}


def production(**more):
    return {'DAICHO_ENV': 'production', 'DATABASE_URL': 'sqlite:////tmp/none.db',
            'DAICHO_SECRET_KEY': secrets.token_hex(32), 'DAICHO_HOSTS': 'daicho.city.example', **more}


def test_production_is_strict():
    given = config.read(production())
    assert given['SESSION_COOKIE_SECURE'] and given['SESSION_COOKIE_NAME'].startswith('__Host-')
    assert given['DEVICE_COOKIE'].startswith('__Host-') and given['PROXIES'] == []
    assert given['TRUSTED_HOSTS'] == ['daicho.city.example'] and not given['ARGON2_FAST']
    assert given['URL'] == 'https://daicho.city.example/'
    assert given['SMTP'] is None and config.read(production(**SMTP))['SMTP'] == {
        'host': 'mail.city.example', 'port': 587, 'security': 'starttls', 'user': '', 'password': '',
        'sender': 'daicho@city.example'}
    assert config.read(production(DAICHO_URL='https://a.example:8443'))['URL'] == 'https://a.example:8443/'


@pytest.mark.parametrize(('change', 'words'), [
    ({'DAICHO_SECRET_KEY': ''}, 'DAICHO_SECRET_KEY'), ({'DAICHO_SECRET_KEY': 'k' * 31}, '32文字以上'),
    ({'DAICHO_HOSTS': ''}, 'DAICHO_HOSTS'),
    ({'DAICHO_HOSTS': ' , '}, 'DAICHO_HOSTS'), ({'DAICHO_ENV': 'staging'}, 'DAICHO_ENV'),
    ({'DATABASE_URL': 'mysql://x/y'}, 'DATABASE_URL'),
    ({'DAICHO_TODAY': 'someday'}, 'DAICHO_TODAY'), ({'DAICHO_PROXIES': 'proxy.example'}, 'DAICHO_PROXIES'),
    ({'DAICHO_PROXIES': '0.0.0.0/0'}, 'DAICHO_PROXIES'), ({'DAICHO_URL': 'http://a.example/'}, 'DAICHO_URL'),
    ({'DAICHO_URL': 'https://a.example/x y'}, 'DAICHO_URL'),
    *((SMTP | wrong, f'DAICHO_SMTP_{name}') for name, wrong in (
        ('FROM', {'DAICHO_SMTP_FROM': ''}), ('FROM', {'DAICHO_SMTP_FROM': 'a@b\r\nBcc: c@d'}),
        ('SECURITY', {'DAICHO_SMTP_SECURITY': 'ssl'}), ('PORT', {'DAICHO_SMTP_PORT': '70000'}),
        ('PASSWORD', {'DAICHO_SMTP_USER': 'x'}), ('SECURITY', {
            'DAICHO_SMTP_SECURITY': 'none', 'DAICHO_SMTP_USER': 'x', 'DAICHO_SMTP_PASSWORD': 'y'}))),
    *(({'DAICHO_SECRET_KEY': key}, '推測されやすい') for key in (
        'k' * 64, '0123456789abcdef' * 4, 'abcdefghijklmnopqrstuvwxyz0123456789',
        'correct-horse-battery-staple-please', 'changeme' * 5, 'this is the secret key of our register',
        '1234567890' * 4, 'qwertyuiopasdfghjklzxcvbnmqwertyuiop', 'daicho-secret-key-for-production-2026',
        'Meguro Ward Daicho Production Key 1'))])
def test_unsafe_settings_are_refused_by_name(change, words):
    with pytest.raises(config.UnsafeSetting, match=words) as caught:
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
    except config.UnsafeSetting as error:
        assert refused and 'デモデータ' in error.message
    else:
        assert not refused
