"""Saved views: found by whom they were kept for, changed by whose they are, showing no row of another's."""
import pytest

from audits import verify
from models import Act, SavedView, db

KEPT = '/saved-views/systems/new?lifecycle=operate&sort=-name&cols=system_no.name.owner'


def keep(browser, name, scope='own', address=KEPT):
    return browser.post(address, data={'name': name, 'scope': scope})


def shown(browser):
    """Return the names of the views that the menu of the systems offers."""
    return browser.get('/systems/').page.texts('.list-links a[href^="/systems/?view="]')


def test_a_view_has_its_own_address_and_is_an_act(client_of, app):
    it = client_of('it')
    answer = keep(it, '運用中')
    assert answer.status_code == 303 and answer.location.startswith('/systems/?view=')
    page = it.get(answer.location).page
    assert page.h1 == '運用中（情報システム台帳）' and '状態 = 運用' in page.text
    assert page.texts('thead th:not(.pick)') == ['管理番号', 'システム名称▼', '所管課']
    assert page.has('thead th[aria-sort="descending"]') and page.has('[aria-current="page"][href*="view="]')
    # what is changed from there has an address of its own, and may be kept in the view's place
    other = it.get(next(link for link in page.links if 'sort=system_no' in link)).page
    again = next(form['action'] for form in other.forms if form['action'].startswith('/saved-views/1?'))
    assert it.post(again).location == answer.location
    assert it.get(answer.location).page.has('thead th[aria-sort="ascending"]')
    with app.app_context(), db.connection_context():
        kinds = [act.kind for act in Act.select().order_by(Act.seq.desc()).limit(2)]
        assert kinds == ['views.edit', 'views.create'] and verify.verify().intact
    assert it.post('/saved-views/1/void').status_code == 303 and shown(it) == []
    assert it.get(answer.location).status_code == 404


def test_a_view_is_found_by_whom_it_was_kept_for(client_of):
    department, head, other, it = (client_of(who) for who in ('department', 'head', 'other', 'it'))
    assert keep(department, '自分').status_code == keep(department, '課', 'unit').status_code == 303
    assert keep(department, '全員', 'everyone').status_code == 422
    assert keep(it, '全庁', 'everyone').status_code == 303
    assert shown(department) == ['全庁', '自分', '課'] and shown(head) == ['全庁', '課']
    assert shown(other) == ['全庁']
    # whoever opens it sees their own rows
    assert not set(other.get('/systems/?view=3').page.texts('td.name')) & set(
        department.get('/systems/?view=3').page.texts('td.name'))
    for browser, view in ((other, 1), (other, 2), (head, 1), (it, 1)):
        assert browser.get(f'/systems/?view={view}').status_code == 404
    for browser, view in ((head, 2), (other, 3), (it, 1), (other, 99)):
        assert browser.post(f'/saved-views/{view}').status_code == 404
        assert browser.post(f'/saved-views/{view}/void').status_code == 404


@pytest.mark.parametrize(('address', 'name', 'scope', 'status', 'words'), [
    (KEPT, '', 'own', 422, '一覧の名前を入力してください'), (KEPT, '長' * 61, 'own', 422, '60文字以内'),
    (KEPT, '甲', 'zzz', 422, '選べません'), (KEPT, '既', 'own', 422, 'もう保存してあります'),
    ('/saved-views/nothing/new', '甲', 'own', 404, ''), ('/saved-views/people/new', '甲', 'own', 403, ''),
    ('/saved-views/systems/new?owner=zzz', '甲', 'own', 422, ''),
    (f'/saved-views/systems/new?q={"%E9%95%B7" * 100}&business={"%E9%95%B7" * 150}', '甲', 'own', 422, '')])
def test_what_cannot_be_kept_is_said(client_of, app, address, name, scope, status, words):
    department = client_of('department')
    keep(department, '既')
    answer = keep(department, name, scope, address)
    assert answer.status_code == status and words in answer.text
    with app.app_context(), db.connection_context():
        assert SavedView.select().count() == 1


def test_a_person_keeps_so_many(client_of, written, app, monkeypatch):
    monkeypatch.setattr('registry.saved_views.MOST', 2)
    it = client_of('it')
    assert [keep(it, f'第{n}').status_code for n in range(3)] == [303, 303, 422]


def test_the_menu_of_views_asks_nothing_of_the_database_again(client_of, queries):
    it = client_of('it')
    keep(it, '運用中')
    it.get('/systems/')
    queries.clear()
    it.get('/systems/')
    assert not [sql for sql in queries if 'saved_view' in sql]
