"""What a copy on either engine needs: private files, another database opened for a while, its verdict."""
import os
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from audits import trail, verify
from models import catalogue, db

from ..core import clock, connection
from ..data import masters

REQUIRED_TABLES = {'act', 'change', 'trail_head', catalogue.HISTORY}


class Failed(Exception):
    """A copy could not be made or put back.

    The message says why and what to do; `status` is the command's exit status.
    """

    def __init__(self, message, status=1):
        super().__init__(message)
        self.status = status


@dataclass
class Checked:
    """The head of the chain of a register that was read to its end, and what verify found.

    `verdict` is None where it could not be verified.
    """

    seq: int
    hash: str
    at: object
    verdict: verify.Verdict | None = None
    #: (id, name, SHA-256, size) of its documents, and the words for the files of theirs that are left out
    documents: list = field(default_factory=list)
    problems: list = field(default_factory=list)
    #: where the register that was replaced is kept, if it is
    former: Path | None = None


@contextmanager
def private_files():
    """Let every file made here be its owner's alone."""
    former = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(former)


@contextmanager
def removing(*paths):
    """Remove some files at the end, whatever happens, and what SQLite puts beside them."""
    try:
        yield
    finally:
        for path in paths:
            for end in ('', '-wal', '-shm', '-journal'):
                path.with_name(path.name + end).unlink(missing_ok=True)


def sync_to_disk(path):
    for place, flags in ((path, os.O_RDONLY), (path.parent, os.O_RDONLY)):
        with suppress(PermissionError):  # Windows opens no folders
            number = os.open(place, flags)
            try:
                os.fsync(number)
            finally:
                os.close(number)


def publish(part, path):
    """Give a whole file its name, unless someone else took it meanwhile."""
    try:
        os.link(part, path)
    except FileExistsError:
        raise Failed(f'{path} は既にあります。別の名前にしてください。', 2) from None
    except OSError:  # a file system without hard links
        os.rename(part, path)
    sync_to_disk(path)


@contextmanager
def using_database(database):
    """Make another database the open one for a while."""
    former = db.obj
    db.initialize(database)
    try:
        with db.connection_context():
            yield
    finally:
        if hasattr(database, 'close_all'):
            database.close_all()
        db.initialize(former)


def examine(upgrade, altered=True, store=None):
    """Return the open database Checked; raise Failed when it is not a whole register of this version.

    A register that was tampered with is refused unless `altered`, or whose documents are not in a `store`.
    `upgrade` migrates one of an earlier version first.
    """
    if lacking := REQUIRED_TABLES - set(db.get_tables()):
        raise Failed(f'台帳の写しではありません（ない表: {"、".join(sorted(lacking))}）。'
                     '何も変更していません。')
    if connection.unknown_migrations():
        raise Failed('より新しい版の写しです。新しい版を使ってください。何も変更していません。')
    head = trail.head()
    checked = Checked(head.seq, head.hash, head.at)
    if connection.pending_migrations():
        if not upgrade:
            raise Failed('以前の版の写しです。--migrate を付けると、この版に合わせてから戻します。'
                         '何も変更していません。')
        try:
            # the copy may be ahead of this machine's clock
            at = max(clock.now(), head.at or clock.now())
            connection.migrate(lambda: masters.fill(at), at)
        except connection.Refused as refused:
            raise Failed(str(refused)) from None
    checked.verdict = verify.verify(store)
    checked.documents = checked.verdict.documents
    if not checked.verdict.intact and not altered:
        raise Failed('写しの検証で改ざんが見つかりました。何も変更していません。承知のうえで戻すときは '
                     '--even-if-altered を付けてください。')
    return checked
