"""`daicho person …` and `daicho token …`: who signs in, and what uses the API in their name."""
import sys

import click
from werkzeug.datastructures import MultiDict

from audits import trail
from forms.people import PersonForm
from forms.tokens import TokenForm
from models import ApiToken, Person
from models.tokens import SCOPES

from .. import people
from ..core import clock
from ..records import saving
from ..web import passwords, sign_in, throttles, tokens
from .terminal import emit, fail, register, say


@click.group()
def person():
    """People who sign in."""


@person.command('add')
@click.argument('email')
@click.option('--name', required=True)
@click.option('--department', required=True, help='所属コード')
@click.option('--role', required=True,
              type=click.Choice(['department', 'head', 'it', 'auditor', 'executive', 'admin']))
@click.option('--password-stdin', is_flag=True, help='read the password from standard input')
def add(email, name, department, role, password_stdin):
    """Add a person; the password is read from standard input or asked for."""
    with register():
        row = Person()
        form = PersonForm(MultiDict({'email': email, 'name': name, 'department_code': department,
                                     'role': role, 'is_active': '1'}))
        problems = form.all_errors(None)
        if problems:
            fail('\n'.join(f'{form._fields[field].label.text}: {words}' for field, words in problems), 2)
        form.fill(row)
        if Person.select().where(Person.email == row.email).exists():
            fail(f'{row.email} は既に登録されています。')
        if people.is_reused_address(row, None):
            fail(people.REUSED_ADDRESS)
        row.password_hash = sign_in.hasher().hash(asked_password(row, password_stdin))
        with trail.act('people.add', by=None, at=clock.now(), channel='cli') as act:
            row.one_time_until = act.at + sign_in.ONE_TIME
            act.save(row)
    say(f'{row.label} を登録しました。パスワードは一時的なもので、{ONE_TIME_WORDS}')


@person.command('password')
@click.argument('email')
@click.option('--password-stdin', is_flag=True, help='read the password from standard input')
def password_(email, password_stdin):
    """Give a person a one-time password; the way back for the only administrator."""
    with register():
        row = Person.get_or_none(Person.email == email.lower(), Person.live())
        if row is None:
            fail(f'{email} という利用者はいません。')
        given = asked_password(row, password_stdin)
        with trail.act('people.password', by=None, at=clock.now(), channel='cli') as act:
            sign_in.set_password(act, row, given, act.at + sign_in.ONE_TIME)
        throttles.forget_failures(row.email)
    say(f'{row.label} の一時パスワードを設定しました。{ONE_TIME_WORDS}')


ONE_TIME_WORDS = f'{sign_in.ONE_TIME.days}日のうちにサインインし、自分のパスワードに変えてください。'


def asked_password(row, from_stdin):
    """Return the password asked for, or fail with all that is wrong with it."""
    given = sys.stdin.readline().rstrip('\n') if from_stdin else click.prompt(
        'パスワード', hide_input=True, confirmation_prompt=True)
    if wrong := ['256文字までにしてください。'] if len(given) > 256 else passwords.weaknesses(given, row):
        fail('\n'.join(wrong))
    return given


@click.group()
def token():
    """Tokens of the JSON API."""


@token.command('issue')
@click.argument('email')
@click.option('--name', required=True, help='what uses it')
@click.option('--scope', 'scopes', required=True, multiple=True, type=click.Choice(list(SCOPES)),
              help='may be given several times')
@click.option('--until', required=True, help='the last day it may be used')
def issue_(email, name, scopes, until):
    """Issue a token to a person and print it: it is shown this once."""
    with register():
        row = person_of(email)
        form = TokenForm(MultiDict({'name': name, 'scopes': ';'.join(scopes), 'expires_on': until}))
        issued, outcome = tokens.issue(form, row, by=None, at=clock.now(), channel='cli')
        if not isinstance(outcome, saving.Saved):
            fail('\n'.join(f'{form._fields[field].label.text}: {words}' if field in form._fields else words
                           for field, words in outcome.problems))
    click.echo(issued)
    say(f'{row.label} のトークン「{outcome.row.name}」（番号 {outcome.row.id}）を発行しました。'
        'いまだけ表示します。')


@token.command('list')
@click.argument('email')
@click.option('--json', 'as_json', is_flag=True)
def list_(email, as_json):
    """List the tokens of a person that may be used."""
    with register():
        found = [{'id': row.id, 'name': row.name, 'scopes': row.scopes.split(';'),
                  'expires_on': row.expires_on.isoformat(), 'last_used': row.last_use
                  and row.last_use.used.isoformat()} for row in tokens.usable_tokens(person_of(email))]
    if as_json:
        emit(found)
        return
    for each in found:
        click.echo(f'{each["id"]:>5}  {each["name"]}  {";".join(each["scopes"])}  {each["expires_on"]}  '
                   f'{each["last_used"] or "未使用"}')


@token.command('revoke')
@click.argument('id', type=click.IntRange(1))
@click.option('--reason', default='コマンドによる失効', metavar='TEXT')
def revoke_(id, reason):
    """Revoke a token by its number."""
    with register():
        row = ApiToken.by_id(id)
        if row is None or row.voided_at:
            fail(f'番号{id}の使えるトークンはありません。')
        outcome = saving.void(tokens.tokens, row, by=None, at=clock.now(), channel='cli', reason=reason)
        if not isinstance(outcome, saving.Saved):
            fail('\n'.join(words for _, words in outcome.problems))
    say(f'トークン「{row.name}」（番号 {id}）を失効させました。')


def person_of(email):
    """Return the person of an address, or fail in words."""
    row = Person.get_or_none(Person.email == email.lower(), Person.is_active, Person.live())
    return row or fail(f'{email} という利用者はいません。')
