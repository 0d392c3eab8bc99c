"""The year's strategy (年度戦略): themes, initiatives (重点取組), indicators (KPI) and official ratings."""
from peewee import BooleanField, CharField, ForeignKeyField, IntegerField

from .base import OPEN, CodeField, ExactField, LongField, Searched, Table
from .rules import ratings
from .standardisation import Business

KINDS = {'count': '件数', 'ratio': '割合', 'rate': '率', 'time': '時間', 'survey': '調査',
         'milestone': '節目'}
OPERATORS = {'>=': '以上', '>': '超', '<=': '以下', '=': '一致'}
RATINGS = {'○': '○', '△': '△', '×': '×'}


class Strategy(Table):
    """The strategy of one fiscal year (年度)."""

    owned_by = OPEN

    fiscal_year = IntegerField(unique=True)
    title = CharField(max_length=200)
    mission = LongField(2000, null=True)
    vision = LongField(2000, null=True)
    source = CharField(max_length=300, null=True)

    @property
    def label(self):
        return self.title


class Theme(Table):
    """A strategic theme (戦略テーマ)."""

    owned_by = OPEN

    strategy = ForeignKeyField(Strategy, backref='themes', on_delete='RESTRICT')
    no = IntegerField()
    title = CharField(max_length=300)

    class Meta:
        indexes = ((('strategy', 'no'), True),)

    @property
    def label(self):
        return f'テーマ{self.no} {self.title}'


class Initiative(Table):
    """One initiative (重点取組).

    `aims`, `tasks`, `notes`, `result_points`, `source_notes` hold one item a line.
    """

    owned_by = OPEN

    strategy = ForeignKeyField(Strategy, backref='initiatives', on_delete='RESTRICT')
    theme = ForeignKeyField(Theme, backref='initiatives', on_delete='RESTRICT')
    no = IntegerField()
    title = CharField(max_length=300)
    aims = LongField(2000, null=True)
    outline = LongField(2000, null=True)
    tasks = LongField(4000, null=True)
    notes = LongField(4000, null=True)
    official = CodeField(RATINGS, null=True)
    official_reason = LongField(1000, null=True)
    result = LongField(2000, null=True)
    result_points = LongField(6000, null=True)
    source = CharField(max_length=300, null=True)
    source_notes = LongField(2000, null=True)

    class Meta:
        indexes = ((('strategy', 'no'), True),)

    @property
    def label(self):
        return f'重点取組{self.no} {self.title}'


class Indicator(Searched):
    """One indicator (KPI) with its target; `measure` names the figure that computes it, if one does."""

    owned_by = OPEN

    searched = ('no', 'text')

    initiative = ForeignKeyField(Initiative, backref='indicators', on_delete='RESTRICT')
    no = CharField(max_length=6)
    text = CharField(max_length=500)
    kind = CodeField(KINDS)
    operator = CodeField(OPERATORS)
    target = ExactField()
    unit = CharField(max_length=20, null=True)
    decimals = IntegerField(default=1)
    measure = CharField(max_length=60, null=True)
    references = LongField(1000, null=True)
    note = LongField(1000, null=True)

    class Meta:
        indexes = ((('initiative', 'no'), True),)

    checks = {'decimals_known': 'decimals BETWEEN 0 AND 4'}

    @property
    def label(self):
        return f'指標{self.no} {self.text}'[:300]

    @property
    def places(self):
        """Return how many decimals a value is shown and judged with: never fewer than the target's."""
        return max(self.decimals, ratings.places_of(self.target))

    def business_ids(self):
        """Return the ids of the businesses it is limited to, by their codes; none for all."""
        links = (IndicatorBusiness.select(IndicatorBusiness.business).join(Business)
                 .where(IndicatorBusiness.indicator == self.id, IndicatorBusiness.live())
                 .order_by(Business.code))
        return [id for (id,) in links.tuples()]


class IndicatorBusiness(Table):
    """That an indicator counts this business (指標の対象業務).

    One without any counts all that are applicable.
    """

    owned_by = OPEN

    labelled_by = ('indicator', 'business')

    indicator = ForeignKeyField(Indicator, backref='business_links', on_delete='RESTRICT')
    business = ForeignKeyField(Business, backref='indicator_links', on_delete='RESTRICT')

    class Meta:
        indexes = ((('indicator', 'business'), True),)

    @property
    def label(self):
        return f'{self.indicator.label}―{self.business.name}'[:300]


class Schedule(Table):
    """One row of the year's schedule (四半期スケジュール); no quarters where the source gives no period."""

    owned_by = OPEN

    initiative = ForeignKeyField(Initiative, backref='schedule', on_delete='RESTRICT')
    place = IntegerField()
    text = CharField(max_length=300)
    start_quarter = IntegerField(null=True)
    end_quarter = IntegerField(null=True)
    star = BooleanField(default=False)
    note = CharField(max_length=300, null=True)

    class Meta:
        indexes = ((('initiative', 'place'), True),)

    checks = {'quarters': '(start_quarter IS NULL) = (end_quarter IS NULL) AND '
                          '(start_quarter IS NULL OR (start_quarter BETWEEN 1 AND 4 AND '
                          'end_quarter BETWEEN start_quarter AND 4))'}

    @property
    def label(self):
        return self.text
