"""The browsers in which people have signed in: a signed cookie that outlives every session.

It opens nothing by itself.
"""
import secrets

from flask import current_app, g, request
from itsdangerous import BadSignature, URLSafeTimedSerializer

from ..core import clock

SECONDS = 180 * 24 * 3600
MOST = 5


def _signer():
    return URLSafeTimedSerializer(current_app.config['SECRET_KEY'], salt='device')


def read():
    """Return (this browser's token, [ids of those who signed in here, the last one first]), or ('', [])."""
    text = request.cookies.get(current_app.config['DEVICE_COOKIE'], '')
    try:
        (device, people), signed_at = _signer().loads(text[:500], return_timestamp=True)
    except (BadSignature, ValueError):
        return '', []
    return (device, people) if clock.age_of(signed_at) <= SECONDS else ('', [])


def remember(person):
    """Note in this browser that a person signed in here."""
    device, people = read()
    g.device = _signer().dumps(
        [device or secrets.token_hex(8), [person.id, *(id for id in people if id != person.id)][:MOST]])


def send(response, config):
    """Give this browser the cookie that was made in this request, if any."""
    if 'device' in g:
        response.set_cookie(config['DEVICE_COOKIE'], g.device, max_age=SECONDS, httponly=True, samesite='Lax',
                            secure=config['SESSION_COOKIE_SECURE'])
