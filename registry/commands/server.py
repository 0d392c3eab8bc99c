"""`daicho serve`: the pages; `daicho work`: what is done in the background where another server has them."""
import signal
import threading

import click

from audits import trail
from models import db

from ..core import config, connection, log, queue, troubles
from ..figures import board as boards
from .terminal import fail, register, say


@click.command()
@click.option('--host', default='127.0.0.1', show_default=True)
@click.option('--port', default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option('--processes', default=2, show_default=True, type=click.IntRange(1, 64))
@click.option('--threads', default=4, show_default=True, type=click.IntRange(1, 64), help='of each process')
def serve(host, port, processes, threads):
    """Serve the pages."""
    from .. import refuse_demo
    from ..web import serving
    with register() as app:
        # who only reads can be served all the same
        if what := connection.readiness_problem():
            say(f'{troubles.MESSAGES[what][0]}。{troubles.MESSAGES[what][1]}')
    try:
        refuse_demo(app)
    except config.UnsafeSetting as error:
        fail(error.message, 2)
    # where nobody reads, an echo would wait for ever
    log.LINES.write(f'台帳 Daicho  http://{host}:{port}/\n')
    with app.app_context(), db.connection_context():
        if boards.is_demo(trail.head()):
            from .. import demo as ward
            for line in ward.accounts():
                log.LINES.write(f'{line}\n')
    # no connection may pass into another process
    db.close_all()
    try:
        serving.serve(app, host, port, processes, threads)
    except OSError as error:
        fail(f'{host}:{port} で待ち受けられません（{error.strerror}）。--port で別の番号を選んでください。')


@click.command()
def work():
    """Do what is in the queue, until told to stop (SIGTERM, SIGINT)."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    with register() as app:
        db.close()
        queue.keep_working(app, stopping)
