"""The ward's training, incidents and entered actuals."""
from datetime import date, timedelta
from decimal import Decimal
from functools import partial

from audits.trail import Writing
from models import (
    Actual,
    CaseShare,
    Course,
    Enrolment,
    Incident,
    IncidentSystem,
    Indicator,
    Initiative,
    Staff,
    Strategy,
)

from .acts import Acts, at, evening
from .names import CENSUS, EXCLUDED, FAMILY, GIVEN, UNITS


class Daily(Acts):
    """The ward's training, incidents and entered actuals."""

    def training(self):
        codes = [code for code, _, _ in UNITS]
        people = []

        def hire(act):
            people.extend(Staff(
                staff_no=f'{n:06d}', name=f'{FAMILY[n % 16]} {GIVEN[(n // 16 + n) % 16]}', kana=None,
                department=self.units[codes[n % len(codes)]],
                grade=['officer', 'officer', 'senior', 'chief', 'manager'][n % 5],
                employment='fixed_term' if n % 6 == 0 else 'permanent',
                leave='childcare' if n >= CENSUS and n % 2 else 'sick' if n >= CENSUS else 'none',
                joined_on=date(2010 + n % 14, 4, 1)) for n in range(CENSUS + EXCLUDED))
            act.insert(people)

        def enrol(act, course, finished, span):
            rows = [Enrolment(course=course, staff=person) for person in people]
            for n, row in enumerate(rows):
                if n >= CENSUS:
                    row.status, row.exclusion_reason = 'excluded', '休職・育休'
                elif n in finished:
                    row.status, row.score = 'done', Decimal(70 + n % 31)
                    row.completed_on = course.opens_on + timedelta(days=(n * 7) % span)
            act.insert(rows)
        self.act(at(2024, 4, 2), 'staff.import', hire, reason='人事課の名簿（デモデータ。人数は架空）')
        for year, done in ((2024, 2275), (2025, 2400), (2026, 1775)):
            course = Course(code=f'SEC-{year}', fiscal_year=year, name=f'情報セキュリティ研修（{year}年度）',
                            category='security',
                            mandatory=True, opens_on=date(year, 6, 1), closes_on=date(year + 1, 2, 28),
                            census_on=date(year, 5, 1), pass_mark=Decimal(70))
            order = list(range(CENSUS))
            self.random.shuffle(order)
            self.act(at(year, 4, 10), 'courses.create', partial(Writing.save, row=course))
            self.act(at(year, 11, 20) if year == 2026 else at(year + 1, 3, 27), 'enrolments.import', partial(
                enrol, course=course, finished=set(order[:done]), span=165 if year == 2026 else 260))

        self.lessons(people)

    def lessons(self, people):
        """Add the courses on data and on tools without code, with who completed them."""
        def teach(act, course, number, of_unit, done):
            pupils = [person for person in people[:CENSUS] if not of_unit
                      or person.department_id == self.units[of_unit].id][:number]
            act.insert([Enrolment(course=course, staff=person, status='done',
                                  completed_on=done + timedelta(days=n % 3)) for n, person in
                        enumerate(pupils)])
        # the ten of FY2025 are the published ones, and so are the fifteen
        for code, year, name, category, number, of_unit, done in (
                ('DATA-2025', 2025, 'データ利活用・オープンデータ研修', 'data', 10, '0101',
                 date(2025, 11, 12)),
                ('NOCODE-2025', 2025, 'ノーコード研修', 'nocode', 15, None, date(2025, 9, 10)),
                ('DATA-2026', 2026, 'データ活用研修（基礎）', 'data', 38, None, date(2026, 7, 15)),
                ('OPEN-2026', 2026, 'オープンデータ研修', 'opendata', 26, None, date(2026, 10, 21))):
            course = Course(code=code, fiscal_year=year, name=name, category=category,
                            mandatory=False, opens_on=done, closes_on=done + timedelta(days=2),
                            census_on=done)
            self.act(evening(done - timedelta(days=30)), 'courses.create', partial(Writing.save, row=course))
            self.act(evening(done + timedelta(days=5)), 'enrolments.import', partial(
                teach, course=course, number=number, of_unit=of_unit, done=done))

    def incidents(self):
        listed = [  # none in FY2025: the ward publishes no recovery time for it, and none is invented
            (at(2024, 6, 12, 10, 15), 2, 120, '庁内無線LAN', '庁内無線LANの接続不良', 'network'),
            (at(2024, 9, 3, 19, 40), 3, 700, '基幹系システム基盤', '夜間処理の遅延', 'failure'),
            (at(2025, 1, 21, 13, 5), 2, 95, '統合認証基盤', '認証の一時的な不調', 'failure'),
            (at(2026, 4, 14, 9, 20), 2, 85, 'イントラネットシステム', '掲示板の表示不良', 'failure'),
            (at(2026, 5, 8, 11, 0), 3, 200, '庁内ネットワーク', '出先機関の回線断', 'network'),
            (at(2026, 5, 27, 20, 10), 2, 600, 'バックアップ基盤', 'バックアップの失敗', 'failure'),
            (at(2026, 6, 16, 14, 30), 1, 40, '統合型GIS', '地図の表示の遅れ', 'failure'),
            (at(2026, 7, 7, 10, 5), 4, 230, '介護保険システム', '介護保険の窓口業務の停止', 'failure'),
            (at(2026, 7, 23, 15, 50), 2, 130, '個人住民税システム', '帳票印刷の停止', 'hardware'),
            (at(2026, 8, 20, 9, 0), 3, 310, '国民健康保険システム', '資格照会の不調', 'failure'),
            (at(2026, 9, 15, 22, 30), 2, 1500, 'インターネット接続基盤', '夜間の接続断', 'network'),
            (at(2026, 10, 6, 13, 40), 2, 70, 'イントラネットシステム', 'ファイル共有の不調', 'failure'),
            (at(2026, 10, 28, 16, 10), 3, 260, '児童手当システム', '電子申請の取込み停止', 'failure'),
            (at(2026, 11, 11, 8, 50), 1, 25, '統合認証基盤', 'ICカードの読取り不良', 'hardware'),
            (at(2026, 11, 20, 11, 30), 2, None, '庁内無線LAN', '会議室の接続不良', 'network')]

        def report(act, key, system, row):
            self.rows[key] = row
            act.save(row)
            act.save(IncidentSystem(incident=row, system=self.by_name[system]))
        for n, (moment, level, minutes, system, title, category) in enumerate(listed, 1):
            key = f'I-{n:05d}'
            row = Incident(incident_no=key, title=title, category=category, level=level,
                           occurred_at=moment - timedelta(minutes=5), detected_at=moment)
            self.act(moment + timedelta(minutes=20), 'incidents.create',
                     partial(report, key=key, system=system, row=row))
            if minutes:
                restored = moment + timedelta(minutes=minutes)
                self.change(restored + timedelta(minutes=30), 'incidents.edit', key, restored_at=restored)
                closed = (moment + timedelta(days=14)).date()
                if n < 13:
                    self.change(evening(closed), 'incidents.edit', key, closed_on=closed,
                                cause='設定の誤り（デモデータ）',
                                prevention='手順書の改訂')
        for no, day, title, incident in (('H-00001', date(2025, 10, 8), '過去の誤送信事例に学ぶ', None),
                                         ('H-00002', date(2026, 8, 5), '窓口システムの停止から学んだこと',
                                          'I-00008')):
            self.act(evening(day), 'shares.create',
                     partial(self.share, no=no, title=title, day=day, incident=incident))

    def share(self, act, no, title, day, incident):
        act.save(CaseShare(share_no=no, title=title, method='notice', shared_on=day,
                           lesson='宛先と添付を二人で確認する。',
                           incident=self.rows.get(incident)))

    def actuals(self):
        def enter_published(act):
            # no register of the ward holds these: the desk enters what the results document says
            known = (Actual.select().join(Indicator).join(Initiative).join(Strategy)
                     .where(Strategy.fiscal_year == 2025, Indicator.measure.is_null(),
                            Actual.origin == 'published').order_by(Actual.id))
            act.insert([Actual(indicator=row.indicator_id, as_of=row.as_of, numerator=row.numerator,
                               denominator=row.denominator, value=row.value, verdict=row.verdict,
                               quote=row.quote, source=row.source, note=row.note) for row in known])

        def enter(act):
            for no, kpi, value in ((1, '1', '80.6'), (5, '3', '24'), (10, '1', '2')):
                indicator = (Indicator.select().join(Initiative).join(Strategy).where(
                    Strategy.fiscal_year == 2026, Initiative.no == no, Indicator.no == kpi).get())
                act.save(Actual(indicator=indicator, as_of=date(2026, 9, 30), value=Decimal(value),
                                source='デモデータ（架空の値）'))
        self.act(at(2026, 5, 12), 'actuals.import', enter_published)
        self.act(at(2026, 10, 20), 'actuals.import', enter)
