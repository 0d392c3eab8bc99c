"""Procurement cases (調達案件), their support (調達支援) and ledger-based reviews (台帳活用検討)."""
from peewee import BigIntegerField, BooleanField, CharField, DateField, ForeignKeyField, IntegerField

from .base import OPEN, CodeField, LongField, MomentField, Searched, Table
from .budget_requests import BudgetRequest
from .organisation import Department
from .people import Person
from .rules import lifecycle
from .systems import System

CASE_KINDS = {'new': '新規導入', 'replace': '更新（リプレース）', 'improve': '機能追加・改修',
              'law': '制度改正対応', 'operate': '運用保守継続', 'device': '機器調達',
              'retire': '廃止・データ移行'}
OUTCOMES = {'as_requested': '要求どおり', 'reduced': '一部減額', 'rejected': '不採択', 'withdrawn': '取下げ'}
SUPPORT_KINDS = {'proposal': '企画書作成支援', 'budget': '予算要求調達支援', 'ordering': '発注・計画調達支援',
                 'execution': '調達実施支援'}
SUPPORT_STATES = dict(lifecycle.SUPPORT_STATES)
OPINIONS = {'fine': '支障なし', 'conditional': '条件付き', 'revise': '要修正', 'hold': '見合わせ'}
REVIEW_KINDS = {'procure': '調達', 'renew': '更新', 'merge': '統合・共通化', 'contract': '契約見直し',
                'shrink': '機能縮小', 'retire': '廃止', 'dispose': '廃棄'}
CONCLUSIONS = {'do': '実施', 'not': '見送り', 'continue': '継続検討'}


class Case(Searched):
    """A procurement case (調達案件) of a department."""

    owned_by = 'department'
    known_by = 'case_no'

    searched = ('case_no', 'title', 'purpose')

    case_no = CharField(max_length=30, unique=True)
    fiscal_year = IntegerField(index=True)
    department = ForeignKeyField(Department, backref='cases', on_delete='RESTRICT')
    title = CharField(max_length=200)
    kind = CodeField(CASE_KINDS)
    purpose = LongField(2000, null=True)
    request = ForeignKeyField(BudgetRequest, null=True, backref='cases', on_delete='RESTRICT')
    system = ForeignKeyField(System, null=True, backref='cases', on_delete='RESTRICT')
    initial_cost = BigIntegerField()
    yearly_cost = BigIntegerField(default=0)
    years = IntegerField(default=1)
    new_technology = BooleanField(default=False)
    ordered_on = DateField(null=True)
    outcome = CodeField(OUTCOMES, null=True)
    exception_reason = CharField(max_length=300, null=True)
    exception_by = CharField(max_length=100, null=True)

    class Meta:
        table_name = 'procurement_case'

    checks = {'initial_positive': 'initial_cost >= 0', 'yearly_positive': 'yearly_cost >= 0',
              'years_positive': 'years BETWEEN 0 AND 50',
              'exception_approved': '(exception_reason IS NULL) = (exception_by IS NULL)'}

    @property
    def label(self):
        return f'{self.case_no} {self.title}'

    @property
    def tco(self):
        """総所有コスト (yen): initial cost plus the running cost of the whole period (BR-20)."""
        return self.initial_cost + self.yearly_cost * self.years


class Support(Table):
    """One support (支援) of a case: asked for, examined, sent back, completed."""

    owned_by = 'case'

    searched_through = ('case',)
    labelled_by = ('case',)

    case = ForeignKeyField(Case, backref='supports', on_delete='RESTRICT')
    kind = CodeField(SUPPORT_KINDS)
    state = CodeField(SUPPORT_STATES, default='requested')
    requested_on = DateField()
    completed_on = DateField(null=True)
    trial = BooleanField(default=False)
    opinion = CodeField(OPINIONS, null=True)
    opinion_text = LongField(2000, null=True)
    reviewer = ForeignKeyField(Person, null=True, backref='reviewed_supports', on_delete='RESTRICT')
    due_on = DateField(null=True)
    stopped_on = DateField(null=True)
    stopped_days = IntegerField(null=True)

    class Meta:
        indexes = ((('case', 'kind'), True),)

    checks = {'completed_has_day': "state <> 'completed' OR completed_on IS NOT NULL",
              'completed_after': 'completed_on IS NULL OR completed_on >= requested_on',
              'due_after': 'due_on IS NULL OR due_on >= requested_on',
              'stopped_while_returned': "stopped_on IS NULL OR state = 'returned'",
              'stopped_days_positive': 'stopped_days IS NULL OR stopped_days >= 0'}

    @property
    def label(self):
        return f'{self.case.case_no} {SUPPORT_KINDS[self.kind]}'


# which are to be examined by when, one walk of an index alone tells
Support.add_index(Support.voided_at, Support.due_on, Support.id, Support.state, Support.case,
                  name='support_due_on_due')


class SupportComment(Table):
    """What was said when a support changed hands (点検コメント・所管課の対応)."""

    owned_by = 'support'

    support = ForeignKeyField(Support, backref='comments', on_delete='RESTRICT')
    person = ForeignKeyField(Person, backref='support_comments', on_delete='RESTRICT')
    at = MomentField()
    state = CodeField(SUPPORT_STATES)
    text = LongField(2000)

    @property
    def label(self):
        return f'{SUPPORT_STATES[self.state]}のコメント'


class Review(Searched):
    """A review made with the ledger (台帳を活用した検討); counts once concluded and approved."""

    owned_by = 'system_links.system'
    known_by = 'review_no'

    searched = ('review_no', 'title', 'used_fields')

    review_no = CharField(max_length=30, unique=True)
    kind = CodeField(REVIEW_KINDS)
    title = CharField(max_length=200)
    reviewed_on = DateField()
    used_fields = CharField(max_length=500, null=True)
    conclusion = CodeField(CONCLUSIONS, null=True)
    approved_on = DateField(null=True)
    approver = CharField(max_length=100, null=True)

    checks = {'approved_by': '(approved_on IS NULL) = (approver IS NULL)'}

    @property
    def label(self):
        return f'{self.review_no} {self.title}'


class ReviewSystem(Table):
    """That a review looked at a system (対象システム)."""

    owned_by = OPEN

    labelled_by = ('review', 'system')

    review = ForeignKeyField(Review, backref='system_links', on_delete='RESTRICT')
    system = ForeignKeyField(System, backref='review_links', on_delete='RESTRICT')

    class Meta:
        indexes = ((('review', 'system'), True),)

    @property
    def label(self):
        return f'{self.review.review_no}―{self.system.name}'
