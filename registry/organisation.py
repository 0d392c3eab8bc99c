"""Pages of units (所属) and staff (職員). A unit renamed keeps its former name for the days it bore it."""
from peewee import ForeignKeyField

from forms.organisation import DepartmentForm, StaffForm
from models import Department, DepartmentVersion, Entry, Staff
from models.organisation import day_before, name_on, since_on

from .core import clock
from .core.permits import DESK, READ_ALL, admin, it, kept_by
from .records import pages
from .records.noun import NOUNS, Column, Noun, Tab
from .records.vocabulary import title_of


def prepare_department(row, before, form, by, at):
    if before is None or row.valid_from is None:
        return
    row.scheduled = before.valid_from > clock.today()
    if row.scheduled:
        former = former_version(before)
        if former is not None and row.valid_from <= former.valid_from:
            yield 'valid_from', f'前の名称の開始日（{former.valid_from}）より後の日にしてください。'
    elif row.valid_from < before.valid_from:
        yield 'valid_from', (f'今の有効開始日（{before.valid_from}）より前の日には変えられません。'
                             '過去の名称の訂正は、今の開始日のまま行ってください。')


def former_version(row):
    """Return the name that a unit bears until its present one begins, or None."""
    return row.versions.where(DepartmentVersion.live(),
                              DepartmentVersion.valid_to == day_before(row.valid_from)).first()


def archive_version(act, row, before, today):
    """Keep the former version when a new one begins (毎年4月の名称変更)."""
    if before is None or row.valid_from == before.valid_from:
        return
    if before.valid_from > today:
        # what has not begun yet is put off or brought forward: the name before it ends with it
        if (former := former_version(before)) is not None:
            former.valid_to = day_before(row.valid_from)
            act.save(former)
    elif row.valid_from > before.valid_from:
        act.save(DepartmentVersion(department=row.id, name=before.name, parent=before.parent_id,
                                   level=before.level,
                                   valid_from=before.valid_from, valid_to=day_before(row.valid_from)))


def references_to_units():
    """Return [(what they are called, table, column)] of the nouns whose records lead to a unit."""
    tables = [(f'下位の{noun.one}' if noun.table is Department else noun.one, noun.table)
              for noun in NOUNS.values()]
    return [(words, table, field) for words, table in (*tables, (title_of(Entry), Entry))
            for field in table._meta.sorted_fields if isinstance(field, ForeignKeyField)
            and field.rel_model is Department]


def refuse_needed_unit(row, by):
    """Yield (field, message) of why a unit must stay: records that would be left without one."""
    counts = [(words, table.select().where(table.live(), field == row.id).count())
              for words, table, field in references_to_units()]
    if used := '、'.join(f'{words}{number:,}件' for words, number in counts if number):
        yield 'reason', (f'この所属には記録があります（{used}）。'
                         '廃止するときは、取消ではなく編集で有効終了日を入れてください。')


def department_panels(row):
    return {'coming': row if row.valid_from > clock.today() else None,
            'versions': list(row.versions.where(DepartmentVersion.live()).order_by(
                DepartmentVersion.valid_from))}


departments = Noun(
    name='departments', title='所属', table=Department, form=DepartmentForm, key=('code',), sort='code',
    permits=kept_by((it, admin), READ_ALL), menu=('設定',),
    prepare=prepare_department, cannot_void=refuse_needed_unit, after=archive_version,
    panels=department_panels,
    template='organisation/department.html',
    columns=['code', Column('name', on_day=lambda day: name_on(day)),
             'parent', 'level',
             Column('valid_from', on_day=lambda day: since_on(day)),
             'valid_to'],
    filters=['level'],
    hint='名称が変わったら、新しい有効開始日を入れて編集します。前の名称は期間とともに残ります。'
         '一覧はきょうの名称、ファイルは最後に登録した名称です。')
staff = Noun(
    name='staff', title='職員名簿', one='職員', table=Staff, form=StaffForm, key=('staff_no',),
    sort='staff_no',
    permits=kept_by(DESK), menu=('設定',),
    columns=['staff_no', 'name', 'kana', 'department', 'grade', 'employment', 'leave'],
    filters=['department', 'leave'],
    tabs=(Tab('今年度に採用・転入', {'joined_on': 'this-year'}),
          Tab('今年度に退職・転出', {'left_on': 'this-year'})),
    hint='研修の対象者を決めるもとになる名簿です。')
departments_bp = pages.blueprint(departments)
staff_bp = pages.blueprint(staff)
