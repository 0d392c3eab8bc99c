"""Steps of the standardisation (標準化のステップ): completion rates, and which change of state needs what."""

STATES = {'todo': '未着手', 'doing': '作業中', 'done': '完了済み', 'excluded': '対象外'}
#: state: {next state: whether it is a step back, which needs a reason}; the steps themselves have no order
MOVES = {'todo': {'doing': False, 'done': False, 'excluded': False},
         'doing': {'todo': True, 'done': False, 'excluded': False},
         'done': {'doing': True},
         'excluded': {'todo': True, 'doing': True}}


def official(done, excluded, businesses, steps):
    """Return (完了済み + 対象外, 業務数 × ステップ数), the ministry's ステップ完了率 (BR-10, BR-11).

    It counts steps and is not a rate of the work done.
    """
    return done + excluded, businesses * steps


def strict(done, excluded, businesses, steps):
    """Return (完了済み, 業務数 × ステップ数 − 対象外), the rate of the steps that really had to be done."""
    # a master with fewer steps than were excluded must read 該当なし, not a negative rate
    return done, max(0, businesses * steps - excluded)


def missing_for_move(old, new, has_reason, has_done_on=False):
    """Return what is missing for a step to go from `old` (None: not recorded yet) to `new`, [] when it may.

    Steps may be done in any order. 完了済み needs its day (`has_done_on`), 対象外 a reason, and so does
    going back.
    """
    if new not in STATES:
        return [f'状態は{"・".join(STATES.values())}のどれかにしてください。']
    if old == new:
        return []
    allowed = MOVES.get(old, dict.fromkeys(STATES, False))
    if new not in allowed:
        names = '、'.join(f'「{STATES[state]}」' for state in allowed)
        return [f'「{STATES[old]}」から「{STATES[new]}」には変更できません。変更できるのは{names}です。']
    missing = []
    if new == 'done' and not has_done_on:
        missing.append('完了日を入力してください。')
    if new == 'excluded' and not has_reason:
        missing.append('対象外にする理由を入力してください。')
    if allowed[new] and not has_reason:
        missing.append(f'「{STATES[old]}」から「{STATES[new]}」に戻す理由を入力してください。')
    return missing


def days_late(status, planned_on, today):
    """Return how many days a step that is neither 完了済み nor 対象外 is past its planned day; 0 for none."""
    return max(0, (today - planned_on).days) if planned_on and status in ('todo', 'doing') else 0


def days_moved(baseline_on, planned_on):
    """Return by how many days a plan was moved from where it was first (当初予定日), 0 without both days."""
    return (planned_on - baseline_on).days if baseline_on and planned_on else 0
