"""`daicho import` and `daicho export`: the records of a noun as files."""
import sys
from pathlib import Path

import click
from peewee import IntegrityError

from audits import past, trail
from audits.trail import Stale
from models import Person

from ..core import clock, connection
from ..records import exporting, importing, saving, sheets
from .terminal import Day, Kind, check_day, emit, fail, noun_named, progress, register, say, write_file


@click.command('import')
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
        noun = noun_named(kind)
        try:
            sheet = sheets.read(file.read_bytes(), file.name, encoding)
        except sheets.Unreadable as error:
            report(importing.report(noun, 0, {}, error.problems, None, []), as_json)
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
                                 + importing.note_of(load))
            except (Stale, IntegrityError, saving.ChangedMeanwhile):
                fail('取込み中に、ほかの人が同じ記録を変更しました。何も変更していません。'
                     'もう一度取り込んでください。')
        report(importing.report(noun, len(sheet.rows), load.counts, load.problems, seq,
                                [entry for entry in load.entries if entry.status == 'conflict'],
                                load.notices), as_json)
        if not load.good:
            sys.exit(1)


def report(found, as_json):
    """Print what an import came to: JSON on stdout, or words on stderr."""
    if as_json:
        emit(found)
        return
    for words in found['notices']:
        say(words)
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


@click.command()
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
        noun, kinds = noun_named(kind), None
        check_day(None, as_of)
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
        if as_of and (strays := past.count_out_of_order(exporting.end_of_day(as_of))):
            say(f'この日までの日時をもつ操作が、あとの日時の操作に続いて{strays}件あります。'
                '記録の順ではこの日のあとなので、含めていません。')
    if output:
        write_file(output, data)
    else:
        sys.stdout.buffer.write(data)
    say(f'{noun.title}を書き出しました（鎖の先頭: 操作 {head.seq} {head.hash[:16]}）。')
