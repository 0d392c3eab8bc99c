"""Contracts (契約) of systems with vendors, domain §2.4; many systems may stand under one contract."""
from peewee import (
    JOIN,
    SQL,
    BigIntegerField,
    BooleanField,
    CharField,
    DateField,
    ForeignKeyField,
    IntegerField,
    fn,
)
from peewee import Case as Choice

from .base import OPEN, CodeField, LongField, Searched, Summary, Table
from .organisation import Department
from .procurement import Case
from .rules import lifecycle
from .systems import System
from .vendors import Vendor

#: unconfirmed: what is known of it is incomplete (carried over from the ledger, or from a list)
CONTRACT_STATES = {'unconfirmed': '要確認', 'concluded': '締結済', 'terminated': '解約'}
METHODS = {'open': '一般競争入札', 'designated': '指名競争入札', 'proposal': '公募型プロポーザル',
           'evaluated': '総合評価', 'small': '随意契約（少額）', 'single': '随意契約（競争性なし）',
           'negotiated': '随意契約（その他）'}
CONTRACT_KINDS = {'service': '業務委託', 'lease': '賃貸借', 'licence': '使用許諾・サービス利用',
                  'purchase': '購入', 'unit_price': '単価契約', 'works': '工事・請負'}
TERMS = {'single_year': '単年度', 'continuing': '長期継続契約', 'authorised': '債務負担行為に基づく複数年'}
SUBCONTRACTING = {'none': 'なし', 'approved': '承認済', 'unapproved': '未承認'}
#: why the days of a contract still matter: no other follows it at a system in use, or it has no system
COVERS = {'in_use': '使用中のシステムの最後の契約', 'nothing': '関連システムなし'}
#: what must be known of a contract once it is no longer 要確認 (*)
COMPLETE = ('vendor', 'method', 'kind', 'term', 'contracted_on', 'starts_on', 'ends_on', 'amount')


class Contract(Searched):
    """One contract with a vendor (相手方)."""

    owned_by = 'department'
    known_by = 'contract_no'

    searched = ('contract_no', 'title', 'manager')

    contract_no = CharField(max_length=30, unique=True)
    title = CharField(max_length=200)
    state = CodeField(CONTRACT_STATES, default='concluded')
    department = ForeignKeyField(Department, backref='contracts', on_delete='RESTRICT')
    manager = CharField(max_length=100, null=True)
    vendor = ForeignKeyField(Vendor, null=True, backref='contracts', on_delete='RESTRICT')
    case = ForeignKeyField(Case, null=True, backref='contracts', on_delete='RESTRICT')
    method = CodeField(METHODS, null=True)
    method_reason = CharField(max_length=500, null=True)
    kind = CodeField(CONTRACT_KINDS, null=True)
    term = CodeField(TERMS, null=True)
    contracted_on = DateField(null=True)
    starts_on = DateField(null=True)
    ends_on = DateField(null=True)
    renews = BooleanField(null=True)
    notice_on = DateField(null=True)
    amount = BigIntegerField(null=True)
    estimate = BigIntegerField(null=True)
    sla = CharField(max_length=500, null=True)
    subcontracting = CodeField(SUBCONTRACTING, null=True)
    privacy_clause = BooleanField(null=True)
    liability_months = IntegerField(null=True)
    return_clause = BooleanField(null=True)
    erasure_clause = BooleanField(null=True)
    accepted_on = DateField(null=True)
    note = LongField(2000, null=True)
    covers = CodeField(COVERS, null=True)

    class Meta:
        indexes = ((('department', 'voided_at', 'contract_no'), False), (('voided_at', 'contract_no'), False))

    #: what the systems it is linked to say of it
    summaries = frozenset({'covers'})

    checks = {
        'complete': "state = 'unconfirmed' OR (vendor_id IS NOT NULL AND method IS NOT NULL "
                    'AND kind IS NOT NULL AND term IS NOT NULL AND contracted_on IS NOT NULL '
                    'AND starts_on IS NOT NULL AND ends_on IS NOT NULL AND amount IS NOT NULL)',
        'reasoned': "method IS NULL OR method NOT IN ('single', 'negotiated') OR method_reason IS NOT NULL",
        'ends_after': 'ends_on IS NULL OR starts_on IS NULL OR ends_on >= starts_on',
        'amount_positive': 'amount IS NULL OR amount >= 0',
        'estimate_positive': 'estimate IS NULL OR estimate > 0',
    }

    @property
    def label(self):
        return f'{self.contract_no} {self.title}'


class ContractSystem(Table):
    """That a contract covers a system (関連システム)."""

    owned_by = OPEN

    labelled_by = ('contract', 'system')

    contract = ForeignKeyField(Contract, backref='system_links', on_delete='RESTRICT')
    system = ForeignKeyField(System, backref='contract_links', on_delete='RESTRICT')

    class Meta:
        indexes = ((('contract', 'system'), True),)

    @property
    def label(self):
        return f'{self.contract.contract_no}―{self.system.name}'


#: 契約満了日 of a system: the last day of the contracts that cover it
SYSTEM_END = Summary(
    System.contract_end_on,
    # from the system's links to their contracts: SQLite would begin with all the contracts there are
    lambda: ContractSystem.select(fn.MAX(Contract.ends_on)).join(Contract, JOIN.CROSS).where(
        ContractSystem.system == System.id, ContractSystem.live(), Contract.id == ContractSystem.contract,
        Contract.live()),
    {
        Contract: lambda ids: ContractSystem.select(ContractSystem.system).where(
            ContractSystem.contract.in_(ids)),
        ContractSystem: lambda ids: ContractSystem.select(ContractSystem.system).where(
            ContractSystem.id.in_(ids)),
    })


def _covers():
    """Return the expression of what a contract covers (`COVERS`), None where others follow it."""
    links = ContractSystem.select(SQL('1')).where(ContractSystem.contract == Contract.id,
                                                  ContractSystem.live())
    last = links.join(System, JOIN.CROSS).where(
        System.id == ContractSystem.system, System.live(), System.lifecycle.in_(lifecycle.IN_USE),
        System.contract_end_on == Contract.ends_on)
    return Choice(None, [(fn.EXISTS(last), 'in_use'), (~fn.EXISTS(links), 'nothing')])


def _beside(links):
    """Return the select of the ids of contracts that cover a system which some links lead to."""
    other = ContractSystem.alias()
    return ContractSystem.select(ContractSystem.contract).join(
        other, on=other.system == ContractSystem.system).where(links(other))


#: which contracts are the last ones of systems in use; those of its systems change with a contract
CONTRACT_COVERS = Summary(
    Contract.covers, _covers,
    {
        # with a condition of either PostgreSQL would look at every contract
        Contract: lambda ids: Contract.select(Contract.id).where(Contract.id.in_(ids)) | _beside(
            lambda link: link.contract.in_(ids)),
        ContractSystem: lambda ids: _beside(lambda link: link.id.in_(ids)),
        System: lambda ids: ContractSystem.select(ContractSystem.contract).where(
            ContractSystem.system.in_(ids)),
    })
# how many end on each day, and which first, one walk of an index alone tells
Contract.add_index(Contract.voided_at, Contract.ends_on, Contract.id, Contract.covers, Contract.state,
                   Contract.department, name='contract_ends_on_due')
Contract.add_index(Contract.voided_at, Contract.notice_on, Contract.id, Contract.covers, Contract.ends_on,
                   Contract.state, Contract.department, name='contract_notice_on_due')
