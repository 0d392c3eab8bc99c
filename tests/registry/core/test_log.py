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
    """The ends of a pipe, to read and to write, as files: each closes its number once."""
    reader, writer = os.pipe()
    with open(reader, 'rb', 0) as reader, open(writer, 'wb', 0) as writer:
        yield reader, writer


def test_lines_come_in_order_and_whole(pipe):
    lines = log.Lines(pipe[1].fileno())
    lines.write('一\n')
    lines.write('\ud800\n')
    lines.finish(60)
    assert pipe[0].read(1000) == '一\n\\ud800\n'.encode()


def test_a_reader_that_is_gone_costs_lines_and_their_number_is_said(pipe, tmp_path):
    lines = log.Lines(pipe[1].fileno())
    pipe[0].close()
    for _ in range(3):
        lines.write('lost\n')
    lines.finish(60)
    with open(tmp_path / 'log', 'wb', 0) as place:
        lines.fd = place.fileno()
        lines.write('back\n')
        lines.finish(60)
    said, back = (tmp_path / 'log').read_text().splitlines()
    assert '"log_dropped"' in said and '"lines": 3' in said and back == 'back'


def test_a_reader_that_does_not_read_holds_up_nobody(pipe):
    lines, asked = log.Lines(pipe[1].fileno()), 3 * log.ROOM
    writer = threading.Thread(target=lambda: [lines.write('x' * 100 + '\n') for _ in range(asked)],
                              daemon=True)
    writer.start()
    writer.join(60)  # nobody reads: it would never end
    assert not writer.is_alive() and lines.waiting.qsize() <= log.ROOM
    os.set_blocking(pipe[0].fileno(), False)
    read = b''
    while lines.waiting.unfinished_tasks or lines.dropped:
        if not lines.waiting.unfinished_tasks:  # what was dropped is said with the next line
            lines.write('')
        read += pipe[0].read(1 << 20) or b''
    read = (read + (pipe[0].read() or b'')).decode().splitlines()
    told = [json.loads(line)['lines'] for line in read if line.startswith('{')]
    assert told and sum(told) + read.count('x' * 100) == asked


def test_whoever_speaks_speaks_json():
    record = logging.makeLogRecord({'name': '_granian', 'levelno': 30, 'levelname': 'WARNING',
                                    'msg': 'a "line"\nand %s', 'args': ('more',)})
    line = log.formatter().format(record)
    assert '\n' not in line and json.loads(line) | {'timestamp': ''} == {
        'event': 'a "line"\nand more', 'logger': '_granian', 'level': 'warning', 'timestamp': ''}
