"""Figures (指標の数値): every number the office reports is a function registered here.

Each opens to the rows it counted. A measure has a population: the rows that bear on it in a year. On a day
each of them is in exactly one group, counted or left out. The numbers are read by one grouped query for all
the days asked for; the rows only when someone opens them.
"""
from bisect import bisect_left
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cached_property, partial

from peewee import SQL, ColumnBase, Field, Node, fn
from peewee import Case as When

from ..registers import NAME, WithMade
from ..rules import calendar
from ..settings import DatedSettings

#: {name: Measure}, as `measure` was told
MEASURES = WithMade(NAME + '[.][0-9]{1,3}')
SEVERE = 4
RATE = '{n}／{d}'
STEPS = ('steps_per_business',)
#: the group of rows that were voided, in every population
VOIDED = ('voided', False, '取消済み')
#: the group of rows of the year that lie after the day
LATER = ('later', False, '基準日より後')


@dataclass(frozen=True)
class Asked:
    """What a figure is asked for: a year, the days it is looked at, and up to which moment of each.

    `days` are oldest first. `businesses` are the ids of those to which a scoped measure is limited, none for
    all. `keep(key, make)` may keep what several measures or days share: what `make` reads, under all else
    that it uses; with `again`, a table and a function (value, changes), what has changed in that table since
    may be worked into what was kept.
    """

    year: int
    days: tuple
    untils: tuple
    dated: object
    businesses: tuple = ()
    keep: object = staticmethod(lambda key, make, again=None: make())

    @property
    def day(self):
        return self.days[-1]

    @property
    def until(self):
        return self.untils[-1]

    @cached_property
    def bounds(self):
        """The first and last day of the year."""
        return calendar.year_range(self.year)

    @cached_property
    def moments(self):
        """The moments at which the year begins, and at which each day (at the latest the year) is over."""
        start, end = self.bounds
        return day_bounds(start, start)[0], [day_bounds(day, day)[1] for day in self.ends]

    @cached_property
    def ends(self):
        """Each day, or the year's last if that comes first."""
        return [min(day, self.bounds[1]) for day in self.days]


@dataclass(frozen=True)
class Number:
    """What a measure counts on one day: exact numerator, denominator (None for a plain count) and value.

    `recorded` tells whether there is any record to count by; without one nothing is known, which is not 0.
    """

    numerator: int | Fraction | Decimal | None
    denominator: int | None
    value: Fraction | None
    note: str = ''
    recorded: bool = True


@dataclass(frozen=True)
class Population:
    """The rows that bear on a figure, each in one group.

    `query` selects them, `group` is the SQL expression of the group each is in. `groups` are (code, whether
    counted, words). A row no longer stands when it or one of the rows it belongs to was voided: `voidable`
    are their tables, its own first. `joins` adds to a query of the table what its rows are shown with.
    """

    query: object
    group: object
    groups: list
    voidable: tuple
    joins: object = staticmethod(lambda query: query)
    #: gives {code: rows} of all groups without a look at every row, where something does
    tally: object = None
    #: what the rows are in the order of, such that the first of them need no look at all
    order: tuple = ()

    @property
    def table(self):
        return self.query.model

    def rows(self, code):
        """Return the query of a group's rows, in their order."""
        return self.query.where(self.group == code).order_by(*self.order or [self.table.id])

    def sizes(self, limit=None):
        """Return {code: (rows in the group, those of them that fulfil `limit`)}."""
        if limit is None and self.tally is not None:
            found = self.tally()
            return {code: (found[code], found[code]) for code, *_ in self.groups}
        seen = fn.COUNT(self.table.id) if limit is None else fn.SUM(When(None, [(limit, 1)], 0))
        sizes = self.query.select(self.group, fn.COUNT(self.table.id), seen).group_by(SQL('1')).order_by()
        found = {code: (every, some) for code, every, some in sizes.tuples()}
        return {code: found.pop(code, (0, 0)) for code, *_ in self.groups} | found


@dataclass(frozen=True)
class Rows:
    """Rows a figure counted or left out: `words` says why, `query` selects them."""

    words: str
    query: object
    code: str = ''

    def count(self):
        return self.query.count()


@dataclass(frozen=True)
class Figure:
    """One number and the rows behind it.

    The numerator and denominator are exact, the denominator None for a plain count.
    """

    measure: str
    title: str
    numerator: int | Fraction | Decimal | None
    denominator: int | None
    value: Fraction | None
    unit: str
    as_of: object
    settings: tuple = ()
    note: str = ''
    #: how numerator and denominator are read together
    parts: str = RATE
    #: whether there is any record to count by; without one nothing is known, which is not 0
    recorded: bool = True
    asked: object = field(default=None, repr=False, compare=False)

    @property
    def percent(self):
        return self.unit == '%' and self.denominator is not None

    @cached_property
    def population(self):
        return MEASURES[self.measure].rows(self.asked)

    def _groups(self, counted):
        return [Rows(words, self.population.rows(code), code)
                for code, of_them, words in self.population.groups if of_them is counted]

    @cached_property
    def counted(self):
        return self._groups(True)

    @cached_property
    def left_out(self):
        return self._groups(False)


@dataclass(frozen=True)
class Measure:
    """A registered measure: its name, Japanese title, unit, how it counts, and the two functions that do.

    `chosen(day, dated)` names the measure that one stands for on a day, where it does. `numbers(asked)`
    gives a Number for each day, `rows(asked)` the Population of the last one. `records(year, as_of)` is a
    query of what the measure counts by: without a row there, nothing is known. A `scoped` one may be limited
    to some businesses. `clocked` measures look at what is open up to the moment; for the others the day is
    enough. What `grows` can only become more within a year, unless a record is corrected. Where records say
    when it will, `planned(asked)` gives (the count at the year's end, how many have no planned day).
    """

    name: str
    title: str
    unit: str
    how: str
    one: str
    numbers: object
    rows: object
    settings: tuple = ()
    parts: str = RATE
    records: object = None
    scoped: bool = False
    clocked: bool = False
    chosen: object = None
    grows: bool = False
    planned: object = None

    def evaluate(self, asked, whole=True):
        """Return the Number of each day, one without a value where nothing is recorded: that is not 0.

        Unless `whole`, that is asked of the days before the last only where it decides their value.
        """
        found = list(self.numbers(asked))
        if self.records is None:
            return found
        empty = [at for at, number in enumerate(found) if not number.numerator
                 and (whole or number.value is not None or at == len(found) - 1)]
        if self.settings == STEPS:
            # another step master starts from nothing
            empty = [at for at in empty if not self._is_recorded(asked, at)]
        else:
            # what is recorded by a day is so by every later one
            known = next((at for at, number in enumerate(found) if number.numerator), len(found))
            empty = self._unrecorded(asked, [at for at in empty if at < known])
        for at in empty:
            found[at] = replace(found[at], numerator=None, denominator=None, value=None, recorded=False)
        return found

    def _is_recorded(self, asked, at):
        return self.records(asked.year, asked.days[at]).exists()

    def _unrecorded(self, asked, places):
        """Return the first of some places of days by which nothing is recorded yet.

        Asked are the first day, the last one and then those between: mostly one of the two tells.
        """
        is_recorded = partial(self._is_recorded, asked)
        if not places or is_recorded(places[0]):
            return []
        if len(places) == 1 or not is_recorded(places[-1]):
            return places
        return places[:bisect_left(places, True, 1, len(places) - 1, key=is_recorded)]


def measure(name, title, unit, how, rows, one='件', settings=(), parts=RATE, records=None, scoped=False,
            clocked=False, chosen=None, grows=False, planned=None):
    """Register a figure's function.

    `how` says in Japanese how it counts, `one` is the unit of what is still needed (あと24ステップ).
    """
    def mark(function):
        MEASURES[name] = Measure(name, title, unit, how, one, function, rows, settings, parts, records,
                                 scoped, clocked, chosen, grows, planned)
        return function
    return mark


def figure(name, year, as_of=None, today=None, dated=None, until=None, businesses=()):
    """Return the Figure of a measure for a fiscal year as of a day.

    The day is by default the earlier of today and the end of the year. `until` is the moment at which open
    incidents are looked at, by default the end of the day; `businesses` are the ids of the businesses to
    which a scoped measure is limited, none for all.
    """
    as_of = as_of or default_day(year, today)
    asked = asked_for(name, year, [as_of], dated, until, businesses)
    return figure_of(name, asked, MEASURES[name].evaluate(asked)[-1])


def figure_of(name, asked, number):
    """Return the Figure of a measure on the last day asked for, whose Number is known."""
    found = MEASURES[name]
    return Figure(
        name, found.title, number.numerator, number.denominator, number.value, found.unit, asked.day,
        found.settings, number.note, fraction_format(name, asked), number.recorded, asked)


def fraction_format(name, asked):
    """Return how a measure's numerator and denominator are read together."""
    found = MEASURES[name]
    return found.parts if found.chosen is None else MEASURES[found.chosen(asked.day, asked.dated)].parts


def asked_for(name, year, days, dated=None, until=None, businesses=(), keep=None):
    """Return the Asked of a measure, a year and some days.

    The last of the days is looked at up to `until`, by default to its end.
    """
    untils = [day_bounds(day, day)[1] for day in days]
    untils[-1] = until or untils[-1]
    scope = tuple(businesses) if MEASURES[name].scoped else ()
    return Asked(year, tuple(days), tuple(untils), dated or DatedSettings(), scope, *([keep] if keep else []))


def default_day(year, today):
    """Return the day a year is reported as of: the earlier of today and 31 March."""
    return min(today, calendar.year_range(year)[1])


def rate(numerator, denominator, note=''):
    return Number(numerator, denominator, Fraction(numerator) * 100 / denominator if denominator else None,
                  note)


def count(number):
    return Number(number, None, Fraction(number))


def day_bounds(start, end):
    """Return the moments at which the days `start`..`end` (inclusive, in Japan) begin and are over."""
    return (datetime.combine(start, time.min, calendar.JST),
            datetime.combine(end + timedelta(days=1), time.min, calendar.JST))


def bucket(expr, limits, before=False):
    """Return the SQL expression of the first of the ascending `limits` that a value is not after.

    It is the number of that limit, and of the limits where the value is after all. With `before` a value must
    lie before its limit.
    """
    return Bucket(expr, limits, ' < ' if before else ' <= ')


class Bucket(ColumnBase):
    """The expression of `bucket`: as many comparisons of peewee's own take long to write."""

    def __init__(self, expr, limits, operator):
        self.expr, self.limits, self.operator = expr, limits, operator

    def __sql__(self, ctx):
        converter = self.expr.db_value if isinstance(self.expr, Field) else None
        ctx.literal('CASE')
        for place, limit in enumerate(self.limits):
            ctx.literal(' WHEN ').sql(self.expr).literal(self.operator)
            ctx = ctx.sql(limit) if isinstance(limit, Node) else ctx.value(limit, converter)
            ctx.literal(f' THEN {place}')
        return ctx.literal(f' ELSE {len(self.limits)} END')


def running_totals(rows, days):
    """Return for each of `days` places the sum of the numbers of [(bucket, number)] at it or before."""
    found, total = [0] * days, 0
    for at, number in rows:
        if at < days:
            found[at] += number
    for at in range(days):
        total += found[at]
        found[at] = total
    return found


def any_voided(*tables):
    """Return the condition that a row, or one it belongs to, was voided."""
    found = tables[0].voided_at.is_null(False)
    for table in tables[1:]:
        found |= table.voided_at.is_null(False)
    return found


# each registers its measures: in this order they are offered
from . import standardisation, incidents, recovery, training, procurement, reviews, plans  # noqa: E402, F401, I001
