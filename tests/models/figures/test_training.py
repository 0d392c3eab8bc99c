"""Completion of training on the day of a census, against answers worked out by hand."""
from datetime import date

from figure_values import figure_of, indicator_of, numbers_of

from audits import trail
from models import Course, Department, Enrolment, Staff
from registry.core import clock


# --- training ---
def census(desk, waiting):
    """Enrol 2,000 staff on a mandatory security course, all but `waiting` of them done on 1 July."""
    with desk.open():
        with trail.act('demo', by=None, at=clock.now(), channel='cli', reason='試験') as act:
            course = Course(code='K-1', fiscal_year=2026, name='研修', category='security', mandatory=True)
            act.save(course)
            people = [Staff(staff_no=f'{n:05}', name='職員', department=Department.get())
                      for n in range(2000)]
            act.insert(people)
            act.insert([Enrolment(course=course, staff=p, status='waiting' if n < waiting else 'done',
                                  completed_on=None if n < waiting else date(2026, 7, 1))
                        for n, p in enumerate(people)])


ENROL = ['course_code', 'staff_no', 'status', 'completed_on', 'exclusion_reason']


def test_1999_of_2000_is_not_100(desk):
    census(desk, 1)
    assert numbers_of(indicator_of(desk, 9, '2')) == ('1999', '2000', '99.9', 'missed')
    assert numbers_of(indicator_of(desk, 9, '2', as_of='2026-06-30')) == ('0', '2000', '0.0', 'unknown')
    desk.table('enrolments', ['K-1', '00000', '除外', '', '休職・育休'], headers=ENROL)
    assert numbers_of(indicator_of(desk, 9, '2')) == ('1999', '1999', '100.0', 'met')
    desk.table('enrolments', ['K-1', '00001', '修了', '2026-12-01', ''], headers=ENROL)
    assert indicator_of(desk, 9, '2', as_of='2026-11-30')['numerator'] == '1998'


def test_only_mandatory_security_courses_of_the_year_count(desk):
    desk.load('staff')
    desk.table('courses', *[[f'K-{n}', year, 'x', kind, must] for n, (year, kind, must) in enumerate([
        ('2026', 'security', '1'), ('2026', 'security', '0'), ('2026', 'privacy', '1'),
        ('2025', 'security', '1')])],
        headers=['code', 'fiscal_year', 'name', 'category', 'mandatory'])
    desk.table('enrolments', *[[f'K-{n}', '00001', '修了', '2026-07-01', ''] for n in range(4)],
               headers=ENROL)
    assert figure_of(desk, 'training.completion')[:2] == (1, 1)


def test_an_empty_denominator_is_not_applicable(desk):
    assert indicator_of(desk, 9, '2')['reason'] == '記録なし'
    desk.load('staff')
    desk.table('courses', ['K-1', '2026', 'x', 'security', '1'],
               headers=['code', 'fiscal_year', 'name', 'category', 'mandatory'])
    desk.table('enrolments', ['K-1', '00001', '除外', '', '休職・育休'], headers=ENROL)
    assert indicator_of(desk, 9, '2')['reason'] == '該当なし'
    assert numbers_of(indicator_of(desk, 9, '2')) == ('0', '0', None, 'unknown')
    assert '該当なし' in desk.run('kpi', '--fiscal-year', '2026').stdout


def test_lessons_count_by_their_category_persons_once_or_each_time(desk):
    desk.load('staff')
    headers = ['code', 'fiscal_year', 'name', 'category', 'mandatory']
    desk.table('courses', *[[f'L-{n}', year, 'x', kind, '0'] for n, (year, kind) in enumerate([
        ('2026', 'データ活用'), ('2026', 'オープンデータ'), ('2026', 'ノーコード'), ('2026', '生成AI'),
        ('2025', 'データ活用')])], headers=headers)
    assert indicator_of(desk, 4, '2')['reason'] == '記録なし'
    assert indicator_of(desk, 4, '3', 2025, '2026-03-31')['reason'] == '記録なし'
    done = [('L-0', '00001', '2026-06-10'), ('L-1', '00001', '2026-10-10'), ('L-1', '00002', '2026-10-10'),
            ('L-2', '00002', '2026-07-01'), ('L-3', '00001', '2026-07-01'), ('L-4', '00001', '2025-12-01')]
    desk.table('enrolments', *[[course, staff, '修了', day, ''] for course, staff, day in done],
               ['L-0', '00002', '未受講', '', ''], headers=ENROL)
    assert [figure_of(desk, f'training.{name}')[0] for name in (
        'data_staff', 'data_attendances', 'nocode_staff')] == [2, 3, 1]
    assert figure_of(desk, 'training.data_attendances', as_of=date(2026, 10, 9))[0] == 1
    assert figure_of(desk, 'training.data_staff', 2025, date(2026, 3, 31))[0] == 1
    assert numbers_of(indicator_of(desk, 4, '3', 2025, '2026-03-31')) == ('1', None, '1', 'missed')
    assert indicator_of(desk, 9, '3', 2025, '2026-03-31')['reason'] == '記録なし'
    # whether lessons on open data are such the ward has not said: a dated setting tells
    desk.table('settings', ['data_course_categories', '2026-09-01', 'データ活用'],
               headers=['name', 'valid_from', 'value'])
    assert figure_of(desk, 'training.data_attendances')[0] == 1
    refused = desk.table('settings', ['data_course_categories', '2026-10-01', 'すべて'],
                         headers=['name', 'valid_from', 'value'], code=1)
    assert 'データ活用・オープンデータ' in refused['errors'][0]['message']
