"""Courses: who is on a census, when it is taken, and who may see whom."""
from datetime import date

from cast import OWNERS
from form_posts import refused

from audits import trail
from models import Act, Comment, Course, Department, Enrolment, Person, Staff, db
from registry.core import clock


def test_who_was_voided_before_the_census_is_on_it(app, client_of):
    with app.app_context(), db.connection_context(), trail.act('enrolments.edit', by=None,
            at=clock.now()) as act:
        course = Course.get(Course.code == 'K26-02')
        act.insert([row := Enrolment(course=course, staff=Staff.get_by_id(1), status='done',
                                     completed_on=clock.today())])
        act.void(row, '誤って登録')
        course.census_on = clock.today()
        act.save(course)
    it = client_of('it')
    assert it.post(f'/courses/{course.id}/census').status_code == 303
    with app.app_context(), db.connection_context():
        rows = list(Enrolment.select().where(Enrolment.course == course))
        assert len(rows) == 2 and {(row.status, row.voided_at, row.completed_on)
                                   for row in rows} == {('waiting', None, None)}


def test_nobody_slips_into_a_frozen_census_by_an_edit(app, client_of):
    with app.app_context(), db.connection_context(), trail.act('staff.create', by=None,
            at=clock.now()) as act:
        act.save(Staff(staff_no='2001', name='新人', department=Department.get(Department.code == '0201'),
                       joined_on=clock.today()))
    assert '在籍していない' in refused(client_of('it'), '/enrolments/1/edit', staff_no='2001')


def test_a_census_waits_for_its_day(app, client_of):
    it = client_of('it')
    assert '/courses/2/census' in it.get('/courses/2').text
    with app.app_context(), db.connection_context(), trail.act('courses.edit', by=None,
            at=clock.now()) as act:
        course = Course.get_by_id(2)
        course.census_on = date(2026, 12, 1)
        act.save(course)
    assert '/courses/2/census' not in it.get('/courses/2').text
    it.post('/courses/2/census')
    with app.app_context(), db.connection_context():
        assert not Enrolment.select().where(Enrolment.course == 2).exists()


def test_a_course_says_who_took_its_census(client_of):
    page = client_of('it').get('/courses/1').text
    assert '対象者の登録: ' in page


def test_a_course_names_no_staff_of_another_unit(app, client_of):
    with app.app_context(), db.connection_context(), trail.act('staff.create', by=None,
            at=clock.now()) as act:
        for n, owner in enumerate((2, 3), 1):
            act.save(Staff(staff_no=f'200{n}', name=f'{OWNERS[n - 1]}の新人', department=owner,
                           joined_on=date(2026, 11, 1)))
    assert '税務課の新人' in client_of('department').get('/courses/1').page.text
    assert '戸籍住民課の新人' not in client_of('department').get('/courses/1').page.text
    assert '税務課の新人' not in client_of('admin').get('/courses/1').page.text
    assert '戸籍住民課の新人' in client_of('it').get('/courses/1').page.text


def test_the_units_of_who_has_yet_to_attend_are_reminded_once(app, client_of):
    with app.app_context(), db.connection_context(), trail.act('enrolments.edit', by=None,
            at=clock.now()) as act:
        course = Course.get(Course.code == 'K26-02')
        nobodys = Department.get(Department.id.not_in(Person.select(Person.department)))
        act.save(stranger := Staff(staff_no='999', name='架空 次郎', department=nobodys))
        act.insert([Enrolment(course=course, staff=staff, status='waiting') for staff in (1, 2, stranger)])
    it, unit, address = client_of('it'), client_of('department'), f'/courses/{course.id}/remind'
    assert unit.get(address).status_code == 403
    assert address in it.get(f'/courses/{course.id}').page.links
    told = it.get(address).page.text
    assert '知らせます' in told and 'いないため届きません' in told and '1人' in told
    assert it.post(address).status_code == 303
    with app.app_context(), db.connection_context():
        act = Act.select().order_by(Act.seq.desc()).get()
        asked = list(Comment.select().where(Comment.kind == 'question', Comment.row == course.id,
                                            Comment.table == 'course'))
        assert (act.kind, act.changes, len(asked)) == ('courses.remind', 2, 2)
        assert not any('1人' in row.text for row in asked), 'everybody reads what is written on a course'
    assert course.name in unit.get('/duties/').page.text
    # nobody is reminded again while they have not answered
    assert '前の連絡に回答待ち' in it.get(address).page.text
    assert it.post(address).status_code == 200
