"""Figures of the standardisation (標準化): steps completed, businesses cut over."""
from peewee import SQL, fn
from peewee import Case as When

from ..rules import steps as step_rules
from ..standardisation import Business, Step, StepMaster, StepMove, StepProgress, master_on, state_on
from . import STEPS, VOIDED, Population, any_voided, count, measure, rate


def _applicable(businesses):
    """Return the condition on the businesses a measure counts.

    Those of the ids `businesses`, if any are named.
    """
    condition = Business.live() & Business.applicable
    return condition & Business.id.in_(businesses) if businesses else condition


def _outside(asked, words):
    """Return (cases, groups) of the rows of businesses that are not counted.

    These are not applicable, or not those the indicator names.
    """
    cases, groups = [(~Business.applicable, 'outside')], [('outside', False, f'適用しない業務{words}')]
    if asked.businesses:
        cases.append((Business.id.not_in(asked.businesses), 'unnamed'))
        groups.append(('unnamed', False, f'指標の対象でない業務{words}'))
    return cases, groups


def _step_records(year, as_of):
    return StepMove.select().join(StepProgress).join(Step).where(
        StepMove.live(), StepMove.on_day <= as_of, StepProgress.live(), Step.live(),
        Step.master == master_on(as_of))


def _step_numbers(asked):
    """Return [(完了済み, 対象外, businesses, steps per business, recorded steps)] of each day."""
    masters, steps, businesses, recorded, spans = asked.keep(
        ('steps', asked.businesses), lambda: _step_facts(asked.businesses))
    found = []
    for day in asked.days:
        master = next((id for id, valid_from in masters if valid_from <= day),
                      masters[-1][0] if masters else None)
        # a setting below the steps there are would make a rate above 100 %
        size = max(int(asked.dated.on('steps_per_business', day) or 0), steps.get(master, 0))
        held = {'done': 0, 'excluded': 0}
        for state, since, until, number in spans.get(master, ()):
            if since <= day and (until is None or day < until):
                held[state] += number
        found.append((held['done'], held['excluded'], businesses, size, recorded.get(master, 0)))
    return found


def _step_facts(scope):
    """Read (masters, steps, businesses, recorded steps, spans) for `_step_numbers`.

    Masters are [(id, valid from)], newest first; spans are {master: [(state, since, until, number of steps)]}
    during which steps were done or excluded.
    """
    steps = dict(Step.select(Step.master, fn.COUNT(Step.id))
                 .where(Step.live()).group_by(Step.master).tuples())
    newest_first = (StepMaster.select(StepMaster.id, StepMaster.valid_from).where(StepMaster.live())
                    .order_by(StepMaster.valid_from.desc(), StepMaster.id.desc()))
    # as `master_on` chooses: one without steps is not in force
    masters = [master for master in newest_first.tuples() if master[0] in steps]
    businesses = Business.select(fn.COUNT(Business.id)).where(_applicable(scope)).scalar()
    counted = (StepProgress.live(), Step.live(), _applicable(scope))
    recorded = dict(StepProgress.select(Step.master, fn.COUNT(StepProgress.id))
                    .join(Business).switch(StepProgress).join(Step)
                    .where(*counted).group_by(Step.master).tuples())
    following = fn.LEAD(StepMove.on_day).over(
        partition_by=[StepMove.progress], order_by=[StepMove.on_day, StepMove.id])
    span = (StepMove.select(Step.master.alias('master'), StepMove.status.alias('state'),
                            StepMove.on_day.alias('since'), following.alias('until'))
            .join(StepProgress).join(Business).switch(StepProgress).join(Step)
            .where(StepMove.live(), *counted))
    grouped = (span.select_from(span.c.master, span.c.state, span.c.since, span.c.until, fn.COUNT(1))
               .where(span.c.state.in_(['done', 'excluded'])).group_by(SQL('1, 2, 3, 4')))
    spans, day = {}, StepMove.on_day.python_value
    for master, state, since, until, number in grouped.tuples():
        spans.setdefault(master, []).append((state, day(since), day(until), number))
    return masters, steps, businesses, recorded, spans


def _missing(businesses, size, recorded):
    missing = businesses * size - recorded
    return f'記録のないステップ {missing} 件は未着手として分母に含めています。' if missing > 0 else ''


def _step_rows(*groups):
    def rows(asked):
        master = master_on(asked.day)
        cases, outside = _outside(asked, 'のステップ')
        state = When(state_on(asked.day), [('done', 'done'), ('excluded', 'excluded')], 'open')
        return Population(
            StepProgress.select().join(Business).switch(StepProgress).join(Step).where(
                Step.master == (master and master.id)),
            When(None, [(any_voided(StepProgress, Step, Business), 'voided'), *cases], state),
            [*groups, *outside, VOIDED], (StepProgress, Step, Business))
    return rows


@measure('steps.official', 'ステップ完了率（国の定義）', '%',
         how='（完了済み＋対象外）÷（適用業務の数×ステップ数）。国の公表の定義で、'
             '作業量に対する完了率ではありません。',
         rows=_step_rows(('done', True, '完了済み'),
                         ('excluded', True, '対象外（国の定義では完了に含めます）'),
                         ('open', False, '未着手・作業中（分母に含めます）')),
         one='ステップ', settings=STEPS, records=_step_records, scoped=True)
def steps_official(asked):
    """(完了済み + 対象外) ÷ (適用業務 × ステップ数), the ministry's formula (BR-10, BR-11).

    It is not a rate of work done.
    """
    return [rate(*step_rules.official(done, excluded, businesses, size), _missing(businesses, size, recorded))
            for done, excluded, businesses, size, recorded in _step_numbers(asked)]


@measure('steps.strict', 'ステップ完了率（対象外を除く）', '%',
         how='完了済み÷（適用業務の数×ステップ数−対象外）。対象外を分子にも分母にも含めません。',
         rows=_step_rows(('done', True, '完了済み'), ('open', False, '未着手・作業中（分母に含めます）'),
                         ('excluded', False, '対象外（分子にも分母にも含めません）')),
         one='ステップ', settings=STEPS, records=_step_records, scoped=True)
def steps_strict(asked):
    """完了済み ÷ (適用業務 × ステップ数 − 対象外): the rate of steps that really had to be done."""
    return [rate(*step_rules.strict(done, excluded, businesses, size), _missing(businesses, size, recorded))
            for done, excluded, businesses, size, recorded in _step_numbers(asked)]


def _cutovers(asked):
    """Return [day of the cut-over] of the businesses that count."""
    days = Business.select(Business.cutover_on).where(_applicable(asked.businesses))
    return asked.keep(('cutovers', asked.businesses), lambda: [day for (day,) in days.tuples()])


def _planned_cutovers(asked):
    """Return (businesses cut over in the year by its end, as planned; those of which no day is planned).

    A planned day that has passed without a cut-over is none any more.
    """
    rows = list(Business.select(Business.cutover_on, Business.planned_cutover_on)
                .where(_applicable(asked.businesses)).tuples())
    start, end = asked.bounds
    coming = [planned for over, planned in rows if over is None or over > asked.day]
    done = sum(over is not None and start <= over <= asked.day for over, _ in rows)
    return done + sum(day is not None and asked.day < day <= end for day in coming), coming.count(None)


def _cutover_records(year, as_of):
    return Business.select().where(Business.live(), Business.applicable, Business.cutover_on <= as_of)


def _business_rows(counted, words, left):
    def rows(asked):
        cases, outside = _outside(asked, '')
        return Population(
            Business.select(),
            When(None, [(any_voided(Business), 'voided'), *cases, (counted(asked), 'over')], 'left'),
            [('over', True, words), ('left', False, left), *outside, VOIDED], (Business,))
    return rows


@measure('cutovers.rate', '本番切替率', '%',
         how='基準日までに本番切替した適用業務÷適用業務。',
         rows=_business_rows(lambda asked: Business.cutover_on <= asked.day, '本番切替済み',
                             '未切替（分母に含めます）'),
         one='業務', records=_cutover_records, scoped=True)
def cutovers_rate(asked):
    """Applicable businesses cut over by the day ÷ applicable businesses (BR-12)."""
    found = _cutovers(asked)
    return [rate(sum(day is not None and day <= as_of for day in found), len(found)) for as_of in asked.days]


@measure('cutovers.count', '年度内に本番切替した業務', '業務',
         how='年度内、基準日までに本番切替した適用業務の数。',
         rows=_business_rows(lambda asked: Business.cutover_on.between(asked.bounds[0], asked.ends[-1]),
                             '年度内に切替', '年度内に切り替えていない業務'),
         one='業務', records=_cutover_records, scoped=True, grows=True, planned=_planned_cutovers)
def cutovers_count(asked):
    """Applicable businesses whose cut-over fell in the year and not after the day."""
    found, start = _cutovers(asked), asked.bounds[0]
    return [count(sum(day is not None and start <= day <= end for day in found)) for end in asked.ends]
