"""What is read together is read from one state, whatever others write meanwhile."""
import threading

import pytest
from cast import email

from audits import trail, verify
from models import CheckIn, Incident, Person, Review, StepProgress, Support, System, db
from registry.core import clock, connection
from registry.figures import board as boards
from registry.figures import pages

pytestmark = pytest.mark.usefixtures('opened')


def beside(write):
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


def rename(act):
    row = System.get(System.system_no == 'S-00001')
    row.vendor = f'{row.revision}社'
    act.save(row)


def void_much(act):
    for table in (CheckIn, Incident, Review, StepProgress, Support):
        for row in table.select().where(table.live()):
            act.void(row, '試験')


def then(monkeypatch, module, name, write):
    """Have someone else write as soon as `module.name` was called for the first time."""
    original, called = getattr(module, name), []

    def wrapped(*args, **kwargs):
        answer = original(*args, **kwargs)
        if not called:
            called.append(name)
            beside(write)
        return answer
    monkeypatch.setattr(module, name, wrapped)
    return called


def test_verify_reads_one_state(monkeypatch):
    seq = trail.head().seq
    called = then(monkeypatch, verify, '_chain', rename)
    found = verify.verify()
    assert called and found.intact and found.seq == seq
    assert trail.head().seq == seq + 1 and verify.verify().intact


def test_a_board_is_of_one_state_and_says_which(app, monkeypatch):
    with app.test_request_context('/'):
        before = boards.board(2026)
        app.extensions.pop('remembered', None)
        called = then(monkeypatch, boards, 'judge', void_much)
        found = boards.board(2026)
        assert called and found == before
        after = boards.board(2026)
        assert after.head_seq == before.head_seq + 1
        assert [v.indicators for v in after.initiatives] != [v.indicators for v in before.initiatives]


@pytest.mark.parametrize(('address', 'module', 'name'), [
    ('/', boards, 'board'), ('/strategies/2026/', boards, 'board'),
    ('/figures/reviews.count', pages, 'groups'),
    ('/strategies/2026/results.pdf', boards, 'judge')])
def test_a_page_names_the_state_it_shows(client_of, monkeypatch, address, module, name):
    seq = trail.head().seq
    browser = client_of('it')
    called = then(monkeypatch, module, name, void_much)
    answer = browser.get(address)
    assert called and answer.status_code == 200
    db.connect(reuse_if_open=True)
    assert trail.head().seq == seq + 1
    if answer.mimetype == 'text/html':
        assert answer.page.text.rstrip().rpartition('監査証跡の先頭 ')[2].startswith(f'第{seq}号 ')


def test_a_snapshot_within_another_is_the_same_one():
    with connection.snapshot() as begins:
        seq = trail.head().seq
        beside(rename)
        with connection.snapshot() as again:
            assert (begins, again) == (True, False)
            assert trail.head().seq == seq
        assert trail.head().seq == seq
    assert trail.head().seq == seq + 1


def test_a_failure_ends_a_snapshot():
    with pytest.raises(LookupError), connection.snapshot():
        trail.head()
        raise LookupError
    assert not db.in_transaction()
    with trail.act('people.edit', by=None, at=clock.now()) as act:
        row = Person.get(Person.email == email('it'))
        row.name = '阿部 情子'
        act.save(row)
