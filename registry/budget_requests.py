"""Budget requests (予算要求), and asking for the procurement support of one."""
from flask import flash, redirect, request, url_for

from forms.budget_requests import BudgetRequestForm
from forms.procurement import CaseForm
from models import BudgetRequest, Case, Support

from .core.permits import DESK, OWNED, kept_by
from .procurement import approved_by_another, cases, check_examined_fields, supports
from .records import documents, links, numbers, pages
from .records.noun import Filter, Noun, Part, Tab
from .web.guard import allowed, permit, require
from .web.submission import filled_form


def request_panels(row):
    cases = list(row.cases.where(Case.live()).order_by(Case.case_no.desc()).limit(links.FEW))
    supports = {s.case_id: s for s in Support.select().where(
        Support.case.in_([case.id for case in cases] or [0]), Support.kind == 'budget', Support.live())}
    return {'cases': links.panel(cases, 'cases', request=row.request_no), 'supports': supports,
            'can_ask': not cases and row.it_cost and not row.exclusion_reason and not row.voided_at
            and allowed('cases.create', Case(department=row.department_id))}


budget_requests = Noun(
    name='budget-requests', title='予算要求', table=BudgetRequest, form=BudgetRequestForm,
    key=('request_no',),
    permits=kept_by(OWNED, void=DESK), menu=('調達支援',),
    sort='-requested_on', prefix='B-', prepare=check_examined_fields,
    panels=request_panels, own_panels=('cases',), template='budget_requests/show.html',
    separation=approved_by_another('exclusion_reason', 'excluded_by'),
    reserved={'exclusion_reason': '', 'excluded_by': '',
              'it_cost': '支援の対象から外すときは、担当者に相談してください。'},
    columns=['request_no', 'fiscal_year', 'requested_on', 'department', 'title', 'amount', 'it_cost'],
    filters=['fiscal_year', 'department',
             Filter('it_cost', options=lambda: [('1', 'IT経費'), ('0', 'IT経費でない')]),
             'nature',
             Filter('case', '支援', lambda: [('0', '案件のないIT要求'), ('1', '案件のある要求')], lambda v: (
                 BudgetRequest.id.in_(
                     Case.select(Case.request).where(Case.live(), Case.request.is_null(False)))
                 if v == '1' else
                 BudgetRequest.it_cost & BudgetRequest.id.not_in(
                     Case.select(Case.request).where(Case.live(), Case.request.is_null(False)))))],
    tabs=(Tab('今年度に要求', {'requested_on': 'this-year'}), Tab('案件のないIT要求', {'case': '0'})),
    hint='IT経費を含む要求が、予算要求調達支援の実施率の分母になります。')
requests_bp = pages.blueprint(budget_requests)


def support_request(line):
    """Return the Part by which a case and its 予算要求調達支援 are opened for a budget line, in one act."""
    def prepare(row, before, form, by, at):
        if not request_panels(line)['can_ask']:
            yield 'request_no', ASKED_BEFORE
        yield from check_examined_fields(row, before, form, by, at)
    return Part(name='cases', title='調達支援の依頼', table=Case, form=CaseForm, key=cases.key,
                prefix=cases.prefix, prepare=prepare,
                separation=cases.separation, reserved=cases.reserved,
                act_kinds={'create': 'supports.request'},
                after=lambda act, row, before, today: act.save(
                    Support(case=row, kind='budget', requested_on=today)))


ASKED_BEFORE = 'この予算要求の調達支援は、もう依頼してあるか、支援の対象外です。'


@requests_bp.route('/<int:id>/ask', methods=['GET', 'POST'])
@permit('cases.create')
def ask(id):
    """Ask for procurement support of a budget line: a case and its 予算要求調達支援, in one act."""
    line = pages.find(budget_requests, id)
    require('cases.create', line)
    back = url_for('.show', id=id)
    if request.method != 'POST' and not request_panels(line)['can_ask']:
        flash(ASKED_BEFORE)
        return redirect(back, code=303)
    form = filled_form(CaseForm, data={
        'case_no': numbers.next_number(cases), 'fiscal_year': line.fiscal_year,
        'department_code': line.department_id, 'title': line.title, 'request_no': line.id,
        'initial_cost': line.amount, 'yearly_cost': 0, 'years': 1, 'new_technology': line.new_technology})
    for name in ('ordered_on', 'outcome'):
        del form[name]

    def done(outcome):
        flash('調達支援を依頼しました。情報政策の担当者が点検します。')
        support = Support.get(Support.case == outcome.row, Support.kind == 'budget')
        return redirect(url_for('supports.show', id=support.id), code=303)
    return pages.handle_edit(support_request(line), form, None, back=back, done=done,
                        reason=f'予算要求 {line.request_no} の調達支援の依頼',
                        template='budget_requests/ask.html', row=line, button='依頼する',
                        file_field=documents.field_of(supports, label='見積書', kind='quote'),
                        hung_on=lambda case: Support.get(Support.case == case, Support.kind == 'budget'),
                        crumbs=pages.crumbs(budget_requests, (line.label, back), ('調達支援の依頼', None)))
