"""The procurement desk's pages: cases, supports passing from hand to hand, ledger reviews."""
from flask_login import current_user
from peewee import JOIN, SQL, fn

from audits import history
from forms.procurement import CaseForm, ReviewForm, SupportForm, SupportMoveForm
from models import BudgetRequest, Case, Person, Review, Support, SupportComment
from models.base import fold
from models.figures.procurement import large_reasons
from models.procurement import SUPPORT_KINDS, SUPPORT_STATES
from models.rules import lifecycle
from models.rules.clocks import Examination
from models.settings import DatedSettings

from .closed_days import closed_days
from .core import clock
from .core.permits import DESK, OWNED, UNIT_ROLES, kept_by
from .figures import judging
from .records import display, pages, saving
from .records.noun import Column, Due, Filter, Flow, Noun, Tab
from .web.guard import allowed

#: what a support examines of a case and of its budget line
EXAMINED_FIELDS = {Case: ('request', 'initial_cost', 'yearly_cost', 'years', 'new_technology'),
                   BudgetRequest: ('amount', 'new_technology')}


def check_examined_fields(row, before, form, by, at):
    """Yield (field name, message) where a unit changes what a completed support has examined."""
    if before is None or by is None or by.role not in UNIT_ROLES:
        return
    changed = [name for name in EXAMINED_FIELDS[type(row)] if row.__data__[name] != before.__data__[name]]
    cases = [row.id] if isinstance(row, Case) else Case.select(Case.id).where(
        Case.request == row.id, Case.live())
    if changed and Support.select().where(Support.case.in_(cases), Support.live(),
                                          Support.state == 'completed').exists():
        yield changed[0], ('調達支援が完了したあとの予算要求、金額、新技術の変更は、'
                           '情報政策の担当者に依頼してください。')


def approved_by_another(reason, approver):
    """Return the rule that the approver of an exception is none of those who entered it.

    `reason` and `approver` name the two fields.
    """
    def rule(row, before, by):
        named = comparable_name(row.__data__.get(approver))
        if not named or before is not None and all(
                row.__data__[name] == before.__data__[name] for name in (reason, approver)):
            return
        entered = [(by.name, by.email),
                   *(history.who_set([before], {reason, approver}) if before is not None else ())]
        if any((name := comparable_name(each)) in named or named in name
               for names in entered for each in names if each):
            yield approver, '承認者には、その理由を入力した人とは別の人を入力してください。'
    return rule


def comparable_name(text):
    """Return a name or address as it is compared: folded, without spaces."""
    return fold(text or '').replace(' ', '')


def case_panels(row):
    dated = DatedSettings()
    day = row.ordered_on or clock.today()
    supports = list(row.supports.where(Support.live()).order_by(Support.id))
    kinds = {support.kind for support in supports}
    return {'supports': supports, 'states': SUPPORT_STATES,
            'kinds': SUPPORT_KINDS, 'large': large_reasons(row, day, dated),
            'unverified': dated.unverified(('large_case_amount', 'large_case_basis'), day),
            'can_ask': [(code, label) for code, label in SUPPORT_KINDS.items() if code not in kinds]
            if not row.voided_at and allowed('supports.create', Support(case=row)) else []}


cases = Noun(
    name='cases', title='調達案件', table=Case, form=CaseForm, key=('case_no',), sort='-case_no', prefix='C-',
    prepare=check_examined_fields,
    permits=kept_by(OWNED, void=DESK), menu=('調達支援',),
    separation=approved_by_another('exception_reason', 'exception_by'),
    reserved={'outcome': '査定の結果は担当者が記録します。', 'exception_reason': '', 'exception_by': ''},
    panels=case_panels, own_panels=('supports',), template='procurement/case.html',
    columns=['case_no', 'fiscal_year', 'department', 'title', 'kind', 'initial_cost', 'ordered_on',
             'outcome'],
    filters=['fiscal_year', 'department', 'kind', 'outcome', Filter('system', '対象システム'),
             Filter('request', '予算要求')],
    tabs=(Tab('今年度に発注', {'ordered_on': 'this-year'}), Tab('結果待ち', {'blank': 'outcome'})),
    hint='システムの調達・更新・改修の案件です。支援の依頼と点検の経過を残します。')


def prepare_support(row, before, form, by, at):
    """Set the state of a support by its completion day; yield (field name, message) of what is wrong.

    One that exists is completed by its move, or by a file.
    """
    if before is not None and before.state == 'withdrawn' and row.completed_on:
        yield 'completed_on', ('取り下げた支援は完了にできません。もう一度依頼するときは、'
                               '案件から新しく依頼してください。')
    if row.completed_on and not form.of_file:
        if before is not None and not before.completed_on:
            yield 'completed_on', ('支援は、記録の画面の「支援を完了する」'
                                   'から完了にしてください（意見を残すためです）。')
        for name, label in (('opinion', '総合意見'), ('opinion_text', '意見本文')):
            if not row.__data__.get(name):
                yield name, f'完了日があるときは、{label}を入力してください。'
    if before is None:
        row.state = 'completed' if row.completed_on else 'requested'
    elif row.completed_on and not before.completed_on:
        row.state = 'completed'
    elif before.completed_on and not row.completed_on:
        row.state = 'reviewing'
    if (before is None or row.reviewer_id != before.reviewer_id) and row.reviewer_id:
        if row.reviewer.role != 'it' or not row.reviewer.is_active:
            yield 'reviewer_email', '点検者には、情報政策の担当者を選んでください。'
    keep_clock(row, before, saving.day_of(at))


def keep_clock(row, before, day):
    """Let the clock of a support run, stand or end on a day, as its state says."""
    if row.requested_on is None or row.due_on is None and row.state in ('completed', 'withdrawn'):
        return
    closed = closed_days()
    asked_anew = (before is not None and before.requested_on != row.requested_on
                  and before.due_on == row.due_on)
    if row.due_on is None or asked_anew:
        days = int(judging.settings().on('support_days', row.requested_on))
        row.due_on = Examination.begun(row.requested_on, days, closed).due_on
        row.stopped_on = row.stopped_days = None
    now = examination_of(row)
    now = now.stopped(day) if row.state == 'returned' else now.resumed(day, closed)
    row.due_on, row.stopped_on, row.stopped_days = now.due_on, now.stopped_on, now.stopped_days or None


def examination_of(row):
    """Return the clock of a support, None where it has none."""
    return row.due_on and Examination(row.requested_on, row.due_on, row.stopped_on, row.stopped_days or 0)


def left_words(days, stopped):
    """Return in words how many open days are left of an examination."""
    if stopped:
        return f'止まっています（残り{days}開庁日）' if days >= 0 else f'止まっています（{-days}開庁日超過）'
    return f'残り{days}開庁日' if days >= 0 else f'{-days}開庁日超過'


def clock_panel(row):
    """Return what a support's page shows of its clock, None where it has none."""
    now = examination_of(row)
    if not now or row.state == 'withdrawn':
        return None  # nobody examines it any more
    day, closed = row.completed_on or clock.today(), closed_days()
    used, left = now.used(day, closed), now.left(day, closed)
    return {'used': used, 'allowed': used + left, 'stopped_on': now.stopped_on, 'due_on': now.due_on,
            'stopped_days': now.stopped_days,
            'tone': 'warn' if now.stopped_on else 'bad' if left < 0 else 'info',
            'left': '' if row.completed_on else left_words(left, now.stopped_on),
            'unverified': judging.settings().unverified(('support_days',), row.requested_on)}


def of_live_cases():
    """Return the condition that a support's case has not been voided."""
    return fn.EXISTS(Case.select(SQL('1')).where(Case.id == Support.case, Case.live()))


def with_reviewer(query):
    """Return a query of supports with who examines each."""
    return query.join_from(Support, Person, JOIN.LEFT_OUTER, on=Support.reviewer == Person.id)


def choose_reviewers(form):
    """Let the people of the desk be chosen to examine a support."""
    form.reviewer_email.restrict(lambda table: table.is_active & (table.role == 'it'))


def support_tone(value):
    return {'completed': 'good', 'returned': 'bad', 'reviewing': 'warn', 'withdrawn': 'quiet'}.get(value, '')


def support_panels(row):
    moves = lifecycle.support_moves(row.state, current_user.role) if allowed('supports.move', row) else []
    moves = sorted(moves, key=lambda move: MOVE_ORDER.get(move.target, 0))
    return {'clock': clock_panel(row), 'reviewer': row.reviewer_id and row.reviewer.name,
            'moves': [(move.target, MOVE_WORDS.get((row.state, move.target), SUPPORT_STATES[move.target]), ())
                      for move in moves] if not row.voided_at else [],
            'comments': newest_comments(row), 'states': SUPPORT_STATES}


#: how many comments of a support's thread its page shows
THREAD = 50


def newest_comments(support):
    """Return ([(comment, what its writer did)], whether there are more) of a support's newest comments.

    The oldest of them comes first.
    """
    comments = list(support.comments.select(SupportComment, Person).join(Person).where(
        SupportComment.live()).order_by(SupportComment.id.desc()).limit(THREAD + 1))[::-1]
    before = [None if len(comments) > THREAD else 'requested', *(comment.state for comment in comments)]
    found = [(comment, COMMENT_WORDS.get((state, comment.state)) or COMMENT_WORDS[comment.state])
             for state, comment in zip(before, comments, strict=False)]
    return found[-THREAD:], len(found) > THREAD


MOVE_WORDS = {('requested', 'reviewing'): '点検を始める', ('reviewing', 'returned'): '差し戻す',
              ('returned', 'reviewing'): '対応して再提出する', ('reviewing', 'completed'): '支援を完了する',
              ('requested', 'withdrawn'): '取り下げる', ('reviewing', 'withdrawn'): '取り下げる',
              ('returned', 'withdrawn'): '取り下げる'}
#: what the writer of a comment did: (from, to), or to alone
COMMENT_WORDS = {'requested': '依頼しました', 'reviewing': '点検を始めました',
                 ('returned', 'reviewing'): '対応して再提出しました', 'returned': '差し戻しました',
                 'completed': '支援を完了しました', 'withdrawn': '取り下げました'}
#: the moves that do not lead on stand after those that do
MOVE_ORDER = {'returned': 1, 'withdrawn': 2}
#: what the text of a move is called, its hint, and whether it must be there
MOVE_TEXTS = {'reviewing': ('コメント', '所管課に伝えることがあれば書きます', False),
              'returned': ('直してほしい点', '所管課が何を直せばよいか分かるように書きます', True),
              ('returned', 'reviewing'): ('対応した内容', '差戻しの指摘にどう対応したかを書きます', True),
              'completed': ('意見本文', '点検の結果を書きます', True),
              'withdrawn': ('取り下げる理由', '', True)}


def support_move_form(support, target, **asked):
    """Return the form of a move: what is said, and the opinion when the support is completed."""
    form = SupportMoveForm(data={'completed_on': clock.today(), 'opinion': support.opinion}, **asked)
    if target != 'completed':
        del form.opinion, form.completed_on
    else:
        form.opinion.flags.required = form.completed_on.flags.required = True
    form.text.label.text, form.text.description, form.text.flags.required = MOVE_TEXTS.get(
        (support.state, target)) or MOVE_TEXTS.get(target, MOVE_TEXTS['reviewing'])
    return form


#: the form's field of what a support's move asks for
FIELD_OF_NEED = {'completed_on': 'completed_on', 'opinion': 'opinion'}


def prepare_support_move(row, before, form, by, at):
    """Yield (field name, message) of what a move lacks; the opinion of a completed support is copied."""
    said = form.text.data
    if row.state == 'completed':
        row.opinion_text = said
    move = next(move for move in lifecycle.support_moves(before.state) if move.target == row.state)
    for need, words in lifecycle.unmet(
            move, row.__data__ | {'comment': said, 'response': said, 'reason': said}):
        yield FIELD_OF_NEED.get(need, 'text'), words
    if before.state == 'requested' and row.state == 'reviewing' and not row.reviewer_id and by is not None:
        row.reviewer = by.id
    keep_clock(row, before, saving.day_of(at))
    if row.state == 'completed' and row.completed_on:
        if row.completed_on < row.requested_on:
            yield 'completed_on', '完了日は依頼日以後にしてください。'
        if row.completed_on > clock.today():
            yield 'completed_on', '完了日に先の日は入れられません。'


def add_comment(act, row, form, by):
    """What was said when a support changed hands stays in its thread."""
    if form.text.data:
        act.insert([SupportComment(support=row, person=by.id, at=act.at, state=row.state,
                                   text=form.text.data)])


support_flow = Flow(
    line=('requested', 'reviewing', 'completed'),
    told=lambda source, target: COMMENT_WORDS.get((source, target)) or COMMENT_WORDS.get(target),
    documents={'reviewing': ('見積書などの文書', 'quote'), 'completed': ('意見書', 'opinion')},
    states=SUPPORT_STATES, moves=lifecycle.support_moves, form=support_move_form, reason='text',
    prepare=prepare_support_move,
    after=add_comment, about=lambda row, target: {'thread': newest_comments(row)[0]},
    heading=lambda source, target: MOVE_WORDS.get((source, target), SUPPORT_STATES[target]),
    button=lambda source, target: MOVE_WORDS.get((source, target), SUPPORT_STATES[target]))
supports = Noun(
    name='supports', title='調達支援', table=Support, form=SupportForm, key=('case_no', 'kind'),
    sort='-requested_on',
    permits=kept_by(DESK, create=OWNED, move=OWNED, attach=OWNED), menu=('調達支援',),
    prepare=prepare_support, panels=support_panels, flow=support_flow, template='procurement/support.html',
    headline=('case_no', 'kind', 'requested_on', 'completed_on', 'opinion'),
    reason_required=lambda row, before, form: (
        'この支援は完了しています。点検中に戻すと、実施率から外れます。' if before.completed_on
        and not row.completed_on else ''),
    reserved={name: '依頼するときは空欄（試行は「いいえ」）のままにしてください。'
              for name in ('completed_on', 'trial', 'opinion', 'opinion_text', 'reviewer', 'due_on')},
    joins=lambda query: with_reviewer(query.join(Case)), new_form=choose_reviewers,
    columns=[Column('case_no', '案件番号', Case.case_no), Column('title', '件名', Case.title),
             Column('department', '所属', Case.department, display.department),
             'kind',
             Column('state', '状態', show=display.code(SUPPORT_STATES), tone=support_tone),
             'requested_on', 'due_on', Column('reviewer', '点検者', Person.name),
             'completed_on', 'opinion'],
    filters=[Filter('waiting', '対応', lambda: [('1', '受付・点検中')],
                    lambda v: Support.state.in_(['requested', 'reviewing']) & of_live_cases()),
             Filter('state', '状態', lambda: list(SUPPORT_STATES.items()), lambda v: Support.state == v),
             'kind',
             Filter('trial', options=lambda: [('1', '試行')], where=lambda v: Support.trial)],
    due=(Due('due_on', '調達支援の点検', roles=('it',), who=Person.name, joins=with_reviewer,
             open=lambda: Support.state.in_(['requested', 'reviewing']) & of_live_cases()),
         Due('returned', '差し戻された調達支援', waits=True, roles=('department', 'head'),
             on=lambda: fn.COALESCE(Support.stopped_on, Support.requested_on),
             open=lambda: (Support.state == 'returned') & of_live_cases())),
    tabs=(Tab('受付・点検中', {'waiting': '1'}), Tab('今年度に完了', {'completed_on': 'this-year'})),
    hint='依頼 → 点検 → 差戻し・再提出 → 完了 と進みます。')


def prepare_review(row, before, form, by, at):
    if row.conclusion and row.approved_on and not row.used_fields and not form.of_file:
        yield 'used_fields', '結論と承認を記録するときは、参照した台帳項目を入力してください。'


reviews = Noun(
    name='reviews', title='台帳活用検討', table=Review, form=ReviewForm, key=('review_no',),
    sort='-reviewed_on',
    permits=kept_by(DESK), menu=('台帳',),
    prefix='R-', prepare=prepare_review,
    columns=['review_no', 'kind', 'title', 'reviewed_on', 'conclusion', 'approved_on'],
    filters=['kind', 'conclusion', Filter('system', '対象システム')],
    tabs=(Tab('結論待ち', {'blank': 'conclusion'}), Tab('今年度に検討', {'reviewed_on': 'this-year'})),
    hint='結論と承認日がそろった検討が、件数に入ります。')
cases_bp = pages.blueprint(cases)
supports_bp = pages.blueprint(supports)
reviews_bp = pages.blueprint(reviews)
