"""Work in lists, its presses counted: what is due given to a colleague, twenty records changed at once."""
import pytest

from registry.records.noun import NOUNS

from .test_pages import AXE, check, violations

pytestmark = pytest.mark.engine_free


class Presses:
    """What a person presses: every click on a link, a button or a box, and every key that sends something."""

    def __init__(self, window):
        self.window, self.number = window, 0

    def on(self, role, name, exact=True):
        self.number += 1
        self.window.page.get_by_role(role, name=name, exact=exact).first.click()

    def key(self, selector, key):
        self.number += 1
        self.window.page.locator(selector).press(key)


def test_the_contracts_ending_this_year_are_given_to_a_colleague(window):
    head = window('head')
    head.open('/contracts/')
    presses = Presses(head)
    presses.on('link', '年度内に満了')
    rows = head.page.locator('table.list tbody tr').count()
    assert rows > 0 and '終了日 = 今年度' in head.words
    presses.on('link', f'全{rows}件をまとめて変更')
    head.page.get_by_label('担当者', exact=True).fill('架空 太郎')
    head.page.locator('#act_reason').fill('担当の交代')
    check(head)
    head.page.set_viewport_size({'width': 1280, 'height': 800})
    presses.on('button', '変更前と変更後を確かめる')
    assert head.page.locator('ins').count() == rows
    check(head)
    presses.on('button', f'{rows}件を変更する')
    assert f'{rows}件をまとめて変更しました' in head.words
    assert presses.number <= 4
    head.fault_free()


def test_the_vendor_of_twenty_systems_is_changed_in_their_contracts(window):
    it = window('it')
    it.open('/contracts/?sort=-contract_no')
    presses = Presses(it)
    boxes = it.page.locator('td.pick > input')
    boxes.nth(0).click()
    boxes.nth(19).click(modifiers=['Shift'])
    presses.number += 2
    assert it.page.locator('.selection-count').inner_text() == '20件を選択中'
    presses.on('button', 'まとめて変更')
    it.page.get_by_label('相手方の事業者番号', exact=True).fill('V-00001')
    it.page.locator('#act_reason').fill('事業の承継')
    presses.on('button', '変更前と変更後を確かめる')
    told = it.page.locator('form[data-progress] button').inner_text()
    assert told in {f'{n}件を変更する' for n in range(10, 21)}
    presses.on('button', told)
    assert 'まとめて変更しました' in it.words and presses.number <= 8
    vendors = it.page.locator('table.list tbody td:nth-child(5)').all_inner_texts()[:20]
    assert len(vendors) == 20 and len(set(vendors)) == 1
    it.fault_free()


@pytest.mark.parametrize('noun', [noun.name for noun in NOUNS.values()
                                  if 'index' in noun.views and noun.name != 'registers'])  # there is none yet
def test_the_first_screen_is_rows(reader, noun):
    it = reader('admin' if noun == 'people' else 'it')
    it.page.set_viewport_size({'width': 1280, 'height': 800})
    it.open(f'/{noun}/')
    rows = it.page.locator('table.list tbody tr')
    tops = rows.evaluate_all('(rows) => rows.map((row) => row.getBoundingClientRect().bottom)')
    assert it.page.locator('.top').evaluate('(node) => node.offsetHeight') <= 56
    assert rows.first.bounding_box()['y'] <= 320
    assert sum(bottom <= 800 for bottom in tops) >= min(14, len(tops)), tops[:15]
    it.page.set_viewport_size({'width': 390, 'height': 800})
    assert rows.first.bounding_box()['y'] <= 420
    # a card: the name and what matters, nothing beyond the edge
    assert rows.first.locator('td.name').is_visible()
    assert it.page.evaluate('document.documentElement.scrollWidth') <= 390


def test_the_menus_open_one_at_a_time_without_fault_at_both_widths(reader):
    it = reader('it')
    it.open('/systems/?lifecycle=operate&contract_end_on=this-year')
    it.page.evaluate(AXE)
    for width in (1280, 390):
        it.page.set_viewport_size({'width': width, 'height': 900})
        for words in ('条件', '列', '保存した一覧', '書き出し'):
            it.page.locator('.list-menu > summary', has_text=words).first.click()
            assert it.page.locator('.list-menu[open]').count() == 1
            panel = it.page.locator('.list-menu[open] > .list-panel').bounding_box()
            assert panel['x'] >= 0 and panel['x'] + panel['width'] <= width
            assert violations(it.page) == []
        it.page.keyboard.press('Escape')
        assert it.page.locator('.list-menu[open]').count() == 0
    it.page.locator('td.pick > input').first.check()
    assert it.page.locator('.selection').is_visible() and violations(it.page) == []
    it.fault_free()


def test_the_head_of_the_columns_stays_while_the_rows_go(reader):
    it = reader('it')
    it.page.set_viewport_size({'width': 1280, 'height': 800})
    it.open('/systems/')
    head = it.page.locator('table.list thead th').nth(1)
    before = head.bounding_box()['y']
    it.page.locator('.table-frame').evaluate('(frame) => frame.scrollTo(0, 700)')
    assert abs(head.bounding_box()['y'] - before) <= 1
    # and a sheet of paper has every row, with the day and the conditions above them
    it.page.emulate_media(media='print')
    assert it.page.locator('.list-conditions').is_visible()
    assert not it.page.locator('.list-tools').is_visible()
    it.page.emulate_media(media='screen')


def test_a_list_is_used_without_scripts(chromium, site, cookies, window):
    window('it')
    context = chromium.new_context(java_script_enabled=False, storage_state=cookies['it'], locale='ja-JP')
    page = context.new_page()
    page.goto(f'{site}/contracts/')
    page.locator('.list-menu > summary', has_text='条件').click()
    page.locator('select[name=on]').select_option('ends_on')
    page.locator('select[name=period]').select_option('this-year')
    page.get_by_role('button', name='絞り込む', exact=True).click()
    assert page.url.endswith('/contracts/?ends_on=this-year')
    page.locator('td.pick > input').first.check()
    page.locator('.selection').get_by_role('button', name='まとめて変更').click()
    assert page.locator('h1').inner_text() == '契約のまとめて変更'
    context.close()


def test_who_is_missing_of_a_census_is_found_and_reminded_in_five_presses(window):
    it = window('it')
    it.open('/')
    presses = Presses(it)
    presses.on('link', '研修')
    presses.on('link', '情報セキュリティ研修', exact=False)
    assert '未受講' in it.words
    presses.on('link', '未受講の所属に知らせる')
    check(it)
    it.page.set_viewport_size({'width': 1280, 'height': 800})
    presses.on('button', '所属に知らせる', exact=False)
    assert '所属に知らせました' in it.words
    assert presses.number <= 5
    it.fault_free()
