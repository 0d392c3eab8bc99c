"""The procurement desk's pages: budget requests, cases, supports passing from hand to hand, ledger reviews."""
from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_login import current_user

from audits import history
from forms.procurement import BudgetRequestForm, CaseForm, ReviewForm, SupportForm, SupportMoveForm
from models import BudgetRequest, Case, Person, Review, ReviewSystem, Support, SupportComment, System
from models.base import fold
from models.budgets import NATURES
from models.figures import large_reasons
from models.procurement import CASE_KINDS, CONCLUSIONS, OPINIONS, OUTCOMES, REVIEW_KINDS, SUPPORT_KINDS, SUPPORT_STATES
from models.rules import lifecycle
from models.settings import Dated

from . import clock, records, shown
from .nouns import Column, Filter, Noun
from .permits import UNIT_ROLES, allowed, permit, require

requests_bp = Blueprint('budget-requests', __name__, url_prefix='/budget-requests')
cases_bp = Blueprint('cases', __name__, url_prefix='/cases')
supports_bp = Blueprint('supports', __name__, url_prefix='/supports')
reviews_bp = Blueprint('reviews', __name__, url_prefix='/reviews')


#: what a support examines of a case and of its budget line
EXAMINED = {Case: ('request', 'initial_cost', 'yearly_cost', 'years', 'new_technology'), BudgetRequest: ('amount', 'new_technology')}


def examined(row, before, form, at):
    """Yield (field name, message) where a unit changes what a completed support has examined."""
    if before is None or form.by is None or form.by.role not in UNIT_ROLES:
        return
    changed = [name for name in EXAMINED[type(row)] if row.__data__[name] != before.__data__[name]]
    cases = [row.id] if isinstance(row, Case) else Case.select(Case.id).where(Case.request == row.id, Case.live())
    if changed and Support.select().where(Support.case.in_(cases), Support.live(), Support.state == 'completed').exists():
        yield changed[0], '調達支援が完了したあとの予算要求、金額、新技術の変更は、情報政策の担当者に依頼してください。'


def approved_by_another(reason, approver):
    """Return the rule that an exception's approver (field `approver`) is neither who enters it now nor who entered it before."""
    def rule(row, before, person):
        by = squeezed(row.__data__.get(approver))
        if not by or before is not None and all(row.__data__[name] == before.__data__[name] for name in (reason, approver)):
            return
        entered = [(person.name, person.email), *(history.who_set([before], {reason, approver}) if before is not None else ())]
        if any((name := squeezed(each)) in by or by in name for names in entered for each in names if each):
            yield approver, '承認者には、その理由を入力した人とは別の人を入力してください。'
    return rule


def squeezed(text):
    """Return a name or address as it is compared: folded, without spaces."""
    return fold(text or '').replace(' ', '')


def request_panels(row):
    cases = list(row.cases.where(Case.live()).order_by(Case.case_no.desc()).limit(records.FEW))
    supports = {s.case_id: s for s in Support.select().where(
        Support.case.in_([case.id for case in cases] or [0]), Support.kind == 'budget', Support.live())}
    return {'cases': records.panel(cases, 'cases', request=row.request_no), 'supports': supports,
            'can_ask': not cases and row.it_cost and not row.exclusion_reason and not row.voided_at
            and allowed('cases.create', Case(department=row.department_id))}


budget_requests = Noun(
    name='budget-requests', title='予算要求', table=BudgetRequest, form=BudgetRequestForm, key=('request_no',),
    sort='-requested_on', prefix='B-', prepare=examined, panels=request_panels, template='budget-requests/show.html',
    separated=approved_by_another('exclusion_reason', 'excluded_by'),
    reserved={'exclusion_reason': '', 'excluded_by': '', 'it_cost': '支援の対象から外すときは、担当者に相談してください。'},
    columns=[Column('request_no', '要求番号', BudgetRequest.request_no),
             Column('fiscal_year', '予算年度', BudgetRequest.fiscal_year, shown.year),
             Column('requested_on', '要求日', BudgetRequest.requested_on, shown.day),
             Column('department', '所属', BudgetRequest.department, shown.department),
             Column('title', '件名', BudgetRequest.title), Column('amount', '要求額', BudgetRequest.amount, shown.yen),
             Column('it_cost', 'IT経費', BudgetRequest.it_cost, shown.flag)],
    filters=[Filter('fiscal_year', '予算年度', shown.years, lambda v: BudgetRequest.fiscal_year == int(v)),
             Filter('department', '所属', shown.department_options, lambda v: BudgetRequest.department == shown.unit(v)),
             Filter('it_cost', 'IT経費', lambda: [('1', 'IT経費'), ('0', 'IT経費でない')],
                    lambda v: BudgetRequest.it_cost == (v == '1')),
             Filter('nature', '経費性質', lambda: list(NATURES.items()), lambda v: BudgetRequest.nature == v),
             Filter('case', '支援', lambda: [('0', '案件のないIT要求'), ('1', '案件のある要求')], lambda v: (
                 BudgetRequest.id.in_(Case.select(Case.request).where(Case.live(), Case.request.is_null(False)))
                 if v == '1' else BudgetRequest.it_cost & BudgetRequest.id.not_in(
                     Case.select(Case.request).where(Case.live(), Case.request.is_null(False)))))],
    hint='IT経費を含む要求が、予算要求調達支援の実施率の分母になります。')


def case_panels(row):
    dated = Dated()
    day = row.ordered_on or clock.today()
    supports = list(row.supports.where(Support.live()).order_by(Support.id))
    kinds = {support.kind for support in supports}
    return {'supports': supports, 'states': SUPPORT_STATES,
            'kinds': SUPPORT_KINDS, 'large': large_reasons(row, day, dated),
            'unverified': dated.unverified(('large_case_amount', 'large_case_basis'), day),
            'can_ask': [(code, label) for code, label in SUPPORT_KINDS.items() if code not in kinds]
            if not row.voided_at and allowed('supports.create', Support(case=row)) else []}


cases = Noun(
    name='cases', title='調達案件', table=Case, form=CaseForm, key=('case_no',), sort='-case_no', prefix='C-', prepare=examined,
    separated=approved_by_another('exception_reason', 'exception_by'),
    reserved={'outcome': '査定の結果は担当者が記録します。', 'exception_reason': '', 'exception_by': ''},
    panels=case_panels, template='cases/show.html',
    columns=[Column('case_no', '案件番号', Case.case_no), Column('fiscal_year', '予算年度', Case.fiscal_year, shown.year),
             Column('department', '所属', Case.department, shown.department), Column('title', '件名', Case.title),
             Column('kind', '案件種別', Case.kind, shown.code(CASE_KINDS)),
             Column('initial_cost', '初期経費', Case.initial_cost, shown.yen),
             Column('ordered_on', '発注日', Case.ordered_on, shown.day),
             Column('outcome', '予算結果', Case.outcome, shown.code(OUTCOMES))],
    filters=[Filter('fiscal_year', '予算年度', shown.years, lambda v: Case.fiscal_year == int(v)),
             Filter('department', '所属', shown.department_options, lambda v: Case.department == shown.unit(v)),
             Filter('kind', '案件種別', lambda: list(CASE_KINDS.items()), lambda v: Case.kind == v),
             Filter('outcome', '予算結果', lambda: list(OUTCOMES.items()), lambda v: Case.outcome == v),
             Filter('system', '対象システム', list, lambda v: Case.system == shown.id_of(System, 'system_no', v),
                    shown.label_by(System, 'system_no')),
             Filter('request', '予算要求', list, lambda v: Case.request == shown.id_of(BudgetRequest, 'request_no', v),
                    shown.label_by(BudgetRequest, 'request_no'))],
    hint='システムの調達・更新・改修の案件です。支援の依頼と点検の経過を残します。')


def prepare_support(row, before, form, at):
    """A support entered with its completion day is a completed one; one that stands is completed by its move, or by a file."""
    if before is not None and before.state == 'withdrawn' and row.completed_on:
        yield 'completed_on', '取り下げた支援は完了にできません。もう一度依頼するときは、案件から新しく依頼してください。'
    if row.completed_on and not form.of_file:
        if before is not None and not before.completed_on:
            yield 'completed_on', '支援は、記録の画面の「支援を完了する」から完了にしてください（意見を残すためです）。'
        for name, label in (('opinion', '総合意見'), ('opinion_text', '意見本文')):
            if not row.__data__.get(name):
                yield name, f'完了日があるときは、{label}を入力してください。'
    if before is None:
        row.state = 'completed' if row.completed_on else 'requested'
    elif row.completed_on and not before.completed_on:
        row.state = 'completed'
    elif before.completed_on and not row.completed_on:
        row.state = 'reviewing'


def of_live_cases():
    """Return the condition that a support's case has not been voided."""
    return Support.case.in_(Case.select(Case.id).where(Case.live()))


def support_tone(value):
    return {'completed': 'good', 'returned': 'bad', 'reviewing': 'warn', 'withdrawn': 'quiet'}.get(value, '')


def support_panels(row):
    moves = lifecycle.support_moves(row.state, current_user.role) if allowed('supports.move', row) else []
    moves = sorted(moves, key=lambda move: BACK.get(move.target, 0))
    return {'moves': [(move.target, MOVE_WORDS.get((row.state, move.target), SUPPORT_STATES[move.target]))
                      for move in moves] if not row.voided_at else [],
            'comments': told(row), 'states': SUPPORT_STATES, 'case': row.case}


#: how many comments of a support's thread its page shows
THREAD = 50


def told(support):
    """Return ([(comment, what its writer did)], more) of the newest part of a support's thread, the oldest first; whether it has more."""
    comments = list(support.comments.select(SupportComment, Person).join(Person).where(SupportComment.live()).order_by(
        SupportComment.id.desc()).limit(THREAD + 1))[::-1]
    before = [None if len(comments) > THREAD else 'requested', *(comment.state for comment in comments)]
    found = [(comment, DID.get((state, comment.state)) or DID[comment.state])
             for state, comment in zip(before, comments, strict=False)]
    return found[-THREAD:], len(found) > THREAD


MOVE_WORDS = {('requested', 'reviewing'): '点検を始める', ('reviewing', 'returned'): '差し戻す',
              ('returned', 'reviewing'): '対応して再提出する', ('reviewing', 'completed'): '支援を完了する',
              ('requested', 'withdrawn'): '取り下げる', ('reviewing', 'withdrawn'): '取り下げる',
              ('returned', 'withdrawn'): '取り下げる'}

#: what the writer of a comment did: (from, to), or to alone
DID = {'requested': '依頼しました', 'reviewing': '点検を始めました', ('returned', 'reviewing'): '対応して再提出しました',
       'returned': '差し戻しました', 'completed': '支援を完了しました', 'withdrawn': '取り下げました'}
#: the moves that do not lead on stand after those that do
BACK = {'returned': 1, 'withdrawn': 2}

#: what the text of a move is called, its hint, and whether it must be there
ASKED = {'reviewing': ('コメント', '所管課に伝えることがあれば書きます', False),
         'returned': ('直してほしい点', '所管課が何を直せばよいか分かるように書きます', True),
         ('returned', 'reviewing'): ('対応した内容', '差戻しの指摘にどう対応したかを書きます', True),
         'completed': ('意見本文', '点検の結果を書きます', True), 'withdrawn': ('取り下げる理由', '', True)}

supports = Noun(
    name='supports', title='調達支援', table=Support, form=SupportForm, key=('case_no', 'kind'), sort='-requested_on',
    prepare=prepare_support, panels=support_panels, template='supports/show.html',
    explained=lambda row, before: 'この支援は完了しています。点検中に戻すと、実施率から外れます。' if before.completed_on and not row.completed_on else '',
    reserved={name: '依頼するときは空欄（試行は「いいえ」）のままにしてください。'
              for name in ('completed_on', 'trial', 'opinion', 'opinion_text')},
    joins=lambda query: query.join(Case),
    columns=[Column('case_no', '案件番号', Case.case_no), Column('title', '件名', Case.title),
             Column('department', '所属', Case.department, shown.department),
             Column('kind', '支援区分', Support.kind, shown.code(SUPPORT_KINDS)),
             Column('state', '状態', Support.state, shown.code(SUPPORT_STATES), tone=support_tone),
             Column('requested_on', '依頼日', Support.requested_on, shown.day),
             Column('completed_on', '完了日', Support.completed_on, shown.day),
             Column('opinion', '総合意見', Support.opinion, shown.code(OPINIONS))],
    filters=[Filter('waiting', '対応', lambda: [('1', '受付・点検中')], lambda v: Support.state.in_(['requested', 'reviewing']) & of_live_cases()),
             Filter('state', '状態', lambda: list(SUPPORT_STATES.items()), lambda v: Support.state == v),
             Filter('kind', '支援区分', lambda: list(SUPPORT_KINDS.items()), lambda v: Support.kind == v),
             Filter('trial', '試行', lambda: [('1', '試行')], lambda v: Support.trial)],
    hint='依頼 → 点検 → 差戻し・再提出 → 完了 と進みます。')


def prepare_review(row, before, form, at):
    if row.conclusion and row.approved_on and not row.used_fields and not form.of_file:
        yield 'used_fields', '結論と承認を記録するときは、参照した台帳項目を入力してください。'


reviews = Noun(
    name='reviews', title='台帳活用検討', table=Review, form=ReviewForm, key=('review_no',), sort='-reviewed_on',
    prefix='R-', prepare=prepare_review,
    columns=[Column('review_no', '検討番号', Review.review_no),
             Column('kind', '検討区分', Review.kind, shown.code(REVIEW_KINDS)), Column('title', '件名', Review.title),
             Column('reviewed_on', '検討日', Review.reviewed_on, shown.day),
             Column('conclusion', '結論', Review.conclusion, shown.code(CONCLUSIONS)),
             Column('approved_on', '承認日', Review.approved_on, shown.day)],
    filters=[Filter('kind', '検討区分', lambda: list(REVIEW_KINDS.items()), lambda v: Review.kind == v),
             Filter('conclusion', '結論', lambda: list(CONCLUSIONS.items()), lambda v: Review.conclusion == v),
             Filter('system', '対象システム', list, lambda v: Review.id.in_(ReviewSystem.select(ReviewSystem.review).where(
                 ReviewSystem.live(), ReviewSystem.system == shown.id_of(System, 'system_no', v))),
                    shown.label_by(System, 'system_no'))],
    hint='結論と承認日がそろった検討が、件数に入ります。')

records.register(requests_bp, budget_requests)
records.register(cases_bp, cases)
records.register(supports_bp, supports)
records.register(reviews_bp, reviews)


@supports_bp.route('/<int:id>/move/<target>', methods=['GET', 'POST'])
@permit('supports.move')
def move(id, target):
    """Hand a support on: examine, send back with comments, resubmit, complete, withdraw."""
    before = records.find(supports, id)
    require('supports.move', before)
    if target not in ASKED or before.voided_at:
        abort(404)
    possible = target in [m.target for m in lifecycle.support_moves(before.state, current_user.role)]
    form = SupportMoveForm(data={'completed_on': clock.today(), 'opinion': before.opinion})
    if target != 'completed':
        del form.opinion, form.completed_on
    else:
        form.opinion.flags.required = form.completed_on.flags.required = True
    form.text.label.text, form.text.description, form.text.flags.required = ASKED.get((before.state, target), ASKED[target])
    if answer := records.moved_meanwhile(supports, before, form, SUPPORT_STATES[before.state], possible):
        return answer
    if not possible:
        abort(403)
    if form.validate_on_submit():
        row = records.twin(before)
        row.state = target
        if target == 'completed':
            row.opinion, row.completed_on = form.opinion.data, form.completed_on.data
            row.opinion_text = form.text.data
        lacking = lifecycle.support_missing(target, {
            'state': before.state, 'comment': form.text.data, 'response': form.text.data, 'reason': form.text.data,
            'opinion': row.opinion, 'opinion_text': row.opinion_text, 'completed_on': row.completed_on})
        if target == 'completed' and row.completed_on and row.completed_on < row.requested_on:
            lacking.append('完了日は依頼日以後にしてください。')
        if target == 'completed' and row.completed_on and row.completed_on > clock.today():
            lacking.append('完了日に先の日は入れられません。')
        if records.collect(form, [('completed_on' if '完了日' in words else 'opinion' if '総合意見' in words else 'text', words)
                                  for words in lacking]):
            with records.act('supports.move', form.text.data or '') as writing:
                writing.save(row, before)
                if form.text.data:
                    writing.insert([SupportComment(support=row, person=current_user.id, at=writing.at, state=target,
                                                   text=form.text.data)])
            flash(f'状態を「{SUPPORT_STATES[target]}」に変更しました。')
            return redirect(url_for('.show', id=id), code=303)
    return render_template('supports/move.html', noun=supports, row=before, form=form, target=SUPPORT_STATES[target],
                           words=MOVE_WORDS.get((before.state, target), SUPPORT_STATES[target]),
                           comments=told(before)[0], states=SUPPORT_STATES,
                           crumbs=records.crumbs(supports, (before.label, url_for('.show', id=id)), ('状態の変更', None))
                           ), 422 if form.errors else 200


@requests_bp.route('/<int:id>/ask', methods=['GET', 'POST'])
@permit('cases.create')
def ask(id):
    """Ask for procurement support of a budget line: the case and its 予算要求調達支援 are opened in one act."""
    line = records.find(budget_requests, id)
    require('cases.create', line)
    asked_before = '' if request_panels(line)['can_ask'] else 'この予算要求の調達支援は、もう依頼してあるか、支援の対象外です。'
    if asked_before and request.method != 'POST':
        flash(asked_before)
        return redirect(url_for('.show', id=id), code=303)
    number = records.next_number(cases)
    form = CaseForm(request.form if request.method == 'POST' else None, data={
        'case_no': number, 'fiscal_year': line.fiscal_year, 'department_code': line.department_id, 'title': line.title,
        'request_no': line.id, 'initial_cost': line.amount, 'yearly_cost': 0, 'years': 1,
        'new_technology': line.new_technology})
    for name in ('ordered_on', 'outcome'):
        del form[name]
    if records.accepted(form) and records.collect(form, [('request_no', asked_before)] if asked_before else []):
        row = Case()
        form.fill(row)
        if not allowed('cases.create', row):
            records.collect(form, [('department_code', '自分の所属の案件だけを登録できます。')])
        elif records.collect(form, records.refusals(cases, row, None, form, clock.now())):
            with records.act('supports.request', f'予算要求 {line.request_no} の調達支援の依頼') as writing:
                records.write(writing, cases, row, None, records.links_of(form), clock.today())
                support = Support(case=row, kind='budget', requested_on=clock.today())
                writing.save(support)
            flash('調達支援を依頼しました。情報政策の担当者が点検します。')
            return redirect(url_for('supports.show', id=support.id), code=303)
    return render_template('budget-requests/ask.html', noun=budget_requests, row=line, form=form,
                           sections=[('', form.cells())], button='依頼する',
                           crumbs=records.crumbs(budget_requests, (line.label, url_for('.show', id=id)),
                                                 ('調達支援の依頼', None))), 422 if form.errors else 200
