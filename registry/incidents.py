"""Pages of incidents (インシデント), of what units report (障害の報告), and case shares (事故事例共有)."""
from datetime import timedelta

from flask import url_for
from peewee import Case, fn

from forms.incidents import IncidentForm, IncidentReportForm, LevelForm, ShareForm
from models import (
    BusinessSystem,
    CaseShare,
    Incident,
    IncidentLevel,
    IncidentReport,
    IncidentSystem,
    System,
)
from models.figures.incidents import windows
from models.figures.recovery import due_number, recovery_of, seconds
from models.rules import calendar, clocks

from .core import clock
from .core.memo import cached
from .core.permits import DESK, OWNED, READ_ALL, UNIT_ROLES, kept_by
from .figures import judging
from .records import display, links, pages
from .records.noun import Column, Due, Filter, Noun, Tab
from .web.guard import allowed, visible_of


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
            'reports': visible_of([row.report]) if row.report_id else [],
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


def taken_over():
    """Return the condition that an incident has been made of a report."""
    return fn.EXISTS(Incident.select(Incident.id).where(
        Incident.report == IncidentReport.id, Incident.live()))


def waits():
    """Return the condition that the desk has yet to judge a report."""
    return IncidentReport.dismissed_on.is_null() & ~taken_over()


def incidents_of(report):
    return list(Incident.select().where(Incident.report == report.id, Incident.live()).order_by(Incident.id))


def prepare_report(row, before, form, by, at):
    """Yield (field name, message) of what a report cannot say; note who reported and when."""
    if before is None:
        row.reporter, row.reported_at = by and by.id, at
    if row.detected_at and row.detected_at > at and (
            before is None or before.detected_at != row.detected_at):
        yield 'detected_at', '先の日時は記録できません。気づいた日時を入力してください。'
    if before is not None:
        taken = incidents_of(before)
        if by is not None and by.role in UNIT_ROLES and (taken or before.dismissed_on):
            yield '', ('情報政策の担当者が引き取った報告は変えられません。'
                       '付け加えることは「コメント・質問」に書いてください。')
        elif taken and row.dismissed_on and not before.dismissed_on:
            yield 'dismissed_on', f'この報告からインシデント「{taken[0].label}」を登録しています。'


def report_panels(row):
    taken, settings = incidents_of(row), judging.settings()
    words, tone = (('引取り済み', 'good') if taken else ('障害でない', 'quiet') if row.dismissed_on
                   else ('受付待ち', 'warn'))
    waiting = not taken and not row.dismissed_on and not row.voided_at
    take = waiting and allowed('incidents.create') and url_for(
        'incidents.new', report_no=row.report_no, title=row.title, system_nos=row.system.system_no,
        detected_at=calendar.export_moment(row.detected_at))
    return {'state': words, 'tone': tone, 'waiting': waiting, 'take': take,
            'taken': bool(taken), 'incidents': visible_of(taken),
            'dismiss': take and url_for('incident-reports.edit', id=row.id, _anchor='dismissed_on'),
            'reporter': row.reporter.name if row.reporter_id else '',
            'owner': display.department(row.system.owner_id), 'dues': leak_days(row),
            'unverified': settings.unverified(LEAK_DAYS, clock.today())}


#: the dated settings of within how many days a leak is to be reported, first and finally (BR-26)
LEAK_DAYS = ('leak_first_days', 'leak_final_days')


def leak_days(row):
    """Return [(what is to be reported of a leak, by when, when it was)], [] where nothing leaked."""
    if row.leak not in ('suspected', 'leaked'):
        return []
    day, dated = row.detected_at.astimezone(calendar.JST).date(), judging.settings()
    return [(words, day + timedelta(days=int(dated.on(name, clock.today()))), done)
            for words, name, done in zip(('速報', '確報'), LEAK_DAYS, (row.leak_first_on, row.leak_final_on),
                                         strict=True)]


def leak_due(name):
    """Return the expression of the day, counted from 1970, by which a leak is to be reported."""
    days = int(judging.settings().on(name, clock.today()))
    return (seconds(IncidentReport.detected_at) + 9 * 3600) / 86400 + days


def leaked(done):
    """Return the condition that a leak is to be reported, and is not yet (the column `done`)."""
    return (IncidentReport.leak.in_(['suspected', 'leaked']) & IncidentReport.dismissed_on.is_null()
            & done.is_null())


def leak_tone(value):
    return {'suspected': 'bad', 'leaked': 'bad', 'unknown': 'warn'}.get(value, '')


#: how a report stands: (what it is called, its condition)
STANDS = {'waiting': ('受付待ち', waits), 'taken': ('引取り済み', taken_over),
          'dismissed': ('障害でない', lambda: IncidentReport.dismissed_on.is_null(False))}
OFFICE = ('it', 'department', 'head')
reports = Noun(
    name='incident-reports', title='障害の報告', table=IncidentReport, form=IncidentReportForm,
    key=('report_no',), sort='-detected_at', prefix='T-', prepare=prepare_report,
    permits=kept_by(OWNED, void=DESK), menu=('インシデント',),
    reserved={name: '空欄のままにしてください。'
              for name in ('leak_first_on', 'leak_final_on', 'dismissed_on', 'dismissal')},
    panels=report_panels, own_panels=('incidents',), template='incidents/report.html',
    joins=lambda query: query.join(System),
    columns=['report_no', 'title', Column('system', 'システム', System.name),
             Column('department', '所管課', System.owner, display.department), 'detected_at',
             Column('leak', tone=leak_tone),
             Column('stands', '状況', on_day=lambda day: Case(None, [
                 (taken_over(), '引取り済み'), (IncidentReport.dismissed_on.is_null(False), '障害でない')],
                 '受付待ち'), tone=lambda value: 'warn' if value == '受付待ち' else '')],
    filters=[Filter('stands', '状況', lambda: [(code, words) for code, (words, _) in STANDS.items()],
                    lambda value: STANDS[value][1]()),
             'leak', Filter('system', 'システム')],
    due=(Due('reported_at', '障害の報告の受付', waits=True, roles=('it',), read=calendar.day_of_moment,
             open=waits),
         Due('leak_first', '個人情報の漏えい等の速報', days=5, roles=OFFICE, read=calendar.day_of_number,
             on=lambda: leak_due('leak_first_days'), open=lambda: leaked(IncidentReport.leak_first_on)),
         Due('leak_final', '個人情報の漏えい等の確報', days=5, roles=OFFICE, read=calendar.day_of_number,
             on=lambda: leak_due('leak_final_days'), open=lambda: leaked(IncidentReport.leak_final_on))),
    tabs=(Tab('受付待ち', {'stands': 'waiting'}),),
    hint='所属が、自分のシステムの障害や事故を情報政策に知らせた記録です。'
         '情報政策の担当者が区分とレベルを決め、インシデントとして引き取ります。')
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
    permits=kept_by(DESK, READ_ALL), menu=('設定', 'インシデントのレベル'),
    sort='level',
    columns=[Column('level', show=lambda v: f'レベル{v}', tone=level_tone),
             'valid_from', 'name', 'definition', 'severe', 'source'],
    hint='レベルの意味を、適用開始日つきで残します。レベル4以外は区の確認前の案です。')
levels_bp = pages.blueprint(levels)
incidents_bp = pages.blueprint(incidents)
reports_bp = pages.blueprint(reports)
shares_bp = pages.blueprint(shares)
