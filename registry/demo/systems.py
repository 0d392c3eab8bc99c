"""The ward's ledger of systems."""
from datetime import date, timedelta

from models import (
    Business,
    BusinessSystem,
    System,
)

from .acts import Acts, at
from .names import APPS, OWNERS, PLATFORMS, SUBJECTS, UNITS, VENDORS


class Systems(Acts):
    """The ward's ledger of systems."""

    def systems(self):
        groups = {'ledger': [], 'apps': [], 'plans': []}
        changes = {'retiring': [], 'retired': [], 'disposed': [], 'review': [], 'renew': [],
                   'plan to retire': [], 'gis': []}

        def write(act):
            self.list_systems(groups, changes)
            act.insert(groups['ledger'])
            act.insert([BusinessSystem(business=b, system=self.by_name[f'{b.name}システム'])
                        for b in Business.select().where(Business.applicable)])

        def turn(name):
            return lambda act: [self.set(act, row, **values) for row, values in changes[name]]
        self.act(at(2024, 3, 26), 'systems.import', write, reason='表計算の台帳からの移行（デモデータ）')
        self.act(at(2025, 10, 6), 'systems.import', turn('retiring'), reason='廃止予定の決定（デモデータ）')
        self.act(at(2026, 3, 25), 'systems.import', lambda act: act.insert(groups['apps']),
                 reason='令和7年度に作成したノーコードアプリ（デモデータ）')
        self.act(at(2026, 3, 31, 18), 'systems.move', turn('gis'), reason='統合型GISの稼働（デモデータ）')
        self.act(at(2026, 4, 1, 10), 'systems.import', turn('retired'), reason='年度末の廃止（デモデータ）')
        self.act(at(2026, 4, 20), 'systems.import', lambda act: act.insert(groups['plans']),
                 reason='令和8年度に計画しているシステム（デモデータ）')
        self.act(at(2026, 6, 1), 'systems.import', turn('disposed'), reason='廃棄の完了（デモデータ）')
        self.act(at(2026, 7, 13), 'systems.import', turn('review'), reason='更新の検討開始（デモデータ）')
        self.act(at(2026, 9, 14), 'systems.import', turn('renew'), reason='更新の決定（デモデータ）')
        self.act(at(2026, 10, 5), 'systems.import', turn('plan to retire'),
                 reason='廃止予定の決定（デモデータ）')

    def list_systems(self, groups, changes):
        """Put the ward's 300 systems into groups by day of entry, and their later moves into changes."""
        codes = [code for code, _, _ in UNITS]

        def add(name, kana, unit, category, group='ledger', **more):
            n = 1 + sum(len(rows) for rows in groups.values())
            random = self.random
            values = dict(
                system_no=f'S-{n:05d}', name=name, kana=kana, owner=self.units[unit], category=category,
                lifecycle='operate', summary=f'{self.units[unit].name}の{name}。', hosting=random.choice(
                    ['onpremise', 'datacentre', 'saas', 'iaas', 'lgwan_asp']), zone=random.choice(
                    ['lgwan', 'internet', 'outside']), confidentiality=random.choice(['3B', '3C', '2', '1']),
                integrity='2', availability=random.choice(['2', '1']), criticality=random.choice('ABC'),
                rto_in=4, rto_out=24, vendor=random.choice(VENDORS), users=random.randrange(5, 900),
                go_live_on=date(random.randrange(2015, 2024), random.choice([4, 10]), 1),
                contract_end_on=date(random.randrange(2027, 2031), 3, 31),
                manager=f'{self.units[unit].name}長',
                contacts='内線（架空）', backup='日次・庁外保管',
                pii=random.choice(['none', 'none', 'personal', 'sensitive']))
            if n % 9 == 0:
                values.update(backup=None, contacts=None, criticality=None)
            values.update(more)
            vendor, ends = values.pop('vendor'), values.pop('contract_end_on')
            row = self.by_name[name] = System(**values)
            if vendor:
                self.contracted.append((row, vendor, ends))
            groups[group].append(row)
            return row

        for name in PLATFORMS:
            add(name, None, '0151', 'platform', zone='lgwan', criticality='A', availability='2', pii='none')
        for business in Business.select().where(Business.applicable).order_by(Business.code):
            add(f'{business.name}システム', None, OWNERS[business.code], 'core_standard', zone='my_number',
                pii='my_number', pia_kind='full', confidentiality='3A', criticality='A', std_status='moving',
                hosting='datacentre')
        gis = add('統合型GIS', 'トウゴウガタジーアイエス', '0151', 'gis', lifecycle='build', go_live_on=None)
        changes['gis'].append((gis, {'lifecycle': 'operate', 'go_live_on': date(2026, 3, 31)}))
        add('公開型GIS', 'コウカイガタジーアイエス', '0151', 'gis', 'plans', lifecycle='build',
            go_live_on=None)
        for n in range(26):
            unit = codes[8 + n % 12]
            add(f'{self.units[unit].name} {APPS[n % 6]}アプリ', None, unit, 'nocode', 'apps', build='nocode',
                hosting='saas',
                zone='outside', go_live_on=date(2025, 7, 1) + timedelta(days=9 * n), pii='none')
        states = ['idea', 'budget', 'procure', 'build', 'review', 'renew', 'retiring', 'retired', 'disposed',
                  'stopped']
        for n in range(300 - sum(len(rows) for rows in groups.values())):
            unit = codes[n % len(codes)]
            subject, kana = SUBJECTS[(n // len(codes) + n) % len(SUBJECTS)]
            state = states[(n // 7) % len(states)] if n % 7 == 3 else 'operate'
            planned = state in ('idea', 'budget', 'procure', 'build', 'stopped')
            more = {'lifecycle': state, 'go_live_on': None, 'contract_end_on': None,
                    'vendor': None} if planned else {}
            if state in ('retired', 'disposed'):
                more['contract_end_on'] = date(2026, 3, 31)
            elif state == 'operate' and n % 11 == 0:
                more['contract_end_on'] = date(2027, 3, 31)
            category = ['business', 'office', 'online', 'core_other', 'education' if unit == '0800'
                        else 'business'][n % 5]
            row = add(f'{self.units[unit].name} {subject}システム', kana, unit, category, 'plans' if planned
                      else 'ledger', **more)
            handed = {'lifecycle': 'retiring', 'handover': '後継システムへ移行'}
            if state in ('retired', 'disposed'):
                changes['retiring'].append((row, handed | {'retire_planned_on': date(2026, 3, 31)}))
                changes['retired'].append((row, {'lifecycle': 'retired', 'retired_on': date(2026, 3, 31)}))
            if state == 'disposed':
                changes['disposed'].append((row, {'lifecycle': 'disposed', 'disposed_on': date(2026, 5, 29),
                                                  'disposal_certificate': f'消-{n:04d}'}))
            if state in ('review', 'renew'):
                changes['review'].append((row, {'lifecycle': 'review'}))
            if state == 'renew':
                changes['renew'].append((row, {'lifecycle': 'renew'}))
            if state == 'retiring':
                changes['plan to retire'].append((row, handed | {'retire_planned_on': date(2027, 3, 31)}))
