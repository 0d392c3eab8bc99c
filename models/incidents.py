"""Incidents (障害・インシデント), their dated level master, and the sharing of cases (事故事例共有)."""
from peewee import BooleanField, CharField, DateField, ForeignKeyField, IntegerField

from .base import OPEN, CodeField, LongField, MomentField, Searched, Table
from .people import Person
from .systems import System

INCIDENT_CATEGORIES = {
    'failure': 'システム障害', 'network': 'ネットワーク障害', 'hardware': '機器故障',
    'malware': 'ウイルス感染', 'intrusion': '不正アクセス', 'leak': '情報漏えい', 'loss': '紛失・盗難',
    'misdelivery': '誤送信・誤交付', 'mistake': '設定・操作誤り', 'vendor': '委託先事故',
    'disaster': '災害・停電'}
#: whether personal information (個人情報) may have leaked; whoever reports may not know yet
LEAKS = {'none': 'なし', 'unknown': '分からない', 'suspected': 'おそれ', 'leaked': '漏えい等あり'}
SHARE_METHODS = {'notice': '通知', 'training': '研修', 'meeting': '会議', 'board': '掲示'}


class IncidentLevel(Searched):
    """What a level (インシデントレベル) means from a day on."""

    owned_by = OPEN

    searched = ('name', 'definition')

    level = IntegerField()
    valid_from = DateField()
    name = CharField(max_length=60)
    definition = CharField(max_length=500)
    severe = BooleanField(default=False)
    source = CharField(max_length=300)

    class Meta:
        indexes = ((('level', 'valid_from'), True),)

    @property
    def label(self):
        return f'レベル{self.level} {self.name}'


class IncidentReport(Searched):
    """A unit's word that something is wrong with a system of theirs (障害の報告); the desk judges it.

    It is taken over once an incident leads to it, or said to be none (`dismissed_on`).
    """

    owned_by = 'system'
    known_by = 'report_no'

    searched = ('report_no', 'title')

    report_no = CharField(max_length=30, unique=True)
    system = ForeignKeyField(System, backref='incident_reports', on_delete='RESTRICT')
    title = CharField(max_length=200)
    happened = LongField(2000)
    detected_at = MomentField()
    leak = CodeField(LEAKS)
    leak_text = LongField(1000, null=True)
    contact = CharField(max_length=100, null=True)
    reporter = ForeignKeyField(Person, null=True, backref='incident_reports', on_delete='RESTRICT')
    reported_at = MomentField(null=True)
    leak_first_on = DateField(null=True)
    leak_final_on = DateField(null=True)
    dismissed_on = DateField(null=True)
    dismissal = CharField(max_length=500, null=True)

    checks = {'dismissal_said': '(dismissed_on IS NULL) = (dismissal IS NULL)',
              'leak_in_order': 'leak_final_on IS NULL OR leak_first_on IS NULL '
                               'OR leak_final_on >= leak_first_on'}

    @property
    def label(self):
        return f'{self.report_no} {self.title}'


class Incident(Table):
    """One incident (インシデント) with its times; deadlines and elapsed time are derived from them."""

    owned_by = 'system_links.system'
    known_by = 'incident_no'

    incident_no = CharField(max_length=30, unique=True)
    title = CharField(max_length=200)
    category = CodeField(INCIDENT_CATEGORIES)
    level = IntegerField()
    occurred_at = MomentField(null=True)
    detected_at = MomentField(index=True)
    mitigated_at = MomentField(null=True)
    restored_at = MomentField(null=True, index=True)
    closed_on = DateField(null=True)
    report = ForeignKeyField(IncidentReport, null=True, backref='incidents', on_delete='RESTRICT')
    cause = LongField(2000, null=True)
    prevention = LongField(2000, null=True)
    search_text = CharField(max_length=400, default='')

    derived = frozenset({'search_text'})
    searched = ('incident_no', 'title')
    checks = {
        'level_known': 'level BETWEEN 1 AND 5',
        'restored_after': 'restored_at IS NULL OR restored_at >= detected_at OR '
                          '(occurred_at IS NOT NULL AND restored_at >= occurred_at)',
        'occurred_before': 'occurred_at IS NULL OR occurred_at <= detected_at',
    }

    @property
    def label(self):
        return f'{self.incident_no} {self.title}'


class IncidentSystem(Table):
    """That an incident struck a system (対象システム)."""

    owned_by = OPEN

    labelled_by = ('incident', 'system')

    incident = ForeignKeyField(Incident, backref='system_links', on_delete='RESTRICT')
    system = ForeignKeyField(System, backref='incident_links', on_delete='RESTRICT')

    class Meta:
        indexes = ((('incident', 'system'), True),)

    @property
    def label(self):
        return f'{self.incident.incident_no}―{self.system.name}'


class CaseShare(Searched):
    """A case shared so that it does not happen again (事故事例共有)."""

    owned_by = OPEN
    known_by = 'share_no'

    searched = ('share_no', 'title', 'lesson')

    share_no = CharField(max_length=30, unique=True)
    title = CharField(max_length=200)
    incident = ForeignKeyField(Incident, null=True, backref='shares', on_delete='RESTRICT')
    method = CodeField(SHARE_METHODS)
    shared_on = DateField()
    lesson = LongField(2000, null=True)

    @property
    def label(self):
        return f'{self.share_no} {self.title}'
