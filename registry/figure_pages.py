"""A figure opens to its rows: its value, what it counted, what it left out and why."""
from functools import partial

from flask import Blueprint, abort, render_template, request, url_for
from flask_login import current_user

from models import (
    BudgetRequest,
    Case,
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
from models.figures import MEASURES, default_day, figure, recovery_of
from models.plans import ASSESSMENTS, QUARTERS
from models.rules import calendar, ratings
from models.settings import KNOWN, Dated
from models.standardisation import STEP_STATES, state_on
from models.visibility import condition

from . import board as boards
from . import clock, shown
from .front import asked_day
from .nouns import NOUNS, Column, narrow, of_table
from .permits import permit
from .strategies import crumbs
from .tables import whole

bp = Blueprint('figures', __name__, url_prefix='/figures')


@bp.get('/<name>')
@permit('figures.read')
@boards.one_state()
def show_figure(name):
    """Open a figure: its value, the rows it counted, the rows it left out with the reasons, its months."""
    if name not in MEASURES:
        abort(404)
    today = clock.today()
    year = asked if 2000 <= (asked := whole(request.args, 'year', 0)) <= 2099 else calendar.fiscal_year(today)
    as_of, problem = asked_day(year)
    dated = boards.remembered(('settings',), Dated)
    as_of = as_of or default_day(year, today)
    until = boards.moment(as_of)
    asked = (name, year, as_of, until, today, current_user.id, current_user.role, current_user.department_id)
    found = boards.remembered(('figure', *asked), lambda: figure(name, year, as_of, dated=dated, until=until))
    groups = [(kind, place, rows) for kind, parts in (('counted', found.counted), ('left-out', found.left_out))
              for place, rows in enumerate(parts)]
    group = request.args.get('group', '')
    listed = []
    for kind, place, rows in groups:
        key = f'{kind}-{place}'
        size, hidden = boards.remembered(('rows', *asked, key), partial(sizes, rows.query))
        listed.append((key, kind, rows.words, size, hidden))
    chosen = group if group in [key for key, *_ in listed] else next((k for k, _, _, n, _ in listed if n), listed[0][0])
    rows = next(rows for kind, place, rows in groups if f'{kind}-{place}' == chosen)
    page = whole(request.args, 'page', 1)
    total = next(size for key, _, _, size, _ in listed if key == chosen)
    table = boards.remembered(('page', *asked, chosen, page), lambda: row_table(rows.query, name, as_of, until, dated, page, total))
    used = [(KNOWN[setting][0], dated.on(setting, as_of), setting in dated.unverified(found.settings, as_of))
            for setting in found.settings]
    known, served = boards.remembered(('served', name, year), lambda: serves(name, year))
    # as the indicators say it that it serves
    decimals = served[0].decimals if served else 1
    value_text = '該当なし' if found.value is None else (
        ratings.rate_text(found.value, 100, decimals) if found.percent else f'{ratings.published(found.value, decimals):f}'
        if found.value.denominator != 1 or served else str(found.value.numerator))
    return render_template('figures/show.html', figure=found, year=year, year_label=calendar.year_label(year),
                           as_of=as_of, past=as_of < today, problem=problem, listed=listed, chosen=chosen, table=table, used=used,
                           served=served, value_text=value_text, definition=MEASURES[name].how,
                           parts=boards.parts_of(found.numerator, found.denominator, found.parts),
                           crumbs=crumbs(year, (found.title, None)) if known
                           else [('ホーム', url_for('board.index')), (found.title, None)])


def serves(name, year):
    """Return (whether the year has a strategy, its indicators that a measure counts)."""
    return Strategy.select().where(Strategy.fiscal_year == year, Strategy.live()).exists(), list(
        Indicator.select(Indicator, Initiative, Strategy).join(Initiative).join(Strategy).where(
            Indicator.live(), Initiative.live(), Indicator.measure == name, Strategy.fiscal_year == year))


def sizes(query):
    """Return (rows the person may see, rows of other units that are only counted)."""
    limit = condition(query.model, current_user)
    if limit is None:
        return query.count(), 0
    total, seen = query.count(), query.where(limit).count()
    return seen, total - seen


def columns_of(table, measure, as_of, until, dated):
    """Return (the noun whose pages the rows lead to, its id in a row, columns) of a figure's rows.

    A noun's own columns, and what the list does not show though the figure turns on it.
    """
    if table is CheckIn:
        return NOUNS['plans'], CheckIn.plan, [
            Column('plan_no', 'プラン番号', Plan.plan_no), Column('title', '施策名', Plan.title),
            Column('quarter', '回', CheckIn.quarter, shown.code(QUARTERS)),
            Column('assessment', '評価', CheckIn.assessment, shown.code(ASSESSMENTS)),
            Column('achievement', '達成率', CheckIn.achievement, shown.percent)]
    more = {
        StepProgress: [Column('then', f'状態（{as_of.isoformat()}）', state_on(as_of), shown.code(STEP_STATES)),
                       Column('reason', '理由', StepProgress.reason)],
        BudgetRequest: [Column('exclusion_reason', '除外理由', BudgetRequest.exclusion_reason),
                        Column('excluded_by', '除外承認者', BudgetRequest.excluded_by)],
        Case: [Column('new_technology', '新技術', Case.new_technology, shown.flag)],
        Support: [Column('trial', '試行', Support.trial, shown.flag)],
        Review: [Column('approver', '承認者', Review.approver)],
    }
    if measure.startswith('incidents.recovery'):
        more[Incident] = [Column('elapsed', '復旧時間', Incident.id, lambda id: hours(
            recovery_of(Incident.by_id(id), until, dated).elapsed))]
    noun = of_table(table)
    return noun, table.id, [*noun.columns, *more.get(table, [])]


def hours(elapsed):
    """Return a time span in hours and minutes, 3時間5分; '' where the clock has not begun."""
    if elapsed is None:
        return ''
    minutes = int(elapsed.total_seconds()) // 60
    return f'{minutes // 60:,}時間{minutes % 60}分'


def row_table(query, measure, as_of, until, dated, page, total, size=50):
    """Return a page of the `total` rows of a figure's group as a noun's list shows them."""
    table = query.model
    limit = condition(table, current_user)
    if limit is not None:
        query = query.where(limit)
    pages = max(1, -(-total // size))
    page = min(max(1, page), pages)
    ids = [id for (id,) in query.select(table.id).order_by(table.id).paginate(page, size).tuples()]
    noun, leads_to, columns = columns_of(table, measure, as_of, until, dated)
    joins = noun.joins if noun.table is table else lambda query: query.join(noun.table)
    rows = [(row[0], [('' if value is None else column.show(value), column.tone and column.tone(value))
                      for column, value in zip(columns, row[1:], strict=True)])
            for row in joins(table.select(leads_to, *(c.sql() for c in columns)).where(table.id.in_(ids or [0])))
            .order_by(table.id).tuples()]
    return {'columns': [c.label for c in columns], 'narrow': narrow(columns), 'rows': rows, 'noun': noun.name, 'page': page, 'pages': pages,
            'total': total}
