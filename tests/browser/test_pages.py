"""Every main page at both widths: nothing from elsewhere, no complaint, nothing axe finds."""
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from registry.records.noun import NOUNS
from registry.web.menu import entries

pytestmark = pytest.mark.engine_free

AXE = (Path(__file__).parents[1] / 'vendor' / 'axe.min.js').read_text('utf-8')
WIDTHS = (1280, 390)
#: forms that between them hold every kind of field
FORM_NOUNS = ('budget-requests', 'courses', 'findings', 'incidents', 'people', 'plans', 'supports', 'systems')
DESK = {'people': 'admin', 'engagements': 'auditor', 'findings': 'auditor'}

LISTS = [(DESK.get(noun, 'it'), f'/{noun}/', 200) for noun in NOUNS]
# the demo ward has made no register: test_registers makes one and looks at it
RECORDS = [(DESK.get(noun, 'it'), f'/{noun}/1', 200) for noun in NOUNS if noun != 'registers']
FORMS = [(DESK.get(noun, 'it'), f'/{noun}/new', 200) for noun in FORM_NOUNS]
OTHERS = [
    ('it', '/', 200), ('department', '/', 200), ('executive', '/', 200), ('admin', '/', 200),
    ('it', '/duties/', 200), ('department', '/duties/?when=all&month=2027-03', 200),
    ('it', '/board/', 200), ('it', '/board/?year=2025', 200), ('it', '/strategies/', 200),
    ('it', '/strategies/2025/', 200), ('it', '/strategies/2025/initiatives/9', 200),
    ('it', '/strategies/2026/initiatives/6', 200), ('it', '/strategies/2026/edit', 200),
    ('executive', '/strategies/2025/initiatives/9/official', 200),
    ('it', '/strategies/2026/initiatives/3/indicators/1/actuals/new', 200),
    ('it', '/figures/support.budget_coverage?year=2026', 200),
    ('department', '/figures/training.completion?year=2026', 200),
    ('it', '/steps/grid', 200), ('it', '/courses/1/census', 200), ('it', '/plans/1/check-ins/1Q', 200),
    ('it', '/systems/?q=システム&lifecycle=operate&sort=-contract_end_on', 200),
    ('it', '/systems/?q=どこにもない', 200),
    ('it', '/systems/1/edit', 200), ('it', '/systems/1/history', 200),
    ('it', '/systems/1/move/retiring', 200), ('it', '/cases/1/void', 200),
    ('department', '/systems/1/edit', 404), ('auditor', '/findings/3/move/accepted', 200),
    ('head', '/findings/2/actions/new', 200), ('admin', '/people/1/password', 200),
    ('auditor', '/trail/', 200),
    ('auditor', '/trail/3', 200), ('it', '/search?q=税', 200), ('it', '/files/', 200),
    ('department', '/account/', 200), ('department', '/feeds/new', 200), ('it', '/manual/', 200),
    ('department', '/duties/actions-due-on/2/snooze', 200),
    ('it', '/no/such/page', 404), (None, '/sign-in', 200)]


def violations(page):
    """Return what axe finds on a page as it stands, one line for each rule and place."""
    found = page.evaluate("axe.run({preload: false, resultTypes: ['violations']})")['violations']
    return [f'{rule["id"]}: {node["html"][:200]} {node["failureSummary"]}' for rule in found
            for node in rule['nodes'][:3]]


def check(window):
    """Assert what every page must be, as it stands and then at the other width."""
    window.fault_free()
    window.page.evaluate(AXE)
    for width in WIDTHS:
        window.page.set_viewport_size({'width': width, 'height': 900})
        wide = window.page.evaluate('document.documentElement.scrollWidth - '
                                    'document.documentElement.clientWidth')
        assert wide <= 0, f'{wide} px wider than a window of {width}'
        assert violations(window.page) == []


@pytest.mark.parametrize(('account', 'path', 'status'), LISTS + RECORDS + FORMS + OTHERS)
def test_page(reader, account, path, status):
    shown = reader(account)
    assert shown.open(path) == status
    check(shown)


def test_every_entry_of_the_menu_is_among_the_pages(window):
    known = {path for _, path, _ in LISTS + OTHERS}
    linked = set()
    for account in ('it', 'auditor', 'admin'):
        shown = window(account)
        shown.open('/')
        links = shown.page.locator('nav.side a').all()
        linked |= {urlsplit(link.get_attribute('href')).path for link in links}
    assert len(linked) == len({endpoint for _, items in entries() for _, endpoint, _ in items})
    assert linked <= known


def test_a_refused_form_comes_back_with_its_faults(window):
    it = window('it')
    it.open('/systems/new')
    it.put(ライフサイクル状態='運用', 稼働開始日='あした')
    it.press('登録する')
    assert it.page.locator('#error-summary').is_visible()
    check(it)


def test_a_refused_sign_in(window):
    stranger = window(None)
    stranger.open('/sign-in')
    stranger.put(メールアドレス='nobody@example.jp', パスワード='no-such-password')
    stranger.press('サインインする')
    assert 'メールアドレスかパスワードが違います' in stranger.words
    check(stranger)


def test_a_stale_edit_shows_both_sides(window):
    it, other = window('it'), window('it')
    for each in (it, other):
        each.open('/shares/1/edit')
    other.put(教訓=f'宛先は声に出して確かめる。{other.page.input_value("[name=revision]")}')
    other.press('保存する')
    it.put(教訓='添付は送る前に開いて確かめる。')
    it.press('保存する')
    assert 'ほかの人が先に変更しました' in it.h1
    check(it)


def test_a_voided_record_and_its_return(window):
    it = window('it')
    it.open('/reviews/1/void')
    it.put(理由='重複して登録した')
    it.press('取り消す')
    assert '重複して登録した' in it.words
    check(it)
    it.follow('取消を取りやめる')
    check(it)
    it.put(理由='重複ではなかった')
    it.press('取消を取りやめる')
    assert '取消を取りやめました' in it.words and '取り消されました' not in it.words


@pytest.mark.parametrize(('lines', 'words'), [
    (['S-90001,取込み確認システム,0151,共通基盤・ネットワーク,構想,なし',
      'S-00001,イントラネット,0151,共通基盤・ネットワーク,運用,なし'], '取り込む'),
    (['S-90002,,9999,なんでも,構想,なし', 'S-90002,二度目,0151,GIS,構想,なし'], '9999')], ids=['good', 'bad'])
def test_a_file_is_shown_before_it_is_applied(window, lines, words):
    it = window('it')
    it.open('/files/?kind=systems')
    text = '\n'.join(['管理番号,システム名称,所管課コード,システム区分,ライフサイクル状態,個人情報の取扱い',
                      *lines])
    it.page.locator('input[type=file]').set_input_files(
        {'name': '台帳.csv', 'mimeType': 'text/csv', 'buffer': text.encode()})
    it.page.locator('main form button[type=submit]').first.click()
    assert it.h1 and words in it.words
    check(it)


def test_a_wards_own_file_is_in_after_one_upload(window):
    it = window('it')
    it.open('/files/?kind=systems')
    names = ['system_no', 'name', 'owner_code', 'category', 'lifecycle', 'pii']
    lines = [f'S-9{n:04},区のシステム{n},0151,共通基盤・ネットワーク,動いている,なし' for n in range(50)]
    text = '\r\n'.join(['No.,呼び名,担当,種別,今の段階,個人情報の有無', *lines])
    it.page.locator('input[type=file]').set_input_files(
        {'name': '台帳.csv', 'mimeType': 'text/csv', 'buffer': text.encode('cp932')})
    it.press('確認へ進む')
    check(it)
    for number, name in enumerate(names, 1):
        it.page.select_option(f'#h{number}', name)
    it.press('この読み替えで読み直す')
    check(it)
    it.page.select_option('#v1', 'operate')
    it.press('この読み替えで読み直す')
    it.page.get_by_text('前に決めた読み替えを使いました').click()
    check(it)
    it.put(理由='区の一覧')
    it.press('この内容で取り込む')
    it.page.get_by_text('変わった記録').click()
    assert '登録 50件' in it.words and it.h1 == '取込みの結果'
    check(it)


def test_the_verdict_on_the_trail(window):
    auditor = window('auditor')
    auditor.open('/trail/')
    auditor.press('改ざんがないか検証する')
    auditor.page.get_by_role('heading', name='操作履歴の検証', exact=True).wait_for()
    check(auditor)
