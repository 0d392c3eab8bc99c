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
    """Return a rating or a state as symbol and word in its colour."""
    return pen.prose(paper.with_word(mark), style.marks[mark])


#: said where the year is not over
ON_THE_WAY = '年度の途中の状態です（最も手当ての要る指標の状態）。○△×は年度末に判定します。'


def tallies(pen, board, style):
    """Return the rows of how many initiatives are rated how, and until the year's end how many stand how."""
    marks, states = ('○', '△', '×', '判定不可', '未評価'), tuple(paper.STATES)

    def rows(keys, *counted):
        return [[''] + [rating(pen, key, style) for key in keys],
                *([pen.prose(name, style.label), *(pen.prose(str(counts.get(key, '－')), style.strong)
                                                   for key in keys)] for name, counts in counted)]
    if board.is_over:
        return rows(marks, ('公式評価', board.official_tally), ('自動判定', board.tally))
    return rows(states, ('状態', board.state_tally))


def summary(pen, board, title, size):
    """Return the first page: mission, vision, the tally and every initiative's rating, or its state."""
    style, width = paper.styles(size), paper.area()[0]

    def cells(view):
        met = sum(indicator.verdict == 'met' or indicator.state == 'reached' for indicator in view.indicators)
        return (rating(pen, view.official or '未評価', style),
                [rating(pen, mark, style) for mark in standing(view, view.computed, '判定不可')],
                pen.prose(f'{met} / {len(view.indicators)}', style.centre))

    rows, look = themed(pen, board, style, cells)
    words = ('戦略テーマ', '重点取組', '公式評価', *(
        ('自動判定', '達成した指標') if board.is_over else ('状態', '達成済みの指標')))
    return [
        pen.prose(title, style.huge),
        purpose(pen, board, style, width),
        paper.table([[pen.prose(word, style.head) for word in words], *rows],
                    [230, width - 230 - 270, 90, 100, 80], look, header=1, space=8),
        paper.table(tallies(pen, board, style), [120] + [(width - 120) / 5] * 5,
                    [('BACKGROUND', (0, 0), (0, -1), TINT)], header=1),
        *([] if board.is_over else [pen.prose(ON_THE_WAY, style.small)]),
        *pen.footnote(style.small)]


def standing(view, mark, undecided):
    """Return the marks of how an indicator or initiative stands: its state, and its verdict once decided."""
    return [*([view.state] if view.state else ()), *([mark] if mark != undecided or not view.state else ())]


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
            assessment(pen, board, view, style, width), *source(pen, view, style), *pen.footnote(style.small)]


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
    words = ('目標・指標(KPI)', 'No.', '指標', '目標', '実績', '公表値', '判定' if board.is_over else '状態',
             '集計', '出典')
    rows = [[pen.prose(word, style.label if not at else style.head) for at, word in enumerate(words)]]
    for indicator in view.indicators:
        value = indicator.value_text + (indicator.unit if indicator.value is not None else '')
        rows.append([
            '', pen.prose(indicator.no, style.centre), pen.prose(indicator.text, style.body),
            pen.prose(indicator.target_words, style.centre),
            [pen.prose(value, style.strong),
             *([pen.prose(indicator.parts, style.note)] if indicator.denominator else ())],
            pen.prose(published(indicator), style.centre),
            [*(rating(pen, mark, style) for mark in standing(
                indicator, paper.VERDICTS[indicator.verdict], paper.VERDICTS['unknown'])),
             *(pen.prose(text, style.note) for text in outlook_words(indicator, board.is_over))],
            [pen.prose(words, style.strong if indicator.source == 'computed' else style.centre)
             for words in origin(indicator)],
            [pen.prose(text, style.small) for text in provenance(indicator, board)]])
    if not view.indicators:
        rows.append(['', '', pen.prose('指標の登録はありません。', style.body), *[''] * 6])
    rest = width - LABEL - 30
    widths = [LABEL, 30, *(rest * part for part in (0.215, 0.105, 0.105, 0.085, 0.165, 0.085, 0.24))]
    return [paper.table(rows, widths, [*under_label(len(rows)), ('LEFTPADDING', (1, 0), (-1, -1), 4),
                                       ('RIGHTPADDING', (1, 0), (-1, -1), 4)], header=1),
            *notes(pen, view, style, width)]


def notes(pen, view, style, width):
    """Return the ※ notes as the last row of the table of indicators."""
    if not view.notes:
        return []
    return [paper.table([['', [pen.prose(note, style.small) for note in view.notes]]], [LABEL, width - LABEL],
                        [*under_label(1), ('LINEABOVE', (0, 0), (0, 0), 0.6, TINT)])]


def published(indicator):
    """Return what was published of an indicator last, － where nothing was."""
    if indicator.stated is None:
        return '－'
    return f'{indicator.stated[1]}{indicator.unit}' if indicator.stated[1] else '数値なし'


def outlook_words(indicator, is_over):
    """Return the lines on where an indicator will stand at the year's end, and what would change that.

    Of a year that is over only what was missing is said.
    """
    if is_over:
        return [indicator.turn_text] if indicator.verdict == 'missed' and indicator.turn_text else []
    value, low, high = indicator.coming_texts or ('', '', '')
    ahead = f'見込み {value}{indicator.unit}（幅 {low}〜{high}）' if value else ''
    return [text for text in (ahead, indicator.turn_text) if text]


def origin(indicator):
    """Return the lines on where an indicator's value is from; an entered one adds what is computed."""
    return [SOURCES[indicator.source], *([f'（自動集計は{indicator.instead_of}）'] if indicator.instead_of
                                         else ())]


def provenance(indicator, board):
    """Return what is known about an actual: source and quote, its day, what it rests on."""
    text = indicator.source_text + quoted(indicator.quote)
    found = [text] if text else []
    if indicator.businesses:
        found.append(f'対象業務：{"、".join(name for _, name in indicator.businesses)}')
    if indicator.source == 'entered' and indicator.as_of and indicator.as_of != board.as_of:
        found.append(f'{calendar.show_day(indicator.as_of)}時点')
    found += [f'公表値{"" if at == board.as_of else f"（{calendar.show_day(at)}）"}：'
              f'{f"{value}{indicator.unit}" if value else "数値なし"}{quoted(said)} {source}'
              for at, value, said, source in indicator.published
              # what was entered from the same words is told above
              if not (said == indicator.quote and indicator.source_text.startswith(source))]
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
        points, ahead = outlook.line_of(indicator, board.fiscal_year)
        return charts.trend(f'指標{indicator.no}の推移', points, indicator.target, indicator.unit,
                            room / CHARTS_A_ROW - 9, 58, indicator.decimals, ahead)
    return [pen.picture(chart(indicator)) for indicator in view.indicators if indicator.source == 'computed'
            and sum(value is not None for _, value in indicator.trend) >= 2]


def assessment(pen, board, view, style, width):
    """Return the official rating, large, beside the computed one or the state, with reason and 成果."""
    cells = []
    for name, mark in (('公式評価', view.official or '未評価'),
                       ('状態（年度途中）', view.state) if view.state else ('自動判定', view.computed)):
        symbol, word = paper.STATES[mark][:2] if mark in paper.STATES else (mark, paper.WORDS[mark][0])
        cells.append([pen.prose(name, style.head), pen.prose(symbol, style.ratings[mark]),
                      *([pen.prose(word, style.marks[mark])] if len(symbol) == 1 else ())])
    said = [*([pen.prose(view.result_text, style.body)] if view.result_text else ()),
            *pen.listed(view.result_points, style, '●')]
    rows = [[pen.prose('評価', style.label), *cells, pen.prose('成果', style.label),
             said or pen.prose('記載はありません。', style.body)]]
    look = [*under_label(1), ('BACKGROUND', (3, 0), (3, 0), TINT), ('VALIGN', (1, 0), (2, 0), 'MIDDLE')]
    more = [*([('何が変われば', view.turn_text)] if view.turn_text else ()),
            *([('評価が異なる理由', view.reason or '理由は未入力です。')] if view.differs else ())]
    for at, (name, text) in enumerate(more, 1):
        rows.append([pen.prose(name, style.label), pen.prose(text, style.body), '', '', ''])
        look.append(('SPAN', (1, at), (4, at)))
    return paper.table(rows, [LABEL, 80, 96, 42, width - LABEL - 218], look, space=3)


def source(pen, view, style):
    """Return the lines that say where the words come from, and what to mind about the source."""
    return [*([pen.prose(f'出典：{view.source}', style.small)] if view.source else ()),
            *(pen.prose(f'原文についての注意：{note}', style.small) for note in view.source_notes)]
