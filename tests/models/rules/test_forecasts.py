"""Forecasts: they go on as the months did, stay within their bounds, and are the same each time."""
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.rules import calendar
from models.rules.forecasts import at_year_end, gains, missing_months, months_left

pytestmark = pytest.mark.engine_free

YEAR, END = 2026, date(2027, 3, 31)
VALUES = st.fractions(0, 100, max_denominator=720)
DAYS = st.dates(date(2026, 8, 1), END)


def months(values, day=date(2026, 11, 24)):
    """Return points at the last month ends up to a day."""
    days = calendar.month_ends(YEAR, day)
    return list(zip(days[-len(values):] if values else [], values, strict=True))


@st.composite
def points(draw):
    days = calendar.month_ends(YEAR, draw(DAYS))
    return list(zip(days, draw(st.lists(VALUES, min_size=len(days), max_size=len(days))), strict=True))


@settings(max_examples=30)
@given(points())
def test_a_rate_stays_within_its_bounds_and_its_range(some):
    found = at_year_end(some, END, 0, 100)
    assert 0 <= found.low <= found.value <= found.high <= 100
    assert min(found.by_short, found.by_long) <= found.value <= max(found.by_short, found.by_long)
    assert found == at_year_end(some, END, 0, 100)


@settings(max_examples=30)
@given(points(), VALUES)
def test_without_bounds_all_moves_with_the_figure(some, more):
    moved = [(day, value + more) for day, value in some]
    assert at_year_end(moved, END) == tuple(number + more for number in at_year_end(some, END))


@given(DAYS, VALUES, st.fractions(-5, 5, max_denominator=9))
def test_an_even_pace_goes_on_to_the_day(day, first, pace):
    days = calendar.month_ends(YEAR, day)
    last = first + pace * (len(days) - 2)
    some = [(end, first + pace * at) for at, end in enumerate(days[:-1])] + [(day, last)]
    # what is left of the month of the day itself counts by its days
    left, rest = months_left(day, END)
    if days[-1] == calendar.month_ends(YEAR, END)[len(days) - 1]:
        last += pace
        some[-1] = day, last
    assert set(at_year_end(some, END)) == {last + pace * (left + rest)}


def test_the_last_three_months_and_the_last_six():
    found = at_year_end(months([0, 0, 0, 0, 6, 6, 6, 6, 6], date(2026, 12, 31)), END)
    assert (found.by_short, found.by_long, found.value) == (6, 9, Fraction(15, 2))
    assert (found.low, found.high) == (6, 12)


def test_the_year_that_is_over_is_no_forecast_any_more():
    assert set(at_year_end(months([1, 2, 4, 8], END), END)) == {8}


@pytest.mark.parametrize(('values', 'missing'), [
    ([], 3), ([1], 3), ([1, 2], 3), ([1, 2, 3], 2), ([1, 2, 3, 3], 1), ([1, 2, 3, 3, 3], 0),
    ([1, 2, None, 3, 3, 3], 2), ([1, 2, 3, 3, None], 3), ([None] * 8, 3)])
def test_too_few_months_give_none(values, missing):
    some = months(values)
    assert missing_months(some) == missing and (at_year_end(some, END) is None) == bool(missing)
    assert len(gains(some)) == max(0, 3 - missing) or not missing
