"""Documents in the browser: a request with two quotes in few presses, files dropped, refusals told."""
import re

import pytest

from .test_pages import check

pytestmark = pytest.mark.engine_free

PDF = b'%PDF-1.7\n%%EOF\n'
DROP = """([zone, names]) => {
    const carried = new DataTransfer();
    for (const name of names) carried.items.add(new File([name], name, {type: 'text/plain'}));
    for (const type of ['dragenter', 'dragover', 'drop']) {
        zone.dispatchEvent(new DragEvent(type, {bubbles: true, cancelable: true, dataTransfer: carried}));
    }
}"""


def quote(name):
    return {'name': name, 'mimeType': 'application/pdf', 'buffer': PDF + name.encode()}


def test_a_request_with_two_quotes_takes_twelve_presses(window):
    department = window('department')
    department.open('/')
    before = department.presses
    department.menu('予算要求')
    department.follow('新規登録')
    department.put(予算年度='2027', 要求日='R8.10.5', 件名='窓口の混雑案内', 要求額='2200000')
    department.press('登録する')
    department.follow('調達支援を依頼する')
    department.put(案件種別='新規導入')
    department.page.set_input_files('#files', [quote('甲社_見積書.pdf'), quote('乙社_見積書.pdf')])
    assert '乙社_見積書.pdf（1 KB）' in department.words
    check(department)
    department.press('依頼する')
    # and one for the files
    assert department.presses - before + 1 <= 12
    assert '調達支援を依頼しました' in department.words and '文書 2' in department.words.replace('\n', ' ')
    department.follow('文書 2')
    assert '乙社_見積書.pdf' in department.page.locator('#documents').inner_text()
    check(department)


def test_files_are_dropped_refused_in_words_and_opened(window):
    it = window('it')
    it.open('/contracts/1')
    it.follow('文書 0')
    it.follow('文書を添付する')
    zone = it.page.locator('[data-drop]').element_handle()
    it.page.evaluate(DROP, [zone, [f'{n}.txt' for n in range(25)]])
    assert '一度に添付できるのは20個までです（25個選ばれました）' in it.words
    it.press('添付する')  # what the server would refuse is not sent
    assert it.h1 == '文書の添付' and not it.page.locator('#error-summary').count()
    it.page.evaluate(DROP, [zone, ['契約書.txt', '請求.pdf']])
    it.press('添付する')
    assert '「請求.pdf」: 名前は .pdf（PDF）ですが、中身が違います' in it.words
    assert '「契約書.txt」に問題はありません' in it.words
    it.complaints.clear()
    check(it)
    it.page.evaluate(DROP, [it.page.locator('[data-drop]').element_handle(), ['契約書.txt']])
    it.press('添付する')
    assert '文書を1個添付しました' in it.words
    with it.page.expect_download() as found:
        it.follow('契約書.txt')
    assert found.value.suggested_filename == '契約書.txt'
    it.page.locator('#documents').get_by_role('link', name=re.compile('^新しい版')).click()
    it.page.evaluate(DROP, [it.page.locator('[data-drop]').element_handle(), ['契約書_改.txt']])
    it.press('添付する')
    assert '第2版' in it.words
    it.page.locator('#documents summary').click()
    check(it)
