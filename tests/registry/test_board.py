"""The board tells what is recorded from what is not: an empty register is no result, and what was published stays."""
from datetime import date, datetime

import cast
import pytest

from audits import trail
from models import Business, Incident
from models.figures import MEASURES, figure
from models.rules.calendar import JST
from registry import clock, connection, masters

YEAR, END = 2025, date(2026, 3, 31)


@pytest.fixture
def bare(built, databases, monkeypatch):
    """The application on a register that holds the built-in masters only."""
    from models import db
    url = databases.empty()
    built.extensions.pop('remembered', None)
    clock.pin(cast.TODAY)
    db.initialize(connection.open_database(url))
    monkeypatch.setitem(built.config, 'DATABASE_URL', url)
    with built.app_context():
        db.connect()
        connection.migrate()
        masters.fill(clock.now())
        yield built
        db.close_all()
    clock.pin(None)
    databases.drop(url)


def write(row):
    with trail.act('test.write', by=None, at=clock.now(), channel='cli') as act:
        act.save(row)


@pytest.mark.parametrize('name', MEASURES)
def test_without_records_no_figure_has_a_value(bare, name):
    found = figure(name, YEAR, END)
    assert (found.value, found.numerator, found.denominator, found.recorded) == (None, None, None, False)


def test_a_register_that_is_kept_counts_0(bare):
    write(Incident(incident_no='I-1', title='前年度の障害', category='failure', level=2, detected_at=datetime(2024, 5, 1, tzinfo=JST)))
    assert figure('incidents.severe_platform', YEAR, END).value == 0
    # what had not happened yet is no record of that day
    assert not figure('incidents.severe_platform', 2024, date(2024, 4, 30)).recorded
    # without a cut-over there is no window in which nothing could have happened
    assert not figure('incidents.in_window', YEAR, END).recorded
    business = Business.get(Business.code == 'B19')
    business.cutover_on = date(2025, 12, 22)
    write(business)
    assert figure('incidents.in_window', YEAR, END).value == 0


def test_a_figure_counts_only_the_businesses_it_is_asked_for(bare):
    business = Business.get(Business.code == 'B18')
    business.cutover_on = date(2026, 5, 7)
    write(business)
    other = Business.get(Business.code == 'B16').id
    assert figure('cutovers.count', 2026, date(2026, 11, 1)).value == 1
    assert figure('cutovers.count', 2026, date(2026, 11, 1), businesses=[other]).value == 0
    rate = figure('cutovers.rate', 2026, date(2026, 11, 1), businesses=[business.id, other])
    assert (rate.numerator, rate.denominator) == (1, 2)
    assert {rows.words: rows.count() for rows in rate.left_out}['指標の対象でない業務'] == 16
