"""The demo ward (デモデータ): deterministic, invented but for the ward's own units; it reproduces the
published figures."""
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from random import Random

from peewee import PostgresqlDatabase

from audits import trail
from audits.trail import Writing
from models import (
    TABLES,
    Act,
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
    db,
)
from models.people import ROLES
from models.rules.calendar import JST
from models.standardisation import master_on, moves_of

from ..core import connection
from ..data import masters
from ..organisation import archive_version
from ..records import saving
from ..web import sign_in

PASSWORD = 'daicho-demo-2026'
#: (code, name, code of the division above)
UNITS = [
    ('0100', '企画経営部', None), ('0101', '企画経営課', '0100'), ('0102', '財政課', '0100'),
    ('0150', '情報政策推進部', None), ('0151', '行政情報マネジメント課', '0150'),
    ('0152', 'DX戦略課', '0150'),
    ('0153', '広報課', '0150'), ('0170', '資産経営部', None), ('0200', '総務部', None),
    ('0201', '総務課', '0200'),
    ('0202', '人権政策課', '0200'), ('0203', '人事課', '0200'), ('0204', '契約課', '0200'),
    ('0205', '施設課', '0200'),
    ('0250', '危機管理部', None), ('0251', '生活安全課', '0250'), ('0252', '地域防災推進課', '0250'),
    ('0253', '防災課', '0250'),
    ('0300', '区民生活部', None), ('0301', '税務課', '0300'), ('0302', '戸籍住民課', '0300'),
    ('0400', '健康福祉部', None),
    ('0450', '健康推進部', None), ('0500', '子ども若者部', None), ('0550', '都市整備部', None),
    ('0600', '環境清掃部', None),
    ('0650', '福祉事務所', None), ('0700', '保健所', None), ('0750', '会計管理室', None),
    ('0800', '教育委員会事務局', None),
    ('0850', '選挙管理委員会事務局', None), ('0900', '監査事務局', None), ('0950', '区議会事務局', None),
]
#: former names are invented, to show that a unit renamed in April keeps the name it bore
FORMER = {'0151': '情報政策課', '0253': '防災対策課'}
PEOPLE = [('it', '山﨑 恵子', '0151'), ('department', '髙橋 一郎', '0301'), ('head', '佐藤 美咲', '0301'),
          ('auditor', '鈴木 誠', '0900'), ('executive', '田中 由美', '0100'), ('admin', '渡邉 健', '0151')]
VENDORS = ['株式会社さくら情報システム（架空）', '目黒川ソフトウェア株式会社（架空）',
           '株式会社みどり電算（架空）', '東都データ株式会社（架空）', '株式会社あおばクラウド（架空）',
           'めぐろネットワークス株式会社（架空）']
OWNERS = {'B01': '0302', 'B02': '0850', 'B04': '0301', 'B06': '0301', 'B07': '0300', 'B08': '0300',
          'B09': '0400', 'B10': '0300', 'B11': '0400', 'B12': '0500', 'B13': '0450', 'B14': '0800',
          'B15': '0500', 'B16': '0650', 'B17': '0500', 'B18': '0302', 'B19': '0302', 'B20': '0302'}
PLATFORMS = ['イントラネットシステム', '基幹系システム基盤', '統合認証基盤', '庁内無線LAN',
             '庁内ネットワーク', 'ガバメントクラウド接続基盤', 'インターネット接続基盤', 'バックアップ基盤']
SUBJECTS = [('文書管理', 'ブンショカンリ'), ('施設予約', 'シセツヨヤク'), ('庶務事務', 'ショムジム'),
            ('備品管理', 'ビヒンカンリ'),
            ('相談記録', 'ソウダンキロク'), ('台帳管理', 'ダイチョウカンリ'),
            ('統計集計', 'トウケイシュウケイ'), ('申請受付', 'シンセイウケツケ'),
            ('通知作成', 'ツウチサクセイ'), ('図面管理', 'ズメンカンリ'), ('点検記録', 'テンケンキロク'),
            ('会議録検索', 'カイギロクケンサク')]
APPS = ['受付簿', '点検表', '在庫管理', '問合せ管理', '研修申込', '備品貸出']
FAMILY = ['髙橋', '山﨑', '佐藤', '鈴木', '田中', '渡邉', '伊藤', '中村', '小林', '加藤', '吉田', '濵田',
          '斎藤', '松本', '井上', '木村']
GIVEN = ['一郎', '恵子', '誠', '由美', '健', '美咲', '大輔', '愛', '翔太', '直美', '拓也', '陽子', '和也',
         '真由美', '隆', 'さくら']
#: staff of the census; the ward publishes rates only, so these numbers are invented (2,500 after exclusions)
CENSUS, EXCLUDED = 2500, 20


def is_empty():
    """Tell whether the register holds nothing but the built-in masters."""
    return (not any(table.select().exists() for table in (Department, Person, Staff, System, Incident, Case,
        Plan))
            and not Act.select().where(~Act.kind.startswith('masters.')).exists())


def accounts():
    """Return the lines that name the demo accounts, one per role."""
    return [f'  {ROLES[role]}: {role}@example.jp / {PASSWORD}' for role, _, _ in PEOPLE]


def at(year, month, day, hour=9, minute=0):
    """Return a moment in Japan."""
    return datetime(year, month, day, hour, minute, tzinfo=JST)


#: when the ward began its register, and when the strategies of both years had been published
FIRST, PUBLISHED = at(2024, 3, 22), at(2026, 4, 27)


def evening(day):
    """Return the moment at which what happened on `day` is entered."""
    return at(day.year, day.month, day.day, 17)


def begin():
    """Make the EMPTY register anew with its masters entered at the ward's first moment: the trail only goes
    forward."""
    with db.atomic():
        if not is_empty():
            raise ValueError('only an empty register is made anew')
        if isinstance(db.obj, PostgresqlDatabase):
            names = [table._meta.table_name for table in TABLES]
            functions = [name for (name,) in db.execute_sql(
                'SELECT DISTINCT p.oid::regprocedure::text FROM pg_trigger t JOIN pg_proc p ON p.oid = '
                't.tgfoid '
                'JOIN pg_class c ON c.oid = t.tgrelid WHERE NOT t.tgisinternal AND c.relname = ANY(%s)',
                (names,))]
            for function in functions:
                db.execute_sql(f'DROP FUNCTION {function} CASCADE')
        # what refers to others first
        for name in [*(table._meta.table_name for table in reversed(TABLES)), connection.runner().table_name]:
            db.execute_sql(f'DROP TABLE "{name}"')
    connection.migrate()
    masters.fill_tables(FIRST)


def planned():
    """Return the ward with all its acts in the order of their moments, none of them carried out."""
    ward = Ward(Random(8))
    for part in (ward.organisation, ward.systems, ward.steps, ward.training, ward.incidents, ward.procurement,
                 ward.plans, ward.audits, ward.actuals):
        part()
    ward.acts.sort(key=lambda entry: entry[0])
    return ward


def is_unfinished():
    """Tell whether the ward's first acts are there and its last is not: filled by a version that could stop
    half-way."""
    acts = Act.select().where(Act.channel == 'demo')
    return acts.exists() and not acts.where(Act.at == planned().acts[-1][0]).exists()


def fill(progress=None):
    """Fill an EMPTY migrated database: about a hundred acts, each with what was known at its moment, in that
    order.

    All of them are one transaction: stopped half-way, the database stays empty.
    """
    ward, strategies = planned(), False
    with db.atomic():
        begin()
        for done, (moment, kind, by, reason, write) in enumerate(ward.acts):
            if progress:
                progress(done, len(ward.acts))
            if not strategies and moment >= PUBLISHED:
                masters.fill_strategies(PUBLISHED)
                strategies = True
            with trail.act(kind, by=ward.people.get(by), at=moment, channel='demo', reason=reason) as act:
                write(act)
    if progress:
        progress(len(ward.acts), len(ward.acts))


class Ward:
    """The ward's acts: each part adds its own, `fill` carries them out in the order of their moments."""

    def __init__(self, random):
        self.random = random
        self.acts = []
        self.units, self.people, self.by_name, self.rows = {}, {}, {}, {}

    def act(self, moment, kind, write, by='it', reason='デモデータ'):
        """Add one act; `write(act)` saves its rows once it is its turn."""
        self.acts.append((moment, kind, by, reason, write))

    def change(self, moment, kind, key, by='it', reason='デモデータ', **values):
        """Add an act that changes a row kept under `key` by an earlier one."""
        self.act(moment, kind, lambda act: self.set(act, self.rows[key], **values), by, reason)

    def set(self, act, row, **values):
        before = saving.twin(row)
        for name, value in values.items():
            setattr(row, name, value)
        act.save(row, before)

    def organisation(self):
        def found(act):
            # the same salt every time: the password is printed at the start anyway, and two demo wards are
            # the same
            password = sign_in.hasher().hash(PASSWORD, salt=b'daicho-demo-ward')
            for code, name, above in UNITS:
                unit = Department(code=code, name=FORMER.get(code, name), parent=self.units.get(above),
                                  level='section' if above else 'division', valid_from=date(2020, 4, 1))
                act.save(unit)
                self.units[code] = unit
            for role, name, code in PEOPLE:
                person = Person(email=f'{role}@example.jp', name=name, department=self.units[code], role=role,
                                password_hash=password)
                act.save(person)
                self.people[role] = person

        def rename(act):
            names = {code: name for code, name, _ in UNITS}
            for code in FORMER:
                before = saving.twin(self.units[code])
                self.set(act, self.units[code], name=names[code], valid_from=date(2026, 4, 1))
                archive_version(act, self.units[code], before, date(2026, 4, 1))
        self.act(at(2024, 3, 25), 'demo.fill', found, by=None)
        self.act(at(2026, 4, 1), 'departments.import', rename, reason='令和8年度の組織改正（旧名称は架空）')

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
        """Put the ward's 300 systems into groups by when they enter the ledger, and their later moves into
        changes."""
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
            row = self.by_name[name] = System(**values)
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

    def steps(self):
        cutovers = {'B19': date(2025, 12, 22), 'B20': date(2026, 1, 13)}
        last = {'B19': 40, 'B20': 40, 'B16': 36}
        now = {'B19': 40, 'B20': 40, 'B16': 38, 'B01': 35, 'B04': 35, 'B07': 36, 'B18': 35}
        reports, rows = (at(2025, 3, 31), at(2026, 3, 31), at(2026, 10, 30)), {}

        def first(act):
            master = master_on(reports[0].date())
            for place, business in enumerate(Business.select().where(Business.applicable).order_by(
                    Business.code)):
                self.set(act, business, planned_cutover_on=cutovers.get(business.code) or (
                    date(2027, 1, 12) if business.code == 'B16' else date(2028, 1, 11)))
                self.rows[business.code] = business
                for step in Step.select().where(Step.master == master).order_by(Step.no):
                    row = rows[business.code, step.no] = StepProgress(business=business, step=step,
                        status='todo',
                                                                      planned_on=date(2027, 3, 31))
                    # two surveys that needed no work of their own, as the ministry counts them
                    if step.no in (8, 9) and business.code in ('B02', 'B14'):
                        row.status, row.planned_on, row.reason = 'excluded', None, ('該当する外字・'
                            '連携がないため')
                    elif step.no <= 34:
                        done = min(date(2022, 5, 10) + timedelta(days=30 * step.no + place),
                                   date(2025, 3, 28))
                        row.status, row.planned_on = 'done', None
                        row.started_on, row.done_on = done - timedelta(days=20), done
            act.insert(list(rows.values()))
            act.insert([StepMove(progress=row.id, status=status, on_day=day) for row in rows.values()
                        for status, day in moves_of(row, None, reports[0].date())])

        def report(act, since, until, start, pace):
            """Enter the steps done since each business's step `since[code]` up to `until[code]`."""
            codes = sorted({code for code, _ in rows})
            for (code, no), row in rows.items():
                place, done_before, done_now = codes.index(code), since.get(code, 34), until.get(code, 34)
                if not done_before < no <= done_now:
                    continue
                done = start + timedelta(days=pace * (no - done_before - 1) + 3 * place)
                self.move(act, row, status='done', planned_on=None, started_on=done - timedelta(days=20),
                          done_on=done)

        def second(act):
            report(act, {}, last, date(2025, 5, 20), 45)

        def third(act):
            report(act, last, now, date(2026, 6, 15), 40)
            for (code, no), row in rows.items():
                if no == now.get(code, 34) + 1:
                    self.move(act, row, status='doing', started_on=date(2026, 9, 1))

        def cut_over(act, code):
            self.set(act, self.rows[code], cutover_on=cutovers[code])
            self.set(act, self.by_name[f'{self.rows[code].name}システム'], std_status='standard',
                     hosting='govcloud')
        for moment, write in zip(reports, (first, second, third), strict=True):
            self.act(moment, 'steps.import', write, reason='標準化PMOツールの報告（デモデータ）')
        for code, day in cutovers.items():
            self.act(evening(day), 'businesses.edit', partial(cut_over, code=code),
                     reason='標準準拠システムへの切替（デモデータ）')

    def move(self, act, row, **values):
        """Change a step's progress, its history with it."""
        before = saving.twin(row)
        self.set(act, row, **values)
        act.insert([StepMove(progress=row.id, status=status, on_day=day) for status,
                    day in moves_of(row, before, act.at.date())])

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
            self.act(evening(day), 'shares.create', partial(self.share, no=no, title=title, day=day,
                incident=incident))

    def share(self, act, no, title, day, incident):
        act.save(CaseShare(share_no=no, title=title, method='notice', shared_on=day,
                           lesson='宛先と添付を二人で確認する。',
                           incident=self.rows.get(incident)))

    def support(self, act, case, kind, asked, done=None, state='completed', trial=False):
        row = Support(case=case, kind=kind, requested_on=asked, completed_on=done, trial=trial,
                      state='completed' if done else state, opinion='fine' if done else None,
                      opinion_text='セキュリティと予算の内容を確認しました。' if done else None)
        act.save(row)
        return row

    def procurement(self):
        for year in (2025, 2026):
            self.act(at(year, 10, 20), 'budget-requests.import', partial(self.budget, year=year),
                     reason='財政課の予算要求一覧（デモデータ）')
        self.act(at(2026, 1, 21), 'supports.import', self.trials, reason='調達支援の試行（デモデータ）')
        self.act(at(2026, 3, 27), 'cases.import', self.budget_results,
                 reason='令和8年度予算の成立（デモデータ）')
        self.act(at(2026, 10, 15), 'cases.import', self.orders)
        self.act(at(2026, 11, 4), 'reviews.import', self.reviews)

    def budget(self, act, year):
        """Enter the year's budget requests, and the support each was given."""
        codes = ['0301', '0302', '0500', '0400', '0151', '0800', '0550', '0203']
        for n in range(24):
            number = (year - 2025) * 24 + n + 1
            it_cost = n % 4 != 3
            line = BudgetRequest(
                request_no=f'B-{number:05d}', fiscal_year=year + 1,
                requested_on=date(year, 9, 10) + timedelta(days=n),
                department=self.units[codes[n % 8]],
                title=f'{SUBJECTS[n % 12][0]}システムの{"更新" if n % 2 else "改修"}'
                if it_cost else f'{SUBJECTS[n % 12][0]}の消耗品', amount=1_200_000 + 850_000 * n,
                it_cost=it_cost,
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
                        new_technology=line.new_technology, purpose='業務の効率化')
            act.save(case)
            self.rows[year, n] = case
            asked = line.requested_on + timedelta(days=3)
            state = {0: 'returned', 1: 'requested', 8: 'reviewing'}.get(n) if waiting else None
            support = self.support(act, case, 'budget', asked,
                                   None if waiting else asked + timedelta(days=10), state or 'completed')
            if state == 'returned':
                act.save(SupportComment(support=support, person=self.people['it'], at=at(2026, 9, 24),
                                        state='returned',
                                        text='見積の内訳（機器・作業・保守）を分けて、再提出してください。'))

    def trials(self, act):
        for n in (5, 9, 13, 17, 21):
            self.support(act, self.rows[2025, n], 'ordering', date(2025, 11, 4), date(2026, 1, 20),
                         trial=True)

    def budget_results(self, act):
        for key, case in self.rows.items():
            if key[0] == 2025:
                self.set(act, case, outcome='as_requested')

    def orders(self, act):
        units = ['0302', '0500', '0400', '0151']
        for n, (title, cost, new, ordered, done) in enumerate((
                ('生活保護システムの標準化移行', 48_000_000, False, date(2026, 6, 10), date(2026, 5, 28)),
                ('生成AI基盤の導入', 6_500_000, True, date(2026, 7, 15), date(2026, 7, 1)),
                ('保育業務支援システムの更新', 15_200_000, False, date(2026, 9, 30), None),
                ('会議録検索の改修', 1_900_000, False, date(2026, 8, 3), None))):
            case = Case(case_no=f'C-9{n + 1:04d}', fiscal_year=2026, department=self.units[units[n]],
                        title=title,
                        kind='replace', initial_cost=cost, yearly_cost=1_000_000, years=5, new_technology=new,
                        ordered_on=ordered, outcome='reduced', purpose='（デモデータ）')
            act.save(case)
            if done:
                self.support(act, case, 'ordering', done - timedelta(days=21), done)

    def reviews(self, act):
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
        # 21 of 34 on track, and a sum of 2,479 ÷ 34 = 72.9: the published share and mean
        final = [85] * 21 + [53] * 12 + [2479 - 85 * 21 - 53 * 12]

        def draw_up(act, plans, year, size):
            plans.extend(Plan(plan_no=f'P-{year}-{n + 1:02d}', fiscal_year=year,
                              department=self.units[codes[n % len(codes)]],
                              title=['窓口の4ない化', 'システム標準化への対応', 'ペーパーレスの推進',
                                     'オンライン申請の拡大'][n % 4]
                              + f'（{self.units[codes[n % len(codes)]].name}）', plan_class='priority')
                              for n in range(size))
            act.insert(plans)

        def check_in(act, plans, year, place, quarter):
            act.insert([CheckIn(
                plan=plan, quarter=quarter, assessment='on_track' if n < (21 if place == 4 else 24) else
                'late' if n % 5 == 0 else 'behind',
                achievement=Decimal(final[n] * place // 4 if place < 4 else final[n]) if year == 2025
                else Decimal(24 * place + n % 5), result='計画に沿って実施しました。',
                causes=None if n < 21 else 'standardisation;priority' if n % 2 else 'execution')
                for n, plan in enumerate(plans)])
        for year, size, quarters in ((2025, 34, 4), (2026, 36, 2)):
            plans = []
            self.act(at(year, 5, 20), 'plans.import', partial(draw_up, plans=plans, year=year, size=size))
            for place in range(1, quarters + 1):
                moment = at(year + place // 3, (7, 10, 1, 4)[place - 1], 20)
                self.act(moment, 'plans.import', partial(check_in, plans=plans, year=year, place=place,
                    quarter=f'{place}Q'),
                         reason=f'{place}Qの進捗確認（デモデータ）')

    def audits(self):
        for no, moment, theme, unit, items in (
                ('A-00001', at(2025, 11, 12), '個人情報を扱うシステムの権限管理', '0301',
                 (('退職者の利用者IDが残っている', 'minor'), ('権限の棚卸しの記録がない', 'major'))),
                ('A-00002', at(2026, 10, 7), 'バックアップと復旧手順', '0302',
                 (('復旧手順書が更新されていない', 'minor'), ('復旧訓練の記録がない', 'major')))):
            self.act(moment, 'engagements.create', partial(self.hold, no=no, theme=theme, unit=unit,
                day=moment.date(), items=items),
                     'auditor')
        self.change(at(2025, 12, 12), 'engagements.edit', 'A-00001', 'auditor',
                    reported_on=date(2025, 12, 12))
        first, second, later = 'A-00001 1', 'A-00001 2', 'A-00002 2'
        for finding, moment, measure, due in (
                (first, at(2025, 11, 25), '退職者の利用者IDを削除し、人事異動と連動させる。',
                 date(2026, 1, 31)),
                (second, at(2025, 11, 25, 10), '権限の棚卸しを年2回行い、記録を残す。', date(2026, 9, 30)),
                (later, at(2026, 10, 21), '復旧訓練を年1回行い、記録を残す。', date(2027, 1, 31))):
            self.act(moment, 'findings.move', partial(self.plan_measure, finding=finding, measure=measure,
                due=due), 'head')
        for finding in (first, second):
            self.change(at(2025, 12, 1), 'findings.move', finding, 'auditor', state='approved')
            self.change(at(2025, 12, 8), 'findings.move', finding, 'head', state='correcting')
        self.act(at(2026, 1, 15), 'findings.move', self.report_done, 'head')
        self.act(at(2026, 2, 18), 'findings.move', self.follow_up, 'auditor',
                 reason='監査事後確認（デモデータ）')

    def hold(self, act, no, theme, unit, day, items):
        row = self.rows[no] = Engagement(
            engagement_no=no, kind='internal', theme=theme, department=self.units[unit], auditor='鈴木 誠',
            planned_on=day - timedelta(days=30), held_on=day, summary='（デモデータ）')
        act.save(row)
        for n, (item, category) in enumerate(items, 1):
            finding = self.rows[f'{no} {n}'] = Finding(
                finding_no=f'F-{row.id:02d}{n:03d}', engagement=row, item=item, category=category,
                fact='抽出した記録で確認した（デモデータ）。', basis='情報セキュリティ対策基準',
                risk='不正な利用・復旧の遅れ',
                proposal='手順を定め、記録を残す。')
            act.save(finding)

    def plan_measure(self, act, finding, measure, due):
        action = self.rows[finding, 'action'] = CorrectiveAction(finding=self.rows[finding], measure=measure,
                                                                 owner=self.people['head'], due_on=due)
        act.save(action)
        self.set(act, self.rows[finding], state='planned')

    def report_done(self, act):
        self.set(act, self.rows['A-00001 1', 'action'], done_on=date(2026, 1, 15),
                 evidence='7行情第100号（架空）')
        self.set(act, self.rows['A-00001 1'], state='reported')

    def follow_up(self, act):
        self.set(act, self.rows['A-00001 1', 'action'], followed_on=date(2026, 2, 18),
                 follower=self.people['auditor'],
                 result='effective', result_note='削除の記録と、10件の抽出で確認した。')
        self.set(act, self.rows['A-00001 1'], state='closed')

    def actuals(self):
        def enter(act):
            for no, kpi, value in ((1, '1', '80.6'), (5, '3', '24'), (10, '1', '2')):
                indicator = (Indicator.select().join(Initiative).join(Strategy).where(
                    Strategy.fiscal_year == 2026, Initiative.no == no, Indicator.no == kpi).get())
                act.save(Actual(indicator=indicator, as_of=date(2026, 9, 30), value=Decimal(value),
                                source='デモデータ（架空の値）'))
        self.act(at(2026, 10, 20), 'actuals.import', enter)
