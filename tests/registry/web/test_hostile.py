"""Every endpoint is asked with what nobody should send, and none breaks."""
import pytest
from engine import ENGINE
from html_page import Page
from permit_matrix import places

#: all of them together are no longer than an address may be: what is longer no page ever sees
NASTY = ['', ' ', '0', '-1', '1e9', '99999999999999999999', 'x' * 3000, 'あ' * 41, "' OR 1=1 --",
         '<script>alert(1)</script>', '%', '_', '\\', '令和99年13月40日', '2026-02-30', '９９９９', '\ue000',
         '\u202e', '=1+1', '../../etc/passwd', 'null', '[]', '{{7*7}}', '😀']
PARAMETERS = ['q', 'sort', 'page', 'size', 'voided', 'year', 'as_of', 'group', 'actor', 'kind', 'record',
              'since', 'until', 'before', 'lifecycle', 'state', 'owner', 'department', 'fiscal_year', 'ends',
              'open', 'encoding', 'next']


@pytest.mark.parametrize('shift', range(0, len(NASTY), 4 if ENGINE == 'sqlite' else 12))
def test_addresses(app, client_of, shift):
    browser = client_of('it')
    asked = {name: NASTY[(place + shift) % len(NASTY)] for place, name in enumerate(PARAMETERS)}
    for endpoint, methods, address in places(app):
        if 'GET' in methods and endpoint != 'strategies.report':
            answer = browser.get(address, query_string=asked)
            assert answer.status_code not in (414, *range(500, 600)), (endpoint, asked, answer.status_code)


@pytest.mark.parametrize('who', ['it', *(['admin', 'auditor'] if ENGINE == 'sqlite' else ())])
def test_forms(app, client_of, who):
    """Every text by itself in every form: where nouns have the same form, and where it is refused, in turn.

    Who sends it is nothing the second engine sees.
    """
    browser, sent = client_of(who), {}
    for turn, (endpoint, methods, address) in enumerate(places(app)):
        if 'POST' not in methods or endpoint.startswith('sign_in.') or endpoint == 'trail.check':
            continue
        form = browser.get(address) if 'GET' in methods else None
        names = frozenset(Page(form.text).named() if form else ())
        shape = form is not None and form.status_code, endpoint.rpartition('.')[2], names
        values = [NASTY[(turn + n) % len(NASTY)] for n in range(3)] if form else ['']
        if form and form.status_code == 200 and shape not in sent:
            values = NASTY
        sent[shape] = address
        for value in values:
            answer = browser.post(address, data=dict.fromkeys(names, value))
            assert answer.status_code < 500, f'{endpoint} {value!r}: {answer.status_code}'
