"""The manuals as pages: every link in them leads somewhere, every page's part is there."""
import re
from urllib.parse import unquote

import pytest

from registry.web import manual

pytestmark = pytest.mark.engine_free


@pytest.mark.parametrize('name', manual.NAMES)
def test_no_link_of_a_manual_is_dead(app, client_of, name):
    browser = client_of('it')
    page = browser.get(f'/manual/{name}').page
    anchors = {name: set(browser.get(f'/manual/{name}').page.ids) for name in manual.NAMES}
    for link in page.links:
        if found := re.fullmatch(r'(?:/manual/([a-z]+))?#(.+)', link):
            assert unquote(found.group(2)) in anchors[found.group(1) or name], link
    for picture in page.all('.manual img'):
        assert browser.get(picture.attributes['src']).mimetype == 'image/png'
    assert '.md' not in ' '.join(page.links) and '<!--' not in page.one('.manual').html


def test_a_page_is_told_of_in_the_manual_of_the_reader():
    assert manual.address_for('steps.grid', 'it') == '/manual/it#標準化'
    assert manual.address_for('systems.show', 'head') == '/manual/department#自分の所属のシステム'
    assert manual.address_for('steps.grid', 'executive') == '/manual/executive'
    assert manual.address_for(None, 'admin') == '/manual/admin'


def test_what_is_no_manual_is_not_found(client_of):
    browser = client_of('department')
    for address in ('/manual/nobody', '/manual/..%2Foperations', '/manual/pictures/make.py',
                    '/manual/pictures/..%2Fit.md'):
        assert browser.get(address).status_code == 404, address


def test_every_part_tells_of_pages_that_there_are(app):
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()}
    for name in manual.NAMES:
        for page in manual.read(name).pages:
            blueprint, view = page.split('.')
            assert any((blueprint in ('*', each.partition('.')[0]))
                       and view in ('*', each.partition('.')[2]) for each in endpoints), page
