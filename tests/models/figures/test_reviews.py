"""Reviews and shared cases, against answers worked out by hand."""
from datetime import date

from figure_values import figure_of


def test_reviews_and_shares(desk):
    desk.table('reviews', ['R-1', 'retire', 'x', 'S-1', '2026-04-01', '実施', '2026-04-01', '課長'],
               ['R-2', 'retire', 'x', 'S-1', '2026-04-01', '実施', '', ''],
               ['R-3', 'retire', 'x', 'S-1', '2026-04-01', '', '2026-05-01', '課長'],
               ['R-4', 'retire', 'x', 'S-1', '2026-03-01', '見送り', '2026-03-31', '課長'],
               ['R-5', 'retire', 'x', 'S-1', '2026-04-01', '継続検討', '2027-03-31', '課長'])
    assert figure_of(desk, 'reviews.count')[0] == 2
    assert figure_of(desk, 'reviews.count', as_of=date(2027, 3, 30))[0] == 1
    desk.table('shares', ['H-1', 'x', '', '通知', '2026-04-01', ''],
               ['H-2', 'x', '', '通知', '2026-03-31', ''], ['H-3', 'x', '', '通知', '2027-03-31', ''])
    assert figure_of(desk, 'shares.count')[0] == 2
    assert figure_of(desk, 'shares.count', as_of=date(2027, 3, 30))[0] == 1
