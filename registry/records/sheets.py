"""Table files in and out: CSV, TSV and XLSX as rows of text, knowing nothing of nouns; nothing uploaded is
trusted."""
import codecs
import csv
import io
import json
import re
import unicodedata
import zipfile
from array import array
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import islice
from xml.parsers import expat

import python_calamine
import xlsxwriter

from models.packed import Packed

MAX_BYTES = 20 * 1024 * 1024
MAX_ROWS = 120_000
MAX_COLUMNS = 100
MAX_CELL = 32_767
MAX_HEADER = 200
#: beyond this many the file is wrong as a whole, and the list would fill the memory
MAX_PROBLEMS = 5_000
#: cells with and without a value, a hundred thousand rows of twenty-five; counted before a table is read
MAX_CELLS = 2_500_000
MAX_ENTRIES, MAX_UNPACKED, MAX_RATIO = 1_000, 300 * 1024 * 1024, 200
#: bytes of one part of a workbook: its table and its texts may be large, what describes them is not
MAX_PART = {'sheet': 160 * 1024 * 1024, 'xl/sharedStrings.xml': 96 * 1024 * 1024,
            'xl/styles.xml': 8 * 1024 * 1024}
MAX_SMALL_PART = 1024 * 1024
#: the parser makes room for every cell up to the last one: a nearly empty workbook may not claim more than
#: SPARSE_CELLS
MAX_TEXT, SPARSE_CELLS = 30_000_000, 1_000_000
MAX_XLSX_ROWS = 1_048_576
BATCH = 500
#: bytes of a file that are decoded at once
PIECE = 64 * 1024
_HALF = timedelta(milliseconds=500)
#: what a spreadsheet takes for a formula's beginning, in any width, and what CP932 makes such a character of
#: (−)
_FORMULA = r'[=+\-@＝＋－＠−﹢﹣﹦﹫\t\r\n]'
#: spaces and marks without width: one that a spreadsheet drops would bring the formula to the front
_UNSEEN = ('[ '
           '\xa0\xad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\u3164'
           '\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]*')
_NEUTRAL = re.compile(f"'*{_UNSEEN}{_FORMULA}")
_NEUTRALISED = re.compile(f"'+{_UNSEEN}{_FORMULA}")
_STRANGE = re.compile('[\ue000-\uf8ff\U000f0000-\U0010ffff\ud800-\udfff\ufffe\uffff'
                      '\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]')
#: what no file of ours can hold: half characters, and the two that XML forbids and Excel cannot escape
_UNWRITABLE = re.compile('[\ud800-\udfff\ufffe\uffff]')
#: what ends a cell besides the next one; what follows the rows may hold formulas of its own
_CLOSERS = frozenset({'row', 'extLst', 'AlternateContent'})
#: characters that Windows' CP932 writes in another way than Unicode does
_TWINS = str.maketrans({'〜': '～', '−': '－', '‖': '∥', '—': '―', '¢': '￠', '£': '￡', '¬': '￢'})
_BROKEN = 'Excelファイルが壊れています。Excelで開いて保存し直すか、CSV（UTF-8）で保存してください。'
_TOO_BIG = 'ファイルの中身が大きすぎます。表だけを新しいファイルに貼り付けて保存し直してください。'
_TOO_MANY_ROWS = f'{MAX_ROWS:,}行を超えています。分けて取り込んでください。'
_TOO_MANY_CELLS = (f'欄（行×列）が{MAX_CELLS:,}を超えています。取り込む列だけを残すか、'
                   '行を分けて取り込んでください。')


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a file: `line` is the line a person sees (None: the whole file), `message` says
    what to do."""

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
    """A file's table: headers, rows as (line number, cells), all text; `problems` names the cells that
    cannot be used."""

    headers: list
    rows: Packed | list
    encoding: str
    kind: str
    problems: list = field(default_factory=list)

    def write(self, file, about):
        """Write the sheet and what else is to be known of it to a binary file, from which `kept` reads it."""
        def line(value):
            # half characters, which a workbook may hold, are named in the preview
            file.write(json.dumps(value, ensure_ascii=False).encode('utf-8', 'surrogatepass') + b'\n')
        line([about, self.headers, self.encoding, self.kind,
              [[p.line, p.column, p.value, p.message] for p in self.problems]])
        for block in self.rows.blocks():
            line(block)

    @classmethod
    def kept(cls, file):
        """Return (what else is to be known, Sheet) of what `write` has written; raise ValueError or
        TypeError for anything else."""
        lines = (json.loads(line.decode('utf-8', 'surrogatepass')) for line in file)
        about, headers, encoding, kind, problems = next(lines, ())
        return about, cls(headers, Packed(row for block in lines for row in block), encoding, kind,
                          [Problem(*values) for values in problems])


def refuse(message, line=None, column='', value=''):
    raise Unreadable([Problem(line, column, value, message)])


def read(data, name, encoding='auto'):
    """Read a file's first table; raise Unreadable when it cannot be one.

    CSV or TSV in UTF-8 (with or without BOM) or CP932, or XLSX, told by content. `encoding` auto, utf-8 or
    cp932.
    `name` is the file's name, for the messages only.
    """
    if not data:
        refuse('ファイルが空です。1行目に列名のあるファイルを選んでください。')
    if len(data) > MAX_BYTES:
        refuse('ファイルが20MBを超えています。分けて取り込んでください。')
    if data[:4] == b'PK\x03\x04':
        records, problems = _read_xlsx(data, name)
        return _sheet(records, 'xlsx', 'xlsx', problems)
    if data[:8] == b'\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1':
        refuse('古い形式のExcel（.xls）か、パスワードつきのファイルです。.xlsx か CSV（UTF-8）'
               'で保存し直してください。')
    encoding = _encoding_of(data, encoding)
    return _sheet(_read_csv(data, encoding), encoding, 'csv', [])


def _encoding_of(data, encoding):
    """Return the encoding in which a file is text: utf-8 or cp932."""
    if data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        refuse('文字コードがUTF-16（Unicodeテキスト）です。CSV（UTF-8）で保存し直してください。')
    marked = data[:3] == codecs.BOM_UTF8
    if marked and encoding == 'cp932':
        refuse('このファイルの文字コードはUTF-8です。文字コードを「自動」か「UTF-8」にしてください。')
    if encoding in ('auto', 'utf-8'):
        wrong = _undecodable(data, 'utf-8-sig')
        if wrong is None:
            return 'utf-8'
        if marked:
            refuse('UTF-8として読めない文字があります。CSV（UTF-8）で保存し直してください。', wrong)
        if encoding == 'utf-8':
            refuse('UTF-8として読めない文字があります。文字コードを「自動」か「Shift_JIS」にしてください。',
                   wrong)
    if wrong := _undecodable(data, 'cp932'):
        refuse('文字コードを読み取れません。CSV（UTF-8）で保存し直してください。', wrong)
    return 'cp932'


def _undecodable(data, codec):
    """Return the line of the first bytes that are no text in a codec, or None; the text itself is not
    held."""
    decoder, view = codecs.getincrementaldecoder(codec)(), memoryview(data)
    try:
        for start in range(0, len(data), PIECE):
            decoder.decode(view[start:start + PIECE], start + PIECE >= len(data))
    except UnicodeDecodeError:
        try:
            data.decode(codec)
        except UnicodeDecodeError as error:
            return error.object.count(b'\n', 0, error.start) + 1
    return None


def _read_csv(data, encoding):
    """Yield (line, cells) of a CSV or TSV; the line is the first physical line of the record."""
    if (place := data.find(b'\x00')) >= 0:
        refuse('CSVではないデータが含まれています。CSV か .xlsx で保存し直してください。',
               data.count(b'\n', 0, place) + 1)
    # old host systems end a file with Ctrl-Z
    data = data.removesuffix(b'\x1a')
    first = re.sub('"[^"]*"', '',
                   _text_of(data, encoding).read(65536).lstrip('\r\n')).splitlines()[:1] or ['']
    delimiter = '\t' if '\t' in first[0] and first[0].count('\t') >= first[0].count(',') else ','
    # in both encodings these bytes are nothing but themselves
    if data.count(delimiter.encode()) + data.count(b'\n') > MAX_CELLS:
        refuse(_TOO_MANY_CELLS)
    reader = csv.reader(_text_of(data, encoding), delimiter=delimiter, strict=True)
    last = found = 0
    try:
        for cells in reader:
            if cells:
                found += 1
                yield last + 1, cells
            last = reader.line_num
            if found > MAX_ROWS + 1:
                refuse(_TOO_MANY_ROWS)
    except csv.Error:
        refuse('引用符（"）の閉じ忘れか長すぎる欄があり、行の区切りを読み取れません。'
               'この行の引用符を直してください。', last + 1)


def _text_of(data, encoding):
    """Return a file's text to be read bit by bit: whole it would take up to four times the file."""
    return io.TextIOWrapper(io.BytesIO(data), 'utf-8-sig' if encoding == 'utf-8' else encoding, newline='')


# --- XLSX: looked at before it is parsed ---

def _read_xlsx(data, name):
    """Return ((line, cells) as they are read, problems) of a workbook's first sheet."""
    with _readable():
        clean, problems, shaped = _inspect(data, name)
        sheet = python_calamine.CalamineWorkbook.from_filelike(clean).get_sheet_by_index(0)
        return _rows_of(sheet, shaped), problems


@contextmanager
def _readable():
    """Say in words that a workbook is broken, in whatever way it is."""
    try:
        yield
    except Unreadable:
        raise
    except Exception as error:
        raise Unreadable([Problem(None, '', '', _BROKEN)]) from error
    except BaseException as error:
        # the parser's own failures on crafted bytes come as a kind of their own, outside Exception
        if type(error).__name__ != 'PanicException':
            raise
        raise Unreadable([Problem(None, '', '', _BROKEN)]) from error


def _rows_of(sheet, shaped):
    """Yield (line, cells) of a worksheet; `shaped` says of which cells something is shown that their value
    does not hold."""
    with _readable():
        shapes = {}
        for line, column, shape in shaped:
            shapes.setdefault(line, []).append((column, shape))
        skipped = [''] * (sheet.start[1] if sheet.start else 0)
        # row by row: the whole table as numbers and as texts at once would be twice the memory
        for line, row in enumerate(sheet.iter_rows(), 1):
            row = skipped + row
            cells = [_cell(value) for value in row]
            for column, shape in shapes.get(line, ()):
                # Excel keeps 0.62 where a person sees 62%, and a day where they see its 0:00
                if shape == '%' and isinstance(row[column - 1], float):
                    cells[column - 1] = f'{(_seen(row[column - 1]) * 100).normalize():f}%'
                elif shape == 'h' and isinstance(row[column - 1], date) and ':' not in cells[column - 1]:
                    cells[column - 1] += ' 00:00'
            yield line, cells


def _inspect(data, name):
    """Return (a file with only the vetted parts of the workbook's first sheet, problems of its cells, what
    `_survey` says of others).

    The parser gets a new archive, so that it cannot see another one in the same bytes, nor pictures, macros
    or links.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = archive.infolist()
        unpacked = sum(entry.file_size for entry in entries)
        if len(entries) > MAX_ENTRIES or unpacked > MAX_UNPACKED or unpacked > MAX_RATIO * len(
                data) + 1024 * 1024:
            refuse(_TOO_BIG)
        parts = {entry.filename.casefold(): entry for entry in entries}
        if 'xl/workbook.xml' not in parts:
            refuse(f'「{name[:100]}」はExcelのブック（.xlsx）ではありません。.xlsx か CSV（UTF-8）'
                   'で保存し直してください。')
        if any(entry.flag_bits & 1 for entry in entries):
            refuse('パスワードつきのファイルです。パスワードを外して保存し直してください。')

        def part(path, most=MAX_SMALL_PART):
            entry = parts.get(path.casefold())
            if entry is not None and entry.file_size > most:
                refuse(_TOO_BIG)
            return None if entry is None else archive.read(entry)

        described = {path: part(path) for path in ('[Content_Types].xml', '_rels/.rels', 'xl/workbook.xml',
            'xl/_rels/workbook.xml.rels')}
        styles = part('xl/styles.xml', MAX_PART['xl/styles.xml'])
        texts = parts.get('xl/sharedstrings.xml')
        path_of_table = _first_sheet(described['xl/workbook.xml'], described['xl/_rels/workbook.xml.rels'])
        table = parts.get(path_of_table.casefold())
        if table is None or path_of_table in {*described, 'xl/styles.xml', 'xl/sharedStrings.xml'}:
            refuse(_BROKEN)
        # the large parts are unpacked bit by bit: whole they are ten times the file
        for entry, most in ((table, MAX_PART['sheet']), (texts, MAX_PART['xl/sharedStrings.xml'])):
            if entry is not None and entry.file_size > most:
                refuse(_TOO_BIG)
        if _cells_in(_pieces(archive, table)) > MAX_CELLS:
            refuse(_TOO_MANY_CELLS)
        lengths = _lengths(None if texts is None else _pieces(archive, texts))
        problems, shaped = _survey(_pieces(archive, table), lengths, _shapes(styles and [styles]))
        clean = io.BytesIO()
        with zipfile.ZipFile(clean, 'w', zipfile.ZIP_DEFLATED, compresslevel=1) as copy:
            for path, content in {**described, 'xl/styles.xml': styles}.items():
                if content is not None:
                    copy.writestr(path, content)
            for path, entry in (('xl/sharedStrings.xml', texts), (path_of_table, table)):
                if entry is not None:
                    with copy.open(path, 'w') as file:
                        file.writelines(_pieces(archive, entry))
    clean.seek(0)
    return clean, problems, shaped


def _pieces(archive, entry):
    """Yield the content of a part of a workbook, a piece at a time."""
    with archive.open(entry) as file:
        while piece := file.read(PIECE):
            yield piece


def _cells_in(pieces):
    """Return how many cells a table claims to have, before any is read."""
    cells, end = 0, b''
    for piece in pieces:
        piece = end + piece
        cells += piece.count(b'<c ') + piece.count(b'<c>') + piece.count(b'<c/')
        end = piece[-2:]
    return cells


def _parse(pieces, start, text=None):
    """Run the pieces of an XML part through expat; a document type, which could hold entities, is refused."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.CharacterDataHandler = start, text
    parser.StartDoctypeDeclHandler = lambda *_: refuse(_BROKEN)
    for piece in pieces:
        parser.Parse(piece)
    parser.Parse(b'', True)


def _bare(tag):
    return tag.rpartition(':')[2]


def _first_sheet(workbook, relations):
    """Return the path of the part that holds the first sheet."""
    ids, targets = [], {}

    def sheet(tag, attributes):
        if _bare(tag) == 'sheet':
            ids.extend(value for key, value in attributes.items() if key.endswith(':id'))

    def relation(tag, attributes):
        if _bare(tag) == 'Relationship':
            targets[attributes.get('Id')] = attributes.get('Target', '')

    _parse([workbook], sheet)
    _parse([relations or b''], relation)
    target = targets.get(ids[0], '') if ids else ''
    return target[1:] if target.startswith('/') else target if target.startswith('xl/') else f'xl/{target}'


def _lengths(xml):
    """Return the length of every shared string."""
    found = array('i')
    if xml is None:
        return found

    def start(tag, attributes):
        if tag == 'si' or tag.endswith(':si'):
            found.append(0)

    def text(data):
        if found:
            found[-1] += len(data)

    _parse(xml, start, text)
    return found


def _shapes(xml):
    """Return {number of a cell style, as text: '%' or 'h'} of the styles that show a number as a percentage,
    or with a time of day."""
    # 0%, 0.00% and m/d/yy h:mm are Excel's own
    codes, formats, inside = {'9': '%', '10': '%', '22': 'h'}, [], False

    def start(tag, attributes):
        nonlocal inside
        tag = _bare(tag)
        if tag == 'numFmt':
            words = re.sub(r'"[^"]*"|\\.|\[[^\]]*\]', '', attributes.get('formatCode', '')).lower()
            moment = 'h' in words and 'd' in words
            codes[attributes.get('numFmtId')] = '%' if '%' in words else 'h' if moment else ''
        elif tag in ('cellStyleXfs', 'cellXfs', 'cellStyles'):
            inside = tag == 'cellXfs'
        elif tag == 'xf' and inside:
            formats.append(attributes.get('numFmtId'))

    if xml is not None:
        _parse(xml, start)
    return {str(place): codes[code] for place, code in enumerate(formats) if codes.get(code)}


def _survey(xml, lengths, shapes):
    """Return ([(line, column number, value, message)] of cells without a usable value, [(line, column
    number, shape)] of `shapes`).

    Refuse a sheet too wide, long or big.

    One handler does it: a cell is judged when the next one starts, which halves the time of a large sheet.
    """
    line = column = rows = columns = cells = size = opened_cells = 0
    kind = value = ''
    formula = inside = filled = opened = False
    columns_of = {}
    problems, shaped = [], []
    shape = None

    def start(tag, attributes):
        nonlocal line, column, kind, value, formula, inside, filled, opened, shape, opened_cells
        if ':' in tag:
            tag = _bare(tag)
        inside = False
        if tag == 'c':
            if filled or formula:
                judge()
            kind, value, formula, filled, opened = attributes.get('t'), '', False, False, True
            opened_cells += 1
            if opened_cells > MAX_CELLS:
                refuse(_TOO_MANY_CELLS)
            reference = attributes.get('r')
            if reference is None:
                column += 1
            else:
                letters = reference.rstrip('0123456789')
                column = columns_of.get(letters) or columns_of.setdefault(letters, _column(letters))
                line = int(reference[len(letters):])
            shape = shapes.get(attributes.get('s'))
        elif tag == 'v' or tag == 'is':
            if filled and opened:
                refuse(_BROKEN)
            inside, filled = tag == 'v', True
        elif tag == 'f':
            formula = opened
        elif tag in _CLOSERS:
            if filled or formula:
                judge()
            formula = filled = opened = False
            if tag == 'row':
                number = attributes.get('r')
                line, column = line + 1 if number is None else int(number), 0

    def text(data):
        nonlocal value
        if inside:
            value += data
            if len(value) > MAX_CELL:
                refuse(_BROKEN)

    def judge():
        nonlocal rows, columns, cells, size
        cells += 1
        if line > rows:
            rows = line
            if rows > MAX_ROWS + 1:
                refuse(_TOO_MANY_ROWS)
        if column > columns:
            columns = column
            if columns > MAX_COLUMNS:
                refuse(f'列が{MAX_COLUMNS}を超えています（{column}列目に値があります）。'
                       '不要な列を削除してください。', line)
        if shape and kind in (None, 'n'):
            shaped.append((line, column, shape))
        if kind == 's':
            size += lengths[int(value)]
            if size > MAX_TEXT:
                refuse(_TOO_BIG)
        elif kind == 'e':
            problems.append((line, column, value.strip(),
                             '計算式がエラーです。Excelで直して保存してください。'))
        elif formula and kind != 'str' and not value.strip():
            problems.append((line, column, '',
                             '計算式の結果が保存されていません。Excelで開いて保存し直してください。'))

    _parse(xml, start, text)
    if filled or formula:
        judge()
    if rows * columns > max(SPARSE_CELLS, 4 * cells):
        refuse('値のある欄が離れすぎています。表だけを新しいファイルに貼り付けて保存し直してください。', rows)
    return problems, shaped


def _column(letters):
    """Return the number of a column by its letters: A is 1."""
    if not re.fullmatch('[A-Za-z]{1,3}', letters):
        refuse(_BROKEN)
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number


def _seen(value):
    """Return a number's 15 digits that Excel shows; the rest is binary noise (0.30000000000000004)."""
    return Decimal(format(value, '.15g'))


def _cell(value):
    """Return a workbook's value as a person would type it."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return '1' if value else '0'
    if isinstance(value, float):
        if value.is_integer() and abs(value) < 2**53:
            return str(int(value))
        return format(_seen(value), 'f')
    if isinstance(value, datetime):
        value = (value + _HALF).replace(microsecond=0)
        return value.date().isoformat() + (f' {_clock(value)}' if value.time() != time() else '')
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return _clock(datetime.combine(date.min, value) + _HALF)
    if isinstance(value, timedelta):
        seconds = round(value.total_seconds())
        return f'{"-" if seconds < 0 else ""}{abs(seconds) // 3600}:{abs(seconds) // 60 % 60:02}' + (
            f':{abs(seconds) % 60:02}' if seconds % 60 else '')
    return str(value)


def _clock(value):
    return f'{value:%H:%M:%S}' if value.second else f'{value:%H:%M}'


# --- rows ---

def _sheet(records, encoding, kind, bad):
    """Return the Sheet of (line, cells) as they come; `bad` are cells already known to be unusable."""
    records = iter(records)
    first = next(((line, cells) for line, cells in records if any(cell.strip() for cell in cells)), None)
    if first is None:
        refuse('ファイルが空です。1行目に列名のあるファイルを選んでください。')
    try:
        headers = _headers(*first)
    except Unreadable:
        # what keeps the file from being read at all is said first
        deque(records, 0)
        raise
    width = len(headers)
    problems = [Problem(line, headers[column - 1] if column <= width else f'{column}列目', value[:100],
                        message)
                for line, column, value, message in bad[:MAX_PROBLEMS]]
    rows = Packed()
    for line, cells in records:
        joined = ''.join(cells)
        if not joined or joined.isspace():
            continue
        if len(cells) > width:
            extra = next((at for at in range(width, len(cells)) if cells[at].strip()), None)
            if extra is not None:
                problems.append(Problem(line, f'{extra + 1}列目', cells[extra][:100],
                                        '列名より右にも値があります。値にカンマがあるときは " '
                                        'で囲んでください。'))
            cells = cells[:width]
        elif len(cells) < width:
            cells = cells + [''] * (width - len(cells))
        if len(joined) > MAX_CELL:
            problems += [Problem(line, header, cell[:50], f'1つの欄は{MAX_CELL:,}文字までです。')
                         for header, cell in zip(headers, cells, strict=True) if len(cell) > MAX_CELL]
        if not joined.isprintable() and _STRANGE.search(joined):
            problems += [_strange(line, header, cell) for header, cell in zip(headers, cells, strict=True)
                         if _STRANGE.search(cell)]
        if "'" in joined:
            cells = [_restored(cell) for cell in cells]
            if not any(cell.strip() for cell in cells):
                continue
        rows.append((line, cells))
        if len(problems) >= MAX_PROBLEMS:
            break
    deque(records, 0)
    problems.sort(key=lambda problem: problem.line)
    if len(problems) >= MAX_PROBLEMS:
        problems = [*problems[:MAX_PROBLEMS], Problem(None, '', '',
            f'問題が{MAX_PROBLEMS:,}件を超えました。ファイルの形式を確かめてください。')]
    return Sheet(headers, rows, encoding, kind, problems)


def _headers(line, cells):
    """Return the column names of the header line; refuse blank, repeated, too many or too long ones."""
    cells = cells[:next((place for place in range(len(cells), 0, -1) if cells[place - 1].strip()), 0)]
    if len(cells) > MAX_COLUMNS:
        refuse(f'列が{MAX_COLUMNS}を超えています。不要な列を削除してください。', line)
    headers = [unicodedata.normalize('NFKC', _restored(cell[:MAX_HEADER + 2])).strip() for cell in cells]
    while headers and not headers[-1]:
        headers.pop()
    problems, seen = [], set()
    for place, header in enumerate(headers, 1):
        if not header:
            problems.append(Problem(line, f'{place}列目', '',
                                    '列名がありません。列名を入れるか、列を削除してください。'))
        elif len(header) > MAX_HEADER:
            problems.append(Problem(line, f'{place}列目', header[:50],
                                    '列名が長すぎます。1行目に列名のあるファイルを選んでください。'))
        elif found := _STRANGE.search(header):
            problems.append(Problem(line, f'{place}列目', '',
                                    f'列名に使えない文字（U+{ord(found.group()):04X}）があります。'
                                    '列名を入れ直してください。'))
        elif header in seen:
            problems.append(Problem(line, header, header, 'この列名が2回あります。片方を削除してください。'))
        seen.add(header)
    if problems:
        raise Unreadable(problems)
    return headers


def _strange(line, header, cell):
    found = ''.join(sorted(set(_STRANGE.findall(cell))))
    codes = '、'.join(f'U+{ord(c):04X}' for c in found[:20])
    words = '外字' if any(ord(c) >= 0xe000 for c in found) else '制御文字'
    return Problem(line, header, cell[:100],
                   f'{words}（{codes}）が含まれています。標準の文字に置き換えてください。')


def _restored(cell):
    return cell[1:] if _NEUTRALISED.match(cell) else cell


def neutral(cell):
    """Return a cell that no spreadsheet takes for a formula; `read` gives the original back."""
    return "'" + cell if _NEUTRAL.match(cell) else cell


def twinned(text):
    """Return text as CP932 carries it and Windows reads it back: 〜 as ～, − as －."""
    return text.translate(_TWINS)


def stream_csv(headers, rows, encoding='utf-8-sig'):
    """Yield the bytes of a CSV, neutralised, in chunks; `encoding` is utf-8-sig (with BOM), utf-8 or cp932.

    Raise Unreadable, naming line, column and character, for what the encoding cannot carry; for CP932 (see
    `twinned`) before the first byte, so that nothing is sent of a file that would lose characters.
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
            held.append((twinned(text) if cp932 else text).encode(codec))
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
    yield [neutral(header) for header in headers]
    formula = _NEUTRAL.match
    for row in rows:
        yield ["'" + cell if formula(cell) else cell for cell in row]


def _lost(line, headers, row, codec):
    """Return a Problem per cell that an encoding cannot carry."""
    found = []
    for header, cell in zip(headers, row, strict=True):
        bad = [c for c in dict.fromkeys(cell) if not _carried(twinned(c) if codec == 'cp932' else c, codec)]
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
    """Return a workbook with one sheet: header bold, frozen and filterable, every cell text so leading zeros
    survive.

    `kinds`, for a file that people read, says of each column which of FORMATS its cells are, None for text.
    Raise Unreadable for a cell or a table that Excel cannot hold.
    """
    kinds = kinds or [None] * len(headers)
    output = io.BytesIO()
    book = xlsxwriter.Workbook(output, {'in_memory': True, 'constant_memory': True,
                                        'strings_to_formulas': False, 'strings_to_urls': False,
                                        'strings_to_numbers': False})
    name = re.sub(r'[\[\]:*?/\\\x00-\x1f]', '', title)[:31].strip("' ")
    sheet = book.add_worksheet(name or 'Sheet1')
    bold = book.add_format({'bold': True, 'bg_color': '#E8F1FE', 'border': 1})
    formats = {kind: book.add_format({'num_format': FORMATS[kind]}) for kind in kinds if kind}
    for place, header in enumerate(headers):
        sheet.set_column(place, place, max({'day': 12, 'moment': 18}.get(kinds[place], 10),
                                           min(40, 2 * len(header) + 2)))
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
        for place, cell in enumerate(row):
            if cell and last and kinds[place]:
                _write_value(sheet, last, place, _restored(cell), kinds[place], formats[kinds[place]])
            elif cell:
                sheet.write_string(last, place, cell, None if last else bold)
    if lost:
        raise Unreadable(lost)
    if headers:
        sheet.autofilter(0, 0, max(last, 1), len(headers) - 1)
    book.close()
    return output.getvalue()


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
