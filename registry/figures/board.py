"""The board: a year's initiatives and indicators, judged; pages, PDF, JSON and the command line all read
this."""
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

from flask import g

from audits import trail
from models import Act, Actual, Business, Indicator, IndicatorBusiness, Initiative, Schedule, Strategy, Theme
from models.figures import MEASURES, RATE, asked_for, day_bounds, default_day, of_number
from models.figures.plans import plans_chosen
from models.rules import calendar, ratings
from models.settings import KNOWN, Dated

from ..core import clock, connection
from ..core.memo import head as head
from ..core.memo import remembered as remembered

MARKS = '①②③④⑤⑥⑦⑧⑨⑩'
#: what stands in the place of a value: nothing is recorded to count by; nothing is there to divide by
MISSING, NOT_APPLICABLE = '記録なし', ratings.NOT_APPLICABLE


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
    """One indicator judged: `value` exact, `value_text` as published; `source` is computed, entered or none.

    `published` are the entered actuals of a computed indicator, up to the day; `stated` is the last of any
    indicator, (day, value as entered, quote, source). Where nothing is recorded to count by (`recorded` is
    False) it is the value.
    """

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
    recorded: bool | None = None
    stated: tuple | None = None
    businesses: list = field(default_factory=list)

    @property
    def is_published(self):
        """Whether a published value stands in the place of one that could be computed."""
        return self.measure is not None and self.source == 'entered'

    @property
    def places(self):
        return self.decimals

    @property
    def instead_of(self):
        """What the register itself says where a published value stands: 記録なし or 該当なし."""
        return '' if not self.is_published else NOT_APPLICABLE if self.recorded else MISSING

    @property
    def why_unknown(self):
        """What stands in the place of a verdict, '' where there is one."""
        return self.value_text if self.verdict == 'unknown' else ''


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


@contextmanager
def one_state():
    """Read all that follows from one state of the register; its head is from here on this request's."""
    with connection.snapshot() as begins:
        if begins:
            g.pop('head', None)
        yield


@one_state()
def board(year, as_of=None, trends=False):
    """Return the Board of a fiscal year as of a day, or None when the year has no strategy."""
    as_of = as_of or default_day(year, clock.today())
    found, until = trail.head(), moment(as_of)
    made = remembered(('board', year, as_of, until, trends), lambda: _build(year, as_of, until, trends),
                      found)
    # where the chain stands is said anew: what is counted may have stood for many acts
    return made and replace(made, is_demo=is_demo(found), head_seq=found.seq, head_hash=found.hash,
                            head_at=found.at)


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


@dataclass(frozen=True)
class Told:
    """What is written of a year's strategy; `indicators` are found by their id, what belongs to a part by
    the part's."""

    strategy: Strategy
    themes: dict
    initiatives: list
    schedules: dict
    indicators: dict
    actuals: dict
    bound: dict


def told(year):
    """Return the Told of a year, or None when it has no strategy."""
    return remembered(('told', year), lambda: _told(year))


def _told(year):
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
    indicators = {row.id: row for row in sorted(Indicator.select().where(Indicator.initiative.in_(ids),
        Indicator.live()),
                                                key=lambda row: natural(row.no))}
    for row in Actual.select().where(Actual.indicator.in_(list(indicators)),
                                     Actual.live()).order_by(Actual.as_of):
        actuals.setdefault(row.indicator_id, []).append(row)
    return Told(strategy, themes, rows, schedules, indicators, actuals, bound_businesses(list(indicators)))


def _build(year, as_of, until, trends):
    found = told(year)
    if found is None:
        return None
    views = []
    for row in found.initiatives:
        judged = [judged_on(indicator, year, as_of, until, trends) for indicator in found.indicators.values()
                  if indicator.initiative_id == row.id]
        computed = ratings.rate_initiative([view.verdict for view in judged])
        theme = found.themes[row.theme_id]
        differs = row.official is not None and row.official != computed
        views.append(InitiativeView(
            row.id, row.no, row.title, theme.no, theme.title, lines(row.aims), row.outline or '',
            lines(row.tasks), lines(row.notes), found.schedules.get(row.id, []), computed, row.official,
            differs,
            (row.official_reason or '') if differs else '', row.result or '', lines(row.result_points),
            judged, row.source or '', lines(row.source_notes)))
    order, strategy = ('○', '△', '×', '判定不可'), found.strategy
    return Board(
        year, calendar.year_label(year), strategy.title, as_of, strategy.mission or '', strategy.vision or '',
        strategy.source or '', [ThemeView(t.no, t.title, MARKS[t.no - 1] if t.no <= 10 else str(t.no))
                                for t in found.themes.values()], views, False, 0, '', None,
        {mark: sum(v.computed == mark for v in views) for mark in order},
        {mark: sum((v.official or '未評価') == mark for v in views) for mark in ('○', '△', '×', '未評価')})


def judged_on(indicator, year, as_of, until, trends):
    """Return the IndicatorView of an indicator as of a day, judged again only when what it says or counts
    has changed."""
    def make():
        # read again here, so that it is known what the view was made from
        found = told(year)
        return judge(found.indicators[indicator.id], found.actuals.get(indicator.id, []), year, as_of, until,
                     settings(), trends, found.bound.get(indicator.id, ()))
    return remembered(('judged', indicator.id, year, as_of, until if indicator.measure
                       and MEASURES[indicator.measure].clocked else None, trends), make)


def natural(no):
    """Return the sort key of an indicator's number: 1, 2a, 2b, 10."""
    digits = ''.join(c for c in no if c.isdigit())
    return int(digits or 0), no


def bound_businesses(indicators):
    """Return {indicator id: [(id, code, name)]} of the businesses to which some of the indicators are
    limited."""
    found = {}
    for indicator, *business in (
            IndicatorBusiness.select(IndicatorBusiness.indicator, Business.id, Business.code,
                                     Business.name).join(Business)
            .where(IndicatorBusiness.live(),
                   IndicatorBusiness.indicator.in_(indicators or [0])).order_by(Business.code).tuples()):
        found.setdefault(indicator, []).append(tuple(business))
    return found


def settings():
    """Return the dated settings."""
    return remembered(('settings',), Dated)


def figure_on(name, year, as_of, until, dated, businesses=(), trends=False):
    """Return a measure's Figure for a year as of a day, open incidents looked at up to `until`.

    With `trends` it is read along with the ends of the months before, which are asked for too.
    """
    ends = calendar.month_ends(year, as_of) if trends else []
    asked = asked_for(name, year, ends if ends and ends[-1] == as_of else [as_of], dated, until, businesses,
                      remembered)
    return of_number(name, asked, numbers_on(name, asked)[-1])


def numbers_on(name, asked):
    """Return what a measure counts on each of the days asked for."""
    untils = asked.untils if MEASURES[name].clocked else ()
    return remembered(('numbers', name, asked.year, asked.days, untils, asked.businesses),
                      lambda: MEASURES[name].known(
        replace(asked, dated=settings())))


def text_of(found, indicator):
    """Return a figure's value as it is published; 記録なし or 該当なし when there is none."""
    if not found.recorded:
        return MISSING
    return NOT_APPLICABLE if found.value is None else f'{shown(found.value, indicator):f}'


def plain_number(number):
    """Return an exact number as text: whole numbers without a point."""
    if number is None:
        return None
    if isinstance(number, Fraction):
        return str(number)
    text = format(Decimal(number), 'f')
    return text.rstrip('0').rstrip('.') if '.' in text else text


def parts_of(numerator, denominator, words=RATE):
    """Return what a value is made of: 626／720, or as the figure reads its two numbers; a count alone; ''
    when not known."""
    if numerator is None or denominator is None:
        return plain_number(numerator) or ''
    return words.format(n=plain_number(numerator), d=plain_number(denominator))


def day_problem(year, day):
    """Return in words why a year cannot be looked at as of a day, '' when it can; `year` is None where only
    a day is asked."""
    start = calendar.year_range(year)[0] if year is not None else day
    if day < start:
        return f'基準日は{calendar.show_day(start)}以後にしてください。'
    if day > clock.today():
        return f'基準日に先の日は指定できません（きょうは{calendar.show_day(clock.today())}です）。'
    return ''


def judge(indicator, entered, year, as_of, until, dated, trends, bound=()):
    """Return the IndicatorView of one indicator as of a day; `bound` are the businesses (id, code, name) it
    is limited to."""
    percent = indicator.unit == '%'
    entered = [row for row in entered if row.as_of <= as_of]
    actual = entered[-1] if entered else None
    businesses = tuple(id for id, _, _ in bound)
    base = {
        'id': indicator.id, 'no': indicator.no, 'text': indicator.text, 'measure': indicator.measure,
        'kind': indicator.kind, 'operator': indicator.operator, 'target': indicator.target,
        'target_text': plain_number(indicator.target), 'target_words': (
            f'{plain_number(indicator.target)}{indicator.unit or ""}'
            f'{ratings.OPERATOR_WORDS[indicator.operator]}'),
        'unit': indicator.unit or '', 'decimals': indicator.places,
        'note': indicator.note or '', 'reference': [tuple(line.split('\t'))
            for line in lines(indicator.references)],
        'published': [stated(row) for row in entered] if indicator.measure else [],
        'stated': stated(actual) if actual else None, 'as_of': as_of,
        'businesses': [(code, name) for _, code, name in bound],
    }
    if indicator.measure and as_of < calendar.year_range(year)[0]:
        return IndicatorView(**base, source='computed', numerator=None, denominator=None, parts='',
                             value=None, value_text='年度の開始前',
                             verdict='unknown')
    if indicator.measure:
        found = figure_on(indicator.measure, year, as_of, until, dated, businesses, trends)
        base['recorded'] = found.recorded
    # what was published stays while there is nothing to count
    if indicator.measure and (found.value is not None or actual is None):
        value = found.value
        # a time is met or not to the second, as each incident is: 4 h 0 min 10 s is not within 4 h
        verdict = ratings.judge(value, indicator.operator, indicator.target, None if indicator.kind == 'time'
                                else indicator.places,
                                exact_bounds=percent)
        view = IndicatorView(
            **base, source='computed', numerator=plain_number(found.numerator),
            denominator=plain_number(found.denominator),
            parts=parts_of(found.numerator, found.denominator, found.parts), value=value,
            value_text=text_of(found, indicator), verdict=verdict,
            unverified=[KNOWN[name][0] for name in dated.unverified(found.settings, as_of)])
        return replace(view, gap_text=gap(view, found),
                       trend=measured_trend(indicator, year, as_of, until, dated, businesses)
                       if trends else [])
    if actual is None:
        return IndicatorView(**base, source='none', numerator=None, denominator=None, parts='', value=None,
                             value_text='未入力',
                             verdict='unknown')
    exact = exact_of(actual, percent)
    verdict = actual.verdict or ratings.judge(exact, indicator.operator, indicator.target,
        places_of(actual, indicator),
                                              exact_bounds=percent)
    view = IndicatorView(
        **{**base, 'as_of': actual.as_of}, source='entered', numerator=plain_number(actual.numerator),
        denominator=plain_number(actual.denominator), parts=parts_of(actual.numerator, actual.denominator),
        value=exact,
        value_text=stated_text(actual, indicator),
        verdict=verdict, quote=actual.quote or '',
        source_text='・'.join(filter(None, (actual.source, actual.note))),
        trend=[(f'{row.as_of.month}月', shown(exact_of(row, percent), indicator)) for row in entered
               if row.value is not None] if not indicator.measure else [])
    return replace(view, gap_text=gap(view, None))


def stated(actual):
    """Return (day, value as it was entered, quote, source) of an actual."""
    value = None if actual.value is None else f'{actual.value:f}'
    return actual.as_of, value, actual.quote or '', actual.source


def stated_text(actual, indicator):
    """Return an actual's value as it was published: with its own decimals, unless it is known more exactly
    than it is shown."""
    if actual.value is None:
        return '数値なし'
    if actual.denominator and ratings.places_of(actual.value) > indicator.places:
        return f'{shown(exact_of(actual, indicator.unit == "%"), indicator):f}'
    return f'{actual.value:f}'


def places_of(actual, indicator):
    """Return with how many decimals an actual is judged: as it is shown."""
    if actual.value is None or actual.denominator:
        return indicator.places
    return max(indicator.places, ratings.places_of(actual.value))


def exact_of(actual, percent):
    """Return an entered actual as exactly as it is known: a rate by its numerator and denominator; None
    without a value."""
    if percent and actual.numerator is not None and actual.denominator:
        return Fraction(actual.numerator) * 100 / Fraction(actual.denominator)
    return None if actual.value is None else Fraction(actual.value)


def shown(value, indicator):
    """Return a value as published: half up to the indicator's decimals, 100 and 0 % only when exact; None
    stays None."""
    return (ratings.published_rate if indicator.unit == '%' else ratings.published)(value, indicator.places)


def gap(view, found):
    """Return what is still missing to the target in words: あと24ステップ, あと2件, 達成."""
    if view.verdict == 'met':
        return '達成'
    if view.value is None or view.operator not in ('>=', '>'):
        return ''
    if found is not None and found.percent and found.measure not in ('plans.achievement', 'plans.measure'):
        more = ratings.still_needed(int(found.numerator), found.denominator, view.operator, view.target,
                                    view.decimals)
        return f'あと{more:,}{MEASURES[found.measure].one}' if more else ''
    short = Fraction(view.target) - Fraction(shown(view.value, view))
    if short <= 0:
        return ''
    unit = 'ポイント' if view.unit.startswith('%') else view.unit
    return f'あと{plain_number(ratings.published(short, view.decimals))}{unit}'


def measured_trend(indicator, year, as_of, until, dated, businesses=()):
    """Return [(月, published value)] of a measured indicator at each month's end up to the day, all read at
    once."""
    days = calendar.month_ends(year, as_of)
    asked = asked_for(indicator.measure, year, days, dated, until if days[-1] == as_of else None, businesses,
                      remembered)
    return [(f'{day.month}月', shown(number.value, indicator))
            for day, number in zip(days, numbers_on(indicator.measure, asked), strict=True)]


def as_json(found):
    """Return the board as the JSON of `daicho kpi` (contract: interfaces)."""
    chosen = {'plans.measure': plans_chosen(found.as_of, settings())}
    return {'fiscal_year': found.fiscal_year, 'as_of': found.as_of.isoformat(), 'initiatives': [
        {'no': view.no, 'title': view.title, 'theme': view.theme_title, 'computed': view.computed,
         'official': view.official, 'reason': view.reason, 'indicators': [
             {'no': i.no, 'text': i.text, 'measure': chosen.get(i.measure, i.measure), 'source': i.source,
              'operator': i.operator, 'target': i.target_text, 'unit': i.unit, 'numerator': i.numerator,
              'denominator': i.denominator, 'value': i.value_text if i.value is not None else None,
              'verdict': i.verdict, 'reason': i.why_unknown, 'recorded': i.recorded,
              'businesses': [code for code, _ in i.businesses], 'published': i.stated and {
                  'value': i.stated[1], 'as_of': i.stated[0].isoformat(), 'source': i.stated[3]}}
             for i in view.indicators]} for view in found.initiatives]}
