"""`daicho migrate`, `rebuild`, `backup`, `restore`, `demo`: the database as a whole."""
import sys
from pathlib import Path

import click
from peewee import PeeweeException

from audits import rebuild as derived
from audits import trail
from models.rules import calendar

from .. import backups
from ..core import clock, config, connection
from ..data import masters
from .terminal import emit, fail, files_of, progress, register, say


@click.command()
def migrate():
    """Create or upgrade the database, with the built-in masters in place."""
    with register(ready=False):
        try:
            applied = connection.migrate(lambda: masters.fill(clock.now()))
        except connection.Refused as refused:
            fail(str(refused))
    say(f'データベースは最新です（適用: {", ".join(applied) or "なし"}）。')


@click.command()
def rebuild():
    """Compute derived columns (search texts) anew; safe at any time, changes no record."""
    with register():
        written = derived.rebuild(progress('検索用の文字列'))
    say(f'検索用の文字列を作り直しました（改めた記録: {written:,}件）。')


def read_settings():
    """Return the settings without opening the application's database; exit 2 with words when unusable."""
    try:
        read = config.read()
    except config.UnsafeSetting as error:
        fail(error.message, 2)
    clock.pin(read['TODAY'])
    return read


@click.command()
@click.argument('file', type=click.Path(dir_okay=False, path_type=Path))
@click.option('--json', 'as_json', is_flag=True)
def backup(file, as_json):
    """Write the whole register to a new FILE, verify it and print its head; people may go on working."""
    try:
        read = read_settings()
        checked = backups.backup(file, read['DATABASE_URL'], files_of(read))
    except (backups.Failed, PeeweeException) as error:
        fail_copy(error)
    report_copy(file, checked, as_json, f'{file} に写しを作りました。', file.stat().st_size)


@click.command()
@click.argument('file', type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option('--replace', is_flag=True, help='PostgreSQL: empty a database that holds a register first')
@click.option('--migrate', 'upgrade', is_flag=True, help='take a copy of an earlier version and upgrade it')
@click.option('--even-if-altered', 'altered', is_flag=True,
              help='take a copy in which verify finds tampering all the same')
@click.option('--json', 'as_json', is_flag=True)
def restore(file, replace, upgrade, altered, as_json):
    """Put the copy in FILE in place of the register and verify it; the server must be stopped."""
    read = read_settings()
    try:
        checked = backups.restore(file, read['DATABASE_URL'], files_of(read),
                                  read['DAICHO_ENV'] == 'production', replace, upgrade, altered)
    except (backups.Failed, PeeweeException) as error:
        fail_copy(error)
    report_copy(file, checked, as_json, f'{file} の写しを戻しました。', None)


def fail_copy(error):
    """End with the words of what stood in the way."""
    if isinstance(error, backups.Failed):
        fail(str(error), error.status)
    fail(f'データベースにつながりません（{" ".join(str(error).split())}）。', 2)


def report_copy(file, checked, as_json, words, size):
    """Print a copy's head and what was found in it; end with 1 where that is tampering."""
    verdict = checked.verdict
    found = ('中身の検証はしていません（データベースを作る権限がありません）。' if verdict is None else
             '検証: 改ざんは見つかりませんでした。' if verdict.intact else
             '検証: 改ざんが見つかりました。daicho trail verify で確かめてください。')
    if as_json:
        emit({'file': str(file), 'bytes': size,
              'head': {'seq': checked.seq, 'hash': checked.hash,
                       'at': checked.at.isoformat() if checked.at else None},
              'verified': verdict is not None, 'intact': None if verdict is None else verdict.intact,
              'former': str(checked.former) if checked.former else None,
              'documents': len(checked.documents), 'problems': checked.problems})
    else:
        click.echo(f'操作 {checked.seq}  {checked.hash}  {checked.at.isoformat() if checked.at else "－"}')
    for problem in checked.problems:
        say(problem)
    if checked.problems:
        found += f'文書のファイル {len(checked.problems)}個を入れられませんでした。'
    say(words + found + (f'前の台帳は {checked.former} に残しました。' if checked.former else ''))
    if checked.problems or verdict is not None and not verdict.intact:
        sys.exit(1)


@click.command()
@click.option('--if-empty', is_flag=True,
              help='leave a database that is not empty as it is, without a complaint')
def demo(if_empty):
    """Fill an EMPTY database with the demo ward; refuses any other."""
    with register() as app:
        if app.config['DAICHO_ENV'] == 'production':
            fail('本番環境にデモデータは入れられません。', 2)
        from .. import demo as ward
        if ward.is_unfinished():
            fail('デモデータが途中までしか入っていません（以前の版で、入れている途中に止まっています）。'
                 'このデータベースを削除（または空の別のデータベースを指定）して daicho migrate と daicho '
                 'demo を実行してください。')
        if not ward.is_empty():
            if if_empty:
                return
            fail('空でないデータベースにデモデータは入れられません。')
        ward.fill(files_of(app.config), progress('デモデータ'))
        last = trail.head().at
        ahead = last > clock.now()
    say('デモデータを入れました。')
    if ahead:
        say(f'デモデータの最後の操作は {calendar.show_moment(last)} です。記録を変えるには、DAICHO_TODAY '
            'をその日以後にして動かしてください。')
