"""The rows of a list as HTML: each different cell is made once, which took most of a list's time."""
from markupsafe import Markup, escape

from . import display

#: the columns that say what a record is called, the first of which its row's link bears
NAMES = ('name', 'title', 'theme', 'item', 'text')
#: what a row's link says where the record has no name yet
NAMELESS = '（名称なし）'
#: texts so long are told whole when pointed at: their cell may be narrower
LONG = 16


def roles_of(columns):
    """Return {column name: its role} of a list's columns: name, state, when (the first day), owner."""
    def first(fits):
        return next((column.name for column in columns if column.name not in found and fits(column)), None)
    found = {next((column.name for name in NAMES for column in columns if column.name == name),
                  columns[0].name): 'name'}
    for role, fits in (('state', lambda column: column.is_state), ('when', lambda column: column.is_dated),
                       ('owner', lambda column: column.show is display.department)):
        found[first(fits)] = role
    found.pop(None, None)
    return found


def classes_of(column, roles):
    """Return the class attribute of a column's cells, '' for none."""
    numeric = column.show in (display.number, display.yen, display.percent, display.exact)
    found = [*([roles[column.name]] if column.name in roles else []), *(['number'] if numeric else [])]
    return f' class="{" ".join(found)}"' if found else ''


def head_classes(columns):
    """Return {column name: class attribute} of the heads of a list's columns."""
    roles = roles_of(columns)
    return {column.name: Markup(classes_of(column, roles)) for column in columns}


def cell_html(column, css, text, tone):
    """Return a cell: a state is a mark, what has a tone is coloured."""
    words = escape(text)
    if text and (tone or column.is_state):
        words = f'<span class="badge{f" badge-{tone}" if tone else ""}">{words}</span>'
    title = f' title="{escape(text)}"' if len(text) > LONG else ''
    return f'<td{css}{title}>{words}</td>'


def rows_html(listing, address, picked):
    """Return the rows of a list that was read.

    The name leads to the record below `address`, where there is one; with `picked` a row can be selected.
    """
    columns, roles = listing.columns, roles_of(listing.columns)
    css = [classes_of(column, roles) for column in columns]
    named = next(place for place, column in enumerate(columns) if roles.get(column.name) == 'name')
    made, lines = [{} for _ in columns], []
    for id, cells in listing.rows:
        line = []
        for place, told in enumerate(cells):
            if place == named:
                name = escape(told[0] or NAMELESS)
                link = f'<a href="{address}{id}">{name}</a>' if address else name
                title = f' title="{name}"' if len(told[0]) > LONG else ''
                line.append(f'<td{css[place]}{title}>{link}</td>')
                continue
            html = made[place].get(told)
            if html is None:
                html = made[place][told] = cell_html(columns[place], css[place], *told)
            line.append(html)
        pick = (f'<td class="pick"><input type="checkbox" name="id" value="{id}" '
                f'aria-label="{name}を選ぶ"></td>' if picked else '')
        lines.append(f'<tr>{pick}{"".join(line)}</tr>')
    return Markup('\n'.join(lines))
