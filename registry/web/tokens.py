"""Tokens of the JSON API: shown to a person once, kept as a hash, ended with the person's sign-ins."""
import hashlib
import math
import secrets
import time
from contextlib import suppress
from datetime import date, timedelta
from threading import Lock

from flask import Blueprint, abort, current_app, flash, g, redirect, render_template, request, url_for
from flask_login import current_user
from peewee import JOIN, PeeweeException

from audits import trail
from forms.tokens import TokenForm
from models import ApiToken, Person, TokenUse
from models.statements import Prepared

from ..core import clock, connection
from ..records import pages, saving
from ..records.noun import Due, Part
from . import throttles
from .guard import allowed, permit
from .submission import filled_form, signed

bp = Blueprint('tokens', __name__, url_prefix='/tokens')
#: what every token begins with, so that one left in a file or a log is found
MARK = 'daicho_'
#: how many tokens that still count a person may have, and how long one lasts at most
MOST, LONGEST = 20, timedelta(days=366)
#: how stale the last use may be, in seconds
STALE = 60


def prepare_token(row, before, form, by, at):
    """Yield (field name, message) of why a token is not issued."""
    today = saving.day_of(at)
    if row.expires_on and not today <= row.expires_on <= today + LONGEST:
        last = (today + LONGEST).isoformat()
        yield 'expires_on', f'期限は、きょうから1年以内の日（{last}まで）にしてください。'
    if row.person.one_time_until is not None:
        yield '', '一時パスワードのままでは、トークンを発行できません。先に自分のパスワードに変えてください。'
    if len(usable_tokens(row.person)) >= MOST:
        yield '', f'使えるトークンは1人{MOST}個までです。使っていないものを失効させてください。'


def usable():
    """Return the condition that a token may still be used: one that has ended asks for nothing."""
    epoch = Person.select(Person.epoch).where(Person.id == ApiToken.person)
    return (ApiToken.expires_on >= clock.today()) & (ApiToken.epoch == epoch)


tokens = Part(name='tokens', title='APIトークン', table=ApiToken, form=TokenForm, prepare=prepare_token,
              due=(Due('expires_on', 'APIトークンの期限', mine='person', page='/account/', open=usable),))


def hash_of(token):
    return hashlib.sha256(token.encode('utf-8', 'replace')).hexdigest()


def issue(form, person, **signed):
    """Issue a token to a person as a form says; return (the token, which is kept nowhere, the outcome)."""
    token = MARK + secrets.token_urlsafe(32)
    place = {'person': person, 'epoch': person.epoch, 'token_hash': hash_of(token)}
    return token, saving.save(tokens, form, None, place=place, **signed)


def usable_tokens(person):
    """Return a person's tokens that may be used, newest first, each with `last_use` (a TokenUse or None)."""
    rows = list(ApiToken.select().where(
        ApiToken.person == person, ApiToken.live(), ApiToken.epoch == person.epoch,
        ApiToken.expires_on >= clock.today()).order_by(ApiToken.id.desc()))
    known = TokenUse.select().where(TokenUse.token.in_([row.id for row in rows] or [0]))
    uses = {use.token_id: use for use in known}
    for row in rows:
        row.last_use = uses.get(row.id)
    return rows


# --- who asks ---

_COLUMNS = ('id', 'voided_at', 'scopes', 'expires_on', 'epoch')
#: the person of a token's hash, with the token's columns and its last use: one statement, its SQL made once
_person_of = Prepared(lambda found: Person.select(
    Person, TokenUse.used.alias('token_used'),
    *(ApiToken._meta.fields[name].alias(f'token_{name}') for name in _COLUMNS)
).join(ApiToken).join(TokenUse, JOIN.LEFT_OUTER, on=TokenUse.token == ApiToken.id).where(
    ApiToken.token_hash == found))


def as_day(value):
    # SQLite gives what it knows by another name as text
    return date.fromisoformat(value) if isinstance(value, str) else value


def person_of_header(text):
    """Return the person whose token an Authorization header holds, or None; `g.token` is then the token.

    A token that nobody holds is counted by its address; `g.token_wait` is how long that has to wait.
    """
    kind, _, token = (text or '').partition(' ')
    if kind.lower() != 'bearer' or not token.strip():
        return None
    person = next(iter(_person_of(hash_of(token.strip()))), None)
    if person is None:
        g.token_wait = wait_of_wrong()
        return None
    found = ApiToken(**{name: getattr(person, f'token_{name}') for name in _COLUMNS})
    found.expires_on = as_day(found.expires_on)
    found.last_used = TokenUse.used.python_value(person.token_used)
    if found.voided_at or found.expires_on < clock.today() or found.epoch != person.epoch:
        return None
    if not is_open(person):
        return None
    g.token = found
    note_use(TokenUse, found.id, found.last_used)
    return person


def wait_of_wrong():
    """Count a token that nobody holds by the address it came from; return how long that has to wait, or 0."""
    with throttles.WrongToken() as attempt:
        return attempt.wait


def is_open(person):
    """Tell whether what a person was given may be used: they may sign in, and nobody else knows how."""
    return person.is_active and not person.voided_at and person.one_time_until is None


def note_use(uses, id, last):
    """Note that a token is used now, at most once a minute; no request waits for it or fails with it.

    `uses` is the table of last uses, `last` when it was used last, or None.
    """
    if last is not None and clock.age_of(last) < STALE:
        return
    latest = {uses.used: clock.actual(), uses.address: (request.remote_addr or '')[:45]}
    whose = uses._meta.primary_key
    with suppress(PeeweeException), trail.untrailed(), connection.without_waiting():
        uses.insert({whose: id} | latest).on_conflict(conflict_target=[whose], update=latest).execute()


class Rates:
    """How often each token may ask, in one process: of each, the moment when its requests are paid for."""

    def __init__(self):
        self.guard, self.due = Lock(), {}

    def wait(self, id, limit):
        """Count a request of a token that may make `limit` a minute; return how long it must wait, or 0."""
        now, step = time.monotonic(), 60 / limit
        with self.guard:
            if len(self.due) > 1000:
                self.due = {each: due for each, due in self.due.items() if due > now}
            due = max(self.due.get(id, now), now)
            if due + step - now > 60:
                return max(1, math.ceil(due + step - now - 60))
            self.due[id] = due + step
        return 0


def wait_of(token):
    """Return how many seconds a token has to wait because it asked too often, or 0."""
    return wait_for_turn(token.id, current_app.config['API_RATE'])


def wait_for_turn(key, limit):
    """Return how many seconds whoever asks as `key` has to wait, or 0: `limit` times a minute is its turn."""
    return current_app.extensions.setdefault('rates', Rates()).wait(key, limit)


# --- pages ---

@bp.route('/new', methods=['GET', 'POST'])
@permit('tokens.create')
def new():
    """Issue a token to the person signed in: it is shown in this answer and never again."""
    form = filled_form(TokenForm, data={'expires_on': clock.today() + timedelta(days=90)})
    crumbs = [('ホーム', url_for('board.index')), ('自分の設定', url_for('sign_in.account')),
              ('APIトークンの発行', None)]
    if request.method == 'POST':
        token, outcome = issue(form, Person.get_by_id(current_user.id), **signed(''))
        if isinstance(outcome, saving.Saved):
            row = outcome.row
            return render_template('tokens/issued.html', token=token, row=row, crumbs=crumbs)
        pages.add_errors(form, outcome.problems)
    return render_template('tokens/new.html', form=form, crumbs=crumbs), 422 if form.errors else 200


@bp.post('/<int:id>/revoke')
@permit('tokens.void')
def revoke(id):
    """Revoke one of one's own tokens, or as an administrator anybody's."""
    row = ApiToken.by_id(id)
    if row is None or not allowed('tokens.void', row):
        abort(404)
    mine = row.person_id == current_user.id
    if row.voided_at:
        flash('そのトークンは、もう失効しています。')
    else:
        saving.void(tokens, row, **signed('本人による失効' if mine else '管理者による失効'))
        flash(f'トークン「{row.name}」を失効させました。')
    back = url_for('sign_in.account') if mine else url_for('people.show', id=row.person_id)
    return redirect(back, code=303)
