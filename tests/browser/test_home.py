"""Home in a real browser: one screen for each role, and in order on a narrow one."""
import pytest

pytestmark = pytest.mark.engine_free

#: what each role has on it, in the order of the page
DUTIES = ['きょうの仕事', '2026年11月', '今年度の見込み', '最近の動き', '令和8年度の戦略']
HOMES = {'it': DUTIES, 'department': DUTIES, 'head': DUTIES, 'auditor': DUTIES, 'admin': DUTIES,
         'executive': ['今年度の見込み', '重点取組の状態', '期限を過ぎた仕事']}


@pytest.mark.parametrize('account', HOMES)
def test_home_is_one_screen(reader, account):
    shown = reader(account)
    shown.page.set_viewport_size({'width': 1280, 'height': 800})
    shown.open('/')
    heads = shown.page.locator('.home h2').all_inner_texts()
    assert all(head.startswith(wanted) for head, wanted in zip(heads, HOMES[account], strict=True)), heads
    height = shown.page.evaluate('document.documentElement.scrollHeight')
    assert height <= 800, f'{height} px'
    cells = shown.page.locator('.home-strip li').all()
    assert len(cells) == (0 if account == 'executive' else 11)
    for section in shown.page.locator('.home > *').all():
        box = section.bounding_box()
        assert box['x'] >= 0 and box['y'] + box['height'] <= 800 and box['x'] + box['width'] <= 1280
    shown.fault_free()


def test_on_a_narrow_screen_all_of_it_stands_in_order(reader):
    shown = reader('department')
    shown.open('/')
    wide = shown.page.locator('.home').inner_text().split()
    shown.page.set_viewport_size({'width': 390, 'height': 844})
    tops = [section.bounding_box()['y'] for section in shown.page.locator('.home > *').all()]
    assert tops == sorted(tops) and tops[0] < 844
    # of the tables alone the heads are not shown
    narrow = shown.page.locator('.home').inner_text().split()
    assert {*wide} - {*narrow} <= {'期限', '仕事', '記録', '所属・責任者', '操作'}
