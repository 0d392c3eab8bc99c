"""What the application knows of each noun: its table, form, list, file; views, lists and files are made from it."""
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from types import FunctionType

from peewee import Asc, Desc, Field

NOUNS = {}


@dataclass(frozen=True)
class Column:
    """One column of a list: `show` turns the selected value into the text of the cell.

    `expr` is what is selected, or a function that gives it where it depends on the day; `by` is what the list is sorted by
    where that is something else.
    """

    name: str
    label: str
    expr: object
    show: Callable = str
    sortable: bool = True
    tone: Callable | None = None
    by: object = None

    def sql(self):
        return self.expr() if isinstance(self.expr, FunctionType) else self.expr

    def order(self, falling, backwards=False):
        """Return how rows are sorted by the column, blanks last either way (first where the list is read from its end)."""
        by = self.sql() if self.by is None else self.by
        blank = None if isinstance(by, Field) and not by.null else 'FIRST' if backwards else 'LAST'
        return (Desc if falling else Asc)(by, nulls=blank)


@dataclass(frozen=True)
class Filter:
    """One filter of a list: `options` gives [(value, label)], `where` the condition for a chosen value.

    A value is a code that a person may read and pass on, never the number of a row in the database. Of too many to list,
    `label_of` gives the label of one, None where it is not known or not the reader's to see.
    """

    name: str
    label: str
    options: Callable
    where: Callable
    label_of: Callable | None = None

    def choices(self, value):
        """Return [(value, label)] of what can be chosen; of too many to list only the one asked for."""
        if self.label_of is None:
            return self.options()
        label = self.label_of(value) if value else None
        return [] if label is None else [(value, label)]


@dataclass
class Noun:
    """A noun (台帳の種類): everything the shared views, lists and files need to know of it.

    `key` names the form's fields that find a row in a file. `prepare(row, before, form, at)` yields (field, message)
    of what the noun itself refuses (`form.by` is who saves), `keeps(row)` the same of why a row cannot be voided,
    `restorable(row)` of why a voided one cannot count again;
    `reserved` maps the columns a unit's member may not decide to what they do instead,
    `separated(row, before, person)` yields (field, message) where who writes may not be who decides, `moved` names
    those that moves change and not the edit page;
    `after(act, row, before, today)` writes what belongs to the same act; `scope(day)` is the condition on the rows that
    the list and the file hold, None for all; `explained(row, before)` says why an edit must give its reason, if it must.
    """

    name: str
    title: str
    table: type
    form: type
    key: tuple
    columns: list
    sort: str
    one: str = ''
    filters: list = field(default_factory=list)
    joins: Callable = lambda query: query
    sections: list = field(default_factory=list)
    prefix: str | None = None
    prepare: Callable = lambda row, before, form, at: ()
    after: Callable = lambda act, row, before, today: None
    panels: Callable = lambda row: {}
    template: str = 'records/show.html'
    new_form: Callable = lambda form: None
    keeps: Callable = lambda row: ()
    restorable: Callable = lambda row: ()
    reserved: dict = field(default_factory=dict)
    separated: Callable = lambda row, before, person: ()
    moved: tuple = ()
    explained: Callable = lambda row, before: ''
    scope: Callable = lambda day: None
    hint: str = ''
    importable: bool = True
    views: tuple = ('index', 'show', 'new', 'edit', 'void')
    loader: type | None = None

    def __post_init__(self):
        self.one = self.one or self.title
        NOUNS[self.name] = self

    @cached_property
    def blank(self):
        """The noun's form with nothing in it, made once: for labels and for showing values, never for reading them."""
        return self.form(formdata=None, meta={'csrf': False})

    @cached_property
    def narrow(self):
        """The classes of the list's table; see `narrow`."""
        return narrow(self.columns)


def narrow(columns):
    """Return the classes of a table of these columns: which of them stay on one line."""
    return ' '.join(f'nowrap-{place}' for place, column in enumerate(columns, 1) if hasattr(column.show, 'narrow'))


def of_table(table):
    """Return the noun of a table, or None."""
    return next((noun for noun in NOUNS.values() if noun.table is table), None)
