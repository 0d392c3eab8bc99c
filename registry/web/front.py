"""The first pages: home (ホーム), the board, the search over all nouns, and whether the service is alive."""
from functools import partial

import structlog
from flask import Blueprint, Response, current_app, redirect, render_template, request, url_for
from flask_login import current_user
from markupsafe import Markup

from models import Strategy
from models.rules import calendar

from .. import home, systems
from ..core import clock, connection
from ..core.memo import cached, cached_drawing
from ..core.permits import limit_of
from ..figures import board as boards
from ..records import listing, suggesting
from ..records.noun import NOUNS
from ..web import guard
from ..web.guard import permit

bp = Blueprint('board', __name__)


def chosen_year():
    """Return (the fiscal year a page shows, the years with a strategy).

    It is the year asked for, else this year's, else the newest.
    """
    known = cached(('strategy years',), lambda: [
        year for (year,) in Strategy.select(Strategy.fiscal_year).where(Strategy.live())
        .order_by(Strategy.fiscal_year.desc()).tuples()])
    asked = listing.whole_number(request.args, 'year', 0)
    now = calendar.fiscal_year(clock.today())
    if asked in known:
        return asked, known
    return (now if now in known else known[0] if known else now), known


def asked_day(year):
    """Return (day asked for or None, problem in words)."""
    text = request.args.get('as_of', '').strip()
    if not text:
        return None, ''
    try:
        day = calendar.parse_day(text)
    except ValueError as error:
        return None, str(error)
    problem = boards.day_problem(year, day)
    return (None, problem) if problem else (day, '')


@bp.get('/')
@permit('board.read')
@boards.consistent_reads()
def index():
    """Show home: what the person signed in has to do, and how the year goes."""
    asked = {name: request.args[name] for name in ('year', 'as_of') if name in request.args}
    if asked:
        # where the board was before it had a page of its own
        return redirect(url_for('.show', **asked), code=303)
    return render_template('home/show.html', home=home.body(), crumbs=[])


@bp.get('/board/')
@permit('board.read')
@boards.consistent_reads()
def show():
    """Show a year's initiatives with ○△×, as of a day."""
    year, known = chosen_year()
    as_of, problem = asked_day(year)
    found = boards.board(year, as_of)
    return render_template(
        'board/show.html', board=found, years=[(y, calendar.year_label(y)) for y in known], year=year,
        year_label=calendar.year_label(year), as_of_problem=problem, asked=request.args.get('as_of', ''),
        strategy=strategy_part(found, request.args.get('as_of', '')) if found else '',
        tallies=cached_drawing(key_for_person('tallies'), partial(systems.tallies, current_user),
                               draw_tallies),
        crumbs=[('ホーム', url_for('.index')), ('ボード', None)])


def draw(template, **values):
    """Return a part of the board as it stands on the page."""
    return Markup(current_app.jinja_env.get_template(f'board/{template}.html').render(**values))


def draw_tallies(*tallies):
    return draw('tallies', url_for=url_for, tallies=tallies)


#: {fiscal year: (what its board was drawn from last, the drawing)}
_drawn = {}


def strategy_part(found, asked):
    """Return the initiatives of a Board as they stand on the page, drawn once for the same ones.

    `asked` is the day as it was typed, which the links carry on.
    """
    told = found.as_of, found.themes, found.initiatives, found.tally
    kept = None if asked else _drawn.get(found.fiscal_year)
    if kept is None or kept[0] != told:
        kept = told, draw('strategy', url_for=url_for, board=found, year=found.fiscal_year, asked=asked,
                          picture=home.picture(found.year_label, home.themes_of(found)))
        if not asked:
            _drawn[found.fiscal_year] = kept
    return kept[1]


def key_for_person(name):
    """Return the key of what is counted on a day for the person signed in."""
    return name, clock.today(), current_user.id, current_user.role, current_user.department_id


@bp.get('/search')
@permit('search.use')
def search():
    """Search every noun the person may read, and the files that hang on their records."""
    text = request.args.get('q', '').strip()[:100]
    groups = []
    if text:
        for noun in NOUNS.with_made():
            if 'index' not in noun.views or not guard.allowed(f'{noun.name}.read'):
                continue
            table, limit = noun.table, limit_of(noun.table, current_user, clock.today())
            where = listing.search_condition(table, text)
            if where is None:
                continue
            query = table.select().where(table.live(), where, *([] if limit is None else [limit])).limit(11)
            rows = list(query)
            if rows:
                groups.append((noun, rows[:10], len(rows) > 10))
    files = suggesting.files(text, current_user) if text else ()
    return render_template('search.html', q=text, groups=groups, files=files,
                           crumbs=[('ホーム', url_for('.index')), ('検索', None)])


def register(app):
    """Add the board and the two probes that need no one signed in."""
    app.register_blueprint(bp)

    @app.get('/healthz')
    def healthz():
        return Response('ok\n', mimetype='text/plain')

    @app.get('/readyz')
    def readyz():
        problem = connection.readiness_problem()
        if problem:
            structlog.get_logger('daicho').warning('not_ready', reason=problem)
        return Response('not ready\n' if problem else 'ready\n', 503 if problem else 200,
                        mimetype='text/plain')
