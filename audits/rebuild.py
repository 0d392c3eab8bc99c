"""Derived columns (search texts, summaries), computed anew.

They are not recorded, so no act is written.
"""
from models import RECORDS, SUMMARIES, db
from models.base import Table

from . import trail
from .rows import update

BATCH = 500


def rebuild(progress=None):
    """Compute every derived column anew and write where it differs; return how many rows did.

    `progress` is called with (rows done, rows in all). Whoever saves a row meanwhile has derived it himself.
    """
    tables = [table for table in RECORDS if table.derived]
    total = sum(table.select().count() for table in tables) if progress else 0
    done = written = 0
    for table in tables:
        after = 0
        while rows := list(table.select().where(table.id > after).order_by(table.id).limit(BATCH)):
            after = rows[-1].id
            written += _write(table, [(row, derived) for row in rows if (derived := _differing(row))])
            done += len(rows)
            if progress:
                progress(done, total)
    with trail.untrailed():
        return written + sum(summary.refresh() for summary in SUMMARIES)


def _differing(row):
    """Return {column: value} of the derived columns that are not what the recorded ones make them."""
    before = {name: row.__data__.get(name) for name in row.derived}
    row.refresh_derived()
    return {name: row.__data__.get(name) for name in row.derived if row.__data__.get(name) != before[name]}


def _write(table: type[Table], rows):
    """Write the derived columns of some rows in one transaction.

    A row saved since it was read is left as it is.
    """
    if not rows:
        return 0
    with trail.untrailed(), db.atomic():
        return sum(update(table, derived, {'id': row.id, 'revision': row.revision}) for row, derived in rows)
