"""Pages of grids (表で入力): many records of one kind entered in a table, saved as one act."""
from dataclasses import dataclass, field
from typing import NamedTuple

from flask import flash, redirect, render_template, request
from markupsafe import Markup

from ..core import clock
from ..web.escaping import escaped
from ..web.guard import signed_in
from ..web.submission import signed
from . import entering, saving
from .listing import whole_number
from .pages import crumbs

#: letters of the keyboard besides 1 to 9, by the first sound of a word
LETTERS = {'未': 'm', '作': 's', '完': 'k', '対': 't', '修': 'k', '受': 'j', '除': 'n', '順': 'j', '遅': 'o'}


@dataclass(frozen=True)
class Column:
    """A column of a grid, which enters a field of the noun's form.

    `fill` names the field whose blank is filled with a day when a word is chosen: {code: field name}.
    `symbols` are what the cells show in the place of words: {code: (symbol, tone)}.
    """

    name: str
    fill: dict = field(default_factory=dict)
    symbols: dict = field(default_factory=dict)


class Cell(NamedTuple):
    """A cell that is entered: the number of its column, and the record it belongs to where not the row's.

    `keys` and `values` are the record's, in words; `title` what is said of the cell when it is pointed at;
    `late` marks what is late.
    """

    place: int | None
    keys: tuple = ()
    values: tuple = ()
    title: str = ''
    late: bool = False


#: the one cell of a row that stands for what is folded
FOLDED = Cell(None)


@dataclass(frozen=True)
class Row:
    """A row: its name, where that leads, and its cells; `keys` and `values` where all are of one record."""

    label: str
    address: str
    cells: list
    keys: tuple = ()
    values: tuple = ()
    note: str = ''


@dataclass
class Grid:
    """A grid: `heads` are [(words, title)] of its columns, `corner` that of the names of the rows.

    `keys` are the form's fields that find a record, `columns` what is entered of each. With `panel` the
    columns but the first are entered beside the grid, for the cells selected. `chosen` are [(name, label,
    [(value, words)], the value now)] of what the address chooses the rows by, `more` the (words, address) of
    the same grid with more in it. `opened` is the newest act before anything of it was read.
    """

    noun: object
    title: str
    back: str
    corner: str
    heads: list
    keys: tuple
    columns: list
    rows: list
    form: object
    opened: int
    panel: bool = False
    hint: str = ''
    chosen: list = ()
    pager: object = None
    more: tuple | None = None

    def fields(self):
        """Return the form's fields of the columns."""
        return [self.form._fields[column.name] for column in self.columns]

    def headers(self):
        """Return the line of headers above the lines that are sent."""
        return entering.line_of([*(self.form._fields[name].header for name in self.keys),
                                 *(cell.header for cell in self.fields())])

    def described(self):
        """Return what the page's script needs to know of the columns, for JSON."""
        names, found = [column.name for column in self.columns], []
        for at, (column, cell) in enumerate(zip(self.columns, self.fields(), strict=True)):
            codes = getattr(cell, 'codes', {}) if getattr(cell, 'shape', '') == 'list' else {}
            found.append({'label': cell.label.text, 'place': at, 'choices': [
                {'word': word, 'keys': [str(place), LETTERS.get(word[:1], '')],
                 'symbol': column.symbols.get(code, (word, ''))[0],
                 'tone': column.symbols.get(code, ('', ''))[1],
                 'fill': names.index(column.fill[code]) if code in column.fill else None}
                for place, (code, word) in enumerate(codes.items(), 1)]})
        return found


def shown_in(column, field):
    """Return {word: (what a cell shows of it, its tone)} of the values that a column shows otherwise."""
    return {word: column.symbols[code] for code, word in getattr(field, 'codes', {}).items()
            if code in column.symbols}


def cell_html(cell, row, shown, marked):
    """Return a cell as HTML: a grid has hundreds, which would take most of the page's time in a template.

    `shown` are the `shown_in` of the columns; with `marked` the tone of the value is the cell's.
    """
    if cell.place is None:
        return ('<td class="folded"><span aria-hidden="true">●</span>'
                '<span class="hidden-text">すべて完了済みか対象外</span></td>')
    text = (cell.values or row.values)[cell.place]
    words, tone = shown[cell.place].get(text, (text, ''))
    css = f' class="cell-{tone or "none"}{" late" if cell.late else ""}"' if marked else ''
    source = keyed(cell.keys, cell.values) if cell.keys else ''
    title = f' title="{escaped(cell.title)}"' if cell.title else ''
    told = str(escaped(text)) if words == text else (
        f'<span aria-hidden="true">{words}</span><span class="hidden-text">{escaped(text)}</span>')
    return f'<td{css} data-i="{cell.place}"{source}{title}>{told}</td>'


def keyed(keys, values):
    """Return the attributes by which the page's script knows a record and what it holds."""
    return f' data-k="{escaped(entering.line_of(keys))}" data-v="{escaped(entering.line_of(values))}"'


def enter(grid):
    """Show a grid and save what it sends; return the response."""
    person, text = signed_in(), request.form.get('lines', '')
    opened, wrong, entered = whole_number(request.form, 'opened', None), [], None
    if request.method == 'POST':
        reason, wrong = saving.read_reason(request.form.get('act_reason', ''))
        if theirs := request.form.get('theirs', ''):
            text = entering.without(text, set(theirs.split(',', entering.MOST)[:entering.MOST]))
        entered = entering.read(grid.noun, text, opened or 0, person)
        if not wrong and not entered.problems and not entered.stale:
            changes = entered.changes
            _, refused = entering.save(entered, **signed(reason)) if changes else (None, '')
            if not refused:
                flash(f'{changes:,}件を保存しました。' if changes else '変更はありませんでした。')
                return redirect(grid.back, code=303)
            entered.problems = [('', refused)]
    stale = entered.stale if entered else []
    shown = [shown_in(column, field) for column, field in zip(grid.columns, grid.fields(), strict=True)]
    return render_template(
        'records/enter.html', noun=grid.noun, grid=grid, columns=grid.described(), stale=stale,
        problems=[*[('', message) for _, message in wrong], *(entered.problems if entered else ())],
        lines=entered.text if entered else '', most=entering.MOST, today=clock.today(),
        # who is asked has seen what stands
        opened=grid.opened if stale or opened is None else opened,
        rows=[(row, Markup(keyed(row.keys, row.values) if row.keys else ''), Markup(''.join(
            cell_html(cell, row, shown, grid.panel) for cell in row.cells))) for row in grid.rows],
        theirs=','.join(str(each.line) for each in stale),
        crumbs=crumbs(grid.noun, (grid.title, None))), 409 if stale else 422 if entered else 200
