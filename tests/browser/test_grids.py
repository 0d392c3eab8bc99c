"""Records entered in a grid: 200 steps by their keys, a block pasted, another's change asked about."""
import pytest

from .test_pages import AXE, check, violations

pytestmark = pytest.mark.engine_free


class Keys:
    """What a person presses in a grid."""

    def __init__(self, page):
        self.page, self.number = page, 0

    def press(self, *keys):
        for key in keys:
            self.number += 1
            self.page.keyboard.press(key)

    def click(self, place):
        self.number += 1
        place.click()


def state(page, business, step):
    row = page.locator('table.grid tbody tr').filter(has=page.get_by_role('link', name=business, exact=True))
    return row.locator(f'td[title^="{step} "] .hidden-text').inner_text()


def test_two_hundred_steps_are_entered_by_their_keys_alone(window):
    it = window('it')
    it.open('/steps/enter?phases=all')
    page, keys = it.page, Keys(it.page)
    cells = page.locator('table.grid tbody td')
    keys.click(cells.first)
    before = keys.number
    # five businesses of forty steps, each state by its key: the next cell is chosen without one
    for number in range(200):
        keys.press('2' if number % 2 else 's')
    statuses = keys.number - before
    assert page.locator('.grid-count').inner_text() == '195件を変更中' and statuses == 200
    keys.press('Control+z')
    assert page.locator('.grid-count').inner_text() == '194件を変更中'
    keys.press('ArrowUp', 'End', '2')
    page.locator('#act_reason').fill('年度初めの見直し')
    # what is taken back needs its reason, in the panel for all selected at once
    keys.click(cells.first)
    keys.press(*['Shift+ArrowDown'] * 4, 'Shift+End')
    page.locator('#panel-4').fill('年度初めの見直し')
    keys.click(page.get_by_role('button', name='入れる', exact=True))
    it.page.evaluate(AXE)
    assert violations(page) == []
    keys.click(page.get_by_role('button', name='保存する', exact=True))
    page.wait_for_url('**/steps/grid')
    assert '200件を保存しました' in it.words
    assert keys.number - statuses <= 60
    it.fault_free()


def test_a_block_is_pasted_and_what_another_changed_is_asked_about(window):
    it, other = window('it'), window('it')
    for each in (it, other):
        each.open('/steps/enter?phases=all')
    # rows that the other test leaves alone
    mark = it.page.locator('table.grid tbody th').nth(9).inner_text()

    def first(each):
        return each.page.locator('table.grid tbody tr').nth(9).locator('td').first
    first(it).click()
    it.page.evaluate("""() => {
        const data = new DataTransfer();
        data.setData('text/plain', '作業中\\t◐\\n作業中\\tなんでも');
        document.activeElement.dispatchEvent(
            new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true}));
    }""")
    assert it.page.locator('.grid-count').inner_text() == '3件を変更中'
    assert state(it.page, mark, 2) == '作業中'
    first(other).click()
    other.page.keyboard.press('2')
    other.page.keyboard.press('ArrowLeft')
    other.page.locator('#panel-4').fill('先にやり直す')
    other.page.get_by_role('button', name='入れる', exact=True).click()
    other.page.get_by_role('button', name='保存する', exact=True).click()
    other.page.wait_for_url('**/steps/grid')
    it.page.get_by_role('button', name='保存する', exact=True).click()
    # going back asks why, and nothing is lost
    assert 'まだ保存していません' in it.words and '戻す理由' in it.words
    it.page.get_by_text('3件を変更中').wait_for()  # the page's script has read what came back
    assert state(it.page, mark, 2) == '作業中'
    first(it).click()
    it.page.keyboard.press('Shift+ArrowDown')
    it.page.keyboard.press('Shift+ArrowRight')
    it.page.locator('#panel-4').fill('一部だけやり直す')
    it.page.get_by_role('button', name='入れる', exact=True).click()
    it.page.get_by_role('button', name='保存する', exact=True).click()
    assert 'ほかの人が次の1件を変更しました' in it.words and '山﨑' in it.words
    check(it)
    it.press('この1件を除いて保存する')
    assert '3件を保存しました' in it.words
    it.fault_free()


def test_results_are_entered_with_their_day(window):
    it = window('it')
    it.open('/enrolments/?status=waiting')
    it.follow('表で入力する')
    it.page.locator('table.grid tbody td').first.click()
    # with the mouse alone, as by its key
    it.page.get_by_role('button', name='修了', exact=True).click()
    row = it.page.locator('table.grid tbody tr').first
    assert row.locator('td').nth(1).inner_text() == '2026-11-24'
    it.page.keyboard.press('ArrowRight')
    it.page.keyboard.press('ArrowRight')
    it.page.keyboard.type('90')
    it.page.keyboard.press('Enter')
    check(it)
    it.page.get_by_role('button', name='保存する', exact=True).click()
    it.page.get_by_text('1件を保存しました').wait_for()
    it.fault_free()


def test_a_quote_that_begins_a_value_is_one_of_the_value(window):
    it = window('it')
    it.open('/plans/enter')
    page = it.page
    cell = page.locator('table.grid tbody tr').first.locator('td').nth(2)
    cell.click()
    page.keyboard.type('"暫定" と "確定')
    page.keyboard.press('Enter')
    cell.click()
    page.keyboard.press('ArrowLeft')
    page.keyboard.type('50')
    page.keyboard.press('Enter')
    page.get_by_role('button', name='保存する', exact=True).click()
    page.get_by_text('件を保存しました').wait_for()
    it.open('/plans/enter')
    assert cell.inner_text() == '"暫定" と "確定'
    # with another cell of its row changed, and a block pasted with its quotes
    cell.click()
    page.evaluate("""() => {
        const data = new DataTransfer();
        data.setData('text/plain', ['"', '"二重', '"の\\n二行"'].join('"'));
        document.activeElement.dispatchEvent(
            new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true}));
    }""")
    page.get_by_role('button', name='保存する', exact=True).click()
    page.get_by_text('件を保存しました').wait_for()
    it.open('/plans/enter')
    assert cell.inner_text() == '"二重"の 二行'
    it.fault_free()
