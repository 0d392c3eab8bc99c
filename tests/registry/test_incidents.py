"""Incidents: the moments of one, and what of it another unit sees."""
from datetime import date

import pytest
from form_posts import upload

from audits import trail
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
