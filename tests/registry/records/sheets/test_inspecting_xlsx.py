"""Workbooks inspected before they are read: bombs, false sizes, entities and passwords are refused."""
import io
import re
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from workbooks import FORMS, HEADERS, ROWS, SLOW, refusal, refused_soon, repacked, unfailing, with_rows

from registry.records.sheets import inspecting_xlsx

pytestmark = pytest.mark.engine_free


# --- Excel files that are none, or mean harm ---
def archive(**parts):
    output = io.BytesIO()
    with zipfile.ZipFile(output, 'w', zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name.replace('__', '/').replace('_xml', '.xml'), content)
    return output.getvalue()


FAR = '<row r="1"><c r="A1"><v>1</v></c></row><row r="{1}"><c r="{0}{1}"><v>1</v></c></row>'


@pytest.mark.parametrize(('data', 'words'), [
    (b'\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1' + b'\x00' * 600, '.xls'),
    (archive(word__document_xml='x'), 'ブック'), (archive(), 'CSVではない'),
    (archive(xl__workbook_xml='<'), '壊れ'), (archive(xl__workbook_xml='<workbook/>'), '壊れ'),
    (b'PK\x03\x04', '壊れ'),
    (b'PK\x03\x04' + b'\x00' * 100, '壊れ'),
    (lambda: archive(xl__workbook_xml=b'\0' * 50_000_000), '大きすぎ'),
    (lambda: archive(**{f'a{n}': '' for n in range(1001)}), '大きすぎ'),
    (with_rows(FAR.format('XFD', 1_048_576)), '行'), (with_rows(FAR.format('A', 1_048_576)), '行'),
    (with_rows(FAR.format('CV', 120_001)), '離れすぎ'),
    (with_rows(FAR.format('CW', 2)), '100'), (with_rows('<row r="1"><c r="ZZZZ1"><v>1</v></c></row>'),
        '壊れ'),
    (with_rows('<row r="1"><c r="A"><v>1</v></c></row>'), '壊れ'),
    (with_rows('<row>' + '<c><v>1</v></c>' * 101 + '</row>'), '100'),
    (with_rows('<row r="1"><c r="A1" t="s"><v>0</v><v>1</v></c></row>'), '壊れ'),
    (with_rows('<row r="1"><c r="A1" t="s"><v>99</v></c></row>'), '壊れ'),
    (with_rows('<row><c><v>1</c></row>'), '壊れ')],
    ids=lambda value: value if isinstance(value, str) else '')
def test_archives_that_are_refused(data, words):
    assert words in refusal(data() if callable(data) else data)[0].message


def test_a_long_text_used_by_every_cell_does_not_fill_the_memory():
    rows = ''.join(f'<row r="{row}">' + '<c t="s"><v>0</v></c>' * 100 + '</row>' for row in range(1, 200))
    data = repacked(with_rows(rows), {'xl/sharedStrings.xml': lambda old: old.replace(b'<t>a</t>',
        b'<t>' + b'x' * 30_000 + b'</t>')})
    assert len(data) < 100_000 and '大きすぎ' in refusal(data)[0].message


@pytest.fixture
def packed(monkeypatch):
    """Let a file unpack to what it may: it is not its ratio that is asked here."""
    monkeypatch.setattr(inspecting_xlsx, 'MAX_RATIO', 100_000)


@pytest.mark.parametrize('row', ['<c><v>1</v></c>' * 60, '<c r="A1"/>' + '<c/>' * 80])
def test_a_workbook_of_too_many_cells_is_refused_before_it_is_read(packed, row):
    refused_soon(with_rows(f'<row>{row}</row>' * 60_000), '欄（行×列）')


def test_a_prefix_hides_no_cells(packed, monkeypatch):
    monkeypatch.setattr(inspecting_xlsx, 'MAX_CELLS', 1000)
    space = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'
    rows = '<x:row>' + '<x:c><x:v>1</x:v></x:c>' * 50 + '</x:row>'
    data = repacked(with_rows(''), {'xl/worksheets/sheet1.xml': lambda old: (
        f'<x:worksheet xmlns:x="{space}"><x:sheetData>{rows * 100}</x:sheetData></x:worksheet>').encode()})
    assert '欄（行×列）' in refusal(data)[0].message


@pytest.mark.parametrize('path', ['xl/worksheets/sheet1.xml', 'xl/styles.xml', 'xl/workbook.xml'])
def test_parts_of_a_workbook_are_bounded(packed, monkeypatch, path):
    monkeypatch.setitem(inspecting_xlsx.MAX_PART, 'sheet', 8_000_000)
    padded = repacked(with_rows('<row><c><v>1</v></c></row>'),
                      {path: lambda old: old + b'<!--' + b'x' * 9_000_000 + b'-->'})
    refused_soon(padded, '大きすぎ')


def test_a_number_written_over_many_lines_is_no_cell(packed):
    refused_soon(with_rows(f'<row><c><v>{"1" * 12_000_000}</v></c></row>'), '壊れています')


def test_entities_are_refused():
    data = repacked(FORMS['xlsx'](HEADERS, ROWS), {'xl/sharedStrings.xml': lambda old: old.replace(
        b'<sst', b'<!DOCTYPE sst [<!ENTITY a SYSTEM "file:///etc/passwd">]><sst',
        1).replace(b'<t>S-2</t>', b'<t>&a;</t>')})
    assert '壊れ' in refusal(data)[0].message


def test_sizes_that_lie_are_noticed():
    data = bytearray(FORMS['xlsx'](HEADERS, ROWS))
    with zipfile.ZipFile(io.BytesIO(data)) as made:
        size = made.getinfo('xl/worksheets/sheet1.xml').file_size.to_bytes(4, 'little')
    assert data.count(size) >= 1
    refusal(bytes(data.replace(size, (10).to_bytes(4, 'little'))))


def test_passwords_are_refused():
    data = bytearray(FORMS['xlsx'](HEADERS, ROWS))
    for place in [found.start() for found in re.finditer(b'PK\x01\x02', bytes(data))]:
        data[place + 8] |= 1
    assert 'パスワード' in refusal(bytes(data))[0].message


WORKBOOK = FORMS['xlsx'](HEADERS, ROWS)
EDITS = st.lists(st.tuples(st.integers(0, len(WORKBOOK) - 1), st.binary(max_size=4), st.integers(0, 4)),
                 min_size=1, max_size=6)


@settings(SLOW, max_examples=200)
@given(edits=EDITS)
def test_a_mutated_workbook_is_read_or_refused(edits):
    data = bytearray(WORKBOOK)
    for place, new, removed in edits:
        data[place:place + removed] = new
    unfailing(bytes(data))


@settings(SLOW, max_examples=200)
@given(path=st.sampled_from(zipfile.ZipFile(io.BytesIO(WORKBOOK)).namelist()), place=st.floats(0, 1),
       removed=st.integers(0, 8),
       new=st.sampled_from(['', '9', '-1', 'A', '"', '<', '>', '/', '</c>', '<c>', '<v>', '999999999999',
                            '&amp;', '&#0;', 'é']) | st.text(max_size=3))
def test_a_workbook_with_mutated_parts_is_read_or_refused(path, place, removed, new):
    def edit(old):
        at = int(place * len(old))
        return old[:at] + new.encode('utf-8', 'replace') + old[at + removed:]
    unfailing(repacked(WORKBOOK, {path: edit}))


def test_a_workbook_cut_anywhere_is_refused():
    for length in range(4, len(WORKBOOK), 97):
        assert not unfailing(WORKBOOK[:length])
