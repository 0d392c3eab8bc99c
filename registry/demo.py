"""The demo ward (デモデータ): deterministic, invented but for the ward's own units; it reproduces the published figures."""
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random

from audits import trail
from models import (
    Actual,
    BudgetRequest,
    Business,
    BusinessSystem,
    Case,
    CaseShare,
    CheckIn,
    CorrectiveAction,
    Course,
    Department,
    DepartmentVersion,
    Engagement,
    Enrolment,
    Finding,
    Incident,
    IncidentSystem,
    Indicator,
    Initiative,
    Person,
    Plan,
    Review,
    ReviewSystem,
    Staff,
    Step,
    StepMove,
    StepProgress,
    Strategy,
    Support,
    SupportComment,
    System,
)
from models.people import ROLES
from models.rules.calendar import JST
from models.standardisation import ALWAYS, master_on

from . import sign_in

PASSWORD = 'daicho-demo-2026'
#: (code, name, code of the division above)
UNITS = [
    ('0100', '企画経営部', None), ('0101', '企画経営課', '0100'), ('0102', '財政課', '0100'),
    ('0150', '情報政策推進部', None), ('0151', '行政情報マネジメント課', '0150'), ('0152', 'DX戦略課', '0150'),
    ('0153', '広報課', '0150'), ('0170', '資産経営部', None), ('0200', '総務部', None), ('0201', '総務課', '0200'),
    ('0202', '人権政策課', '0200'), ('0203', '人事課', '0200'), ('0204', '契約課', '0200'), ('0205', '施設課', '0200'),
    ('0250', '危機管理部', None), ('0251', '生活安全課', '0250'), ('0252', '地域防災推進課', '0250'), ('0253', '防災課', '0250'),
    ('0300', '区民生活部', None), ('0301', '税務課', '0300'), ('0302', '戸籍住民課', '0300'), ('0400', '健康福祉部', None),
    ('0450', '健康推進部', None), ('0500', '子ども若者部', None), ('0550', '都市整備部', None), ('0600', '環境清掃部', None),
    ('0650', '福祉事務所', None), ('0700', '保健所', None), ('0750', '会計管理室', None), ('0800', '教育委員会事務局', None),
    ('0850', '選挙管理委員会事務局', None), ('0900', '監査事務局', None), ('0950', '区議会事務局', None),
]
#: former names are invented, to show that a unit renamed in April keeps the name it bore
FORMER = {'0151': '情報政策課', '0253': '防災対策課'}
PEOPLE = [('it', '山﨑 恵子', '0151'), ('department', '髙橋 一郎', '0301'), ('head', '佐藤 美咲', '0301'),
          ('auditor', '鈴木 誠', '0900'), ('executive', '田中 由美', '0100'), ('admin', '渡邉 健', '0151')]
VENDORS = ['株式会社さくら情報システム（架空）', '目黒川ソフトウェア株式会社（架空）', '株式会社みどり電算（架空）', '東都データ株式会社（架空）',
           '株式会社あおばクラウド（架空）', 'めぐろネットワークス株式会社（架空）']
OWNERS = {'B01': '0302', 'B02': '0850', 'B04': '0301', 'B06': '0301', 'B07': '0300', 'B08': '0300', 'B09': '0400',
          'B10': '0300', 'B11': '0400', 'B12': '0500', 'B13': '0450', 'B14': '0800', 'B15': '0500', 'B16': '0650',
          'B17': '0500', 'B18': '0302', 'B19': '0302', 'B20': '0302'}
PLATFORMS = ['イントラネットシステム', '基幹系システム基盤', '統合認証基盤', '庁内無線LAN', '庁内ネットワーク', 'ガバメントクラウド接続基盤',
             'インターネット接続基盤', 'バックアップ基盤']
SUBJECTS = [('文書管理', 'ブンショカンリ'), ('施設予約', 'シセツヨヤク'), ('庶務事務', 'ショムジム'), ('備品管理', 'ビヒンカンリ'),
            ('相談記録', 'ソウダンキロク'), ('台帳管理', 'ダイチョウカンリ'), ('統計集計', 'トウケイシュウケイ'), ('申請受付', 'シンセイウケツケ'),
            ('通知作成', 'ツウチサクセイ'), ('図面管理', 'ズメンカンリ'), ('点検記録', 'テンケンキロク'), ('会議録検索', 'カイギロクケンサク')]
APPS = ['受付簿', '点検表', '在庫管理', '問合せ管理', '研修申込', '備品貸出']
FAMILY = ['髙橋', '山﨑', '佐藤', '鈴木', '田中', '渡邉', '伊藤', '中村', '小林', '加藤', '吉田', '濵田', '斎藤', '松本', '井上', '木村']
GIVEN = ['一郎', '恵子', '誠', '由美', '健', '美咲', '大輔', '愛', '翔太', '直美', '拓也', '陽子', '和也', '真由美', '隆', 'さくら']
#: staff of the census; the ward publishes rates only, so these numbers are invented (2,500 after exclusions)
CENSUS, EXCLUDED = 2500, 20


def is_empty():
    """Tell whether the register holds nothing but the built-in masters."""
    return not any(table.select().exists() for table in (Department, Person, Staff, System, Incident, Case, Plan))


def accounts():
    """Return the lines that name the demo accounts, one per role."""
    return [f'  {ROLES[role]}: {role}@example.jp / {PASSWORD}' for role, _, _ in PEOPLE]


def at(year, month, day, hour=9, minute=0):
    """Return a moment in Japan."""
    return datetime(year, month, day, hour, minute, tzinfo=JST)


def fill(progress=None):
    """Fill an EMPTY migrated database; about forty acts in the order of their moments."""
    ward = Ward(Random(8))
    parts = (ward.organisation, ward.systems, ward.steps, ward.training, ward.incidents, ward.procurement, ward.plans,
             ward.audits, ward.actuals)
    for done, part in enumerate(parts):
        if progress:
            progress(done, len(parts))
        part()
    if progress:
        progress(len(parts), len(parts))


class Ward:
    """The ward as it is filled, part by part."""

    def __init__(self, random):
        self.random = random
        self.units, self.people, self.by_name = {}, {}, {}

    def act(self, kind, moment, by=None, reason='デモデータ'):
        return trail.act(kind, by=self.people.get(by), at=moment, channel='demo', reason=reason)

    def organisation(self):
        password = sign_in.hasher().hash(PASSWORD)
        with self.act('demo.fill', at(2024, 3, 25)) as act:
            for code, name, above in UNITS:
                unit = Department(code=code, name=name, parent=self.units.get(above),
                                  level='section' if above else 'division',
                                  valid_from=date(2026, 4, 1) if code in FORMER else date(2020, 4, 1))
                act.save(unit)
                self.units[code] = unit
            act.insert([DepartmentVersion(department=self.units[code], name=name, parent=self.units[code].parent_id,
                                          level='section', valid_from=date(2020, 4, 1), valid_to=date(2026, 3, 31))
                        for code, name in FORMER.items()])
            for role, name, code in PEOPLE:
                person = Person(email=f'{role}@example.jp', name=name, department=self.units[code], role=role,
                                password_hash=password)
                act.save(person)
                self.people[role] = person

    def systems(self):
        codes = [code for code, _, _ in UNITS]
        rows = []

        def add(name, kana, unit, category, **more):
            n = len(rows) + 1
            random = self.random
            values = dict(
                system_no=f'S-{n:05d}', name=name, kana=kana, owner=self.units[unit], category=category,
                lifecycle='operate', summary=f'{self.units[unit].name}の{name}。', hosting=random.choice(
                    ['onpremise', 'datacentre', 'saas', 'iaas', 'lgwan_asp']), zone=random.choice(
                    ['lgwan', 'internet', 'outside']), confidentiality=random.choice(['3B', '3C', '2', '1']),
                integrity='2', availability=random.choice(['2', '1']), criticality=random.choice('ABC'),
                rto_in=4, rto_out=24, vendor=random.choice(VENDORS), users=random.randrange(5, 900),
                go_live_on=date(random.randrange(2015, 2025), random.choice([4, 10]), 1),
                contract_end_on=date(random.randrange(2027, 2031), 3, 31), manager=f'{self.units[unit].name}長',
                contacts='内線（架空）', backup='日次・庁外保管', pii=random.choice(['none', 'none', 'personal', 'sensitive']))
            if n % 9 == 0:
                values.update(backup=None, contacts=None, criticality=None)
            values.update(more)
            rows.append(System(**values))
            self.by_name[name] = rows[-1]

        for name in PLATFORMS:
            add(name, None, '0151', 'platform', zone='lgwan', criticality='A', availability='2', pii='none')
        for business in Business.select().where(Business.applicable).order_by(Business.code):
            add(f'{business.name}システム', None, OWNERS[business.code], 'core_standard', zone='my_number',
                pii='my_number', pia_kind='full', confidentiality='3A', criticality='A',
                std_status='standard' if business.code in ('B19', 'B20') else 'moving',
                hosting='govcloud' if business.code in ('B19', 'B20') else 'datacentre')
        add('統合型GIS', 'トウゴウガタジーアイエス', '0151', 'gis', go_live_on=date(2026, 3, 31))
        add('公開型GIS', 'コウカイガタジーアイエス', '0151', 'gis', lifecycle='build', go_live_on=None)
        for n in range(26):
            unit = codes[8 + n % 12]
            add(f'{self.units[unit].name} {APPS[n % 6]}アプリ', None, unit, 'nocode', build='nocode', hosting='saas',
                zone='outside', go_live_on=date(2025, 7, 1) + timedelta(days=9 * n), pii='none')
        states = ['idea', 'budget', 'procure', 'build', 'review', 'renew', 'retiring', 'retired', 'disposed', 'stopped']
        for n in range(300 - len(rows)):
            unit = codes[n % len(codes)]
            subject, kana = SUBJECTS[(n // len(codes) + n) % len(SUBJECTS)]
            more = {}
            if n % 7 == 3:
                state = states[(n // 7) % len(states)]
                more = {'lifecycle': state}
                if state in ('idea', 'budget', 'procure', 'build'):
                    more.update(go_live_on=None, contract_end_on=None, vendor=None)
                if state in ('retired', 'disposed'):
                    more.update(retired_on=date(2026, 3, 31), contract_end_on=date(2026, 3, 31))
                if state == 'disposed':
                    more.update(disposed_on=date(2026, 5, 29), disposal_certificate=f'消-{n:04d}')
                if state == 'retiring':
                    more.update(retire_planned_on=date(2027, 3, 31), handover='後継システムへ移行')
            elif n % 11 == 0:
                more = {'contract_end_on': date(2027, 3, 31)}
            category = ['business', 'office', 'online', 'core_other', 'education' if unit == '0800' else 'business'][n % 5]
            add(f'{self.units[unit].name} {subject}システム', kana, unit, category, **more)
        with self.act('systems.import', at(2024, 3, 26), 'it', '表計算の台帳からの移行（デモデータ）') as act:
            act.insert(rows)
            act.insert([BusinessSystem(business=b, system=self.by_name[f'{b.name}システム'])
                        for b in Business.select().where(Business.applicable)])

    def steps(self):
        master = master_on(date(2025, 3, 31))
        numbered = list(Step.select().where(Step.master == master).order_by(Step.no))
        businesses = list(Business.select().where(Business.applicable).order_by(Business.code))
        last = {'B19': 40, 'B20': 40, 'B16': 36}
        now = {'B19': 40, 'B20': 40, 'B16': 38, 'B01': 35, 'B04': 35, 'B07': 36, 'B18': 35}
        rows, moves = [], []
        for place, business in enumerate(businesses):
            by_2025 = last.get(business.code, 34)
            by_now = now.get(business.code, 34)
            for step in numbered:
                no = step.no
                if no <= 34:
                    day = date(2022, 5, 10) + timedelta(days=30 * no + place)
                    day = min(day, date(2025, 3, 28))
                elif no <= by_2025:
                    day = date(2025, 5, 20) + timedelta(days=45 * (no - 35) + 3 * place)
                elif no <= by_now:
                    day = date(2026, 6, 15) + timedelta(days=40 * (no - by_2025 - 1) + 5 * (place % 7))
                else:
                    day = None
                row = StepProgress(business=business, step=step, status='done' if day else
                                   'doing' if no == by_now + 1 else 'todo', done_on=day,
                                   started_on=day - timedelta(days=20) if day else date(2026, 9, 1)
                                   if no == by_now + 1 else None,
                                   planned_on=None if day else date(2027, 3, 31))
                # two surveys that needed no work of their own, as the ministry counts them
                if no in (8, 9) and business.code in ('B02', 'B14'):
                    row.status, row.done_on, row.started_on, row.reason = 'excluded', None, None, '該当する外字・連携がないため'
                rows.append(row)
        with self.act('steps.import', at(2026, 10, 30), 'it', '標準化PMOツールの報告（デモデータ）') as act:
            for business in businesses:
                if business.code in ('B19', 'B20'):
                    business.cutover_on = date(2025, 12, 22) if business.code == 'B19' else date(2026, 1, 13)
                    business.planned_cutover_on = business.cutover_on
                else:
                    business.planned_cutover_on = date(2027, 1, 12) if business.code == 'B16' else date(2028, 1, 11)
                act.save(business)
            act.insert(rows)
            for row in rows:
                if row.status == 'done':
                    moves += [(row, 'doing', row.started_on), (row, 'done', row.done_on)]
                elif row.status == 'doing':
                    moves.append((row, 'doing', row.started_on))
                elif row.status == 'excluded':
                    moves.append((row, 'excluded', ALWAYS))
            act.insert([StepMove(progress=row.id, status=status, on_day=day) for row, status, day in moves])

    def training(self):
        codes = [code for code, _, _ in UNITS]
        people = [Staff(staff_no=f'{n:06d}', name=f'{FAMILY[n % 16]} {GIVEN[(n // 16 + n) % 16]}', kana=None,
                        department=self.units[codes[n % len(codes)]],
                        grade=['officer', 'officer', 'senior', 'chief', 'manager'][n % 5],
                        employment='fixed_term' if n % 6 == 0 else 'permanent',
                        leave='childcare' if n >= CENSUS and n % 2 else 'sick' if n >= CENSUS else 'none',
                        joined_on=date(2010 + n % 14, 4, 1)) for n in range(CENSUS + EXCLUDED)]
        with self.act('staff.import', at(2024, 4, 2), 'it', '人事課の名簿（デモデータ。人数は架空）') as act:
            act.insert(people)
        for year, done in ((2024, 2275), (2025, 2400), (2026, 1775)):
            course = Course(code=f'SEC-{year}', fiscal_year=year, name=f'情報セキュリティ研修（{year}年度）', category='security',
                            mandatory=True, opens_on=date(year, 6, 1), closes_on=date(year + 1, 2, 28),
                            census_on=date(year, 5, 1), pass_mark=Decimal(70))
            with self.act('courses.create', at(year, 4, 10), 'it') as act:
                act.save(course)
            order = list(range(CENSUS))
            self.random.shuffle(order)
            finished = set(order[:done])
            span = 165 if year == 2026 else 260
            with self.act('enrolments.import', at(year, 11, 20) if year == 2026 else at(year + 1, 3, 27), 'it') as act:
                rows = []
                for n, person in enumerate(people):
                    if n >= CENSUS:
                        rows.append(Enrolment(course=course, staff=person, status='excluded',
                                              exclusion_reason='休職・育休'))
                    elif n in finished:
                        rows.append(Enrolment(course=course, staff=person, status='done', score=Decimal(70 + n % 31),
                                              completed_on=date(year, 6, 1) + timedelta(days=(n * 7) % span)))
                    else:
                        rows.append(Enrolment(course=course, staff=person))
                act.insert(rows)

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
        for n, (moment, level, minutes, system, title, category) in enumerate(listed, 1):
            with self.act('incidents.create', moment + timedelta(minutes=20), 'it') as act:
                row = Incident(incident_no=f'I-{n:05d}', title=title, category=category, level=level,
                               occurred_at=moment - timedelta(minutes=5), detected_at=moment,
                               restored_at=moment + timedelta(minutes=minutes) if minutes else None,
                               closed_on=(moment + timedelta(days=14)).date() if minutes and n < 13 else None,
                               cause='設定の誤り（デモデータ）' if minutes else None,
                               prevention='手順書の改訂' if minutes else None)
                act.save(row)
                act.save(IncidentSystem(incident=row, system=self.by_name[system]))
                self.incident = row if level == 4 else getattr(self, 'incident', None)
        for no, day, title in (('H-00001', date(2025, 10, 8), '過去の誤送信事例に学ぶ'),
                               ('H-00002', date(2026, 8, 5), '窓口システムの停止から学んだこと')):
            with self.act('shares.create', at(day.year, day.month, day.day), 'it') as act:
                act.save(CaseShare(share_no=no, title=title, method='notice', shared_on=day, lesson='宛先と添付を二人で確認する。',
                                   incident=self.incident if day.year == 2026 else None))

    def support(self, act, case, kind, asked, done=None, state='completed', trial=False):
        row = Support(case=case, kind=kind, requested_on=asked, completed_on=done, trial=trial,
                      state='completed' if done else state, opinion='fine' if done else None,
                      opinion_text='セキュリティと予算の内容を確認しました。' if done else None)
        act.save(row)
        return row

    def procurement(self):
        codes = ['0301', '0302', '0500', '0400', '0151', '0800', '0550', '0203']
        number = 0
        for year in (2025, 2026):
            with self.act('budget-requests.import', at(year, 10, 20), 'it', '財政課の予算要求一覧（デモデータ）') as act:
                for n in range(24):
                    number += 1
                    it_cost = n % 4 != 3
                    line = BudgetRequest(
                        request_no=f'B-{number:05d}', fiscal_year=year + 1, requested_on=date(year, 9, 10) + timedelta(days=n),
                        department=self.units[codes[n % 8]], title=f'{SUBJECTS[n % 12][0]}システムの{"更新" if n % 2 else "改修"}'
                        if it_cost else f'{SUBJECTS[n % 12][0]}の消耗品', amount=1_200_000 + 850_000 * n, it_cost=it_cost,
                        new_technology=n == 6, nature=['new', 'temporary', 'upgrade', 'ordinary'][n % 4],
                        exclusion_reason='既に債務負担行為により契約済みのため' if n == 12 else None,
                        excluded_by='行政情報マネジメント課長' if n == 12 else None)
                    act.save(line)
                    waiting = year == 2026 and n in (0, 1, 8, 17)
                    if not it_cost or n == 12 or (waiting and n == 17):
                        continue
                    case = Case(case_no=f'C-{number:05d}', fiscal_year=year + 1, department=line.department_id,
                                title=line.title, kind='replace' if n % 2 else 'improve', request=line,
                                initial_cost=line.amount, yearly_cost=300_000, years=5,
                                new_technology=line.new_technology, purpose='業務の効率化',
                                outcome='as_requested' if year == 2025 else None)
                    act.save(case)
                    asked = line.requested_on + timedelta(days=3)
                    state = {0: 'returned', 1: 'requested', 8: 'reviewing'}.get(n) if waiting else None
                    support = self.support(act, case, 'budget', asked, None if waiting else asked + timedelta(days=10),
                                           state or 'completed')
                    if state == 'returned':
                        act.save(SupportComment(support=support, person=self.people['it'], at=at(2026, 9, 24), state='returned',
                                                text='見積の内訳（機器・作業・保守）を分けて、再提出してください。'))
                    if year == 2025 and n in (5, 9, 13, 17, 21):
                        self.support(act, case, 'ordering', date(2025, 11, 4), date(2026, 1, 20), trial=True)
        with self.act('cases.import', at(2026, 10, 15), 'it') as act:
            for n, (title, cost, new, ordered, done) in enumerate((
                    ('生活保護システムの標準化移行', 48_000_000, False, date(2026, 6, 10), date(2026, 5, 28)),
                    ('生成AI基盤の導入', 6_500_000, True, date(2026, 7, 15), date(2026, 7, 1)),
                    ('保育業務支援システムの更新', 15_200_000, False, date(2026, 9, 30), None),
                    ('会議録検索の改修', 1_900_000, False, date(2026, 8, 3), None)), 1):
                case = Case(case_no=f'C-9{n:04d}', fiscal_year=2026, department=self.units[codes[n + 1]], title=title,
                            kind='replace', initial_cost=cost, yearly_cost=1_000_000, years=5, new_technology=new,
                            ordered_on=ordered, outcome='reduced', purpose='（デモデータ）')
                act.save(case)
                if done:
                    self.support(act, case, 'ordering', done - timedelta(days=21), done)
        with self.act('reviews.import', at(2026, 11, 4), 'it') as act:
            for n, (kind, approved) in enumerate((('renew', date(2026, 6, 30)), ('merge', date(2026, 8, 21)),
                                                  ('retire', date(2026, 10, 9)), ('contract', None)), 1):
                review = Review(review_no=f'R-{n:05d}', kind=kind, title=f'{SUBJECTS[n][0]}システムの見直し',
                                reviewed_on=date(2026, 5 + n, 12), used_fields='契約満了日、保守事業者、利用者数',
                                conclusion='do' if approved else None, approved_on=approved,
                                approver='行政情報マネジメント課長' if approved else None)
                act.save(review)
                act.save(ReviewSystem(review=review, system=System.get(System.system_no == f'S-{100 + n:05d}')))

    def plans(self):
        codes = [code for code, _, _ in UNITS]
        for year, size in ((2025, 34), (2026, 36)):
            plans = [Plan(plan_no=f'P-{year}-{n + 1:02d}', fiscal_year=year, department=self.units[codes[n % len(codes)]],
                          title=['窓口の4ない化', 'システム標準化への対応', 'ペーパーレスの推進', 'オンライン申請の拡大'][n % 4]
                          + f'（{self.units[codes[n % len(codes)]].name}）', plan_class='priority') for n in range(size)]
            with self.act('plans.import', at(year, 5, 20), 'it') as act:
                act.insert(plans)
            quarters = ('1Q', '2Q', '3Q', '4Q') if year == 2025 else ('1Q', '2Q')
            # 21 of 34 on track, and a sum of 2,479 ÷ 34 = 72.9: the published share and mean
            final = [85] * 21 + [53] * 12 + [2479 - 85 * 21 - 53 * 12]
            for place, quarter in enumerate(quarters, 1):
                month = {1: (year, 7, 20), 2: (year, 10, 20), 3: (year + 1, 1, 20), 4: (year + 1, 4, 10)}[place]
                with self.act('plans.import', at(*month), 'it', f'{quarter}の進捗確認（デモデータ）') as act:
                    act.insert([CheckIn(
                        plan=plan, quarter=quarter, assessment='on_track' if n < (21 if place == 4 else 24) else
                        'late' if n % 5 == 0 else 'behind',
                        achievement=Decimal(final[n] * place // 4 if place < 4 else final[n]) if year == 2025
                        else Decimal(24 * place + n % 5), result='計画に沿って実施しました。',
                        causes=None if n < 21 else 'standardisation;priority' if n % 2 else 'execution')
                        for n, plan in enumerate(plans)])

    def audits(self):
        listed = [('A-00001', at(2025, 11, 12), '個人情報を扱うシステムの権限管理', '0301'),
                  ('A-00002', at(2026, 10, 7), 'バックアップと復旧手順', '0302')]
        for no, moment, theme, unit in listed:
            with self.act('engagements.create', moment, 'auditor') as act:
                engagement = Engagement(engagement_no=no, kind='internal', theme=theme, department=self.units[unit],
                                        auditor='鈴木 誠', planned_on=(moment - timedelta(days=30)).date(),
                                        held_on=moment.date(), summary='（デモデータ）',
                                        reported_on=(moment + timedelta(days=30)).date() if no == 'A-00001' else None)
                act.save(engagement)
                self.found(act, engagement, moment)

    def found(self, act, engagement, moment):
        first = engagement.engagement_no == 'A-00001'
        for n, (item, state) in enumerate((('退職者の利用者IDが残っている', 'closed' if first else 'open'),
                                           ('権限の棚卸しの記録がない', 'correcting' if first else 'planned')), 1):
            finding = Finding(finding_no=f'F-{engagement.id:02d}{n:03d}', engagement=engagement, item=item,
                              category='minor' if n == 1 else 'major', fact='抽出した記録で確認した（デモデータ）。',
                              basis='情報セキュリティ対策基準', risk='不正な利用', proposal='棚卸しを定期に行う。', state=state)
            act.save(finding)
            if state == 'closed':
                act.save(CorrectiveAction(
                    finding=finding, measure='退職者の利用者IDを削除し、人事異動と連動させた。', owner=self.people['head'],
                    due_on=date(2026, 1, 31), done_on=date(2026, 1, 15), evidence='7行情第100号（架空）',
                    followed_on=date(2026, 2, 18), follower=self.people['auditor'], result='effective',
                    result_note='削除の記録と、10件の抽出で確認した。'))
            elif state in ('correcting', 'planned'):
                act.save(CorrectiveAction(
                    finding=finding, measure='権限の棚卸しを年2回行い、記録を残す。', owner=self.people['head'],
                    due_on=date(2026, 9, 30) if state == 'correcting' else date(2027, 1, 31)))

    def actuals(self):
        entered = ((1, '1', '80.6', None, None), (5, '3', '24', None, None), (10, '1', '2', None, None))
        with self.act('actuals.import', at(2026, 10, 20), 'it') as act:
            for no, kpi, value, numerator, denominator in entered:
                indicator = (Indicator.select().join(Initiative).join(Strategy).where(
                    Strategy.fiscal_year == 2026, Initiative.no == no, Indicator.no == kpi).get())
                act.save(Actual(indicator=indicator, as_of=date(2026, 9, 30), value=Decimal(value), numerator=numerator,
                                denominator=denominator, source='デモデータ（架空の値）'))
