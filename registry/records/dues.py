"""The duties a person has: of every declared `Due`, how many there are of each day, and the few to be shown.

How many of each day one statement counts for all dues of a kind of row, cached as other counts are; the rows
of a page are read by their places in the order of the days, whatever stands before them.
"""
from collections import Counter
from datetime import date, timedelta
from functools import cache, partial
from itertools import chain
from typing import NamedTuple

from models import db
from models.organisation import subtree
from models.rules import duties

from ..core import clock
from ..core.memo import cached, cached_drawing, cached_in, changes_named, words_of
from ..core.permits import UNIT_ROLES
from . import display, snoozed
from .due_kinds import OVERSEERS as OVERSEERS
from .due_kinds import Asked, Kind, kinds, kinds_of
from .noun import of_table

#: how many statements are kept
MOST_WRITTEN = 1000


def require_dues():
    """Raise where a declared due names no column of its table, leads nowhere, or is named like another."""
    codes = Counter(kind.code for kind in kinds())
    wrong = [code for code, number in codes.items() if number > 1]
    for kind in kinds():
        due, fields = kind.due, kind.of.table._meta.fields
        named = {due.mine, due.record, due.name if due.on is None else ''} - {''}
        if named - fields.keys() or not due.page and of_table(kind.record) is None:
            wrong.append(kind.code)
    if wrong:
        raise RuntimeError(f'no such due: {", ".join(wrong)}')


def asked_of(person, unit=None, until=None, put_off=False):
    """Return what is Asked of a person today: what they have put off is left out, or with `put_off` alone.

    An auditor sees what anybody has put off.
    """
    today, mine = clock.today(), snoozed.of_person(person.id)
    if put_off:
        return Asked(person, today, unit, until, only=snoozed.of_all() if person.role == 'auditor' else mine)
    return Asked(person, today, unit, until, mine)


class Day(NamedTuple):
    """How many duties of a kind there are of one day; `start` of the kind's come before them.

    `late` and `announced` say how they stand on the day they were counted for.
    """

    kind: Kind
    day: date
    number: int
    start: int
    late: bool
    announced: bool


class Duty(NamedTuple):
    """One duty as pages show it; `stage` and `words` say how it stands, `who` who is responsible, or ''.

    `code` is its kind's and `row` the id of the row it stands for: by both it is known for good. `stood` is
    its day as the row gives it, `put_off` those who have put it off so (`snoozed.PutOff`).
    """

    code: str
    row: int
    stood: str
    put_off: tuple
    title: str
    address: str
    label: str
    unit: str
    who: str
    day: date
    stage: str
    words: str


def key_of(person, today, *more):
    return today, person.id, person.role, person.department_id, *more


def shared_key(own, asked):
    """Return the key of what some kinds give a person: the same for all who see the same rows of them."""
    person, *more = asked.of(own)
    apart = any(kind.due.whose for kind in own)
    return (person.role, person.department_id if person.role in UNIT_ROLES or apart else None,
            person.id if apart or any(kind.due.mine for kind in own) else None, *more)


#: {what the statement that counts a kind is written for: its SQL and parameters}, as they are cached
_written = {}


def counting(kind, asked):
    """Return (SQL, parameters) of counting a kind's duties: written once for all who ask alike."""
    person, today = asked.person, asked.today
    units = cached(('units below', today, person.department_id), lambda: subtree(
        person.department_id, today)) if person.role in UNIT_ROLES or kind.due.whose else None
    key = type(db.obj), kind, units, today, *shared_key([kind], asked)
    if len(_written) >= MOST_WRITTEN:
        _written.clear()
    return cached_in(_written, key, lambda: kind.counted(asked).sql())


def together(statements):
    """Return ([(place, *row)], the `words_of` each) of selects of the same columns, read together.

    Of each its SQL and parameters are given.
    """
    parts, values, words = [], [], []
    for place, (sql, params) in enumerate(statements):
        parts.append(f'SELECT {place}, t{place}.* FROM ({sql}) AS t{place}')
        values += params
        words.append(words_of(sql))
    return db.execute_sql(' UNION ALL '.join(parts), values).fetchall(), words


def by_table(chosen):
    """Return [(table, its kinds)]: what changes with a table is read again without the others."""
    found = {}
    for kind in chosen:
        found.setdefault(kind.of.table, []).append(kind)
    return found.items()


def days_of(person, unit=None, until=None, put_off=False):
    """Return the Days of the duties of a person, the late ones first and then by the day.

    Of one unit alone where its id is given; up to a day and all that are announced where one is, else all.
    With `put_off` of those put off, else of all others.
    """
    chosen = person, unit, until, put_off
    return cached_drawing(('duties', *key_of(person, clock.today(), unit, until, put_off)),
                          lambda: _counted(asked_of(*chosen)), _in_order)


def kinds_asked(asked):
    """Return the Kinds that may have a duty that is asked for."""
    if asked.only is None:
        return kinds_of(asked.person.role)
    return tuple(kind for kind in kinds() if kind.is_among(asked.only))


class Sums(NamedTuple):
    """The Days of a person up to this month's end: those announced, those late, and how many each are.

    `kinds` are the late ones of each kind, `waiting` those that wait, as `tally` gives them.
    """

    announced: list
    total: int
    late_days: list
    late: int
    kinds: list
    waiting: list


def sums_of(person):
    """Return the Sums of a person today: what home and the bell count, added up once while it stands."""
    today = clock.today()
    return cached_drawing(('duty sums', *key_of(person, today)),
                          lambda: (days_of(person, until=duties.month_of(today)[1]),), _sums)


def _sums(days):
    announced = [each for each in days if each.announced]
    late = [each for each in days if each.late]
    return Sums(announced, total(announced), late, total(late), tally(late),
                tally(each for each in days if each.kind.due.waits))


def _counted(asked):
    """Return the Days of each kind of a person's, counted again for kinds of which something has changed."""
    found = []
    for table, own in by_table(kinds_asked(asked)):
        def kept_on(value, changes):
            return value | _count([kind for kind, (_, words) in value.items()
                                   if changes_named([words], changes)], asked)
        found += cached(('duties of', table, *shared_key(own, asked)), partial(_count, own, asked),
                        again=(None, kept_on)).values()
    return tuple(days for days, _ in found)


def _in_order(*counted):
    place = {kind: n for n, kind in enumerate(kinds())}
    return sorted(chain(*counted), key=lambda each: (not each.late, each.day, place[each.kind]))


def _count(own, asked):
    """Return {kind: (its Days, the words of the statement they were counted by)} of some kinds."""
    if not own:
        return {}
    counted, found, today = [Counter() for _ in own], {}, asked.today
    rows, words = together([counting(kind, asked) for kind in own])
    for place, text, number in rows:
        counted[place][own[place].day(text)] += number
    for kind, days, named in zip(own, counted, words, strict=True):
        start, every, due = 0, [], kind.due
        last = date.max if due.waits else today + timedelta(days=due.days)
        for day, number in sorted(days.items()):
            every.append(Day(kind, day, number, start, day < today and not due.waits, day <= last))
            start += number
        found[kind] = every, named
    return found


def page_of(days, first, number):
    """Return [(kind, start, number)] of the duties at some places in the order of `days`."""
    spans, passed = {}, 0
    for each in days:
        begin, end = max(first - passed, 0), min(first + number - passed, each.number)
        passed += each.number
        if begin < end:
            start, so_far = spans.get(each.kind, (each.start + begin, 0))
            spans[each.kind] = start, so_far + end - begin
        if passed >= first + number:
            break
    return [(kind, *span) for kind, span in spans.items()]


def duties_at(person, days, first, number, unit=None, until=None, put_off=False):
    """Return the Duties at some places in the order of `days`, which `days_of` gave for the same.

    Of each kind they are days without a gap.
    """
    spans, found, asked = page_of(days, first, number), [], asked_of(person, unit, until, put_off)
    for table, own in by_table([kind for kind, *_ in spans]):
        those = tuple(span for span in spans if span[0] in own)
        read = partial(_read_spans, those, asked)

        def kept_on(value, changes, read=read):
            return read() if changes_named(value[1], changes) else value
        found += cached(('duties at', table, those, *shared_key(own, asked)), read,
                        again=(None, kept_on))[0]
    place = {kind: n for n, kind in enumerate(kinds())}
    found.sort(key=lambda each: (each[2].stage != duties.LATE, each[2].day, place[each[0]], each[1]))
    return [duty for *_, duty in found]


def announced(person):
    """Return {(code, row): (day, stage)} of every duty of a person that is announced today."""
    asked, found = asked_of(person, until=clock.today()), {}
    for table, own in by_table(kinds_asked(asked)):
        found |= cached(('announced', table, *shared_key(own, asked)), partial(_announced, own, asked))
    return found


def _announced(own, asked):
    found, today = {}, asked.today
    rows, _ = together([kind.query(asked).select(
        kind.of.table.id.alias('c0'), kind.on.cast('TEXT').alias('c1')).sql() for kind in own])
    for place, row, text in rows:
        kind = own[place]
        day, due = kind.day(text), kind.due
        if due.waits or day <= today + timedelta(days=due.days):
            found[kind.code, row] = day, duties.stage(day, today, due.waits)
    return found


def duties_of(person, keys):
    """Return {(code, row): Duty} of some duties that a person may see, told by kind and row."""
    asked, ids, found = Asked(person, clock.today()), {}, []
    for code, row in keys:
        ids.setdefault(code, []).append(row)
    for kind in kinds():
        if kind.code in ids:
            found += _read([(kind, kind.rows_of(ids[kind.code], asked))], asked)[0]
    return {(duty.code, duty.row): duty for *_, duty in found}


def own_duty(person, code, row):
    """Return a duty of a person, put off or not, or None where it is none of theirs to do."""
    if code not in codes_to_do(person.role):
        return None
    return duties_of(person, [(code, row)]).get((code, row))


@cache
def codes_to_do(role):
    """Return the codes of the kinds of duties that a role has to do."""
    return frozenset() if role in OVERSEERS else frozenset(kind.code for kind in kinds_of(role))


def labels_by_id(table, ids):
    """Return {id: label} of some rows of a table."""
    rows = table.by_ids(sorted(ids))
    return dict(zip((row.id for row in rows), table.labels_of(rows), strict=True))


@cache
def _words_of_labels(table):
    """Return, of each table that labels of a table's rows are made of, the names of what is recorded."""
    tables = {table}
    for path in table.labelled_by:
        other = table
        for name in path.split('.'):
            other = other._meta.fields[name].rel_model
            tables.add(other)
    return [{each._meta.table_name, *(field.column_name for name, field in each._meta.fields.items()
                                      if name not in each.derived | each.summaries)} for each in tables]


def _read_spans(spans, asked):
    return _read([(kind, kind.rows(asked).limit(number).offset(start)) for kind, start, number in spans],
                 asked)


def _read(chosen, asked):
    """Return [(kind, row, its Duty)] of [(kind, its `rows`)], and the words of the statements they took."""
    rows, words = together([query.sql() for _, query in chosen])
    person, today, put_off, ids = asked.person, asked.today, snoozed.active(), {}
    for place, _, _, record, *_ in rows:
        ids.setdefault(chosen[place][0].record, set()).add(record)
    labels = {table: labels_by_id(table, every) for table, every in ids.items()}
    words += [snoozed.words(), *(recorded for table in labels for recorded in _words_of_labels(table))]
    found = []
    for place, row, text, record, of, who, *more in rows:
        kind = chosen[place][0]
        due, day = kind.due, kind.day(text)
        address = kind.address(person.role).format(id=record, **dict(zip(due.more, more, strict=False)))
        found.append((kind, row, Duty(
            kind.code, row, text,
            tuple(each for each in put_off.get((kind.code, row), ()) if each.stood == text), due.title,
            address, labels[kind.record][record], display.department(of), who or '', day,
            duties.stage(day, today, due.waits), duties.stage_words(day, today, due.waits))))
    return found, words


def total(days):
    return sum(each.number for each in days)


def tally(days):
    """Return [(kind, number)] of some days' duties, in the order of the kinds."""
    found = Counter()
    for each in days:
        found[each.kind] += each.number
    return [(kind, found[kind]) for kind in kinds() if found[kind]]


def calendar_of(days, first):
    """Return {day: number} of the duties that are due in the month that begins on `first`."""
    last, found = duties.month_of(first)[1], Counter()
    for each in days:
        if first <= each.day <= last and not each.kind.due.waits:
            found[each.day] += each.number
    return found
