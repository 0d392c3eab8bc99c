"""The pages of the trail: acts, their verdict, and what cannot be read."""
import html
import re
from datetime import timedelta

import pytest
from cast import TODAY
from many_children import FEW, add_children
from peewee import DataError, SqliteDatabase

from audits import trail, verify
from models import Act, Change, System, db
from registry.core import clock
from registry.records.noun import NOUNS


def test_a_change_made_behind_the_trail_is_not_washed_by_an_honest_one(app):
    with app.app_context(), db.connection_context():
        with trail.untrailed():
            System.update(name='改名システム').where(System.id == 1).execute()
        assert not verify.verify().intact
        with trail.act('systems.edit', by=None, at=clock.now()) as act:
            row = System.get_by_id(1)
            row.name = '正しい名'
            act.save(row)
        found = verify.verify()
    assert found.first_broken and 'name' in found.first_broken['what'] and not found.outside


@pytest.mark.parametrize('change', ["UPDATE \"system\" SET go_live_on = 'zzz' WHERE id = 1",
                                    "UPDATE \"system\" SET owner_id = 'zzz' WHERE id = 1",
                                    "UPDATE \"system\" SET voided_at = 'zz', void_reason = 'x' WHERE id = 1"])
def test_the_verdict_names_what_cannot_be_read(client_of, change):
    auditor = client_of('auditor')
    with db.connection_context(), trail.untrailed():
        try:
            if isinstance(db.obj, SqliteDatabase):
                db.execute_sql('PRAGMA foreign_keys = OFF')
            db.execute_sql(change)
        except DataError:
            return  # PostgreSQL keeps its columns' types
    text = html.unescape(auditor.post('/trail/verify').text)
    assert re.search('いまの記録は「#?zz', text) and 'S-00001' in text


@pytest.mark.parametrize(('statement', 'table'), [
    ("UPDATE person SET password_hash = 'x' WHERE id = 1", 'person'),
    ("UPDATE \"system\" SET search_text = '' WHERE id = 1", 'system')])
def test_a_planted_password_and_a_hidden_record_are_named(app, statement, table):
    with app.app_context(), db.connection_context():
        assert verify.verify().intact
        with trail.untrailed():
            db.execute_sql(statement)
        found, = verify.verify().outside
        assert (found['table'], found['row']) == (table, 1)


def test_nobody_can_write_the_trail(app):
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith('/trail'):
            assert 'POST' not in rule.methods or rule.endpoint == 'trail.check'
    for noun in NOUNS.values():
        assert noun.table not in (Act, Change)


def test_many_names_in_a_history_are_read_at_once(app, client_of, queries):
    it = client_of('it')
    with db.connection_context():
        add_children(FEW)
    seq = max(int(link.rpartition('/')[2]) for link in it.get('/trail/').page.links
              if re.fullmatch('/trail/[0-9]+', link))
    assert it.get(f'/trail/{seq}').status_code == 200
    queries.clear()
    assert it.get(f'/trail/{seq}?page=3').status_code == 200
    assert len(queries) <= 12, queries


def test_a_day_that_cannot_be_read_shows_no_acts(client_of):
    page = client_of('auditor').get('/trail/?since=あした').page.text
    assert '条件に合う操作はありません' in page
    assert not client_of('auditor').get('/trail/?until=x').page.has('td > a[href^="/trail/"]')
    assert client_of('auditor').get('/trail/?until=2027-01-01').page.has('td > a[href^="/trail/"]')


@pytest.mark.usefixtures('opened')
def test_a_page_says_that_the_clock_stands_behind(client_of):
    it = client_of('it')
    form = it.get('/systems/1/edit').text
    clock.pin(TODAY - timedelta(days=40))
    answer = it.post('/shares/new', data={'share_no': 'H-9', 'title': '事例', 'method': 'notice',
                                          'shared_on': '2026-08-01'})
    assert answer.status_code == 503 and 'サーバーの時計が遅れています' in answer.text
    assert '何も変更していません' in answer.text
    assert '事例' in answer.text and form


@pytest.mark.usefixtures('opened')
def test_altered_tables_are_shown_on_the_page(client_of):
    db.execute_sql('DROP INDEX "act_kind"')
    text = client_of('auditor').post('/trail/verify').text
    assert 'データベースの形の変更が見つかりました' in text and '索引「act_kind」がありません' in text
