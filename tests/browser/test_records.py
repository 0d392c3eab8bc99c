"""A record in the browser: filled in, read in tabs, changed field by field, mentioned, and added to."""
import pytest

from .test_pages import check

pytestmark = pytest.mark.engine_free

#: fills every field of a form: the last of a list, a day, a number, or words
FILL = """(given) => {
    for (const field of document.querySelectorAll('form.field-form .field')) {
        const input = field.querySelector('input, select, textarea');
        if (input.value || input.name === 'act_reason') continue;
        if (input.tagName === 'SELECT') input.selectedIndex = input.options.length - 1;
        else if (given[input.name]) input.value = given[input.name];
        else if (field.classList.contains('field-day')) input.value = '2026-04-01';
        else if (field.classList.contains('field-whole')) input.value = '1200';
        else input.value = '記入の試し';
    }
}"""
SYSTEM = '/systems/3'
#: the way to change the field, where the keyboard stands on it
ON_FIELD = '#fact-go_live_on .fact-edit:focus'


def test_a_record_is_filled_in_read_and_changed_where_it_stands(window):
    it = window('it')
    page = it.page
    page.set_viewport_size({'width': 1280, 'height': 800})
    it.open(SYSTEM)
    assert '未記入' in it.words
    it.follow('まとめて記入する')
    page.locator('.foot').wait_for()
    page.evaluate(FILL, {'successor_no': 'S-00004', 'std_business': 'B01', '管理番号': 'B01'})
    it.press('保存する')
    assert '変更を保存しました' in it.words and '未記入' not in it.words, it.words
    it.open(SYSTEM)
    assert page.evaluate('document.documentElement.scrollHeight') <= 1100
    check(it)
    page.set_viewport_size({'width': 1280, 'height': 800})

    # tabs are anchors: each has an address, the others are away, and the paper has them all
    it.follow('期限・廃止')
    assert page.url.endswith(f'{SYSTEM}#section-2')
    assert '廃止予定日' in it.words and '重要度・分類' not in it.words
    assert page.locator('.tabs [aria-current]').inner_text() == '期限・廃止'
    page.emulate_media(media='print')
    assert '重要度・分類' in it.words
    page.emulate_media(media='screen')

    # one field is changed by the keyboard: refused at the field, given up, changed
    line = page.locator('#fact-go_live_on')
    line.locator('.fact-edit').focus()
    page.keyboard.press('Enter')
    field = page.locator('.in-place').get_by_label('稼働開始日')
    field.fill('あした')
    page.keyboard.press('Enter')
    page.locator('.in-place .field-error').wait_for()
    assert field.input_value() == 'あした' and page.url.endswith(f'{SYSTEM}#section-2')
    it.complaints.clear()
    check(it)
    page.keyboard.press('Escape')
    page.locator(ON_FIELD).wait_for()
    page.keyboard.press('Enter')
    page.locator('.in-place').get_by_label('稼働開始日').fill('R8.3.31')
    page.keyboard.press('Enter')
    page.get_by_text('変更を保存しました').wait_for()
    assert '令和8年3月31日' in line.inner_text() and page.url.endswith(f'{SYSTEM}#section-2')
    page.locator(ON_FIELD).wait_for()

    # what was done stands in its history in the words of the work, the columns one press away
    it.follow('履歴')
    assert '稼働開始日を変えました。' in it.words and 'から「令和8年3月31日' not in it.words
    page.locator('#history summary').first.click()
    assert 'から「令和8年3月31日（2026-03-31）」に変更しました。' in it.words
    check(it)

    # a mention shows its record's card: by pointer and focus; it stays while pointed at, and Escape ends it
    page.set_viewport_size({'width': 1280, 'height': 800})
    it.open(SYSTEM)
    mention = page.locator('.rail-related a').first
    card = page.locator('.floating')
    mention.hover()
    card.wait_for()
    assert '相手方' in card.inner_text()
    card.hover()
    page.wait_for_timeout(400)
    assert card.is_visible()
    page.keyboard.press('Escape')
    assert not card.count()
    page.mouse.move(0, 0)
    mention.focus()
    card.wait_for()
    assert mention.get_attribute('aria-describedby') == card.get_attribute('id')
    check(it)

    # what belongs to it is entered with its number, and leads back
    page.set_viewport_size({'width': 1280, 'height': 800})
    page.get_by_role('navigation', name='記録の内容').get_by_role('link', name='インシデント').click()
    it.follow('インシデントを登録')
    assert page.locator('[name=system_nos]').input_value() == 'S-00003'
    it.put(件名='認証の遅延', 区分='システム障害', レベル='レベル2', 検知日時='R8.11.20 9:00')
    it.press('登録する')
    assert page.url.endswith(f'{SYSTEM}#incidents') and '認証の遅延' in it.words
    it.fault_free()
