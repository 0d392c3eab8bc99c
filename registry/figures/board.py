"""The board: a year's initiatives and indicators, judged.

Pages, PDF, JSON and the command line all read it.
"""
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime

from flask import g

from audits import trail
from models import Act, Actual, Business, Indicator, IndicatorBusiness, Initiative, Schedule, Strategy, Theme
from models.figures import MEASURES, day_bounds, default_day
from models.figures.plans import plans_chosen
from models.rules import calendar, ratings, standings
from models.statements import Prepared

from ..core import clock, connection
from ..core.memo import NAMED, cached
from .judging import judge, lines, settings

MARKS = '①②③④⑤⑥⑦⑧⑨⑩'


@dataclass(frozen=True)
class ThemeView:
    no: int
    title: str
    mark: str


@dataclass(frozen=True)
class ScheduleView:
    text: str
    start_quarter: int | None
    end_quarter: int | None
    star: bool
    note: str
    place: int = 0


@dataclass(frozen=True)
class InitiativeView:
    """One initiative with its indicators; `differs` when the official rating is not the computed one.

    Until the year's end `state` is the one of its indicators' that needs most, then ''; `turn_text` is what
    the computed rating turns on.
    """

    id: int
    no: int
    title: str
    theme_no: int
    theme_title: str
    aims: list
    outline: str
    tasks: list
    notes: list
    schedule: list
    computed: str
    state: str
    turn_text: str
    official: str | None
    differs: bool
    reason: str
    result_text: str
    result_points: list
    indicators: list
    source: str
    source_notes: list

    @property
    def is_partly_decided(self):
        """Whether some of its indicators are decided and others are not."""
        return 0 < sum(view.verdict == 'unknown' for view in self.indicators) < len(self.indicators)


@dataclass(frozen=True)
class Board:
    """A fiscal year's strategy as of a day; `is_over` tells whether the year was over by then."""

    fiscal_year: int
    year_label: str
    title: str
    as_of: date
    is_over: bool
    mission: str
    vision: str
    source: str
    themes: list
    initiatives: list
    is_demo: bool
    head_seq: int
    head_hash: str
    head_at: datetime | None
    tally: dict
    official_tally: dict
    state_tally: dict


_last = {'demo': False}


@contextmanager
def consistent_reads():
    """Read all that follows from one state of the register; its head is from here on this request's."""
    with connection.snapshot() as begins:
        if begins:
            g.pop('head', None)
        yield


@consistent_reads()
def board(year, as_of=None):
    """Return the Board of a fiscal year as of a day, or None when the year has no strategy."""
    as_of = as_of or default_day(year, clock.today())
    found = trail.head()
    made = judged(year, as_of, found)
    # where the chain stands is said anew: what is counted may have stood for many acts
    return made and replace(made, is_demo=is_demo(found), head_seq=found.seq, head_hash=found.hash,
                            head_at=found.at)


def judged(year, as_of, at_head=None):
    """Return the Board of a fiscal year as of a day, without where the chain stands."""
    until = counted_until(as_of)
    return cached(('board', year, as_of, until), lambda: _build(year, as_of, until), at_head, NAMED)


def counted_until(day):
    """Return the moment up to which a day is counted: its end; now, to the minute, while it lasts."""
    return min(day_bounds(day, day)[1], clock.now().replace(second=0, microsecond=0))


_filled = Prepared(lambda: Act.select(Act.seq).where(Act.kind == 'demo.fill').limit(1))


def is_demo(head):
    """Tell whether the register whose chain ends in `head` holds the demo ward (デモデータ)."""
    _last['demo'] = cached(('demo',), lambda: bool(_filled()), head)
    return _last['demo']


def was_demo_last():
    """Tell the same as last seen, for error pages, which ask no database."""
    return _last['demo']


@dataclass(frozen=True)
class StrategyRows:
    """The rows of a year's strategy.

    `indicators` are keyed by their id; schedules, actuals and bound businesses by the id of their parent.
    """

    strategy: Strategy
    themes: dict
    initiatives: list
    schedules: dict
    indicators: dict
    actuals: dict
    bound: dict


def strategy_rows(year):
    """Return the Told of a year, or None when it has no strategy."""
    return cached(('told', year), lambda: _read_strategy(year))


def _read_strategy(year):
    strategy = Strategy.get_or_none(Strategy.fiscal_year == year, Strategy.live())
    if strategy is None:
        return None
    themes = {theme.id: theme for theme in Theme.select().where(Theme.strategy == strategy, Theme.live())
              .order_by(Theme.no)}
    schedules, actuals = {}, {}
    rows = list(Initiative.select().where(Initiative.strategy == strategy,
                                          Initiative.live()).order_by(Initiative.no))
    ids = [row.id for row in rows]
    for row in Schedule.select().where(Schedule.initiative.in_(ids),
                                       Schedule.live()).order_by(Schedule.place):
        schedules.setdefault(row.initiative_id, []).append(
            ScheduleView(row.text, row.start_quarter, row.end_quarter, row.star, row.note or '', row.place))
    found = Indicator.select().where(Indicator.initiative.in_(ids), Indicator.live())
    indicators = {row.id: row for row in sorted(found, key=lambda row: natural_key(row.no))}
    for row in Actual.select().where(Actual.indicator.in_(list(indicators)),
                                     Actual.live()).order_by(Actual.as_of):
        actuals.setdefault(row.indicator_id, []).append(row)
    return StrategyRows(strategy, themes, rows, schedules, indicators, actuals,
                        businesses_of_indicators(list(indicators)))


def _build(year, as_of, until):
    found = strategy_rows(year)
    if found is None:
        return None
    start, end = calendar.year_range(year)
    views = []
    for row in found.initiatives:
        judged = [indicator_on(indicator, year, as_of, until)
                  for indicator in found.indicators.values() if indicator.initiative_id == row.id]
        computed = ratings.rate_initiative([view.verdict for view in judged])
        states = [view.state for view in judged if view.state]
        turns = standings.deciding_words([(view.no, view.verdict) for view in judged])
        theme = found.themes[row.theme_id]
        differs = row.official is not None and row.official != computed
        views.append(InitiativeView(
            row.id, row.no, row.title, theme.no, theme.title, lines(row.aims), row.outline or '',
            lines(row.tasks), lines(row.notes), found.schedules.get(row.id, []), computed,
            standings.worst(states) if start <= as_of < end else '', turns, row.official, differs,
            (row.official_reason or '') if differs else '', row.result or '', lines(row.result_points),
            judged, row.source or '', lines(row.source_notes)))
    order, strategy = ('○', '△', '×', '判定不可'), found.strategy
    return Board(
        year, calendar.year_label(year), strategy.title, as_of, as_of >= end, strategy.mission or '',
        strategy.vision or '', strategy.source or '',
        [ThemeView(t.no, t.title, MARKS[t.no - 1] if t.no <= 10 else str(t.no))
         for t in found.themes.values()], views, False, 0, '', None,
        {mark: sum(v.computed == mark for v in views) for mark in order},
        {mark: sum((v.official or '未評価') == mark for v in views) for mark in ('○', '△', '×', '未評価')},
        {state: sum(v.state == state for v in views) for state in standings.STATES})


def indicator_on(indicator, year, as_of, until):
    """Return the IndicatorView of an indicator as of a day, judged anew only when its inputs changed."""
    def make():
        # read again here, so that it is known what the view was made from
        found = strategy_rows(year)
        return judge(found.indicators[indicator.id], found.actuals.get(indicator.id, []), year, as_of, until,
                     settings(), found.bound.get(indicator.id, ()))
    return cached(('judged', indicator.id, year, as_of, until if indicator.measure
                   and MEASURES[indicator.measure].clocked else None), make, again=NAMED)


def natural_key(no):
    """Return the sort key of an indicator's number: 1, 2a, 2b, 10."""
    digits = ''.join(c for c in no if c.isdigit())
    return int(digits or 0), no


def businesses_of_indicators(indicators):
    """Return {indicator id: [(id, code, name)]} of the businesses to which indicators are limited."""
    found = {}
    for indicator, *business in (
            IndicatorBusiness.select(IndicatorBusiness.indicator, Business.id, Business.code,
                                     Business.name).join(Business)
            .where(IndicatorBusiness.live(),
                   IndicatorBusiness.indicator.in_(indicators or [0])).order_by(Business.code).tuples()):
        found.setdefault(indicator, []).append(tuple(business))
    return found


def day_problem(year, day):
    """Return why a year cannot be looked at as of a day, '' when it can.

    `year` is None where only a day is asked.
    """
    start = calendar.year_range(year)[0] if year is not None else day
    if day < start:
        return f'基準日は{calendar.show_day(start)}以後にしてください。'
    if day > clock.today():
        return f'基準日に先の日は指定できません（きょうは{calendar.show_day(clock.today())}です）。'
    return ''


def as_json(found):
    """Return the board as the JSON of `daicho kpi` (contract: interfaces)."""
    return {'fiscal_year': found.fiscal_year, 'as_of': found.as_of.isoformat(), 'initiatives': [
        {'no': view.no, 'title': view.title, 'theme': view.theme_title, 'computed': view.computed,
         'official': view.official, 'reason': view.reason, 'state': view.state or None,
         'turn_text': view.turn_text,
         'indicators': [indicator_json(i, found.as_of) for i in view.indicators]}
        for view in found.initiatives]}


def indicator_json(view, as_of):
    """Return an IndicatorView as JSON."""
    measure = plans_chosen(as_of, settings()) if view.measure == 'plans.measure' else view.measure
    return {
        'no': view.no, 'text': view.text, 'measure': measure, 'source': view.source,
        'operator': view.operator, 'target': view.target_text, 'unit': view.unit,
        'numerator': view.numerator, 'denominator': view.denominator,
        'value': view.value_text if view.value is not None else None, 'verdict': view.verdict,
        'reason': view.why_unknown, 'recorded': view.recorded,
        'computed_value': view.value_text if view.source == 'computed' and view.value is not None else None,
        'state': view.state or None, 'turn_text': view.turn_text,
        'forecast': dict(zip(('value', 'low', 'high'), view.coming_texts, strict=True))
        if view.coming else None,
        'businesses': [code for code, _ in view.businesses], 'published': view.stated and {
            'value': view.stated[1], 'as_of': view.stated[0].isoformat(), 'source': view.stated[3]}}
