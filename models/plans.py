"""The DX vision execution plans (DXビジョン実行プラン) and their check-ins (進捗確認)."""
from peewee import CharField, ForeignKeyField, IntegerField

from .base import CodeField, ExactField, LongField, Searched, Table
from .organisation import Department

PLAN_CLASSES = {'priority': '重点施策（四半期）', 'own': '所属案件（半期）'}
QUARTERS = {'1Q': '1Q', '2Q': '2Q', '3Q': '3Q', '4Q': '年度末'}
ASSESSMENTS = {'on_track': '順調', 'behind': 'やや遅れ', 'late': '遅れ', 'changed': '中止・見直し'}
CAUSES = {'execution': '計画遂行力の不足', 'standardisation': 'システム標準化の遅延の影響',
          'national': '国の施策への追加対応', 'priority': '優先度の見直し', 'other': 'その他'}


class Plan(Searched):
    """One measure of a department's execution plan (施策)."""

    owned_by = 'department'
    known_by = 'plan_no'

    searched = ('plan_no', 'title')

    plan_no = CharField(max_length=30, unique=True)
    fiscal_year = IntegerField(index=True)
    department = ForeignKeyField(Department, backref='plans', on_delete='RESTRICT')
    title = CharField(max_length=200)
    plan_class = CodeField(PLAN_CLASSES, default='priority')

    @property
    def label(self):
        return f'{self.plan_no} {self.title}'


class CheckIn(Table):
    """How a plan stood at the end of a quarter (進捗確認); `achievement` is a self-rating in per cent."""

    owned_by = 'plan'

    labelled_by = ('plan',)

    plan = ForeignKeyField(Plan, backref='check_ins', on_delete='RESTRICT')
    quarter = CodeField(QUARTERS)
    assessment = CodeField(ASSESSMENTS)
    achievement = ExactField(null=True)
    result = LongField(2000, null=True)
    causes = CharField(max_length=300, null=True)

    class Meta:
        indexes = ((('plan', 'quarter'), True),)

    @property
    def label(self):
        return f'{self.plan.plan_no} {QUARTERS[self.quarter]}'
