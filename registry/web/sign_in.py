"""Signing in and out: argon2, throttles, sessions on the server, one-time passwords changed first."""
from datetime import timedelta

import structlog
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask import Blueprint, current_app, flash, g, redirect, render_template, request, session, url_for
from flask_login import LoginManager, current_user, login_user, logout_user
from flask_wtf.csrf import CSRFError

from forms.base import EmptyForm
from forms.sign_in import PasswordForm, SignInForm
from models import Person

from ..core import clock
from ..records import pages
from ..web.guard import permit, signed_in
from . import bounds, devices, errors, feeds, passwords, sessions, throttles, tokens, unsent
from .submission import form_data, submitted

bp = Blueprint('sign_in', __name__)
log = structlog.get_logger('daicho')
#: how long a password lasts that somebody else knows
ONE_TIME = timedelta(days=7)
#: the pages that such a password opens
OPEN = frozenset({None, 'static', 'healthz', 'readyz', 'sign_in.sign_in', 'sign_in.account',
                  'sign_in.sign_out'})


def hasher():
    """Return argon2id with the field's parameters; a cheap one only where tests ask for it."""
    if current_app.config.get('ARGON2_FAST'):
        return PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    return PasswordHasher()


def register(app):
    """Load people from the session, refusing those signed out everywhere, idle too long, or switched off."""
    app.session_interface = sessions.Cookies()
    manager = LoginManager(app)
    manager.session_protection = None

    @manager.request_loader
    def by_token(request):
        return tokens.person_of_header(request.headers.get('Authorization')) if bounds.is_api() else None

    @manager.unauthorized_handler
    def ask():
        if bounds.is_api():
            return errors.unknown_token(g.get('token_wait', 0))
        if request.method == 'POST' and (typed := unsent.keep()):
            return ask_again(typed)
        flash('サインインしてください。')
        return redirect(url_for('sign_in.sign_in', next=request.full_path.removesuffix('?')))

    @app.errorhandler(CSRFError)
    def of_another_session(error):
        if unsent.from_our_page() and request.files:
            flash('サインインの期限が切れていたか、サインインし直したあとのため、送信されませんでした。'
                  'ファイルをもう一度選んでください。', 'warning')
            return redirect(request.path if current_user.is_authenticated
                            else url_for('sign_in.sign_in', next=request.path), code=303)
        if unsent.from_our_page():
            if request.endpoint == 'sign_in.sign_in':
                return ask_again(request.form.get('kept', ''))
            if not current_user.is_authenticated and (typed := unsent.keep()):
                return ask_again(typed)
            if current_user.is_authenticated and (fields := unsent.typed_fields()):
                return offer_unsent(request.path, fields), 409
        return errors.page(400, '画面を開いてから時間がたったか、別の場所から送信されたため、'
                                '保存していません。',
                           'もう一度画面を開いて操作してください。')

    @manager.user_loader
    def load(id):
        person = sessions.person_of_cookie()
        return person if person is not None and person.get_id() == id else None

    @app.before_request
    def change_it_first():
        if request.endpoint in OPEN:
            return None
        person = signed_in()
        if not person.is_authenticated or person.one_time_until is None:
            return None
        if bounds.is_api():
            return errors.unknown_token(0)
        return redirect(url_for('sign_in.account'), code=303)
    app.register_blueprint(bp)


def ask_again(typed):
    """Ask to sign in again, to go on with what was typed."""
    return render_template('sign_in/sign_in.html', form=SignInForm(), problem='', wait=0, kept=typed,
                           ended=True, action=url_for('sign_in.sign_in')), 401


def offer_unsent(path, fields):
    """Show what was typed before this session began, to be sent once more by the person signed in."""
    return render_template('sign_in/resume.html', path=path, fields=fields,
                           labelled=unsent.with_labels(path, fields),
                           what=unsent.action_name(path, current_user), form=EmptyForm(), crumbs=[])


def set_password(act, person, password, until=None):
    """Give a person a new password and end all their sessions; the trail says only that it changed.

    `until` is set where somebody else knows it: then it must be changed, and before that moment.
    """
    person.password_hash, person.one_time_until = hasher().hash(password), until
    person.epoch += 1
    act.save(person)


@bp.route('/sign-in', methods=['GET', 'POST'])
def sign_in():
    """Sign in with e-mail address and password; one message for every way to fail."""
    form = SignInForm(form_data())
    problem, wait = '', 0
    if submitted(form):
        person = Person.get_or_none(Person.email == form.email.data.lower(), Person.is_active, Person.live())
        with throttles.Attempt(form.email.data, person) as attempt:
            wait = 1 if attempt.busy else attempt.wait
            right = not wait and password_matches(person, form.password.data)
        if right and (person.one_time_until is None or person.one_time_until > clock.now()):
            attempt.succeed()
            log_sign_in(attempt, 'signed in', '', person)
            begin(person)
            typed = request.form.get('kept', '')
            if person.one_time_until is not None and typed:
                return account_page(PasswordForm(), typed)
            if found := unsent.resume(typed, person):
                return offer_unsent(*found)
            return redirect(next_page(), code=303)
        problem = 'expired' if right else 'wrong'
        log_sign_in(attempt, 'throttled' if wait else 'failed', reason_of(attempt, person, right), None)
    status = 429 if wait else 422 if problem or form.errors else 200
    return render_template('sign_in/sign_in.html', form=form, problem=problem, wait=wait,
                           kept=request.form.get('kept', ''), action=request.full_path), status


def reason_of(attempt, person, right):
    """Return why a sign-in was refused, for the log."""
    if attempt.busy:
        return 'too many guesses from this address at once'
    if attempt.wait:
        return f'waits {attempt.wait} s'
    if right:
        return 'one-time password expired'
    if person is None:
        return 'no such account'
    return 'no password yet' if person.password_hash is None else 'wrong password'


def log_sign_in(attempt, outcome, reason, person):
    """Log a sign-in: what the account is called in logs, never the password or the address that was typed."""
    say = log.info if person else log.warning
    say('sign-in', id=g.get('request_id'), outcome=outcome, reason=reason, account=attempt.account,
        address=attempt.address, known_device=attempt.known, person=person and person.get_id())


def password_matches(person, password):
    """Tell whether a password is a person's; takes as long when there is no such person."""
    stored = person.password_hash if person and person.password_hash else dummy_hash()
    try:
        return hasher().verify(stored, password) and person is not None and person.password_hash is not None
    except (VerificationError, InvalidHashError):
        return False


_dummy = {}


def dummy_hash():
    """Return a hash nobody's password has, so that an unknown account costs the same time."""
    fast = bool(current_app.config.get('ARGON2_FAST'))
    if fast not in _dummy:
        _dummy[fast] = hasher().hash('no such person')
    return _dummy[fast]


def begin(person):
    """Start a new session: nothing of the old one stays."""
    sessions.begin(person)
    g.pop('csrf_token', None)  # made for the session before: the page that follows needs one of this
    devices.remember(person)
    login_user(person)


def end():
    """End this session; what its pages still send is kept for the same person only."""
    was = current_user.get_id()
    sessions.end()
    logout_user()
    session.clear()
    session['was'] = was


def next_page():
    """Return where to go after signing in: a page of our own only."""
    target = request.args.get('next', '')
    # browsers drop tabs and line ends and read a backslash as a slash: `/<tab>/elsewhere` would leave us
    local = target.startswith('/') and not target.startswith('//')
    return target if local and target.isprintable() and '\\' not in target else url_for('board.index')


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
    """Show one's own account, where one is signed in, and change the password."""
    form = PasswordForm(form_data())
    typed = request.form.get('kept', '')
    if submitted(form):
        person = Person.get_by_id(current_user.id)
        attempt = throttles.Attempt(person.email, person)
        with attempt:
            right = not attempt.busy and not attempt.wait and password_matches(person, form.current.data)
        if right:
            attempt.succeed()
            wrong = [('new', words) for words in passwords.weaknesses(form.new.data, person)]
            if form.new.data == form.current.data:
                wrong.append(('new', '今のパスワードと同じです。'))
        else:
            log_sign_in(attempt, 'throttled' if attempt.busy or attempt.wait else 'failed',
                        reason_of(attempt, person, False), None)
            wrong = [('current', f'失敗が続いたため、あと{attempt.wait or 1}秒は確かめられません。'
                                 'しばらく待ってから入力してください。'
                      if attempt.busy or attempt.wait else '今のパスワードが違います。')]
        if pages.add_errors(form, wrong):
            with pages.act('people.password') as act:
                set_password(act, person, form.new.data)
            begin(person)
            flash('パスワードを変更しました。ほかの端末のサインインは終了しました。')
            if found := unsent.resume(typed, person):
                return offer_unsent(*found)
            return redirect(url_for('.account'), code=303)
    return account_page(form, typed)


def account_page(form, typed=''):
    """Return the page of one's own account; with a one-time password only what is needed to change it."""
    must = current_user.one_time_until is not None
    more = {'menu': []} if must else {'sessions': sessions.running_sessions(current_user),
                                      'tokens': tokens.usable_tokens(signed_in()),
                                      'feeds': feeds.usable_feeds(signed_in())}
    crumbs = [] if must else [('ホーム', url_for('board.index')), ('自分の設定', None)]
    return render_template(
        'sign_in/account.html', form=form, must=must, kept=typed, min_length=passwords.MIN_LENGTH,
        device=sessions.device_name, here=(session.get('at') or [0])[0], crumbs=crumbs, **more
    ), 422 if form.errors else 200


@bp.post('/account/sessions/<int:browser>/end')
@permit('account.use')
def end_session(browser):
    """End one of one's own sessions."""
    here = browser == (session.get('at') or [0])[0]
    if not sessions.end_by_id(current_user, browser):
        flash('その端末のサインインは、もう終わっています。')
        return redirect(url_for('.account'), code=303)
    log.info('session ended', id=g.get('request_id'), person=current_user.get_id(), by=current_user.get_id())
    if here:
        end()
        flash('サインアウトしました。')
        return redirect(url_for('sign_in.sign_in'), code=303)
    flash('その端末のサインインを終了しました。')
    return redirect(url_for('.account'), code=303)


@bp.post('/account/sign-out-everywhere')
@permit('account.use')
def sign_out_everywhere():
    """End every session of this person, this one too, and what their calendars read."""
    person = Person.get_by_id(current_user.id)
    with pages.act('people.sign-out-everywhere') as act:
        person.epoch += 1
        act.save(person)
        feeds.end_all(act, person, 'すべての端末からサインアウト')
    end()
    flash('すべての端末からサインアウトしました。')
    return redirect(url_for('sign_in.sign_in'), code=303)
