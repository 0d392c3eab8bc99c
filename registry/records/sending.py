"""A list's rows as a file that is sent."""
from flask import Response, render_template

from audits import trail

from ..core import clock, connection
from ..web.menu import address
from ..web.submission import viewer
from . import exporting, sheets

#: the layouts of a file besides the one that is imported: as the list is seen, and of all a noun's fields
LAYOUTS = {'seen': lambda noun, found: found.export(),
           'people': lambda noun, found: exporting.export_for_people(noun, found.query(noun.table), viewer())}


def send_file(noun, found, format, encoding, layout=''):
    """Answer with the rows of a Listing as a file, read from one state of the database.

    The response headers hold the chain's head.
    """
    with connection.snapshot():
        return _file(noun, found, format, encoding, layout)


def _file(noun, found, format, encoding, layout):
    stamp = clock.today().strftime('%Y%m%d')
    if layout in LAYOUTS:
        headers, rows, kinds = LAYOUTS[layout](noun, found)
        stamp += f'-{layout}'
    else:
        (headers, rows), kinds = exporting.export(noun, found.query(noun.table), viewer()), None
    try:
        if format == 'xlsx':
            body = sheets.write_xlsx(headers, rows, noun.title, kinds)
            kind = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'
        else:
            body = sheets.write_csv(headers, rows, 'cp932' if encoding == 'cp932' else 'utf-8-sig')
            kind = 'text/csv; charset=' + ('Shift_JIS' if encoding == 'cp932' else 'utf-8')
    except sheets.Unreadable as error:
        return render_template('files/lost.html', noun=noun, problems=error.problems[:200],
                               crumbs=[('ホーム', address('board.index')), (noun.title, noun.address),
                                       ('書き出し', None)]), 422
    head = trail.head()
    return Response(body, headers={
        'Content-Type': kind, 'Content-Disposition': f'attachment; filename="{noun.name}-{stamp}.{format}"',
        'X-Trail-Head': f'{head.seq}:{head.hash}'})
