"""The browsers in which people have signed in: a signed cookie that outlives every session and opens nothing by itself."""
import secrets

from flask import after_this_request, current_app, request
from itsdangerous import BadSignature, URLSafeTimedSerializer

from . import clock

SECONDS = 180 * 24 * 3600
MOST = 5


def _signer():
    return URLSafeTimedSerializer(current_app.config['SECRET_KEY'], salt='device')


def read():
    """Return (this browser's own word, [ids of the people who signed in here, the last one first]), or ('', [])."""
    text = request.cookies.get(current_app.config['DEVICE_COOKIE'], '')
    try:
        (device, people), signed_at = _signer().loads(text[:500], return_timestamp=True)
    except (BadSignature, ValueError):
        return '', []
    return (device, people) if clock.age_of(signed_at) <= SECONDS else ('', [])


def remember(person):
    """Note in this browser that a person signed in here."""
    device, people = read()
    config, signed = current_app.config, _signer().dumps(
        [device or secrets.token_hex(8), [person.id, *(id for id in people if id != person.id)][:MOST]])

    @after_this_request
    def set_cookie(response):
        response.set_cookie(config['DEVICE_COOKIE'], signed, max_age=SECONDS, httponly=True, samesite='Lax',
                            secure=config['SESSION_COOKIE_SECURE'])
        return response
