"""The first pages: the board (ホーム), the search over all nouns, and whether the service is alive."""
from functools import lru_cache, partial

import structlog
from flask import Blueprint, Response, current_app, render_template, request, url_for
from flask_login import current_user
from markupsafe import Markup

from models import Strategy
from models.rules import calendar
from models.visibility import condition

from .. import duties, systems
from ..core import clock, connection
from ..core.memo import cached, cached_count, cached_drawing
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
    """Show the year's initiatives with ○△× and what waits for the person."""
    year, known = chosen_year()
    as_of, problem = asked_day(year)
    found = boards.board(year, as_of)
    return render_template(
        'board.html', board=found, years=[(y, calendar.year_label(y)) for y in known], year=year,
        year_label=calendar.year_label(year), as_of_problem=problem, asked=request.args.get('as_of', ''),
        duties=duties.home_part(),
        waiting=cached_drawing(key_for_person('waiting'), waiting, draw_waiting),
        strategy=strategy_part(found, request.args.get('as_of', '')) if found else '',
        tallies=cached_drawing(key_for_person('tallies'), partial(systems.tallies, current_user),
                               draw_tallies), crumbs=[])


def draw(template, **values):
    """Return a part of home as it stands on the page."""
    return Markup(current_app.jinja_env.get_template(f'board/{template}.html').render(**values))


def draw_waiting(*waiting):
    return draw('waiting', waiting=waiting)


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
                          picture=picture(found))
        if not asked:
            _drawn[found.fiscal_year] = kept
    return kept[1]


def picture(found):
    """Return the board as a picture, ○△× by theme and initiative."""
    themes = tuple(
        (f'{theme.mark}{theme.title}', tuple((f'{v.no}. {v.title}', v.computed) for v in found.initiatives
                                             if v.theme_no == theme.no))
        for theme in found.themes)
    return draw_picture(found.year_label, themes) if themes else ''


@lru_cache(maxsize=100)
def draw_picture(year_label, themes):
    """Return the picture of themes and marks, drawn once for the same ones."""
    from ..figures import charts  # what draws and prints is a quarter of a start: most commands do neither
    return charts.svg(charts.rating_board('', themes), f'{year_label}の自動判定',
                      '戦略テーマごとの重点取組の自動判定です。同じ内容を下の一覧に示します。')


def key_for_person(name):
    """Return the key of what is counted on a day for the person signed in."""
    return name, clock.today(), current_user.id, current_user.role, current_user.department_id


#: what waits for whom and has no day: (roles, words, noun, the filters that show exactly these rows)
WAITING = (
    ({'it', 'department', 'head', 'auditor'}, '完了していない指摘', 'findings', {'open': '1'}),
    ({'it', 'department', 'head'}, '棚卸の記録がない運用中のシステム', 'systems',
     {'inventory': '0', 'lifecycle': 'operate'}),
)


def waiting():
    """Return [(words, number, address of the list of these rows)] of what waits for the person signed in."""
    return [(words, cached(key_for_person(f'waiting: {words}'), partial(count_waiting, name, chosen)),
             url_for(f'{name}.index', **chosen))
            for roles, words, name, chosen in WAITING if current_user.role in roles]


def count_waiting(name, chosen):
    """Return how many rows of a noun the person signed in sees under some filters."""
    noun, limit = NOUNS[name], condition(NOUNS[name].table, current_user, clock.today())
    where = [f.where(chosen[f.name]) for f in noun.filters if f.name in chosen]
    where += [] if limit is None else [limit]
    return cached_count(noun.table.select(noun.table.id).where(noun.table.live(), *where))


@bp.get('/search')
@permit('search.use')
def search():
    """Search every noun the person may read, and the files that hang on their records."""
    text = request.args.get('q', '').strip()[:100]
    groups = []
    if text:
        for noun in NOUNS.values():
            if 'index' not in noun.views or not guard.allowed(f'{noun.name}.read'):
                continue
            table, limit = noun.table, condition(noun.table, current_user, clock.today())
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
