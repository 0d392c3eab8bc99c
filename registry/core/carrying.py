"""What a migration set aside becomes records, by an act: rows are written in the trail, nowhere else."""
from peewee import SqliteDatabase

from audits import trail
from models import Contract, ContractSystem, System, Vendor, db

REASON = '情報システム台帳の「保守事業者」と「契約満了日」を、事業者と契約の台帳に移しました'
NOTE = ('情報システム台帳の「保守事業者」と「契約満了日」から移した契約です。'
        '契約書を見て内容を補ってください。')
BATCH = 500


def carry_contracts(at):
    """Write the vendors and contracts that 0011 took out of the ledger; return how many contracts.

    Each system gets a contract of its own, since nothing says which share one; a vendor is what was typed, to
    the letter. Contracts of voided systems are voided too.
    """
    if not _is_set_aside():
        return 0
    carried = db.execute_sql('SELECT id, vendor, contract_end_on FROM carried_contract '
                             'ORDER BY id').fetchall()
    with trail.act('contracts.carry', by=None, at=at, channel='cli', reason=REASON) as act:
        vendors = {name: Vendor(vendor_no=f'V-{no:05}', name=name)
                   for no, name in enumerate(dict.fromkeys(name for _, name, _ in carried if name), 1)}
        act.insert(list(vendors.values()))
        for start in range(0, len(carried), BATCH):
            part = carried[start:start + BATCH]
            systems = {row.id: row for row in System.by_ids([id for id, _, _ in part])}
            contracts = [Contract(
                contract_no=f'K-{no:05}', title=(system := systems[id]).name, state='unconfirmed',
                department=system.owner_id, vendor=vendors.get(name),
                ends_on=Contract.ends_on.python_value(ends), note=NOTE,
                voided_at=system.voided_at, void_reason=system.void_reason)
                for no, (id, name, ends) in enumerate(part, start + 1)]
            act.insert(contracts)
            act.insert([ContractSystem(contract=contract, system=id)
                        for contract, (id, _, _) in zip(contracts, part, strict=True)])
    db.execute_sql('DROP TABLE carried_contract')
    return len(carried)


def _is_set_aside():
    where = ("sqlite_temp_master WHERE type = 'table' AND name" if isinstance(db.obj, SqliteDatabase)
             else "pg_class WHERE relpersistence = 't' AND pg_table_is_visible(oid) AND relname")
    return bool(db.execute_sql(f"SELECT 1 FROM {where} = 'carried_contract'").fetchall())
