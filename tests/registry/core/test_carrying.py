"""What the ledger said of vendors and contract ends until 0.2.0 becomes vendors and contracts, to the letter.

`tests/data/releases/0.2.0-large` is a register of release 0.2.0 with the demo ward and 10,000 more systems,
made by its own commands: vendors in all spellings, some of 200 characters, some systems without one or
without an end.
"""
import lzma
import tarfile
from collections import Counter
from datetime import UTC, datetime
from json import loads

from earlier_releases import DATA, opened_at, restored
from engine import ENGINE

from audits import verify
from models import Act, Change, Contract, ContractSystem, System, Vendor, db
from registry.core import connection
from registry.data import masters
from registry.records import sheets
from registry.records.importing import load
from registry.records.noun import NOUNS

#: after every act of the stored register
LATER = datetime(2026, 12, 1, tzinfo=UTC)


def large(databases):
    name = '0.2.0-large.db.xz' if ENGINE == 'sqlite' else '0.2.0-large.sql.xz'
    return restored(lzma.decompress((DATA / 'releases' / name).read_bytes()), databases)


def test_vendors_and_contracts_take_what_the_ledger_said(app, databases):
    url = large(databases)
    with opened_at(url), app.app_context():
        said = {id: (vendor, end and str(end), voided) for id, vendor, end, voided in db.execute_sql(
            'SELECT id, vendor, contract_end_on, voided_at FROM system')}
        before = verify.verify()
        acts = Act.select().count()
        connection.migrate(lambda: masters.fill(LATER), LATER)
        # every text is one vendor, every system with a vendor or an end has one contract that says both
        assert Counter(Vendor.select(Vendor.name).tuples()) == Counter({(vendor,): 1 for vendor, _, _ in
                                                                      said.values() if vendor})
        found = {system: (vendor, end and str(end)) for system, vendor, end in ContractSystem.select(
            ContractSystem.system, Vendor.name, Contract.ends_on).join(Contract).left_outer_join(
            Vendor, on=Contract.vendor == Vendor.id).tuples()}
        assert found == {id: (vendor, end) for id, (vendor, end, _) in said.items() if vendor or end}
        assert len(found) > 9000 and Contract.select().where(Contract.state != 'unconfirmed').count() == 0
        ends = dict(System.select(System.id, System.contract_end_on).tuples())
        assert {id: end and str(end) for id, end in ends.items()} == {
            id: None if voided else end for id, (_, end, voided) in said.items()}
        # it is an act of the chain, which stands as it stood
        after = verify.verify()
        assert before.acts == acts and after.intact, after
        act = Act.get(Act.kind == 'contracts.carry')
        assert act.actor == 'system' and act.changes == 2 * len(found) + Vendor.select().count()
        assert connection.migrate(lambda: masters.fill(LATER), LATER) == []
        assert Act.select().where(Act.kind == 'contracts.carry').count() == 1
        # histories tell of the former column as they did
        assert any('vendor' in loads(values) for (values,) in Change.select(Change.values).where(
            Change.table == 'system').order_by(Change.act.desc()).limit(5).tuples())
        # files that release wrote of it import as unchanged, but for the two columns that moved
        with tarfile.open(DATA / 'releases' / '0.2.0-large.files.tar.xz') as files:
            # the second engine reads the shorter ones: how a row is read does not depend on their number
            for member in [each for each in files if ENGINE == 'sqlite' or each.size < 200_000]:
                kind = member.name.removesuffix('.csv')
                read = load(NOUNS[kind], sheets.read(files.extractfile(member).read(), member.name))
                assert read.good and read.counts['create'] == read.counts['update'] == 0, (kind,
                    read.problems[:3])
                assert read.counts['unchanged'] > 0 and len(read.notices) == 2 * (kind == 'systems'), kind
    databases.drop(url)


def test_a_register_without_vendors_has_nothing_to_carry(opened):
    assert Act.select().where(Act.kind == 'contracts.carry').count() == 0
