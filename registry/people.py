"""People who sign in (利用者), their passwords and sessions."""
import structlog
from flask import flash, g, redirect, render_template, url_for
from flask_login import current_user

from audits import history, trail
from forms.people import PersonForm
from forms.sign_in import NewPasswordForm
from models import Person

from .core import clock
from .core.permits import admin, auditor, it, kept_by
from .records import pages
from .records.noun import Column, Noun
from .web import feeds, passwords, sessions, sign_in, throttles, tokens
from .web.guard import allowed, permit, require
from .web.submission import filled_form, submitted

log = structlog.get_logger('daicho')


def prepare_person(row, before, form, by, at):
    if before is not None and by is not None and before.id == by.id and (
            not row.is_active or row.role != before.role):
        yield 'role', '自分自身の権限や利用可否は変えられません。ほかの管理者に依頼してください。'
    if is_reused_address(row, before):
        yield 'email', REUSED_ADDRESS


REUSED_ADDRESS = ('以前ほかの人が使っていたメールアドレスです。操作履歴で見分けられなくなるため、使えません。'
                  '別のメールアドレスにしてください。')


def is_reused_address(row, before):
    """Tell whether a person would be given an address that was once used by another person.

    The trail tells people apart by their addresses.
    """
    is_new = before is None or before.email != row.email
    return bool(row.email) and is_new and history.used_by_another(row, 'email')


def explain_person(row, before, form):
    """Say why an edit of a person needs its reason."""
    if (before.role, before.department_id) != (row.role, row.department_id):
        return '権限や所属を変えると、見える記録とできる操作が変わります。'
    return ''


def refuse_own_void(row, by):
    if by is not None and row.id == by.id:
        yield 'reason', '自分自身は取り消せません。ほかの管理者に依頼してください。'


def end_sessions(act, row, before, today):
    """A person switched off, given another role or unit or taken up again is signed out everywhere."""
    if is_reused_address(row, before):
        raise trail.Stale(row, before)  # another gave the address up since the form was read
    decisive = ('role', 'department_id', 'is_active', 'voided_at')
    if before is not None and any(getattr(before, name) != getattr(row, name) for name in decisive):
        row.epoch += 1
        act.save(row)


def sign_in_panels(row):
    """Return where a person is signed in, for those who may end it, and whether sign-ins wait."""
    if not allowed('people.sessions', row):
        return {}
    return {'sessions': [] if row.voided_at else sessions.running_sessions(row),
            'device': sessions.device_name,
            'tokens': [] if row.voided_at else tokens.usable_tokens(row),
            'feeds': [] if row.voided_at else feeds.usable_feeds(row),
            'waiting': throttles.has_to_wait(row.email)}


people = Noun(
    name='people', title='利用者', table=Person, form=PersonForm, key=('email',), sort='email',
    importable=False,
    permits=kept_by((admin,), (it, auditor, admin), password=(admin,), sessions=(admin,)), menu=('設定',),
    prepare=prepare_person, cannot_void=refuse_own_void, after=end_sessions, reason_required=explain_person,
    panels=sign_in_panels,
    template='people/show.html',
    columns=['email', 'name', 'department', 'role',
             Column('is_active', '利用', show=lambda v: '利用できる' if v else '停止',
                    tone=lambda v: 'good' if v else 'quiet')],
    filters=['role'],
    hint='サインインできる人と権限です。登録後に、一時パスワードを設定してください。')
people_bp = pages.blueprint(people)


@people_bp.route('/<int:id>/password', methods=['GET', 'POST'])
@permit('people.password')
def password(id):
    """Give a person a one-time password, which they must change; their sessions end."""
    person = pages.find(people, id)
    require('people.password', person)
    if person.id == current_user.id:
        flash('自分のパスワードは、ここで、今のパスワードを入力して変えます。')
        return redirect(url_for('sign_in.account'), code=303)
    form = filled_form(NewPasswordForm)
    if submitted(form) and pages.add_errors(
            form, [('new', words) for words in passwords.weaknesses(form.new.data, person)]):
        with pages.act('people.password') as act:
            sign_in.set_password(act, person, form.new.data, clock.now() + sign_in.ONE_TIME)
        throttles.forget_failures(person.email)
        flash(f'{person.name} の一時パスワードを設定しました。{sign_in.ONE_TIME.days}日のうちに使えます。'
              '本人に安全な方法で伝えてください。')
        return redirect(url_for('.show', id=id), code=303)
    return render_template('people/password.html', noun=people, row=person, form=form,
                           min_length=passwords.MIN_LENGTH,
                           days=sign_in.ONE_TIME.days,
                           crumbs=pages.crumbs(people, (person.label, url_for('.show', id=id)),
                                               ('パスワード', None))
                           ), 422 if form.errors else 200


@people_bp.post('/<int:id>/sessions/<int:browser>/end')
@permit('people.sessions')
def end_session(id, browser):
    """End one of a person's sessions."""
    person = pages.find(people, id)
    if sessions.end_by_id(person, browser):
        log.info('session ended', id=g.get('request_id'), person=person.get_id(), by=current_user.get_id())
        flash(f'{person.name} のその端末のサインインを終了しました。')
    else:
        flash('その端末のサインインは、もう終わっています。')
    return redirect(url_for('.show', id=id), code=303)


@people_bp.post('/<int:id>/let-in')
@permit('people.password')
def let_in(id):
    """Forget a person's failed sign-ins, so that they need not wait."""
    person = pages.find(people, id)
    throttles.forget_failures(person.email)
    log.info('sign-in wait ended', id=g.get('request_id'), person=person.get_id(), by=current_user.get_id())
    flash(f'{person.name} のサインインの待ちを解きました。')
    return redirect(url_for('.show', id=id), code=303)
