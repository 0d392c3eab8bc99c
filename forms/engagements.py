"""Forms of audits (監査), findings (指摘), corrective actions (是正) and their follow-up (監査事後確認)."""
from models.engagements import ENGAGEMENT_KINDS, FINDING_CATEGORIES, FOLLOW_UPS, Engagement
from models.organisation import Department
from models.people import Person
from models.systems import System

from .base import Form
from .fields import Code, Day, Key, Long, Ref, Text


class EngagementForm(Form):
    engagement_no = Key('監査番号', required=True)
    kind = Code('監査種別', ENGAGEMENT_KINDS, required=True)
    theme = Text('監査テーマ', required=True, max=200)
    department_code = Ref('被監査部門', Department, 'code', attr='department', required=True, select=True)
    system_no = Ref('対象システム管理番号', System, 'system_no', attr='system')
    auditor = Text('監査人', required=True, max=100)
    planned_on = Day('予備調査日')
    held_on = Day('実施日')
    reported_on = Day('報告日')
    summary = Long('監査結果の概要')
    in_order = (('planned_on', 'held_on'), ('held_on', 'reported_on'))


class FindingForm(Form):
    finding_no = Key('指摘番号', required=True)
    engagement_no = Ref('監査番号', Engagement, 'engagement_no', attr='engagement', required=True,
                        select=True)
    item = Text('監査項目', required=True, max=200)
    category = Code('指摘区分', FINDING_CATEGORIES, required=True)
    fact = Long('事実', required=True)
    basis = Text('根拠', max=500)
    risk = Text('リスク', max=500)
    proposal = Long('改善提言', max=1000)


class ActionForm(Form):
    measure = Long('措置内容', required=True)
    owner_email = Ref('責任者', Person, 'email', attr='owner', required=True, select=True,
                      missing='選べません。被監査部門の人から選んでください')
    due_on = Day('期限', required=True)
    done_on = Day('実施日')
    evidence = Text('証跡（文書番号など）', max=500)


class FollowUpForm(Form):
    """監査事後確認: made by someone other than the action's owner."""

    result = Code('確認結果', FOLLOW_UPS, required=True)
    followed_on = Day('事後確認日', required=True)
    result_note = Long('確認した内容', required=True, max=1000)
