"""`daicho kpi` and `daicho report`: a year's indicators, ratings and PDFs."""
import sys
from pathlib import Path

import click

from models.rules import calendar, ratings, standings

from ..core import clock
from ..figures import board as boards
from ..records import sheets
from .terminal import Day, check_day, emit, fail, register, say, write_file


@click.command()
@click.option('--fiscal-year', type=click.IntRange(2000, 2099))
@click.option('--as-of', type=Day())
@click.option('--json', 'as_json', is_flag=True)
@click.option('--csv', 'as_csv', is_flag=True)
def kpi(fiscal_year, as_of, as_json, as_csv):
    """Print a year's indicators and ratings."""
    with register():
        year = fiscal_year or calendar.fiscal_year(as_of or clock.today())
        check_day(year, as_of)
        found = boards.board(year, as_of)
        if found is None:
            fail(f'{calendar.year_label(year)}の戦略がありません。')
        if as_json:
            emit(boards.as_json(found))
        elif as_csv:
            headers = ['年度', '基準日', '取組番号', '取組', '自動判定', '公式評価', '指標番号', '指標',
                       '算出元', '目標', '単位', '分子', '分母', '値', '判定', '公表値', '公表値の基準日',
                       '公表値の出典', '対象業務', '状態', '自動集計の値', '年度末の見込み', '見込みの下限',
                       '見込みの上限', '何が変われば']
            rows = [[str(year), found.as_of.isoformat(), str(v.no), v.title, v.computed, v.official or '',
                     i.no, i.text, i.source, i.operator + i.target_text, i.unit, i.numerator or '',
                     i.denominator or '', i.value_text, i.verdict, *stated(i),
                     ';'.join(code for code, _ in i.businesses),
                     standings.STATES[i.state][1] if i.state else '', i.computed_text,
                     *(i.coming_texts or ('', '', '')), i.turn_text]
                    for v in found.initiatives for i in v.indicators]
            sys.stdout.buffer.write(sheets.write_csv(headers, rows))
        else:
            click.echo(f'{found.title}（基準日 {calendar.show_day(found.as_of)}）')
            for v in found.initiatives:
                stands = f'状態 {standings.STATES[v.state][1]}  ' if v.state else ''
                click.echo(f'{v.no:>2} {v.title}  {stands}自動判定 {v.computed}  公式 {v.official or "－"}')
                for i in v.indicators:
                    click.echo(f'     {i.no:<3} {i.value_text}{i.unit if i.value is not None else ""}'
                               f'（目標 {i.target_words}） '
                               f'{standing_words(i)} {i.turn_text}{published_note(i)}')


def standing_words(indicator):
    """Return how an indicator stands: its state until the year's end, and its verdict where there is one."""
    decided = indicator.verdict != 'unknown' or not indicator.state
    return '・'.join([*([standings.STATES[indicator.state][1]] if indicator.state else ()),
                     *([ratings.VERDICT_WORDS[indicator.verdict][1]] if decided else ())])


def stated(indicator):
    """Return the last published value of an indicator, its day and its source, as cells of a file."""
    if indicator.stated is None:
        return ['', '', '']
    day, value, quote, source = indicator.stated
    return [value or quote, day.isoformat(), source]


def published_note(indicator):
    """Return what stands beside a value: what was published, and what an entered one stands for."""
    instead = f'〔自動集計は{indicator.instead_of}〕' if indicator.instead_of else ''
    if indicator.stated is None:
        return instead
    _, value, quote, _ = indicator.stated
    return f'{instead}〔公表値 {f"{value}{indicator.unit}" if value else quote}〕'


@click.command('report')
@click.argument('name', type=click.Choice(['results', 'plan']))
@click.option('--fiscal-year', type=click.IntRange(2000, 2099))
@click.option('--as-of', type=Day())
@click.option('--id', 'only', type=click.IntRange(1, 99), help='the number of one initiative (重点取組)')
@click.option('-o', 'output', required=True, type=click.Path(dir_okay=False, path_type=Path))
def report_(name, fiscal_year, as_of, only, output):
    """Make a PDF: the year's results or its plan."""
    from ..reports import documents
    with register():
        year = fiscal_year or calendar.fiscal_year(as_of or clock.today())
        check_day(year, as_of)
        data = documents.build(name, year, as_of, only)
    if data is None:
        fail(f'{calendar.year_label(year)}の戦略がありません。' if only is None
             else f'{calendar.year_label(year)}に重点取組{only}はありません。')
    write_file(output, data)
    say(f'{output} に書き出しました。')
