"""Someone who writes while another reads."""
import threading

from audits import trail
from models import db
from registry.core import clock


def write_meanwhile(write):
    """Let someone else write, to the end: another thread has a connection of its own."""
    failed = []

    def work():
        try:
            with db.connection_context(), trail.act('systems.edit', by=None, at=clock.now()) as act:
                write(act)
        except Exception as error:
            failed.append(error)
    thread = threading.Thread(target=work)
    thread.start()
    thread.join(timeout=120)
    assert not thread.is_alive() and not failed, failed or 'a writer waits for a reader'


def write_after_first_call(monkeypatch, module, name, write):
    """Have someone else write as soon as `module.name` was called for the first time."""
    original, called = getattr(module, name), []

    def wrapped(*args, **kwargs):
        answer = original(*args, **kwargs)
        if not called:
            called.append(name)
            write_meanwhile(write)
        return answer
    monkeypatch.setattr(module, name, wrapped)
    return called
