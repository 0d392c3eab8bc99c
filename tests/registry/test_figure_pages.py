"""A figure opens to the rows it counted and to those it left out: the page says as many as there are."""
import re

import pytest

from models import db
from models.figures import MEASURES, figure
from registry import clock


def test_every_figure_says_its_own_numbers_of_rows(app, client_of):
    browser = client_of('it')
    with app.app_context(), db.connection_context():
        answers = {name: [rows.query.count() for part in ('counted', 'left_out') for rows in getattr(
            figure(name, 2026, clock.today()), part)] for name in MEASURES}
    assert len({tuple(numbers) for numbers in answers.values()}) > 3, 'the cast would not show one taken for another'
    for name, numbers in answers.items():
        page = browser.get(f'/figures/{name}?year=2026').text
        assert [int(n) for n in re.findall(r'<span class="count">(\d+)</span>', page)] == numbers, name


@pytest.mark.parametrize('page', ['0', '99999', '999999999999', 'x', ''])
def test_a_page_that_is_not_there(client_of, page):
    assert client_of('it').get(f'/figures/steps.official?year=2026&page={page}').status_code == 200
