"""The results (成果) of a year's strategy: a summary page, then a page for each initiative (重点取組)."""
from reportlab.platypus import PageBreak

from models.rules import calendar

from ..figures import charts, outlook
from . import paper, typesetting
from .palette import PAPER, TINT

LABEL = 94
SOURCES = {'computed': '自動集計', 'entered': '手入力', 'none': '未入力'}
CHARTS_A_ROW = 3


def build(board, made_at, only=None, pinned=None):
    """Return the year's results as a PDF (bytes), made at an aware moment; the board is read, nothing else.

    `only` is the number of the one initiative asked for, `pinned` the day to which today was fixed, if it
    was.
    """
    title = f'{board.year_label} デジタル・ICT戦略 成果'
    return book(board, title, made_at, summary, initiative, only, pinned)


def book(board, title, made_at, first, page, only=None, pinned=None):
    """Return a PDF of the page `first(pen, board, title, size)` and a `page` for each initiative.

    The initiatives come by theme; with `only`, that one alone.
    """
    pen = typesetting.Pen()
    if only is not None:
        theme, view = next((theme, view) for theme, views in by_theme(board) for view in views
                           if view.no == only)
        story = [paper.Mark(f'initiative-{view.no}', f'{view.no}. {view.title}'),
                 *paper.fit(lambda size: page(pen, board, theme, view, size))]
        return paper.write(story, paper.Imprint.of(board, title, made_at, pinned), pen)
    story = [paper.Mark('whole', f'{title}：全体像'), *paper.fit(lambda size: first(pen, board, title, size))]
    for theme, views in by_theme(board):
        marks = [paper.Mark(f'theme-{theme.no}', f'戦略テーマ{theme.mark} {theme.title}')]
        for view in views:
            story += [PageBreak(), *marks, paper.Mark(f'initiative-{view.no}', f'{view.no}. {view.title}', 1),
                      *paper.fit(lambda size, theme=theme, view=view: page(pen, board, theme, view, size))]
            marks = []
    return paper.write(story, paper.Imprint.of(board, title, made_at, pinned), pen)


def by_theme(board):
    """Return [(theme, its initiatives)] in the board's order."""
    return [(theme, [view for view in board.initiatives if view.theme_no == theme.no])
            for theme in board.themes]


def themed(pen, board, style, cells):
    """Return (rows, table commands): each initiative's `cells(view)` beside its theme, named once."""
    rows, look = [], [('BACKGROUND', (0, 1), (0, -1), TINT), ('VALIGN', (1, 1), (-1, -1), 'MIDDLE')]
    for theme, views in by_theme(board):
        for view in views:
            name = '' if view is not views[0] else pen.prose(f'{theme.mark} {theme.title}', style.label)
            title = pen.prose(f'{view.no}. {view.title}', style.body, link=f'initiative-{view.no}')
            rows.append([name, title, *cells(view)])
            if view is not views[0]:
                look.append(('LINEABOVE', (0, len(rows)), (0, len(rows)), 0.5, TINT))
    return rows, look


def under_label(rows):
    """Return table commands that make a first column read as one cell over `rows` rows, across pages."""
    return [('BACKGROUND', (0, 0), (0, -1), TINT),
            *([('LINEABOVE', (0, 1), (0, -1), 0.5, TINT)] if rows > 1 else ())]


def rating(pen, mark, style):
    """Return a rating as symbol and word in its colour."""
    return pen.prose(paper.with_word(mark), style.marks[mark])


def summary(pen, board, title, size):
    """Return the first page: mission, vision, the tally and every initiative's rating."""
    style, width = paper.styles(size), paper.area()[0]
    tally = [[''] + [rating(pen, mark, style) for mark in ('○', '△', '×', '判定不可', '未評価')]]
    for name, counts in (('公式評価', board.official_tally), ('自動判定', board.tally)):
        tally.append([pen.prose(name, style.label), *(
            pen.prose(str(counts.get(mark, '－')), style.strong)
            for mark in ('○', '△', '×', '判定不可', '未評価'))])

    def cells(view):
        met = sum(indicator.verdict == 'met' for indicator in view.indicators)
        return (rating(pen, view.official or '未評価', style), rating(pen, view.computed, style),
                pen.prose(f'{met} / {len(view.indicators)}', style.centre))

    rows, look = themed(pen, board, style, cells)
    words = ('戦略テーマ', '重点取組', '公式評価', '自動判定', '達成した指標')
    return [
        pen.prose(title, style.huge),
        purpose(pen, board, style, width),
        paper.table([[pen.prose(word, style.head) for word in words], *rows],
                    [230, width - 230 - 270, 90, 100, 80], look, header=1, space=8),
        paper.table(tally, [120] + [(width - 120) / 5] * 5, [('BACKGROUND', (0, 0), (0, -1), TINT)],
                    header=1),
        *pen.footnote(style.small)]


def purpose(pen, board, style, width):
    """Return Mission and Vision beside each other."""
    return paper.table([[pen.prose('Mission（目的・使命）', style.head),
                         pen.prose('Vision（目指す姿）', style.head)],
                        [pen.prose(board.mission, style.body), pen.prose(board.vision, style.body)]],
                       [width / 2, width / 2], header=1, space=8)


def initiative(pen, board, theme, view, size):
    """Return the page of one initiative; `size` is the body's in points."""
    style, width = paper.styles(size), paper.area()[0]
    return [*heading(pen, theme, view, style, width), *indicators(pen, board, view, style, width),
            *tasks(pen, view, style, width, trends(pen, board, view, (width - LABEL) * 0.66)),
            assessment(pen, view, style, width), *source(pen, view, style), *pen.footnote(style.small)]


def heading(pen, theme, view, style, width):
    """Return the head of an initiative's page: theme, title, めざす姿, outline."""
    side, aims = (width - LABEL) * 0.52, 60
    return [
        paper.band(pen.prose(f'戦略テーマ{theme.mark} {theme.title}', style.band), width),
        paper.table([[pen.prose('重点取組', style.label), pen.prose(f'{view.no}. {view.title}', style.title),
                      pen.prose('めざす姿', style.label), [pen.prose(aim, style.body) for aim in view.aims]],
                     [pen.prose('実施の概要', style.label), pen.prose(view.outline, style.body), '', '']],
                    [LABEL, side, aims, width - LABEL - side - aims],
                    [*under_label(1), ('BACKGROUND', (2, 0), (2, 0), TINT), ('SPAN', (1, 1), (3, 1))])]


def indicators(pen, board, view, style, width):
    """Return the table of targets and results; its header repeats where it breaks."""
    words = ('目標・指標(KPI)', 'No.', '指標', '目標', '実績', '分子／分母', '判定', '集計', '出典')
    rows = [[pen.prose(word, style.label if not at else style.head) for at, word in enumerate(words)]]
    for indicator in view.indicators:
        value = indicator.value_text + (indicator.unit if indicator.value is not None else '')
        gap = indicator.gap_text if indicator.verdict == 'missed' else ''
        rows.append([
            '', pen.prose(indicator.no, style.centre), pen.prose(indicator.text, style.body),
            pen.prose(indicator.target_words, style.centre), pen.prose(value, style.strong),
            pen.prose(indicator.parts or '－', style.centre),
            [rating(pen, paper.VERDICTS[indicator.verdict], style),
             *([pen.prose(gap, style.note)] if gap else ())],
            [pen.prose(words, style.strong if indicator.source == 'computed' else style.centre)
             for words in origin(indicator)],
            [pen.prose(text, style.small) for text in provenance(indicator, board)]])
    if not view.indicators:
        rows.append(['', '', pen.prose('指標の登録はありません。', style.body), *[''] * 6])
    rest = width - LABEL - 30
    widths = [LABEL, 30, *(rest * part for part in (0.225, 0.12, 0.085, 0.12, 0.1, 0.085, 0.265))]
    return [paper.table(rows, widths, [*under_label(len(rows)), ('LEFTPADDING', (1, 0), (-1, -1), 4),
                                       ('RIGHTPADDING', (1, 0), (-1, -1), 4)], header=1),
            *notes(pen, view, style, width)]


def notes(pen, view, style, width):
    """Return the ※ notes as the last row of the table of indicators."""
    if not view.notes:
        return []
    return [paper.table([['', [pen.prose(note, style.small) for note in view.notes]]], [LABEL, width - LABEL],
                        [*under_label(1), ('LINEABOVE', (0, 0), (0, 0), 0.6, TINT)])]


def origin(indicator):
    """Return the lines on where an indicator's value is from; a published one adds the computed result."""
    if indicator.is_published:
        return ['公表値', f'（自動集計は{indicator.instead_of}）']
    return [SOURCES[indicator.source]]


def provenance(indicator, board):
    """Return what is known about an actual: source and quote, its day, what it rests on."""
    # a published value is said below, with all that were published
    text = indicator.source_text + quoted(indicator.quote)
    found = [text] if text and not indicator.is_published else []
    if indicator.businesses:
        found.append(f'対象業務：{"、".join(name for _, name in indicator.businesses)}')
    if indicator.source == 'entered' and not indicator.is_published and (
            indicator.as_of and indicator.as_of != board.as_of):
        found.append(f'{calendar.show_day(indicator.as_of)}時点')
    found += [f'公表値{"" if at == board.as_of else f"（{calendar.show_day(at)}）"}：'
              f'{f"{value}{indicator.unit}" if value else "数値なし"}{quoted(said)} {source}'
              for at, value, said, source in indicator.published]
    found += references(indicator)
    if indicator.note:
        found.append(f'備考：{indicator.note}')
    if indicator.unverified:
        found.append(f'要確認の設定：{"、".join(indicator.unverified)}')
    return found


def quoted(text):
    """Return the words of a source between 「」, unless they are already."""
    return f'「{text}」' if text and not text.startswith('「') else text


def references(indicator):
    """Return the figures of earlier years given beside a target."""
    return [f'参考：{"：".join(pair)}' for pair in indicator.reference]


def tasks(pen, view, style, width, pictures=()):
    """Return the tasks (主なタスク), in two columns when there are many, any pictures at their right."""
    room = width - LABEL
    label = pen.prose('具体的な個別施策（主なタスク）', style.label)
    if pictures:
        side = room * 0.66 / CHARTS_A_ROW
        rows = [pictures[at:at + CHARTS_A_ROW] for at in range(0, len(pictures), CHARTS_A_ROW)]
        inner = [[label, pen.listed(view.tasks, style, '・')] if not at else ['', '']
                 for at in range(len(rows))]
        cells = [start + list(row) + [''] * (CHARTS_A_ROW - len(row))
                 for start, row in zip(inner, rows, strict=True)]
        return [paper.table(cells, [LABEL, room * 0.34, side, side, side], [
            *under_label(len(cells)), ('LINEBEFORE', (3, 0), (-1, -1), 0.6, PAPER),
            ('LEFTPADDING', (2, 0), (-1, -1), 5), ('RIGHTPADDING', (2, 0), (-1, -1), 3)])]
    half = -(-len(view.tasks) // 2) if len(view.tasks) > 3 else len(view.tasks)
    while view.tasks[half:] and view.tasks[half][:1] in typesetting.BULLETS:
        half += 1
    columns = [pen.listed(part, style, '・') for part in (view.tasks[:half], view.tasks[half:])]
    return [paper.table([[label, *columns]], [LABEL, room / 2, room / 2], [
        *under_label(1), ('LINEBEFORE', (2, 0), (2, 0), 0.6, PAPER)])]


def trends(pen, board, view, room):
    """Return small charts of the computed indicators of at least two points, within `room` points.

    They lead to the forecast of the year's end, where there is one.
    """
    def chart(indicator):
        points, ahead = outlook.line_of(indicator, board.fiscal_year, board.as_of)
        return charts.trend(f'指標{indicator.no}の推移', points, indicator.target, indicator.unit,
                            room / CHARTS_A_ROW - 9, 58, indicator.decimals, ahead)
    return [pen.picture(chart(indicator)) for indicator in view.indicators if indicator.source == 'computed'
            and sum(value is not None for _, value in indicator.trend) >= 2]


def assessment(pen, view, style, width):
    """Return the official rating, large, beside the computed one, with the reason and the 成果."""
    cells = []
    for name, mark in (('公式評価', view.official or '未評価'), ('自動判定', view.computed)):
        symbol = len(mark) == 1
        cells.append([pen.prose(name, style.head), pen.prose(mark, style.ratings[mark]),
                      *([pen.prose(paper.WORDS[mark][0], style.marks[mark])] if symbol else ())])
    said = [*([pen.prose(view.result_text, style.body)] if view.result_text else ()),
            *pen.listed(view.result_points, style, '●')]
    rows = [[pen.prose('評価', style.label), *cells, pen.prose('成果', style.label),
             said or pen.prose('記載はありません。', style.body)]]
    look = [*under_label(1), ('BACKGROUND', (3, 0), (3, 0), TINT), ('VALIGN', (1, 0), (2, 0), 'MIDDLE')]
    if view.differs:
        rows.append([pen.prose('評価が異なる理由', style.label),
                     pen.prose(view.reason or '理由は未入力です。', style.body), '', '', ''])
        look.append(('SPAN', (1, 1), (4, 1)))
    return paper.table(rows, [LABEL, 80, 96, 42, width - LABEL - 218], look, space=3)


def source(pen, view, style):
    """Return the lines that say where the words come from, and what to mind about the source."""
    return [*([pen.prose(f'出典：{view.source}', style.small)] if view.source else ()),
            *(pen.prose(f'原文についての注意：{note}', style.small) for note in view.source_notes)]
