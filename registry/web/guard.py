"""The permit of every endpoint: its view names it, or the application does not start."""
from functools import wraps

from flask import abort, g, request
from flask_login import current_user

from models.visibility import unit_path

from ..core import clock, permits

PUBLIC = frozenset({'static', 'sign_in.sign_in', 'healthz', 'readyz', 'feeds.calendar'})


def signed_in():
    """Return the person signed in, or nobody (anonymous): every use of `current_user` finds that out anew."""
    return g.get('_login_user') or current_user._get_current_object()


def allowed(permit, thing=None, person=None):
    """Tell whether `person` (default: who is signed in) holds a permit, for a thing or in principle."""
    person = person or signed_in()
    return person.is_authenticated and permits.allowed(permit, thing, person)


def those_of_units(rows, person):
    """Return those of a few rows of one table that belong to the units of a unit's member.

    None where the rows alone do not tell it: then the database is asked.
    """
    path = unit_path(type(rows[0])) if person.role in permits.UNIT_ROLES else ()
    if len(path) != 1 or any(path[0].name not in row.__data__ or row._dirty for row in rows):
        return None
    units = permits.units_of(person)
    if path[0].model.open_without_unit:
        units = {*units, None}
    return [row for row in rows if row.__data__[path[0].name] in units]


def sees(row):
    """Tell whether the person signed in may see a row."""
    if (known := those_of_units([row], signed_in())) is not None:
        return bool(known)
    limit = permits.limit_of(type(row), signed_in(), clock.today())
    return limit is None or type(row).select().where(type(row).id == row.id, limit).exists()


def visible_of(rows, person=None):
    """Return those of a few rows of one table that `person` (default: who is signed in) may see."""
    person = person or signed_in()
    limit = permits.limit_of(type(rows[0]), person, clock.today()) if rows else None
    if limit is None:
        return rows
    if (known := those_of_units(rows, person)) is not None:
        return known
    table = type(rows[0])
    seen = table.select(table.id).where(table.id.in_([row.id for row in rows]), limit)
    ids = {id for (id,) in seen.tuples()}
    return [row for row in rows if row.id in ids]


def require(permit, thing=None):
    """Refuse with 403 without the permit; with 404 when the thing is not even visible."""
    person = signed_in()
    if thing is not None and not sees(thing):
        abort(404)
    if not allowed(permit, thing, person):
        abort(403)


def permit(name):
    """Mark a view with the permit it needs in principle; the view calls require() for its thing."""
    def mark(view):
        @wraps(view)
        def guarded(*args, **kwargs):
            require(name)
            return view(*args, **kwargs)
        guarded.permit = name
        return guarded
    return mark


def register(app):
    """Refuse to start with an unmarked endpoint; send strangers to sign in everywhere else."""
    unmarked = [endpoint for endpoint, view in app.view_functions.items()
                if endpoint not in PUBLIC and not hasattr(view, 'permit')]
    if unmarked:
        raise RuntimeError(f'no permit on {", ".join(sorted(unmarked))}')
    named = {view.permit for view in app.view_functions.values() if hasattr(view, 'permit')}
    if unknown := named - permits.PERMITS.keys():
        raise RuntimeError(f'nobody holds {", ".join(sorted(unknown))}')

    @app.before_request
    def strangers_sign_in():
        endpoint = request.endpoint
        if endpoint and endpoint not in PUBLIC and not signed_in().is_authenticated:
            return app.login_manager.unauthorized()
        return None
