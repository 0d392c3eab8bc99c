"""Table files in: told by content, each as the same kind of table."""
import re
import unicodedata
from collections import deque

from models.packed import Packed

from .cells import unneutralised
from .reading_csv import encoding_of, read_csv
from .reading_xlsx import read_xlsx
from .table import (
    MAX_BYTES,
    MAX_CELL,
    MAX_COLUMNS,
    MAX_HEADER,
    MAX_PROBLEMS,
    Problem,
    Sheet,
    Unreadable,
    refuse,
)

STRANGE = re.compile('[\ue000-\uf8ff\U000f0000-\U0010ffff\ud800-\udfff\ufffe\uffff'
                      '\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]')


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
        records, problems = read_xlsx(data, name)
        return _sheet(records, 'xlsx', 'xlsx', problems)
    if data[:8] == b'\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1':
        refuse('古い形式のExcel（.xls）か、パスワードつきのファイルです。.xlsx か CSV（UTF-8）'
               'で保存し直してください。')
    encoding = encoding_of(data, encoding)
    return _sheet(read_csv(data, encoding), encoding, 'csv', [])


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
        if not joined.isprintable() and STRANGE.search(joined):
            problems += [_strange(line, header, cell) for header, cell in zip(headers, cells, strict=True)
                         if STRANGE.search(cell)]
        if "'" in joined:
            cells = [unneutralised(cell) for cell in cells]
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
    headers = [unicodedata.normalize('NFKC', unneutralised(cell[:MAX_HEADER + 2])).strip() for cell in cells]
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
        elif found := STRANGE.search(header):
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
    found = ''.join(sorted(set(STRANGE.findall(cell))))
    codes = '、'.join(f'U+{ord(c):04X}' for c in found[:20])
    words = '外字' if any(ord(c) >= 0xe000 for c in found) else '制御文字'
    return Problem(line, header, cell[:100],
                   f'{words}（{codes}）が含まれています。標準の文字に置き換えてください。')
