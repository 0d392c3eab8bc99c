"""Step completion: the seeds' three rates, and what a change of state needs."""
import pytest

from models.rules import ratings, steps

pytestmark = pytest.mark.engine_free


@pytest.mark.parametrize('done, excluded, rate', [
    (612, 0, '85.0'), (626, 0, '86.9'), (600, 26, '86.9'), (650, 0, '90.3'), (720, 0, '100.0'),
    (0, 0, '0.0')])
def test_official_rate(done, excluded, rate):
    num, den = steps.official(done, excluded, 18, 40)
    assert (num, den) == (done + excluded, 720)
    assert ratings.rate_text(num, den) == rate


def test_strict_rate_leaves_the_excluded_out():
    assert steps.strict(600, 26, 18, 40) == (600, 694)


def test_everything_excluded_is_not_applicable():
    assert ratings.rate_text(*steps.strict(0, 720, 18, 40)) == '該当なし'
    assert ratings.rate_text(*steps.strict(0, 800, 18, 40)) == '該当なし'


def test_no_business_is_not_applicable():
    assert ratings.rate_text(*steps.official(0, 0, 0, 40)) == '該当なし'


@pytest.mark.parametrize('old, new', [
    ('todo', 'todo'), ('todo', 'doing'), (None, 'todo'), (None, 'doing'), ('done', 'done')])
def test_moves_that_need_nothing(old, new):
    assert steps.missing_for_move(old, new, False) == []


@pytest.mark.parametrize('old', [None, 'todo', 'doing'])
def test_done_needs_its_day(old):
    assert steps.missing_for_move(old, 'done', True) == ['完了日を入力してください。']
    assert steps.missing_for_move(old, 'done', False, has_done_on=True) == []


@pytest.mark.parametrize('old', [None, 'todo', 'doing'])
def test_excluding_needs_a_reason(old):
    assert steps.missing_for_move(old, 'excluded', False) == ['対象外にする理由を入力してください。']
    assert steps.missing_for_move(old, 'excluded', True) == []


@pytest.mark.parametrize('old, new', [
    ('done', 'doing'), ('doing', 'todo'), ('excluded', 'todo'), ('excluded', 'doing')])
def test_going_back_needs_a_reason(old, new):
    assert len(steps.missing_for_move(old, new, False)) == 1
    assert steps.missing_for_move(old, new, True) == []


@pytest.mark.parametrize('old, new', [('done', 'todo'), ('done', 'excluded'), ('excluded', 'done')])
def test_moves_that_do_not_exist_name_those_that_do(old, new):
    words, = steps.missing_for_move(old, new, True, has_done_on=True)
    assert '「作業中」' in words


def test_an_unknown_state():
    assert steps.missing_for_move('todo', 'finished', True) == [
        '状態は未着手・作業中・完了済み・対象外のどれかにしてください。']
