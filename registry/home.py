"""Home (ホーム): what a person has to do, how the year goes, and what changed on their records."""
from functools import lru_cache, partial

from flask import current_app, request, url_for
from markupsafe import Markup

from models.rules import calendar

from . import duties
from .core import clock
from .core.memo import NAMED, cached, cached_count, cached_drawing
from .core.permits import in_principle, limit_of
from .figures import board as boards
from .figures import outlook
from .records import dues, recent
from .records.noun import NOUNS
from .web.guard import signed_in
from .web.menu import address

#: what waits for whom and has no day: (roles, words, noun, the filters that show exactly these rows)
WAITING = (
    (frozenset({'it', 'department', 'head', 'auditor'}), '完了していない指摘', 'findings', {'open': '1'}),
    (frozenset({'it', 'department', 'head'}), '棚卸の記録がない運用中のシステム', 'systems',
     {'inventory': '0', 'lifecycle': 'operate'}),
)


def body():
    """Return home as it stands for the person signed in, put together once while all of it stands."""
    today, person = clock.today(), signed_in()
    year = calendar.fiscal_year(today)
    first = duties.asked_month(request.args.get('month', ''), today)
    key = dues.key_of(person, today, first, outlook.moment(year))
    return cached(('home', *key), partial(
        executive if person.role in dues.OVERSEERS else of_role, person, today, year, first))


def draw(template, **values):
    return Markup(current_app.jinja_env.get_template(f'home/{template}.html').render(
        url_for=url_for, **values))


def of_role(person, today, year, first):
    """Return the home of who has duties."""
    own = in_principle('feeds.create', person.role)
    return draw('parts', duties=duties.home_part(person, today), waiting=waiting_part(person, today),
                month=duties.month_part(person, today, first, own), year=year_part(year),
                recent=recent_part(person), strip=strip_part(year))


def executive(person, today, year, first):
    """Return the home of who oversees: the year, and what is late most."""
    return draw('executive', figures=year_part(year), late=duties.late_part(person, today),
                board=themes_part(year, today))


def year_part(year):
    """Return the forecast of the figures the office steers by."""
    return cached_drawing(('home year', year, clock.today(), outlook.moment(year)),
                          lambda: (outlook.outlook(year).figures,),
                          lambda figures: draw('year', figures=figures, year=year))


def strip_part(year):
    """Return the initiatives of a year as one strip."""
    return cached_drawing(('home strip', year, clock.today(), outlook.moment(year)),
                          lambda: (outlook.outlook(year).cells,),
                          lambda cells: draw('strip', cells=cells, year=year,
                                             year_label=calendar.year_label(year)))


def themes_part(year, today):
    """Return how the initiatives stand by theme as a picture with its table."""
    over = today >= calendar.year_range(year)[1]
    word = '自動判定' if over else '状態'
    return cached_drawing(('home themes', year, clock.today(), outlook.moment(year)),
                          lambda: (themes_of(boards.judged(year, today)),),
                          lambda themes: draw('themes', themes=themes, year=year, word=word,
                                              title=f'重点取組の{word}',
                                              picture=picture(calendar.year_label(year), themes, 40)))


def themes_of(board):
    """Return ((theme, ((number, initiative, state, computed rating), …)), …) of a Board, () for None."""
    return () if board is None else tuple(
        (f'{theme.mark}{theme.title}', tuple((v.no, v.title, v.state, v.computed) for v in board.initiatives
                                             if v.theme_no == theme.no)) for theme in board.themes)


@lru_cache(maxsize=100)
def picture(year_label, themes, tall=50):
    """Return the picture of themes and states or marks, drawn once for the same ones; '' without any."""
    from .figures import charts  # what draws and prints is a quarter of a start: most commands do neither
    word = '状態' if any(state for _, rows in themes for _, _, state, _ in rows) else '自動判定'
    return themes and charts.svg(
        charts.rating_board('', [(title, [(f'{no}. {name}', state or mark) for no, name, state, mark in rows])
                                 for title, rows in themes], tall=tall),
        f'{year_label}の{word}', f'戦略テーマごとの重点取組の{word}です。同じ内容を表に示します。')


def recent_part(person):
    """Return what changed lately on the records of a person."""
    return cached_drawing(
        ('home recent', person.id, person.role, person.department_id, clock.today()),
        lambda: (recent.recent(person),),
        lambda told: draw('recent', told=told, acts=recent.ACTS,
                          trail=in_principle('trail.read', person.role)))


def waiting_part(person, today):
    """Return what waits for a person and has no day."""
    who = person.id, person.role, person.department_id
    return cached_drawing(('home waiting', today, *who), lambda: tuple(
        (words, cached((f'waiting: {words}', today, *who), partial(count_waiting, person, name, chosen),
                       again=NAMED), address(f'{name}.index', **chosen))
        for roles, words, name, chosen in WAITING if person.role in roles),
        lambda *waiting: draw('waiting', waiting=waiting))


def count_waiting(person, name, chosen):
    """Return how many rows of a noun a person sees under some filters."""
    noun, limit = NOUNS[name], limit_of(NOUNS[name].table, person, clock.today())
    where = [f.where(chosen[f.name]) for f in noun.filters if f.name in chosen]
    where += [] if limit is None else [limit]
    return cached_count(noun.table.select(noun.table.id).where(noun.table.live(), *where))
