"""The figure of security training (研修): who of the census completed it."""
from peewee import SQL, fn
from peewee import Case as When

from ..training import Course, Enrolment
from . import VOIDED, Population, any_voided, bucket, measure, rate, running_totals


def _reported_course(year):
    """Return the condition that the census of a course bears on the year's completion rate."""
    return (Course.fiscal_year == year) & Course.mandatory & (Course.category == 'security')


def _completion_rows(asked):
    return Population(
        Enrolment.select().join(Course).where(_reported_course(asked.year)),
        When(None, [
            (any_voided(Enrolment, Course), 'voided'),
            (Course.census_on > asked.day, 'coming'),
            (Enrolment.status == 'excluded', 'excluded'),
            ((Enrolment.status == 'done') & (Enrolment.completed_on <= asked.day), 'done'),
        ], 'waiting'),
        [('done', True, '修了'),
         ('waiting', False, '未修了（分母に含めます）'),
         ('excluded', False, '除外（理由つき）'),
         ('coming', False, '対象者基準日がまだ来ていない研修'),
         VOIDED],
        (Enrolment, Course))


@measure('training.completion', 'セキュリティ研修受講率', '%',
         how='必須の情報セキュリティ研修の修了者÷（対象者−除外）。対象者は対象者基準日の名簿で、'
             'その日が来た研修を数えます。',
         rows=_completion_rows, one='人', records=lambda year, as_of: Enrolment.select().join(Course).where(
             Enrolment.live(), Course.live(), _reported_course(year),
             Course.census_on.is_null() | (Course.census_on <= as_of)))
def training_completion(asked):
    """修了 ÷ (対象者 − 除外) over the mandatory 情報セキュリティ courses of the year (BR-25).

    Each is counted from the base date of its census.
    """
    census = When(None, [(Course.census_on.is_null(), 0)], bucket(Course.census_on, asked.days))
    completed = When(None, [(Enrolment.status == 'done', bucket(Enrolment.completed_on, asked.days))],
                     len(asked.days))
    enrolments = (
        Enrolment.select(census, completed, fn.COUNT(Enrolment.id)).join(Course)
        .where(Enrolment.live(), Course.live(), _reported_course(asked.year), Enrolment.status != 'excluded')
        .group_by(SQL('1, 2')))
    found = list(enrolments.tuples())
    # who has completed is counted from the later of the two days on
    places = len(asked.days)
    done = running_totals([(max(census, completed), number) for census, completed, number in found], places)
    every = running_totals([(census, number) for census, _, number in found], places)
    return [rate(*pair) for pair in zip(done, every, strict=True)]
