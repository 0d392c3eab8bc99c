"""The workbook for people: the list's rows with names, real numbers and real days, and no formula alive."""
import csv
import io
import zipfile
from datetime import date, datetime

import pytest
import python_calamine

from audits import trail
from models import BudgetRequest, System, db
from registry.core import clock
from registry.records.noun import NOUNS


def table(answer):
    assert answer.status_code == 200 and 'people' in answer.headers['Content-Disposition'], answer.text[:300]
    rows = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(answer.data)).get_sheet_by_index(
        0).to_python()
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


def read(browser, address):
    return table(browser.get(f'{address}{"&" if "?" in address else "?"}layout=people'))


def test_names_numbers_and_days_are_what_they_are(client_of):
    it = client_of('it')
    row = read(it, '/systems/export.xlsx')[0]
    assert (row['所管課'], row['ライフサイクル状態'], row['標準化対象業務']) == ('税務課', '運用',
        'B04 個人住民税')
    assert row['稼働開始日'] == date(2020, 4, 1) and row['管理番号'] == 'S-00001'
    row = read(it, '/budget-requests/export.xlsx')[0]
    assert row['要求額（円）'] in (12_000_000.0, 300_000.0) and isinstance(row['要求額（円）'],
        float) and row['IT経費'] == 'はい'
    assert isinstance(row['予算年度'], float) and isinstance(row['要求日'], date)
    row = read(it, '/incidents/export.xlsx')[0]
    assert isinstance(row['検知日時'], datetime) and '税システム1号' in ''.join(str(each)
        for each in read(it, '/incidents/export.xlsx')[-1].values())
    row = read(it, '/enrolments/export.xlsx')[0]
    assert row['研修コード'] == 'K26-01 情報セキュリティ研修' and row['職員番号'].endswith('職員1')


@pytest.mark.parametrize('name', sorted(noun.name for noun in NOUNS.values() if 'index' in noun.views))
@pytest.mark.parametrize('who', ['it', 'department', 'auditor', 'admin'])
def test_the_same_rows_by_the_same_permits(client_of, name, who):
    browser = client_of(who)
    plain, people = browser.get(f'/{name}/export.csv'), browser.get(f'/{name}/export.xlsx?layout=people')
    assert plain.status_code == people.status_code
    if plain.status_code == 200:
        assert len(table(people)) == len(list(csv.reader(io.StringIO(plain.data.decode('utf-8-sig'),
            newline='')))) - 1
        assert '戸籍システム2号' not in str(table(people)) or who in ('it', 'auditor')


def test_a_list_offers_both_and_a_filter_holds(client_of):
    it = client_of('it')
    page = it.get('/systems/?q=S-00001').page
    assert '/systems/export.xlsx?q=S-00001&layout=people' in page.links
    assert '/systems/export.xlsx?q=S-00001' in page.links
    assert [row['管理番号'] for row in read(it, '/systems/export.xlsx?q=S-00001')] == ['S-00001']
    assert 'people' not in it.get('/systems/export.csv?layout=people').headers['Content-Disposition']


def test_no_formula_is_alive(client_of):
    it = client_of('it')
    with db.connection_context(), trail.act('systems.edit', by=None, at=clock.now()) as act:
        row = System.get_by_id(1)
        row.name, row.vendor = '=1+1', '@SUM(A1)'
        act.save(row)
        line = BudgetRequest.get_by_id(1)
        line.title = '=HYPERLINK("http://x")'
        act.save(line)
    data = it.get('/systems/export.xlsx?layout=people').data

    with zipfile.ZipFile(io.BytesIO(data)) as book:
        assert b'<f>' not in book.read('xl/worksheets/sheet1.xml') and not any('external' in name
            for name in book.namelist())
    row = next(row for row in read(it, '/systems/export.xlsx') if row['管理番号'] == 'S-00001')
    assert (row['システム名称'], row['保守事業者']) == ("'=1+1", "'@SUM(A1)")
