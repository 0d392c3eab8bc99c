"""Very many records on one."""
from datetime import UTC, date, datetime, timedelta

from audits import trail
from models import (
    Attachment,
    BudgetRequest,
    Business,
    BusinessSystem,
    Case,
    CaseShare,
    Contract,
    ContractSystem,
    CorrectiveAction,
    Course,
    Engagement,
    Enrolment,
    Finding,
    Incident,
    IncidentReport,
    IncidentSystem,
    Person,
    Review,
    ReviewSystem,
    Staff,
    Support,
    SupportComment,
    System,
)
from registry.core import clock

FEW, MANY = 60, 240


def add_children(number, start=0):
    """Hang `number` records of every kind on the first record of every noun, all of a kind in one act."""
    last = start + number
    at = datetime(2026, 6, 1, tzinfo=UTC)

    def insert(act, rows):
        act.insert(rows)
        return rows
    numbers = [f'{n:05}' for n in range(start, last)]
    with trail.act('demo.fill', by=None, at=clock.now()) as act:
        systems = insert(act, [System(system_no=f'Z-{n}', name=f'下{n}', owner=2, category='business',
                                      lifecycle='operate', pii='none')
                               for n in numbers])
        incidents = insert(act, [Incident(incident_no=f'Z-{n}', title=f'障害{n}', category='failure', level=2,
                                          detected_at=at
                                          + timedelta(minutes=place)) for place,
                                          n in enumerate(numbers, start)])
        reviews = insert(act, [Review(review_no=f'Z-{n}', kind='renew', title=f'検討{n}',
                                      reviewed_on=date(2026, 6, 1)) for n in numbers])
        businesses = insert(act, [Business(code=f'Z{n}', name=f'業務{n}', applicable=False) for n in numbers])
        for table, own, rows in ((IncidentSystem, 'incident', incidents), (ReviewSystem, 'review', reviews),
                                 (BusinessSystem, 'business', businesses)):
            insert(act, [table(**{own: row, 'system': 1}) for row in rows]
                   + [table(**{own: 1, 'system': row}) for row in systems])
        cases = insert(act, [Case(case_no=f'Z-{n}', fiscal_year=2027, department=2, title=f'案件{n}',
                                  kind='improve', request=1, system=1, initial_cost=1,
                                  new_technology=False) for n in numbers])
        insert(act, [Support(case=row, kind='budget', requested_on=date(2026, 6, 1), reviewer=1,
                             state='withdrawn') for row in cases])
        insert(act, [IncidentReport(report_no=f'Z-{n}', system=1, title=f'報告{n}', happened='止まった',
                                    detected_at=at, leak='none') for n in numbers])
        contracts = insert(act, [Contract(contract_no=f'Z-{n}', title=f'契約{n}', department=2, vendor=1,
                                          case=1,
                                          state='unconfirmed') for n in numbers])
        insert(act, [ContractSystem(contract=row, system=1) for row in contracts])
        insert(act, [Engagement(engagement_no=f'Z-{n}', kind='self', theme=f'点検{n}', department=2, system=1,
                                auditor='監査')
                     for n in numbers])
        insert(act, [Finding(finding_no=f'Z-{n}', engagement=1, item=f'項目{n}', category='minor',
                             fact='事実') for n in numbers])
        insert(act, [CorrectiveAction(finding=1, measure='直す', owner=2, due_on=date(2026, 12, 1))
                     for n in numbers])
        insert(act, [SupportComment(support=1, person=1, at=clock.now(), state='reviewing', text='確認')
                     for n in numbers])
        insert(act, [CaseShare(share_no=f'Z-{n}', title=f'事例{n}', incident=1, method='notice',
                               shared_on=date(2026, 6, 1)) for n in numbers])
        staff = insert(act, [Staff(staff_no=f'9{n}', name=f'職員{n}', department=2,
                                   joined_on=date(2026, 11, 1)) for n in numbers])
        insert(act, [Staff(staff_no=f'8{n}', name=f'新人{n}', department=2, joined_on=date(2026, 11, 1))
                     for n in numbers])
        courses = insert(act, [Course(code=f'Z{n}', fiscal_year=2026, name=f'研修{n}', category='ai')
                               for n in numbers])
        insert(act, [Enrolment(course=1, staff=row) for row in staff]
               + [Enrolment(course=row, staff=1) for row in courses])
        insert(act, [BudgetRequest(request_no=f'Z-{n}', fiscal_year=2027, requested_on=date(2026, 9, 1),
                                   department=2, title=f'要求{n}',
                                   amount=1, it_cost=True, new_technology=False) for n in numbers])
        insert(act, [Attachment(table=table, row=1, kind='other', name=f'{n}.txt', size=1,
                                media_type='text/plain', at=at, sha256=n.rjust(64, '0')) for n in numbers
                     for table in ('system', 'contract', 'support', 'incident')])
        insert(act, [Person(email=f'z{n}@city.example', name=f'人{n}', role='department', department=2)
                     for n in numbers])
