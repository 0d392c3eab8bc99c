"""What a document may be called, how large it may be, and what its name says of it."""
import re
import unicodedata
from typing import NamedTuple

#: the longest name of a file, as on every disk
MAX_NAME = 255
#: what turns a name around, or hides in it: whoever reads it would take it for another
_HIDDEN = re.compile('[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffe\uffff'
                     '\ud800-\udfff]')
_PRIVATE = re.compile('[\ue000-\uf8ff\U000f0000-\U0010ffff]')
#: what a kind of document is called in the names of its files, the most telling first
_WORDS = (('certificate', '証明'), ('quote', '見積'), ('opinion', '意見'), ('specification', '仕様'),
          ('plan', '企画'), ('minutes', '議事'), ('contract', '契約'), ('report', '報告'))


class FileLimits(NamedTuple):
    """How large one file may be, in bytes; how many at once; and how large these together."""

    size: int
    files: int
    together: int


def kind_by_name(name, otherwise='other'):
    """Return the kind of a document that its file's name tells, `otherwise` where it tells none."""
    text = unicodedata.normalize('NFKC', name)
    return next((kind for kind, word in _WORDS if word in text), otherwise)


def name_problem(name):
    """Return what is wrong with a file's name in words, '' for nothing."""
    if not name.strip() or name.strip('. ') == '':
        return 'ファイルに名前がありません。'
    if len(name) > MAX_NAME:
        return f'名前が長すぎます（{len(name)}文字）。{MAX_NAME}文字までにしてください。'
    if found := _HIDDEN.search(name):
        return (f'名前に、見えない文字（U+{ord(found.group()):04X}）が含まれています。'
                '名前を付け直してください。')
    if found := _PRIVATE.search(name):
        return f'名前に外字（U+{ord(found.group()):04X}）は使えません。名前を付け直してください。'
    if '/' in name or '\\' in name:
        return '名前に「/」と「\\」は使えません。名前を付け直してください。'
    return ''


def size_problem(size, limits):
    """Return what is wrong with a file's size in words, '' for nothing."""
    if size == 0:
        return '中身が空です。'
    if size > limits.size:
        return f'大きすぎます（{shown_size(size)}）。1つのファイルは{shown_size(limits.size)}までです。'
    return ''


def shown_size(size):
    """Return a number of bytes as it is read, rounded up: 820 B, 12 KB, 3.4 MB, 20 MB."""
    if size < 1024:
        return f'{size} B'
    if size < 1024 * 1024:
        return f'{-(-size // 1024)} KB'
    tenths = -(-size * 10 // (1024 * 1024))
    return f'{tenths / 10:g} MB'
