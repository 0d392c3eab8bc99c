"""Which duties are put off now (あとで), by whom, until when and why."""
from typing import NamedTuple

from models import Person, Snooze

from ..core import clock
from ..core.memo import cached, words_of


class PutOff(NamedTuple):
    """A duty put off by a person; `stood` is how its day was given then."""

    person: int
    name: str
    stood: str
    until: object
    reason: str


def _select():
    return Snooze.select(Snooze.kind, Snooze.row, Snooze.person, Person.name, Snooze.stood, Snooze.until,
                         Snooze.reason).join(Person).where(Snooze.live(), Snooze.until > clock.today())


def words():
    """Return the words of the statement by which they are found (see `memo.changes_named`)."""
    return words_of(_select().sql()[0])


def active():
    """Return {(code, row): [PutOff]} of every duty that somebody has put off beyond today."""
    return cached(('put off', clock.today()), _read)


def _read():
    found = {}
    for code, row, *told in _select().order_by(Snooze.until, Snooze.id).tuples():
        found.setdefault((code, row), []).append(PutOff(*told))
    return found


def of_person(id):
    """Return {(code, row, stood)} of the duties that a person has put off."""
    return cached(('put off by', clock.today(), id), lambda: frozenset(
        (code, row, each.stood) for (code, row), every in active().items() for each in every
        if each.person == id))


def of_all():
    """Return {(code, row, stood)} of the duties that somebody has put off."""
    return frozenset((code, row, each.stood) for (code, row), every in active().items() for each in every)
