"""The city hall's units (所属) and its staff (職員); units are valid-time versioned."""
from datetime import date, timedelta

from peewee import Case, CharField, DateField, ForeignKeyField, fn

from .base import OPEN, CodeField, Searched, Table, fold

LEVELS = {'division': '部', 'section': '課', 'unit': '係', 'facility': '施設'}
GRADES = {'director': '部長', 'manager': '課長', 'chief': '係長', 'senior': '主任', 'officer': '主事',
          'fixed_term': '会計年度任用職員', 'other': 'その他'}
EMPLOYMENTS = {'permanent': '常勤', 'reappointed': '再任用・定年前再任用短時間', 'fixed_term': '会計年度任用',
               'resident': '派遣・委託常駐'}
LEAVES = {'none': 'なし', 'childcare': '育児休業', 'sick': '病気休職', 'seconded': '派遣・出向'}


class Department(Searched):
    """A unit (所属) as last recorded; what it was called before is in DepartmentVersion."""

    owned_by = OPEN
    known_by = 'code'

    searched = ('code', 'name')

    code = CharField(max_length=20, unique=True)
    name = CharField(max_length=100)
    parent = ForeignKeyField('self', null=True, backref='children', on_delete='RESTRICT')
    level = CodeField(LEVELS, default='section')
    valid_from = DateField()
    valid_to = DateField(null=True)

    checks = {'period': 'valid_to IS NULL OR valid_to >= valid_from'}
    #: whether what stands had not begun when it was changed: then it leaves no former name
    scheduled = False

    @property
    def label(self):
        return f'{self.code} {self.name}'

    def refresh_derived(self):
        """Keep a unit findable by the names it bore before."""
        super().refresh_derived()
        if self.id is not None:
            versions = (DepartmentVersion.select(DepartmentVersion.name)
                        .where(DepartmentVersion.department == self.id).order_by(DepartmentVersion.id))
            former = [name for (name,) in versions.tuples()]
            if not self.scheduled:
                # the name that ends with this save gets its version only after it
                ending = Department.select(Department.name).where(
                    Department.id == self.id, Department.valid_from < self.valid_from)
                former += [name for (name,) in ending.tuples()]
            folded = dict.fromkeys(fold(name) for name in former)
            self.search_text = ' '.join([self.search_text, *folded])[:4000]


class DepartmentVersion(Table):
    """What a unit was called, and where it belonged, in an earlier period (旧名称)."""

    owned_by = OPEN

    department = ForeignKeyField(Department, backref='versions', on_delete='RESTRICT')
    name = CharField(max_length=100)
    parent = ForeignKeyField(Department, null=True, backref='former_children', on_delete='RESTRICT')
    level = CodeField(LEVELS)
    valid_from = DateField()
    valid_to = DateField()

    class Meta:
        indexes = ((('department', 'valid_from'), True),)

    @property
    def label(self):
        return f'{self.name}（{self.valid_from}〜{self.valid_to}）'


def _values_on(day, column):
    found, since = {}, {}
    units = Department.select(Department.id, getattr(Department, column), Department.valid_from)
    for id, value, valid_from in units.tuples():
        found[id], since[id] = value, valid_from
    if any(start > day for start in since.values()):
        versions = (
            DepartmentVersion.select(DepartmentVersion.department, getattr(DepartmentVersion, column),
                                     DepartmentVersion.valid_from)
            .where(DepartmentVersion.live(), DepartmentVersion.valid_to >= day)
            .order_by(DepartmentVersion.valid_from.desc()))
        for id, value, start in versions.tuples():
            if day < since[id]:
                found[id], since[id] = value, start
    return found


def names_on(day):
    """Return {department id: its name on `day`}; a unit outside its period keeps its nearest name."""
    return _values_on(day, 'name')


def name_on(day):
    """Return the SQL expression of a unit's name on `day`: the same as `names_on` says."""
    return _value_sql_on(day, 'name')


def since_on(day):
    """Return the SQL expression of the day since which a unit bears its name of `day`."""
    return _value_sql_on(day, 'valid_from')


def _value_sql_on(day, column):
    version, field = DepartmentVersion.alias(), getattr(Department, column)
    former = version.select(getattr(version, column)).where(
        version.department == Department.id, version.voided_at.is_null(), version.valid_to >= day,
    ).order_by(version.valid_from).limit(1)
    return fn.COALESCE(Case(None, [(Department.valid_from <= day, field)]), former,
                       field).python_value(field.python_value)


def subtree(department_id, day):
    """Return the ids of a unit and every unit below it on `day`.

    A reorganisation entered ahead moves nothing yet.
    """
    if department_id is None:
        return frozenset()
    below = {}
    for id, parent in _values_on(day, 'parent').items():
        below.setdefault(parent, []).append(id)
    found, waiting = set(), [department_id]
    while waiting:
        id = waiting.pop()
        if id not in found:
            found.add(id)
            waiting.extend(below.get(id, ()))
    return frozenset(found)


def day_before(valid_from):
    """Return the last day of the version a new one, valid from `valid_from`, replaces."""
    return valid_from - timedelta(days=1)


class Staff(Table):
    """A member of staff (職員): the population of the training census."""

    owned_by = 'department'
    known_by = 'staff_no'

    staff_no = CharField(max_length=20, unique=True)
    name = CharField(max_length=100)
    kana = CharField(max_length=100, null=True)
    department = ForeignKeyField(Department, backref='staff', on_delete='RESTRICT')
    grade = CodeField(GRADES, default='officer')
    employment = CodeField(EMPLOYMENTS, default='permanent')
    leave = CodeField(LEAVES, default='none')
    joined_on = DateField(null=True)
    left_on = DateField(null=True)
    search_text = CharField(max_length=400, default='')

    derived = frozenset({'search_text'})
    searched = ('staff_no', 'name', 'kana')
    checks = {'period': 'left_on IS NULL OR joined_on IS NULL OR left_on >= joined_on'}

    @property
    def label(self):
        return f'{self.staff_no} {self.name}'

    @classmethod
    def employed_on(cls, day: date):
        """The condition that a person is employed on `day` (在籍者)."""
        return ((cls.joined_on.is_null() | (cls.joined_on <= day))
                & (cls.left_on.is_null() | (cls.left_on >= day)) & cls.live())
