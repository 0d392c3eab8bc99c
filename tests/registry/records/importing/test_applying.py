"""A file applied: one act, everything or nothing, and the same file again changes nothing."""
import pytest
import python_calamine
from desk import FILES, lines_of, rows_of, text_of, unchanged

from models import Act, Department, Incident, Person, Staff, Support, System
from registry.records import sheets


# --- every kind ---
@pytest.mark.parametrize('kind', FILES)
def test_the_same_file_again_changes_nothing(full, kind):
    headers, rows = rows_of(kind)
    assert unchanged(full.table(kind, *rows, headers=headers), len(rows))


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


@pytest.mark.parametrize('text', ['=SUM(A1)', '+1', '-1', '@x', "'=1", "'quoted", '=HYPERLINK("http://x")'])
def test_formulas_are_neutralised_and_restored(desk, text):
    desk.table('systems', ['S-3', text], headers=['管理番号', '備考'])
    with desk.open():
        # what came in neutralised is restored; what did not is kept as typed
        stored = System.get(System.system_no == 'S-3').note
        assert stored == ('=1' if text == "'=1" else text)
    path = desk.export('systems', 'out.csv')
    cell = next(row for row in lines_of(path) if row[0] == 'S-3')[lines_of(path)[0].index('備考')]
    assert cell[0] not in '=+-@' and sheets.neutralised(stored) == cell
    assert unchanged(desk.json('import', 'systems', path), 3)
    book = desk.export('systems', 'out.xlsx', '--format', 'xlsx')
    cells = python_calamine.CalamineWorkbook.from_path(str(book)).get_sheet_by_index(0).to_python()
    assert sheets.neutralised(stored) in next(row for row in cells if row[0] == 'S-3')
    assert unchanged(desk.json('import', 'systems', book), 3)


def test_a_blank_cell_clears_and_an_absent_column_leaves_alone(desk):
    desk.table('systems', ['S-1', ''], headers=['管理番号', '利用者数'])
    with desk.open():
        row = System.get(System.system_no == 'S-1')
        assert row.users is None and row.pii_count == 280000
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


@pytest.mark.engine_free
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


@pytest.mark.engine_free
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


def test_a_blank_means_none_where_the_list_has_a_word_for_it(desk):
    headers, _ = rows_of('staff')
    found = desk.table('staff', ['00009', '目黒 四郎', '', '101', '', '', '', '', ''], headers=headers)
    assert found['create'] == 1 and not found['errors']
    with desk.open():
        row = Staff.get(Staff.staff_no == '00009')
        assert (row.grade, row.employment, row.leave) == ('officer', 'permanent', 'none')


def test_a_blank_that_changes_nothing_is_no_fault(desk):
    headers, rows = rows_of('enrolments')
    desk.table('enrolments', ['K-1', '00003', '未受講', '', '', ''])
    assert unchanged(desk.table('enrolments', ['K-1', '00003', '', '', '', '']), 1)
    done = next(row for row in rows if row[2] == '修了')
    found = desk.table('enrolments', [*done[:2], '', *done[3:]], code=1)
    assert [e['column'] for e in found['errors']] == ['状態'] and '空欄にできません' in found['errors'][0][
        'message']
