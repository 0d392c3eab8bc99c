"""One indicator judged as of a day: its value as published, its verdict, what is still missing."""
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from models.figures import MEASURES, RATE, asked_for, figure_of
from models.rules import calendar, ratings
from models.settings import SETTINGS, DatedSettings

from ..core.memo import NAMED, cached
from .standing import UNDECIDED, monthly, with_standing

#: what stands in the place of a value: nothing is recorded to count by; nothing is there to divide by
MISSING, NOT_APPLICABLE = '記録なし', ratings.NOT_APPLICABLE


@dataclass(frozen=True)
class IndicatorView:
    """One indicator judged: `value` exact, `value_text` as published; `source` is computed, entered or none.

    `verdict` is 'unknown' while the year may still change it; until the year's end `state` is one of
    `standings.STATES`, then ''. `coming` is the Forecast of the year's end, made of `points`, or `lacking`
    says why there is none; `turn_text` is what would change the verdict. `published` are what the ward
    published of it up to the day, [(day, value as published, quote, source)]: it stands beside, never judged.
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
    turn_text: str = ''
    state: str = ''
    coming: object = None
    points: tuple = ()
    lacking: str = ''
    trend: list = field(default_factory=list)
    reference: list = field(default_factory=list)
    published: list = field(default_factory=list)
    unverified: list = field(default_factory=list)
    url: str | None = None
    recorded: bool | None = None
    businesses: list = field(default_factory=list)

    @property
    def places(self):
        return self.decimals

    @property
    def stated(self):
        """What was published last, None where nothing was."""
        return self.published[-1] if self.published else None

    @property
    def instead_of(self):
        """What the register says where an entered value stands for a computed one: 記録なし, 該当なし."""
        stands = self.measure is not None and self.source == 'entered'
        return '' if not stands else NOT_APPLICABLE if self.recorded else MISSING

    @property
    def computed_text(self):
        """What our own records come to, '' where none count it."""
        return '' if self.measure is None else self.instead_of or self.value_text

    @property
    def why_unknown(self):
        """What stands in the place of a verdict, '' where there is one."""
        if self.verdict != 'unknown':
            return ''
        return self.value_text if self.value is None and self.source != 'entered' else UNDECIDED

    @property
    def coming_texts(self):
        """The forecast of the year's end and its range as they are published: [value, low, high]."""
        return [f'{published_value(number, self):f}' for number in (self.coming or ())[:3]]


def lines(text):
    return [line for line in (text or '').split('\n') if line.strip()]


def settings():
    """Return the dated settings."""
    return cached(('settings',), DatedSettings)


def figure_on(name, year, as_of, until, dated, businesses=(), trends=False):
    """Return a measure's Figure for a year as of a day, open incidents looked at up to `until`.

    With `trends` it is read along with the ends of the months before, which are asked for too.
    """
    ends = calendar.month_ends(year, as_of) if trends else []
    asked = asked_for(name, year, ends if ends and ends[-1] == as_of else [as_of], dated, until, businesses,
                      cached)
    return figure_of(name, asked, numbers_on(name, asked)[-1])


def numbers_on(name, asked):
    """Return what a measure counts on each of the days asked for; in full only on the last."""
    untils = asked.untils if MEASURES[name].clocked else ()
    return cached(('numbers', name, asked.year, asked.days, untils, asked.businesses),
                  lambda: MEASURES[name].evaluate(replace(asked, dated=settings()), whole=False), again=NAMED)


def figure_in_words(found, decimals, served=False):
    """Return a figure's value as its own page says it, with so many decimals.

    It is `served` where it stands for an indicator's, which has its decimals always.
    """
    if not found.recorded:
        return MISSING
    if found.value is None:
        return NOT_APPLICABLE
    if found.percent:
        return ratings.rate_text(found.value, 100, decimals)
    whole = found.value.denominator == 1 and not served and found.denominator is None
    return str(found.numerator) if whole else f'{ratings.published(found.value, decimals):f}'


def figure_text(found, indicator):
    """Return a figure's value as it is published; 記録なし or 該当なし when there is none."""
    if not found.recorded:
        return MISSING
    return NOT_APPLICABLE if found.value is None else f'{published_value(found.value, indicator):f}'


def plain_number(number):
    """Return an exact number as text: whole numbers without a point."""
    if number is None:
        return None
    if isinstance(number, Fraction):
        return str(number)
    text = format(Decimal(number), 'f')
    return text.rstrip('0').rstrip('.') if '.' in text else text


def fraction_text(numerator, denominator, words=RATE):
    """Return a value's numerator and denominator as text: 626／720; a count alone; '' when not known.

    `words` is how a figure reads its two numbers.
    """
    if numerator is None or denominator is None:
        return plain_number(numerator) or ''
    return words.format(n=plain_number(numerator), d=plain_number(denominator))


def judge(indicator, entered, year, as_of, until, dated, bound=()):
    """Return the IndicatorView of one indicator as of a day.

    `entered` are its actuals, oldest first, `bound` the businesses (id, code, name) it is limited to.
    """
    percent = indicator.unit == '%'
    entered = [row for row in entered if row.as_of <= as_of]
    published = [row for row in entered if row.origin == 'published']
    entered = [row for row in entered if row.origin is None]
    actual = entered[-1] if entered else None
    businesses = tuple(id for id, _, _ in bound)
    base = {
        'id': indicator.id, 'no': indicator.no, 'text': indicator.text, 'measure': indicator.measure,
        'kind': indicator.kind, 'operator': indicator.operator, 'target': indicator.target,
        'target_text': plain_number(indicator.target), 'target_words': (
            f'{plain_number(indicator.target)}{indicator.unit or ""}'
            f'{ratings.OPERATOR_WORDS[indicator.operator]}'),
        'unit': indicator.unit or '', 'decimals': indicator.places,
        'note': indicator.note or '',
        'reference': [tuple(line.split('\t')) for line in lines(indicator.references)],
        'published': [stated(row) for row in published], 'as_of': as_of,
        'businesses': [(code, name) for _, code, name in bound],
    }
    if indicator.measure and as_of < calendar.year_range(year)[0]:
        return IndicatorView(**base, source='computed', numerator=None, denominator=None, parts='',
                             value=None, value_text='年度の開始前', verdict='unknown')
    if indicator.measure:
        found = figure_on(indicator.measure, year, as_of, until, dated, businesses, trends=True)
        base['recorded'] = found.recorded
    # what was entered with its source stands while there is nothing to count
    if indicator.measure and (found.value is not None or actual is None):
        value = found.value
        # a time is met or not to the second, as each incident is: 4 h 0 min 10 s is not within 4 h
        now = ratings.judge(value, indicator.operator, indicator.target,
                            None if indicator.kind == 'time' else indicator.places, exact_bounds=percent)
        trend = measured_trend(indicator, year, as_of, until, dated, businesses)
        view = IndicatorView(
            **base, source='computed', numerator=plain_number(found.numerator),
            denominator=plain_number(found.denominator),
            parts=fraction_text(found.numerator, found.denominator, found.parts), value=value,
            value_text=figure_text(found, indicator), verdict='unknown',
            trend=[(f'{day.month}月', shown) for day, shown in trend],
            unverified=[SETTINGS[name][0] for name in dated.unverified(found.settings, as_of)])
        return with_standing(view, now, tuple(trend), found, year, as_of)
    if actual is None:
        view = IndicatorView(**base, source='none', numerator=None, denominator=None, parts='', value=None,
                             value_text='未入力', verdict='unknown')
        return with_standing(view, 'unknown', (), None, year, as_of)
    exact = exact_value(actual, percent)
    now = actual.verdict or ratings.judge(exact, indicator.operator, indicator.target,
                                          places_of(actual, indicator), exact_bounds=percent)
    values = [published_value(exact_value(row, percent), indicator) for row in entered]
    view = IndicatorView(
        **{**base, 'as_of': actual.as_of}, source='entered', numerator=plain_number(actual.numerator),
        denominator=plain_number(actual.denominator),
        parts=fraction_text(actual.numerator, actual.denominator),
        value=exact, value_text=actual_text(actual, indicator), verdict='unknown', quote=actual.quote or '',
        source_text='・'.join(filter(None, (actual.source, actual.note))),
        trend=[(f'{row.as_of.month}月', value) for row, value in zip(entered, values, strict=True)
               if value is not None])
    return with_standing(view, now, monthly(entered, year, values), None, year, as_of)


def stated(actual):
    """Return (day, value as it was entered, quote, source) of an actual."""
    value = None if actual.value is None else f'{actual.value:f}'
    return actual.as_of, value, actual.quote or '', actual.source


def actual_text(actual, indicator):
    """Return the text of an actual with its published decimals, or more where it is known more exactly."""
    if actual.value is None:
        return '数値なし'
    if actual.denominator and ratings.places_of(actual.value) > indicator.places:
        return f'{published_value(exact_value(actual, indicator.unit == "%"), indicator):f}'
    # 90 of a target of 90.3 is 90.0; 15 of a target of 15 stays as it was published
    missing = ratings.places_of(indicator.target) - max(0, -actual.value.as_tuple().exponent)
    return f'{actual.value:.{ratings.places_of(indicator.target)}f}' if missing > 0 else f'{actual.value:f}'


def places_of(actual, indicator):
    """Return with how many decimals an actual is judged: as it is shown."""
    if actual.value is None or actual.denominator:
        return indicator.places
    return max(indicator.places, ratings.places_of(actual.value))


def exact_value(actual, percent):
    """Return the exact value of an entered actual: numerator ÷ denominator of a rate; None without one."""
    if percent and actual.numerator is not None and actual.denominator:
        return Fraction(actual.numerator) * 100 / Fraction(actual.denominator)
    return None if actual.value is None else Fraction(actual.value)


def published_value(value, indicator):
    """Round a value half up to the indicator's decimals, to 100 and 0 % only when exact; None stays None."""
    return (ratings.published_rate if indicator.unit == '%' else ratings.published)(value, indicator.places)


def measured_trend(indicator, year, as_of, until, dated, businesses=()):
    """Return [(day, published value)] of a measured indicator at each month's end up to the day.

    All are read at once.
    """
    days = calendar.month_ends(year, as_of)
    asked = asked_for(indicator.measure, year, days, dated, until if days[-1] == as_of else None, businesses,
                      cached)
    return [(day, published_value(number.value, indicator))
            for day, number in zip(days, numbers_on(indicator.measure, asked), strict=True)]
