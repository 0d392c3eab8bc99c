"""Times of recovery in business hours, against answers worked out by hand."""
from datetime import date, datetime
from fractions import Fraction

import pytest
from figure_values import figure_of, incidents, indicator_of, numbers_of

from models.figures import figure
from models.rules.calendar import JST


@pytest.mark.parametrize('moment,inside', [
    ('2026-12-28 17:10', True), ('2026-12-28 17:20', False), ('2025-12-28 10:00', False),
    ('2026-12-29 10:00', False), ('2027-01-03 10:00', False), ('2027-01-04 08:30', True),
    ('2027-01-04 08:29', False),
    ('2026-11-23 10:00', False), ('2026-11-21 10:00', False)])
def test_business_hours(desk, moment, inside):
    year = 2025 if moment < '2026-04' else 2026
    incidents(desk, ['4', 'S-1', moment, moment])
    as_of = date(year + 1, 3, 31)
    assert figure_of(desk, 'incidents.recovery_business_hours', year, as_of)[1] == inside
    assert figure_of(desk, 'incidents.recovery_off_hours', year, as_of)[1] == (not inside)


def test_recovery_times(desk):
    incidents(desk, ['2', 'S-1', '2026-07-01 17:00', '2026-07-01 21:00'],
              ['2', 'S-1', '2026-07-02 09:00', '2026-07-02 13:01'],
              ['2', 'S-1', '2026-07-01 18:00', '2026-07-02 18:00'], ['2', 'S-1', '2026-07-03 10:00', ''])
    met, judged, value = figure_of(desk, 'incidents.recovery_business_hours', as_of=date(2026, 7, 2))
    assert (met, judged, value) == (1, 2, Fraction(4 * 60 + 1, 60))
    assert figure_of(desk, 'incidents.recovery_off_hours', as_of=date(2026, 7, 2)) == (1, 1, 24)
    # the open one is past its four hours by the end of its day
    assert figure_of(desk, 'incidents.recovery_business_hours', as_of=date(2026, 7, 3))[:2] == (1, 3)
    # while that day lasts it has until 14:00
    with desk.open():
        for hour, judged in ((13, 2), (15, 3)):
            moment = datetime(2026, 7, 3, hour, tzinfo=JST)
            assert figure('incidents.recovery_business_hours', 2026, date(2026, 7, 3),
                          until=moment).denominator == judged
    # restored only after the day: still open on it
    assert figure_of(desk, 'incidents.recovery_off_hours', as_of=date(2026, 7, 1)) == (0, 0, None)


def test_ten_seconds_too_late_are_too_late(desk):
    incidents(desk, ['2', 'S-1', '2025-07-01 10:00', '2025-07-01 14:00:10'])
    assert numbers_of(indicator_of(desk, 8, '5a', 2025, '2026-03-31')) == ('0', '1', '4.00', 'missed')
