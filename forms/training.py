"""Forms of courses (研修) and enrolments (対象者)."""
from models.organisation import Staff
from models.training import COURSE_CATEGORIES, ENROLMENT_STATES, Course

from .base import Form
from .fields import Code, Day, Exact, Flag, Key, Ref, Text, Year


class CourseForm(Form):
    code = Key('研修コード', required=True)
    fiscal_year = Year('年度', required=True)
    name = Text('名称', required=True, max=200)
    category = Code('区分', COURSE_CATEGORIES, required=True)
    mandatory = Flag('必須', required=True, default=False)
    opens_on = Day('開始日')
    closes_on = Day('締切日')
    census_on = Day('対象者基準日')
    pass_mark = Exact('合格点', min=0, max=1000, places=1)
    in_order = (('opens_on', 'closes_on'),)


class EnrolmentForm(Form):
    course_code = Ref('研修コード', Course, 'code', attr='course', required=True, select=True)
    staff_no = Ref('職員番号', Staff, 'staff_no', attr='staff', required=True, missing='職員名簿にありません')
    status = Code('状態', ENROLMENT_STATES, required=True, blank='waiting')
    completed_on = Day('受講日', happened=True)
    score = Exact('点数', min=0, max=1000, places=1)
    exclusion_reason = Text('除外理由', max=200)

    def fill(self, row):
        super().fill(row)
        if self.excludes(row):
            row.status = 'excluded'

    def excludes(self, row):
        """Tell whether a line of a file excludes a person by its reason alone.

        The rosters of other offices know no state 除外.
        """
        return (self.of_file and bool(self.value_of('exclusion_reason'))
                and self.value_of('status', row) in ('waiting', 'attending'))

    def cross_check(self, row):
        status = self.value_of('status', row)
        reason = self.value_of('exclusion_reason', row)
        if status == 'done' and not self.value_of('completed_on', row):
            yield 'completed_on', '修了にするときは、受講日を入力してください。'
        if status == 'excluded' and not reason:
            yield 'exclusion_reason', '除外するときは、除外理由を入力してください。'
        if reason and status != 'excluded' and not self.excludes(row):
            yield 'status', '除外理由があるときは、状態を「除外」にしてください。'
