"""The kinds of duties: of every declared `Due`, whom it concerns and which rows it stands for."""
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import NamedTuple

from peewee import SQL, DateField, Field, fn

from models.visibility import unit_path

from ..core.permits import in_principle
from . import display
from .noun import NOUNS, PARTS, Due, Savable, of_table

NULL = SQL('NULL')
#: who oversees: whatever is late at large is theirs to know, nothing of it to do
OVERSEERS = frozenset({'executive'})


class Asked(NamedTuple):
    """Whose duties are asked for, and which of them.

    Those of a day, of one unit alone where its id is given; up to a day, or to where they are announced,
    where one is. `without` are {(code, row, as it stood)} of those put off, which are left out; of `only`,
    the others are, None for all.
    """

    person: object
    today: date
    unit: int | None = None
    until: date | None = None
    without: frozenset = frozenset()
    only: frozenset | None = None

    def of(self, kinds):
        """Return the same of some kinds alone: all who have put off none of these ask alike."""
        codes = {kind.code for kind in kinds}
        without, only = (some and frozenset(each for each in some if each[0] in codes)
                         for some in (self.without, self.only))
        return self._replace(without=without, only=only)


@dataclass(frozen=True, eq=False)
class Kind:
    """A declared due and the noun or part whose rows it stands for; `code` names it in an address."""

    code: str
    due: Due
    of: Savable

    @property
    def title(self):
        return self.due.title

    def concerns(self, role):
        """Tell whether the duty may be one of a person of a role."""
        due = self.due
        if due.mine or due.whose:
            return True
        if role in OVERSEERS and not due.waits:
            role = 'it'  # what the desk answers for
        return role in due.roles if due.roles is not None else in_principle(self.of.permit('edit'), role)

    @property
    def record(self):
        """The table of the record at which the duty is done."""
        field = self.of.table._meta.fields.get(self.due.record)
        return self.of.table if field is None else field.rel_model

    def address(self, role):
        """Return the format of the address that a role is led to: who may not do it, to the record."""
        page = self.due.page or f'{of_table(self.record).address}{{id}}'
        return self.due.at if self.due.at and in_principle(self.of.permit('edit'), role) else page

    def query(self, asked, told=True):
        """Return the select of the rows a person has the duty for, without columns.

        What tells whose a row is and who is responsible is joined where it is `told`: to count needs it not.
        """
        due, table, (person, today, unit, until, *_) = self.due, self.of.table, asked
        query = due.joins(table.select()) if told or due.on is not None else table.select()
        *between, last = unit_path(table) or (None,)
        for field in between if told or unit is not None else ():
            query = query.join_from(field.model, field.rel_model, on=field == field.rel_model.id)
        on = self.on
        where = [table.live(), on.is_null(False), due.open()]
        if until is not None and isinstance(on, DateField):
            where.append(on <= max(until, today + timedelta(days=due.days)) - timedelta(days=due.after))
        if due.mine:
            where.append(table._meta.fields[due.mine] == person.id)
        else:
            where.append(due.whose(person, today) if due.whose
                         else display.Viewer(person, today).limit(table))
        if unit is not None:
            where.append(SQL('1 = 0') if last is None else last == unit)
        if self.is_among(asked.without):
            where.append(~self.those(asked.without))
        if asked.only is not None:
            where.append(self.those(asked.only))
        return query.where(*[each for each in where if each is not None])

    def is_among(self, some):
        return any(code == self.code for code, *_ in some)

    def those(self, some):
        """Return the condition that a row is one of {(code, row, as it stood)}, and stands so still."""
        own = [(row, f'{row} {stood}') for code, row, stood in some if code == self.code]
        table = self.of.table
        return table.id.in_([row for row, _ in own]) & table.id.cast('TEXT').concat(' ').concat(
            self.on.cast('TEXT')).in_([text for _, text in own])

    @property
    def on(self):
        return self.of.table._meta.fields[self.due.name] if self.due.on is None else self.due.on()

    @property
    def unit(self):
        """The expression of the unit that a row belongs to, None where none does."""
        path = unit_path(self.of.table)
        return path[-1] if path else NULL

    def counted(self, asked):
        """Return the select of (day, number) of the duty."""
        # a plain column is grouped in the order of its index
        return self.query(asked, told=False).select(
            self.on.cast('TEXT').alias('d'), fn.COUNT(1).alias('n')).group_by(
            self.on if isinstance(self.on, Field) else SQL('1'))

    def rows(self, asked):
        """Return the select of the duty's rows, in the order of their days.

        Its columns: the row, its day as `on` gives it, the record, the unit, who is responsible, `more`.
        """
        due, table = self.due, self.of.table
        columns = (table.id, self.on.cast('TEXT'), table._meta.fields.get(due.record, table.id),
                   self.unit.cast('INTEGER'), (NULL if due.who is None else due.who).cast('TEXT'),
                   *due.more.values())
        # live rows alone have no day of voiding: so PostgreSQL too finds the order in the index
        return self.query(asked).select(
            *(column.alias(f'c{n}') for n, column in enumerate(columns))).order_by(
            table.voided_at, self.on, table.id)

    def rows_of(self, ids, asked):
        """Return the same of some rows alone, told by their ids."""
        return self.rows(asked).where(self.of.table.id.in_(ids))

    def day(self, text):
        """Return the day of the duty from what its column gave as text."""
        return self.due.read(text) + timedelta(days=self.due.after)


@cache
def kinds():
    """Return every Kind, in the order of the nouns: those of a noun after the other, then those of parts."""
    found = []
    for savable in (*NOUNS.values(), *PARTS):
        for due in savable.due:
            found.append(Kind(f'{savable.name}-{due.name}'.replace('_', '-').lower(), due, savable))
    return tuple(found)


@cache
def kinds_of(role):
    """Return the Kinds that concern a role."""
    return tuple(kind for kind in kinds() if kind.concerns(role))
