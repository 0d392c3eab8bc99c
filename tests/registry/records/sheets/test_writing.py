"""Files written: text read back cell for cell, no formula alive, nothing cut in silence."""
import io
import re
import zipfile

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from workbooks import FORMS, HEADERS, ROWS, SLOW, cells, read

from registry.records import sheets
from registry.records.sheets import Unreadable
from registry.records.sheets.cells import unneutralised

pytestmark = pytest.mark.engine_free


# what can stand in a cell and in every form: no lone carriage return, which XML and CSV readers may take for
# a line end
CELLS = st.text(st.characters(exclude_categories=['Cs', 'Co', 'Cn', 'Cc']) | st.sampled_from('=+-@\'"\t\n,;'),
                max_size=12)
TABLES = st.lists(st.lists(CELLS, min_size=2, max_size=2), max_size=6)


def seen(rows):
    """Return rows without those a reader takes for blank lines."""
    return [row for row in rows if ''.join(row).strip()]


# --- there and back ---
@pytest.mark.parametrize('form', FORMS)
def test_what_is_written_is_read_back(form):
    sheet = read(FORMS[form](HEADERS, ROWS))
    assert sheet.headers == HEADERS and cells(sheet) == ROWS and not sheet.problems
    assert sheet.kind == ('xlsx' if form == 'xlsx' else 'csv')
    assert sheet.encoding == {'utf-8-sig': 'utf-8'}.get(form, form)
    assert [line for line, _ in sheet.rows] == ([2, 3, 4, 5, 6] if form == 'xlsx' else [2, 3, 4, 6, 7])


@pytest.mark.parametrize('form', ['utf-8-sig', 'utf-8', 'xlsx'])
@SLOW
@example(rows=[['', '\t']])
@given(rows=TABLES)
def test_any_text_is_read_back(form, rows):
    sheet = read(FORMS[form](['a', 'b'], rows))
    assert cells(sheet) == seen(rows)


@SLOW
@given(rows=TABLES)
def test_cp932_gives_back_the_text_or_names_what_it_cannot_carry(rows):
    try:
        data = sheets.write_csv(['a', 'b'], rows, 'cp932')
    except Unreadable as error:
        for problem in error.problems:
            cell = rows[problem.line - 2]['ab'.index(problem.column)]
            codes = re.findall(r'U\+([0-9A-F]{4,6})', problem.message)
            assert codes and all(chr(int(code, 16)) in cell for code in codes)
            with pytest.raises(UnicodeEncodeError):
                sheets.as_cp932(cell).encode('cp932')
    else:
        assert cells(read(data, 'cp932')) == [[sheets.as_cp932(cell) for cell in row] for row in seen(rows)]


def test_every_character_that_cp932_takes_comes_back_as_itself_or_its_twin():
    for code in [*range(0x20, 0xd800), *range(0xe000, 0x10000)]:
        character = sheets.as_cp932(chr(code))
        try:
            data = character.encode('cp932')
        except UnicodeEncodeError:
            continue
        assert data.decode('cp932') == character


@given(text=st.text("=+-−－@\t\r'a\n 　\u200b"))
def test_neutral_and_restored_are_inverse(text):
    written = sheets.neutralised(text)
    assert written[:1] not in set('=+-@＝＋－＠−\t\r\n')
    assert unneutralised(written) == text
    assert (written != text) == bool(re.match(r"'*[ 　\u200b]*[=+\-−@＝＋－＠\t\r\n]", text))


#: what a spreadsheet may read as the beginning of a formula
LIVE = tuple('=+-@＝＋－＠﹢﹣﹦﹫')


@pytest.mark.parametrize('hidden', ['', '\u200b', '\ufeff', '\u2060', '\u00ad', '\u200e', '\u034f', '\u3164',
                                    '\ufe0f', ' ', '\u00a0', '\u3000', '\U000e0020'])
@pytest.mark.parametrize('first', [*LIVE, '−'])
def test_no_formula_comes_alive_by_what_an_encoding_or_a_spreadsheet_drops(hidden, first):
    cell = f'{hidden}{first}1+1'
    for form in ('utf-8-sig', 'cp932'):
        try:
            data = FORMS[form](['a'], [[cell]])
        except Unreadable:
            assert form == 'cp932'
            continue
        text = data.decode(form).split('\r\n')[1]
        assert not text.replace(hidden, '').startswith(LIVE)
        assert cells(read(data, 'cp932' if form == 'cp932' else 'auto')) == [[sheets.as_cp932(cell)
            if form == 'cp932' else cell]]


def test_no_character_becomes_a_formula_in_cp932():
    for code in [*range(0x20, 0xd800), *range(0xe000, 0x10000)]:
        try:
            data = sheets.write_csv(['a'], [[f'{chr(code)}1+1']], 'cp932')
        except Unreadable:
            continue
        assert not data.decode('cp932').split('\r\n')[1].startswith(LIVE), hex(code)


def test_no_formula_is_alive_in_any_form():
    text = sheets.write_csv(HEADERS, ROWS).decode('utf-8-sig')
    assert "'=SUM(A1:A9)" in text and "'-5,'@x,'''=1" in text
    with zipfile.ZipFile(io.BytesIO(FORMS['xlsx'](HEADERS,
            [['=1', 'https://example.jp/', '+1']]))) as archive:
        assert b'<f>' not in archive.read('xl/worksheets/sheet1.xml')
        assert not [name for name in archive.namelist() if 'worksheets/_rels' in name]
    assert sheets.write_csv(['=1'], []) == b"\xef\xbb\xbf'=1\r\n" and read(sheets.write_csv(['=1'],
        [])).headers == ['=1']


def test_csv_has_bom_and_windows_line_ends():
    assert sheets.write_csv(['a', 'b'], [['1', 'x y'], ['', '2']]) == b'\xef\xbb\xbfa,b\r\n1,x y\r\n,2\r\n'
    assert sheets.write_csv(['a'], [['〜−‖—']], 'cp932') == 'a\r\n～－∥―\r\n'.encode('cp932')


def test_cp932_names_every_line_column_and_character():
    with pytest.raises(Unreadable) as caught:
        sheets.write_csv(['番号', '氏名'], [['1', '𠮷田'], ['2', '佐藤'], ['©3', '😀 – 髙']], 'cp932')
    found = [(problem.line, problem.column, re.findall(r'U\+[0-9A-F]+', problem.message))
             for problem in caught.value.problems]
    assert found == [(2, '氏名', ['U+20BB7']), (4, '番号', ['U+00A9']), (4, '氏名', ['U+1F600', 'U+2013'])]


def test_a_big_export_comes_in_pieces_and_cp932_only_when_all_of_it_can():
    rows = [[str(number), '住民'] for number in range(5000)]
    pieces = list(sheets.stream_csv(['a', 'b'], iter(rows)))
    assert len(pieces) > 5 and cells(read(b''.join(pieces))) == rows
    with pytest.raises(Unreadable):
        next(sheets.stream_csv(['a', 'b'], [*rows, ['x', '😀']], 'cp932'))


@pytest.mark.parametrize('form', FORMS)
def test_half_characters_are_named_not_written(form):
    with pytest.raises(Unreadable) as caught:
        FORMS[form](['a', 'b'], [['1', '2'], ['3', 'x\ud800']])
    [problem] = caught.value.problems
    assert (problem.line, problem.column) == (3, 'b') and 'U+D800' in problem.message
    assert str(problem).encode() and str(caught.value).encode()


def test_excel_never_cuts_a_cell_in_silence():
    with pytest.raises(Unreadable) as caught:
        sheets.write_xlsx(['a'], [['x' * 32_768]], 't')
    assert caught.value.problems[0].line == 2 and '32,767' in caught.value.problems[0].message
    assert cells(read(sheets.write_xlsx(['a'], [['x' * 32_767]], 't'))) == [['x' * 32_767]]


@pytest.mark.parametrize('title', ['', 'あ' * 40, "'[a]:*?/\\b'", '年度/予算', '\x01'])
def test_any_title_makes_a_sheet(title):
    assert cells(read(sheets.write_xlsx(['a'], [['1']], title))) == [['1']]


def test_an_export_may_be_very_alike():
    rows = [['', '未着手', '対象外']] * 30_000
    assert cells(read(sheets.write_xlsx(HEADERS, rows, 't'))) == rows
