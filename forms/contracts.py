"""The form of a contract (契約)."""
from models.contracts import (
    COMPLETE,
    CONTRACT_KINDS,
    CONTRACT_STATES,
    METHODS,
    SUBCONTRACTING,
    TERMS,
    ContractSystem,
)
from models.organisation import Department
from models.procurement import Case
from models.systems import System
from models.vendors import Vendor

from .base import Form
from .fields import SEVERAL_SYSTEMS, Code, Day, Flag, Key, Long, Ref, Refs, Text, Whole, Yen

#: what is asked when: a contract that is not settled yet has no terms
STAGES = (
    ('契約', [
        'contract_no', 'state', 'title', 'department_code', 'manager', 'vendor_no', 'system_nos', 'case_no'],
     None),
    ('方式・金額・期間', [
        'method', 'kind', 'method_reason', 'term', 'amount', 'contracted_on', 'starts_on', 'ends_on',
        'renews', 'notice_on'], ('concluded',)),
    ('条件・検査', [
        'estimate', 'accepted_on', 'sla', 'subcontracting', 'privacy_clause', 'liability_months',
        'return_clause', 'erasure_clause', 'note'], ()),
)


class ContractForm(Form):
    stages, stage_by = STAGES, 'state'

    contract_no = Key('契約番号', required=True)
    title = Text('件名', required=True, max=200)
    state = Code('状態', CONTRACT_STATES, required=True, blank='concluded', default='concluded',
                 hint='内容がまだ分からない契約は「要確認」にします。解約したときは、'
                      '終了日を解約の日に直します')
    department_code = Ref('所管課', Department, 'code', header='所管課コード', attr='department',
                          required=True, select=True)
    manager = Text('担当者', max=100, hint='所管課でこの契約を受け持つ人')
    vendor_no = Ref('相手方の事業者番号', Vendor, 'vendor_no', attr='vendor',
                    hint='事業者の台帳の番号（V-00001 など）')
    system_nos = Refs('関連システムの管理番号', System, 'system_no', link=ContractSystem, own='contract',
                      other='system', header=SEVERAL_SYSTEMS)
    case_no = Ref('調達案件の番号', Case, 'case_no', attr='case', missing='登録されていません')
    method = Code('契約方式', METHODS)
    method_reason = Text('随意契約の理由', max=500)
    kind = Code('契約種別', CONTRACT_KINDS)
    term = Code('期間の性質', TERMS)
    contracted_on = Day('契約日')
    starts_on = Day('開始日')
    ends_on = Day('終了日')
    renews = Flag('自動更新')
    notice_on = Day('解約予告期限')
    amount = Yen('契約金額（税込）')
    estimate = Yen('予定価格（税込）', min=1, hint='契約のあとに入力します。落札率を計算します')
    sla = Text('SLA（サービス水準）', max=500,
               hint='例: 稼働率 99.2%以上、復旧時間 24時間以内。定めないときは空けます')
    subcontracting = Code('再委託', SUBCONTRACTING)
    privacy_clause = Flag('個人情報取扱特記事項')
    liability_months = Whole('契約不適合責任の期間', max=600, unit='か月')
    return_clause = Flag('データ返却の条項')
    erasure_clause = Flag('データ消去・証明の条項')
    accepted_on = Day('検査日', happened=True)
    note = Long('備考', max=2000)
    in_order = (('contracted_on', 'ends_on'), ('starts_on', 'ends_on'), ('notice_on', 'ends_on'))

    def cross_check(self, row):
        if self.value_of('state', row) != 'unconfirmed':
            for cell in self.cells():
                if cell.attr in COMPLETE and not cell.errors and cell.data is None:
                    yield cell.short_name, (f'{cell.label.text}を入力してください。'
                                            'まだ分からないときは、状態を「要確認」にします。')
        method, reason = self.value_of('method', row), self.value_of('method_reason', row)
        if method in ('single', 'negotiated') and not reason:
            yield 'method_reason', '競争によらない随意契約には、理由が必要です。'


#: the form's fields in the order of the page, under the headings of the record page
SECTIONS = [
    ('契約', ['contract_no', 'title', 'state', 'department_code', 'manager', 'vendor_no',
            'system_nos', 'case_no']),
    ('方式と金額', ['method', 'method_reason', 'kind', 'term', 'amount', 'estimate']),
    ('期間', ['contracted_on', 'starts_on', 'ends_on', 'renews', 'notice_on', 'accepted_on']),
    ('条件', ['sla', 'subcontracting', 'privacy_clause', 'liability_months', 'return_clause',
              'erasure_clause', 'note']),
]
