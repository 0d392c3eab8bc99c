"""The paper of every document: styles, tables, page frame, bookmarks."""
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, partial
from io import BytesIO
from types import SimpleNamespace

from reportlab.graphics.shapes import STATE_DEFAULTS
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, PageTemplate, Table

from models.rules import calendar, ratings, standings

from . import BOLD, REGULAR
from .palette import BAD, GOOD, INK, KEY, PAPER, QUIET, RULE, TINT, WARN
from .typesetting import lines, width_of

# whoever imported the shapes before this package has left Helvetica in their defaults
STATE_DEFAULTS['fontName'] = REGULAR

#: The symbol of a rating or verdict → its word and colour; never one without the other two.
WORDS = {'－': (ratings.VERDICT_WORDS['unknown'][1], QUIET), **{
    mark: (word, {'○': GOOD, '△': WARN, '×': BAD}.get(mark, QUIET))
    for mark, word in ratings.RATING_WORDS.items()}}
#: how an indicator or an initiative stands during its year → its symbol, word and colour
STATES = {state: (mark, word, {'late': BAD, 'open': WARN, 'on_track': KEY, 'reached': GOOD}.get(state, QUIET))
          for state, (mark, word) in standings.STATES.items()}
VERDICTS = {verdict: mark for verdict, (mark, _) in ratings.VERDICT_WORDS.items()}
#: Points: side margin; baselines of header (from the top) and footer (from the bottom); air around the body.
MARGIN, HEAD, FOOT, AIR = 36, 34, 34, 17
SIZES = (10.5, 10, 9.5, 9, 8.5, 8, 7.5)


def _hung(style, bullet, size):
    indent = width_of(bullet + ' ', REGULAR, size)
    return style('item', leftIndent=indent, firstLineIndent=-indent)


@cache
def styles(size):
    """Return the paragraph styles of a body of `size` points."""
    # the smallest sizes are for pages that hardly hold their words, so their lines stand closer too
    normal = 1.42 if size >= 10 else 1.36 if size >= 9 else 1.28

    def style(name, font=REGULAR, scale=1.0, leading=normal, colour=INK, **more):
        points = size * scale
        return ParagraphStyle(name, fontName=font, fontSize=points, leading=points * leading, wordWrap='CJK',
                              textColor=colour, bulletFontName=font, **more)

    return SimpleNamespace(
        size=size, body=style('body'), bold=style('bold', BOLD), label=style('label', BOLD, 0.95),
        items={bullet: _hung(style, bullet, size) for bullet in '・●'},
        under=style('under', leftIndent=size * 2),
        head=style('head', BOLD, 0.9, alignment=1), centre=style('centre', alignment=1),
        strong=style('strong', BOLD, alignment=1),
        note=style('note', scale=max(0.86, min(1, 8 / size)), leading=min(normal, 1.3), colour=QUIET,
                   alignment=1),
        small=style('small', scale=max(0.86, min(1, 8 / size)), leading=min(normal, 1.35), colour=QUIET),
        title=style('title', BOLD, 1.25, 1.35), band=style('band', BOLD, 1.15, 1.3, PAPER),
        huge=style('huge', BOLD, 1.9, 1.35, KEY),
        marks={mark: style('mark', BOLD, colour=colour, alignment=1)
               for mark, (*_, colour) in (WORDS | STATES).items()},
        ratings={mark: style('rating', BOLD, 3.4 if len(mark) == 1 or mark in STATES else 1.6, 1.15, colour,
                             alignment=1)
                 for mark, (*_, colour) in (WORDS | STATES).items()})


def with_word(mark):
    """Return a rating or a state with its word: ○ 達成, ▲ 遅れ."""
    if mark in STATES:
        return ' '.join(STATES[mark][:2])
    word = WORDS[mark][0]
    return mark if mark == word else f'{mark} {word}'


class Ruled(Table):
    """A table whose rows go to the next page whole; only one that no page can hold breaks inside."""

    def split(self, width, height):
        self.splitInRow = 0
        parts = super().split(width, height)
        if not parts and height >= area()[1] - 1:
            self.splitInRow = 1
            parts = super().split(width, height)
        return parts


def table(rows, widths, look=(), header=0, space=0):
    """Return a ruled table; header rows repeat, and a row taller than the page breaks inside."""
    return Ruled(rows, widths, repeatRows=header, spaceAfter=space, hAlign='LEFT', style=[
        ('FONT', (0, 0), (-1, -1), REGULAR), ('GRID', (0, 0), (-1, -1), 0.5, RULE),
        ('VALIGN', (0, 0), (-1, -1), 'TOP'),
        ('LEFTPADDING', (0, 0), (-1, -1), 5), ('RIGHTPADDING', (0, 0), (-1, -1), 5),
        ('TOPPADDING', (0, 0), (-1, -1), 2), ('BOTTOMPADDING', (0, 0), (-1, -1), 3),
        *([('BACKGROUND', (0, 0), (-1, header - 1), TINT)] if header else ()), *look])


def band(prose, width):
    """Return white words on the key colour over the whole width."""
    whole = (0, 0), (-1, -1)
    return table([[prose]], [width], [('BACKGROUND', *whole, KEY), ('GRID', *whole, 0.5, KEY)])


class Mark(Flowable):
    """A bookmark at this place: an entry of the outline and the target of links to `key`."""

    def __init__(self, key, title, level=0):
        super().__init__()
        self.key, self.title, self.level = key, title, level

    def wrap(self, width, height):
        return 0, 0

    def draw(self):
        self.canv.mark(self.key, self.title, self.level)


def height_of(flowables, width):
    """Return the height the flowables take one under the other, in points."""
    total = after = 0
    for flowable in flowables:
        height = flowable.wrap(width, 1e6)[1]
        total += max(after, flowable.getSpaceBefore()) + height
        after = flowable.getSpaceAfter()
    return total


def fit(make, upright=False, sizes=SIZES):
    """Return `make(size)` at the largest size that fills one page at most; at the smallest when none does."""
    width, height = area(upright)
    for size in sizes:
        flowables = make(size)
        if height_of(flowables, width) <= height:
            break
    return flowables


@dataclass(frozen=True)
class Imprint:
    """What every page says about the document; moments are aware."""

    title: str
    as_of: date
    made_at: datetime
    head_seq: int
    head_hash: str
    head_at: datetime | None
    is_demo: bool
    confidentiality: str = '自治体機密性2'
    author: str = '目黒区'
    #: the day to which today was fixed when the document was made: its moment is not the real one
    pinned: date | None = None

    @classmethod
    def of(cls, board, title, made_at, pinned=None):
        """Return the imprint of a document made from a board."""
        return cls(title, board.as_of, made_at, board.head_seq, board.head_hash, board.head_at, board.is_demo,
                   pinned=pinned)

    @property
    def chain(self):
        """The head of the chain (台帳の記録): number, first 16 digits, moment."""
        if not self.head_hash:
            return '台帳の記録：なし'
        moment = f'（{calendar.show_moment(self.head_at)}）' if self.head_at else ''
        return f'台帳の記録：第{self.head_seq}号 {self.head_hash[:16]}{moment}'


def page_size(upright=False):
    """Return width and height of A4 in points."""
    return A4 if upright else landscape(A4)


def area(upright=False):
    """Return width and height that flowables may fill on a page."""
    width, height = page_size(upright)
    return width - 2 * MARGIN, height - HEAD - FOOT - 2 * AIR


class Sheets(Canvas):
    """A canvas that keeps its pages until the last one is known, so that the foot can say ページ x / y."""

    def __init__(self, *args, imprint, pen, **more):
        super().__init__(*args, **more)
        self._imprint, self._pen = imprint, pen
        self._sheets, self._marks, self._level = [], [], -1
        # the document carries the moment it was given, so the same data and moment make the same bytes
        stamp, local = self._doc._timeStamp, imprint.made_at.astimezone(calendar.JST)
        stamp.t, stamp.YMDhms, stamp.dhh, stamp.dmm = local.timestamp(), local.timetuple()[:6], 9, 0

    def mark(self, key, title, level):
        """Note a bookmark; it is set when its page is really written."""
        self._marks.append((key, title, level))

    def showPage(self):  # noqa: N802
        self._sheets.append(dict(self.__dict__))
        self._marks = []
        self._startPage()

    def save(self):
        sheets = self._sheets
        for sheet in sheets:
            self.__dict__.update(sheet)
            for key, title, level in self._marks:
                self.bookmarkPage(key)
                self.addOutlineEntry(title, key, level)
            self._foot(len(sheets))
            super().showPage()
        self._code = []
        self._doc.SaveToFile(self._filename, self)

    def head(self):
        """Draw title, 機密性 and, on demo data, the mark that says so."""
        width, height = self._pagesize
        base = height - HEAD
        badges = [('デモデータ', BAD)] if self._imprint.is_demo else []
        if self._imprint.pinned:
            badges.append((f'日付固定 {self._imprint.pinned.isoformat()}', BAD))
        badges.append((self._imprint.confidentiality, QUIET))
        right = width - MARGIN - sum(width_of(words, BOLD, 9) + 18 for words, _ in badges)
        title = lines(self._pen.plain(self._imprint.title), BOLD, 10, right - MARGIN)
        self.setFillColor(KEY)
        self.setFont(BOLD, 10)
        self.drawString(MARGIN, base, title[0] + ('…' if len(title) > 1 else ''))
        self.setFont(BOLD, 9)
        self.setLineWidth(0.9)
        for words, colour in badges:
            room = width_of(words, BOLD, 9) + 12
            self.setStrokeColor(colour)
            self.setFillColor(colour)
            self.roundRect(right + 6, base - 4, room, 15, 3)
            self.drawCentredString(right + 6 + room / 2, base, words)
            right += room + 6
        self.setStrokeColor(KEY)
        self.setLineWidth(1.2)
        self.line(MARGIN, base - 8, width - MARGIN, base - 8)

    def _foot(self, total):
        width = self._pagesize[0]
        self.setStrokeColor(RULE)
        self.setLineWidth(0.5)
        self.line(MARGIN, FOOT + 9, width - MARGIN, FOOT + 9)
        self.setFillColor(QUIET)
        self.setFont(REGULAR, 8)
        self.drawString(MARGIN, FOOT - 2, f'基準日：{calendar.show_day(self._imprint.as_of)}')
        self.drawString(MARGIN, FOOT - 13, self._imprint.chain)
        made = calendar.show_moment(self._imprint.made_at)
        self.drawRightString(width - MARGIN, FOOT - 13,
                             f'作成：{made}' + ('（今日の日付を固定して作成。実際の日時ではありません）'
                                             if self._imprint.pinned else ''))
        self.setFillColor(INK)
        self.setFont(BOLD, 9)
        self.drawRightString(width - MARGIN, FOOT - 2, f'ページ {self._pageNumber} / {total}')


def write(story, imprint, pen, upright=False):
    """Return the flowables as a PDF (bytes) on A4, landscape unless `upright`."""
    out, size = BytesIO(), page_size(upright)
    width, height = area(upright)
    document = BaseDocTemplate(
        out, pagesize=size, title=imprint.title, author=imprint.author,
        subject=f'基準日 {imprint.as_of.isoformat()}', creator='台帳 Daicho', lang='ja-JP', displayDocTitle=1,
        invariant=1, initialFontName=REGULAR)
    frame = Frame(MARGIN, FOOT + AIR, width, height, 0, 0, 0, 0)
    document.addPageTemplates(PageTemplate('A4', [frame], onPage=lambda canvas, _: canvas.head()))
    document.build(story, canvasmaker=partial(Sheets, imprint=imprint, pen=pen))
    return out.getvalue()
