"""What surrounds every request: its number, its line in the log, its security headers."""
import gc
import random
import time

import structlog
from flask import abort, appcontext_pushed, g, request
from werkzeug.exceptions import default_exceptions

from models import db

from ..core import log, memo
from . import bounds

POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; " \
         "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
HEADERS = {
    'Content-Security-Policy': POLICY, 'X-Content-Type-Options': 'nosniff', 'X-Frame-Options': 'DENY',
    'Referrer-Policy': 'same-origin', 'Cross-Origin-Opener-Policy': 'same-origin',
    'Permissions-Policy': 'camera=(), microphone=(), geolocation=(), payment=()',
}
#: [(name in small letters, name, value)]
ADDED = [(name.lower(), name, value) for name, value in HEADERS.items()]

#: the views that hold a whole file
LARGE = frozenset({'export', 'preview', 'rejected'})


def refuse_nul():
    """Refuse an address with a NUL: no text of ours holds one, and PostgreSQL takes none."""
    if '\0' in request.path or any('\0' in value for value in request.args.values()):
        abort(400)


def register(app):
    """Number, log and protect every request."""
    log.configure()
    logger = structlog.get_logger('daicho').bind()

    @app.before_request
    def number():
        # no secret: it tells the lines of a log apart, and asks the system for nothing
        g.request_id, g.started = f'{random.getrandbits(48):012x}', time.perf_counter()
        if refused := request.environ.get('daicho.refused'):
            raise bounds.too_large() if refused == 413 else default_exceptions[refused]

    @app.teardown_request
    def let_go(error):
        # a file's form and rows point at each other, many megabytes of them: the collector by itself would
        # come late. Where nothing is frozen (`serving`), it would walk over the whole program.
        if request.endpoint and request.endpoint.partition('.')[2] in LARGE and gc.get_freeze_count():
            gc.collect()

    @app.after_request
    def finish(response):
        headers = response.headers
        present = {name.lower() for name, _ in headers}
        for lower, name, value in ADDED:
            if lower not in present:
                headers.add(name, value)
        if app.config['DAICHO_ENV'] == 'production':
            headers['Strict-Transport-Security'] = 'max-age=31536000; includeSubDomains'
        if request.endpoint == 'static':
            return response
        known = g._get_current_object()
        id, started = known.get('request_id', ''), known.get('started', 0)
        headers['X-Request-Id'] = id
        if 'cache-control' not in present:
            headers.add('Cache-Control', 'no-store')
        if app.config.get('REQUEST_LOG', True):
            # the person this request has already read, if any: asking anew would need the database, which
            # may be what failed
            person = known.get('_login_user')
            logger.info('request', id=id, method=request.method, path=request.path,
                        status=response.status_code, ms=round((time.perf_counter() - started) * 1000, 1),
                        person=person and person.get_id())
        return response


def lend_connections(app):
    """Give every request that may need it one connection."""
    @app.before_request
    def open_connection():
        if request.endpoint not in ('static', 'healthz', 'readyz'):
            db.connect(reuse_if_open=True)
            g.lent = True

    @app.teardown_request
    def close_connection(error):
        if not db.is_closed():
            db.close()


def remember(app):
    """Let every request and command use the cache of this process."""
    def begin(app, **_):
        g.scope = memo.enter(lambda: app.extensions.setdefault('remembered', memo.Memo()))
    # held by the application: a signal keeps no receiver alive
    app.extensions['scope'] = begin
    appcontext_pushed.connect(begin, app)

    @app.teardown_appcontext
    def end(error):
        memo.leave(g.pop('scope'))
