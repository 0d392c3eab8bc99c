"""A form sent after its session had ended comes back once the same person has signed in."""
from urllib.parse import urlsplit

from flask import current_app, request, session
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from forms.fields import Code, Flag
from models.visibility import visible

from ..core import clock
from ..records.noun import NOUNS, noun_and_view
from . import devices

#: never shown again and never carried
SECRET = frozenset({'csrf_token', 'password', 'current', 'new', 'again', 'kept'})
#: what stands for a file that came with a form and is not carried with it
NOT_SENT = 'not_sent'
MOST, SECONDS = 200_000, 3600
#: what the views are called that a form is sent to
ACTIONS = {'new': 'の新規登録', 'edit': 'の編集', 'void': 'の取消', 'restore': 'の取消の取りやめ',
           'move': 'の状態の変更', 'ask': 'の支援の依頼', 'census': 'の対象者の確定',
           'attach': 'への文書の添付', 'comment': 'へのコメント・質問',
           'answer': 'への回答', 'check_in': 'の進捗確認', 'new_action': 'の是正措置の登録',
           'follow_up': 'の監査事後確認'}


def typed_fields():
    """Return [[name, value]] of this request's fields without secrets; [] for none, or too much to carry."""
    found = [[name, value] for name, values in request.form.lists() for value in values if name not in SECRET]
    # files are not carried: who goes on must know that they are not
    found += [[NOT_SENT, one.filename[:255]] for one in request.files.values() if one.filename]
    return found if sum(len(name) + len(value) for name, value in found) <= MOST else []


def with_labels(path, fields):
    """Return [(label, value)] of the fields a person typed into.

    The labels are those of the form at `path` where it is known.
    """
    noun = NOUNS.get(path.split('/')[1] if path.count('/') > 1 else '')
    cells = {cell.name: cell for cell in noun.blank.cells()} if noun else {}
    words = {'act_reason': '変更の理由', 'reason': '理由', 'text': 'コメント',
             NOT_SENT: '送られなかったファイル（あとで添付し直してください）'}
    words |= {name: cell.label.text for name, cell in cells.items()}
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


def from_our_page():
    """Tell whether the browser says that one of our own pages sent this form.

    Every browser says so of a POST (Fetch, 3.1).
    """
    try:
        return urlsplit(request.headers.get('Origin', '')).netloc == request.host
    except ValueError:
        return False


def keep():
    """Return this request's typed fields as a signed text, '' when there is nothing.

    The text is bound to whose session had ended.

    Nobody else can have typed it: the request's CSRF token has been checked before, or, where a session is
    altogether gone, that one of our own pages sent it; then it is whose browser this was last. Of a browser
    that knows nobody nothing is carried.
    """
    fields, person = typed_fields(), session.get('_user_id', session.get('was'))
    if person is None and from_our_page():
        _, people = devices.read()
        person = str(people[0]) if people else None
    return _signer().dumps([person, request.path, fields]) if fields and person else ''


def resume(text, person):
    """Return (path, fields) of what `keep` carried, None for another person's, an old or a forged text."""
    try:
        (owner, path, fields), signed_at = _signer().loads(text, return_timestamp=True)
    except (BadSignature, ValueError):
        return None
    return (path, fields) if owner == person.get_id() and clock.age_of(signed_at) <= SECONDS else None


def action_name(path, person):
    """Return what a form sent to `path` does, and to which record the person sees; '' for no name."""
    try:
        endpoint, values = current_app.url_map.bind('').match(path, method='POST')
    except (HTTPException, RequestRedirect):
        return ''
    name, view = noun_and_view(endpoint, values)
    noun = NOUNS.get(name)
    if noun is None:
        return ''
    row = noun.table.by_id(values['id']) if 'id' in values else None
    seen = row is not None and visible(person, row, clock.today())
    return f'「{noun.one}{" " + row.label if seen else ""}」{ACTIONS.get(view, "への入力")}'
