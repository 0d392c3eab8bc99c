"""CSV and TSV in: told apart, decoded and cut into rows; nothing uploaded is trusted."""
import codecs
import csv
import io
import re

from .table import MAX_CELLS, MAX_ROWS, PIECE, TOO_MANY_CELLS, TOO_MANY_ROWS, refuse


def encoding_of(data, encoding):
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
    """Return the line of the first bytes that are no text in a codec, or None.

    The text itself is not held.
    """
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


def read_csv(data, encoding):
    """Yield (line, cells) of a CSV or TSV; the line is the first physical line of the record."""
    if (place := data.find(b'\x00')) >= 0:
        refuse('CSVではないデータが含まれています。CSV か .xlsx で保存し直してください。',
               data.count(b'\n', 0, place) + 1)
    # old host systems end a file with Ctrl-Z
    data = data.removesuffix(b'\x1a')
    start = re.sub('"[^"]*"', '', _text_of(data, encoding).read(65536).lstrip('\r\n'))
    first = (start.splitlines() or [''])[0]
    delimiter = '\t' if '\t' in first and first.count('\t') >= first.count(',') else ','
    # in both encodings these bytes are nothing but themselves
    if data.count(delimiter.encode()) + data.count(b'\n') > MAX_CELLS:
        refuse(TOO_MANY_CELLS)
    reader = csv.reader(_text_of(data, encoding), delimiter=delimiter, strict=True)
    last = found = 0
    try:
        for cells in reader:
            if cells:
                found += 1
                yield last + 1, cells
            last = reader.line_num
            if found > MAX_ROWS + 1:
                refuse(TOO_MANY_ROWS)
    except csv.Error:
        refuse('引用符（"）の閉じ忘れか長すぎる欄があり、行の区切りを読み取れません。'
               'この行の引用符を直してください。', last + 1)


def _text_of(data, encoding):
    """Return a file's text to be read bit by bit: whole it would take up to four times the file."""
    return io.TextIOWrapper(io.BytesIO(data), 'utf-8-sig' if encoding == 'utf-8' else encoding, newline='')
