"""Any table as it stood at a moment, replayed from the trail (過去時点の復元)."""
from datetime import date, datetime
from decimal import Decimal
from json import loads

from peewee import DateField, fn

from models.base import ExactField, MomentField
from models.trail import Act, Change


def rows_at(table, moment):
    """Return {row id: {field: value}} of `table` as recorded up to `moment` (aware, inclusive); voided rows too.

    That is up to the last act of that moment in the chain's order: where a clock was set back, what an act stood on stands too.
    """
    fields = table._meta.fields
    states, last = {}, Act.select(fn.MAX(Act.seq)).where(Act.at <= moment)
    for row, values in (Change.select(Change.row, Change.values)
                        .where(Change.table == table._meta.table_name, Change.act <= last)
                        .order_by(Change.act, Change.place).tuples().iterator()):
        state = states.setdefault(row, {name: None for name in fields} | {'id': row})
        for name, (_, after) in loads(values).items():
            if name in fields:
                state[name] = _live(fields[name], after)
    return states


def after(row, count):
    """Return {field: value} of a record as its first `count` changes left it, and the Acts of those that came later, oldest first."""
    fields, later = row._meta.fields, []
    state = dict.fromkeys(fields) if count > 0 else {}
    changes = (Change.select(Change.values, Act).join(Act).where(Change.table == row._meta.table_name, Change.row == row.id)
               .order_by(Change.act, Change.place))
    for place, change in enumerate(changes):
        if place >= count:
            if not later or later[-1] != change.act:
                later.append(change.act)
            continue
        for name, (_, value) in loads(change.values).items():
            if name in fields:
                state[name] = _live(fields[name], value)
    return state, later


def _live(field, value):
    if value is None or not isinstance(value, str):
        return value
    if isinstance(field, MomentField):
        return field.python_value(datetime.fromisoformat(value))
    if isinstance(field, DateField):
        return date.fromisoformat(value)
    if isinstance(field, ExactField):
        return Decimal(value)
    return value
