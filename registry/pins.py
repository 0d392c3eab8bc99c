"""The records a person has at hand: those kept (よく使う記録), and those looked at last (最近見た記録)."""
from flask import Blueprint, abort, current_app, redirect, request, session

from audits import trail
from models import Entry, Pin, db
from models.statements import Prepared

from .core import clock
from .records import pages, suggesting
from .records.noun import NOUNS, noun_and_view, of_table
from .web.guard import allowed, permit, signed_in

bp = Blueprint('pins', __name__, url_prefix='/pins')
#: how many records one keeps at most: more is a list that is kept
MOST = 12
#: how many of the last looked at are remembered, for as long as the session lasts: not for the next person
RECENT, APART = 8, ':'
#: where the session says which are kept, so that a record's page need not ask
KEPT = 'kept'

_of_person = Prepared(lambda person: Pin.select(Pin.id, Pin.table, Pin.row).where(
    Pin.person == person).order_by(Pin.id.desc()))


def is_pinned(row):
    """Tell whether the person signed in keeps a record at hand."""
    if KEPT not in session:
        kept()
    return [row._meta.table_name, row.id] in session[KEPT]


def kept():
    """Return [[table name, id]] of what the person signed in keeps, newest first; so does the session."""
    found = [[pin.table, pin.row] for pin in _of_person(signed_in().id)]
    if session.get(KEPT) != found:
        session[KEPT] = found
    return found


@bp.post('/<name>/<int:id>')
@permit('search.use')
def press(name, id):
    """Keep a record at hand, the oldest let go where they are too many, or let it go; go back to it."""
    noun, person = NOUNS.get(name), signed_in()
    if noun is None or 'show' not in noun.views or not allowed(noun.permit('read')):
        abort(404)
    row = pages.find(noun, id)
    place = {'person': person.id, 'table': noun.table._meta.table_name, 'row': row.id}
    with trail.untrailed(), db.atomic():
        Pin.delete().where(*(Pin._meta.fields[key] == value for key, value in place.items())).execute()
        if request.form.get('keep') == '1':
            # pressed twice at once it is kept once
            Pin.insert(**place, at=clock.now()).on_conflict_ignore().execute()
            over = [pin.id for pin in _of_person(person.id)[MOST:]]
            Pin.delete().where(Pin.id.in_(over)).execute()
        kept()
    return redirect(f'{noun.address}{row.id}', code=303)


def at_hand():
    """Return [(title, [Suggestion])] of what the person signed in keeps and has looked at last."""
    person = signed_in()
    tables = {noun.table._meta.table_name: noun for noun in NOUNS.values()}
    mine = [(noun, id) for table, id in kept() if (noun := tables.get(table) or noun_of_entry(table, id))]
    seen = [(NOUNS[name], int(id)) for name, _, id in (each.rpartition('.') for each in looked_at())
            if name in NOUNS and id.isascii() and id.isdigit() and len(id) < 10]
    seen = [each for each in seen if not any(each[0] is noun and each[1] == id for noun, id in mine)]
    groups = [(title, suggesting.those(chosen, person)) for title, chosen in (
        ('よく使う記録', mine), ('最近見た記録', seen))]
    return [(title, rows) for title, rows in groups if rows]


def noun_of_entry(table, id):
    """Return the noun of a row of a register that the ward made, None for anything else."""
    row = Entry.by_id(id) if table == Entry._meta.table_name else None
    return row and of_table(type(row))


def reading():
    """Return what tells this person's session from every other: a session's number alone is given again."""
    return f'{signed_in().get_id()}-{session.get("at", [""])[0]}'


def looked_at():
    """Return [name.id] of the records looked at last in this session, the last one first."""
    text = request.cookies.get(current_app.config['SEEN_COOKIE'], '')[:500]
    session_id, *seen = text.split(APART)
    return seen[:RECENT] if session_id == reading() else []


def remember(response):
    """Note in a cookie that a record's page was read; called after each request.

    To sign it with the session took a tenth of the page's time; that one sees a record is asked anew anyway.
    """
    name, view = noun_and_view(request.endpoint, request.view_args)
    if view != 'show' or response.status_code != 200 or name not in NOUNS or 'id' not in request.view_args:
        return response
    here, seen = f'{name}.{request.view_args["id"]}', looked_at()
    if seen[:1] != [here]:
        now = [reading(), here, *(each for each in seen if each != here)]
        response.set_cookie(current_app.config['SEEN_COOKIE'], APART.join(now[:1 + RECENT]), httponly=True,
                            samesite='Lax', secure=current_app.config['SESSION_COOKIE_SECURE'])
    return response


def register(app):
    """Offer a button on each record's page, and remember which were looked at."""
    app.jinja_env.globals['is_pinned'] = is_pinned
    app.after_request(remember)
