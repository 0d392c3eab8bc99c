"""What a migration set aside becomes records, by an act: rows are written in the trail, nowhere else."""
from peewee import SqliteDatabase

from audits import trail
from models import Contract, ContractSystem, Support, SupportComment, System, Vendor, db
from models.rules import calendar
from models.rules.clocks import Examination
from models.settings import DatedSettings

REASON = '情報システム台帳の「保守事業者」と「契約満了日」を、事業者と契約の台帳に移しました'
NOTE = ('情報システム台帳の「保守事業者」と「契約満了日」から移した契約です。'
        '契約書を見て内容を補ってください。')
CLOCKS = '受付から完了までの調達支援に、点検の期限（開庁日）を付けました'
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


def carry_clocks(at):
    """Let the clock of each open support run by what its thread says of it; return of how many supports.

    It began when the support was asked for, stood from each return (差戻し) to the answer, and stands where
    none has come.
    """
    dated = DatedSettings()
    open_ones = list(Support.select().where(
        Support.due_on.is_null(), Support.live(), Support.state.in_(['requested', 'reviewing', 'returned'])))
    with trail.act('supports.carry', by=None, at=at, channel='cli', reason=CLOCKS) as act:
        for row in open_ones:
            clock = Examination.begun(row.requested_on, int(dated.on('support_days', row.requested_on)))
            thread = SupportComment.select().where(
                SupportComment.support == row, SupportComment.live()).order_by(SupportComment.id)
            for comment in thread:
                day = max(comment.at.astimezone(calendar.JST).date(), row.requested_on)
                clock = clock.stopped(day) if comment.state == 'returned' else clock.resumed(day)
            day = at.astimezone(calendar.JST).date()
            clock = clock.stopped(day) if row.state == 'returned' else clock.resumed(day)
            row.due_on, row.stopped_on, row.stopped_days = (
                clock.due_on, clock.stopped_on, clock.stopped_days or None)
            act.save(row)
    return len(open_ones)


def _is_set_aside():
    where = ("sqlite_temp_master WHERE type = 'table' AND name" if isinstance(db.obj, SqliteDatabase)
             else "pg_class WHERE relpersistence = 't' AND pg_table_is_visible(oid) AND relname")
    return bool(db.execute_sql(f"SELECT 1 FROM {where} = 'carried_contract'").fetchall())
