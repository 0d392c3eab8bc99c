"""Incidents counted in a window of days, against answers worked out by hand."""
from datetime import date

from figure_values import figure_of, incidents, indicator_of, numbers_of


def test_the_window_has_two_edges_at_midnight_in_japan(desk):
    # cut over on 1 October: 14 days before is 17 September, 30 days after is 31 October
    desk.table('businesses', ['B01', '2026-10-01'], headers=['業務コード', '切替実績日'])
    incidents(desk, ['4', 'S-1', '2026-09-17 00:00', ''], ['5', 'S-1', '2026-10-31 23:59', ''],
              ['4', 'S-1', '2026-09-16 23:59', ''], ['4', 'S-1', '2026-11-01 00:00', ''],
              ['3', 'S-1', '2026-10-01 09:00', ''], ['4', 'S-2;S-3', '2026-10-01 09:00', ''],
              ['4', 'S-1;S-2', '2026-10-01 09:00', ''])
    assert figure_of(desk, 'incidents.in_window')[0] == 3
    assert figure_of(desk, 'incidents.in_window', as_of=date(2026, 10, 30))[0] == 2
    assert numbers_of(indicator_of(desk, 6, '2')) == (('3', None, '3', 'missed'))
    # a window written down goes before the one reckoned
    desk.table('businesses', ['B01', '2026-10-01', '2026-10-02'],
               headers=['業務コード', '端境期開始日', '端境期終了日'])
    assert figure_of(desk, 'incidents.in_window')[0] == 1


def test_no_incident_meets_nought_only_where_incidents_are_recorded(desk):
    for no in ('6', '2'), ('7', '2'):
        found = indicator_of(desk, int(no[0]), no[1])
        assert numbers_of(found) == (None, None, None, 'unknown')
        assert found['reason'] == '記録なし' and found['recorded'] is False
    incidents(desk, ['2', 'S-3', '2025-05-01 10:00', ''])
    assert numbers_of(indicator_of(desk, 7, '2')) == ('0', None, '0', 'met')
    assert indicator_of(desk, 7, '2')['reason'] == ''
    # no window of a cut-over has begun: there was none in which nothing could have happened
    assert numbers_of(indicator_of(desk, 6, '2')) == (None, None, None, 'unknown')
    desk.table('businesses', ['B19', '2025-12-22'], headers=['code', 'cutover_on'])
    assert numbers_of(indicator_of(desk, 6, '2')) == ('0', None, '0', 'met')


def test_a_severe_incident_on_a_platform(desk):
    incidents(desk, ['4', 'S-2', '2026-04-01 00:00', ''], ['3', 'S-2', '2026-05-01 00:00', ''],
              ['5', 'S-1;S-3', '2026-05-01 00:00', ''], ['4', 'S-2', '2026-03-31 23:59', ''])
    assert figure_of(desk, 'incidents.severe_platform')[0] == 1
    assert figure_of(desk, 'incidents.severe_platform', 2025)[0] == 1
