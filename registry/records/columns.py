"""The columns, filters and tabs of a list: declared by a noun, or derived from its form's fields."""
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial, reduce
from operator import or_
from typing import NamedTuple

from peewee import Asc, Desc, Field

from forms.fields import (
    Code,
    Day,
    Exact,
    Flag,
    IntCode,
    Many,
    Moment,
    Ref,
    Reference,
    Refs,
    Whole,
    Year,
    Yen,
)
from models import Department

from ..core import clock
from . import display, periods


@dataclass(frozen=True)
class Column:
    """One column of a list; what is not given follows from the form's field of this name.

    `expr` is what is selected, `on_day` a function that gives it where it depends on the day; `show` turns
    the selected value into the text of the cell, `tone` into its colour; `by` is what the list is sorted by
    where that is something else. `cell` is the form's field of other records, which give the words; what may
    not be sorted by is not `sortable`.
    """

    name: str
    label: str | None = None
    expr: object = None
    show: Callable | None = None
    tone: Callable | None = None
    by: object = None
    on_day: Callable | None = None
    cell: Reference | None = None
    sortable: bool = True
    unit: str = ''

    @property
    def is_state(self):
        """Whether its values are states, each shown as a mark (a day or an amount may be coloured too)."""
        return self.tone is not None and self.show not in display.SHORT

    @property
    def is_dated(self):
        return self.show in (display.day, display.moment)

    def sql(self):
        return self.expr if self.on_day is None else self.on_day(clock.today())

    def order(self, falling, backwards=False):
        """Return how rows are sorted by the column: blanks last, or first where it is read backwards."""
        by = self.sql() if self.by is None else self.by
        blank = None if isinstance(by, Field) and not by.null else 'FIRST' if backwards else 'LAST'
        return (Desc if falling else Asc)(by, nulls=blank)


@dataclass(frozen=True)
class Filter:
    """One filter of a list: `options` gives [(value, label)], `where` the condition for a chosen value.

    A value is a code that a person may read and pass on, never the number of a row in the database. Of too
    many to list, `label_of` gives the label of one, None where it is not known or not the reader's to see.
    What is not given follows from the form's field for the table's column, or the link, of this name.
    """

    name: str
    label: str | None = None
    options: Callable | None = None
    where: Callable | None = None
    label_of: Callable | None = None

    def choices(self, value, viewer):
        """Return [(value, label)] of what can be chosen; of too many to list only the one asked for."""
        if self.label_of is None:
            return self.options()
        label = self.label_of(value, viewer) if value else None
        return [] if label is None else [(value, label)]


class Tab(NamedTuple):
    """A tab above a list: its words, and the conditions of the list it leads to."""

    words: str
    values: dict


def formatter_of(cell):
    """Return what turns a stored value of a form's field into the text of a list's cell."""
    if isinstance(cell, Ref):
        return display.department if cell.table is Department else str
    if isinstance(cell, Code) and not isinstance(cell, IntCode):
        return display.code(cell.codes)
    if isinstance(cell, Many):
        return cell.show
    return next((show for kind, show in FORMATTERS if isinstance(cell, kind)), str)


FORMATTERS = ((Flag, display.flag), (Day, display.day), (Moment, display.moment), (Year, display.year),
              (Yen, display.yen), (Whole, display.number), (Exact, display.exact))


def completed_column(given, cells, table):
    """Return a Column, given as one or by its name, with what follows from its field."""
    column = given if isinstance(given, Column) else Column(given)
    cell = cells.get(column.name)
    stored = column.expr is None and column.on_day is None
    return replace(
        column,
        label=column.label or cell.label.text,
        unit=column.unit or (cell.unit if cell is not None else ''),
        show=column.show or (formatter_of(cell) if cell is not None else str),
        expr=table._meta.fields[column.name] if stored else column.expr)


def other_columns(columns, cells, table):
    """Return the Columns of the form's fields of a table that a list does not show unless it is asked."""
    found, shown = [], {column.name for column in columns}
    for name, cell in cells.items():
        if name in shown or name in table.secret:
            continue
        if isinstance(cell, Refs):
            found.append(Column(name, cell.label.text, table.id, str, cell=cell, sortable=False))
        elif name in table._meta.fields and isinstance(cell, Ref) and cell.table is not Department:
            # the order of records that a reader may not see would tell of them
            found.append(Column(name, cell.label.text, table._meta.fields[name], str, cell=cell,
                                sortable=False))
        elif name in table._meta.fields:
            found.append(completed_column(name, cells, table))
    return found


def period_filter(column):
    """Return the Filter of a column of days or moments; see `periods`."""
    moments = column.show is display.moment
    return Filter(column.name, column.label,
                  where=lambda value: periods.condition_of(column.sql(), moments, value, clock.today()),
                  label_of=lambda value, viewer: periods.words_of(value, clock.today()))


def blank_filter(columns, needed, table):
    """Return the Filter of rows without a value in a column, or in any that is `needed`."""
    fields = {column.name: (column.label, table._meta.fields[column.name]) for column in columns
              if column.name in table._meta.fields and table._meta.fields[column.name].null}
    options = [*([('any', '必要な項目のどれか')] if needed else []),
               *((name, label) for name, (label, _) in fields.items())]

    def where(value):
        return reduce(or_, (fields[name][1].is_null() for name in (needed if value == 'any' else (value,))))
    return Filter('blank', '空欄', lambda: options, where)


def completed_filter(given, cells, table):
    """Return a Filter, given as one or by its name, with what follows from its field."""
    each = given if isinstance(given, Filter) else Filter(given)
    cell, field = cells.get(each.name), table._meta.fields.get(each.name)
    options, where, label_of = each.options, each.where, each.label_of
    if isinstance(cell, Year):
        options, where = options or display.years, where or (lambda value: field == int(value))
    elif isinstance(cell, Code):
        options = options or (lambda: list(cell.codes.items()))
        where = where or (lambda value: field == value)
    elif isinstance(cell, Flag):
        options = options or (lambda: [('1', 'はい'), ('0', 'いいえ')])
        where = where or (lambda value: field == (value == '1'))
    elif isinstance(cell, Ref) and cell.table is Department:
        options = options or display.department_options
        where = where or (lambda value: field == display.unit_id(value))
    elif isinstance(cell, Reference) and where is None:
        options, label_of = list, display.label_by(cell.table, cell.by.name)
        id_of = partial(display.id_of, cell.table, cell.by.name)
        if isinstance(cell, Refs):
            def where(value):
                return linked_to(table, cell, id_of(value))
        else:
            def where(value):
                return field == id_of(value)
    return replace(each, label=each.label or cell.label.text, options=options, where=where, label_of=label_of)


def linked_to(table, cell, id):
    """Return the condition that a row is linked, by a field of many, to the record with an id."""
    own, other = (cell.link._meta.fields[name] for name in (cell.own, cell.other))
    return table.id.in_(cell.link.select(own).where(cell.link.live(), other == id))


def nowrap_classes(columns):
    """Return the classes of a table of these columns: which of them stay on one line."""
    return ' '.join(f'nowrap-{place}' for place, column in enumerate(columns, 1)
                    if column.show in display.SHORT)
