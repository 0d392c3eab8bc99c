"""What changed lately on the records a person sees (最近の動き): who, when, what, the newest first.

Only the newest acts are looked at, and of each the first rows it changed: by the number of the act, whatever
the trail holds. Which rows these are is kept, so that after an act that one alone is read; what a person sees
of them is asked anew.
"""
from datetime import datetime
from functools import cache
from typing import NamedTuple

from audits import history
from models import Act, Change
from models.base import OFFICE
from models.statements import Prepared, PreparedIn
from models.visibility import is_owned

from ..core import clock
from ..core.memo import cached, head
from ..core.permits import UNIT_ROLES, in_principle
from ..web.guard import visible_of
from . import display, vocabulary
from .dues import labels_by_id, together
from .noun import NOUNS

#: how many acts are looked at, how many rows of each, how many rows at once, and how many acts are told
ACTS, ROWS, SOME, FEW = 200, 3, 50, 4


class Told(NamedTuple):
    """A change as home tells it: of the record at `address`, `more` other fields changed too."""

    act: int
    at: datetime
    who: str
    label: str
    address: str
    words: str
    more: int


class Seen(NamedTuple):
    """A change of a row, told by the name of its table, that a viewer may be told of."""

    change: int
    act: int
    table: str
    row: int


_newest = Prepared(lambda since: Change.select(
    Change.id, Change.act, Change.table, Change.row, Change.place).join(Act).where(
    Act.seq > since, Change.act > since, Change.place < ROWS).order_by(Change.act.desc(), Change.place))
_whole = PreparedIn(lambda *ids: Change.select(
    Change.id, Change.table, Change.row, Change.label, Change.kind, Change.values, Act.seq.alias('act_seq'),
    Act.at.alias('act_at'), Act.actor_name.alias('act_actor')).join(Act).where(Change.id.in_(ids)))


@cache
def records_of(role):
    """Return {table name: (the record's table, the field that leads to it, its noun)} of what a role reads.

    Its own records, with None for the field, and their parts.
    """
    found = {}
    for noun in NOUNS.values():
        table = noun.table
        if 'show' not in noun.views or not in_principle(noun.permit('read'), role):
            continue
        if role in UNIT_ROLES and not is_owned(table):
            # what belongs to no unit is not a unit's own
            continue
        found[table._meta.table_name] = table, None, noun
        for part, field in vocabulary.part_tables(table):
            if part.owned_by != OFFICE and hasattr(field, 'rel_model'):
                found.setdefault(part._meta.table_name, (table, field, noun))
    return found


def recent(person):
    """Return the latest Told of the records a person sees, one of each act."""
    today = clock.today()
    viewer = person.role, person.department_id if person.role in UNIT_ROLES else None, today
    return cached(('recent', *viewer), lambda: _recent(person, today))


def _recent(person, today):
    # kept as long as the process's memory of the same chain
    kept, last = cached(('recent kept', person.role), dict), head().seq
    upto, seen = kept.get('last', (0, []))
    seen = [*_read(max(upto, last - ACTS), last, person.role),
            *(each for each in seen if last - ACTS < each.act <= last)]
    if upto <= last:
        kept['last'] = last, seen
    firsts = {}
    for start in range(0, len(seen), SOME):
        for each in _visible(person, today, seen[start:start + SOME]):
            firsts.setdefault(each.act, each.change)
        if len(firsts) >= FEW:
            break
    few = list(firsts.values())[:FEW]
    told = _tell(few, person.role)
    return tuple(told[change] for change in few)


def _read(since, last, role):
    """Return the Seen of the acts after `since` up to `last`, the newest first."""
    records = records_of(role)
    return [Seen(change.id, change.act_id, change.table, change.row) for change in _newest(since)
            if change.act_id <= last and change.table in records]


def _visible(person, today, seen):
    """Return those of some Seen whose record a person sees."""
    records, ids, viewer = records_of(person.role), {}, display.Viewer(person, today)
    for each in seen:
        ids.setdefault(each.table, set()).add(each.row)
    statements, places, found = [], [], set()
    for name, rows in ids.items():
        table, field, _ = records[name]
        limit = viewer.limit(table)
        if limit is None:
            found |= {(name, row) for row in rows}
            continue
        if field is not None:
            limit = field.in_(table.select(table.id).where(limit))
        own = table if field is None else field.model
        statements.append(own.select(own.id).where(own.id.in_(rows), limit).sql())
        places.append(name)
    if statements:
        found |= {(places[place], row) for place, row in together(statements)[0]}
    return [each for each in seen if (each.table, each.row) in found]


def _tell(some, role):
    """Return {change: Told} of the numbers of some changes."""
    records, names, found = records_of(role), {}, {}
    changes = _whole(some) if some else []
    history.add_names([change for change in changes if change.kind == 'update'], names, display.display_name,
                      visible_of)
    parents = {change.id: parent for change in changes if (parent := _parent(change, *records[change.table]))}
    labels = {table: labels_by_id(table, {row for other, row in parents.values() if other is table})
              for table, _ in parents.values()}
    for change in changes:
        of, field, noun = records[change.table]
        table, record = parents.get(change.id, (of, change.row))
        label = labels[table][record] if field else history.label_of(change.table, change.label)
        words, more = _sentence(change, field, names)
        found[change.id] = Told(change.act_seq, Act.at.python_value(change.act_at), change.act_actor, label,
                                f'{noun.address}{record}', words, more)
    return found


def _parent(change, table, field, noun):
    """Return (table, id) of the record that a changed part belongs to, None where it is none."""
    if field is None:
        return None
    part = history.TABLES[change.table].by_id(change.row)
    return table, part.__data__[field.name]


def _sentence(change, field, names):
    """Return (what a change did in one sentence, how many more fields it changed)."""
    table = history.TABLES[change.table]
    place = '' if field is None else f'{vocabulary.title_of(table)}: '
    if change.kind == 'create':
        return f'{place}登録しました。', 0
    told = history.sentences(change, vocabulary.vocabulary_of(table), names, field and field.name)
    return (f'{place}{told[0]}', len(told) - 1) if told else (f'{place}変更しました。', 0)
