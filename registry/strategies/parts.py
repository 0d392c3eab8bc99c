"""What a year's strategy is made of: the declaration of each part, and how one is edited and voided."""
from flask import Blueprint, abort, flash, redirect, url_for

from audits import history
from forms.strategies import (
    IndicatorForm,
    InitiativeForm,
    OfficialForm,
    ScheduleForm,
    StrategyForm,
    ThemeForm,
)
from models import Actual, Indicator, IndicatorBusiness, Initiative, Schedule, Strategy, Theme
from models.rules import calendar

from ..figures import board as boards
from ..records import pages, vocabulary
from ..records.noun import Due, Part

bp = Blueprint('strategies', __name__, url_prefix='/strategies')


def year_or_404(year):
    """Return a year's strategy or answer 404."""
    return Strategy.get_or_none(Strategy.fiscal_year == year, Strategy.live()) or abort(404)


def crumbs(year, *more):
    return [('ホーム', url_for('board.index')), ('指標', url_for('strategies.index')),
            (calendar.year_label(year), url_for('strategies.show', year=year)), *more]


def initiative_rows(row):
    """Return an initiative, its indicators, their actuals and links, and its schedule, voided ones too."""
    indicators = list(Indicator.select().where(Indicator.initiative == row))
    ids = [i.id for i in indicators] or [0]
    return [row, *indicators, *Actual.select().where(Actual.indicator.in_(ids)),
            *IndicatorBusiness.select().where(IndicatorBusiness.indicator.in_(ids)),
            *Schedule.select().where(Schedule.initiative == row)]


def live_parts(row):
    """Return what belongs to a strategy, an initiative or an indicator and has not been voided."""
    found = []
    if isinstance(row, Strategy):
        found = row.themes
    elif isinstance(row, Initiative):
        found = initiative_rows(row)[1:]
    elif isinstance(row, Indicator):
        found = Actual.select().where(Actual.indicator == row)
    return [part for part in found if part.voided_at is None]


def combined_history(rows):
    """Return [(act, [sentences])] of a part of the strategy and of what belongs to it, newest first."""
    told, names = {}, {(type(other), other.id): other.label for other in rows}
    changes = history.of_rows(rows)
    history.add_names(changes, names)
    for change in changes:
        table = history.TABLES[change.table]
        place = '' if table is type(rows[0]) else f'{change.label}: '
        told.setdefault(change.act.seq, (change.act, []))[1].extend(
            place + sentence
            for sentence in history.sentences(change, vocabulary.vocabulary_of(table), names))
    return list(told.values())


def reason_required(words):
    """Return the rule that changing some columns or links needs a reason: judgements may change.

    `words` are {name: label}.
    """
    def explained(row, before, form):
        links = {field.short_name: sorted(field.data or []) != sorted(field.object_data or [])
                 for field in form.links()}
        changed = [name for key, name in words.items()
                   if links.get(key) or key not in links and before.__data__.get(key) is not None
                   and row.__data__.get(key) != before.__data__.get(key)]
        return f'{"・".join(changed)}を変えると、判定が変わることがあります。' if changed else ''
    return explained


def refuse_while_used(table, column, words):
    """Return the rule that a part stays while rows of a table lead to it by a column."""
    def keeps(row, by):
        if table.select().where(column == row, table.live()).exists():
            yield 'reason', words
    return keeps


def part(title, table, form, **more):
    """Return the declaration of a part of the strategy: written by who may edit it, in one kind of act."""
    names = dict.fromkeys(('create', 'edit', 'void'), 'strategies.edit')
    return Part(name='strategies', title=title, table=table, form=form, one_at_place=True,
                found_by_numbers=True, parts_below=live_parts,
                permit_names=names | more.pop('permit_names', {}),
                act_kinds=names | more.pop('act_kinds', {}), **more)


#: what of an indicator decides what counts as met
DECISIVE_FIELDS = {'target': '目標値', 'operator': '演算子', 'decimals': '小数桁', 'unit': '単位',
                   'measure': '自動集計', 'business_codes': '対象業務'}


def nothing_entered():
    """Return the condition that no figure counts an indicator, and nothing is entered or published of it."""
    return (Indicator.measure.is_null() & Initiative.live() & Strategy.live()
            & Indicator.id.not_in(Actual.select(Actual.indicator).where(Actual.live())))


def explain_difference(row, before, form, by, at):
    """Yield (field name, message) where an official rating differs from the computed one without a reason."""
    view = next(v for v in boards.board(before.strategy.fiscal_year).initiatives if v.no == before.no)
    if row.official is not None and row.official != view.computed and not row.official_reason:
        yield 'official_reason', f'自動判定（{view.computed}）と異なるときは、理由を入力してください。'


years = part('年度戦略', Strategy, StrategyForm, permit_names={'create': 'strategies.create'},
             act_kinds={'create': 'strategies.create'},
             cannot_void=refuse_while_used(Initiative, Initiative.strategy,
                                     '重点取組が残っています。先に重点取組を取り消してください。'))
themes = part('戦略テーマ', Theme, ThemeForm, cannot_void=refuse_while_used(
    Initiative, Initiative.theme,
    'このテーマの重点取組があります。先に別のテーマに移すか、取り消してください。'))
initiatives = part('重点取組', Initiative, InitiativeForm)
officials = part('公式評価', Initiative, OfficialForm, prepare=explain_difference,
                 reason_required=reason_required({'official': '公式評価'}),
                 permit_names={'edit': 'strategies.rate'}, act_kinds={'edit': 'strategies.rate'})
indicators = part('指標', Indicator, IndicatorForm, reason_required=reason_required(DECISIVE_FIELDS), due=(
    Due('actual', '年度の実績の入力', days=92, on=lambda: Strategy.fiscal_year, open=nothing_entered,
        read=lambda year: calendar.year_range(int(year))[1], page='/strategies/{year}/initiatives/{no}',
        at='/strategies/{year}/initiatives/{no}/indicators/{kpi}/actuals/new',
        more={'year': Strategy.fiscal_year, 'no': Initiative.no, 'kpi': Indicator.no},
        joins=lambda query: query.join(Initiative).join(Strategy)),))
schedules = part('スケジュール', Schedule, ScheduleForm)
PARTS = years, themes, initiatives, officials, indicators, schedules


def edit_part(declared, form, before, place, heading, back, crumbs):
    """Handle the form of one part of a strategy, a new one where `before` is None; return a response.

    `back(row)` is where it leads to.
    """
    def done(outcome):
        flash('保存しました。' if outcome.changed else '変更はありませんでした。')
        return redirect(back(outcome.row), code=303)
    return pages.handle_edit(declared, form, before, back=back(before), crumbs=crumbs, done=done, place=place,
                             heading=heading)


def void_part(declared, row, back, crumbs):
    return pages.handle_void(declared, row, back, crumbs, reusable=True)
