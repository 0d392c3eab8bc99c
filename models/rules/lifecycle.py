"""Lifecycles: which moves a system, a procurement support or a finding may make, and what is missing."""
from dataclasses import dataclass

STATES = {
    'idea': '構想', 'budget': '予算要求', 'procure': '調達', 'build': '構築・移行', 'operate': '運用',
    'review': '更新検討', 'renew': '更新', 'retiring': '廃止予定', 'retired': '廃止', 'disposed': '廃棄済',
    'cancelled': '取消', 'stopped': '中止'}
#: the way of most systems, from the idea to the disposal
LINE = ('idea', 'budget', 'procure', 'build', 'operate', 'review', 'renew', 'retiring', 'retired', 'disposed')
#: states in which a system serves somebody
IN_USE = ('operate', 'review', 'renew', 'retiring')
SUPPORT_STATES = {
    'requested': '受付', 'reviewing': '点検中', 'returned': '差戻し', 'completed': '完了',
    'withdrawn': '取下げ'}
FINDING_STATES = {
    'open': '指摘', 'planned': '是正計画提出', 'approved': '是正計画承認', 'correcting': '是正中',
    'reported': '是正完了報告', 'closed': '完了', 'accepted': 'リスク受容'}


@dataclass(frozen=True)
class Move:
    """One allowed change of state, from `source` (None: not recorded yet): by whom, on what conditions."""

    source: str | None
    target: str
    roles: frozenset = frozenset()
    needs: tuple = ()


def _filled(facts, key):
    value = facts.get(key)
    if isinstance(value, str):
        return bool(value.strip())
    return value is not None and value is not False


def _pia_done(facts):
    if facts.get('pii') != 'my_number':
        return True
    count = facts.get('pii_count')
    # below 1,000 persons no assessment is required (BR-27), but only a known number says so
    return _filled(facts, 'pia_kind') and (facts['pia_kind'] != 'none' or count is not None and count < 1000)


def _contract_over(facts):
    end, retired = facts.get('contract_end_on'), facts.get('retired_on')
    return _filled(facts, 'reason') or bool(end and retired and end <= retired)


def _unsupported(facts):
    names = '、'.join(f'「{name}」' for name in facts.get('unsupported_cases', ()))
    return (f'大規模案件{names}の発注・計画調達支援が完了していません。支援を完了するか、'
            '例外の理由と承認者を調達案件に記録してください。')


def _other_follower(facts):
    return not _filled(facts, 'follower_person') or facts['follower_person'] != facts.get('owner_person')


#: a condition that is simply a field to be filled: the field's label
FIELDS = {
    'name': 'システム名称', 'owner': '所管課', 'summary': 'システムの概要', 'zone': 'ネットワーク区分',
    'confidentiality': '機密性', 'integrity': '完全性', 'availability': '可用性',
    'manager': '情報システム管理者', 'backup': 'バックアップ', 'go_live_on': '稼働開始日',
    'retire_planned_on': '廃止予定日', 'handover': 'データ引継ぎ・影響する連携', 'retired_on': '廃止日',
    'disposed_on': '廃棄完了日', 'disposal_certificate': '消去証明書番号', 'reason': '理由',
    'comment': '直してほしい点', 'response': '対応した内容', 'opinion': '総合意見',
    'opinion_text': '意見本文', 'completed_on': '完了日', 'measure': '是正措置の内容',
    'owner_person': '是正の責任者', 'due_on': '是正の期限', 'done_on': '是正の実施日',
    'evidence': '是正の証跡', 'followed_on': '事後確認日', 'follower_person': '事後確認者',
}
#: what is said to who may not judge a finding
INVOLVED = ('あなたは、この指摘の是正の責任者だったか、是正の実施か完了を記録しました。'
            'ほかの監査担当が行ってください。')
#: any other condition: (whether the facts satisfy it, the sentence when they do not or what makes it of them)
CONDITIONS = {
    'case_exists': (lambda facts: _filled(facts, 'case_exists'), '調達案件を登録してください。'),
    'contract_exists': (lambda facts: _filled(facts, 'contract_exists'), '契約を登録してください。'),
    'budget_granted': (lambda facts: facts.get('budget_result') in ('as_requested', 'reduced'),
                       '調達案件の予算結果が「要求どおり」または「一部減額」になっていません。'),
    'pii_settled': (lambda facts: facts.get('pii') in ('none', 'personal', 'sensitive', 'my_number'),
                    '個人情報の取扱いが「未確認」のままです。確かめて選んでください。'),
    'ordering_supported': (lambda facts: _filled(facts, 'ordering_supported'), _unsupported),
    'pia': (_pia_done, '特定個人情報を扱うため、PIA（特定個人情報保護評価）の種別を選んでください。'
                       '「なし」でよいのは、本人の数が1,000人未満のときだけです。'),
    'review_open': (lambda facts: _filled(facts, 'review_open'), '台帳活用検討を登録してください。'),
    'review_continues': (lambda facts: facts.get('review_conclusion') in ('continue', 'not'),
                         '台帳活用検討の結論が「継続検討」または「見送り」になっていません。'),
    'successor': (lambda facts: _filled(facts, 'successor'),
                  '後継システム、または更新の調達案件を登録してください。'),
    'successor_operating': (lambda facts: _filled(facts, 'successor_operating'),
                            '後継システムがまだ「運用」になっていません。'),
    'contract_over': (_contract_over,
                      '契約満了日が廃止日以前になっていません。解約したときや契約がないときは、'
                      '理由を入力してください。'),
    'ciso_reason': (lambda facts: _filled(facts, 'reason'),
                    'リスク受容を承認したCISOの氏名と理由を入力してください。'),
    'effective': (lambda facts: facts.get('result') == 'effective',
                  '監査事後確認の結果が「有効」になっていません。'),
    'not_effective': (lambda facts: facts.get('result') in ('insufficient', 'not_done'),
                      '監査事後確認の結果が「不十分」または「未実施」になっていません。'),
    'new_measure': (lambda facts: facts.get('result') not in ('insufficient', 'not_done'),
                    '事後確認で有効とされなかった措置のままです。新しい是正措置を登録してください。'),
    'other_follower': (_other_follower, '監査事後確認は、是正の責任者以外の人が行ってください。'),
    'not_involved': (lambda facts: _filled(facts, 'uninvolved'), INVOLVED),
}

_IT, _HEAD = frozenset({'it'}), frozenset({'head', 'it'})
_OFFICE, _AUDITOR = frozenset({'department', 'head', 'it'}), frozenset({'auditor'})
_STAFF = frozenset({'department', 'it'})

MOVES = (
    Move(None, 'idea', _STAFF, ('name', 'owner', 'summary')),
    Move('idea', 'budget', _HEAD, ('case_exists',)),
    Move('budget', 'procure', _IT, ('budget_granted',)),
    Move('budget', 'stopped', _HEAD, ('reason',)),
    Move('procure', 'build', _OFFICE, ('contract_exists', 'ordering_supported')),
    Move('build', 'operate', _HEAD, ('zone', 'confidentiality', 'integrity', 'availability', 'manager',
                                     'backup', 'pii_settled', 'pia', 'go_live_on', 'ordering_supported')),
    Move('operate', 'review', _STAFF, ('review_open',)),
    Move('operate', 'retiring', _HEAD, ('retire_planned_on', 'handover')),
    Move('review', 'operate', _HEAD, ('review_continues', 'pii_settled')),
    Move('review', 'renew', _HEAD, ('successor',)),
    Move('review', 'retiring', _HEAD, ('retire_planned_on', 'handover')),
    Move('renew', 'retiring', _IT, ('successor_operating',)),
    Move('retiring', 'retired', _HEAD, ('retired_on', 'contract_over')),
    Move('retired', 'disposed', _IT, ('disposed_on', 'disposal_certificate')),
    *(Move(state, 'cancelled', _IT, ('reason',))
      for state in STATES if state not in ('disposed', 'cancelled')),
)

SUPPORT_MOVES = (
    Move('requested', 'reviewing', _IT),
    Move('reviewing', 'returned', _IT, ('comment',)),
    Move('returned', 'reviewing', _OFFICE, ('response',)),
    Move('reviewing', 'completed', _IT, ('opinion', 'opinion_text', 'completed_on')),
    *(Move(state, 'withdrawn', _OFFICE, ('reason',)) for state in ('requested', 'reviewing', 'returned')),
)

_FOLLOW_UP = ('followed_on', 'follower_person', 'other_follower')
FINDING_MOVES = (
    Move('open', 'planned', _OFFICE, ('measure', 'owner_person', 'due_on')),
    Move('planned', 'approved', _AUDITOR),
    Move('planned', 'open', _AUDITOR, ('reason',)),
    Move('approved', 'correcting', _OFFICE),
    Move('correcting', 'reported', _OFFICE, ('new_measure', 'done_on', 'evidence')),
    Move('reported', 'closed', _AUDITOR, ('effective', *_FOLLOW_UP, 'not_involved')),
    Move('reported', 'correcting', _AUDITOR, ('not_effective', *_FOLLOW_UP)),
    *(Move(state, 'accepted', _AUDITOR, ('ciso_reason', 'not_involved'))
      for state in ('open', 'planned', 'approved', 'correcting', 'reported')),
)


def _moves(table, state, role):
    return [move for move in table if move.source == state and (role is None or role in move.roles)]


def _lacking(needs, facts):
    found = []
    for need in needs:
        if need in FIELDS:
            satisfied, words = _filled(facts, need), f'{FIELDS[need]}を入力してください。'
        else:
            test, words = CONDITIONS[need]
            satisfied = test(facts)
            if not satisfied and callable(words):
                words = words(facts)
        if not satisfied:
            found.append((need, words))
    return found


def _refusal(table, labels, source, target, role):
    before = f'「{labels[source]}」' if source in labels else '未登録の状態'
    names = '、'.join(f'「{labels[move.target]}」' for move in _moves(table, source, role))
    after = f'次に進めるのは{names}です。' if names else '進められる状態はありません。'
    return [f'{before}から「{labels.get(target, target)}」には進められません。{after}']


def _missing(table, labels, source, target, facts, role=None):
    move = next((move for move in _moves(table, source, role) if move.target == target), None)
    return ([words for _, words in _lacking(move.needs, facts)] if move
            else _refusal(table, labels, source, target, role))


def moves_from(state, role=None):
    """Return the moves a system may make from `state` (None: not recorded yet), all or those of one role.

    The frame 導入→運用→更新→廃止→廃棄 is the strategy's (令和7年度); the states between are this product's.
    """
    return _moves(MOVES, state, role)


def missing(move, facts, role=None):
    """Return the Japanese sentences of everything a system's move still lacks, [] when it may be made.

    `move` names source and target; the table decides the rest, so one it does not hold (or not for `role`)
    gives one sentence naming the states allowed next. `facts` is a mapping, an absent key reads as not
    filled: name, owner, summary, case_exists (bool), budget_result ('as_requested', 'reduced', 'rejected',
    'withdrawn' or None), contract_exists (bool), contract_end_on, zone, confidentiality, integrity,
    availability, manager, backup, pii ('none', 'personal', 'sensitive', 'my_number', 'unknown'),
    ordering_supported (bool: no large case of its without 発注・計画調達支援 and without a recorded
    exception, §3.2; unsupported_cases names those), pii_count, pia_kind, go_live_on, review_open (bool),
    review_conclusion ('do', 'not', 'continue' or None), successor (a system or a case), successor_operating
    (bool), retire_planned_on, handover, retired_on, disposed_on, disposal_certificate, reason.
    """
    return _missing(MOVES, STATES, move.source, move.target, facts, role)


def unmet(move, facts):
    """Return [(condition, sentence)] of everything a system's move still lacks; `facts` as for `missing`."""
    return _lacking(move.needs, facts)


def support_moves(state, role=None):
    """Return the moves a procurement support (調達支援) may make from `state`, all or those of one role."""
    return _moves(SUPPORT_MOVES, state, role)


def support_missing(target, facts, role=None):
    """Return the sentences of what a support lacks to reach `target` from `facts['state']`, [] when it may.

    The other facts: comment (差戻し), response (再提出), opinion, opinion_text, completed_on (完了),
    reason (取下げ).
    """
    return _missing(SUPPORT_MOVES, SUPPORT_STATES, facts.get('state'), target, facts, role)


def finding_moves(state, role=None):
    """Return the moves an audit finding (指摘) may make from `state`, all or those of one role."""
    return _moves(FINDING_MOVES, state, role)


def finding_missing(target, facts, role=None):
    """Return the sentences of what a finding lacks to reach `target` from `facts['state']`, [] when it may.

    The other facts are those of its latest corrective action: measure, owner_person, due_on, done_on,
    evidence, followed_on, follower_person (must not be owner_person), result ('effective', 'insufficient',
    'not_done' or None); uninvolved, whether who moves it neither owned a measure nor recorded it done; and
    reason, for sending a plan back and for the CISO's acceptance (BR-32).
    """
    return _missing(FINDING_MOVES, FINDING_STATES, facts.get('state'), target, facts, role)
