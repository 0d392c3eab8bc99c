"""Figures (指標の数値): every number the office reports is a function registered here, and opens to the rows it counted."""
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction

from peewee import SQL, fn

from .budgets import BudgetRequest
from .incidents import CaseShare, Incident, IncidentSystem
from .plans import CheckIn, Plan
from .procurement import Case, Review, Support
from .rules import calendar, clocks
from .rules import steps as step_rules
from .settings import Dated
from .standardisation import Business, BusinessSystem, Step, StepProgress, master_on, state_on, steps_of
from .systems import System
from .training import Course, Enrolment

MEASURES = {}
SEVERE = 4
RATE = '{n}／{d}'


@dataclass(frozen=True)
class Rows:
    """Rows a figure counted or left out: `words` says why, `query` selects them."""

    words: str
    query: object

    def count(self):
        return self.query.count()


@dataclass(frozen=True)
class Figure:
    """One number: exact numerator and denominator (None for a plain count), the value, and the rows behind it."""

    measure: str
    title: str
    numerator: int | Fraction | Decimal
    denominator: int | None
    value: Fraction | None
    unit: str
    as_of: object
    counted: list = field(default_factory=list)
    left_out: list = field(default_factory=list)
    settings: tuple = ()
    note: str = ''
    #: how numerator and denominator are read together
    parts: str = RATE

    @property
    def percent(self):
        return self.unit == '%' and self.denominator is not None


@dataclass(frozen=True)
class Measure:
    """A registered measure: its name, Japanese title, unit, and the function that counts."""

    name: str
    title: str
    unit: str
    how: str
    one: str
    count: object
    settings: tuple = ()


def measure(name, title, unit, how, one='件', settings=()):
    """Register a figure's function; `how` says in Japanese how it counts, `one` counts what is still needed (あと24ステップ)."""
    def mark(function):
        MEASURES[name] = Measure(name, title, unit, how, one, function, settings)
        return function
    return mark


def figure(name, year, as_of=None, today=None, dated=None, until=None):
    """Return the Figure of a measure for a fiscal year as of a day (default: the earlier of today and its end).

    `until` is the moment at which open incidents are looked at, by default the end of the day.
    """
    found = MEASURES[name]
    as_of = as_of or default_day(year, today)
    return found.count(year, as_of, dated or Dated(), until or day_bounds(as_of, as_of)[1])


def default_day(year, today):
    """Return the day a year is reported as of: the earlier of today and 31 March."""
    return min(today, calendar.year_range(year)[1])


def rate(name, numerator, denominator, as_of, counted, left_out=(), note=''):
    found = MEASURES[name]
    value = Fraction(numerator) * 100 / denominator if denominator else None
    return Figure(name, found.title, numerator, denominator, value, found.unit, as_of, list(counted), list(left_out),
                  found.settings, note)


def count(name, number, as_of, counted, left_out=(), note=''):
    found = MEASURES[name]
    return Figure(name, found.title, number, None, Fraction(number), found.unit, as_of, list(counted), list(left_out),
                  found.settings, note)


def day_bounds(start, end):
    """Return the moments at which the days `start`..`end` (inclusive, in Japan) begin and are over."""
    return (datetime.combine(start, time.min, calendar.JST),
            datetime.combine(end + timedelta(days=1), time.min, calendar.JST))


# --- standardisation (標準化) ---

def _steps(as_of, dated):
    master = master_on(as_of)
    businesses = Business.select(fn.COUNT(Business.id)).where(Business.live(), Business.applicable).scalar()
    # a setting below the steps there are would make a rate above 100 %
    size = max(int(dated.on('steps_per_business', as_of) or 0), steps_of(master))
    state = state_on(as_of)
    base = (StepProgress.select().join(Business).switch(StepProgress).join(Step)
            .where(StepProgress.live(), Step.live(), Step.master == master))
    applicable = base.where(Business.live(), Business.applicable)
    counts = dict(StepProgress.select(state.alias('state'), fn.COUNT(StepProgress.id)).join(Business)
                  .switch(StepProgress).join(Step)
                  .where(StepProgress.live(), Step.live(), Step.master == master, Business.live(), Business.applicable)
                  .group_by(SQL('1')).order_by().tuples()) if master else {}
    rows = {
        'done': Rows('完了済み', applicable.where(state == 'done')),
        'excluded': Rows('対象外（国の定義では完了に含めます）', applicable.where(state == 'excluded')),
        'open': Rows('未着手・作業中（分母に含めます）', applicable.where(fn.COALESCE(state, 'todo').in_(['todo', 'doing']))),
        'outside': Rows('適用しない業務のステップ', base.where(Business.live(), ~Business.applicable)),
    }
    recorded = sum(counts.values())
    missing = businesses * size - recorded
    note = f'記録のないステップ {missing} 件は未着手として分母に含めています。' if missing > 0 else ''
    return counts.get('done', 0), counts.get('excluded', 0), businesses, size, rows, note


@measure('steps.official', 'ステップ完了率（国の定義）', '%',
         how='（完了済み＋対象外）÷（適用業務の数×ステップ数）。国の公表の定義で、作業量に対する完了率ではありません。',
         one='ステップ', settings=('steps_per_business',))
def steps_official(year, as_of, dated, until):
    """(完了済み + 対象外) ÷ (適用業務 × ステップ数), the ministry's formula (BR-10, BR-11); not a rate of work done."""
    done, excluded, businesses, size, rows, note = _steps(as_of, dated)
    numerator, denominator = step_rules.official(done, excluded, businesses, size)
    return rate('steps.official', numerator, denominator, as_of, [rows['done'], rows['excluded']],
                [rows['open'], rows['outside']], note)


@measure('steps.strict', 'ステップ完了率（対象外を除く）', '%',
         how='完了済み÷（適用業務の数×ステップ数−対象外）。対象外を分子にも分母にも含めません。', one='ステップ', settings=('steps_per_business',))
def steps_strict(year, as_of, dated, until):
    """完了済み ÷ (適用業務 × ステップ数 − 対象外): the rate of steps that really had to be done."""
    done, excluded, businesses, size, rows, note = _steps(as_of, dated)
    numerator, denominator = step_rules.strict(done, excluded, businesses, size)
    left = Rows('対象外（分子にも分母にも含めません）', rows['excluded'].query)
    return rate('steps.strict', numerator, denominator, as_of, [rows['done']], [rows['open'], left, rows['outside']],
                note)


def _outside_businesses():
    return Rows('適用しない業務', Business.select().where(Business.live(), ~Business.applicable))


@measure('cutovers.rate', '本番切替率', '%',
         how='基準日までに本番切替した適用業務÷適用業務。', one='業務')
def cutovers_rate(year, as_of, dated, until):
    """Applicable businesses cut over by the day ÷ applicable businesses (BR-12)."""
    applicable = Business.select().where(Business.live(), Business.applicable)
    over = applicable.where(Business.cutover_on <= as_of)
    waiting = applicable.where(Business.cutover_on.is_null() | (Business.cutover_on > as_of))
    return rate('cutovers.rate', over.count(), applicable.count(), as_of, [Rows('本番切替済み', over)],
                [Rows('未切替（分母に含めます）', waiting), _outside_businesses()])


@measure('cutovers.count', '年度内に本番切替した業務', '業務',
         how='年度内、基準日までに本番切替した適用業務の数。', one='業務')
def cutovers_count(year, as_of, dated, until):
    """Applicable businesses whose cut-over fell in the year and not after the day."""
    start, end = calendar.year_range(year)
    applicable = Business.select().where(Business.live(), Business.applicable)
    over = applicable.where(Business.cutover_on.between(start, min(end, as_of)))
    other = applicable.where(Business.cutover_on.is_null() | (Business.cutover_on < start)
                             | (Business.cutover_on > min(end, as_of)))
    return count('cutovers.count', over.count(), as_of, [Rows('年度内に切替', over)],
                 [Rows('年度内に切り替えていない業務', other), _outside_businesses()])


# --- incidents (インシデント) ---

def _incidents(year, as_of):
    start, end = calendar.year_range(year)
    since, until = day_bounds(start, min(end, as_of))
    return Incident.select().where(Incident.live(), Incident.detected_at >= since, Incident.detected_at < until)


def windows(dated):
    """Return [(business, first day, last day)] of the cut-over windows (端境期) of applicable businesses."""
    found = []
    for business in Business.select().where(Business.live(), Business.applicable):
        start, end = business.window_from, business.window_to
        if (start is None or end is None) and business.cutover_on is not None:
            first, last = clocks.cutover_window(
                business.cutover_on, int(dated.on('window_before_days', business.cutover_on)),
                int(dated.on('window_after_days', business.cutover_on)))
            start, end = start or first, end or last
        if start is not None and end is not None:
            found.append((business, start, end))
    return found


@measure('incidents.in_window', '端境期のレベル4以上の障害', '件',
         how='年度内に検知したレベル4以上のインシデントのうち、対象システムが属する業務の端境期に検知したものの数。',
         settings=('window_before_days', 'window_after_days'))
def incidents_in_window(year, as_of, dated, until):
    """Incidents of level ≥ 4 detected inside the cut-over window of a business one of their systems serves (BR-13)."""
    severe = _incidents(year, as_of).where(Incident.level >= SEVERE)
    inside = set()
    for business, start, end in windows(dated):
        since, until = day_bounds(start, end)
        systems = BusinessSystem.select(BusinessSystem.system).where(
            BusinessSystem.business == business, BusinessSystem.live())
        struck = IncidentSystem.select(IncidentSystem.incident).where(
            IncidentSystem.live(), IncidentSystem.system.in_(systems))
        inside.update(id for (id,) in Incident.select(Incident.id).where(
            Incident.live(), Incident.level >= SEVERE, Incident.detected_at >= since, Incident.detected_at < until,
            Incident.id.in_(struck)).tuples())
    counted = severe.where(Incident.id.in_(list(inside)))
    return count('incidents.in_window', counted.count(), as_of, [Rows('端境期に検知したレベル4以上', counted)],
                 [Rows('端境期の外、または切替業務のシステムでないレベル4以上', severe.where(Incident.id.not_in(list(inside)))),
                  Rows('レベル3以下', _incidents(year, as_of).where(Incident.level < SEVERE))])


@measure('incidents.severe_platform', '共通基盤・ネットワークのレベル4以上の障害', '件',
         how='年度内に検知したレベル4以上のインシデントのうち、共通基盤・ネットワークのシステムに起きたものの数。')
def incidents_severe_platform(year, as_of, dated, until):
    """Incidents of level ≥ 4 on a system of category 共通基盤・ネットワーク, detected in the year."""
    severe = _incidents(year, as_of).where(Incident.level >= SEVERE)
    platform = System.select(System.id).where(System.category == 'platform')
    struck = IncidentSystem.select(IncidentSystem.incident).where(IncidentSystem.live(),
                                                                  IncidentSystem.system.in_(platform))
    counted = severe.where(Incident.id.in_(struck))
    return count('incidents.severe_platform', counted.count(), as_of, [Rows('基盤のレベル4以上', counted)],
                 [Rows('基盤以外のシステムのレベル4以上', severe.where(Incident.id.not_in(struck))),
                  Rows('レベル3以下', _incidents(year, as_of).where(Incident.level < SEVERE))])


RECOVERY = ('business_hours', 'recovery_start', 'recovery_stop')


def recovery_of(incident, now, dated):
    """Return the Recovery of one incident by the settings in force on the day it was detected (BR-16)."""
    day = incident.detected_at.astimezone(calendar.JST).date()
    start = (incident.occurred_at if dated.on('recovery_start', day) == '発生' else None) or incident.detected_at
    stop = incident.restored_at
    if dated.on('recovery_stop', day) == '暫定復旧':
        stop = incident.mitigated_at or stop
    if stop is not None and stop > now:
        stop = None
    hours = calendar.parse_hours(dated.on('business_hours', day))
    return clocks.recovery(start, stop, now, hours, detected=incident.detected_at)


def _recovery(name, year, as_of, dated, until, inside):
    groups = {'met': [], 'missed': [], 'open': [], 'other': [], 'sign': []}
    worst = None
    for incident in _incidents(year, as_of):
        clock = recovery_of(incident, until, dated)
        key = 'other' if clock.inside != inside else clock.verdict if clocks.judged(incident.level) else 'sign'
        groups[key].append(incident.id)
        if key in ('met', 'missed'):
            worst = max(worst or timedelta(0), clock.elapsed)
    rows = {key: Incident.select().where(Incident.id.in_(ids)) for key, ids in groups.items()}
    met, judged = len(groups['met']), len(groups['met']) + len(groups['missed'])
    found = MEASURES[name]
    value = Fraction(int(worst.total_seconds()), 3600) if worst is not None else None
    return Figure(name, found.title, met, judged, value, found.unit, as_of,
                  [Rows('目標時間内に復旧', rows['met']), Rows('目標時間を超過', rows['missed'])],
                  [Rows('未復旧で、目標時間がまだ過ぎていないもの', rows['open']),
                   Rows('レベル1（予兆・影響なし。復旧を判定しません）', rows['sign']),
                   Rows('業務時間外に検知' if inside else '業務時間内に検知', rows['other'])], found.settings,
                  '値は最も長くかかった復旧時間です。', '{d}件のうち目標時間内{n}件')


@measure('incidents.recovery_business_hours', '業務時間内の障害の復旧時間', '時間',
         how='業務時間内に検知したレベル2以上のインシデントの復旧時間（経過した実時間）。目標は4時間以内で、値は最も長いもの。', settings=RECOVERY)
def recovery_business_hours(year, as_of, dated, until):
    """Incidents detected inside business hours: restored within 4 h / all such; the value is the worst time (h)."""
    return _recovery('incidents.recovery_business_hours', year, as_of, dated, until, True)


@measure('incidents.recovery_off_hours', '業務時間外の障害の復旧時間', '時間',
         how='業務時間外に検知したレベル2以上のインシデントの復旧時間（経過した実時間）。目標は24時間以内で、値は最も長いもの。', settings=RECOVERY)
def recovery_off_hours(year, as_of, dated, until):
    """Incidents detected outside business hours: restored within 24 h / all such; the value is the worst time (h)."""
    return _recovery('incidents.recovery_off_hours', year, as_of, dated, until, False)


# --- training (研修) ---

@measure('training.completion', 'セキュリティ研修受講率', '%',
         how='必須の情報セキュリティ研修の修了者÷（対象者−除外）。対象者は対象者基準日の名簿で、その日が来た研修を数えます。', one='人')
def training_completion(year, as_of, dated, until):
    """修了 ÷ (対象者 − 除外) over the mandatory 情報セキュリティ courses of the year, on their census (BR-25)."""
    courses = Course.select(Course.id).where(Course.live(), Course.fiscal_year == year, Course.mandatory, Course.category == 'security',
                                             Course.census_on.is_null() | (Course.census_on <= as_of))
    census = Enrolment.select().where(Enrolment.live(), Enrolment.course.in_(courses))
    counted = census.where(Enrolment.status != 'excluded')
    done = counted.where(Enrolment.status == 'done', Enrolment.completed_on <= as_of)
    waiting = counted.where((Enrolment.status != 'done') | (Enrolment.completed_on > as_of))
    return rate('training.completion', done.count(), counted.count(), as_of, [Rows('修了', done)],
                [Rows('未修了（分母に含めます）', waiting),
                 Rows('除外（理由つき）', census.where(Enrolment.status == 'excluded'))])


# --- procurement support (調達支援) ---

@measure('support.budget_coverage', '予算要求調達支援の実施率', '%',
         how='予算要求調達支援を完了した案件のあるIT要求÷年度内のすべてのIT要求（除外を除く）。')
def budget_coverage(year, as_of, dated, until):
    """IT budget requests of the year with a case whose 予算要求調達支援 is completed ÷ all such requests (BR-18)."""
    start, end = calendar.year_range(year)
    all_requests = BudgetRequest.select().where(BudgetRequest.live(),
                                                BudgetRequest.requested_on.between(start, min(end, as_of)))
    base = all_requests.where(BudgetRequest.it_cost, BudgetRequest.exclusion_reason.is_null())
    supported = Case.select(Case.request).join(Support).where(
        Case.live(), Case.request.is_null(False), Support.live(), Support.kind == 'budget', Support.state == 'completed',
        Support.completed_on <= as_of)
    done = base.where(BudgetRequest.id.in_(supported))
    return rate('support.budget_coverage', done.count(), base.count(), as_of, [Rows('支援を完了', done)],
                [Rows('支援が完了していない（分母に含めます）', base.where(BudgetRequest.id.not_in(supported))),
                 Rows('IT経費でない要求', all_requests.where(~BudgetRequest.it_cost)),
                 Rows('除外（理由・承認者つき）', all_requests.where(BudgetRequest.it_cost,
                                                        BudgetRequest.exclusion_reason.is_null(False)))])


def is_large(case, day, dated):
    """Tell whether a case is 大規模: ①大規模予算 or ②新技術 (BR-19), by the settings in force on `day`."""
    return bool(large_reasons(case, day, dated))


def large_reasons(case, day, dated):
    """Return why a case is 大規模: a list of ①大規模予算 / ②新技術, empty when it is not."""
    basis = dated.on('large_case_basis', day)
    amount = {'初期経費': case.initial_cost, '単年度': case.initial_cost + (case.yearly_cost if case.years else 0),
              'TCO': case.tco}[basis]
    return [words for words, holds in (('①大規模予算', amount >= int(dated.on('large_case_amount', day))),
                                       ('②新技術', case.new_technology)) if holds]


@measure('support.large_coverage', '大規模案件の発注・計画調達支援の実施率', '%',
         how='発注日までに発注・計画調達支援を完了した大規模案件÷年度内に発注した大規模案件。',
         settings=('large_case_amount', 'large_case_basis'))
def large_coverage(year, as_of, dated, until):
    """Large cases ordered in the year with 発注・計画調達支援 completed by the order ÷ all such cases (BR-19)."""
    start, end = calendar.year_range(year)
    ordered = Case.select().where(Case.live(), Case.ordered_on.between(start, min(end, as_of)))
    large, small = [], []
    for case in ordered:
        (large if is_large(case, case.ordered_on, dated) else small).append(case.id)
    base = Case.select().where(Case.id.in_(large))
    supported = Support.select(Support.case).join(Case).where(
        Support.live(), Support.kind == 'ordering', Support.state == 'completed',
        Support.completed_on <= Case.ordered_on)
    done = base.where(Case.id.in_(supported))
    return rate('support.large_coverage', done.count(), len(large), as_of, [Rows('発注までに支援を完了', done)],
                [Rows('発注までに支援が完了していない（分母に含めます）', base.where(Case.id.not_in(supported))),
                 Rows('大規模案件に当たらない', Case.select().where(Case.id.in_(small)))])


@measure('support.trial_count', '発注・計画調達支援（試行）', '件',
         how='年度内に完了した発注・計画調達支援のうち、試行の数。')
def trial_count(year, as_of, dated, until):
    """発注・計画調達支援 given on trial and completed in the year."""
    start, end = calendar.year_range(year)
    ordering = Support.select().where(Support.live(), Support.kind == 'ordering',
                                      Support.case.in_(Case.select(Case.id).where(Case.live())))
    done = ordering.where(Support.trial, Support.state == 'completed',
                          Support.completed_on.between(start, min(end, as_of)))
    in_year = ordering.where(Support.requested_on.between(start, min(end, as_of)))
    return count('support.trial_count', done.count(), as_of, [Rows('試行を完了', done)],
                 [Rows('試行でない支援', in_year.where(~Support.trial)),
                  Rows('完了していない試行', in_year.where(Support.trial, (Support.state != 'completed')
                                                  | (Support.completed_on > as_of)))])


# --- reviews and shares (検討・共有) ---

@measure('reviews.count', '台帳を活用した検討', '件',
         how='結論があり、年度内に承認された台帳活用検討の数。')
def reviews_count(year, as_of, dated, until):
    """Ledger reviews with a conclusion, approved in the year (BR-22)."""
    start, end = calendar.year_range(year)
    until = min(end, as_of)
    done = Review.select().where(Review.live(), Review.conclusion.is_null(False),
                                 Review.approved_on.between(start, until))
    waiting = Review.select().where(Review.live(), Review.reviewed_on.between(start, until),
                                    Review.conclusion.is_null() | Review.approved_on.is_null()
                                    | (Review.approved_on > until))
    return count('reviews.count', done.count(), as_of, [Rows('結論・承認済み', done)],
                 [Rows('結論または承認がまだ', waiting)])


@measure('shares.count', '事故事例の共有', '回',
         how='年度内に共有した事故事例の数。')
def shares_count(year, as_of, dated, until):
    """Cases shared in the year."""
    start, end = calendar.year_range(year)
    done = CaseShare.select().where(CaseShare.live(), CaseShare.shared_on.between(start, min(end, as_of)))
    return count('shares.count', done.count(), as_of, [Rows('年度内に共有', done)])


# --- execution plans (実行プラン) ---

QUARTER_NO = {'1Q': 1, '2Q': 2, '3Q': 3, '4Q': 4}
#: the quarter at whose end a plan of each class reports first
FIRST_QUARTER = {'priority': 1, 'own': 2}


def latest_check_ins(year, as_of):
    """Return the ids of each plan's latest check-in whose quarter had ended by the day."""
    passed = [code for code, no in QUARTER_NO.items() if calendar.quarter_end(year, no) <= as_of]
    latest = {}
    for id, plan, quarter in (CheckIn.select(CheckIn.id, CheckIn.plan, CheckIn.quarter).join(Plan)
                              .where(CheckIn.live(), Plan.live(), Plan.fiscal_year == year,
                                     CheckIn.quarter.in_(passed)).tuples()):
        if plan not in latest or quarter > latest[plan][0]:
            latest[plan] = (quarter, id)
    return [id for _, id in latest.values()]


def _unchecked(year, ids):
    checked = CheckIn.select(CheckIn.plan).where(CheckIn.id.in_(ids))
    return Plan.select().where(Plan.live(), Plan.fiscal_year == year, Plan.id.not_in(checked))


@measure('plans.on_track', '重点施策の順調構成比', '%',
         how='最新の進捗確認が「順調」のプラン÷最初の進捗確認の時期が来た年度のプラン。四半期の末日が基準日以前の回を使い、記録がないものは順調に数えません。',
         one='施策')
def plans_on_track(year, as_of, dated, until):
    """順調 ÷ all plans of the year at their latest check-in whose quarter had ended by the day; who should have reported counts."""
    ids = latest_check_ins(year, as_of)
    latest = CheckIn.select().where(CheckIn.id.in_(ids))
    good = latest.where(CheckIn.assessment == 'on_track')
    due = [code for code, first in FIRST_QUARTER.items() if calendar.quarter_end(year, first) <= as_of]
    silent = _unchecked(year, ids).where(Plan.plan_class.in_(due))
    return rate('plans.on_track', good.count(), len(ids) + silent.count(), as_of, [Rows('順調', good)],
                [Rows('順調でない（分母に含めます）', latest.where(CheckIn.assessment != 'on_track')),
                 Rows('進捗確認の時期が来たが記録がない（分母に含めます）', silent),
                 Rows('進捗確認の時期がまだ来ていない', _unchecked(year, ids).where(Plan.plan_class.not_in(due)))])


@measure('plans.achievement', '重点施策の平均達成率（自己評価）', '%',
         how='最新の進捗確認の達成率（自己評価）の平均。四半期の末日が基準日以前の回を使います。', one='施策')
def plans_achievement(year, as_of, dated, until):
    """Mean of the plans' self-rated achievement at their latest check-in whose quarter had ended by the day."""
    ids = latest_check_ins(year, as_of)
    latest = CheckIn.select().where(CheckIn.id.in_(ids))
    rated = [value for (value,) in latest.select(CheckIn.achievement).where(CheckIn.achievement.is_null(False)).tuples()]
    total = sum(rated, Decimal(0))
    found = MEASURES['plans.achievement']
    value = Fraction(total) / len(rated) if rated else None
    return Figure('plans.achievement', found.title, total, len(rated), value, found.unit, as_of,
                  [Rows('達成率のある進捗確認', latest.where(CheckIn.achievement.is_null(False)))],
                  [Rows('達成率のない進捗確認', latest.where(CheckIn.achievement.is_null())),
                   Rows('進捗確認がまだないプラン', _unchecked(year, ids))],
                  found.settings, parts='合計{n}％÷{d}施策')


def plans_chosen(day, dated):
    """Return the name of the plan figure that the setting `plan_measure` names on a day."""
    return 'plans.on_track' if dated.on('plan_measure', day) == '順調構成比' else 'plans.achievement'


@measure('plans.measure', '重点施策の達成率', '%',
         how='設定「重点施策の達成率の算定」で選んだ、平均達成率か順調構成比。', one='施策', settings=('plan_measure',))
def plans_measure(year, as_of, dated, until):
    """The one of the two plan figures that the setting `plan_measure` names."""
    found = MEASURES[plans_chosen(as_of, dated)].count(year, as_of, dated, until)
    return Figure('plans.measure', found.title, found.numerator, found.denominator, found.value, found.unit, as_of,
                  found.counted, found.left_out, MEASURES['plans.measure'].settings, found.note, found.parts)
