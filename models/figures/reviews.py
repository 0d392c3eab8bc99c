"""Figures of ledger reviews (台帳活用検討) and of shared lessons (事故事例共有)."""
from peewee import SQL, fn
from peewee import Case as When

from ..incidents import CaseShare
from ..procurement import Review
from . import LATER, VOIDED, Population, any_voided, bucket, count, measure, running_totals


def _review_rows(asked):
    return Population(
        Review.select().where(Review.reviewed_on.between(*asked.bounds)
                              | Review.approved_on.between(*asked.bounds)),
        When(None, [
            (any_voided(Review), 'voided'),
            (Review.conclusion.is_null(False)
             & Review.approved_on.between(asked.bounds[0], asked.ends[-1]), 'done'),
            (Review.reviewed_on > asked.day, 'later'),
        ], 'waiting'),
        [('done', True, '結論・承認済み'), ('waiting', False, '年度内の結論または承認がまだ'), LATER, VOIDED],
        (Review,))


@measure('reviews.count', '台帳を活用した検討', '件',
         how='結論があり、年度内に承認された台帳活用検討の数。'
             '年度内に検討または承認した台帳活用検討から数えます。',
         rows=_review_rows,
         records=lambda year, as_of: Review.select().where(Review.live(), Review.reviewed_on <= as_of),
         grows=True)
def reviews_count(asked):
    """Ledger reviews with a conclusion, approved in the year (BR-22), among those made or approved in it."""
    reviews = (Review.select(bucket(Review.approved_on, asked.ends), fn.COUNT(Review.id))
               .where(Review.live(), Review.conclusion.is_null(False),
                      Review.approved_on.between(asked.bounds[0], asked.ends[-1]))
               .group_by(SQL('1')))
    return [count(number) for number in running_totals(reviews.tuples(), len(asked.days))]


def _share_rows(asked):
    return Population(
        CaseShare.select().where(CaseShare.shared_on.between(*asked.bounds)),
        When(None, [(any_voided(CaseShare), 'voided'), (CaseShare.shared_on > asked.day, 'later')], 'done'),
        [('done', True, '年度内に共有'), LATER, VOIDED], (CaseShare,))


@measure('shares.count', '事故事例の共有', '回', how='年度内に共有した事故事例の数。', rows=_share_rows,
         records=lambda year, as_of: CaseShare.select().where(CaseShare.live(), CaseShare.shared_on <= as_of),
         grows=True)
def shares_count(asked):
    """Cases shared in the year."""
    shares = (CaseShare.select(bucket(CaseShare.shared_on, asked.ends), fn.COUNT(CaseShare.id))
              .where(CaseShare.live(), CaseShare.shared_on.between(asked.bounds[0], asked.ends[-1]))
              .group_by(SQL('1')))
    return [count(number) for number in running_totals(shares.tuples(), len(asked.days))]
