"""Fill a register with what a ward keeps beside its systems and contracts: `python -m bench.filling 10000`.

For N systems 4 N documents, 4 N comments and questions, and dated records enough for 20 N duties; of the
register that DATABASE_URL names, by one act of each kind, always the same rows. It prints as JSON how many
rows and duties there are.
"""
import hashlib
import json
import sys
from datetime import timedelta

from audits import trail
from models import (
    Attachment,
    Case,
    Comment,
    CorrectiveAction,
    Course,
    Department,
    Engagement,
    Enrolment,
    Finding,
    Person,
    Plan,
    Staff,
    Support,
    System,
)
from models.rules import calendar
from registry.commands.terminal import files_of, register
from registry.core import clock, connection
from registry.records.dues import kinds

#: who is of one of the units that the systems belong to; the password is that of the demo
UNIT_PERSON = 'unit@example.jp'
#: documents share so many files: what lies outside the database is no part of what pages take
FILES = 200
COURSES = 36


def fill(app, size):
    """Fill an open register with what belongs to `size` systems."""
    today = clock.today()
    units = [id for (id,) in Department.select(Department.id).where(
        Department.code.startswith('9')).order_by(Department.code).tuples()][:40]
    ids = [id for (id,) in System.select(System.id).order_by(System.id).tuples()][-size:]
    hashed = Person.get(Person.role == 'department').password_hash
    people = [Person(email=UNIT_PERSON, name='性能 一号', role='department', department=units[1],
                     password_hash=hashed),
              *(Person(email=f'desk{n}@example.jp', name=f'性能 係員{n}', role='it', department=5)
                for n in range(5))]
    write('people.create', people)
    documents(files_of(app.config), ids)
    comments(ids, units, people)
    supports(size, units, people, today)
    plans(size, units, today)
    findings(size, units, people, today)
    training(size, units, today)


def write(kind, rows):
    """Write new rows of one table as one act; return them."""
    with trail.act(kind, by=None, at=clock.now(), channel='cli') as act:
        act.insert(rows)
    return rows


def documents(store, ids):
    """Hang four documents on each system."""
    files = []
    for n in range(FILES):
        data = f'見積書 {n}\n'.encode() * 40
        sha256 = hashlib.sha256(data).hexdigest()
        store.path(sha256).parent.mkdir(parents=True, exist_ok=True)
        store.path(sha256).write_bytes(data)
        files.append((sha256, len(data)))
    now = clock.now()
    write('attachments.create', [
        Attachment(table='system', row=id, kind='quote', name=f'見積{id}-{part}.txt', size=size, at=now,
                   media_type='text/plain', sha256=sha256)
        for id in ids for part in range(4) for sha256, size in [files[(id + part) % FILES]]])


def comments(ids, units, people):
    """Write on each system a comment and three questions: to a unit, to another one, to a person."""
    now, rows = clock.now(), []
    for n, id in enumerate(ids):
        here = {'table': 'system', 'row': id, 'about': f'X-{n:06d} システム{n}', 'person': people[1].id}
        asked = here | {'kind': 'question', 'text': f'{n}番の見積の内訳を教えてください。'}
        day = clock.today() + timedelta(days=n * 7 % 120 - 30)
        rows += [Comment(**here, kind='comment', text='更新の方針を確認しました。', at=now),
                 Comment(**asked, to_unit=units[n % 40], answer_by=day, at=now),
                 Comment(**asked, to_unit=units[n // 40 % 40], at=now - timedelta(days=n % 90)),
                 Comment(**asked, to_person=people[n % 6].id, answer_by=day, at=now)]
    write('comments.create', rows)


def supports(size, units, people, today):
    """Ask for two supports of as many cases as there are systems, to be examined by some day."""
    cases = write('cases.create', [
        Case(case_no=f'XC-{n:06d}', fiscal_year=2026, department=units[n % 40], title=f'調達{n}',
             kind='replace', initial_cost=n * 1000) for n in range(size)])
    write('supports.create', [
        Support(case=case.id, kind=kind, state='reviewing', requested_on=today - timedelta(days=60),
                reviewer=people[1 + n % 5].id, due_on=today + timedelta(days=n * 7 % 400 - 40))
        for n, case in enumerate(cases) for kind in ('budget', 'ordering')])


def plans(size, units, today):
    """Plan a measure for each system; its year's check-ins are all to come."""
    write('plans.create', [
        Plan(plan_no=f'XP-{n:06d}', fiscal_year=calendar.fiscal_year(today), department=units[n % 40],
             title=f'施策{n}') for n in range(size)])


def findings(size, units, people, today):
    """Find something at each system, with something to be done about it."""
    audits = write('engagements.create', [
        Engagement(engagement_no=f'XA-{n:05d}', kind='internal', theme=f'監査{n}', department=units[n % 40],
                   auditor='性能 監査', planned_on=today + timedelta(days=n % 300))
        for n in range(size // 50)])
    found = write('findings.create', [
        Finding(finding_no=f'XF-{n:06d}', engagement=audits[n % len(audits)].id, item=f'指摘{n}',
                category='minor', fact='手順書が改訂されていない。') for n in range(size)])
    write('actions.create', [
        CorrectiveAction(finding=one.id, measure='手順書を改訂する。', owner=people[n % 6].id,
                         due_on=today + timedelta(days=n * 7 % 300 - 60)) for n, one in enumerate(found)])


def training(size, units, today):
    """Put a fifth as many staff as systems on the census of each of this year's courses."""
    year = calendar.fiscal_year(today)
    staff = write('staff.create', [
        Staff(staff_no=f'X{n:06d}', name=f'性能 職員{n}', department=units[n % 40])
        for n in range(size // 5)])
    courses = write('courses.create', [
        Course(code=f'XQ-{n:02d}', fiscal_year=year, name=f'研修{n}', category='data',
               census_on=calendar.year_range(year)[0], closes_on=today + timedelta(days=n * 7 - 60))
        for n in range(COURSES)])
    write('enrolments.create', [
        Enrolment(course=course.id, staff=one.id) for course in courses for one in staff])


def count_duties():
    """Return {kind of duty: how many rows there are that it stands for}, whoever has it to do."""
    found = {}
    for kind in kinds():
        due, table = kind.due, kind.of.table
        where = [table.live(), kind.on.is_null(False), due.open()]
        query = due.joins(table.select()).where(*[each for each in where if each is not None])
        if number := query.select(table.id).count():
            found[kind.code] = number
    return found


def main():
    with register() as app:
        fill(app, int(sys.argv[1]))
        connection.settle()
        duties = count_duties()
        rows = {table._meta.table_name: table.select().count()
                for table in (System, Attachment, Comment, Enrolment, Support, Plan, CorrectiveAction)}
        print(json.dumps({'duties': sum(duties.values()), 'kinds': duties, 'rows': rows,
                          'person': UNIT_PERSON}))


if __name__ == '__main__':
    main()
