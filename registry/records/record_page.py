"""A record's page: its facts, steps, tabs and rail; its history, and the card that a mention of it shows."""
from collections.abc import Callable
from typing import NamedTuple

from flask import current_app, render_template, request, url_for
from markupsafe import Markup
from peewee import Value

from models import db
from models.rules import duties
from models.statements import Place

from ..core import clock
from ..core.memo import cached
from ..core.permits import UNIT_ROLES
from ..web.guard import allowed, permit
from ..web.submission import viewer
from . import display, documents, facts, links, pages, record_html
from .due_kinds import kinds
from .record_html import text_html

#: how many of a record's days its page names
DUES = 3


class Section(NamedTuple):
    """A tab of a record's page: what it is called and found by, how much it holds (None: not counted)."""

    id: str
    title: str
    count: int | None
    html: Markup


class Added(NamedTuple):
    """A tab that another room adds to every record's page.

    `read(noun, row)` gives (how much it holds, its HTML), or None where the record has no such tab.
    """

    id: str
    title: str
    read: Callable


#: what other rooms add, in the order of the tabs
ADDED = []


# --- what is due ---

class Due(NamedTuple):
    """A dated duty of a record as its page tells it; `stage` as `models.rules.duties` has it."""

    title: str
    day: object
    stage: str
    words: str


def dues_of(noun, row):
    """Return the next Dues of a record and of its parts, the first in time before the others."""
    today = clock.today()
    asked = cached(('dues of a record', noun.name, today), lambda: due_statement(noun))
    if asked is None or row.voided_at:
        return []
    of, sql, params = asked
    rows = db.execute_sql(sql, [row.id if isinstance(value, Place) else value for value in params]).fetchall()
    found = []
    for place, text in rows:
        due, day = of[place].due, of[place].day(text)
        found.append(Due(due.title, day, duties.stage(day, today, due.waits),
                         duties.stage_words(day, today, due.waits)))
    found.sort(key=lambda each: (each.stage != duties.LATE, each.day))
    return found[:DUES]


def due_statement(noun):
    """Return (kinds, the SQL of (place among them, day as text), its parameters) of a record's id, or None.

    A duty that is a single person's own is theirs alone to know.
    """
    of = [kind for kind in kinds() if kind.record is noun.table and not kind.due.mine]
    parts, values = [], []
    for place, kind in enumerate(of):
        due, table = kind.due, kind.of.table
        leads = table._meta.fields.get(due.record, table.id)
        where = [table.live(), kind.on.is_null(False), leads == Value(Place(0), converter=False), due.open()]
        query = due.joins(table.select()).where(*[each for each in where if each is not None]).select(
            kind.on.cast('TEXT').alias('d')).order_by(kind.on).limit(DUES)
        sql, params = query.sql()
        parts.append(f'SELECT {place}, t{place}.d FROM ({sql}) AS t{place}')
        values += params
    return (of, ' UNION ALL '.join(parts), values) if parts else None


# --- the page ---

def tabs_html(base, sections, current=''):
    """Return the tabs of a record: the parts of its page, and its history, which is read when asked for."""
    found = []
    for each in sections:
        count = '' if each.count is None else f' <span class="count">{each.count:,}</span>'
        found.append(f'<li><a href="{base if current else ""}#{each.id}">{each.title}{count}</a></li>')
    here = ' aria-current="page"' if current else ''
    found.append(f'<li><a href="{base}/history"{here}>履歴</a></li>')
    return Markup(f'<nav class="tabs" aria-label="記録の内容"><ul>{"".join(found)}</ul></nav>')


def sections_html(sections):
    return Markup(''.join(
        f'<section class="panel" id="{each.id}"><h2>{each.title}'
        f'{"" if each.count is None else f"（{each.count:,}件）"}</h2>{each.html}</section>'
        for each in sections))


def documents_html(noun, row, found):
    """Return the documents of a record as its page shows them."""
    if not found.documents:
        attach = (f'<p><a class="button button-second button-small" href="{noun.address}{row.id}/attach">'
                  '文書を添付する</a></p>' if found.can_attach else '')
        return Markup(f'<p class="quiet">文書はありません。</p>{attach}')
    return current_app.jinja_env.get_template('parts/documents.html').module.documents(noun, row, found)


def shown(noun, row):
    """Return what the template of a record's page gets."""
    who, base, panels = viewer(), f'{noun.address}{row.id}', noun.panels(row)
    told = record_html.facts_of(noun, row, who)
    can_edit = 'edit' in noun.views and not row.voided_at and allowed(noun.permit('edit'), row)
    editable = record_html.open_fields(noun, who.person.role in UNIT_ROLES) if can_edit else ()
    leading = record_html.identified(links.sections_of(noun, row, panels.get('read', {})))
    first, apart = record_html.sections_of_facts(noun)
    sections = [Section(f'section-{place}', heading, None, Markup(
        record_html.facts_html(noun, [('', names)], told, base, editable)))
        for place, (heading, names) in enumerate(apart, 1)]
    sections += [Section(id, text_html(link.title), link.panel.total, record_html.link_html(link, base))
                 for id, link in leading]
    hung = documents.section_of(noun, row, every=request.args.get('documents') == 'all')
    sections.append(Section('documents', '文書', hung.total, documents_html(noun, row, hung)))
    sections += [Section(each.id, each.title, *read) for each in ADDED
                 if (read := each.read(noun, row)) is not None]
    return {
        'noun': noun, 'row': row, 'panels': panels, 'can_edit': can_edit,
        'can_void': 'void' in noun.views and allowed(noun.permit('void'), row),
        'strip': Markup(record_html.strip_html(noun, row, told, panels)),
        'way': Markup(record_html.moves_html(noun, row, panels)) if noun.flow and noun.flow.line else '',
        'tabs': tabs_html(base, [Section('overview', '概要', None, ''), *sections]),
        'facts': Markup(record_html.facts_html(noun, first, told, base, editable)),
        'sections': sections_html(sections),
        'rail': Markup(record_html.rail_html(noun, row, told, panels, dues_of(noun, row), leading))}


def tabs_of_history(noun, base):
    """Return the tabs of a record as they stand above its history: nothing is counted for them."""
    sections = [Section('overview', '概要', None, '')]
    sections += [Section(f'section-{place}', heading, None, '')
                 for place, (heading, _) in enumerate(record_html.sections_of_facts(noun)[1], 1)]
    sections += [Section(id, text_html(link.title), None, '')
                 for id, link in record_html.identified(links.shown_on(noun))]
    sections.append(Section('documents', '文書', None, ''))
    return tabs_html(base, [*sections, *(Section(each.id, each.title, None, '') for each in ADDED)],
                     'history')


def add_views(bp, noun):
    """Add the views of a record's page to the blueprint of a noun."""
    @bp.get('/<int:id>')
    @permit(f'{noun.name}.read')
    def show(id):
        row = pages.find(noun, id)
        return render_template(noun.template, **shown(noun, row),
                               crumbs=pages.crumbs(noun, (display.display_name(row), None)))

    @bp.get('/<int:id>/history')
    @permit(f'{noun.name}.read')
    def earlier(id):
        """Show the history of a record, from before an act where one is named, a page at a time."""
        row = pages.find(noun, id)
        before = request.args.get('before', '')
        told, older = facts.history_of(noun, row, facts.cursor(before))
        crumb = display.display_name(row), url_for('.show', id=id)
        return render_template('records/history.html', noun=noun, row=row, older=older,
                               history=[(act, deed(), sentences) for act, deed, sentences in told],
                               tabs=tabs_of_history(noun, f'{noun.address}{id}'),
                               heading='これより前の履歴' if before else '履歴',
                               crumbs=pages.crumbs(noun, crumb, ('履歴', None)))

    @bp.get('/<int:id>/card')
    @permit(f'{noun.name}.read')
    def card(id):
        """Show the facts that matter most of a record, as a mention of it shows them when pointed at."""
        row = pages.find(noun, id)
        strip = record_html.strip_html(noun, row, record_html.facts_of(noun, row, viewer()), noun.panels(row))
        return render_template('records/card.html', noun=noun, row=row, strip=Markup(strip))
