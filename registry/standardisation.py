"""Pages of the standardisation (標準化): businesses, the 業務 × ステップ grid, and each step's progress."""
from itertools import groupby

from flask import render_template, request, url_for

from forms.standardisation import BusinessForm, StepFileForm, StepForm, StepItemForm, StepMasterForm
from models import Business, Indicator, IndicatorBusiness, Step, StepMaster, StepMove, StepProgress
from models.figures import figure
from models.rules import calendar, ratings
from models.rules import steps as rules
from models.standardisation import STEP_STATES, day_in_words, master_on, move_histories, new_moves, states_on
from models.statements import rows_of

from .core import clock
from .core.memo import cached, head
from .core.permits import DESK, READ_ALL, kept_by
from .records import display, grids, pages
from .records.importing import Load
from .records.noun import Column, Due, Filter, Noun, Tab
from .web.guard import permit


def business_panels(business):
    today = clock.today()
    progress = list(StepProgress.select(StepProgress, Step).join(Step)
                    .where(StepProgress.business == business, StepProgress.live()).order_by(Step.no))
    return {'progress': progress, 'states': STEP_STATES, 'today': today}


def refuse_counted_business(business, by):
    """Yield why a business stays that an indicator counts: without it the indicator would count nothing."""
    for link in IndicatorBusiness.select(IndicatorBusiness, Indicator).join(Indicator).where(
            IndicatorBusiness.business == business, IndicatorBusiness.live(), Indicator.live()).limit(1):
        parent = link.indicator.initiative
        yield 'reason', (f'{calendar.year_label(parent.strategy.fiscal_year)}の重点取組{parent.no} '
                         f'指標{link.indicator.no}の対象業務です。'
                         '先に、指標の対象業務を変えてください。')


businesses = Noun(
    name='businesses', title='標準化対象業務', table=Business, form=BusinessForm, key=('code',), sort='code',
    permits=kept_by(DESK, READ_ALL), menu=('標準化', '対象業務'),
    panels=business_panels, own_panels=('steps',), template='standardisation/business.html',
    cannot_void=refuse_counted_business,
    columns=['code', 'name',
             Column('applicable', show=lambda v: '適用' if v else '適用しない'),
             'planned_cutover_on', 'cutover_on'],
    filters=[Filter('applicable', options=lambda: [('1', '適用する業務'), ('0', '適用しない業務')]),
             Filter('system', '対象システム')],
    due=(Due('planned_cutover_on', '標準化の本番切替', days=180,
             open=lambda: Business.applicable & Business.cutover_on.is_null()),),
    tabs=(Tab('適用する業務', {'applicable': '1'}),
          Tab('今年度に切替予定', {'planned_cutover_on': 'this-year'})),
    hint='国の標準化対象20業務のうち、適用する業務がステップ完了率の分母になります。')


def prepare_step(form):
    if 'step_no' in form._fields:
        # a step that stands keeps to its own step master, whichever is in force now
        stands = form.step_no.object_data
        today = clock.today()
        form.step_no.use_master(
            cached(('step master', today), lambda: master_on(today)) if stands is None
            else Step.get_by_id(getattr(stands, 'id', stands)).master)
        # what was typed was read before its step master was known
        form.step_no.reread()


def record_moves(act, row, before, today):
    """Add to the step's history what this save means, so that the rate of any past day can be recomputed."""
    if (given := getattr(row, 'history', None)) is not None:
        replace_history(act, row, given)
        return
    moves = new_moves(row, before, today)
    if before is not None and moves:
        # what is said last holds from its day on: a month's 作業中, recorded on a later day than the work
        # was done, does not
        overtaken = StepMove.on_day > moves[-1][1]
        if before.status == 'done' == row.status:
            overtaken |= (StepMove.status == 'done') & (StepMove.on_day == before.done_on)
        for old in StepMove.select().where(StepMove.progress == row, StepMove.live(), overtaken):
            act.void(old, 'あとから記録した状態による訂正')
    act.defer([StepMove(progress=row.id, status=status, on_day=day) for status, day in moves])


def replace_history(act, row, given):
    """Make [(state, day)] the history of a step, as a file gives it; what stands of it already stays."""
    stands = list(StepMove.select().where(StepMove.progress == row.id,
                                          StepMove.live()).order_by(StepMove.on_day, StepMove.id))
    same = 0
    for move, told in zip(stands, given, strict=False):
        if (move.status, move.on_day) != told:
            break
        same += 1
    for move in stands[same:]:
        act.void(move, '取り込んだ経過による訂正')
    act.insert([StepMove(progress=row.id, status=status, on_day=day) for status, day in given[same:]])


def prepare_progress(row, before, form, by, at):
    """Keep the first planned day when the plan is moved; refuse a history that tells of days to come."""
    if before is not None and row.planned_on != before.planned_on and row.baseline_on is None:
        row.baseline_on = before.planned_on
    history = form._fields.get('history')
    if history is not None and any(day > clock.today() for _, day in history.data or ()):
        yield 'history', '経過に先の日は入れられません。'


class StepLoad(Load):
    """Reads a line as a step's progress, with the history by which past days are counted."""

    @staticmethod
    def file_form():
        """Return the form whose fields are the file's columns."""
        return StepFileForm

    def _existing(self, keys):
        found = super()._existing(keys)
        self.moves = move_histories([row.id for row in found.values()]) if found else {}
        return found

    def entry(self, line, row, before, form, linked):
        """Return the Entry of a good line; another history alone is a change too."""
        found, cell = super().entry(line, row, before, form, linked), form._fields.get('history')
        if before is not None and cell is not None and cell.data is not None:
            stands = self.moves.get(before.id, [])
            if cell.data != stands:
                found.status = 'update'
                found.changes = [*found.changes, (cell.label.text, cell.text(stands), cell.text(cell.data))]
        return found


def step_panels(row):
    return {'moves': list(row.moves.where(StepMove.live()).order_by(StepMove.on_day, StepMove.id)),
            'states': STEP_STATES, 'day_in_words': day_in_words}


SYMBOLS = {'done': '●', 'doing': '◐', 'todo': '－', 'excluded': '外'}
TONES = {'done': 'good', 'doing': 'warn', 'excluded': 'quiet'}


def progress_tone(value):
    return TONES.get(value, '')


def in_force(day):
    """Return the condition that a step is one of the step master in force on a day."""
    return StepProgress.step.in_(Step.select(Step.id).where(Step.master == master_on(day)))


def planned_steps():
    """Return the condition that a step of an applicable business is not done and counts today."""
    return StepProgress.status.in_(['todo', 'doing']) & in_force(clock.today()) & StepProgress.business.in_(
        Business.select(Business.id).where(Business.live(), Business.applicable))


steps = Noun(
    name='steps', title='ステップ進捗', table=StepProgress, form=StepForm, key=('business_code', 'step_no'),
    permits=kept_by(DESK, READ_ALL), menu=('標準化',),
    sort='business', new_form=prepare_step, prepare=prepare_progress, after=record_moves, loader=StepLoad,
    panels=step_panels, template='standardisation/step.html', grid=True,
    # a step is called by its number in the step master in force
    scope=in_force,
    joins=lambda query: query.join(Step).switch(StepProgress).join(Business),
    columns=[Column('business', '業務', Business.name, by=Business.code),
             Column('no', 'ステップ', Step.no, display.number),
             Column('name', 'ステップ名', Step.name),
             Column('status', tone=progress_tone),
             'started_on', 'done_on', 'planned_on'],
    filters=[Filter('business', '業務', display.table_options(Business, 'code', 'name'),
                    lambda v: StepProgress.business == display.id_of(Business, 'code', v)),
             'status'],
    due=(Due('planned_on', '標準化ステップの完了', open=planned_steps),),
    tabs=(Tab('作業中', {'status': 'doing'}),
          Tab('予定を過ぎた作業', {'status': 'doing', 'planned_on': 'past'})),
    hint='適用中の手順書版のステップの状態です。完了済みと対象外が、国の定義の完了率に入ります。')
def is_counted_by_another(but):
    """Tell whether figures of past days are counted by another step master than `but` (an id)."""
    return StepProgress.select().join(Step).join(StepMaster).where(
        StepProgress.live(), Step.live(), StepMaster.live(), StepMaster.id != (but or 0)).exists()


def is_filled(master):
    return Step.select().where(Step.master == master, Step.live()).exists()


def prepare_master(row, before, form, by, at):
    """Refuse to change which step master counts past days: published figures would change."""
    days = [row.valid_from, before.valid_from if before is not None and is_filled(before) else None]
    past = [day for day in days if day is not None and day < clock.today()]
    if past and (before is None or row.valid_from != before.valid_from) and is_counted_by_another(row.id):
        yield 'valid_from', ('過ぎた日からの適用にはできません。ほかの手順書版の進捗で数えた、'
                             'その日以後のステップ完了率が変わってしまいます。'
                             f'きょう（{clock.today().isoformat()}）以後の日にしてください。')


def prepare_item(row, before, form, by, at):
    """Refuse the first step of a step master in force: it would start to count, with no progress."""
    if before is not None or row.master_id is None:
        return
    (valid_from,) = form.version.columns_of(row.master_id, 'valid_from')
    if valid_from < clock.today():
        yield from refuse_first_steps(StepMaster.by_id(row.master_id))


def refuse_first_steps(master):
    """Yield (field name, message) where a step master of a day that has passed gets its first step."""
    if master.valid_from < clock.today() and not is_filled(master) and is_counted_by_another(master.id):
        yield 'version', (f'手順書版「{master.version}」の適用開始日（{master.valid_from.isoformat()}）'
                          'が過ぎています。ステップを入れると、その日からの'
                          '完了率がこの版で数え直されてしまいます。'
                          '先に、手順書版の適用開始日をきょう以後の日に変えてください。')


masters = Noun(
    name='step-masters', title='手順書版', table=StepMaster, form=StepMasterForm, key=('version',),
    sort='-valid_from', prepare=prepare_master,
    permits=kept_by(DESK, READ_ALL), menu=('設定',),
    cannot_restore=lambda row, by: prepare_master(row, None, None, by, None),
    columns=['version', 'valid_from', 'note'],
    hint='ステップの一覧の版です。版を登録してから、その版のステップを取り込みます。'
         '前の版の完了率は変わりません。')
items = Noun(
    name='step-items', title='手順書のステップ', one='ステップ', table=Step, form=StepItemForm,
    key=('version', 'no'), sort='no', prepare=prepare_item,
    permits=kept_by(DESK, READ_ALL), menu=('設定',),
    cannot_restore=lambda row, by: refuse_first_steps(row.master),
    joins=lambda query: query.join(StepMaster),
    columns=['no', Column('version', '手順書版', StepMaster.version),
             'phase', 'name', 'verified', 'source'],
    filters=[Filter('master', options=display.table_options(StepMaster, 'version'),
                    where=lambda v: Step.master == display.id_of(StepMaster, 'version', v))],
    hint='40ステップの名称の多くは復元したものです（要確認）。正式な一覧を新しい版として取り込めます。')
masters_bp = pages.blueprint(masters)
items_bp = pages.blueprint(items)
businesses_bp = pages.blueprint(businesses)
steps_bp = pages.blueprint(steps)

#: what is entered of a step, its state first
ENTERED = (grids.Column('status', fill={'doing': 'started_on', 'done': 'done_on'},
                        symbols={code: (symbol, TONES.get(code, '')) for code, symbol in SYMBOLS.items()}),
           *map(grids.Column, ('started_on', 'done_on', 'planned_on', 'reason')))


@steps_bp.get('/grid')
@permit('steps.read')
def grid():
    """Show every business × step as of any day, as a picture and as its table."""
    from .figures import charts
    try:
        as_of = calendar.parse_day(request.args['as_of']) if request.args.get('as_of') else clock.today()
        problem = ''
        if as_of > clock.today():
            raise ValueError('基準日に先の日は指定できません。')
    except ValueError as error:
        as_of, problem = clock.today(), str(error)
    master = master_on(as_of)
    all_steps = list(Step.select().where(Step.master == master,
                                         Step.live()).order_by(Step.no)) if master else []
    states = states_on(as_of, master) if master else {}
    rows = list(Business.select().where(Business.live()).order_by(Business.applicable.desc(), Business.code))
    table = []
    for business in rows:
        cells = [states.get((business.id, step.no), 'todo') for step in all_steps]
        counted = sum(state in ('done', 'excluded') for state in cells)
        table.append((business, cells, counted))
    year = calendar.fiscal_year(as_of)
    figures = [figure(name, year, as_of) for name in ('steps.official', 'steps.strict', 'cutovers.rate')]
    applicable = [(b, cells, n) for b, cells, n in table if b.applicable]
    picture = charts.svg(charts.grid(
        f'業務ごとのステップの状態（{as_of}）', [b.name for b, _, _ in applicable],
        [str(s.no) for s in all_steps], [cells for _, cells, _ in applicable]),
        'ステップの状態', '同じ内容を下の表に示します。') if applicable else ''
    return render_template('standardisation/grid.html', as_of=as_of, master=master, all_steps=all_steps,
                           table=table, figures=figures, rate_text=ratings.rate_text, states=STEP_STATES,
                           symbols=SYMBOLS, picture=picture, problem=problem, year=year, crumbs=[
                               ('ホーム', url_for('board.index')), ('ステップ進捗', url_for('.index')),
                               ('業務×ステップ', None)])


#: what a step holds of which nothing is recorded
NOT_BEGUN = (STEP_STATES['todo'], *[''] * (len(ENTERED) - 1))


def phases_of(all_steps):
    """Return [(phase, its steps)] of steps in their order."""
    return [(phase, list(found)) for phase, found in groupby(all_steps, key=lambda step: step.phase)]


def cell_of(business, step, row, texts, today):
    """Return the grid's cell of a step of a business; `row` is what is recorded of it, or None.

    `texts` are [(column, function that tells its value)] of what is entered.
    """
    keys, said = (business.code, str(step.no)), f'{step.no} {step.name}'
    if row is None:
        return grids.Cell(0, keys, NOT_BEGUN, said)
    # a grid has hundreds of cells: the values as they were read, not through the fields of the row
    held = row.__data__
    planned, days = held['planned_on'], 0
    if planned:
        days = rules.days_late(held['status'], planned, today)
        said += f'・予定 {planned}{f"（{days}日遅れ）" if days else ""}'
        if moved := rules.days_moved(held['baseline_on'], planned):
            said += f'・当初は {held["baseline_on"]}（{abs(moved)}日{"あと" if moved > 0 else "まえ"}に変更）'
    return grids.Cell(0, keys, tuple([text(held[column]) for column, text in texts]), said, days > 0)


def grid_of(today, unfolded):
    """Return (heads, rows, names of the phases that are folded) of the grid of steps as of today.

    Phases that every business has done are folded, unless `unfolded`.
    """
    master = master_on(today)
    all_steps = list(Step.select().where(Step.master == master, Step.live()).order_by(Step.no)
                     ) if master else []
    counted = list(Business.select().where(Business.live(), Business.applicable).order_by(Business.code)
                   ) if all_steps else []
    recorded = {(row.business_id, row.step_id): row for row in rows_of(StepProgress.select().where(
        StepProgress.live(), StepProgress.step.in_([step.id for step in all_steps])))}
    texts = [(cell.attr, cell.text) for cell in (steps.blank._fields[column.name] for column in ENTERED)]

    def finished(found):
        rows = [recorded.get((business.id, step.id)) for business in counted for step in found]
        return all(row is not None and row.status in ('done', 'excluded') for row in rows)
    phases = [(phase, found, not unfolded and finished(found)) for phase, found in phases_of(all_steps)]
    if all(folded for *_, folded in phases):
        phases = [(phase, found, False) for phase, found, _ in phases]
    heads = [head for phase, found, folded in phases for head in (
        [(f'{found[0].no}–{found[-1].no} 済', phase)] if folded
        else [(str(step.no), step.name) for step in found])]
    rows = [grids.Row(business.name, f'{businesses.address}{business.id}', [
        cell for _, found, folded in phases for cell in ([grids.FOLDED] if folded else [
            cell_of(business, step, recorded.get((business.id, step.id)), texts, today) for step in found])])
        for business in counted]
    return heads, rows, [phase for phase, _, folded in phases if folded]


@steps_bp.route('/enter', methods=['GET', 'POST'])
@permit('steps.edit')
def enter():
    """Enter the steps of all applicable businesses in one grid, saved as one act."""
    opened, today, unfolded = head().seq, clock.today(), request.args.get('phases') == 'all'
    heads, rows, folded = cached(('grid of steps', today, unfolded), lambda: grid_of(today, unfolded))
    return grids.enter(grids.Grid(
        steps, 'ステップの入力', url_for('.grid'), '業務', heads, ('business_code', 'step_no'), ENTERED, rows,
        steps.blank, opened, panel=True, more=(f'終わったフェーズ（{"・".join(folded)}）も開く',
                                       url_for('.enter', phases='all')) if folded else None,
        hint='マスを選び、1 未着手・2 作業中・3 完了済み・4 対象外 のキーか、上のボタンで入れます。'
             '矢印で動き、Shiftと矢印で範囲を選びます。表計算ソフトの範囲も貼り付けられます（Ctrl+Zで戻す）。'
             '保存は一度で、一つの履歴になります。'))
