"""Environment → settings; refuses to start when one is missing or unsafe."""
import os
import re
import secrets
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

from models.rules import calendar
from models.rules.attachments import FileLimits


class UnsafeSetting(SystemExit):
    """A setting is missing or unsafe; the message says which and what to do.

    Python prints it as it ends.
    """

    def __init__(self, message):
        super().__init__(f'daicho: {message}')
        self.message = message


def read(environ=None):
    """Return the settings of docs/operations.md as a mapping for Flask; raise Unsafe when one will not do."""
    environ = os.environ if environ is None else environ
    env = environ.get('DAICHO_ENV', 'local')
    if env not in ('local', 'production'):
        raise UnsafeSetting('DAICHO_ENV は local か production にしてください。')
    production = env == 'production'
    instance = Path(environ.get('DAICHO_INSTANCE', 'instance')).absolute()
    url = environ.get('DATABASE_URL') or f'sqlite:///{instance / "daicho.db"}'
    if not url.startswith(('sqlite:///', 'postgresql://')):
        raise UnsafeSetting('DATABASE_URL は sqlite:///… か postgresql://… にしてください。')
    pinned = environ.get('DAICHO_TODAY')
    try:
        today = calendar.parse_day(pinned) if pinned else None
    except ValueError as error:
        raise UnsafeSetting(f'DAICHO_TODAY: {error}') from None
    if production and today:
        raise UnsafeSetting('本番では DAICHO_TODAY（日付の固定）を使えません。'
                            '操作履歴の日時が偽りになります。')
    hosts = [host.strip() for host in environ.get('DAICHO_HOSTS', '').split(',') if host.strip()]
    if production and not hosts:
        raise UnsafeSetting('本番では DAICHO_HOSTS に受け付けるホスト名を入れてください。')
    megabytes = _whole(environ.get('DAICHO_FILE_MB', '20'), 'DAICHO_FILE_MB', 200)
    files = _whole(environ.get('DAICHO_FILES', '20'), 'DAICHO_FILES', 100)
    return {
        'URL': _own_address(environ.get('DAICHO_URL', ''), hosts, production),
        'SMTP': _smtp(environ, production),
        'DAICHO_ENV': env, 'INSTANCE': instance, 'DATABASE_URL': url, 'TODAY': today,
        'SECRET_KEY': _secret(environ, instance, production),
        'TRUSTED_HOSTS': hosts or ['127.0.0.1', 'localhost', '[::1]'],
        'SESSION_COOKIE_NAME': '__Host-daicho' if production else 'daicho',
        'PROXIES': _proxies(environ.get('DAICHO_PROXIES', '')),
        'API_RATE': _whole(environ.get('DAICHO_API_RATE', '600'), 'DAICHO_API_RATE', 999_999),
        'FILE_LIMITS': FileLimits(megabytes << 20, files, min(files, 5) * megabytes << 20),
        'DEVICE_COOKIE': '__Host-daicho-device' if production else 'daicho-device',
        'SEEN_COOKIE': '__Host-daicho-seen' if production else 'daicho-seen',
        'SESSION_COOKIE_SECURE': production, 'SESSION_COOKIE_HTTPONLY': True,
        'SESSION_COOKIE_SAMESITE': 'Lax', 'PERMANENT_SESSION_LIFETIME': timedelta(hours=10),
        'IDLE': timedelta(hours=2), 'SESSION_REFRESH_EACH_REQUEST': False,
        'MAX_CONTENT_LENGTH': 21 * 1024 * 1024, 'MAX_FORM_MEMORY_SIZE': 2 * 1024 * 1024,
        'MAX_FORM_PARTS': 1000, 'WTF_CSRF_TIME_LIMIT': None, 'ARGON2_FAST': False,
    }


def _own_address(text, hosts, production):
    """Return the address of the register as links from outside name it, with its last slash.

    '' where nothing is said of it: a page knows by which address it was asked for.
    """
    if not text:
        return f'https://{hosts[0].lstrip(".")}/' if production else ''
    scheme = 'https' if production else 'https?'
    if not re.fullmatch(rf'{scheme}://[A-Za-z0-9.:\[\]-]{{1,200}}/?', text):
        raise UnsafeSetting('DAICHO_URL は、台帳のアドレスを https://daicho.example.lg.jp/ '
                            'の形で入れてください。')
    return f'{text.rstrip("/")}/'


#: {how the connection to the mail server is kept from being read: its usual port}
SMTP_PORTS = {'starttls': '587', 'tls': '465', 'none': '25'}


def _smtp(environ, production):
    """Return how mails are sent, {host, port, security, user, password, sender}, None where they are not."""
    host, sender = environ.get('DAICHO_SMTP_HOST', ''), environ.get('DAICHO_SMTP_FROM', '')
    security = environ.get('DAICHO_SMTP_SECURITY', 'starttls')
    user, password = environ.get('DAICHO_SMTP_USER', ''), environ.get('DAICHO_SMTP_PASSWORD', '')
    if not host:
        return None
    if security not in SMTP_PORTS:
        raise UnsafeSetting('DAICHO_SMTP_SECURITY は starttls、tls、none のどれかにしてください。')
    port = environ.get('DAICHO_SMTP_PORT') or SMTP_PORTS[security]
    if not re.fullmatch('[1-9][0-9]{0,4}', port) or int(port) > 65535:
        raise UnsafeSetting('DAICHO_SMTP_PORT は1から65535までの整数で入れてください。')
    if not re.fullmatch(r'[!-?A-~]+@[A-Za-z0-9.-]+', sender):
        raise UnsafeSetting('DAICHO_SMTP_FROM に、差出人のメールアドレスを入れてください。')
    if bool(user) != bool(password):
        raise UnsafeSetting('DAICHO_SMTP_USER と DAICHO_SMTP_PASSWORD は、両方を入れるか、'
                            '両方を省いてください。')
    if production and user and security == 'none':
        raise UnsafeSetting('DAICHO_SMTP_SECURITY が none では、パスワードが読み取られます。starttls か tls '
                            'にするか、DAICHO_SMTP_USER を省いてください。')
    return {'host': host, 'port': int(port), 'security': security, 'user': user, 'password': password,
            'sender': sender}


def _proxies(text):
    """Return the networks of the proxies whose word on the client's address is taken."""
    try:
        networks = [ip_network(part.strip(), strict=False) for part in text.split(',') if part.strip()]
    except ValueError:
        raise UnsafeSetting('DAICHO_PROXIES は、プロキシの IP アドレスか範囲（10.0.0.0/24 '
                            'など）をカンマで区切ってください。') from None
    if any(network.prefixlen == 0 for network in networks):
        raise UnsafeSetting('DAICHO_PROXIES に全部のアドレスは入れられません。'
                            'だれでも接続元を名乗れてしまうためです。')
    return networks


def _whole(text, name, most):
    if not re.fullmatch('[1-9][0-9]{0,5}', text) or int(text) > most:
        raise UnsafeSetting(f'{name} は、1から{most}までの整数で入れてください。')
    return int(text)


def _secret(environ, instance, production):
    given = environ.get('DAICHO_SECRET_KEY')
    if given:
        if len(given) < 32:
            raise UnsafeSetting('DAICHO_SECRET_KEY は32文字以上にしてください。')
        if production and guessable(given):
            raise UnsafeSetting('DAICHO_SECRET_KEY が推測されやすい並びです。docs/operations.md '
                                'の方法（secrets.token_hex）で作ってください。')
        return given
    if production:
        raise UnsafeSetting('本番では DAICHO_SECRET_KEY（32文字以上）が必要です。')
    path = instance / 'secret-key'
    if not path.exists():
        instance.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), 'w') as file:
            file.write(secrets.token_hex(32))
    kept = path.read_text()
    if len(kept) < 32:
        raise UnsafeSetting(f'{path} の署名鍵が欠けています。控えから戻すか、ファイルを削除してください'
                            '（作り直し、全員がサインインし直します）。')
    return kept


#: words between spaces, hyphens and the like, in one case or with a capital: no letter or digit beside them
WORDS_APART = '(?<![A-Za-z0-9])(?:[A-Z]?[a-z]+|[A-Z]+)(?![A-Za-z0-9])'


def guessable(key):
    """Tell whether a key was made up rather than drawn at random.

    It has few characters, follows a pattern from one to the next, or consists of words.
    """
    if len(set(key)) < 7 or re.fullmatch(r'(.+?)\1+', key[:512]):
        return True
    steps = [ord(after) - ord(before) for before, after in zip(key, key[1:], strict=False)]
    # half the steps alike, or half the key in words set apart: drawn by chance once in billions of keys
    if max(steps.count(step) for step in set(steps)) > len(steps) / 2:
        return True
    return sum(map(len, re.findall(WORDS_APART, key))) > len(key) / 2
