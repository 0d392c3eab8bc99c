"""Rows read together, and many reads of one state."""
import pytest
from cast import email
from concurrent_writes import write_after_first_call, write_meanwhile

from audits import trail, verify
from models import RECORDS, Person, System, db
from registry.core import clock, connection


@pytest.mark.parametrize('table', RECORDS, ids=lambda table: table.__name__)
def test_rows_read_together_are_those_read_alone(opened, table):
    rows = list(table.select().limit(70))
    ids = [*(row.id for row in rows), 0, -1, 2 ** 31 - 1, 2 ** 80]
    found = {row.id: row.__data__ for row in table.by_ids(ids)}
    assert found == {row.id: row.__data__ for row in rows}
    assert all(type(value) is type(row.__data__[name]) for row in rows for name,
               value in found[row.id].items())


@pytest.mark.engine_free
@pytest.mark.parametrize('table', RECORDS, ids=lambda table: table.__name__)
def test_a_misspelt_column_is_refused(table):
    with pytest.raises(TypeError, match='has no nmae'):
        table(nmae='x')


def rename(act):
    row = System.get(System.system_no == 'S-00001')
    row.site = f'{row.revision}階'
    act.save(row)


@pytest.mark.usefixtures('opened')
def test_verify_reads_one_state(monkeypatch):
    seq = trail.head().seq
    called = write_after_first_call(monkeypatch, verify, '_chain', rename)
    found = verify.verify()
    assert called and found.intact and found.seq == seq
    assert trail.head().seq == seq + 1 and verify.verify().intact


@pytest.mark.usefixtures('opened')
def test_a_snapshot_within_another_is_the_same_one():
    with connection.snapshot() as begins:
        seq = trail.head().seq
        write_meanwhile(rename)
        with connection.snapshot() as again:
            assert (begins, again) == (True, False)
            assert trail.head().seq == seq
        assert trail.head().seq == seq
    assert trail.head().seq == seq + 1


@pytest.mark.usefixtures('opened')
def test_a_failure_ends_a_snapshot():
    with pytest.raises(LookupError), connection.snapshot():
        trail.head()
        raise LookupError
    assert not db.in_transaction()
    with trail.act('people.edit', by=None, at=clock.now()) as act:
        row = Person.get(Person.email == email('it'))
        row.name = '阿部 情子'
        act.save(row)
