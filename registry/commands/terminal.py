"""What every command is made of: what it says, how it fails, the register it opens, its arguments."""
import json
import sys
from contextlib import contextmanager
from pathlib import Path

import click

from audits import trail
from audits.files import FOLDER, Store
from models import db
from models.rules import calendar

from ..core import config, connection, troubles
from ..figures import board as boards
from ..records.noun import NOUNS


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
        known = [noun.name for noun in NOUNS.values() if noun.importable]
        # whether there is a register of this name the database says, which is not open yet
        if value not in known and not NOUNS.is_made(value):
            self.fail(f'{value} という種類はありません。使える種類: {", ".join(known)}、'
                      'または作った台帳の番号（d-00001 など）', param, ctx)
        return value


def noun_named(kind):
    """Return the noun of a Kind, or end where there is no register of this number."""
    found = NOUNS.get(kind)
    return found or fail(f'{kind} という番号の台帳はありません。', 2)


#: what to do when the clock stands before the last act
CLOCK = '機械の時計を合わせるか、DAICHO_TODAY を最後の操作の日以後にして、もう一度実行してください。'


@contextmanager
def register(ready=True, status=1):
    """Open the application and its database; refuse one that is not of this version, with `status`."""
    from .. import create_app
    try:
        app = create_app()
    except config.UnsafeSetting as error:
        fail(error.message, 2)
    with app.app_context():
        url = app.config['DATABASE_URL']
        if ready and url.startswith('sqlite') and not (path := Path(url.removeprefix('sqlite:///'))).exists():
            fail(f'データベース {path} がありません。初めてなら先に daicho migrate を、失ったのなら daicho '
                 'restore を実行してください。', status)
        try:
            db.connect(reuse_if_open=True)
            connection.wait_longer()
            if ready and connection.pending_migrations():
                fail('データベースが最新ではありません。先に daicho migrate を実行してください。', status)
            if ready and connection.unknown_migrations():
                fail('データベースは、より新しい版で作られています。新しい版を使ってください。', status)
            yield app
        except trail.Busy:
            fail('ほかの人の取込みなどの書込みが続いているため、実行できませんでした。何も変更していません。'
                 '終わってから、もう一度実行してください。')
        except trail.ClockBehind as error:
            fail(f'{error}何も変更していません。{CLOCK}')
        finally:
            db.close_all()


def files_of(settings):
    """Return the Store of the documents that belong to the register of some settings."""
    return Store(settings['INSTANCE'] / FOLDER)


def say(words):
    click.echo(words, err=True)


def fail(words, status=1):
    say(words)
    sys.exit(status)


def write_file(path, data):
    """Write a file, or fail in words."""
    try:
        path.write_bytes(data)
    except OSError as error:
        fail(f'{path} に書き込めません（{error.strerror}）。', 2)


def emit(value):
    click.echo(json.dumps(value, ensure_ascii=False, indent=1))


class CommandGroup(click.Group):
    """Commands that say in one sentence when the database or the disk fails."""

    def invoke(self, ctx):
        try:
            return super().invoke(ctx)
        except troubles.KNOWN as error:
            if isinstance(error, OSError) and error.filename:
                fail(f'{error.filename} を読み書きできません（{error.strerror}）。', 2)
            what = troubles.diagnose(error)
            if what is None:
                raise
            cause = ' '.join(str(error).split())
            fail(f'{troubles.MESSAGES[what][0]}（{cause}）。')


def progress(words):
    """Return a function that draws a progress line on a terminal, or None elsewhere."""
    if not sys.stderr.isatty():
        return None

    def draw(done, total):
        width = 30 * done // max(total, 1)
        click.echo(f'\r{words} [{"#" * width}{"." * (30 - width)}] {done:,}/{total:,}', err=True,
                   nl=done >= total)
    return draw


def check_day(year, day):
    """End with the words of a page where a year cannot be looked at as of a day (None: no day was named)."""
    if day is not None and (problem := boards.day_problem(year, day)):
        fail(problem, 2)
