"""Two people at once: what one checked and the other undid before it was written is refused, and nothing is
half done."""
import threading

import pytest
from asking import values

from audits import trail
from models import Department, System, Theme, db


@pytest.fixture
def meanwhile(monkeypatch):
    """A function: have another person do something between a page's checks and its act of a kind."""
    def arrange(kind, do):
        act, done = trail.act, []

        def late(kind_now, **signed):
            if kind_now == kind and not done:
                done.append(None)
                other = threading.Thread(target=lambda: done.append(do()))
                other.start()
                other.join()
            return act(kind_now, **signed)
        monkeypatch.setattr(trail, 'act', late)
        return done
    return arrange


def test_a_unit_stays_when_a_system_has_just_come_under_it(client_of, meanwhile):
    it, other = client_of('it'), client_of('it')
    it.post('/departments/new', data={'code': '0999', 'name': '空の課', 'level': 'section',
                                      'valid_from': '2020-04-01'})
    with db.connection_context():
        id = Department.get(Department.code == '0999').id
    done = meanwhile('departments.void', lambda: other.post('/systems/new', data={
        'system_no': 'S-00077', 'name': '新', 'owner_code': '0999', 'category': 'office', 'lifecycle': 'idea',
        'summary': '試験', 'pii': 'none'}))
    answer = it.post(f'/departments/{id}/void', data={'reason': '重複'})
    assert done[1].status_code == 303 and answer.status_code == 422 and '情報システム1件' in answer.page.text
    with db.connection_context():
        assert Department.get_by_id(id).voided_at is None


def test_a_system_does_not_come_under_a_unit_that_has_just_gone(client_of, meanwhile):
    it, other = client_of('it'), client_of('it')
    it.post('/departments/new', data={'code': '0999', 'name': '空の課', 'level': 'section',
                                      'valid_from': '2020-04-01'})
    with db.connection_context():
        id = Department.get(Department.code == '0999').id
    done = meanwhile('systems.create', lambda: other.post(f'/departments/{id}/void', data={'reason': '重複'}))
    answer = it.post('/systems/new', data={'system_no': 'S-00077', 'name': '夜間受付', 'owner_code': '0999',
                                           'category': 'office', 'lifecycle': 'idea', 'summary': '試験',
                                           'pii': 'none'})
    assert done[1].status_code == 303 and answer.status_code == 422
    assert 'いま取り消されました' in answer.page.text and '夜間受付' in answer.text
    with db.connection_context():
        assert not System.select().where(System.system_no == 'S-00077').exists()


def test_a_theme_stays_when_an_initiative_has_just_joined_it(client_of, meanwhile):
    it, other = client_of('it'), client_of('it')
    it.post('/strategies/2026/themes/new', data={'no': '9', 'title': '新しいテーマ'})
    done = meanwhile('strategies.edit', lambda: other.post('/strategies/2026/initiatives/new', data={
        'no': '88', 'theme_no': '9', 'title': '新しい取組'}))
    answer = it.post('/strategies/2026/themes/9/void', data={'reason': '重複'})
    assert done[1].status_code == 303 and answer.status_code == 422
    assert it.get('/?year=2026').status_code == 200


def test_an_initiative_does_not_join_a_theme_that_has_just_gone(client_of, meanwhile):
    it, other = client_of('it'), client_of('it')
    it.post('/strategies/2026/themes/new', data={'no': '9', 'title': '新しいテーマ'})
    done = meanwhile('strategies.edit', lambda: other.post('/strategies/2026/themes/9/void',
        data={'reason': '重複'}))
    answer = it.post('/strategies/2026/initiatives/new',
                     data={'no': '88', 'theme_no': '9', 'title': '新しい取組'})
    assert done[1].status_code == 303 and answer.status_code == 422
    assert '取り消されています' in answer.page.text
    assert it.get('/?year=2026').status_code == 200
    with db.connection_context():
        assert Theme.get(Theme.no == 9).voided_at is not None


def test_two_systems_do_not_become_each_others_successor(client_of, meanwhile):
    it, other = client_of('it'), client_of('it')
    mine, theirs = values(it, '/systems/1/edit'), values(it, '/systems/2/edit')
    done = meanwhile('systems.edit', lambda: other.post('/systems/2/edit',
        data=theirs | {'successor_no': 'S-00001'}))
    answer = it.post('/systems/1/edit', data=mine | {'successor_no': 'S-00002'})
    assert done[1].status_code == 303 and answer.status_code == 422
    assert '自分自身に戻ります' in answer.page.text
    with db.connection_context():
        assert System.get_by_id(1).successor_id is None and System.get_by_id(2).successor_id == 1


def test_what_a_form_was_opened_with_may_have_gone_too(client_of, meanwhile):
    it, other = client_of('it'), client_of('it')
    asked = values(it, '/reviews/new?system_nos=S-00001') | {'kind': 'merge', 'title': '統合',
        'reviewed_on': '2026-11-01'}
    done = meanwhile('reviews.create', lambda: other.post('/systems/1/move/cancelled',
        data=values(other, '/systems/1/move/cancelled') | {
        'reason': '重複'}))
    answer = it.post('/reviews/new?system_nos=S-00001', data=asked)
    assert done[1].status_code == 303 and answer.status_code == 422
    assert 'いま取り消されました' in answer.page.text
