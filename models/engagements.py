"""Audits (監査): engagements, findings (指摘), corrective actions (是正), follow-up (監査事後確認)."""
from peewee import CharField, DateField, ForeignKeyField

from .base import CodeField, LongField, Searched, Table
from .organisation import Department
from .people import Person
from .rules import lifecycle
from .systems import System

ENGAGEMENT_KINDS = {'internal': '内部監査', 'external': '外部監査', 'self': '自己点検',
                    'vendor': '委託先監査'}
FINDING_CATEGORIES = {'major': '重大な指摘', 'minor': '軽微な指摘', 'observation': '観察事項（改善の機会）',
                      'good': '優良事項'}
FINDING_STATES = dict(lifecycle.FINDING_STATES)
FOLLOW_UPS = {'effective': '有効', 'insufficient': '不十分', 'not_done': '未実施'}


class Engagement(Searched):
    """One audit (監査) of a department."""

    owned_by = 'department'
    known_by = 'engagement_no'

    searched = ('engagement_no', 'theme', 'auditor')

    engagement_no = CharField(max_length=30, unique=True)
    kind = CodeField(ENGAGEMENT_KINDS)
    theme = CharField(max_length=200)
    department = ForeignKeyField(Department, backref='engagements', on_delete='RESTRICT')
    system = ForeignKeyField(System, null=True, backref='engagements', on_delete='RESTRICT')
    auditor = CharField(max_length=100)
    planned_on = DateField(null=True)
    held_on = DateField(null=True)
    reported_on = DateField(null=True)
    summary = LongField(2000, null=True)

    @property
    def label(self):
        return f'{self.engagement_no} {self.theme}'


class Finding(Searched):
    """What an audit found (指摘)."""

    owned_by = 'engagement'
    known_by = 'finding_no'

    searched = ('finding_no', 'item', 'fact')

    finding_no = CharField(max_length=30, unique=True)
    engagement = ForeignKeyField(Engagement, backref='findings', on_delete='RESTRICT')
    item = CharField(max_length=200)
    category = CodeField(FINDING_CATEGORIES)
    fact = LongField(2000)
    basis = CharField(max_length=500, null=True)
    risk = CharField(max_length=500, null=True)
    proposal = LongField(1000, null=True)
    state = CodeField(FINDING_STATES, default='open')
    accepted_reason = CharField(max_length=500, null=True)

    @property
    def label(self):
        return f'{self.finding_no} {self.item}'


class CorrectiveAction(Table):
    """What is done about a finding (是正措置), and whether someone else found it effective (監査事後確認)."""

    owned_by = 'finding'

    finding = ForeignKeyField(Finding, backref='actions', on_delete='RESTRICT')
    measure = LongField(2000)
    owner = ForeignKeyField(Person, backref='actions', on_delete='RESTRICT')
    due_on = DateField()
    done_on = DateField(null=True)
    evidence = CharField(max_length=500, null=True)
    followed_on = DateField(null=True)
    follower = ForeignKeyField(Person, null=True, backref='follow_ups', on_delete='RESTRICT')
    result = CodeField(FOLLOW_UPS, null=True)
    result_note = LongField(1000, null=True)

    checks = {'followed_by_other': 'follower_id IS NULL OR follower_id <> owner_id',
              'followed_whole': '(followed_on IS NULL) = (follower_id IS NULL) AND (followed_on IS NULL) = '
                                '(result IS NULL)'}

    @property
    def label(self):
        return self.measure[:60]
