"""Fixtures of all tests: a golden database copied for each, the cast signed in, pages checked."""
import gc
import os
import pathlib
import secrets
import shutil
import sys
import tempfile

import cast
import desk as desks
import hypothesis
import pytest
from engine import ENGINE, tripwire
from figure_values import SYSTEM
from flask import Response, session
from flask.testing import FlaskClient
from html_page import Page
from lent_database import Lent
from postgresql_server import running
from werkzeug.routing import Rule

from audits import trail
from models import ApiToken, Person, db
from registry import create_app
from registry.core import clock, config, connection
from registry.data import masters
from registry.web import sign_in, tokens

#: where a database is made anew for each test: in memory where there is room, for making 500 files takes a
#: disk 0.2 s; None: the usual place
MEMORY = '/dev/shm' if os.path.isdir('/dev/shm') and shutil.disk_usage('/dev/shm').free > 2**30 else None


# workers, servers and commands under test start a hundred times: what the first has compiled the others load
os.environ.pop('PYTHONDONTWRITEBYTECODE', None)
sys.dont_write_bytecode = False

# how long an example takes says more of what else the machine is doing; other examples than yesterday's only
# when asked for
hypothesis.settings.register_profile('any machine', deadline=None,
                                     derandomize='DAICHO_FUZZ' not in os.environ,
                                     suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile('any machine')


def pytest_ignore_collect(collection_path):
    """Do not even read on the second engine a file of tests none of which an engine can change."""
    if ENGINE != 'sqlite' and collection_path.suffix == '.py' and (
            '\npytestmark = pytest.mark.engine_free\n' in collection_path.read_text('utf-8')):
        return True


def pytest_collection_modifyitems(config, items):
    """Leave out on the second engine what no engine can change."""
    if ENGINE != 'sqlite':
        free = [item for item in items if item.get_closest_marker('engine_free')]
        config.hook.pytest_deselected(items=free)
        items[:] = [item for item in items if item not in set(free)]


def pytest_collection_finish():
    """Look for rubbish less often: the tests themselves are much to look through."""
    gc.set_threshold(50_000, 20, 50)


def pytest_sessionfinish(session):
    """A skipped test is a failed run where everything is meant to run."""
    reporter = session.config.pluginmanager.get_plugin('terminalreporter')
    if os.environ.get('CI') and reporter is not None and reporter.stats.get('skipped'):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


# --- the application, made hundreds of times ---

compile_builder, builders = Rule._compile_builder, {}


def compile_once(rule, append_unknown=True):
    """Return what builds the addresses of a rule, compiled once: two thirds of a start are spent on it."""
    if rule.defaults:
        return compile_builder(rule, append_unknown)
    parts = (append_unknown, *rule._trace)
    if parts not in builders:
        builders[parts] = compile_builder(rule, append_unknown)
    return builders[parts]


Rule._compile_builder = compile_once


# --- the page, read and checked ---

class Client(FlaskClient):
    """A browser that checks every page it is given; the answer's `page` is what it read."""

    def open(self, *args, **kwargs):
        response = super().open(*args, **kwargs)
        if response.mimetype == 'text/html' and not 300 <= response.status_code < 400:
            response.page = Page(response.text)
            faults = response.page.faults
            assert not faults, f'{response.request.method} {response.request.path}: {"; ".join(faults)}'
        return response


# --- the database, made once and copied ---

@pytest.fixture(scope='session', autouse=True)
def server():
    """A PostgreSQL of our own for the session; None on SQLite. Missing programs are a failure, not a skip."""
    if ENGINE == 'sqlite':
        yield None
        return
    if ENGINE != 'postgresql':
        pytest.exit(f'DAICHO_TEST_DATABASE={ENGINE}: sqlite か postgresql にしてください。', 2)
    with running(MEMORY) as found:
        os.environ['DAICHO_TEST_SERVER'] = found.home
        yield found
    os.environ.pop('DAICHO_TEST_SERVER', None)


class Databases:
    """Makes databases: empty ones, and copies of one already filled."""

    def __init__(self, folder, server):
        self.folder, self.server, self.made = folder, server, 0

    def empty(self, template=None):
        """Return the URL of a new database, a copy of `template` (a URL) if given."""
        self.made += 1
        if self.server is None:
            path = self.folder / f'{self.made}.db'
            if template:
                shutil.copyfile(template.removeprefix('sqlite:///'), path)
            return f'sqlite:///{path}'
        name = f'test{self.made}'
        source = template.rpartition('?')[0].rpartition('/')[2] if template else 'template0'
        self.server.control.execute(f'CREATE DATABASE {name} TEMPLATE {source} STRATEGY FILE_COPY')
        return f'postgresql://daicho@/{name}?host={self.server.home}'

    def drop(self, url):
        """Drop a database; PostgreSQL looks only ten times a second whether its last user has left."""
        if db.obj is not None:
            db.close_all()
        if self.server is None:
            for end in ('', '-wal', '-shm'):
                path = self.folder / (url.rpartition('/')[2] + end)
                path.unlink(missing_ok=True)
        else:
            name = url.rpartition('?')[0].rpartition('/')[2]
            self.server.control.execute(f'DROP DATABASE {name} WITH (FORCE)')


@pytest.fixture(scope='session')
def databases(server):
    with tempfile.TemporaryDirectory(prefix='daicho-', dir=MEMORY) as folder:
        yield Databases(pathlib.Path(folder), server)


def filled(url, *fills):
    """Write what tests begin with into a database and return its URL, with nothing of it left open."""
    clock.pin(cast.TODAY)
    db.initialize(connection.open_database(url))
    with db.connection_context():
        for fill in fills:
            fill()
        if ENGINE == 'sqlite':
            db.execute_sql('PRAGMA wal_checkpoint(TRUNCATE)')
    db.close_all()
    return url


@pytest.fixture(scope='session')
def blank(databases):
    """The URL of a database with the schema and the masters only; copied, never written again."""
    return filled(databases.empty(), connection.migrate, lambda: masters.fill(clock.now()))


@pytest.fixture(scope='session')
def golden(databases, blank):
    """The URL of a database with the schema, the masters and the cast; copied for each test."""
    return filled(databases.empty(blank), lambda: cast.fill(clock.now()))


# --- the application on its own copy ---

@pytest.fixture(autouse=True)
def given_back():
    """Nothing of this test's own pool stays open."""
    yield
    close_own()


def close_own():
    """Close the connections of the open database, unless it is the one that is lent."""
    if db.obj is not None and not any(db.obj is lent.pool for lent in Lent.made):
        db.close_all()


@pytest.fixture(scope='session')
def lent(golden, databases, server):
    """What lends the golden database to test after test; None where a copy is cheap."""
    found = server and Lent(lambda: databases.empty(golden), databases.drop)
    yield found
    if found:
        found.give_up()


@pytest.fixture
def database(golden, databases, lent):
    """The URL of a golden database that is this test's own."""
    url = lent.lend() if lent else databases.empty(golden)
    yield url
    if lent:
        close_own()
        lent.take_back()
    else:
        databases.drop(url)


def given(url, instance):
    """What create_app is given."""
    read = config.read({'DATABASE_URL': url, 'DAICHO_INSTANCE': str(instance), 'DAICHO_SECRET_KEY': 'k' * 32})
    return read | {'TESTING': True, 'PROPAGATE_EXCEPTIONS': False, 'WTF_CSRF_ENABLED': False,
                   'ARGON2_FAST': True, 'TRUSTED_HOSTS': None, 'REQUEST_LOG': False, 'TODAY': cast.TODAY}


@pytest.fixture
def settings(database, tmp_path):
    """The settings of this test's application; a test that wants others makes its own."""
    cast.keep_documents(tmp_path / 'instance')
    return given(database, tmp_path / 'instance')


@pytest.fixture(scope='session')
def built(golden, tmp_path_factory):
    """The application, built once: of a test it keeps only its settings and remembered figures."""
    app = create_app(given(golden, tmp_path_factory.mktemp('instance')))
    app.test_client_class = Client
    return app


@pytest.fixture
def app(built, settings, lent):
    """The application on this test's database."""
    built.config.update(settings)
    built.extensions.pop('remembered', None)
    built.extensions.pop('rates', None)
    clock.pin(cast.TODAY)
    db.initialize(lent.pool if lent else connection.open_database(settings['DATABASE_URL']))
    db.query_hooks.append(tripwire)
    yield built
    clock.pin(None)


@pytest.fixture
def opened(app):
    """The application with the database connected, for tests below the pages; a page read closes it."""
    with app.app_context():
        db.connect()
        yield app


@pytest.fixture
def client_of(app):
    """A function: the word of a person of the cast (None: a stranger) → a browser signed in as them.

    Without the page of signing in, which its own tests press.
    """
    def client(who):
        browser = app.test_client()
        if who is not None:
            with app.test_request_context('/'):
                db.connect(reuse_if_open=True)
                sign_in.begin(Person.get(Person.email == cast.email(who)))
                answer = Response()
                app.session_interface.save_session(app, session, answer)
                db.close()
            for cookie in answer.headers.getlist('Set-Cookie'):
                name, _, value = cookie.partition(';')[0].partition('=')
                browser.set_cookie(name, value)
        return browser
    return client


@pytest.fixture
def token_of(app):
    """A function: the word of a person of the cast → a new token of theirs.

    `**values` are columns that differ.
    """
    def issue(who, scopes='read;write;import', **values):
        token = secrets.token_urlsafe(16)
        with app.app_context(), db.connection_context(), trail.act('tokens.create', by=None,
                at=clock.now()) as act:
            person = Person.get(Person.email == cast.email(who))
            act.save(ApiToken(**{'person': person, 'name': 'test', 'scopes': scopes, 'expires_on': cast.TODAY,
                                 'epoch': person.epoch, 'token_hash': tokens.hash_of(token)} | values))
        return token
    return issue


class Machine(FlaskClient):
    """What asks the API with a token: it keeps no cookie, and `problem` is what an answer says is wrong."""

    token = None

    def open(self, path, *args, **kwargs):
        headers = dict(kwargs.pop('headers', None) or {})
        if self.token:
            headers['Authorization'] = f'Bearer {self.token}'
        answer = super().open(f'/api/v1{path}', *args, headers=headers, **kwargs)
        assert answer.mimetype in ('application/json',
                                   'application/problem+json') and 'Set-Cookie' not in answer.headers
        return answer


@pytest.fixture
def machine_of(app, token_of):
    """A function: the word of a person of the cast → a Machine with a token of theirs, made once."""
    made = {}

    def machine(who, scopes='read;write;import'):
        if (who, scopes) not in made:
            made[who, scopes] = Machine(app, Response, use_cookies=False)
            made[who, scopes].token = token_of(who, scopes)
        return made[who, scopes]
    return machine


@pytest.fixture
def page(client_of):
    """A function: (who, address) → the checked Page, which must be there."""
    browsers = {}

    def read(who, address):
        if who not in browsers:
            browsers[who] = client_of(who)
        answer = browsers[who].get(address)
        assert answer.status_code == 200, f'{address}: {answer.status_code}'
        return answer.page
    return read


@pytest.fixture
def queries(app):
    """A list to which every statement is added; clear it before what is counted."""
    found = []
    db.query_hooks.append(lambda event: found.append(event.sql))
    return found


@pytest.fixture(scope='session')
def base(tmp_path_factory):
    """A register with masters, units and three systems."""
    desk = desks.empty(tmp_path_factory.mktemp('base'))
    desk.load('departments')
    desk.table('systems', ['S-1', '住民記録', '101', 'core_standard', 'B01', 'operate', 'none'],
               ['S-2', '基盤', '101', 'platform', '', 'operate', 'none'],
               ['S-3', '図書', '102', 'business', '', 'operate', 'none'], headers=SYSTEM)
    return desk


@pytest.fixture
def desk(base, tmp_path):
    return desks.copied(base, tmp_path)


@pytest.fixture
def it(client_of):
    return client_of('it')


@pytest.fixture
def department(client_of):
    return client_of('department')
