"""Pages of incidents (インシデント) and case shares (事故事例共有)."""
from flask import Blueprint

from forms.incidents import IncidentForm, LevelForm, ShareForm
from models import BusinessSystem, CaseShare, Incident, IncidentLevel, IncidentSystem, System
from models.figures import recovery_of, windows
from models.incidents import INCIDENT_CATEGORIES, SHARE_METHODS
from models.rules import calendar, clocks

from . import board, clock, records, shown
from .memo import remembered
from .nouns import Column, Filter, Noun
from .permits import visible_of

incidents_bp = Blueprint('incidents', __name__, url_prefix='/incidents')
levels_bp = Blueprint('incident-levels', __name__, url_prefix='/incident-levels')
shares_bp = Blueprint('shares', __name__, url_prefix='/shares')


def prepare_incident(row, before, form, at):
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
    dated = board.settings()
    day = row.detected_at.astimezone(calendar.JST).date()
    struck = IncidentSystem.select(IncidentSystem.system).where(IncidentSystem.incident == row, IncidentSystem.live())
    served = {id for (id,) in BusinessSystem.select(BusinessSystem.business).where(
        BusinessSystem.live(), BusinessSystem.system.in_(struck)).distinct().tuples()}
    systems = list(System.select(System.id, System.system_no, System.name).where(System.id.in_(struck)).order_by(System.system_no).limit(records.FEW))
    return {'judged': clocks.judged(row.level), 'clock': recovery_of(row, clock.now(), dated), 'level': level_on(row.level, day),
            'systems': visible_of(systems), 'more': len(systems) == records.FEW,
            'windows': [(b, start, end) for b, start, end in remembered(('windows',), lambda: windows(board.settings()))
                        if b.id in served and start <= day <= end],
            'unverified': dated.unverified(('business_hours', 'recovery_start', 'recovery_stop'), day)}


def level_tone(value):
    return 'bad' if value >= 4 else ''


incidents = Noun(
    name='incidents', title='インシデント', table=Incident, form=IncidentForm, key=('incident_no',), sort='-detected_at',
    prefix='I-', prepare=prepare_incident, panels=incident_panels, template='incidents/show.html',
    columns=[Column('incident_no', 'インシデント番号', Incident.incident_no), Column('title', '件名', Incident.title),
             Column('category', '区分', Incident.category, shown.code(INCIDENT_CATEGORIES)),
             Column('level', 'レベル', Incident.level, lambda v: f'レベル{v}', tone=level_tone),
             Column('detected_at', '検知日時', Incident.detected_at, shown.moment),
             Column('restored_at', '復旧日時', Incident.restored_at, shown.moment)],
    filters=[Filter('level', 'レベル', lambda: [(n, f'レベル{n}') for n in range(1, 6)],
                    lambda v: Incident.level == int(v)),
             Filter('category', '区分', lambda: list(INCIDENT_CATEGORIES.items()), lambda v: Incident.category == v),
             Filter('open', '状況', lambda: [('1', '未復旧'), ('0', '復旧済み')],
                    lambda v: Incident.restored_at.is_null(v == '1')),
             Filter('system', '対象システム', list, lambda v: Incident.id.in_(IncidentSystem.select(IncidentSystem.incident).where(
                 IncidentSystem.live(), IncidentSystem.system == shown.id_of(System, 'system_no', v))),
                    shown.label_by(System, 'system_no'))],
    hint='検知・暫定復旧・復旧の日時から、復旧時間と目標の達否を自動で判定します。')
shares = Noun(
    name='shares', title='事故事例共有', table=CaseShare, form=ShareForm, key=('share_no',), sort='-shared_on', prefix='H-',
    columns=[Column('share_no', '共有番号', CaseShare.share_no), Column('title', '件名', CaseShare.title),
             Column('method', '共有方法', CaseShare.method, shown.code(SHARE_METHODS)),
             Column('shared_on', '共有日', CaseShare.shared_on, shown.day)],
    filters=[Filter('method', '共有方法', lambda: list(SHARE_METHODS.items()), lambda v: CaseShare.method == v)],
    hint='過去の事故から得た教訓を、全庁で共有した記録です。')
levels = Noun(
    name='incident-levels', title='インシデントレベル', table=IncidentLevel, form=LevelForm, key=('level', 'valid_from'),
    sort='level',
    columns=[Column('level', 'レベル', IncidentLevel.level, lambda v: f'レベル{v}', tone=level_tone),
             Column('valid_from', '適用開始日', IncidentLevel.valid_from, shown.day),
             Column('name', '名称', IncidentLevel.name), Column('definition', '定義', IncidentLevel.definition),
             Column('severe', '重大', IncidentLevel.severe, shown.flag), Column('source', '出典', IncidentLevel.source)],
    hint='レベルの意味を、適用開始日つきで残します。レベル4以外は区の確認前の案です。')
records.register(levels_bp, levels)
records.register(incidents_bp, incidents)
records.register(shares_bp, shares)
