"""Plans at their latest check-in, against answers worked out by hand."""
from datetime import date
from fractions import Fraction

from figure_values import figure_of


# --- plans and entered actuals ---
def test_plans_at_their_latest_check_in(desk):
    desk.table('plans', *[[no, quarter, '2026', '101', 'x', of, mark, rate, '', ''] for no, quarter, of, mark,
                          rate in [
        ('P-1', '1Q', 'priority', '順調', '100'), ('P-1', '2Q', 'priority', '遅れ', '50'),
        ('P-1', '3Q', 'priority', '順調', '90'),
        ('P-2', '1Q', 'priority', '順調', '80.5'), ('P-3', '2Q', 'priority', 'やや遅れ', ''),
        ('P-4', '年度末', 'priority', '順調', '10'),
        ('P-5', '年度末', 'own', '順調', '10')]])
    assert figure_of(desk, 'plans.on_track', as_of=date(2026, 6, 29))[:2] == (0, 0)
    # who should have reported and has not is not on track; a half-yearly plan is first due at the end of
    # September
    assert figure_of(desk, 'plans.on_track', as_of=date(2026, 6, 30))[:2] == (2, 4)
    assert figure_of(desk, 'plans.on_track', as_of=date(2026, 9, 30))[:2] == (1, 5)
    assert figure_of(desk, 'plans.achievement', as_of=date(2026, 9, 30))[2] == Fraction(1305, 20)
    assert figure_of(desk, 'plans.on_track', as_of=date(2026, 12, 31))[:2] == (2, 5)
    assert figure_of(desk, 'plans.on_track')[:2] == (4, 5)
