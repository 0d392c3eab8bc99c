"""How typed text is folded where two spellings mean the same: codes, numbers and labels, never names."""
import re
import unicodedata
from functools import cache

#: the dashes and waves that are one, and the marks without width that come along when one copies
_DASHES = str.maketrans('‐‑‒–—―−〜', '-------~', '\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff')


def half_width(text):
    """Return text with full-width letters and digits made half-width (NFKC).

    For codes and numbers, never for names. Every dash is one dash and every wave one wave: which of them a
    keyboard or CP932 gives is chance.
    """
    return unicodedata.normalize('NFKC', text).translate(_DASHES).strip()


def key_of_label(text):
    """Return a label as a key: width, brackets, middle dots, spaces and capitals do not matter."""
    return re.sub(r'[\s()（）・,、.\-ー－/／]', '', unicodedata.normalize('NFKC', text)).lower()


@cache
def _codes_of(pairs):
    return {key_of_label(text): code for code, text in pairs}


def code_of(codes, label):
    """Return the code of a label as it may be typed, or None."""
    return _codes_of(tuple(codes.items())).get(key_of_label(label))
