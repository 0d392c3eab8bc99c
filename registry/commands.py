"""`daicho …`: the register from the command line. Exit status 0 done, 1 the data is wrong, 2 the call is
wrong."""
import json
import os
import sys
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import click
from peewee import IntegrityError, PeeweeException
from werkzeug.datastructures import MultiDict

from audits import past, trail, verify
from audits import rebuild as derived
from audits.trail import Stale
from forms.settings import PersonForm, TokenForm
from models import ApiToken, Person, db
from models.people import SCOPES
from models.rules import calendar, ratings

from . import backups, files, settings
from .core import clock, config, connection, log, troubles
from .data import masters
from .figures import board as boards
from .records import exporting, importing, saving, sheets
from .records.noun import NOUNS
from .reports import documents
from .web import passwords, sign_in, throttles, tokens


class Day(click.ParamType):
    name = 'DATE'

    def convert(self, value, param, ctx):
        try:
            return calendar.parse_day(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


class Kind(click.ParamType):
    name = 'KIND'

    def convert(self, value, param, ctx):
        # the nouns are declared when the application is imported
        from . import create_app  # noqa: F401
        known = [noun.name for noun in NOUNS.values() if noun.importable]
        if value not in known:
            self.fail(f'{value} という種類はありません。使える種類: {", ".join(known)}', param, ctx)
        return value


#: what to do when the clock stands before the last act
CLOCK = '機械の時計を合わせるか、DAICHO_TODAY を最後の操作の日以後にして、もう一度実行してください。'


@contextmanager
def register(ready=True, status=1):
    """Open the application and its database; refuse one that is not of this version, with `status`."""
    from . import create_app
    try:
        app = create_app()
    except config.Unsafe as error:
        fail(error.message, 2)
    with app.app_context():
        url = app.config['DATABASE_URL']
        if ready and url.startswith('sqlite') and not (path := Path(url.removeprefix('sqlite:///'))).exists():
            fail(f'データベース {path} がありません。初めてなら先に daicho migrate を、失ったのなら daicho '
                 'restore を実行してください。', status)
        try:
            db.connect(reuse_if_open=True)
            connection.wait_patiently()
            if ready and connection.pending():
                fail('データベースが最新ではありません。先に daicho migrate を実行してください。', status)
            if ready and connection.newer():
                fail('データベースは、より新しい版で作られています。新しい版を使ってください。', status)
            yield app
        except trail.Busy:
            fail('ほかの人の取込みなどの書込みが続いているため、実行できませんでした。何も変更していません。'
                 '終わってから、もう一度実行してください。')
        except trail.ClockBehind as error:
            fail(f'{error}何も変更していません。{CLOCK}')
        finally:
            db.close_all()


def say(words):
    click.echo(words, err=True)


def fail(words, status=1):
    say(words)
    sys.exit(status)


def keep(path, data):
    """Write a file, or fail in words."""
    try:
        path.write_bytes(data)
    except OSError as error:
        fail(f'{path} に書き込めません（{error.strerror}）。', 2)


def emit(value):
    click.echo(json.dumps(value, ensure_ascii=False, indent=1))


class Told(click.Group):
    """Commands that say in one sentence when the database or the disk fails."""

    def invoke(self, ctx):
        try:
            return super().invoke(ctx)
        except troubles.KNOWN as error:
            if isinstance(error, OSError) and error.filename:
                fail(f'{error.filename} を読み書きできません（{error.strerror}）。', 2)
            what = troubles.trouble(error)
            if what is None:
                raise
            cause = ' '.join(str(error).split())
            fail(f'{troubles.WORDS[what][0]}（{cause}）。')


@click.group(cls=Told, context_settings={'help_option_names': ['-h', '--help']})
@click.pass_context
def main(ctx):
    """台帳 Daicho: the IT governance asset registry of a city hall."""
    # what is made here, database and uploads and files written out, is for this account only
    ctx.call_on_close(partial(os.umask, os.umask(0o077)))


@main.command()
def migrate():
    """Create or upgrade the database, with the built-in masters in place."""
    with register(ready=False):
        try:
            applied = connection.migrate(lambda: masters.fill(clock.now()))
        except connection.Refused as refused:
            fail(str(refused))
    say(f'データベースは最新です（適用: {", ".join(applied) or "なし"}）。')


@main.command()
def rebuild():
    """Compute derived columns (search texts) anew; safe at any time, changes no record."""
    with register():
        written = derived.rebuild(progress('検索用の文字列'))
    say(f'検索用の文字列を作り直しました（改めた記録: {written:,}件）。')


def read_settings():
    """Return the settings for what must not open the application's database; fail in words when they will
    not do."""
    try:
        read = config.read()
    except config.Unsafe as error:
        fail(error.message, 2)
    clock.pin(read['TODAY'])
    return read


@main.command()
@click.argument('file', type=click.Path(dir_okay=False, path_type=Path))
@click.option('--json', 'as_json', is_flag=True)
def backup(file, as_json):
    """Write the whole register to a new FILE, open and verify it, and print its head; people may go on
    working."""
    try:
        checked = backups.backup(file, read_settings()['DATABASE_URL'])
    except (backups.Failed, PeeweeException) as error:
        not_copied(error)
    told(file, checked, as_json, f'{file} に写しを作りました。', file.stat().st_size)


@main.command()
@click.argument('file', type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option('--replace', is_flag=True, help='PostgreSQL: empty a database that holds a register first')
@click.option('--migrate', 'upgrade', is_flag=True, help='take a copy of an earlier version and upgrade it')
@click.option('--even-if-altered', 'altered', is_flag=True,
              help='take a copy in which verify finds tampering all the same')
@click.option('--json', 'as_json', is_flag=True)
def restore(file, replace, upgrade, altered, as_json):
    """Put the copy in FILE in the register's place, verify it and print its head; the server must be
    stopped."""
    read = read_settings()
    try:
        checked = backups.restore(file, read['DATABASE_URL'], read['DAICHO_ENV'] == 'production', replace,
                                  upgrade, altered)
    except (backups.Failed, PeeweeException) as error:
        not_copied(error)
    told(file, checked, as_json, f'{file} の写しを戻しました。', None)


def not_copied(error):
    """End with the words of what stood in the way."""
    if isinstance(error, backups.Failed):
        fail(str(error), error.status)
    fail(f'データベースにつながりません（{" ".join(str(error).split())}）。', 2)


def told(file, checked, as_json, words, size):
    """Print a copy's head and what was found in it; end with 1 where that is tampering."""
    verdict = checked.verdict
    found = ('中身の検証はしていません（データベースを作る権限がありません）。' if verdict is None else
             '検証: 改ざんは見つかりませんでした。' if verdict.intact else
             '検証: 改ざんが見つかりました。daicho trail verify で確かめてください。')
    if as_json:
        emit({'file': str(file), 'bytes': size, 'head': {'seq': checked.seq, 'hash': checked.hash,
                                                         'at': checked.at.isoformat() if checked.at
                                                         else None},
              'verified': verdict is not None, 'intact': None if verdict is None else verdict.intact,
              'former': str(checked.former) if checked.former else None})
    else:
        click.echo(f'操作 {checked.seq}  {checked.hash}  {checked.at.isoformat() if checked.at else "－"}')
    say(words + found + (f'前の台帳は {checked.former} に残しました。' if checked.former else ''))
    if verdict is not None and not verdict.intact:
        sys.exit(1)


@main.command()
@click.option('--if-empty', is_flag=True,
              help='leave a database that is not empty as it is, without a complaint')
def demo(if_empty):
    """Fill an EMPTY database with the demo ward; refuses any other."""
    with register() as app:
        if app.config['DAICHO_ENV'] == 'production':
            fail('本番環境にデモデータは入れられません。', 2)
        from . import demo as ward
        if ward.is_unfinished():
            fail('デモデータが途中までしか入っていません（以前の版で、入れている途中に止まっています）。'
                 'このデータベースを削除（または空の別のデータベースを指定）して daicho migrate と daicho '
                 'demo を実行してください。')
        if not ward.is_empty():
            if if_empty:
                return
            fail('空でないデータベースにデモデータは入れられません。')
        ward.fill(progress('デモデータ'))
        last = trail.head().at
        ahead = last > clock.now()
    say('デモデータを入れました。')
    if ahead:
        say(f'デモデータの最後の操作は {calendar.show_moment(last)} です。記録を変えるには、DAICHO_TODAY '
            'をその日以後にして動かしてください。')


@main.command()
@click.option('--host', default='127.0.0.1', show_default=True)
@click.option('--port', default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option('--processes', default=2, show_default=True, type=click.IntRange(1, 64))
@click.option('--threads', default=4, show_default=True, type=click.IntRange(1, 64), help='of each process')
def serve(host, port, processes, threads):
    """Serve the pages."""
    from . import refuse_demo
    from .web import serving
    with register() as app:
        # who only reads can be served all the same
        if what := connection.unready():
            say(f'{troubles.WORDS[what][0]}。{troubles.WORDS[what][1]}')
    try:
        refuse_demo(app)
    except config.Unsafe as error:
        fail(error.message, 2)
    # where nobody reads, an echo would wait for ever
    log.LINES.write(f'台帳 Daicho  http://{host}:{port}/\n')
    with app.app_context(), db.connection_context():
        if boards.is_demo(trail.head()):
            from . import demo as ward
            for line in ward.accounts():
                log.LINES.write(f'{line}\n')
    # no connection may pass into another process
    db.close_all()
    try:
        serving.serve(app, host, port, processes, threads)
    except OSError as error:
        fail(f'{host}:{port} で待ち受けられません（{error.strerror}）。--port で別の番号を選んでください。')


@main.group()
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
        problems = form.wrong(None)
        if problems:
            fail('\n'.join(f'{form._fields[field].label.text}: {words}' for field, words in problems), 2)
        form.fill(row)
        if Person.select().where(Person.email == row.email).exists():
            fail(f'{row.email} は既に登録されています。')
        if settings.once_anothers(row, None):
            fail(settings.ONCE_ANOTHERS)
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
        throttles.forgive(row.email)
    say(f'{row.label} の一時パスワードを設定しました。{ONE_TIME_WORDS}')


ONE_TIME_WORDS = f'{sign_in.ONE_TIME.days}日のうちにサインインし、自分のパスワードに変えてください。'


def asked_password(row, from_stdin):
    """Return the password asked for, or fail with all that is wrong with it."""
    given = sys.stdin.readline().rstrip('\n') if from_stdin else click.prompt('パスワード', hide_input=True,
        confirmation_prompt=True)
    if wrong := ['256文字までにしてください。'] if len(given) > 256 else passwords.weaknesses(given, row):
        fail('\n'.join(wrong))
    return given


@main.group()
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
                  and row.last_use.used.isoformat()} for row in tokens.of(person_of(email))]
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


def progress(words):
    """Return a function that draws a progress line on a terminal, or None elsewhere."""
    if not sys.stderr.isatty():
        return None

    def draw(done, total):
        width = 30 * done // max(total, 1)
        click.echo(f'\r{words} [{"#" * width}{"." * (30 - width)}] {done:,}/{total:,}', err=True,
                   nl=done >= total)
    return draw


@main.command('import')
@click.argument('kind', type=Kind())
@click.argument('file', type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option('--dry-run', is_flag=True, help='check only; write nothing')
@click.option('--by', metavar='EMAIL', help='the person whose act it is')
@click.option('--reason', default='', metavar='TEXT')
@click.option('--encoding', type=click.Choice(['auto', 'utf-8', 'cp932']), default='auto')
@click.option('--ignore-unknown', is_flag=True, help='skip columns that are not known')
@click.option('--restore-zeros', is_flag=True,
              help='give numbers the leading zeros back that a spreadsheet has cut')
@click.option('--json', 'as_json', is_flag=True)
def import_(kind, file, dry_run, by, reason, encoding, ignore_unknown, restore_zeros, as_json):
    """Import a file as one act: all rows or none."""
    with register():
        who = None
        if by:
            who = Person.get_or_none(Person.email == by.lower(), Person.is_active, Person.live())
            if who is None:
                fail(f'{by} という利用者はいません。', 2)
        noun = NOUNS[kind]
        try:
            sheet = sheets.read(file.read_bytes(), file.name, encoding)
        except sheets.Unreadable as error:
            report(importing.told(noun, 0, {}, error.problems, None, []), as_json)
            sys.exit(1)
        load = importing.load(noun, sheet, person=who, ignore_unknown=ignore_unknown,
                              progress=progress(noun.title),
                            restore_zeros=restore_zeros)
        for cut in load.cut.values():
            say(f'{cut.header}: {cut.cells:,}件の先頭の0が落ちている' + (
                f'ため、補って読みました（「{cut.first}」を「{cut.whole}」）。' if restore_zeros else
                f'ようです（「{cut.first}」は「{cut.whole}」）。--restore-zeros で補えます。'))
        seq = None
        if load.good and not dry_run:
            try:
                seq = load.apply(who, clock.now(), 'import', (reason or f'{file.name} の取込み')
                                 + files.repaired(load))
            except (Stale, IntegrityError, importing.Overtaken):
                fail('取込み中に、ほかの人が同じ記録を変更しました。何も変更していません。'
                     'もう一度取り込んでください。')
        report(importing.told(noun, len(sheet.rows), load.counts, load.problems, seq,
                              [entry for entry in load.entries if entry.status == 'conflict']), as_json)
        if not load.good:
            sys.exit(1)


def report(found, as_json):
    """Print what an import came to: JSON on stdout, or words on stderr."""
    if as_json:
        emit(found)
        return
    for p in found['errors']:
        place = f'{p["line"]}行目' if p['line'] else 'ファイル'
        say(f'{place} {p["column"]}: {p["message"]}' + (f'（{p["value"]}）' if p['value'] else ''))
    for e in found['conflicts']:
        say(f'{e["line"]}行目 {e["label"]}: {e["message"]}')
    say(f'{found["rows"]}行: 登録 {found["create"]}、変更 {found["update"]}、変更なし {found["unchanged"]}、'
        f'競合 {found["conflict"]}、誤り {len(found["errors"])}'
        + (f'。操作 {found["act"]} として記録しました。' if found['act'] else ''))
    if found['errors'] or found['conflicts']:
        say('何も変更していません。上の行を直して、もう一度取り込んでください。')


def settle_day(year, day):
    """End with the words of a page where a year cannot be looked at as of a day (None: no day was named)."""
    if day is not None and (problem := boards.day_problem(year, day)):
        fail(problem, 2)


@main.command()
@click.argument('kind', type=Kind())
@click.option('--format', 'form', type=click.Choice(['csv', 'xlsx']), default='csv')
@click.option('--encoding', type=click.Choice(['utf-8-sig', 'cp932']), default='utf-8-sig')
@click.option('--as-of', type=Day(), help='the records as they stood at the end of this day')
@click.option('--layout', type=click.Choice(['import', 'people']), default='import',
              help='people: names and real dates, xlsx only')
@click.option('-o', 'output', type=click.Path(dir_okay=False, path_type=Path))
def export(kind, form, encoding, as_of, layout, output):
    """Export a register as an import file."""
    if layout == 'people' and (form != 'xlsx' or as_of):
        fail('--layout people は --format xlsx だけで、--as-of とは一緒に使えません。', 2)
    with register():
        noun, kinds = NOUNS[kind], None
        settle_day(None, as_of)
        try:
            with connection.snapshot():
                head = trail.head()
                if layout == 'people':
                    headers, rows, kinds = exporting.export_for_people(noun)
                else:
                    headers, rows = exporting.export_as_of(noun, as_of) if as_of else exporting.export(noun)
                data = (sheets.write_xlsx(headers, rows, noun.title, kinds) if form == 'xlsx'
                        else sheets.write_csv(headers, rows, encoding))
        except sheets.Unreadable as error:
            for p in error.problems:
                say(f'{p.line}行目 {p.column}: {p.message}（{p.value}）')
            fail('この文字コードでは表せない文字があります。--encoding utf-8-sig で書き出してください。')
        if as_of and (strays := past.out_of_order(exporting.end_of(as_of))):
            say(f'この日までの日時をもつ操作が、あとの日時の操作に続いて{strays}件あります。'
                '記録の順ではこの日のあとなので、含めていません。')
    if output:
        keep(output, data)
    else:
        sys.stdout.buffer.write(data)
    say(f'{noun.title}を書き出しました（鎖の先頭: 操作 {head.seq} {head.hash[:16]}）。')


@main.command()
@click.option('--fiscal-year', type=click.IntRange(2000, 2099))
@click.option('--as-of', type=Day())
@click.option('--json', 'as_json', is_flag=True)
@click.option('--csv', 'as_csv', is_flag=True)
def kpi(fiscal_year, as_of, as_json, as_csv):
    """Print a year's indicators and ratings."""
    with register():
        year = fiscal_year or calendar.fiscal_year(as_of or clock.today())
        settle_day(year, as_of)
        found = boards.board(year, as_of)
        if found is None:
            fail(f'{calendar.year_label(year)}の戦略がありません。')
        if as_json:
            emit(boards.as_json(found))
        elif as_csv:
            headers = ['年度', '基準日', '取組番号', '取組', '自動判定', '公式評価', '指標番号', '指標',
                       '算出元', '目標', '単位', '分子', '分母', '値', '判定', '公表値', '公表値の基準日',
                       '公表値の出典', '対象業務']
            rows = [[str(year), found.as_of.isoformat(), str(v.no), v.title, v.computed, v.official or '',
                     i.no, i.text, i.source, i.operator + i.target_text, i.unit, i.numerator or '',
                     i.denominator or '', i.value_text, i.verdict, *stated(i),
                     ';'.join(code for code, _ in i.businesses)]
                    for v in found.initiatives for i in v.indicators]
            sys.stdout.buffer.write(sheets.write_csv(headers, rows))
        else:
            click.echo(f'{found.title}（基準日 {calendar.show_day(found.as_of)}）')
            for v in found.initiatives:
                click.echo(f'{v.no:>2} {v.title}  自動判定 {v.computed}  公式 {v.official or "－"}')
                for i in v.indicators:
                    click.echo(f'     {i.no:<3} {i.value_text}{i.unit if i.value is not None else ""}'
                               f'（目標 {i.target_words}） '
                               f'{ratings.VERDICT_WORDS[i.verdict][1]} {i.gap_text}{beside(i)}')


def stated(indicator):
    """Return the last published value of an indicator, its day and its source, as cells of a file."""
    if indicator.stated is None:
        return ['', '', '']
    day, value, quote, source = indicator.stated
    return [value or quote, day.isoformat(), source]


def beside(indicator):
    """Return what is said of a published value: that it stands in a computed one's place, or what it is
    beside that."""
    if indicator.is_published:
        return f'〔公表値。自動集計は{indicator.instead_of}〕'
    if not indicator.published:
        return ''
    _, value, quote, _ = indicator.published[-1]
    return f'〔公表値 {f"{value}{indicator.unit}" if value else quote}〕'


@main.command('report')
@click.argument('name', type=click.Choice(['results', 'plan']))
@click.option('--fiscal-year', type=click.IntRange(2000, 2099))
@click.option('--as-of', type=Day())
@click.option('--id', 'only', type=click.IntRange(1, 99), help='the number of one initiative (重点取組)')
@click.option('-o', 'output', required=True, type=click.Path(dir_okay=False, path_type=Path))
def report_(name, fiscal_year, as_of, only, output):
    """Make a PDF: the year's results or its plan."""
    with register():
        year = fiscal_year or calendar.fiscal_year(as_of or clock.today())
        settle_day(year, as_of)
        data = documents.build(name, year, as_of, only)
    if data is None:
        fail(f'{calendar.year_label(year)}の戦略がありません。' if only is None
             else f'{calendar.year_label(year)}に重点取組{only}はありません。')
    keep(output, data)
    say(f'{output} に書き出しました。')


@main.group('trail')
def trail_():
    """The trail: its head, and whether it is whole."""


@trail_.command()
@click.option('--json', 'as_json', is_flag=True)
def head(as_json):
    """Print the chain's head."""
    with register():
        found = trail.head()
    at = found.at.isoformat() if found.at else None
    if as_json:
        emit({'seq': found.seq, 'hash': found.hash, 'at': at})
    else:
        click.echo(f'操作 {found.seq}  {found.hash}  {at or "－"}')


@trail_.command('verify')
@click.option('--json', 'as_json', is_flag=True)
def verify_(as_json):
    """Recompute the chain and compare every record with it; 0 intact, 1 tampered with, 2 could not be
    checked."""
    try:
        with register(status=2):
            found = verify.verify()
    except (verify.Unverifiable, PeeweeException) as error:
        fail(f'検証できませんでした。改ざんの有無は分かりません（{" ".join(str(error).split())}）。', 2)
    if as_json:
        emit({'intact': found.intact, 'acts': found.acts, 'head': {'seq': found.seq, 'hash': found.hash},
              'first_broken': found.first_broken, 'rows_changed_outside': [
                  {'table': row['table'], 'row': row['row'], 'label': row['label'], 'what': row['what']}
                  for row in found.outside], 'unguarded': found.unguarded, 'schema': [
                  {name: row[name] for name in ('table', 'kind', 'name', 'what')} for row in found.schema]})
    else:
        click.echo(f'操作 {found.acts:,}件、変更 {found.changes:,}件: '
                   + ('改ざんは見つかりませんでした。' if found.intact
                                                                   else '改ざんが見つかりました。'))
        if found.first_broken:
            click.echo(f'最初に壊れている操作 {found.first_broken["seq"]}: {found.first_broken["what"]}')
        for row in found.outside:
            click.echo(f'{row["table"]} #{row["row"]} {row["label"]}: {row["what"]}')
        if found.unguarded:
            click.echo(f'操作履歴の書換えを防ぐトリガーがありません: {"、".join(found.unguarded)}')
        for row in found.schema:
            click.echo(f'データベースの形 {row["table"]}: {row["what"]}')
    if not found.intact:
        sys.exit(1)


if __name__ == '__main__':
    main()
