"""Data → pictures: each described once as a drawing, drawn twice (SVG in the page, vector in the PDF)."""
from fractions import Fraction
from itertools import groupby
from math import ceil
from typing import NamedTuple

from markupsafe import Markup, escape
from reportlab.graphics.shapes import Circle, Drawing, Group, Line, Polygon, PolyLine, Rect, String
from reportlab.lib import colors

from models.rules import ratings

from ..reports import BOLD, REGULAR, paper
from ..reports.palette import BAD, INK, KEY, PAPER, QUIET, RULE, TINT, WARN
from ..reports.typesetting import lines, width_of

FAINT = colors.HexColor('#e6e6e6')
#: A step's state → symbol, word, ground, ink.
STATES = {
    'done': ('●', '完了済み', colors.HexColor('#c2e5d1'), colors.HexColor('#115a36')),
    'doing': ('◐', '作業中', colors.HexColor('#fff0b3'), colors.HexColor('#6e5600')),
    'todo': ('－', '未着手', PAPER, QUIET),
    'excluded': ('外', '対象外', colors.HexColor('#e6e6e6'), colors.HexColor('#333333')),
}
GROUNDS = {'○': colors.HexColor('#e6f5ec'), '△': colors.HexColor('#ffeee2'), '×': colors.HexColor('#fdeeee')}
GROUNDS |= {'reached': GROUNDS['○'], 'open': GROUNDS['△'], 'late': GROUNDS['×'], 'on_track': TINT}
#: Pixels a point is drawn with at most; a narrower place makes the picture smaller, a wider one not larger.
PIXELS = 4 / 3
NO_PERIOD = '期間の記載なし'


class Bar(NamedTuple):
    """One row of a Gantt chart: columns from 1, both ends included; None, None when the source gives none.

    A note too long for its bar is left to the words around the picture.
    """

    text: str
    start: int | None
    end: int | None
    star: bool = False
    note: str = ''


def _text(x, y, text, size=9, font=REGULAR, colour=INK, anchor='start'):
    return String(x, y, text, fontName=font, fontSize=size, fillColor=colour, textAnchor=anchor)


def _line(x1, y1, x2, y2, colour=RULE, width=0.6, dash=None):
    return Line(x1, y1, x2, y2, strokeColor=colour, strokeWidth=width, strokeDashArray=dash)


def _box(x, y, width, height, fill=None, stroke=None, dash=None, radius=0, thick=0.6):
    return Rect(x, y, width, height, rx=radius, ry=radius, fillColor=fill, strokeColor=stroke,
                strokeWidth=thick, strokeDashArray=dash)


def _wrapped(text, size, width, most, font=REGULAR):
    """Return the text in at most `most` lines; … where it had to end."""
    found = lines(text, font, size, width)
    if len(found) <= most:
        return found
    last = found[most - 1].rstrip()
    while last and width_of(last + '…', font, size) > width:
        last = last[:-1]
    return [*found[:most - 1], last + '…']


def _canvas(title, width, height, small=False):
    """Return a drawing with its title at the top, and the y under it."""
    size = 8.5 if small else 10.5
    heading = lines(title, BOLD, size, width) if title else []
    room = size * 1.4 * len(heading) + (size / 2 if heading else 0)
    drawing = Drawing(width, height + room)
    for number, text in enumerate(heading):
        drawing.add(_text(0, height + room - size - size * 1.4 * number, text, size, BOLD))
    return drawing, height


def _number(value, unit, decimals=1):
    """Return the label of a value: rounded to its decimals, 100 and 0 % only when exact."""
    exact = (ratings.published_rate if unit == '%' else ratings.published)(value, decimals)
    text = f'{exact:,f}'
    return text.rstrip('0').rstrip('.') if '.' in text else text


def _step(span, most):
    """Return the smallest of 1, 2, 5, 10, … that divides the span into `most` parts or fewer."""
    step = Fraction(1)
    while step * most < span:
        step *= 10
    while step * most >= 10 * span:
        step /= 10
    return next(step / part for part in (5, 2, 1) if step / part * most >= span)


def trend(title, points, target, unit, width=520, height=170, decimals=1, ahead=None,
          from_zero=True):
    """Draw a line over labelled points with the target; a missing value (None) leaves a gap.

    `points` is [(label, exact number or None)], `target` an exact number or None; width and height in points,
    `decimals` those of its labels. `ahead` is (value, low, high) forecast for the last point, which has no
    value of its own: a dashed line leads there, in a field as wide as the range. Unless `from_zero` the axis
    is where the values are.
    """
    small = width < 300
    drawing, top = _canvas(title, width, height, small)
    values = [Fraction(value) for _, value in points if value is not None]
    aim = None if target is None else Fraction(target)
    if not values:
        drawing.add(_text(width / 2, top / 2, 'まだ値がありません', 9, colour=QUIET, anchor='middle'))
        return drawing
    coming = [Fraction(value) for value in ahead or ()]
    told = [*values, *coming, *([aim] if aim is not None else ())]
    low = min(0, *told) if from_zero else min(told)
    high = max(*told, low + 1)
    step = _step(high - low, 3 if small else 5)
    if all(number.denominator == 1 for number in (*values, *([aim] if aim is not None else ()))):
        step = max(step, Fraction(1))
    low, high = step * (low // step), step * -(-high // step)
    if unit == '%' and high > 100 >= max(*values, *coming, aim or 0):
        high = Fraction(100)
    if low == high:
        low -= step
    left = 8 + max(width_of(_number(tick, ''), REGULAR, 8) for tick in (low, low + step, high))
    right = width - (8 if small else 26 if aim is None else 66)
    bottom, roof = 16, top - (11 if small else 20)

    def y_of(value):
        return bottom + float((value - low) / (high - low)) * (roof - bottom)

    def x_of(index):
        return left + 14 + (right - left - 28) * (index / (len(points) - 1) if len(points) > 1 else 0.5)

    if unit and not small:
        drawing.add(_text(0, top - 8, f'単位：{unit}', 8, colour=QUIET))
    tick = low
    while tick <= high:
        drawing.add(_line(left, y_of(tick), right, y_of(tick), RULE if tick == low else FAINT, 0.6))
        drawing.add(_text(left - 4, y_of(tick) - 3, _number(tick, ''), 8, colour=QUIET, anchor='end'))
        tick += step
    if aim is not None:
        drawing.add(_line(left, y_of(aim), right, y_of(aim), BAD, 1, [4, 3]))
        words = f'目標 {_number(aim, unit, max(1, decimals))}{unit}'
        if small:
            drawing.add(_text(width, top + 4, words, 8, BOLD, BAD, 'end'))
        else:
            drawing.add(_text(right + 4, y_of(aim) - 3, words, 8.5, BOLD, BAD))
    last = max(index for index, (_, value) in enumerate(points) if value is not None)
    if coming:
        here, there = (x_of(last), y_of(Fraction(points[last][1]))), x_of(len(points) - 1)
        value, least, most = map(y_of, coming)
        drawing.add(Polygon([*here, there, least, there, most], fillColor=TINT, strokeColor=None,
                            strokeWidth=0))
        drawing.add(_line(there, least, there, most, KEY, 1.2))
        drawing.add(_line(*here, there, value, KEY, 1.4, [5, 3]))
        drawing.add(Circle(there, value, 2.6, fillColor=PAPER, strokeColor=KEY, strokeWidth=1.2))
        words = f'見込み {_number(coming[0], unit, decimals)}{unit}'
        below = aim is not None and 0 <= y_of(aim) - most < 14 and least - 12 > bottom
        middle = min(there, width - width_of(words, REGULAR, 8) / 2)
        drawing.add(_text(middle, least - 11 if below else most + 5, words, 8, colour=KEY, anchor='middle'))
        # in a small picture the last value's label would lie under this one
        clear = middle - width_of(words, REGULAR, 8) / 2 - 4
    room = (right - left) / max(1, len(points))
    widest = max(width_of(label, REGULAR, 8) for label, _ in points)
    every = max(1, ceil((widest + 3) / room))
    run = []
    for index, (label, value) in enumerate([*points, ('', None)]):
        if value is not None:
            run += [x_of(index), y_of(Fraction(value))]
        elif run:
            if len(run) > 2:
                drawing.add(PolyLine(run, strokeColor=KEY, strokeWidth=1.8, fillColor=None))
            run = []
        if label and (len(points) - 1 - index) % every == 0:
            drawing.add(_text(x_of(index), 5, label, 8, colour=QUIET, anchor='middle'))
    for index, (_, value) in enumerate(points):
        if value is not None:
            x, y = x_of(index), y_of(Fraction(value))
            drawing.add(Circle(x, y, 2.6, fillColor=KEY, strokeColor=PAPER, strokeWidth=0.8))
            if index == last:
                below = aim is not None and 0 <= y_of(aim) - y < 14 and y - 12 > bottom
                y += -12 if below else 5
                words = f'{_number(value, unit, max(1, decimals))}{unit}'
                x = min(x, (clear if coming else width) - width_of(words, BOLD, 8.5) / 2)
                drawing.add(_text(x, y, words, 8.5, BOLD, KEY, 'middle'))
    return drawing


def grid(title, rows, columns, cells, width=720):
    """Draw the 業務 × step heat grid: `cells` is a list of rows of STATES; symbol and colour say the same."""
    left, side = 132, max(11.0, (width - 132) / max(1, len(columns)))
    tall = min(max(side, 14), 20)
    width = left + side * len(columns)
    legend = 20
    drawing, top = _canvas(title, width, tall * len(rows) + 14 + legend)
    body = top - 14
    used = sorted({state for row in cells for state in row}, key=list(STATES).index)
    small = min(9.0, side * 0.62)
    label = min(8.0, side * 0.6)
    for number, column in enumerate(columns):
        x = left + side * (number + 0.5)
        drawing.add(_text(x, body + 4, column, label, colour=QUIET, anchor='middle'))
    for state in used:
        for r, row in enumerate(cells):
            x, y = left, body - tall * (r + 1)
            for same, run in groupby(row):
                room = side * len(list(run))
                if same == state:
                    drawing.add(_box(x, y, room, tall, STATES[state][2]))
                x += room
    for number in range(len(rows) + 1):
        drawing.add(_line(0, body - tall * number, width, body - tall * number, RULE, 0.4))
    for number in range(len(columns) + 1):
        x = left + side * number
        drawing.add(_line(x, body, x, body - tall * len(rows), RULE, 0.4))
    for number, name in enumerate(rows):
        drawing.add(_text(0, body - tall * (number + 0.5) - 3, _wrapped(name, 9, left - 6, 1)[0], 9))
    for state in used:
        symbol, _, _, ink = STATES[state]
        # the font draws ◐ at half the size of ●
        size = small * (1.5 if symbol == '◐' else 1)
        for r, row in enumerate(cells):
            for c, found in enumerate(row):
                if found == state:
                    x, y = left + side * (c + 0.5), body - tall * (r + 0.5) - size * 0.36
                    drawing.add(_text(x, y, symbol, size, colour=ink, anchor='middle'))
    x = left
    for state in used:
        symbol, word, ground, ink = STATES[state]
        drawing.add(_box(x, 2, 14, 12, ground, RULE, thick=0.4))
        drawing.add(_text(x + 7, 4.8, symbol, 12 if symbol == '◐' else 8.5, colour=ink, anchor='middle'))
        drawing.add(_text(x + 18, 4.8, word, 9))
        x += 32 + width_of(word, REGULAR, 9)
    return drawing


def rating_board(title, themes, width=720, tall=50):
    """Draw ○△× or states by theme: `themes` is [(theme, [(initiative, mark)])].

    The marks are ○ △ × 判定不可 未評価, and those of `paper.STATES`.
    `tall` is the height of an initiative in points, at least 40.
    """
    left, across, gap = 150, 4, 5
    wide = (width - left - gap * across) / across
    heights = [max(1, -(-len(found) // across)) * (tall + gap) + gap for _, found in themes]
    drawing, y = _canvas(title, width, sum(heights))
    for (theme, found), height in zip(themes, heights, strict=True):
        y -= height
        drawing.add(_line(0, y, width, y))
        drawing.add(_box(0, y + gap, left - gap, height - 2 * gap, TINT))
        words = _wrapped(theme, 9, left - gap - 12, 4, BOLD)
        middle = y + height / 2 + (len(words) * 12.5) / 2
        for number, text in enumerate(words):
            drawing.add(_text(6, middle - 9.5 - 12.5 * number, text, 9, BOLD))
        for number, (name, mark) in enumerate(found):
            symbol, word, colour = paper.STATES.get(mark) or (mark if mark in GROUNDS else '－',
                                                              *paper.WORDS[mark])
            x = left + gap + (wide + gap) * (number % across)
            base = y + height - (tall + gap) * (number // across + 1)
            drawing.add(_box(x, base, wide, tall, GROUNDS.get(mark, PAPER), colour, radius=3))
            drawing.add(_text(x + 20, base + 20, symbol, 22, BOLD, colour, 'middle'))
            drawing.add(_text(x + 20, base + 7, word, 8, BOLD, colour, 'middle'))
            for at, text in enumerate(_wrapped(name, 8.5, wide - 46, 3)):
                drawing.add(_text(x + 42, base + 0.7 * tall - 12 * at, text, 8.5))
    return drawing


def gantt_row_height(bar, width=720):
    """Return the height in points that a row of `gantt` takes."""
    return 11.5 * len(lines(bar.text, REGULAR, 9, width * 0.36 - 12)) + 6


def gantt(title, rows, columns, width=720):
    """Draw Bars over columns; without a period in the source a row is a dashed outline, never a bar."""
    left = width * 0.36
    side = (width - left) / len(columns)
    heights = [gantt_row_height(bar, width) for bar in rows]
    drawing, top = _canvas(title, width, sum(heights) + 18)
    y = top - 18
    drawing.add(_box(0, y, width, 18, TINT))
    for number, column in enumerate(columns):
        drawing.add(_text(left + side * (number + 0.5), y + 5.5, column, 9, BOLD, anchor='middle'))
    drawing.add(_line(0, top, width, top))
    drawing.add(_line(0, y, width, y))
    for number in range(len(columns) + 1):
        drawing.add(_line(left + side * number, top, left + side * number, y - sum(heights), RULE, 0.5))
    for bar, height in zip(rows, heights, strict=True):
        y -= height
        words = lines(bar.text, REGULAR, 9, left - 12)
        for number, text in enumerate(words):
            drawing.add(_text(6, y + height - 12 - 11.5 * number, text, 9))
        thick = 13
        base = y + (height - thick) / 2
        start = bar.end if bar.start is None else bar.start
        end = bar.start if bar.end is None else bar.end
        if start is None:
            drawing.add(_box(left + 4, base, width - left - 8, thick, PAPER, QUIET, [3, 2], 3))
            drawing.add(_text((left + width) / 2, base + 3.4, NO_PERIOD, 8.5, colour=QUIET, anchor='middle'))
        else:
            x, room = left + side * (start - 1) + 4, side * (end - start + 1) - 8
            if bar.star:
                drawing.add(_box(x, base, room, thick, PAPER, WARN, None, 3, 1))
                words, ink = '★', WARN
            else:
                tip = min(7, room / 4)
                neck = x + room - tip
                arrow = [x, base, neck, base, x + room, base + thick / 2, neck, base + thick, x, base + thick]
                drawing.add(Polygon(arrow, fillColor=KEY, strokeColor=None, strokeWidth=0))
                words, ink = '', PAPER
            note = f'{words} {bar.note}'.strip()
            words = note if width_of(note, REGULAR, 8.5) <= room - 14 else words
            if words:
                drawing.add(_text(x + 6, base + 3.4, words, 8.5, colour=ink))
        drawing.add(_line(0, y, width, y, FAINT))
    drawing.add(_line(0, y, width, y))
    return drawing


def _short(number):
    return f'{number:.1f}'.rstrip('0').rstrip('.')


def _paint(shape):
    """Return the fill and stroke of a shape as attributes."""
    found = {}
    fill, stroke = getattr(shape, 'fillColor', None), shape.strokeColor
    if not isinstance(shape, Line):
        found['fill'] = f'#{fill.hexval()[2:]}' if fill is not None else 'none'
    if stroke is not None and shape.strokeWidth:
        found['stroke'] = f'#{stroke.hexval()[2:]}'
        found['stroke-width'] = _short(shape.strokeWidth)
        if shape.strokeDashArray:
            found['stroke-dasharray'] = ' '.join(map(_short, shape.strokeDashArray))
    return found


def _element(shape, height):
    """Return (attributes that neighbours may share, the element without them) of one shape."""
    if isinstance(shape, String):
        shared = {'fill': f'#{shape.fillColor.hexval()[2:]}', 'font-size': _short(shape.fontSize)}
        if shape.fontName == BOLD:
            shared['font-weight'] = '700'
        if shape.textAnchor != 'start':
            shared['text-anchor'] = shape.textAnchor
        at = f'x="{_short(shape.x)}" y="{_short(height - shape.y)}"'
        return shared, f'<text {at}>{escape(shape.text)}</text>'
    if isinstance(shape, Rect):
        corner = f' rx="{_short(shape.rx)}"' if shape.rx else ''
        return _paint(shape), (
            f'<rect x="{_short(shape.x)}" y="{_short(height - shape.y - shape.height)}" '
            f'width="{_short(shape.width)}" height="{_short(shape.height)}"{corner}/>')
    if isinstance(shape, Line):
        return _paint(shape), (f'<line x1="{_short(shape.x1)}" y1="{_short(height - shape.y1)}" '
                               f'x2="{_short(shape.x2)}" y2="{_short(height - shape.y2)}"/>')
    if isinstance(shape, Circle):
        return _paint(shape), (f'<circle cx="{_short(shape.cx)}" cy="{_short(height - shape.cy)}" '
                               f'r="{_short(shape.r)}"/>')
    if isinstance(shape, (Polygon, PolyLine)):
        name = 'polygon' if isinstance(shape, Polygon) else 'polyline'
        pairs = zip(shape.points[::2], shape.points[1::2], strict=True)
        points = ' '.join(f'{_short(x)},{_short(height - y)}' for x, y in pairs)
        return _paint(shape), f'<{name} points="{points}"/>'
    raise TypeError(f'no SVG for {type(shape).__name__}')


def _flat(shapes):
    for shape in shapes:
        if type(shape) is Group:
            yield from _flat(shape.contents)
        else:
            yield shape


def svg(drawing, title, description):
    """Return the drawing as SVG for a page: attributes only (no style=, no id), as wide as there is room.

    `title` says the finding, `description` where the same numbers stand as a table; both are read aloud.
    """
    pieces = [_element(shape, drawing.height) for shape in _flat(drawing.contents)]
    body = []
    for shared, run in groupby(pieces, key=lambda piece: piece[0]):
        words = ''.join(f' {name}="{value}"' for name, value in shared.items())
        inner = [piece for _, piece in run]
        if len(inner) > 1:
            body.append(f'<g{words}>{"".join(inner)}</g>')
        else:
            at = inner[0].index(' ')
            body.append(f'{inner[0][:at]}{words}{inner[0][at:]}')
    return Markup(
        f'<svg xmlns="http://www.w3.org/2000/svg" class="picture" role="img" width="100%" '
        f'height="{_short(drawing.height * PIXELS)}" preserveAspectRatio="xMinYMin meet" '
        f'viewBox="0 0 {_short(drawing.width)} {_short(drawing.height)}" '
        f'font-family="BIZ UDPGothic, sans-serif">'
        f'<title>{escape(title)}</title><desc>{escape(description)}</desc>'
        f'{"".join(body)}</svg>')
