"""A register made by a ward through the pages, from nothing to a figure on the board."""
import pytest

from .test_pages import check

pytestmark = pytest.mark.engine_free

#: what each of eight fields is called, and its kind
FIELDS = (('対象の端末', '文字（1行）'), ('計画台数', '整数'), ('設置台数', '整数'), ('設置日', '日付'),
          ('費用', '小数'), ('方法', '選択'), ('無線', 'はい・いいえ'), ('設置課', '所属'))


def fill_line(window, line, label, value):
    window.presses += 1
    field = window.page.get_by_label(f'{line}行目の{label}', exact=True)
    if field.evaluate('(node) => node.tagName') == 'SELECT':
        field.select_option(label=value)
    else:
        field.fill(value)


def look(window):
    """Assert what every page must be, and leave it as wide as it was."""
    check(window)
    window.page.set_viewport_size({'width': 1280, 'height': 900})


def test_a_register_of_eight_fields_and_a_share_is_made_in_forty_presses(window):
    it = window('it')
    it.open('/')
    before = it.presses
    it.page.locator('summary', has_text='設定').click()
    it.presses += 1
    it.menu('台帳を作る')
    it.follow('新規登録')
    it.put(台帳の名称='モニター設置', 状態='計画\n設置済み')
    it.press('登録する')
    it.follow('項目を加える')
    for line, (title, kind) in enumerate(FIELDS, 1):
        fill_line(it, line, '項目名', title)
        if kind != '文字（1行）':
            fill_line(it, line, '種類', kind)
        if kind == '選択':
            fill_line(it, line, '選択肢', '購入、賃借')
    it.press('項目を加える')
    it.follow('数値を作る')
    it.put(数値の名称='設置率', 数え方='割合（件数）', 数える行='状態=設置済み')
    it.press('保存する')
    assert it.presses - before <= 40, it.presses - before
    assert '記録なし' in it.words and '設置率' in it.words
    register = it.page.url.removeprefix(it.site)
    look(it)
    it.open('/registers/')
    look(it)
    it.open(register)

    it.menu('モニター設置')
    it.follow('新規登録')
    it.put(名称='戸籍住民課の1台', 状態='設置済み', 計画台数='1', 方法='賃借')
    it.press('登録する')
    assert '戸籍住民課の1台' in it.h1
    row = it.page.url.removeprefix(it.site)
    look(it)
    it.menu('モニター設置')
    look(it)
    it.open(register)
    it.follow('設置率')
    assert '100.0%' in it.words and '数えた: 数えた行 1' in ' '.join(it.words.split())

    # the other tests share the ward: nothing of this one is left in its lists
    for address in (row, register):
        it.open(f'{address}/void')
        it.put(理由='試験のため')
        it.press('取り消す')
        assert '取り消しました' in it.words
