"""A workbook looked at before it is parsed: its size, its parts, and the cells a parser would misread."""
import io
import re
import zipfile
from array import array
from xml.parsers import expat

from .table import MAX_CELL, MAX_CELLS, MAX_COLUMNS, MAX_ROWS, PIECE, TOO_MANY_CELLS, TOO_MANY_ROWS, refuse

MAX_ENTRIES, MAX_UNPACKED, MAX_RATIO = 1_000, 300 * 1024 * 1024, 200
#: bytes of one part of a workbook: its table and its texts may be large, what describes them is not
MAX_PART = {'sheet': 160 * 1024 * 1024, 'xl/sharedStrings.xml': 96 * 1024 * 1024,
            'xl/styles.xml': 8 * 1024 * 1024}
MAX_SMALL_PART = 1024 * 1024
#: characters of all texts; cells up to the last one (the parser makes room for each) of a sparse sheet
MAX_TEXT, SPARSE_CELLS = 30_000_000, 1_000_000
#: what ends a cell besides the next one; what follows the rows may hold formulas of its own
_CLOSERS = frozenset({'row', 'extLst', 'AlternateContent'})
BROKEN = 'Excelファイルが壊れています。Excelで開いて保存し直すか、CSV（UTF-8）で保存してください。'
_TOO_BIG = 'ファイルの中身が大きすぎます。表だけを新しいファイルに貼り付けて保存し直してください。'


def inspect(data, name):
    """Return (the vetted parts of a workbook's first sheet as a file, problems, shapes of its cells).

    Problems and shapes are those of `_survey`. The parser gets a new archive, so that it cannot see another
    one in the same bytes, nor pictures, macros or links.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = archive.infolist()
        unpacked = sum(entry.file_size for entry in entries)
        most = min(MAX_UNPACKED, MAX_RATIO * len(data) + 1024 * 1024)
        if len(entries) > MAX_ENTRIES or unpacked > most:
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

        described = {path: part(path) for path in (
            '[Content_Types].xml', '_rels/.rels', 'xl/workbook.xml', 'xl/_rels/workbook.xml.rels')}
        styles = part('xl/styles.xml', MAX_PART['xl/styles.xml'])
        texts = parts.get('xl/sharedstrings.xml')
        path_of_table = _first_sheet(described['xl/workbook.xml'], described['xl/_rels/workbook.xml.rels'])
        table = parts.get(path_of_table.casefold())
        if table is None or path_of_table in {*described, 'xl/styles.xml', 'xl/sharedStrings.xml'}:
            refuse(BROKEN)
        # the large parts are unpacked bit by bit: whole they are ten times the file
        for entry, most in ((table, MAX_PART['sheet']), (texts, MAX_PART['xl/sharedStrings.xml'])):
            if entry is not None and entry.file_size > most:
                refuse(_TOO_BIG)
        if _cells_in(_pieces(archive, table)) > MAX_CELLS:
            refuse(TOO_MANY_CELLS)
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
    parser.StartDoctypeDeclHandler = lambda *_: refuse(BROKEN)
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
    """Return {number of a cell style, as text: '%' or 'h'} of those showing percentages or times of day."""
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
    """Return (problems of cells without a usable value, shapes of cells) of a sheet.

    Problems are [(line, column number, value, message)], shapes [(line, column number, shape)] of `shapes`.
    Refuse a sheet too wide, long or big. One handler does it: a cell is judged when the next one starts,
    which halves the time of a large sheet.
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
                refuse(TOO_MANY_CELLS)
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
                refuse(BROKEN)
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
                refuse(BROKEN)

    def judge():
        nonlocal rows, columns, cells, size
        cells += 1
        if line > rows:
            rows = line
            if rows > MAX_ROWS + 1:
                refuse(TOO_MANY_ROWS)
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
        refuse(BROKEN)
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number
