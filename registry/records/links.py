"""What leads to a record: the newest few records of each noun that name it, their number, their list."""
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from typing import NamedTuple

from peewee import CharField

from forms.fields import Reference, Refs
from models import Department, System, Vendor, db
from models.statements import Prepared, Statement

from ..core import clock
from ..core.memo import cached
from ..core.permits import in_principle, limit_of
from ..web.guard import allowed, signed_in, visible_of
from ..web.menu import address
from .noun import NOUNS, Noun, linked_to

#: how many of the records that lead to one its page shows: all of them are a list
FEW = 20


class Panel(NamedTuple):
    """The records of a noun that lead to one: the newest few, how many there are, the address of them all."""

    rows: list
    total: int
    url: str | None


def panel(rows, name, person=None, **values):
    """Return the Panel of `rows`, the newest FEW records of a noun's list when filtered by `values`."""
    who = person or signed_in()
    seen = visible_of(rows, who)
    if len(rows) < FEW:
        return Panel(seen, len(seen), None)
    noun = NOUNS[name]

    def count():
        limits = [limit_of(noun.table, who, clock.today()), noun.scope(clock.today()),
                  *(each.where(values[each.name]) for each in noun.filters if each.name in values)]
        limits = [limit for limit in limits if limit is not None]
        return noun.table.select(noun.table.id).where(noun.table.live(), *limits).count()
    total = cached(('panel', name, *values.items(), clock.today(), who.id, who.role, who.department_id),
                   count)
    return Panel(seen, total, address(f'{name}.index', **values) if allowed(f'{name}.read') else None)


@dataclass(frozen=True, eq=False)
class Link:
    """A field of a noun's form that names records of one table.

    The noun's list has a filter of the same column.
    """

    noun: Noun
    cell: Reference
    title: str

    @property
    def column(self):
        return getattr(self.cell, 'other', self.cell.attr)

    @cached_property
    def label_columns(self):
        """The text columns of which a row's label is made; () where it is made of anything else."""
        table = self.noun.table
        row, read = table(), ColumnRecorder()
        row.__data__ = read
        if table.labelled_by or not isinstance(row.label, str):
            return ()
        fields = [table._meta.fields[name] for name in read.names]
        return fields if all(isinstance(field, CharField) for field in fields) else ()

    def query(self, id):
        """Return the select of the newest few rows that lead to the record with an id."""
        table = self.noun.table
        leads = linked_to(table, self.cell, id) if isinstance(self.cell, Refs) else (
            table._meta.fields[self.cell.attr] == id)
        columns = [table.id, *self.label_columns] if self.label_columns else []
        return table.select(*columns).where(table.live(), leads).order_by(table.id.desc()).limit(FEW)

    @cached_property
    def prepared(self):
        return Prepared(self.query)

    def statement(self, id):
        """Return the Statement of the newest few rows that lead to a record, and its values."""
        scope = self.noun.scope(clock.today())
        made = self.prepared.statement(1) if scope is None else Statement(self.query(id).where(scope))
        return made, made.parameters((id,))


class ColumnRecorder(dict):
    """The data of a row without any: `names` are the columns that were read."""

    def __init__(self):
        super().__init__()
        self.names = {}

    def __missing__(self, name):
        self.names[name] = True
        return ''


def newest(links, id):
    """Return {link: the newest few rows that lead to a record}.

    Those whose labels are made of texts are read in one statement.
    """
    found, together = {link: [] for link in links}, [link for link in links if link.label_columns]
    width = max((len(link.label_columns) for link in together), default=0)
    asked = {link: link.statement(id) for link in links}
    parts, values = [], []
    for place, link in enumerate(together):
        made, given = asked[link]
        blank = ', NULL' * (width - len(link.label_columns))
        parts.append(f'SELECT {place}, t{place}.*{blank} FROM ({made.sql}) AS t{place}')
        values += given
    if together:
        for place, *cells in db.execute_sql(' UNION ALL '.join(parts), values).fetchall():
            link = together[place]
            found[link].append(asked[link][0].row(cells[:1 + len(link.label_columns)]))
    for link in links:
        if not link.label_columns:
            made, given = asked[link]
            found[link] = [made.row(cells) for cells in db.execute_sql(made.sql, given).fetchall()]
        found[link].sort(key=lambda row: -row.id)
    return found


def links_to(table):
    """Return the Links that lead to a table, in the order in which their nouns were declared.

    Those to a unit are left out, what belongs to a unit is told of by every list; and those among records of
    one kind. Those of registers that the ward made come last.
    """
    made = NOUNS.made().values() if table in MADE_LEAD_TO else ()
    return (*declared_links(table), *(link for noun in made for link in links_of(noun, table)))


#: the tables whose records the rows of registers that the ward made may name
MADE_LEAD_TO = (System, Vendor)


@cache
def declared_links(table):
    return () if table is Department else tuple(
        link for noun in NOUNS.values() for link in links_of(noun, table))


@lru_cache(maxsize=500)
def links_of(noun, table):
    """Return the Links of a noun that lead to a table."""
    cells = [cell for cell in noun.blank.cells() if isinstance(cell, Reference) and cell.table is table]
    if noun.table is table or 'index' not in noun.views:
        return ()
    return tuple(Link(noun, cell, noun.title if len(cells) == 1 else f'{noun.title}（{cell.label.text}）')
                 for cell in cells)


class LinkSection(NamedTuple):
    """A link as a record's page shows it: `rows` are (address, label), `new` is where another is entered."""

    noun: Noun
    title: str
    one: str
    panel: Panel
    rows: list
    new: str | None


def shown_on(noun):
    """Return the Links that a record's page shows the person signed in beside the noun's own panels."""
    role = signed_in().role
    return [link for link in links_to(noun.table)
            if link.noun.name not in noun.own_panels and in_principle(link.noun.permit('read'), role)]


def sections_of(noun, row, read):
    """Return the LinkSections of a record, without what the noun's own panels show.

    `read` are {noun name: rows, the newest few} of what has been read already.
    """
    links, who = shown_on(noun), signed_in()
    known = {link: read[link.noun.name] for link in links if link.title == link.noun.title
             and link.noun.name in read}
    known |= newest([link for link in links if link not in known], row.id)
    found = []
    for link in links:
        other, number = link.noun, row.__data__[link.cell.by.name]
        made = panel(known[link], other.name, who, **{link.column: number})
        labels = other.table.labels_of(made.rows)
        new = None
        if 'new' in other.views and not row.voided_at and allowed(
                other.permit('create'), row, who):
            new = address(f'{other.name}.new', **{link.cell.name: number})
        rows = [(f'{other.address}{each.id}', label) for each, label in zip(made.rows, labels, strict=True)]
        found.append(LinkSection(other, link.title, other.one, made, rows, new))
    return found
