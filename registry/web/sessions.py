"""Where people are signed in: a row per browser, found by a random token of which only the hash is kept."""
import hashlib
import secrets
from contextlib import suppress
from datetime import timedelta
from hmac import compare_digest

from flask import current_app, g, request, session
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import BadSignature, Serializer, URLSafeTimedSerializer
from itsdangerous.encoding import base64_encode
from peewee import PeeweeException

from audits import trail
from models import Person, Session, db
from models.statements import Prepared

from ..core import clock, connection
from . import devices
from .bounds import API, DOCUMENT, FEED

#: how stale the last use may be, in seconds; how many browsers one person is signed in with at most
STALE, MOST = 60, 50
_COLUMNS = (Session.id, Session.token, Session.epoch, Session.created, Session.used, Session.boot,
            Session.created_ticks, Session.used_ticks)
_person_of = Prepared(lambda id: Person.select(
    Person, *(column.alias(f'session_{column.name}') for column in _COLUMNS)
).join(Session).where(Session.id == id))
#: what is pressed before it is signed, in bytes: a cookie has room for some 4,000
SHORT = 500


class ShortSigner(URLSafeTimedSerializer):
    """Signs what is short as it is: to compress and unpack it took longer than all the rest."""

    def dump_payload(self, value):
        plain = Serializer.dump_payload(self, value)
        return base64_encode(plain) if len(plain) < SHORT else super().dump_payload(value)


class Cookies(SecureCookieSessionInterface):
    """Flask's signed cookies, whatever moment they say they were signed: how old a session is, its row says.

    By that moment every clock set back would end all sessions, for the signatures would be of the future.
    """

    signer = None

    def get_signing_serializer(self, app):
        if self.signer is None and app.secret_key:
            keys = {'key_derivation': self.key_derivation, 'digest_method': self.digest_method}
            # made once: an application's key stays
            self.signer = ShortSigner(
                [*(app.config['SECRET_KEY_FALLBACKS'] or ()), app.secret_key],
                salt=self.salt, serializer=self.serializer, signer_kwargs=keys)
        return self.signer

    def open_session(self, app, request):
        if request.path.startswith(API) and request.path != DOCUMENT or request.path == FEED:
            return self.session_class()  # no cookie opens the API, nor a calendar
        try:
            return self.session_class(self.get_signing_serializer(app).loads(
                request.cookies.get(self.get_cookie_name(app), '')))
        except BadSignature:
            return self.session_class()

    def save_session(self, app, session, response):
        if request.endpoint == 'static' or request.path.startswith(API) or request.path == FEED:
            return  # a picture is the same for everyone, a machine keeps no cookie
        super().save_session(app, session, response)
        devices.send(response, app.config)


def sign_forms(app):
    """Give forms the tokens that Flask-WTF checks (CSRF).

    They are signed here: its own way packs each, on every page.
    """
    signer = ShortSigner(app.secret_key, salt='wtf-csrf-token')

    def csrf_token():
        if 'csrf_token' not in g:
            if 'csrf_token' not in session:
                session['csrf_token'] = secrets.token_hex(20)
            g.csrf_token = signer.dumps(session['csrf_token'])
        return g.csrf_token
    app.jinja_env.globals['csrf_token'] = csrf_token
    # Flask-WTF gives its own to each page, which goes before what is global
    app.context_processor(lambda: {'csrf_token': csrf_token})


def _hash(token):
    return hashlib.sha256(token.encode()).hexdigest()


def limits():
    """Return the seconds a session lasts without being used, and in all."""
    config = current_app.config
    return config['IDLE'].total_seconds(), config['PERMANENT_SESSION_LIFETIME'].total_seconds()


def begin(person):
    """Sign a person in in this browser: nothing of the session before stays."""
    end()
    session.clear()
    token, now, ticks = secrets.token_urlsafe(32), clock.actual(), clock.ticks()
    with trail.untrailed(), db.atomic():
        delete_over(person, now, ticks)
        row = Session.create(
            token=_hash(token), person=person.id, epoch=person.epoch, created=now, used=now,
            boot=clock.boot(), created_ticks=ticks, used_ticks=ticks,
            address=(request.remote_addr or '')[:45],
            agent=''.join(filter(str.isprintable, request.headers.get('User-Agent', '')[:300])))
    session.permanent = True
    session['at'] = [row.id, token]


def delete_over(person, now, ticks):
    """Delete the sessions that nobody can go on with, and a person's oldest beyond a few."""
    idle, total = limits()
    here = Session.boot == clock.boot()
    # where only the moments tell, a day more: a clock that was set must not end what still runs
    over = here & ((Session.used_ticks < ticks - idle) | (Session.created_ticks < ticks - total))
    over |= ~here & (Session.created < now - timedelta(seconds=total, days=1))
    Session.delete().where(over).execute()
    Session.delete().where(Session.person == person.id, Session.epoch != person.epoch).execute()
    others = Session.select(Session.id).where(Session.person == person.id).order_by(Session.id.desc())
    old = [id for (id,) in others.offset(MOST - 1).tuples()]
    Session.delete().where(Session.id.in_(old)).execute()


def ages(boot, created, used, created_ticks, used_ticks):
    """Return how many seconds ago a session was used and begun.

    A clock set back makes nothing older or younger than now.
    """
    if boot and boot == clock.boot():
        ticks = clock.ticks()
        return max(0, ticks - used_ticks), max(0, ticks - created_ticks)
    return clock.age_of(used), clock.age_of(created)


def person_of_cookie():
    """Return the person whose session this browser's cookie holds, or None: one lookup."""
    id, token = session.get('at') or (0, '')
    person = next(iter(_person_of(id)), None) if 0 < id < 2 ** 31 else None
    if person is None or not compare_digest(person.session_token, _hash(token)):
        return None
    if not person.is_active or person.voided_at or person.epoch != person.session_epoch:
        return None
    created, used = (Session.created.python_value(moment)
                     for moment in (person.session_created, person.session_used))
    unused, age = ages(person.session_boot, created, used, person.session_created_ticks,
                       person.session_used_ticks)
    idle, total = limits()
    if unused > idle or age > total:
        return None
    if unused > STALE or person.session_boot != clock.boot():
        note_use(id, age)
    return person


def note_use(id, age):
    """Note that a session is used now. It may be left out: no page waits for it, and none fails with it."""
    ticks = clock.ticks()
    with suppress(PeeweeException), trail.untrailed(), connection.without_waiting():
        Session.update(used=clock.actual(), used_ticks=ticks, boot=clock.boot(),
                       created_ticks=ticks - int(age), address=(request.remote_addr or '')[:45]
                       ).where(Session.id == id).execute()


def running_sessions(person):
    """Return a person's sessions that still run, the last used first."""
    idle, total = limits()
    running = []
    for row in Session.select().where(Session.person == person.id, Session.epoch == person.epoch).limit(MOST):
        unused, age = ages(row.boot, row.created, row.used, row.created_ticks, row.used_ticks)
        if unused <= idle and age <= total:
            running.append((unused, row))
    return [row for _, row in sorted(running, key=lambda one: (one[0], -one[1].id))]


def end():
    """End the session of this browser."""
    id, token = session.get('at') or (0, '')
    if id:
        with trail.untrailed():
            Session.delete().where(Session.id == id, Session.token == _hash(token)).execute()


def end_by_id(person, id):
    """End one session of a person; tell whether there was one."""
    with trail.untrailed():
        return bool(Session.delete().where(Session.id == id, Session.person == person.id).execute())


_BROWSERS = (('Edg', 'Edge'), ('OPR/', 'Opera'), ('Firefox/', 'Firefox'), ('Chrome/', 'Chrome'),
             ('CriOS/', 'Chrome'), ('FxiOS/', 'Firefox'), ('Safari/', 'Safari'))
_SYSTEMS = (('iPhone', 'iPhone'), ('iPad', 'iPad'), ('Android', 'Android'), ('Windows', 'Windows'),
            ('CrOS', 'ChromeOS'), ('Mac OS X', 'Mac'), ('Linux', 'Linux'))


def device_name(agent):
    """Return what a browser says it is, in plain words: Windows の Edge."""
    browser = next((words for mark, words in _BROWSERS if mark in agent), 'そのほかのブラウザ')
    system = next((words for mark, words in _SYSTEMS if mark in agent), '')
    return f'{system} の {browser}' if system else browser
