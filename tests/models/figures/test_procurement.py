"""Coverage of support, by number and amount, against answers worked out by hand."""
from datetime import date
from fractions import Fraction

from figure_values import figure_of, indicator_of, numbers_of

# --- procurement, reviews, shares ---
REQUEST = ['request_no', 'fiscal_year', 'requested_on', 'department_code', 'title', 'amount', 'it_cost',
           'new_technology', 'exclusion_reason', 'excluded_by']
CASE = ['case_no', 'fiscal_year', 'department_code', 'title', 'kind', 'request_no', 'initial_cost',
        'yearly_cost', 'years', 'new_technology', 'ordered_on']
SUPPORT = ['case_no', 'kind', 'requested_on', 'completed_on', 'trial']


def test_budget_coverage(desk):
    desk.table('budget-requests', *[[f'B-{n}', '2027', on, '101', 'x', '1', it, '0', why, by] for n,
                                    (on, it, why, by)
                                    in enumerate([('2026-04-01', '1', '', ''), ('2027-03-31', '1', '', ''),
                                                  ('2026-09-01', '0', '', ''),
                                                  ('2026-09-01', '1', '少額', '課長'),
                                                  ('2026-03-31', '1', '', ''), ('2026-09-01', '1', '', '')])],
                                                  headers=REQUEST)
    desk.table('cases', *[[f'C-{n}', '2026', '101', 'x', 'new', f'B-{n}', '1', '0', '1', '0', '']
                          for n in (0, 1, 5)],
               headers=CASE)
    desk.table('supports', ['C-0', 'budget', '2026-04-02', '2026-05-01', '0'],
               ['C-1', 'budget', '2027-03-31', '', '0'], ['C-5', 'ordering', '2026-04-02', '2026-05-01', '0'],
               headers=SUPPORT)
    assert figure_of(desk, 'support.budget_coverage') == (1, 3, Fraction(100, 3))
    assert numbers_of(indicator_of(desk, 9, '1a')) == ('1', '3', '33.3', 'missed')
    assert figure_of(desk, 'support.budget_coverage', as_of=date(2026, 4, 30))[:2] == (0, 1)
    assert figure_of(desk, 'support.budget_coverage', 2025)[:2] == (0, 1)


def test_large_coverage(desk):
    desk.table('cases', *[[f'C-{n}', '2026', '101', 'x', 'new', '', amount, '9000000', '5', new, on]
                          for n, (amount, new, on) in enumerate([
                              ('10000000', '0', '2026-10-01'), ('9999999', '0', '2026-10-01'),
                              ('1', '1', '2026-10-01'),
                              ('20000000', '0', ''), ('20000000', '0', '2026-03-31'),
                              ('20000000', '0', '2027-03-31')])],
               headers=CASE)
    assert figure_of(desk, 'support.large_coverage') == (0, 3, 0)
    desk.table('supports', ['C-0', 'ordering', '2026-09-01', '2026-10-01', '1'],
               ['C-2', 'ordering', '2026-09-01', '2026-10-02', '1'],
               ['C-5', 'budget', '2026-09-01', '2026-10-02', '1'],
               headers=SUPPORT)
    assert figure_of(desk, 'support.large_coverage')[:2] == (1, 3)
    assert figure_of(desk, 'support.large_coverage', as_of=date(2027, 3, 30))[:2] == (1, 2)
    assert figure_of(desk, 'support.trial_count')[0] == 2
    assert figure_of(desk, 'support.trial_count', as_of=date(2026, 10, 1))[0] == 1
    desk.table('settings', ['large_case_basis', '2026-04-01', 'TCO'], headers=['name', 'valid_from', 'value'])
    assert figure_of(desk, 'support.large_coverage')[:2] == (1, 4)
