"""Files in and out: what is written is read back cell for cell, and no bytes make the reader fail in another
way than its own."""
import io
import re
import zipfile
from datetime import date, datetime, timedelta
from datetime import time as clock
from time import process_time

import pytest
import xlsxwriter
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from registry.records import sheets
from registry.records.sheets import Problem, Unreadable, inspecting_xlsx, reading_xlsx
from registry.records.sheets.cells import restored

pytestmark = pytest.mark.engine_free

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
# what can stand in a cell and in every form: no lone carriage return, which XML and CSV readers may take for
# a line end
CELLS = st.text(st.characters(exclude_categories=['Cs', 'Co', 'Cn', 'Cc']) | st.sampled_from('=+-@\'"\t\n,;'),
                max_size=12)
TABLES = st.lists(st.lists(CELLS, min_size=2, max_size=2), max_size=6)


def cells(sheet):
    return [row for _, row in sheet.rows]


def seen(rows):
    """Return rows without those a reader takes for blank lines."""
    return [row for row in rows if ''.join(row).strip()]


def read(data, encoding='auto'):
    return sheets.read(data.encode() if isinstance(data, str) else data, 'file', encoding)


def refusal(data, encoding='auto'):
    with pytest.raises(Unreadable) as caught:
        read(data, encoding)
    assert caught.value.problems and all(problem.message.endswith(('。', '）'))
                                         for problem in caught.value.problems)
    return caught.value.problems


def book(fill):
    """Return a workbook as a person's Excel would make it; `fill` gets the sheet and a function that makes
    formats."""
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
    plain = book(lambda sheet, _: sheet.write_row(0, 0, ['a', 'b']))
    return repacked(plain, {'xl/worksheets/sheet1.xml': lambda old: re.sub(
        b'<sheetData>.*</sheetData>', lambda _: b'<sheetData>' + xml.encode() + b'</sheetData>', old,
        flags=re.DOTALL)})


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
                sheets.twinned(cell).encode('cp932')
    else:
        assert cells(read(data, 'cp932')) == [[sheets.twinned(cell) for cell in row] for row in seen(rows)]


def test_every_character_that_cp932_takes_comes_back_as_itself_or_its_twin():
    for code in [*range(0x20, 0xd800), *range(0xe000, 0x10000)]:
        character = sheets.twinned(chr(code))
        try:
            data = character.encode('cp932')
        except UnicodeEncodeError:
            continue
        assert data.decode('cp932') == character


@given(text=st.text("=+-−－@\t\r'a\n 　\u200b"))
def test_neutral_and_restored_are_inverse(text):
    written = sheets.neutral(text)
    assert written[:1] not in set('=+-@＝＋－＠−\t\r\n')
    assert restored(written) == text
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
        assert cells(read(data, 'cp932' if form == 'cp932' else 'auto')) == [[sheets.twinned(cell)
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


# --- CSV as offices send it ---

@pytest.mark.parametrize(('data', 'encoding', 'told'), [
    (b'\xef\xbb\xbf' + '列\n髙\n'.encode(), 'auto', 'utf-8'), ('列\n髙\n'.encode(), 'auto', 'utf-8'),
    ('列\n髙\n'.encode('cp932'), 'auto', 'cp932'),
    ('列\n髙\n'.encode('cp932'), 'cp932', 'cp932'), ('列\n髙\n'.encode(), 'utf-8', 'utf-8')])
def test_character_sets(data, encoding, told):
    sheet = read(data, encoding)
    assert (sheet.headers, cells(sheet), sheet.encoding) == (['列'], [['髙']], told)


@pytest.mark.parametrize(('data', 'encoding', 'line', 'words'), [
    ('a\n列\n'.encode('cp932'), 'utf-8', 2, '自動'), (b'\xef\xbb\xbfa\n\x97\xf1\n', 'auto', 2, 'UTF-8'),
    ('a\n髙\n'.encode(), 'cp932', 2, '文字コード'),
    (b'\xef\xbb\xbfa\n1\n', 'cp932', None, '自動'), ('a\n列\n'.encode('utf-16'), 'auto', None, 'UTF-16'),
    (b'a\n1\n\xff\x00\n', 'auto', 3, 'CSV')])
def test_character_sets_that_do_not_fit(data, encoding, line, words):
    [problem] = refusal(data, encoding)
    assert problem.line == line and words in problem.message


@pytest.mark.parametrize('text', ['a\tb,c\n1\t2,3\n', '\n"a,x"\tb\n1\t2,3\n'])
def test_tabs(text):
    sheet = read(text)
    assert len(sheet.headers) == 2 and cells(sheet) == [['1', '2,3']]


def test_lines_are_those_a_person_sees():
    sheet = read('a,b\r\n1,"x\r\ny"\r\n\r\n , \r\n2,"z"\r\n3\r\n')
    assert sheet.rows == [(2, ['1', 'x\r\ny']), (6, ['2', 'z']), (7, ['3', ''])]
    assert read('a\r1\r2\r').rows == [(2, ['1']), (3, ['2'])]
    assert read('a\n1\n\x1a').rows == [(2, ['1'])]


def test_headers_are_told_apart_from_width():
    assert read('　管理番号 ,システム（Ａ）,\n1,2,\n').headers == ['管理番号', 'システム(A)']


@pytest.mark.parametrize(('text', 'line', 'column', 'words'), [
    ('', None, '', '空'), ('\ufeff', None, '', '空'), (' \n,,\n', None, '', '空'),
    ('a,,b\n1,2,3\n', 1, '2列目', '列名'), ('a,b,ａ\n1,2,3\n', 1, 'a', '2回'),
    ('a,b\n1,\x002\n', 2, '', 'CSVではない'), ('a,b\n1,"2\n3,4\n', 2, '', '引用符'),
    ('a,b\n1,"2"x\n', 2, '', '引用符'),
    ('a\n"' + 'x' * 200_000 + '"\n', 2, '', '長すぎる'),
    (','.join(map(str, range(101))) + '\n', 1, '', '100'), ('x' * 300 + '\n1\n', 1, '1列目', '長すぎ'),
    ('a,\ue000\n', 1, '2列目', 'U+E000')])
def test_files_that_are_no_table(text, line, column, words):
    problem = refusal(text)[0]
    assert (problem.line, problem.column) == (line, column) and words in problem.message


def test_too_many_cells_are_a_problem_of_their_line():
    sheet = read('a,b\n1,2\n1,2,3,4\n1,2,,\n')
    assert [(p.line, p.column, p.value)
            for p in sheet.problems] == [(3, '3列目', '3')] and len(sheet.rows) == 3


def test_private_and_control_characters_are_named():
    sheet = read('名,備考\n\ue001川,ok\n"改\n行",a\tb\n\U000f0000,\x07\x85\n')
    assert [(p.line, p.column) for p in sheet.problems] == [(2, '名'), (5, '名'), (5, '備考')]
    assert '外字（U+E001）' in sheet.problems[0].message and '制御文字（U+0007、U+0085）' in sheet.problems[
        2].message
    assert read('名\n'.encode('cp932') + b'\xf0\x40\n').problems == [
        Problem(2, '名', '\ue000', '外字（U+E000）が含まれています。標準の文字に置き換えてください。')]


def test_limits():
    assert 'MB' in refusal(b'a\n' * (10 * 1024 * 1024 + 1))[0].message
    assert len(read(b'a\n' * 120_001).rows) == 120_000
    assert '120,000行' in refusal(b'a\n' * 120_002)[0].message
    assert read('a,b\n1,' + 'x' * 32_767 + '\n').problems == []
    assert [(p.line, p.column) for p in read('a,b\n1,' + 'x' * 32_768 + '\n').problems] == [(2, 'b')]


def test_a_file_wrong_everywhere_does_not_fill_the_memory():
    sheet = read('a,b\n' + '\x01,\x02\n' * 100_000)
    assert len(sheet.problems) == sheets.MAX_PROBLEMS + 1 and sheet.problems[-1].line is None


# --- Excel as offices send it ---

@pytest.mark.parametrize(('value', 'format', 'text'), [
    (20260401, None, '20260401'), (3.5, None, '3.5'), (0.1 + 0.2, None, '0.3'), (-0.0, None, '0'),
    (82.4, '0.0"%"', '82.4'),
    (1e-7, None, '0.0000001'),
    (1e20, None, '100000000000000000000'), (9007199254740991, None, '9007199254740991'),
    (46113, 'yyyy/mm/dd', '2026-04-01'),
    (46113.375, 'yyyy/m/d h:mm', '2026-04-01 09:00'),
    (46113.3749999999, 'yyyy/m/d h:mm', '2026-04-01 09:00'),
    (46113.37505787, 'yyyy/m/d h:mm', '2026-04-01 09:00:05'),
    (46113.99999999, 'yyyy/m/d h:mm', '2026-04-02 00:00'),
    (46113, 14, '2026-04-01'), (46113, 30, '2026-04-01'), (46113, 31, '2026-04-01'),
    (46113, 57, '2026-04-01'), (46113, 58, '2026-04-01'),
    (46113, '[$-411]ge.m.d;@', '2026-04-01'), (46113, '[$-ja-JP]ggge"年"m"月"d"日"', '2026-04-01'),
    (0.375, 'h:mm', '09:00'),
    (1.0833333333, '[h]:mm', '26:00'),
    (True, None, '1'), (False, None, '0'), ('00123', None, '00123'), ("'=1", None, '=1')])
def test_values_of_cells(value, format, text):
    def fill(sheet, make):
        sheet.write_row(0, 0, ['a', 'b'])
        sheet.write(1, 0, value, make(format) if format is not None else None)
        sheet.write_string(1, 1, '・')
    assert cells(read(book(fill))) == [[text, '・']]


@pytest.mark.parametrize(('value', 'text'), [
    (date(2026, 4, 1), '2026-04-01'), (datetime(2026, 4, 1), '2026-04-01'),
    (datetime(2026, 4, 1, 9, 0), '2026-04-01 09:00'),
    (clock(9, 5, 7), '09:05:07'),
    (timedelta(hours=-1), '-1:00'), (timedelta(days=1, seconds=1), '24:00:01'), (float('nan'), 'NaN'),
    (7, '7')])
def test_values_of_the_parser(value, text):
    assert reading_xlsx._cell(value) == text


def test_the_1904_calendar():
    data = book(lambda sheet, make: (sheet.write(0, 0, 'a'), sheet.write(1, 0, 44651, make('yyyy/m/d'))))
    assert cells(read(repacked(data, {'xl/workbook.xml': lambda old: old.replace(b'<workbookPr ',
        b'<workbookPr date1904="1" ')}))) == [['2026-04-01']]


def test_readings_of_names_are_not_part_of_them():
    data = book(lambda sheet, _: sheet.write_column(0, 0, ['氏名', '目黒']))
    data = repacked(data, {'xl/sharedStrings.xml': lambda old: old.replace(
        '<t>目黒</t>'.encode(),
        '<r><t>目</t></r><r><t>黒</t></r><rPh sb="0" eb="2"><t>メグロ</t></rPh>'.encode())})
    assert cells(read(data)) == [['目黒']]


def test_lines_and_gaps_of_a_sheet():
    def fill(sheet, _):
        sheet.write_row(0, 0, ['a', 'b', 'c'])
        sheet.write_string(4, 1, 'x')
        sheet.write_blank(200_000, 200, '')
        sheet.write_string(5, 3, '右')
    sheet = read(book(fill))
    assert sheet.rows == [(5, ['', 'x', '']), (6, ['', '', ''])]
    assert [(p.line, p.column) for p in sheet.problems] == [(6, '4列目')]


def test_only_the_first_sheet_is_read():
    output = io.BytesIO()
    made = xlsxwriter.Workbook(output, {'in_memory': True})
    for name, cell in (('二', '1'), ('一', '2')):
        made.add_worksheet(name).write_column(0, 0, ['a', cell])
    made.worksheets_objs[1].write_string(1_048_575, 16_383, 'far')
    made.close()
    assert cells(read(output.getvalue())) == [['1']]


def test_formulas_count_by_their_result_and_never_as_blank_in_silence():
    def fill(sheet, _):
        sheet.write_row(0, 0, ['数', '率'])
        for row, (formula, value) in enumerate([('=1+1', 2), ('=1/0', '#DIV/0!'), ('=NA()', '#N/A'),
                                                ('=A9', ''), ('=IF(TRUE,"x")', 'x')], 1):
            sheet.write_formula(row, 0, formula, None, value)
            sheet.write_string(row, 1, '・')
        sheet.conditional_format('A1:A9', {'type': 'data_bar', 'data_bar_2010': True, 'min_type': 'formula',
                                           'min_value': '=$A$1'})
    sheet = read(book(fill))
    assert [row[0] for row in cells(sheet)] == ['2', '', '', '', 'x']
    assert [(p.line, p.column, p.value) for p in sheet.problems] == [(3, '数', '#DIV/0!'), (4, '数', '#N/A'),
        (5, '数', '')]
    assert not read(with_rows('<row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c></row><row r="2"><c '
                              'r="A2" t="str"><f>""</f><v></v></c></row>')).problems


def test_cells_without_places():
    assert cells(read(with_rows('<row><c '
                                't="inlineStr"><is><t>a</t></is></c></row><row><c><v>5</v></c></row>'))) == [
                                    ['5']]


def test_parts_with_prefixes_and_absolute_paths():
    data = repacked(FORMS['xlsx'](HEADERS, ROWS), {
        'xl/worksheets/sheet1.xml': lambda old: re.sub(rb'<(/?)(?=[a-zA-Z])', rb'<\1x:',
            old).replace(b' xmlns=', b' xmlns:x='),
        'xl/_rels/workbook.xml.rels': lambda old: old.replace(b'"worksheets/', b'"/xl/worksheets/')})
    assert cells(read(data)) == ROWS


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
    (archive(xl__workbook_xml=b'\0' * 50_000_000), '大きすぎ'),
    (archive(**{f'a{n}': '' for n in range(1001)}), '大きすぎ'),
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
    assert words in refusal(data)[0].message


def test_a_long_text_used_by_every_cell_does_not_fill_the_memory():
    rows = ''.join(f'<row r="{row}">' + '<c t="s"><v>0</v></c>' * 100 + '</row>' for row in range(1, 200))
    data = repacked(with_rows(rows), {'xl/sharedStrings.xml': lambda old: old.replace(b'<t>a</t>',
        b'<t>' + b'x' * 30_000 + b'</t>')})
    assert len(data) < 100_000 and '大きすぎ' in refusal(data)[0].message


#: what a refusal may take, in seconds of the processor: far below what reading the file would
SHORT = 2.5


@pytest.fixture
def packed(monkeypatch):
    """Let a file unpack to what it may: it is not its ratio that is asked here."""
    monkeypatch.setattr(inspecting_xlsx, 'MAX_RATIO', 100_000)


def refused_soon(data, words):
    begun = process_time()
    found = refusal(data)
    assert words in found[0].message and process_time() - begun < SHORT, (found[:2], process_time() - begun)


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


def test_a_table_of_commas_is_refused_before_it_is_read():
    refused_soon(b'a,b\n' + b',' * 19_000_000, '欄（行×列）')
    refused_soon('あ,い\n'.encode() + b',\n' * 2_000_000, '欄（行×列）')


def test_a_header_of_many_and_long_cells_is_not_worked_on():
    marks = 'a' + '\u0301\u0316' * 15_000
    begun = process_time()
    assert '列が100' in refusal(','.join([marks] * 101).encode())[0].message
    assert '長すぎます' in refusal(','.join([marks] * 49).encode())[0].message
    assert process_time() - begun < SHORT


@pytest.mark.parametrize('path', ['xl/worksheets/sheet1.xml', 'xl/styles.xml', 'xl/workbook.xml'])
def test_parts_of_a_workbook_are_bounded(packed, monkeypatch, path):
    monkeypatch.setitem(inspecting_xlsx.MAX_PART, 'sheet', 8_000_000)
    padded = repacked(with_rows('<row><c><v>1</v></c></row>'),
                      {path: lambda old: old + b'<!--' + b'x' * 9_000_000 + b'-->'})
    refused_soon(padded, '大きすぎ')


def test_a_number_written_over_many_lines_is_no_cell(packed):
    refused_soon(with_rows(f'<row><c><v>{"1" * 12_000_000}</v></c></row>'), '壊れています')


def test_a_workbook_that_begins_further_right_keeps_its_columns():
    def fill(sheet, made):
        for place, (header, value) in enumerate([('割合', 0.62), ('名', 'x')], 2):
            sheet.write(2, place, header)
            sheet.write(3, place, value, made('0%') if place == 2 else None)
    found = refusal(book(fill))
    assert [problem.column for problem in found] == ['1列目', '2列目']
    records, _ = reading_xlsx.read_xlsx(book(fill), 'a.xlsx')
    assert list(records)[2:] == [(3, ['', '', '割合', '名']), (4, ['', '', '62%', 'x'])]


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


@settings(SLOW, max_examples=200)
@given(data=st.binary(max_size=400) | st.text('a,"\'\t\r\n\x00=あ\ue000', max_size=60).map(str.encode),
       encoding=st.sampled_from(['auto', 'utf-8', 'cp932']))
def test_any_bytes_are_read_or_refused(data, encoding):
    unfailing(data, encoding)


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


def test_ten_thousand_rows_are_all_read():
    rows = [[f'値{row}-{column}' if column % 3 else str(row * column) for column in range(30)]
            for row in range(10_000)]
    data = sheets.write_csv([f'列{column}' for column in range(30)], rows)
    found = read(data).rows
    assert [line for line, _ in found] == list(range(2, 10_002)) and [cells for _, cells in found] == rows


def test_a_percentage_is_read_as_it_is_seen():
    def fill(sheet, form):
        sheet.write_row(0, 0, ['a', 'b', 'c', 'd', 'e'])
        sheet.write_number(1, 0, 0.62, form('0%'))
        sheet.write_number(1, 1, 0.625, form('0.0%;[Red]-0.0%'))
        sheet.write_number(1, 2, 1, form('0%'))
        sheet.write_number(1, 3, 0.62, form('0.00'))
        sheet.write_number(1, 4, 0.62, form('0.00"%"'))
        sheet.write_formula(2, 0, '=0.1+0.2', form('0.00%'), 0.30000000000000004)
        sheet.write_string(2, 1, '62%', form('0%'))
    assert [cells for _, cells in read(book(fill)).rows] == [
        ['62%', '62.5%', '100%', '0.62', '0.62'], ['30%', '62%', '', '', '']]


def test_midnight_is_a_time_where_one_is_shown():
    def fill(sheet, form):
        sheet.write_row(0, 0, ['a', 'b', 'c'])
        for place, words in enumerate(('yyyy/mm/dd hh:mm', 'yyyy/mm/dd', '[$-411]ggge"年"m"月"d"日"')):
            sheet.write_datetime(1, place, datetime(2024, 6, 12), form(words))
        sheet.write_datetime(2, 0, datetime(2024, 6, 12, 0, 1), form('m/d/yy h:mm'))
    assert [cells for _, cells in read(book(fill)).rows] == [
        ['2024-06-12 00:00', '2024-06-12', '2024-06-12'], ['2024-06-12 00:01', '', '']]
