"""The log: a JSON object a line on standard error.

Whoever writes a line neither waits for its reader nor learns of its failure.
"""
import atexit
import json
import logging
import logging.config
import os
import queue
import sys
import threading
import time

import structlog

#: lines that wait for a slow reader; more are dropped
ROOM = 4096
#: how long lines are gathered before they are written, in seconds
GATHERED = 0.05
#: how long the end of the process waits for the lines still to be written, in seconds
LAST = 2


class Lines:
    """A stream whose lines a thread of its own writes to `fd`.

    Lines that cannot be written are dropped, and their number is logged later.
    """

    def __init__(self, fd):
        self.fd = fd
        self.begin()
        if hasattr(os, 'register_at_fork'):
            os.register_at_fork(after_in_child=self.begin)

    def begin(self):
        """Start empty: a forked process has the lines of its parent but not the thread that writes them."""
        self.waiting, self.dropped, self.lock, self.thread = queue.Queue(ROOM), 0, threading.Lock(), None

    def write(self, text):
        try:
            self.waiting.put_nowait(text)
        except queue.Full:
            with self.lock:
                self.dropped += 1
        if self.thread is None:
            with self.lock:
                if self.thread is None:
                    self.thread = threading.Thread(target=self._copy, name='log', daemon=True)
                    self.thread.start()

    def flush(self):
        """Do nothing: what is written is on its way."""

    def finish(self, seconds=LAST):
        """Wait, but not for ever, until the lines are written."""
        end = time.monotonic() + seconds
        while self.thread is not None and self.waiting.unfinished_tasks and time.monotonic() < end:
            time.sleep(0.01)

    def _copy(self):
        while True:
            text = self.waiting.get()
            with self.lock:
                untold, self.dropped = self.dropped, 0
            try:
                if untold:
                    now = time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())
                    self._put(json.dumps({'event': 'log_dropped', 'lines': untold, 'timestamp': now,
                                          'level': 'warning'}) + '\n')
                    untold = 0
                self._put(text)
            except OSError:
                with self.lock:
                    self.dropped += untold + 1
            self.waiting.task_done()
            if self.waiting.empty():
                # woken by each line, it would take the interpreter from the request that wrote it
                time.sleep(GATHERED)

    def _put(self, text):
        left = text.encode('utf-8', 'backslashreplace')
        while left:
            left = left[os.write(self.fd, left):]


LINES = Lines(2)
atexit.register(LINES.finish)

PROCESSORS = [structlog.processors.TimeStamper(fmt='iso'), structlog.processors.add_log_level,
              structlog.processors.format_exc_info]
_encode = json.JSONEncoder(ensure_ascii=False, default=str).encode
JSON = structlog.processors.JSONRenderer(lambda event, **_: _encode(event))


def formatter():
    """Return the formatter of the standard library's records: the server's, warnings, any library's."""
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.add_logger_name, *PROCESSORS],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, JSON])


#: for the standard library and for granian, which sets it up anew in each of its processes
STANDARD = {
    'version': 1, 'disable_existing_loggers': False,
    'formatters': {'json': {'()': 'registry.core.log.formatter'}},
    'handlers': {'lines': {'class': 'logging.StreamHandler', 'stream': 'ext://registry.core.log.LINES',
                           'formatter': 'json'}},
    'root': {'handlers': ['lines'], 'level': 'INFO'},
    'loggers': {'_granian': {'handlers': [], 'propagate': True},
                'granian.access': {'handlers': [], 'propagate': True}},
}


def configure():
    """Have our own lines written so."""
    structlog.configure(processors=[*PROCESSORS, JSON],
                        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
                        logger_factory=structlog.WriteLoggerFactory(LINES), cache_logger_on_first_use=False)


def capture_all():
    """Have every line of this process written so, whoever speaks."""
    configure()
    logging.config.dictConfig(STANDARD)
    logging.captureWarnings(True)
    logging.raiseExceptions = False
    unhandled = structlog.get_logger('daicho')
    threading.excepthook = lambda found: unhandled.error(
        'unhandled', thread=found.thread and found.thread.name,
        exc_info=(found.exc_type, found.exc_value, found.exc_traceback))
    sys.excepthook = lambda *found: unhandled.error('unhandled', exc_info=found)
