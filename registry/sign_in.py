"""Signing in and out: argon2, throttled per account and address, session renewed, passwords by length and a list."""
from datetime import timedelta
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask import Blueprint, current_app, flash, g, redirect, render_template, request, session, url_for
from flask_login import LoginManager, current_user, login_user, logout_user
from flask_wtf.csrf import CSRFError
from peewee import Case

from audits import trail
from forms.base import EmptyForm
from forms.settings import PasswordForm, SignInForm
from models import Person, Throttle
from models.base import fold

from . import clock, errors, kept, records
from .permits import permit

bp = Blueprint('sign_in', __name__)
MIN_LENGTH = 12
FREE = 5
COMMON = Path(__file__).parent / 'masters' / 'common-passwords.txt'


def hasher():
    """Return argon2id with the field's parameters; a cheap one only where tests ask for it."""
    if current_app.config.get('ARGON2_FAST'):
        return PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    return PasswordHasher()


def register(app):
    """Load people from the session, refusing those signed out everywhere, idle too long, or switched off."""
    manager = LoginManager(app)
    manager.session_protection = None

    @manager.unauthorized_handler
    def ask():
        if request.method == 'POST' and (typed := kept.keep()):
            return continued(typed)
        flash('サインインしてください。')
        return redirect(url_for('sign_in.sign_in', next=request.full_path.removesuffix('?')))

    @app.errorhandler(CSRFError)
    def of_another_session(error):
        if kept.ours() and request.files:
            flash('サインインの期限が切れていたか、サインインし直したあとのため、送信されませんでした。ファイルをもう一度選んでください。', 'warning')
            return redirect(request.path if current_user.is_authenticated else url_for('sign_in.sign_in', next=request.path), code=303)
        if kept.ours():
            if request.endpoint == 'sign_in.sign_in':
                return continued(request.form.get('kept', ''))
            if not current_user.is_authenticated and (typed := kept.keep()):
                return continued(typed)
            if current_user.is_authenticated and (fields := kept.typed()):
                return resumed(request.path, fields), 409
        return errors.page(400, '画面を開いてから時間がたったか、別の場所から送信されたため、保存していません。',
                           'もう一度画面を開いて操作してください。')

    @manager.user_loader
    def load(id):
        now = int(clock.actual().timestamp())
        idle, total = app.config['IDLE'].total_seconds(), app.config['PERMANENT_SESSION_LIFETIME'].total_seconds()
        if now - session.get('seen', 0) > idle or now - session.get('since', 0) > total:
            return None
        person = Person.by_id(int(id))
        if person is None or not person.is_active or person.voided_at or person.epoch != session.get('epoch'):
            return None
        if now - session['seen'] > 60:
            session['seen'] = now
        return person
    app.register_blueprint(bp)


def continued(typed):
    """Ask to sign in (again), to go on with what was typed."""
    return render_template('sign_in.html', form=SignInForm(formdata=None), failed=False, wait=0, kept=typed, ended=True,
                           action=url_for('sign_in.sign_in')), 401


def resumed(path, fields):
    """Show what was typed before this session began, to be sent once more by the person signed in."""
    return render_template('resume.html', path=path, fields=fields, labelled=kept.labelled(path, fields),
                           form=EmptyForm(formdata=None), crumbs=[])


@cache
def common_passwords():
    """Return the folded common passwords (よく使われるパスワード)."""
    return frozenset(COMMON.read_text('utf-8').split())


def weaknesses(password, person):
    """Return what is wrong with a new password, in Japanese; an empty list when it will do."""
    found = []
    if len(password) < MIN_LENGTH:
        found.append(f'{MIN_LENGTH}文字以上にしてください（長い語句の組合せをお勧めします）。')
    folded = fold(password).replace(' ', '')
    if folded in common_passwords() or folded.rstrip('0123456789!') in common_passwords():
        found.append('よく使われるパスワードです。別のものにしてください。')
    if len(set(folded)) < 5:
        found.append('同じ文字の繰返しが多すぎます。')
    if person.email.split('@')[0].lower() in folded:
        found.append('メールアドレスを含めないでください。')
    return found


def set_password(act, person, password):
    """Give a person a new password and end all their sessions; the trail says only that it changed."""
    person.password_hash = hasher().hash(password)
    person.epoch += 1
    act.save(person)


def keys_of(email):
    return (f'account:{email.lower()[:200]}', f'address:{request.remote_addr or "-"}')


def waiting(keys, now):
    """Return how many seconds sign-in is refused for these keys."""
    waits = [(row.until - now).total_seconds() for row in Throttle.select().where(Throttle.key.in_(keys)) if row.until]
    return max([0, *(int(wait) + 1 for wait in waits if wait > 0)])


def count_failure(keys, now):
    """Count a failed sign-in; from the sixth on, each doubles the wait (per account; an address is allowed more)."""
    with trail.untrailed():
        for key in keys:
            # counted by the database in one statement: guesses sent at the same time all count
            counted = Case(None, [(Throttle.last < now - timedelta(hours=1), 1)], Throttle.failures + 1)
            Throttle.insert(key=key, failures=1, last=now).on_conflict(
                conflict_target=[Throttle.key], update={Throttle.failures: counted, Throttle.last: now}).execute()
            failures = Throttle.get_by_id(key).failures
            free = FREE if key.startswith('account:') else FREE * 6
            wait = min(900, 2 ** min(failures - free, 12)) if failures > free else 0
            Throttle.update(until=now + timedelta(seconds=wait) if wait else None).where(Throttle.key == key).execute()


@bp.route('/sign-in', methods=['GET', 'POST'])
def sign_in():
    """Sign in with e-mail address and password; one message for every way to fail."""
    form = SignInForm()
    failed, wait = False, 0
    if form.validate_on_submit():
        now = clock.actual()
        keys = keys_of(form.email.data)
        wait = waiting(keys, now)
        if not wait:
            person = Person.get_or_none(Person.email == form.email.data.lower(), Person.is_active, Person.live())
            if matches(person, form.password.data):
                with trail.untrailed():
                    Throttle.delete().where(Throttle.key == keys[0]).execute()
                begin(person)
                if found := kept.resume(request.form.get('kept', ''), person):
                    return resumed(*found)
                return redirect(next_page(), code=303)
            count_failure(keys, now)
            failed = True
    status = 429 if wait else 422 if failed or form.errors else 200
    return render_template('sign_in.html', form=form, failed=failed, wait=wait, kept=request.form.get('kept', ''),
                           action=request.full_path), status


def matches(person, password):
    """Tell whether a password is a person's; takes as long when there is no such person."""
    stored = person.password_hash if person and person.password_hash else dummy()
    try:
        return hasher().verify(stored, password) and person is not None and person.password_hash is not None
    except (VerificationError, InvalidHashError):
        return False


_dummy = {}


def dummy():
    """Return a hash nobody's password has, so that an unknown account costs the same time."""
    fast = bool(current_app.config.get('ARGON2_FAST'))
    if fast not in _dummy:
        _dummy[fast] = hasher().hash('no such person')
    return _dummy[fast]


def begin(person):
    """Start a new session: nothing of the old one stays."""
    session.clear()
    g.pop('csrf_token', None)  # made for the session before: the page that follows needs one of this
    now = int(clock.actual().timestamp())
    session.permanent = True
    session['epoch'], session['since'], session['seen'] = person.epoch, now, now
    login_user(person)


def end():
    """End this session; what its pages still send is kept for the same person only."""
    was = current_user.get_id()
    logout_user()
    session.clear()
    session['was'] = was


def next_page():
    """Return where to go after signing in: a page of our own only."""
    target = request.args.get('next', '')
    # browsers drop tabs and line ends and read a backslash as a slash: `/<tab>/elsewhere` would leave the house
    ours = target.startswith('/') and not target.startswith('//') and target.isprintable() and '\\' not in target
    return target if ours else url_for('board.index')


@bp.post('/sign-out')
@permit('account.use')
def sign_out():
    """End this session."""
    end()
    flash('サインアウトしました。')
    return redirect(url_for('sign_in.sign_in'), code=303)


@bp.route('/account/', methods=['GET', 'POST'])
@permit('account.use')
def account():
    """Show one's own account and change the password."""
    form = PasswordForm()
    if form.validate_on_submit():
        person = Person.get_by_id(current_user.id)
        wrong = [] if matches(person, form.current.data) else [('current', '今のパスワードが違います。')]
        wrong += [('new', words) for words in weaknesses(form.new.data, person)]
        if records.collect(form, wrong):
            with records.act('people.password') as act:
                set_password(act, person, form.new.data)
            begin(person)
            flash('パスワードを変更しました。ほかの端末のサインインは終了しました。')
            return redirect(url_for('.account'), code=303)
    return render_template('account.html', form=form, everywhere=EmptyForm(), min_length=MIN_LENGTH,
                           crumbs=[('ホーム', url_for('board.index')), ('自分の設定', None)]
                           ), 422 if form.errors else 200


@bp.post('/account/sign-out-everywhere')
@permit('account.use')
def sign_out_everywhere():
    """End every session of this person, this one too."""
    person = Person.get_by_id(current_user.id)
    with records.act('people.sign-out-everywhere') as act:
        person.epoch += 1
        act.save(person)
    end()
    flash('すべての端末からサインアウトしました。')
    return redirect(url_for('sign_in.sign_in'), code=303)
