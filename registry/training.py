"""Pages of training (研修): courses, their frozen census, and who has attended."""
from flask import abort, flash, g, redirect, render_template, request, url_for
from flask_login import current_user
from peewee import SQL, fn

from forms.base import EmptyForm
from forms.training import CourseForm, EnrolmentForm
from models import Act, Change, Comment, Course, Department, Enrolment, Staff
from models.figures import day_bounds
from models.rules import calendar
from models.training import ENROLMENT_STATES, EXCLUSION_REASONS

from .core import clock
from .core.memo import cached, cached_count, head
from .core.permits import DESK, READ_ALL, kept_by, limit_of
from .records import commenting, display, grids, links, listing, pages
from .records.noun import Column, Due, Filter, Noun, Tab
from .web.guard import allowed, permit, require, signed_in
from .web.submission import filled_form, submitted


def course_panels(course):
    tally = cached(('enrolled', course.id), lambda: dict(
        Enrolment.select(Enrolment.status, fn.COUNT(Enrolment.id)).where(
            Enrolment.course == course, Enrolment.live()).group_by(Enrolment.status).tuples()))
    census = sum(tally.values())
    return {'tally': [(label, tally.get(code, 0)) for code, label in ENROLMENT_STATES.items()],
            'census': census, 'waits': course.census_on is not None and course.census_on > clock.today(),
            'can_remind': census > 0 and not course.voided_at and allowed('courses.census', course),
            'can_census': census == 0 and not course.voided_at
            and course.census_on is not None and course.census_on <= clock.today()
            and allowed('courses.census', course),
            'late': late_joiners(course) if census else (0, []),
            'census_act': census_act(course)}


def census_act(course):
    """Return the Act that froze a course's census, or None; it is not in the course's own history."""
    first = Enrolment.select(fn.MIN(Enrolment.id)).where(Enrolment.course == course)
    return Act.select().join(Change).where(Change.table == Enrolment._meta.table_name,
                                           Change.row == first).order_by(Act.seq).first()


def late_joiners(course):
    """Return (count, the first few) of 基準日後の採用者, as far as the person may see them.

    They joined after the census day and are not on the list.
    """
    if course.census_on is None:
        return 0, []
    limit = limit_of(Staff, current_user, clock.today())
    on_list = Enrolment.select(Enrolment.staff).where(Enrolment.course == course, Enrolment.live())
    late = Staff.select().where(Staff.live(), Staff.joined_on > course.census_on, Staff.left_on.is_null(),
                                Staff.id.not_in(on_list), *([] if limit is None else [limit]))
    number = cached_count(late)
    return number, list(late.order_by(Staff.staff_no).limit(links.FEW)) if number else []


def prepare_course(row, before, form, by, at):
    if before is not None and before.census_on != row.census_on and Enrolment.select().where(
            Enrolment.course == row.id, Enrolment.live()).exists():
        yield 'census_on', '対象者が確定しているため、対象者基準日は変えられません。'


#: states of who has yet to attend
UNATTENDED = ('waiting', 'attending')


def of_this_year():
    """Return the condition that a course stands and is of this fiscal year: later nothing is made up for."""
    return Course.live() & (Course.fiscal_year >= calendar.fiscal_year(clock.today()))


def enrolled(*conditions):
    """Return the condition that somebody is on a course's census, of whom conditions hold."""
    return fn.EXISTS(Enrolment.select(SQL('1')).where(Enrolment.course == Course.id, Enrolment.live(),
                                                      *conditions))


courses = Noun(
    name='courses', title='研修', table=Course, form=CourseForm, key=('code',), sort='-year',
    prepare=prepare_course,
    permits=kept_by(DESK, READ_ALL, census=DESK), menu=('研修',),
    panels=course_panels, own_panels=('enrolments',), template='training/course.html',
    columns=['code', Column('year', '年度', Course.fiscal_year, display.year),
             'name', 'category', 'mandatory', 'closes_on', 'census_on'],
    filters=[Filter('year', '年度', display.years, lambda v: Course.fiscal_year == int(v)),
             'category'],
    due=(Due('census_on', '研修の対象者の確定', open=lambda: of_this_year() & ~enrolled()),
         Due('closes_on', '研修の締切（未受講あり）',
             open=lambda: of_this_year() & enrolled(Enrolment.status.in_(UNATTENDED)))),
    hint='必須の情報セキュリティ研修が、受講率の対象になります。')


def prepare_enrolment(row, before, form, by, at):
    if row.course_id is None:
        return
    course = course_of(row)
    moved = before is None or (before.staff_id, before.course_id) != (row.staff_id, row.course_id)
    if moved and row.staff_id is not None and course.census_on is not None:
        joined, left = form.staff_no.columns_of(row.staff_id, 'joined_on', 'left_on')
        if not (joined or course.census_on) <= course.census_on <= (left or course.census_on):
            yield 'staff_no', (f'対象者基準日（{calendar.show_day(course.census_on)}）に在籍していないため、'
                               '対象者にできません。')
    start = calendar.year_range(course.fiscal_year)[0]
    if row.completed_on is not None and row.completed_on < start:
        yield 'completed_on', f'受講日は、研修の年度の初日（{calendar.show_day(start)}）以後にしてください。'
    if row.status == 'done' and course.pass_mark is not None and row.score is not None \
            and row.score < course.pass_mark:
        yield 'score', f'合格点（{course.pass_mark}点）に届いていないため、修了にできません。'


def course_of(row):
    """Return an enrolment's course, read once per course in a file."""
    cache = g.setdefault('courses', {})
    if row.course_id not in cache:
        cache[row.course_id] = Course.get_by_id(row.course_id)
    return cache[row.course_id]


def enrolment_tone(value):
    return {'done': 'good', 'excluded': 'quiet', 'attending': 'warn'}.get(value, '')


enrolments = Noun(
    name='enrolments', title='受講状況', one='受講', table=Enrolment, form=EnrolmentForm,
    key=('course_code', 'staff_no'),
    permits=kept_by(DESK), menu=('研修',), grid=True,
    sort='staff', prepare=prepare_enrolment,
    joins=lambda query: query.join(Staff).switch(Enrolment).join(Course),
    # who was on the census of a course voided since is on none
    scope=lambda day: Enrolment.course.in_(Course.select(Course.id).where(
        Course.live() | (Course.voided_at >= day_bounds(day, day)[1]))),
    columns=[Column('staff', expr=Staff.staff_no), Column('name', '氏名', Staff.name),
             Column('department', '所属', Staff.department, display.department),
             Column('course', '研修', Course.name),
             Column('status', tone=enrolment_tone),
             'completed_on', 'exclusion_reason'],
    filters=[Filter('course', '研修', display.table_options(Course, 'code', 'name'),
                    lambda v: Enrolment.course == display.id_of(Course, 'code', v)),
             'status',
             Filter('department', '所属', display.department_options, lambda v: Enrolment.staff.in_(
                 Staff.select(Staff.id).where(Staff.department == display.unit_id(v))))],
    due=(Due('closes_on', '研修の受講', roles=('department', 'head'), on=lambda: Course.closes_on,
             open=lambda: of_this_year() & Enrolment.status.in_(UNATTENDED), who=Staff.name,
             joins=lambda query: query.join_from(Enrolment, Course, on=Enrolment.course == Course.id)),),
    tabs=(Tab('未受講', {'status': 'waiting'}), Tab('除外', {'status': 'excluded'})),
    hint='対象者基準日の名簿です。除外には理由が必要です。')
courses_bp = pages.blueprint(courses)
enrolments_bp = pages.blueprint(enrolments)


@courses_bp.route('/<int:id>/census', methods=['GET', 'POST'])
@permit('courses.census')
def census(id):
    """Freeze the census of a course (対象者確定): all employed on its base date, leave excluded by name."""
    course = pages.find(courses, id)
    require('courses.census', course)
    if course.voided_at:
        abort(404)
    # who is employed on a day is known when it has come
    population = list(Staff.select().where(Staff.employed_on(course.census_on)).order_by(Staff.staff_no)
                      ) if course.census_on and course.census_on <= clock.today() else []
    exists = Enrolment.select().where(Enrolment.course == course, Enrolment.live()).exists()
    form = filled_form(EmptyForm)
    if submitted(form) and population and not exists:
        reasons = {'childcare': 'leave', 'sick': 'leave', 'seconded': 'seconded'}
        with pages.act('courses.census', f'{course.census_on} の在籍者を対象者として確定') as writing:
            known, new = {row.staff_id: row
                          for row in Enrolment.select().where(Enrolment.course == course)}, []
            for person in population:
                # who was once enrolled by mistake and voided (取消) is on the census all the same
                row = known.get(person.id) or Enrolment(course=course, staff=person)
                row.status = 'excluded' if person.leave in reasons else 'waiting'
                row.voided_at = row.void_reason = None
                row.exclusion_reason = EXCLUSION_REASONS[
                    reasons[person.leave]] if person.leave in reasons else None
                row.completed_on = row.score = None
                if row.id is None:
                    new.append(row)
                else:
                    writing.save(row)
            writing.insert(new)
        flash(f'{len(population):,}人を対象者として確定しました。')
        return redirect(url_for('.show', id=id), code=303)
    on_leave = [person for person in population if person.leave != 'none']
    return render_template('training/census.html', noun=courses, row=course, form=form,
                           population=len(population),
                           coming=course.census_on is not None and course.census_on > clock.today(),
                           on_leave=len(on_leave), exists=exists,
                           crumbs=pages.crumbs(courses, (course.label, url_for('.show', id=id)),
                                               ('対象者の確定', None)))


def missing_by_unit(course):
    """Return [(unit, how many of it have yet to attend)], the most first."""
    number = fn.COUNT(Enrolment.id)
    return [(unit, unit.number) for unit in Department.select(Department, number.alias('number')).join(
        Staff, on=Staff.department == Department.id).join(Enrolment, on=Enrolment.staff == Staff.id).where(
        Enrolment.course == course, Enrolment.live(), Enrolment.status.in_(UNATTENDED)).group_by(
        Department.id).order_by(number.desc(), Department.code)]


def reminding(course, unit, by, at):
    """Return the question by which a unit is reminded of those of it who have yet to attend.

    How many they are is the unit's own: everybody reads what is written on a course.
    """
    until = f'（締切 {calendar.show_day(course.closes_on)}）' if course.closes_on else ''
    return Comment(
        **commenting.place_of(courses, course, by, at), kind='question', to_unit=unit,
        answer_by=course.closes_on if course.closes_on and course.closes_on >= clock.today() else None,
        text=f'「{course.name}」{until}を受講していない方がいます。'
             '受講を促し、済んだら回答してください。対象の方は「受講状況」の未受講の一覧にあります。')


@courses_bp.route('/<int:id>/remind', methods=['GET', 'POST'])
@permit('courses.census')
def remind(id):
    """Remind the units of those who have yet to attend: a question to each, all in one act."""
    course = pages.find(courses, id)
    require('courses.census', course)
    if course.voided_at:
        abort(404)
    found, at = missing_by_unit(course), clock.now()
    asked = {unit for (unit,) in Comment.select(Comment.to_unit).where(
        commenting.hanging_on(course), Comment.kind == 'question', Comment.closed_at.is_null(),
        Comment.answered_at.is_null()).tuples()}
    lines = [(unit, number, 'waits' if unit.id in asked else 'nobody' if not commenting.sees_in_unit(
        courses, course, unit, clock.today()) else '') for unit, number in found]
    # who will be told first; of the others why not
    lines.sort(key=lambda line: line[2] != '')
    told = [(unit, number) for unit, number, why_not in lines if not why_not]
    form = filled_form(EmptyForm)
    if submitted(form) and told:
        with pages.act('courses.remind') as writing:
            writing.insert([reminding(course, unit, signed_in(), at) for unit, _ in told])
        flash(f'{len(told)}所属に知らせました。')
        return redirect(url_for('.show', id=id), code=303)
    return render_template('training/remind.html', noun=courses, row=course, form=form, lines=lines,
                           told=len(told), example=reminding(course, told[0][0], signed_in(), at).text
                           if told else '',
                           crumbs=pages.crumbs(courses, (course.label, url_for('.show', id=id)),
                                               ('未受講の所属への連絡', None)))


#: what is entered of an enrolment
ENTERED = (grids.Column('status', fill={'done': 'completed_on'}),
           *map(grids.Column, ('completed_on', 'score', 'exclusion_reason')))


@enrolments_bp.route('/enter', methods=['GET', 'POST'])
@permit('enrolments.edit')
def enter():
    """Enter the results of the enrolments of a list, a page of it at a time, saved as one act."""
    opened = head().seq
    found = listing.Listing(enrolments, request.args, signed_in())
    found.run()
    back, found.shown_at = found.url(), 'enter'
    ids = [row[0] for row in found.rows]
    form = enrolments.form()
    fields = [form._fields[column.name] for column in ENTERED]
    stands = {row.id: row for row in Enrolment.select(Enrolment, Staff, Course).join(Staff).switch(
        Enrolment).join(Course).where(Enrolment.id.in_(ids), Enrolment.live())}
    rows = [grids.Row(f'{row.staff.staff_no} {row.staff.name}', url_for('.show', id=id),
                      [grids.Cell(place) for place in range(len(fields))],
                      (row.course.code, row.staff.staff_no),
                      tuple(field.text(row.__data__[field.attr]) for field in fields), row.course.name)
            for id in ids if (row := stands.get(id))]
    return grids.enter(grids.Grid(
        enrolments, '受講結果の入力', back, '対象者', [(field.label.text, '') for field in fields],
        ('course_code', 'staff_no'), ENTERED, rows, form, opened, pager=found,
        hint='状態のマスで 1 から順のキーを押すと入ります（修了は、受講日にきょうの日付が入ります）。'
             'ほかのマスはそのまま打ち、; できょうの日付が入ります。'
             '表計算ソフトの範囲も貼り付けられます（Ctrl+Zで戻す）。'))
