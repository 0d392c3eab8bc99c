"""How an indicator stands during its year: decided or not, on its way or late, and what would change it."""
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules import ratings
from models.rules.ratings import judge
from models.rules.standings import (
    deciding_words,
    is_rising,
    possible_ratings,
    state_on,
    turning_point,
    verdict_on,
    worst,
)

pytestmark = pytest.mark.engine_free

M, X, U = 'met', 'missed', 'unknown'


@pytest.mark.parametrize(('now', 'value', 'operator', 'target', 'more', 'verdict'), [
    # at the year's end every value is judged
    (M, 87, '>=', 86, {'over': True}, M), (X, 80, '>=', 86, {'over': True}, X),
    (U, None, '>=', 86, {'over': True}, U),
    # a rate may still rise or fall
    (M, 87, '>=', 86, {}, U), (X, 80, '>=', 86, {}, U), (M, 4, '<=', 5, {}, U), (X, 6, '<=', 5, {}, U),
    # what only grows is decided where it can no longer be otherwise
    (M, 5, '>=', 5, {'grows': True}, M), (X, 4, '>=', 5, {'grows': True}, U), (M, 6, '>', 5,
        {'grows': True}, M),
    (M, 0, '=', 0, {'grows': True}, U), (X, 1, '=', 0, {'grows': True}, X), (X, 1, '=', 2,
        {'grows': True}, U),
    (M, 2, '=', 2, {'grows': True}, U), (M, 4, '<=', 4, {'grows': True}, U), (X, 5, '<=', 4,
        {'grows': True}, X),
    # what is done once stays done
    (M, 1, '=', 1, {'once': True}, M), (X, 0, '=', 1, {'once': True}, U)])
def test_a_verdict_is_of_the_years_end_or_decided_before(now, value, operator, target, more, verdict):
    assert verdict_on(now, value, operator, target, **{'over': False} | more) == verdict


@given(st.integers(0, 8), st.integers(0, 8), st.sampled_from(['>=', '>', '<=', '=']), st.integers(0, 8))
def test_what_is_decided_of_a_growing_count_never_changes(value, more, operator, target):
    now = verdict_on(judge(value, operator, target), value, operator, target, over=False, grows=True)
    assert now in (U, judge(value + more, operator, target))


@pytest.mark.parametrize(('now', 'coming', 'rising', 'known', 'verdict', 'state'), [
    (U, None, True, False, U, 'missing'), (U, None, True, True, U, 'open'),
    (M, None, True, True, U, 'reached'), (M, X, True, True, U, 'late'), (M, X, True, True, M, 'reached'),
    (M, None, False, True, U, 'on_track'), (X, None, False, True, U, 'late'), (X, M, True, True, X, 'late'),
    (X, M, True, True, U, 'on_track'), (X, X, True, True, U, 'late'), (X, None, True, True, U, 'open')])
def test_how_an_indicator_stands(now, coming, rising, known, verdict, state):
    assert state_on(now, coming, rising, known, verdict) == state


def test_the_state_that_needs_most_stands_for_all():
    assert worst(['reached', 'on_track', 'open']) == 'open'
    assert worst(['on_track', 'late', 'missing']) == 'late' and worst([]) == 'missing'


def test_what_is_to_be_reached_and_what_is_to_be_kept():
    assert [is_rising(operator, target) for operator, target in (
        ('>=', 5), ('>', 0), ('=', 1), ('=', 0), ('<=', 5))] == [True, True, True, False, False]


@pytest.mark.parametrize(('num', 'den', 'operator', 'target', 'units'), [
    (626, 720, '>=', '90.3', 24), (650, 720, '>=', '90.3', -1), (720, 720, '>=', 100, -1),
    (3, None, '>=', 5, 2), (7, None, '>=', 5, -3), (0, None, '=', 0, 1), (2, None, '=', 0, -2),
    (0, None, '=', 1, 1), (1, None, '<=', 4, 4), (6, None, '<=', 4, -2), (67, 1000, '<=', 5, -17),
    (50, 1000, '<=', 5, 1), (5, 0, '>=', 80, None), (None, 10, '>=', 80, None), (1, 10, '<=', 100, None),
    (0, 10, '>=', 0, None)])
def test_what_would_change_a_verdict(num, den, operator, target, units):
    assert turning_point(num, den, operator, Decimal(target)) == units


@given(st.integers(0, 60), st.integers(1, 60), st.sampled_from(['>=', '>', '<=', '=']),
       st.decimals(0, 101, places=1), st.integers(0, 2), st.booleans())
def test_what_would_change_a_verdict_does_and_nothing_less(num, den, operator, target, decimals, counted):
    if counted:
        den = None
    else:
        num = min(num, den)

    def verdict(units):
        value = Fraction(num + units) if den is None else Fraction((num + units) * 100, den)
        return judge(value, operator, target, decimals, exact_bounds=den is not None)
    found = turning_point(num, den, operator, target, decimals)
    # a count equal to a fraction is reached by none
    if found is None:
        rest = range(-num, (den - num if den else 200) + 1)
        assert len({verdict(units) for units in rest}) == 1 or operator == '='
        return
    assert verdict(found) != verdict(0)
    between = range(1, found) if found > 0 else range(found + 1, 0)
    assert all(verdict(units) == verdict(0) for units in between)


@given(st.lists(st.sampled_from([M, X, U]), max_size=5))
def test_the_ratings_an_initiative_may_come_to(verdicts):
    from itertools import product
    rest = product([M, X], repeat=verdicts.count(U))
    every = {ratings.rate_initiative([v for v in verdicts if v != U] + list(more)) for more in rest}
    assert possible_ratings(verdicts) == (every if verdicts else set())


@pytest.mark.parametrize(('verdicts', 'words'), [
    ([('1', M), ('2', X)], ''), ([], ''), ([('1', M), ('2', X), ('3', U)], ''),
    ([('1', U)], '指標1が達成なら○、未達なら×です。'),
    ([('1', U), ('2', U)], '指標1・2がすべて達成なら○、すべて未達なら×、そのほかは△です。'),
    ([('1', M), ('2', U)], '指標2が達成なら○、未達なら△です。'),
    ([('1', M), ('2', U), ('3', U)], '指標2・3がすべて達成なら○、一つでも未達なら△です。'),
    ([('1', X), ('2', U)], '指標2が未達なら×、達成なら△です。'),
    ([('1', X), ('2a', U), ('2b', U)], '指標2a・2bがすべて未達なら×、一つでも達成なら△です。')])
def test_what_a_rating_turns_on_is_said(verdicts, words):
    assert deciding_words(verdicts) == words
