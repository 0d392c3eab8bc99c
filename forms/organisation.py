"""Forms of units (所属) and staff (職員)."""
from models.organisation import EMPLOYMENTS, GRADES, LEAVES, LEVELS, Department

from .base import Form
from .fields import Code, Day, Key, Ref, Text


class DepartmentForm(Form):
    code = Key('所属コード', required=True, max=20)
    name = Text('名称', required=True, max=100)
    parent_code = Ref('上位所属', Department, 'code', header='上位所属コード', attr='parent', select=True)
    level = Code('階層', LEVELS, required=True, blank='section')
    valid_from = Day('有効開始日', required=True,
                     hint='名称が変わるときは、新しい名称になる日を入れます。前の名称は残ります')
    valid_to = Day('有効終了日')
    in_order = (('valid_from', 'valid_to'),)

    def cross_check(self, row):
        if row is not None and self.value_of('parent_code') == row.id:
            yield 'parent_code', '自分自身を上位所属にすることはできません。'


class StaffForm(Form):
    staff_no = Key('職員番号', required=True, max=20)
    name = Text('氏名', required=True, max=100)
    kana = Text('氏名カナ', max=100)
    department_code = Ref('所属', Department, 'code', header='所属コード', attr='department', required=True,
                          select=True)
    grade = Code('職層', GRADES, required=True, blank='officer')
    employment = Code('任用区分', EMPLOYMENTS, required=True, blank='permanent')
    leave = Code('休職等', LEAVES, required=True, blank='none')
    joined_on = Day('在籍開始日')
    left_on = Day('在籍終了日')
    in_order = (('joined_on', 'left_on'),)
