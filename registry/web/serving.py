"""The server: granian's processes on one address.

A request is read whole before it takes one of our threads, so nobody slow holds any.
"""
import asyncio
import faulthandler
import gc
import io
import multiprocessing
import os
import signal
import socket
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from importlib import import_module
from pathlib import Path
from pickle import UnpicklingError

try:
    import resource
except ImportError:  # Windows
    resource = None

import structlog
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server import Server
from jinja2 import FileSystemBytecodeCache
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from ..core import connection, log, queue
from . import bounds, middleware
from .sent_files import SentFile

FAILED = ('<!DOCTYPE html><html lang="ja"><head><meta charset="utf-8"><title>処理中に問題が起きました｜台帳 '
          'Daicho</title></head><body><main>'
          '<h1>処理中に問題が起きました</h1><p>保存できたか、一覧か記録の画面で確かめてください。'
          '直らないときは、情報政策の担当者に伝えてください。</p>'
          '<p><a href="/">ホームへ戻る</a></p></main></body></html>')
#: a request's body in bytes, and how much of it is held in memory rather than in a temporary file
LIMIT, HELD = 21 * 1024 * 1024, 64 * 1024
#: a body over this many bytes is read once one of so many places is free; of those with many documents, which
#: may be larger than LIMIT, fewer are read at once
LARGE, PLACES, HUGE_PLACES = 1024 * 1024, 16, 4
#: seconds for a request's head or a silent connection; for its body, and the bytes that earn one more
HEAD, BODY, RATE = 10, 20, 16 * 1024
#: seconds that a refused body is read and thrown away so that its sender reads the answer; of silence
REFUSED, SILENCE = 30, 1
#: connections that wait in a process, and that are open in it
BACKLOG = 2048
#: seconds after a stop for what is under way; a process over this many megabytes is replaced by a new one
STOP, MEMORY = 60, 512
#: seconds between looks at a process, and after which it is replaced: with no answer from its interpreter,
#: with every thread taken
BEAT, HUNG, TAKEN = 5, 60, 600


def serve(app, host, port, processes, threads):
    """Serve `app` until told to stop (SIGTERM, SIGINT); raise OSError for a taken address.

    A process that dies is replaced.
    """
    family = socket.AF_INET6 if ':' in host else socket.AF_INET
    host = socket.getaddrinfo(host, port, family, socket.SOCK_STREAM)[0][4][0]
    # granian's processes each listen for themselves, which the system allows to a second server too
    socket.create_server((host, port), family=family).close()
    log.capture_all()
    room = allow_files()
    if 'fork' in multiprocessing.get_all_start_methods():
        multiprocessing.set_start_method('fork', force=True)
        load_compiled(app)
        # a page that draws does not wait until what draws is there
        import_module('registry.reports.documents')
        # what is loaded by now stays: the collector need not walk it in a request
        gc.collect()
        gc.freeze()
        load = partial(Worker, threads, app)
    else:
        load = partial(Worker, threads)
    server = Server(
        'daicho', address=host, port=port, interface=Interfaces.RSGI, workers=processes,
        http=HTTPModes.http1, websockets=False, backlog=BACKLOG, backpressure=min(BACKLOG, room),
        http1_settings=HTTP1Settings(header_read_timeout=HEAD * 1000),
        log_dictconfig=log.STANDARD, respawn_failed_workers=True, workers_kill_timeout=STOP,
        workers_max_rss=MEMORY, rss_samples=3)
    threading.Thread(target=replace_stopped, args=(server,), daemon=True).start()
    try:
        server.serve(target_loader=load, wrap_loader=False)
    except SystemExit:
        if not server.interrupt_signal:  # a stop that reached the processes before us is one all the same
            raise
    finally:
        # the processes are gone, however they ended: the last word on the file is ours
        connection.checkpoint_and_close()
        log.LINES.finish()


def replace_stopped(server):
    """End the processes that were stopped (SIGSTOP) for too long: the server replaces what ends."""
    since = {}
    while True:
        time.sleep(BEAT)
        now = time.monotonic()
        since = {pid: since.get(pid, now) for worker in list(server.wrks)
                 if is_stopped(pid := worker.inner.pid)}
        for pid, begun in since.items():
            if now - begun >= HUNG:
                structlog.get_logger('daicho').error('process stopped', pid=pid, seconds=round(now - begun))
                os.kill(pid, signal.SIGKILL)


def is_stopped(pid):
    """Tell whether a process stands still by a signal; False where the system has no /proc."""
    try:
        return Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()[0] == 'T'
    except OSError:
        return False


class CompiledTemplates(FileSystemBytecodeCache):
    """Templates as compiled, kept from one start to the next.

    Where they cannot be written they are compiled again.
    """

    def __init__(self, directory, environment):
        super().__init__(directory)
        # what is compiled depends on these too
        self.options = str((environment.trim_blocks, environment.lstrip_blocks,
                            sorted(environment.extensions)))

    def get_source_checksum(self, source):
        return super().get_source_checksum(f'{self.options}\n{source}')

    def load_bytecode(self, bucket):
        try:
            super().load_bytecode(bucket)
        except (OSError, EOFError, ValueError, UnpicklingError):
            bucket.reset()

    def dump_bytecode(self, bucket):
        with suppress(OSError):
            super().dump_bytecode(bucket)


def load_compiled(app):
    """Load every template compiled once, here rather than in every process again.

    The others are compiled when a page needs them.
    """
    environment, folder = app.jinja_env, None
    if 'INSTANCE' in app.config:
        folder = app.config['INSTANCE'] / 'templates'
        with suppress(OSError):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    kept = CompiledTemplates(str(folder), environment) if folder and folder.is_dir() else None
    environment.bytecode_cache = kept
    for name in environment.list_templates():
        source, path, _ = environment.loader.get_source(environment, name)
        if kept is None or kept.get_bucket(environment, name, path, source).code is not None:
            environment.get_template(name)


def allow_files():
    """Let a process open as many files as the system lets it; return how many connections that allows."""
    if resource is None:
        return BACKLOG
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * BACKLOG
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return BACKLOG if soft == resource.RLIM_INFINITY else max(64, soft - 200)


class Worker:
    """The application in one process, as granian calls it (RSGI)."""

    def __init__(self, threads, app=None):
        if app is None:
            from .. import create_app
            app = create_app()
        log.capture_all()
        self.stopping = threading.Event()
        self.worker = threading.Thread(target=queue.keep_working, args=(app, self.stopping), daemon=True)
        self.app, self.pool = app.wsgi_app, ThreadPoolExecutor(threads, 'request')
        self.hung = app.config['INSTANCE'] / 'hung.log' if 'INSTANCE' in app.config else os.devnull
        self.large, self.huge = asyncio.Semaphore(PLACES), asyncio.Semaphore(HUGE_PLACES)
        limits = app.config.get('FILE_LIMITS')
        self.map, self.most = app.url_map.bind(''), limits.together + LARGE if limits else LIMIT

    def __rsgi_init__(self, loop):
        self.loop, self.answered = loop, time.monotonic()
        self.watching = [loop.create_task(self.beat()), loop.create_task(self.try_threads())]
        self.worker.start()
        if parent := multiprocessing.parent_process():
            threading.Thread(target=stop_with_parent, args=(parent,), daemon=True).start()

    def __rsgi_del__(self, loop):
        for task in self.watching:
            task.cancel()
        faulthandler.cancel_dump_traceback_later()
        self.pool.shutdown()
        self.stopping.set()
        self.worker.join(STOP / 2)
        connection.close()
        log.LINES.finish()

    async def beat(self):
        """Put off the end of this process, again and again.

        The end says where its threads stand, and comes once nobody puts it off.
        """
        # not to the log, whose reader may be what it hangs on
        try:
            found = open(self.hung, 'a')
        except OSError:
            found = open(os.devnull, 'w')
        with found:
            while True:
                if time.monotonic() - self.answered < TAKEN:
                    faulthandler.dump_traceback_later(HUNG, exit=True, file=found)
                await asyncio.sleep(BEAT)

    async def try_threads(self):
        while True:
            await self.loop.run_in_executor(self.pool, time.monotonic)
            self.answered = time.monotonic()
            await asyncio.sleep(BEAT)

    async def __rsgi__(self, scope, protocol):
        environ = environ_of(scope)
        with tempfile.SpooledTemporaryFile(HELD) as body:
            environ['wsgi.input'] = body
            refused = await self.receive(environ, protocol, body)
            if refused:
                environ |= {'daicho.refused': refused, 'wsgi.input': io.BytesIO(), 'CONTENT_LENGTH': '0'}
            status, headers, data = await self.loop.run_in_executor(self.pool, self.answer, environ)
        if isinstance(data, SentFile):
            protocol.response_file(status, headers, str(data.path))
            return
        if not refused:
            protocol.response_bytes(status, headers, data)
            return
        # the sender may read the answer only once all is sent: a connection closed before is a reset, and no
        # words reach them
        headers = [(name, value) for name, value in headers if name.lower() != 'content-length']
        out = protocol.response_stream(status, [*headers, ('Connection', 'close')])
        await out.send_bytes(data)
        await discard(protocol)

    async def receive(self, environ, protocol, body):
        """Read a request's body; return the status with which it is refused, or None."""
        if 'HTTP_TRANSFER_ENCODING' in environ:
            return 411  # its end could not be told from a connection that broke
        length = environ.get('CONTENT_LENGTH', '0')
        if not length.isascii() or not length.isdecimal():
            return 400
        length = int(length)
        if length > LIMIT and (length > self.most or not self.takes_documents(environ)):
            return 413
        if length <= LARGE:
            return await copy_body(protocol, length, body)
        place = self.huge if length > LIMIT else self.large
        try:
            async with asyncio.timeout(BODY):
                await place.acquire()
        except TimeoutError:
            return 429
        try:
            return await copy_body(protocol, length, body)
        finally:
            place.release()

    def takes_documents(self, environ):
        """Tell whether a request is sent to where documents are taken, which may be large together."""
        try:
            endpoint, _ = self.map.match(environ['PATH_INFO'], method=environ['REQUEST_METHOD'])
        except (HTTPException, RequestRedirect):
            return False
        return bounds.takes_documents(endpoint)

    def answer(self, environ):
        """Return (status, headers, body or SentFile) of the application's answer."""
        got = []

        def start_response(status, headers, exc_info=None):
            got[:] = [int(status.partition(' ')[0]), headers]
        try:
            parts = self.app(environ, start_response)
            if isinstance(parts, SentFile):
                return *got, parts
            try:
                return *got, b''.join(parts)
            finally:
                if hasattr(parts, 'close'):
                    parts.close()
        except Exception:  # one that the application's own page for them could not answer
            structlog.get_logger('daicho').exception('unhandled', path=environ['PATH_INFO'])
            return 500, [('Content-Type', 'text/html; charset=utf-8'),
                         *middleware.HEADERS.items()], FAILED.encode()


def stop_with_parent(parent):
    """Stop this process as if told to, once the one that watches over it is gone."""
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)


def environ_of(scope):
    """Return the WSGI environment (PEP 3333) of a request, without its body."""
    environ = {
        'REQUEST_METHOD': scope.method, 'SCRIPT_NAME': '', 'PATH_INFO': scope.path.encode().decode('latin-1'),
        'QUERY_STRING': scope.query_string, 'SERVER_PROTOCOL': f'HTTP/{scope.http_version}',
        'wsgi.version': (1, 0), 'wsgi.url_scheme': scope.scheme, 'wsgi.errors': sys.stderr,
        'wsgi.multithread': True, 'wsgi.multiprocess': True, 'wsgi.run_once': False}
    environ['SERVER_NAME'], _, environ['SERVER_PORT'] = scope.server.rpartition(':')
    environ['REMOTE_ADDR'], _, environ['REMOTE_PORT'] = scope.client.rpartition(':')
    environ['REMOTE_ADDR'] = environ['REMOTE_ADDR'].strip('[]')
    for name, value in scope.headers.items():
        if '_' in name:  # it would pass for the header with a hyphen
            continue
        key = name.upper().replace('-', '_')
        key = key if key in ('CONTENT_TYPE', 'CONTENT_LENGTH') else f'HTTP_{key}'
        between = '; ' if key == 'HTTP_COOKIE' else ','
        environ[key] = f'{environ[key]}{between}{value}' if key in environ else value
    return environ


async def copy_body(protocol, length, body):
    """Copy `length` bytes of what is sent to `body`; return the status of a refusal, or None."""
    got, begun, parts = 0, time.monotonic(), aiter(protocol)
    try:
        while got < length:
            async with asyncio.timeout(begun + BODY + got / RATE - time.monotonic()):
                part = await anext(parts)
            body.write(part)
            got += len(part)
    except TimeoutError:
        return 408
    except StopAsyncIteration:
        return 400  # the sender is gone, and half a form is none
    body.seek(0)
    return None


async def discard(protocol):
    """Read what is still sent, for a while."""
    parts = aiter(protocol)
    try:
        async with asyncio.timeout(REFUSED):
            while True:
                async with asyncio.timeout(SILENCE):
                    await anext(parts)
    except (TimeoutError, StopAsyncIteration):
        pass
