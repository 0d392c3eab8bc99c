"""The columns of a file: by key or by label, in any order, once each, and those that are not known."""
import pytest
from desk import FILES, lines_of, rows_of, text_of, unchanged

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


def test_an_unknown_column_hides_no_other_fault(desk):
    found = desk.table('systems', ['S-2', '2026-02-30', '999', 'x'],
                       headers=['管理番号', '稼働開始日', '所管課コード', '謎の列'], code=1)
    assert {(e['line'], e['column']) for e in found['errors']} == {(1, '謎の列'), (2, '稼働開始日'),
        (2, '所管課コード')}


def test_a_column_that_only_begins_like_ours_is_not_ours(desk):
    for header in ('目標復旧時間', '備考（公開不可）', '利用者数（うち委託）'):
        assert '列はありません' in desk.table('systems', ['S-1', '7'], headers=['管理番号', header],
                                       code=1)['errors'][0]['message']
    assert desk.table('systems', ['S-1', '7'], headers=['管理番号', '利用者数（人）'])['update'] == 1


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
