"""Duties that a person has put off (あとで): until when, and why."""
from peewee import CharField, DateField, ForeignKeyField, IntegerField

from .base import OFFICE, Table
from .people import Person


class Snooze(Table):
    """A duty that a person has put off until a day (あとで).

    It is known by its kind and the row it stands for; `about` is what it was called then. Once it stands
    otherwise than it `stood`, by another day, it is theirs again.
    """

    owned_by = OFFICE

    person = ForeignKeyField(Person, backref='snoozes', on_delete='RESTRICT', index=False)
    kind = CharField(max_length=60)
    row = IntegerField(column_name='row_id')
    about = CharField(max_length=300)
    stood = CharField(max_length=40)
    until = DateField()
    reason = CharField(max_length=200)

    class Meta:
        legacy_table_names = False
        indexes = ((('person', 'kind', 'row'), True),)

    @property
    def label(self):
        return self.about
