"""What a year comes to: the forecast of its figures on home, and how its initiatives stand on the way."""
from datetime import date
from decimal import Decimal

import pytest

from models import Actual, Indicator, Initiative, Strategy, db
from models.rules import ratings
from registry.core import clock
from registry.figures import outlook

YEAR = 2026


def found(app):
    with app.test_request_context('/'), db.connection_context():
        read = outlook.outlook(YEAR)
        return {each.name: each for each in read.figures}, {cell.no: cell for cell in read.cells}


def test_a_figure_goes_on_as_in_its_last_months(app):
    figures, cells = found(app)
    assert list(figures) == ['完了率', '受講率', '支援率', '達成率']
    # two steps done in May, none since
    steps = figures['完了率']
    assert {steps.value, steps.coming, steps.low, steps.high} == {'0.3'} and steps.state == 'late'
    assert steps.place == '6-3' and steps.target == '90.3%以上' and '直近3か月の進み方では0.3%' in steps.paces
    # in the cast the census is of October: too few months to go by
    training = figures['受講率']
    assert training.coming is None and training.lacking == '見込みを出すには、月末の値があと3か月分いります。'
    assert cells[6].state == 'late' and len(cells) == 11


def test_an_entered_value_changes_how_its_initiative_stands(app, written):
    _, cells = found(app)
    assert (cells[3].state, cells[3].counts) == ('missing', (('missing', 1),))
    with app.app_context(), db.connection_context():
        one = (Indicator.select().join(Initiative).join(Strategy)
               .where(Strategy.fiscal_year == YEAR, Initiative.no == 3).get())
    row = Actual(indicator=one, as_of=date(2026, 10, 31), value=Decimal('60'), source='報告')
    written(row)
    assert found(app)[1][3].state == 'open'
    row.value = Decimal('80')
    written(row)
    assert found(app)[1][3].state == 'reached'


def test_a_year_without_a_strategy_has_its_figures_without_a_target(app):
    clock.pin(date(2027, 4, 20))
    with app.test_request_context('/'), db.connection_context():
        read = outlook.outlook(2027)
    assert not read.cells
    assert [each.value for each in read.figures] == ['0.3', '記録なし', '該当なし', '記録なし']
    assert all(not each.target and each.coming is None and each.lacking for each in read.figures)


@pytest.mark.engine_free
@pytest.mark.parametrize(('verdict', 'coming', 'rising', 'known', 'state'), [
    ('unknown', None, True, False, 'missing'), ('unknown', None, True, True, 'open'),
    ('met', None, True, True, 'reached'), ('met', 'missed', True, True, 'late'),
    ('met', None, False, True, 'on_track'), ('missed', None, False, True, 'late'),
    ('missed', 'met', True, True, 'on_track'), ('missed', 'missed', True, True, 'late'),
    ('missed', None, True, True, 'open')])
def test_how_an_indicator_stands(verdict, coming, rising, known, state):
    assert ratings.progress(verdict, coming, rising, known) == state


@pytest.mark.engine_free
def test_an_initiative_stands_as_the_one_that_needs_most():
    assert ratings.worst(['reached', 'on_track', 'open']) == 'open'
    assert ratings.worst(['on_track', 'late', 'missing']) == 'late' and ratings.worst([]) == 'missing'
