"""Figures of training (研修): who of the census completed it, and who learned what in a year."""
from functools import partial, reduce
from operator import or_

from peewee import SQL, fn
from peewee import Case as When

from ..training import Course, Enrolment
from . import LATER, VOIDED, Population, any_voided, bucket, count, measure, rate, running_totals
from .recovery import periods

DATA = ('data_course_categories',)
#: the categories of courses that teach to use data, by the setting DATA
BOTH = 'データ活用・オープンデータ'
DATA_COURSES = {BOTH: ('data', 'opendata'), 'データ活用': ('data',)}


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


def _teaches(asked, course, day, settings):
    """Return the condition that a course, completed on `day`, is of the categories a measure counts.

    `settings` is DATA, or () for the courses on tools without code (ノーコード).
    """
    if not settings:
        return course.category == 'nocode'
    chosen = [(first, last, DATA_COURSES[asked.dated.on(settings[0], first)])
              for first, last in periods(asked, settings)]
    if len(chosen) == 1:
        return course.category.in_(chosen[0][2])
    return course.category.in_(DATA_COURSES[BOTH]) & reduce(or_, (
        day.between(first, last) & course.category.in_(categories) for first, last, categories in chosen))


def _completed(asked, enrolment, course, settings):
    """Return the condition that an enrolment is one completed in the year that a measure counts."""
    return (enrolment.voided_at.is_null() & course.voided_at.is_null() & (course.fiscal_year == asked.year)
            & (enrolment.status == 'done') & enrolment.completed_on.between(*asked.bounds)
            & _teaches(asked, course, enrolment.completed_on, settings))


def _learned_rows(asked, settings, each):
    """Return the Population of the enrolments of the year's courses; with `each` a person counts once."""
    counted, done = _completed(asked, Enrolment, Course, settings), []
    if each:
        other, course = Enrolment.alias(), Course.alias()
        before = (other.completed_on < Enrolment.completed_on) | (
            (other.completed_on == Enrolment.completed_on) & (other.id < Enrolment.id))
        done = [(counted & fn.EXISTS(
            other.select(SQL('1')).join(course, on=other.course == course.id)
            .where(other.staff == Enrolment.staff, _completed(asked, other, course, settings), before)),
            'again')]
    return Population(
        Enrolment.select().join(Course).where(Enrolment.course.in_(_courses(asked.year, settings))),
        When(None, [
            (any_voided(Enrolment, Course), 'voided'),
            (Enrolment.status == 'excluded', 'excluded'),
            (Enrolment.status != 'done', 'waiting'),
            (~Enrolment.completed_on.between(*asked.bounds), 'other_year'),
            (Enrolment.completed_on > asked.ends[-1], 'later'),
            *done, (counted, 'done'),
        ], 'uncounted'),
        [('done', True, '修了した職員（最初の修了）' if each else '修了（延べ）'),
         *([('again', False, '同じ職員の、2回目以降の修了')] if each else ()),
         ('waiting', False, '未修了'), ('excluded', False, '除外（理由つき）'),
         *([('uncounted', False, 'オープンデータの研修（設定により数えません）')] if settings else ()),
         ('other_year', False, '年度の外の修了'), LATER, VOIDED],
        (Enrolment, Course))


def _courses(year, settings):
    """Return the select of a year's courses that may count: asked for first, their enrolments are few."""
    course = Course.alias()
    return course.select(course.id).where(
        course.fiscal_year == year, course.category.in_(DATA_COURSES[BOTH] if settings else ('nocode',)))


def _learned_records(year, as_of, settings):
    """Return the enrolments of a year's courses whose census was due by a day."""
    return Enrolment.select().join(Course).where(
        Enrolment.live(), Enrolment.course.in_(_courses(year, settings)), Course.live(),
        Course.census_on.is_null() | (Course.census_on <= as_of) | (Enrolment.completed_on <= as_of))


def _learned(asked, settings, each):
    """Return the count of completions by each day, or with `each` of the staff who completed."""
    day = fn.MIN(Enrolment.completed_on) if each else Enrolment.completed_on
    found = (Enrolment.select(day.alias('day')).join(Course)
             .where(Enrolment.course.in_(_courses(asked.year, settings)),
                    _completed(asked, Enrolment, Course, settings)))
    found = found.group_by(Enrolment.staff) if each else found
    counted = (found.select_from(bucket(found.c.day, [Enrolment.completed_on.db_value(end) for end in
                                                      asked.ends]), fn.COUNT(1)).group_by(SQL('1')))
    return [count(number) for number in running_totals(counted.tuples(), len(asked.days))]


@measure('training.data_staff', 'データ活用研修を修了した職員', '人',
         how='年度のデータ活用の研修を年度内に修了した職員の数。同じ職員は1人と数えます。'
             'オープンデータの研修を含めるかは設定「データ活用研修の区分」によります。',
         rows=partial(_learned_rows, settings=DATA, each=True), one='人', settings=DATA, grows=True,
         records=partial(_learned_records, settings=DATA))
def data_staff(asked):
    """Staff who completed a course of データ活用 (by the setting also オープンデータ) in the year."""
    return _learned(asked, DATA, each=True)


@measure('training.data_attendances', 'データ活用研修の修了（延べ）', '名(延べ)',
         how='年度のデータ活用の研修の、年度内の修了の数（延べ）。同じ職員の修了も、研修ごとに数えます。'
             'オープンデータの研修を含めるかは設定「データ活用研修の区分」によります。',
         rows=partial(_learned_rows, settings=DATA, each=False), one='名', settings=DATA, grows=True,
         records=partial(_learned_records, settings=DATA))
def data_attendances(asked):
    """Completions of courses of データ活用 (by the setting also オープンデータ) in the year."""
    return _learned(asked, DATA, each=False)


@measure('training.nocode_staff', 'ノーコード研修を修了した職員', '人',
         how='年度のノーコードの研修を年度内に修了した職員の数。同じ職員は1人と数えます。',
         rows=partial(_learned_rows, settings=(), each=True), one='人', grows=True,
         records=partial(_learned_records, settings=()))
def nocode_staff(asked):
    """Staff who completed a course of ノーコード in the year (アプリ利用職員の育成)."""
    return _learned(asked, (), each=True)
