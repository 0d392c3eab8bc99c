"""Requests of every shape at every endpoint, by everyone: whatever is sent, the answer is never a 5xx.

DAICHO_FUZZ sets how many requests are sent (default 1,500); each part of them starts on a fresh copy of the
register.
"""
import io
import json
import os
import random
import re
from urllib.parse import quote

import pytest
from cast import CAST, PASSWORD, email
from flask.testing import FlaskClient
from form_posts import values
from permit_matrix import ENDING, address
from permit_matrix import rules as who_may
from werkzeug.datastructures import FileStorage
from werkzeug.test import EnvironBuilder, run_wsgi_app

from registry.records.noun import NOUNS

REQUESTS = int(os.environ.get('DAICHO_FUZZ', '1500'))
SEED = int(os.environ.get('DAICHO_FUZZ_SEED', '20261123'))
PART = 1500
#: what a person or a program may send in a value's place
TEXTS = [
    '', ' ', '0', '1', '-1', '1e9', '9' * 40, '9' * 400, '1.5', 'NaN', 'Infinity', '²', '٣', '９９',
    '1' * 4000, '\x00', 'a\x00b', '\x07', '\x85', '\r\n', 'a\nb', '\ufffe', '\uffff', '\ue000', '\U000f0000',
    '\ud800', '\u202e逆', '\u200b=1+1', '−1', '=1+1', '@x', '\u0301' * 29, '\u0301\u0316' * 200, 'ﷺ' * 30,
    '😀', 'ｶﾞ', '髙﨑', "'", '"', "' OR 1=1 --", '%', '_', '\\', '%00', '%ED%A0%80', '<script>', '{{7*7}}',
    '../../etc/passwd', 'null', '[]', '{}', 'true', '元', '-', '--', 'http://[', '//evil', '/\t/evil',
    'it@example.jp', 'a' * 300 + '@x', '令和99年13月40日', '2026-02-30', '2026-11-23', 'R8.4.1',
    '令和8年4月1日 9:05', '0000-00-00', '2026/4/1 25:61', '08:30-17:15', '1;2;3', ';' * 50, '、' * 50,
    ',' * 50, '1;1,2;3', '0;;;;', '99999999999;9', 'S-00001', 'S-00002', 'C-00001;C-00002', 'K26-01', '0201',
    '201', 'ほかの所属の記録', 'あ' * 100, 'あ' * 2500, 'x' * 7000]
#: what every form and address of ours asks for, and more
NAMES = sorted({name for noun in NOUNS.values() for name in dir(noun.form)
                if hasattr(getattr(noun.form, name), 'field_class')} | set("""
    q sort page size voided year as_of group actor kind record since until before lifecycle state owner open
    encoding next revision reason act_reason seen csrf_token kept email password current new again text
    opinion file ignore id result followed_on result_note measure owner_email due_on done_on evidence
    official official_reason""".split()))
TYPES = [
    'application/json', 'application/problem+json', 'text/plain', 'text/plain; charset=utf-7',
    'application/xml', 'application/octet-stream', 'multipart/form-data', 'multipart/form-data; boundary=',
    'multipart/form-data; boundary=あ', 'multipart/form-data; boundary="x', 'multipart/mixed; boundary=x',
    'application/x-www-form-urlencoded; charset=shift_jis',
    'application/x-www-form-urlencoded; charset=no-such', '', ';', 'x', '/', 'あ/い']
HEADERS = {
    'Origin': ['null', 'http://localhost', 'http://[', 'http://localhost:99999', 'あ', ''],
    'Referer': ['http://[', 'あ', 'http://localhost/'], 'X-CSRFToken': ['あ', 'x.y.z', ''],
    'Host': ['localhost', 'a b', '[', 'localhost:x', 'あ'], 'Accept': ['*/*;q=x', 'application/json'],
    'Range': ['bytes=0-', 'bytes=9-1', 'x'], 'If-None-Match': ['"', 'W/"x"', '*'],
    'If-Modified-Since': ['x', 'Mon, 99 Foo 20266'], 'X-Forwarded-For': ['x', '::1', 'あ'],
    'Cookie': ['daicho=', 'daicho=x.y.z', 'daicho="\\377"', '=;=;', 'session=' + 'x' * 3000],
    'Content-Length': ['-1', 'x', '99999999999999999999', '٣', '0'], 'Transfer-Encoding': ['chunked', 'x'],
    'Expect': ['100-continue'], 'Authorization': ['Basic x', 'Bearer', 'あ'],
    'Accept-Language': ['あ', ';;q=,']}


def text(pick):
    """Return a text to send: a known nasty one, two of them joined, or random characters."""
    kind = pick.random()
    if kind < 0.7:
        return pick.choice(TEXTS)
    if kind < 0.85:
        return pick.choice(TEXTS)[:200] + pick.choice(TEXTS)[:200]
    blocks = ((0, 0x20), (0x20, 0x7f), (0x80, 0x3000), (0x3000, 0xa000), (0xe000, 0x20000))
    return ''.join(chr(pick.randrange(*pick.choice(blocks))) for _ in range(pick.randrange(1, 40)))


def shape(pick, depth=0):
    """Return a value of any shape that JSON can hold."""
    kind = pick.randrange(8 if depth < 6 else 6)
    if kind == 6:
        return [shape(pick, depth + 1) for _ in range(pick.randrange(4))]
    if kind == 7:
        return {pick.choice([*NAMES, text(pick)]): shape(pick, depth + 1) for _ in range(pick.randrange(5))}
    return (None, True, pick.randrange(-2 ** 70, 2 ** 70), pick.random() * 1e300, text(pick), '')[kind]


def encoded(value):
    return quote(value.encode('utf-8', 'surrogatepass'), safe='')


def fields(pick, known):
    """Return [(name, text)] to send: what the page holds with some of it changed, or anything."""
    found = list(known.items()) if pick.random() < 0.7 else []
    for _ in range(pick.randrange(1, 5)):
        name = pick.choice(list(known) or NAMES) if pick.random() < 0.7 else pick.choice(NAMES)
        if pick.random() < 0.8:
            found = [(other, value) for other, value in found if other != name]
        found.insert(pick.randrange(len(found) + 1), (name, text(pick)))
    return found


def multipart(pick, sent):
    """Return (body, content type) of a multipart form, often with a fault in it."""
    boundary, plain = pick.choice(['x', 'y' * 70, '--', 'a b']), pick.random() < 0.6
    body = b''
    for name, value in sent:
        more = pick.choice(['', '', '', '; filename="a.csv"', '; filename=""', '; filename="\ufffd\x00"',
                            "; filename*=UTF-8''%ED%A0%80", '; filename="' + 'あ' * 300 + '"',
                            "; filename*=no-such''x", '; filename="../../x"']) if not plain else ''
        kind = pick.choice(['', '', 'Content-Type: text/plain; charset=utf-16\r\n',
                            'Content-Type: text/csv\r\n', 'Content-Type: multipart/mixed; boundary=x\r\n',
                            'Content-Transfer-Encoding: base64\r\n', 'X: ' + 'y' * 500 + '\r\n', ': \r\n',
                            'x\r\n'])
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{more}\r\n{kind}\r\n'
        body += head.encode('utf-8', 'surrogatepass') + value.encode(
            pick.choice(['utf-8', 'utf-8', 'utf-16']), 'surrogatepass') + b'\r\n'
    body += f'--{boundary}--\r\n'.encode()
    if pick.random() < 0.2:
        body = body[:pick.randrange(len(body))]
    if pick.random() < 0.1:
        body = body.replace(b'\r\n', b'\n')
    return body, f'multipart/form-data; boundary={pick.choice([boundary, boundary, boundary, "other"])}'


def raw(pick):
    """Return bytes of no shape at all."""
    return pick.choice([b'', b'&' * pick.randrange(3000), b'=' * 50, b'a=%', b'a=%zz&b=%ED%A0%80&c=%00',
                        b'\xff\xfe=\x80', b'\xed\xa0\x80=1', b'[' * 3000, b'{"a":' * 500, b'"\\ud800"',
                        b'null', b'1', b'NaN', b'{"email":"\\ud800","password":"x"}',
                        pick.randbytes(pick.randrange(200))])


def body(pick, known):
    """Return the parts of a request that make its body."""
    kind = pick.randrange(12)
    if kind < 6:
        sent = fields(pick, known)
        return {'data': '&'.join(f'{encoded(name)}={encoded(value)}' for name, value in sent),
                'content_type': 'application/x-www-form-urlencoded'}
    if kind < 9:
        data, content_type = multipart(pick, fields(pick, known))
        return {'data': data, 'content_type': content_type}
    if kind == 9:
        return {'data': json.dumps(shape(pick) if pick.random() < 0.5 else dict(fields(pick, known))),
                'content_type': pick.choice(TYPES[:2])}
    if kind == 10:
        content = pick.choice([raw(pick), b'system_no,name\r\nS-00001,=1\r\n',
                               b'PK\x03\x04' + pick.randbytes(50)])
        name = pick.choice(['a.csv', 'あ\u202e.xlsx', '', 'x' * 500, '%00.csv'])
        sent = {'kind': pick.choice([*NOUNS, text(pick).replace('\ud800', '')]),
                'encoding': pick.choice(['auto', 'cp932', 'x']),
                'file': FileStorage(io.BytesIO(content), name)}
        return {'data': sent, 'content_type': 'multipart/form-data'}
    return {'data': raw(pick), 'content_type': pick.choice([*TYPES, 'application/x-www-form-urlencoded'])}


def query(pick):
    if pick.random() < 0.1:
        return pick.choice(['%', '%zz=%ED%A0%80', '&&&', '=', 'q=%00', '\xff', 'a=1;b=2', '&' * 3000,
                            'q=' + 'x' * 9000])
    return '&'.join(f'{encoded(pick.choice(NAMES))}={encoded(text(pick)[:500])}'
                    for _ in range(pick.randrange(8)))


def place(pick, rule, adapter):
    """Return an address of an endpoint: of a record that is there, or with anything in its parts."""
    if pick.random() < 0.8:
        try:
            return address(adapter, rule)
        except KeyError:
            pass
    return re.sub(r'<(\w+)?(?:\(.*?\))?:?[^>]*>', lambda found: pick.choice(
        ['0', '2', '99', str(2 ** 31), str(2 ** 63), '9' * 60, '-1', '1.0']) if found.group(1) == 'int'
        else encoded(text(pick)[:200]) or 'x', rule.rule)


@pytest.mark.parametrize('part', range(max(1, -(-REQUESTS // PART))))
def test_nothing_breaks_a_page(app, client_of, part):
    pick, adapter, known, browsers = random.Random(SEED + part), app.url_map.bind('localhost'), {}, {}
    rules = sorted(app.url_map.iter_rules(), key=lambda rule: (rule.endpoint, rule.rule))
    rules += 2 * [rule for rule in rules if 'POST' in rule.methods]
    checked = {who: client_of(who) for who in [*CAST, None]}

    def browser(who, again=False):
        if who not in browsers or again:
            app.config['WTF_CSRF_ENABLED'] = False
            browsers[who] = FlaskClient(app, app.response_class)
            if who is not None:
                browsers[who].post('/sign-in', data={'email': email(who), 'password': PASSWORD})
        return browsers[who]

    broken, counted, permitted = [], {}, who_may()
    for number in range(min(PART, REQUESTS)):
        rule, who = pick.choice(rules), pick.choice([*CAST, None])
        if pick.random() < 0.8:
            who = pick.choice(sorted(permitted.get(rule.endpoint, CAST)))
        if rule.endpoint in ENDING:
            continue
        url = place(pick, rule, adapter)
        usual = 'POST' if 'POST' in rule.methods and pick.random() < 0.9 else 'GET'
        method = usual if pick.random() < 0.9 else pick.choice(['POST', 'HEAD', 'PUT', 'PATCH', 'DELETE',
            'OPTIONS'])
        if {'GET', 'POST'} <= rule.methods and (who, url) not in known and not rule.arguments - {'id'}:
            app.config['WTF_CSRF_ENABLED'] = False
            known[who, url] = values(checked[who], url)
        asked = {'method': method}
        if pick.random() < (0.2 if method == 'POST' else 0.8):
            asked['query_string'] = query(pick)
        if method not in ('GET', 'HEAD', 'OPTIONS') or pick.random() < 0.1:
            asked |= body(pick, known.get((who, url), {}))
        builder = EnvironBuilder(path=url, **asked)
        environ = builder.get_environ()
        builder.close()
        for name in pick.sample(sorted(HEADERS), pick.choice([0] * 8 + [1, 2])):
            key = name.upper().replace('-', '_')
            value = pick.choice(HEADERS[name]).encode().decode('latin-1')
            if name == 'Cookie' and who is not None:
                continue
            environ[key if key.startswith('CONTENT_') else f'HTTP_{key}'] = value
            if value == 'chunked':
                environ['wsgi.input_terminated'] = True
        if (cookie := browser(who).get_cookie('daicho')) is not None and 'HTTP_COOKIE' not in environ:
            environ['HTTP_COOKIE'] = f'daicho={cookie.value}'
        app.config['WTF_CSRF_ENABLED'] = pick.random() < 0.15
        _, line, _ = run_wsgi_app(app, environ, buffered=True)
        status = int(line[:3])
        counted[status] = counted.get(status, 0) + 1
        if status >= 500:
            broken.append((number, status, who, method, url, asked))
        if who is not None and status == 302:
            browser(who, again=True)
    print(f'part {part}: {sum(counted.values())} requests, {dict(sorted(counted.items()))}')
    assert not broken, '\n'.join(str(each)[:600] for each in broken[:20]) + f'\n{len(broken)} in all'
