"""Table files in and out: CSV, TSV and XLSX as rows of text, knowing nothing of nouns; nothing uploaded is trusted."""
import csv
import io
import re
import unicodedata
import zipfile
from dataclasses import dataclass, field
from datetime import date, datetime, time

import python_calamine
import xlsxwriter

MAX_BYTES = 20 * 1024 * 1024
MAX_ROWS = 120_000
MAX_COLUMNS = 100
MAX_CELL = 32_767
MAX_ENTRIES, MAX_UNPACKED, MAX_RATIO = 1_000, 300 * 1024 * 1024, 200
_NEUTRAL = re.compile(r"'*[=+\-@\t\r]")
_NEUTRALISED = re.compile(r"'+[=+\-@\t\r]")
_STRANGE = re.compile('[\ue000-\uf8ff\U000f0000-\U0010ffff\ud800-\udfff\x00-\x08\x0b\x0c\x0e-\x1f\x7f]')
#: characters that Windows' CP932 writes in another way than Unicode does
_TWINS = str.maketrans({'〜': '～', '−': '－', '‖': '∥', '—': '―', '¢': '￠', '£': '￡', '¬': '￢'})


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a file: `line` is the line a person sees (None: the whole file), `message` says what to do."""

    line: int | None
    column: str
    value: str
    message: str


class Unreadable(Exception):
    """A file cannot be read or written; `problems` says everything that is wrong."""

    def __init__(self, problems):
        super().__init__('; '.join(problem.message for problem in problems))
        self.problems = list(problems)


@dataclass
class Sheet:
    """A file's table: headers, rows as (line number, cells), all text; `problems` names the cells that cannot be used."""

    headers: list
    rows: list
    encoding: str
    kind: str
    problems: list = field(default_factory=list)


def refuse(message, line=None, column='', value=''):
    raise Unreadable([Problem(line, column, value, message)])


def read(data, name, encoding='auto'):
    """Read a file's first table; raise Unreadable when it cannot be one.

    CSV or TSV in UTF-8 (with or without BOM) or CP932, or XLSX, told by content. `encoding` auto, utf-8 or cp932.
    """
    if not data:
        refuse('ファイルが空です。1行目に列名のあるファイルを選んでください。')
    if len(data) > MAX_BYTES:
        refuse('ファイルが20MBを超えています。分けて取り込んでください。')
    if data[:4] == b'PK\x03\x04':
        records, encoding, kind = _read_xlsx(data), 'xlsx', 'xlsx'
    elif data[:8] == b'\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1':
        refuse('古い形式のExcel（.xls）か、パスワードつきのファイルです。.xlsx か CSV（UTF-8）で保存し直してください。')
    else:
        text, encoding = _decode(data, encoding)
        records, kind = _read_csv(text), 'csv'
    return _sheet(records, encoding, kind)


def _decode(data, encoding):
    if encoding in ('auto', 'utf-8'):
        try:
            return data.decode('utf-8-sig'), 'utf-8'
        except UnicodeDecodeError as error:
            if encoding == 'utf-8':
                line = data[:error.start].count(b'\n') + 1
                refuse('UTF-8として読めない文字があります。文字コードを「自動」か「Shift_JIS」にしてください。', line)
    try:
        return data.decode('cp932'), 'cp932'
    except UnicodeDecodeError as error:
        line = data[:error.start].count(b'\n') + 1
        refuse('文字コードを読み取れません。CSV（UTF-8）で保存し直してください。', line)


def _read_csv(text):
    """Yield (line, cells) of a CSV or TSV text; the line is the first physical line of the record."""
    if '\x00' in text:
        refuse('CSVではないデータが含まれています。CSV か .xlsx で保存し直してください。', text[:text.index('\x00')].count('\n') + 1)
    first = text.split('\n', 1)[0]
    delimiter = '\t' if first.count('\t') > first.count(',') else ','
    reader = csv.reader(io.StringIO(text, newline=''), delimiter=delimiter, strict=True)
    last = 0
    found = []
    try:
        for cells in reader:
            found.append((last + 1, cells))
            last = reader.line_num
            if len(found) > MAX_ROWS + 1:
                refuse(f'{MAX_ROWS:,}行を超えています。分けて取り込んでください。')
    except csv.Error:
        refuse('引用符（"）の閉じ忘れなどで、行の区切りを読み取れません。', last + 1)
    return found


def _read_xlsx(data):
    """Return [(line, cells)] of a workbook's first sheet, after the archive itself has been looked at."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, UnicodeDecodeError):
        refuse('Excelファイルが壊れています。Excelで開いて保存し直してください。')
    unpacked = sum(entry.file_size for entry in entries)
    if len(entries) > MAX_ENTRIES or unpacked > MAX_UNPACKED or unpacked > MAX_RATIO * len(data) + 1024 * 1024:
        refuse('ファイルの中身が大きすぎます。表だけを新しいファイルに貼り付けて保存し直してください。')
    if not any(entry.filename == 'xl/workbook.xml' for entry in entries):
        refuse('Excelのブック（.xlsx）ではありません。.xlsx か CSV（UTF-8）で保存し直してください。')
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        rows = book.get_sheet_by_index(0).to_python(skip_empty_area=False)
    except Exception as error:  # noqa: BLE001  (the parser raises its own kinds, and panics on crafted bytes)
        raise Unreadable([Problem(None, '', '', 'Excelファイルを読み取れません。CSV（UTF-8）で保存し直してください。')]) from error
    except BaseException as error:
        if type(error).__name__ != 'PanicException':
            raise
        raise Unreadable([Problem(None, '', '', 'Excelファイルを読み取れません。CSV（UTF-8）で保存し直してください。')]) from error
    if len(rows) > MAX_ROWS + 1:
        refuse(f'{MAX_ROWS:,}行を超えています。分けて取り込んでください。')
    return [(line, [_cell(value) for value in row]) for line, row in enumerate(rows, 1)]


def _cell(value):
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return '1' if value else '0'
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.strftime('%Y-%m-%d' if value.time() == time() else '%Y-%m-%d %H:%M:%S')
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def _sheet(records, encoding, kind):
    while records and not any(cell.strip() for cell in records[0][1]):
        records = records[1:]
    if not records:
        refuse('ファイルが空です。1行目に列名のあるファイルを選んでください。')
    headers = [unicodedata.normalize('NFKC', cell).strip() for cell in records[0][1]]
    while headers and not headers[-1]:
        headers.pop()
    if len(headers) > MAX_COLUMNS:
        refuse(f'列が{MAX_COLUMNS}を超えています。', 1)
    problems, seen = [], set()
    for place, header in enumerate(headers, 1):
        if not header:
            problems.append(Problem(records[0][0], f'{place}列目', '', '列名がありません。列名を入れるか、列を削除してください。'))
        elif header in seen:
            problems.append(Problem(records[0][0], header, header, 'この列名が2回あります。片方を削除してください。'))
        seen.add(header)
    if problems:
        raise Unreadable(problems)
    width = len(headers)
    rows = []
    for line, cells in records[1:]:
        if not any(cells) or not any(cell.strip() for cell in cells):
            continue
        extra = cells[width:]
        if any(cell.strip() for cell in extra):
            problems.append(Problem(line, f'{width + 1}列目', ' '.join(extra)[:100], '列名より右にも値があります。値にカンマがあるときは " で囲んでください。'))
        cells = cells[:width] + [''] * (width - len(cells))
        joined = ''.join(cells)
        if len(joined) > MAX_CELL:
            problems += [Problem(line, header, cell[:50], f'1つの欄は{MAX_CELL:,}文字までです。')
                         for header, cell in zip(headers, cells, strict=True) if len(cell) > MAX_CELL]
        if not joined.isascii() or not joined.isprintable():
            if _STRANGE.search(joined):
                problems += [_strange(line, header, cell) for header, cell in zip(headers, cells, strict=True) if _STRANGE.search(cell)]
        if "'" in joined:
            cells = [cell[1:] if _NEUTRALISED.match(cell) else cell for cell in cells]
        rows.append((line, cells))
    return Sheet(headers, rows, encoding, kind, problems)


def _strange(line, header, cell):
    found = ''.join(sorted(set(_STRANGE.findall(cell))))
    codes = '、'.join(f'U+{ord(c):04X}' for c in found)
    words = '外字' if any(ord(c) >= 0xe000 for c in found) else '制御文字'
    return Problem(line, header, cell[:100], f'{words}（{codes}）が含まれています。標準の文字に置き換えてください。')


def neutral(cell):
    """Return a cell that no spreadsheet takes for a formula; `read` gives the original back."""
    return "'" + cell if _NEUTRAL.match(cell) else cell


def twinned(text):
    """Return text as CP932 carries it and Windows reads it back: 〜 as ～, − as －."""
    return text.translate(_TWINS)


def stream_csv(headers, rows, encoding='utf-8-sig'):
    """Yield the bytes of a CSV, neutralised, in chunks; raise Unreadable for what CP932 cannot carry."""
    buffer = io.StringIO(newline='')
    out = csv.writer(buffer, lineterminator='\r\n')
    cp932 = encoding == 'cp932'
    lost = []
    if not cp932:
        buffer.write('\ufeff')
    out.writerow(headers)
    for line, row in enumerate(rows, 2):
        row = [neutral(cell) for cell in row]
        if cp932:
            row = [twinned(cell) for cell in row]
            lost += _lost(line, headers, row)
        out.writerow(row)
        if buffer.tell() > 65536 and not cp932:
            yield buffer.getvalue().encode('utf-8')
            buffer.seek(0)
            buffer.truncate()
    if lost:
        raise Unreadable(lost)
    yield buffer.getvalue().encode('cp932' if cp932 else 'utf-8')


def _lost(line, headers, row):
    """Return a Problem per cell that CP932 cannot carry."""
    text = '\n'.join(row)
    try:
        text.encode('cp932')
        return []
    except UnicodeEncodeError:
        pass
    found = []
    for header, cell in zip(headers, row, strict=True):
        bad = [c for c in dict.fromkeys(cell) if not _carried(c)]
        if bad:
            found.append(Problem(line, header, cell[:100], 'Shift_JISで表せない文字: ' + '、'.join(f'{c}（U+{ord(c):04X}）' for c in bad)))
    return found


def _carried(character):
    try:
        character.encode('cp932')
        return True
    except UnicodeEncodeError:
        return False


def write_csv(headers, rows, encoding='utf-8-sig'):
    """Return a CSV: UTF-8 with BOM, or CP932 after mapping 〜 − ‖ — to the forms Windows reads back.

    Raise Unreadable, listing every line, column and character, when CP932 cannot carry the text.
    """
    return b''.join(stream_csv(headers, rows, encoding))


def write_xlsx(headers, rows, title):
    """Return a workbook with one sheet: header bold, frozen and filterable, every cell text so leading zeros survive."""
    output = io.BytesIO()
    book = xlsxwriter.Workbook(output, {'in_memory': True, 'constant_memory': True, 'strings_to_formulas': False,
                                        'strings_to_urls': False, 'strings_to_numbers': False})
    sheet = book.add_worksheet(re.sub(r'[\[\]:*?/\\]', '', title)[:31] or 'Sheet1')
    bold = book.add_format({'bold': True, 'bg_color': '#E8F1FE', 'border': 1})
    for place, header in enumerate(headers):
        sheet.set_column(place, place, max(10, min(40, 2 * len(header) + 2)))
    sheet.freeze_panes(1, 0)
    sheet.write_row(0, 0, headers, bold)
    last = 0
    for last, row in enumerate(rows, 1):
        for place, cell in enumerate(row):
            if cell:
                sheet.write_string(last, place, neutral(cell)[:MAX_CELL])
    if headers:
        sheet.autofilter(0, 0, max(last, 1), len(headers) - 1)
    book.close()
    return output.getvalue()
