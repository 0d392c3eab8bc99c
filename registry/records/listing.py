"""Lists, the same for every noun: search, filters, sort, pages.

The export has exactly the rows of the list.
"""
import re
from functools import cache, cached_property, lru_cache, partial
from itertools import pairwise
from math import ceil
from urllib.parse import urlencode

from peewee import SQL, Field, NodeList, SqliteDatabase, fn

from forms.fields import half_width
from forms.fields.references import hidden_text, mark_voided
from models import db
from models.base import fold
from models.statements import Prepared, rows_of
from models.visibility import NOTHING, unit_column

from ..core import clock, memo
from ..core.permits import limit_of
from . import display, exporting, periods
from .columns import Tab

SIZES = (50, 100, 200)


def whole_number(args, name, default):
    """Return a whole number of a query string, the default where there is none that could be meant."""
    text = args.get(name, '')
    return int(text) if text.isascii() and text.isdigit() and len(text) < 15 else default


def search_condition(table, text):
    """Return the condition that a row has every word of `text`, None where there is nothing to search.

    Words are folded for kana, width and case. A table without words of its own is searched through the rows
    it names.
    """
    if table.searched_through:
        found = None
        for name in table.searched_through:
            field = table._meta.fields[name]
            one = search_condition(field.rel_model, text)
            if one is not None:
                one = field.in_(field.rel_model.select(field.rel_model.id).where(one))
                found = one if found is None else found | one
        return found
    if 'search_text' not in table._meta.fields:
        return None
    found = None
    for word in fold(text).split()[:8]:
        place = fn.INSTR if isinstance(db.obj, SqliteDatabase) else fn.STRPOS
        one = place(table.search_text, word) > 0
        # numbers are kept with one kind of dash, whichever was typed
        if (plain := half_width(word)) and plain != word:
            one |= place(table.search_text, plain) > 0
        number = table._meta.fields[table.searched[0]]
        if (spelt := spellings(plain)) and number.unique:
            one |= number.in_(spelt)
        found = one if found is None else found & one
    return found


#: a number as it may be typed: letters, a dash or none, digits
_NUMBER = re.compile('([a-z]{1,4})-?([0-9]{1,9})')
#: how many digits a number of ours may be filled up to with zeros
FILLED = 8


def spellings(word):
    """Return the numbers a folded word may stand for, with and without dash and zeros: S-00301 for s301."""
    found = _NUMBER.fullmatch(word)
    if not found:
        return []
    letters, digits = found.group(1), found.group(2).lstrip('0') or '0'
    return [f'{first}{dash}{digits:0>{length}}' for first in (letters, letters.upper()) for dash in ('-', '')
            for length in range(len(digits), max(FILLED, len(digits)) + 1)]


def cell_texts(column, values, viewer):
    """Return {value as the engine gives it: (text, tone)} of a column: the same few stand in many rows."""
    if column.cell is not None:
        return {value: (text, None) for value, text in texts_of_others(column.cell, values, viewer).items()}
    field, found = column.sql(), {}
    for value in values:
        read = field.python_value(value) if isinstance(field, Field) else value
        found[value] = '' if read is None else column.show(read), column.tone and column.tone(read)
    return found


def texts_of_others(cell, values, viewer):
    """Return {value: what a viewer reads of the records that it names}.

    A value is the id of the record named, or of a field of many the id of the record that names them.
    """
    several = hasattr(cell, 'link')
    named = exporting.all_links(cell, values) if several else {
        value: [value] for value in values if value is not None}
    ids = {id for each in named.values() for id in each}
    away = cell.hidden_ids(ids, viewer)
    words = {row.id: mark_voided(viewer.called(row), row) for row in cell.table.by_ids(ids - away)}
    found = {}
    for value in values:
        told = [words[id] for id in named.get(value, ()) if id in words]
        hidden = sum(id in away for id in named.get(value, ()))
        found[value] = '、'.join([*told, *([hidden_text(hidden)] if hidden else [])])
    return found


#: so many values are a list to choose from; of more, so many are suggested
MANY_OPTIONS, SUGGESTED = 200, 30
#: how many rows a page for the printer has at most: some fifty sheets
PRINTED = 2_000
def page_links(listing):
    """Return [(page, its address, whether some are left out before it)] of pages near and at the ends."""
    page, pages = listing.page, listing.pages
    shown = sorted({1, *range(max(1, page - 1), min(pages, page + 1) + 1), pages})
    return [(each, listing.url(page=each), each - former > 1) for former, each in pairwise([0, *shown])]


#: what stands between the names of the columns in an address
APART = '.'


def tidied(noun, args):
    """Return the query of a list as its address has it, of what the list's own forms send."""
    found = {name: value for name, value in args.items() if value and name not in UNTIDY}
    if 'col' in args:
        found['cols'] = APART.join(args.getlist('col'))
    on = args.get('on', '')
    if on in {each.name for each in noun.periods} and (value := periods.tidied(
            args.get('period', ''), args.get('since', '').strip(), args.get('until', '').strip())):
        found[on] = value
    return found


#: the names by which a list's own forms send what its address says in another way
UNTIDY = frozenset({'form', 'col', 'on', 'period', 'since', 'until'})


@lru_cache(maxsize=2000)
def encoded(pairs):
    """Return a query string, written once: a list's page has some fifteen, the same for all who read it."""
    return urlencode(pairs)


#: {what the statement of a page of a whole list is written for: (its SQL, its parameters)}
_pages, MOST_PAGES = {}, 500


@cache
def _all_rows(engine, table, voided):
    """Return (the select of a table's rows, (its SQL, its parameters)), written once for an engine."""
    query = table.select(table.id).where(table.voided_at.is_null(not voided)).order_by()
    return query, memo.asked_of(query)


def select_after(table, voided, state, id, others=()):
    """Return the select of a table's rows after an id, in the order of the ids, under some conditions."""
    if not voided and isinstance(db.obj, SqliteDatabase):
        # SQLite would read a whole index that begins with the state, and sort what it found
        state = NodeList((SQL('+'), table.voided_at, SQL('IS NULL')))
    return table.select().where(table.id > id, *others, state).order_by(table.id)


@cache
def _after(table, voided):
    """Return what reads a table's rows after an id, so many at most."""
    return Prepared(lambda id, most: select_after(
        table, voided, table.voided_at.is_null(not voided), id).limit(most))


class Listing:
    """One list of a noun as one person sees it, from the query string `args`.

    `origin` is the saved view it came from, None for none, and `shown` whether it is that view as it stands.
    `shown_at` is the page of the noun's lists that shows it, '' for the list itself.
    """

    shown_at = ''

    def __init__(self, noun, args, person, origin=None, shown=False):
        self.noun, self.origin, self.shown = noun, origin, shown
        self.viewer = display.Viewer(person, clock.today())
        self.q = args.get('q', '').strip()[:100]
        self.values = {f.name: value for f in noun.conditions if (value := args.get(f.name, ''))}
        self.voided = args.get('voided') == '1'
        self.printed = args.get('print') == '1'
        self.known = {column.name: column for column in noun.all_columns}
        asked = dict.fromkeys(args.get('cols', '').split(APART)[:len(self.known)])
        self.columns = [self.known[name] for name in asked if name in self.known] or noun.columns
        sort = args.get('sort', '') or noun.sort
        self.sort = sort if self.sorts_by(sort.lstrip('-')) else noun.sort
        self.size = size if (size := whole_number(args, 'size', 0)) in SIZES else SIZES[0]
        self.page_asked = whole_number(args, 'page', 1)
        table = noun.table
        self.conditions = [table.voided_at.is_null(not self.voided)]
        self.conditions += [limit for limit in (limit_of(table, person, clock.today()),
                                                noun.scope(clock.today())) if limit is not None]
        if self.q and (found := search_condition(table, self.q)) is not None:
            self.conditions.append(found)
        #: filters whose value cannot be used: they stay in the list's address, and it has no rows
        self.unusable, self.labels = set(), {}
        for f in noun.conditions:
            if (value := self.values.get(f.name)) is None:
                continue
            options = {str(code): text for code, text in f.choices(value, self.viewer)}
            if value in options:
                self.labels[f.name] = options[value]
                self.conditions.append(f.where(value))
            else:
                self.unusable.add(f.name)
                self.conditions.append(NOTHING)

    def sorts_by(self, name):
        return name in self.known and self.known[name].sortable

    @property
    def choices(self):
        """Return ((name, label, value asked for, options or None where a code is typed, suggested), …).

        That is of each filter that is chosen or typed by itself, as a template remembers it.
        """
        found = []
        for f in self.noun.filters if self.noun.blank_filter is None else (
                *self.noun.filters, self.noun.blank_filter):
            options, suggested = None, ()
            if f.label_of is None:
                options = tuple(map(tuple, f.options()))
                if len(options) > MANY_OPTIONS:
                    options, suggested = None, options[:-1 - SUGGESTED:-1]
            found.append((f.name, f.label, self.values.get(f.name, ''), options, suggested))
        return tuple(found)

    def query(self, *selected, backwards=False):
        """Return the list's rows, all pages, in order or from the end."""
        column, id = self.known[self.sort.lstrip('-')], self.noun.table.id
        falling = self.sort.startswith('-') != backwards
        query = self.noun.joins(self.noun.table.select(*selected).where(*self.conditions))
        # of live rows all have no `voided_at`: named first, PostgreSQL finds the index that begins with it
        live = [] if self.voided else [self.noun.table.voided_at.desc() if falling
                                       else self.noun.table.voided_at.asc()]
        return query.order_by(*live, column.order(falling, backwards), id.desc() if backwards else id.asc())

    @property
    def is_whole(self):
        """Whether nothing narrows the list: then it is the same statement for all who may see every row."""
        return len(self.conditions) == 1

    def count(self):
        """Return how many rows the list has, on all its pages."""
        table = self.noun.table
        if self.is_whole:
            return memo.cached_count(*_all_rows(type(db.obj), table, self.voided))
        return memo.cached_count(table.select(table.id).where(*self.conditions))

    def after(self, id, most):
        """Return the list's rows after an id, in the order of the ids; every page of them costs the same."""
        table, (state, *others) = self.noun.table, self.conditions
        if self.is_whole:
            return _after(table, self.voided)(id, most)
        return rows_of(select_after(table, self.voided, state, id, others).limit(most))

    def page_of_all(self, backwards, number, start):
        """Return the rows of a page as the engine gives them."""
        columns = [column.sql() for column in self.columns]
        if self.is_whole and all(isinstance(column, Field) for column in (
                *columns, self.known[self.sort.lstrip('-')].sql())):
            # written once: most who open a list see its first pages as they are
            key = (type(db.obj), self.noun.name, self.column_names, self.sort, self.voided, backwards)
            if key not in _pages:
                if len(_pages) >= MOST_PAGES:
                    _pages.clear()
                _pages[key] = memo.asked_of(self.query(self.noun.table.id, *columns, backwards=backwards)
                                            .limit(0).offset(0))
            sql, params = _pages[key]
            return db.execute_sql(sql, (*params[:-2], number, start)).fetchall()
        page = self.query(self.noun.table.id, *columns, backwards=backwards)
        return db.execute(page.limit(number).offset(start)).fetchall()

    def run(self):
        """Read the page: sets total, pages, page, first, last, rows and words.

        `rows` are [(id, values of the columns)], `words` [{value: (text, tone)}] of each column.
        """
        self.total = self.count()
        size = PRINTED if self.printed else self.size
        self.pages = max(1, ceil(self.total / size))
        self.page = min(max(1, self.page_asked), self.pages)
        start = (self.page - 1) * size
        number = min(size, self.total - start)
        self.first, self.last = start + 1, start + number
        # the later half is read from its end: a database walks over every row it skips
        backwards = start > self.total // 2
        found = self.page_of_all(backwards, number, self.total - start - number if backwards else start)
        self.words = [cell_texts(column, {row[place] for row in found}, self.viewer)
                      for place, column in enumerate(self.columns, 1)]
        self.rows = found[::-1] if backwards else found
        return self

    @cached_property
    def column_names(self):
        return tuple(column.name for column in self.columns)

    @property
    def sort_choices(self):
        """Return ((value, words), …) of what the list may be sorted by, the order it has among them."""
        columns = {column.name: column for column in (*self.columns, self.known[self.sort.lstrip('-')])}
        return tuple((sign + name, column.label + words) for name, column in columns.items()
                     if column.sortable for sign, words in (('', ''), ('-', '（逆順）')))

    @cached_property
    def asked(self):
        """What the address of this list says, the page left out: {name: value}."""
        return {**({'q': self.q} if self.q else {}), **self.values,
                **({'voided': '1'} if self.voided else {}),
                **({'sort': self.sort} if self.sort != self.noun.sort else {}),
                **({'cols': APART.join(self.column_names)}
                   if self.columns is not self.noun.columns else {}),
                **({'size': str(self.size)} if self.size != SIZES[0] else {})}

    @property
    def query_string(self):
        """The list's query as it is kept: without the page."""
        return urlencode(self.asked)

    def params(self, **changes):
        """Return the query string of this list with changes; None removes."""
        changed = changes.keys() - {'page', 'print'}
        now = {'view': self.origin.id} if self.shown and not changed else {
            **self.asked, **({'from': self.origin.id} if self.origin else {})}
        if self.page_asked > 1 and not changed:
            now['page'] = self.page_asked
        if self.printed:
            now['print'] = '1'
        now.update(changes)
        return encoded(tuple((name, value) for name, value in now.items() if value not in (None, '')))

    def url(self, **changes):
        """Return the address of this list with changes."""
        return self.address(self.params(**changes), self.shown_at)

    def address(self, query, page=''):
        """Return the address of a page of the noun's lists with a query string."""
        return f'/{self.noun.name}/{page}{"?" + query if query else ""}'

    def export(self):
        """Return (headers, rows, kinds) of all the list's rows in the columns it has."""
        query = self.query(self.noun.table.id, *(column.sql() for column in self.columns))
        return exporting.export_seen(self.columns, query, partial(cell_texts, viewer=self.viewer))

    def export_url(self, format, **more):
        """Return the address of exactly these rows as a file."""
        left_out = dict.fromkeys(('size', 'page', 'print', 'from'))
        return self.address(self.params(**(left_out | more)), f'export.{format}')

    @property
    def tabs(self):
        """Return [(words, address, whether it is this list)] of the tabs, which keep columns and order."""
        kept = {name: value for name, value in self.asked.items() if name in ('sort', 'cols', 'size')}
        here = {name: value for name, value in self.asked.items() if name not in kept}
        return [(tab.words, self.address(urlencode(tab.values | kept)), tab.values == here)
                for tab in (Tab('すべて', {}), *self.own_unit(), *self.noun.tabs)]

    def own_unit(self):
        """Return the tab of the rows of the person's own unit, where the list can be narrowed by units."""
        person, owned = self.viewer.person, {unit_column(self.noun.table)} | {'department'}
        name = next((f.name for f in self.noun.filters if f.name in owned
                     and f.options is display.department_options), None)
        if name is None or person is None:
            return []
        return [Tab('自所属', {name: display.department_code(person.department_id)})]

    @property
    def unusable_messages(self):
        """Return what is said of each condition that cannot be used."""
        return [f'{f.label}の条件「{self.values[f.name][:40]}」は使えません。条件を選び直すか、'
                '外してください。'
                for f in self.noun.conditions if f.name in self.unusable]

    @property
    def chips(self):
        """Return [(words, address without it)] of what narrows the list."""
        found = [(f'「{self.q}」を含む', self.url(q=None))] if self.q else []
        for f in self.noun.conditions:
            if f.name in self.values:
                label = self.labels.get(f.name, self.values[f.name][:40])
                found.append((f'{f.label} = {label}', self.url(**{f.name: None})))
        if self.voided:
            found.append(('取消済みのみ', self.url(voided=None)))
        return found
