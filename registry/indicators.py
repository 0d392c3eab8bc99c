"""The year's strategy pages (指標): themes, initiatives, indicators, actuals, ratings; a figure opens to its rows."""
from functools import partial

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask_login import current_user

from audits import history, trail
from forms.base import ReasonForm
from forms.strategy import (
    ActualForm,
    IndicatorForm,
    InitiativeForm,
    OfficialForm,
    ScheduleForm,
    StrategyForm,
    ThemeForm,
)
from models import Actual, Indicator, Initiative, Schedule, Strategy, Theme
from models.figures import MEASURES, default_day, figure
from models.rules import calendar, ratings
from models.settings import KNOWN, Dated
from models.visibility import condition

from . import board as boards
from . import charts, clock, records, reports_pages, shown
from .front import asked_day
from .loading import Cells, Entry, Load
from .nouns import Column, Filter, Noun, of_table
from .permits import allowed, permit

bp = Blueprint('strategies', __name__, url_prefix='/strategies')
figures_bp = Blueprint('figures', __name__, url_prefix='/figures')
actuals_bp = Blueprint('actuals', __name__, url_prefix='/actuals')


def found_year(year):
    """Return a year's strategy or answer 404."""
    return Strategy.get_or_none(Strategy.fiscal_year == year, Strategy.live()) or abort(404)


def crumbs(year, *more):
    return [('ホーム', url_for('board.index')), ('指標', url_for('strategies.index')),
            (calendar.year_label(year), url_for('strategies.show', year=year)), *more]


@bp.get('/')
@permit('strategies.read')
def index():
    """List the years that have a strategy."""
    years = list(Strategy.select().where(Strategy.live()).order_by(Strategy.fiscal_year.desc()))
    return render_template('strategies/index.html', years=years, boards={
        y.fiscal_year: boards.board(y.fiscal_year) for y in years}, can_create=allowed('strategies.create'),
        crumbs=[('ホーム', url_for('board.index')), ('指標', None)])


@bp.get('/<int:year>/')
@permit('strategies.read')
def show(year):
    """Show every initiative and indicator of a year as of a day."""
    found_year(year)
    as_of, problem = asked_day(year)
    found = boards.board(year, as_of, trends=True)
    return render_template('strategies/show.html', board=found, year=year, problem=problem,
                           can_edit=allowed('strategies.edit'), crumbs=crumbs(year)[:2] + [(found.year_label, None)])


@bp.get('/<int:year>/initiatives/<int:no>')
@permit('strategies.read')
def initiative(year, no):
    """Show one initiative: its indicators, their trends, its tasks, schedule, result and ratings."""
    found_year(year)
    as_of, problem = asked_day(year)
    found = boards.board(year, as_of, trends=True)
    view = next((v for v in found.initiatives if v.no == no), None) or abort(404)
    row = Initiative.get_by_id(view.id)
    return render_template('strategies/initiative.html', board=found, year=year, view=view, problem=problem,
                           pictures={i.id: trend_picture(i) for i in view.indicators if len(i.trend) > 1},
                           gantt=gantt_picture(view), history=past_of(row, InitiativeForm),
                           can_edit=allowed('strategies.edit'), can_rate=allowed('strategies.rate'),
                           crumbs=crumbs(year, (f'重点取組{no}', None)))


def trend_picture(view):
    """Return an indicator's months as a picture whose title says the finding."""
    points = [(label, None if value is None else ratings.published(value, view.decimals))
              for label, value in view.trend]
    words = {'met': '目標を達成', 'missed': '目標に未達', 'unknown': '未判定'}[view.verdict]
    return charts.svg(charts.trend(f'指標{view.no}: {view.value_text}{view.unit if view.value is not None else ""}'
                                   f'（{words}）', points, view.target, view.unit),
                      f'指標{view.no}の推移', '各月末の値です。同じ値を下の表に示します。')


def gantt_picture(view):
    if not view.schedule:
        return ''
    return charts.svg(charts.gantt('', [charts.Bar(row.text, row.start_quarter, row.end_quarter, row.star, row.note)
                                          for row in view.schedule], ('4〜6月', '7〜9月', '10〜12月', '1〜3月')),
                      '四半期スケジュール', '同じ内容を下の表に示します。')


def past_of(row, form):
    """Return the history of a strategy's row as sentences."""
    blank = form(formdata=None, meta={'csrf': False})
    labels = {cell.attr: cell.label.text for cell in blank.cells()} | {
        'official': '公式評価', 'official_reason': '自動判定と異なる理由'}
    names = {}
    return [(change.act, history.sentences(change, labels, names)) for change in history.of_row(row)]


# --- figures open to their rows ---

@figures_bp.get('/<name>')
@permit('figures.read')
def show_figure(name):
    """Open a figure: its value, the rows it counted, the rows it left out with the reasons, its months."""
    if name not in MEASURES:
        abort(404)
    today = clock.today()
    text = request.args.get('year', '')
    year = int(text) if text.isdigit() and 2000 <= int(text) <= 2099 else calendar.fiscal_year(today)
    as_of, problem = asked_day(year)
    dated = boards.remembered(('settings',), Dated)
    as_of = as_of or default_day(year, today)
    asked = (name, year, as_of, today, current_user.id, current_user.role, current_user.department_id)
    found = boards.remembered(('figure', *asked), lambda: figure(name, year, as_of, dated=dated))
    groups = [(kind, place, rows) for kind, parts in (('counted', found.counted), ('left-out', found.left_out))
              for place, rows in enumerate(parts)]
    group = request.args.get('group', '')
    listed = []
    for kind, place, rows in groups:
        key = f'{kind}-{place}'
        size, hidden = boards.remembered(('rows', *asked, key), partial(sizes, rows.query))
        listed.append((key, kind, rows.words, size, hidden))
    chosen = group if group in [key for key, *_ in listed] else next((k for k, _, _, n, _ in listed if n), listed[0][0])
    rows = next(rows for kind, place, rows in groups if f'{kind}-{place}' == chosen)
    page = int(request.args['page']) if request.args.get('page', '').isdigit() and len(request.args['page']) < 8 else 1
    table = row_table(rows.query, page, next(size for key, _, _, size, _ in listed if key == chosen))
    used = [(KNOWN[setting][0], dated.on(setting, as_of), setting in dated.unverified(found.settings, as_of))
            for setting in found.settings]
    served = list(Indicator.select(Indicator, Initiative, Strategy).join(Initiative).join(Strategy).where(
        Indicator.live(), Indicator.measure == name, Strategy.fiscal_year == year))
    value_text = '該当なし' if found.value is None else (
        ratings.rate_text(found.value, 100) if found.percent else f'{ratings.published(found.value, 1):f}'
        if found.value.denominator != 1 else str(found.value.numerator))
    return render_template('figures/show.html', figure=found, year=year, year_label=calendar.year_label(year),
                           as_of=as_of, problem=problem, listed=listed, chosen=chosen, table=table, used=used,
                           served=served, value_text=value_text, definition=MEASURES[name].how,
                           numerator=boards.plain_number(found.numerator),
                           denominator=boards.plain_number(found.denominator),
                           crumbs=crumbs(year, (found.title, None)) if Strategy.select().where(
                               Strategy.fiscal_year == year, Strategy.live()).exists()
                           else [('ホーム', url_for('board.index')), (found.title, None)])


def sizes(query):
    """Return (rows the person may see, rows of other units that are only counted)."""
    limit = condition(query.model, current_user)
    if limit is None:
        return query.count(), 0
    total, seen = query.count(), query.where(limit).count()
    return seen, total - seen


def row_table(query, page, total, size=50):
    """Return a page of the `total` rows of a figure's group as a noun's list shows them."""
    table = query.model
    limit = condition(table, current_user)
    if limit is not None:
        query = query.where(limit)
    pages = max(1, -(-total // size))
    page = min(max(1, page), pages)
    ids = [id for (id,) in query.select(table.id).order_by(table.id).paginate(page, size).tuples()]
    noun = of_table(table)
    if noun is None:
        rows = [(row.plan_id if hasattr(row, 'plan_id') else row.id, [(row.label, None)])
                for row in table.select().where(table.id.in_(ids or [0])).order_by(table.id)]
        target = 'plans' if hasattr(table, 'plan') else None
        return {'columns': ['記録'], 'rows': rows, 'noun': target, 'page': page, 'pages': pages, 'total': total}
    columns = noun.columns
    rows = [(row[0], [('' if value is None else column.show(value), column.tone and column.tone(value))
                      for column, value in zip(columns, row[1:], strict=True)])
            for row in noun.joins(table.select(table.id, *(c.expr for c in columns)).where(table.id.in_(ids or [0])))
            .order_by(table.id).tuples()]
    return {'columns': [c.label for c in columns], 'rows': rows, 'noun': noun.name, 'page': page, 'pages': pages,
            'total': total}


# --- editing a year's strategy ---

def edit_page(form, heading, cancel, crumbs):
    return render_template('records/edit.html', noun=STRATEGY_NOUN, form=form, row=None, heading=heading,
                           sections=[(heading, form.cells())], cancel=cancel, crumbs=crumbs), 422 if form.errors else 200


class _Strategies:
    """What the shared edit page needs to know of a strategy."""

    name, title, one, hint = 'strategies', '年度戦略', '年度戦略', ''


STRATEGY_NOUN = _Strategies()


def save_child(kind, row, before, form, **fixed):
    """Save one of a strategy's rows from its form, in one act."""
    form.fill(row)
    for name, value in fixed.items():
        setattr(row, name, value)
    with records.act(kind) as act:
        changed = act.save(row, before)
    flash('保存しました。' if changed else '変更はありませんでした。')


@bp.route('/new', methods=['GET', 'POST'])
@permit('strategies.create')
def new():
    """Start a year's strategy, with its themes copied from the year before."""
    form = StrategyForm()
    if form.validate_on_submit():
        wrong = [('fiscal_year', 'この年度の戦略は既にあります。')] if Strategy.select().where(
            Strategy.fiscal_year == form.fiscal_year.data).exists() else []
        if records.collect(form, wrong):
            row = Strategy()
            form.fill(row)
            former = Strategy.get_or_none(Strategy.fiscal_year == row.fiscal_year - 1, Strategy.live())
            with records.act('strategies.create') as act:
                act.save(row)
                if former is not None:
                    act.insert([Theme(strategy=row, no=theme.no, title=theme.title) for theme in former.themes.where(
                        Theme.live()).order_by(Theme.no)])
            flash('年度戦略を登録しました。重点取組を追加してください。')
            return redirect(url_for('.show', year=row.fiscal_year), code=303)
    return edit_page(form, '年度戦略の登録', url_for('.index'),
                     [('ホーム', url_for('board.index')), ('指標', url_for('.index')), ('年度の追加', None)])


@bp.route('/<int:year>/edit', methods=['GET', 'POST'])
@permit('strategies.edit')
def edit(year):
    """Edit a year's mission, vision and source."""
    before = found_year(year)
    form = StrategyForm(data=before.__data__)
    del form.fiscal_year
    if form.validate_on_submit():
        save_child('strategies.edit', records.twin(before), before, form)
        return redirect(url_for('.show', year=year), code=303)
    return edit_page(form, '年度戦略の編集', url_for('.show', year=year), crumbs(year, ('編集', None)))


@bp.route('/<int:year>/themes/new', methods=['GET', 'POST'])
@permit('strategies.edit')
def new_theme(year):
    """Add a strategic theme."""
    strategy = found_year(year)
    form = ThemeForm()
    if form.validate_on_submit() and records.collect(form, [('no', 'この番号は既にあります。')] if Theme.select().where(
            Theme.strategy == strategy, Theme.no == form.no.data).exists() else []):
        save_child('strategies.edit', Theme(strategy=strategy), None, form)
        return redirect(url_for('.show', year=year), code=303)
    return edit_page(form, '戦略テーマの追加', url_for('.show', year=year), crumbs(year, ('戦略テーマの追加', None)))


def initiative_form(year, before, data):
    """Handle the initiative's form; return a response."""
    strategy = found_year(year)
    form = InitiativeForm(data=data)
    cancel = url_for('.initiative', year=year, no=before.no) if before else url_for('.show', year=year)
    if form.validate_on_submit():
        theme = Theme.get_or_none(Theme.strategy == strategy, Theme.no == form.theme_no.data, Theme.live())
        wrong = [] if theme else [('theme_no', 'この番号の戦略テーマはありません。')]
        same = Initiative.select().where(Initiative.strategy == strategy, Initiative.no == form.no.data)
        if before is not None:
            same = same.where(Initiative.id != before.id)
        if same.exists():
            wrong.append(('no', 'この番号の重点取組は既にあります。'))
        if records.collect(form, wrong):
            row = records.twin(before) if before else Initiative(strategy=strategy)
            save_child('strategies.edit', row, before, form, theme=theme.id)
            return redirect(url_for('.initiative', year=year, no=row.no), code=303)
    return edit_page(form, '重点取組の編集' if before else '重点取組の追加', cancel, crumbs(year, ('重点取組', None)))


def found_initiative(year, no):
    return Initiative.get_or_none(Initiative.strategy == found_year(year), Initiative.no == no,
                                  Initiative.live()) or abort(404)


@bp.route('/<int:year>/initiatives/new', methods=['GET', 'POST'])
@permit('strategies.edit')
def new_initiative(year):
    """Add an initiative."""
    return initiative_form(year, None, {})


@bp.route('/<int:year>/initiatives/<int:no>/edit', methods=['GET', 'POST'])
@permit('strategies.edit')
def edit_initiative(year, no):
    """Edit an initiative's words."""
    before = found_initiative(year, no)
    return initiative_form(year, before, {**before.__data__, 'theme_no': before.theme.no})


@bp.route('/<int:year>/initiatives/<int:no>/official', methods=['GET', 'POST'])
@permit('strategies.rate')
def rate(year, no):
    """Give an initiative its official rating; a reason is needed where it differs from the computed one."""
    before = found_initiative(year, no)
    view = next(v for v in boards.board(year).initiatives if v.no == no)
    form = OfficialForm(data=before.__data__)
    if form.validate_on_submit():
        differs = form.official.data is not None and form.official.data != view.computed
        wrong = [('official_reason', f'自動判定（{view.computed}）と異なるときは、理由を入力してください。')
                 ] if differs and not form.official_reason.data else []
        if records.collect(form, wrong):
            row = records.twin(before)
            row.official, row.official_reason = form.official.data, form.official_reason.data
            with records.act('strategies.rate', form.official_reason.data or '') as act:
                act.save(row, before)
            flash('公式評価を保存しました。')
            return redirect(url_for('.initiative', year=year, no=no), code=303)
    return render_template('records/edit.html', noun=STRATEGY_NOUN, form=form, row=None, heading='公式評価',
                           sections=[(f'自動判定は「{view.computed}」です', [form.official, form.official_reason])],
                           cancel=url_for('.initiative', year=year, no=no),
                           crumbs=crumbs(year, (f'重点取組{no}', url_for('.initiative', year=year, no=no)),
                                         ('公式評価', None))), 422 if form.errors else 200


def indicator_form(year, no, before):
    """Handle an indicator's form; return a response."""
    parent = found_initiative(year, no)
    form = IndicatorForm(data=before.__data__ if before else None)
    cancel = url_for('.initiative', year=year, no=no)
    if form.validate_on_submit():
        same = Indicator.select().where(Indicator.initiative == parent, Indicator.no == form.no.data)
        if before is not None:
            same = same.where(Indicator.id != before.id)
        wrong = [('no', 'この番号の指標は既にあります。')] if same.exists() else []
        if form.measure.data and form.measure.data not in MEASURES:
            wrong.append(('measure', f'次から選んでください: {"、".join(MEASURES)}'))
        if records.collect(form, wrong):
            save_child('strategies.edit', records.twin(before) if before else Indicator(initiative=parent), before, form)
            return redirect(cancel, code=303)
    return edit_page(form, '指標の編集' if before else '指標の追加', cancel, crumbs(year, ('指標', None)))


@bp.route('/<int:year>/initiatives/<int:no>/indicators/new', methods=['GET', 'POST'])
@permit('strategies.edit')
def new_indicator(year, no):
    """Add an indicator."""
    return indicator_form(year, no, None)


@bp.route('/<int:year>/initiatives/<int:no>/indicators/<kpi>/edit', methods=['GET', 'POST'])
@permit('strategies.edit')
def edit_indicator(year, no, kpi):
    """Edit an indicator."""
    return indicator_form(year, no, Indicator.get_or_none(
        Indicator.initiative == found_initiative(year, no), Indicator.no == kpi, Indicator.live()) or abort(404))


@bp.route('/<int:year>/initiatives/<int:no>/schedule/new', methods=['GET', 'POST'])
@permit('strategies.edit')
def new_schedule(year, no):
    """Add a row to an initiative's schedule."""
    parent = found_initiative(year, no)
    form = ScheduleForm(data={'star': False})
    cancel = url_for('.initiative', year=year, no=no)
    if form.validate_on_submit() and records.collect(form, list(form.across(None))):
        last = parent.schedule.order_by(Schedule.place.desc()).first()
        save_child('strategies.edit', Schedule(initiative=parent, place=(last.place if last else 0) + 1), None, form)
        return redirect(cancel, code=303)
    return edit_page(form, 'スケジュールの追加', cancel, crumbs(year, ('スケジュール', None)))


@bp.route('/<int:year>/initiatives/<int:no>/void', methods=['GET', 'POST'])
@permit('strategies.edit')
def void_initiative(year, no):
    """Void an initiative entered by mistake."""
    row = found_initiative(year, no)
    form = ReasonForm()
    if form.validate_on_submit():
        with records.act('strategies.edit', form.reason.data) as act:
            act.void(row, form.reason.data)
        flash(f'{row.label} を取り消しました。記録と履歴は残ります。')
        return redirect(url_for('.show', year=year), code=303)
    return render_template('records/void.html', noun=STRATEGY_NOUN, row=row, form=form, cancel=url_for(
        '.initiative', year=year, no=no), crumbs=crumbs(year, ('取消', None))), 422 if form.errors else 200


@bp.get('/<int:year>/<any(results, plan):name>.pdf')
@permit('reports.read')
def report(year, name):
    """Answer with the year's results or plan as PDF."""
    found_year(year)
    as_of, _ = asked_day(year)
    return Response(reports_pages.build(name, year, as_of), mimetype='application/pdf', headers={
        'Content-Disposition': f'inline; filename="daicho-{name}-{year}.pdf"'})


# --- entered actuals (実績) ---

class ActualLoad(Load):
    """Reads a line as an actual of an indicator, found by 年度・取組番号・指標番号・基準日."""

    def make_form(self):
        self.indicators = {(year, no, kpi): id for year, no, kpi, id in Indicator.select(
            Strategy.fiscal_year, Initiative.no, Indicator.no, Indicator.id).join(Initiative).join(Strategy)
            .where(Indicator.live(), Initiative.live(), Strategy.live()).tuples()}
        return super().make_form()

    def _existing(self, sheet):
        return {(row.indicator_id, row.as_of): row for row in Actual.select()}

    def read_line(self, line, cells, existing, linked, seen):
        form = self.form
        values = {form._fields[name].name: cells[place] for place, name in self.columns}
        form.process(Cells(values))
        good = form.validate()
        wrong = [] if good else [(name, error) for name, errors in form.errors.items() for error in errors]
        key = (form.fiscal_year.data, form.initiative_no.data, form.indicator_no.data)
        indicator = self.indicators.get(key)
        before = existing.get((indicator, form.as_of.data)) if indicator else None
        if not wrong and indicator is None:
            wrong.append(('indicator_no', f'{key[0]}年度の取組{key[1]}に、指標{key[2]}はありません。'))
        if before is None:
            wrong += [(cell.short_name, f'新しく登録するには「{cell.label.text}」の列が必要です。') for cell in self.absent
                      if cell.required]
        row = records.twin(before) if before is not None else Actual()
        if not wrong:
            fill_actual(form, row, indicator)
            self.settle(row, before)
            wrong = list(form.across(before))
            if self.person is not None and not allowed('actuals.create', None, self.person):
                wrong.append(('indicator_no', 'この記録を変更する権限がありません。'))
        if wrong:
            return self.refuse(line, wrong, values)
        if before is not None and before.voided_at is not None:
            return Entry(line, 'conflict', before.label, message='取消済みの実績と同じ指標・基準日です。')
        if (indicator, row.as_of) in seen:
            return Entry(line, 'conflict', f'指標{key[2]}', message=f'{seen[indicator, row.as_of]}行目と同じ指標・基準日です。')
        seen[indicator, row.as_of] = line
        changes = []
        if before is not None:
            different = trail.differences(row, before)
            changes = [(cell.label.text, cell.text(before.__data__.get(cell.attr)), cell.text(cell.data))
                       for cell in form.cells() if cell.attr in different]
        status = 'create' if before is None else 'update' if changes else 'unchanged'
        return Entry(line, status, f'{key[0]}年度 取組{key[1]} 指標{key[2]}', changes, row, before)

    @staticmethod
    def export(noun, query, until=None):
        """Return the actuals' file, each line with the year and numbers that find it again."""
        form = ActualForm(formdata=None, meta={'csrf': False})
        cells = form.cells()
        rows = query if query is not None else Actual.select().where(Actual.live()).order_by(Actual.id)
        places = {id: (year, no, kpi) for id, year, no, kpi in Indicator.select(
            Indicator.id, Strategy.fiscal_year, Initiative.no, Indicator.no).join(Initiative).join(Strategy).tuples()}

        def lines():
            for row in rows:
                year, no, kpi = places[row.indicator_id]
                data = {**row.__data__, 'fiscal_year': year, 'initiative_no': no, 'indicator_no': kpi}
                yield [cell.text(data.get(cell.attr)) for cell in cells]
        return [cell.label.text for cell in cells], lines()


def fill_actual(form, row, indicator):
    """Write an actual's form into its row; the three numbers that find it become its indicator."""
    row.indicator = indicator
    for name in ('as_of', 'numerator', 'denominator', 'value', 'source', 'note', 'verdict', 'quote'):
        if name in form._fields:
            setattr(row, name, form._fields[name].data)


actuals = Noun(
    name='actuals', title='実績（手入力）', one='実績', table=Actual, form=ActualForm,
    key=('fiscal_year', 'initiative_no', 'indicator_no', 'as_of'), sort='-as_of', loader=ActualLoad,
    views=('index',), joins=lambda query: query.join(Indicator).join(Initiative).join(Strategy),
    columns=[Column('year', '年度', Strategy.fiscal_year, shown.year),
             Column('initiative', '取組', Initiative.no, shown.number), Column('indicator', '指標', Indicator.no),
             Column('text', '文言', Indicator.text), Column('as_of', '基準日', Actual.as_of, shown.day),
             Column('value', '値', Actual.value, lambda v: f'{v:f}'),
             Column('verdict', '判定のみ', Actual.verdict, lambda v: {'met': '達成', 'missed': '未達'}[v]),
             Column('source', '出典', Actual.source)],
    filters=[Filter('year', '年度', shown.years, lambda v: Actual.indicator.in_(
        Indicator.select(Indicator.id).join(Initiative).join(Strategy).where(Strategy.fiscal_year == int(v))))],
    hint='自動集計できない指標の実績です。出典を必ず残します。')
records.register(actuals_bp, actuals)


@actuals_bp.get('/<int:id>')
@permit('actuals.read')
def show_actual(id):
    """Lead to the initiative an actual belongs to."""
    row = Actual.get_or_none(Actual.id == id) or abort(404)
    parent = row.indicator.initiative
    return redirect(url_for('strategies.initiative', year=parent.strategy.fiscal_year, no=parent.no), code=303)


@bp.route('/<int:year>/initiatives/<int:no>/indicators/<kpi>/actuals/new', methods=['GET', 'POST'])
@permit('actuals.create')
def new_actual(year, no, kpi):
    """Enter an actual with its source."""
    indicator = Indicator.get_or_none(Indicator.initiative == found_initiative(year, no), Indicator.no == kpi,
                                      Indicator.live()) or abort(404)
    form = ActualForm(data={'as_of': default_day(year, clock.today())})
    for name in ('fiscal_year', 'initiative_no', 'indicator_no'):
        del form[name]
    cancel = url_for('.initiative', year=year, no=no)
    if form.validate_on_submit():
        before = Actual.get_or_none(Actual.indicator == indicator, Actual.as_of == form.as_of.data)
        if records.collect(form, list(form.across(None))):
            row = records.twin(before) if before else Actual()
            fill_actual(form, row, indicator.id)
            row.voided_at = row.void_reason = None
            with records.act('actuals.enter', form.source.data) as act:
                act.save(row, before)
            flash('実績を保存しました。')
            return redirect(cancel, code=303)
    return edit_page(form, f'指標{kpi}の実績', cancel, crumbs(year, (f'重点取組{no}', cancel), ('実績の入力', None)))
