"""The commands' contract: exit status and JSON shapes."""
import os
import secrets
from datetime import date
from unittest.mock import Mock

import desk as desks
import pytest
from peewee import OperationalError

from audits import trail, verify
from models import Act, Department, Person, Staff, db
from registry.core import clock
from registry.web import sign_in


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


@pytest.mark.parametrize(('name', 'value'), [('DAICHO_SECRET_KEY', 'short'), ('DAICHO_ENV', 'weird'),
    ('DAICHO_TODAY', 'xx'),
                                             ('DATABASE_URL', 'mysql://x')])
def test_an_unsafe_setting_is_told(tmp_path, name, value):
    desk = desks.Desk(tmp_path)
    desk.env[name] = value
    found = desk.run('migrate')
    assert found.exit_code == 2 and name in found.stderr


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
