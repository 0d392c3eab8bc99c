"""Figures of execution plans (実行プラン) at their latest check-in."""
from decimal import Decimal
from fractions import Fraction

from peewee import JOIN, fn
from peewee import Case as When

from ..plans import CheckIn, Plan
from ..rules import calendar
from . import MEASURES, VOIDED, Number, Population, any_voided, measure, rate

QUARTER_NO = {'1Q': 1, '2Q': 2, '3Q': 3, '4Q': 4}
#: the quarter at whose end a plan of each class reports first
FIRST_QUARTER = {'priority': 1, 'own': 2}


def _passed(year, day):
    """Return the quarters of the year that had ended by the day."""
    return [code for code, no in QUARTER_NO.items() if calendar.quarter_end(year, no) <= day]


def _due(year, day):
    """Return the classes of plans whose first check-in was due by the day."""
    return [code for code, first in FIRST_QUARTER.items() if calendar.quarter_end(year, first) <= day]


def _checked(asked):
    """Return for each day [(class, assessment, achievement)] of the year's plans.

    They are of the latest check-in, None without one.
    """
    plans, check_ins = asked.keep(('plans', asked.year), lambda: _plan_facts(asked.year))
    found = []
    for day in asked.days:
        passed, latest = _passed(asked.year, day), {}
        for plan, quarter, *told in check_ins:
            if quarter in passed:
                latest[plan] = told
        found.append([(of_class, *latest.get(id, (None, None))) for id, of_class in plans])
    return found


def _plan_facts(year):
    """Read the year's plans [(id, class)] and their check-ins.

    The check-ins are [(plan, quarter, assessment, achievement)] in the quarters' order.
    """
    plans = Plan.select(Plan.id, Plan.plan_class).where(Plan.live(), Plan.fiscal_year == year)
    check_ins = (CheckIn.select(CheckIn.plan, CheckIn.quarter, CheckIn.assessment, CheckIn.achievement)
                 .join(Plan).where(CheckIn.live(), Plan.live(), Plan.fiscal_year == year)
                 .order_by(CheckIn.quarter))
    return list(plans.tuples()), list(check_ins.tuples())


def _plan_records(year, as_of):
    return Plan.select().where(Plan.live(), Plan.fiscal_year == year)


def _plan_rows(*cases, default, groups):
    def rows(asked):
        other = CheckIn.alias()
        latest = other.select(fn.MAX(other.quarter)).where(
            other.plan == Plan.id, other.voided_at.is_null(),
            other.quarter.in_(_passed(asked.year, asked.day)))

        def with_latest(query):
            return query.join(
                CheckIn, JOIN.LEFT_OUTER,
                on=(CheckIn.plan == Plan.id) & CheckIn.live() & (CheckIn.quarter == latest))
        return Population(
            with_latest(Plan.select().where(Plan.fiscal_year == asked.year)),
            When(None, [(any_voided(Plan), 'voided'), *((made(asked), code) for made, code in cases)],
                 default),
            [*groups, VOIDED], (Plan,), with_latest)
    return rows


@measure('plans.on_track', '重点施策の順調構成比', '%',
         how='最新の進捗確認が「順調」のプラン÷最初の進捗確認の時期が来た年度のプラン。'
             '四半期の末日が基準日以前の回を使い、記録がないものは順調に数えません。',
         rows=_plan_rows(
             (lambda asked: CheckIn.assessment == 'on_track', 'on_track'),
             (lambda asked: CheckIn.id.is_null(False), 'off'),
             (lambda asked: Plan.plan_class.in_(_due(asked.year, asked.day)), 'silent'),
             default='early',
             groups=[('on_track', True, '順調'),
                     ('off', False, '順調でない（分母に含めます）'),
                     ('silent', False, '進捗確認の時期が来たが記録がない（分母に含めます）'),
                     ('early', False, '進捗確認の時期がまだ来ていない')]),
         one='施策', records=_plan_records)
def plans_on_track(asked):
    """順調 ÷ all plans of the year, at the latest check-in whose quarter had ended by the day.

    Who should have reported counts.
    """
    return [rate(sum(assessment == 'on_track' for _, assessment, _ in found),
                 sum(assessment is not None or of_class in _due(asked.year, day)
                     for of_class, assessment, _ in found))
            for day, found in zip(asked.days, _checked(asked), strict=True)]


@measure('plans.achievement', '重点施策の平均達成率（自己評価）', '%',
         how='最新の進捗確認の達成率（自己評価）の平均。四半期の末日が基準日以前の回を使います。',
         rows=_plan_rows(
             (lambda asked: CheckIn.achievement.is_null(False), 'rated'),
             (lambda asked: CheckIn.id.is_null(False), 'unrated'),
             default='unchecked',
             groups=[('rated', True, '達成率のある進捗確認'),
                     ('unrated', False, '達成率のない進捗確認'),
                     ('unchecked', False, '進捗確認がまだないプラン')]),
         one='施策', parts='合計{n}％÷{d}施策', records=_plan_records)
def plans_achievement(asked):
    """Mean of the plans' self-rated achievement at the latest check-in.

    It is the latest whose quarter had ended by the day.
    """
    numbers = []
    for found in _checked(asked):
        rated = [achievement for *_, achievement in found if achievement is not None]
        total = sum(rated, Decimal(0))
        numbers.append(Number(total, len(rated), Fraction(total) / len(rated) if rated else None))
    return numbers


def plans_chosen(day, dated):
    """Return the name of the plan figure that the setting `plan_measure` names on a day."""
    return 'plans.on_track' if dated.on('plan_measure', day) == '順調構成比' else 'plans.achievement'


@measure('plans.measure', '重点施策の達成率', '%',
         how='設定「重点施策の達成率の算定」で選んだ、平均達成率か順調構成比。',
         rows=lambda asked: MEASURES[plans_chosen(asked.day, asked.dated)].rows(asked), one='施策',
         settings=('plan_measure',), records=_plan_records, chosen=plans_chosen)
def plans_measure(asked):
    """The one of the two plan figures that the setting `plan_measure` names."""
    chosen = [plans_chosen(day, asked.dated) for day in asked.days]
    numbers = {name: MEASURES[name].numbers(asked) for name in set(chosen)}
    return [numbers[name][at] for at, name in enumerate(chosen)]
