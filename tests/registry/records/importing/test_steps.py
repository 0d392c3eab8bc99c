"""Steps in a file: done from their day on, and their history with them."""
import pytest

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
