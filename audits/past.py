"""Any table as it stood at a moment, replayed from the trail (過去時点の復元)."""
from datetime import date, datetime
from decimal import Decimal
from json import loads

from peewee import DateField, fn

from models.base import ExactField, MomentField, db
from models.trail import Act, Change


def rows_at(table, moment):
    """Return {row id: {field: value}} of `table` as recorded up to `moment`.

    The moment is aware and inclusive; voided rows are among them. The chain's order decides: what comes after
    the first act of a later moment is later, whatever moment it bears (trails of before acts had to follow
    one another, or of a pinned day).
    """
    fields, states, end = table._meta.fields, {}, first_act_after(moment)
    for row, values in (Change.select(Change.row, Change.values)
                        .where(Change.table == table._meta.table_name,
                               *([] if end is None else [Change.act < end]))
                        .order_by(Change.act, Change.place).tuples().iterator()):
        state = states.setdefault(row, {name: None for name in fields} | {'id': row})
        for name, (_, after) in loads(values).items():
            if name in fields:
                state[name] = python_value(fields[name], after)
    return states


def changes_between(table, since, until, most):
    """Return [(row id, {field: [before, after]})] of a table's changes, None for over `most`.

    They are of the acts after `since` up to `until`. A new row has all of its fields, those that were left
    blank too.
    """
    found = db.execute_sql(
        f'SELECT row_id, kind, values_json FROM change WHERE table_name = {db.param} '
        f'AND act_id > {db.param} AND act_id <= {db.param} ORDER BY act_id LIMIT {db.param}',
        (table._meta.table_name, since, until, most + 1)).fetchall()
    blank = {name: [None, None] for name in table._meta.fields}
    return None if len(found) > most else [
        (row, {**(blank if kind == 'create' else {}), **loads(values)}) for row, kind, values in found]


def first_act_after(moment):
    """Return the number of the first act after a moment in the chain's order, None when there is none."""
    return Act.select(fn.MIN(Act.seq)).where(Act.at > moment).scalar()


def count_out_of_order(moment):
    """Return how many acts bear a moment up to `moment` though they follow a later one.

    They are not replayed.
    """
    end = first_act_after(moment)
    return 0 if end is None else Act.select().where(Act.seq > end, Act.at <= moment).count()


def state_after(row, count):
    """Return ({field: value}, [Act]) of a record: as its first `count` changes left it, and what came later.

    The Acts are oldest first.
    """
    fields, later = row._meta.fields, []
    state = dict.fromkeys(fields) if count > 0 else {}
    changes = (Change.select(Change.values, Act).join(Act)
               .where(Change.table == row._meta.table_name, Change.row == row.id)
               .order_by(Change.act, Change.place))
    for place, change in enumerate(changes):
        if place >= count:
            if not later or later[-1] != change.act:
                later.append(change.act)
            continue
        for name, (_, value) in loads(change.values).items():
            if name in fields:
                state[name] = python_value(fields[name], value)
    return state, later


def python_value(field, value):
    """Return a value that the trail has recorded as a row holds it."""
    if value is None or not isinstance(value, str):
        return value
    if isinstance(field, MomentField):
        return field.python_value(datetime.fromisoformat(value))
    if isinstance(field, DateField):
        return date.fromisoformat(value)
    if isinstance(field, ExactField):
        return Decimal(value)
    return value
