"""The read side of the trail: a Change → Japanese sentences."""
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache, cached_property, reduce
from json import loads
from operator import attrgetter, or_
from typing import NamedTuple

from peewee import BooleanField, DateField, DoesNotExist, ForeignKeyField

from models import RECORDS, StepMove
from models.base import CodeField, MomentField
from models.rules import calendar
from models.standardisation import ALWAYS, FROM_START
from models.statements import Prepared
from models.trail import Act, Change

from .trail import canonical

TABLES = {table._meta.table_name: table for table in RECORDS}
KINDS = {'create': '登録', 'update': '変更', 'void': '取消'}


#: how many changes a record's page tells at once, and how many of a part of a strategy with all below it
PAGE, LIMIT = 20, 200
#: later than every change: its act, and its place in it
END = 2 ** 62, 0
#: what a record is called that the reader may not see
UNSEEN = 'ほかの所属の記録'


@dataclass(frozen=True)
class Vocabulary:
    """What a table's columns are called, in the order in which sentences name them.

    `formats` has a function for a column whose values need more than their kind to be read; `called` gives
    what another record is called in a sentence; `tell(change, values)` gives the sentences of a whole change,
    None for one that is told column by column.
    """

    labels: dict = field(default_factory=dict)
    formats: dict = field(default_factory=dict)
    called: Callable = attrgetter('label')
    tell: Callable | None = None

    @cached_property
    def places(self):
        return {name: place for place, name in enumerate(self.labels)}


class Told(NamedTuple):
    """What a history tells of an act."""

    seq: int
    at: datetime
    actor_name: str
    reason: str
    channel: str
    kind: str


def of_row(row, parts=(), before=END):
    """Return (Changes, older) of one record and of its `parts`, newest first.

    `parts` are (table, field that leads to the record). Only of what lies before `before`, an act and a place
    in it; `older` is the same for the next page, or None. An act is told whole, but for one that alone
    changed more of the record than a page tells.
    """
    found = list(_prepared(type(row), parts, before == END)(row.id, *before))
    for change in found:
        change.__rel__['act'] = Told(
            change.act_seq, Act.at.python_value(change.act_at), change.act_actor, change.act_reason,
            change.act_channel, change.act_kind)
    if len(found) <= PAGE:
        return found, None
    whole = [change for change in found if change.act.seq != found[-1].act.seq]
    if not whole:
        return found[:PAGE], (found[PAGE - 1].act.seq, found[PAGE - 1].place)
    return whole, (whole[-1].act.seq, 0)


def _changes_of(table, parts, id, newest):
    """Return the condition on the changes of a record and of its parts: each found by its index.

    For the `newest` page the parts last made are enough, and those changed since they were made, however
    many there are.
    """
    found = Change.select(Change.id).where(Change.table == table._meta.table_name, Change.row == id)
    for part, leading in parts:
        every = part.select(part.id).where(part.led_by(leading, table, id))
        for some in ((every.order_by(part.id.desc()).limit(PAGE + 1), every.where(part.revision > 1))
                     if newest else (every,)):
            found += Change.select(Change.id).where(
                Change.table == part._meta.table_name, Change.row.in_(some))
    return Change.id.in_(found)


@cache
def _prepared(table, parts, newest):
    columns = (Change.place, Change.table, Change.label, Change.kind, Change.values, Act.seq.alias('act_seq'),
               Act.at.alias('act_at'), Act.actor_name.alias('act_actor'), Act.reason.alias('act_reason'),
               Act.channel.alias('act_channel'), Act.kind.alias('act_kind'))

    def build(id, act, place):
        earlier = (Change.act < act) | (Change.act == act) & (Change.place < place)
        return _latest(columns, _changes_of(table, parts, id, newest) & earlier, PAGE + 1)
    return Prepared(build)


def label_of(table, label):
    """Return what a changed row was called, in words of today.

    Older labels of a step's moves hold the day that stands for its beginning.
    """
    return label.replace(ALWAYS.isoformat(), FROM_START) if table == StepMove._meta.table_name else label


def who_set(rows, columns, to=None):
    """Return {(name, address)} of the people whose acts gave a column of some records a value.

    `rows` are of one table; with `to` only those count who gave the column that value.
    """
    return {(name, address) for column, value, name, address in _values(rows)
            if column in columns and value is not None and to in (None, value)}


def values_of(rows, column):
    """Return every value that a column of one of the records of a table has had."""
    return {value for name, value, *_ in _values(rows) if name == column}


def _values(rows):
    if not rows:
        return []
    changes = Change.select(Change.values, Act.actor_name, Act.actor).join(Act).where(
        Change.table == rows[0]._meta.table_name, Change.row.in_([row.id for row in rows])).tuples()
    return [(column, value, name, address) for values, name, address in changes
            for column, (_, value) in loads(values).items()]


def used_by_another(row, name):
    """Tell whether another row of a table ever had the text that `row` has in a field, in capitals or not."""
    table, value = type(row), row.__data__[name]
    changes = Change.select(Change.values).where(
        Change.table == table._meta.table_name, Change.row != (row.id or 0),
        Change.values.contains(canonical(value)[1:-1]))
    return any(value.lower() == str(text or '').lower() for (values,) in changes.tuples()
               for text in loads(values).get(name, ()))


def of_rows(rows):
    """Return the latest Changes of some records with their acts, newest first."""
    ids = {}
    for row in rows:
        ids.setdefault(row._meta.table_name, []).append(row.id)
    columns = (Change.table, Change.label, Change.kind, Change.values, Act.seq, Act.at, Act.actor_name,
               Act.reason)
    which = [(Change.table == table) & Change.row.in_(some) for table, some in ids.items()]
    return list(_latest(columns, reduce(or_, which), LIMIT))


def _latest(columns, which, most):
    return _newest(Change.select(*columns).join(Act).where(which), most)


def _newest(query, most):
    return query.order_by(Change.act.desc(), Change.place.desc()).limit(most)


def recorded(change):
    """Return {column: [before, after]} of a change, read once: its names are looked for, then it is told."""
    found = change.__dict__.get('recorded')
    if found is None:
        found = change.__dict__['recorded'] = loads(change.values)
    return found


def add_names(changes, names, called=attrgetter('label'), visible_of=lambda rows: rows):
    """Add to `names` what the records named in some changes are called.

    Read once for each table, not for each change. `called(row)` is what one is called, `visible_of(rows)`
    returns those of a table's rows that the reader may see; others are not named.
    """
    wanted = {}
    for change in changes:
        fields = TABLES[change.table]._meta.fields if change.table in TABLES else {}
        for name, values in recorded(change).items():
            if isinstance(field := fields.get(name), ForeignKeyField):
                wanted.setdefault(field.rel_model, set()).update(
                    id for id in values if type(id) is int and (field.rel_model, id) not in names)
    for table, ids in wanted.items():
        rows = table.by_ids(ids)
        names.update({(table, id): f'#{id}' for id in ids})
        seen = {row.id for row in visible_of(rows)}
        words = table.labels_of(rows) if table.labelled_by else map(called, rows)
        names.update({(table, row.id): text if row.id in seen else UNSEEN
                      for row, text in zip(rows, words, strict=True)})


def sentences(change, vocabulary, names=None, omitted=None):
    """Return the sentences of a change.

    `names` are those of other rows (`add_names` fills them), read where one is not there. A field without a
    label is shown by its key, never hidden; only `omitted`, the field that leads a part to the record whose
    history this is, is left out.
    """
    table = TABLES.get(change.table)
    names = {} if names is None else names
    values = recorded(change)
    if vocabulary.tell is not None:
        with suppress(LookupError, TypeError):  # written behind the application's back: told as it stands
            if (told := vocabulary.tell(change, values)) is not None:
                return told
    if change.kind == 'void':
        return [f'取り消しました（理由: {(values.get("void_reason") or [None, ""])[1] or "記載なし"}）。']
    found = []
    labels, places = vocabulary.labels, vocabulary.places
    for name, (old, new) in sorted(values.items(), key=lambda item: places.get(item[0], len(places))):
        if name in ('void_reason', omitted):
            continue
        label = labels.get(name, name)
        if name == 'voided_at':
            found.append('取消を取りやめました。')
            continue
        if table is not None and name in table.secret:
            found.append(f'{label}を変更しました（内容は記録しません）。')
            continue
        after = show_value(table, name, new, vocabulary, names)
        if change.kind == 'create':
            found.append(f'{label}を「{after}」で登録しました。')
        elif old is None:
            found.append(f'{label}に「{after}」を入れました。')
        else:
            before = show_value(table, name, old, vocabulary, names)
            found.append(f'{label}「{before}」を空欄にしました。' if new is None
                         else f'{label}を「{before}」から「{after}」に変更しました。')
    return found


def show_value(table, name, value, vocabulary, names):
    """Return a recorded value in words: labels of codes, names of other rows, Japanese dates, units."""
    field = table and table._meta.fields.get(name)
    if value is None:
        return '（空欄）'
    try:
        if name in getattr(table, 'value_texts', ()):
            return table.value_texts[name](value)
        if name in vocabulary.formats:
            return vocabulary.formats[name](value)
        return _show_by_kind(field, value, vocabulary.called, names)
    except (ValueError, TypeError, ArithmeticError, LookupError, DoesNotExist):
        return str(value)  # written behind the application's back: shown as it stands


def _show_by_kind(field, value, called, names):
    if isinstance(field, CodeField):
        return field.codes.get(value, value)
    if isinstance(field, BooleanField):
        return 'はい' if value else 'いいえ'
    if isinstance(field, ForeignKeyField):
        key = (field.rel_model, value)
        if key not in names:
            other = field.rel_model.by_id(value)
            names[key] = f'#{value}' if other is None else called(other)
        return names[key]
    if isinstance(field, MomentField):
        return calendar.show_moment(field.python_value(datetime.fromisoformat(value)))
    if isinstance(field, DateField):
        return calendar.show_day(date.fromisoformat(value))
    return str(value)
