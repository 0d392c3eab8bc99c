"""What every operation of the JSON API answers with, and how its acts are signed."""
import orjson
from flask import Blueprint, Response

from .web.submission import signed

bp = Blueprint('api', __name__, url_prefix='/api/v1')


def answer(value, status=200, **headers):
    """Return a JSON answer; `headers` are named with underscores."""
    return Response(orjson.dumps(value), status, mimetype='application/json',
                    headers={name.replace('_', '-'): text for name, text in headers.items()})


def api_signed(reason=None):
    """Return what an act of the API is signed with."""
    return signed(reason) | {'channel': 'api'}
