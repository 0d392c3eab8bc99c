"""The forms of an initiative: its words, official rating, indicators and schedule."""
from flask import abort, url_for

from forms.strategies import IndicatorForm, InitiativeForm, OfficialForm, ScheduleForm
from models import Indicator, Initiative, Schedule, Theme

from ..figures import board as boards
from ..web.guard import permit
from ..web.submission import filled_form
from .parts import (
    bp,
    crumbs,
    edit_part,
    indicators,
    initiatives,
    officials,
    schedules,
    void_part,
    year_or_404,
)
from .years import to_year


def to_initiative(year, no):
    return url_for('.initiative', year=year, no=no)


def initiative_crumbs(year, no, words):
    return crumbs(year, (f'重点取組{no}', to_initiative(year, no)), (words, None))


def initiative_or_404(year, no):
    return Initiative.get_or_none(Initiative.strategy == year_or_404(year), Initiative.no == no,
                                  Initiative.live()) or abort(404)


def initiative_form(year, before):
    strategy = year_or_404(year)
    offered = list(Theme.select().where(Theme.strategy == strategy, Theme.live()).order_by(Theme.no))
    form = filled_form(InitiativeForm, themes=offered, data={**before.__data__, 'theme_no': before.theme_id}
                       if before else None)
    heading = f'重点取組の{"編集" if before else "追加"}'
    return edit_part(initiatives, form, before, {'strategy': strategy.id, 'no': form.no.data}, heading,
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
    return initiative_form(year, initiative_or_404(year, no))


@bp.route('/<int:year>/initiatives/<int:no>/void', methods=['GET', 'POST'])
@permit('strategies.edit')
def void_initiative(year, no):
    """Void an initiative entered by mistake."""
    return void_part(initiatives, initiative_or_404(year, no), to_year(year),
                     crumbs(year, (f'重点取組{no}', None), ('取消', None)))


@bp.route('/<int:year>/initiatives/<int:no>/official', methods=['GET', 'POST'])
@permit('strategies.rate')
def rate(year, no):
    """Give an initiative its official rating; a reason is needed where it differs from the computed one."""
    before = initiative_or_404(year, no)
    view = next(v for v in boards.board(year).initiatives if v.no == no)
    return edit_part(officials, filled_form(OfficialForm, data=before.__data__), before,
                     {'strategy': before.strategy_id, 'no': no}, f'公式評価（自動判定は「{view.computed}」）',
                     lambda row: to_initiative(year, no), initiative_crumbs(year, no, '公式評価'))


def indicator_or_404(year, no, kpi):
    return Indicator.get_or_none(Indicator.initiative == initiative_or_404(year, no), Indicator.no == kpi,
                                 Indicator.live()) or abort(404)


def indicator_form(year, no, before):
    parent = initiative_or_404(year, no)
    form = filled_form(IndicatorForm, data={**before.__data__, 'business_codes': before.business_ids()}
                     if before else None)
    heading = f'指標の{"編集" if before else "追加"}'
    return edit_part(indicators, form, before, {'initiative': parent.id, 'no': form.no.data}, heading,
                     lambda row: to_initiative(year, no), initiative_crumbs(year, no, heading))


@bp.route('/<int:year>/initiatives/<int:no>/indicators/new', methods=['GET', 'POST'])
@permit('strategies.edit')
def new_indicator(year, no):
    """Add an indicator."""
    return indicator_form(year, no, None)


@bp.route('/<int:year>/initiatives/<int:no>/indicators/<kpi>/edit', methods=['GET', 'POST'])
@permit('strategies.edit')
def edit_indicator(year, no, kpi):
    """Edit an indicator."""
    return indicator_form(year, no, indicator_or_404(year, no, kpi))


@bp.route('/<int:year>/initiatives/<int:no>/indicators/<kpi>/void', methods=['GET', 'POST'])
@permit('strategies.edit')
def void_indicator(year, no, kpi):
    """Void an indicator entered by mistake: it is no longer judged."""
    return void_part(indicators, indicator_or_404(year, no, kpi), to_initiative(year, no),
                     initiative_crumbs(year, no, '指標の取消'))


def schedule_or_404(year, no, place):
    return Schedule.get_or_none(Schedule.initiative == initiative_or_404(year, no), Schedule.place == place,
                                Schedule.live()) or abort(404)


def schedule_form(year, no, before):
    parent = initiative_or_404(year, no)
    form = filled_form(ScheduleForm, data=before.__data__ if before else {'star': False})
    heading = f'スケジュールの{"編集" if before else "追加"}'
    last = Schedule.select(Schedule.place).where(
        Schedule.initiative == parent).order_by(Schedule.place.desc()).first()
    place = before.place if before else last.place + 1 if last else 1
    return edit_part(schedules, form, before, {'initiative': parent.id, 'place': place}, heading,
                     lambda row: to_initiative(year, no), initiative_crumbs(year, no, heading))


@bp.route('/<int:year>/initiatives/<int:no>/schedule/new', methods=['GET', 'POST'])
@permit('strategies.edit')
def new_schedule(year, no):
    """Add a row to an initiative's schedule."""
    return schedule_form(year, no, None)


@bp.route('/<int:year>/initiatives/<int:no>/schedule/<int:place>/edit', methods=['GET', 'POST'])
@permit('strategies.edit')
def edit_schedule(year, no, place):
    """Edit a row of an initiative's schedule."""
    return schedule_form(year, no, schedule_or_404(year, no, place))


@bp.route('/<int:year>/initiatives/<int:no>/schedule/<int:place>/void', methods=['GET', 'POST'])
@permit('strategies.edit')
def void_schedule(year, no, place):
    """Void a row of an initiative's schedule."""
    return void_part(schedules, schedule_or_404(year, no, place), to_initiative(year, no),
                     initiative_crumbs(year, no, 'スケジュールの取消'))
