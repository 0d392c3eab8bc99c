"""What leads to a record: of every noun whose form names records of its kind, the newest few, how many there
are, and the list of all."""
from dataclasses import dataclass
from functools import cache, cached_property
from typing import NamedTuple

from flask import url_for
from flask_login import current_user

from forms.fields import Pointing, Refs
from models import Department
from models.base import Prepared
from models.visibility import condition

from ..core import clock
from ..core.memo import remembered
from ..web.guard import allowed, visible_of
from .noun import NOUNS, Noun, linked

#: how many of the records that lead to one its page shows: all of them are a list
FEW = 20


class Panel(NamedTuple):
    """What a record's page shows of the records that lead to it: the newest few, how many there are, the
    list of all."""

    rows: list
    total: int
    url: str | None


def panel(rows, name, **values):
    """Return the Panel of `rows`, the newest few (FEW) of the records of a noun that its list holds when
    narrowed by `values`."""
    seen = visible_of(rows)
    if len(rows) < FEW:
        return Panel(seen, len(seen), None)
    noun = NOUNS[name]

    def count():
        limits = condition(noun.table, current_user, clock.today()), noun.scope(clock.today()), *(
            found.where(values[found.name]) for found in noun.filters if found.name in values)
        return noun.table.select(noun.table.id).where(noun.table.live(),
            *(limit for limit in limits if limit is not None)).count()
    total = remembered(('panel', name, *values.items(), clock.today(), current_user.id, current_user.role,
                        current_user.department_id), count)
    return Panel(seen, total, url_for(f'{name}.index', **values) if allowed(f'{name}.read') else None)


@dataclass(frozen=True)
class Link:
    """A field of a noun's form that names records of one table; its list is narrowed by the filter of the
    same column."""

    noun: Noun
    cell: Pointing
    title: str

    @property
    def column(self):
        return getattr(self.cell, 'other', self.cell.attr)

    def query(self, id):
        """Return the select of the newest few rows that lead to the record with an id."""
        table = self.noun.table
        leads = linked(table, self.cell, id) if isinstance(self.cell, Refs) else (
            table._meta.fields[self.cell.attr] == id)
        return table.select().where(table.live(), leads).order_by(table.id.desc()).limit(FEW)

    @cached_property
    def prepared(self):
        return Prepared(self.query)

    def newest(self, id):
        """Return the newest few of the rows that lead to a record."""
        scope = self.noun.scope(clock.today())
        return list(self.prepared(id) if scope is None else self.query(id).where(scope))


@cache
def links_to(table):
    """Return the Links that lead to a table, in the order in which their nouns were declared.

    Those to a unit are left out, what belongs to a unit is told of by every list; and those among records of
    one kind.
    """
    if table is Department:
        return ()
    found = []
    for noun in NOUNS.values():
        cells = [cell for cell in noun.blank.cells() if isinstance(cell, Pointing) and cell.table is table]
        if noun.table is not table and 'index' in noun.views:
            found += [Link(noun, cell, noun.title if len(cells) == 1
                           else f'{noun.title}（{cell.label.text}）') for cell in cells]
    return tuple(found)


class Shown(NamedTuple):
    """A link as a record's page shows it: `rows` are (address, label), `new` is where another is entered."""

    title: str
    one: str
    panel: Panel
    rows: list
    new: str | None


def shown(noun, row, read):
    """Return [Shown] of what leads to a record, but for what the noun's own panels tell of.

    `read` are {noun name: rows, the newest few} of what has been read already.
    """
    found = []
    for link in links_to(noun.table):
        other = link.noun
        if other.name in noun.own_panels or not allowed(f'{other.name}.read'):
            continue
        number = row.__data__[link.cell.by.name]
        rows = read.get(other.name) if link.title == other.title else None
        made = panel(link.newest(row.id) if rows is None else rows, other.name, **{link.column: number})
        labels = other.table.labels_of(made.rows)
        new = None
        if 'new' in other.views and not row.voided_at and allowed(
                f'{other.name}.create', row):
            new = url_for(f'{other.name}.new', **{link.cell.name: number})
        found.append(Shown(link.title, other.one, made, [(f'{other.address}{each.id}', label) for each, label
                                                         in zip(made.rows, labels, strict=True)], new))
    return found
