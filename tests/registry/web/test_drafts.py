"""What is typed and not saved: kept for its writer alone, offered again, gone with the save, bounded."""
from datetime import timedelta

from form_posts import values

from audits import verify
from models import Act, Draft, System, db
from registry.core import clock
from registry.web import drafts

EDIT = '/systems/1/edit'


def keep(browser, address=EDIT, **fields):
    return browser.post('/drafts/keep', data={'address': address, **fields}).status_code


def test_a_draft_is_offered_again_and_gone_with_the_save(app, client_of, change):
    it = client_of('it')
    form = values(it, EDIT)
    assert 'data-draft' in it.get(EDIT).text and '残っています' not in it.get(EDIT).page.text
    assert keep(it, **form | {'name': '途中の名前', 'go_live_on': 'あした', 'act_reason': '整理',
                              'csrf_token': 'x'}) == 204
    assert keep(it, **form | {'name': '途中の名称', 'go_live_on': 'あした', 'act_reason': '整理'}) == 204
    page = it.get(EDIT).page
    assert '途中まで入力した内容が残っています' in page.text and f'{EDIT}?draft=1' in page.links
    assert '途中の名称' not in page.text
    going_on = it.get(f'{EDIT}?draft=1')
    assert all(text in going_on.text for text in ('途中の名称', 'あした', '整理'))
    # of another's change meanwhile it is told as ever: the form is the one that was opened then
    change(System, 1, name='先に変えた名称')
    form = values(it, f'{EDIT}?draft=1')
    assert it.post(EDIT, data=form | {'go_live_on': '2020-04-01'}).status_code == 409
    assert it.post(EDIT, data=values(it, EDIT) | {'name': '保存した名称'}).status_code == 303
    assert '残っています' not in it.get(EDIT).page.text
    with app.app_context(), db.connection_context():
        assert not Draft.select().exists() and verify.verify().intact
        assert not Act.select().where(Act.kind.contains('draft')).exists()


def test_it_is_its_writers_alone_and_thrown_away_by_a_press(client_of):
    department, head = client_of('department'), client_of('head')
    assert keep(department, '/contracts/new', title='秘密の件名') == 204
    assert '残っています' in department.get('/contracts/new').page.text
    for address in ('/contracts/new', '/contracts/new?draft=1'):
        page = head.get(address)
        assert '残っています' not in page.page.text and '秘密の件名' not in page.text
    head.post('/drafts/drop', data={'address': '/contracts/new'})
    assert '秘密の件名' in department.get('/contracts/new?draft=1').text
    assert department.post('/drafts/drop', data={'address': '/contracts/new'}).location == '/contracts/new'
    assert '残っています' not in department.get('/contracts/new').page.text


def test_what_is_kept_is_bounded(app, client_of, monkeypatch):
    it = client_of('it')
    for address in ('', '//evil.example', 'https://evil.example/systems/new', '/systems/',
                    '/people/1/password', '/nowhere', '/systems/1/void', '/systems/' + '1' * 300):
        assert keep(it, address) == 422, address
        assert it.post('/drafts/drop', data={'address': address}).status_code == 422
    assert keep(it, note='あ' * 60_001) == keep(it, **{f'f{n}': '' for n in range(301)}) == 413
    monkeypatch.setattr(drafts, 'MOST', 2)
    for n in (1, 2, 3):
        assert keep(it, f'/systems/{n}/edit', name='x') == 204
    with app.app_context(), db.connection_context():
        assert sorted(row.address for row in Draft.select()) == ['/systems/2/edit', '/systems/3/edit']
    later = clock.actual() + timedelta(days=15)
    monkeypatch.setattr(drafts.clock, 'actual', lambda: later)
    assert '残っています' not in it.get('/systems/3/edit').page.text
    assert keep(it, '/systems/new', name='x') == 204
    with app.app_context(), db.connection_context():
        assert [row.address for row in Draft.select()] == ['/systems/new']
