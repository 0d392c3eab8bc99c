"""What a person typed outlives an ended session, a stale page and a fault; it is nobody else's to read."""
import pytest
from cast import PASSWORD, email
from form_posts import OURS, filled, tokened, values, words
from html_page import Page
from signing import NEW

from audits import trail
from models import Incident, Person, Session, db
from registry import create_app
from registry.core import clock


def said(answer):
    """Return what a page lists as {word: what it says of it}."""
    return dict(zip(answer.page.texts('dt'), answer.page.texts('dd'), strict=True))


FIELDS = {'system_no': 'S-90001', 'name': '夜間の申請', 'summary': '一行目\n<b>二行目</b>',
          'owner_code': '0201', 'category': '個別業務系', 'lifecycle': 'idea', 'pii': 'none'}


def end_session(browser):
    with browser.session_transaction() as session:
        id, _ = session['at']
    with db.connection_context():
        Session.delete().where(Session.id == id).execute()


def test_a_form_sent_after_the_session_ended_goes_on_after_signing_in(it):
    end_session(it)
    asked = it.post('/systems/new', data=FIELDS)
    assert asked.status_code == 401 and 'サインインが終わっていました' in words(asked)
    carried = filled(asked)['kept']
    wrong = it.post('/sign-in', data={'email': email('it'), 'password': 'wrong', 'kept': carried})
    assert wrong.status_code == 422 and filled(wrong)['kept'] == carried
    back = it.post('/sign-in', data={'email': email('it'), 'password': PASSWORD, 'kept': carried})
    assert back.status_code == 200 and 'システム名称' in words(back) and '夜間の申請' in words(back)
    assert '「情報システム」の新規登録' in words(back) and '阿部 情としてサインインしています' in words(back)
    assert said(back)['ライフサイクル状態'] == '構想'
    assert '&lt;b&gt;二行目' in back.text and 'S-90001' not in it.get('/systems/').text
    answer = it.post('/systems/new', data=filled(back))
    assert answer.status_code == 303
    assert '夜間の申請' in words(it.get('/systems/?q=S-90001'))


def test_what_was_typed_is_shown_to_the_same_person_only(it):
    end_session(it)
    carried = filled(it.post('/systems/new', data=FIELDS))['kept']
    other = it.post('/sign-in', data={'email': email('auditor'), 'password': PASSWORD, 'kept': carried})
    assert other.status_code == 303
    forged = it.post('/sign-in', data={'email': email('it'), 'password': PASSWORD,
                                       'kept': carried[:-3] + 'xyz'})
    assert forged.status_code == 303


def test_the_page_that_goes_on_names_the_record_and_what_is_done_to_it(it):
    for address, named in (('/systems/1/edit', '「情報システム S-00001 税システム1号」の編集'),
                           ('/incidents/1/void', 'の取消'),
                           ('/supports/1/move/completed', 'の状態の変更'),
                           ('/systems/999/edit', '「情報システム」の編集')):
        end_session(it)
        asked = it.post(address, data={'revision': '1', 'reason': '理由です'})
        back = it.post('/sign-in', data={'email': email('it'), 'password': PASSWORD,
                                         'kept': filled(asked)['kept']})
        assert named in words(back), address


def test_a_browser_whose_session_is_gone_gives_what_was_typed_to_its_last_person_only(settings):
    browser, sign_in = tokened(settings)
    sign_in()
    old = filled(browser.get('/systems/new')) | FIELDS
    for cookie in ('daicho', 'session'):
        browser.delete_cookie(cookie)
    carried = filled(browser.post('/systems/new', data=old, headers=OURS))['kept']
    asked = filled(browser.get('/sign-in')) | {'kept': carried, 'password': PASSWORD}
    other = browser.post('/sign-in', data=asked | {'email': email('auditor')}, headers=OURS)
    assert other.status_code == 303 and '夜間の申請' not in browser.get('/').text
    browser.post('/sign-out', data=filled(browser.get('/account/')))
    back = browser.post('/sign-in', data=filled(browser.get('/sign-in')) | {
        'password': PASSWORD, 'kept': carried, 'email': email('it')}, headers=OURS)
    assert back.status_code == 200 and '夜間の申請' in words(back)


def test_a_browser_that_knows_nobody_carries_nothing(settings):
    browser, sign_in = tokened(settings)
    sign_in()
    old = filled(browser.get('/systems/new')) | FIELDS
    for cookie in ('daicho', 'daicho-device'):
        browser.delete_cookie(cookie)
    answer = browser.post('/systems/new', data=old, headers=OURS)
    assert answer.status_code == 400 and not Page(answer.text).has('[name="kept"]')
    assert '夜間の申請' in words(answer), 'whoever typed it has it before them'


def test_passwords_are_never_carried(it):
    end_session(it)
    answer = it.post('/account/', data={'current': PASSWORD, 'new': 'ながいあたらしいことば1',
                                        'again': 'ながいあたらしいことば1'})
    assert answer.status_code == 302 and 'kept' not in answer.text


def test_a_page_without_its_token_gives_back_what_was_typed(settings):
    browser = create_app(settings | {'WTF_CSRF_ENABLED': True}).test_client()
    answer = browser.post('/systems/new', data=FIELDS | {'password': 'himitsu-no-kotoba'})
    assert answer.status_code == 400 and '夜間の申請' in words(answer) and '&lt;b&gt;' in answer.text
    assert 'himitsu' not in answer.text


def test_a_form_of_the_session_before_goes_on_in_this_one(settings):
    browser, sign_in = tokened(settings)
    assert sign_in().status_code == 303
    old = filled(browser.get('/systems/new')) | FIELDS
    with browser.session_transaction() as session:
        session.clear()  # signed out, or away for longer than a session lasts
    answer = browser.post('/systems/new', data=old, headers=OURS)
    assert answer.status_code == 401 and filled(answer)['kept']
    back = browser.post('/sign-in', data=filled(answer) | {'email': email('it'), 'password': PASSWORD},
                        headers=OURS)
    assert back.status_code == 200 and '夜間の申請' in words(back)
    # and signed in again in another window
    assert old['csrf_token'] != filled(back)['csrf_token']
    answer = browser.post('/systems/new', data=old, headers=OURS)
    assert answer.status_code == 409 and '夜間の申請' in words(answer) and 'S-90001' not in browser.get(
        '/systems/').text
    assert browser.post('/systems/new', data=filled(answer), headers=OURS).status_code == 303


def test_only_a_form_of_our_own_pages_goes_on(settings):
    browser, sign_in = tokened(settings)
    for headers in ({}, {'Origin': 'null'}, {'Origin': 'http://elsewhere.example'}):
        assert browser.post('/systems/new', data=FIELDS, headers=headers).status_code == 400
    sign_in()
    for headers in ({}, {'Origin': 'null'}, {'Origin': 'http://elsewhere.example'}):
        answer = browser.post('/systems/new', data=FIELDS, headers=headers)
        assert answer.status_code == 400 and not Page(answer.text).has('[name="owner_code"]')


def test_a_sign_in_page_left_open_overnight_is_asked_again(settings):
    browser, _ = tokened(settings)
    asked = filled(browser.get('/sign-in')) | {'email': email('it'), 'password': PASSWORD}
    with browser.session_transaction() as session:
        session.clear()
    answer = browser.post('/sign-in', data=asked, headers=OURS)
    assert answer.status_code == 401 and 'もう一度入力してください' in words(answer)
    assert browser.post('/sign-in', data=filled(answer) | {
        'email': email('it'), 'password': PASSWORD}, headers=OURS).status_code == 303


def test_what_was_typed_into_a_record_voided_meanwhile_is_given_back(it):
    asked = values(it, '/incidents/1/edit') | {'title': '途中まで書いた<b>件名'}
    with db.connection_context(), trail.act('incidents.void', by=None, at=clock.now()) as act:
        act.void(Incident.get_by_id(1), '重複')
    answer = it.post('/incidents/1/edit', data=asked)
    assert answer.status_code == 404 and '途中まで書いた<b>件名' in answer.page.texts('dd')
    assert 'システム障害' in answer.page.texts('dd')


def test_what_was_typed_is_given_back_when_something_breaks(it, monkeypatch):
    def broken(*args):
        raise RuntimeError('broken')
    monkeypatch.setattr('registry.records.saving.rule_problems', broken)
    answer = it.post('/systems/new', data=FIELDS)
    assert answer.status_code == 500 and '夜間の申請' in words(answer) and '<b>二行目' in words(answer)


def test_what_was_typed_before_signing_out_is_for_nobody_else(settings):
    browser, sign_in = tokened(settings)
    sign_in()
    old = filled(browser.get('/systems/new')) | FIELDS
    browser.post('/sign-out', data={'csrf_token': old['csrf_token']})
    answer = browser.post('/systems/new', data=old, headers=OURS)
    assert answer.status_code == 401
    other = browser.post('/sign-in', headers=OURS, data=filled(answer) | {
        'email': email('executive'), 'password': PASSWORD})
    assert other.status_code == 303 and '夜間の申請' not in browser.get('/').text
    browser.post('/sign-out', data=filled(browser.get('/account/')))
    back = browser.post('/sign-in', data=filled(answer)
                        | {'csrf_token': filled(browser.get('/sign-in'))['csrf_token'], 'email': email('it'),
                                                         'password': PASSWORD}, headers=OURS)
    assert '夜間の申請' in words(back)
    # once is enough: the page that asks whether to go on belongs to the new session
    assert browser.post('/systems/new', data=filled(back), headers=OURS).status_code == 303


@pytest.mark.parametrize(('reason', 'said'), [('あ' * 501, '500文字以内'), ('外字\ue000', '外字'),
    ('a\0b', '制御文字')])
def test_a_reason_has_its_limits_too(it, reason, said):
    asked = values(it, '/systems/1/edit') | {'site': '変更先', 'act_reason': reason}
    answer = it.post('/systems/1/edit', data=asked)
    assert answer.status_code == 422 and said in words(answer) and '変更先' in answer.text


def test_what_was_typed_outlasts_a_one_time_password(app, client_of):
    browser = client_of('other')
    with app.app_context(), db.connection_context():
        id = Person.get(Person.email == email('other')).id
    client_of('admin').post(f'/people/{id}/password', data={'new': NEW, 'again': NEW})
    asked = browser.post('/systems/new', data={'name': '夜間の申請'})
    carried = asked.page.fields()['kept']
    must = browser.post('/sign-in', data={'email': email('other'), 'password': NEW, 'kept': carried})
    assert must.status_code == 200 and must.page.h1 == 'パスワードの変更'
    own = '静かな池のまわりの道-7'
    back = browser.post('/account/', data={'current': NEW, 'new': own, 'again': own, 'kept': carried})
    assert back.status_code == 200 and '夜間の申請' in back.page.text
