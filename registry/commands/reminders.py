"""`daicho remind`: what is due, by mail."""
import sys

import click

from models.reminders import FAILED, SENT, UNSURE
from models.rules import duties

from .. import reminders
from ..core import connection, mail
from .terminal import emit, fail, register, say

#: what became of a mail, in words; {} is what was said
WORDS = {SENT: '送りました', FAILED: '送れませんでした（{}）。次の実行で、もう一度送ります',
         UNSURE: '渡したあとの返事がなく、送れたか分かりません（{}）。もう一度は送りません',
         reminders.STOPPED: '送れませんでした（{}）。メールサーバーに渡せないため、ここで止めます。'
                            '残りの人にも、次の実行で送ります',
         reminders.LEFT: '前の実行が途中で終わり、{}のメールを送れたか分かりません。もう一度は送りません',
         reminders.PLANNED: '送ります'}

GOOD = frozenset({SENT, reminders.PLANNED})


@click.command('remind')
@click.option('--dry-run', is_flag=True, help='say to whom how much would be sent; send and write nothing')
@click.option('--json', 'as_json', is_flag=True)
def remind(dry_run, as_json):
    """Send each person the one mail of the day about their duties; run twice, it sends nothing twice."""
    found = []
    with register() as app:
        settings = app.config['SMTP']
        if dry_run:
            for outcome in reminders.plan():
                found.append(told(outcome, as_json))
        elif settings is None:
            fail('メールの設定（DAICHO_SMTP_HOST など）がありません。docs/operations.md を見てください。', 2)
        else:
            home = app.config['URL'] or 'http://127.0.0.1:8000/'
            with connection.reminding_alone() as mine, mail.Server(settings) as server:
                if not mine:
                    fail('ほかの daicho remind が動いています。終わってから、もう一度実行してください。')
                for outcome in reminders.remind(server, settings['sender'], home):
                    found.append(told(outcome, as_json))
    if as_json:
        emit(found)
    elif not found:
        say('お知らせする仕事はありません。')
    if any(each['state'] not in GOOD for each in found):
        sys.exit(1)


def told(outcome, as_json):
    """Return an Outcome as JSON, having said it in words where nobody asked for JSON."""
    if not as_json:
        stages = '、'.join(f'{duties.STAGES[stage]} {number:,}件' for stage, number in outcome.stages.items())
        line = f'{outcome.person.email}: {WORDS[outcome.state].format(outcome.words)}。'
        click.echo(f'{line} {stages}' if stages else line, err=outcome.state not in GOOD)
    return {'email': outcome.person.email, 'state': outcome.state, 'stages': outcome.stages,
            'message': outcome.words}
