"""Figures asked of a register as commands do, for the tests that work them out by hand."""
from datetime import date

from models.figures import figure

SYSTEM = ['system_no', 'name', 'owner_code', 'category', 'std_business', 'lifecycle', 'pii']
INCIDENT = ['incident_no', 'title', 'category', 'level', 'system_nos', 'detected_at', 'restored_at']


def figure_of(desk, name, year=2026, as_of=date(2027, 3, 31)):
    """Return (numerator, denominator, value) of a figure, which must open to as many rows as it counted."""
    with desk.open():
        found = figure(name, year, as_of)
        counted = sum(rows.count() for rows in found.counted)
        if name not in ('plans.achievement', 'plans.measure'):
            assert counted == (found.denominator if 'recovery' in name else found.numerator or 0)
        return found.numerator, found.denominator, found.value


def indicator_of(desk, initiative, no, year=2026, as_of='2027-03-31'):
    board = desk.json('kpi', '--fiscal-year', year, '--as-of', as_of)
    found = next(i for i in board['initiatives'] if i['no'] == initiative)
    return next(i for i in found['indicators'] if i['no'] == no)


def numbers_of(found):
    return found['numerator'], found['denominator'], found['value'], found['verdict']


# --- incidents ---
def incidents(desk, *rows):
    found = desk.table('incidents', *[[f'I-{n}', '障害', 'failure', *row] for n, row in enumerate(rows, 1)],
                       headers=INCIDENT)
    assert found['create'] == len(rows)
