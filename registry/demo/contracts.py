"""The demo ward's vendors and contracts: every system in operation stands under one, some share one."""
from datetime import date, timedelta
from random import Random

from models import Contract, ContractSystem, Vendor

from .acts import Acts, at
from .names import VENDORS

#: the pause between a contract's end and the day by which it must be given notice
NOTICE = timedelta(days=90)


def corporate_number(base):
    """Return a 法人番号 that nobody bears: twelve digits from `base`, the check digit before them."""
    digits = f'{base:012}'
    total = sum(int(digit) * (1 + n % 2) for n, digit in enumerate(reversed(digits)))
    return f'{9 - total % 9}{digits}'


class Contracts(Acts):
    """The ward's vendors, and the contracts of `contracted`."""

    def contracts(self):
        def write(act):
            random, vendors, groups = Random(9), {}, {}
            for n, name in enumerate(VENDORS, 1):
                vendors[name] = Vendor(
                    vendor_no=f'V-{n:05}', name=name, kana=None,
                    corporate_no=corporate_number(990000000000 + n),
                    contact='営業担当（架空）', certificates='isms;privacy_mark' if n % 2 else 'isms',
                    inspected_on=date(2026, 2, 10 + n), inspection='指摘なし')
            act.insert(list(vendors.values()))
            for system, name, ends in self.contracted:
                # the apps of a unit come from one contract
                shared = system.owner_id if system.category == 'nocode' else system.system_no
                groups.setdefault((shared, name, ends), []).append(system)
            for n, ((_, name, ends), systems) in enumerate(groups.items(), 1):
                starts = date(ends.year - 5, 4, 1)
                amount = random.randrange(2_000_000, 60_000_000, 11_000)
                contract = Contract(
                    contract_no=f'K-{n:05}', title=f'{systems[0].name}運用保守業務委託',
                    department=systems[0].owner_id,
                    vendor=vendors[name], method=random.choice(['open', 'proposal', 'evaluated']),
                    kind='service',
                    term='continuing', contracted_on=starts - timedelta(days=20), starts_on=starts,
                    ends_on=ends,
                    renews=False, notice_on=ends - NOTICE, amount=amount, estimate=amount + amount // 20,
                    sla='稼働率 99.5%以上、復旧時間 4時間以内' if systems[0].criticality == 'A' else None,
                    subcontracting=random.choice(['none', 'approved']), privacy_clause=True,
                    liability_months=12,
                    return_clause=True, erasure_clause=True)
                act.insert([contract])
                act.insert([ContractSystem(contract=contract, system=system) for system in systems])
        self.act(at(2026, 4, 21, 10), 'contracts.import', write,
                 reason='契約の台帳の登録（デモデータ）')
