"""The log: lines in order and whole, in JSON, and never in the way of an act."""
import json
import logging
import os
import threading

import pytest

from registry.core import log


# --- the log ---
@pytest.fixture
def pipe():
    reader, writer = os.pipe()
    yield reader, writer
    for end in (reader, writer):
        try:
            os.close(end)
        except OSError:
            pass


def test_lines_come_in_order_and_whole(pipe):
    lines = log.Lines(pipe[1])
    lines.write('一\n')
    lines.write('\ud800\n')
    lines.finish()
    assert os.read(pipe[0], 1000) == '一\n\\ud800\n'.encode()


def test_a_reader_that_is_gone_costs_lines_and_their_number_is_said(pipe):
    lines = log.Lines(pipe[1])
    os.close(pipe[0])
    for _ in range(3):
        lines.write('lost\n')
    lines.finish()
    reader, writer = os.pipe()
    lines.fd = writer
    lines.write('back\n')
    lines.finish()
    said, back = os.read(reader, 1000).decode().splitlines()
    assert '"log_dropped"' in said and '"lines": 3' in said and back == 'back'
    os.close(reader)
    os.close(writer)


def test_a_reader_that_does_not_read_holds_up_nobody(pipe):
    lines, asked = log.Lines(pipe[1]), 3 * log.ROOM
    writer = threading.Thread(target=lambda: [lines.write('x' * 100 + '\n') for _ in range(asked)],
                              daemon=True)
    writer.start()
    writer.join(60)  # nobody reads: it would never end
    assert not writer.is_alive() and lines.dropped and lines.waiting.qsize() <= log.ROOM
    lines.fd = os.open(os.devnull, os.O_WRONLY)
    os.set_blocking(pipe[0], False)
    while lines.waiting.unfinished_tasks:
        try:
            os.read(pipe[0], 1 << 20)
        except BlockingIOError:
            pass
    os.close(lines.fd)


def test_whoever_speaks_speaks_json():
    record = logging.makeLogRecord({'name': '_granian', 'levelno': 30, 'levelname': 'WARNING',
                                    'msg': 'a "line"\nand %s', 'args': ('more',)})
    line = log.formatter().format(record)
    assert '\n' not in line and json.loads(line) | {'timestamp': ''} == {
        'event': 'a "line"\nand more', 'logger': '_granian', 'level': 'warning', 'timestamp': ''}
