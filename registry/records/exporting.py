"""A noun's rows as its file: it can be imported again, be read by people, or be of a past day."""
from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import islice

from peewee import BooleanField, DateField

from audits import past
from forms.fields import Day, Exact, Flag, IntCode, Key, Long, Moment, Reference, Refs, Text, Whole, Year
from forms.viewer import UNLIMITED
from models import Department
from models.base import ExactField, MomentField
from models.figures import day_bounds

from ..core import clock, connection
from . import display


def form_of_file(noun):
    """Return the form whose fields are the columns of a noun's file.

    It is the loader's own where the file has columns a page does not ask for.
    """
    return noun.loader.file_form() if hasattr(noun.loader, 'file_form') else noun.form


#: columns that the engines do not give as they are read
CONVERTED = DateField, MomentField, ExactField, BooleanField


def export_rows(noun, query, viewer):
    """Yield the file's lines of the records of `query`, as lists of text as a viewer reads them."""
    form = form_of_file(noun)(viewer=viewer)
    noun.new_form(form)
    fields = form.cells()
    for field in fields:
        if hasattr(field, 'load_all'):
            field.load_all()
    linked = {field.short_name: all_links(field) for field in form.links()} | {
        field.short_name: field.values_now() for field in fields if hasattr(field, 'values_now')}
    # most columns are text already: only the others are read, or asked to write themselves
    columns, makers = [noun.table.id], []
    for field in fields:
        links, column = linked.get(field.short_name), noun.table._meta.fields.get(field.attr)
        text = None if type(field) in (Text, Long, Key) else field.text
        if links is None and isinstance(column, CONVERTED):
            text = partial(converted_text, column.python_value, field.text)
        # the row's id stands where no column does
        makers.append((len(columns) if links is None and column is not None else 0, links, text))
        columns += [column] if makers[-1][0] else []
    for _, expression, _ in noun.exported:
        makers.append((len(columns), None, str))
        columns.append(expression)
    for row in connection.stream(query.select(*columns)):
        line = []
        for place, links, text in makers:
            value = row[place] if place else None if links is None else links.get(row[0])
            line.append('' if value is None else value if text is None else text(value))
        yield line


def converted_text(read, text, value):
    return text(read(value))


def all_links(field, owners=None):
    """Return {owner id: [linked ids]} of a link field, of all owners or some.

    The linked ids are in the order of their numbers.
    """
    link = field.link
    own, other = link._meta.fields[field.own], link._meta.fields[field.other]
    found = {}
    for owner, id in (link.select(own, other).join(field.table, on=other == field.table.id)
                      .where(link.live(), *([] if owners is None else [own.in_(owners)]))
                      .order_by(field.by).tuples()):
        found.setdefault(owner, []).append(id)
    return found


def headers_of(noun):
    """Return the Japanese headers of a noun's file."""
    return [field.header for field in form_of_file(noun)().cells()]


def export(noun, query=None, viewer=UNLIMITED):
    """Return (headers, rows) of a noun's file as a viewer reads it.

    The rows are those of `query`, by default every record that is not voided.
    """
    if noun.loader is not None and hasattr(noun.loader, 'export'):
        return noun.loader.export(noun, query, viewer=viewer)
    if query is None:
        scope = noun.scope(clock.today())
        query = (noun.table.select().where(noun.table.live(), *([] if scope is None else [scope]))
                 .order_by(noun.table.id))
    return [*headers_of(noun), *(header for header, *_ in noun.exported)], export_rows(noun, query, viewer)


#: what kind of value (`sheets.FORMATS`) a field's is, the first that fits
KINDS = ((Year, 'plain'), (IntCode, 'plain'), (Whole, 'number'), (Exact, 'decimal'), (Day, 'day'),
         (Moment, 'moment'))


def export_for_people(noun, query=None, viewer=UNLIMITED):
    """Return (headers, rows, kinds of the columns) of a noun's file with names in place of codes."""
    _, rows = export(noun, query, viewer)
    cells = form_of_file(noun)().cells()
    kinds = [next((kind for field, kind in KINDS if isinstance(cell, field)), None) for cell in cells]
    makers = [_names(cell) if isinstance(cell, Reference)
              else {'1': 'はい', '0': 'いいえ'}.get if isinstance(cell, Flag)
              else None for cell in cells]
    headers = [f'{cell.label.text}（{cell.unit}）' if cell.unit else cell.label.text for cell in cells]
    for header, _, kind in noun.exported:
        headers, kinds, makers = [*headers, header], [*kinds, kind], [*makers, None]
    lines = ([text if make is None or not text else make(text)
              for make, text in zip(makers, row, strict=True)] for row in rows)
    return headers, lines, kinds


#: {how a list shows a column: (its kind of `sheets.FORMATS`, how its values are written as such)}
SEEN_AS = {display.day: ('day', display.day), display.moment: ('moment', display.moment),
           display.number: ('number', str), display.yen: ('number', str), display.year: ('plain', str),
           display.percent: ('decimal', display.exact), display.exact: ('decimal', display.exact)}
#: how many rows of a list are put into words at once
AT_ONCE = 500


def export_seen(columns, query, texts):
    """Return (headers, rows, kinds) of a list as it is seen: its columns, numbers and days as such.

    `query` selects the columns after the row's id, `texts(column, values)` gives {value: (text, …)}.
    """
    headers = [f'{column.label}（{column.unit}）' if column.unit else column.label for column in columns]
    seen = [SEEN_AS.get(column.show, (None, None)) for column in columns]
    shown = [column if write is None else replace(column, show=write)
             for column, (_, write) in zip(columns, seen, strict=True)]

    def lines():
        rows = iter(connection.stream(query))
        while block := list(islice(rows, AT_ONCE)):
            words = [texts(column, {row[place] for row in block}) for place, column in enumerate(shown, 1)]
            for row in block:
                yield [told[value][0] for told, value in zip(words, row[1:], strict=True)]
    return headers, lines(), [kind for kind, _ in seen]


def _names(cell):
    """Return a function that turns a field's numbers into names: of units the names of today."""
    if cell.table is Department:
        known = {code: display.department(id)
                 for id, code in Department.select(Department.id, Department.code).tuples()}
    else:
        fields = cell.table._meta.fields
        name = next((fields[name] for name in ('name', 'title') if name in fields), None)
        known = {} if name is None else {
            str(number): f'{number} {words}' for number, words in cell.table.select(cell.by, name).tuples()}
    if isinstance(cell, Refs):
        return lambda text: '、'.join(known.get(part, part) for part in text.split(';'))
    return lambda text: known.get(text, text)


def headers_of_file(noun):
    """Return [(Japanese header, key, whether a new record needs it)] of a noun's import file."""
    return [(cell.header, cell.key, cell.must_be_given) for cell in form_of_file(noun)().cells()]


def end_of_day(day):
    """Return the last moment of a day: the next one begins with its first, which is no longer this day."""
    return day_bounds(day, day)[1] - timedelta.resolution


def export_as_of(noun, day):
    """Return (headers, rows) of a noun's file as recorded up to the end of a day, replayed from the trail."""
    until = end_of_day(day)
    rows = [row for row in past.rows_at(noun.table, until).values() if row['voided_at'] is None]
    scope = noun.scope(day)
    if scope is not None:
        held = {id for (id,) in noun.table.select(noun.table.id).where(scope).tuples()}
        rows = [row for row in rows if row['id'] in held]
    if hasattr(noun.loader, 'export'):
        return noun.loader.export(noun, [row_of(noun.table, row) for row in rows], until)
    form = form_of_file(noun)()
    noun.new_form(form)
    fields = form.cells()
    keys = {}
    for field in fields:
        if hasattr(field, 'table'):
            keys[field.short_name] = {id: row[field.by.name]
                                      for id, row in past.rows_at(field.table, until).items()}
    kept = {field.short_name: field.values_at(lambda table: past.rows_at(table, until))
            for field in fields if hasattr(field, 'values_at')}
    links = {}
    for field in form.links():
        found = links.setdefault(field.short_name, {})
        for row in past.rows_at(field.link, until).values():
            if row['voided_at'] is None:
                found.setdefault(row[field.own], []).append(keys[field.short_name][row[field.other]])

    def text(field, row):
        if field.short_name in links:
            return ';'.join(sorted(links[field.short_name].get(row['id'], ())))
        if field.short_name in kept:
            return field.text(kept[field.short_name].get(row['id']))
        value = row.get(field.attr)
        if field.short_name in keys and value is not None:
            return keys[field.short_name].get(value, '')
        return field.text(value)
    return [field.header for field in fields], ([text(field, row) for field in fields] for row in rows)


def row_of(table, values):
    """Return an unsaved row of a table holding replayed values."""
    row = table()
    row.__data__ = dict(values)
    return row
