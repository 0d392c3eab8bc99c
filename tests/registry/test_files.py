"""Files handed in on the pages: checked, shown, kept and applied once."""
import fcntl
import io
import os
import threading
import time
import unicodedata

import pytest
from cast import CAST, email
from form_posts import OURS, filled, tokened, upload, values
from html_page import Page

from audits import trail
from models import Act, Person, Staff, System, db
from registry.core import clock
from registry.records import exporting, importing, sheets
from registry.records.noun import NOUNS
from registry.web import uploads


def test_the_preview_says_what_a_new_record_will_hold(client_of):
    words = upload(client_of('it'), 'systems', 'system_no,name,owner_code,category,lifecycle,pii,go_live_on',
                   'S-90001,新,0201,個別業務系,運用,なし,R8.4.1')
    for told in ('システム名称: 新', 'ライフサイクル状態: 運用', '稼働開始日: 令和8年4月1日（2026-04-01）',
                 '所管課: 0201'):
        assert told in Page(words).texts('li')
    words = upload(client_of('it'), 'plans',
                   'plan_no,fiscal_year,department_code,title,plan_class,quarter,assessment',
                   'P-90001,R8,0201,施策,重点施策（四半期）,2Q,順調')
    for told in ('年度: 令和8年度', '施策名: 施策', '評価: 順調'):
        assert told in Page(words).texts('li')


def test_a_file_says_nothing_of_another_units_record(department):
    words = upload(department, 'systems', 'system_no,lifecycle', 'S-00002,構想')
    assert '権限がありません' in words and '進めません' not in words and '運用' not in Page(words).one(
        'main').text()


def test_a_wrong_file_says_nothing_of_another_units_record_either(department):
    words = upload(department, 'systems', 'system_no,lifecycle,users', 'S-00002,廃棄済,多い')
    assert '権限がありません' in words and '進めません' not in words and '数として' not in words


def test_a_units_own_mistake_is_named(department):
    words = upload(department, 'systems', 'system_no,name,owner_code,category,lifecycle,pii',
                   'S-90009,新,9999,個別業務系,構想,なし')
    assert '台帳にありません' in words and '権限がありません' not in words


def test_columns_that_are_not_known_are_passed_over_when_asked(client_of):
    def send(**more):
        return client_of('it').post('/files/', data={
            'kind': 'systems', 'encoding': 'auto',
            'file': (io.BytesIO('管理番号,備考,メモ\nS-00001,あ,い'.encode()), 'a.csv'), **more},
            content_type='multipart/form-data', follow_redirects=True).text
    assert '「メモ」' in send() and '台帳にない列です' in send()
    assert '台帳にない列です' not in send(ignore='y')


def test_an_applied_file_says_so_when_its_preview_is_opened_again(client_of):
    it = client_of('it')
    head = 'system_no,name,owner_code,category,lifecycle,pii'
    data = {'kind': 'systems', 'encoding': 'auto',
            'file': (io.BytesIO(f'{head}\nS-90001,新,0201,個別業務系,運用,なし'.encode()), 'a.csv')}
    address = it.post('/files/', data=data).headers['Location']
    page = it.get(address)
    assert '新しい記録（新・' in page.text
    seen = page.page.fields()['seen']
    assert it.post(address, data={'reason': '登録', 'seen': seen}).status_code == 303
    for again in (it.get(address), it.post(address, data={'reason': '登録', 'seen': seen})):
        assert again.status_code == 303
    assert 'もう取り込んだか' in it.get('/files/').text


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


def test_an_upload_is_its_senders_alone(client_of):
    sent = {'kind': 'systems', 'encoding': 'auto',
            'file': (io.BytesIO('system_no,note\nS-00001,備考\n'.encode()), 'a.csv')}
    preview = client_of('it').post('/files/', data=sent, content_type='multipart/form-data').location
    assert 'S-00001' in client_of('it').get(preview).text
    for who in CAST:
        if who != 'it':
            for method in ('GET', 'POST'):
                answer = client_of(who).open(preview, method=method, data={'reason': 'x'} if method == 'POST'
                                             else None)
                assert answer.status_code in (303, 403) and 'S-00001' not in answer.text


def test_uploads_nobody_goes_on_with_are_deleted(app, client_of):
    uploads = app.config['INSTANCE'] / 'uploads'

    def upload(who, number='H-9'):
        answer = client_of(who).post('/files/', data={'kind': 'shares', 'encoding': 'auto',
            'file': (io.BytesIO(
            f'share_no,title,method,shared_on\n{number},教訓,通知,2026-09-01\n'.encode()), 'shares.csv')})
        assert answer.status_code == 303
        return {path for path in uploads.glob('*/*')}
    old = upload('it')
    assert len(old) == 1 and all(path.parent.stat().st_mode & 0o077 == 0 for path in old)
    for path in old:
        os.utime(path, (time.time() - 90_000,) * 2)
    new = upload('it', 'H-8')
    assert len(new) == 1 and not new & old


HEAD = 'system_no,name,owner_code,category,lifecycle,pii'
ROW = 'S-90001,新,0201,個別業務系,運用,なし'


def sent(browser, *lines, kind='systems', name='a.csv', **more):
    return browser.post('/files/', data={'kind': kind, 'encoding': 'auto',
                                         'file': (io.BytesIO('\n'.join(lines).encode()), name), **more})


@pytest.fixture
def it(client_of):
    return client_of('it')


@pytest.fixture
def home(app):
    with db.connection_context():
        return app.config['INSTANCE'] / 'uploads' / str(Person.get(Person.email == email('it')).id)


def reading(it, address):
    return {'reason': '登録', 'seen': values(it, address)['seen']}


def test_an_upload_is_parsed_once(it, monkeypatch):
    read, parsed = sheets.read, []
    monkeypatch.setattr(sheets, 'read', lambda *args: parsed.append(args[1]) or read(*args))
    address = sent(it, HEAD, ROW).headers['Location']
    assert it.post(address, data=reading(it, address)).status_code == 303
    assert parsed == ['a.csv']


def test_a_file_is_kept_as_it_was_read(it, home):
    address = sent(it, HEAD, 'S-90001,"改\n行",0201,個別業務系,運用,なし', '',
                   'S-90002,\ue000,0201,個別業務系,運用,なし').headers['Location']
    page = it.get(address)
    assert page.status_code == 422 and 'U+E000' in page.text and [path.suffix
        for path in home.iterdir()] == ['']


def test_an_upload_that_cannot_be_stored_leaves_nothing(it, home, monkeypatch):
    def full(sheet, file, about):
        file.write(b'[{')
        raise OSError(28, 'No space left on device')
    monkeypatch.setattr(sheets.Sheet, 'write', full)
    answer = sent(it, HEAD, ROW)
    assert answer.status_code == 503 and 'ディスクがいっぱい' in answer.text and not list(home.iterdir())


def test_the_same_file_twice_at_once_is_kept_once(app, home, it):
    home.mkdir(parents=True, exist_ok=True)
    for place in range(uploads.KEPT_FILES + 5):
        (home / f'{place:032x}').write_text('{}')
        os.utime(home / f'{place:032x}', (place, place))
    cookie, answers = it.get_cookie('daicho', domain='localhost'), []

    def send():
        browser = app.test_client()
        browser.set_cookie('daicho', cookie.value)
        answers.append(sent(browser, HEAD, ROW).status_code)
    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert answers == [303] * 6 and len(list(home.iterdir())) <= uploads.KEPT_FILES


def test_a_second_file_of_a_person_waits_shortly_and_is_told(it, home, client_of, monkeypatch):
    monkeypatch.setattr(uploads, 'TURN_SECONDS', 0.2)
    address = sent(it, HEAD, ROW).headers['Location']
    seen = reading(it, address)
    with open(home.with_suffix('.lock'), 'ab') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        answer = sent(it, HEAD, ROW)
        assert answer.status_code == 422 and uploads.BUSY in answer.text
        answer = it.post(address, data=seen)
        assert answer.status_code == 503 and '登録' in answer.page.text
        assert sent(client_of('department'), HEAD, ROW).status_code == 303, 'others do not wait'
    assert it.post(address, data=seen).status_code == 303


def meanwhile(monkeypatch, change):
    """Let another person's act come between the check and the act of the file."""
    apply = importing.Load.apply

    def late(load, *args):
        monkeypatch.setattr(importing.Load, 'apply', apply)
        change()
        return load.apply(*args)
    monkeypatch.setattr(importing.Load, 'apply', late)


def heads():
    with db.connection_context():
        return Act.select().count()


@pytest.mark.parametrize(('kind', 'lines', 'table', 'words'), [
    ('enrolments', ('course_code,staff_no,status', 'K26-02,1001,未受講'), Staff, '職員名簿にありません'),
    ('incidents', ('incident_no,title,category,level,system_nos,detected_at',
                   'I-9,題,システム障害,1,S-00001,2026-10-01 10:00'), System, '登録されていません'),
])
def test_what_was_voided_since_the_check_is_not_pointed_to(it, monkeypatch, kind, lines, table, words):
    address = sent(it, *lines, kind=kind).headers['Location']
    seen = reading(it, address)

    def void():
        with trail.act('staff.void', by=None, at=clock.now()) as act:
            act.void(table.get_by_id(1), '退職')
    meanwhile(monkeypatch, void)
    before = heads()
    answer = it.post(address, data=seen)
    assert answer.status_code == 409 and '確認したあとに記録が変更された' in answer.text
    assert words in answer.text
    assert heads() == before + 1


def test_a_number_taken_since_the_check_is_shown_anew(it, monkeypatch):
    address = sent(it, HEAD, ROW, 'S-90002,新,0201,個別業務系,運用,なし').headers['Location']
    seen = reading(it, address)

    def take():
        with trail.act('systems.create', by=None, at=clock.now()) as act:
            act.save(System(system_no='s-90001', name='先', owner=System.get_by_id(1).owner,
                            category='core_standard', pii='none'))
    meanwhile(monkeypatch, take)
    before = heads()
    answer = it.post(address, data=seen)
    assert answer.status_code == 409 and '大文字と小文字だけが違う' in answer.text and heads() == before + 1


def test_a_missing_column_is_said_once(it):
    answer = it.get(sent(it, 'system_no,name', *(f'S-9000{n},新' for n in range(5))).headers['Location'])
    assert answer.text.count('「所管課コード」の列が必要です（5行、2行目など）') == 1
    assert '誤り 2件' in answer.page.text


def test_cut_zeros_are_offered_and_given_back_on_the_page(it):
    address = sent(it, 'staff_no,name,department_code', '1003,新,201', '1004,新,202',
                   kind='staff').headers['Location']
    answer = it.get(address)
    assert answer.status_code == 422 and '先頭の0を補う（2件）' in answer.text
    assert '所属コード: 2件（「201」は「0201」と思われます）' in answer.page.text
    answer = it.get(f'{address}?zeros=1')
    assert answer.status_code == 200 and '先頭の0を補って読みました' in answer.text
    action = next(form['action'] for form in answer.page.forms if form['method'] == 'post'
                  and '/files/' in form['action'])
    seen = reading(it, f'{address}?zeros=1')
    assert it.post(address, data=seen).status_code != 303, 'what was read otherwise is not applied'
    assert it.post(action, data=seen).status_code == 303
    with db.connection_context():
        assert Staff.get(Staff.staff_no == '1003').department.code == '0201'


@pytest.mark.engine_free
def test_every_register_has_a_template_that_is_read_as_its_own_file(it):
    for name, noun in NOUNS.items():
        if noun.importable:
            for format in ('csv', 'xlsx'):
                found = sheets.read(it.get(f'/files/templates/{name}.{format}').data, f'a.{format}')
                assert found.headers == [unicodedata.normalize('NFKC', header)
                                         for header in exporting.headers_of(noun)] and not len(found.rows)
    assert it.get('/files/templates/people.csv').status_code == 404
