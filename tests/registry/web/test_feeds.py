"""What calendars read: the duties of a person as they are now, for who knows the address alone."""
import hashlib
from datetime import date, timedelta
from urllib.parse import urlsplit

import pytest
from cast import CAST, PASSWORD, TODAY, email
from icalendar import Calendar

from audits import trail
from models import Act, Change, Contract, CorrectiveAction, Feed, FeedUse, Person, Support, System, db
from registry.core import clock
from registry.web import feeds, throttles


def made(browser, name='自席の Outlook'):
    """Return a new address of who is signed in, as it is shown this once."""
    answer = browser.post('/feeds/new', data={'name': name})
    assert answer.status_code == 200, answer.text
    address = answer.page.one('code#address').text()
    assert address.startswith('http://localhost/duties/calendar.ics?token=daicho_')
    return address.removeprefix('http://localhost')


def asked(app, address, **more):
    """Return the answer to a calendar, which keeps no cookies and is given none."""
    answer = app.test_client(use_cookies=False).get(address, **more)
    assert 'Set-Cookie' not in answer.headers and 'Cookie' not in answer.headers.get('Vary', '')
    return answer


def events(app, address):
    """Return {UID: event} of what a calendar reads."""
    answer = asked(app, address)
    assert answer.status_code == 200 and answer.content_type == 'text/calendar; charset=utf-8'
    assert b'\n' not in answer.data.replace(b'\r\n', b'')
    found = {str(event['uid']): event for event in Calendar.from_ical(answer.data).walk('VEVENT')}
    assert len(found) == answer.data.count(b'\r\nBEGIN:VEVENT\r\n')
    return found


def test_a_calendar_reads_what_has_a_day(app, client_of, change):
    title = '改行\nBEGIN:VEVENT と , ; を含む題' * 5
    change(Contract, 1, ends_on=TODAY - timedelta(days=57), title=title)
    found = events(app, made(client_of('department')))
    event = found['contracts-ends-on-1@localhost']
    assert event.decoded('dtstart') == date(2026, 9, 27) and event.decoded('dtend') == date(2026, 9, 28)
    assert event['summary'] == f'▲期限超過 契約満了: K-00001 {title}'
    assert event['url'] == 'http://localhost/contracts/1' and event['description'] == '税務課'
    assert found['plans-2q-1@localhost'].decoded('dtstart') == date(2026, 12, 31)
    assert not [uid for uid in found if '戸籍' in str(found[uid]['summary'])]
    # what waits has no day
    desk = made(client_of('it'))
    assert 'supports-due-on-1@localhost' in events(app, desk)
    change(Support, 1, state='returned')
    for address in (desk, made(client_of('department'))):
        assert not [uid for uid in events(app, address) if uid.startswith('supports')
                    and uid.endswith('-1@localhost')]


def test_it_is_what_the_person_may_see_now(app, client_of, change):
    address = made(client_of('department'))
    assert 'contracts-ends-on-1@localhost' in events(app, address)
    change(Contract, 1, ends_on=TODAY + timedelta(days=3))
    assert events(app, address)['contracts-ends-on-1@localhost'].decoded('dtstart') == TODAY + timedelta(3)
    # moved to another unit, and signed out everywhere by it
    other = [*CAST].index('other') + 1
    with app.app_context(), db.connection_context():
        unit = Person.get_by_id(other).department_id
    row = change(Person, [*CAST].index('department') + 1, department=unit, epoch=9)
    found = events(app, address)
    assert 'contracts-ends-on-2@localhost' in found and 'contracts-ends-on-1@localhost' not in found
    change(Person, row.id, role='auditor')
    assert not [uid for uid in events(app, address) if uid.startswith('contracts')]


def test_the_most_urgent_are_given_and_the_rest_in_one_line(app, client_of, written, monkeypatch):
    monkeypatch.setattr(feeds, 'EVENTS', 6)
    written(*[System(system_no=f'T-{n:05}', name=f'試験{n}', owner=2, category='office', lifecycle='operate',
                     eol_on=TODAY + timedelta(days=n - 5)) for n in range(30)])
    found = events(app, made(client_of('department')))
    more = found.pop('more@localhost')
    assert [event['summary'][:4] for event in found.values()] == ['▲期限超'] * 3 + ['サポート'] * 3
    assert more['summary'].startswith('ほかに') and more.decoded('dtstart') == TODAY
    assert more['url'] == 'http://localhost/duties/?when=all'


# --- the address ---
def test_an_address_is_shown_once_and_kept_as_a_hash(app, client_of):
    browser = client_of('department')
    address = made(browser)
    token = urlsplit(address).query.removeprefix('token=')
    assert len(token) >= 7 + 43  # 256 random bits
    page = browser.get('/account/')
    assert '自席の Outlook' in page.page.text and token not in page.text
    with app.app_context(), db.connection_context():
        assert Feed.get().token_hash == hashlib.sha256(token.encode()).hexdigest()
        act = Act.select().order_by(Act.seq.desc()).first()
        told = Change.get(Change.act == act).values
        assert act.kind == 'feeds.create' and token not in told and Feed.get().token_hash not in told
    assert browser.post('/feeds/new', data={'name': ''}).status_code == 422


def test_a_person_has_only_so_many(client_of, monkeypatch):
    monkeypatch.setattr(feeds, 'MOST', 1)
    browser = client_of('it')
    made(browser)
    assert '1人1個まで' in browser.post('/feeds/new', data={'name': 'x'}).page.text


def test_an_address_that_is_none_is_not_there_whatever_the_reason(app, client_of, change):
    browser, admin = client_of('department'), client_of('admin')
    person, nowhere = [*CAST].index('department') + 1, app.test_client().get('/nowhere')
    revoked, by_admin, ended, closed = (made(browser, name) for name in '甲乙丙丁')
    assert browser.post('/feeds/1/revoke').location == '/account/'
    assert '乙' in admin.get(f'/people/{person}').page.text
    assert admin.post('/feeds/2/revoke').location == f'/people/{person}'
    for who in set(CAST) - {'department', 'admin'}:
        assert client_of(who).post('/feeds/3/revoke').status_code == 404
    wrong = ['', '?token=', '?token=daicho_x', '?token=\ud83d'.encode('utf-8', 'replace').decode(),
             f'?token={"x" * 3000}', f'?token={closed[-43:]}']
    for address in (revoked, by_admin, *(f'/duties/calendar.ics{query}' for query in wrong)):
        answer = asked(app, address)
        assert answer.status_code == 404 and answer.page.h1 == nowhere.page.h1, address
    # with the cookie of the person signed in, too
    assert browser.get('/duties/calendar.ics').status_code == 404
    assert events(app, ended) == events(app, closed) != {}
    for values in ({'is_active': False}, {'one_time_until': clock.now()}, {'voided_at': clock.now()}):
        before = change(Person, person, **values)
        assert asked(app, closed).status_code == 404
        change(Person, person, is_active=True, one_time_until=None, voided_at=None)
        assert before.id and asked(app, closed).status_code == 200
    # another password ends no calendar; who signs out everywhere means these too
    new = '坂の多い街の夕暮れ-41'
    browser.post('/account/', data={'current': PASSWORD, 'new': new, 'again': new})
    assert asked(app, ended).status_code == 200
    browser.post('/account/sign-out-everywhere')
    assert {asked(app, address).status_code for address in (ended, closed)} == {404}


def test_guesses_and_haste_have_to_wait(app, client_of, monkeypatch):
    right = made(client_of('it'))
    monkeypatch.setattr(feeds, 'RATE', 3)
    assert [asked(app, right).status_code for _ in range(4)] == [200, 200, 200, 429]
    other = made(client_of('head'))
    found = [asked(app, f'/duties/calendar.ics?token={n}').status_code
             for n in range(throttles.FREE_ADDRESS + 2)]
    assert found == [404] * (throttles.FREE_ADDRESS + 1) + [429]
    assert int(asked(app, '/duties/calendar.ics?token=x').headers['Retry-After']) >= 1
    # who has a right one never waits for others' guesses
    assert asked(app, other).status_code == 200


def test_the_last_use_is_seen_by_its_person(app, client_of):
    browser = client_of('it')
    address = made(browser)
    assert '未使用' in browser.get('/account/').page.text
    asked(app, address, environ_base={'REMOTE_ADDR': '10.1.2.3'})
    assert '10.1.2.3' in browser.get('/account/').page.text
    with app.app_context(), db.connection_context():
        assert FeedUse.select().count() == 1


@pytest.mark.engine_free
def test_links_bear_the_address_the_register_is_known_by(app, client_of, change):
    app.config['URL'] = 'https://daicho.city.example/'
    answer = client_of('it').post('/feeds/new', data={'name': 'x'})
    address = answer.page.one('code#address').text()
    assert address.startswith('https://daicho.city.example/duties/calendar.ics?token=')
    change(CorrectiveAction, 1, done_on=None)
    found = events(app, address.removeprefix('https://daicho.city.example'))
    assert found['actions-due-on-1@daicho.city.example']['url'] == 'https://daicho.city.example/findings/1'


@pytest.mark.engine_free
def test_the_token_is_in_no_log(app, client_of, capfd):
    address = made(client_of('it'))
    app.config['REQUEST_LOG'] = True
    asked(app, address)
    asked(app, '/duties/calendar.ics?token=daicho_guess')
    app.config['REQUEST_LOG'] = False
    said = ''.join(capfd.readouterr())
    assert '/duties/calendar.ics' in said and 'token' not in said and 'daicho_' not in said


def test_who_has_a_one_time_password_makes_none(app, client_of):
    with app.app_context(), db.connection_context():
        with trail.act('people.password', by=None, at=clock.now()) as act:
            person = Person.get(Person.email == email('it'))
            person.one_time_until = clock.now() + timedelta(days=1)
            act.save(person)
        form = feeds.FeedForm(feeds.saving.FormData(name='x'))
        outcome = feeds.saving.save(feeds.feeds, form, None, by=None, at=clock.now(), channel='cli',
                                    place={'person': person, 'token_hash': 'x'})
        assert '一時パスワード' in outcome.problems[0][1]
