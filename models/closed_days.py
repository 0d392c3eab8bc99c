"""Days on which the city hall is closed (閉庁日) beside those that the calendar knows by rule."""
from peewee import CharField, DateField

from .base import OPEN, Searched


class ClosedDay(Searched):
    """One day on which the city hall is closed besides, as an ordinance or a decision says."""

    owned_by = OPEN

    searched = ('name',)

    day = DateField(unique=True)
    name = CharField(max_length=100)

    @property
    def label(self):
        return f'{self.day.isoformat()} {self.name}'
