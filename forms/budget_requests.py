"""The form of a budget request (予算要求)."""
from models.budget_requests import NATURES
from models.organisation import Department

from .base import Form
from .fields import Code, Day, Flag, Key, Ref, Text, Year, Yen


class BudgetRequestForm(Form):
    request_no = Key('要求番号', required=True)
    fiscal_year = Year('予算年度', required=True)
    requested_on = Day('要求日', required=True)
    department_code = Ref('所属', Department, 'code', header='所属コード', attr='department', required=True,
                          select=True)
    title = Text('件名', required=True, max=200)
    amount = Yen('要求額', required=True)
    new_technology = Flag('新技術', required=True, default=False)
    it_cost = Flag('IT経費', required=True)
    nature = Code('経費性質', NATURES)
    exclusion_reason = Text('除外理由', max=300,
                            hint='支援の対象から外すときは、理由と承認者の両方が必要です')
    excluded_by = Text('除外承認者', max=100)

    def cross_check(self, row):
        reason, by = self.value_of('exclusion_reason', row), self.value_of('excluded_by', row)
        if reason and not by:
            yield 'excluded_by', '除外するときは、除外承認者を入力してください。'
        if by and not reason:
            yield 'exclusion_reason', '除外するときは、除外理由を入力してください。'
