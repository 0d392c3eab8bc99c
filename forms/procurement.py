"""Forms of the procurement desk (調達支援): cases, supports and ledger reviews."""
from models.budget_requests import BudgetRequest
from models.organisation import Department
from models.people import Person
from models.procurement import (
    CASE_KINDS,
    CONCLUSIONS,
    OPINIONS,
    OUTCOMES,
    REVIEW_KINDS,
    SUPPORT_KINDS,
    Case,
    ReviewSystem,
)
from models.systems import System

from .base import Form
from .fields import SEVERAL_SYSTEMS, Code, Day, Flag, Key, Long, Ref, Refs, Text, Whole, Year, Yen


class CaseForm(Form):
    case_no = Key('案件番号', required=True)
    fiscal_year = Year('予算年度', required=True)
    department_code = Ref('所属', Department, 'code', header='所属コード', attr='department', required=True,
                          select=True)
    title = Text('件名', required=True, max=200)
    kind = Code('案件種別', CASE_KINDS, required=True)
    purpose = Long('目的・課題', max=2000)
    request_no = Ref('要求番号', BudgetRequest, 'request_no', attr='request', missing='予算要求にありません')
    system_no = Ref('対象システムの管理番号', System, 'system_no', header='管理番号', attr='system',
                    hint='情報システム台帳の番号')
    initial_cost = Yen('初期経費', required=True)
    yearly_cost = Yen('年間運用経費', required=True, default=0)
    years = Whole('期間年数', required=True, max=50, default=1, unit='年')
    new_technology = Flag('新技術', required=True, default=False)
    ordered_on = Day('発注日')
    outcome = Code('予算結果', OUTCOMES)
    exception_reason = Text('例外の理由', max=300,
                            hint='大規模案件を、発注・計画調達支援の完了を待たずに進めるときだけ入れます。'
                                 '承認者も必要です')
    exception_by = Text('例外の承認者', max=100)

    def cross_check(self, row):
        reason, by = self.value_of('exception_reason', row), self.value_of('exception_by', row)
        if reason and not by:
            yield 'exception_by', '例外として進めるときは、例外の承認者を入力してください。'
        if by and not reason:
            yield 'exception_reason', '例外として進めるときは、例外の理由を入力してください。'


class SupportForm(Form):
    case_no = Ref('案件番号', Case, 'case_no', attr='case', required=True, missing='登録されていません')
    kind = Code('支援区分', SUPPORT_KINDS, required=True)
    requested_on = Day('依頼日', required=True)
    reviewer_email = Ref('点検者', Person, 'email', attr='reviewer', select=True,
                         missing='選べません。情報政策の担当者から選んでください',
                         hint='点検を始めた人が、ほかに決めなければ点検者になります')
    due_on = Day('点検の期限', hint='空欄なら、依頼日から設定の「調達支援の点検日数」で決めます')
    completed_on = Day('完了日', happened=True)
    trial = Flag('試行', required=True, default=False)
    opinion = Code('総合意見', OPINIONS)
    opinion_text = Long('意見本文', max=2000)
    in_order = (('requested_on', 'completed_on'), ('requested_on', 'due_on'))


class SupportMoveForm(Form):
    """What is said when a support changes hands; the opinion when it is completed."""

    text = Long('コメント', max=2000,
                hint='差し戻すときは直してほしい点を、再提出するときは対応した内容を書きます')
    opinion = Code('総合意見', OPINIONS)
    completed_on = Day('完了日')


class ReviewForm(Form):
    review_no = Key('検討番号', required=True)
    kind = Code('検討区分', REVIEW_KINDS, required=True)
    title = Text('件名', required=True, max=200)
    system_nos = Refs('対象システムの管理番号', System, 'system_no', link=ReviewSystem, own='review',
                      other='system', required=True, header=SEVERAL_SYSTEMS)
    used_fields = Text('参照した台帳項目', max=500)
    reviewed_on = Day('検討日', required=True)
    conclusion = Code('結論', CONCLUSIONS)
    approved_on = Day('承認日', happened=True)
    approver = Text('承認者', max=100)
    in_order = (('reviewed_on', 'approved_on'),)

    def cross_check(self, row):
        on, by = self.value_of('approved_on', row), self.value_of('approver', row)
        if on and not by:
            yield 'approver', '承認日があるときは、承認者を入力してください。'
        if by and not on:
            yield 'approved_on', '承認者があるときは、承認日を入力してください。'
