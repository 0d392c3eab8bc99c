"""Forecasts (年度末の見込み): where a figure stands at the year's end if it goes on as in the last months."""
from calendar import monthrange
from fractions import Fraction
from functools import cache
from math import lcm
from operator import mul
from random import Random
from typing import NamedTuple

#: the two paces: of the last so many months; the longer one is also what the range is drawn from
SHORT, LONG = 3, 6
#: how often a rest of the year is drawn, from which number on, and which of them bound the range (per cent)
DRAWS, SEED, RANGE = 1000, 20260401, (10, 90)


class Forecast(NamedTuple):
    """A figure at the year's end, exact: the value, its range, and what each pace alone leads to."""

    value: Fraction
    low: Fraction
    high: Fraction
    by_short: Fraction
    by_long: Fraction


def gains(points):
    """Return what the figure gained in each whole month, the last ones without a gap, oldest first.

    `points` are [(day, exact value or None)] at the ends of the months, the last one perhaps within its own.
    """
    found = []
    for (_, before), (day, value) in zip(points, points[1:], strict=False):
        if before is None or value is None:
            found = []
        elif is_end_of_month(day):
            found.append(Fraction(value) - Fraction(before))
    return found


def missing_months(points):
    """Return how many months' gains are still missing for a forecast, 0 when there can be one."""
    return max(0, SHORT - len(gains(points)))


def at_year_end(points, end, least=None, most=None):
    """Return the Forecast of a figure for the day `end`, None while its months are too few.

    `points` as for `gains`; never below `least` nor over `most`, where given. The value goes on from the last
    point by the mean of two paces: the mean gain of a month of the last three and of the last six months
    (the drift method: Hyndman, Athanasopoulos, Forecasting: Principles and Practice, 3rd ed., §5.2). Its
    range holds four fifths of 1,000 rests of the year, for each month of which one of the last six gains was
    drawn again (the bootstrap: Efron, Annals of Statistics 7, 1979; of forecasts: Hyndman, §5.5). The draws
    are the same for everyone, always: only Python's `random()` is used, which a seed fixes for good.
    """
    if missing_months(points) or points[-1][1] is None:
        return None
    (last, value), paces = points[-1], gains(points)[-LONG:]
    value, left, rest = Fraction(value), *months_left(last, end)

    def bounded(number):
        number = number if least is None else max(number, Fraction(least))
        return number if most is None else min(number, Fraction(most))

    short, long = (sum(some) / len(some) * (left + rest) for some in (paces[-SHORT:], paces))
    sums, scale = drawn_sums(paces, left, rest)
    low, high = (value + Fraction(sums[(DRAWS - 1) * percent // 100], scale) for percent in RANGE)
    middle = value + (short + long) / 2
    return Forecast(*map(bounded, (middle, min(low, middle), max(high, middle), value + short, value + long)))


def is_end_of_month(day):
    return day.day == monthrange(day.year, day.month)[1]


def months_left(day, end):
    """Return (the whole months after a day's own until `end`, what is left of its own as a fraction)."""
    days = monthrange(day.year, day.month)[1]
    return max(0, (end.year - day.year) * 12 + end.month - day.month), (
        Fraction(days - day.day, days) if day < end else Fraction(0))


def drawn_sums(paces, left, rest):
    """Return (what the rest of the year gains, drawn DRAWS times from `paces`, by what these are divided).

    The sums are whole numbers, the smallest first.
    """
    scale = lcm(*(pace.denominator for pace in paces)) * rest.denominator
    whole, parts = [int(pace * scale) for pace in paces], [int(pace * rest * scale) for pace in paces]
    return sorted(parts[first] + sum(map(mul, whole, often))
                  for first, often in drawn_places(len(paces), left)), scale


@cache
def drawn_places(number, left):
    """Return DRAWS of one of so many places, and of how often each came in `left` more: always the same."""
    random, found = Random(SEED).random, []
    for _ in range(DRAWS):
        first, *others = (int(random() * number) for _ in range(left + 1))
        found.append((first, [others.count(place) for place in range(number)]))
    return found
