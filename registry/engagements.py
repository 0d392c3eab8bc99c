"""Pages of audits (監査): engagements, findings, corrective actions and the follow-up by someone else (監査事後確認)."""
from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_login import current_user
from peewee import fn

from audits import history
from forms.base import ReasonForm
from forms.engagements import ActionForm, EngagementForm, FindingForm, FollowUpForm
from models import CorrectiveAction, Engagement, Finding, Person, System
from models.engagements import ENGAGEMENT_KINDS, FINDING_CATEGORIES, FINDING_STATES, FOLLOW_UPS
from models.organisation import subtree
from models.rules import lifecycle

from . import clock, records, shown
from .nouns import Column, Filter, Noun
from .permits import allowed, permit, require

engagements_bp = Blueprint('engagements', __name__, url_prefix='/engagements')
findings_bp = Blueprint('findings', __name__, url_prefix='/findings')
actions_bp = Blueprint('actions', __name__, url_prefix='/actions')

engagements = Noun(
    name='engagements', title='監査', table=Engagement, form=EngagementForm, key=('engagement_no',), sort='-engagement_no',
    prefix='A-', importable=False, template='engagements/show.html', keeps=lambda row: kept_apart(row.findings),
    restorable=lambda row: kept_apart(row.findings),
    panels=lambda row: {'findings': records.panel(
        list(row.findings.where(Finding.live()).order_by(Finding.finding_no.desc()).limit(records.FEW))[::-1], 'findings',
        engagement=row.engagement_no), 'states': FINDING_STATES, 'categories': FINDING_CATEGORIES},
    columns=[Column('engagement_no', '監査番号', Engagement.engagement_no),
             Column('kind', '監査種別', Engagement.kind, shown.code(ENGAGEMENT_KINDS)),
             Column('theme', '監査テーマ', Engagement.theme),
             Column('department', '被監査部門', Engagement.department, shown.department),
             Column('held_on', '実施日', Engagement.held_on, shown.day),
             Column('reported_on', '報告日', Engagement.reported_on, shown.day)],
    filters=[Filter('kind', '監査種別', lambda: list(ENGAGEMENT_KINDS.items()), lambda v: Engagement.kind == v),
             Filter('department', '被監査部門', shown.department_options, lambda v: Engagement.department == shown.unit(v)),
             Filter('system', '対象システム', list, lambda v: Engagement.system == shown.id_of(System, 'system_no', v),
                    shown.label_by(System, 'system_no'))],
    hint='監査の計画・実施・報告と、指摘の是正を追います。')


#: what a move of a finding is called: (from, to), or to alone
MOVE_WORDS = {('open', 'planned'): '是正計画を提出する', ('planned', 'approved'): '是正計画を承認する', ('planned', 'open'): '是正計画を差し戻す',
              ('approved', 'correcting'): '是正を始める', ('correcting', 'reported'): '是正の完了を報告する',
              ('reported', 'closed'): '指摘を完了にする', ('reported', 'correcting'): '是正をやり直してもらう', 'accepted': 'リスク受容にする'}
#: states in which a finding asks for nothing more
DONE = ('closed', 'accepted')


def unfinished(value):
    """Return the condition that a finding still asks for something, or ('late') that a measure of it is overdue."""
    asks = Finding.state.not_in(DONE) & (Finding.category != 'good') & Finding.engagement.in_(
        Engagement.select(Engagement.id).where(Engagement.live()))
    if value != 'late':
        return asks
    return asks & Finding.id.in_(CorrectiveAction.select(CorrectiveAction.finding).where(
        CorrectiveAction.live(), CorrectiveAction.due_on < clock.today(), CorrectiveAction.done_on.is_null()))


def finding_tone(value):
    return {'closed': 'good', 'accepted': 'quiet', 'open': 'bad', 'reported': 'warn'}.get(value, '')


def facts(row):
    """Return what the finding's table of moves asks, as plain values."""
    actions = list(row.actions.where(CorrectiveAction.live()).order_by(CorrectiveAction.id)) if row.id else []
    # the first measure that something is missing of is what the finding waits for; with none such, the newest speaks for it
    action = next((a for name in ('done_on', 'evidence', 'result') for a in actions if not getattr(a, name)),
                  actions[-1] if actions else None)
    return {'measure': action and action.measure, 'due_on': action and action.due_on,
            'done_on': action and action.done_on, 'evidence': action and action.evidence,
            'owner_person': action and action.owner_id, 'follower_person': action and action.follower_id,
            'followed_on': action and action.followed_on,
            'result': action and action.result}


def uninvolved(finding, person):
    """Tell whether a person neither owns nor owned a measure of a finding, nor recorded one done or the finding reported.

    Voided measures and former addresses count too: who did the work is not who judges it, whatever their role is now.
    """
    addresses = {person.email, *(value for value in history.values_of([person], 'email') if value)}
    involved = {address for _, address in history.who_set([finding], {'state'}, 'reported')}
    actions = list(finding.actions)
    if person.id in {*(action.owner_id for action in actions), *history.values_of(actions, 'owner')}:
        return False
    involved |= {address for _, address in history.who_set(actions, {'done_on'})}
    return not addresses & involved


def may_follow(action):
    """Tell whether an action waits for its follow-up, or has one that a slip may still be corrected in: nothing rests on it yet."""
    return action.followed_on is None or action.finding.state == 'reported'


def free(finding):
    """Tell whether the person signed in may judge a finding: an auditor who had no hand in its correction."""
    return current_user.role == 'auditor' and uninvolved(finding, current_user)


def judged_apart(row, before, person):
    """Yield (field name, message) where who had a hand in a finding's correction changes the finding."""
    if before is not None and not uninvolved(before, person):
        yield '', lifecycle.INVOLVED


def kept_apart(findings):
    """Yield (field, message) where who had a hand in the correction of one of some findings would void them."""
    if not all(uninvolved(finding, current_user) for finding in findings):
        yield 'reason', lifecycle.INVOLVED


def finding_panels(row):
    moves = lifecycle.finding_moves(row.state, current_user.role) if allowed('findings.move', row) else []
    judges = free(row)
    known = facts(row) | {'reason': '（入力予定）', 'comment': '（入力予定）', 'uninvolved': judges}
    today = clock.today()
    actions = list(row.actions.where(CorrectiveAction.live()).order_by(CorrectiveAction.id))
    for action in actions:
        action.finding = row
    people = Person.select(Person.id, Person.name).where(Person.id.in_(
        [id for action in actions for id in (action.owner_id, action.follower_id) if id]))
    return {'names': dict(people.tuples()) if actions else {}, 'actions': actions, 'results': FOLLOW_UPS, 'states': FINDING_STATES,
            'moves': [(target, MOVE_WORDS.get((row.state, target)) or MOVE_WORDS[target],
                       lifecycle.finding_missing(target, known | {'state': row.state}))
                      for target in (m.target for m in moves)] if not row.voided_at else [],
            'overdue': {a.id for a in actions if a.due_on < today and a.done_on is None},
            'can_act': not row.voided_at and row.state not in DONE and allowed('actions.create', CorrectiveAction(finding=row)),
            'can_follow': {a.id for a in actions if allowed('actions.follow', a) and may_follow(a)
                           and a.done_on is not None and judges}}


#: the first day by which something of a finding's measures still has to be done
next_due = CorrectiveAction.select(fn.MIN(CorrectiveAction.due_on)).where(
    CorrectiveAction.finding == Finding.id, CorrectiveAction.live(), CorrectiveAction.done_on.is_null())

findings = Noun(
    name='findings', title='指摘', table=Finding, form=FindingForm, key=('finding_no',), sort='-finding_no', prefix='F-',
    explained=lambda row, before: f'この指摘は「{FINDING_STATES[before.state]}」です。' if before.state in DONE else '',
    separated=judged_apart, keeps=lambda row: kept_apart([row]), importable=False, panels=finding_panels, template='findings/show.html',
    joins=lambda query: query.join(Engagement),
    columns=[Column('finding_no', '指摘番号', Finding.finding_no), Column('engagement', '監査', Engagement.theme),
             Column('department', '被監査部門', Engagement.department, shown.department),
             Column('item', '監査項目', Finding.item),
             Column('category', '指摘区分', Finding.category, shown.code(FINDING_CATEGORIES)),
             Column('due_on', '是正の期限', next_due, shown.day),
             Column('state', '状態', Finding.state, shown.code(FINDING_STATES), tone=finding_tone)],
    filters=[Filter('open', '是正', lambda: [('1', '完了していない'), ('late', '期限を過ぎた')], unfinished),
             Filter('state', '状態', lambda: list(FINDING_STATES.items()), lambda v: Finding.state == v),
             Filter('category', '指摘区分', lambda: list(FINDING_CATEGORIES.items()), lambda v: Finding.category == v),
             Filter('engagement', '監査', list, lambda v: Finding.engagement == shown.id_of(Engagement, 'engagement_no', v),
                    shown.label_by(Engagement, 'engagement_no'))],
    hint='指摘は、是正のあと監査事後確認で「有効」となって完了します。')
records.register(engagements_bp, engagements)
records.register(findings_bp, findings)


@findings_bp.route('/<int:id>/move/<target>', methods=['GET', 'POST'])
@permit('findings.move')
def move(id, target):
    """Move a finding on by the table of §3.5; a refused move lists what is missing."""
    before = records.find(findings, id)
    require('findings.move', before)
    if target not in FINDING_STATES or before.voided_at:
        abort(404)
    possible = target in [m.target for m in lifecycle.finding_moves(before.state, current_user.role)]
    form = ReasonForm()
    if answer := records.moved_meanwhile(findings, before, form, FINDING_STATES[before.state], possible):
        return answer
    if not possible:
        abort(403)
    lacking = lifecycle.finding_missing(target, facts(before) | {'state': before.state, 'reason': '（入力予定）',
                                                                 'comment': '（入力予定）', 'uninvolved': free(before)})
    if form.validate_on_submit() and not lacking:
        row = records.twin(before)
        row.state = target
        if target == 'accepted':
            row.accepted_reason = form.reason.data
        with records.act('findings.move', form.reason.data) as writing:
            writing.save(row, before)
        flash(f'状態を「{FINDING_STATES[target]}」に変更しました。')
        return redirect(url_for('.show', id=id), code=303)
    return render_template('findings/move.html', noun=findings, row=before, form=form, lacking=lacking, source=FINDING_STATES[before.state],
                           words=MOVE_WORDS.get((before.state, target)) or MOVE_WORDS[target], target=FINDING_STATES[target],
                           crumbs=records.crumbs(findings, (before.label, url_for('.show', id=id)), ('状態の変更', None))
                           ), 422 if form.errors or (lacking and request.method == 'POST') else 200


@findings_bp.route('/<int:id>/actions/new', methods=['GET', 'POST'])
@permit('actions.create')
def new_action(id):
    """Record what will be done about a finding."""
    finding = records.find(findings, id)
    require('actions.create', finding)
    if finding.voided_at or finding.state in DONE:
        abort(403)
    return _action(finding, None)


@actions_bp.route('/<int:id>/edit', methods=['GET', 'POST'])
@permit('actions.edit')
def edit(id):
    """Edit a corrective action until it has been followed up."""
    action = CorrectiveAction.get_or_none(CorrectiveAction.id == id) or abort(404)
    require('actions.edit', action)
    if action.followed_on is not None or action.voided_at or action.finding.state in DONE:
        abort(403)
    return _action(action.finding, action)


def _action(finding, before):
    data = {field: before.__data__.get(attr) for field, attr in (
        ('measure', 'measure'), ('owner_email', 'owner'), ('due_on', 'due_on'), ('done_on', 'done_on'),
        ('evidence', 'evidence'))} if before else {'owner_email': current_user.id}
    form = ActionForm(data=data)
    owners = subtree(finding.engagement.department_id, clock.today())
    form.owner_email.among(lambda table: table.is_active & (table.department.in_(list(owners)) | (
        table.id == (before.owner_id if before else current_user.id))))
    settled = []
    if before is not None and finding.state not in ('open', 'planned'):
        for cell in (form.measure, form.owner_email, form.due_on):
            if cell.typed is not None and cell.data != before.__data__[cell.attr]:
                settled.append((cell.short_name, f'指摘が「{FINDING_STATES[finding.state]}」に進んだため、{cell.label.text}は変えられません。'))
            else:
                del form[cell.short_name]
    if records.accepted(form, before):
        row = records.twin(before) if before else CorrectiveAction(finding=finding)
        form.fill(row)
        if before is not None and request.form.get('revision') != str(before.revision):
            return records.conflict(form, row, before, url_for('findings.show', id=finding.id), records.crumbs(findings, ('競合', None)))
        wrong = settled + ([('done_on', '実施日に先の日は入れられません。')] if row.done_on and row.done_on > clock.today() else [])
        if row.owner.role == 'auditor' or not row.owner.is_active:
            wrong.append(('owner_email', '監査担当と、利用を止めた人は責任者になれません。'))
        if records.collect(form, wrong):
            with records.act('actions.edit' if before else 'actions.create', records.asked_why().data or '') as writing:
                writing.save(row, before)
            flash('是正措置を保存しました。')
            return redirect(url_for('findings.show', id=finding.id), code=303)
    return render_template('records/edit.html', noun=findings, form=form, row=before, sections=[('', form.cells())],
                           revision=request.form.get('revision') or (before and before.revision),
                           heading='是正措置', cancel=url_for('findings.show', id=finding.id),
                           crumbs=records.crumbs(findings, (finding.label, url_for('findings.show', id=finding.id)),
                                                 ('是正措置', None))), 422 if form.errors else 200


def kept(action):
    """Yield (field, message) of why a corrective action must stay."""
    finding = action.finding
    if finding.state in ('open', 'planned'):
        return
    others = finding.actions.where(CorrectiveAction.live(), CorrectiveAction.id != action.id)
    if current_user.role != 'it':
        yield 'reason', '計画が承認されたあとの是正措置は、所属からは取り消せません。情報政策の担当者に相談してください。'
    elif not others.exists():
        yield 'reason', '承認された計画に残るただ一つの是正措置は取り消せません。先に代わりの是正措置を記録してください。'


@actions_bp.route('/<int:id>/void', methods=['GET', 'POST'])
@permit('actions.void')
def void(id):
    """Void a corrective action entered by mistake; one that has been followed up stays."""
    action = CorrectiveAction.get_or_none(CorrectiveAction.id == id) or abort(404)
    require('actions.void', action)
    if action.followed_on is not None or action.voided_at or action.finding.state in DONE:
        abort(403)
    back = url_for('findings.show', id=action.finding_id)
    return records.voided(findings, action, 'actions.void', back, records.crumbs(
        findings, (action.finding.label, back), ('是正措置の取消', None)), lambda: kept(action), reusable=True)


@actions_bp.route('/<int:id>/follow-up', methods=['GET', 'POST'])
@permit('actions.follow')
def follow_up(id):
    """監査事後確認: by an auditor who is not the action's owner, once the action has been carried out."""
    before = CorrectiveAction.get_or_none(CorrectiveAction.id == id) or abort(404)
    require('actions.follow', before)
    if not free(before.finding) or before.done_on is None or not may_follow(before):
        abort(403)
    form = FollowUpForm(data={'result': before.result, 'followed_on': before.followed_on or clock.today(), 'result_note': before.result_note})
    meanwhile = form.is_submitted() and request.form.get('revision') != str(before.revision)
    if meanwhile:
        form.validate()
        records.collect(form, [('', '画面を開いたあとに、この是正措置が変更されました。上の内容を確かめてから、もう一度押してください。')])
    elif form.validate_on_submit():
        row = records.twin(before)
        form_values = {'result': form.result.data, 'followed_on': form.followed_on.data,
                       'result_note': form.result_note.data}
        wrong = []
        if row.done_on and form.followed_on.data < row.done_on:
            wrong.append(('followed_on', '事後確認日は是正の実施日以後にしてください。'))
        if form.followed_on.data > clock.today():
            wrong.append(('followed_on', '事後確認日に先の日は入れられません。'))
        if records.collect(form, wrong):
            for name, value in form_values.items():
                setattr(row, name, value)
            row.follower = current_user.id
            with records.act('actions.follow', form.result_note.data) as writing:
                writing.save(row, before)
            flash('監査事後確認を記録しました。')
            return redirect(url_for('findings.show', id=before.finding_id), code=303)
    return render_template('records/edit.html', noun=findings, form=form, row=None,
                           sections=[('確認したこと', [form.result, form.followed_on, form.result_note])], action=before, stamp=before.revision,
                           heading='監査事後確認', cancel=url_for('findings.show', id=before.finding_id),
                           crumbs=records.crumbs(findings, (before.finding.label,
                                                            url_for('findings.show', id=before.finding_id)),
                                                 ('監査事後確認', None))), 409 if meanwhile else 422 if form.errors else 200
