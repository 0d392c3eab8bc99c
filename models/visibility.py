"""Which rows a person may see: one condition per table, asked by lists, records, exports and figures alike.

It follows from what each table says of its ownership (`Table.owned_by`).
"""
from functools import reduce
from operator import or_

from peewee import SQL, Case, ForeignKeyField

from . import RECORDS
from .base import BY_RECORD, OFFICE, OPEN
from .organisation import Department, subtree

READERS = frozenset({'it', 'auditor', 'executive'})
NOTHING = SQL('1 = 0')


def require_owners(tables):
    """Raise where a table says nothing of whose its rows are: who sees them must never default."""
    if undeclared := [table.__name__ for table in tables if table.owned_by is None]:
        raise RuntimeError(f'nothing is said of who sees the rows of {", ".join(undeclared)}')


require_owners(RECORDS)


def is_owned(table):
    """Tell whether the rows of a table belong to units."""
    return table.owned_by not in (OPEN, OFFICE)


def unit_column(table):
    """Return the name of the column that leads to the unit a table's rows belong to.

    None where none does, or a row may belong to several.
    """
    name = table.owned_by.partition('.')[0]
    return name if is_owned(table) and isinstance(table._meta.fields.get(name), ForeignKeyField) else None


def unit_path(table):
    """Return the foreign keys that lead, one after the other, from a table to its rows' unit; () if none."""
    name = unit_column(table)
    if name is None:
        return ()
    field = table._meta.fields[name]
    if field.rel_model is Department:
        return (field,)
    rest = unit_path(field.rel_model)
    return (field, *rest) if rest else ()


def unit_of(row):
    """Return the id of the unit a record belongs to.

    None when it belongs to the whole office or may to several.
    """
    name = unit_column(type(row))
    if name is None:
        return None
    field = row._meta.fields[name]
    if field.rel_model is Department:
        return row.__data__[name]
    return None if row.__data__[name] is None else unit_of(getattr(row, name))


def _in_scope(table, scope, way=None):
    """Return the condition that a table's rows belong to one of the units `scope` (ids)."""
    name, _, rest = (way or table.owned_by).partition('.')
    field = table._meta.fields.get(name)
    if field is None:
        field = next(field for field in table._meta.backrefs if field.backref == name)
        links = field.model
        return table.id.in_(links.select(field).where(links.live(), _in_scope(links, scope, rest)))
    if field.rel_model is Department:
        return field.in_(scope) | field.is_null() if table.open_without_unit else field.in_(scope)
    other = field.rel_model
    return field.in_(other.select(other.id).where(_in_scope(other, scope, rest)))


def condition(table, person, day):
    """Return the condition under which `person` sees rows of `table` on a day, or None when there is none."""
    if table.owned_by == BY_RECORD:
        return _by_record(table, person, day)
    if table.owned_by == OFFICE:
        return None if person.role in ('it', 'auditor', 'admin') else NOTHING
    if table.owned_by == OPEN or person.role in READERS:
        return None
    if person.role == 'admin':
        return NOTHING
    return _in_scope(table, list(subtree(person.department_id, day)))


def _by_record(table, person, day):
    """Return the condition that `person` sees the record that a row names, or None where they see all."""
    limits = {other: condition(other, person, day) for other in RECORDS if other.owned_by != BY_RECORD}
    if not any(limit is not None for limit in limits.values()):
        return None
    seen = [other._meta.table_name for other, limit in limits.items() if limit is None]
    return reduce(or_, [(table.table == other._meta.table_name)
                        & table.row.in_(other.select(other.id).where(limit))
                        for other, limit in limits.items() if limit is not None and limit is not NOTHING],
                  table.table.in_(seen))


def visible(person, row, day):
    """Tell whether `person` may see one row on a day."""
    limit = condition(type(row), person, day)
    return limit is None or type(row).select().where(type(row).id == row.id, limit).exists()


def as_flag(limit):
    """Return a condition (None: there is none) as a column, 1 for the rows that fulfil it."""
    return SQL('1') if limit is None else Case(None, [(limit, 1)], 0)
