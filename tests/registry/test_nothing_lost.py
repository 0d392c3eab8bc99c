"""What a person typed is still there after a conflict, a move that came too late, an ended session or a
stale page."""
import html
import io

import pytest
from asking import values
from cast import PASSWORD, email
from reading import Page

from audits import trail, verify
from models import (
    Act,
    Case,
    CheckIn,
    CorrectiveAction,
    Finding,
    Incident,
    Person,
    Session,
    Support,
    System,
    db,
)
from registry import create_app
from registry.core import clock
from registry.records.noun import NOUNS

#: whose desk a noun is, where it is not the IT division's
DESK = {'people': 'admin', 'engagements': 'auditor', 'findings': 'auditor'}


@pytest.fixture
def it(client_of):
    return client_of('it')


def words(answer):
    return html.unescape(answer.text)


def filled(answer):
    """Return what the last form of a page sends as it stands."""
    return Page(answer.text).fields('form.form')


def said(answer):
    """Return what a page lists as {word: what it says of it}."""
    return dict(zip(answer.page.texts('dt'), answer.page.texts('dd'), strict=True))


def changed_by_someone(table, id, **values):
    with db.connection_context(), trail.act('systems.edit', by=Person.get(Person.email == email('it')),
                                            at=clock.now()) as act:
        row = table.get_by_id(id)
        for name, value in values.items():
            setattr(row, name, value)
        act.save(row)


def test_the_reason_survives_the_conflict_page(it):
    page = it.get('/incidents/1/edit')
    fields = {'incident_no': 'I-00001', 'title': '新しい件名', 'category': 'システム障害', 'level': '4',
              'system_nos': 'S-00001', 'detected_at': '2026-06-01 09:00', 'revision': '0',
              'act_reason': '件名の誤り'}
    answer = it.post('/incidents/1/edit', data=fields)
    assert answer.status_code == 409 and page.status_code == 200
    assert '変更の理由: 件名の誤り' in words(answer)
    again = it.post('/incidents/1/edit', data=filled(answer))
    assert again.status_code == 303
    assert '新しい件名' in words(it.get('/incidents/1')) and '理由: 件名の誤り' in words(
        it.get('/incidents/1'))


def test_a_conflict_is_settled_field_by_field(it):
    fields = values(it, '/systems/1/edit')
    changed_by_someone(System, 1, users=10, site='あとの場所', summary='あとの概要\n二行目')
    answer = it.post('/systems/1/edit', data=fields | {'site': 'わたしの場所', 'terminals': '7',
        'summary': 'わたしの概要\r\n<b>二行目'})
    assert answer.status_code == 409
    page = answer.page
    # what only the other changed stays theirs, what only I changed is mine, what both changed is asked
    assert '利用者数 変えていません 10人（この内容を残します）' in [
        ' '.join(row.text(separator=' ').split()) for row in page.all('tr')]
    assert page.has('[name="site"][value="わたしの場所"][checked]')
    assert page.has('[name="site"][value="あとの場所"]:not([checked])')
    with db.connection_context():
        assert Person.get(Person.email == email('it')).name in page.text
    kept = filled(answer)
    assert kept['users'] == '10' and kept['terminals'] == '7' and kept[
        'summary'] == 'わたしの概要\r\n<b>二行目'
    assert it.post('/systems/1/edit', data=kept | {'summary': 'あとの概要\r\n二行目'}).status_code == 303
    with db.connection_context():
        row = System.by_id(1)
    assert (row.users, row.terminals, row.site, row.summary) == (10, 7, 'わたしの場所',
        'あとの概要\n二行目')


def test_a_conflict_of_links_keeps_what_the_other_linked(it):
    fields = values(it, '/incidents/1/edit')
    other = it.post('/incidents/1/edit', data=fields | {'system_nos': 'S-00001;S-00002'})
    assert other.status_code == 303
    answer = it.post('/incidents/1/edit', data=fields | {'title': '別の件名'})
    assert answer.status_code == 409 and filled(answer)['system_nos'] == 'S-00001;S-00002'
    assert it.post('/incidents/1/edit', data=filled(answer)).status_code == 303
    # a token is made anew every second
    varying = {'revision': '', 'csrf_token': ''}
    assert values(it, '/incidents/1/edit') | varying == fields | {'title': '別の件名',
        'system_nos': 'S-00001;S-00002'} | varying


@pytest.mark.parametrize('who', ['desk', 'department'])
@pytest.mark.parametrize('name', sorted(noun.name for noun in NOUNS.values() if 'edit' in noun.views))
def test_a_conflict_about_nothing_changes_nothing(client_of, name, who):
    browser = client_of(DESK.get(name, 'it') if who == 'desk' else who)
    address, table = f'/{name}/1', NOUNS[name].table
    if who == 'department' and browser.get(f'{address}/edit').status_code != 200:
        return
    asked = values(browser, f'{address}/edit')
    for reason in ('まだ', None):
        changed_by_someone(table, 1, void_reason=reason)
    with db.connection_context():
        stands = dict(table.by_id(1).__data__)
    answer = browser.post(f'{address}/edit', data=asked)
    assert answer.status_code == 409 and '入力した内容は、いまの記録と同じです' in words(answer), words(
        answer)
    again = browser.post(f'{address}/edit', data=filled(answer))
    assert again.status_code == 303, words(again)
    with db.connection_context():
        assert table.by_id(1).__data__ == stands


@pytest.mark.parametrize('revision', ['', 'x', '²', '1;²,x', '9' * 6000, '1;' + '9' * 6000, '-1;;;'])
def test_a_page_that_says_no_readable_revision_is_asked_about_everything(it, revision):
    answer = it.post('/incidents/1/edit', data=values(it, '/incidents/1/edit')
                     | {'title': '別の件名', 'revision': revision})
    assert answer.status_code == 409 and answer.page.has('[value="別の件名"][checked]')


@pytest.mark.parametrize(('address', 'table', 'changes', 'fields', 'state'), [
    ('/supports/1/move/completed', Support, {'state': 'returned'},
     {'text': '長い意見です', 'opinion': 'fine', 'completed_on': '2026-11-20'}, '差戻し'),
    ('/systems/1/move/retiring', System, {'lifecycle': 'retiring'},
     {'reason': '長い理由です', 'handover': '引継ぎ先', 'retire_planned_on': '2027-03-31'}, '廃止予定'),
    ('/findings/1/move/planned', Finding, {'state': 'planned'}, {'reason': '長い理由です'}, '計画')])
def test_a_move_that_comes_too_late_keeps_its_words(it, address, table, changes, fields, state):
    revision = values(it, address)['revision']
    changed_by_someone(table, 1, **changes)
    answer = it.post(address, data=fields | {'revision': revision})
    assert answer.status_code == 409 and 'ほかの人が先に変更しました' in words(answer) and state in words(
        answer)
    for typed in fields.values():
        assert typed in words(answer) or typed.startswith(('2026', '2027', 'fine'))
    assert 'この内容で続ける' not in words(answer)


def test_a_move_still_possible_is_made_after_a_look(it):
    address = '/supports/1/move/completed'
    revision = values(it, address)['revision']
    changed_by_someone(Support, 1, trial=True)
    fields = {'text': '長い意見です', 'opinion': 'fine', 'completed_on': '2026-11-20', 'revision': revision}
    answer = it.post(address, data=fields)
    assert answer.status_code == 409 and '長い意見です' in words(answer)
    assert it.post(address, data=filled(answer)).status_code == 303
    assert '長い意見です' in words(it.get('/supports/1'))


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


def tokened(settings):
    browser = create_app(settings | {'WTF_CSRF_ENABLED': True}).test_client()

    def sign_in():
        return browser.post('/sign-in', data=filled(browser.get('/sign-in'))
                            | {'email': email('it'), 'password': PASSWORD})
    return browser, sign_in


OURS = {'Origin': 'http://localhost'}


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


# --- what can be entered by mistake can be voided, and stays in the history ---

def test_a_check_in_is_voided_and_recorded_again(it, client_of):
    with db.connection_context():
        check = CheckIn.get()
        plan, quarter = check.plan_id, check.quarter
    address = f'/plans/{plan}/check-ins/{quarter}'
    assert client_of('department').get(f'{address}/void').status_code == 403
    assert it.post(f'{address}/void', data={'reason': ''}).status_code == 422
    assert it.post(f'{address}/void', data={'reason': '別のプランの分'}).status_code == 303
    assert it.get(f'{address}/void').status_code == 404
    page = it.get(f'/plans/{plan}').page.text
    assert '進捗確認はまだありません' in page and '取り消しました（理由: 別のプランの分）' in page
    assert not it.get(address).page.has('[name="revision"]')
    assert it.post(address, data={'assessment': 'late', 'achievement': '10'}).status_code == 303
    page = it.get(f'/plans/{plan}').page.text
    assert '取消を取りやめました' in page and '進捗確認はまだありません' not in page


def test_a_corrective_action_is_voided_while_it_is_a_plan(it, client_of):
    unit, auditor = client_of('department'), client_of('auditor')
    with db.connection_context():
        action = CorrectiveAction.get_by_id(1)
        finding = action.finding_id
    changed_by_someone(Finding, finding, state='correcting')
    changed_by_someone(CorrectiveAction, 1, followed_on=None, follower=None, result=None)
    address = '/actions/1/void'
    assert auditor.get(address).status_code == 403 and client_of('other').get(address).status_code == 404
    assert '所属からは取り消せません' in words(unit.post(address, data={'reason': '重複'}))
    assert 'ただ一つの是正措置' in words(it.post(address, data={'reason': '重複'}))
    changed_by_someone(Finding, finding, state='planned')
    assert unit.post(address, data={'reason': '重複'}).status_code == 303
    page = unit.get(f'/findings/{finding}').page.text
    assert '是正措置はまだありません' in page and '取り消しました（理由: 重複）' in page


def test_a_unit_reads_who_wrote_about_its_own_support(client_of):
    page = client_of('department').get('/supports/1').page.text
    assert 'コメント: ' in page and 'ほかの所属の記録' not in page and '阿部 情' in page


# --- a voiding by mistake is taken back ---

@pytest.mark.parametrize('name', sorted(noun.name for noun in NOUNS.values()
                                        if {'show', 'void'} <= set(noun.views)))
def test_a_voiding_is_taken_back(app, client_of, name):
    browser = client_of(DESK.get(name, 'it'))
    noun = NOUNS[name]
    with db.connection_context(), trail.act('tests.void', by=None, at=clock.now()) as act:
        row = (Person.get(Person.email == email('department')) if name == 'people' else
               noun.table.select().where(noun.table.live()).order_by(noun.table.id.desc()).first())
        act.void(row, 'まちがい')
    address = f'/{name}/{row.id}'
    assert '取消を取りやめる' in browser.get(address).page.text
    assert 'まちがい' in browser.get(f'{address}/restore').page.text
    assert browser.post(f'{address}/restore', data={'reason': ''}).status_code == 422
    assert browser.post(f'{address}/restore', data={'reason': '別の記録でした'}).status_code == 303
    assert browser.get(f'{address}/restore').status_code == 404
    with db.connection_context():
        again = noun.table.by_id(row.id)
        assert again.voided_at is None and again.void_reason is None
        assert Act.select().order_by(Act.seq.desc()).first().kind == f'{name}.restore'
        assert verify.verify().intact


def test_what_rests_on_a_voided_record_is_not_taken_up_before_it(it):
    with db.connection_context(), trail.act('tests.void', by=None, at=clock.now()) as act:
        support = Support.get_by_id(1)
        act.void(support, 'まちがい')
        act.void(support.case, 'まちがい')
    refused = it.post('/supports/1/restore', data={'reason': '戻す'})
    assert refused.status_code == 422 and '先にそちらの取消を取りやめてください' in words(refused)
    assert it.post(f'/cases/{support.case_id}/restore', data={'reason': '戻す'}).status_code == 303
    assert it.post('/supports/1/restore', data={'reason': '戻す'}).status_code == 303


def test_a_person_taken_up_again_signs_in_anew(client_of):
    admin, theirs = client_of('admin'), client_of('department')
    with db.connection_context():
        id = Person.get(Person.email == email('department')).id
    assert admin.post(f'/people/{id}/void', data={'reason': '異動'}).status_code == 303
    assert theirs.get('/').status_code == 302
    assert admin.post(f'/people/{id}/restore', data={'reason': '戻った'}).status_code == 303
    assert theirs.get('/').status_code == 302  # the session of before is not taken up
    assert theirs.post('/sign-in', data={'email': email('department'),
                                         'password': PASSWORD}).status_code == 303
    assert theirs.get('/').status_code == 200


def test_an_old_page_takes_back_no_newer_voiding(it):
    with db.connection_context(), trail.act('tests.void', by=None, at=clock.now()) as act:
        act.void(Case.get_by_id(1), 'まちがい')
    asked = values(it, '/cases/1/restore') | {'reason': '別の記録でした'}
    changed_by_someone(Case, 1, void_reason='やはり重複')
    answer = it.post('/cases/1/restore', data=asked)
    assert answer.status_code == 422 and 'この記録が変更されました' in words(answer)


def test_a_case_is_taken_up_again_beside_its_cancelled_system(it):
    changed_by_someone(Case, 1, system=1)
    with db.connection_context(), trail.act('tests.void', by=None, at=clock.now()) as act:
        act.void(System.get_by_id(1), '重複')
        act.void(Case.get_by_id(1), 'まちがい')
    assert it.post('/cases/1/restore', data={'reason': '別の記録でした'}).status_code == 303


def test_a_check_in_voided_meanwhile_is_recorded_anew_only_on_purpose(it):
    with db.connection_context():
        check = CheckIn.get()
    address = f'/plans/{check.plan_id}/check-ins/{check.quarter}'
    asked = values(it, address)
    with db.connection_context(), trail.act('plans.check-in', by=None, at=clock.now()) as act:
        act.void(CheckIn.get_by_id(check.id), '別のプランの分')
    answer = it.post(address, data=asked)
    assert answer.status_code == 422 and '取り消されました' in words(answer)
    assert it.post(address, data=filled(answer)).status_code == 303


def test_a_measure_that_may_no_longer_change_is_not_dropped_silently(client_of):
    unit = client_of('department')
    changed_by_someone(CorrectiveAction, 1, followed_on=None, follower=None, result=None)
    changed_by_someone(Finding, 1, state='planned')
    asked = values(unit, '/actions/1/edit') | {'measure': '新しい措置'}
    changed_by_someone(Finding, 1, state='correcting')
    answer = unit.post('/actions/1/edit', data=asked)
    assert answer.status_code == 422 and '措置内容は変えられません' in words(
        answer) and '新しい措置' in words(answer)


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


def test_a_file_sent_after_signing_out_is_asked_for_again(settings):
    browser, sign_in = tokened(settings)
    sign_in()
    token = filled(browser.get('/files/'))['csrf_token']
    asked = {'csrf_token': token, 'kind': 'systems', 'encoding': 'auto'}
    for signed_in in (False, True):
        with browser.session_transaction() as session:
            session.clear()
        if signed_in:
            sign_in()
        answer = browser.post('/files/', data=asked | {'file': (io.BytesIO(b'a'), 'a.csv')}, headers=OURS)
        assert answer.status_code == 303 and ('sign-in' in answer.headers['Location']) is not signed_in
        assert 'ファイルをもう一度選んで' in browser.get(answer.headers['Location']).text


@pytest.mark.parametrize(('reason', 'said'), [('あ' * 501, '500文字以内'), ('外字\ue000', '外字'),
    ('a\0b', '制御文字')])
def test_a_reason_has_its_limits_too(it, reason, said):
    asked = values(it, '/systems/1/edit') | {'site': '変更先', 'act_reason': reason}
    answer = it.post('/systems/1/edit', data=asked)
    assert answer.status_code == 422 and said in words(answer) and '変更先' in answer.text
