"""The lines of a file read and judged: every fault with its line, before anything is written."""
import pytest
from desk import rows_of, unchanged

from models import Enrolment, Setting, Staff, System


def test_the_line_is_the_line_a_person_sees(desk):
    path = desk.file('long.csv',
                     '共有番号,件名,共有方法,共有日,教訓\n\nH-3,あ,通知,2026-09-01,"一\n二\n三"\nH-4,い,通知,きのう,\n')
    assert [e['line'] for e in desk.json('import', 'shares', path, code=1)['errors']] == [6]


def test_private_use_and_control_characters_are_reported_once(desk):
    found = desk.table('staff', ['00001', '高\ue000橋'], ['00002', '大\x0b橋'], headers=['職員番号', '氏名'],
                       code=1)
    assert [(e['line'], e['column']) for e in found['errors']] == [(2, '氏名'), (3, '氏名')]
    assert 'U+E000' in found['errors'][0]['message'] and '外字' in found['errors'][0]['message']
    gaiji = '職員番号,氏名\n00001,高'.encode('cp932') + b'\xf0\x40' + '橋\n'.encode('cp932')
    found = desk.json('import', 'staff', desk.file('gaiji.csv', gaiji), code=1)
    assert '外字' in found['errors'][0]['message'] and found['errors'][0]['line'] == 2


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


@pytest.mark.parametrize('line', ['steps_per_business,2028-04-01,abc', 'steps_per_business,2028-04-01,1.5',
                                  'steps_per_business,きょう,50', 'steps_per_business,2028-04-01,٣',
                                  'steps_per_business,,'])
def test_a_setting_that_cannot_be_read_is_told(desk, line):
    assert desk.table('settings', line.split(','), headers=['name', 'valid_from', 'value'], code=1)['errors']


def test_a_line_of_text_has_no_line_end(desk):
    found = desk.table('systems', ['S-1', '名\n前'], headers=['管理番号', 'システム名称'], code=1)
    assert '改行は使えません' in found['errors'][0]['message']
    assert desk.table('systems', ['S-1', '二\n行'], headers=['管理番号', '備考'])['update'] == 1
