"""What a year comes to (見込み): the forecast of its figures, and how its initiatives stand on the way."""
from dataclasses import dataclass
from datetime import date

from models.figures import MEASURES, asked_for, default_day
from models.rules import calendar, ratings

from ..core import clock
from ..core.memo import NAMED, cached
from . import board as boards
from . import judging
from .standing import forecast, lacking_text

#: the figures the office steers by: {measure: what home calls it}
STEERING = {'steps.official': '完了率', 'training.completion': '受講率', 'support.budget_coverage': '支援率',
            'plans.measure': '達成率'}


@dataclass(frozen=True)
class Prospect:
    """A figure and where it will stand at the year's end; the texts are as published.

    `place` is 取組番号-指標番号 of the indicator it serves, '' without one; `state` and `verdict` are that
    indicator's. `coming` is None while there is too little data, which `lacking` says in words.
    """

    name: str
    title: str
    measure: str
    place: str
    value: str
    unit: str
    target: str
    state: str
    verdict: str
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
    """An initiative in the strip: its `state` on the way, '' once its year is over, and its rating."""

    no: int
    title: str
    state: str
    rating: str


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
    found = boards.judged(year, as_of)
    views = [] if found is None else found.initiatives
    served = {view.measure: (f'{row.no}-{view.no}', view)
              for row in reversed(views) for view in reversed(row.indicators) if view.measure in STEERING}
    return Outlook(year, as_of, tuple(
        prospect(measure, *served[measure]) if measure in served
        else unserved(measure, year, as_of) for measure in STEERING),
        tuple(Cell(row.no, row.title, row.state, row.computed) for row in views))


def line_of(view, year):
    """Return ([(month, value)], (value, low, high) of the year's end) of an indicator, as a chart draws them.

    The forecast is None where there is none or the year is over; else all twelve months are there, those to
    come without a value.
    """
    if view.coming is None or view.source != 'computed':
        return view.trend, None
    months = [f'{day.month}月' for day in calendar.month_ends(year, calendar.year_range(year)[1])]
    return [*view.trend, *((month, None) for month in months[len(view.trend):])], view.coming[:3]


def prospect(measure, place, view):
    """Return the Prospect of a STEERING figure as an indicator counts it."""
    return _told(measure, place, view.value_text, view.value is not None, view.unit, view.decimals,
                 view.target_words, view.state, view.verdict, view.coming, view.lacking)


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
    return _told(measure, '', text, value is not None, MEASURES[measure].unit, 1, '', 'open', 'unknown',
                 forecast(points, year, '%'), lacking_text(points))


def _told(measure, place, text, known, unit, decimals, target, state, verdict, coming, lacking):
    def shown(number):
        return f'{(ratings.published_rate if unit == "%" else ratings.published)(number, decimals):f}'
    base = (STEERING[measure], MEASURES[measure].title, measure, place, text, unit if known else '', target,
            state, verdict)
    if coming is None:
        return Prospect(*base, None, '', '', '', lacking)
    return Prospect(*base, shown(coming.value), shown(coming.low), shown(coming.high),
                    f'直近3か月の進み方では{shown(coming.by_short)}{unit}、'
                    f'直近6か月の進み方では{shown(coming.by_long)}{unit}', '')
