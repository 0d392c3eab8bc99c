"""Pages of incidents (インシデント) and case shares (事故事例共有)."""

from forms.incidents import IncidentForm, LevelForm, ShareForm
from models import BusinessSystem, CaseShare, Incident, IncidentLevel, IncidentSystem, System
from models.figures.incidents import windows
from models.figures.recovery import due_number, recovery_of
from models.rules import calendar, clocks

from .core import clock
from .core.memo import cached
from .core.permits import DESK, READ_ALL, kept_by
from .figures import judging
from .records import links, pages
from .records.noun import Column, Due, Filter, Noun, Tab
from .web.guard import visible_of


def prepare_incident(row, before, form, by, at):
    for name in ('occurred_at', 'detected_at', 'mitigated_at', 'restored_at'):
        value = row.__data__.get(name)
        if value is not None and value > at and (before is None or before.__data__.get(name) != value):
            yield name, '先の日時は記録できません。起きた日時を入力してください。'


def level_on(level, day):
    """Return the level's meaning in force on a day, or None."""
    return (IncidentLevel.select().where(IncidentLevel.live(), IncidentLevel.level == level,
                                         IncidentLevel.valid_from <= day)
            .order_by(IncidentLevel.valid_from.desc()).first())


def incident_panels(row):
    dated = judging.settings()
    day = row.detected_at.astimezone(calendar.JST).date()
    struck = IncidentSystem.select(IncidentSystem.system).where(
        IncidentSystem.incident == row, IncidentSystem.live())
    served = {id for (id,) in BusinessSystem.select(BusinessSystem.business).where(
        BusinessSystem.live(), BusinessSystem.system.in_(struck)).distinct().tuples()}
    systems = list(System.select(System.id, System.system_no, System.name).where(
        System.id.in_(struck)).order_by(System.system_no).limit(links.FEW))
    return {'judged': clocks.is_judged(row.level), 'clock': recovery_of(row, clock.now(), dated),
            'level': level_on(row.level, day), 'systems': visible_of(systems),
            'more': len(systems) == links.FEW,
            'windows': [(b, start, end)
                        for b, start, end in cached(('windows',), lambda: windows(judging.settings()))
                        if b.id in served and start <= day <= end],
            'unverified': dated.unverified(('business_hours', 'recovery_start', 'recovery_stop'), day)}


def level_tone(value):
    return 'bad' if value >= 4 else ''


#: whoever is struck by an incident, or audits how it was met, sees it stand open
STRUCK = ('it', 'department', 'head', 'auditor')

incidents = Noun(
    name='incidents', title='インシデント', table=Incident, form=IncidentForm, key=('incident_no',),
    sort='-detected_at',
    permits=kept_by(DESK), menu=('インシデント',),
    prefix='I-', prepare=prepare_incident, panels=incident_panels, template='incidents/show.html',
    columns=['incident_no', 'title', 'category',
             Column('level', show=lambda v: f'レベル{v}', tone=level_tone),
             'detected_at', 'restored_at'],
    filters=[Filter('level', options=lambda: [(n, f'レベル{n}') for n in range(1, 6)],
                    where=lambda v: Incident.level == int(v)),
             'category',
             Filter('open', '状況', lambda: [('1', '未復旧'), ('0', '復旧済み')],
                    lambda v: Incident.restored_at.is_null(v == '1')),
             Filter('system', '対象システム')],
    due=(Due('restored_at', 'インシデントの復旧', roles=STRUCK, read=calendar.day_of_number,
             on=lambda: due_number(clock.today(), judging.settings()),
             open=lambda: Incident.restored_at.is_null() & (Incident.level >= clocks.JUDGED_FROM)),
         Due('detected_at', '復旧待ち（影響なし）', roles=STRUCK, waits=True, read=calendar.day_of_moment,
             open=lambda: Incident.restored_at.is_null() & (Incident.level < clocks.JUDGED_FROM))),
    tabs=(Tab('未復旧', {'open': '1'}), Tab('今年度に検知', {'detected_at': 'this-year'})),
    hint='検知・暫定復旧・復旧の日時から、復旧時間と目標の達否を自動で判定します。')
shares = Noun(
    name='shares', title='事故事例共有', table=CaseShare, form=ShareForm, key=('share_no',),
    sort='-shared_on', prefix='H-',
    permits=kept_by(DESK, READ_ALL), menu=('インシデント',),
    columns=['share_no', 'title', 'method', 'shared_on'],
    filters=['method'],
    tabs=(Tab('今年度に共有', {'shared_on': 'this-year'}),),
    hint='過去の事故から得た教訓を、全庁で共有した記録です。')
levels = Noun(
    name='incident-levels', title='インシデントレベル', table=IncidentLevel, form=LevelForm,
    key=('level', 'valid_from'),
    permits=kept_by(DESK, READ_ALL), menu=('インシデント', 'レベル'),
    sort='level',
    columns=[Column('level', show=lambda v: f'レベル{v}', tone=level_tone),
             'valid_from', 'name', 'definition', 'severe', 'source'],
    hint='レベルの意味を、適用開始日つきで残します。レベル4以外は区の確認前の案です。')
levels_bp = pages.blueprint(levels)
incidents_bp = pages.blueprint(incidents)
shares_bp = pages.blueprint(shares)
