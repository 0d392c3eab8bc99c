"""Lifecycles: every move of the three tables, by whom, and all that a refused one lacks."""
from datetime import date

import pytest

from models.rules import lifecycle
from models.rules.lifecycle import (
    CONDITIONS,
    FIELDS,
    FINDING_MOVES,
    MOVES,
    STATES,
    SUPPORT_MOVES,
    Move,
    missing,
)

pytestmark = pytest.mark.engine_free

WHOLE = {
    'name': '住民記録システム', 'owner': 1, 'summary': '住民基本台帳事務', 'case_exists': True,
    'budget_result': 'reduced',
    'contract_exists': True, 'contract_end_on': date(2026, 3, 31), 'zone': 'lgwan', 'confidentiality': '3A',
    'integrity': '2', 'availability': '2', 'manager': '課長', 'backup': '日次', 'pii': 'my_number',
    'pia_kind': 'full',
    'go_live_on': date(2026, 1, 5), 'review_open': True, 'review_conclusion': 'continue', 'successor': True,
    'successor_operating': True, 'retire_planned_on': date(2026, 3, 31), 'handover': 'CSVで引き継ぐ',
    'retired_on': date(2026, 3, 31), 'disposed_on': date(2026, 4, 30), 'disposal_certificate': '消去第1号',
    'reason': '重複登録', 'ordering_supported': True}
FINDING = {
    'measure': '権限を見直す', 'owner_person': 1, 'due_on': date(2026, 3, 31), 'done_on': date(2026, 3, 1),
    'evidence': '文書第1号', 'followed_on': date(2026, 3, 20), 'follower_person': 2,
    'reason': 'CISO 目黒花子の承認', 'uninvolved': True}
SUPPORT = {
    'comment': '見積の内訳が必要', 'response': '内訳を添付した', 'opinion': 'fine',
    'opinion_text': '支障なし', 'completed_on': date(2025, 10, 1), 'reason': '要求を取りやめた'}


def name(move):
    return f'{move.source}-{move.target}'


@pytest.mark.parametrize('move', MOVES, ids=name)
def test_a_move_with_everything_may_be_made(move):
    assert missing(move, WHOLE) == []


@pytest.mark.parametrize('move', [move for move in MOVES if move.target != 'operate'], ids=name)
def test_a_move_with_nothing_lists_everything_at_once(move):
    assert len(missing(move, {})) == len(move.needs)


def test_going_live_lists_everything_at_once():
    move, = (move for move in lifecycle.moves_from('build') if move.target == 'operate')
    found = missing(move, {'pii': 'my_number', 'zone': ' ', 'manager': None})
    assert len(found) == 9
    assert 'ネットワーク区分を入力してください。' in found
    assert len(missing(move, {})) == 9


@pytest.mark.parametrize('move', MOVES + SUPPORT_MOVES + FINDING_MOVES, ids=name)
def test_every_need_is_known_and_every_state_named(move):
    assert set(move.needs) <= set(FIELDS) | set(CONDITIONS)
    assert 'it' in move.roles or move in FINDING_MOVES and move.roles == {'auditor'}


def test_no_condition_is_idle():
    used = {need for move in MOVES + SUPPORT_MOVES + FINDING_MOVES for need in move.needs}
    assert used == set(FIELDS) | set(CONDITIONS)


def test_tables_name_known_states_and_each_move_once():
    for table, states in ((MOVES, STATES), (SUPPORT_MOVES, lifecycle.SUPPORT_STATES),
                          (FINDING_MOVES, lifecycle.FINDING_STATES)):
        pairs = [(move.source, move.target) for move in table]
        assert len(set(pairs)) == len(pairs)
        assert {state for pair in pairs for state in pair if state} == set(states)


@pytest.mark.parametrize('state, role, targets', [
    (None, 'department', ['idea']), (None, 'auditor', []), ('idea', 'department', []),
    ('idea', 'head', ['budget']),
    ('idea', 'it', ['budget', 'cancelled']), ('budget', 'head', ['stopped']),
    ('budget', 'it', ['procure', 'stopped', 'cancelled']), ('procure', 'head', ['build']),
    ('procure', 'department', ['build']), ('build', 'department', []), ('build', 'head', ['operate']),
    ('operate', 'department', ['review']), ('operate', 'head', ['retiring']),
    ('operate', None, ['review', 'retiring', 'cancelled']),
    ('review', 'head', ['operate', 'renew', 'retiring']),
    ('renew', 'head', []), ('renew', 'it', ['retiring', 'cancelled']), ('retiring', 'head', ['retired']),
    ('retired', 'head', []), ('retired', 'it', ['disposed', 'cancelled']), ('disposed', 'it', []),
    ('cancelled', 'it', []), ('stopped', 'it', ['cancelled']), ('operate', 'auditor', []),
    ('operate', 'admin', []),
    ('nowhere', 'it', [])])
def test_who_may_move_where(state, role, targets):
    assert [move.target for move in lifecycle.moves_from(state, role)] == targets


@pytest.mark.parametrize('source, target, words', [
    ('idea', 'operate', '「構想」から「運用」には進められません。次に進めるのは「予算要求」、「取消」です。'),
    ('idea', 'nowhere',
     '「構想」から「nowhere」には進められません。次に進めるのは「予算要求」、「取消」です。'),
    ('disposed', 'cancelled', '「廃棄済」から「取消」には進められません。進められる状態はありません。'),
    (None, 'operate', '未登録の状態から「運用」には進められません。次に進めるのは「構想」です。')])
def test_a_move_outside_the_table_names_those_in_it(source, target, words):
    assert missing(Move(source, target), WHOLE) == [words]


def test_a_move_made_up_by_the_caller_does_not_escape_its_conditions():
    assert missing(Move('idea', 'budget'), {}) == ['調達案件を登録してください。']


def test_a_role_without_the_move_is_told_what_it_may_do():
    words = ['「運用」から「廃止予定」には進められません。次に進めるのは「更新検討」です。']
    assert missing(Move('operate', 'retiring'), WHOLE, role='department') == words


@pytest.mark.parametrize('source, target, change, allowed', [
    ('budget', 'procure', {'budget_result': 'as_requested'}, True),
    ('budget', 'procure', {'budget_result': 'rejected'}, False),
    ('budget', 'procure', {'budget_result': None}, False),
    ('build', 'operate', {'pii': 'none', 'pia_kind': None}, True),
    ('build', 'operate', {'pii': 'sensitive', 'pia_kind': None}, True),
    ('build', 'operate', {'pia_kind': None}, False),
    ('build', 'operate', {'pia_kind': 'none'}, False),
    ('build', 'operate', {'pia_kind': 'none', 'pii_count': 1000}, False),
    ('build', 'operate', {'pia_kind': 'none', 'pii_count': 999}, True),
    ('build', 'operate', {'pii': 'unknown', 'pia_kind': None}, False),
    ('build', 'operate', {'ordering_supported': False, 'unsupported_cases': ['C-1 更新']}, False),
    ('procure', 'build', {'ordering_supported': False, 'unsupported_cases': ['C-1 更新']}, False),
    ('review', 'operate', {'pii': 'unknown'}, False),
    ('operate', 'review', {'review_open': False}, False),
    ('review', 'operate', {'review_conclusion': 'not'}, True),
    ('review', 'operate', {'review_conclusion': 'do'}, False),
    ('review', 'operate', {'review_conclusion': None}, False),
    ('renew', 'retiring', {'successor_operating': False}, False),
    ('retiring', 'retired', {'reason': ''}, True),
    ('retiring', 'retired', {'reason': '', 'contract_end_on': date(2027, 3, 31)}, False),
    ('retiring', 'retired', {'contract_end_on': date(2027, 3, 31)}, True),
    ('retiring', 'retired', {'reason': '', 'contract_end_on': None}, False),
    ('operate', 'cancelled', {'reason': ' '}, False)])
def test_conditions(source, target, change, allowed):
    assert (missing(Move(source, target), WHOLE | change) == []) is allowed


@pytest.mark.parametrize('state, role, targets', [
    ('requested', 'it', ['reviewing', 'withdrawn']), ('requested', 'department', ['withdrawn']),
    ('reviewing', 'it', ['returned', 'completed', 'withdrawn']), ('reviewing', 'head', ['withdrawn']),
    ('returned', 'department', ['reviewing', 'withdrawn']), ('returned', 'head', ['reviewing', 'withdrawn']),
    ('returned', 'it', ['reviewing', 'withdrawn']), ('completed', 'it', []), ('withdrawn', 'it', []),
    ('reviewing', 'auditor', []), ('reviewing', 'executive', [])])
def test_who_may_hand_a_support_on(state, role, targets):
    assert [move.target for move in lifecycle.support_moves(state, role)] == targets


@pytest.mark.parametrize('move', SUPPORT_MOVES, ids=name)
def test_a_support_moves_when_nothing_is_missing(move):
    assert lifecycle.support_missing(move.target, SUPPORT | {'state': move.source}) == []
    assert len(lifecycle.support_missing(move.target, {'state': move.source})) == len(move.needs)


def test_a_support_is_sent_back_with_words_and_returns_with_an_answer():
    facts = {'state': 'reviewing', 'comment': ' '}
    assert lifecycle.support_missing('returned', facts) == ['直してほしい点を入力してください。']
    assert lifecycle.support_missing('reviewing', {'state': 'requested'}) == []
    assert lifecycle.support_missing('reviewing', {'state': 'returned'}) == [
        '対応した内容を入力してください。']
    assert lifecycle.support_missing('completed', {'state': 'returned'}) == [
        '「差戻し」から「完了」には進められません。次に進めるのは「点検中」、「取下げ」です。']


@pytest.mark.parametrize('state, role, targets', [
    ('open', 'department', ['planned']), ('open', 'head', ['planned']), ('open', 'it', ['planned']),
    ('open', 'auditor', ['accepted']), ('planned', 'auditor', ['approved', 'open', 'accepted']),
    ('planned', 'department', []), ('approved', 'department', ['correcting']),
    ('approved', 'auditor', ['accepted']),
    ('correcting', 'head', ['reported']), ('reported', 'department', []),
    ('reported', 'auditor', ['closed', 'correcting', 'accepted']), ('closed', 'auditor', []),
    ('accepted', 'auditor', []), ('open', 'executive', [])])
def test_who_may_move_a_finding(state, role, targets):
    assert [move.target for move in lifecycle.finding_moves(state, role)] == targets


@pytest.mark.parametrize('move', FINDING_MOVES, ids=name)
def test_a_finding_moves_when_nothing_is_missing(move):
    result = {'closed': 'effective', 'correcting': 'insufficient'}.get(move.target)
    facts = FINDING | {'state': move.source, 'result': result}
    assert lifecycle.finding_missing(move.target, facts) == []


@pytest.mark.parametrize('target, change, words', [
    ('closed', {'result': 'insufficient'}, '「有効」になっていません'),
    ('closed', {'result': None}, '「有効」になっていません'),
    ('closed', {'result': 'effective', 'follower_person': 1}, '是正の責任者以外の人'),
    ('closed', {'result': 'effective', 'follower_person': None}, '事後確認者を入力'),
    ('closed', {'result': 'effective', 'followed_on': None}, '事後確認日を入力'),
    ('correcting', {'result': 'effective'}, '「不十分」または「未実施」になっていません'),
    ('correcting', {'result': 'insufficient', 'follower_person': 1}, '是正の責任者以外の人'),
    ('accepted', {'reason': ''}, 'CISO'),
    ('closed', {'result': 'effective', 'uninvolved': False}, 'ほかの監査担当'),
    ('accepted', {'uninvolved': False}, 'ほかの監査担当'),
    ('planned', {}, '「是正完了報告」から「是正計画提出」には進められません')])
def test_what_a_reported_finding_lacks(target, change, words):
    found, = lifecycle.finding_missing(target, FINDING | {'state': 'reported'} | change)
    assert words in found


def test_a_large_case_that_was_not_examined_is_named():
    words, = missing(Move('procure', 'build'), WHOLE | {'ordering_supported': False,
        'unsupported_cases': ['C-1 更新', 'C-2 移行']})
    assert '「C-1 更新」、「C-2 移行」' in words and '例外の理由と承認者' in words


def test_a_measure_found_insufficient_is_not_reported_again():
    found = lifecycle.finding_missing('reported', FINDING | {'state': 'correcting', 'result': 'insufficient'})
    assert found == ['事後確認で有効とされなかった措置のままです。新しい是正措置を登録してください。']


def test_a_plan_needs_measure_owner_and_deadline():
    assert lifecycle.finding_missing('planned', {'state': 'open'}) == [
        '是正措置の内容を入力してください。', '是正の責任者を入力してください。',
        '是正の期限を入力してください。']
