"""The server: some processes on one address, watched over by one that serves nothing."""
import ctypes
import gc
import multiprocessing
import os
import signal
import socket
import sys
import threading
from multiprocessing.connection import wait

import waitress

LIMIT = 22 * 1024 * 1024
#: glibc's mallopt(3)
M_MMAP_THRESHOLD = -3


def serve(app, host, port, processes, threads):
    """Serve `app` until told to stop (SIGTERM, SIGINT); a process that dies is replaced. Raise OSError for a taken address."""
    listening = socket.create_server((host, port), family=socket.AF_INET6 if ':' in host else socket.AF_INET, backlog=256)
    # compiled here once, not by every process again
    for name in app.jinja_env.list_templates():
        app.jinja_env.get_template(name)
    return_memory()
    # what is loaded by now stays: the collector need not walk it again in the middle of a request
    gc.collect()
    gc.freeze()
    if processes == 1 or not hasattr(os, 'fork'):
        answer(app, listening, threads)
        return
    forked = multiprocessing.get_context('fork')
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    workers = []
    try:
        while True:
            while len(workers) < processes:
                workers.append(forked.Process(target=work, args=(app, listening, threads), daemon=True))
                workers[-1].start()
            wait([worker.sentinel for worker in workers])
            workers = [worker for worker in workers if worker.is_alive()]
    except KeyboardInterrupt:
        pass


def return_memory():
    """Have large buffers (an export, a PDF) given back to the system once freed: glibc by itself keeps room for the next."""
    if sys.platform == 'linux' and hasattr(libc := ctypes.CDLL(None), 'mallopt'):
        libc.mallopt(M_MMAP_THRESHOLD, 128 * 1024)


def work(app, listening, threads):
    """Serve in a process of its own, for as long as the one that watches over it lives."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=follow, daemon=True).start()
    answer(app, listening, threads)


def follow():
    multiprocessing.parent_process().join()
    os._exit(0)


def answer(app, listening, threads):
    waitress.serve(app, sockets=[listening], threads=threads, ident='', max_request_body_size=LIMIT,
                   clear_untrusted_proxy_headers=True)
