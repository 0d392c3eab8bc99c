"""Finding while one types, by keys alone: in the fields of a form and in the header."""
import pytest

from .test_pages import AXE, violations

pytestmark = pytest.mark.engine_free


def open_list(page):
    """Wait for the list of what is suggested and return its options."""
    options = page.locator('.suggestions:not([hidden]) > [role=option]')
    options.first.wait_for()
    return options


def test_a_field_finds_records_and_lists_by_keys_alone(window):
    it = window('it')
    it.open('/contracts/new')
    page, keys = it.page, it.page.keyboard
    vendor = page.locator('#vendor_no')
    vendor.press_sequentially('さくら')
    assert open_list(page).all_inner_texts() == ['V-00001 株式会社さくら情報システム（架空）']
    assert '候補 1件' in page.locator('.field:has(#vendor_no) [role=status]').inner_text()
    keys.press('ArrowDown')
    active = vendor.get_attribute('aria-activedescendant')
    assert page.locator(f'[id="{active}"]').get_attribute('aria-selected') == 'true'
    assert vendor.get_attribute('aria-expanded') == 'true'
    page.evaluate(AXE)
    assert violations(page) == []
    keys.press('Escape')
    assert vendor.get_attribute('aria-expanded') == 'false' and vendor.input_value() == 'さくら'
    keys.press('ArrowDown')
    open_list(page)
    keys.press('Enter')  # the only one
    assert vendor.input_value() == 'V-00001'
    assert page.locator('.field:has(#vendor_no) .echo').inner_text() == (
        '＝ V-00001 株式会社さくら情報システム（架空）')
    several = page.locator('#system_nos')
    for text in ('S-00002', 'ｲﾝﾄﾗ'):
        several.press_sequentially(text)
        open_list(page)
        keys.press('ArrowDown')
        keys.press('Enter')
    assert several.input_value() == 'S-00002;S-00001;'
    # a list: a part of its words, or nothing that it has
    unit, chosen = page.locator('#department_code'), page.locator('select[name=department_code]')
    unit.press_sequentially('ぜい')
    told = page.locator('.field:has(#department_code) [role=status]', has_text='候補はありません')
    told.wait_for(state='attached')
    keys.press('Tab')
    assert unit.input_value() == chosen.input_value() == ''
    unit.press_sequentially('税務')
    open_list(page)
    keys.press('ArrowDown')
    keys.press('Enter')
    assert (unit.input_value(), chosen.input_value()) == ('0301 税務課', '0301')
    it.put(件名='名称で選んだ契約', 状態='要確認')
    it.press('登録する')
    assert '登録しました' in it.words and '税務課' in it.words
    it.fault_free()


def test_from_the_search_to_a_saved_edit_by_keys_alone(window):
    it = window('it')
    it.open('/')
    page, pressed = it.page, []

    def press(*keys):
        for key in keys:
            pressed.append(key)
            page.keyboard.press(key)
    press('/', *'s45')
    assert open_list(page).all_inner_texts()[0].startswith('S-00045 ')
    page.evaluate(AXE)
    assert violations(page) == []
    press('ArrowDown', 'Enter')
    page.wait_for_url('**/systems/*')
    record = page.url
    press('e')
    page.wait_for_url('**/edit')
    press('e', 'Tab', 'Tab', *'Abbr1')
    assert page.evaluate('document.activeElement.id') == 'kana'
    press('Enter')
    page.wait_for_url(record)
    assert '変更を保存しました' in it.words and 'Abbr1' in it.words
    assert len(pressed) <= 25, pressed
    # what was looked at last is offered with nothing typed, what is kept before it
    page.get_by_role('button', name='よく使う').click()
    page.get_by_role('button', name='よく使う', pressed=True).wait_for()
    it.open('/contracts/1')
    press('/')
    options = open_list(page)
    assert [words.rpartition(' ')[2].split('・')[0] for words in options.all_inner_texts()] == [
        'よく使う記録', '最近見た記録']
    page.evaluate(AXE)
    assert violations(page) == []
    it.fault_free()
