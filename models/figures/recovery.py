"""How long recoveries took (復旧時間).

Incidents are grouped by the day of detection, and added up for any day, moment or setting.
"""
from bisect import bisect_right
from collections import Counter
from dataclasses import replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from functools import lru_cache, partial

from peewee import SQL, Select, SqliteDatabase, Value, fn
from peewee import Case as When

from ..base import db
from ..incidents import Incident
from ..rules import calendar, clocks
from . import LATER, VOIDED, Number, bucket, day_bounds, measure
from .incidents import _incident_records, _incident_rows

RECOVERY = ('business_hours', 'recovery_start', 'recovery_stop')


def recovery_of(incident, now, dated):
    """Return the Recovery of one incident by the settings in force on the day it was detected (BR-16)."""
    day = incident.detected_at.astimezone(calendar.JST).date()
    start = incident.detected_at
    if dated.on('recovery_start', day) == '発生':
        start = incident.occurred_at or start
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
        # a day's number is far cheaper than the seconds as text; it is exact to less than half a millisecond
        return ((fn.JULIANDAY(moment) - 2440587.5) * 86400 + 0.0005).cast('INTEGER')
    return fn.FLOOR(fn.DATE_PART('epoch', moment)).cast('BIGINT')


@lru_cache(maxsize=100)
def closed_between(first, last):
    """Return the numbers of the days from Monday to Friday on which the city hall is closed."""
    return [n for n in range(first.toordinal(), last.toordinal() + 1)
            if calendar.is_holiday(day := date.fromordinal(n)) and day.weekday() < 5]


class Clock:
    """`recovery_of` as SQL, over the incidents detected on the days `first`..`last`.

    No setting changes between these days. `hours`, `start` and `stop` are the settings' values then.
    """

    EPOCH = calendar.EPOCH
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
        start, end = ((at.hour * 60 + at.minute) * 60 + at.second
                      for at in (self.hours.start, self.hours.end))
        return (weekday < 5) & (local - number * 86400).between(start, end) & number.not_in(closed)

    def by_target(self, inside, make):
        """Return the expression that `make` gives for the target that applies."""
        outside, within = self.TARGETS
        return When(None, [(inside, make(within))], make(outside))

    def in_time(self, inside, took):
        """Return the condition that a recovery took no longer than its target."""
        return took <= self.by_target(inside, lambda target: int(target.total_seconds()))

    def missed_from(self, inside, start, untils):
        """Return the expression of the first of the moments at which an incident has missed its target.

        The incident is still open.
        """
        return self.by_target(inside, lambda target: bucket(
            start, [moment_value(until - target) for until in untils], before=True))

    def verdict(self, until):
        """Return the expression of how an incident stands at a moment: met, missed or open."""
        inside, over = self.inside(self.local), self.stop <= moment_value(until)
        return When(None, [(over & self.in_time(inside, self.took), 'met'), (over, 'missed'),
                           (self.missed_from(inside, self.start, [until]) == 0, 'missed')], 'open')

    def groups(self, apart=False):
        """Return {day: ((inside, kind, incidents, longest, first start, first stop), …)}.

        They are groups of the incidents detected on these days. `kind` is VOIDED_KIND or SIGN, and IN_TIME or
        LATE for those over by the end of their day; any other incident is a group of its own, its id the
        kind. With `apart` those over by the end of their day are so too. What is expensive is computed once
        for a row, in common table expressions.
        """
        state = When(None, [(Incident.voided_at.is_null(False), VOIDED_KIND),
                            (Incident.level < clocks.JUDGED_FROM, SIGN)], 0)
        detected = (
            Incident.select(Incident.id.alias('id'), self.start.alias('start'), self.stop.alias('stop'),
                            self.local.alias('local'), self.took.alias('took'),
                            ((seconds(self.stop) + 9 * 3600) / 86400).alias('over'), state.alias('state'))
            .where(self.detected()).cte('detected', materialized=True))
        seen = detected.c
        judged = Select([detected], [
            seen.id, seen.start, seen.stop, seen.took, seen.over, seen.state,
            (seen.local / 86400).alias('number'),
            When(None, [(self.inside(seen.local), 1)], 0).alias('inside'),
        ]).cte('judged', materialized=True)
        settled = [(judged.c.over <= judged.c.number, When(
            None, [(self.in_time(judged.c.inside == 1, judged.c.took), IN_TIME)], LATE))]
        kind = When(None, [(judged.c.state < 0, judged.c.state), *([] if apart else settled)], judged.c.id)
        query = Select([judged], [
            judged.c.number, judged.c.inside, kind, fn.COUNT(1), fn.MAX(judged.c.took),
            fn.MIN(judged.c.start), fn.MIN(judged.c.stop),
        ]).group_by(SQL('1, 2, 3')).with_cte(detected, judged)
        moment, found = Incident.detected_at.python_value, {}
        for number, inside, *row, start, stop in query.bind(db).tuples():
            day = date.fromordinal(number + self.EPOCH)
            found.setdefault(day, []).append((bool(inside), *row, moment(start), moment(stop)))
        return {day: tuple(rows) for day, rows in found.items()}

    @classmethod
    def verdict_of(cls, row, until):
        """Return (verdict, seconds taken) of an incident in a group of its own at a moment.

        The verdict is met, missed or open.
        """
        inside, _, _, took, start, stop = row
        target = cls.TARGETS[inside]
        if stop is not None and stop <= until:
            return 'met' if took <= target.total_seconds() else 'missed', took
        taken = until - start
        return 'missed' if taken > target else 'open', int(taken.total_seconds())


def due_number(today, dated):
    """Return the SQL expression of the day, counted from 1970, by which an incident is to be restored.

    By the business hours of today, and the holidays of this year and the two before.
    """
    clock = Clock(today.replace(year=today.year - 2, month=1, day=1), today.replace(month=12, day=31),
                  *(dated.on(name, today) for name in RECOVERY))
    begun = seconds(clock.start) + 9 * 3600
    return (begun + clock.by_target(clock.inside(clock.local),
                                    lambda target: int(target.total_seconds()))) / 86400


#: kinds of groups of incidents; the kind of an incident in a group of its own is its id
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
    return tuple((first, last, *(asked.dated.on(name, first) for name in RECOVERY))
                 for first, last in periods(asked, RECOVERY))


def _groups(term):
    return Clock(*term).groups()


#: up to so many changed days are counted anew one by one; for more, the whole term is
FEW_DAYS = 20


def _updated_groups(term, groups, changes):
    """Return the groups of a term, counted anew for the days on which something has changed."""
    first, last, *settings = term
    moments = [datetime.fromisoformat(text) for _, values in changes for text in values.get('detected_at', ())
               if text]
    changed = Incident.select(Incident.detected_at).where(Incident.id.in_(list({id for id, _ in changes})))
    moments = [*map(Incident.detected_at.python_value, moments), *(at for (at,) in changed.tuples())]
    days = {day for at in moments if first <= (day := at.astimezone(calendar.JST).date()) <= last}
    if len(days) > FEW_DAYS:
        return _groups(term)
    found = {day: rows for day, rows in groups.items() if day not in days}
    for day in days:
        found |= _groups((day, day, *settings))
    return found


class Recoveries:
    """How the incidents of a year stand on each of the days asked for.

    Made from the groups of each day on which some were detected.
    """

    def __init__(self, asked):
        self.asked, self.terms = asked, _terms(asked)
        groups = {}
        for term in self.terms:
            groups |= asked.keep(('incident groups', term), partial(_groups, term),
                                 again=(Incident, partial(_updated_groups, term)))
        self.days = sorted(groups.items())
        self.overs = [day_bounds(day, day)[1] for day, _ in self.days]

    def split_days(self, at):
        """Return (whole, known, rows) of the days up to one asked for, by its place.

        `whole` days are over at its moment, `known` at its end; `rows` are single incidents of the days
        between.
        """
        end, until = self.asked.moments[1][at], self.asked.untils[at]
        whole, known, rows = bisect_right(self.overs, min(end, until)), bisect_right(self.overs, end), []
        if whole < known:
            since, last = self.days[whole][0], self.days[known - 1][0]
            for first, over, *settings in self.terms:
                if first <= last and over >= since:
                    groups = Clock(max(first, since), min(over, last), *settings).groups(apart=True)
                    rows += [row for each in groups.values() for row in each]
        return whole, known, rows

    def numbers(self):
        """Return {inside business hours: [Number of each day]}."""
        # by the number of days that are over: (in time, judged, longest) of the groups, and single incidents
        sums, single = {True: [(0, 0, None)], False: [(0, 0, None)]}, []
        for at, (_, rows) in enumerate(self.days):
            for inside, tallies in sums.items():
                met, judged, longest = tallies[-1]
                for within, kind, number, took, *_ in rows:
                    if within is inside and kind in (IN_TIME, LATE):
                        met += number if kind == IN_TIME else 0
                        judged, longest = judged + number, max(longest or 0, took)
                tallies.append((met, judged, longest))
            single += [(at, row) for row in rows if row[1] > 0]
        numbers = {True: [], False: []}
        for at, until in enumerate(self.asked.untils):
            whole, _, rows = self.split_days(at)
            found = {inside: list(tallies[whole]) for inside, tallies in sums.items()}
            for row in [*(row for at_place, row in single if at_place < whole),
                        *(row for row in rows if row[1] > 0)]:
                verdict, taken = Clock.verdict_of(row, until)
                if verdict != 'open':
                    tally = found[row[0]]
                    tally[:] = tally[0] + (verdict == 'met'), tally[1] + 1, max(tally[2] or 0, taken)
            for inside, (met, judged, worst) in found.items():
                numbers[inside].append(Number(met, judged, None if worst is None else Fraction(worst, 3600),
                                              '値は最も長くかかった復旧時間です。'))
        return numbers

    def sizes(self, inside):
        """Return {code: incidents} of the groups of a figure on the last day asked for."""
        whole, known, rows = self.split_days(-1)
        found = Counter()
        for row in [*(row for _, groups in self.days[:whole] for row in groups), *rows]:
            within, kind, number, *_ = row
            if kind == VOIDED_KIND:
                code = VOIDED[0]
            elif within is not inside:
                code = 'other'
            else:
                code = ({SIGN: 'sign', IN_TIME: 'met', LATE: 'missed'}.get(kind)
                        or Clock.verdict_of(row, self.asked.until)[0])
            found[code] += number
        for _, groups in self.days[known:]:
            for _, kind, number, *_ in groups:
                found[VOIDED[0] if kind == VOIDED_KIND else LATER[0]] += number
        return found


def _recovery_numbers(asked, inside):
    return asked.keep(('recoveries', asked.year, asked.days, asked.untils, _terms(asked)),
                      lambda: Recoveries(asked).numbers())[inside]


def _recovery_rows(inside):
    def rows(asked):
        cases = []
        for clock in (Clock(*term) for term in _terms(asked)):
            within = clock.inside(clock.local)
            cases.append((clock.detected(), When(None, [
                (~within if inside else within, 'other'),
                (Incident.level < clocks.JUDGED_FROM, 'sign'),
            ], clock.verdict(asked.until))))
        return replace(_incident_rows(asked, cases, 'open', [
            ('met', True, '目標時間内に復旧'), ('missed', True, '目標時間を超過'),
            ('open', False, '未復旧で、目標時間がまだ過ぎていないもの'),
            ('sign', False, 'レベル1（予兆・影響なし。復旧を判定しません）'),
            ('other', False, '業務時間外に検知' if inside else '業務時間内に検知')]),
            tally=lambda: Recoveries(asked).sizes(inside))
    return rows


RECOVERY_PARTS = '{d}件のうち目標時間内{n}件'


@measure('incidents.recovery_business_hours', '業務時間内の障害の復旧時間', '時間',
         how='業務時間内に検知したレベル2以上のインシデントの復旧時間（経過した実時間）。目標は4時間以内で、'
             '値は最も長いもの。',
         rows=_recovery_rows(True), settings=RECOVERY, parts=RECOVERY_PARTS, records=_incident_records,
         clocked=True, grows=True)
def recovery_business_hours(asked):
    """Incidents detected inside business hours: restored within 4 h ÷ all such.

    The value is the worst time (h).
    """
    return _recovery_numbers(asked, True)


@measure('incidents.recovery_off_hours', '業務時間外の障害の復旧時間', '時間',
         how='業務時間外に検知したレベル2以上のインシデントの復旧時間（経過した実時間）。'
             '目標は24時間以内で、値は最も長いもの。',
         rows=_recovery_rows(False), settings=RECOVERY, parts=RECOVERY_PARTS, records=_incident_records,
         clocked=True, grows=True)
def recovery_off_hours(asked):
    """Incidents detected outside business hours: restored within 24 h ÷ all such.

    The value is the worst time (h).
    """
    return _recovery_numbers(asked, False)
