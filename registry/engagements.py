"""Pages of audits (監査): engagements, findings, corrective actions and follow-ups (監査事後確認)."""
from flask import Blueprint, abort, flash, redirect, url_for
from flask_login import current_user
from peewee import SQL, fn

from audits import history
from forms.base import ReasonForm
from forms.engagements import ActionForm, EngagementForm, FindingForm, FollowUpForm
from models import CorrectiveAction, Engagement, Finding, Person
from models.engagements import FINDING_CATEGORIES, FINDING_STATES, FOLLOW_UPS
from models.organisation import subtree
from models.rules import calendar, lifecycle

from .core import clock
from .core.permits import auditor, it, kept_by, own
from .records import display, links, pages, stages
from .records.noun import Column, Due, Filter, Flow, Noun, Part, Tab
from .web.guard import allowed, permit, require
from .web.submission import filled_form

actions_bp = Blueprint('actions', __name__, url_prefix='/actions')

engagements = Noun(
    name='engagements', title='監査', table=Engagement, form=EngagementForm, key=('engagement_no',),
    sort='-engagement_no',
    permits=kept_by((auditor,)), menu=('監査',),
    prefix='A-', importable=False, own_panels=('findings',), template='engagements/engagement.html',
    cannot_void=lambda row, by: refuse_void_by_involved(row.findings, by),
    cannot_restore=lambda row, by: refuse_void_by_involved(row.findings, by),
    panels=lambda row: {'findings': links.panel(
        list(row.findings.where(Finding.live()).order_by(Finding.finding_no.desc()).limit(links.FEW))[::-1],
        'findings',
        engagement=row.engagement_no), 'states': FINDING_STATES, 'categories': FINDING_CATEGORIES},
    columns=['engagement_no', 'kind', 'theme', 'department', 'held_on', 'reported_on'],
    filters=['kind', 'department', Filter('system', '対象システム')],
    due=(Due('planned_on', '監査の実施', open=Engagement.held_on.is_null, who=Engagement.auditor),
         Due('held_on', '監査の報告待ち', waits=True, open=Engagement.reported_on.is_null,
             who=Engagement.auditor)),
    tabs=(Tab('今年度に実施', {'held_on': 'this-year'}), Tab('報告待ち', {'blank': 'reported_on'})),
    hint='監査の計画・実施・報告と、指摘の是正を追います。')


#: what a move of a finding is called: (from, to), or to alone
MOVE_WORDS = {('open', 'planned'): '是正計画を提出する', ('planned', 'approved'): '是正計画を承認する',
              ('planned', 'open'): '是正計画を差し戻す',
              ('approved', 'correcting'): '是正を始める', ('correcting', 'reported'): '是正の完了を報告する',
              ('reported', 'closed'): '指摘を完了にする',
              ('reported', 'correcting'): '是正をやり直してもらう', 'accepted': 'リスク受容にする'}
#: the same of a move that was made
MOVES_TOLD = {('open', 'planned'): '是正計画を提出しました',
              ('planned', 'approved'): '是正計画を承認しました',
              ('planned', 'open'): '是正計画を差し戻しました',
              ('approved', 'correcting'): '是正を始めました',
              ('correcting', 'reported'): '是正の完了を報告しました',
              ('reported', 'closed'): '指摘を完了にしました',
              ('reported', 'correcting'): '是正のやり直しを求めました', 'accepted': 'リスク受容にしました'}
#: states in which a finding asks for nothing more
FINAL_STATES = ('closed', 'accepted')


def open_condition(value):
    """Return the condition that a finding is open or, for `late`, that one of its measures is overdue."""
    asks = Finding.state.not_in(FINAL_STATES) & (Finding.category != 'good') & Finding.engagement.in_(
        Engagement.select(Engagement.id).where(Engagement.live()))
    if value != 'late':
        return asks
    return asks & Finding.id.in_(CorrectiveAction.select(CorrectiveAction.finding).where(
        CorrectiveAction.live(), CorrectiveAction.due_on < clock.today(), CorrectiveAction.done_on.is_null()))


def measures_of_open_findings():
    """Return the condition that a measure belongs to a finding that is open."""
    return fn.EXISTS(Finding.select(SQL('1')).where(
        Finding.id == CorrectiveAction.finding, Finding.live(), open_condition('1')))


def finding_tone(value):
    return {'closed': 'good', 'accepted': 'quiet', 'open': 'bad', 'reported': 'warn'}.get(value, '')


def facts(row):
    """Return what the finding's table of moves asks, as plain values."""
    actions = list(row.actions.where(CorrectiveAction.live()).order_by(CorrectiveAction.id)) if row.id else []
    # the first measure that something is missing of is what the finding waits for; with none such, the
    # newest speaks for it
    action = next((a for name in ('done_on', 'evidence', 'result') for a in actions if not getattr(a, name)),
                  actions[-1] if actions else None)
    return {'measure': action and action.measure, 'due_on': action and action.due_on,
            'done_on': action and action.done_on, 'evidence': action and action.evidence,
            'owner_person': action and action.owner_id, 'follower_person': action and action.follower_id,
            'followed_on': action and action.followed_on,
            'result': action and action.result}


def is_uninvolved(finding, person):
    """Tell whether a person had no hand in the correction of a finding.

    Who owns or owned a measure, recorded one done or reported the finding had one.
    Voided measures and former addresses count too: who did the work is not who judges it, whatever their
    role is now.
    """
    addresses = {person.email, *(value for value in history.values_of([person], 'email') if value)}
    involved = {address for _, address in history.who_set([finding], {'state'}, 'reported')}
    actions = list(finding.actions)
    if person.id in {*(action.owner_id for action in actions), *history.values_of(actions, 'owner')}:
        return False
    involved |= {address for _, address in history.who_set(actions, {'done_on'})}
    return not addresses & involved


def may_follow(action):
    """Tell whether an action waits for its follow-up, or may have it corrected: its finding is not closed."""
    return action.followed_on is None or action.finding.state == 'reported'


def may_judge(finding, person):
    """Tell whether a person may judge a finding: an auditor who had no hand in its correction."""
    return person.role == 'auditor' and is_uninvolved(finding, person)


def refuse_change_by_involved(row, before, by):
    """Yield (field name, message) where who had a hand in a finding's correction changes the finding."""
    if before is not None and not is_uninvolved(before, by):
        yield '', lifecycle.INVOLVED


def refuse_void_by_involved(findings, by):
    """Yield (field, message) where someone would void findings in whose correction they had a hand."""
    if by is not None and not all(is_uninvolved(finding, by) for finding in findings):
        yield 'reason', lifecycle.INVOLVED


def finding_panels(row):
    moves = lifecycle.finding_moves(row.state, current_user.role) if allowed('findings.move', row) else []
    judges = may_judge(row, current_user)
    known = facts(row) | {'reason': '（入力予定）', 'comment': '（入力予定）', 'uninvolved': judges}
    today = clock.today()
    actions = list(row.actions.where(CorrectiveAction.live()).order_by(CorrectiveAction.id))
    for action in actions:
        action.finding = row
    people = Person.select(Person.id, Person.name).where(Person.id.in_(
        [id for action in actions for id in (action.owner_id, action.follower_id) if id]))
    return {'names': dict(people.tuples()) if actions else {}, 'actions': actions, 'results': FOLLOW_UPS,
            'next': next((action for action in actions if action.done_on is None), None),
            'states': FINDING_STATES,
            'moves': [(move.target, MOVE_WORDS.get((row.state, move.target)) or MOVE_WORDS[move.target],
                       [(*each, None) for each in lifecycle.unmet(move, known)])
                      for move in moves] if not row.voided_at else [],
            'overdue': {a.id for a in actions if a.due_on < today and a.done_on is None},
            'can_act': not row.voided_at and row.state not in FINAL_STATES
            and allowed('actions.create', CorrectiveAction(finding=row)),
            'can_follow': {a.id for a in actions if allowed('actions.follow', a) and may_follow(a)
                           and a.done_on is not None and judges}}


#: the first day by which something of a finding's measures still has to be done
next_due = CorrectiveAction.select(fn.MIN(CorrectiveAction.due_on)).where(
    CorrectiveAction.finding == Finding.id, CorrectiveAction.live(), CorrectiveAction.done_on.is_null())

def move_words(source, target):
    return MOVE_WORDS.get((source, target)) or MOVE_WORDS[target]


def accept(row, before, form, by, at):
    """The reason of an accepted risk stays on the finding."""
    if row.state == 'accepted':
        row.accepted_reason = form.reason.data
    return ()


def finding_lacking(row, move, form, by):
    """Return what a move of a finding lacks; its reason the form itself demands."""
    known = facts(row) | {'reason': '（入力予定）', 'uninvolved': may_judge(row, by)}
    return [(need, sentence, None) for need, sentence in lifecycle.unmet(move, known)]


finding_flow = Flow(
    line=('open', 'planned', 'approved', 'correcting', 'reported', 'closed'),
    told=lambda source, target: MOVES_TOLD.get((source, target)) or MOVES_TOLD.get(target),
    documents={'planned': ('是正計画書', 'plan'), 'reported': ('是正の証跡', 'report')},
    states=FINDING_STATES, moves=lifecycle.finding_moves,
    form=lambda row, target, **asked: ReasonForm(**asked), prepare=accept,
    lacking=finding_lacking, heading=move_words, button=move_words)

findings = Noun(
    name='findings', title='指摘', table=Finding, form=FindingForm, key=('finding_no',), sort='-finding_no',
    prefix='F-',
    permits=kept_by((auditor,), move=(auditor, it, own), attach=(auditor, it, own)), menu=('監査',),
    reason_required=lambda row, before, form: (
        f'この指摘は「{FINDING_STATES[before.state]}」です。' if before.state in FINAL_STATES else ''),
    separation=refuse_change_by_involved, cannot_void=lambda row, by: refuse_void_by_involved([row], by),
    flow=finding_flow, importable=False, panels=finding_panels, template='engagements/finding.html',
    headline=('engagement_no', 'category',
              ('是正の期限', lambda row, panels: panels['next'] and calendar.show_day(panels['next'].due_on)),
              ('是正の責任者', lambda row, panels: panels['next']
               and panels['names'][panels['next'].owner_id])),
    joins=lambda query: query.join(Engagement),
    columns=['finding_no', Column('engagement', '監査', Engagement.theme),
             Column('department', '被監査部門', Engagement.department, display.department),
             'item', 'category',
             Column('due_on', '是正の期限', next_due, display.day),
             Column('state', '状態', show=display.code(FINDING_STATES), tone=finding_tone)],
    filters=[Filter('open', '是正', lambda: [('1', '完了していない'), ('late', '期限を過ぎた')],
                    open_condition),
             Filter('state', '状態', lambda: list(FINDING_STATES.items()), lambda v: Finding.state == v),
             'category', Filter('engagement', '監査')],
    tabs=(Tab('完了していない', {'open': '1'}), Tab('期限切れ', {'open': 'late'})),
    hint='指摘は、是正のあと監査事後確認で「有効」となって完了します。')
engagements_bp = pages.blueprint(engagements)
findings_bp = pages.blueprint(findings)


def action_owners(form, finding, before):
    """Let a measure's owner be chosen among the people of the audited unit, beside who enters it."""
    units = list(subtree(finding.engagement.department_id, clock.today()))
    form.owner_email.restrict(lambda table: table.is_active & (table.department.in_(units) | (
        table.id == (before.owner_id if before else current_user.id))))


def settled_with_plan(finding, before):
    """Tell whether what a measure is, who owns it and by when was approved with the plan and stands."""
    return before is not None and finding.state not in ('open', 'planned')


def prepare_action(row, before, form, by, at):
    """Yield (field name, message) where an action changes what was approved, or its day or owner is wrong."""
    finding = row.finding
    if settled_with_plan(finding, before):
        for cell in form.cells():
            if cell.attr in APPROVED and cell.data != before.__data__[cell.attr]:
                yield cell.short_name, (f'指摘が「{FINDING_STATES[finding.state]}」に進んだため、'
                                        f'{cell.label.text}は変えられません。')
    if row.done_on and row.done_on > clock.today():
        yield 'done_on', '実施日に先の日は入れられません。'
    owner = row.owner_id and row.owner
    if owner and (owner.role == 'auditor' or not owner.is_active):
        yield 'owner_email', '監査担当と、利用を止めた人は責任者になれません。'


def refuse_action_void(action, by):
    """Yield (field, message) of why a corrective action must stay."""
    finding = action.finding
    if finding.state in ('open', 'planned'):
        return
    others = finding.actions.where(CorrectiveAction.live(), CorrectiveAction.id != action.id)
    if by is not None and by.role != 'it':
        yield 'reason', ('計画が承認されたあとの是正措置は、所属からは取り消せません。'
                         '情報政策の担当者に相談してください。')
    elif not others.exists():
        yield 'reason', ('承認された計画に残るただ一つの是正措置は取り消せません。'
                         '先に代わりの是正措置を記録してください。')


def prepare_follow_up(row, before, form, by, at):
    """Note who follows up; yield (field name, message) of a day before the measure or in the future."""
    if row.followed_on and row.done_on and row.followed_on < row.done_on:
        yield 'followed_on', '事後確認日は是正の実施日以後にしてください。'
    if row.followed_on and row.followed_on > clock.today():
        yield 'followed_on', '事後確認日に先の日は入れられません。'
    row.follower = by.id


#: what of a measure is approved with the plan
APPROVED = ('measure', 'owner', 'due_on')
actions = Part(name='actions', title='是正措置', table=CorrectiveAction, form=ActionForm,
               prepare=prepare_action, cannot_void=refuse_action_void,
               due=(Due('due_on', '指摘の是正', record='finding', who=Person.name,
                        roles=('it', 'department', 'head', 'auditor'),
                        open=lambda: CorrectiveAction.done_on.is_null() & measures_of_open_findings(),
                        joins=lambda query: query.join_from(
                            CorrectiveAction, Person, on=CorrectiveAction.owner == Person.id)),))
follow_ups = Part(name='actions', title='監査事後確認', table=CorrectiveAction, form=FollowUpForm,
                  prepare=prepare_follow_up,
                  reason_in='result_note', permit_names={'edit': 'actions.follow'},
                  act_kinds={'edit': 'actions.follow'},
                  due=(Due('done_on', '監査事後確認待ち', record='finding', waits=True,
                           open=lambda: (CorrectiveAction.followed_on.is_null()
                                         & measures_of_open_findings())),))


@findings_bp.route('/<int:id>/actions/new', methods=['GET', 'POST'])
@permit('actions.create')
def new_action(id):
    """Record what will be done about a finding."""
    finding = pages.find(findings, id)
    require('actions.create', finding)
    if finding.voided_at or finding.state in FINAL_STATES:
        abort(403)
    return edited(finding, None)


@actions_bp.route('/<int:id>/edit', methods=['GET', 'POST'])
@permit('actions.edit')
def edit(id):
    """Edit a corrective action until it has been followed up."""
    action = CorrectiveAction.get_or_none(CorrectiveAction.id == id) or abort(404)
    require('actions.edit', action)
    if action.followed_on is not None or action.voided_at or action.finding.state in FINAL_STATES:
        abort(403)
    return edited(action.finding, action)


def edited(finding, before):
    """Handle the form of a measure; return a response."""
    form = filled_form(ActionForm, data={cell.short_name: before.__data__.get(cell.attr)
                                         for cell in actions.blank.cells()} if before
                       else {'owner_email': current_user.id})
    action_owners(form, finding, before)
    if settled_with_plan(finding, before):
        for cell in form.cells():
            if cell.attr in APPROVED and (cell.typed is None or cell.data == before.__data__[cell.attr]):
                del form[cell.short_name]
    back = url_for('findings.show', id=finding.id)

    def done(outcome):
        flash('是正措置を保存しました。')
        return redirect(back, code=303)
    return pages.handle_edit(actions, form, before, back=back, done=done, place={'finding': finding.id},
                             heading='是正措置',
                             crumbs=pages.crumbs(findings, (finding.label, back), ('是正措置', None)))


@actions_bp.route('/<int:id>/void', methods=['GET', 'POST'])
@permit('actions.void')
def void(id):
    """Void a corrective action entered by mistake; one that has been followed up stays."""
    action = CorrectiveAction.get_or_none(CorrectiveAction.id == id) or abort(404)
    require('actions.void', action)
    if action.followed_on is not None or action.voided_at or action.finding.state in FINAL_STATES:
        abort(403)
    back = url_for('findings.show', id=action.finding_id)
    return pages.handle_void(actions, action, back, pages.crumbs(
        findings, (action.finding.label, back), ('是正措置の取消', None)), reusable=True)


@actions_bp.route('/<int:id>/follow-up', methods=['GET', 'POST'])
@permit('actions.follow')
def follow_up(id):
    """監査事後確認: by an auditor who is not the action's owner, once the action has been carried out."""
    before = CorrectiveAction.get_or_none(CorrectiveAction.id == id) or abort(404)
    require('actions.follow', before)
    if not may_judge(before.finding, current_user) or before.done_on is None or not may_follow(before):
        abort(403)
    form = filled_form(FollowUpForm, data={'result': before.result, 'followed_on': before.followed_on
                                           or clock.today(), 'result_note': before.result_note})
    back = url_for('findings.show', id=before.finding_id)

    def done(outcome):
        flash('監査事後確認を記録しました。')
        return redirect(back, code=303)
    return pages.handle_edit(follow_ups, form, before, back=back, done=done, heading='監査事後確認', row=None,
                             action=before, stamp=before.revision,
                             conflict_message='画面を開いたあとに、この是正措置が変更されました。'
                                              '上の内容を確かめてから、もう一度押してください。',
                             sections=[stages.Section('確認したこと', form.cells())],
                             crumbs=pages.crumbs(findings, (before.finding.label, back),
                                                 ('監査事後確認', None)))
