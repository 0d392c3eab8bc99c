"""What the city hall knows: every table, in the order in which they are created."""
from .actuals import Actual
from .attachments import Attachment
from .base import constrain, db
from .budget_requests import BudgetRequest
from .closed_days import ClosedDay
from .comments import Comment
from .contracts import CONTRACT_COVERS, SYSTEM_END, Contract, ContractSystem
from .drafts import Draft
from .engagements import CorrectiveAction, Engagement, Finding
from .feeds import Feed, FeedUse
from .imports import ImportWord
from .incidents import CaseShare, Incident, IncidentLevel, IncidentReport, IncidentSystem
from .jobs import Job
from .organisation import Department, DepartmentVersion, Staff
from .people import Person
from .pins import Pin
from .plans import CheckIn, Plan
from .procurement import Case, Review, ReviewSystem, Support, SupportComment
from .registers import Entry, Register, RegisterField, RegisterFigure
from .reminders import Digest, Reminder
from .saved_views import SavedView
from .settings import Setting
from .sign_in import Session, Throttle
from .snoozes import Snooze
from .standardisation import Business, BusinessSystem, Step, StepMaster, StepMove, StepProgress
from .strategies import Indicator, IndicatorBusiness, Initiative, Schedule, Strategy, Theme
from .systems import System
from .tokens import ApiToken, TokenUse
from .trail import Act, Change, TrailHead
from .training import Course, Enrolment
from .vendors import Vendor

#: every table whose rows are written by acts only
RECORDS = [Department, DepartmentVersion, Person, ApiToken, SavedView, Feed, Snooze, ImportWord, Staff,
           Setting, ClosedDay, System, Vendor, Business, BusinessSystem, StepMaster, Step, StepProgress,
           StepMove, Course, Enrolment, IncidentLevel, IncidentReport, Incident, IncidentSystem, CaseShare,
           BudgetRequest, Case, Contract, ContractSystem, Support, SupportComment, Review, ReviewSystem,
           Engagement, Finding, CorrectiveAction, Plan, CheckIn, Strategy, Theme, Initiative, Indicator,
           IndicatorBusiness, Actual, Schedule, Attachment, Comment, Register, RegisterField, RegisterFigure,
           Entry]
#: columns that acts on other tables keep what they are; what one is made from comes before it
SUMMARIES = [SYSTEM_END, CONTRACT_COVERS]
TRAIL = [Act, Change, TrailHead]
TABLES = [*TRAIL, *RECORDS, Throttle, Session, TokenUse, FeedUse, Digest, Reminder, Pin, Draft,
          Job]

for _table in TABLES:
    constrain(_table)

__all__ = ['RECORDS', 'SUMMARIES', 'TABLES', 'TRAIL', 'Digest', 'Draft', 'FeedUse', 'Job', 'Pin',
           'Reminder', 'Session', 'Throttle', 'TokenUse', 'db',
           *(table.__name__ for table in [*TRAIL, *RECORDS])]
