"""The year's strategy pages (年度戦略): themes, initiatives, indicators, schedule and ratings, read and
edited."""
from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for

from audits import history
from forms.base import EmptyForm
from forms.strategy import (
    IndicatorForm,
    InitiativeForm,
    OfficialForm,
    ScheduleForm,
    StrategyForm,
    ThemeForm,
)
from models import Actual, Indicator, IndicatorBusiness, Initiative, Schedule, Strategy, Theme
from models.rules import calendar

from .figures import board as boards
from .figures import charts
from .records import pages, vocabulary
from .records.noun import Part
from .reports import documents
from .web.front import asked_day
from .web.guard import allowed, permit
from .web.submission import asked_for

bp = Blueprint('strategies', __name__, url_prefix='/strategies')


def found_year(year):
    """Return a year's strategy or answer 404."""
    return Strategy.get_or_none(Strategy.fiscal_year == year, Strategy.live()) or abort(404)


def crumbs(year, *more):
    return [('ホーム', url_for('board.index')), ('指標', url_for('strategies.index')),
            (calendar.year_label(year), url_for('strategies.show', year=year)), *more]


@bp.get('/')
@permit('strategies.read')
@boards.one_state()
def index():
    """List the years that have a strategy."""
    years = list(Strategy.select().where(Strategy.live()).order_by(Strategy.fiscal_year.desc()))
    return render_template('strategies/index.html', years=years, boards={
        y.fiscal_year: boards.board(y.fiscal_year) for y in years}, can_create=allowed('strategies.create'),
        crumbs=[('ホーム', url_for('board.index')), ('指標', None)])


@bp.get('/<int:year>/')
@permit('strategies.read')
@boards.one_state()
def show(year):
    """Show every initiative and indicator of a year as of a day."""
    row = found_year(year)
    as_of, problem = asked_day(year)
    found = boards.board(year, as_of, trends=True)
    copyable = not found.themes and Strategy.select().where(Strategy.fiscal_year == year - 1,
        Strategy.live()).exists()
    return render_template('strategies/show.html', board=found, year=year, problem=problem, copyable=copyable
                           and EmptyForm(),
                           history=past_of([row, *row.themes]), can_edit=allowed('strategies.edit'),
                           crumbs=crumbs(year)[:2] + [(found.year_label, None)])


@bp.get('/<int:year>/initiatives/<int:no>')
@permit('strategies.read')
@boards.one_state()
def initiative(year, no):
    """Show one initiative: its indicators, their trends, its tasks, schedule, result and ratings."""
    found_year(year)
    as_of, problem = asked_day(year)
    found = boards.board(year, as_of, trends=True)
    view = next((v for v in found.initiatives if v.no == no), None) or abort(404)
    row = Initiative.get_by_id(view.id)
    return render_template('strategies/initiative.html', board=found, year=year, view=view, problem=problem,
                           pictures={i.id: trend_picture(i) for i in view.indicators
                                     if len(i.trend) > 1 and any(value is not None for _, value in i.trend)},
                           gantt=gantt_picture(view), history=past_of(below(row)), entered=entered(row),
                           can_edit=allowed('strategies.edit'), can_rate=allowed('strategies.rate'),
                           crumbs=crumbs(year, (f'重点取組{no}', None)))


def trend_picture(view):
    """Return an indicator's months as a picture whose title says the finding."""
    words = {'met': '目標を達成', 'missed': '目標に未達', 'unknown': '未判定'}[view.verdict]
    return charts.svg(charts.trend(f'指標{view.no}: '
                                   f'{view.value_text}{view.unit if view.value is not None else ""}'
                                   f'（{words}）', view.trend, view.target, view.unit,
                                   decimals=view.decimals),
                      f'指標{view.no}の推移', '各月末の値です。同じ値を下の表に示します。')


def gantt_picture(view):
    if not view.schedule:
        return ''
    return charts.svg(charts.gantt('', [charts.Bar(row.text, row.start_quarter, row.end_quarter, row.star,
        row.note)
                                          for row in view.schedule],
                                          ('4〜6月', '7〜9月', '10〜12月', '1〜3月')),
                      '四半期スケジュール', '同じ内容を下の表に示します。')


def below(row):
    """Return an initiative's rows, itself first: its indicators, their actuals and its schedule, voided ones
    too."""
    indicators = list(Indicator.select().where(Indicator.initiative == row))
    ids = [i.id for i in indicators] or [0]
    return [row, *indicators, *Actual.select().where(Actual.indicator.in_(ids)),
            *IndicatorBusiness.select().where(IndicatorBusiness.indicator.in_(ids)),
            *Schedule.select().where(Schedule.initiative == row)]


def parts_of(row):
    """Return what belongs to a strategy, an initiative or an indicator and has not been voided."""
    found = []
    if isinstance(row, Strategy):
        found = row.themes
    elif isinstance(row, Initiative):
        found = below(row)[1:]
    elif isinstance(row, Indicator):
        found = Actual.select().where(Actual.indicator == row)
    return [part for part in found if part.voided_at is None]


def past_of(rows):
    """Return the history of a part of the strategy and of what belongs to it, newest first: [(act,
    [sentences])]."""
    told, names = {}, {(type(other), other.id): other.label for other in rows}
    changes = history.of_rows(rows)
    history.name_all(changes, names)
    for change in changes:
        table = history.TABLES[change.table]
        place = '' if table is type(rows[0]) else f'{change.label}: '
        told.setdefault(change.act.seq, (change.act, []))[1].extend(
            place + sentence for sentence in history.sentences(change, vocabulary.vocabulary(table), names))
    return list(told.values())


def entered(row):
    """Return {indicator id: its actuals as entered, newest first} of an initiative."""
    found = {}
    for actual in (Actual.select(Actual, Indicator).join(Indicator).where(Indicator.initiative == row,
            Actual.live())
                   .order_by(Actual.as_of.desc())):
        found.setdefault(actual.indicator_id, []).append(actual)
    return found


# --- editing: every part of a year's strategy the same way ---

def weighty(words):
    """Return the rule that a change of some columns or links ({name: words}) must give its reason: what was
    judged is judged otherwise."""
    def explained(row, before, form):
        links = {field.short_name: sorted(field.data or []) != sorted(field.object_data or [])
                 for field in form.links()}
        changed = [name for key, name in words.items() if links.get(key) or key not in links
                   and before.__data__.get(key) is not None and row.__data__.get(key)
                   != before.__data__.get(key)]
        return f'{"・".join(changed)}を変えると、判定が変わることがあります。' if changed else ''
    return explained


def blocked_by(table, column, words):
    """Return the rule that a part stays while rows of a table lead to it by a column."""
    def keeps(row, by):
        if table.select().where(column == row, table.live()).exists():
            yield 'reason', words
    return keeps


def part(title, table, form, **more):
    """Return the declaration of a part of the strategy: written by who may edit it, in one kind of act."""
    names = dict.fromkeys(('create', 'edit', 'void'), 'strategies.edit')
    return Part(name='strategies', title=title, table=table, form=form, one_at_place=True,
                found_by_numbers=True, below=parts_of,
                permit_names=names | more.pop('permit_names', {}),
                act_kinds=names | more.pop('act_kinds', {}), **more)


#: what of an indicator decides what counts as met
WEIGHTY = {'target': '目標値', 'operator': '演算子', 'decimals': '小数桁', 'unit': '単位',
           'measure': '自動集計', 'business_codes': '対象業務'}


def explain_difference(row, before, form, by, at):
    """Yield (field name, message) where an official rating differs from the computed one without a reason."""
    view = next(v for v in boards.board(before.strategy.fiscal_year).initiatives if v.no == before.no)
    if row.official is not None and row.official != view.computed and not row.official_reason:
        yield 'official_reason', f'自動判定（{view.computed}）と異なるときは、理由を入力してください。'


years = part('年度戦略', Strategy, StrategyForm, permit_names={'create': 'strategies.create'},
             act_kinds={'create': 'strategies.create'},
             keeps=blocked_by(Initiative, Initiative.strategy,
                              '重点取組が残っています。先に重点取組を取り消してください。'))
themes = part('戦略テーマ', Theme, ThemeForm, keeps=blocked_by(
    Initiative, Initiative.theme,
    'このテーマの重点取組があります。先に別のテーマに移すか、取り消してください。'))
initiatives = part('重点取組', Initiative, InitiativeForm)
officials = part('公式評価', Initiative, OfficialForm, prepare=explain_difference,
                 explained=weighty({'official': '公式評価'}),
                 permit_names={'edit': 'strategies.rate'}, act_kinds={'edit': 'strategies.rate'})
indicators = part('指標', Indicator, IndicatorForm, explained=weighty(WEIGHTY))
schedules = part('スケジュール', Schedule, ScheduleForm)


def edited(declared, form, before, place, heading, back, crumbs):
    """Handle the form of one part of a strategy, a new one where `before` is None; return a response.
    `back(row)` is where to go."""
    def done(outcome):
        flash('保存しました。' if outcome.changed else '変更はありませんでした。')
        return redirect(back(outcome.row), code=303)
    return pages.edited(declared, form, before, back=back(before), crumbs=crumbs, done=done, place=place,
                        heading=heading)


def voided(declared, row, back, crumbs):
    return pages.voided(declared, row, back, crumbs, reusable=True)


def to_year(year):
    return url_for('.show', year=year)


def to_initiative(year, no):
    return url_for('.initiative', year=year, no=no)


def below_initiative(year, no, words):
    return crumbs(year, (f'重点取組{no}', to_initiative(year, no)), (words, None))


@bp.route('/new', methods=['GET', 'POST'])
@permit('strategies.create')
def new():
    """Start a year's strategy; the themes of the year before can be taken over on its page."""
    form = asked_for(StrategyForm)
    return edited(years, form, None, {'fiscal_year': form.fiscal_year.data}, '年度戦略の登録',
                  lambda row: to_year(row.fiscal_year) if row else url_for('.index'),
                  [('ホーム', url_for('board.index')), ('指標', url_for('.index')), ('年度の追加', None)])


@bp.route('/<int:year>/edit', methods=['GET', 'POST'])
@permit('strategies.edit')
def edit(year):
    """Edit a year's title, mission, vision and source."""
    before = found_year(year)
    form = asked_for(StrategyForm, data=before.__data__)
    del form.fiscal_year
    return edited(years, form, before, {'fiscal_year': year}, '年度戦略の編集', lambda row: to_year(year),
                  crumbs(year, ('編集', None)))


@bp.route('/<int:year>/void', methods=['GET', 'POST'])
@permit('strategies.edit')
def void(year):
    """Void a year entered by mistake."""
    row = found_year(year)
    return voided(years, row, to_year(year) if request.method == 'GET' or list(years.keeps(row, None))
                  else url_for('.index'), crumbs(year, ('取消', None)))


def found_theme(year, no):
    return Theme.get_or_none(Theme.strategy == found_year(year), Theme.no == no, Theme.live()) or abort(404)


def theme_form(year, before):
    strategy = found_year(year)
    form = asked_for(ThemeForm, data=before.__data__ if before else None)
    heading = f'戦略テーマの{"編集" if before else "追加"}'
    return edited(themes, form, before, {'strategy': strategy.id, 'no': form.no.data}, heading,
                  lambda row: to_year(year), crumbs(year, (heading, None)))


@bp.route('/<int:year>/themes/new', methods=['GET', 'POST'])
@permit('strategies.edit')
def new_theme(year):
    """Add a strategic theme."""
    return theme_form(year, None)


@bp.route('/<int:year>/themes/<int:theme>/edit', methods=['GET', 'POST'])
@permit('strategies.edit')
def edit_theme(year, theme):
    """Edit a strategic theme."""
    return theme_form(year, found_theme(year, theme))


@bp.route('/<int:year>/themes/<int:theme>/void', methods=['GET', 'POST'])
@permit('strategies.edit')
def void_theme(year, theme):
    """Void a strategic theme no initiative belongs to."""
    return voided(themes, found_theme(year, theme), to_year(year), crumbs(year, ('取消', None)))


@bp.post('/<int:year>/themes/copy')
@permit('strategies.edit')
def copy_themes(year):
    """Take over the themes of the year before into a year that has none."""
    strategy = found_year(year)
    former = Strategy.get_or_none(Strategy.fiscal_year == year - 1, Strategy.live())
    if former is None or Theme.select().where(Theme.strategy == strategy).exists():
        flash('引き継ぐ戦略テーマはありません。')
        return redirect(to_year(year), code=303)
    with pages.act('strategies.edit', '前年度の戦略テーマの引継ぎ') as act:
        act.insert([Theme(strategy=strategy, no=theme.no, title=theme.title) for theme in former.themes.where(
            Theme.live()).order_by(Theme.no)])
    flash('前年度の戦略テーマを引き継ぎました。')
    return redirect(to_year(year), code=303)


def found_initiative(year, no):
    return Initiative.get_or_none(Initiative.strategy == found_year(year), Initiative.no == no,
                                  Initiative.live()) or abort(404)


def initiative_form(year, before):
    strategy = found_year(year)
    offered = list(Theme.select().where(Theme.strategy == strategy, Theme.live()).order_by(Theme.no))
    form = asked_for(InitiativeForm, themes=offered, data={**before.__data__, 'theme_no': before.theme_id}
                     if before else None)
    heading = f'重点取組の{"編集" if before else "追加"}'
    return edited(initiatives, form, before, {'strategy': strategy.id, 'no': form.no.data}, heading,
                  lambda row: to_initiative(year, row.no) if row else to_year(year),
                  crumbs(year, (heading, None)))


@bp.route('/<int:year>/initiatives/new', methods=['GET', 'POST'])
@permit('strategies.edit')
def new_initiative(year):
    """Add an initiative."""
    return initiative_form(year, None)


@bp.route('/<int:year>/initiatives/<int:no>/edit', methods=['GET', 'POST'])
@permit('strategies.edit')
def edit_initiative(year, no):
    """Edit an initiative's words."""
    return initiative_form(year, found_initiative(year, no))


@bp.route('/<int:year>/initiatives/<int:no>/void', methods=['GET', 'POST'])
@permit('strategies.edit')
def void_initiative(year, no):
    """Void an initiative entered by mistake."""
    return voided(initiatives, found_initiative(year, no), to_year(year),
                  crumbs(year, (f'重点取組{no}', None), ('取消', None)))


@bp.route('/<int:year>/initiatives/<int:no>/official', methods=['GET', 'POST'])
@permit('strategies.rate')
def rate(year, no):
    """Give an initiative its official rating; a reason is needed where it differs from the computed one."""
    before = found_initiative(year, no)
    view = next(v for v in boards.board(year).initiatives if v.no == no)
    return edited(officials, asked_for(OfficialForm, data=before.__data__), before,
                  {'strategy': before.strategy_id, 'no': no}, f'公式評価（自動判定は「{view.computed}」）',
                  lambda row: to_initiative(year, no), below_initiative(year, no, '公式評価'))


def found_indicator(year, no, kpi):
    return Indicator.get_or_none(Indicator.initiative == found_initiative(year, no), Indicator.no == kpi,
                                 Indicator.live()) or abort(404)


def indicator_form(year, no, before):
    parent = found_initiative(year, no)
    form = asked_for(IndicatorForm, data={**before.__data__, 'business_codes': before.business_ids()}
                     if before else None)
    heading = f'指標の{"編集" if before else "追加"}'
    return edited(indicators, form, before, {'initiative': parent.id, 'no': form.no.data}, heading,
                  lambda row: to_initiative(year, no), below_initiative(year, no, heading))


@bp.route('/<int:year>/initiatives/<int:no>/indicators/new', methods=['GET', 'POST'])
@permit('strategies.edit')
def new_indicator(year, no):
    """Add an indicator."""
    return indicator_form(year, no, None)


@bp.route('/<int:year>/initiatives/<int:no>/indicators/<kpi>/edit', methods=['GET', 'POST'])
@permit('strategies.edit')
def edit_indicator(year, no, kpi):
    """Edit an indicator."""
    return indicator_form(year, no, found_indicator(year, no, kpi))


@bp.route('/<int:year>/initiatives/<int:no>/indicators/<kpi>/void', methods=['GET', 'POST'])
@permit('strategies.edit')
def void_indicator(year, no, kpi):
    """Void an indicator entered by mistake: it is no longer judged."""
    return voided(indicators, found_indicator(year, no, kpi), to_initiative(year, no),
                  below_initiative(year, no, '指標の取消'))


def found_schedule(year, no, place):
    return Schedule.get_or_none(Schedule.initiative == found_initiative(year, no), Schedule.place == place,
                                Schedule.live()) or abort(404)


def schedule_form(year, no, before):
    parent = found_initiative(year, no)
    form = asked_for(ScheduleForm, data=before.__data__ if before else {'star': False})
    heading = f'スケジュールの{"編集" if before else "追加"}'
    last = Schedule.select(Schedule.place).where(Schedule.initiative
        == parent).order_by(Schedule.place.desc()).first()
    place = before.place if before else last.place + 1 if last else 1
    return edited(schedules, form, before, {'initiative': parent.id, 'place': place}, heading,
                  lambda row: to_initiative(year, no), below_initiative(year, no, heading))


@bp.route('/<int:year>/initiatives/<int:no>/schedule/new', methods=['GET', 'POST'])
@permit('strategies.edit')
def new_schedule(year, no):
    """Add a row to an initiative's schedule."""
    return schedule_form(year, no, None)


@bp.route('/<int:year>/initiatives/<int:no>/schedule/<int:place>/edit', methods=['GET', 'POST'])
@permit('strategies.edit')
def edit_schedule(year, no, place):
    """Edit a row of an initiative's schedule."""
    return schedule_form(year, no, found_schedule(year, no, place))


@bp.route('/<int:year>/initiatives/<int:no>/schedule/<int:place>/void', methods=['GET', 'POST'])
@permit('strategies.edit')
def void_schedule(year, no, place):
    """Void a row of an initiative's schedule."""
    return voided(schedules, found_schedule(year, no, place), to_initiative(year, no),
                  below_initiative(year, no, 'スケジュールの取消'))


@bp.get('/<int:year>/<any(results, plan):name>.pdf')
@permit('reports.read')
def report(year, name):
    """Answer with the year's results or plan as PDF."""
    found_year(year)
    as_of, problem = asked_day(year)
    if problem:
        flash(problem, 'error')
        return redirect(url_for('board.index', year=year), code=303)
    text = request.args.get('id', '')
    only = int(text) if text.isascii() and text.isdigit() and len(text) < 4 else None
    made = documents.build(name, year, as_of, only) or abort(404)
    part = '' if only is None else f'-{only}'
    return Response(made, mimetype='application/pdf', headers={
        'Content-Disposition': f'inline; filename="daicho-{name}-{year}{part}.pdf"'})
