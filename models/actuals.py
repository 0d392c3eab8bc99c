"""Actuals (実績): what an indicator came to, entered or published."""
from peewee import SQL, CharField, DateField, ForeignKeyField

from .base import OPEN, CodeField, ExactField, LongField, Table
from .strategies import Indicator

VERDICTS = {'met': '達成', 'missed': '未達'}
#: where an actual is from, if not entered as our own record of the year
ORIGINS = {'published': '公表値'}


class Actual(Table):
    """An entered or published actual (実績) with its source.

    A figure, or a verdict where the source gives no figure. A published one (公表値) is copied from what the
    ward made public: it stands beside our own value and is never judged.
    """

    owned_by = OPEN

    searched_through = ('indicator',)
    labelled_by = ('indicator.initiative',)

    indicator = ForeignKeyField(Indicator, backref='actuals', on_delete='RESTRICT')
    as_of = DateField()
    numerator = ExactField(null=True)
    denominator = ExactField(null=True)
    value = ExactField(null=True)
    verdict = CodeField(VERDICTS, null=True)
    quote = CharField(max_length=500, null=True)
    source = CharField(max_length=500)
    note = LongField(1000, null=True)
    origin = CodeField(ORIGINS, null=True)

    checks = {'says_something': 'value IS NOT NULL OR verdict IS NOT NULL',
              'verdict_quoted': 'verdict IS NULL OR quote IS NOT NULL'}

    @property
    def label(self):
        return f'重点取組{self.indicator.initiative.no} 指標{self.indicator.no} {self.as_of} の実績'


# an entered and a published value may be of the same day
Actual.add_index(Actual.indicator, Actual.as_of, SQL("COALESCE(\"origin\", '')"), unique=True,
                 name='actual_indicator_id_as_of_origin')
