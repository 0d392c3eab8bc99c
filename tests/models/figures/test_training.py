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
    assert numbers_of(indicator_of(desk, 9, '2', as_of='2026-06-30')) == ('0', '2000', '0.0', 'missed')
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
