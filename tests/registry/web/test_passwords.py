"""Passwords: strong ones, hashed well, changed by their person, handed out for one time."""
from datetime import timedelta

import pytest
from cast import PASSWORD, TODAY, email
from signing import NEW, attempt, signed_in

from audits import trail
from models import Person, db
from models.base import fold
from registry.core import clock
from registry.web import passwords, sign_in


def test_a_person_without_a_password_cannot_sign_in(app):
    with app.app_context(), db.connection_context(), trail.act('people.add', by=None, at=clock.now()) as act:
        act.save(Person(email=email('fresh'), name='新人', role='it', department=1))
    for password in ('', 'None', 'no such person'):
        assert attempt(app.test_client(), 'fresh', password).status_code == 422


def test_hashes_are_argon2id_and_strong(app):
    with app.app_context():
        app.config['ARGON2_FAST'] = False
        hasher = sign_in.hasher()
    assert hasher.type.name == 'ID' and hasher.memory_cost >= 19 * 1024 and hasher.time_cost >= 2


# --- passwords ---
@pytest.mark.parametrize(('password', 'words'), [
    ('短い合い言葉', '12文字以上'), ('Q1w2E3r4T5y6', 'よく使われる'),
    ('ｐａｓｓｗｏｒｄ1234', 'よく使われる'),
    ('aaaaaaaaaaaaaa', '同じ文字'), ('abababababab', '同じ文字'), ('department-2026!', 'メールアドレス'),
    ('sakurasakurasakura', '同じ文字'), ('201204151997', '数字だけ'),
    ('Meguro-Daicho-2026', '推測されやすい'),
    ('目黒区役所台帳二〇二六年度', '推測されやすい'),
    ('めぐろくやくしょ2026', '推測されやすい'), ('税務課所属担当者2026', '推測されやすい'),
    ('馬場税meguro2026', '推測されやすい'),
    ('令和8年度の台帳システム', '推測されやすい'),
    ('qwertyuiop@meguro', '推測されやすい'), ('Dragon123456!', 'よく使われる'),
    ('p@ssw0rd!2026', 'よく使われる'), ('monkeydragon99', 'よく使われる'),
    ('dragon-meguro-2026', 'よく使われる'), ('administrator1', 'よく使われる')])
def test_a_weak_password_is_refused_with_its_reason(client_of, password, words):
    browser = client_of('department')
    answer = browser.post('/account/', data={'current': PASSWORD, 'new': password, 'again': password})
    assert answer.status_code == 422 and words in answer.page.text
    assert password not in answer.text


@pytest.mark.parametrize('password', ['坂の多い街の夕暮れ-41', 'correct horse battery staple',
                                      'xK9#mQ2vLp7!t', 'めぐろの坂道を下る水車小屋', '8f3a-91bc-77e0',
                                      'ｶﾞﾗｽの向こうの青い傘'])
def test_a_long_or_random_password_will_do(opened, password):
    assert passwords.weaknesses(password, Person.get(Person.email == email('department'))) == []


def test_the_list_is_long_and_fits_the_rule():
    for path, least in ((passwords.COMMON, 10_000), (passwords.WORDS, 10_000)):
        lines = path.read_text('utf-8').split('\n')[:-1]
        assert len(lines) == len(set(lines)) >= least
        assert all(line == fold(line).replace(' ', '') for line in lines)
    assert all(len(line) >= passwords.MIN_LENGTH for line in passwords.COMMON.read_text('utf-8').split())


def test_the_old_password_and_the_repetition_are_asked_for(client_of):
    browser = client_of('it')
    assert '今のパスワードが違います' in browser.post('/account/',
                                          data={'current': 'x', 'new': NEW, 'again': NEW}).page.text
    assert '一致しません' in browser.post('/account/', data={'current': PASSWORD, 'new': NEW,
        'again': NEW + 'x'}).page.text
    assert signed_in(browser)


def test_an_administrator_sets_a_first_password(app, client_of):
    with app.app_context(), db.connection_context():
        person = Person.get(Person.email == email('other'))
    other = client_of('other')
    answer = client_of('admin').post(f'/people/{person.id}/password', data={'new': NEW, 'again': NEW})
    assert answer.status_code == 303 and not signed_in(other)
    assert attempt(app.test_client(), 'other', NEW).status_code == 303
    assert '一時パスワードを、本人がまだ変えていません' in client_of('admin').get(
        f'/people/{person.id}').page.text
    assert '12文字以上' in client_of('admin').post(f'/people/{person.id}/password',
        data={'new': 'x', 'again': 'x'}).page.text
    assert '一致しません' in client_of('admin').post(f'/people/{person.id}/password',
        data={'new': NEW + 'y', 'again': NEW}).page.text


@pytest.fixture
def one_time(app, client_of):
    """A browser signed in with a one-time password."""
    with app.app_context(), db.connection_context():
        id = Person.get(Person.email == email('other')).id
    assert client_of('admin').post(f'/people/{id}/password',
                                   data={'new': NEW, 'again': NEW}).status_code == 303
    browser = app.test_client()
    assert attempt(browser, 'other', NEW).status_code == 303
    return browser


def test_a_one_time_password_opens_the_page_where_it_is_changed_and_no_other(app, one_time):
    for address in ('/', '/systems/', '/systems/1', '/account/sessions/1/end', '/search?q=x', '/files/'):
        for method in ('GET', 'POST'):
            answer = one_time.open(address, method=method)
            assert answer.status_code in (303, 405) and answer.headers.get('Location',
                '/account/') == '/account/', address
    page = one_time.get('/account/').page
    assert page.h1 == 'パスワードの変更' and 'サインインしている端末' not in page.text
    assert '/systems/' not in page.links
    again = one_time.post('/account/', data={'current': NEW, 'new': NEW, 'again': NEW})
    assert again.status_code == 422 and '今のパスワードと同じです' in again.page.text
    own = '静かな池のまわりの道-7'
    assert one_time.post('/account/', data={'current': NEW, 'new': own, 'again': own}).status_code == 303
    assert one_time.get('/systems/').status_code == 200
    assert attempt(app.test_client(), 'other', NEW).status_code == 422
    assert attempt(app.test_client(), 'other', own).status_code == 303


def test_a_one_time_password_can_be_left_by_signing_out(one_time):
    assert one_time.post('/sign-out').status_code == 303 and one_time.get('/account/').status_code == 302


def test_a_one_time_password_does_not_last(app, one_time):
    clock.pin(TODAY + timedelta(days=8))
    answer = attempt(app.test_client(), 'other', NEW)
    assert answer.status_code == 422 and '期限が切れています' in answer.page.text
    assert '期限が切れています' not in attempt(app.test_client(), 'other', 'wrong').page.text


def test_an_administrator_changes_their_own_password_with_the_present_one_only(app, client_of):
    with app.app_context(), db.connection_context():
        id = Person.get(Person.email == email('admin')).id
    admin = client_of('admin')
    assert f'/people/{id}/password' not in admin.get(f'/people/{id}').page.links
    for answer in (admin.get(f'/people/{id}/password'),
                   admin.post(f'/people/{id}/password', data={'new': NEW, 'again': NEW})):
        assert answer.location == '/account/'
    assert attempt(app.test_client(), 'admin', NEW).status_code == 422
