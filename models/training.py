"""Training (研修): courses and the frozen list of who has to attend (対象者)."""
from peewee import BooleanField, CharField, DateField, ForeignKeyField, IntegerField

from .base import OPEN, CodeField, ExactField, Searched, Table
from .organisation import Staff

COURSE_CATEGORIES = {'security': '情報セキュリティ', 'privacy': '個人情報', 'data': 'データ活用',
                     'opendata': 'オープンデータ', 'leader': 'DX推進リーダー', 'nocode': 'ノーコード',
                     'ai': '生成AI', 'operation': 'システム操作'}
ENROLMENT_STATES = {'waiting': '未受講', 'attending': '受講中', 'done': '修了', 'excluded': '除外'}
EXCLUSION_REASONS = {'leave': '休職・育休', 'left': '退職', 'seconded': '派遣・出向', 'trip': '長期出張',
                     'other': 'その他'}


class Course(Searched):
    """A course (研修) of a fiscal year; its census (対象者) is fixed on `census_on`."""

    owned_by = OPEN
    known_by = 'code'

    searched = ('code', 'name')

    code = CharField(max_length=30, unique=True)
    fiscal_year = IntegerField(index=True)
    name = CharField(max_length=200)
    category = CodeField(COURSE_CATEGORIES)
    mandatory = BooleanField(default=False)
    opens_on = DateField(null=True)
    closes_on = DateField(null=True)
    census_on = DateField(null=True)
    pass_mark = ExactField(null=True)

    checks = {'period': 'closes_on IS NULL OR opens_on IS NULL OR closes_on >= opens_on'}

    @property
    def label(self):
        return f'{self.code} {self.name}'


class Enrolment(Table):
    """One person on a course's census (対象者), and whether they attended."""

    owned_by = 'staff'

    searched_through = ('staff', 'course')
    labelled_by = ('course', 'staff')

    course = ForeignKeyField(Course, backref='enrolments', on_delete='RESTRICT')
    staff = ForeignKeyField(Staff, backref='enrolments', on_delete='RESTRICT')
    status = CodeField(ENROLMENT_STATES, default='waiting')
    completed_on = DateField(null=True)
    score = ExactField(null=True)
    exclusion_reason = CharField(max_length=200, null=True)

    class Meta:
        indexes = ((('course', 'staff'), True),)

    checks = {'done_has_day': "status <> 'done' OR completed_on IS NOT NULL",
              'excluded_has_reason': "status <> 'excluded' OR exclusion_reason IS NOT NULL"}

    @property
    def label(self):
        return f'{self.course.name} {self.staff.name}'
