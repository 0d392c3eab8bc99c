"""The JSON API: who may do what, the same acts and refusals as elsewhere, versions, cursors, bounds."""
import json
import re

import pytest
from api_calls import head, last_act, many
from cast import CAST
from peewee import OperationalError, SqliteDatabase
from permit_matrix import ADMIN, ATTACHERS, AUDITOR, DESK, EVERYONE, MOVES, NOUN_RULES, OWNED, UNITS

from audits import trail
from models import db
from registry.records.noun import NOUNS

#: what is no operation of a noun, though most nouns have it
LACKING = {'create': {'actuals'}, 'edit': {'actuals'}, 'void': {'systems'}, 'restore': {'systems', 'actuals'},
           'import': {'engagements', 'findings', 'people', 'registers'}, 'attachments': {'actuals'},
           'attach': {'actuals'}, 'comments': {'actuals'}, 'comment': {'actuals'}}
#: the moves of the tax unit's rows
TARGETS = {endpoint.partition('.')[0]: move for endpoint, move in MOVES.items()}
OTHERS = {'api.openapi_json': EVERYONE, 'api.indicators': EVERYONE, 'api.figure': EVERYONE,
          'api.acts': DESK | AUDITOR, 'api.act': DESK | AUDITOR}
#: these have their matrix in test_api_attachments
DOCUMENTS = {'api.attachment', 'api.void_attachment'}
ADDRESSES = {'api.openapi_json': '/openapi.json', 'api.indicators': '/indicators',
             'api.figure': '/figures/steps.official', 'api.acts': '/trail', 'api.act': '/trail/1'}


def operations():
    """Return every operation of the nouns, by hand.

    [(endpoint, noun, word, method, address, scope, who may in principle)]
    """
    found = []
    for name, (read, create, edit, void) in NOUN_RULES.items():
        place = 'd-00001' if name == 'entries' else name
        one = f'/{place}/1'
        for word, method, address, scope, who in (
                ('list', 'GET', f'/{place}', 'read', read), ('record', 'GET', one, 'read', read),
                ('create', 'POST', f'/{place}', 'write', create), ('edit', 'PATCH', one, 'write', edit),
                ('void', 'POST', f'{one}/void', 'write', void),
                ('restore', 'POST', f'{one}/restore', 'write', void),
                ('attachments', 'GET', f'{one}/attachments', 'read', read),
                ('attach', 'POST', f'{one}/attachments', 'write', ATTACHERS.get(name, edit)),
                ('comments', 'GET', f'{one}/comments', 'read', read),
                ('comment', 'POST', f'{one}/comments', 'write', read),
                ('import', 'POST', f'/{place}/import', 'import', create & (OWNED | ADMIN))):
            if name not in LACKING.get(word, ()):
                found.append((f'api.{name}-{word}', name, word, method, address, scope, who))
        if name in TARGETS:
            who = {'systems': OWNED, 'supports': OWNED, 'findings': OWNED | AUDITOR}[name]
            found.append((f'api.{name}-move', name, 'move', 'POST', f'{one}/move/{TARGETS[name][0]}', 'write',
                          who))
    return found


#: what is answered to who may do it, where nothing or an empty object is sent
LET_IN = {'list': 200, 'record': 200, 'create': 422, 'edit': 200, 'void': 422, 'restore': 409, 'import': 422,
          'move': 422, 'attachments': 200, 'attach': 422, 'comments': 200, 'comment': 422}


def expected(name, word, who, allowed):
    if who not in allowed:
        return 403
    if name in UNITS | {'entries'} and word not in ('list', 'create', 'import') and who == 'other':
        return 404
    if word == 'move' and who not in TARGETS[name][1]:
        return 403
    return LET_IN[word]


def ask(machine, word, method, address, **more):
    if word == 'import':
        return machine.post(address, data=b'', content_type='text/csv', **more)
    if word == 'attach':
        return machine.post(address, data=b'', content_type='application/octet-stream', **more)
    if word == 'edit':
        more = {'headers': {'If-Match': '*'}} | more
    return machine.open(address, method=method, json={} if method != 'GET' else None, **more)


# --- who ---
def test_every_operation_has_a_row_here(app):
    known = {endpoint for endpoint, *_ in operations()} | set(OTHERS) | DOCUMENTS
    assert known == {name for name in app.view_functions if name.startswith('api.')}


@pytest.mark.engine_free  # a role and a scope are asked for before any row is
@pytest.mark.parametrize('who', CAST)
def test_the_matrix(app, machine_of, who):
    machine, wrong = machine_of(who), []
    before = head(app)
    for endpoint, name, word, method, address, _, allowed in operations():
        found = ask(machine, word, method, address).status_code
        if found != (status := expected(name, word, who, allowed)):
            wrong.append((endpoint, f'expected {status}, got {found}'))
    for endpoint, allowed in OTHERS.items():
        found = machine.get(ADDRESSES[endpoint]).status_code
        if found != (status := 200 if who in allowed else 403):
            wrong.append((endpoint, f'expected {status}, got {found}'))
    assert not wrong
    assert head(app) == before, 'nothing was sent, and yet something changed'


@pytest.mark.parametrize('who', ['department', 'head'])
def test_another_units_rows_are_not_there(machine_of, who):
    machine = machine_of(who)
    for _, name, word, method, address, _, allowed in operations():
        if name in UNITS and who in allowed and word not in ('list', 'create', 'import'):
            assert ask(machine, word, method, address.replace('/1', '/2')).status_code == 404, address
    for name in sorted(UNITS - {'actions', 'attachments'}):
        assert not re.search('戸籍|-00002|1002', machine.get(f'/{name}').text), name


def test_a_scope_is_not_exceeded(machine_of):
    for scope in ('read', 'write', 'import'):
        machine = machine_of('it', scope)
        for _, name, word, method, address, needed, allowed in operations():
            if 'it' in allowed:
                answer = ask(machine, word, method, address)
                assert answer.status_code == (LET_IN[word] if scope == needed else 403), (scope, name, word)
                if scope != needed:
                    assert f'scope="{needed}"' in answer.headers['WWW-Authenticate']


def test_no_cookie_opens_the_api_and_no_token_a_page(app, client_of, machine_of):
    browser, machine = client_of('it'), machine_of('it')
    for _, _, word, method, address, _, _ in operations():
        answer = ask(browser, word, method, f'/api/v1{address}')
        assert answer.status_code == 401 and answer.headers['WWW-Authenticate'].startswith('Bearer'), address
        assert 'Set-Cookie' not in answer.headers
    assert browser.get('/api/v1/openapi.json').status_code == 200
    assert app.test_client().get('/api/v1/openapi.json').status_code == 401
    for address in ('/', '/systems/', '/systems/1', '/account/'):
        answer = app.test_client().get(address, headers={'Authorization': f'Bearer {machine.token}'})
        assert answer.status_code == 302 and answer.location.startswith('/sign-in')


# --- records ---
NEW = {'name': '新しい', 'summary': '試し', 'owner_code': '0201', 'category': 'office', 'pii': 'none',
       'quake_fixed': True, 'users': 12}


def test_a_record_is_made_read_changed_and_told(app, machine_of):
    machine = machine_of('department')
    made = machine.post('/systems', json=NEW | {'std_business': ['B04', 'B01']})
    assert made.status_code == 201, made.text
    item = made.json
    assert (item['system_no'], item['lifecycle'], item['users'], item['quake_fixed'], item['std_business'],
            item['owner_code']) == (
        'S-00004', 'idea', 12, True, ['B01', 'B04'], '0201')
    address = made.headers['Location'].removeprefix('/api/v1')
    read = machine.get(address)
    assert read.headers['ETag'] == made.headers['ETag'] and read.json['history'][0]['channel'] == 'api'
    assert {'label', 'revision', 'voided'} <= item.keys() and '「新しい」で登録しました' in ''.join(
        read.json['history'][0]['sentences'])
    changed = machine.patch(address, json={'users': None, 'std_business': []},
                            headers={'If-Match': read.headers['ETag']})
    assert changed.status_code == 200 and changed.json['users'] is None and changed.json['std_business'] == []
    assert changed.headers['ETag'] != read.headers['ETag']
    assert machine.patch(address, json={}, headers={'If-Match': changed.headers['ETag']}).json == changed.json


def test_values_are_typed(machine_of):
    machine = machine_of('it')
    for field, wrong in (('users', '12'), ('users', True), ('users', 1.5), ('quake_fixed', 1), ('name', 5),
                         ('std_business', 'B01'),
                         ('std_business', ['B01;B04']), ('go_live_on', '2026/4/1'), ('category', '内部系'),
                         ('category', []), ('name', {})):
        answer = machine.post('/systems', json=NEW | {field: wrong})
        assert answer.status_code == 422 and [error['field']
                                              for error in answer.json['errors']] == [field], (field, wrong)
    level = {'title': '障害', 'category': 'failure', 'level': 2, 'system_nos': ['S-00001'],
             'detected_at': '2026-11-01T00:05:00Z'}
    made = machine.post('/incidents', json=level)
    assert made.status_code == 201 and made.json['detected_at'] == '2026-11-01T09:05:00+09:00' and made.json[
        'level'] == 2
    plan = machine.get('/enrolments/1').json
    assert plan['score'] is None and plan['completed_on'] == '2026-10-05'


def test_a_version_that_has_passed_is_not_changed(app, machine_of):
    machine, other = machine_of('it'), machine_of('department')
    first = machine.get('/systems/1').headers['ETag']
    assert machine.patch('/systems/1', json={'note': 'x'}).status_code == 428
    assert other.patch('/systems/1', json={'note': '先に'}, headers={'If-Match': first}).status_code == 200
    before = head(app)
    late = machine.patch('/systems/1', json={'note': 'あとから'}, headers={'If-Match': first})
    assert late.status_code == 412 and late.json['stands']['note'] == '先に'
    assert late.headers['ETag'] == machine.get('/systems/1').headers['ETag'] != first
    assert machine.post('/systems/1/move/retiring', json={'reason': 'x'},
                        headers={'If-Match': first}).status_code == 412
    assert head(app) == before


def test_a_record_is_voided_and_restored_with_a_reason(machine_of):
    machine = machine_of('it')
    assert [error['field'] for error in machine.post('/cases/1/void', json={}).json['errors']] == ['reason']
    voided = machine.post('/cases/1/void', json={'reason': '誤り'})
    assert voided.status_code == 200 and voided.json['voided'] is True
    assert machine.post('/cases/1/void', json={'reason': '誤り'}).status_code == 409
    assert machine.patch('/cases/1', json={'title': 'x'}, headers={'If-Match': '*'}).status_code == 409
    assert [item['id'] for item in machine.get('/cases?voided=1').json['items']] == [1]
    assert machine.post('/cases/1/restore', json={'reason': '取り違え'},
                        headers={'If-Match': '"1"'}).status_code == 412
    assert machine.post('/cases/1/restore', json={'reason': '取り違え'},
                        headers={'If-Match': voided.headers['ETag']}).json['voided'] is False


def test_a_move_says_what_it_lacks_and_is_made(app, machine_of):
    machine = machine_of('it')
    lacking = machine.post('/supports/1/move/completed', json={})
    assert lacking.status_code == 422 and {'opinion', 'text'} <= {error['field']
        for error in lacking.json['errors']}
    made = machine.post('/supports/1/move/returned', json={'text': '見積りを直してください'})
    assert made.status_code == 200 and last_act(app)[0].kind == 'supports.move' and last_act(app)[
        0].channel == 'api'
    assert machine.post('/supports/1/move/completed', json={}).status_code == 409
    assert machine.post('/supports/1/move/nowhere', json={}).status_code == 404
    assert machine.post('/systems/1/move/retiring', json={'nothing': 1}).status_code == 422


def test_a_cursor_walks_over_every_row_once(app, machine_of, queries):
    many(app, 230)
    machine, seen, address, costs = machine_of('department'), [], '/systems?limit=50&q=同じ', []
    machine.get(address)
    while address:
        queries.clear()
        page = machine.get(address).json
        costs.append(len(queries))
        seen += [item['id'] for item in page['items']]
        assert page['total'] == 230
        address = page['next'] and f'/systems?limit=50&q=同じ&cursor={page["next"]}'
    assert len(seen) == len(set(seen)) == 230 and len(costs) == 5
    assert max(costs[1:]) <= costs[0]


def test_a_late_page_is_found_by_its_id(app, machine_of, queries):
    many(app, 10)
    machine_of('it').get('/systems?limit=1&cursor=Mw==')
    listed = [sql for sql in queries if '"t1"."id" > ' in sql]
    assert listed and 'OFFSET' not in listed[0]
    if isinstance(db.obj, SqliteDatabase):
        with app.app_context(), db.connection_context():
            plan = str(db.execute_sql(f'EXPLAIN QUERY PLAN {listed[0]}', (3, 2)).fetchall())
        assert 'USING INTEGER PRIMARY KEY (rowid>' in plan and 'ORDER BY' not in plan


@pytest.mark.parametrize('who', ['it', 'department'])
def test_a_page_of_a_list_takes_few_statements(machine_of, queries, who):
    machine = machine_of(who)
    for name in NOUNS:
        machine.get(f'/{name}')
        queries.clear()
        machine.get(f'/{name}')
        assert len(queries) <= 8, (name, len(queries))


def test_the_filters_are_those_of_the_pages(client_of, machine_of):
    machine, browser = machine_of('it'), client_of('it')
    for query in ('owner=0201', 'lifecycle=operate', 'q=戸籍', 'category=office', 'pii=personal&owner=0202'):
        page = browser.get(f'/systems/?{query}').page
        assert sorted(link.attributes['href'] for link in page.all('td.name > a')) == sorted(
            f'/systems/{item["id"]}' for item in machine.get(f'/systems?{query}').json['items']), query
    for query, status in (('nothing=1', 400), ('sort=name', 400), ('limit=201', 400), ('limit=x', 400),
                          ('cursor=x', 400), ('voided=2', 400),
                          ('owner=9999', 422), ('owner=', 422), ('limit=1&limit=2', 400),
                          (f'q={"あ" * 101}', 400)):
        answer = machine.get(f'/systems?{query}')
        assert answer.status_code == status and answer.json['errors'][0]['field'] == query.partition('=')[
            0], query


# --- files ---
def test_a_dry_run_writes_nothing(app, machine_of):
    machine, before = machine_of('it'), head(app)
    sent = 'system_no,name,owner_code,category\nS-00001,改名,0201,office\nS-00900,新規,0201,office\n'.encode()
    dry = machine.post('/systems/import?dry_run=true', data=sent, content_type='text/csv')
    assert dry.status_code == 200 and (dry.json['create'], dry.json['update'],
                                       dry.json['act']) == (1, 1, None)
    assert head(app) == before
    done = machine.post('/systems/import?reason=月次', data=sent, content_type='text/csv')
    assert done.json['act'] == before + 1 and last_act(app)[0].channel == 'api' and last_act(app)[
        0].reason == '月次'
    assert machine.post('/systems/import?dry_run=yes', data=sent, content_type='text/csv').status_code == 400
    assert machine.post('/systems/import', data=sent, content_type='application/json').status_code == 415
    wrong = machine.post('/systems/import', data=b'system_no,nothing\nS-00001,1\n', content_type='text/csv')
    assert wrong.status_code == 422 and 'という列はありません' in wrong.json['errors'][0]['message']
    assert machine.post('/systems/import?ignore_unknown=true', data=b'system_no,nothing\nS-00001,1\n',
                        content_type='text/csv').json['unchanged'] == 1


def test_a_unit_imports_only_its_own(app, machine_of):
    sent = 'system_no,name\nS-00002,取った\n'.encode()
    answer = machine_of('department').post('/systems/import', data=sent, content_type='text/csv')
    assert answer.status_code == 422 and '権限がありません' in answer.json['errors'][0]['message']


# --- bounds and errors ---
@pytest.mark.parametrize(('body', 'status'), [
    (b'', 400), (b'{', 400), (b'[]', 422), (b'"x"', 422), (b'{"name": "\\ud83d"}', 400),
    (b'{"name": "a\\u0000b"}', 400),
    (b'{"name": "\xff"}', 400), (b'{"name": NaN}', 400), (b'[' * 100_000, 400),
    (b'{"a":' * 6 + b'1' + b'}' * 6, 400),
    (b'{"name": "x", "name": "y"}', 400), (json.dumps({f'x{n}': 1 for n in range(201)}).encode(), 400),
    (b'{"nothing": 1}', 422),
    (b'{"users": 1e999999999}', 422), (b'{"users": 1e-999999999}', 422),
    (b'{"users": ' + b'9' * 5000 + b'}', 400),
    (b'{"name": "' + b'x' * 1024 * 1024 + b'"}', 413)])
def test_a_body_is_bounded_before_it_is_read(app, machine_of, body, status):
    machine = machine_of('it')
    before = head(app)
    answer = machine.post('/systems', data=body, content_type='application/json')
    assert answer.status_code == status, answer.text[:300]
    assert answer.json['status'] == status and answer.json['type'] == 'about:blank' and answer.json['detail']
    assert head(app) == before


def test_every_error_is_a_problem(app, machine_of, monkeypatch):
    machine = machine_of('it')
    for method, address, status in (('GET', '/nowhere', 404), ('GET', '/systems/99999999999999999999', 404),
                                    ('DELETE', '/systems/1', 405),
                                    ('GET', '/systems?q=%00', 400), ('GET', f'/{"x" * 2000}', 414),
                                    ('GET', '/figures/nothing', 404),
                                    ('GET', '/indicators?fiscal_year=2050', 404),
                                    ('GET', '/indicators?as_of=2050-01-01', 422),
                                    ('GET', '/indicators?as_of=x', 400), ('GET', '/trail?after=x', 400),
                                    ('GET', '/trail/999999', 404)):
        answer = machine.open(address, method=method)
        assert answer.status_code == status == answer.json[
            'status'] and answer.mimetype == 'application/problem+json', address
    assert set(machine.delete('/systems/1').headers['Allow'].split(', ')) == {'GET', 'HEAD', 'OPTIONS',
        'PATCH'}
    assert machine.post('/systems', data={'name': 'x'}).status_code == 415
    monkeypatch.setattr('registry.api.items', lambda *args: 1 / 0)
    broken = machine.get('/systems')
    assert broken.status_code == 500 and broken.json['title'] == '処理中に問題が起きました'

    for error, title in ((trail.Busy('others are writing'), 'ほかの人の取込みが続いています'),
                         (OperationalError('gone'), 'データベースにつながりません'),
                         (OSError(28, 'full'), 'ディスクがいっぱいで保存できません')):
        def fail(*args, error=error):
            raise error
        monkeypatch.setattr('registry.api.items', fail)
        refused = machine.get('/systems')
        assert (refused.status_code, refused.json['title']) == (503, title)
        assert refused.headers.get('Retry-After') == ('60' if isinstance(error, trail.Busy) else None)


def test_the_trail_names_the_channel(app, client_of, machine_of):
    assert machine_of('it').patch('/systems/1', json={'note': '試し'},
                                  headers={'If-Match': '*'}).status_code == 200
    assert 'API' in client_of('auditor').get(f'/trail/{head(app)}').page.texts('dd')
