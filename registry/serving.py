"""The server: some processes on one address, watched over by one that serves nothing."""
import ctypes
import gc
import mmap
import multiprocessing
import os
import signal
import socket
import sys
import threading
import time
from multiprocessing.connection import wait

from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer
from waitress.task import ErrorTask

LIMIT = 22 * 1024 * 1024
REFUSED = ('<!DOCTYPE html><html lang="ja"><head><meta charset="utf-8"><title>{0}｜台帳 Daicho</title></head><body><main><h1>{0}</h1>'
           '<p>何も保存していません。{1}</p><p><a href="/">ホームへ戻る</a></p></main></body></html>')
#: glibc's mallopt(3)
M_MMAP_THRESHOLD, M_ARENA_MAX = -3, -8
#: how long a process with more connections than another leaves the next one to it, in seconds
COURTESY = 0.005


def serve(app, host, port, processes, threads):
    """Serve `app` until told to stop (SIGTERM, SIGINT); a process that dies is replaced. Raise OSError for a taken address."""
    listening = socket.create_server((host, port), family=socket.AF_INET6 if ':' in host else socket.AF_INET, backlog=256)
    # compiled here once, not by every process again; hardly any of it is garbage to look for on the way to the first page
    gc.disable()
    for name in app.jinja_env.list_templates():
        app.jinja_env.get_template(name)
    return_memory()
    # what is loaded by now stays: the collector need not walk it again in the middle of a request
    gc.collect()
    gc.freeze()
    gc.enable()
    if processes == 1 or not hasattr(os, 'fork'):
        Server(app, listening, threads, [0], 0).run()
        return
    forked = multiprocessing.get_context('fork')
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    held = memoryview(mmap.mmap(-1, 4 * processes)).cast('i')  # one for all of them
    workers = [None] * processes
    try:
        while True:
            for place, worker in enumerate(workers):
                if worker is None or not worker.is_alive():
                    held[place] = 0
                    workers[place] = forked.Process(target=work, args=(app, listening, threads, held, place), daemon=True)
                    workers[place].start()
            wait([worker.sentinel for worker in workers])
    except KeyboardInterrupt:
        pass


def return_memory():
    """Have large buffers (an export, a PDF) given back to the system once freed: glibc by itself keeps room for the next.

    And have the threads of a process share what room it keeps, instead of each keeping its own.
    """
    if sys.platform == 'linux' and hasattr(libc := ctypes.CDLL(None), 'mallopt'):
        libc.mallopt(M_MMAP_THRESHOLD, 128 * 1024)
        libc.mallopt(M_ARENA_MAX, 1)


def work(app, listening, threads, held, place):
    """Serve in a process of its own, for as long as the one that watches over it lives."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=follow, daemon=True).start()
    Server(app, listening, threads, held, place).run()


def follow():
    multiprocessing.parent_process().join()
    os._exit(0)


class Refusal(ErrorTask):
    """What the server itself answers before any page of ours is asked: a request too large, or none that it can read."""

    def execute(self):
        error = self.request.error
        what = ('送信された内容が大きすぎます', 'ファイルは20MBまでです。分けて送ってください。') if error.code == 413 else (
            '送信された内容を読み取れませんでした', '前の画面に戻り、もう一度操作してください。')
        body = REFUSED.format(*what).encode()
        self.status = f'{error.code} {error.reason}'
        self.response_headers += [('Content-Type', 'text/html; charset=utf-8'), ('Content-Security-Policy', "default-src 'none'"),
                                  ('X-Content-Type-Options', 'nosniff')]
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class Channel(HTTPChannel):
    error_task_class = Refusal


class Server(TcpWSGIServer):
    """waitress on a socket that several processes accept from: `held` is how many connections each has open, `place` our own."""

    channel_class = Channel

    def __init__(self, app, listening, threads, held, place):
        self.held, self.place = held, place
        super().__init__(app, _sock=listening, bind_socket=False, adj=Adjustments(
            threads=threads, ident='', max_request_body_size=LIMIT, clear_untrusted_proxy_headers=True),
            sockinfo=(listening.family, listening.type, listening.proto, listening.getsockname()))

    def readable(self):
        self.held[self.place] = len(self.active_channels)
        return super().readable()

    def handle_accept(self):
        # the system gives a connection to whoever takes it first, and one busy process would serve seven clients of eight
        if self.held[self.place] > min(self.held):
            time.sleep(COURTESY)
        super().handle_accept()
        self.held[self.place] = len(self.active_channels)
