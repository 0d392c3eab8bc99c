"""Figures and the trail for machines: the same numbers as the pages, and rows a person may see."""
import json

from api_calls import command, head, many
from cast import OWNERS

from audits import trail
from models import Incident, db
from registry.core import clock


# --- figures and the trail ---
def test_indicators_are_those_of_the_command(app, machine_of, settings, tmp_path, monkeypatch):
    told = machine_of('executive').get('/indicators?fiscal_year=2026').json
    assert told == json.loads(command(settings, tmp_path, monkeypatch, 'kpi', '--fiscal-year', '2026',
                                      '--json').stdout)


def test_a_figure_shows_the_rows_a_person_may_see(app, machine_of):
    with app.app_context(), db.connection_context(), trail.act('incidents.edit', by=None,
            at=clock.now()) as act:
        for row in Incident.select():
            row.level = 4
            act.save(row)
    address = '/figures/incidents.recovery_off_hours?fiscal_year=2026'
    desk, unit = machine_of('it').get(address).json, machine_of('department').get(address).json
    assert desk['numerator'] == unit['numerator'] and desk['noun'] == 'incidents'
    shown = [group for group in desk['groups'] if group['rows']]
    assert shown and sum(group['rows'] for group in unit['groups']) < sum(group['rows']
        for group in desk['groups'])
    for group in shown:
        ids, cursor = [], ''
        while cursor is not None:
            page = machine_of('it').get(
                f'{address}&group={group["group"]}&limit=1{cursor and "&cursor=" + cursor}').json
            ids, cursor = ids + [item['id'] for item in page['items']], page['next']
        assert len(ids) == len(set(ids)) == group['rows']
    assert not [item for item in unit['items'] if OWNERS[1][:2] in item['label']]


def test_the_trail_is_read_on_from_a_number(app, machine_of):
    many(app, 1500)
    machine, acts, after = machine_of('auditor', 'read'), [], 0
    while after is not None:
        page = machine.get(f'/trail?after={after}&limit=3').json
        acts += page['items']
        after = page['next']
    assert [act['seq'] for act in acts] == list(range(1,
        head(app) + 1)) and acts[-1]['hash'] == page['head']['hash']
    great = next(act for act in acts if act['more'])
    rest = machine.get(f'/trail/{great["seq"]}?from={great["more"]}').json
    assert len(great['changes']) == 1000 and len(rest['changes']) == 500 and rest['more'] is None
    assert 'token_hash' in json.dumps(acts[-1]['changes']) and machine.token not in json.dumps(acts)
