"""How pages look where a person's system is another: dark, large, of their own colours, printed."""
import re

import pytest

from .test_finding import open_list
from .test_pages import AXE, violations

pytestmark = pytest.mark.engine_free

#: pages that between them hold every part: list, record, home, figure, picture, board
PARTS = ('/systems/?lifecycle=operate', '/systems/1', '/', '/figures/support.budget_coverage?year=2026',
         '/strategies/2026/initiatives/6', '/files/')
CONTRAST = """() => {
  const light = (text) => {
    const [r, g, b] = text.match(/[\\d.]+/g).map((each) => each / 255)
      .map((each) => each <= .04045 ? each / 12.92 : ((each + .055) / 1.055) ** 2.4);
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const node = document.body.appendChild(document.createElement('i'));
  const of = (name) => {
    node.style.color = `var(${name})`;
    return light(getComputedStyle(node).color);
  };
  const ratio = (a, b) => (Math.max(of(a), of(b)) + .05) / (Math.min(of(a), of(b)) + .05);
  const low = [];
  for (const text of ['--ink', '--ink-quiet', '--key', '--key-dark', '--good', '--warn', '--bad', '--info'])
    for (const ground of ['--paper', '--paper-soft', '--key-soft', '--good-soft', '--warn-soft', '--bad-soft',
      '--info-soft']) if (ratio(text, ground) < 4.5) low.push([text, ground, ratio(text, ground)]);
  for (const mark of ['--line-strong', '--faint'])
    for (const ground of ['--paper', '--paper-soft']) if (ratio(mark, ground) < 3) low.push([mark, ground]);
  node.remove();
  return low;
}"""


@pytest.fixture
def setting(window):
    """A function: an account and what their system prefers → a window of their own, with axe at hand."""
    def open_window(account, **preferred):
        found = window(account)
        found.page.emulate_media(**preferred)
        found.page.set_viewport_size({'width': 1280, 'height': 800})
        return found
    return open_window


def faults(shown, path=None):
    """Return what axe finds on a page, gone to where a path is given."""
    if path:
        shown.open(path)
    shown.page.evaluate(AXE)
    return violations(shown.page)


def test_the_dark_pages_are_read_as_well_as_the_light_ones(setting):
    it = setting('it', color_scheme='dark')
    assert {path: found for path in PARTS if (found := faults(it, path))} == {}
    ground = it.page.evaluate('getComputedStyle(document.body).backgroundColor')
    assert sum(map(int, re.findall(r'\d+', ground))) < 3 * 0x30
    # every text on every ground it may stand on, in the dark and in the light
    assert it.page.evaluate(CONTRAST) == []
    it.page.emulate_media(color_scheme='light')
    assert it.page.evaluate(CONTRAST) == []
    it.page.emulate_media(color_scheme='dark')
    # a form with its faults and what is suggested in it
    it.open('/contracts/new')
    it.press('登録する')
    it.page.locator('#vendor_no').press_sequentially('さくら')
    open_list(it.page)
    assert it.page.locator('#error-summary').is_visible() and faults(it) == []
    # a grid: what is chosen and what is changed
    it.open('/steps/enter?phases=all')
    # one of the cells that the tests of grids leave alone: it is not begun
    it.page.locator('table.grid tbody tr').nth(15).locator('td[data-i]').nth(37).click()
    it.page.keyboard.press('2')
    assert it.page.locator('.grid td.changed').count() and faults(it) == []
    it.fault_free()


def test_at_200_per_cent_nothing_is_beyond_the_edge(setting):
    it = setting('it')
    it.page.set_viewport_size({'width': 640, 'height': 400})
    for path in ('/systems/?lifecycle=operate', '/systems/1', '/contracts/new'):
        assert faults(it, path) == [], path
        assert it.page.evaluate('document.documentElement.scrollWidth') <= 640, path


def seen(place):
    """Return a place as it is seen: where two differ, the difference is seen too."""
    return place.screenshot(animations='disabled')


def test_forced_colours_tell_apart_what_a_ground_told(setting):
    it = setting('it', forced_colors='active')
    it.open('/steps/enter?phases=all')
    # cells that the tests of grids leave alone: they are not begun
    other, cells = (it.page.locator('table.grid tbody tr').nth(row).locator('td[data-i]') for row in (16, 15))
    other.nth(37).click()
    before = seen(cells.nth(37))
    cells.nth(37).click()
    chosen = seen(cells.nth(37))
    it.page.keyboard.press('2')
    other.nth(37).click()
    changed = cells.nth(37)
    assert 'changed' in changed.get_attribute('class')
    assert changed.evaluate('(cell) => getComputedStyle(cell).borderStyle') == 'dashed'
    assert len({before, chosen, seen(changed)}) == 3
    assert faults(it) == []
    # a state is told by its icon and its word, a row that is chosen by a line around it
    assert faults(it, '/systems/?lifecycle=operate') == []
    badge = it.page.locator('td.state > .badge-good').first
    ground = badge.evaluate("(node) => getComputedStyle(node, '::before').backgroundColor")
    assert badge.inner_text() == '運用' and ground != it.page.evaluate(
        'getComputedStyle(document.body).backgroundColor')
    row = it.page.locator('table.list tbody tr').first
    row.locator('.pick > input').check()
    assert row.evaluate('(node) => getComputedStyle(node).outlineStyle') == 'solid'
    here = it.page.locator('.side a[aria-current]')
    assert here.evaluate('(node) => getComputedStyle(node).borderTopStyle') == 'solid'


def test_paper_has_the_words_and_none_of_the_tools(setting):
    it = setting('it')
    for path, wide in (('/systems/?lifecycle=operate', True), ('/systems/1', False)):
        it.open(path)
        it.page.emulate_media(media='print', color_scheme='dark')
        for tools in ('.banners', '.top', '.side', '.crumbs', '.tabs', '.list-tools', 'button', '.button'):
            shown = [each for each in it.page.locator(tools).all() if each.is_visible()]
            assert shown == [], tools
        assert it.page.locator('h1').is_visible()
        assert '現在' in it.page.locator('.paper').inner_text()
        assert it.page.evaluate('getComputedStyle(document.body).backgroundColor') == 'rgb(255, 255, 255)'
        assert (it.page.evaluate('getComputedStyle(document.body).page') == 'wide') == wide
        it.page.emulate_media(media='screen')
    # the conditions of a list in words, every panel of a record
    it.page.emulate_media(media='print')
    assert all(panel.is_visible() for panel in it.page.locator('.record-panels > .panel').all())
    it.open('/systems/?lifecycle=operate')
    assert '運用' in it.page.locator('.list-conditions').inner_text()


def test_keys_of_one_letter_can_be_turned_off(setting):
    it = setting('it')
    it.open('/account/')
    box = it.page.get_by_label('1文字のキーを使う')
    assert box.is_checked()
    box.uncheck()
    it.open('/systems/1')
    for key in '/e?':
        it.page.keyboard.press(key)
    assert it.page.url.endswith('/systems/1')
    assert it.page.evaluate('document.activeElement.tagName') == 'BODY'
    it.open('/contracts/new')
    it.page.locator('.field-day input').first.press('t')
    assert it.page.locator('.field-day input').first.input_value() == 't'
    it.page.locator('.field-day input').first.fill('')
    it.open('/account/')
    box.check()
    it.page.locator('h1').click()
    it.page.keyboard.press('/')
    assert it.page.evaluate('document.activeElement.id') == 'global-search'
    it.fault_free()
