"""Nothing typed into an address or a form breaks a page: the answer is a page that says what to do, never a
5xx."""
import re

import pytest
from reading import Page
from test_permits import places

NASTY = ['', ' ', '0', '-1', '1e9', '99999999999999999999', 'あ' * 3000, "' OR 1=1 --",
         '<script>alert(1)</script>', '%', '_', '\\', '令和99年13月40日', '2026-02-30', '９９９９', '\ue000',
         '\u202e', '=1+1', '../../etc/passwd', 'null', '[]', '{{7*7}}', '😀']
NAMES = ['q', 'sort', 'page', 'size', 'voided', 'year', 'as_of', 'group', 'actor', 'kind', 'record', 'since',
         'until', 'before', 'lifecycle', 'state', 'owner', 'department', 'fiscal_year', 'ends', 'open',
         'encoding', 'next']


@pytest.mark.parametrize('shift', range(0, len(NASTY), 4))
def test_addresses(app, client_of, shift):
    browser = client_of('it')
    asked = {name: NASTY[(place + shift) % len(NASTY)] for place, name in enumerate(NAMES)}
    for endpoint, methods, address in places(app):
        if 'GET' in methods and endpoint != 'strategies.report':
            answer = browser.get(address, query_string=asked)
            assert answer.status_code < 500, f'{endpoint} {asked}: {answer.status_code}'


@pytest.mark.parametrize('address', ['/systems/?q=%00', '/actuals/export.csv?q=%00', '/trail/?actor=%00',
                                     '/search?q=%00', '/sign-in?next=/%00/evil.example',
                                     '/strategies/2026/initiatives/1/indicators/%00/edit'])
def test_a_nul_in_an_address(client_of, address):
    assert client_of('it').get(address).status_code == 400


@pytest.mark.parametrize('who', ['it', 'admin', 'auditor'])
def test_forms(app, client_of, who):
    browser = client_of(who)
    for turn, (endpoint, methods, address) in enumerate(places(app)):
        if 'POST' not in methods or endpoint.startswith('sign_in.') or endpoint == 'trail.check':
            continue
        form = browser.get(address) if 'GET' in methods else None
        names = {node.attributes['name'] for node in Page(form.text).all('[name]')} if form else ()
        # who is refused the form is refused whatever they send: there each value is tried at some places
        values = NASTY if form and form.status_code == 200 else [NASTY[(turn + n) % len(NASTY)]
            for n in range(3)] if form else ['']
        for value in values:
            answer = browser.post(address, data=dict.fromkeys(names, value))
            assert answer.status_code < 500, f'{endpoint} {value!r}: {answer.status_code}'


@pytest.mark.parametrize('digits', ['²', '²²²²', '٣', '9' * 14])
def test_digits_that_are_no_numbers(client_of, digits):
    browser = client_of('it')
    for address in ('/', '/systems/', '/figures/steps.official', '/trail/', '/trail/1'):
        for name in ('year', 'page', 'size', 'before'):
            assert browser.get(address, query_string={name: digits}).status_code == 200, (address, name)


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
