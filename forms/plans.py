"""The form of a plan and its check-in (実行プランと進捗確認): one row of the file is one check-in."""
from models.organisation import Department
from models.plans import ASSESSMENTS, CAUSES, PLAN_CLASSES, QUARTERS

from .base import Form
from .fields import Code, Exact, Key, Long, Many, Ref, Text, Year


class PlanForm(Form):
    plan_no = Key('プラン番号', required=True)
    fiscal_year = Year('年度', required=True)
    department_code = Ref('所属', Department, 'code', header='所属コード', attr='department', required=True,
                          select=True)
    title = Text('施策名', required=True, max=200)
    plan_class = Code('区分', PLAN_CLASSES, required=True, blank='priority', attr='plan_class', key='class')


class CheckInForm(Form):
    quarter = Code('回', QUARTERS, required=True)
    assessment = Code('評価', ASSESSMENTS, required=True)
    achievement = Exact('達成率', min=0, max=1000, places=2, unit='%', hint='自己評価')
    result = Long('実績')
    causes = Many('未達要因', CAUSES)
