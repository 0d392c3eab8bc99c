"""Figures of procurement support (調達支援): budget requests, large cases, trials."""
from peewee import SQL, fn
from peewee import Case as When

from ..budget_requests import BudgetRequest
from ..procurement import Case, Support
from . import LATER, VOIDED, Population, any_voided, bucket, count, measure, rate, running_totals
from .recovery import periods


def _counted_request():
    """Return the condition that a budget request is an IT request that counts."""
    return BudgetRequest.live() & BudgetRequest.it_cost & BudgetRequest.exclusion_reason.is_null()


def _budget_supports():
    """Return the select of the live cases of a budget request whose 予算要求調達支援 is completed."""
    return Case.select(Case.request).join(Support).where(
        Case.live(), Case.request.is_null(False), Support.live(), Support.kind == 'budget',
        Support.state == 'completed')


def _budget_rows(asked):
    return Population(
        BudgetRequest.select().where(BudgetRequest.requested_on.between(*asked.bounds)),
        When(None, [
            (any_voided(BudgetRequest), 'voided'),
            (BudgetRequest.requested_on > asked.day, 'later'),
            (~BudgetRequest.it_cost, 'plain'),
            (BudgetRequest.exclusion_reason.is_null(False), 'excluded'),
            (BudgetRequest.id.in_(_budget_supports().where(Support.completed_on <= asked.day)), 'done'),
        ], 'waiting'),
        [('done', True, '支援を完了'),
         ('waiting', False, '支援が完了していない（分母に含めます）'),
         ('plain', False, 'IT経費でない要求'),
         ('excluded', False, '除外（理由・承認者つき）'),
         LATER, VOIDED],
        (BudgetRequest,))


@measure('support.budget_coverage', '予算要求調達支援の実施率', '%',
         how='予算要求調達支援を完了した案件のあるIT要求÷年度内のすべてのIT要求（除外を除く）。',
         rows=_budget_rows,
         records=lambda year, as_of: BudgetRequest.select().where(
             BudgetRequest.live(), BudgetRequest.requested_on <= as_of))
def budget_coverage(asked):
    """IT budget requests of the year that were supported ÷ all IT requests of the year (BR-18).

    Supported is one with a case whose 予算要求調達支援 is completed.
    """
    start, places = asked.bounds[0], len(asked.days)
    requests = (
        BudgetRequest.select(bucket(BudgetRequest.requested_on, asked.ends), fn.COUNT(BudgetRequest.id))
        .where(_counted_request(), BudgetRequest.requested_on.between(start, asked.ends[-1]))
        .group_by(SQL('1')))
    every = running_totals(requests.tuples(), places)
    supported = (
        Support.select(BudgetRequest.id, bucket(BudgetRequest.requested_on, asked.ends),
                       bucket(fn.MIN(Support.completed_on), asked.days))
        .join(Case).join(BudgetRequest)
        .where(Support.live(), Support.kind == 'budget', Support.state == 'completed', Case.live(),
               _counted_request(), BudgetRequest.requested_on.between(start, asked.ends[-1]))
        .group_by(BudgetRequest.id, BudgetRequest.requested_on))
    done = running_totals(
        [(max(requested, completed), 1) for _, requested, completed in supported.tuples()], places)
    return [rate(*pair) for pair in zip(done, every, strict=True)]


def is_large(case, day, dated):
    """Tell whether a case is 大規模: ①大規模予算 or ②新技術 (BR-19), by the settings in force on `day`."""
    return bool(large_reasons(case, day, dated))


def large_reasons(case, day, dated):
    """Return why a case is 大規模: a list of ①大規模予算 / ②新技術, empty when it is not."""
    basis = dated.on('large_case_basis', day)
    amount = {
        '初期経費': case.initial_cost,
        '単年度': case.initial_cost + (case.yearly_cost if case.years else 0),
        'TCO': case.tco,
    }[basis]
    reasons = (('①大規模予算', amount >= int(dated.on('large_case_amount', day))),
               ('②新技術', case.new_technology))
    return [reason for reason, holds in reasons if holds]


LARGE = ('large_case_amount', 'large_case_basis')


def _large(asked):
    """Return the condition that a case ordered in the year is 大規模.

    It is `is_large` on the day of its order, as SQL.
    """
    amounts = {
        '初期経費': Case.initial_cost,
        '単年度': Case.initial_cost + When(None, [(Case.years > 0, Case.yearly_cost)], 0),
        'TCO': Case.initial_cost + Case.yearly_cost * Case.years,
    }
    found = Case.new_technology
    for first, last in periods(asked, LARGE):
        amount = amounts[asked.dated.on('large_case_basis', first)]
        least = int(asked.dated.on('large_case_amount', first))
        found |= Case.ordered_on.between(first, last) & (amount >= least)
    return found


def _supported_before_order():
    """Return the condition that a case's 発注・計画調達支援 was completed by its order."""
    ordered = Case.alias()
    return Case.id.in_(Support.select(Support.case).join(ordered, on=Support.case == ordered.id).where(
        Support.live(), Support.kind == 'ordering', Support.state == 'completed',
        Support.completed_on <= ordered.ordered_on))


def _large_rows(asked):
    return Population(
        Case.select().where(Case.ordered_on.between(*asked.bounds)),
        When(None, [
            (any_voided(Case), 'voided'),
            (Case.ordered_on > asked.day, 'later'),
            (~_large(asked), 'small'),
            (_supported_before_order(), 'done'),
        ], 'waiting'),
        [('done', True, '発注までに支援を完了'),
         ('waiting', False, '発注までに支援が完了していない（分母に含めます）'),
         ('small', False, '大規模案件に当たらない'),
         LATER, VOIDED],
        (Case,))


@measure('support.large_coverage', '大規模案件の発注・計画調達支援の実施率', '%',
         how='発注日までに発注・計画調達支援を完了した大規模案件÷年度内に発注した大規模案件。',
         rows=_large_rows, settings=LARGE,
         records=lambda year, as_of: Case.select().where(Case.live(), Case.ordered_on <= as_of))
def large_coverage(asked):
    """Large cases ordered in the year and supported by then ÷ all such cases (BR-19).

    Supported is one whose 発注・計画調達支援 was completed by the order.
    """
    supported = fn.SUM(When(None, [(_supported_before_order(), 1)], 0))
    cases = (Case.select(bucket(Case.ordered_on, asked.ends), fn.COUNT(Case.id), supported)
             .where(Case.live(), Case.ordered_on.between(asked.bounds[0], asked.ends[-1]), _large(asked))
             .group_by(SQL('1')))
    found = list(cases.tuples())
    places = len(asked.days)
    done = running_totals([(at, number) for at, _, number in found], places)
    every = running_totals([(at, number) for at, number, _ in found], places)
    return [rate(*pair) for pair in zip(done, every, strict=True)]


def _trial_rows(asked):
    return Population(
        Support.select().join(Case).where(
            Support.kind == 'ordering',
            Support.requested_on.between(*asked.bounds) | Support.completed_on.between(*asked.bounds)),
        When(None, [
            (any_voided(Support, Case), 'voided'),
            (Support.requested_on > asked.day, 'later'),
            (~Support.trial, 'real'),
            ((Support.state == 'completed')
             & Support.completed_on.between(asked.bounds[0], asked.ends[-1]), 'done'),
        ], 'waiting'),
        [('done', True, '試行を完了'),
         ('real', False, '試行でない支援'),
         ('waiting', False, '年度内に完了していない試行'),
         LATER, VOIDED],
        (Support, Case))


@measure('support.trial_count', '発注・計画調達支援（試行）', '件',
         how='年度内に完了した発注・計画調達支援のうち、試行の数。'
             '年度内に依頼または完了した発注・計画調達支援から数えます。',
         rows=_trial_rows,
         records=lambda year, as_of: Support.select().where(Support.live(), Support.requested_on <= as_of),
         grows=True)
def trial_count(asked):
    """発注・計画調達支援 given on trial and completed in the year.

    Among those asked for or completed in it.
    """
    trials = (
        Support.select(bucket(Support.completed_on, asked.ends), fn.COUNT(Support.id)).join(Case)
        .where(Support.live(), Case.live(), Support.kind == 'ordering', Support.trial,
               Support.state == 'completed', Support.completed_on.between(asked.bounds[0], asked.ends[-1]))
        .group_by(SQL('1')))
    return [count(number) for number in running_totals(trials.tuples(), len(asked.days))]
