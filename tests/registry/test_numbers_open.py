"""Numbers open to their rows: a figure to what it counted and left out, what waits on the first page to its
list."""
import re
from datetime import timedelta

import pytest

from audits import trail
from models import BudgetRequest, Incident, db
from models.figures import MEASURES, figure
from registry.core import clock


def test_every_figure_says_its_own_numbers_of_rows(app, client_of):
    browser = client_of('it')
    with app.app_context(), db.connection_context():
        answers = {name: [rows.query.count() for part in ('counted', 'left_out') for rows in getattr(
            figure(name, 2026, clock.today()), part)] for name in MEASURES}
    assert len({tuple(numbers)
                for numbers in answers.values()}) > 3, 'the cast would not show one taken for another'
    for name, numbers in answers.items():
        page = browser.get(f'/figures/{name}?year=2026').page
        assert [int(n) for n in page.texts('span.count')] == numbers, name


@pytest.mark.parametrize('page', ['0', '99999', '999999999999', 'x', ''])
def test_a_page_that_is_not_there(client_of, page):
    assert client_of('it').get(f'/figures/steps.official?year=2026&page={page}').status_code == 200


@pytest.mark.parametrize('who', ['it', 'department', 'head', 'auditor'])
def test_what_waits_opens_to_as_many_rows(client_of, who):
    browser = client_of(who)
    found = [(card.attributes['href'], int(card.css_first('strong').text().removesuffix('件')))
             for card in browser.get('/').page.all('a.card.card-link')]
    assert len(found) >= 3 and any(number for _, number in found)
    for address, number in found:
        assert len(browser.get(address).page.all('tbody tr')) == number, address


@pytest.mark.parametrize(('measure', 'year', 'group', 'heads', 'cells'), [
    ('plans.achievement', 2026, 'counted-0', ['回', '評価', '達成率'], r'[\d.]+%'),
    ('steps.official', 2026, 'counted-0', ['状態（2026-11-23）', '理由'], '完了済み'),
    ('support.budget_coverage', 2026, 'left-out-2', ['除外理由', '除外承認者'], '少額.*'),
    ('incidents.recovery_business_hours', 2026, 'counted-0', ['復旧時間'], r'\d+時間\d+分')])
def test_the_rows_show_what_the_figure_turns_on(app, client_of, measure, year, group, heads, cells):
    with app.app_context(), db.connection_context(), trail.act('budget-requests.edit', by=None,
            at=clock.now()) as act:
        row = BudgetRequest.get_by_id(2)
        row.exclusion_reason, row.excluded_by = '少額のため', '課長'
        act.save(row)
        row = Incident.get_by_id(1)
        row.restored_at = row.detected_at + timedelta(hours=1, minutes=5)
        act.save(row)
    page = client_of('it').get(f'/figures/{measure}?year={year}&group={group}').page
    assert set(heads) <= set(page.texts('th[scope="col"]'))
    assert any(re.fullmatch(cells, text) for text in page.texts('td'))


def test_the_rows_of_a_past_day_say_what_is_of_today(client_of):
    page = client_of('it').get('/figures/steps.official?year=2026&as_of=R8.10.1').text
    assert 'そのほかの項目は、いまの記録です' in page and '状態（2026-10-01）' in page
    assert 'そのほかの項目は、いまの記録です' not in client_of('it').get(
        '/figures/steps.official?year=2026').text
