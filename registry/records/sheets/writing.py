"""Table files out: CSV as it is made, XLSX whole."""
import codecs
import csv
import io
import re
from datetime import datetime
from itertools import islice

from .cells import FORMULA_LIKE, as_cp932, neutralised, unneutralised
from .table import MAX_CELL, MAX_PROBLEMS, Problem, Unreadable, refuse

MAX_XLSX_ROWS = 1_048_576
BATCH = 500
#: what no file of ours can hold: half characters, and the two that XML forbids and Excel cannot escape
_UNWRITABLE = re.compile('[\ud800-\udfff\ufffe\uffff]')


def stream_csv(headers, rows, encoding='utf-8-sig'):
    """Yield the bytes of a CSV, neutralised, in chunks; `encoding` is utf-8-sig (with BOM), utf-8 or cp932.

    Raise Unreadable, naming line, column and character, for what the encoding cannot carry; for CP932 (see
    `as_cp932`) before the first byte, so that nothing is sent of a file that would lose characters.
    """
    cp932 = encoding == 'cp932'
    codec = 'cp932' if cp932 else 'utf-8'
    held, lost = [codecs.BOM_UTF8] if encoding == 'utf-8-sig' else [], []
    everything = _lines(headers, rows)
    line = 1
    while batch := list(islice(everything, BATCH)):
        buffer = io.StringIO(newline='')
        csv.writer(buffer, lineterminator='\r\n').writerows(batch)
        text = buffer.getvalue()
        try:
            held.append((as_cp932(text) if cp932 else text).encode(codec))
        except UnicodeEncodeError:
            for place, row in enumerate(batch, line):
                lost += _lost(place, headers, row, codec)
            if not cp932 or len(lost) >= MAX_PROBLEMS:
                raise Unreadable(lost) from None
        if not cp932:
            yield b''.join(held)
            held = []
        line += len(batch)
    if lost:
        raise Unreadable(lost)
    yield from held


def _lines(headers, rows):
    yield [neutralised(header) for header in headers]
    formula = FORMULA_LIKE.match
    for row in rows:
        yield ["'" + cell if formula(cell) else cell for cell in row]


def _lost(line, headers, row, codec):
    """Return a Problem per cell that an encoding cannot carry."""
    found = []
    for header, cell in zip(headers, row, strict=True):
        bad = [c for c in dict.fromkeys(cell) if not _carried(as_cp932(c) if codec == 'cp932' else c, codec)]
        if bad:
            words = 'Shift_JISで表せない文字' if codec == 'cp932' else '書き出せない文字'
            found.append(Problem(line, header, _sound(cell[:100]),
                                 f'{words}: ' + '、'.join(f'{_sound(c)}（U+{ord(c):04X}）' for c in bad)))
    return found


def _carried(character, codec):
    try:
        character.encode(codec)
        return True
    except UnicodeEncodeError:
        return False


def _sound(text):
    """Return text that can be shown: half characters would break the page that names them."""
    return _UNWRITABLE.sub('\ufffd', text)


def write_csv(headers, rows, encoding='utf-8-sig'):
    """Return a CSV: UTF-8 with BOM, or CP932 after mapping 〜 − ‖ — ¢ £ ¬ to the forms Windows reads back.

    Raise Unreadable, listing every line, column and character, when the encoding cannot carry the text.
    """
    return b''.join(stream_csv(headers, rows, encoding))


#: how Excel shows what is no text: kind of a column → number format
FORMATS = {'day': 'yyyy/mm/dd', 'moment': 'yyyy/mm/dd hh:mm', 'number': '#,##0', 'plain': '0',
           'decimal': 'General'}


def write_xlsx(headers, rows, title, kinds=None):
    """Return a workbook with one sheet, its header bold, frozen and filterable.

    Every cell is text, so that leading zeros survive. `kinds`, for a file that people read, says of each
    column which of FORMATS its cells are, None for text. Raise Unreadable for a cell or a table that Excel
    cannot hold.
    """
    kinds = kinds or [None] * len(headers)
    output = io.BytesIO()
    import xlsxwriter  # with each start it took as long as the whole of this package
    book = xlsxwriter.Workbook(output, {'in_memory': True, 'constant_memory': True,
                                        'strings_to_formulas': False, 'strings_to_urls': False,
                                        'strings_to_numbers': False})
    name = re.sub(r'[\[\]:*?/\\\x00-\x1f]', '', title)[:31].strip("' ")
    sheet = book.add_worksheet(name or 'Sheet1')
    bold = book.add_format({'bold': True, 'bg_color': '#E8F1FE', 'border': 1})
    formats = {kind: book.add_format({'num_format': FORMATS[kind]}) for kind in kinds if kind}
    widths = [max({'day': 12, 'moment': 18}.get(kind, 10), min(40, 2 * len(header) + 2))
              for kind, header in zip(kinds, headers, strict=True)]
    sheet.freeze_panes(1, 0)
    last, lost = 0, []
    for last, row in enumerate(_lines(headers, rows)):
        joined = ''.join(row)
        if len(joined) > MAX_CELL or not joined.isprintable() and _UNWRITABLE.search(joined):
            lost += _unheld(last + 1, headers, row)
        if last >= MAX_XLSX_ROWS:
            refuse(f'Excelの{MAX_XLSX_ROWS:,}行を超えます。CSVで書き出してください。')
        if len(lost) >= MAX_PROBLEMS:
            break
        if last <= MEASURED:
            widths = [max(width, min(60, columns_of(cell))) for width, cell in zip(widths, row, strict=True)]
        for place, cell in enumerate(row):
            if cell and last and kinds[place]:
                _write_value(sheet, last, place, unneutralised(cell), kinds[place], formats[kinds[place]])
            elif cell:
                sheet.write_string(last, place, cell, None if last else bold)
    if lost:
        raise Unreadable(lost)
    for place, width in enumerate(widths):
        sheet.set_column(place, place, width)
    if headers:
        sheet.autofilter(0, 0, max(last, 1), len(headers) - 1)
    book.close()
    return output.getvalue()


#: so many rows say how wide the columns are
MEASURED = 300


def columns_of(text):
    """Return how wide a text is in a spreadsheet: a character of East Asia takes the room of two."""
    return 2 + sum(1 if character < '\u1100' or '\uff61' <= character <= '\uff9f' else 2
                   for character in text[:60])


def _write_value(sheet, line, place, text, kind, format):
    """Write a day, moment or number as one; Excel knows no day before 1900, that stays text."""
    if kind in ('day', 'moment'):
        value = datetime.fromisoformat(text)
        if value.year > 1900:
            sheet.write_datetime(line, place, value, format)
        else:
            sheet.write_string(line, place, text)
    else:
        sheet.write_number(line, place, float(text), format)


def _unheld(line, headers, row):
    """Return a Problem per cell that a workbook cannot hold."""
    found = [Problem(line, header, cell[:50],
                     f'Excelの1つのセルは{MAX_CELL:,}文字までです。CSVで書き出してください。')
             for header, cell in zip(headers, row, strict=True) if len(cell) > MAX_CELL]
    for header, cell in zip(headers, row, strict=True):
        if bad := sorted(set(_UNWRITABLE.findall(cell))):
            found.append(Problem(line, header, _sound(cell[:100]),
                                 '書き出せない文字: ' + '、'.join(f'U+{ord(c):04X}' for c in bad)))
    return found
