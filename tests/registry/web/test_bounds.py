"""Length before work: what is too long is refused before anything is made of it; honest input never."""
import io
import re
from urllib.parse import urlencode

import pytest
from cast import CAST
from cpu_time import FORM, MARKS, within_seconds
from form_posts import values
from permit_matrix import places

from registry.records.noun import NOUNS
from registry.web import bounds


@pytest.mark.engine_free
@pytest.mark.parametrize('address', ['/sign-in', '/systems/new', '/systems/1/edit', '/nowhere', '/files/',
                                     '/sign-out'])
@pytest.mark.parametrize('checked', [False, True])
def test_a_strangers_large_form_costs_next_to_nothing(app, client_of, address, checked):
    app.config['WTF_CSRF_ENABLED'] = checked
    body = urlencode({'email': MARKS, 'lifecycle': MARKS, 'name': 'x' * 1000})[:480_000]
    for origin in ('', 'http://localhost'):
        answer = within_seconds(0.05, lambda origin=origin: client_of(None).post(
            address, data=body, content_type=FORM, headers={'Origin': origin}))
        assert answer.status_code == 413 and 'サインインしてから' in answer.text


@pytest.mark.engine_free
def test_a_strangers_small_form_costs_little_too(client_of):
    browser = client_of(None)
    for address in ('/sign-in', '/systems/new', '/nowhere'):
        browser.post(address)  # the pages' templates are made once
    for body in (urlencode({'lifecycle': '\u0301\u0316' * 5_000}), '&' * 60_000,
                 urlencode({'email': 'あ' * 7000, 'password': 'x'})):
        for address in ('/sign-in', '/systems/new', '/nowhere'):
            within_seconds(0.05, lambda body=body, address=address: browser.post(
                address, data=body, content_type=FORM))


@pytest.mark.engine_free
def test_what_is_typed_after_a_session_has_gone_is_not_too_large(client_of):
    browser = client_of('it')
    form = values(browser, '/systems/1/edit') | {'note': 'あ' * 20_000}
    browser.delete_cookie('daicho')
    answer = browser.post('/systems/1/edit', data=form, headers={'Origin': 'http://localhost'})
    assert answer.status_code == 401 and answer.page.has('[name="kept"]')


@pytest.mark.engine_free
def test_the_limit_holds_for_a_body_of_unknown_length(app):
    for size, status in ((60_000, 422), (70_000, 413)):
        body = io.BytesIO(b'email=' + b'x' * size)
        answer = app.test_client().post('/sign-in', input_stream=body, content_type=FORM, environ_overrides={
            'HTTP_TRANSFER_ENCODING': 'chunked', 'wsgi.input_terminated': True})
        assert answer.status_code == status


@pytest.mark.engine_free
def test_a_form_is_large_enough_for_every_honest_one(opened):
    """The longest texts of every noun, nine bytes for each character, are within the limits of a form."""
    for noun in NOUNS.values():
        cells = noun.blank.cells()
        assert 9 * sum(cell.flags.maxlength or cell.max_typed for cell in cells) < bounds.FORM[0], noun.name
        assert len(cells) < bounds.STRANGER[1] / 2


@pytest.mark.engine_free
def test_what_was_typed_comes_back_up_to_a_bound(client_of):
    browser = client_of('it')
    answer = browser.post('/systems/1/edit', data=values(browser, '/systems/1/edit')
                          | {'note': 'x' * 90_000, 'name': 'y' * 300})
    assert answer.status_code == 422 and 'x' * 20_000 in answer.text and 'x' * 20_001 not in answer.text
    assert 'y' * 300 in answer.text
    assert '2000文字以内で入力してください（現在90000文字）' in answer.text
    assert '200文字以内で入力してください（現在300文字）' in answer.text


@pytest.mark.engine_free
@pytest.mark.parametrize('query', ['as_of=' + 'x' * 8000, 'q=' + '%CC%81%CC%96' * 750,
                                   '&'.join(f'a{n}=1' for n in range(99)) + '&as_of=' + 'x' * 8000])
def test_a_long_address_is_refused_before_it_is_split(client_of, query):
    answer = within_seconds(0.05, lambda: client_of(None).get('/sign-in?' + query))
    assert answer.status_code == 414 and 'アドレスが長すぎます' in answer.text


@pytest.mark.engine_free
def test_very_large_headers_are_refused_in_words(client_of):
    browser = client_of(None)
    answer = browser.get('/sign-in', headers={'X-Long': 'x' * 40_000})
    assert answer.status_code == 431 and 'Cookieなど）が大きすぎます' in answer.text
    assert browser.get('/sign-in', headers={'X-Long': 'x' * 20_000}).status_code == 200


@pytest.mark.engine_free
def test_an_address_has_no_more_parts_than_anyone_means(client_of):
    browser = client_of('it')
    assert browser.get('/systems/?' + '&'.join(f'a{n}=1' for n in range(150))).status_code == 400
    assert '100個まで' in browser.get('/systems/?' + '&' * 150).text
    assert browser.get('/systems/' + 'x' * 1001).status_code == 414


@pytest.mark.engine_free
def test_marks_in_an_address_take_no_time(app, client_of):
    browser, asked = client_of('it'), '\u0301\u0316' * 600
    names = ('q', 'as_of', 'since', 'record', 'actor', 'system_no', 'owner')
    for turn, (endpoint, methods, address) in enumerate(places(app)):
        if 'GET' in methods and endpoint != 'strategies.report':
            # each page is asked with a few of them, and each of them is asked of many pages
            for name in {names[turn % 7], names[(turn + 3) % 7]} | (
                    {*names} if address.count('/') < 3 else set()):
                answer = within_seconds(0.5, lambda name=name, address=address: browser.get(
                    address, query_string={name: asked}))
                assert answer.status_code < 500, (address, name)


# --- 400 with words, whatever the shape ---
@pytest.mark.engine_free
@pytest.mark.parametrize('who', [*CAST, None])
def test_only_forms_are_read(app, client_of, who):
    browser = client_of(who)
    for body in ('{"email": "\\ud800", "name": ["x"]}', '[[[]]]', 'null', '{', '1'):
        for kind in ('application/json', 'application/problem+json', 'text/plain', 'x', ''):
            for address in ('/sign-in', '/systems/new', '/systems/1/edit', '/files/', '/account/'):
                answer = browser.post(address, data=body, content_type=kind)
                assert answer.status_code == 415 and '画面の入力欄から' in answer.text, (body, kind, address)


@pytest.mark.engine_free
def test_a_file_in_the_place_of_a_text(app, client_of):
    sent, told = ('email', 'password', 'name', 'reason', 'text', 'current', 'act_reason'), 0
    for who in ('it', 'admin', 'auditor', None):
        browser = client_of(who)
        for endpoint, methods, address in places(app) + [('sign_in.sign_in', {'POST'}, '/sign-in')]:
            if 'POST' in methods and not bounds.takes_files(endpoint):
                answer = browser.post(address, data={name: (io.BytesIO(b'x'), 'a.txt') for name in sent},
                                      content_type='multipart/form-data')
                assert answer.status_code in (302, 303, 400, 403, 404), endpoint
                told += answer.status_code == 400 and 'ファイルを受け取れません' in answer.text
    assert told > 90


@pytest.mark.engine_free
def test_a_text_in_the_place_of_a_file(client_of):
    answer = client_of('it').post('/files/', data={'kind': 'systems', 'encoding': 'auto', 'file': 'a.csv'})
    assert answer.status_code == 422 and 'ファイルを選んでください' in answer.text


@pytest.mark.engine_free
@pytest.mark.parametrize(('kind', 'body'), [
    ('multipart/form-data', b'--x\r\n'), ('multipart/form-data; boundary=x', b'nothing of the kind'),
    ('multipart/form-data; boundary=x', b'--x\r\nContent-Disposition: form-data; name="email"\r\n\r\nhalf'),
    (FORM, b'email=\xff\xfe'), (FORM, b'\xed\xa0\x80=1')])
def test_a_form_that_cannot_be_read_is_not_taken_for_an_empty_one(client_of, kind, body):
    answer = client_of('it').post('/systems/1/edit', data=body, content_type=kind)
    assert answer.status_code == 400 and '読み取れませんでした' in answer.text


@pytest.mark.engine_free
def test_an_upload_that_breaks_off_leaves_no_open_file(client_of):
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n' + b'x' * 600_000
    answer = client_of('it').post('/files/', data=body, content_type='multipart/form-data; boundary=x')
    assert answer.status_code == 400


@pytest.mark.engine_free
def test_a_missing_page_needs_no_database(client_of):
    assert client_of('it').get('/static/nothing-here').status_code == 404


@pytest.mark.engine_free
def test_what_is_refused_needs_no_database(app, client_of, queries):
    browser = client_of('it')
    queries.clear()
    assert browser.post('/systems/new', data='{}', content_type='application/json').status_code == 415
    assert browser.post('/systems/new', data='x' * 1_100_000, content_type=FORM).status_code == 413
    assert browser.get('/systems/?q=' + 'x' * 9000).status_code == 414
    assert not queries


@pytest.mark.engine_free
def test_a_picture_is_the_same_for_everyone(client_of):
    with client_of('it').get('/static/app.css') as answer:
        assert 'Cookie' not in answer.headers.get('Vary', '')


@pytest.mark.engine_free
def test_an_origin_that_is_none(app, client_of):
    app.config['WTF_CSRF_ENABLED'] = True
    answer = app.test_client().post('/systems/new', data={'name': 'x'}, headers={'Origin': 'http://['})
    assert answer.status_code == 400


@pytest.mark.engine_free
def test_what_is_no_text_is_no_form(client_of):
    """Half characters, and bytes of another encoding, are refused and not kept as their escapes."""
    it = client_of('it')
    for body in ('code=K-9&name=%ED%A0%80abc', 'code=K-9&name=%ff%fe'):
        answer = it.post('/courses/new', data=body, content_type=FORM)
        assert answer.status_code == 400 and '読み取れませんでした' in answer.text


@pytest.mark.engine_free
def test_refusals_of_lists_and_lengths_are_in_japanese(client_of):
    answer = client_of('it').post('/files/', data={'kind': 'nothing', 'encoding': 'x'})
    assert answer.status_code == 422 and '選び直してください' in answer.page.text
    assert 'Not a valid' not in answer.text
    answer = client_of(None).post('/sign-in', data={'email': 'a@b', 'password': 'x' * 300})
    assert '256文字まで' in answer.page.text and 'Field cannot' not in answer.text


@pytest.mark.parametrize('address', ['/systems/?q=%00', '/actuals/export.csv?q=%00', '/trail/?actor=%00',
                                     '/search?q=%00', '/sign-in?next=/%00/evil.example',
                                     '/strategies/2026/initiatives/1/indicators/%00/edit'])
def test_a_nul_in_an_address(client_of, address):
    assert client_of('it').get(address).status_code == 400


@pytest.mark.parametrize('digits', ['²', '²²²²', '٣', '9' * 14])
def test_digits_that_are_no_numbers(client_of, digits):
    browser = client_of('it')
    for address in ('/', '/systems/', '/figures/steps.official', '/trail/', '/trail/1'):
        for name in ('year', 'page', 'size', 'before'):
            answer = browser.get(address, query_string={name: digits}, follow_redirects=True)
            assert answer.status_code == 200, (address, name)


@pytest.mark.parametrize('number', [2 ** 31, 2 ** 63, 10 ** 20])
def test_numbers_no_column_holds(app, client_of, number):
    browser = client_of('it')
    rules = [rule for rule in app.url_map.iter_rules() if rule._converters.keys()
             & {'id', 'year', 'no', 'seq'}]
    assert len(rules) > 50
    for rule in rules:
        address = re.sub(r'<int:\w+>', str(number), rule.rule)
        address = re.sub(r'<[^>]*>', '1', address)
        for method in rule.methods & {'GET', 'POST'}:
            assert browser.open(address, method=method).status_code < 500, (method, address)


@pytest.mark.parametrize('code', [0x85, 0x9f, 0xfffe, 0xffff])
def test_no_character_that_a_file_cannot_hold(client_of, code):
    answer = client_of('it').post('/systems/1/edit', data={'note': f'備{chr(code)}考'})
    assert answer.status_code == 422 and f'U+{code:04X}' in answer.text
