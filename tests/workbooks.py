"""Workbooks and tables made and taken apart, for the tests of reading and writing them."""
import io
import re
import zipfile
from time import process_time

import pytest
import xlsxwriter
from hypothesis import HealthCheck, settings

from registry.records import sheets
from registry.records.sheets import Unreadable

SLOW = settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
HEADERS = ['管理番号', '名称', '備考']
ROWS = [['00123', '住民記録システム', '=SUM(A1:A9)'], ['S-2', '髙﨑①㈱', ' 前後の空白 '],
        ['S-3', "'+81", '1行目\n2行目, "引用"\t終わり'], ['S-4', '', ''], ['-5', '@x', "''=1"]]
FORMS = {
    'utf-8-sig': lambda headers, rows: sheets.write_csv(headers, rows),
    'utf-8': lambda headers, rows: sheets.write_csv(headers, rows, 'utf-8'),
    'cp932': lambda headers, rows: sheets.write_csv(headers, rows, 'cp932'),
    'xlsx': lambda headers, rows: sheets.write_xlsx(headers, rows, '台帳'),
}


def cells(sheet):
    return [row for _, row in sheet.rows]


def read(data, encoding='auto'):
    return sheets.read(data.encode() if isinstance(data, str) else data, 'file', encoding)


def refusal(data, encoding='auto'):
    with pytest.raises(Unreadable) as caught:
        read(data, encoding)
    assert caught.value.problems and all(problem.message.endswith(('。', '）'))
                                         for problem in caught.value.problems)
    return caught.value.problems


def workbook(fill):
    """Return a workbook as a person's Excel would make it.

    `fill` gets the sheet and a function that makes formats.
    """
    output = io.BytesIO()
    made = xlsxwriter.Workbook(output, {'in_memory': True})
    fill(made.add_worksheet('一覧'), lambda text: made.add_format({'num_format': text}))
    made.close()
    return output.getvalue()


def repacked(data, change):
    """Return a workbook with parts changed: `change` is {path: function of the old bytes}."""
    output = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(output, 'w', zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            content = old.read(entry)
            new.writestr(entry.filename, change.get(entry.filename, lambda same: same)(content))
    return output.getvalue()


def with_rows(xml):
    """Return a workbook whose sheet data is the given XML."""
    plain = workbook(lambda sheet, _: sheet.write_row(0, 0, ['a', 'b']))
    return repacked(plain, {'xl/worksheets/sheet1.xml': lambda old: re.sub(
        b'<sheetData>.*</sheetData>', lambda _: b'<sheetData>' + xml.encode() + b'</sheetData>', old,
        flags=re.DOTALL)})


#: what a refusal may take, in seconds of the processor: far below what reading the file would
SHORT = 2.5


def refused_soon(data, words):
    begun = process_time()
    found = refusal(data)
    assert words in found[0].message and process_time() - begun < SHORT, (found[:2], process_time() - begun)


# --- anything at all ---
def unfailing(data, encoding='auto'):
    """Read bytes; return whether they were a table. Any other failure than Unreadable fails the test."""
    try:
        sheet = read(data, encoding)
    except Unreadable as error:
        assert error.problems and all(problem.message for problem in error.problems)
        return False
    assert all(len(row) == len(sheet.headers) and line >= 1 for line, row in sheet.rows)
    assert all(isinstance(cell, str) for _, row in sheet.rows for cell in row)
    return True
