"""Ratings: rounding as published, the edges 0 and 100, ○△×, and what is still needed."""
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules import ratings
from models.rules.ratings import judge, still_needed

pytestmark = pytest.mark.engine_free

OPERATORS = st.sampled_from(['>=', '>', '<=', '='])


def percent(num, den):
    return Fraction(num * 100, den)


@pytest.mark.parametrize('value, decimals, text', [
    (percent(650, 720), 1, '90.3'), (percent(626, 720), 1, '86.9'), (Fraction(1, 20), 1, '0.1'),
    (Fraction(-1, 20), 1, '-0.1'), (Fraction(1, 30), 1, '0.0'), (Fraction(-1, 30), 1, '0.0'), (7, 0, '7'),
    (Fraction(5, 2), 0, '3'), (Decimal('72.85'), 1, '72.9'), (Decimal('0.005'), 2, '0.01'), (15, 1, '15.0'),
    (10**40, 1, '1' + '0' * 40 + '.0')])
def test_published(value, decimals, text):
    assert format(ratings.published(value, decimals), 'f') == text


def test_nothing_is_published_as_nothing():
    assert ratings.published(None) is None
    assert ratings.published_rate(None) is None


def test_a_float_is_no_figure():
    with pytest.raises(TypeError):
        ratings.published(0.5)


@given(st.decimals(-10**9, 10**9, places=4), st.integers(0, 3))
def test_published_rounds_as_decimal_does(value, decimals):
    assert ratings.published(value, decimals) == value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


@pytest.mark.parametrize('num, den, decimals, text', [
    (626, 720, 1, '86.9'), (720, 720, 1, '100.0'), (1999, 2000, 1, '99.9'), (2499, 2500, 1, '99.9'),
    (1999, 2000, 2, '99.95'), (199, 200, 0, '99'), (0, 720, 1, '0.0'), (1, 100000, 1, '0.1'),
    (1, 1000, 0, '1'),
    (2001, 2000, 1, '100.1'), (3, 11, 1, '27.3'), (21, 34, 1, '61.8'), (Decimal('1.5'), 2, 1, '75.0'),
    (0, 0, 1, '該当なし'), (None, 10, 1, '該当なし'), (3, None, 1, '該当なし'), (None, None, 1, '該当なし')])
def test_rate_text(num, den, decimals, text):
    assert ratings.rate_text(num, den, decimals) == text


@given(st.integers(0, 5000), st.integers(1, 5000), st.integers(0, 2))
def test_100_and_0_are_shown_only_when_exact(num, den, decimals):
    shown = Decimal(ratings.rate_text(num, den, decimals))
    assert (shown == 100) == (num == den)
    assert (shown == 0) == (num == 0)


@pytest.mark.parametrize('value, operator, target, bounds, verdict', [
    (percent(650, 720), '>=', '90.3', True, 'met'), (percent(649, 720), '>=', '90.3', True, 'missed'),
    (percent(626, 720), '>=', '86.9', True, 'met'), (percent(96, 100), '>', 95, True, 'met'),
    (Decimal('95.04'), '>', 95, True, 'missed'), (Decimal('95.05'), '>', 95, True, 'met'),
    (percent(1999, 2000), '>=', 100, True, 'missed'), (100, '>=', 100, True, 'met'),
    (percent(1, 100000), '=', 0, True, 'missed'), (percent(1, 100000), '<=', 0, True, 'missed'),
    (percent(1, 100000), '>', 0, True, 'met'), (0, '=', 0, True, 'met'),
    (Fraction(1999, 20), '>=', 100, False, 'met'),
    (5, '>=', 5, False, 'met'), (4, '>=', 5, False, 'missed'), (0, '=', 0, False, 'met'),
    (1, '=', 0, False, 'missed'),
    (4, '<=', 4, False, 'met'), (Decimal('4.1'), '<=', 4, False, 'missed'), (5, '>', 5, False, 'missed'),
    (Fraction(61, 15), '<=', Decimal(4), False, 'missed'), (None, '>=', 5, False, 'unknown'),
    (None, '=', 0, True, 'unknown')])
def test_judge(value, operator, target, bounds, verdict):
    assert judge(value, operator, Decimal(target), exact_bounds=bounds) == verdict


def test_judge_at_two_decimals():
    assert judge(percent(650, 720), '>=', Decimal('90.3'), decimals=2) == 'missed'


@pytest.mark.parametrize('operator', ['<', '==', '', None])
def test_judge_knows_its_operators(operator):
    with pytest.raises(ValueError):
        judge(1, operator, 1)


M, X, U = 'met', 'missed', 'unknown'


@pytest.mark.parametrize('verdicts, mark', [
    ([M], '○'), ([M, M, M], '○'), ([X], '×'), ([X, X], '×'), ([M, X], '△'), ([X, M, M], '△'),
    ([M, X, U], '△'),
    ([U, U, X, M], '△'), ([], '判定不可'), ([U], '判定不可'), ([M, U], '判定不可'), ([X, U], '判定不可'),
    (iter([M, M]), '○')])
def test_rate_initiative(verdicts, mark):
    assert ratings.rate_initiative(verdicts) == mark


def test_rate_initiative_refuses_what_is_no_verdict():
    with pytest.raises(ValueError):
        ratings.rate_initiative(['met', '○'])


@given(st.lists(st.sampled_from([M, X, U]), min_size=1, max_size=5))
def test_a_decided_rating_cannot_change(verdicts):
    mark = ratings.rate_initiative(verdicts)
    filled = {ratings.rate_initiative([fill if verdict == U else verdict for verdict in verdicts])
              for fill in (M, X)}
    assert filled == {mark} if mark != '判定不可' else len(filled) == 2


@pytest.mark.parametrize('num, den, operator, target, needed', [
    (626, 720, '>=', '90.3', 24), (650, 720, '>=', '90.3', 0), (626, 720, '>=', '86.9', 0),
    (612, 720, '>=', '86.9', 14),
    (1999, 2000, '>=', 100, 1), (0, 2000, '>=', 100, 2000), (2400, 2500, '>=', 100, 100),
    (95, 100, '>', 95, 1),
    (0, 720, '>', 0, 1), (0, 720, '>=', '0.1', 1), (0, 720, '>=', 0, 0), (0, 720, '>', 100, None),
    (720, 720, '>=', 101, None), (5, 0, '>=', 80, None), (None, 10, '>=', 80, None),
    (None, None, '>=', 5, None),
    (10, 100, '<=', 5, None), (3, 100, '<=', 5, 0), (1, 100, '=', 0, None), (0, 100, '=', 0, 0)])
def test_still_needed_for_a_rate(num, den, operator, target, needed):
    assert still_needed(num, den, operator, Decimal(target)) == needed


@pytest.mark.parametrize('num, operator, target, needed', [
    (3, '>=', 5, 2), (5, '>=', 5, 0), (5, '>', 5, 1), (7, '>=', 5, 0), (0, '>=', 1250, 1250),
    (1, '=', 0, None),
    (0, '=', 0, 0), (0, '>=', 10**15, 10**15), (Fraction(7, 2), '>=', 5, 2), (Decimal('4.95'), '>=', 5, 0)])
def test_still_needed_for_a_count(num, operator, target, needed):
    assert still_needed(num, None, operator, target) == needed


def test_still_needed_for_a_ratio_that_is_no_percentage():
    assert still_needed(200, 20, '>=', 12, percent=False) == 39
    assert judge(Fraction(239, 20), '>=', 12) == 'met'
    assert judge(Fraction(238, 20), '>=', 12) == 'missed'


@given(st.integers(0, 60), st.integers(1, 60), OPERATORS, st.decimals(-1, 102, places=1), st.integers(0, 2))
def test_still_needed_agrees_with_judge(num, den, operator, target, decimals):
    num = min(num, den)
    first = next((k for k in range(den - num + 1)
                  if judge(percent(num + k, den), operator, target, decimals, True) == 'met'), None)
    if operator in ('<=', '=') and first:
        first = None
    assert still_needed(num, den, operator, target, decimals) == first


@given(st.integers(-50, 50), OPERATORS, st.decimals(-50, 50, places=2), st.integers(0, 2))
def test_still_needed_of_a_count_agrees_with_judge(num, operator, target, decimals):
    first = next(k for k in range(150) if operator in ('<=', '=') and k > 0
                 or judge(num + k, operator, target, decimals) == 'met')
    if operator in ('<=', '=') and first:
        first = None
    assert still_needed(num, None, operator, target, decimals) == first


@given(st.fractions(0, 20, max_denominator=40), st.integers(1, 20), st.decimals(0, 101, places=1),
       st.integers(0, 2))
def test_still_needed_from_a_fraction_agrees_with_judge(num, den, target, decimals):
    num = min(num, Fraction(den))
    first = next((k for k in range(den + 1) if num + k <= den and judge(
        (num + k) * 100 / den, '>=', target, decimals, exact_bounds=True) == 'met'), None)
    assert still_needed(num, den, '>=', target, decimals) == first


@pytest.mark.parametrize(('number', 'places'), [('75', 0), ('75.0', 0), ('86.90', 1), ('0.001', 3),
    ('1E+2', 0)])
def test_how_many_decimals_a_number_needs(number, places):
    assert ratings.places_of(Decimal(number)) == places
