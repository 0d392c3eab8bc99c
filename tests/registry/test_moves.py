"""The move of a system from state to state: what its page asks for, and where the rest is entered."""
import html
import re

import pytest
from asking import refused, upload, values

from audits import trail
from models import Case, System, db
from registry import clock


@pytest.fixture
def stands(app):
    """A function: the state and fields the first system is to have → the system."""
    def change(**fields):
        with app.app_context(), db.connection_context():
            row = System.get_by_id(1)
            for name, value in fields.items():
                setattr(row, name, value)
            with trail.act('systems.edit', by=None, at=clock.now()) as act:
                act.save(row)
            return row
    return change


def asked(page):
    return set(re.findall(r'<(?:input|select|textarea)[^>]* name="([^"]+)"', page)) - {'csrf_token', 'revision', 'q'}


def test_going_live_is_asked_for_on_one_page(client_of, stands):
    stands(lifecycle='build', go_live_on=None, zone=None, pii='my_number')
    it = client_of('it')
    address = '/systems/1/move/operate'
    assert asked(it.get(address).text) == {'zone', 'confidentiality', 'integrity', 'availability', 'manager', 'backup', 'go_live_on',
                                           'pii_count', 'pia_kind', 'reason'}
    words = refused(it, address, reason='稼働の日を決めた', go_live_on='2026/12/1')
    assert 'ネットワーク区分を入力してください' in words and 'PIA' in words and '稼働の日を決めた' in words and '2026/12/1' in words
    assert 'まだ来ていません' in words
    whole = {'zone': 'lgwan', 'confidentiality': '2', 'integrity': '2', 'availability': '2', 'manager': '税務課長', 'backup': '日次',
             'go_live_on': 'R8.11.1', 'pia_kind': 'full', 'pii_count': '3000', 'reason': '稼働'}
    assert it.post(address, data=values(it, address) | whole).status_code == 303
    row = stands()
    assert (row.lifecycle, row.zone, row.manager, row.pia_kind, row.pii_count) == ('operate', 'lgwan', '税務課長', 'full', 3000)


def test_days_in_the_wrong_order_are_not_moved_into(client_of, stands):
    stands(lifecycle='retiring', retire_planned_on=clock.today(), handover='なし')
    words = refused(client_of('it'), '/systems/1/move/retired', retired_on='2020-03-31', reason='廃止')
    assert '廃止日は稼働開始日以後にしてください' in words and stands().lifecycle == 'retiring'


def test_what_is_entered_elsewhere_is_one_click_away(client_of, stands, app):
    with app.app_context(), db.connection_context(), trail.act('cases.void', by=None, at=clock.now()) as act:
        act.void(Case.get_by_id(1), '試験')
    stands(lifecycle='idea')
    head = client_of('head')
    for address in ('/systems/1/move/budget', '/systems/1'):
        page = html.unescape(head.get(address).text)
        link = re.search(r'href="(/cases/new[^"]*)">調達案件を登録する', page).group(1)
    form = values(head, link)
    assert (form['system_no'], form['department_code'], form['title']) == ('S-00001', '0201', '税システム1号')
    refused(head, '/systems/1/move/budget', reason='予算を要求する')


def test_a_record_is_voided_in_one_way(client_of, stands):
    it = client_of('it')
    page = it.get('/systems/1').text
    assert 'href="/systems/1/move/cancelled">取消<' in page and '/systems/1/void' not in page and '取消へ' not in page
    assert it.post('/systems/1/move/cancelled', data=values(it, '/systems/1/move/cancelled') | {'reason': '重複'}).status_code == 303
    row = stands()
    assert row.lifecycle == 'cancelled' and row.void_reason == '重複'


@pytest.mark.parametrize('columns', ['incident_no,restored_at', 'incident_no,mitigated_at'])
def test_a_file_of_one_column_is_held_against_the_record(client_of, columns):
    assert '検知日時以後にしてください' in upload(client_of('it'), 'incidents', columns, 'I-00001,2026-05-31 10:00')
