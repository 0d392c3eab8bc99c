"""How each part of the ward adds its acts."""
from datetime import datetime

from models.rules.calendar import JST

from ..records import saving


def at(year, month, day, hour=9, minute=0):
    """Return a moment in Japan."""
    return datetime(year, month, day, hour, minute, tzinfo=JST)


#: when the ward began its register, and when the strategies of both years had been published
FIRST, PUBLISHED = at(2024, 3, 22), at(2026, 4, 27)


def evening(day):
    """Return the moment at which what happened on `day` is entered."""
    return at(day.year, day.month, day.day, 17)


class Acts:
    """The acts of a part of the ward, to be carried out in the order of their moments."""

    def __init__(self, random):
        self.random = random
        self.acts = []
        self.units, self.people, self.by_name, self.rows = {}, {}, {}, {}
        #: [(system, vendor, last day)] of what stands under a contract
        self.contracted = []

    def act(self, moment, kind, write, by='it', reason='デモデータ'):
        """Add one act; `write(act)` saves its rows once it is its turn."""
        self.acts.append((moment, kind, by, reason, write))

    def change(self, moment, kind, key, by='it', reason='デモデータ', **values):
        """Add an act that changes a row kept under `key` by an earlier one."""
        self.act(moment, kind, lambda act: self.set(act, self.rows[key], **values), by, reason)

    def set(self, act, row, **values):
        before = saving.copy_of(row)
        for name, value in values.items():
            setattr(row, name, value)
        act.save(row, before)
