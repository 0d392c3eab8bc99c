"""The manuals: `?` opens the part that tells of a page, and no picture is older than its page."""
import importlib.util
import json
import re

import pytest

from registry.web import manual

from .test_pages import check

pytestmark = pytest.mark.engine_free
PICTURES = manual.FOLDER / 'pictures'
made = importlib.util.module_from_spec(importlib.util.spec_from_file_location(
    'make_pictures', PICTURES / 'make.py'))
made.__spec__.loader.exec_module(made)


def test_every_picture_is_of_its_page_as_it_is(reader):
    words, stale = json.loads((PICTURES / 'words.json').read_text('utf-8')), []
    for name, (account, address) in made.PICTURES.items():
        shown = reader(account)
        shown.open(address)
        if made.words_of(shown.page) != words.get(name):
            stale.append(name)
    assert not stale, f'make pictures, or: python docs/manual/pictures/make.py {" ".join(stale)}'


def test_every_picture_is_in_a_manual_and_there():
    shown = {name for manual_name in manual.NAMES for name in re.findall(
        r'\]\(pictures/([a-z-]+)\.png\)', (manual.FOLDER / f'{manual_name}.md').read_text('utf-8'))}
    assert shown == set(made.PICTURES) == {path.stem for path in PICTURES.glob('*.png')}


def test_a_key_opens_what_the_manual_says_of_a_page(window):
    it = window('it')
    it.open('/steps/grid')
    it.page.keyboard.press('?')
    it.page.wait_for_url('**/manual/it#**')
    assert it.h1 == '情報政策（台帳・審査）の手引き'
    assert it.page.evaluate('document.querySelector(":target").textContent') == '標準化'
    check(it)
    assert it.page.evaluate('[...document.querySelectorAll(".manual img")].every((each) => each.alt)')
    it.fault_free()
