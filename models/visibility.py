"""Which rows a person may see: one condition per table, asked by lists, records, exports and figures alike."""
from peewee import SQL

from .budgets import BudgetRequest
from .engagements import CorrectiveAction, Engagement, Finding
from .incidents import Incident, IncidentSystem
from .organisation import Staff, subtree
from .people import Person
from .plans import CheckIn, Plan
from .procurement import Case, Review, ReviewSystem, Support, SupportComment
from .settings import Setting
from .systems import System
from .training import Enrolment

READERS = frozenset({'it', 'auditor', 'executive'})
NOTHING = SQL('1 = 0')


def _systems(scope):
    return System.select(System.id).where(System.owner.in_(scope))


def _cases(scope):
    return Case.select(Case.id).where(Case.department.in_(scope))


def _engagements(scope):
    return Engagement.select(Engagement.id).where(Engagement.department.in_(scope))


#: table → condition on its rows for a member of the units `scope`; a table not named here is open to all who sign in
OWN = {
    System: lambda scope: System.owner.in_(scope),
    Staff: lambda scope: Staff.department.in_(scope),
    Enrolment: lambda scope: Enrolment.staff.in_(Staff.select(Staff.id).where(Staff.department.in_(scope))),
    Incident: lambda scope: Incident.id.in_(
        IncidentSystem.select(IncidentSystem.incident)
        .where(IncidentSystem.live(), IncidentSystem.system.in_(_systems(scope)))),
    BudgetRequest: lambda scope: BudgetRequest.department.in_(scope),
    Case: lambda scope: Case.department.in_(scope),
    Support: lambda scope: Support.case.in_(_cases(scope)),
    SupportComment: lambda scope: SupportComment.support.in_(
        Support.select(Support.id).where(Support.case.in_(_cases(scope)))),
    Review: lambda scope: Review.id.in_(
        ReviewSystem.select(ReviewSystem.review)
        .where(ReviewSystem.live(), ReviewSystem.system.in_(_systems(scope)))),
    Engagement: lambda scope: Engagement.department.in_(scope),
    Finding: lambda scope: Finding.engagement.in_(_engagements(scope)),
    CorrectiveAction: lambda scope: CorrectiveAction.finding.in_(
        Finding.select(Finding.id).where(Finding.engagement.in_(_engagements(scope)))),
    Plan: lambda scope: Plan.department.in_(scope),
    CheckIn: lambda scope: CheckIn.plan.in_(Plan.select(Plan.id).where(Plan.department.in_(scope))),
}
#: tables of people and settings: for those who run the system, and auditors
OFFICE = frozenset({Person, Setting})


def condition(table, person, day):
    """Return the condition under which `person` sees rows of `table` on a day, or None when there is none."""
    if table in OFFICE:
        return None if person.role in ('it', 'auditor', 'admin') else NOTHING
    if table not in OWN or person.role in READERS:
        return None
    if person.role == 'admin':
        return NOTHING
    return OWN[table](list(subtree(person.department_id, day)))


def visible(person, row, day):
    """Tell whether `person` may see one row on a day."""
    limit = condition(type(row), person, day)
    return limit is None or type(row).select().where(type(row).id == row.id, limit).exists()
