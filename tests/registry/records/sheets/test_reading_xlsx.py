"""Workbooks read as a person sees them: values, days, percentages, gaps."""
import io
import re
from datetime import date, datetime, timedelta
from datetime import time as clock

import pytest
import xlsxwriter
from workbooks import FORMS, HEADERS, ROWS, cells, read, refusal, repacked, with_rows, workbook

from registry.records.sheets import reading_xlsx

pytestmark = pytest.mark.engine_free


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
    assert cells(read(workbook(fill))) == [[text, '・']]


@pytest.mark.parametrize(('value', 'text'), [
    (date(2026, 4, 1), '2026-04-01'), (datetime(2026, 4, 1), '2026-04-01'),
    (datetime(2026, 4, 1, 9, 0), '2026-04-01 09:00'),
    (clock(9, 5, 7), '09:05:07'),
    (timedelta(hours=-1), '-1:00'), (timedelta(days=1, seconds=1), '24:00:01'), (float('nan'), 'NaN'),
    (7, '7')])
def test_values_of_the_parser(value, text):
    assert reading_xlsx._cell(value) == text


def test_the_1904_calendar():
    data = workbook(lambda sheet, make: (sheet.write(0, 0, 'a'), sheet.write(1, 0, 44651, make('yyyy/m/d'))))
    since_1904 = repacked(data, {'xl/workbook.xml': lambda old: old.replace(
        b'<workbookPr ', b'<workbookPr date1904="1" ')})
    assert cells(read(since_1904)) == [['2026-04-01']]


def test_readings_of_names_are_not_part_of_them():
    data = workbook(lambda sheet, _: sheet.write_column(0, 0, ['氏名', '目黒']))
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
    sheet = read(workbook(fill))
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
    sheet = read(workbook(fill))
    assert [row[0] for row in cells(sheet)] == ['2', '', '', '', 'x']
    assert [(p.line, p.column, p.value) for p in sheet.problems] == [
        (3, '数', '#DIV/0!'), (4, '数', '#N/A'), (5, '数', '')]
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


def test_a_workbook_that_begins_further_right_keeps_its_columns():
    def fill(sheet, made):
        for place, (header, value) in enumerate([('割合', 0.62), ('名', 'x')], 2):
            sheet.write(2, place, header)
            sheet.write(3, place, value, made('0%') if place == 2 else None)
    found = refusal(workbook(fill))
    assert [problem.column for problem in found] == ['1列目', '2列目']
    records, _ = reading_xlsx.read_xlsx(workbook(fill), 'a.xlsx')
    assert list(records)[2:] == [(3, ['', '', '割合', '名']), (4, ['', '', '62%', 'x'])]


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
    assert [cells for _, cells in read(workbook(fill)).rows] == [
        ['62%', '62.5%', '100%', '0.62', '0.62'], ['30%', '62%', '', '', '']]


def test_midnight_is_a_time_where_one_is_shown():
    def fill(sheet, form):
        sheet.write_row(0, 0, ['a', 'b', 'c'])
        for place, words in enumerate(('yyyy/mm/dd hh:mm', 'yyyy/mm/dd', '[$-411]ggge"年"m"月"d"日"')):
            sheet.write_datetime(1, place, datetime(2024, 6, 12), form(words))
        sheet.write_datetime(2, 0, datetime(2024, 6, 12, 0, 1), form('m/d/yy h:mm'))
    assert [cells for _, cells in read(workbook(fill)).rows] == [
        ['2024-06-12 00:00', '2024-06-12', '2024-06-12'], ['2024-06-12 00:01', '', '']]
