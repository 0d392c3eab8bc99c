"""Forms as a day of work uses them: by stage, in few presses, nothing lost."""
import pytest

from .test_pages import check

pytestmark = pytest.mark.engine_free


def test_a_system_is_registered_and_in_operation_in_few_presses(window):
    it = window('it')
    page, presses = it.page, []

    def press(place):
        presses.append(place)
        page.locator(place).click()

    def give(name, text):
        """Go to a field and give it what it asks: one press, whether text, choice or a name to be found."""
        presses.append(name)
        field = page.locator(f'#{name}')
        if field.evaluate('(node) => node.tagName') == 'SELECT':
            field.select_option(label=text)
        else:
            field.fill(text)
    it.open('/')
    press('nav.side a[href="/systems/"]')
    press('main a[href="/systems/new"]')
    # what a 構想 needs, on one page and a half
    page.set_viewport_size({'width': 1280, 'height': 800})
    page.wait_for_load_state()
    assert page.evaluate('document.documentElement.scrollHeight') <= 1400
    assert not page.locator('#zone').is_visible() and page.get_by_role('button', name='登録する').is_visible()
    for name, text in (('name', '庁内時刻基盤'), ('owner_code', '行政情報マネジメント課'),
                       ('category', '共通基盤・ネットワーク'), ('lifecycle', '運用'), ('pii', 'なし')):
        give(name, text)
    for name, text in (('manager', '行政情報マネジメント課長'), ('confidentiality', '2'), ('integrity', '2'),
                       ('availability', '2'), ('zone', 'LGWAN接続系'), ('backup', '日次・庁外保管')):
        give(name, text)
    presses.append('go_live_on')
    page.locator('#go_live_on').press('t')  # today, by one key
    check(it)
    page.set_viewport_size({'width': 1280, 'height': 800})
    press('main button[type=submit]')
    assert '登録しました' in it.words
    assert page.locator('.heading-marks').inner_text().strip().startswith('運用')
    assert len(presses) <= 15, presses
    it.fault_free()


def test_who_leaves_what_is_not_saved_is_asked(window):
    it = window('it')
    asked = []
    it.page.on('dialog', lambda dialog: (asked.append(dialog.type), dialog.accept()))
    it.open('/shares/1/edit')
    it.open('/shares/new')
    assert asked == []
    it.page.locator('#title').press_sequentially('途中')
    it.open('/shares/')
    assert asked == ['beforeunload']
    it.open('/shares/1/edit')
    it.page.locator('#act_reason').press_sequentially('確認')
    it.press('保存する')
    assert asked == ['beforeunload'] and '変更はありませんでした' in it.words


def test_what_was_typed_survives_the_browser(window):
    it = window('it')
    it.open('/reviews/new')
    it.put(件名='途中で閉じた検討')
    it.page.locator('[data-draft-note]', has_text='下書きに残しました').wait_for()
    it.page.close(run_before_unload=False)
    again = window('it')
    again.open('/reviews/new')
    again.follow('続きから入力する')
    assert again.page.locator('#title').input_value() == '途中で閉じた検討'
    check(again)
    again.put(検討区分='更新', 対象システムの管理番号='S-00001', 検討日='R8.10.1')
    again.press('登録する')
    assert '登録しました' in again.words
    again.open('/reviews/new')
    assert '残っています' not in again.words
    again.fault_free()
