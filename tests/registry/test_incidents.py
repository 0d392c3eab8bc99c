"""Incidents: the moments of one, and what of it another unit sees."""
from datetime import date

import pytest
from form_posts import refused, upload, values

from audits import trail, verify
from models import Incident, IncidentSystem, db
from models.figures import figure
from registry.core import clock


def test_an_incident_before_the_clock_has_a_page(client_of):
    clock.pin(date(2026, 1, 1))
    assert '検知の前です' in client_of('it').get('/incidents/1').text


@pytest.mark.parametrize('columns', ['incident_no,restored_at', 'incident_no,mitigated_at'])
def test_a_file_of_one_column_is_held_against_the_record(client_of, columns):
    assert '検知日時以後にしてください' in upload(client_of('it'), 'incidents', columns,
                                     'I-00001,2026-05-31 10:00')


def test_a_sign_without_effect_is_not_judged_for_its_recovery(client_of, app):
    """Level 1 (予兆・影響なし): the page says so, and the figure leaves it out by name."""
    with app.app_context(), db.connection_context():
        before = figure('incidents.recovery_business_hours', 2026, date(2026, 11, 23))
        row = Incident.get_by_id(1)
        row.level = 1
        with trail.act('incidents.edit', by=None, at=clock.now()) as act:
            act.save(row)
        after = figure('incidents.recovery_business_hours', 2026, date(2026, 11, 23))
        left = {group.words: group.count() for group in after.left_out}
    words = client_of('it').get('/incidents/1').page.text
    assert '判定しません（レベル1は予兆で、影響がないためです）' in words and '目標時間内' not in words
    assert after.denominator == before.denominator - 1 == 1
    assert left['レベル1（予兆・影響なし。復旧を判定しません）'] == 1


def test_a_shared_incident_names_no_system_of_another_unit(app, client_of):
    with app.app_context(), db.connection_context():
        with trail.act('incidents.edit', by=None, at=clock.now()) as act:
            act.save(IncidentSystem(incident=1, system=2))
    for who, mine, theirs in (('department', 'S-00001', 'S-00002'), ('other', 'S-00002', 'S-00001')):
        text = client_of(who).get('/incidents/1').page.text
        assert mine in text and theirs not in text
    assert all(no in client_of('it').get('/incidents/1').page.text for no in ('S-00001', 'S-00002'))


def test_a_unit_reports_and_the_desk_takes_over(app, client_of):
    unit, it, other = client_of('department'), client_of('it'), client_of('other')
    told = {'report_no': 'T-00003', 'system_no': 'S-00001', 'title': '課税の画面が止まった',
            'happened': '窓口で9時から止まっている', 'detected_at': '2026-11-20 9:00', 'leak': 'suspected',
            'contact': '内線1234'}
    assert values(unit, '/incident-reports/new')['report_no'] == 'T-00003'
    assert not unit.get('/incident-reports/new').page.has('[name=dismissal]')
    assert refused(unit, '/incident-reports/new', **told | {'system_no': 'S-00002'})
    assert 'だけが変更できます' in refused(unit, '/incident-reports/new', **told, dismissed_on='2026-11-20',
                                  dismissal='なし')
    assert '先の日時' in refused(unit, '/incident-reports/new', **told | {'detected_at': '2026-12-01 9:00'})
    where = unit.post('/incident-reports/new', data=told).location
    id = int(where.rpartition('/')[2])
    assert '情報政策の担当者に知らせました' in unit.get(where).page.text
    assert other.get(where).status_code == 404 and '課税の画面' not in other.get('/incident-reports/').text

    def duties(browser):
        found = browser.get('/duties/?when=all').page.all('.duties tbody tr')
        return [' '.join(row.text().split()) for row in found if 'T-00003' in row.text()]
    assert len([words for words in duties(it) if '障害の報告の受付' in words]) == 1
    assert 'あと2日 2026-11-25 個人情報の漏えい等の速報' in ' '.join(duties(unit))
    assert '2026-12-20' in it.get(where).page.text and '要確認' in it.get(where).page.text
    # until it is taken over, the unit may set it right
    assert unit.post(f'{where}/edit', data=values(unit, f'{where}/edit') | {'contact': '内線5678'}
                     ).status_code == 303
    take = next(link for link in it.get(where).page.links if link.startswith('/incidents/new?'))
    form = values(it, take)
    assert (form['report_no'], form['title'], form['system_nos'], form['detected_at']) == (
        'T-00003', '課税の画面が止まった', 'S-00001', '2026-11-20 09:00')
    assert unit.get('/incidents/new').status_code == 403
    made = it.post('/incidents/new', data=form | {'category': 'failure', 'level': '3'})
    assert made.status_code == 303
    assert '引取り済み' in unit.get(where).page.text and made.location in unit.get(where).page.links
    assert where in unit.get(made.location).page.links
    assert not [words for words in duties(it) if '受付' in words]
    assert '引き取った報告は変えられません' in refused(unit, f'{where}/edit', contact='内線1')
    assert 'を登録しています' in refused(it, f'{where}/edit', dismissed_on='2026-11-21', dismissal='誤報')
    assert [row.attributes['href'] for row in it.get('/incident-reports/?stands=taken').page.all(
        'tbody a[href^="/incident-reports/"]')][:1] == [where]
    edit = values(it, f'{where}/edit') | {'leak_first_on': '2026-11-22'}
    assert it.post(f'{where}/edit', data=edit).status_code == 303
    assert [words for words in duties(it) if '速報' in words] == []
    with app.app_context(), db.connection_context():
        assert Incident.get(Incident.report == id).level == 3 and verify.verify().intact


def test_a_unit_is_told_that_its_report_was_taken_over_not_of_an_incident_of_others(client_of, change):
    change(Incident, 2, report=1)
    unit = client_of('department')
    assert unit.get('/incidents/2').status_code == 404
    page = unit.get('/incident-reports/1').page.text
    assert '引取り済み' in page and '戸籍障害' not in page
    told = refused(unit, '/incident-reports/1/edit', title='変', dismissed_on='2026-11-01', dismissal='誤報')
    assert '引き取った報告は変えられません' in told and '戸籍障害' not in told
