"""Budget requests (予算要求): the honest denominator of procurement support."""
from peewee import BigIntegerField, BooleanField, CharField, DateField, ForeignKeyField, IntegerField

from .base import CodeField, Searched
from .organisation import Department

NATURES = {'new': '新規', 'temporary': '臨時', 'upgrade': 'レベルアップ', 'ordinary': '経常'}


class BudgetRequest(Searched):
    """One line of a department's budget request (予算要求), with or without IT cost."""

    owned_by = 'department'
    known_by = 'request_no'

    searched = ('request_no', 'title')

    request_no = CharField(max_length=30, unique=True)
    fiscal_year = IntegerField(index=True)
    requested_on = DateField()
    department = ForeignKeyField(Department, backref='budget_requests', on_delete='RESTRICT')
    title = CharField(max_length=200)
    amount = BigIntegerField()
    new_technology = BooleanField(default=False)
    it_cost = BooleanField(default=True)
    nature = CodeField(NATURES, null=True)
    exclusion_reason = CharField(max_length=300, null=True)
    excluded_by = CharField(max_length=100, null=True)

    checks = {'amount_positive': 'amount >= 0',
              'exclusion_approved': '(exclusion_reason IS NULL) = (excluded_by IS NULL)'}

    @property
    def label(self):
        return f'{self.request_no} {self.title}'
