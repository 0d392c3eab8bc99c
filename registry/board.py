"""The board: a year's initiatives and indicators, judged; pages, PDF, JSON and the command line all read this."""
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

from flask import current_app, g

from audits import trail
from models import Act, Actual, Indicator, Initiative, Schedule, Strategy, Theme
from models.figures import MEASURES, RATE, day_bounds, default_day, figure, plans_chosen
from models.rules import calendar, ratings
from models.settings import KNOWN, Dated

from . import clock, connection

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
class IndicatorView:
    """One indicator judged: `value` exact, `value_text` as published; `source` is computed, entered or none."""

    id: int
    no: str
    text: str
    measure: str | None
    kind: str
    source: str
    operator: str
    target: Decimal
    target_text: str
    target_words: str
    unit: str
    decimals: int
    numerator: str | None
    denominator: str | None
    parts: str
    value: Fraction | None
    value_text: str
    verdict: str
    quote: str = ''
    source_text: str = ''
    note: str = ''
    as_of: date | None = None
    gap_text: str = ''
    trend: list = field(default_factory=list)
    reference: list = field(default_factory=list)
    published: list = field(default_factory=list)
    unverified: list = field(default_factory=list)
    url: str | None = None


@dataclass(frozen=True)
class InitiativeView:
    """One initiative with its indicators; `differs` when the official rating is not the computed one."""

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
    official: str | None
    differs: bool
    reason: str
    result_text: str
    result_points: list
    indicators: list
    source: str
    source_notes: list


@dataclass(frozen=True)
class Board:
    """A fiscal year's strategy as of a day."""

    fiscal_year: int
    year_label: str
    title: str
    as_of: date
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


_last = {'demo': False}


def head():
    """Return the chain's head as this request found it."""
    if 'head' not in g:
        g.head = trail.head()
    return g.head


def standing(table):
    """Return how a table stood when this request first asked."""
    known = g.setdefault('standing', {})
    if table not in known:
        known[table] = table.standing()
    return known[table]


def remembered(key, make, found=None, table=None):
    """Return what `make` made for `key`, made once for a chain's head: this request's, or the one given as `found`.

    Every row is written by an act, so what is counted can change only when the head does. What follows from one short
    `table` alone stays until that one changes.
    """
    key = (standing(table) if table else (found or head()).hash, *key)
    memo = current_app.extensions.setdefault('remembered', {})
    if key not in memo:
        if len(memo) > 256:
            memo.clear()
        memo[key] = make()
    return memo[key]


@contextmanager
def one_state():
    """Read all that follows from one state of the register; its head is from here on this request's."""
    with connection.snapshot() as begins:
        if begins:
            g.pop('head', None)
            g.pop('standing', None)
        yield


@one_state()
def board(year, as_of=None, trends=False):
    """Return the Board of a fiscal year as of a day, or None when the year has no strategy."""
    as_of = as_of or default_day(year, clock.today())
    found, until = trail.head(), moment(as_of)
    return remembered(('board', year, as_of, until, trends), lambda: _build(year, as_of, until, found, trends), found)


def moment(day):
    """Return the moment up to which a day is counted: its end; now, to the minute, while it lasts."""
    return min(day_bounds(day, day)[1], clock.now().replace(second=0, microsecond=0))


def is_demo(head):
    """Tell whether the register whose chain ends in `head` holds the demo ward (デモデータ)."""
    _last['demo'] = remembered(('demo',), lambda: Act.select().where(Act.kind == 'demo.fill').exists(), head)
    return _last['demo']


def was_demo():
    """Tell the same as last seen, for error pages, which ask no database."""
    return _last['demo']


def lines(text):
    return [line for line in (text or '').split('\n') if line.strip()]


def _build(year, as_of, until, head, trends):
    strategy = Strategy.get_or_none(Strategy.fiscal_year == year, Strategy.live())
    if strategy is None:
        return None
    dated, cache = Dated(), {}
    themes = {theme.id: theme for theme in Theme.select().where(Theme.strategy == strategy, Theme.live())
              .order_by(Theme.no)}
    schedules, indicators, actuals = {}, {}, {}
    rows = list(Initiative.select().where(Initiative.strategy == strategy, Initiative.live()).order_by(Initiative.no))
    ids = [row.id for row in rows]
    for row in Schedule.select().where(Schedule.initiative.in_(ids), Schedule.live()).order_by(Schedule.place):
        schedules.setdefault(row.initiative_id, []).append(
            ScheduleView(row.text, row.start_quarter, row.end_quarter, row.star, row.note or '', row.place))
    for row in Indicator.select().where(Indicator.initiative.in_(ids), Indicator.live()):
        indicators.setdefault(row.initiative_id, []).append(row)
    every = [row.id for found in indicators.values() for row in found]
    for row in Actual.select().where(Actual.indicator.in_(every), Actual.live()).order_by(Actual.as_of):
        actuals.setdefault(row.indicator_id, []).append(row)
    views = []
    for row in rows:
        judged = [judge(indicator, actuals.get(indicator.id, []), year, as_of, until, dated, cache, trends)
                  for indicator in sorted(indicators.get(row.id, []), key=lambda i: natural(i.no))]
        computed = ratings.rate_initiative([view.verdict for view in judged])
        theme = themes[row.theme_id]
        differs = row.official is not None and row.official != computed
        views.append(InitiativeView(
            row.id, row.no, row.title, theme.no, theme.title, lines(row.aims), row.outline or '', lines(row.tasks),
            lines(row.notes), schedules.get(row.id, []), computed, row.official, differs,
            (row.official_reason or '') if differs else '', row.result or '', lines(row.result_points), judged,
            row.source or '', lines(row.source_notes)))
    order = ('○', '△', '×', '判定不可')
    return Board(
        year, calendar.year_label(year), strategy.title, as_of, strategy.mission or '', strategy.vision or '',
        strategy.source or '', [ThemeView(t.no, t.title, MARKS[t.no - 1] if t.no <= 10 else str(t.no))
                                for t in themes.values()], views, is_demo(head), head.seq, head.hash, head.at,
        {mark: sum(v.computed == mark for v in views) for mark in order},
        {mark: sum((v.official or '未評価') == mark for v in views) for mark in ('○', '△', '×', '未評価')})


def natural(no):
    """Return the sort key of an indicator's number: 1, 2a, 2b, 10."""
    digits = ''.join(c for c in no if c.isdigit())
    return int(digits or 0), no


def figure_on(name, year, as_of, until, dated, cache):
    key = (name, year, as_of)
    if key not in cache:
        cache[key] = figure(name, year, as_of, dated=dated, until=until)
    return cache[key]


def text_of(value, indicator):
    """Return a value as it is published, 該当なし when there is none."""
    return '該当なし' if value is None else f'{shown(value, indicator):f}'


def plain_number(number):
    """Return an exact number as text: whole numbers without a point."""
    if number is None:
        return None
    if isinstance(number, Fraction):
        return str(number)
    text = format(Decimal(number), 'f')
    return text.rstrip('0').rstrip('.') if '.' in text else text


def parts_of(numerator, denominator, words=RATE):
    """Return what a value is made of: 626／720, or as the figure reads its two numbers; a count alone; '' when not known."""
    if numerator is None or denominator is None:
        return plain_number(numerator) or ''
    return words.format(n=plain_number(numerator), d=plain_number(denominator))


def judge(indicator, entered, year, as_of, until, dated, cache, trends):
    """Return the IndicatorView of one indicator as of a day."""
    percent = indicator.unit == '%'
    base = {
        'id': indicator.id, 'no': indicator.no, 'text': indicator.text, 'measure': indicator.measure,
        'kind': indicator.kind, 'operator': indicator.operator, 'target': indicator.target,
        'target_text': plain_number(indicator.target), 'target_words': (
            f'{plain_number(indicator.target)}{indicator.unit or ""}{ratings.OPERATOR_WORDS[indicator.operator]}'),
        'unit': indicator.unit or '', 'decimals': indicator.decimals,
        'note': indicator.note or '', 'reference': [tuple(line.split('\t')) for line in lines(indicator.references)],
        'published': [(row.as_of, plain_number(row.value), row.quote or '', row.source) for row in entered
                      if row.as_of <= as_of] if indicator.measure else [],
        'as_of': as_of,
    }
    if indicator.measure and as_of < calendar.year_range(year)[0]:
        return IndicatorView(**base, source='computed', numerator=None, denominator=None, parts='', value=None, value_text='年度の開始前',
                             verdict='unknown')
    if indicator.measure:
        found = figure_on(indicator.measure, year, as_of, until, dated, cache)
        value = found.value
        # a time is met or not to the second, as each incident is: 4 h 0 min 10 s is not within 4 h
        verdict = ratings.judge(value, indicator.operator, indicator.target, None if indicator.kind == 'time' else indicator.decimals,
                                exact_bounds=percent)
        view = IndicatorView(
            **base, source='computed', numerator=plain_number(found.numerator),
            denominator=plain_number(found.denominator), parts=parts_of(found.numerator, found.denominator, found.parts), value=value,
            value_text=text_of(value, indicator), verdict=verdict,
            unverified=[KNOWN[name][0] for name in dated.unverified(found.settings, as_of)])
        return replace(view, gap_text=gap(view, found), trend=measured_trend(indicator, year, as_of, dated, cache)
                       if trends else [])
    actual = next((row for row in reversed(entered) if row.as_of <= as_of), None)
    if actual is None:
        return IndicatorView(**base, source='none', numerator=None, denominator=None, parts='', value=None, value_text='未入力',
                             verdict='unknown')
    exact = exact_of(actual, percent)
    verdict = actual.verdict or ratings.judge(exact, indicator.operator, indicator.target, indicator.decimals,
                                              exact_bounds=percent)
    view = IndicatorView(
        **{**base, 'as_of': actual.as_of}, source='entered', numerator=plain_number(actual.numerator),
        denominator=plain_number(actual.denominator), parts=parts_of(actual.numerator, actual.denominator), value=exact,
        value_text='数値なし' if exact is None else text_of(exact, indicator),
        verdict=verdict, quote=actual.quote or '', source_text='・'.join(filter(None, (actual.source, actual.note))),
        trend=[(f'{row.as_of.month}月', shown(exact_of(row, percent), indicator)) for row in entered
               if row.value is not None and row.as_of <= as_of])
    return replace(view, gap_text=gap(view, None))


def exact_of(actual, percent):
    """Return an entered actual as exactly as it is known: a rate by its numerator and denominator; None without a value."""
    if percent and actual.numerator is not None and actual.denominator:
        return Fraction(actual.numerator) * 100 / Fraction(actual.denominator)
    return None if actual.value is None else Fraction(actual.value)


def shown(value, indicator):
    """Return a value as published: half up to the indicator's decimals, 100 and 0 % only when exact; None stays None."""
    return (ratings.published_rate if indicator.unit == '%' else ratings.published)(value, indicator.decimals)


def gap(view, found):
    """Return what is still missing to the target in words: あと24ステップ, あと2件, 達成."""
    if view.verdict == 'met':
        return '達成'
    if view.value is None or view.operator not in ('>=', '>'):
        return ''
    if found is not None and found.percent and found.measure not in ('plans.achievement', 'plans.measure'):
        more = ratings.still_needed(int(found.numerator), found.denominator, view.operator, view.target, view.decimals)
        return f'あと{more:,}{MEASURES[found.measure].one}' if more else ''
    short = Fraction(view.target) - Fraction(shown(view.value, view))
    if short <= 0:
        return ''
    unit = 'ポイント' if view.unit.startswith('%') else view.unit
    return f'あと{plain_number(ratings.published(short, view.decimals))}{unit}'


def measured_trend(indicator, year, as_of, dated, cache):
    """Return [(月, published value)] of a measured indicator at each month's end up to the day."""
    return [(f'{day.month}月', shown(figure_on(indicator.measure, year, day, None, dated, cache).value, indicator))
            for day in calendar.month_ends(year, as_of)]


def as_json(found):
    """Return the board as the JSON of `daicho kpi` (contract: interfaces)."""
    chosen = {'plans.measure': plans_chosen(found.as_of, Dated())}
    return {'fiscal_year': found.fiscal_year, 'as_of': found.as_of.isoformat(), 'initiatives': [
        {'no': view.no, 'title': view.title, 'theme': view.theme_title, 'computed': view.computed,
         'official': view.official, 'reason': view.reason, 'indicators': [
             {'no': i.no, 'text': i.text, 'measure': chosen.get(i.measure, i.measure), 'source': i.source, 'operator': i.operator,
              'target': i.target_text, 'unit': i.unit, 'numerator': i.numerator, 'denominator': i.denominator,
              'value': i.value_text if i.value is not None else None, 'verdict': i.verdict}
             for i in view.indicators]} for view in found.initiatives]}
