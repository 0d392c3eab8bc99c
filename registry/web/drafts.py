"""What a person has typed into a form and not saved (下書き): kept by a script, offered, gone with the save.

It is theirs alone, kept DAYS at most and MOST of each person; see docs/decisions/0036.
"""
import json
from datetime import timedelta

from flask import Blueprint, Response, abort, current_app, redirect, request
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from audits import trail
from models import Draft, db
from models.drafts import LONGEST
from models.statements import Prepared

from ..core import clock
from ..records.noun import NOUNS, noun_and_view
from .guard import permit, signed_in
from .unsent import SECRET

bp = Blueprint('drafts', __name__, url_prefix='/drafts')
#: how many forms a person may have left, how long they are kept in days, how many fields one has
MOST, DAYS, FIELDS = 20, 14, 300


_of_page = Prepared(lambda person, path: Draft.select().where(Draft.person == person, Draft.address == path))


def asked_form():
    """Return the path of the form that a request is about; answer 422 where it is no form of a record."""
    path = request.form.get('address', '')
    if len(path) > Draft.address.max_length or not path.startswith('/'):
        abort(422)
    try:
        endpoint, values = current_app.url_map.bind('').match(path, method='POST')
    except (HTTPException, RequestRedirect):
        abort(422)
    name, view = noun_and_view(endpoint, values)
    if name not in NOUNS or view not in ('new', 'edit'):
        abort(422)
    return path


@bp.post('/keep')
@permit('account.use')
def keep():
    """Keep what a form holds in place of what was kept of it; the oldest go where there are too many."""
    path, person, now = asked_form(), signed_in(), clock.actual()
    fields = [[name, value] for name, values in request.form.lists() for value in values
              if name not in SECRET and name != 'address']
    text = json.dumps(fields, ensure_ascii=False)
    if len(fields) > FIELDS or len(text) > LONGEST:
        abort(413)
    with trail.untrailed(), db.atomic():
        Draft.delete().where(Draft.at < now - timedelta(days=DAYS)).execute()
        Draft.insert(person=person.id, address=path, fields=text, at=now).on_conflict(
            conflict_target=[Draft.person, Draft.address],
            update={Draft.fields: text, Draft.at: now}).execute()
        newest = Draft.select(Draft.id).where(Draft.person == person.id).order_by(
            Draft.at.desc(), Draft.id.desc())
        Draft.delete().where(Draft.id.in_([id for (id,) in newest.tuples()][MOST:])).execute()
    return Response(status=204, mimetype='text/plain')


@bp.post('/drop')
@permit('account.use')
def let_go():
    """Throw away what was kept of a form and show it as it is without."""
    path = asked_form()
    drop(path)
    return redirect(path, code=303)


def drop(path):
    """Delete what the person signed in has typed into the form at a path."""
    if Draft.select(Draft.id).where(*mine(path)).exists():
        with trail.untrailed():
            Draft.delete().where(*mine(path)).execute()


def mine(path):
    return Draft.person == signed_in().id, Draft.address == path


def kept_of(path):
    """Return the Draft that the person signed in has of the form at a path, or None."""
    row = next(iter(_of_page(signed_in().id, path)), None)
    return row if row is not None and row.at >= clock.actual() - timedelta(days=DAYS) else None


def typed(draft):
    """Return the fields of a Draft as a form is sent."""
    return MultiDict((name, value) for name, value in json.loads(draft.fields))
