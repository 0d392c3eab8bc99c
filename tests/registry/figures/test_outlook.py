"""What a year comes to: the forecast of its figures on home, and how its initiatives stand on the way."""
from datetime import date
from decimal import Decimal

from models import Actual, Indicator, Initiative, StepProgress, Strategy, db
from models.rules import standings
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
    assert (cells[3].state, cells[3].rating) == ('missing', '判定不可')
    with app.app_context(), db.connection_context():
        one = (Indicator.select().join(Initiative).join(Strategy)
               .where(Strategy.fiscal_year == YEAR, Initiative.no == 3).get())
    row = Actual(indicator=one, as_of=date(2026, 10, 31), value=Decimal('60'), source='報告')
    written(row)
    assert found(app)[1][3].state == 'open'
    row.value = Decimal('80')
    written(row)
    assert found(app)[1][3].state == 'reached'


def test_on_the_years_last_day_home_shows_verdicts(app, client_of):
    clock.pin(date(2027, 3, 31))
    figures, cells = found(app)
    assert {cell.state for cell in cells.values()} == {''} and cells[11].rating == '×'
    assert (figures['完了率'].state, figures['完了率'].verdict) == ('', 'missed')
    page = client_of('it').get('/').page
    strip = ' '.join(page.one('.home-strip').text().split())
    assert '× 未達' in strip and not any(word in strip for _, word in standings.STATES.values())


def test_a_year_without_a_strategy_has_its_figures_without_a_target(app):
    clock.pin(date(2027, 4, 20))
    with app.test_request_context('/'), db.connection_context():
        read = outlook.outlook(2027)
    assert not read.cells
    assert [each.value for each in read.figures] == ['0.3', '記録なし', '該当なし', '記録なし']
    assert all(not each.target and each.coming is None and each.lacking for each in read.figures)


def test_a_figure_shows_the_line_of_its_year_and_what_holds_it_back(client_of, change):
    change(StepProgress, 1, status='doing', done_on=None, planned_on=date(2026, 11, 1))
    change(StepProgress, 2, status='todo', done_on=None)
    it = client_of('it')
    page = it.get('/figures/steps.official?year=2026&indicator=6-3').page
    rows = [' '.join(row.text().split()) for row in page.all('[aria-label="月ごとの値"] tbody tr')]
    assert rows[0] == '5月 0.3%' and rows[-2].startswith('11月 ') and rows[-1].startswith('年度末の見込み 0.')
    assert '目標は90.3%以上です。 ▲ 遅れ' in ' '.join(page.text.split()) and page.has('svg.picture')
    rows = [' '.join(row.text().split()) for row in page.all('[aria-label="差を残している業務"] tbody tr')]
    assert rows == ['B04 個人住民税 1 1 令和8年11月1日（2026-11-01）', 'B19 戸籍 0 1 予定日なし']
    # of a past day nothing is said that stands today, and one without months has no line
    assert not it.get('/figures/steps.official?year=2026&as_of=2026-10-01').page.has('[aria-label^="差を"]')
    page = it.get('/figures/support.budget_coverage?year=2026').page
    assert '見込みを出すには、月末の値があと' in page.text
    assert not it.get('/figures/steps.official?year=2024').page.has('svg.picture')
