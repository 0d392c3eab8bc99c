"""Vendors: 法人番号 are checked, and the same one may stand for several branches."""
import pytest
from form_posts import refused, values

from models import Vendor, db


def create(browser, **fields):
    return browser.post('/vendors/new', data=values(browser, '/vendors/new') | {'name': '東山㈱'} | fields)


@pytest.mark.parametrize(('number', 'words'), [
    ('7000012050003', '先頭の検査用の数字が合いません'), ('8000012050002', '先頭の検査用の数字が合いません'),
    ('700001205000', '13桁の数字で'), ('70000120500022', '13文字以内で'), ('70000l2050002', '13桁の数字で')])
def test_a_corporate_number_is_checked(client_of, number, words):
    assert words in refused(client_of('it'), '/vendors/new', name='東山㈱', corporate_no=number)


@pytest.mark.parametrize('typed', ['7000012050002', '７００００１２０５０００２', '7-0000-1205-0002',
                                   ' 7000012050002 '])
def test_a_corporate_number_may_be_typed_as_printed(client_of, typed):
    assert create(client_of('it'), corporate_no=typed).status_code == 303
    with db.connection_context():
        assert Vendor.get(Vendor.name == '東山㈱').corporate_no == '7000012050002'


def test_branches_share_a_corporate_number_and_a_result_has_its_day(client_of):
    it = client_of('it')
    for name in ('本社', '支店'):
        assert create(it, name=name, vendor_no=f'V-{name}', corporate_no='7000012050002').status_code == 303
    assert '委託先点検日も入力' in refused(it, '/vendors/new', name='東山㈱', inspection='指摘なし')
    assert '支店' in it.get('/vendors/?q=7000012050002').page.text
