"""Clocks: four hours inside business hours, twenty-four outside, and the cut-over window."""
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules import clocks
from models.rules.calendar import JST, parse_hours, working_days

pytestmark = pytest.mark.engine_free

HOURS = parse_hours('08:30-17:15')
WEDNESDAY = datetime(2026, 4, 1, 10, 0, tzinfo=JST)
SATURDAY = datetime(2026, 4, 4, 10, 0, tzinfo=JST)
LATER = datetime(2026, 5, 1, tzinfo=JST)
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize('start, took, verdict, late', [
    (WEDNESDAY, 4 * HOUR, 'met', 0 * HOUR), (WEDNESDAY, 4 * HOUR + SECOND, 'missed', SECOND),
    (WEDNESDAY, 30 * HOUR, 'missed', 26 * HOUR), (SATURDAY, 24 * HOUR, 'met', 0 * HOUR),
    (SATURDAY, 24 * HOUR + SECOND, 'missed', SECOND), (WEDNESDAY, 0 * HOUR, 'met', 0 * HOUR),
    (WEDNESDAY, -HOUR, 'met', 0 * HOUR)])
def test_recovered(start, took, verdict, late):
    found = clocks.recovery(start, start + took, LATER, HOURS)
    assert (found.verdict, found.overrun) == (verdict, late)
    assert found.inside is (start is WEDNESDAY)


@pytest.mark.parametrize('start, open_for, verdict', [
    (WEDNESDAY, 0 * HOUR, 'open'), (WEDNESDAY, 4 * HOUR, 'open'), (WEDNESDAY, 4 * HOUR + SECOND, 'missed'),
    (SATURDAY, 5 * HOUR, 'open'), (SATURDAY, 24 * HOUR + SECOND, 'missed')])
def test_still_open(start, open_for, verdict):
    found = clocks.recovery(start, None, start + open_for, HOURS)
    assert (found.verdict, found.elapsed) == (verdict, open_for)


def test_a_recovery_after_the_day_asked_for_had_not_happened():
    found = clocks.recovery(WEDNESDAY, WEDNESDAY + 3 * HOUR, WEDNESDAY + HOUR, HOURS)
    assert (found.verdict, found.elapsed) == ('open', HOUR)


def test_a_clock_that_has_not_begun():
    found = clocks.recovery(WEDNESDAY, None, WEDNESDAY - HOUR, HOURS)
    assert (found.verdict, found.elapsed, found.overrun) == ('open', None, 0 * HOUR)


def test_the_target_follows_the_detection():
    night = WEDNESDAY.replace(hour=6)
    found = clocks.recovery(night, night + 7 * HOUR, LATER, HOURS, detected=WEDNESDAY)
    assert (found.inside, found.target, found.verdict) == (True, 4 * HOUR, 'missed')


def test_targets_are_settings():
    found = clocks.recovery(WEDNESDAY, WEDNESDAY + 3 * HOUR, LATER, HOURS, inside_target=2 * HOUR)
    assert (found.target, found.verdict, found.overrun) == (2 * HOUR, 'missed', HOUR)
    found = clocks.recovery(WEDNESDAY, WEDNESDAY + 3 * HOUR, LATER, HOURS, frozenset({date(2026, 4, 1)}),
                            outside_target=2 * HOUR)
    assert (found.inside, found.verdict) == (False, 'missed')


@given(st.timedeltas(timedelta(0), timedelta(days=3)), st.timedeltas(timedelta(0), timedelta(days=3)))
def test_time_never_mends_a_miss(first, second):
    earlier, later = sorted((first, second))
    verdicts = [clocks.recovery(SATURDAY, None, SATURDAY + passed, HOURS).verdict
                for passed in (earlier, later)]
    assert verdicts != ['missed', 'open']


def test_cutover_window():
    window = clocks.cutover_window(date(2026, 1, 5), 14, 30)
    assert window == (date(2025, 12, 22), date(2026, 2, 4))


def test_a_sign_without_effect_is_not_judged():
    assert [clocks.is_judged(level) for level in range(1, 6)] == [False, True, True, True, True]


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(1, 60),
       st.lists(st.integers(0, 40), max_size=6), st.integers(0, 400))
def test_the_clock_of_an_examination_stands_while_it_is_sent_back(asked_on, days, waits, more):
    clock, day, used, at = clocks.Examination.begun(asked_on, days), asked_on, 0, asked_on
    for n, wait in enumerate(waits):
        at, day = day, day + timedelta(days=wait)
        ran = clock.stopped_on is None
        used += working_days(at, day) if ran else 0
        clock = clock.stopped(day) if ran else clock.resumed(day)
        assert (clock.used(day), clock.left(day)) == (used, days - used), n
    later = day + timedelta(days=more)
    if clock.stopped_on:
        assert clock.used(later) == used and clock == clock.stopped(later)
    else:
        assert clock.used(later) == used + working_days(day, later) and clock == clock.resumed(later)
    assert clock.used(later) + clock.left(later) == days


def test_the_first_day_does_not_count():
    # asked for on a Thursday; 19 to 23 September are closed
    clock = clocks.Examination.begun(date(2026, 9, 17), 3)
    assert clock.due_on == date(2026, 9, 25)
    assert [clock.left(date(2026, 9, day)) for day in (16, 17, 18, 23, 24, 28)] == [3, 3, 2, 2, 1, -1]
