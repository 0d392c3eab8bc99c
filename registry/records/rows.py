"""The rows of a list as HTML: each different cell is made once, which took most of a list's time."""
from operator import getitem

from markupsafe import Markup

from ..web.escaping import escaped
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
    # plain text takes a fifth of the time of Markup to be written into more of it
    told = words = str(escaped(text))
    if text and (tone or column.is_state):
        words = f'<span class="badge{f" badge-{tone}" if tone else ""}">{words}</span>'
    title = f' title="{told}"' if len(text) > LONG else ''
    return f'<td{css}{title}>{words}</td>'


def rows_html(listing, address, picked):
    """Return the rows of a list that was read.

    The name leads to the record below `address`, where there is one; with `picked` a row can be selected.
    """
    columns, roles = listing.columns, roles_of(listing.columns)
    css = [classes_of(column, roles) for column in columns]
    named = next(place for place, column in enumerate(columns) if roles.get(column.name) == 'name')
    made = [{value: cell_html(column, classes, *told) for value, told in words.items()}
            for column, classes, words in zip(columns, css, listing.words, strict=True)]
    names = {value: str(escaped(text or NAMELESS)) for value, (text, _) in listing.words[named].items()}
    before, after = made[:named], made[named + 1:]
    titled = {value: f'<td{css[named]} title="{name}">' if len(name) > LONG else f'<td{css[named]}>'
              for value, name in names.items()}
    lines = []
    for id, *values in listing.rows:
        value = values[named]
        name = names[value]
        pick = (f'<td class="pick"><input type="checkbox" name="id" value="{id}" '
                f'aria-label="{name}を選ぶ"></td>' if picked else '')
        link = f'<a href="{address}{id}">{name}</a>' if address else name
        lines.append(''.join((
            '<tr>', pick, *map(getitem, before, values), titled[value], link, '</td>',
            *map(getitem, after, values[named + 1:]), '</tr>')))
    return Markup('\n'.join(lines))
