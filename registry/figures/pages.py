"""A figure opens to its rows: its value, what it counted, what it left out and why."""
from functools import partial
from types import SimpleNamespace

from flask import Blueprint, abort, render_template, request, url_for
from flask_login import current_user

from models import (
    Act,
    Actual,
    BudgetRequest,
    Case,
    Change,
    CheckIn,
    Incident,
    Indicator,
    Initiative,
    Plan,
    Review,
    StepProgress,
    Strategy,
    Support,
)
from models.figures import MEASURES, VOIDED, default_day
from models.figures.recovery import recovery_of
from models.plans import ASSESSMENTS, QUARTERS
from models.rules import calendar
from models.settings import SETTINGS
from models.standardisation import STEP_STATES, holding_back, state_on

from ..core import clock
from ..core.memo import cached, cached_drawing
from ..core.permits import limit_of
from ..records import display
from ..records.columns import Column, nowrap_classes
from ..records.listing import whole_number
from ..records.noun import of_table
from ..strategies.parts import crumbs
from ..web.front import asked_day
from ..web.guard import permit
from . import board as boards
from . import judging, outlook

bp = Blueprint('figures', __name__, url_prefix='/figures')

#: how many businesses are named that hold a figure back
FEW = 5


@bp.get('/<name>')
@permit('figures.read')
@boards.consistent_reads()
def show_figure(name):
    """Open a figure: its value, the rows it counted, the rows it left out with the reasons.

    `indicator` (取組番号-指標番号) opens it as that indicator counts it: limited to its businesses, beside
    what was published.
    """
    if name not in MEASURES:
        abort(404)
    today = clock.today()
    asked_year = whole_number(request.args, 'year', 0)
    year = asked_year if 2000 <= asked_year <= 2099 else calendar.fiscal_year(today)
    as_of, problem = asked_day(year)
    dated = judging.settings()
    as_of = as_of or default_day(year, today)
    until = boards.counted_until(as_of)
    exists, served = cached(('served', name, year), lambda: indicators_of_measure(name, year))
    place = request.args.get('indicator', '')[:12]
    of = next((one for one in served if place == f'{one.initiative.no}-{one.no}'), None)
    if place and of is None:
        abort(404)
    limits = limits_of(served)
    businesses = tuple(limits.get(of.id, ())) if of else ()

    def counted():
        # asked for again where rows are remembered, so that it is known what they were chosen by
        return judging.figure_on(name, year, as_of, until, judging.settings(),
                                 tuple(id for id, _, _ in businesses))
    found = counted()
    asked = (name, year, as_of, until, today, businesses, current_user.id, current_user.role,
             current_user.department_id)
    listed = cached(('groups', *asked), lambda: groups(counted()))
    group = request.args.get('group', '')
    chosen = group if group in [key for key, *_ in listed] else next(
        (k for k, _, _, n, _ in listed if n), listed[0][0])
    page, total = whole_number(request.args, 'page', 1), next(size for key, _, _, size,
        _ in listed if key == chosen)
    table = cached(('page', *asked, chosen, page),
                       lambda: row_table(counted(), chosen, until, page, total))
    used = [(SETTINGS[setting][0], dated.on(setting, as_of),
             setting in dated.unverified(found.settings, as_of))
            for setting in found.settings]
    # as the indicators say it that it serves
    decimals = (of or served[0]).places if served else 1
    value_text = judging.figure_in_words(found, decimals, bool(served))
    back = name in ('steps.official', 'steps.strict') and as_of == today and cached(
        ('holding back', today, businesses), lambda: holding_back(today, FEW, [id for id, *_ in businesses]))
    indicator = of or next(iter(served), None)
    return render_template('figures/show.html', line=year_line(indicator, year, as_of),
                           view=view_of(indicator, year, as_of),
                           back=back or [], figure=found, year=year, year_label=calendar.year_label(year),
                           as_of=as_of, past=as_of < today, problem=problem, listed=listed, chosen=chosen,
                           table=table, used=used,
                           of=of, businesses=businesses, limits=limits,
                           published=last_published([of] if of else served, as_of),
                           served=served, value_text=value_text, definition=MEASURES[name].how,
                           parts=judging.fraction_text(found.numerator, found.denominator, found.parts),
                           crumbs=crumbs(year, (found.title, None)) if exists
                           else [('ホーム', url_for('board.index')), (found.title, None)])


def view_of(indicator, year, as_of):
    """Return the IndicatorView of an indicator as the board shows it, None where the year has none."""
    board = indicator and boards.judged(year, as_of)
    return board and next((one for row in board.initiatives for one in row.indicators
                           if one.id == indicator.id), None)


def year_line(indicator, year, as_of):
    """Return the line of an indicator's year as the page shows it, None where there is none to draw.

    It has its picture, the months' values, how the indicator stands, and the words of the forecast.
    """
    # read again in there, so that it is known what the drawing was made from
    return indicator and cached_drawing(
        ('year line', indicator.id, year, as_of, boards.counted_until(as_of)),
        lambda: (view_of(indicator, year, as_of),), partial(draw_line, year))


def draw_line(year, view):
    if not view or view.source != 'computed' or sum(value is not None for _, value in view.trend) < 2:
        return None
    from . import charts  # what draws and prints is a quarter of a start: most commands do neither
    points, ahead = outlook.line_of(view, year)
    shown = [f'{text}{view.unit}' for text in view.coming_texts]
    title = (f'年度末の見込みは{shown[0]}、目標は{view.target_words}です。' if ahead
             else f'いまの値は{view.value_text}{view.unit}、目標は{view.target_words}です。')
    drawing = charts.trend('', points, view.target, view.unit, 620, 190, view.decimals, ahead,
                           from_zero=False)
    picture = charts.svg(drawing, title, '各月末の値です。同じ値を下の表に示します。')
    return SimpleNamespace(
        title=title, picture=picture, state=view.state, verdict=view.verdict, ahead=shown, unit=view.unit,
        months=[(month, f'{value:f}') for month, value in points if value is not None],
        lacking=view.lacking)


def indicators_of_measure(name, year):
    """Return (whether the year has a strategy, its indicators that a measure counts)."""
    return Strategy.select().where(Strategy.fiscal_year == year, Strategy.live()).exists(), list(
        Indicator.select(Indicator, Initiative, Strategy).join(Initiative).join(Strategy).where(
            Indicator.live(), Initiative.live(), Indicator.measure == name, Strategy.fiscal_year == year))


def groups(found):
    """Return [(key, kind, words, rows the person may see, number of other units' rows)] of a figure."""
    sizes, listed = found.population.sizes(limit_of(found.population.table, current_user, clock.today())), []
    for kind, rows in rows_by_key(found).items():
        every, seen = sizes[rows.code]
        listed.append((kind, kind.rpartition('-')[0], rows.words, seen, every - seen))
    return listed


def limits_of(served):
    ids = [one.id for one in served]
    return cached(('bound', *ids), lambda: boards.businesses_of_indicators(ids))


def last_published(served, as_of):
    """Return the last published value of each indicator up to a day.

    [(indicator, day, value as published, quote, source)]
    """
    ids, last = [one.id for one in served], {}
    for row in cached(('actuals', *ids), lambda: list(Actual.select().where(
            Actual.indicator.in_(ids or [0]), Actual.live(), Actual.origin == 'published')
            .order_by(Actual.as_of))):
        if row.as_of <= as_of:
            last[row.indicator_id] = judging.stated(row)
    return [(one, *last[one.id]) for one in served if one.id in last]


def rows_by_key(found):
    """Return {key in an address: Rows} of a figure's groups."""
    return {f'{kind}-{at}': rows for kind, part in (('counted', found.counted), ('left-out', found.left_out))
            for at, rows in enumerate(part)}


def columns_of(found, ids, until, dated):
    """Return (the noun whose pages the rows lead to, columns) of the rows `ids` of a figure.

    A noun's own columns, and what the list does not show though the figure turns on it.
    """
    table, noun = found.population.table, of_table(found.population.table)
    if table is Plan:
        return noun, [Column('plan_no', 'プラン番号', Plan.plan_no, str),
                      Column('title', '施策名', Plan.title, str),
                      Column('quarter', '回', CheckIn.quarter, display.code(QUARTERS)),
                      Column('assessment', '評価', CheckIn.assessment, display.code(ASSESSMENTS)),
                      Column('achievement', '達成率', CheckIn.achievement, display.percent)]
    more = {
        StepProgress: lambda: [Column('then', f'状態（{found.as_of.isoformat()}）', state_on(found.as_of),
                                      display.code(STEP_STATES)),
                               Column('reason', '理由', StepProgress.reason, str)],
        BudgetRequest: lambda: [Column('exclusion_reason', '除外理由', BudgetRequest.exclusion_reason, str),
                                Column('excluded_by', '除外承認者', BudgetRequest.excluded_by, str)],
        Case: lambda: [Column('new_technology', '新技術', Case.new_technology, display.flag)],
        Support: lambda: [Column('trial', '試行', Support.trial, display.flag)],
        Review: lambda: [Column('approver', '承認者', Review.approver, str)],
        Incident: lambda: [Column('elapsed', '復旧時間', Incident.id, {
            row.id: hours(recovery_of(row, until, dated).elapsed)
            for row in Incident.select().where(Incident.id.in_(ids))}.get)]
        if found.measure.startswith('incidents.recovery') else [],
    }
    return noun, [*noun.columns, *more.get(table, list)()]


def voidings(population, ids):
    """Return {row id: (reason, who and when)} of rows that are voided, or whose parents are."""
    tables = population.voidable
    found = {}
    for id, *told in population.query.select(population.table.id, *(
            field for table in tables for field in (table.id, table.voided_at, table.void_reason))).where(
            population.table.id.in_(ids)).tuples():
        found[id] = next(((table, told[3 * at], told[3 * at + 2]) for at, table in enumerate(tables)
                          if told[3 * at + 1]), None)
    told = {}
    for table in tables:
        voided = [one[1] for one in found.values() if one and one[0] is table]
        for row, at, name in (Change.select(Change.row, Act.at, Act.actor_name).join(Act).where(
                Change.table == table._meta.table_name, Change.row.in_(voided or [0]),
                Change.kind == 'void').order_by(Change.act).tuples()):
            told[table, row] = f'{name}（{calendar.show_moment(at)}）'
    return {id: (('' if one[0] is population.table else f'{noun_label(one[0])}の取消: ') + (one[2] or ''),
                 told.get(one[:2], ''))
            for id, one in found.items() if one}


def noun_label(table):
    noun = of_table(table)
    return noun.one if noun else ''


def hours(elapsed):
    """Return a time span in hours and minutes, 3時間5分; '' where the clock has not begun."""
    if elapsed is None:
        return ''
    minutes = int(elapsed.total_seconds()) // 60
    return f'{minutes // 60:,}時間{minutes % 60}分'


def row_table(found, key, until, page, total, size=50):
    """Return a page of the `total` rows of a figure's group as a noun's list shows them."""
    rows, population = rows_by_key(found)[key], found.population
    table, query = population.table, rows.query
    limit = limit_of(table, current_user, clock.today())
    if limit is not None:
        query = query.where(limit)
    pages = max(1, -(-total // size))
    page = min(max(1, page), pages)
    ids = [id for (id,) in query.select(table.id).paginate(page, size).tuples()] or [0]
    noun, columns = columns_of(found, ids, until, found.asked.dated)
    more, told = [], {}
    if rows.code == VOIDED[0]:
        more, told = ['取消の理由', '取り消した人と日時'], voidings(population, ids)
    chosen = table.select(table.id, *(c.sql() for c in columns)).where(table.id.in_(ids))
    lines = [(row[0], [*(('' if value is None else column.show(value), column.tone and column.tone(value))
                         for column, value in zip(columns, row[1:], strict=True)),
                       *((text, '') for text in told.get(row[0], ('',) * len(more)))])
             for row in population.joins(noun.joins(chosen))
             .order_by(*population.order or [table.id]).tuples()]
    return {'columns': [*(c.label for c in columns), *more], 'narrow': nowrap_classes(columns), 'rows': lines,
            'noun': noun.name, 'page': page, 'pages': pages, 'total': total}
