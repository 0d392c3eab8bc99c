"""Numbers open to their rows: a figure to what it counted and left out, what waits on the first page to its list."""
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


@pytest.mark.parametrize('who', ['it', 'department', 'head', 'auditor'])
def test_what_waits_opens_to_as_many_rows(client_of, who):
    browser = client_of(who)
    found = re.findall(r'<a class="card card-link" href="([^"]+)"><span>([^<]+)</span> <strong>([\d,]+)件', browser.get('/').text)
    assert len(found) >= 3 and any(number != '0' for _, _, number in found)
    for address, words, number in found:
        page = browser.get(address.replace('&amp;', '&')).text
        rows = page.partition('<tbody>')[2].partition('</tbody>')[0].count('<tr>')
        assert rows == int(number), f'{words}: {address}'
