"""An indicator on its way through the year: its forecast, what is decided, what would change it, in words."""
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache

from models.figures import MEASURES, RATE
from models.rules import calendar, forecasts, ratings, standings

#: why there is no verdict though there is a value
UNDECIDED = '年度の途中'


def with_standing(view, now, points, figure, year, as_of):
    """Return an IndicatorView with its verdict, its state, its forecast and what would change them.

    `now` judges its value on the day, `points` are its values at the ends of the months, [(day, value as
    published)], `figure` is the Figure that counts it, None for an entered value.
    """
    start, end = calendar.year_range(year)
    over, rising = as_of >= end, standings.is_rising(view.operator, view.target)
    verdict = standings.verdict_on(now, view.value, view.operator, view.target, over,
                                   grows=figure is not None and MEASURES[figure.measure].grows,
                                   once=view.kind == 'milestone')
    if over or as_of < start:
        return replace(view, verdict=verdict, turn_text=turn_text(view, now, verdict, figure, over=True))
    planned = MEASURES[figure.measure].planned if figure is not None and figure.recorded else None
    if planned:
        number, unplanned = planned(figure.asked)
        ahead = ratings.judge(number, view.operator, view.target)
        # what has no planned day yet may still be planned
        ahead = None if ahead == 'missed' and unplanned else ahead
        coming, lacking = None, f'記録された予定日では、年度末に{number:,}{view.unit}です。'
    else:
        coming = forecast(points, year, view.unit) if points and rising else None
        ahead = coming and ratings.judge(coming.value, view.operator, view.target, view.decimals,
                                         exact_bounds=view.unit == '%')
        lacking = lacking_text(points) if rising and view.source == 'computed' and view.recorded else ''
    known = view.source == 'entered' or view.source == 'computed' and view.recorded
    return replace(
        view, verdict=verdict, coming=coming, points=points,
        state=standings.state_on(now, ahead, rising, known, verdict), lacking=lacking,
        turn_text=turn_text(view, now, verdict, figure, over=False))


@lru_cache(maxsize=500)
def forecast(points, year, unit):
    """Return the Forecast of a figure for the end of a fiscal year, made once of the same points."""
    return forecasts.at_year_end(points, calendar.year_range(year)[1], 0, 100 if unit == '%' else None)


def lacking_text(points):
    """Return in words why there is no forecast yet, '' where there is one."""
    missing = forecasts.missing_months(points)
    return f'見込みを出すには、月末の値があと{missing}か月分いります。' if missing else ''


def monthly(rows, year, values):
    """Return the points of entered values: the last of each month, up to the last of all."""
    if not rows:
        return ()
    last = {(row.as_of.year, row.as_of.month): value for row, value in zip(rows, values, strict=True)}
    return tuple((day, last.get((day.year, day.month)))
                 for day in calendar.month_ends(year, rows[-1].as_of))


def turn_text(view, now, verdict, figure, over):
    """Return what would change an indicator's verdict (何が変われば), in words."""
    if view.value is None:
        if now != 'unknown':
            return ''
        return ('実績を入力すると判定します。' if view.source == 'none' else
                '数える対象ができると判定します。' if view.recorded else '記録が入ると判定します。')
    if verdict != 'unknown' and not over:
        return f'{"達成" if verdict == "met" else "未達"}に決まりました（記録の訂正・取消を除きます）。'
    if view.kind == 'milestone':
        return '' if now == 'met' else '完了すると達成です。'
    if figure is not None and view.kind == 'time' and figure.parts != RATE:
        # the value is the longest of some times
        return '' if now == 'missed' else f'{view.target_text}{view.unit}を超えるものが1件あると未達です。'
    if figure is not None and figure.parts == RATE and (figure.denominator is None or figure.percent):
        amount = standings.turning_point(int(figure.numerator), figure.denominator, view.operator,
                                         view.target, view.decimals)
        words, one = ('増える', '減る'), MEASURES[figure.measure].one if figure.percent else view.unit
    else:
        amount = turning_amount(view)
        words = ('上がる', '下がる') if view.unit.startswith('%') else ('増える', '減る')
        one = 'ポイント' if view.unit.startswith('%') else view.unit
    if amount is None:
        return ''
    if amount > 0 and now == 'missed':
        return f'あと{amount:,}{one}で達成です。'
    turned = '未達' if now == 'met' else '達成'
    return (f'あと{amount:,}{one}{words[0]}と{turned}です。' if amount > 0
            else f'{-amount:,}{one}{words[1]}と{turned}です。')


def turning_amount(view):
    """Return by how much a value as it is published would have to change: in whole steps of its decimals."""
    shown = (ratings.published_rate if view.unit == '%' else ratings.published)(view.value, view.decimals)
    scale = 10 ** view.decimals
    steps = standings.turning_point(Fraction(shown) * scale, None, view.operator, view.target * scale, 0)
    if steps is None:
        return None
    amount = ratings.published(Fraction(steps, scale), view.decimals)
    return int(amount) if amount == int(amount) else amount
