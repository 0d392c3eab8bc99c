"""The commands' contract: exit status, JSON shapes, and every figure against an answer worked out by hand."""
import csv
import io
import os
import secrets
from datetime import date, datetime
from fractions import Fraction
from unittest.mock import Mock

import desk as desks
import pytest
from peewee import OperationalError
from pypdf import PdfReader

from audits import trail, verify
from models import (
    Act,
    Business,
    Course,
    Department,
    Enrolment,
    Person,
    Setting,
    Staff,
    Step,
    StepMove,
    StepProgress,
    db,
)
from models.figures import figure
from models.rules.calendar import JST
from registry.core import clock
from registry.web import sign_in


@pytest.fixture(scope='module')
def base(tmp_path_factory):
    """A register with masters, units and three systems."""
    desk = desks.empty(tmp_path_factory.mktemp('base'))
    desk.load('departments')
    desk.table('systems', ['S-1', '住民記録', '101', 'core_standard', 'B01', 'operate', 'none'],
               ['S-2', '基盤', '101', 'platform', '', 'operate', 'none'],
               ['S-3', '図書', '102', 'business', '', 'operate', 'none'], headers=SYSTEM)
    return desk


SYSTEM = ['system_no', 'name', 'owner_code', 'category', 'std_business', 'lifecycle', 'pii']
INCIDENT = ['incident_no', 'title', 'category', 'level', 'system_nos', 'detected_at', 'restored_at']


@pytest.fixture
def desk(base, tmp_path):
    return desks.copied(base, tmp_path)


def ask(desk, name, year=2026, as_of=date(2027, 3, 31)):
    """Return (numerator, denominator, value) of a figure, which must open to as many rows as it counted."""
    with desk.open():
        found = figure(name, year, as_of)
        counted = sum(rows.count() for rows in found.counted)
        if name not in ('plans.achievement', 'plans.measure'):
            assert counted == (found.denominator if 'recovery' in name else found.numerator or 0)
        return found.numerator, found.denominator, found.value


def indicator(desk, initiative, no, year=2026, as_of='2027-03-31'):
    board = desk.json('kpi', '--fiscal-year', year, '--as-of', as_of)
    found = next(i for i in board['initiatives'] if i['no'] == initiative)
    return next(i for i in found['indicators'] if i['no'] == no)


def numbers(found):
    return found['numerator'], found['denominator'], found['value'], found['verdict']


# --- shapes ---

def test_json_of_import_and_trail(desk):
    found = desk.table('shares', ['H-1', 'あ', '通知', '2026-09-01'],
                       headers=['share_no', 'title', 'method', 'shared_on'])
    assert {k: found[k] for k in ('kind', 'rows', 'create', 'update', 'unchanged', 'conflict', 'errors')} == {
        'kind': 'shares', 'rows': 1, 'create': 1, 'update': 0, 'unchanged': 0, 'conflict': 0, 'errors': []}
    head, verified = desk.json('trail', 'head'), desk.json('trail', 'verify')
    assert {'seq', 'hash', 'at'} <= set(head) and head['seq'] == found['act'] and len(head['hash']) == 64
    assert verified['intact'] is True and verified['acts'] == head['seq']
    assert verified['head'] == {'seq': head['seq'], 'hash': head['hash']}
    assert verified['first_broken'] is None and verified['rows_changed_outside'] == []


def test_verify_finds_a_row_changed_outside_and_ends_with_1(desk):
    with desk.open():
        Staff.create(staff_no='9', name='外', department=Department.get())
    found = desk.json('trail', 'verify', code=1)
    assert found['intact'] is False and {'table', 'row', 'label'} <= set(found['rows_changed_outside'][0])


def test_verify_says_when_it_could_not_check(desk, tmp_path, monkeypatch):
    monkeypatch.setattr(verify, '_chain', Mock(side_effect=OperationalError('database is locked')))
    found = desk.run('trail', 'verify')
    assert found.exit_code == 2 and '改ざんの有無は分かりません' in found.stderr and found.stdout == ''
    assert desks.Desk(tmp_path / 'new').run('trail', 'verify').exit_code == 2


def test_verify_names_a_changed_schema_and_ends_with_1(desk):
    with desk.open():
        db.execute_sql('DROP INDEX "act_kind"')
    found = desk.json('trail', 'verify', code=1)
    assert [(row['table'], row['name']) for row in found['schema']] == [('act', 'act_kind')]
    assert 'データベースの形 act: 索引「act_kind」がありません。' in desk.run('trail', 'verify').stdout


def test_rebuild_repairs_what_is_derived(desk):
    with desk.open(), trail.untrailed():
        Department.update(search_text='').execute()
        wrong, seq = Department.select().count(), trail.head().seq
        assert '検索用の文字列' in verify.verify().outside[0]['what']
    assert desk.json('trail', 'verify', code=1)['intact'] is False
    done = desk.run('rebuild')
    assert done.exit_code == 0 and f'改めた記録: {wrong}件' in done.stderr
    assert desk.json('trail', 'verify')['head']['seq'] == seq
    assert '改めた記録: 0件' in desk.run('rebuild').stderr


@pytest.mark.parametrize('year', [2025, 2026])
def test_json_of_kpi(base, year):
    found = base.json('kpi', '--fiscal-year', year)
    assert (found['fiscal_year'], found['as_of']) == (year, f'{year + 1}-03-31')
    assert {'fiscal_year', 'as_of', 'initiatives'} <= set(found) and found['initiatives']
    for view in found['initiatives']:
        assert {'no', 'title', 'theme', 'computed', 'official', 'reason', 'indicators'} <= set(view)
        assert view['computed'] in ('○', '△', '×', '判定不可')
        for one in view['indicators']:
            assert {'no', 'text', 'measure', 'source', 'operator', 'target', 'unit', 'numerator',
                    'denominator', 'value', 'verdict'} <= set(one)
            assert one['source'] in ('computed', 'entered', 'none') and one['verdict'] in ('met', 'missed',
                'unknown')
            assert isinstance(one['target'], str) and (one['value'] is None or isinstance(one['value'], str))
            assert one['source'] != 'computed' or one['measure'] is not None
            assert (one['reason'] != '') == (one['verdict'] == 'unknown')


def test_status_of_calls(base, tmp_path):
    assert base.run('export', 'systems', '-o', tmp_path / 'nowhere' / 'x.csv').exit_code == 2
    assert base.run('serve', '--port', '99999').exit_code == 2
    assert base.run('kpi', '--fiscal-year', '2031').exit_code == 1
    words = base.run('kpi', '--fiscal-year', '2026').stdout
    assert '自動判定' in words and '（目標 82%以上）' in words and '未判定' in words
    assert base.run('kpi', '--fiscal-year', '2026', '--as-of', '2026-03-31').exit_code == 2
    assert base.run('kpi', '--as-of', 'きのう').exit_code == 2
    assert base.run('nothing').exit_code == 2
    assert base.run('kpi', '--csv', '--fiscal-year', '2026').stdout.count('\n') > 10
    assert desks.Desk(tmp_path).run('trail', 'head').exit_code == 1


def test_a_person_is_added_once(desk):
    words = ('person', 'add', 'Hanako@city.example.jp', '--name', '目黒', '--department', '101', '--role',
             'it', '--password-stdin')
    assert desk.run(*words, stdin='short\n').exit_code == 1
    assert desk.run(*words, stdin='hashi-kawa-mizu-97\n').exit_code == 0
    assert desk.run(*words, stdin='hashi-kawa-mizu-97\n').exit_code == 1
    assert desk.run(*words[:2], 'a b@city.example.jp', *words[3:],
                    stdin='hashi-kawa-mizu-97\n').exit_code == 2
    assert desk.run(*words[:4], 'あ' * 101, *words[5:], stdin='hashi-kawa-mizu-97\n').exit_code == 2
    assert desk.run('person', 'add', 'x', '--name', 'y', '--department', '999', '--role',
                    'king').exit_code == 2


def test_a_password_given_at_a_command_is_a_one_time_one(desk):
    desk.run('person', 'add', 'hanako@city.example.jp', '--name', '目黒', '--department', '101', '--role',
             'admin', '--password-stdin',
             stdin='hashi-kawa-mizu-97\n')
    with desk.open():
        person = Person.get(Person.email == 'hanako@city.example.jp')
        assert clock.now() < person.one_time_until <= clock.now() + sign_in.ONE_TIME
        before = person.password_hash, person.epoch
        with trail.act('people.edit', by=None, at=clock.now()) as act:
            person.one_time_until = None
            act.save(person)
    words = ('person', 'password', 'Hanako@City.example.jp', '--password-stdin')
    assert desk.run(*words, stdin='short\n').exit_code == 1
    assert desk.run(*words, stdin='x' * 257 + '\n').exit_code == 1
    assert desk.run('person', 'password', 'nobody@city.example.jp', '--password-stdin',
                    stdin='hashi-kawa-mizu-98\n').exit_code == 1
    assert desk.run(*words, stdin='hashi-kawa-mizu-98\n').exit_code == 0
    with desk.open():
        person = Person.get(Person.email == 'hanako@city.example.jp')
        assert person.one_time_until and person.password_hash != before[0] and person.epoch == before[1] + 1
        assert Act.select().order_by(Act.seq.desc()).first().kind == 'people.password'
    assert desk.run('trail', 'verify').exit_code == 0


def test_a_command_gives_no_former_address_to_another(desk):
    words = ('--name', '目黒', '--department', '101', '--role', 'it', '--password-stdin')
    assert desk.run('person', 'add', 'old@city.example.jp', *words,
                    stdin='hashi-kawa-mizu-97\n').exit_code == 0
    with desk.open(), trail.act('people.edit', by=None, at=clock.now()) as act:
        person = Person.get(Person.email == 'old@city.example.jp')
        person.email = 'new@city.example.jp'
        act.save(person)
    found = desk.run('person', 'add', 'Old@city.example.jp', *words, stdin='hashi-kawa-mizu-97\n')
    assert found.exit_code == 1 and '以前ほかの人が使っていた' in found.stderr


def test_production_does_not_serve_the_demo_ward(desk):
    with desk.open(), trail.act('demo.fill', by=None, at=clock.now()) as act:
        act.save(Department(code='999', name='架空課', valid_from=date(2026, 4, 1)))
    desk.env |= {'DAICHO_ENV': 'production', 'DAICHO_HOSTS': 'daicho.example', 'DAICHO_TODAY': '',
                 'DAICHO_SECRET_KEY': secrets.token_hex(32)}
    found = desk.run('serve', '--port', '1')
    assert found.exit_code == 2 and 'デモデータの入ったデータベースは、本番では使えません' in found.stderr
    assert 'パスワード ' not in found.output and found.stdout == ''


def test_what_a_command_makes_is_for_its_account_only(desk, tmp_path):
    before = os.umask(0o022)
    try:
        assert desk.run('export', 'systems', '-o', tmp_path / 'systems.csv').exit_code == 0
        other = desks.Desk(tmp_path / 'deeper' / 'instance')
        assert other.run('migrate').exit_code == 0
        assert os.umask(0o022) == 0o022, 'the command gave back what it found'
    finally:
        os.umask(before)
    made = [tmp_path / 'systems.csv', *(tmp_path / 'deeper').rglob('*')]
    assert all(path.stat().st_mode & 0o077 == 0 for path in made), made


# --- steps and cut-overs ---

def steps(desk, business, done, excluded=0, on='2026-05-01'):
    desk.table('steps', *[[business, str(no), '完了済み', on, ''] for no in range(1, done + 1)],
               *[[business, str(no), '対象外', '', '共同利用']
                 for no in range(done + 1, done + excluded + 1)],
               headers=['業務コード', 'ステップ番号', '状態', '完了日', '対象外理由'])


def test_excluded_counts_as_done_for_the_ministry_only(desk):
    steps(desk, 'B01', 10, 5)
    desk.table('steps', ['B01', '16', '作業中'], ['B01', '17', '未着手'],
               headers=['業務コード', 'ステップ番号', '状態'])
    # 18 applicable businesses × 40 steps
    assert ask(desk, 'steps.official') == (15, 720, Fraction(1500, 720))
    assert ask(desk, 'steps.strict') == (10, 715, Fraction(1000, 715))


def test_a_business_that_does_not_apply_does_not_count(desk):
    steps(desk, 'B03', 40)
    assert ask(desk, 'steps.official') == (0, 720, 0)
    desk.table('businesses', ['B03', 'はい'], headers=['業務コード', '適用'])
    assert ask(desk, 'steps.official')[:2] == (40, 760)


def test_a_step_done_after_the_day_does_not_count(desk):
    steps(desk, 'B01', 1, on='2026-08-31')
    steps(desk, 'B02', 1, on='2026-09-30')
    # nothing is recorded up to that day
    assert ask(desk, 'steps.official', as_of=date(2026, 8, 30))[0] is None
    assert ask(desk, 'steps.official', as_of=date(2026, 9, 29))[0] == 1
    assert ask(desk, 'steps.official', as_of=date(2026, 9, 30))[0] == 2


def test_650_of_720_is_90_3_and_meets_90_3(desk):
    with desk.open():
        from audits import trail
        from registry.core import clock
        businesses = list(Business.select().where(Business.applicable).order_by(Business.code))
        places = [(b, s) for b in businesses for s in Step.select().order_by(Step.no)][:649]
        with trail.act('steps.import', by=None, at=clock.now(), channel='cli', reason='試験') as act:
            rows = [StepProgress(business=b, step=s, status='done', done_on=date(2026, 6, 1)) for b,
                    s in places]
            act.insert(rows)
            act.insert([StepMove(progress=row.id, status='done', on_day=row.done_on) for row in rows])
    assert numbers(indicator(desk, 6, '3')) == ('649', '720', '90.1', 'missed')
    desk.table('steps', ['B20', '40', '対象外', '国の共同利用'],
               headers=['業務コード', 'ステップ番号', '状態', '対象外理由'])
    assert numbers(indicator(desk, 6, '3')) == ('650', '720', '90.3', 'met')


def test_cutovers(desk):
    desk.table('businesses', ['B01', '2026-04-01'], ['B02', '2027-03-31'], ['B04', '2026-03-31'],
               ['B03', '2026-05-01'],
               headers=['業務コード', '切替実績日'])
    assert ask(desk, 'cutovers.rate') == (3, 18, Fraction(300, 18))
    assert ask(desk, 'cutovers.count')[0] == 2
    assert ask(desk, 'cutovers.count', as_of=date(2027, 3, 30))[0] == 1
    assert ask(desk, 'cutovers.count', 2025)[0] == 1 and ask(desk, 'cutovers.rate',
        as_of=date(2026, 4, 1))[0] == 2


# --- incidents ---

def incidents(desk, *rows):
    found = desk.table('incidents', *[[f'I-{n}', '障害', 'failure', *row] for n, row in enumerate(rows, 1)],
                       headers=INCIDENT)
    assert found['create'] == len(rows)


def test_the_window_has_two_edges_at_midnight_in_japan(desk):
    # cut over on 1 October: 14 days before is 17 September, 30 days after is 31 October
    desk.table('businesses', ['B01', '2026-10-01'], headers=['業務コード', '切替実績日'])
    incidents(desk, ['4', 'S-1', '2026-09-17 00:00', ''], ['5', 'S-1', '2026-10-31 23:59', ''],
              ['4', 'S-1', '2026-09-16 23:59', ''], ['4', 'S-1', '2026-11-01 00:00', ''],
              ['3', 'S-1', '2026-10-01 09:00', ''], ['4', 'S-2;S-3', '2026-10-01 09:00', ''],
              ['4', 'S-1;S-2', '2026-10-01 09:00', ''])
    assert ask(desk, 'incidents.in_window')[0] == 3
    assert ask(desk, 'incidents.in_window', as_of=date(2026, 10, 30))[0] == 2
    assert numbers(indicator(desk, 6, '2')) == (('3', None, '3', 'missed'))
    # a window written down goes before the one reckoned
    desk.table('businesses', ['B01', '2026-10-01', '2026-10-02'],
               headers=['業務コード', '端境期開始日', '端境期終了日'])
    assert ask(desk, 'incidents.in_window')[0] == 1


def test_no_incident_meets_nought_only_where_incidents_are_recorded(desk):
    for no in ('6', '2'), ('7', '2'):
        found = indicator(desk, int(no[0]), no[1])
        assert numbers(found) == (None, None, None,
                                  'unknown') and found['reason'] == '記録なし' and found['recorded'] is False
    incidents(desk, ['2', 'S-3', '2025-05-01 10:00', ''])
    assert numbers(indicator(desk, 7, '2')) == ('0', None, '0', 'met') and indicator(desk, 7,
        '2')['reason'] == ''
    # no window of a cut-over has begun: there was none in which nothing could have happened
    assert numbers(indicator(desk, 6, '2')) == (None, None, None, 'unknown')
    desk.table('businesses', ['B19', '2025-12-22'], headers=['code', 'cutover_on'])
    assert numbers(indicator(desk, 6, '2')) == ('0', None, '0', 'met')


def test_a_severe_incident_on_a_platform(desk):
    incidents(desk, ['4', 'S-2', '2026-04-01 00:00', ''], ['3', 'S-2', '2026-05-01 00:00', ''],
              ['5', 'S-1;S-3', '2026-05-01 00:00', ''], ['4', 'S-2', '2026-03-31 23:59', ''])
    assert ask(desk, 'incidents.severe_platform')[0] == 1 and ask(desk, 'incidents.severe_platform',
        2025)[0] == 1


@pytest.mark.parametrize('moment,inside', [
    ('2026-12-28 17:10', True), ('2026-12-28 17:20', False), ('2025-12-28 10:00', False),
    ('2026-12-29 10:00', False), ('2027-01-03 10:00', False), ('2027-01-04 08:30', True),
    ('2027-01-04 08:29', False),
    ('2026-11-23 10:00', False), ('2026-11-21 10:00', False)])
def test_business_hours(desk, moment, inside):
    year = 2025 if moment < '2026-04' else 2026
    incidents(desk, ['4', 'S-1', moment, moment])
    as_of = date(year + 1, 3, 31)
    assert ask(desk, 'incidents.recovery_business_hours', year, as_of)[1] == inside
    assert ask(desk, 'incidents.recovery_off_hours', year, as_of)[1] == (not inside)


def test_recovery_times(desk):
    incidents(desk, ['2', 'S-1', '2026-07-01 17:00', '2026-07-01 21:00'],
              ['2', 'S-1', '2026-07-02 09:00', '2026-07-02 13:01'],
              ['2', 'S-1', '2026-07-01 18:00', '2026-07-02 18:00'], ['2', 'S-1', '2026-07-03 10:00', ''])
    met, judged, value = ask(desk, 'incidents.recovery_business_hours', as_of=date(2026, 7, 2))
    assert (met, judged, value) == (1, 2, Fraction(4 * 60 + 1, 60))
    assert ask(desk, 'incidents.recovery_off_hours', as_of=date(2026, 7, 2)) == (1, 1, 24)
    # the open one is past its four hours by the end of its day
    assert ask(desk, 'incidents.recovery_business_hours', as_of=date(2026, 7, 3))[:2] == (1, 3)
    # while that day lasts it has until 14:00
    with desk.open():
        for hour, judged in ((13, 2), (15, 3)):
            moment = datetime(2026, 7, 3, hour, tzinfo=JST)
            assert figure('incidents.recovery_business_hours', 2026, date(2026, 7, 3),
                          until=moment).denominator == judged
    # restored only after the day: still open on it
    assert ask(desk, 'incidents.recovery_off_hours', as_of=date(2026, 7, 1)) == (0, 0, None)


# --- training ---

def census(desk, waiting):
    """Enrol 2,000 staff on a mandatory security course, all but `waiting` of them done on 1 July."""
    with desk.open():
        with trail.act('demo', by=None, at=clock.now(), channel='cli', reason='試験') as act:
            course = Course(code='K-1', fiscal_year=2026, name='研修', category='security', mandatory=True)
            act.save(course)
            people = [Staff(staff_no=f'{n:05}', name='職員', department=Department.get())
                      for n in range(2000)]
            act.insert(people)
            act.insert([Enrolment(course=course, staff=p, status='waiting' if n < waiting else 'done',
                                  completed_on=None if n < waiting else date(2026, 7, 1)) for n,
                                  p in enumerate(people)])


def test_ten_seconds_too_late_are_too_late(desk):
    incidents(desk, ['2', 'S-1', '2025-07-01 10:00', '2025-07-01 14:00:10'])
    assert numbers(indicator(desk, 8, '5a', 2025, '2026-03-31')) == ('0', '1', '4.00', 'missed')


def test_a_setting_below_the_steps_makes_no_rate_above_100(desk):
    steps(desk, 'B01', 40)
    before = ask(desk, 'steps.official')
    refused = desk.table('settings', ['steps_per_business', '2020-04-01', '1'], code=1)
    assert '手順書版には40のステップがあります' in str(refused)
    with desk.open(), trail.act('settings.create', by=None, at=clock.now()) as act:
        # entered before the master had so many
        act.save(Setting(name='steps_per_business', valid_from=date(2020, 4, 1), value='1', verified=False))
    assert ask(desk, 'steps.official') == before


def test_an_entered_rate_is_shown_and_judged_as_it_was_entered(desk):
    desk.table('actuals', ['2026', '1', '1', '2027-03-31', '99.97', '統計'],
               headers=['年度', '取組番号', '指標番号', '基準日', '値', '出典'])
    assert numbers(indicator(desk, 1, '1'))[2:] == ('99.97', 'met')
    desk.table('actuals', ['2026', '1', '1', '2027-03-31', '81.96', '統計'],
               headers=['年度', '取組番号', '指標番号', '基準日', '値', '出典'])
    assert numbers(indicator(desk, 1, '1'))[2:] == ('81.96', 'missed')


ENROL = ['course_code', 'staff_no', 'status', 'completed_on', 'exclusion_reason']


def test_1999_of_2000_is_not_100(desk):
    census(desk, 1)
    assert numbers(indicator(desk, 9, '2')) == ('1999', '2000', '99.9', 'missed')
    assert numbers(indicator(desk, 9, '2', as_of='2026-06-30')) == ('0', '2000', '0.0', 'missed')
    desk.table('enrolments', ['K-1', '00000', '除外', '', '休職・育休'], headers=ENROL)
    assert numbers(indicator(desk, 9, '2')) == ('1999', '1999', '100.0', 'met')
    desk.table('enrolments', ['K-1', '00001', '修了', '2026-12-01', ''], headers=ENROL)
    assert indicator(desk, 9, '2', as_of='2026-11-30')['numerator'] == '1998'


def test_only_mandatory_security_courses_of_the_year_count(desk):
    desk.load('staff')
    desk.table('courses', *[[f'K-{n}', year, 'x', kind, must] for n, (year, kind, must) in enumerate([
        ('2026', 'security', '1'), ('2026', 'security', '0'), ('2026', 'privacy', '1'),
        ('2025', 'security', '1')])],
        headers=['code', 'fiscal_year', 'name', 'category', 'mandatory'])
    desk.table('enrolments', *[[f'K-{n}', '00001', '修了', '2026-07-01', ''] for n in range(4)],
               headers=ENROL)
    assert ask(desk, 'training.completion')[:2] == (1, 1)


def test_an_empty_denominator_is_not_applicable(desk):
    assert indicator(desk, 9, '2')['reason'] == '記録なし'
    desk.load('staff')
    desk.table('courses', ['K-1', '2026', 'x', 'security', '1'],
               headers=['code', 'fiscal_year', 'name', 'category', 'mandatory'])
    desk.table('enrolments', ['K-1', '00001', '除外', '', '休職・育休'], headers=ENROL)
    assert indicator(desk, 9, '2')['reason'] == '該当なし'
    assert numbers(indicator(desk, 9, '2')) == ('0', '0', None, 'unknown')
    assert '該当なし' in desk.run('kpi', '--fiscal-year', '2026').stdout


# --- procurement, reviews, shares ---

REQUEST = ['request_no', 'fiscal_year', 'requested_on', 'department_code', 'title', 'amount', 'it_cost',
           'new_technology', 'exclusion_reason', 'excluded_by']
CASE = ['case_no', 'fiscal_year', 'department_code', 'title', 'kind', 'request_no', 'initial_cost',
        'yearly_cost', 'years', 'new_technology', 'ordered_on']
SUPPORT = ['case_no', 'kind', 'requested_on', 'completed_on', 'trial']


def test_budget_coverage(desk):
    desk.table('budget-requests', *[[f'B-{n}', '2027', on, '101', 'x', '1', it, '0', why, by] for n,
                                    (on, it, why, by)
                                    in enumerate([('2026-04-01', '1', '', ''), ('2027-03-31', '1', '', ''),
                                                  ('2026-09-01', '0', '', ''),
                                                  ('2026-09-01', '1', '少額', '課長'),
                                                  ('2026-03-31', '1', '', ''), ('2026-09-01', '1', '', '')])],
                                                  headers=REQUEST)
    desk.table('cases', *[[f'C-{n}', '2026', '101', 'x', 'new', f'B-{n}', '1', '0', '1', '0', '']
                          for n in (0, 1, 5)],
               headers=CASE)
    desk.table('supports', ['C-0', 'budget', '2026-04-02', '2026-05-01', '0'],
               ['C-1', 'budget', '2027-03-31', '', '0'], ['C-5', 'ordering', '2026-04-02', '2026-05-01', '0'],
               headers=SUPPORT)
    assert ask(desk, 'support.budget_coverage') == (1, 3, Fraction(100, 3))
    assert numbers(indicator(desk, 9, '1a')) == ('1', '3', '33.3', 'missed')
    assert ask(desk, 'support.budget_coverage', as_of=date(2026, 4, 30))[:2] == (0, 1)
    assert ask(desk, 'support.budget_coverage', 2025)[:2] == (0, 1)


def test_large_coverage(desk):
    desk.table('cases', *[[f'C-{n}', '2026', '101', 'x', 'new', '', amount, '9000000', '5', new, on]
                          for n, (amount, new, on) in enumerate([
                              ('10000000', '0', '2026-10-01'), ('9999999', '0', '2026-10-01'),
                              ('1', '1', '2026-10-01'),
                              ('20000000', '0', ''), ('20000000', '0', '2026-03-31'),
                              ('20000000', '0', '2027-03-31')])],
               headers=CASE)
    assert ask(desk, 'support.large_coverage') == (0, 3, 0)
    desk.table('supports', ['C-0', 'ordering', '2026-09-01', '2026-10-01', '1'],
               ['C-2', 'ordering', '2026-09-01', '2026-10-02', '1'],
               ['C-5', 'budget', '2026-09-01', '2026-10-02', '1'],
               headers=SUPPORT)
    assert ask(desk, 'support.large_coverage')[:2] == (1, 3)
    assert ask(desk, 'support.large_coverage', as_of=date(2027, 3, 30))[:2] == (1, 2)
    assert ask(desk, 'support.trial_count')[0] == 2 and ask(desk, 'support.trial_count',
        as_of=date(2026, 10, 1))[0] == 1
    desk.table('settings', ['large_case_basis', '2026-04-01', 'TCO'], headers=['name', 'valid_from', 'value'])
    assert ask(desk, 'support.large_coverage')[:2] == (1, 4)


def test_reviews_and_shares(desk):
    desk.table('reviews', ['R-1', 'retire', 'x', 'S-1', '2026-04-01', '実施', '2026-04-01', '課長'],
               ['R-2', 'retire', 'x', 'S-1', '2026-04-01', '実施', '', ''],
               ['R-3', 'retire', 'x', 'S-1', '2026-04-01', '', '2026-05-01', '課長'],
               ['R-4', 'retire', 'x', 'S-1', '2026-03-01', '見送り', '2026-03-31', '課長'],
               ['R-5', 'retire', 'x', 'S-1', '2026-04-01', '継続検討', '2027-03-31', '課長'])
    assert ask(desk, 'reviews.count')[0] == 2 and ask(desk, 'reviews.count', as_of=date(2027, 3, 30))[0] == 1
    desk.table('shares', ['H-1', 'x', '', '通知', '2026-04-01', ''],
               ['H-2', 'x', '', '通知', '2026-03-31', ''], ['H-3', 'x', '', '通知', '2027-03-31', ''])
    assert ask(desk, 'shares.count')[0] == 2 and ask(desk, 'shares.count', as_of=date(2027, 3, 30))[0] == 1


# --- plans and entered actuals ---

def test_plans_at_their_latest_check_in(desk):
    desk.table('plans', *[[no, quarter, '2026', '101', 'x', of, mark, rate, '', ''] for no, quarter, of, mark,
                          rate in [
        ('P-1', '1Q', 'priority', '順調', '100'), ('P-1', '2Q', 'priority', '遅れ', '50'),
        ('P-1', '3Q', 'priority', '順調', '90'),
        ('P-2', '1Q', 'priority', '順調', '80.5'), ('P-3', '2Q', 'priority', 'やや遅れ', ''),
        ('P-4', '年度末', 'priority', '順調', '10'),
        ('P-5', '年度末', 'own', '順調', '10')]])
    assert ask(desk, 'plans.on_track', as_of=date(2026, 6, 29))[:2] == (0, 0)
    # who should have reported and has not is not on track; a half-yearly plan is first due at the end of
    # September
    assert ask(desk, 'plans.on_track', as_of=date(2026, 6, 30))[:2] == (2, 4)
    assert ask(desk, 'plans.on_track', as_of=date(2026, 9, 30))[:2] == (1, 5)
    assert ask(desk, 'plans.achievement', as_of=date(2026, 9, 30))[2] == Fraction(1305, 20)
    assert ask(desk, 'plans.on_track', as_of=date(2026, 12, 31))[:2] == (2, 5)
    assert ask(desk, 'plans.on_track')[:2] == (4, 5)


def test_an_entered_actual_is_the_latest_by_the_day(desk):
    headers = ['年度', '取組番号', '指標番号', '基準日', '分子', '分母', '値', '出典']
    desk.table('actuals', ['2026', '1', '1', '2026-09-30', '', '', '81.9', '統計'],
               ['2026', '1', '1', '2027-03-31', '41', '50', '82', '統計'], headers=headers)
    assert numbers(indicator(desk, 1, '1', as_of='2026-09-29')) == (None, None, None, 'unknown')
    assert numbers(indicator(desk, 1, '1', as_of='2027-03-30')) == (None, None, '81.9', 'missed')
    assert numbers(indicator(desk, 1, '1')) == ('41', '50', '82', 'met')


def test_the_default_day_is_today_inside_the_year(base):
    base.env['DAICHO_TODAY'] = '2026-12-28'
    try:
        assert base.json('kpi')['as_of'] == '2026-12-28' and base.json('kpi', '--fiscal-year',
            '2025')['as_of'] == '2026-03-31'
    finally:
        base.env['DAICHO_TODAY'] = '2027-03-31'


@pytest.mark.parametrize('name', ['results', 'plan'])
def test_a_report_of_the_year_and_of_one_initiative(base, tmp_path, name):
    whole, one = tmp_path / 'whole.pdf', tmp_path / 'one.pdf'
    assert base.run('report', name, '--fiscal-year', '2026', '-o', whole).exit_code == 0
    assert base.run('report', name, '--fiscal-year', '2026', '--id', '6', '-o', one).exit_code == 0
    pages = PdfReader(one).pages
    assert len(PdfReader(whole).pages) == 12 and len(pages) == 1
    assert '6.' in pages[0].extract_text() and '1 / 1' in pages[0].extract_text()
    assert base.run('report', name, '--fiscal-year', '2026', '--id', '12', '-o', one).exit_code == 1
    assert base.run('report', name, '--fiscal-year', '2031', '-o', one).exit_code == 1


def test_the_page_gives_the_same_one(client_of):
    it = client_of('it')
    answer = it.get('/strategies/2026/results.pdf?id=6')
    assert answer.status_code == 200 and len(PdfReader(io.BytesIO(answer.data)).pages) == 1
    assert it.get('/strategies/2026/results.pdf?id=99').status_code == 404
    assert len(PdfReader(io.BytesIO(it.get('/strategies/2026/results.pdf?id=x').data)).pages) > 5
    assert '/strategies/2026/plan.pdf?id=6' in it.get('/strategies/2026/initiatives/6').text


@pytest.mark.parametrize(('name', 'value'), [('DAICHO_SECRET_KEY', 'short'), ('DAICHO_ENV', 'weird'),
    ('DAICHO_TODAY', 'xx'),
                                             ('DATABASE_URL', 'mysql://x')])
def test_an_unsafe_setting_is_told(tmp_path, name, value):
    desk = desks.Desk(tmp_path)
    desk.env[name] = value
    found = desk.run('migrate')
    assert found.exit_code == 2 and name in found.stderr


def test_an_initiative_with_recovery_times_still_takes_one_page(desk):
    headers = ['インシデント番号', '件名', '区分', 'レベル', '管理番号（複数は;区切り）', '検知日時',
               '復旧日時']
    desk.table('incidents', ['I-8', 'a', 'システム障害', '2', 'S-1', '2025-12-26 17:10', '2025-12-26 21:11'],
               ['I-9', 'b', 'システム障害', '2', 'S-1', '2025-11-24 23:00', '2025-11-25 13:00'],
               headers=headers)
    path = desk.folder / 'out.pdf'
    assert desk.run('report', 'results', '--fiscal-year', '2025', '--as-of', '2026-03-31', '--id', '8', '-o',
                    path).exit_code == 0
    (page,) = PdfReader(path).pages
    text = ''.join(page.extract_text().split())
    assert '4.02時間' in text and '4時間以下' in text
    found = desk.json('kpi', '--fiscal-year', '2025', '--as-of', '2026-03-31')
    assert found['initiatives'][-1]['indicators'][0]['measure'] == 'plans.achievement'


def test_a_pinned_day_does_not_write_into_a_trail_that_is_ahead_of_it(desk):
    head = desk.head()
    path = desk.file('shares.csv', 'share_no,title,method,shared_on\nH-1,事例,通知,2026-09-01\n')
    desk.env['DAICHO_TODAY'] = '2027-03-30'
    found = desk.run('import', 'shares', path)
    assert found.exit_code == 1 and '最後の操作の日時（令和9年3月31日' in found.stderr
    assert '何も変更していません' in found.stderr
    assert desk.head() == head and desk.run('export', 'shares').exit_code == 0
    desk.env['DAICHO_TODAY'] = '2027-03-31'
    assert desk.run('import', 'shares', path).exit_code == 0


@pytest.mark.parametrize('words', [('kpi',), ('report', 'results', '-o', 'x.pdf'), ('export', 'systems')])
def test_a_day_to_come_or_before_the_year_is_refused_as_pages_refuse_it(base, tmp_path, words):
    words = [str(tmp_path / word) if word.endswith('.pdf') else word for word in words]
    found = base.run(*words, '--as-of', '2027-04-01')
    assert (found.exit_code, found.stdout) == (2,
        '') and '先の日は指定できません（きょうは令和9年3月31日' in found.stderr
    if words[0] != 'export':
        found = base.run(*words, '--fiscal-year', '2026', '--as-of', '2026-03-31')
        assert (found.exit_code, found.stdout) == (2,
            '') and '令和8年4月1日（2026-04-01）以後' in found.stderr
    assert not list(tmp_path.glob('*.pdf'))


def test_published_values_stand_beside_in_the_file_and_on_the_terminal(base):
    found = base.run('kpi', '--fiscal-year', '2025', '--csv')
    rows = list(csv.DictReader(io.StringIO(found.stdout.lstrip('\ufeff'))))
    row = next(row for row in rows if (row['取組番号'], row['指標番号']) == ('7', '4'))
    assert row['公表値'] == '86.9' and row['公表値の基準日'] == '2026-03-31' and '令和8年度' in row[
        '公表値の出典']
    assert next(row['対象業務'] for row in rows if (row['取組番号'], row['指標番号'])
                == ('7', '1')) == 'B19;B20'
    assert '公表値' in base.run('kpi', '--fiscal-year', '2025').stdout
