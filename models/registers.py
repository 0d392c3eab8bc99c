"""Registers that the ward itself makes (台帳を作る): what each asks for, its figures, and its rows.

A row keeps its values in columns of their kind (`text_1`, `whole_1`, …); which of them a register uses, and
what it calls them, its fields say. A column is never given to another field, so that histories stay true.
"""
import re
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

from peewee import BigIntegerField, BooleanField, CharField, DateField, ForeignKeyField, IntegerField

from .base import OPEN, CodeField, ExactField, LongField, Searched, Table
from .organisation import Department
from .statements import Prepared, PreparedIn
from .systems import System
from .vendors import Vendor

#: the names of the ward's registers in addresses, files and permits
NAME = 'd-[0-9]{5}'
#: by whom a register's rows are kept
KEPT_BY = {'desk': '情報政策の担当', 'unit': '各所属（自所属の分）'}
FIELD_KINDS = {'text': '文字（1行）', 'long': '文章（数行）', 'whole': '整数', 'exact': '小数',
               'year': '年度', 'day': '日付', 'choice': '選択', 'flag': 'はい・いいえ', 'unit': '所属',
               'system': 'システム', 'vendor': '事業者'}
#: {kind of a field: the columns its values are kept in}
KEPT_IN = {'choice': 'text', 'year': 'whole'} | {
    kind: kind for kind in FIELD_KINDS if kind not in ('choice', 'year')}
#: how many columns of each kind a row has, and how many registers and fields there may be
COLUMNS = {'text': 12, 'long': 4, 'whole': 12, 'exact': 6, 'day': 6, 'flag': 6, 'unit': 2, 'system': 2,
           'vendor': 2}
MOST_REGISTERS, MOST_FIELDS, MOST_FIGURES = 40, 30, 20
#: of a text and of a text of several lines; of a word to choose, and how many words there may be
LONGEST, LONGEST_TEXT, LONGEST_WORD, MOST_WORDS = 500, 4000, 40, 30
FIGURE_KINDS = {'count': '件数', 'sum': '合計', 'share': '割合（件数）', 'sum_share': '割合（合計）',
                'answers': '割合（回答した行のうち）', 'change': '前年度との差',
                'change_rate': '前年度からの増減率'}


class Register(Searched):
    """A register: what it is called, who keeps its rows, and the states that a row may have.

    `states` are words one a line, `finals` those of them in which nothing more is to be done; `called` is
    what the name of a row is called.
    """

    owned_by = OPEN
    known_by = 'register_no'

    searched = ('register_no', 'title', 'about')

    register_no = CharField(max_length=30, unique=True)
    title = CharField(max_length=40)
    about = CharField(max_length=300, null=True)
    called = CharField(max_length=40, null=True)
    kept_by = CodeField(KEPT_BY, default='desk')
    states = LongField(1000, null=True)
    finals = LongField(1000, null=True)

    @property
    def label(self):
        return f'{self.register_no} {self.title}'


class RegisterField(Table):
    """A field of a register's rows; `stored_in` names the column of its values.

    `choices` are words one a line; `at_most` is the column of the number that its values may not exceed.
    """

    owned_by = OPEN

    labelled_by = ('register',)

    register = ForeignKeyField(Register, backref='fields', on_delete='RESTRICT')
    place = IntegerField()
    title = CharField(max_length=40)
    kind = CodeField(FIELD_KINDS)
    stored_in = CharField(max_length=20)
    is_required = BooleanField(default=False)
    choices = LongField(1500, null=True)
    unit = CharField(max_length=10, null=True)
    at_most = CharField(max_length=20, null=True)

    class Meta:
        indexes = ((('register', 'stored_in'), True),)

    @property
    def label(self):
        return f'{self.register.title}の項目「{self.title}」'


class RegisterFigure(Table):
    """A figure over the rows of a register.

    `amount` and `total` are the columns that are summed, `dated` that of the day or year by which a row
    belongs to a fiscal year; without it every row counts. `among` are the conditions on the rows that bear on
    it, `counted` on those of them that are counted: lines of a column, `=`, and a word.
    """

    owned_by = OPEN

    labelled_by = ('register',)

    register = ForeignKeyField(Register, backref='figures', on_delete='RESTRICT')
    no = IntegerField()
    title = CharField(max_length=60)
    kind = CodeField(FIGURE_KINDS)
    unit = CharField(max_length=20)
    amount = CharField(max_length=20, null=True)
    total = CharField(max_length=20, null=True)
    dated = CharField(max_length=20, null=True)
    among = LongField(500, null=True)
    counted = LongField(500, null=True)

    class Meta:
        indexes = ((('register', 'no'), True),)

    @property
    def label(self):
        return f'{self.register.title}の数値「{self.title}」'


def _column(kind):
    """Return a new column for values of a kind."""
    made: dict[str, Callable] = {
        'text': lambda: CharField(max_length=LONGEST, null=True),
        'long': lambda: LongField(LONGEST_TEXT, null=True), 'whole': lambda: BigIntegerField(null=True),
        'exact': lambda: ExactField(null=True), 'day': lambda: DateField(null=True),
        'flag': lambda: BooleanField(null=True), 'unit': lambda: _key(Department),
        'system': lambda: _key(System), 'vendor': lambda: _key(Vendor)}
    return made[kind]()


def _key(table):
    return ForeignKeyField(table, null=True, backref='+', on_delete='RESTRICT')


class Entry(Searched):
    """One row of a register; what its columns mean, the register's fields say.

    Only the rows of registers that units keep belong to a unit: those of the others everyone sees.
    """

    owned_by = 'department'
    open_without_unit = True
    known_by = 'entry_no'
    #: the id of the register whose rows these are, None for those of all (see `entries_of`)
    of = None

    searched = ('entry_no', 'title', *(f'text_{no}' for no in range(1, COLUMNS['text'] + 1)))

    register = ForeignKeyField(Register, backref='+', on_delete='RESTRICT', index=False)
    entry_no = CharField(max_length=30)
    title = CharField(max_length=200)
    department = ForeignKeyField(Department, null=True, backref='+', on_delete='RESTRICT')
    state = CharField(max_length=LONGEST_WORD, null=True)
    locals().update({f'{kind}_{no}': _column(kind) for kind, most in COLUMNS.items()
                     for no in range(1, most + 1)})

    class Meta:
        table_name = 'entry'
        # a list of half a million rows is counted by the second
        indexes = ((('register', 'entry_no'), True), (('register', 'voided_at', 'entry_no'), False))

    @property
    def label(self):
        return f'{self.entry_no} {self.title}'

    @classmethod
    def select(cls, *fields):
        found = super().select(*fields)
        return found if cls.of is None else found.where(cls.register == cls.of)

    @classmethod
    def by_id(cls, id):
        return next(iter(cls.by_ids([id])), None)

    @classmethod
    def by_ids(cls, ids):
        """Return the rows of some ids, each as one of its register's."""
        if '_by_ids' not in cls.__dict__:
            cls._by_ids = PreparedIn(lambda *ids: cls.select().where(cls.id.in_(ids)))
        found = cls._by_ids(ids)
        for row in found:
            row.__class__ = entries_of(row.register_id)
        return found


@cache
def entries_of(id):
    """Return the table of the rows of the register with an id: they are found and made as its own."""
    class Entries(Entry):
        of = id

        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            if '__no_default__' not in kwargs:
                self.register = id

        class Meta:
            table_name = 'entry'
    return Entries


# --- what a register is, read at once ---

class FieldFacts(NamedTuple):
    """A field as a form asks for it; `kind` is a key of FIELD_KINDS, `choices` are words."""

    column: str
    title: str
    kind: str
    is_required: bool
    choices: tuple
    unit: str
    at_most: str | None


class FigureFacts(NamedTuple):
    """A figure as it is counted; `among` and `counted` are ((column, word), …)."""

    no: int
    title: str
    kind: str
    unit: str
    amount: str | None
    total: str | None
    dated: str | None
    among: tuple
    counted: tuple


class Definition(NamedTuple):
    """What a register is: all of it plain values, so that two of the same words are the same."""

    id: int
    register_no: str
    title: str
    about: str
    called: str
    kept_by: str
    states: tuple
    finals: tuple
    fields: tuple
    figures: tuple

    @property
    def name(self):
        """The name of the register in addresses, files and permits."""
        return self.register_no.lower()

    def field(self, column):
        """Return the FieldFacts of a column, or None."""
        return next((field for field in self.fields if field.column == column), None)


def words_in(text):
    """Return the words of a text that has one a line."""
    return tuple(line.strip() for line in (text or '').split('\n') if line.strip())


def conditions_in(text):
    """Return ((column, word), …) of what the conditions of a figure are kept as."""
    return tuple(tuple(line.split('=', 1)) for line in words_in(text))


_registers = Prepared(lambda: Register.select().where(Register.live()).order_by(Register.register_no))
_fields = Prepared(lambda: RegisterField.select().where(RegisterField.live()).order_by(
    RegisterField.place, RegisterField.id))
_figures = Prepared(lambda: RegisterFigure.select().where(RegisterFigure.live()).order_by(RegisterFigure.no))


def facts_of(row):
    """Return the FieldFacts of a field."""
    return FieldFacts(row.stored_in, row.title, row.kind, bool(row.is_required), words_in(row.choices),
                      row.unit or '', row.at_most)


def definitions():
    """Return {name: Definition} of the registers there are, in the order of their numbers."""
    fields, figures = {}, {}
    for row in _fields():
        fields.setdefault(row.register_id, []).append(facts_of(row))
    for row in _figures():
        figures.setdefault(row.register_id, []).append(FigureFacts(
            row.no, row.title, row.kind, row.unit, row.amount, row.total, row.dated,
            conditions_in(row.among), conditions_in(row.counted)))
    found = (Definition(
        row.id, row.register_no, row.title, row.about or '', row.called or '名称', row.kept_by,
        words_in(row.states), words_in(row.finals), tuple(fields.get(row.id, ())),
        tuple(figures.get(row.id, ()))) for row in _registers())
    return {each.name: each for each in found}


# --- what is found by name, the registers' among it ---

class WithMade(dict):
    """{name: thing} that the code declares; what the ward's registers add is found by its name too.

    That is not among what is gone through: it is read from the database. `pattern` is that of its names.
    """

    def __init__(self, pattern):
        super().__init__()
        self.pattern, self._read = re.compile(pattern, re.ASCII), dict

    def read_made_by(self, read):
        """Let `read()` give {name: thing} of the registers there are."""
        self._read = read

    def made(self):
        """Return {name: thing} of the registers there are."""
        return self._read()

    def is_made(self, name):
        """Tell whether a name is one that a register of the ward may have."""
        return isinstance(name, str) and self.pattern.fullmatch(name) is not None

    def with_made(self):
        """Return everything there is, what the ward's registers add last."""
        return [*self.values(), *self.made().values()]

    def __missing__(self, name):
        return (self.made() if self.is_made(name) else {})[name]

    def __contains__(self, name):
        return dict.__contains__(self, name) or self.is_made(name) and name in self.made()

    def get(self, name, default=None):
        return self[name] if name in self else default
