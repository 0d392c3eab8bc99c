"""What a spreadsheet or CP932 makes of a cell's text, on the way out and back."""
import re

#: what a spreadsheet takes for a formula's beginning, in any width, or CP932 makes one of (−)
_FORMULA = r'[=+\-@＝＋－＠−﹢﹣﹦﹫\t\r\n]'
#: spaces and marks without width: one that a spreadsheet drops would bring the formula to the front
_UNSEEN = ('[ '
           '\xa0\xad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\u3164'
           '\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]*')
FORMULA_LIKE = re.compile(f"'*{_UNSEEN}{_FORMULA}")
_NEUTRALISED = re.compile(f"'+{_UNSEEN}{_FORMULA}")
#: characters that Windows' CP932 writes in another way than Unicode does
_TWINS = str.maketrans({'〜': '～', '−': '－', '‖': '∥', '—': '―', '¢': '￠', '£': '￡', '¬': '￢'})


def unneutralised(cell):
    return cell[1:] if _NEUTRALISED.match(cell) else cell


def neutralised(cell):
    """Return a cell that no spreadsheet takes for a formula; `read` gives the original back."""
    return "'" + cell if FORMULA_LIKE.match(cell) else cell


def as_cp932(text):
    """Return text as CP932 carries it and Windows reads it back: 〜 as ～, − as －."""
    return text.translate(_TWINS)
