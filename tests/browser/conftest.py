"""The browser's ground: a real server on a demo ward of its own, and Chromium with one window per person."""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import sync_playwright
from ports import free_port

ROOT = Path(__file__).parents[2]
PASSWORD = 'daicho-demo-2026'
#: inside FY2026 (令和8年度), after everything the demo ward records
TODAY = '2026-11-24'
QUIET = ['--no-sandbox', '--disable-gpu', '--in-process-gpu', '--disable-quic', '--no-first-run',
         '--disable-background-networking', '--disable-component-update', '--disable-sync']
#: runs before the page's own scripts, and past its policy: what the policy refuses is kept for the test
LISTEN = """window.refused = [];
document.addEventListener(
    'securitypolicyviolation', (e) => window.refused.push(e.violatedDirective + ' ' + e.blockedURI));"""


def command(environ, *words):
    """Run one of the product's commands to its end."""
    done = subprocess.run([sys.executable, '-m', 'registry.commands', *words], cwd=ROOT, env=environ,
                          capture_output=True,
                          text=True, timeout=600)
    assert done.returncode == 0, done.stderr


def answers(address):
    try:
        with urllib.request.urlopen(address, timeout=60) as answer:
            return answer.status == 200
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


@contextmanager
def served():
    """Serve a demo ward nobody else uses; yield its address."""
    with tempfile.TemporaryDirectory(prefix='daicho-') as folder:
        home = Path(folder)
        environ = {key: value for key, value in os.environ.items() if not key.startswith('DAICHO_')} | {
            'DAICHO_INSTANCE': folder, 'DATABASE_URL': f'sqlite:///{folder}/daicho.db',
            'DAICHO_TODAY': TODAY}
        command(environ, 'migrate')
        command(environ, 'demo')
        port = free_port()
        with open(home / 'log', 'w') as log:
            process = subprocess.Popen([sys.executable, '-m', 'registry.commands', 'serve', '--port',
                                        str(port)], cwd=ROOT, env=environ, stdout=log, stderr=log)
            try:
                address = f'http://127.0.0.1:{port}'
                until = time.monotonic() + 300
                while not answers(f'{address}/readyz'):
                    assert process.poll() is None and time.monotonic() < until, (home / 'log').read_text()
                    time.sleep(0.1)
                yield address
            finally:
                process.terminate()
                process.wait(120)


@pytest.fixture(scope='session')
def site():
    """The address of a real server on a demo ward nobody else uses."""
    with served() as address:
        yield address


@pytest.fixture(scope='session')
def chromium():
    """A running Chromium; a machine without one fails, it does not skip."""
    # the shell is the same browser without the parts of a desktop, in two thirds of the time
    program = shutil.which('chromium-headless-shell')
    if program is None:
        pytest.fail('no chromium-headless-shell on the PATH: install it (tests/tools.sh does)')
    with sync_playwright() as tools:
        browser = tools.chromium.launch(executable_path=program, args=QUIET, timeout=300_000)
        yield browser
        browser.close()


class Window:
    """One person's window: it is used by the words on the page, and keeps what no page of ours may do."""

    def __init__(self, context, site):
        self.context, self.site, self.origin = context, site, urlsplit(site).netloc
        self.outside, self.complaints = [], []
        #: how many links and buttons were pressed and fields filled or chosen
        self.presses = 0
        self.page = context.new_page()
        self.page.set_default_timeout(120_000)
        self.page.add_init_script(LISTEN)
        self.page.on('request', self._request)
        self.page.on('console', self._console)
        self.page.on('pageerror', lambda error: self.complaints.append(str(error)))

    def _request(self, request):
        if urlsplit(request.url).netloc != self.origin:
            self.outside.append(request.url)

    def _console(self, message):
        # the browser reports an answer such as 422 or 404 as an error of its own; the tests look at the
        # status
        answered = message.text.startswith('Failed to load resource') and message.location.get(
            'url') == self.page.url
        if message.type in ('error', 'warning') and not answered:
            self.complaints.append(message.text)

    @property
    def refused(self):
        """What the page's content security policy refused."""
        return self.page.evaluate('window.refused')

    @property
    def h1(self):
        return self.page.locator('h1').inner_text()

    @property
    def words(self):
        return self.page.locator('main').inner_text()

    def open(self, path):
        """Go to an address and return the status it answers with."""
        return self.page.goto(self.site + path).status

    def follow(self, words, within='main', exact=True):
        """Follow a link by its words."""
        self.presses += 1
        self.page.locator(within).get_by_role('link', name=words, exact=exact).first.click()

    def menu(self, words):
        """Follow an entry of the side menu."""
        self.presses += 1
        self.page.get_by_role('navigation', name='メニュー').get_by_role('link', name=words,
            exact=True).first.click()

    def press(self, words):
        """Press a button of the page by its words."""
        self.presses += 1
        self.page.locator('main').get_by_role('button', name=words, exact=True).click()

    def put(self, **fields):
        """Fill the fields of the form by their labels: text is typed, an entry of a list chosen."""
        for label, value in fields.items():
            self.presses += 1
            field = self.page.locator('main').get_by_label(re.compile(rf'^{re.escape(label)}\s+※'))
            if field.evaluate('(node) => node.tagName') == 'SELECT':
                chosen = field.locator('option').filter(has_text=re.compile(rf'^(\S+ )?{re.escape(value)}$'))
                field.select_option(value=chosen.get_attribute('value'))
            else:
                field.fill(value)

    def fault_free(self):
        """Assert that nothing was asked of another origin, refused by the policy or complained of."""
        assert self.outside == []
        assert self.complaints == []
        assert self.refused == []


@pytest.fixture(scope='session')
def cookies():
    """Where the signed-in sessions are kept, one per account: signing in is slow on purpose."""
    return {}


def opened(chromium, site, cookies, account):
    """Return a new window in which an account of the demo ward (None: a stranger) has signed in."""
    made = Window(chromium.new_context(viewport={'width': 1280, 'height': 900}, locale='ja-JP',
                                       timezone_id='Asia/Tokyo',
                                       storage_state=cookies.get(account)), site)
    if account is not None and account not in cookies:
        made.open('/sign-in')
        made.put(メールアドレス=f'{account}@example.jp', パスワード=PASSWORD)
        made.press('サインインする')
        made.page.wait_for_url(f'{site}/')
        cookies[account] = made.context.storage_state()
    return made


@pytest.fixture
def window(chromium, site, cookies):
    """A function: an account (None: a stranger) → a window of their own for this test."""
    windows = []

    def open_window(account):
        windows.append(opened(chromium, site, cookies, account))
        return windows[-1]
    yield open_window
    for each in windows:
        each.context.close()


@pytest.fixture(scope='session')
def readers():
    """The windows that are only read in, one per account."""
    return {}


@pytest.fixture
def reader(chromium, site, cookies, readers):
    """A function: an account → the window that all tests that only read share, its complaints forgotten."""
    def open_window(account):
        if account not in readers:
            readers[account] = opened(chromium, site, cookies, account)
        found = readers[account]
        found.page.set_viewport_size({'width': 1280, 'height': 900})
        found.outside.clear()
        found.complaints.clear()
        return found
    return open_window
