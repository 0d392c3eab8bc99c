"""The rows of a list as HTML: each different cell is made once, which took most of a list's time."""
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


def heads_html(listing, roles, picked):
    """Return the heads of a list's columns, each of which sorts the list if it can."""
    heads = ['<th class="pick" scope="col"><span class="hidden-text">選択</span></th>'] if picked else []
    for column in listing.columns:
        name, css, label = column.name, classes_of(column, roles), str(escaped(column.label))
        if not column.sortable:
            heads.append(f'<th scope="col"{css}>{label}</th>')
            continue
        rising, falling = listing.sort == name, listing.sort == f'-{name}'
        order = f' aria-sort="{"ascending" if rising else "descending"}"' if rising or falling else ''
        url = str(escaped(listing.url(sort=f'-{name}' if rising else name)))
        mark = '▲' if rising else '▼' if falling else ''
        heads.append(f'<th scope="col"{css}{order}><a class="sort" href="{url}">{label}'
                     f'<span class="sort-mark" aria-hidden="true">{mark}</span></a></th>')
    return Markup('\n'.join(heads))


def cell_html(column, css, text, tone):
    """Return a cell: a state is a mark, what has a tone is coloured."""
    # plain text takes a fifth of the time of Markup to be written into more of it
    told = words = str(escaped(text))
    if text and (tone or column.is_state):
        words = f'<span class="badge{f" badge-{tone}" if tone else ""}">{words}</span>'
    title = f' title="{told}"' if len(text) > LONG else ''
    return f'<td{css}{title}>{words}</td>'


def table_html(listing, address, picked):
    """Return (the heads, the rows) of a list that was read.

    The name leads to the record below `address`, where there is one; with `picked` a row can be selected.
    """
    roles = roles_of(listing.columns)
    return heads_html(listing, roles, picked), rows_html(listing, roles, address, picked)


def rows_html(listing, roles, address, picked):
    """Return the rows of a list, column by column and then together."""
    if not listing.rows:
        return Markup()
    columns, (ids, *values) = listing.columns, zip(*listing.rows, strict=True)
    named = next(place for place, column in enumerate(columns) if roles.get(column.name) == 'name')
    cells, names = [], ()
    for place, (column, told) in enumerate(zip(columns, listing.words, strict=True)):
        css = classes_of(column, roles)
        if place == named:
            known = {value: str(escaped(text or NAMELESS)) for value, (text, _) in told.items()}
            names = [known[value] for value in values[place]]
            titles = {name: f' title="{name}"' if len(name) > LONG else '' for name in known.values()}
            cells.append([f'<td{css}{titles[name]}><a href="{address}{id}">{name}</a></td>' if address
                          else f'<td{css}{titles[name]}>{name}</td>'
                          for id, name in zip(ids, names, strict=True)])
        else:
            made = {value: cell_html(column, css, *words) for value, words in told.items()}
            cells.append([made[value] for value in values[place]])
    if picked:
        cells.insert(0, [f'<td class="pick"><input type="checkbox" name="id" value="{id}" '
                         f'aria-label="{name}を選ぶ"></td>' for id, name in zip(ids, names, strict=True)])
    lines = map(''.join, zip(*cells, strict=True))
    return Markup('<tr>' + '</tr>\n<tr>'.join(lines) + '</tr>')
