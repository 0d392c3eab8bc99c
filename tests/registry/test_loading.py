"""Files in and out: every kind of file created, exported and taken back unchanged; bad input that changes
nothing."""
import csv
import io
import shutil
from datetime import date

import desk as desks
import pytest
import python_calamine
from desk import FILES, rows_of, text_of

from audits import trail
from models import (
    Act,
    BudgetRequest,
    Business,
    Case,
    Course,
    Department,
    Enrolment,
    Incident,
    Indicator,
    Initiative,
    Person,
    Setting,
    Staff,
    Step,
    StepMaster,
    StepProgress,
    Strategy,
    Support,
    System,
)
from registry.core import clock
from registry.records import sheets


@pytest.fixture(scope='module')
def bare(tmp_path_factory):
    return desks.empty(tmp_path_factory.mktemp('bare'))


@pytest.fixture(scope='module')
def full(bare, tmp_path_factory):
    """A register into which all sixteen small files were imported; tests only read it."""
    desk = desks.copied(bare, tmp_path_factory.mktemp('full'))
    desk.load(*FILES)
    return desk


@pytest.fixture
def desk(full, tmp_path):
    """A copy of the filled register that a test may change."""
    return desks.copied(full, tmp_path)


@pytest.fixture
def fresh(bare, tmp_path):
    return desks.copied(bare, tmp_path)


def unchanged(found, rows):
    return (found['rows'], found['create'], found['update'], found['unchanged'], found['conflict'],
            found['errors'], found['act']) == (rows, 0, 0, rows, 0, [], None)


def lines_of(path, encoding='utf-8-sig'):
    return list(csv.reader(io.StringIO(path.read_bytes().decode(encoding), newline='')))


# --- every kind ---

@pytest.mark.parametrize('kind', FILES)
def test_the_same_file_again_changes_nothing(full, kind):
    headers, rows = rows_of(kind)
    assert unchanged(full.table(kind, *rows, headers=headers), len(rows))


@pytest.mark.parametrize('kind', FILES)
@pytest.mark.parametrize('form', ['csv', 'xlsx', 'cp932'])
def test_an_export_is_an_import_file(full, kind, form):
    options = ('--encoding', 'cp932') if form == 'cp932' else ('--format', form)
    path = full.export(kind, f'{kind}-{form}.{"xlsx" if form == "xlsx" else "csv"}', *options)
    found = full.json('import', kind, path)
    assert found['rows'] >= len(rows_of(kind)[1]) and unchanged(found, found['rows']), found


@pytest.mark.parametrize('kind', FILES)
def test_an_export_has_the_headers_of_the_contract(full, kind):
    headers = lines_of(full.export(kind, f'{kind}-headers.csv'))[0]
    assert not set(FILES[kind][0].split(',')) - set(headers)


@pytest.mark.parametrize('kind', FILES)
def test_an_export_of_today_as_of_today_is_the_same_table(full, kind):
    now = lines_of(full.export(kind, f'{kind}-now.csv'))
    then = lines_of(full.export(kind, f'{kind}-then.csv', '--as-of', '2027-03-31'))
    assert now[0] == then[0] and sorted(now) == sorted(then)


KEYS = {
    'departments': 'code name parent_code level valid_from valid_to',
    'staff': 'staff_no name kana department_code grade employment leave joined_on left_on',
    'systems': 'system_no name kana summary owner_code category lifecycle std_business criticality rto_in '
               'rto_out '
               'confidentiality integrity availability zone hosting pii pii_count vendor users go_live_on '
               'contract_end_on renew_on eol_on retired_on disposed_on successor_no note',
    'businesses': 'code name applicable planned_cutover_on cutover_on window_from window_to system_nos',
    'steps': 'business_code step_no status started_on done_on planned_on reason',
    'courses': 'code fiscal_year name category mandatory opens_on closes_on census_on pass_mark',
    'enrolments': 'course_code staff_no status completed_on score exclusion_reason',
    'incidents': 'incident_no title category level system_nos occurred_at detected_at mitigated_at '
                 'restored_at '
                 'closed_on cause prevention',
    'budget-requests': 'request_no fiscal_year requested_on department_code title amount new_technology '
                       'it_cost nature '
                       'exclusion_reason excluded_by',
    'cases': 'case_no fiscal_year department_code title kind request_no system_no initial_cost yearly_cost '
             'years '
             'new_technology ordered_on outcome',
    'supports': 'case_no kind requested_on completed_on trial opinion',
    'reviews': 'review_no kind title system_nos reviewed_on conclusion approved_on approver',
    'shares': 'share_no title incident_no method shared_on lesson',
    'plans': 'plan_no quarter fiscal_year department_code title class assessment achievement result causes',
    'settings': 'name valid_from value',
    'actuals': 'fiscal_year initiative_no indicator_no as_of numerator denominator value source note',
}


@pytest.mark.parametrize('kind', FILES)
def test_keys_as_headers_in_any_order_and_tabs(full, kind):
    _, rows = rows_of(kind)
    keys = KEYS[kind].split()
    assert len(keys) == len(rows[0])
    path = full.file(f'{kind}.tsv', text_of(keys[::-1], [row[::-1] for row in rows], '\t'))
    assert unchanged(full.json('import', kind, path), len(rows))


def test_a_register_moved_by_files_alone_is_the_same(full, fresh):
    for kind in FILES:
        if kind == 'systems':
            continue
        path = full.export(kind, f'{kind}-moved.csv')
        if kind == 'businesses':
            fresh.json('import', 'systems', full.export('systems', 'systems-moved.csv'))
        fresh.json('import', kind, path)
        shutil.copy(path, fresh.folder)
        assert sorted(lines_of(path)) == sorted(lines_of(fresh.export(kind, f'{kind}-again.csv')))


def test_files_in_cp932_and_utf8_with_and_without_a_mark(fresh):
    headers, rows = rows_of('departments')
    text = text_of(headers, rows)
    assert fresh.json('import', 'departments', fresh.file('a.csv', text, 'cp932'))['create'] == len(rows)
    assert unchanged(fresh.json('import', 'departments', fresh.file('b.csv', text, 'utf-8-sig')), len(rows))
    assert unchanged(fresh.json('import', 'departments', fresh.file('c.csv', text), '--encoding', 'utf-8'),
                     len(rows))
    assert fresh.json('import', 'departments', fresh.file('d.csv', text, 'cp932'), '--encoding', 'utf-8',
                      code=1)[
        'errors'][0]['message']


def test_values_are_stored_as_meant(full):
    with full.open():
        one, two, three = System.select().order_by(System.system_no)
        assert (one.lifecycle, one.pii, one.rto_in, one.go_live_on.isoformat()) == ('operate', 'my_number', 4,
            '2026-01-05')
        assert one.note == '=1+1 を計算式にしない\n2行目'
        assert {link.business.code for link in one.business_links} >= {'B01', 'B18'}
        # a blank cell is no value, a typed nought is nought
        assert (three.rto_in, three.rto_out, two.rto_in) == (0, None, None)
        assert Staff.get(Staff.staff_no == '00001').name == '目黒 花子'
        assert [row.state for row in Support.select().order_by(Support.id)] == ['completed', 'requested']
        assert Incident.get(Incident.incident_no
                            == 'I-1').detected_at.isoformat() == '2026-07-01T00:05:00+00:00'


# --- one file, one act ---

def test_a_file_is_one_act_with_its_changes(desk):
    before = desk.head()['seq']
    found = desk.table('staff', ['00003', '駒場 三郎'], headers=['職員番号', '氏名'])
    assert (found['update'], found['act'], desk.head()['seq']) == (1, before + 1, before + 1)
    found = desk.table('staff', ['00001', 'い'], ['00002', 'ろ'], ['00003', '駒場 三郎'],
                       headers=['職員番号', '氏名'],
                       options=('--reason', '名寄せ'))
    assert (found['update'], found['unchanged'], found['act']) == (2, 1, before + 2)
    with desk.open():
        act = Act.get_by_id(found['act'])
        assert (act.changes, act.rows.count(), act.reason, act.kind,
                act.channel) == (2, 2, '名寄せ', 'staff.import', 'import')
    assert desk.json('trail', 'verify')['intact']


def test_a_dry_run_writes_nothing(desk):
    head = desk.head()
    found = desk.table('staff', ['00009', '新人', '101'], headers=['職員番号', '氏名', '所属コード'],
                       options=('--dry-run',))
    assert (found['create'], found['act'], desk.head()) == (1, None, head)
    with desk.open():
        assert Staff.get_or_none(Staff.staff_no == '00009') is None


def test_one_bad_line_changes_nothing_and_every_fault_is_listed(desk):
    head = desk.head()
    found = desk.table(
        'staff', ['00009', '新人', '101', '主事', '2026-04-01'], ['00010', '', '999', '主事', '2026-04-31'],
        ['00011', '新人', '101', '係員', ''],
        headers=['職員番号', '氏名', '所属コード', '職層', '在籍開始日'], code=1)
    errors = {(e['line'], e['column']): e for e in found['errors']}
    assert set(errors) == {(3, '氏名'), (3, '所属コード'), (3, '在籍開始日'), (4, '職層')}
    assert len(found['errors']) == 4 and found['act'] is None and found['rows'] == 3
    assert (errors[3, '所属コード']['value'], errors[3, '在籍開始日']['value']) == ('999', '2026-04-31')
    assert '台帳にありません' in errors[3, '所属コード']['message'] and '選んでください' in errors[4,
        '職層']['message']
    assert desk.head() == head
    with desk.open():
        assert Staff.select().count() == 3


def test_the_line_is_the_line_a_person_sees(desk):
    path = desk.file('long.csv',
                     '共有番号,件名,共有方法,共有日,教訓\n\nH-3,あ,通知,2026-09-01,"一\n二\n三"\nH-4,い,通知,きのう,\n')
    assert [e['line'] for e in desk.json('import', 'shares', path, code=1)['errors']] == [6]


def test_unknown_columns(desk):
    headers, rows = rows_of('staff')
    wide = [[*row, 'x'] for row in rows]
    found = desk.table('staff', *wide, headers=[*headers, '血液型'], code=1)
    assert [(e['line'], e['column']) for e in found['errors']] == [(1, '血液型')] and found['act'] is None
    assert unchanged(desk.table('staff', *wide, headers=[*headers, '血液型'], options=('--ignore-unknown',)),
                     3)


def test_two_columns_of_one_field_and_a_missing_key(desk):
    assert desk.table('staff', ['1', 'a', 'b'], headers=['職員番号', '氏名', 'name'],
                      code=1)['errors'][0]['column'] == 'name'
    assert desk.table('staff', ['a'], headers=['氏名'], code=1)['errors'][0]['column'] == '職員番号'


def test_the_same_key_twice_is_a_conflict(desk):
    head = desk.head()
    found = desk.table('staff', ['00009', '新人', '101'], ['00009', '別人', '101'],
                       headers=['職員番号', '氏名', '所属コード'], code=1)
    assert (found['create'], found['conflict'], found['errors'], found['act']) == (1, 1, [], None)
    assert found['conflicts'][0]['line'] == 3 and desk.head() == head
    found = desk.table('plans', ['P-1', '1Q', '順調'], ['P-1', '1Q', '順調'],
                       headers=['プラン番号', '回', '評価'], code=1)
    assert (found['conflict'], found['errors']) == (1, [])


def test_a_voided_number_is_a_conflict(desk):
    with desk.open():
        from audits import trail
        from registry.core import clock
        with trail.act('staff.void', by=None, at=clock.now(), channel='cli', reason='重複') as act:
            act.void(Staff.get(Staff.staff_no == '00003'), '重複')
    head = desk.head()
    _, rows = rows_of('staff')
    found = desk.table('staff', *rows, code=1)
    assert (found['conflict'], found['errors'], found['act']) == (1, [], None)
    assert '取消済み' in found['conflicts'][0]['message'] and desk.head() == head


def test_private_use_and_control_characters_are_reported_once(desk):
    found = desk.table('staff', ['00001', '高\ue000橋'], ['00002', '大\x0b橋'], headers=['職員番号', '氏名'],
                       code=1)
    assert [(e['line'], e['column']) for e in found['errors']] == [(2, '氏名'), (3, '氏名')]
    assert 'U+E000' in found['errors'][0]['message'] and '外字' in found['errors'][0]['message']
    gaiji = '職員番号,氏名\n00001,高'.encode('cp932') + b'\xf0\x40' + '橋\n'.encode('cp932')
    found = desk.json('import', 'staff', desk.file('gaiji.csv', gaiji), code=1)
    assert '外字' in found['errors'][0]['message'] and found['errors'][0]['line'] == 2


def test_what_cp932_cannot_carry_is_named(desk):
    desk.table('staff', ['00001', '𠮷野 花子'], headers=['職員番号', '氏名'])
    found = desk.run('export', 'staff', '--encoding', 'cp932')
    assert found.exit_code == 1 and '𠮷' in found.stderr and '2行目 氏名' in found.stderr
    assert not found.stdout_bytes


def test_cp932_keeps_what_it_can_only_write_as_a_twin(desk):
    path = desk.export('systems', 'out.csv', '--encoding', 'cp932')
    text = path.read_bytes().decode('cp932')
    assert '〜' not in text and '～1期～' in text
    path.write_bytes(text.replace('～1期～', '～2期～').encode('cp932'))
    assert desk.json('import', 'systems', path)['update'] == 1


@pytest.mark.parametrize('text', ['=SUM(A1)', '+1', '-1', '@x', "'=1", "'quoted", '=HYPERLINK("http://x")'])
def test_formulas_are_neutralised_and_restored(desk, text):
    desk.table('systems', ['S-3', text], headers=['管理番号', '備考'])
    with desk.open():
        # what came in neutralised is restored; what did not is kept as typed
        stored = System.get(System.system_no == 'S-3').note
        assert stored == ('=1' if text == "'=1" else text)
    path = desk.export('systems', 'out.csv')
    cell = next(row for row in lines_of(path) if row[0] == 'S-3')[lines_of(path)[0].index('備考')]
    assert cell[0] not in '=+-@' and sheets.neutral(stored) == cell
    assert unchanged(desk.json('import', 'systems', path), 3)
    book = desk.export('systems', 'out.xlsx', '--format', 'xlsx')
    cells = python_calamine.CalamineWorkbook.from_path(str(book)).get_sheet_by_index(0).to_python()
    assert sheets.neutral(stored) in next(row for row in cells if row[0] == 'S-3')
    assert unchanged(desk.json('import', 'systems', book), 3)


def test_a_blank_cell_clears_and_an_absent_column_leaves_alone(desk):
    desk.table('systems', ['S-1', ''], headers=['管理番号', '利用者数'])
    with desk.open():
        row = System.get(System.system_no == 'S-1')
        assert row.users is None and row.pii_count == 280000 and row.vendor == '株式会社みどり'
        assert {link.business.code for link in row.business_links if link.voided_at is None} >= {'B01', 'B18'}
    found = desk.table('systems', ['S-1', ''], headers=['管理番号', '標準化対象業務'])
    assert found['update'] == 1
    with desk.open():
        row = System.get(System.system_no == 'S-1')
        assert not [link for link in row.business_links if link.voided_at is None]
    assert unchanged(desk.table('systems', ['S-1', ''], headers=['管理番号', '標準化対象業務']), 1)
    found = desk.table('systems', ['S-1', 'B18;B01'], headers=['管理番号', '標準化対象業務'])
    assert found['update'] == 1
    assert desk.json('trail', 'verify')['intact']


def test_a_required_cell_may_not_be_blanked(desk):
    found = desk.table('systems', ['S-1', ''], headers=['管理番号', 'システム名称'], code=1)
    assert [(e['line'], e['column']) for e in found['errors']] == [(2, 'システム名称')]


def test_a_lifecycle_change_follows_the_table(desk):
    headers = ['管理番号', 'ライフサイクル状態']
    found = desk.table('systems', ['S-1', '廃棄済'], ['S-2', '更新検討'], headers=headers, code=1)
    assert [(e['line'], e['column']) for e in found['errors']] == [(2, 'ライフサイクル状態'),
        (3, 'ライフサイクル状態')]
    assert '進めません' in found['errors'][0]['message'] and '台帳活用検討' in found['errors'][1]['message']
    assert desk.table('systems', ['S-1', '更新検討'], headers=headers)['update'] == 1
    # a cancelled system is void: that takes a reason of its own
    assert '記録の画面で' in desk.table('systems', ['S-3', '取消'], headers=headers,
                                  code=1)['errors'][0]['message']


def test_rules_across_cells(desk):
    found = desk.table('steps', ['B01', '5', '完了済み', '', '', '', ''],
                       ['B01', '6', '対象外', '', '', '', ''], ['B01', '41', '作業中', '', '', '', ''],
                       code=1)
    assert [(e['line'], e['column']) for e in found['errors']] == [(2, '完了日'), (3, '対象外理由'),
        (4, 'ステップ番号')]
    found = desk.table('budget-requests', ['B-3', '2027', '2026-09-01', '101', 'あ', '1', '0', '1', '',
                                           '少額', ''], code=1)
    assert found['errors'][0]['column'] == '除外承認者'
    found = desk.table('enrolments', ['K-1', '00003', '除外', '', '', ''],
                       ['K-1', '00001', '修了', '2026-07-01', '79', ''], code=1)
    assert [e['column'] for e in found['errors']] == ['除外理由', '点数']
    found = desk.table('incidents', ['I-3', 'あ', 'システム障害', '6', 'S-1', '', '2027-04-01 09:00', '', '',
                                     '', '', ''],
                       ['I-4', 'あ', 'システム障害', '4', 'S-1', '', '2027-04-01 09:00', '', '', '', '', ''],
                       code=1)
    assert [(e['line'], e['column']) for e in found['errors']] == [(2, 'レベル'), (2, '検知日時'),
        (3, '検知日時')]
    found = desk.table('actuals', ['2026', '1', '9', '2026-09-30', '', '', '1', '統計', ''],
                       ['2026', '1', '1', '2026-10-31', '1', '', '1', '', ''], code=1)
    assert [(e['line'], e['column']) for e in found['errors']] == [(2, '指標番号'), (3, '出典'), (3, '分母')]


def test_plans_are_one_act_of_plans_and_check_ins(desk):
    found = desk.table('plans', ['P-1', '2Q', '2026', '101', 'AI相談', '重点施策（四半期）', '遅れ', '50', '',
                                 ''],
                       ['P-1', '3Q', '2026', '101', 'AI相談', '重点施策（四半期）', '順調', '90', '', ''],
                       ['P-3', '3Q', '2026', '101', '新規', '重点施策（四半期）', '順調', '90', '', ''])
    assert (found['create'], found['update'], found['unchanged']) == (2, 1, 0)
    found = desk.table('plans', ['P-1', '2Q', '2026', '101', '改称', '重点施策（四半期）', '遅れ', '50', '',
                                 ''],
                       ['P-1', '3Q', '2026', '101', '別称', '重点施策（四半期）', '順調', '90', '', ''],
                       code=1)
    assert found['errors'] and found['errors'][0]['line'] == 3
    found = desk.table('plans', ['P-9', '1Q', '2026', '999', 'あ', '所属案件（半期）', '', '', '', ''],
                       code=1)
    assert {e['column'] for e in found['errors']} == {'所属コード', '評価'}


def test_a_business_names_its_systems_under_either_header(desk):
    assert desk.table('businesses', ['Z01', 'S-3;S-1'],
                      headers=['業務コード', '管理番号（複数は;区切り）'])['update'] == 1
    for header in ('管理番号', '管理番号(複数は;区切り)', 'system_nos'):
        assert unchanged(desk.table('businesses', ['Z01', 'S-1;S-3'], headers=['業務コード', header]), 1)
    found = desk.table('businesses', ['Z01', 'S-1;S-99'], headers=['業務コード', '管理番号（複数は;区切り）'],
                       code=1)
    assert 'S-99' in found['errors'][0]['message']
    path = desk.export('businesses', 'out.csv')
    assert ['Z01', 'S-1;S-3'] in [[row[0], row[-1]] for row in lines_of(path)]
    assert desk.table('businesses', ['Z01', ''], headers=['業務コード', 'system_nos'])['update'] == 1


# --- who ---

def test_a_department_person_writes_own_rows_only(desk):
    desk.person('zei@city.example.jp', 'department', '102')
    head = desk.head()
    options = ('--by', 'ZEI@city.example.jp')
    headers = ['管理番号', '備考']
    found = desk.table('systems', ['S-3', 'あ'], ['S-1', 'い'], headers=headers, code=1, options=options)
    assert [(e['line'], e['column']) for e in found['errors']] == [(3, '管理番号')] and desk.head() == head
    found = desk.table('systems', ['S-3', 'あ'], headers=headers, options=options)
    with desk.open():
        act = Act.get_by_id(found['act'])
        assert act.actor_name == 'zei' and 'zei@city.example.jp' in act.actor
    assert desk.table('systems', ['S-3', '101'], headers=['管理番号', '所管課コード'], code=1,
                      options=options)['errors']
    assert desk.table('staff', ['00009', 'あ', '102'], headers=['職員番号', '氏名', '所属コード'], code=1,
                      options=options)['errors']
    assert desk.table('plans', ['P-1', '4Q', '順調'], headers=['プラン番号', '回', '評価'], code=1,
                      options=options)['errors']
    assert desk.table('actuals', *rows_of('actuals')[1], code=1, options=options)['errors']


def test_a_unit_does_not_change_by_a_command_what_a_support_examined(desk):
    desk.person('zei@city.example.jp', 'department', '102')
    options = ('--by', 'zei@city.example.jp')
    for kind, headers, row in (('cases', ['案件番号', '初期経費'], ['C-1', '1']),
                               ('budget-requests', ['要求番号', '要求額'], ['B-1', '1'])):
        found = desk.table(kind, row, headers=headers, code=1, options=options)
        assert '調達支援が完了したあと' in found['errors'][0]['message'], kind
        assert desk.table(kind, row, headers=headers,
                          options=('--dry-run',))['update'] == 1, 'the desk itself may'


def test_a_command_in_the_name_of_a_unit_names_no_record_of_another(desk):
    desk.person('zei@city.example.jp', 'department', '102')
    options = ('--by', 'zei@city.example.jp')
    headers = ['案件番号', '対象システムの管理番号']
    unseen, unknown = (desk.table('cases', ['C-1', number], headers=headers, code=1,
                                  options=options)['errors'][0]['message']
                       for number in ('S-2', 'S-99'))
    assert unseen.replace('S-2', 'S-99') == unknown
    found = desk.table('cases', ['C-1', 'ほかの所属の記録'], headers=['案件番号', '管理番号'],
                       options=options)
    assert found['unchanged'] == 1


def test_calls_that_are_wrong_end_with_2(desk):
    path = desk.file('a.csv', text_of(*rows_of('staff')))
    assert desk.run('import', 'people', path).exit_code == 2
    assert desk.run('import', 'nothing', path).exit_code == 2
    assert desk.run('export', 'nothing').exit_code == 2
    assert desk.run('import', 'staff', desk.folder / 'missing.csv').exit_code == 2
    assert desk.run('import', 'staff', path, '--by', 'nobody@city.example.jp').exit_code == 2
    with desk.open():
        Person.create(email='off@city.example.jp', name='x', role='it', is_active=False,
                      department=Department.get())
    assert desk.run('import', 'staff', path, '--by', 'off@city.example.jp').exit_code == 2


@pytest.mark.parametrize('data', [b'', b'\n\n', b'PK\x03\x04 broken', b'\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1'
                                  + b'0' * 99, '職員番号,氏名\n"1,あ\n'.encode(),
                                  '職員番号,氏名\n1,あ\x00\n'.encode(), b'\xff\xfe\x81\n'])
def test_files_that_are_no_tables_are_refused_in_words(desk, data):
    head = desk.head()
    found = desk.json('import', 'staff', desk.file('bad.csv', data), code=1)
    assert found['errors'] and all(e['message'].endswith('。') for e in found['errors'])
    assert set(found['errors'][0]) == {'line', 'column', 'value', 'message'} and desk.head() == head


def test_problems_in_words_go_to_stderr(desk):
    path = desk.file('a.csv', text_of(['職員番号', '氏名'], [['00001', '']]))
    found = desk.run('import', 'staff', path)
    assert found.exit_code == 1 and not found.stdout
    assert '2行目 氏名' in found.stderr and '何も変更していません' in found.stderr


def test_history_of_steps_is_kept_for_the_past(desk):
    desk.table('steps', ['B01', '3', '完了済み', '2026-05-01', '2026-12-28', '', ''])
    with desk.open():
        row = StepProgress.select().where(StepProgress.status
                                          == 'done').order_by(StepProgress.id.desc()).first()
        assert row.moves.count() == 2
        assert Enrolment.select().count() == 3


DONE = ['完了済み', '', '2027-03-20', '', '']


@pytest.mark.parametrize('said', [
    [DONE],
    [['未着手', '', '', '', ''], ['作業中', '', '', '', ''], DONE],
    [['作業中', '2027-03-25', '', '', ''], DONE],
    [['作業中', '2027-04-25', '', '', ''], DONE],
    [['対象外', '', '', '', '国の共同利用'], ['作業中', '', '', '', '移行に変更'], DONE],
    [['完了済み', '', '2027-03-28', '', ''], DONE],
    [['完了済み', '', '2027-03-10', '', ''], ['作業中', '', '', '', '不備'], DONE],
], ids=['at once', 'month by month', 'begun later', 'begun in future', 'excluded before', 'day corrected',
        'taken up again'])
def test_a_step_is_done_from_its_day_on_whenever_it_was_recorded(desk, said):
    for line in said:
        assert not desk.table('steps', ['B02', '1', *line])['errors']
    assert [desk.steps_on(day) for day in ('2027-03-20', '2027-03-31')] == [3, 3]
    assert desk.steps_on('2027-03-19') == 2 + (said[0][0] == '対象外' or said[0][2] == '2027-03-10')


def test_a_step_taken_up_again_stays_done_for_the_days_between(desk):
    for line in (['完了済み', '', '2027-03-10', '', ''], ['作業中', '', '', '', '不備']):
        assert not desk.table('steps', ['B02', '1', *line])['errors']
    assert [desk.steps_on(day) for day in ('2027-03-09', '2027-03-10', '2027-03-30', '2027-03-31')] == [2, 3,
        3, 2]


@pytest.mark.parametrize(('kind', 'column', 'key'), [
    ('budget-requests', '要求額', '要求番号'), ('budget-requests', 'IT経費', '要求番号'),
    ('budget-requests', '新技術', '要求番号'),
    ('cases', '年間運用経費', '案件番号'), ('cases', '期間年数', '案件番号'),
    ('businesses', '適用', '業務コード'),
    ('supports', '試行', '支援区分')])
def test_what_is_not_said_is_not_guessed(desk, kind, column, key):
    headers, rows = rows_of(kind)
    cells = dict(zip(headers, rows[0], strict=True)) | {key: '調達実施支援' if kind == 'supports' else 'NEW1'}
    with_blank = desk.table(kind, list((cells | {column: ''}).values()), headers=list(cells), code=1)
    assert [(p['column'], p['message'])
            for p in with_blank['errors']] == [(column, f'{column}を入力してください。')]
    cells.pop(column)
    without = desk.table(kind, list(cells.values()), headers=list(cells), code=1)
    assert [p['column'] for p in without['errors']] == [column] and '列が必要です' in without['errors'][0][
        'message']


def test_personal_data_that_is_not_said_is_unsettled(desk):
    headers, rows = rows_of('systems')
    cells = dict(zip(headers, rows[0], strict=True)) | {'管理番号': 'NEW1', '個人情報の取扱い': ''}
    assert desk.table('systems', list(cells.values()), headers=list(cells))['create'] == 1
    del cells['個人情報の取扱い']
    assert desk.table('systems', list((cells | {'管理番号': 'NEW2'}).values()),
                      headers=list(cells))['create'] == 1
    with desk.open():
        assert [pii for (pii,) in System.select(System.pii).where(
            System.system_no.startswith('NEW')).tuples()] == ['unknown'] * 2


def test_a_blank_means_none_where_the_list_has_a_word_for_it(desk):
    headers, _ = rows_of('staff')
    found = desk.table('staff', ['00009', '目黒 四郎', '', '101', '', '', '', '', ''], headers=headers)
    assert found['create'] == 1 and not found['errors']
    with desk.open():
        row = Staff.get(Staff.staff_no == '00009')
        assert (row.grade, row.employment, row.leave) == ('officer', 'permanent', 'none')


def test_a_reason_alone_excludes_from_a_census(desk):
    """The file of the contract has the states 未受講・受講中・修了; who is left out is said by the reason."""
    desk.table('enrolments', ['K-1', '00003', '', '', '', ''])
    found = desk.table('enrolments', ['K-1', '00003', '未受講', '', '', '休職・育休'])
    assert found['update'] == 1 and enrolled(desk, '00003') == ('excluded', '休職・育休')
    for status in ('', '未受講', '除外'):
        again = desk.table('enrolments', ['K-1', '00003', status, '', '', '休職・育休'])
        assert unchanged(again, 1), status
    found = desk.table('enrolments', ['K-1', '00003', '修了', '2026-07-01', '90', '休職・育休'], code=1)
    assert [e['column'] for e in found['errors']] == ['状態']


def test_a_reason_without_a_state_excludes_and_says_both(desk):
    desk.table('enrolments', ['K-1', '00003', '未受講', '', '', ''])
    found = desk.run('import', 'enrolments',
                     desk.file('e.csv', '研修コード,職員番号,除外理由\nK-1,00003,退職\n'))
    assert found.exit_code == 0 and enrolled(desk, '00003') == ('excluded', '退職')
    # and a state alone does not silently leave a known reason standing
    again = desk.table('enrolments', ['K-1', '00003', '受講中'], headers=['研修コード', '職員番号', '状態'],
                       code=1)
    assert [e['column'] for e in again['errors']] == ['状態']


def test_who_was_not_employed_on_the_census_day_is_not_counted(desk):
    headers, _ = rows_of('staff')
    desk.table('staff', ['00011', '新人', '', '101', '', '', '', '2026-06-02', ''],
               ['00012', '前任', '', '101', '', '', '', '', '2026-05-31'],
               ['00013', '当日', '', '101', '', '', '', '2026-06-01', '2026-06-01'], headers=headers)
    found = desk.table('enrolments', ['K-1', '00011', '', '', '', ''], ['K-1', '00012', '', '', '', ''],
                       ['K-1', '00013', '', '', '', ''], code=1)
    assert [(e['line'], e['column']) for e in found['errors']] == [(2, '職員番号'), (3, '職員番号')]
    assert '対象者基準日' in found['errors'][0]['message']


def enrolled(desk, staff_no):
    with desk.open():
        row = Enrolment.select().join(Staff).where(Staff.staff_no == staff_no).first()
        return row and (row.status, row.exclusion_reason)


def test_a_blank_that_changes_nothing_is_no_fault(desk):
    headers, rows = rows_of('enrolments')
    desk.table('enrolments', ['K-1', '00003', '未受講', '', '', ''])
    assert unchanged(desk.table('enrolments', ['K-1', '00003', '', '', '', '']), 1)
    done = next(row for row in rows if row[2] == '修了')
    found = desk.table('enrolments', [*done[:2], '', *done[3:]], code=1)
    assert [e['column'] for e in found['errors']] == ['状態'] and '空欄にできません' in found['errors'][0][
        'message']


# --- records of one file that refer to each other ---

def test_units_and_those_above_them_come_in_one_file_in_any_order(fresh):
    found = fresh.table('departments', ['12', '係', '11', '係', 'R2.4.1', ''],
                        ['11', '課', '10', '課', 'R2.4.1', ''], ['10', '部', '', '部', 'R2.4.1', ''])
    assert found['create'] == 3 and not found['errors']
    with fresh.open():
        assert Department.get(Department.code == '12').parent.parent.code == '10'
    again = fresh.table('departments', ['12', '係', '11', '係', 'R2.4.1', ''],
                        ['13', '係2', '14', '係', 'R2.4.1', ''], ['14', '新しい課', '10', '課', 'R2.4.1', ''],
                        ['11', '課', '14', '課', 'R2.4.1', ''])
    assert (again['create'], again['update'], again['unchanged']) == (2, 1, 1)
    with fresh.open():
        assert Department.get(Department.code == '11').parent.code == '14'
    assert fresh.run('trail', 'verify').exit_code == 0


def test_an_export_of_the_units_fills_an_empty_register(full, fresh):
    path = full.export('departments', 'units.csv')
    found = fresh.json('import', 'departments', path)
    assert found['create'] == found['rows'] == 4
    assert lines_of(fresh.export('departments', 'again.csv')) == lines_of(path)


def test_a_system_and_its_successor_come_in_one_file(full, fresh):
    fresh.json('import', 'departments', full.export('departments', 'units.csv'))
    headers = ['管理番号', 'システム名称', '概要', '所管課コード', 'システム区分', 'ライフサイクル状態',
               '個人情報の取扱い', '後継システム管理番号']
    row = ['あ', 'い', '101', '個別業務系', '運用', 'なし']
    found = fresh.table('systems', ['S-1', *row, 'S-2'], ['S-2', *row, ''], headers=headers)
    assert found['create'] == 2
    with fresh.open():
        assert System.get(System.system_no == 'S-1').successor.system_no == 'S-2'


def test_a_circle_and_a_record_above_itself_are_refused(fresh):
    found = fresh.table('departments', ['10', '甲', '11', '部', 'R2.4.1', ''],
                        ['11', '乙', '10', '部', 'R2.4.1', ''], ['12', '丙', '12', '部', 'R2.4.1', ''],
                        ['13', '丁', '99', '部', 'R2.4.1', ''], code=1)
    assert [(p['line'], p['column']) for p in found['errors']] == [(line, '上位所属コード')
        for line in (2, 3, 4, 5)]
    assert '自分自身に戻ります' in found['errors'][0]['message'] and '自分自身を指定' in found['errors'][2][
        'message']


# --- all that is wrong, at once; nothing that has not happened ---

def test_a_wrong_cell_does_not_hide_what_is_wrong_between_the_others(desk):
    headers, rows = rows_of('budget-requests')
    cells = dict(zip(headers, rows[0], strict=True)) | {'要求額': '高い', '除外理由': '少額',
        '除外承認者': ''}
    found = desk.table('budget-requests', list(cells.values()), code=1)
    assert [p['column'] for p in found['errors']] == ['要求額', '除外承認者']
    found = desk.table('systems', ['S-1', '構想', 'いつか'],
                       headers=['管理番号', 'ライフサイクル状態', '更新予定日'], code=1)
    assert [p['column'] for p in found['errors']] == ['更新予定日', 'ライフサイクル状態']


@pytest.mark.parametrize(('kind', 'row', 'column'), [
    ('supports', ['C-2', '調達実施支援', '2027-03-01', '2027-04-01', 'いいえ', '支障なし'], '完了日'),
    ('enrolments', ['K-1', '00003', '修了', '2027-04-01', '', ''], '受講日'),
    ('steps', ['B01', '7', '完了済み', '', '2027-04-01', '', ''], '完了日'),
    ('businesses', ['Z09', '業務', 'はい', '', '2027-04-01', '', '', ''], '切替実績日'),
    ('reviews', ['R-9', '廃止', 'あ', 'S-1', '2027-03-01', '実施', '2027-04-01', '課長'], '承認日'),
    ('shares', ['H-9', 'あ', '', '会議', '2027-04-01', ''], '共有日')])
def test_what_is_done_was_done_by_today(desk, kind, row, column):
    found = desk.table(kind, row, code=1)
    assert [(p['column'], p['message'])
            for p in found['errors']] == [(column, f'{column}に先の日は入れられません。')]
    assert not desk.table(kind, [cell.replace('2027-04-01', '2027-03-31') for cell in row])['errors']


@pytest.mark.parametrize('header', ['name', 'システム名称'])
def test_a_cell_that_cannot_be_used_is_reported_once(desk, header):
    found = desk.table('systems', ['S-1', 'あ\ue000い'], headers=['管理番号', header], code=1)
    assert len(found['errors']) == 1 and 'U+E000' in found['errors'][0]['message']


# --- steps and settings ---

def test_a_finished_step_does_not_go_back_without_a_word(desk):
    row = ['B01', '1', '未着手', '2024-04-01', '', '', '']
    found = desk.table('steps', row, code=1)
    assert '「完了済み」から「未着手」には変更できません' in found['errors'][0]['message']
    row[2], row[6] = '対象外', '共同利用'
    assert '変更できません' in desk.table('steps', row, code=1)['errors'][0]['message']
    row[2], row[6] = '作業中', ''
    assert [p['column'] for p in desk.table('steps', row, code=1)['errors']] == ['対象外理由']
    row[6] = '要件の再確認'
    assert desk.table('steps', row)['update'] == 1
    # the reason for 対象外 is not one for taking the step up again
    assert [p['column'] for p in desk.table('steps', ['B01', '2', '作業中', '', '', '', '国の共同利用のため'],
                                            code=1)['errors']] == ['対象外理由']
    assert desk.table('steps', ['B01', '2', '作業中', '', '', '', '共同利用をやめたため'])['update'] == 1


@pytest.mark.parametrize(('name', 'value', 'good'), [
    ('1業務あたりのステップ数', '0', False), ('1業務あたりのステップ数', '', True),
    ('1業務あたりのステップ数', '40', True),
    ('端境期（切替前の日数）', '9999999', False), ('端境期（切替前の日数）', '²', False),
    ('端境期（切替前の日数）', '', False),
    ('大規模予算の下限額（円）', '1' * 20, False), ('大規模予算の判定額', '', False)])
def test_settings_have_limits(desk, name, value, good):
    found = desk.table('settings', [name, '2028-05-01', value], code=0 if good else 1)
    assert [p['column'] for p in found['errors']] == ([] if good else ['値'])
    if good:
        with desk.open():
            row = Setting.get(Setting.valid_from == '2028-05-01')
            assert row.label == f'{name}（2028-05-01から）' and 'steps_per_business' in row.search_text


VOIDED = [(Department, 'code', '102'), (Staff, 'staff_no', '00001'), (System, 'system_no', 'S-1'),
          (Business, 'code', 'B01'), (Case, 'case_no', 'C-1'),
          (Incident, 'incident_no', 'I-2'), (BudgetRequest, 'request_no', 'B-1'), (Course, 'code', 'K-2'),
          (Indicator, 'id', 1)]


@pytest.fixture(scope='module')
def gaps(full, tmp_path_factory):
    """The filled register after records that others point to were voided."""
    desk = desks.copied(full, tmp_path_factory.mktemp('gaps'))
    with desk.open(), trail.act('test.void', by=None, at=clock.now()) as act:
        for table, name, value in VOIDED:
            act.void(table.get(getattr(table, name) == value) if name != 'id'
                     else Indicator.select().join(Initiative).join(
                Strategy).where(Strategy.fiscal_year == 2026, Initiative.no == 1, Indicator.no == '1').get(),
                '試験')
    return desk


@pytest.mark.parametrize('kind', FILES)
def test_an_export_is_an_import_file_when_what_it_points_to_was_voided(gaps, kind):
    path = gaps.export(kind, f'{kind}-gaps.csv')
    found = gaps.json('import', kind, path)
    assert found['rows'] and unchanged(found, found['rows']), found


def test_what_was_voided_is_not_pointed_to_anew(gaps):
    found = gaps.table('systems', ['S-2', '102'], headers=['system_no', 'owner_code'], code=1)
    assert '台帳にありません' in found['errors'][0]['message']


def test_a_new_step_master_leaves_the_old_ones_progress_out_of_the_file(desk):
    with desk.open(), trail.act('test.master', by=None, at=clock.now()) as act:
        master = StepMaster(version='2.0', valid_from=date(2026, 10, 1))
        act.save(master)
        act.save(step := Step(master=master, no=1, phase='計画', name='新しい一歩', verified='verified'))
        act.save(StepProgress(business=Business.get(Business.code == 'B04'), step=step, status='todo'))
    path = desk.export('steps', 'steps-two.csv')
    assert len(lines_of(path)) == 2 and unchanged(desk.json('import', 'steps', path), 1)
    old = desk.export('steps', 'steps-old.csv', '--as-of', '2026-09-30')
    assert all(line[0] != 'B04' for line in lines_of(old))


@pytest.mark.parametrize('dash', '－−—―‐〜～')
def test_a_number_is_the_same_by_whatever_dash(desk, dash):
    plain = '~' if dash in '〜～' else '-'
    first = desk.table('systems', [f'X{dash}1', '新', '101', '個別業務系', '構想', 'なし'], headers=[
        '管理番号', 'システム名称', '所管課コード', 'システム区分', 'ライフサイクル状態', '個人情報の取扱い'])
    assert first['create'] == 1
    path = desk.export('systems', 'dash.csv', '--encoding', 'cp932')
    assert any(line[0] == f'X{plain}1' for line in lines_of(path, 'cp932'))
    found = desk.json('import', 'systems', path)
    assert unchanged(found, found['rows'])


def test_a_record_known_by_others_numbers_is_found_however_wide_they_are_written(desk):
    desk.table('enrolments', ['K-1', '00003', '', '', '', ''])
    found = desk.table('enrolments', ['Ｋ－１', '０0003', '受講中', '', '', ''])
    assert found['update'] + found['unchanged'] == 1 and found['create'] == 0


def test_zeros_a_spreadsheet_dropped_are_missed(desk):
    found = desk.table('enrolments', ['K-1', '3', '受講中', '', '', ''], ['K-1', '77', '受講中', '', '', ''],
                       code=1)
    assert '「3」は「00003」' in found['errors'][0]['message'] and '先頭の0' not in found['errors'][1][
        'message']


def test_units_that_stand_do_not_come_under_each_other(desk):
    found = desk.table('departments', ['101', '102'], ['102', '101'], headers=['code', 'parent_code'], code=1)
    assert len(found['errors']) == 2 and all('自分自身に戻ります' in error['message']
        for error in found['errors'])
    assert desk.table('departments', ['101', '102'], headers=['code', 'parent_code'])['update'] == 1
    assert desk.table('departments', ['102', '101'], headers=['code', 'parent_code'], code=1)['errors']


def test_an_entered_rate_agrees_with_its_numerator(desk):
    headers = ['年度', '取組番号', '指標番号', '基準日', '分子', '分母', '値', '出典']
    found = desk.table('actuals', ['2026', '1', '1', '2026-12-31', '10', '20', '90', '統計'], headers=headers,
                       code=1)
    assert '合いません' in found['errors'][0]['message']
    assert desk.table('actuals', ['2026', '1', '1', '2026-12-31', '636', '1000', '64', '統計'],
                      headers=headers)['create'] == 1


def test_a_quarter_that_has_not_begun_is_in_no_file(desk):
    found = desk.table('plans', ['P-2', '4Q', '順調'], headers=['plan_no', 'quarter', 'assessment'])
    assert found['create'] == 1
    desk.env['DAICHO_TODAY'] = '2026-11-23'
    found = desk.table('plans', ['P-2', '3Q', '順調'], ['P-1', '4Q', '順調'],
                       headers=['plan_no', 'quarter', 'assessment'], code=1)
    assert [error['line'] for error in found['errors']] == [3] and 'から記録できます' in found['errors'][0][
        'message']


def test_an_unknown_column_hides_no_other_fault(desk):
    found = desk.table('systems', ['S-2', '2026-02-30', '999', 'x'],
                       headers=['管理番号', '稼働開始日', '所管課コード', '謎の列'], code=1)
    assert {(e['line'], e['column']) for e in found['errors']} == {(1, '謎の列'), (2, '稼働開始日'),
        (2, '所管課コード')}


@pytest.mark.parametrize('line', ['steps_per_business,2028-04-01,abc', 'steps_per_business,2028-04-01,1.5',
                                  'steps_per_business,きょう,50', 'steps_per_business,2028-04-01,٣',
                                  'steps_per_business,,'])
def test_a_setting_that_cannot_be_read_is_told(desk, line):
    assert desk.table('settings', line.split(','), headers=['name', 'valid_from', 'value'], code=1)['errors']


def test_a_column_that_only_begins_like_ours_is_not_ours(desk):
    for header in ('目標復旧時間', '備考（公開不可）', '利用者数（うち委託）'):
        assert '列はありません' in desk.table('systems', ['S-1', '7'], headers=['管理番号', header],
                                       code=1)['errors'][0]['message']
    assert desk.table('systems', ['S-1', '7'], headers=['管理番号', '利用者数（人）'])['update'] == 1


def test_a_line_of_text_has_no_line_end(desk):
    found = desk.table('systems', ['S-1', '名\n前'], headers=['管理番号', 'システム名称'], code=1)
    assert '改行は使えません' in found['errors'][0]['message']
    assert desk.table('systems', ['S-1', '二\n行'], headers=['管理番号', '備考'])['update'] == 1


def test_no_number_holds_what_separates_numbers(desk):
    found = desk.table('systems', ['S、1', '新', '101', '個別業務系', 'なし'],
                       headers=['管理番号', 'システム名称', '所管課コード', 'システム区分',
                                '個人情報の取扱い'], code=1)
    assert '読点' in found['errors'][0]['message']


def test_a_business_of_very_many_systems_is_an_import_file_too(desk):
    headers = ['管理番号', 'システム名称', '所管課コード', 'システム区分', '個人情報の取扱い',
               '標準化対象業務']
    desk.table('systems', *([f'SYS-{n:05d}', '新', '101', '個別業務系', 'なし', 'B01'] for n in range(300)),
               headers=headers)
    path = desk.export('businesses', 'out.csv')
    assert unchanged(desk.json('import', 'businesses', path), 22)


def test_a_roster_that_lost_its_zeros_makes_nobody_twice(desk):
    found = desk.table('staff', ['3', '駒場 次郎', '102', '会計年度任用'],
                       headers=['職員番号', '氏名', '所属コード', '任用区分'], code=1)
    assert '「3」は「00003」' in found['errors'][0]['message']


HISTORY = ['business_code', 'step_no', 'status', 'done_on', '経過']


def test_a_steps_file_carries_its_history(desk):
    others = desk.steps_on('2027-03-31')
    told = '作業中 2026-05-01;完了済み 2026-06-30;作業中 2026-07-10;完了済み 2026-08-31'
    desk.table('steps', ['B07', '1', '完了済み', '2026-08-31', told], headers=HISTORY)
    assert [desk.steps_on(day) - others for day in ('2026-06-30', '2026-07-31', '2026-08-31')] == [1, 0, 1]
    assert told in desk.export('steps', 'steps.csv').read_text('utf-8-sig')
    # said again it changes nothing; left out or blank it is made as on a page; another one is a correction
    assert desk.table('steps', ['B07', '1', '完了済み', '2026-08-31', told],
                      headers=HISTORY)['unchanged'] == 1
    assert desk.table('steps', ['B07', '1', '完了済み', '2026-08-31', ''], headers=HISTORY)['unchanged'] == 1
    found = desk.table('steps', ['B07', '1', '完了済み', '2026-08-31', '対象外;完了済み R8.8.31'],
                       headers=HISTORY)
    assert found['update'] == 1 and [desk.steps_on(day) - others
                                     for day in ('2026-06-30', '2026-08-31')] == [1, 1]
    assert '対象外;完了済み 2026-08-31' in desk.export('steps', 'steps.csv').read_text('utf-8-sig')


@pytest.mark.parametrize(('told', 'words'), [
    ('済 2026-08-31', 'という状態はありません'), ('完了済み 2026-13-01', '日'),
    ('完了済み 2026-08-31;作業中 2026-05-01', '古い順'),
    ('作業中 2026-05-01', '状態（完了済み）と同じ'), ('完了済み 2026-08-30', '完了日と同じ'),
    ('作業中 2027-04-01;完了済み 2027-04-02', '完了日と同じ'),
    (';'.join(['作業中 2026-05-01'] * 51), '50回まで'), ('作業中 2026-05-01;' * 200, '2000文字以内')])
def test_a_history_that_cannot_be_is_told(desk, told, words):
    found = desk.table('steps', ['B07', '1', '完了済み', '2026-08-31', told], headers=HISTORY, code=1)
    assert any(words in error['message'] and error['column'] == '経過'
               for error in found['errors']), found['errors']


def test_a_history_tells_nothing_of_days_to_come(desk):
    found = desk.table('steps', ['B07', '1', '作業中', '', '作業中 2027-04-01'], headers=HISTORY, code=1)
    assert '先の日' in found['errors'][0]['message']


# --- headers and values as pages show them ---

@pytest.mark.parametrize(('kind', 'headers', 'row'), [
    ('systems', ['管理番号', '状態', '個人情報'], ['S-3', '構想', '個人情報']),
    ('systems', ['管理番号', '所管課', '目標復旧時間（業務時間内）'], ['S-3', '101 情報政策課', '8']),
    ('cases', ['案件番号', '所属', '予算結果'], ['C-1', '情報政策課', '不採択'])])
def test_headers_and_units_as_a_page_shows_them(desk, kind, headers, row):
    found = desk.table(kind, row, headers=headers, options=('--dry-run',))
    assert (found['update'], found['errors']) == (1, []), found


def test_a_label_that_names_two_fields_is_no_header(desk):
    assert desk.table('systems', ['S-3', '1'], headers=['管理番号', '目標復旧時間'], code=1)['errors']
    found = desk.table('systems', ['S-3', '運用', '構想'], headers=['管理番号', '状態', 'ライフサイクル状態'],
                       code=1)
    assert '同じ項目です' in found['errors'][0]['message']


def test_a_unit_by_its_name_today_only_where_one_bears_it(desk):
    desk.table('departments', ['104', '税務課', '課', '2020-04-01', ''],
               ['105', '広報課', '課', '2020-04-01', '2021-03-31'],
               headers=['所属コード', '名称', '階層', '有効開始日', '有効終了日'])

    def said(name):
        found = desk.table('systems', ['S-3', name], headers=['管理番号', '所管課'], code=None,
                           options=('--dry-run',))
        return found['errors'][0]['message'] if found['errors'] else found
    assert said('税務課') == '所管課「税務課」は2件あります（102、104）。コードで入力してください。'
    assert said('１０４　税務課')['update'] == 1
    assert '台帳にありません' in said('101 税務課') and '台帳にありません' in said('広報課')
    assert said('情報政策課')['update'] == 1


# --- zeros that a spreadsheet cuts ---

def test_zeros_that_a_spreadsheet_cut_are_one_repair_for_the_column(desk):
    headers = ['職員番号', '氏名']
    rows = [['1', 'い'], ['2', 'ろ'], ['00003', 'は']]
    found = desk.table('staff', *rows, headers=headers, code=1)
    assert [(e['line'], e['column'], e['value']) for e in found['errors']] == [(1, '職員番号', '1')]
    assert '2件の先頭の0が落ちています（「1」は「00001」）' in found['errors'][0]['message']
    found = desk.table('staff', *rows, headers=headers, options=('--restore-zeros',))
    assert (found['update'], found['create']) == (3, 0)
    with desk.open():
        assert Staff.get(Staff.staff_no == '00002').name == 'ろ'
        assert '先頭の0を補った欄 2件' in Act.select().order_by(Act.seq.desc()).get().reason


def test_a_new_number_shorter_than_all_that_stand_is_asked_about(desk):
    headers, row = ['職員番号', '氏名', '所属コード'], ['77', '新人', '101']
    found = desk.table('staff', row, headers=headers, options=('--dry-run',))
    assert (found['create'], found['errors']) == (1, [])
    words = desk.run('import', 'staff', desk.folder / 'staff.csv', '--dry-run').stderr
    assert '職員番号: 1件の先頭の0が落ちているようです（「77」は「00077」）。--restore-zeros' in words
    desk.table('staff', row, headers=headers, options=('--restore-zeros',))
    with desk.open():
        assert Staff.get(Staff.name == '新人').staff_no == '00077'


def test_zeros_of_what_a_line_points_to_come_back(fresh):
    fresh.table('departments', ['0302', '戸籍住民課', '2020-04-01'], ['0303', '税務課', '2020-04-01'],
                headers=['所属コード', '名称', '有効開始日'])
    headers, rows = ['職員番号', '氏名', '所属コード'], [['00001', 'い', '302'], ['00002', 'ろ', '303'],
        ['00003', 'は', '999']]
    found = fresh.table('staff', *rows, headers=headers, code=1)
    assert [(e['line'], e['column']) for e in found['errors']] == [(1, '所属コード'), (4, '所属コード')]
    assert fresh.table('staff', *rows[:2], headers=headers, options=('--restore-zeros',))['create'] == 2
