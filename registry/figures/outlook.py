"""What a year comes to (見込み): the forecast of its figures, and how its initiatives stand on the way."""
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from models.figures import MEASURES, asked_for, default_day
from models.rules import calendar, forecasts, ratings

from ..core import clock
from ..core.memo import NAMED, cached
from . import board as boards
from . import judging

#: the figures the office steers by: {measure: what home calls it}
STEERING = {'steps.official': '完了率', 'training.completion': '受講率', 'support.budget_coverage': '支援率',
            'plans.measure': '達成率'}


@dataclass(frozen=True)
class Prospect:
    """A figure and where it will stand at the year's end; the texts are as published.

    `place` is 取組番号-指標番号 of the indicator it serves, '' without one; `state` is one of
    `ratings.PROGRESS`. `coming` is None while there is too little data, which `lacking` says in words.
    """

    name: str
    title: str
    measure: str
    place: str
    value: str
    unit: str
    target: str
    state: str
    coming: str | None
    low: str
    high: str
    paces: str
    lacking: str

    @property
    def missed(self):
        return self.state == 'late'


@dataclass(frozen=True)
class Cell:
    """An initiative in the strip: its `state` of `ratings.PROGRESS`, and how many indicators are in each."""

    no: int
    title: str
    state: str
    counts: tuple


@dataclass(frozen=True)
class Outlook:
    """A year as home shows it: the Prospects of the STEERING figures, and a Cell for each initiative."""

    year: int
    as_of: date
    figures: tuple
    cells: tuple


def moment(year):
    """Return the moment up to which a year's figures look at what is open, None where the day is enough."""
    clocked = cached(('clocked', year), lambda: _is_clocked(year))
    return boards.counted_until(clock.today()) if clocked else None


def _is_clocked(year):
    found = boards.strategy_rows(year)
    return found is not None and any(row.measure and MEASURES[row.measure].clocked
                                     for row in found.indicators.values())


def outlook(year):
    """Return the Outlook of a fiscal year as of today, without cells where it has no strategy."""
    as_of = default_day(year, clock.today())
    return cached(('outlook', year, as_of, moment(year)), lambda: _outlook(year, as_of), again=NAMED)


def _outlook(year, as_of):
    found = boards.judged(year, as_of, trends=True)
    views = [] if found is None else found.initiatives
    states = {view.id: state_of(view, year, as_of) for row in views for view in row.indicators}
    cells = []
    for row in views:
        own = [states[view.id] for view in row.indicators]
        cells.append(Cell(row.no, row.title, ratings.worst(own), tuple(
            (state, own.count(state)) for state in ratings.PROGRESS if state in own)))
    served = {view.measure: (f'{row.no}-{view.no}', view)
              for row in reversed(views) for view in reversed(row.indicators) if view.measure in STEERING}
    return Outlook(year, as_of, tuple(
        prospect(measure, *served[measure], year, as_of) if measure in served
        else unserved(measure, year, as_of) for measure in STEERING), tuple(cells))


def is_rising(view):
    """Tell whether an indicator's target is something to be reached, not to be kept to."""
    return view.operator in ('>=', '>') or view.operator == '=' and view.target > 0


def points_of(view, year, as_of):
    """Return the values of a computed indicator at the ends of the months, as published: [(day, value)]."""
    ends = calendar.month_ends(year, as_of)
    if view.source != 'computed' or len(view.trend) != len(ends):
        return ()
    return tuple(zip(ends, (value for _, value in view.trend), strict=True))


@lru_cache(maxsize=500)
def forecast(points, year, unit):
    """Return the Forecast of a figure for the end of a fiscal year, made once of the same points."""
    return forecasts.at_year_end(points, calendar.year_range(year)[1], 0, 100 if unit == '%' else None)


def coming_of(view, year, as_of):
    """Return the Forecast of an indicator, None where it has none."""
    points = points_of(view, year, as_of) if is_rising(view) and view.kind != 'time' else ()
    return forecast(points, year, view.unit) if points else None


def line_of(view, year, as_of):
    """Return ([(month, value)], (value, low, high) of the year's end) of an indicator, as a chart draws them.

    The forecast is None where there is none or the year is over; else all twelve months are there, those to
    come without a value.
    """
    coming, end = coming_of(view, year, as_of), calendar.year_range(year)[1]
    if coming is None or as_of >= end:
        return view.trend, None
    months = [f'{day.month}月' for day in calendar.month_ends(year, end)]
    return [*view.trend, *((month, None) for month in months[len(view.trend):])], coming[:3]


def state_of(view, year, as_of):
    """Return how an indicator stands during its year, one of `ratings.PROGRESS`."""
    coming = coming_of(view, year, as_of)
    verdict = coming and ratings.judge(coming.value, view.operator, view.target, view.decimals,
                                       exact_bounds=view.unit == '%')
    known = view.source == 'entered' or view.source == 'computed' and view.recorded
    return ratings.progress(view.verdict, verdict, is_rising(view), known)


def prospect(measure, place, view, year, as_of):
    """Return the Prospect of a STEERING figure as an indicator counts it."""
    coming = coming_of(view, year, as_of)
    return _told(measure, place, view.value_text, view.value is not None, view.unit, view.decimals,
                 view.target_words, state_of(view, year, as_of), coming, points_of(view, year, as_of))


def unserved(measure, year, as_of):
    """Return the Prospect of a STEERING figure that no indicator of the year counts by: it has no target."""
    asked = asked_for(measure, year, calendar.month_ends(year, as_of), judging.settings(),
                         boards.counted_until(as_of), keep=cached)
    numbers = judging.numbers_on(measure, asked)
    points = tuple((day, ratings.published_rate(number.value))
                   for day, number in zip(asked.days, numbers, strict=True))
    value = points[-1][1]
    text = (judging.MISSING if not numbers[-1].recorded else judging.NOT_APPLICABLE) if value is None else (
        f'{value:f}')
    return _told(measure, '', text, value is not None, MEASURES[measure].unit, 1, '', 'open',
                 forecast(points, year, '%'), points)


def _told(measure, place, text, known, unit, decimals, target, state, coming, points):
    def shown(number):
        return f'{(ratings.published_rate if unit == "%" else ratings.published)(number, decimals):f}'
    base = (STEERING[measure], MEASURES[measure].title, measure, place, text, unit if known else '', target,
            state)
    if coming is None:
        return Prospect(*base, None, '', '', '', lacking(points))
    return Prospect(*base, shown(coming.value), shown(coming.low), shown(coming.high),
                    f'直近3か月の進み方では{shown(coming.by_short)}{unit}、'
                    f'直近6か月の進み方では{shown(coming.by_long)}{unit}', '')


def lacking(points):
    """Return in words why there is no forecast yet."""
    missing = forecasts.missing_months(points)
    return f'見込みを出すには、月末の値があと{missing}か月分いります。' if missing else ''
