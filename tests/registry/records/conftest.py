"""Registers filled from files: made once, copied for each test."""
import desk as desks
import pytest
from desk import FILES, VOIDED

from audits import trail
from models import Indicator, Initiative, Strategy
from registry.core import clock


@pytest.fixture(scope='session')
def bare(tmp_path_factory):
    return desks.empty(tmp_path_factory.mktemp('bare'))


@pytest.fixture(scope='session')
def full(bare, tmp_path_factory):
    """A register into which all sixteen small files were imported; tests only read it."""
    desk = desks.copied(bare, tmp_path_factory.mktemp('full'))
    desk.load(*FILES)
    return desk


@pytest.fixture
def desk(full, tmp_path):
    """A copy of the filled register that a test may change."""
    return desks.copied(full, tmp_path)


@pytest.fixture
def fresh(bare, tmp_path):
    return desks.copied(bare, tmp_path)


@pytest.fixture(scope='session')
def gaps(full, tmp_path_factory):
    """The filled register after records that others point to were voided."""
    desk = desks.copied(full, tmp_path_factory.mktemp('gaps'))
    with desk.open(), trail.act('test.void', by=None, at=clock.now()) as act:
        for table, name, value in VOIDED:
            act.void(table.get(getattr(table, name) == value) if name != 'id'
                     else Indicator.select().join(Initiative).join(
                Strategy).where(Strategy.fiscal_year == 2026, Initiative.no == 1, Indicator.no == '1').get(),
                '試験')
    return desk
