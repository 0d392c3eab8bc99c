"""Text on paper: line breaking (禁則処理), paragraphs of one font, characters the font lacks."""
from functools import cache

from reportlab.graphics.shapes import Group, String
from reportlab.pdfbase import pdfmetrics
from reportlab.platypus import Paragraph, Spacer

from . import BOLD, REGULAR
from .palette import KEY

GETA = '〓'
SPACES = str.maketrans('\n\r\t', '   ')
#: A text that begins with one of these is an item under the one before it.
BULLETS = '-・'
NO_START = frozenset(
    '、。，．・：；？！ヽヾゝゞ々〻ー’”）〕］｝〉》」』】°′″℃％‰' ',.:;?!)]}%' '｡､｣･ｰﾞﾟ'
    'ぁぃぅぇぉっゃゅょゎゕゖァィゥェォッャュョヮヵヶ…‥―゛゜～〜')
NO_END = frozenset('‘“（〔［｛〈《「『【([{｢' '￥＄￡$¥〒#№')


def _latin(char):
    return char.isalnum() and char < '\u0250'


def _forbidden(before, after):
    return after in NO_START or before in NO_END or (before == after and before in '…―‥')


def _joined(before, after):
    if before.isspace() or after.isspace():
        return after.isspace()
    if _latin(before):
        return _latin(after) or after in "-_/@'&+"
    return before in ",.'_@/-+" and _latin(after)


@cache
def _advance(char, font):
    return pdfmetrics.stringWidth(char, font, 1)


def width_of(text, font, size):
    """Return the width of one line of text in points."""
    return sum(_advance(char, font) for char in text) * size


def lines(text, font, size, width, widths=None):
    """Return the lines of `text` broken at `width` points; none begins with 、 or ends with 「.

    Numbers and latin words stay whole. `widths` gives the first lines their own widths. A chain that may not
    part and is wider than the line is broken inside a word, and only then anywhere.
    """
    limits = [limit / size for limit in (widths or [width])]
    result, start, used, limit = [], 0, 0.0, limits[0]
    good = fair = 0
    index, end = 0, len(text)
    while index < end:
        char = text[index]
        if index > start:
            before = text[index - 1]
            if not _forbidden(before, char):
                fair = index
                if not _joined(before, char):
                    good = index
        used += _advance(char, font)
        if used > limit + 1e-6 and index > start and not char.isspace():
            cut = good if good > start else fair if fair > start else index
            result.append(text[start:cut])
            start = index = good = fair = cut
            used, limit = 0.0, limits[min(len(result), len(limits) - 1)]
        else:
            index += 1
    result.append(text[start:])
    return result


class Prose(Paragraph):
    """A paragraph of one font whose lines obey kinsoku; reportlab's own split 1,23|4 and end with 「."""

    def breakLinesCJK(self, widths):  # noqa: N802
        widths = list(widths) if isinstance(widths, (list, tuple)) else [widths]
        self.height = 0
        font = self.frags[0]
        if not hasattr(self, 'blPara') or not getattr(self, '_splitpara', 0):
            text = getattr(font, 'text', None) or ''.join(getattr(font, 'words', []))
            broken = lines(text, font.fontName, font.fontSize, widths[-1], widths)
            filled = []
            for number, line in enumerate(broken):
                limit = widths[min(number, len(widths) - 1)]
                filled.append((limit - width_of(line.rstrip(' '), font.fontName, font.fontSize), [line]))
        else:
            filled = self.blPara.lines
        return font.clone(kind=0, lines=filled, ascent=font.fontSize, descent=-0.2 * font.fontSize)


def prose(text, style, link=None):
    """Return text as a paragraph of one font; a line's end is a space.

    `link` is the key of the Mark it leads to.
    """
    made = Prose(f'<a href="#{link}" color="{KEY.hexval()}">.</a>' if link else '.', style)
    # put in behind the markup parser, which would cut the text into fonts at every & and <
    made.frags[0].text = text.translate(SPACES)
    return made


_GLYPHS = set.intersection(*(set(pdfmetrics.getFont(name).face.charToGlyph) for name in (REGULAR, BOLD)))


def missing_glyphs(text):
    """Return the characters of `text` that the embedded fonts cannot draw: 𠮷, 異体字セレクタ, 絵文字."""
    return {char for char in text if ord(char) not in _GLYPHS and char not in '\n\r\t'}


class Pen:
    """Set text for one document; what the font lacks is printed as 〓 and owed to the next footnote."""

    def __init__(self):
        self.owed = {}

    def plain(self, text):
        """Return the text as it can be printed."""
        lacking = missing_glyphs(text)
        if not lacking:
            return text
        self.owed.update(dict.fromkeys(char for char in text if char in lacking))
        return ''.join(GETA if char in lacking else char for char in text)

    def prose(self, text, style, link=None):
        """Return the text as one paragraph; `link` is the key of a Mark it leads to."""
        return prose(self.plain(str(text)), style, link)

    def listed(self, texts, style, bullet):
        """Return one paragraph per text, hung by the bullet; texts with their own bullet are indented."""
        return [self.prose(text, style.under) if text[:1] in BULLETS else
                self.prose(f'{bullet} {text}', style.items[bullet]) for text in texts]

    def picture(self, drawing):
        """Return the drawing with its texts as they can be printed."""
        def walk(shape):
            if isinstance(shape, String):
                shape.text = self.plain(shape.text)
            elif isinstance(shape, Group):
                for inner in shape.contents:
                    walk(inner)
        for shape in drawing.contents:
            walk(shape)
        return drawing

    def footnote(self, style):
        """Return the paragraphs that name the characters printed as 〓 since the last footnote."""
        if not self.owed:
            return []
        codes = '、'.join(f'U+{ord(char):04X}' for char in self.owed)
        self.owed = {}
        return [Spacer(1, 4), prose(f'{GETA}は、この文書の書体にない文字です（{codes}）。', style)]
