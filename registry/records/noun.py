"""What the application knows of each noun: its table, form, list and file."""
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from forms.fields import Reference
from models import Department, Entry
from models.registers import NAME, WithMade

from ..core.permits import PERMITS
from .columns import (
    Column,
    Filter,
    Tab,
    blank_filter,
    completed_column,
    completed_filter,
    linked_to,
    other_columns,
    period_filter,
)

#: {name: Noun} in the order of the work, as `declare` was told
NOUNS = WithMade(NAME)
#: {table: the first Noun of it}
_OF_TABLES = {}
#: the parts of records that have no pages of their own, as `declare` was told
PARTS = []


def declare(*nouns, parts=()):
    """Register nouns and parts: their permits hold; lists, files, search, histories and menu have them."""
    PARTS.extend(parts)
    for noun in nouns:
        NOUNS[noun.name] = noun
        _OF_TABLES.setdefault(noun.table, noun)
        PERMITS.update(permits_of(noun))


def permits_of(noun):
    """Return {permit: rules} of a noun."""
    permits = noun.permits
    if 'show' in noun.views:
        # who may edit a record may hang documents on it, and who may read it may write comments, unless its
        # noun says who else may
        permits = {'attach': permits['edit'], 'comment': permits['read']} | permits
    return {f'{noun.name}.{verb}': rules for verb, rules in permits.items()}


@dataclass(frozen=True)
class Due:
    """A dated duty of a noun's or part's rows, read by home, the list of duties and the calendar.

    Its day is the column `name` of the table, or `on` where that is no plain column, `after` days later;
    `read` makes the day of what `on` gives as text, later ones of later values. It is announced `days` ahead.
    One that `waits` has no other day than since when it does, and is never late.

    It stands for the live rows that fulfil `open()`, for the `roles` given or those that may edit a row. With
    `mine`, the column of a person, each row is a duty of that person alone; with `whose`, of those for
    whom the condition `whose(person, day)` holds, which leaves out what they do not see. `who` is the
    expression of who is responsible, `joins` adds to the query what `who` and `on` read.

    It is shown at the record, or the one that the foreign key `record` leads to: at its page, or at `page`
    where no noun has one. Who may do it is led to `at` instead. In both stand `id`, that of the record, and
    the columns `more`.
    """

    name: str
    title: str
    days: int = 30
    after: int = 0
    waits: bool = False
    on: object = None
    read: Callable = date.fromisoformat
    open: Callable = lambda: None
    roles: tuple | None = None
    mine: str = ''
    whose: Callable | None = None
    who: object = None
    joins: Callable = lambda query: query
    record: str = ''
    page: str = ''
    at: str = ''
    more: dict = field(default_factory=dict)


@dataclass(kw_only=True, eq=False)
class Savable:
    """What `saving` needs to know of a kind of row, whether it has pages of its own or belongs to a record.

    `key` names the form's fields that find a row in a file. `prepare(row, before, form, by, at)` yields
    (field, message) of what the noun itself refuses, `cannot_void(row, by)` of why a row cannot be voided,
    `cannot_restore(row, by)` of why a voided one cannot count again, and `separation(row, before, by)` of
    what the person may not write because another must decide it (separation of duties).
    `reserved` maps the columns a unit's member may not decide to what they do instead;
    `after(act, row, before, today)` writes what belongs to the same act;
    `reason_required(row, before, form)` says why an edit must give its reason, '' where it need not.
    Of parts `one_at_place` a second one is refused; those `found_by_numbers` may have changed places since
    their form was opened.
    """

    name: str
    title: str
    table: type
    form: type
    key: tuple = ()
    one: str = ''
    prefix: str | None = None
    prepare: Callable = lambda row, before, form, by, at: ()
    after: Callable = lambda act, row, before, today: None
    cannot_void: Callable = lambda row, by: ()
    cannot_restore: Callable = lambda row, by: ()
    reserved: dict = field(default_factory=dict)
    separation: Callable = lambda row, before, by: ()
    reason_required: Callable = lambda row, before, form: ''
    #: what hung on a voided part (`parts_below(row)`) whose place is taken by a new one: it is voided with it
    parts_below: Callable = lambda row: ()
    #: the column whose text is the reason of the act, '' where a reason is given beside the form
    reason_in: str = ''
    one_at_place: bool = False
    found_by_numbers: bool = False
    #: the dated duties of the rows
    due: tuple = ()

    def __post_init__(self):
        self.one = self.one or self.title

    @cached_property
    def blank(self):
        """The empty form, made once: for labels and for showing values, never for reading them."""
        return self.form()

    @cached_property
    def cells(self):
        """The fields of the blank form that hold a record's values, in order."""
        return self.blank.cells()

    def permit(self, verb):
        """Return the name of the permit to `create`, `edit` or `void` a row."""
        return f'{self.name}.{verb}'

    def kind(self, verb):
        """Return the kind of the act that creates, edits or voids a row."""
        return f'{self.name}.{verb}'

    def governing(self, row):
        """Return the record that decides who may write a row."""
        return row


@dataclass(frozen=True, kw_only=True, eq=False)
class Flow:
    """A record's state and the table of moves between states.

    `moves(state, role)` are the rules' moves (`models.rules.lifecycle`), `states` the labels of the column
    `column`. `form(row, target, **asked)` gives the form of a move, whose text `reason` is the act's reason.
    `prepare(row, before, form, by, at)` yields (field, message) of what is wrong with it and fills what the
    move settles; `lacking(row, move, form, by)` gives [(condition, sentence, (words, address) of where it is
    entered, or None)] of what else is missing; `after(act, row, form, by)` writes what belongs to the same
    act. `heading` and `button(source, target)` are the move in words, `about(row, target)` what the page
    shows with it; `documents` are {state: (what the documents are called that come with the move to it, the
    kind they are where their names do not tell)}.
    """

    states: dict
    moves: Callable
    form: Callable
    column: str = 'state'
    reason: str = 'reason'
    prepare: Callable = lambda row, before, form, by, at: ()
    lacking: Callable = lambda row, move, form, by: []
    after: Callable = lambda act, row, form, by: None
    heading: Callable
    button: Callable
    about: Callable = lambda row, target: {}
    documents: dict = field(default_factory=dict)
    #: the states of the way that most records go, in its order; `told(source, target)` is a move that was
    #: made, in words, None where the states alone tell it
    line: tuple = ()
    told: Callable = lambda source, target: None

    def state(self, row):
        return row.__data__[self.column]

    def open_to(self, row, by):
        """Return the moves that a person may make with a record, none of a voided one."""
        return [] if row.voided_at else self.moves(self.state(row), by.role)

    def missing(self, row, move, form, by):
        """Return what a move lacks that its own form does not ask for."""
        return [each for each in self.lacking(row, move, form, by) if each[0] not in form._fields]


@dataclass(kw_only=True, eq=False)
class Noun(Savable):
    """A noun (台帳の種類): everything the shared views, lists and files need to know of it.

    `scope(day)` is the condition on the rows that the list and the file hold, None for all; `moved` names
    the columns that moves change and not the edit page; `permits` are {verb: rules} (see `core.permits`).
    `panels(row)` gives what the noun's own template shows; what leads to a record is shown without it
    (`links`). Its `moves` are [(target, words, what is lacking as of a `Flow`)] of the moves that the person
    may make.

    A record's page begins with the facts that matter most, its `headline`: names of the form's fields or
    (label, a function of (row, panels) giving a text); not given, what the list shows. `contacts` are the
    fields that name who sees to it besides its unit. The sections of the form `apart` are tabs of their own.

    `exported` are (header, expression, kind of `sheets.FORMATS` or None) of columns that its file has and
    nobody types; `former` are {header or key: what became of it} of columns that files of earlier releases
    have. An import reads neither.
    """

    columns: list
    sort: str
    permits: dict
    #: the section of the menu, and what the list is called there where that is not its title; () for one
    #: reached in another way
    menu: tuple = ()
    filters: list = field(default_factory=list)
    joins: Callable = lambda query: query
    sections: list = field(default_factory=list)
    #: the tabs of the list between those of all rows and of one's own unit
    tabs: tuple = ()
    #: the columns whose blanks are looked for together
    needed: tuple = ()
    panels: Callable = lambda row: {}
    headline: tuple = ()
    contacts: tuple = ()
    apart: tuple = ()
    #: the nouns whose records that lead here the noun's own panels tell of
    own_panels: tuple = ()
    template: str = 'records/show.html'
    new_form: Callable = lambda form: None
    moved: tuple = ()
    scope: Callable = lambda day: None
    hint: str = ''
    importable: bool = True
    exported: tuple = ()
    former: dict = field(default_factory=dict)
    views: tuple = ('index', 'show', 'new', 'edit', 'void')
    loader: type | None = None
    flow: Flow | None = None
    #: whether its records are entered in a grid too, at `enter` below its list
    grid: bool = False
    #: whether its records are made of patterns (ひな形) too, at `patterns` below its list
    patterns: bool = False

    def __post_init__(self):
        super().__post_init__()
        cells = {getattr(cell, 'other', cell.attr): cell for cell in self.blank.cells()}
        self.columns = [completed_column(given, cells, self.table) for given in self.columns]
        self.filters = [completed_filter(given, cells, self.table) for given in self.filters]
        narrowed = {each.name for each in self.filters}
        self.filters += [completed_filter(name, cells, self.table) for name, cell in cells.items()
                         if isinstance(cell, Reference) and cell.table is not Department
                         and name not in narrowed]
        self.all_columns = [*self.columns, *other_columns(self.columns, cells, self.table)]
        self.periods = [period_filter(column) for column in self.all_columns
                        if column.is_dated]
        blank = blank_filter(self.all_columns, self.needed, self.table)
        self.blank_filter = blank if blank.options() else None
        #: all that the list may be narrowed by: `filters`, and what follows from the columns
        self.conditions = [*self.filters, *self.periods, *filter(None, [self.blank_filter])]
        #: the same as templates remember what they make of it: ((name, label), …)
        self.column_choices = tuple((column.name, column.label) for column in self.all_columns)
        self.period_choices = tuple((each.name, each.label) for each in self.periods)

    @property
    def address(self):
        return f'/{self.name}/'


@dataclass(kw_only=True, eq=False)
class Part(Savable):
    """Rows that belong to a record and are edited on its pages.

    `parent` is the column that leads to the record that governs it, None for the part itself; `permit_names`
    and `act_kinds` are {verb: name} of what differs from the part's own.
    """

    parent: str | None = None
    permit_names: dict = field(default_factory=dict)
    act_kinds: dict = field(default_factory=dict)

    def permit(self, verb):
        return self.permit_names.get(verb) or super().permit(verb)

    def kind(self, verb):
        return self.act_kinds.get(verb) or super().kind(verb)

    def governing(self, row):
        return row if self.parent is None else getattr(row, self.parent)


def noun_and_view(endpoint, values):
    """Return (name, view) of the noun whose page an endpoint is, with the values of its address."""
    name, _, view = (endpoint or '').partition('.')
    return (values or {}).get('register', '') if name == 'entries' else name, view


def of_table(table):
    """Return the noun of a table, or None."""
    if issubclass(table, Entry) and table.of is not None:
        return next((noun for noun in NOUNS.made().values() if noun.table is table), None)
    return _OF_TABLES.get(table)


__all__ = ['NOUNS', 'PARTS', 'Column', 'Due', 'Filter', 'Flow', 'Noun', 'Part', 'Savable', 'Tab', 'declare',
           'linked_to', 'noun_and_view', 'of_table']
