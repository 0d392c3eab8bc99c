"""Figures (指標の数値): every number the office reports is a function registered here, and opens to the rows it counted.

A measure has a population: the rows that bear on it in a year. On a day each of them is in exactly one group, counted or
left out. The numbers are read by one grouped query for all the days asked for; the rows only when someone opens them.
"""
from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cached_property, lru_cache, partial, reduce
from operator import or_

from peewee import JOIN, SQL, Select, SqliteDatabase, Value, fn
from peewee import Case as When

from .base import db
from .budgets import BudgetRequest
from .incidents import CaseShare, Incident, IncidentSystem
from .plans import CheckIn, Plan
from .procurement import Case, Review, Support
from .rules import calendar, clocks
from .rules import steps as step_rules
from .settings import Dated
from .standardisation import Business, BusinessSystem, Step, StepMaster, StepMove, StepProgress, master_on, state_on
from .systems import System
from .training import Course, Enrolment

MEASURES = {}
SEVERE = 4
RATE = '{n}／{d}'
STEPS = ('steps_per_business',)
#: the group of rows that were voided, in every population
VOIDED = ('voided', False, '取消済み')
#: the group of rows of the year that lie after the day
LATER = ('later', False, '基準日より後')


@dataclass(frozen=True)
class Asked:
    """What a figure is asked for: a year, the days it is looked at (oldest first), and up to which moment of each.

    `businesses` are the ids of those to which a scoped measure is limited, none for all. `keep(key, make)` may keep what
    several measures or days share: what `make` reads, under all else that it uses; with `again`, a table and a function
    (value, changes), what has changed in that table since may be worked into what was kept.
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
        """The moments at which the year begins, and at which each day, or the year if it comes first, is over."""
        start, end = self.bounds
        return day_bounds(start, start)[0], [day_bounds(day, day)[1] for day in (min(day, end) for day in self.days)]

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
    """The rows that bear on a figure: `query` selects them, `group` is the SQL expression of the group each is in.

    `groups` are (code, whether counted, words). A row no longer stands when it or one of the rows it belongs to was
    voided: `voidable` are their tables, its own first. `joins` adds to a query of the table what its rows are shown with.
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
        found = {code: (every, some) for code, every, some in self.query.select(
            self.group, fn.COUNT(self.table.id), seen).group_by(SQL('1')).order_by().tuples()}
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
    """One number: exact numerator and denominator (None for a plain count), the value, and the rows behind it."""

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
        return [Rows(words, self.population.rows(code), code) for code, of_them, words in self.population.groups
                if of_them is counted]

    @cached_property
    def counted(self):
        return self._groups(True)

    @cached_property
    def left_out(self):
        return self._groups(False)


@dataclass(frozen=True)
class Measure:
    """A registered measure: its name, Japanese title, unit, how it counts, and the two functions that do.

    `numbers(asked)` gives a Number for each day, `rows(asked)` the Population of the last one. `records(year, as_of)` is a
    query of what the measure counts by: without a row there, nothing is known. A `scoped` one may be limited to some
    businesses. `clocked` measures look at what is open up to the moment; for the others the day is enough.
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

    def known(self, asked):
        """Return the Number of each day, one without a value where nothing is recorded: that is not 0."""
        found, recorded = [], self.records is None
        for day, number in zip(asked.days, self.numbers(asked), strict=True):
            # what was recorded by one day was so by every later one; only another step master starts from nothing
            if not number.numerator and (not recorded or self.settings == STEPS):
                recorded = self.records is None or self.records(asked.year, day).exists()
                if not recorded:
                    number = replace(number, numerator=None, denominator=None, value=None, recorded=False)
            found.append(number)
        return found


def measure(name, title, unit, how, rows, one='件', settings=(), parts=RATE, records=None, scoped=False, clocked=False):
    """Register a figure's function; `how` says in Japanese how it counts, `one` counts what is still needed (あと24ステップ)."""
    def mark(function):
        MEASURES[name] = Measure(name, title, unit, how, one, function, rows, settings, parts, records, scoped, clocked)
        return function
    return mark


def figure(name, year, as_of=None, today=None, dated=None, until=None, businesses=()):
    """Return the Figure of a measure for a fiscal year as of a day (default: the earlier of today and its end).

    `until` is the moment at which open incidents are looked at, by default the end of the day; `businesses` are the
    ids of the businesses to which a scoped measure is limited, none for all.
    """
    as_of = as_of or default_day(year, today)
    asked = asked_for(name, year, [as_of], dated, until, businesses)
    return of_number(name, asked, MEASURES[name].known(asked)[-1])


def of_number(name, asked, number):
    """Return the Figure of a measure on the last day asked for, whose Number is known."""
    found = MEASURES[name]
    return Figure(name, found.title, number.numerator, number.denominator, number.value, found.unit, asked.day,
                  found.settings, number.note, of_parts(name, asked), number.recorded, asked)


def of_parts(name, asked):
    """Return how a measure's numerator and denominator are read together."""
    return MEASURES[plans_chosen(asked.day, asked.dated) if name == 'plans.measure' else name].parts


def asked_for(name, year, days, dated=None, until=None, businesses=(), keep=None):
    """Return the Asked of a measure, a year and some days, the last of them looked at up to `until`, by default to its end."""
    untils = [day_bounds(day, day)[1] for day in days]
    untils[-1] = until or untils[-1]
    return Asked(year, tuple(days), tuple(untils), dated or Dated(), tuple(businesses) if MEASURES[name].scoped else (),
                 *([keep] if keep else []))


def default_day(year, today):
    """Return the day a year is reported as of: the earlier of today and 31 March."""
    return min(today, calendar.year_range(year)[1])


def rate(numerator, denominator, note=''):
    return Number(numerator, denominator, Fraction(numerator) * 100 / denominator if denominator else None, note)


def count(number):
    return Number(number, None, Fraction(number))


def day_bounds(start, end):
    """Return the moments at which the days `start`..`end` (inclusive, in Japan) begin and are over."""
    return (datetime.combine(start, time.min, calendar.JST),
            datetime.combine(end + timedelta(days=1), time.min, calendar.JST))


def place(expr, limits, before=False):
    """Return the SQL expression of the first of the ascending `limits` that a value is not after; their number for none.

    With `before` a value must lie before its limit.
    """
    return When(None, [(expr < limit if before else expr <= limit, n) for n, limit in enumerate(limits)], len(limits))


def totals(rows, days):
    """Return for each of `days` places the sum of the numbers of [(place, number)] at it or before."""
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


# --- standardisation (標準化) ---

def _applicable(businesses):
    """Return the condition on the businesses a measure counts, those of the ids `businesses` if any are named."""
    condition = Business.live() & Business.applicable
    return condition & Business.id.in_(businesses) if businesses else condition


def _outside(asked, words):
    """Return (cases, groups) of the rows of businesses that are not counted: not applicable, or not those the indicator names."""
    cases, groups = [(~Business.applicable, 'outside')], [('outside', False, f'適用しない業務{words}')]
    if asked.businesses:
        cases.append((Business.id.not_in(asked.businesses), 'unnamed'))
        groups.append(('unnamed', False, f'指標の対象でない業務{words}'))
    return cases, groups


def _step_records(year, as_of):
    return StepMove.select().join(StepProgress).join(Step).where(
        StepMove.live(), StepMove.on_day <= as_of, StepProgress.live(), Step.live(), Step.master == master_on(as_of))


def _step_numbers(asked):
    """Return [(完了済み, 対象外, businesses, steps per business, recorded steps)] of each day."""
    masters, steps, businesses, recorded, spans = asked.keep(('steps', asked.businesses), lambda: _step_facts(asked.businesses))
    found = []
    for day in asked.days:
        master = next((id for id, valid_from in masters if valid_from <= day), masters[-1][0] if masters else None)
        # a setting below the steps there are would make a rate above 100 %
        size = max(int(asked.dated.on('steps_per_business', day) or 0), steps.get(master, 0))
        held = {'done': 0, 'excluded': 0}
        for state, since, until, number in spans.get(master, ()):
            if since <= day and (until is None or day < until):
                held[state] += number
        found.append((held['done'], held['excluded'], businesses, size, recorded.get(master, 0)))
    return found


def _step_facts(scope):
    """Read the masters [(id, valid from)], newest first, their steps, the applicable businesses, the steps recorded, and the spans
    {master: [(state, since, until, number of steps)]} during which steps of them were done or excluded."""
    steps = dict(Step.select(Step.master, fn.COUNT(Step.id)).where(Step.live()).group_by(Step.master).tuples())
    # as `master_on` chooses: one without steps is not in force
    masters = [found for found in StepMaster.select(StepMaster.id, StepMaster.valid_from).where(StepMaster.live()).order_by(
        StepMaster.valid_from.desc(), StepMaster.id.desc()).tuples() if found[0] in steps]
    businesses = Business.select(fn.COUNT(Business.id)).where(_applicable(scope)).scalar()
    counted = (StepProgress.live(), Step.live(), _applicable(scope))
    recorded = dict(StepProgress.select(Step.master, fn.COUNT(StepProgress.id)).join(Business).switch(StepProgress).join(Step)
                    .where(*counted).group_by(Step.master).tuples())
    following = fn.LEAD(StepMove.on_day).over(partition_by=[StepMove.progress], order_by=[StepMove.on_day, StepMove.id])
    span = (StepMove.select(Step.master.alias('master'), StepMove.status.alias('state'), StepMove.on_day.alias('since'),
                            following.alias('until'))
            .join(StepProgress).join(Business).switch(StepProgress).join(Step).where(StepMove.live(), *counted))
    spans, day = {}, StepMove.on_day.python_value
    for master, state, since, until, number in span.select_from(
            span.c.master, span.c.state, span.c.since, span.c.until, fn.COUNT(1)
            ).where(span.c.state.in_(['done', 'excluded'])).group_by(SQL('1, 2, 3, 4')).tuples():
        spans.setdefault(master, []).append((state, day(since), day(until), number))
    return masters, steps, businesses, recorded, spans


def _missing(businesses, size, recorded):
    missing = businesses * size - recorded
    return f'記録のないステップ {missing} 件は未着手として分母に含めています。' if missing > 0 else ''


def _step_rows(*groups):
    def rows(asked):
        master = master_on(asked.day)
        cases, outside = _outside(asked, 'のステップ')
        state = When(state_on(asked.day), [('done', 'done'), ('excluded', 'excluded')], 'open')
        return Population(
            StepProgress.select().join(Business).switch(StepProgress).join(Step).where(Step.master == (master and master.id)),
            When(None, [(any_voided(StepProgress, Step, Business), 'voided'), *cases], state),
            [*groups, *outside, VOIDED], (StepProgress, Step, Business))
    return rows


@measure('steps.official', 'ステップ完了率（国の定義）', '%',
         how='（完了済み＋対象外）÷（適用業務の数×ステップ数）。国の公表の定義で、作業量に対する完了率ではありません。',
         rows=_step_rows(('done', True, '完了済み'), ('excluded', True, '対象外（国の定義では完了に含めます）'),
                         ('open', False, '未着手・作業中（分母に含めます）')),
         one='ステップ', settings=STEPS, records=_step_records, scoped=True)
def steps_official(asked):
    """(完了済み + 対象外) ÷ (適用業務 × ステップ数), the ministry's formula (BR-10, BR-11); not a rate of work done."""
    return [rate(*step_rules.official(done, excluded, businesses, size), _missing(businesses, size, recorded))
            for done, excluded, businesses, size, recorded in _step_numbers(asked)]


@measure('steps.strict', 'ステップ完了率（対象外を除く）', '%',
         how='完了済み÷（適用業務の数×ステップ数−対象外）。対象外を分子にも分母にも含めません。',
         rows=_step_rows(('done', True, '完了済み'), ('open', False, '未着手・作業中（分母に含めます）'),
                         ('excluded', False, '対象外（分子にも分母にも含めません）')),
         one='ステップ', settings=STEPS, records=_step_records, scoped=True)
def steps_strict(asked):
    """完了済み ÷ (適用業務 × ステップ数 − 対象外): the rate of steps that really had to be done."""
    return [rate(*step_rules.strict(done, excluded, businesses, size), _missing(businesses, size, recorded))
            for done, excluded, businesses, size, recorded in _step_numbers(asked)]


def _cutovers(asked):
    """Return [day of the cut-over] of the businesses that count."""
    return asked.keep(('cutovers', asked.businesses), lambda: [day for (day,) in Business.select(Business.cutover_on).where(
        _applicable(asked.businesses)).tuples()])


def _cutover_records(year, as_of):
    return Business.select().where(Business.live(), Business.applicable, Business.cutover_on <= as_of)


def _business_rows(counted, words, left):
    def rows(asked):
        cases, outside = _outside(asked, '')
        return Population(Business.select(), When(None, [(any_voided(Business), 'voided'), *cases, (counted(asked), 'over')], 'left'),
                          [('over', True, words), ('left', False, left), *outside, VOIDED], (Business,))
    return rows


@measure('cutovers.rate', '本番切替率', '%',
         how='基準日までに本番切替した適用業務÷適用業務。',
         rows=_business_rows(lambda asked: Business.cutover_on <= asked.day, '本番切替済み', '未切替（分母に含めます）'),
         one='業務', records=_cutover_records, scoped=True)
def cutovers_rate(asked):
    """Applicable businesses cut over by the day ÷ applicable businesses (BR-12)."""
    found = _cutovers(asked)
    return [rate(sum(day is not None and day <= as_of for day in found), len(found)) for as_of in asked.days]


@measure('cutovers.count', '年度内に本番切替した業務', '業務',
         how='年度内、基準日までに本番切替した適用業務の数。',
         rows=_business_rows(lambda asked: Business.cutover_on.between(asked.bounds[0], asked.ends[-1]), '年度内に切替',
                             '年度内に切り替えていない業務'),
         one='業務', records=_cutover_records, scoped=True)
def cutovers_count(asked):
    """Applicable businesses whose cut-over fell in the year and not after the day."""
    found, start = _cutovers(asked), asked.bounds[0]
    return [count(sum(day is not None and start <= day <= end for day in found)) for end in asked.ends]


# --- incidents (インシデント) ---

def _incident_rows(asked, cases, default, groups):
    """Return the Population of the incidents detected in the year, in the groups of `cases` unless voided or later than the day."""
    start, (*_, over) = asked.moments
    end = day_bounds(asked.bounds[1], asked.bounds[1])[1]
    return Population(Incident.select().where(Incident.detected_at >= start, Incident.detected_at < end),
                      When(None, [(any_voided(Incident), 'voided'), (Incident.detected_at >= over, 'later'), *cases], default),
                      [*groups, LATER, VOIDED], (Incident,), order=(Incident.detected_at, Incident.id))


def _severe(asked, struck):
    """Return the number of severe incidents of the year among the ids `struck`, detected by each day."""
    start, ends = asked.moments
    return [count(number) for number in totals(
        Incident.select(place(Incident.detected_at, ends, before=True), fn.COUNT(Incident.id)).where(
            Incident.live(), Incident.level >= SEVERE, Incident.detected_at >= start, Incident.detected_at < ends[-1],
            Incident.id.in_(struck)).group_by(SQL('1')).tuples(), len(ends))]


def _incident_records(year, as_of):
    return Incident.select().where(Incident.live(), Incident.detected_at < day_bounds(as_of, as_of)[1])


def _window_records(year, as_of):
    # of the few businesses first: while none has begun no incident is looked at
    return Business.select().where(Business.live(), Business.applicable, (Business.cutover_on <= as_of)
                                   | (Business.window_from <= as_of), fn.EXISTS(_incident_records(year, as_of)))


def windows(dated):
    """Return [(business, first day, last day)] of the cut-over windows (端境期) of applicable businesses."""
    found = []
    for business in Business.select().where(Business.live(), Business.applicable):
        start, end = business.window_from, business.window_to
        if (start is None or end is None) and business.cutover_on is not None:
            first, last = clocks.cutover_window(
                business.cutover_on, int(dated.on('window_before_days', business.cutover_on)),
                int(dated.on('window_after_days', business.cutover_on)))
            start, end = start or first, end or last
        if start is not None and end is not None:
            found.append((business, start, end))
    return found


def _in_window(asked):
    """Return the select of the ids of incidents detected in the window of a business that one of their systems serves."""
    struck, inside = Incident.alias(), []
    for business, start, end in windows(asked.dated):
        since, until = day_bounds(start, end)
        inside.append((BusinessSystem.business == business.id) & (struck.detected_at >= since) & (struck.detected_at < until))
    return (IncidentSystem.select(IncidentSystem.incident).join(struck, on=IncidentSystem.incident == struck.id)
            .join(BusinessSystem, on=BusinessSystem.system == IncidentSystem.system)
            .where(IncidentSystem.live(), BusinessSystem.live(), struck.level >= SEVERE, reduce(or_, inside) if inside else SQL('1 = 0')))


@measure('incidents.in_window', '端境期のレベル4以上の障害', '件',
         how='年度内に検知したレベル4以上のインシデントのうち、対象システムが属する業務の端境期に検知したものの数。',
         rows=lambda asked: _incident_rows(asked, [(Incident.level < SEVERE, 'low'), (Incident.id.in_(_in_window(asked)), 'inside')], 'other', [
             ('inside', True, '端境期に検知したレベル4以上'), ('other', False, '端境期の外、または切替業務のシステムでないレベル4以上'),
             ('low', False, 'レベル3以下')]),
         settings=('window_before_days', 'window_after_days'), records=_window_records)
def incidents_in_window(asked):
    """Incidents of level ≥ 4 detected inside the cut-over window of a business one of their systems serves (BR-13)."""
    return _severe(asked, _in_window(asked))


def _on_platform():
    """Return the select of the ids of incidents that struck a system of category 共通基盤・ネットワーク."""
    platform = System.select(System.id).where(System.category == 'platform')
    return IncidentSystem.select(IncidentSystem.incident).where(IncidentSystem.live(), IncidentSystem.system.in_(platform))


@measure('incidents.severe_platform', '共通基盤・ネットワークのレベル4以上の障害', '件',
         how='年度内に検知したレベル4以上のインシデントのうち、共通基盤・ネットワークのシステムに起きたものの数。',
         rows=lambda asked: _incident_rows(asked, [(Incident.level < SEVERE, 'low'), (Incident.id.in_(_on_platform()), 'platform')], 'other', [
             ('platform', True, '基盤のレベル4以上'), ('other', False, '基盤以外のシステムのレベル4以上'), ('low', False, 'レベル3以下')]),
         records=_incident_records)
def incidents_severe_platform(asked):
    """Incidents of level ≥ 4 on a system of category 共通基盤・ネットワーク, detected in the year."""
    return _severe(asked, _on_platform())


RECOVERY = ('business_hours', 'recovery_start', 'recovery_stop')


def recovery_of(incident, now, dated):
    """Return the Recovery of one incident by the settings in force on the day it was detected (BR-16)."""
    day = incident.detected_at.astimezone(calendar.JST).date()
    start = (incident.occurred_at if dated.on('recovery_start', day) == '発生' else None) or incident.detected_at
    stop = incident.restored_at
    if dated.on('recovery_stop', day) == '暫定復旧':
        stop = incident.mitigated_at or stop
    if stop is not None and stop > now:
        stop = None
    hours = calendar.parse_hours(dated.on('business_hours', day))
    return clocks.recovery(start, stop, now, hours, detected=incident.detected_at)


def seconds(moment):
    """Return the SQL expression of a moment as whole seconds since 1970."""
    if isinstance(db.obj, SqliteDatabase):
        # a day's number is far cheaper than the seconds as text; its last digits are less than half a millisecond
        return ((fn.JULIANDAY(moment) - 2440587.5) * 86400 + 0.0005).cast('INTEGER')
    return fn.FLOOR(fn.DATE_PART('epoch', moment)).cast('BIGINT')


@lru_cache(maxsize=100)
def closed_between(first, last):
    """Return the numbers of the days from Monday to Friday on which the city hall is closed."""
    return [n for n in range(first.toordinal(), last.toordinal() + 1)
            if calendar.is_holiday(day := date.fromordinal(n)) and day.weekday() < 5]


class Clock:
    """`recovery_of` as SQL, over the incidents detected on the days `first`..`last`, between which no setting changes.

    `hours`, `start` and `stop` are the settings' values then.
    """

    EPOCH = date(1970, 1, 1).toordinal()
    #: what the clock of an incident detected outside and inside business hours may take
    TARGETS = timedelta(hours=24), timedelta(hours=4)

    def __init__(self, first, last, hours, start, stop):
        self.first, self.last, self.hours = first, last, calendar.parse_hours(hours)
        self.since, self.over = day_bounds(first, last)
        self.start, self.stop = Incident.detected_at, Incident.restored_at
        if start == '発生':
            self.start = fn.COALESCE(Incident.occurred_at, Incident.detected_at)
        if stop == '暫定復旧':
            self.stop = fn.COALESCE(Incident.mitigated_at, Incident.restored_at)
        # Japan knows no summer time
        self.local = seconds(Incident.detected_at) + 9 * 3600
        # service may be back before anyone noticed: that took no time
        self.took = When(None, [(self.stop > self.start, seconds(self.stop) - seconds(self.start))], 0)

    def detected(self):
        """Return the condition that an incident was detected on these days."""
        return (Incident.detected_at >= self.since) & (Incident.detected_at < self.over)

    def inside(self, local):
        """Return the condition that a second of Japan's time, counted from 1970, lies in business hours."""
        number = local / 86400
        # 1 January 1970 was a Thursday
        weekday = (number + 3) - (number + 3) / 7 * 7
        closed = [n - self.EPOCH for n in closed_between(self.first, self.last)]
        return (weekday < 5) & (local - number * 86400).between(*(
            (at.hour * 60 + at.minute) * 60 + at.second for at in (self.hours.start, self.hours.end))) & number.not_in(closed)

    def by_target(self, inside, make):
        """Return the expression that `make` gives for the target that applies."""
        outside, within = self.TARGETS
        return When(None, [(inside, make(within))], make(outside))

    def in_time(self, inside, took):
        """Return the condition that a recovery took no longer than its target."""
        return took <= self.by_target(inside, lambda target: int(target.total_seconds()))

    def missed_from(self, inside, start, untils):
        """Return the expression of the first of the moments at which an incident, still open, has missed its target."""
        return self.by_target(inside, lambda target: place(start, [moment_value(until - target) for until in untils], before=True))

    def verdict(self, until):
        """Return the expression of how an incident stands at a moment: met, missed or open."""
        inside, over = self.inside(self.local), self.stop <= moment_value(until)
        return When(None, [(over & self.in_time(inside, self.took), 'met'), (over, 'missed'),
                           (self.missed_from(inside, self.start, [until]) == 0, 'missed')], 'open')

    def told(self, apart=False):
        """Return {day: ((inside, kind, incidents, longest, first start, first stop), …)} of the incidents detected on these days.

        `kind` is one of VOIDED_KIND, SIGN, and for those over by the end of their day IN_TIME and LATE; any other incident
        stands by itself, its id the kind. `apart` sets those over by the end of their day apart too. What is dear to work
        out is worked out once for a row, in tables of their own.
        """
        state = When(None, [(Incident.voided_at.is_null(False), VOIDED_KIND), (Incident.level < clocks.JUDGED_FROM, SIGN)], 0)
        told = Incident.select(
            Incident.id.alias('id'), self.start.alias('start'), self.stop.alias('stop'), self.local.alias('local'),
            self.took.alias('took'), ((seconds(self.stop) + 9 * 3600) / 86400).alias('over'), state.alias('state')).where(
            self.detected()).cte('told', materialized=True)
        judged = Select([told], [
            told.c.id, told.c.start, told.c.stop, told.c.took, told.c.over, told.c.state, (told.c.local / 86400).alias('number'),
            When(None, [(self.inside(told.c.local), 1)], 0).alias('inside')]).cte('judged', materialized=True)
        settled = [(judged.c.over <= judged.c.number, When(
            None, [(self.in_time(judged.c.inside == 1, judged.c.took), IN_TIME)], LATE))]
        kind = When(None, [(judged.c.state < 0, judged.c.state), *([] if apart else settled)], judged.c.id)
        query = Select([judged], [judged.c.number, judged.c.inside, kind, fn.COUNT(1), fn.MAX(judged.c.took), fn.MIN(judged.c.start),
                                  fn.MIN(judged.c.stop)]).group_by(SQL('1, 2, 3')).with_cte(told, judged)
        moment, found = Incident.detected_at.python_value, {}
        for number, inside, *row, start, stop in query.bind(db).tuples():
            found.setdefault(date.fromordinal(number + self.EPOCH), []).append((bool(inside), *row, moment(start), moment(stop)))
        return {day: tuple(rows) for day, rows in found.items()}

    @classmethod
    def stands(cls, row, until):
        """Return (how an incident told apart stands at a moment: met, missed or open, the seconds it has taken)."""
        inside, _, _, took, start, stop = row
        target = cls.TARGETS[inside]
        if stop is not None and stop <= until:
            return 'met' if took <= target.total_seconds() else 'missed', took
        taken = until - start
        return 'missed' if taken > target else 'open', int(taken.total_seconds())


#: kinds of incidents that stand together; the kind of one that stands by itself is its id
VOIDED_KIND, SIGN, IN_TIME, LATE = -1, -2, -3, -4


def moment_value(moment):
    """Return a moment as a value of the kind its column holds, for expressions that know no column."""
    return Value(Incident.detected_at.db_value(moment), converter=False)


def periods(asked, names):
    """Return [(first day, last day)] of the parts of the year between which none of the settings changes."""
    start, end = asked.bounds
    days = sorted({start, *(row.valid_from for name in names for row in asked.dated.rows.get(name, ())
                            if start < row.valid_from <= end)})
    return list(zip(days, [*(day - timedelta(days=1) for day in days[1:]), end], strict=True))


def _terms(asked):
    """Return ((first day, last day, value of each setting of RECOVERY), …) of the year's periods."""
    return tuple((first, last, *(asked.dated.on(name, first) for name in RECOVERY)) for first, last in periods(asked, RECOVERY))


def _told(term):
    return Clock(*term).told()


#: of so many days what is told is told anew one by one; of more, all of it at once
FEW_DAYS = 20


def _told_again(term, told, changes):
    """Return what is told of the incidents of a term anew for the days on which something has changed since."""
    first, last, *settings = term
    moments = [datetime.fromisoformat(text) for _, values in changes for text in values.get('detected_at', ()) if text]
    moments = [*map(Incident.detected_at.python_value, moments), *(at for (at,) in Incident.select(Incident.detected_at).where(
        Incident.id.in_(list({id for id, _ in changes}))).tuples())]
    days = {day for at in moments if first <= (day := at.astimezone(calendar.JST).date()) <= last}
    if len(days) > FEW_DAYS:
        return _told(term)
    found = {day: rows for day, rows in told.items() if day not in days}
    for day in days:
        found |= _told((day, day, *settings))
    return found


class Recoveries:
    """How the incidents of a year stand on each of the days asked for, of what is told of each day on which some were detected."""

    def __init__(self, asked):
        self.asked, self.terms = asked, _terms(asked)
        told = {}
        for term in self.terms:
            told |= asked.keep(('incidents told', term), partial(_told, term), again=(Incident, partial(_told_again, term)))
        self.days = sorted(told.items())
        self.overs = [day_bounds(day, day)[1] for day, _ in self.days]

    def split(self, at):
        """Return (how many of the days are over at a day asked for, rows told apart of those that the moment lies within)."""
        end, until = self.asked.moments[1][at], self.asked.untils[at]
        whole, known, rows = bisect_right(self.overs, min(end, until)), bisect_right(self.overs, end), []
        if whole < known:
            since, last = self.days[whole][0], self.days[known - 1][0]
            for first, over, *settings in self.terms:
                if first <= last and over >= since:
                    told = Clock(max(first, since), min(over, last), *settings).told(apart=True)
                    rows += [row for each in told.values() for row in each]
        return whole, known, rows

    def numbers(self):
        """Return {inside business hours: [Number of each day]}."""
        # by the number of days that are over: (in time, judged, longest) of what stood together, and what stands by itself
        sums, single = {True: [(0, 0, None)], False: [(0, 0, None)]}, []
        for at, (_, rows) in enumerate(self.days):
            for inside, told in sums.items():
                met, judged, longest = told[-1]
                for within, kind, number, took, *_ in rows:
                    if within is inside and kind in (IN_TIME, LATE):
                        met, judged, longest = met + (number if kind == IN_TIME else 0), judged + number, max(longest or 0, took)
                told.append((met, judged, longest))
            single += [(at, row) for row in rows if row[1] > 0]
        numbers = {True: [], False: []}
        for at, until in enumerate(self.asked.untils):
            whole, _, rows = self.split(at)
            found = {inside: list(told[whole]) for inside, told in sums.items()}
            for row in [*(row for place, row in single if place < whole), *(row for row in rows if row[1] > 0)]:
                verdict, taken = Clock.stands(row, until)
                if verdict != 'open':
                    tally = found[row[0]]
                    tally[:] = tally[0] + (verdict == 'met'), tally[1] + 1, max(tally[2] or 0, taken)
            for inside, (met, judged, worst) in found.items():
                numbers[inside].append(Number(met, judged, None if worst is None else Fraction(worst, 3600),
                                              '値は最も長くかかった復旧時間です。'))
        return numbers

    def sizes(self, inside):
        """Return {code: incidents} of the groups of a figure on the last day asked for."""
        whole, known, rows = self.split(-1)
        found = Counter()
        for row in [*(row for _, told in self.days[:whole] for row in told), *rows]:
            within, kind, number, *_ = row
            if kind == VOIDED_KIND:
                code = VOIDED[0]
            elif within is not inside:
                code = 'other'
            else:
                code = {SIGN: 'sign', IN_TIME: 'met', LATE: 'missed'}.get(kind) or Clock.stands(row, self.asked.until)[0]
            found[code] += number
        for _, told in self.days[known:]:
            for _, kind, number, *_ in told:
                found[VOIDED[0] if kind == VOIDED_KIND else LATER[0]] += number
        return found


def _recovery_numbers(asked, inside):
    return asked.keep(('recoveries', asked.year, asked.days, asked.untils, _terms(asked)), lambda: Recoveries(asked).numbers())[inside]


def _recovery_rows(inside):
    def rows(asked):
        cases = [(clock.detected(), When(
            None, [(~clock.inside(clock.local) if inside else clock.inside(clock.local), 'other'),
                   (Incident.level < clocks.JUDGED_FROM, 'sign')], clock.verdict(asked.until)))
                 for clock in (Clock(*term) for term in _terms(asked))]
        return replace(_incident_rows(asked, cases, 'open', [
            ('met', True, '目標時間内に復旧'), ('missed', True, '目標時間を超過'),
            ('open', False, '未復旧で、目標時間がまだ過ぎていないもの'),
            ('sign', False, 'レベル1（予兆・影響なし。復旧を判定しません）'),
            ('other', False, '業務時間外に検知' if inside else '業務時間内に検知')]), tally=lambda: Recoveries(asked).sizes(inside))
    return rows


RECOVERY_PARTS = '{d}件のうち目標時間内{n}件'


@measure('incidents.recovery_business_hours', '業務時間内の障害の復旧時間', '時間',
         how='業務時間内に検知したレベル2以上のインシデントの復旧時間（経過した実時間）。目標は4時間以内で、値は最も長いもの。',
         rows=_recovery_rows(True), settings=RECOVERY, parts=RECOVERY_PARTS, records=_incident_records, clocked=True)
def recovery_business_hours(asked):
    """Incidents detected inside business hours: restored within 4 h / all such; the value is the worst time (h)."""
    return _recovery_numbers(asked, True)


@measure('incidents.recovery_off_hours', '業務時間外の障害の復旧時間', '時間',
         how='業務時間外に検知したレベル2以上のインシデントの復旧時間（経過した実時間）。目標は24時間以内で、値は最も長いもの。',
         rows=_recovery_rows(False), settings=RECOVERY, parts=RECOVERY_PARTS, records=_incident_records, clocked=True)
def recovery_off_hours(asked):
    """Incidents detected outside business hours: restored within 24 h / all such; the value is the worst time (h)."""
    return _recovery_numbers(asked, False)


# --- training (研修) ---

def _reported_course(year):
    """Return the condition that the census of a course bears on the year's completion rate."""
    return (Course.fiscal_year == year) & Course.mandatory & (Course.category == 'security')


def _completion_rows(asked):
    return Population(
        Enrolment.select().join(Course).where(_reported_course(asked.year)),
        When(None, [(any_voided(Enrolment, Course), 'voided'), (Course.census_on > asked.day, 'coming'),
                    (Enrolment.status == 'excluded', 'excluded'),
                    ((Enrolment.status == 'done') & (Enrolment.completed_on <= asked.day), 'done')], 'waiting'),
        [('done', True, '修了'), ('waiting', False, '未修了（分母に含めます）'), ('excluded', False, '除外（理由つき）'),
         ('coming', False, '対象者基準日がまだ来ていない研修'), VOIDED], (Enrolment, Course))


@measure('training.completion', 'セキュリティ研修受講率', '%',
         how='必須の情報セキュリティ研修の修了者÷（対象者−除外）。対象者は対象者基準日の名簿で、その日が来た研修を数えます。',
         rows=_completion_rows, one='人', records=lambda year, as_of: Enrolment.select().join(Course).where(
             Enrolment.live(), Course.live(), _reported_course(year), Course.census_on.is_null() | (Course.census_on <= as_of)))
def training_completion(asked):
    """修了 ÷ (対象者 − 除外) over the mandatory 情報セキュリティ courses of the year, on their census (BR-25)."""
    census = When(None, [(Course.census_on.is_null(), 0)], place(Course.census_on, asked.days))
    found = Enrolment.select(census, When(None, [(Enrolment.status == 'done', place(Enrolment.completed_on, asked.days))], len(asked.days)),
                             fn.COUNT(Enrolment.id)).join(Course).where(
        Enrolment.live(), Course.live(), _reported_course(asked.year), Enrolment.status != 'excluded').group_by(SQL('1, 2')).tuples()
    found = list(found)
    # who has completed is counted from the later of the two days on
    done = totals([(max(census, completed), number) for census, completed, number in found], len(asked.days))
    every = totals([(census, number) for census, _, number in found], len(asked.days))
    return [rate(*pair) for pair in zip(done, every, strict=True)]


# --- procurement support (調達支援) ---

def _counted_request():
    """Return the condition that a budget request is an IT request that counts."""
    return BudgetRequest.live() & BudgetRequest.it_cost & BudgetRequest.exclusion_reason.is_null()


def _budget_supports():
    """Return the select of the live cases of a budget request whose 予算要求調達支援 is completed."""
    return Case.select(Case.request).join(Support).where(
        Case.live(), Case.request.is_null(False), Support.live(), Support.kind == 'budget', Support.state == 'completed')


def _budget_rows(asked):
    return Population(
        BudgetRequest.select().where(BudgetRequest.requested_on.between(*asked.bounds)),
        When(None, [(any_voided(BudgetRequest), 'voided'), (BudgetRequest.requested_on > asked.day, 'later'),
                    (~BudgetRequest.it_cost, 'plain'), (BudgetRequest.exclusion_reason.is_null(False), 'excluded'),
                    (BudgetRequest.id.in_(_budget_supports().where(Support.completed_on <= asked.day)), 'done')], 'waiting'),
        [('done', True, '支援を完了'), ('waiting', False, '支援が完了していない（分母に含めます）'), ('plain', False, 'IT経費でない要求'),
         ('excluded', False, '除外（理由・承認者つき）'), LATER, VOIDED], (BudgetRequest,))


@measure('support.budget_coverage', '予算要求調達支援の実施率', '%',
         how='予算要求調達支援を完了した案件のあるIT要求÷年度内のすべてのIT要求（除外を除く）。', rows=_budget_rows,
         records=lambda year, as_of: BudgetRequest.select().where(BudgetRequest.live(), BudgetRequest.requested_on <= as_of))
def budget_coverage(asked):
    """IT budget requests of the year with a case whose 予算要求調達支援 is completed ÷ all such requests (BR-18)."""
    start, places = asked.bounds[0], len(asked.days)
    every = totals(BudgetRequest.select(place(BudgetRequest.requested_on, asked.ends), fn.COUNT(BudgetRequest.id)).where(
        _counted_request(), BudgetRequest.requested_on.between(start, asked.ends[-1])).group_by(SQL('1')).tuples(), places)
    first = fn.MIN(Support.completed_on)
    supported = (Support.select(BudgetRequest.id, place(BudgetRequest.requested_on, asked.ends), place(first, asked.days))
                 .join(Case).join(BudgetRequest).where(
                     Support.live(), Support.kind == 'budget', Support.state == 'completed', Case.live(), _counted_request(),
                     BudgetRequest.requested_on.between(start, asked.ends[-1])).group_by(BudgetRequest.id, BudgetRequest.requested_on))
    done = totals([(max(requested, completed), 1) for _, requested, completed in supported.tuples()], places)
    return [rate(*pair) for pair in zip(done, every, strict=True)]


def is_large(case, day, dated):
    """Tell whether a case is 大規模: ①大規模予算 or ②新技術 (BR-19), by the settings in force on `day`."""
    return bool(large_reasons(case, day, dated))


def large_reasons(case, day, dated):
    """Return why a case is 大規模: a list of ①大規模予算 / ②新技術, empty when it is not."""
    basis = dated.on('large_case_basis', day)
    amount = {'初期経費': case.initial_cost, '単年度': case.initial_cost + (case.yearly_cost if case.years else 0),
              'TCO': case.tco}[basis]
    return [words for words, holds in (('①大規模予算', amount >= int(dated.on('large_case_amount', day))),
                                       ('②新技術', case.new_technology)) if holds]


LARGE = ('large_case_amount', 'large_case_basis')


def _large(asked):
    """Return the condition that a case ordered in the year is 大規模: `is_large` on the day of its order, as SQL."""
    amounts = {'初期経費': Case.initial_cost, 'TCO': Case.initial_cost + Case.yearly_cost * Case.years,
               '単年度': Case.initial_cost + When(None, [(Case.years > 0, Case.yearly_cost)], 0)}
    found = Case.new_technology
    for first, last in periods(asked, LARGE):
        amount = amounts[asked.dated.on('large_case_basis', first)]
        found |= Case.ordered_on.between(first, last) & (amount >= int(asked.dated.on('large_case_amount', first)))
    return found


def _supported_before_order():
    """Return the condition that a case's 発注・計画調達支援 was completed by its order."""
    ordered = Case.alias()
    return Case.id.in_(Support.select(Support.case).join(ordered, on=Support.case == ordered.id).where(
        Support.live(), Support.kind == 'ordering', Support.state == 'completed', Support.completed_on <= ordered.ordered_on))


def _large_rows(asked):
    return Population(
        Case.select().where(Case.ordered_on.between(*asked.bounds)),
        When(None, [(any_voided(Case), 'voided'), (Case.ordered_on > asked.day, 'later'), (~_large(asked), 'small'),
                    (_supported_before_order(), 'done')], 'waiting'),
        [('done', True, '発注までに支援を完了'), ('waiting', False, '発注までに支援が完了していない（分母に含めます）'),
         ('small', False, '大規模案件に当たらない'), LATER, VOIDED], (Case,))


@measure('support.large_coverage', '大規模案件の発注・計画調達支援の実施率', '%',
         how='発注日までに発注・計画調達支援を完了した大規模案件÷年度内に発注した大規模案件。', rows=_large_rows, settings=LARGE,
         records=lambda year, as_of: Case.select().where(Case.live(), Case.ordered_on <= as_of))
def large_coverage(asked):
    """Large cases ordered in the year with 発注・計画調達支援 completed by the order ÷ all such cases (BR-19)."""
    found = list(Case.select(place(Case.ordered_on, asked.ends), fn.COUNT(Case.id), fn.SUM(When(
        None, [(_supported_before_order(), 1)], 0))).where(
        Case.live(), Case.ordered_on.between(asked.bounds[0], asked.ends[-1]), _large(asked)).group_by(SQL('1')).tuples())
    places = len(asked.days)
    return [rate(*pair) for pair in zip(totals([(at, done) for at, _, done in found], places),
                                        totals([(at, every) for at, every, _ in found], places), strict=True)]


def _trial_rows(asked):
    return Population(
        Support.select().join(Case).where(Support.kind == 'ordering', Support.requested_on.between(*asked.bounds)
                                          | Support.completed_on.between(*asked.bounds)),
        When(None, [(any_voided(Support, Case), 'voided'), (Support.requested_on > asked.day, 'later'), (~Support.trial, 'real'),
                    ((Support.state == 'completed') & Support.completed_on.between(asked.bounds[0], asked.ends[-1]), 'done')], 'waiting'),
        [('done', True, '試行を完了'), ('real', False, '試行でない支援'), ('waiting', False, '年度内に完了していない試行'), LATER, VOIDED],
        (Support, Case))


@measure('support.trial_count', '発注・計画調達支援（試行）', '件',
         how='年度内に完了した発注・計画調達支援のうち、試行の数。年度内に依頼または完了した発注・計画調達支援から数えます。', rows=_trial_rows,
         records=lambda year, as_of: Support.select().where(Support.live(), Support.requested_on <= as_of))
def trial_count(asked):
    """発注・計画調達支援 given on trial and completed in the year, among those asked for or completed in it."""
    return [count(number) for number in totals(
        Support.select(place(Support.completed_on, asked.ends), fn.COUNT(Support.id)).join(Case).where(
            Support.live(), Case.live(), Support.kind == 'ordering', Support.trial, Support.state == 'completed',
            Support.completed_on.between(asked.bounds[0], asked.ends[-1])).group_by(SQL('1')).tuples(), len(asked.days))]


# --- reviews and shares (検討・共有) ---

def _review_rows(asked):
    return Population(
        Review.select().where(Review.reviewed_on.between(*asked.bounds) | Review.approved_on.between(*asked.bounds)),
        When(None, [(any_voided(Review), 'voided'),
                    (Review.conclusion.is_null(False) & Review.approved_on.between(asked.bounds[0], asked.ends[-1]), 'done'),
                    (Review.reviewed_on > asked.day, 'later')], 'waiting'),
        [('done', True, '結論・承認済み'), ('waiting', False, '年度内の結論または承認がまだ'), LATER, VOIDED], (Review,))


@measure('reviews.count', '台帳を活用した検討', '件',
         how='結論があり、年度内に承認された台帳活用検討の数。年度内に検討または承認した台帳活用検討から数えます。', rows=_review_rows,
         records=lambda year, as_of: Review.select().where(Review.live(), Review.reviewed_on <= as_of))
def reviews_count(asked):
    """Ledger reviews with a conclusion, approved in the year (BR-22), among those made or approved in it."""
    return [count(number) for number in totals(
        Review.select(place(Review.approved_on, asked.ends), fn.COUNT(Review.id)).where(
            Review.live(), Review.conclusion.is_null(False), Review.approved_on.between(asked.bounds[0], asked.ends[-1])
        ).group_by(SQL('1')).tuples(), len(asked.days))]


def _share_rows(asked):
    return Population(
        CaseShare.select().where(CaseShare.shared_on.between(*asked.bounds)),
        When(None, [(any_voided(CaseShare), 'voided'), (CaseShare.shared_on > asked.day, 'later')], 'done'),
        [('done', True, '年度内に共有'), LATER, VOIDED], (CaseShare,))


@measure('shares.count', '事故事例の共有', '回', how='年度内に共有した事故事例の数。', rows=_share_rows,
         records=lambda year, as_of: CaseShare.select().where(CaseShare.live(), CaseShare.shared_on <= as_of))
def shares_count(asked):
    """Cases shared in the year."""
    return [count(number) for number in totals(
        CaseShare.select(place(CaseShare.shared_on, asked.ends), fn.COUNT(CaseShare.id)).where(
            CaseShare.live(), CaseShare.shared_on.between(asked.bounds[0], asked.ends[-1])).group_by(SQL('1')).tuples(), len(asked.days))]


# --- execution plans (実行プラン) ---

QUARTER_NO = {'1Q': 1, '2Q': 2, '3Q': 3, '4Q': 4}
#: the quarter at whose end a plan of each class reports first
FIRST_QUARTER = {'priority': 1, 'own': 2}


def _passed(year, day):
    """Return the quarters of the year that had ended by the day."""
    return [code for code, no in QUARTER_NO.items() if calendar.quarter_end(year, no) <= day]


def _due(year, day):
    """Return the classes of plans whose first check-in was due by the day."""
    return [code for code, first in FIRST_QUARTER.items() if calendar.quarter_end(year, first) <= day]


def _checked(asked):
    """Return for each day [(class, assessment, achievement)] of the year's plans at their latest check-in; None without one."""
    plans, check_ins = asked.keep(('plans', asked.year), lambda: _plan_facts(asked.year))
    found = []
    for day in asked.days:
        passed, latest = _passed(asked.year, day), {}
        for plan, quarter, *told in check_ins:
            if quarter in passed:
                latest[plan] = told
        found.append([(of_class, *latest.get(id, (None, None))) for id, of_class in plans])
    return found


def _plan_facts(year):
    """Read the year's plans [(id, class)] and their check-ins [(plan, quarter, assessment, achievement)] in the quarters' order."""
    return (list(Plan.select(Plan.id, Plan.plan_class).where(Plan.live(), Plan.fiscal_year == year).tuples()),
            list(CheckIn.select(CheckIn.plan, CheckIn.quarter, CheckIn.assessment, CheckIn.achievement).join(Plan)
                 .where(CheckIn.live(), Plan.live(), Plan.fiscal_year == year).order_by(CheckIn.quarter).tuples()))


def _plan_records(year, as_of):
    return Plan.select().where(Plan.live(), Plan.fiscal_year == year)


def _plan_rows(*cases, default, groups):
    def rows(asked):
        other = CheckIn.alias()
        latest = (other.select(fn.MAX(other.quarter)).where(other.plan == Plan.id, other.voided_at.is_null(),
                                                            other.quarter.in_(_passed(asked.year, asked.day))))

        def with_latest(query):
            return query.join(CheckIn, JOIN.LEFT_OUTER, on=(CheckIn.plan == Plan.id) & CheckIn.live() & (CheckIn.quarter == latest))
        return Population(with_latest(Plan.select().where(Plan.fiscal_year == asked.year)), When(None, [
            (any_voided(Plan), 'voided'), *((made(asked), code) for made, code in cases)], default), [*groups, VOIDED], (Plan,), with_latest)
    return rows


@measure('plans.on_track', '重点施策の順調構成比', '%',
         how='最新の進捗確認が「順調」のプラン÷最初の進捗確認の時期が来た年度のプラン。四半期の末日が基準日以前の回を使い、記録がないものは順調に数えません。',
         rows=_plan_rows((lambda asked: CheckIn.assessment == 'on_track', 'on_track'), (lambda asked: CheckIn.id.is_null(False), 'off'),
                         (lambda asked: Plan.plan_class.in_(_due(asked.year, asked.day)), 'silent'), default='early', groups=[
                             ('on_track', True, '順調'), ('off', False, '順調でない（分母に含めます）'),
                             ('silent', False, '進捗確認の時期が来たが記録がない（分母に含めます）'),
                             ('early', False, '進捗確認の時期がまだ来ていない')]),
         one='施策', records=_plan_records)
def plans_on_track(asked):
    """順調 ÷ all plans of the year at their latest check-in whose quarter had ended by the day; who should have reported counts."""
    return [rate(sum(assessment == 'on_track' for _, assessment, _ in found),
                 sum(assessment is not None or of_class in _due(asked.year, day) for of_class, assessment, _ in found))
            for day, found in zip(asked.days, _checked(asked), strict=True)]


@measure('plans.achievement', '重点施策の平均達成率（自己評価）', '%',
         how='最新の進捗確認の達成率（自己評価）の平均。四半期の末日が基準日以前の回を使います。',
         rows=_plan_rows((lambda asked: CheckIn.achievement.is_null(False), 'rated'), (lambda asked: CheckIn.id.is_null(False), 'unrated'),
                         default='unchecked', groups=[('rated', True, '達成率のある進捗確認'), ('unrated', False, '達成率のない進捗確認'),
                                                      ('unchecked', False, '進捗確認がまだないプラン')]),
         one='施策', parts='合計{n}％÷{d}施策', records=_plan_records)
def plans_achievement(asked):
    """Mean of the plans' self-rated achievement at their latest check-in whose quarter had ended by the day."""
    numbers = []
    for found in _checked(asked):
        rated = [achievement for *_, achievement in found if achievement is not None]
        total = sum(rated, Decimal(0))
        numbers.append(Number(total, len(rated), Fraction(total) / len(rated) if rated else None))
    return numbers


def plans_chosen(day, dated):
    """Return the name of the plan figure that the setting `plan_measure` names on a day."""
    return 'plans.on_track' if dated.on('plan_measure', day) == '順調構成比' else 'plans.achievement'


@measure('plans.measure', '重点施策の達成率', '%',
         how='設定「重点施策の達成率の算定」で選んだ、平均達成率か順調構成比。',
         rows=lambda asked: MEASURES[plans_chosen(asked.day, asked.dated)].rows(asked), one='施策', settings=('plan_measure',), records=_plan_records)
def plans_measure(asked):
    """The one of the two plan figures that the setting `plan_measure` names."""
    both = {name: MEASURES[name].numbers(asked) for name in {plans_chosen(day, asked.dated) for day in asked.days}}
    return [both[plans_chosen(day, asked.dated)][at] for at, day in enumerate(asked.days)]
