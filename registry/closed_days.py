"""Days on which the city hall is closed (閉庁日) beside those that the calendar knows by rule."""
from forms.closed_days import ClosedDayForm
from models import ClosedDay
from models.rules import calendar

from .core.memo import cached
from .core.permits import READ_ALL, admin, it, kept_by
from .records import pages
from .records.noun import Noun, Tab


def prepare_day(row, before, form, by, at):
    if row.day is not None and calendar.is_holiday(row.day):
        yield 'day', 'この日は、土日、祝日、年末年始のどれかで、登録しなくても数えません。'


def closed_days():
    """Return the days on which the city hall is closed besides."""
    return cached(('closed days',), lambda: frozenset(
        day for (day,) in ClosedDay.select(ClosedDay.day).where(ClosedDay.live()).tuples()))


noun = Noun(
    name='closed-days', title='閉庁日', table=ClosedDay, form=ClosedDayForm, key=('day',), sort='-day',
    prepare=prepare_day, permits=kept_by((it, admin), READ_ALL), menu=('設定',),
    columns=['day', 'name'], tabs=(Tab('今年度', {'day': 'this-year'}),),
    hint='土日、祝日、年末年始（12月29日〜1月3日）のほかに、区が閉庁する日です。'
         '調達支援の点検の期限を数えるときに除きます。決まっている期限は変わりません。')
bp = pages.blueprint(noun)
