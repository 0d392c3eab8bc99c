"""Duties put off: gone for who put them off until the day, seen with the reason by all others."""
from datetime import timedelta

import pytest
from cast import TODAY, email
from icalendar import Calendar

from models import Act, Change, Contract, CorrectiveAction, Person, Snooze, db
from registry import reminders, snoozes
from registry.core import clock
from registry.records import dues

LATE = '/duties/contracts-ends-on/1'


@pytest.fixture
def late(change):
    """A contract of the tax unit that is late, a measure of it that is not yet."""
    change(Contract, 1, ends_on=TODAY - timedelta(days=57))
    change(CorrectiveAction, 1, done_on=None, due_on=TODAY + timedelta(days=5))


def put_off(browser, days=7, address=LATE, reason='事業者の見積りを待っている'):
    until = (TODAY + timedelta(days=days)).isoformat()
    return browser.post(f'{address}/snooze', data={'until': until, 'reason': reason})


def titles(browser, address='/duties/'):
    """Return {title: what stands by the record} of the duties a page names."""
    return {row.css('td')[1].text().strip(): ' '.join(row.css('td')[2].text().split())
            for row in browser.get(address).page.all('.duties tbody tr')}


@pytest.mark.usefixtures('late')
def test_a_duty_put_off_is_gone_for_who_did_and_said_to_the_others(app, client_of):
    mine, head, auditor = client_of('department'), client_of('head'), client_of('auditor')
    address = mine.post('/feeds/new', data={'name': 'x'}).page.one('#address').text()
    assert '契約満了' in titles(mine, '/') and '4件、うち超過1件' in mine.get('/').page.one('a.bell').text()
    assert f'{LATE}/snooze' in mine.get('/').page.links
    assert put_off(mine).location == '/duties/'
    told = mine.get('/duties/').page
    assert '令和8年11月30日（2026-11-30）まで「きょうの仕事」から外しました。' in told.text
    for page in ('/', '/duties/', '/duties/?when=late', '/duties/?when=all'):
        assert '契約満了' not in titles(mine, page)
    assert '期限のある仕事 3件3' in mine.get('/').page.one('a.bell').text().strip()
    events = Calendar.from_ical(app.test_client().get(address.removeprefix('http://localhost')).data)
    assert not [1 for event in events.walk('VEVENT') if event['uid'].startswith('contracts-ends-on-1@')]
    with app.app_context(), db.connection_context():
        news = {who: reminders.news_of(Person.get(Person.email == email(who)))[0] for who in
                ('department', 'head')}
        act = Act.select().order_by(Act.seq.desc()).first()
        assert (act.kind, act.reason, act.person) == ('snoozes.create', '事業者の見積りを待っている', 2)
        assert Change.get(Change.act == act).label == '契約満了 K-00001 税契約1'
    assert [('contracts-ends-on', 1) in news[who] for who in ('department', 'head')] == [False, True]
    assert 'あとで・登録' in auditor.get('/trail/').page.text
    words = 'K-00001 税契約1 あとで（馬場 税、2026-11-30まで）: 事業者の見積りを待っている'
    assert titles(head)['契約満了'] == words and titles(head, '/')['契約満了'] == words
    # who put it off finds it there, an auditor everybody's; nobody else's are one's own
    for who, found in ((mine, {'契約満了': words}), (auditor, {'契約満了': words}), (head, {}),
                       (client_of('it'), {})):
        assert titles(who, '/duties/?when=put-off') == found
    clock.pin(TODAY + timedelta(days=7))
    assert '契約満了' in titles(mine) and '64日超過' in mine.get('/duties/').text
    assert not titles(auditor, '/duties/?when=put-off') and titles(head)['契約満了'] == 'K-00001 税契約1'


@pytest.mark.usefixtures('late')
def test_it_can_be_changed_taken_back_and_put_off_again(app, client_of):
    mine = client_of('department')
    put_off(mine)
    page = mine.get(f'{LATE}/snooze').page
    assert page.fields('form.form')['until'] == '2026-11-30' and 'いま戻す' in page.text
    put_off(mine, 9, reason='まだ待っている')
    assert '2026-12-02まで）: まだ待っている' in titles(client_of('head'))['契約満了']
    assert mine.post(f'{LATE}/wake').location == '/duties/'
    assert titles(mine)['契約満了'] == 'K-00001 税契約1' and 'いま戻す' not in mine.get(f'{LATE}/snooze').text
    assert put_off(mine, 3).status_code == 303 and '契約満了' not in titles(mine)
    with app.app_context(), db.connection_context():
        assert Snooze.select().count() == 1


@pytest.mark.usefixtures('late')
def test_another_day_of_it_brings_it_back(client_of, change):
    mine = client_of('department')
    put_off(mine)
    change(Contract, 1, ends_on=TODAY + timedelta(days=3))
    assert titles(mine)['契約満了'] == titles(client_of('head'))['契約満了'] == 'K-00001 税契約1'
    assert 'いま戻す' not in mine.get(f'{LATE}/snooze').text


@pytest.mark.usefixtures('late')
@pytest.mark.parametrize(('address', 'days', 'words'), [
    (LATE, 0, 'あすから令和8年12月23日'), (LATE, 31, 'あすから令和8年12月23日'),
    # what is still to come is not put off beyond its own day
    ('/duties/actions-due-on/1', 6, '期限より先には延ばせません'), ('/duties/actions-due-on/1', 5, None),
    (LATE, 30, None)])
def test_it_is_put_off_within_bounds(client_of, address, days, words):
    answer = put_off(client_of('department'), days, address)
    assert answer.status_code == (422 if words else 303) and (words or '') in answer.text


@pytest.mark.usefixtures('late')
def test_what_is_nobodys_duty_or_no_reason_is_refused(app, client_of, monkeypatch):
    mine = client_of('department')
    assert '理由を入力してください' in put_off(mine, reason=' ').page.text
    assert '200文字' in put_off(mine, reason='あ' * 201).page.text
    for address in ('/duties/contracts-ends-on/2', '/duties/contracts-ends-on/999', '/duties/nothing/1',
                    '/duties/contracts-ends-on/0', '/duties/supports-due-on/1'):
        assert mine.get(f'{address}/snooze').status_code == put_off(mine, address=address).status_code == 404
        assert mine.post(f'{address}/wake').status_code == 404
    monkeypatch.setattr(snoozes, 'MOST', 1)
    assert put_off(mine).status_code == put_off(mine, 5).status_code == 303
    assert '1人1件まで' in put_off(mine, 5, '/duties/actions-due-on/1').page.text
    # done between the page and the press
    with app.app_context(), db.connection_context():
        person = Person.get(Person.email == email('department'))
        row = Snooze(person=person, kind='contracts-ends-on', row=2, until=TODAY)
        assert [words for _, words in snoozes.prepare_snooze(row, None, None, person, clock.now())] == [
            'この仕事は、済んだか、あなたの仕事ではなくなりました。']
        assert dues.own_duty(Person.get(Person.email == email('executive')), 'contracts-ends-on', 1) is None


@pytest.mark.usefixtures('late')
def test_it_costs_the_others_nothing(client_of, queries):
    mine, head = client_of('department'), client_of('head')
    for browser in (mine, head):
        browser.get('/duties/')
    put_off(mine)
    found = []
    for browser in (head, mine, mine):
        queries.clear()
        browser.get('/duties/')
        found.append(len([sql for sql in queries if sql.startswith('SELECT 0, t0')]))
    # the rows shown are read again with what is said of them, for oneself the kind is counted anew
    assert found[2] == 0 and max(found) <= 10
