"""What a line points to: found by its number however it is written, and missed when zeros were cut."""
import pytest
from desk import lines_of, rows_of, unchanged

from models import Act, Department, Staff, System


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


def test_what_was_voided_is_not_pointed_to_anew(gaps):
    found = gaps.table('systems', ['S-2', '102'], headers=['system_no', 'owner_code'], code=1)
    assert '台帳にありません' in found['errors'][0]['message']


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


def test_no_number_holds_what_separates_numbers(desk):
    found = desk.table('systems', ['S、1', '新', '101', '個別業務系', 'なし'],
                       headers=['管理番号', 'システム名称', '所管課コード', 'システム区分',
                                '個人情報の取扱い'], code=1)
    assert '読点' in found['errors'][0]['message']


def test_a_roster_that_lost_its_zeros_makes_nobody_twice(desk):
    found = desk.table('staff', ['3', '駒場 次郎', '102', '会計年度任用'],
                       headers=['職員番号', '氏名', '所属コード', '任用区分'], code=1)
    assert '「3」は「00003」' in found['errors'][0]['message']


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
