"""Figures counted again from the rows, slowly: numbers, groups and months of every measure agree."""
from datetime import date, datetime, timedelta

import pytest
from engine import ENGINE
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from random_register import Maker
from recounted import MOSTLY, Register, agree

from audits import trail
from models import Business, db
from models.figures import MEASURES
from models.rules.calendar import JST, month_ends

YEARS = (2024, 2025, 2026)


@settings(max_examples=30 if ENGINE == 'sqlite' else 10, deadline=None, derandomize=True,
          suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 10**9))
def test_every_figure_is_what_its_rows_say(opened, seed):
    maker = Maker(seed)
    with trail.untrailed(), db.atomic() as change:
        maker.fill()
        register = Register()
        for name in MEASURES:
            year = maker.random.choice(MOSTLY)
            first = date(year, 4, 1)
            days = sorted({first + timedelta(days=maker.random.randrange(420)) for _ in range(3)}
                          | set(month_ends(year, maker.day())))
            days = [day for day in days if day >= first] or [first]
            until = maker.maybe(lambda days=days: datetime(*days[-1].timetuple()[:3], 13, 30, tzinfo=JST))
            scope = [row.id for row in Business.select().limit(maker.random.choice([0, 1, 3]))]
            agree(register, name, year, days, until, scope)
        change.rollback()


@pytest.mark.parametrize('name', MEASURES)
def test_the_population_of_the_cast_is_counted_or_left_out(opened, name):
    register = Register()
    for year in YEARS:
        for day in (date(year, 4, 1), date(year, 10, 15), date(year + 1, 3, 31), date(year + 1, 12, 31)):
            agree(register, name, year, [day], None, ())
