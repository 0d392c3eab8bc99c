"""The pages that show a year's strategy as of a day, and its PDFs."""
from flask import Response, abort, flash, redirect, render_template, request, url_for

from forms.base import EmptyForm
from models import Actual, Indicator, Initiative, Strategy
from models.rules import standings

from ..figures import board as boards
from ..web.front import asked_day
from ..web.guard import allowed, permit
from .parts import bp, combined_history, crumbs, initiative_rows, year_or_404


@bp.get('/')
@permit('strategies.read')
@boards.consistent_reads()
def index():
    """List the years that have a strategy."""
    years = list(Strategy.select().where(Strategy.live()).order_by(Strategy.fiscal_year.desc()))
    return render_template('strategies/index.html', years=years,
                           boards={y.fiscal_year: boards.board(y.fiscal_year) for y in years},
                           can_create=allowed('strategies.create'),
                           crumbs=[('ホーム', url_for('board.index')), ('指標', None)])


@bp.get('/<int:year>/')
@permit('strategies.read')
@boards.consistent_reads()
def show(year):
    """Show every initiative and indicator of a year as of a day."""
    row = year_or_404(year)
    as_of, problem = asked_day(year)
    found = boards.board(year, as_of)
    copyable = not found.themes and Strategy.select().where(
        Strategy.fiscal_year == year - 1, Strategy.live()).exists()
    return render_template('strategies/show.html', board=found, year=year, problem=problem,
                           copyable=copyable and EmptyForm(),
                           history=combined_history([row, *row.themes]), can_edit=allowed('strategies.edit'),
                           crumbs=crumbs(year)[:2] + [(found.year_label, None)])


@bp.get('/<int:year>/initiatives/<int:no>')
@permit('strategies.read')
@boards.consistent_reads()
def initiative(year, no):
    """Show one initiative: its indicators, their trends, its tasks, schedule, result and ratings."""
    year_or_404(year)
    as_of, problem = asked_day(year)
    found = boards.board(year, as_of)
    view = next((v for v in found.initiatives if v.no == no), None) or abort(404)
    row = Initiative.get_by_id(view.id)
    return render_template('strategies/initiative.html', board=found, year=year, view=view, problem=problem,
                           pictures={i.id: trend_picture(i) for i in view.indicators
                                     if len(i.trend) > 1 and any(value is not None for _, value in i.trend)},
                           gantt=gantt_picture(view), history=combined_history(initiative_rows(row)),
                           entered=entered(row),
                           can_edit=allowed('strategies.edit'), can_rate=allowed('strategies.rate'),
                           crumbs=crumbs(year, (f'重点取組{no}', None)))


def trend_picture(view):
    """Return an indicator's months as a picture whose title says the finding."""
    from ..figures import charts
    words = standings.STATES[view.state][1] if view.state else {
        'met': '目標を達成', 'missed': '目標に未達', 'unknown': '未判定'}[view.verdict]
    return charts.svg(charts.trend(f'指標{view.no}: '
                                   f'{view.value_text}{view.unit if view.value is not None else ""}'
                                   f'（{words}）', view.trend, view.target, view.unit,
                                   decimals=view.decimals),
                      f'指標{view.no}の推移', '各月末の値です。同じ値を下の表に示します。')


def gantt_picture(view):
    """Return an initiative's schedule as a picture, '' where it has none."""
    from ..figures import charts
    if not view.schedule:
        return ''
    bars = [charts.Bar(row.text, row.start_quarter, row.end_quarter, row.star, row.note)
            for row in view.schedule]
    return charts.svg(charts.gantt('', bars, ('4〜6月', '7〜9月', '10〜12月', '1〜3月')),
                      '四半期スケジュール', '同じ内容を下の表に示します。')


def entered(row):
    """Return {indicator id: its actuals as entered, newest first} of an initiative."""
    found = {}
    for actual in (Actual.select(Actual, Indicator).join(Indicator)
                   .where(Indicator.initiative == row, Actual.live())
                   .order_by(Actual.as_of.desc())):
        found.setdefault(actual.indicator_id, []).append(actual)
    return found


@bp.get('/<int:year>/<any(results, plan):name>.pdf')
@permit('reports.read')
def report(year, name):
    """Answer with the year's results or plan as PDF."""
    from ..reports import documents
    year_or_404(year)
    as_of, problem = asked_day(year)
    if problem:
        flash(problem, 'error')
        return redirect(url_for('board.show', year=year), code=303)
    text = request.args.get('id', '')
    only = int(text) if text.isascii() and text.isdigit() and len(text) < 4 else None
    made = documents.build(name, year, as_of, only) or abort(404)
    part = '' if only is None else f'-{only}'
    return Response(made, mimetype='application/pdf', headers={
        'Content-Disposition': f'inline; filename="daicho-{name}-{year}{part}.pdf"'})
