"""A figure opens to its rows: its value, what it counted, what it left out and why."""
from functools import partial

from flask import Blueprint, abort, render_template, request, url_for
from flask_login import current_user

from models import Indicator, Initiative, Strategy
from models.figures import MEASURES, default_day, figure
from models.rules import calendar, ratings
from models.settings import KNOWN, Dated
from models.visibility import condition

from . import board as boards
from . import clock
from .front import asked_day
from .nouns import of_table
from .permits import permit
from .strategies import crumbs

bp = Blueprint('figures', __name__, url_prefix='/figures')


@bp.get('/<name>')
@permit('figures.read')
def show_figure(name):
    """Open a figure: its value, the rows it counted, the rows it left out with the reasons, its months."""
    if name not in MEASURES:
        abort(404)
    today = clock.today()
    text = request.args.get('year', '')
    year = int(text) if text.isdigit() and 2000 <= int(text) <= 2099 else calendar.fiscal_year(today)
    as_of, problem = asked_day(year)
    dated = boards.remembered(('settings',), Dated)
    as_of = as_of or default_day(year, today)
    asked = (name, year, as_of, today, current_user.id, current_user.role, current_user.department_id)
    found = boards.remembered(('figure', *asked), lambda: figure(name, year, as_of, dated=dated))
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
    page = int(request.args['page']) if request.args.get('page', '').isdigit() and len(request.args['page']) < 8 else 1
    table = row_table(rows.query, page, next(size for key, _, _, size, _ in listed if key == chosen))
    used = [(KNOWN[setting][0], dated.on(setting, as_of), setting in dated.unverified(found.settings, as_of))
            for setting in found.settings]
    served = list(Indicator.select(Indicator, Initiative, Strategy).join(Initiative).join(Strategy).where(
        Indicator.live(), Indicator.measure == name, Strategy.fiscal_year == year))
    value_text = '該当なし' if found.value is None else (
        ratings.rate_text(found.value, 100) if found.percent else f'{ratings.published(found.value, 1):f}'
        if found.value.denominator != 1 else str(found.value.numerator))
    return render_template('figures/show.html', figure=found, year=year, year_label=calendar.year_label(year),
                           as_of=as_of, problem=problem, listed=listed, chosen=chosen, table=table, used=used,
                           served=served, value_text=value_text, definition=MEASURES[name].how,
                           numerator=boards.plain_number(found.numerator),
                           denominator=boards.plain_number(found.denominator),
                           crumbs=crumbs(year, (found.title, None)) if Strategy.select().where(
                               Strategy.fiscal_year == year, Strategy.live()).exists()
                           else [('ホーム', url_for('board.index')), (found.title, None)])


def sizes(query):
    """Return (rows the person may see, rows of other units that are only counted)."""
    limit = condition(query.model, current_user)
    if limit is None:
        return query.count(), 0
    total, seen = query.count(), query.where(limit).count()
    return seen, total - seen


def row_table(query, page, total, size=50):
    """Return a page of the `total` rows of a figure's group as a noun's list shows them."""
    table = query.model
    limit = condition(table, current_user)
    if limit is not None:
        query = query.where(limit)
    pages = max(1, -(-total // size))
    page = min(max(1, page), pages)
    ids = [id for (id,) in query.select(table.id).order_by(table.id).paginate(page, size).tuples()]
    noun = of_table(table)
    if noun is None:
        rows = [(row.plan_id if hasattr(row, 'plan_id') else row.id, [(row.label, None)])
                for row in table.select().where(table.id.in_(ids or [0])).order_by(table.id)]
        target = 'plans' if hasattr(table, 'plan') else None
        return {'columns': ['記録'], 'rows': rows, 'noun': target, 'page': page, 'pages': pages, 'total': total}
    columns = noun.columns
    rows = [(row[0], [('' if value is None else column.show(value), column.tone and column.tone(value))
                      for column, value in zip(columns, row[1:], strict=True)])
            for row in noun.joins(table.select(table.id, *(c.sql() for c in columns)).where(table.id.in_(ids or [0])))
            .order_by(table.id).tuples()]
    return {'columns': [c.label for c in columns], 'rows': rows, 'noun': noun.name, 'page': page, 'pages': pages,
            'total': total}
