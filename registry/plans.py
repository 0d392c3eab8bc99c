"""Pages of execution plans (実行プラン) and their check-ins; one line of their file is one check-in."""
from flask import abort, flash, redirect, request, url_for
from peewee import SQL, fn

from audits import past, trail
from forms.fields import Code, Exact, Long, Many
from forms.plans import CheckInForm, PlanForm
from forms.viewer import UNLIMITED
from models import CheckIn, Plan
from models.figures.plans import FIRST_QUARTER
from models.plans import ASSESSMENTS, CAUSES, QUARTERS
from models.rules import calendar

from .core import clock
from .core.memo import head
from .core.permits import DESK, OWNED, kept_by, limit_of
from .records import display, entering, exporting, grids, listing, pages, saving
from .records.importing import Cells, Entry, Load
from .records.noun import Column, Due, Filter, Noun, Part, Tab
from .web.guard import allowed, permit, require, signed_in
from .web.submission import filled_form


class PlanFileForm(PlanForm):
    """A line of the plans' file: the plan's columns and its check-in's, 回 blank without a check-in."""

    quarter = Code('回', QUARTERS)
    assessment = Code('評価', ASSESSMENTS)
    achievement = Exact('達成率', min=0, max=1000, places=2)
    result = Long('実績')
    causes = Many('未達要因', CAUSES)


PLAN_CELLS = ('plan_no', 'fiscal_year', 'department_code', 'title', 'plan_class')


class PlanLoad(Load):
    """Reads a line as a plan and its check-in, found by プラン番号 and 回."""

    @staticmethod
    def file_form():
        """Return the form whose fields are the file's columns."""
        return PlanFileForm

    #: the lines of one plan share it; a ward has some hundred
    held = list

    def make_form(self):
        self.plans = {plan.plan_no: (plan, saving.copy_of(plan)) for plan in Plan.select()}
        self.check_ins = {(check.plan_id, check.quarter): check for check in CheckIn.select()}
        return PlanFileForm(viewer=display.Viewer(self.person, self.today))

    def _existing(self, keys):
        return {}

    def read_line(self, line, cells, key, existing, linked, seen):
        form = self.form
        values = {form._fields[name].name: cells[place] for place, name in self.columns}
        known = self.plans.get(key and key[0])
        if known and known[0].id is not None and self.person is not None and not allowed(
                'plans.edit', known[0], self.person):
            # nothing else is said of a plan that stands and is not theirs
            return self.refuse(line, [('plan_no', 'この記録を変更する権限がありません。')], values)
        form.process(Cells(values), data={'department_code': known[0].department_id} if known else {})
        wrong = form.all_errors(None)
        number = form.plan_no.data
        stood = known[0] if known and known[0].id is not None else None
        plan = known[1] if known else Plan()
        if stood is None and known is None:
            wrong += [*self.unsaid, *self.similar_numbers(number and (number,))]
        quarter = form._fields['quarter'].data if 'quarter' in form._fields else None
        assessment = form._fields.get('assessment')
        if quarter and (assessment is None or assessment.data is None and not assessment.errors):
            wrong.append(('assessment', '回があるときは、評価を入力してください。'))
        year = form.value_of('fiscal_year', known and known[0])
        if quarter and year and self.today < quarter_start(year, quarter):
            wrong.append(('quarter', too_early_text(year, quarter)))
        if not quarter and 'quarter' not in form.errors and any(
                form._fields[name].data for name in ('assessment', 'achievement', 'result', 'causes')
                if name in form._fields):
            wrong.append(('quarter', '評価や実績があるときは、回を入力してください。'))
        if not wrong:
            filled = saving.copy_of(plan)
            for name in PLAN_CELLS:
                if name in form._fields:
                    setattr(filled, form._fields[name].attr, form._fields[name].data)
            self.keep_stored_characters(filled, plan)
            if number in seen.setdefault('plans', {}) and trail.differences(filled, plan):
                wrong.append(('plan_no',
                              f'{seen["plans"][number]}行目と、同じプランの内容が食い違っています。'))
            if self.person is not None and not (
                    allowed('plans.create', filled, self.person)
                    and (stood is None or allowed('plans.edit', stood, self.person))):
                wrong.append(('plan_no', 'この記録を変更する権限がありません。'))
        same = seen.setdefault((number, quarter), line) if number else line
        twice = f'{same}行目と同じ番号・回です。どちらかを削除してください。'
        if wrong:
            return self.refuse(line, wrong if same == line else [*wrong, ('plan_no', twice)], values)
        if stood is not None and stood.voided_at:
            return Entry(line, 'conflict', stood.label, message='取消済みのプランと同じ番号です。')
        if same != line:
            return Entry(line, 'conflict', f'{number} {quarter or ""}', message=twice)
        first = number not in seen['plans']
        seen['plans'].setdefault(number, line)
        plan.__data__.update(filled.__data__)
        self.plans[number] = (stood or plan, plan)
        check, before = None, None
        if quarter:
            before = self.check_ins.get((stood.id, quarter)) if stood is not None else None
            if before is not None and before.voided_at is not None:
                return Entry(line, 'conflict', before.label,
                             message='取り消した進捗確認です。プランの画面から記録し直してください。')
            check = saving.copy_of(before) if before is not None else CheckIn()
            for name in ('quarter', 'assessment', 'achievement', 'result', 'causes'):
                if name in form._fields:
                    setattr(check, name, form._fields[name].data)
            self.keep_stored_characters(check, before)
        changes = [(form._fields[name].label.text, form._fields[name].text(old), form._fields[name].text(new))
                   for name, old, new in self._changes(form, plan, stood, check, before)]
        if stood is None and first or quarter and before is None:
            status = 'create'
        else:
            status = 'update' if changes else 'unchanged'
        entry = Entry(line, status, f'{number} {QUARTERS.get(quarter, "")}', [] if status == 'create'
                      else changes, check, before)
        entry.also = [(plan, stood if first else None)] if first else []
        entry.plan = plan
        return entry

    @staticmethod
    def _changes(form, plan, stood, check, before):
        found = []
        for new, old in ((plan, stood), (check, before)):
            if new is None or old is None or new is old:
                continue
            different = trail.differences(new, old)
            found += [(cell.short_name, old.__data__.get(cell.attr), new.__data__.get(cell.attr))
                      for cell in form.cells() if cell.attr in different]
        return found

    def revisions(self, entry):
        return [super().revisions(entry),
                *(before and [before.id, before.revision] for _, before in entry.also)]

    def written(self):
        return [(plan, stood, []) for entry in self.entries if entry.status in ('create', 'update')
                for plan, stood in entry.also]

    def write(self, writing, today):
        entries = [entry for entry in self.entries if entry.status in ('create', 'update')]
        plans = [pair for entry in entries for pair in entry.also]
        writing.insert([plan for plan, _ in plans if plan.id is None])
        for plan, stood in plans:
            if stood is not None and stood is not plan:
                writing.save(plan, stood)
        checked = [entry for entry in entries if entry.row is not None]
        for entry in checked:
            entry.row.plan = entry.plan.id
        writing.insert([entry.row for entry in checked if entry.before is None])
        known = [entry for entry in checked if entry.before is not None]
        for entry, label in zip(known, CheckIn.labels_of([entry.row for entry in known]), strict=True):
            writing.save(entry.row, entry.before, label)

    @staticmethod
    def export(noun, query, until=None, viewer=UNLIMITED):
        """Return (headers, rows) of the plans' file: a line per check-in, one for a plan without any.

        `until`: check-ins as recorded at that moment.
        """
        form = PlanFileForm(viewer=viewer)
        form.department_code.load_all()
        cells = form.cells()
        plans = list(query) if query is not None else list(Plan.select().where(Plan.live()).order_by(Plan.id))
        checks = {}
        stood = CheckIn.select().where(CheckIn.live()).order_by(
            CheckIn.plan, CheckIn.quarter) if until is None else sorted(
            (exporting.row_of(CheckIn, row) for row in past.rows_at(CheckIn, until).values()
             if row['voided_at'] is None),
            key=lambda check: (check.plan_id, check.quarter))
        for check in stood:
            checks.setdefault(check.plan_id, []).append(check)

        def rows():
            for plan in plans:
                for check in checks.get(plan.id, [None]):
                    data = {**(check.__data__ if check else {}), **plan.__data__}
                    yield [cell.text(data.get(cell.attr)) for cell in cells]
        return [cell.header for cell in cells], rows()


def assessment_tone(value):
    return {'on_track': 'good', 'behind': 'warn', 'late': 'bad'}.get(value, 'quiet')


def panels(plan):
    checks = list(plan.check_ins.where(CheckIn.live()).order_by(CheckIn.quarter))
    return {'checks': checks, 'quarters': QUARTERS, 'assessments': ASSESSMENTS,
            'causes': lambda text: '、'.join(
                CAUSES.get(code, code) for code in (text or '').split(';') if code),
            'can_void': not plan.voided_at and allowed('plans.void', plan),
            'can_check': not plan.voided_at and allowed('plans.edit', plan)}


#: the assessment of a plan's last check-in; '' before the first
latest = fn.COALESCE(CheckIn.select(CheckIn.assessment).where(
    CheckIn.plan == Plan.id, CheckIn.live()).order_by(CheckIn.quarter.desc()).limit(1), '')


def unchecked(quarter):
    """Return the condition that a plan has to be checked for a quarter and has not been since."""
    later = CheckIn.select(SQL('1')).where(CheckIn.plan == Plan.id, CheckIn.live(),
                                           CheckIn.quarter >= quarter)
    classes = [code for code, first in FIRST_QUARTER.items() if int(quarter[0]) % first == 0]
    return Plan.plan_class.in_(classes) & ~fn.EXISTS(later)


def check_in_due(quarter):
    """Return the Due of a quarter's check-in: in the quarter after it (S1: 1Qは7〜9月)."""
    def last_day(text):
        year, no = int(text), int(quarter[0])
        return calendar.quarter_end(year, no + 1) if no < 4 else calendar.quarter_end(year + 1, 1)
    return Due(quarter, f'{QUARTERS[quarter]}の進捗確認', days=92, on=lambda: Plan.fiscal_year, read=last_day,
               open=lambda: unchecked(quarter), at=f'/plans/{{id}}/check-ins/{quarter}')


noun = Noun(
    name='plans', title='実行プラン', table=Plan, form=PlanForm, key=('plan_no',), sort='plan_no',
    prefix='P-',
    permits=kept_by(OWNED, void=DESK), menu=('実行プラン',),
    panels=panels, template='plans/show.html', loader=PlanLoad, grid=True,
    columns=['plan_no', 'fiscal_year', 'department', 'title', 'plan_class',
             Column('latest', '最新の評価', latest, display.code({**ASSESSMENTS, '': '未確認'}),
                    tone=assessment_tone)],
    filters=['fiscal_year', 'department', 'plan_class',
             Filter('latest', '最新の評価', lambda: [*ASSESSMENTS.items(), ('none', '未確認')],
                    lambda v: latest == (v if v in ASSESSMENTS else ''))],
    due=tuple(map(check_in_due, QUARTERS)),
    tabs=(Tab('未確認', {'latest': 'none'}),),
    hint='四半期ごとに進捗を確認します。')
bp = pages.blueprint(noun)


def quarter_start(year, quarter):
    """Return the first day of a check-in's quarter."""
    return calendar.quarter_start(year, int(quarter[0]))


def too_early_text(year, quarter):
    return (f'{QUARTERS[quarter]}の進捗確認は、'
            f'{calendar.show_day(quarter_start(year, quarter))}から記録できます。')


def prepare_check_in(row, before, form, by, at):
    """Yield (field name, message) where a quarter has not begun."""
    if clock.today() < quarter_start(row.plan.fiscal_year, row.quarter):
        yield 'assessment', too_early_text(row.plan.fiscal_year, row.quarter)


check_ins = Part(name='check-ins', title='進捗確認', table=CheckIn, form=CheckInForm, parent='plan',
                 one_at_place=True, prepare=prepare_check_in,
                 permit_names={'create': 'plans.edit', 'edit': 'plans.edit', 'void': 'plans.void'},
                 act_kinds=dict.fromkeys(('create', 'edit', 'void'), 'plans.check-in'))


@bp.route('/<int:id>/check-ins/<quarter>', methods=['GET', 'POST'])
@permit('plans.edit')
def check_in(id, quarter):
    """Record how a plan stood at the end of a quarter (進捗確認)."""
    plan = pages.find(noun, id)
    require('plans.edit', plan)
    if quarter not in QUARTERS or plan.voided_at:
        abort(404)
    before = CheckIn.get_or_none(CheckIn.plan == plan, CheckIn.quarter == quarter, CheckIn.live())
    form = filled_form(CheckInForm, data=before.__data__ if before else {'quarter': quarter})
    del form.quarter
    heading, back = f'{QUARTERS[quarter]}の進捗確認', url_for('.show', id=id)

    def done(outcome):
        flash(f'{heading}を保存しました。')
        return redirect(back, code=303)
    return pages.handle_edit(check_ins, form, before, back=back, done=done, heading=heading,
                             place={'plan': plan.id, 'quarter': quarter},
                             voided_message='画面を開いたあとに、この進捗確認は取り消されました。'
                                            '改めて記録するときは、もう一度保存してください。',
                             crumbs=pages.crumbs(noun, (plan.label, back), (heading, None)))


@bp.route('/<int:id>/check-ins/<quarter>/void', methods=['GET', 'POST'])
@permit('plans.void')
def void_check_in(id, quarter):
    """Void a check-in entered by mistake; its quarter can be recorded again."""
    plan = pages.find(noun, id)
    require('plans.void', plan)
    row = CheckIn.get_or_none(CheckIn.plan == plan, CheckIn.quarter == quarter, CheckIn.live())
    if row is None or plan.voided_at:
        abort(404)
    back = url_for('.show', id=id)
    return pages.handle_void(check_ins, row, back,
                             pages.crumbs(noun, (plan.label, back), ('進捗確認の取消', None)), reusable=True)


#: what is entered of a check-in
ENTERED = tuple(map(grids.Column, ('assessment', 'achievement', 'result', 'causes')))


def quarter_to_check(today):
    """Return (fiscal year, quarter) whose check-ins are due on a day: those of the quarter before it."""
    year, now = calendar.fiscal_year(today), calendar.quarter(today)
    return (year - 1, '4Q') if now == 1 else (year, f'{now - 1}Q')


@bp.route('/enter', methods=['GET', 'POST'])
@permit('plans.edit')
def enter():
    """Enter the check-ins of a quarter for all plans one may edit, saved as one act."""
    opened = head().seq
    due_year, due = quarter_to_check(clock.today())
    year = listing.whole_number(request.args, 'fiscal_year', due_year)
    quarter = asked if (asked := request.args.get('quarter', '')) in QUARTERS else due
    form = PlanFileForm(viewer=display.Viewer(signed_in(), clock.today()))
    fields = [form._fields[column.name] for column in ENTERED]
    limit = limit_of(Plan, signed_in(), clock.today())
    plans = [plan for plan in Plan.select().where(
        Plan.live(), Plan.fiscal_year == year, *([] if limit is None else [limit])).order_by(Plan.plan_no)
        if allowed('plans.edit', plan)][:entering.MOST]
    checks = {check.plan_id: check for check in CheckIn.select().where(
        CheckIn.live(), CheckIn.quarter == quarter, CheckIn.plan.in_([plan.id for plan in plans]))}
    rows = [grids.Row(plan.label, url_for('.show', id=plan.id),
                      [grids.Cell(place) for place in range(len(fields))],
                      (plan.plan_no, QUARTERS[quarter]),
                      tuple(field.text(checks[plan.id].__data__[field.attr]) if plan.id in checks else ''
                            for field in fields)) for plan in plans]
    years = sorted({due_year, due_year + 1, year}, reverse=True)
    return grids.enter(grids.Grid(
        noun, f'{calendar.year_label(year)} {QUARTERS[quarter]}の進捗確認の入力', url_for('.index'),
        'プラン', [(field.label.text, '') for field in fields], ('plan_no', 'quarter'), ENTERED, rows, form,
        opened,
        chosen=[('fiscal_year', '年度', [(str(each), calendar.year_label(each)) for each in years],
                 str(year)),
                ('quarter', '回', list(QUARTERS.items()), quarter)],
        hint='評価のマスで 1 から順のキーを押すと入ります。ほかのマスはそのまま打ちます。'
             '表計算ソフトの範囲も貼り付けられます（Ctrl+Zで戻す）。'))
