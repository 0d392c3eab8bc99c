"""The plan (実施計画) of a year's strategy: an overview page, then each initiative with its quarters."""
from ..figures import charts
from . import paper, results

QUARTERS = ('4〜6月', '7〜9月', '10〜12月', '1〜3月')


def build(board, made_at, only=None, pinned=None):
    """Return the year's plan as a PDF (bytes), made at an aware moment; the board is read, nothing else.

    `only` is the number of the one initiative asked for.
    """
    return results.book(board, f'{board.year_label} デジタル・ICT戦略 実施計画', made_at, overview,
                        initiative, only, pinned)


def overview(pen, board, title, size):
    """Return the first page: mission, vision, themes and initiatives with their outlines."""
    style, width = paper.styles(size), paper.area()[0]
    rows, look = results.themed(pen, board, style, lambda view: (
        pen.prose(view.outline, style.body), pen.prose(f'{len(view.indicators)}件', style.centre)))
    words = ('戦略テーマ', '重点取組', '実施の概要', '指標')
    return [
        pen.prose(title, style.huge),
        results.purpose(pen, board, style, width),
        paper.table([[pen.prose(word, style.head) for word in words], *rows], [150, 200, width - 390, 40],
                    look,
                    header=1),
        *pen.footnote(style.small)]


def initiative(pen, board, theme, view, size):
    """Return the page of one initiative: targets, tasks and the schedule of the year."""
    style, width = paper.styles(size), paper.area()[0]
    return [*results.heading(pen, theme, view, style, width), *targets(pen, view, style, width),
            *results.tasks(pen, view, style, width), schedule(pen, board, view, style, width),
            *results.source(pen, view, style), *pen.footnote(style.small)]


def targets(pen, view, style, width):
    """Return the table of indicators and what they are to reach."""
    words = ('目標・指標(KPI)', 'No.', '指標', '目標', '実績のとらえ方・参考')
    rows = [[pen.prose(word, style.label if not at else style.head) for at, word in enumerate(words)]]
    for indicator in view.indicators:
        how = '台帳から自動で集計' if indicator.measure else '所管課が実績を入力'
        rows.append(['', pen.prose(indicator.no, style.centre), pen.prose(indicator.text, style.body),
                     pen.prose(indicator.target_words, style.strong),
                     [pen.prose(how, style.body),
                      *(pen.prose(text, style.small) for text in results.references(indicator))]])
    if not view.indicators:
        rows.append(['', '', pen.prose('指標の登録はありません。', style.body), '', ''])
    rest = width - results.LABEL - 30
    return [paper.table(rows, [results.LABEL, 30, rest * 0.5, rest * 0.2, rest * 0.3],
                        results.under_label(len(rows)), header=1),
            *results.notes(pen, view, style, width)]


def schedule(pen, board, view, style, width):
    """Return the quarterly schedule as drawings that fit on a page, with the source's remarks."""
    label = pen.prose(f'{board.year_label}のスケジュール', style.label)
    room, high = width - results.LABEL - 10, paper.area()[1] - 60
    groups, used = [], 0
    for row in view.schedule:
        bar = charts.Bar(row.text, row.start_quarter, row.end_quarter, row.star, row.note)
        height = charts.gantt_row_height(bar, room)
        if not groups or used + height > high:
            groups.append([])
            used = 0
        groups[-1].append(bar)
        used += height
    rows = [[label if not at else '', pen.picture(charts.gantt('', bars, QUARTERS, room))]
            for at, bars in enumerate(groups)]
    said = {}
    for row in view.schedule:
        if row.note and charts.NO_PERIOD not in row.note:
            said.setdefault(row.note, []).append(row.text)
    remarks = [pen.prose(f'{"、".join(texts)}：{note}', style.small) for note, texts in said.items()]
    if remarks:
        rows.append(['', remarks])
    if not rows:
        rows = [[label, pen.prose('スケジュールの登録はありません。', style.body)]]
    return paper.table(rows, [results.LABEL, width - results.LABEL], results.under_label(len(rows)), space=3)
