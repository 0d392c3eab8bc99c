"""What was typed is not lost: a form sent after its session had ended comes back once the same person has signed in."""
from urllib.parse import urlsplit

from flask import current_app, request, session
from itsdangerous import BadSignature, URLSafeTimedSerializer

from forms.fields import Code, Flag

from .nouns import NOUNS

#: never shown again and never carried
SECRET = frozenset({'csrf_token', 'password', 'current', 'new', 'again', 'kept'})
MOST, SECONDS = 200_000, 3600


def typed():
    """Return [[name, value]] of the fields of this request, secrets left out; [] when there are none, or too much to carry."""
    found = [[name, value] for name, values in request.form.lists() for value in values if name not in SECRET]
    return found if sum(len(name) + len(value) for name, value in found) <= MOST else []


def labelled(path, fields):
    """Return [(label, value)] of the fields a person typed into, in the words of the form at `path` where it is known."""
    noun = NOUNS.get(path.split('/')[1] if path.count('/') > 1 else '')
    cells = {cell.name: cell for cell in noun.blank.cells()} if noun else {}
    words = {'act_reason': '変更の理由', 'reason': '理由', 'text': 'コメント'} | {name: cell.label.text for name, cell in cells.items()}
    return [(words.get(name, '入力'), _chosen(cells.get(name), value)) for name, value in fields
            if value.strip() and name not in ('revision', 'seen')]


def _chosen(cell, value):
    """Return what was typed; of a choice, what the list calls it."""
    try:
        return cell.show(cell.read(value)) if isinstance(cell, (Code, Flag)) else value
    except ValueError:
        return value


def _signer():
    return URLSafeTimedSerializer(current_app.config['SECRET_KEY'], salt='kept')


def ours():
    """Tell whether the browser says that one of our own pages sent this form; every browser says so of a POST (Fetch, 3.1)."""
    try:
        return urlsplit(request.headers.get('Origin', '')).netloc == request.host
    except ValueError:
        return False


def keep():
    """Return this request's typed fields as a signed text, bound to whose session had ended; '' when there is nothing.

    Nobody else can have typed it: the request's CSRF token has been checked before, or, where a session is altogether
    gone and so bound to nobody, that one of our own pages sent it.
    """
    fields, person = typed(), session.get('_user_id', session.get('was'))
    return _signer().dumps([person, request.path, fields]) if fields and (person or ours()) else ''


def resume(text, person):
    """Return (path, fields) of what `keep` carried, or None when it is not this person's, too old or not ours."""
    try:
        owner, path, fields = _signer().loads(text, max_age=SECONDS)
    except (BadSignature, ValueError):
        return None
    return (path, fields) if owner in (None, person.get_id()) else None
