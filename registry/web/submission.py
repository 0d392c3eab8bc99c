"""What a request says: the form it sends, who reads and who signs what it does."""
from flask import g, request
from werkzeug.datastructures import CombinedMultiDict

from ..core import clock
from ..records.display import Viewer
from .guard import signed_in


def form_data():
    """Return what this request sends for a form, None when it sends none."""
    if request.method != 'POST':
        return None
    return CombinedMultiDict([request.files, request.form]) if request.files else request.form


def submitted(form):
    """Tell whether a form was sent and each of its fields can be read."""
    return request.method == 'POST' and form.validate()


def viewer():
    """Return the Viewer of this request."""
    return Viewer(signed_in(), clock.today())


def signed(reason=None):
    """Return the arguments of this request's act: who, when, channel, request, and the reason if given."""
    found = {'by': signed_in(), 'at': clock.now(), 'channel': 'web',
             'request_id': g.get('request_id', '')}
    return found if reason is None else found | {'reason': reason}


def filled_form(form, **kwargs):
    """Return a form as this request fills it, or else from `data`."""
    return form(form_data(), viewer=viewer(), **kwargs)
