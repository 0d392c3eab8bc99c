"""The duties a person has: of every declared `Due`, how many there are of each day, and the few to be shown.

How many of each day one statement counts for all dues of a kind of row, cached as other counts are; the rows
of a page are read by their places in the order of the days, whatever stands before them.
"""
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, partial
from itertools import chain
from typing import NamedTuple

from peewee import SQL, DateField, Field, fn

from models import db
from models.rules import duties
from models.visibility import unit_path

from ..core import clock
from ..core.memo import cached, cached_drawing, changes_named, words_of
from ..core.permits import UNIT_ROLES, in_principle
from . import display
from .noun import NOUNS, PARTS, Due, Savable, of_table

NULL = SQL('NULL')
#: who oversees: whatever is late at large is theirs to know, nothing of it to do
OVERSEERS = frozenset({'executive'})


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
        if due.mine:
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

    def query(self, person, today, unit, until):
        """Return the select of the rows a person has the duty for, without columns.

        Of one unit alone where its id is given; up to a day, or to where they are announced, where one is.
        """
        due, table = self.due, self.of.table
        query = due.joins(table.select())
        *between, last = unit_path(table) or (None,)
        for field in between:
            query = query.join_from(field.model, field.rel_model, on=field == field.rel_model.id)
        on = self.on
        where = [table.live(), on.is_null(False), due.open()]
        if until is not None and isinstance(on, DateField):
            where.append(on <= max(until, today + timedelta(days=due.days)) - timedelta(days=due.after))
        where.append(table._meta.fields[due.mine] == person.id if due.mine
                     else display.Viewer(person, today).limit(table))
        if unit is not None:
            where.append(SQL('1 = 0') if last is None else last == unit)
        return query.where(*[each for each in where if each is not None])

    @property
    def on(self):
        return self.of.table._meta.fields[self.due.name] if self.due.on is None else self.due.on()

    @property
    def unit(self):
        """The expression of the unit that a row belongs to, None where none does."""
        path = unit_path(self.of.table)
        return path[-1] if path else NULL

    def counted(self, *asked):
        """Return the select of (day, number) of the duty; `asked` is what `query` is."""
        # a plain column is grouped in the order of its index
        return self.query(*asked).select(
            self.on.cast('TEXT').alias('d'), fn.COUNT(1).alias('n')).group_by(
            self.on if isinstance(self.on, Field) else SQL('1'))

    def rows(self, *asked):
        """Return the select of the duty's rows, in the order of their days.

        Its columns: the row, its day as `on` gives it, the record, the unit, who is responsible, `more`.
        """
        due, table = self.due, self.of.table
        columns = (table.id, self.on.cast('TEXT'), table._meta.fields.get(due.record, table.id),
                   self.unit.cast('INTEGER'), (NULL if due.who is None else due.who).cast('TEXT'),
                   *due.more.values())
        # live rows alone have no day of voiding: so PostgreSQL too finds the order in the index
        return self.query(*asked).select(
            *(column.alias(f'c{n}') for n, column in enumerate(columns))).order_by(
            table.voided_at, self.on, table.id)

    def those_of(self, ids, *asked):
        """Return the same of some rows alone, told by their ids."""
        return self.rows(*asked).where(self.of.table.id.in_(ids))

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


@cache
def kinds_of(role):
    """Return the Kinds that concern a role."""
    return tuple(kind for kind in kinds() if kind.concerns(role))


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

    `code` is its kind's and `row` the id of the row it stands for: by both it is known for good.
    """

    code: str
    row: int
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


def shared_key(own, person, today, *more):
    """Return the key of what some kinds give a person: the same for all who see the same rows of them."""
    return (today, person.role, person.department_id if person.role in UNIT_ROLES else None,
            person.id if any(kind.due.mine for kind in own) else None, *more)


def together(statements):
    """Return ([(place, *row)], the `words_of` each) of several selects of the same columns, read together."""
    parts, values, words = [], [], []
    for place, query in enumerate(statements):
        sql, params = query.sql()
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


def days_of(person, unit=None, until=None):
    """Return the Days of the duties of a person, the late ones first and then by the day.

    Of one unit alone where its id is given; up to a day and all that are announced where one is, else all.
    """
    asked = person, clock.today(), unit, until
    return cached_drawing(('duties', *key_of(*asked)), partial(_counted, asked), _in_order)


def _counted(asked):
    """Return the Days of each kind of a person's, counted again for kinds of which something has changed."""
    found = []
    for table, own in by_table(kinds_of(asked[0].role)):
        def kept_on(value, changes):
            return value | _count([kind for kind, (_, words) in value.items()
                                   if changes_named([words], changes)], asked)
        found += cached(('duties of', table, *shared_key(own, *asked)), partial(_count, own, asked),
                        again=(None, kept_on)).values()
    return tuple(days for days, _ in found)


def _in_order(*counted):
    place = {kind: n for n, kind in enumerate(kinds())}
    return sorted(chain(*counted), key=lambda each: (not each.late, each.day, place[each.kind]))


def _count(own, asked):
    """Return {kind: (its Days, the words of the statement they were counted by)} of some kinds."""
    if not own:
        return {}
    counted, found, today = [Counter() for _ in own], {}, asked[1]
    rows, words = together([kind.counted(*asked) for kind in own])
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


def duties_at(person, days, first, number, unit=None, until=None):
    """Return the Duties at some places in the order of `days`, which `days_of` gave for the same.

    Of each kind they are days without a gap.
    """
    spans, found, asked = page_of(days, first, number), [], (person, clock.today(), unit, until)
    for table, own in by_table([kind for kind, *_ in spans]):
        those = tuple(span for span in spans if span[0] in own)
        read = partial(_read_spans, those, asked)

        def kept_on(value, changes, read=read):
            return read() if changes_named(value[1], changes) else value
        found += cached(('duties at', table, those, *shared_key(own, *asked)), read,
                        again=(None, kept_on))[0]
    place = {kind: n for n, kind in enumerate(kinds())}
    found.sort(key=lambda each: (each[2].stage != duties.LATE, each[2].day, place[each[0]], each[1]))
    return [duty for *_, duty in found]


def announced(person):
    """Return {(code, row): (day, stage)} of every duty of a person that is announced today."""
    asked, found = (person, clock.today(), None, clock.today()), {}
    for table, own in by_table(kinds_of(person.role)):
        found |= cached(('announced', table, *shared_key(own, *asked)), partial(_announced, own, asked))
    return found


def _announced(own, asked):
    found, today = {}, asked[1]
    rows, _ = together([kind.query(*asked).select(
        kind.of.table.id.alias('c0'), kind.on.cast('TEXT').alias('c1')) for kind in own])
    for place, row, text in rows:
        kind = own[place]
        day, due = kind.day(text), kind.due
        if due.waits or day <= today + timedelta(days=due.days):
            found[kind.code, row] = day, duties.stage(day, today, due.waits)
    return found


def duties_of(person, keys):
    """Return {(code, row): Duty} of some duties that a person may see, told by kind and row."""
    asked, ids, found = (person, clock.today(), None, None), {}, []
    for code, row in keys:
        ids.setdefault(code, []).append(row)
    for kind in kinds():
        if kind.code in ids:
            found += _read([(kind, kind.those_of(ids[kind.code], *asked))], asked)[0]
    return {(duty.code, duty.row): duty for *_, duty in found}


def _labels(table, ids):
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
    return _read([(kind, kind.rows(*asked).limit(number).offset(start)) for kind, start, number in spans],
                 asked)


def _read(chosen, asked):
    """Return [(kind, row, its Duty)] of [(kind, its `rows`)], and the words of the statements they took."""
    rows, words = together([query for _, query in chosen])
    (person, today, *_), ids = asked, {}
    for place, _, _, record, *_ in rows:
        ids.setdefault(chosen[place][0].record, set()).add(record)
    labels = {table: _labels(table, every) for table, every in ids.items()}
    words += [recorded for table in labels for recorded in _words_of_labels(table)]
    found = []
    for place, row, text, record, of, who, *more in rows:
        kind = chosen[place][0]
        due, day = kind.due, kind.day(text)
        address = kind.address(person.role).format(id=record, **dict(zip(due.more, more, strict=False)))
        found.append((kind, row, Duty(
            kind.code, row, due.title, address, labels[kind.record][record], display.department(of),
            who or '', day, duties.stage(day, today, due.waits), duties.stage_words(day, today, due.waits))))
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
