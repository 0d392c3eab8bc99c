"""Files read: character sets, lines and limits; whatever the bytes, the reader fails in its own way."""
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from workbooks import SHORT, SLOW, cells, read, refusal, refused_soon, unfailing

from registry.records import sheets
from registry.records.sheets import Problem

pytestmark = pytest.mark.engine_free


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


def test_a_table_of_commas_is_refused_before_it_is_read():
    refused_soon(b'a,b\n' + b',' * 19_000_000, '欄（行×列）')
    refused_soon('あ,い\n'.encode() + b',\n' * 2_000_000, '欄（行×列）')


def test_a_header_of_many_and_long_cells_is_not_worked_on():
    marks = 'a' + '\u0301\u0316' * 15_000
    begun = process_time()
    assert '列が100' in refusal(','.join([marks] * 101).encode())[0].message
    assert '長すぎます' in refusal(','.join([marks] * 49).encode())[0].message
    assert process_time() - begun < SHORT


@settings(SLOW, max_examples=200)
@given(data=st.binary(max_size=400) | st.text('a,"\'\t\r\n\x00=あ\ue000', max_size=60).map(str.encode),
       encoding=st.sampled_from(['auto', 'utf-8', 'cp932']))
def test_any_bytes_are_read_or_refused(data, encoding):
    unfailing(data, encoding)


def test_ten_thousand_rows_are_all_read():
    rows = [[f'値{row}-{column}' if column % 3 else str(row * column) for column in range(30)]
            for row in range(10_000)]
    data = sheets.write_csv([f'列{column}' for column in range(30)], rows)
    found = read(data).rows
    assert [line for line, _ in found] == list(range(2, 10_002)) and [cells for _, cells in found] == rows
