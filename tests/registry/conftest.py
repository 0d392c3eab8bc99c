"""Who the tests of the pages are, and what they write beforehand."""
from datetime import date

import pytest
from strategy_pages import YEAR, sent

from audits import trail
from models import Person, db
from registry.core import clock


@pytest.fixture
def change(app):
    """A function: (table, id, who or None, fields) → the row changed in an act of theirs."""
    def save(table, id, who=None, **fields):
        with app.app_context(), db.connection_context():
            row = table.get_by_id(id)
            for name, value in fields.items():
                setattr(row, name, value)
            with trail.act('demo.fill', by=Person.get(Person.email == f'{who}@city.example') if who else None,
                           at=clock.now()) as act:
                act.save(row)
            return row
    return save


@pytest.fixture
def written(app):
    """A function: rows to be saved in one act."""
    def save(*rows):
        with app.app_context(), db.connection_context(), trail.act('demo.fill', by=None,
                at=clock.now()) as act:
            for row in rows:
                act.save(row)
    return save


@pytest.fixture
def year(it):
    """A year of its own with one theme, one initiative, one indicator, one schedule row and one actual."""
    clock.pin(date(2028, 3, 31))
    sent(it, '/strategies/new', fiscal_year='2027', title='令和9年度戦略', mission='あ', vision='い',
         source='う')
    sent(it, f'{YEAR}/themes/new', no='1', title='便利な窓口')
    sent(it, f'{YEAR}/initiatives/new', no='1', theme_no='1', title='オンライン申請')
    sent(it, f'{YEAR}/initiatives/1/indicators/new', no='1', text='利用率', kind='rate', operator='>=',
         target='80', decimals='1',
         unit='%')
    sent(it, f'{YEAR}/initiatives/1/schedule/new', text='調査', start_quarter='1', end_quarter='2', star='0')
    sent(it, f'{YEAR}/initiatives/1/indicators/1/actuals/new', as_of='R9.9.30', value='81', source='統計')
    return it
