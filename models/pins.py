"""The records that a person keeps at hand (よく使う記録): what the search offers with nothing typed."""
from peewee import CharField, ForeignKeyField, IntegerField, Model

from .base import MomentField, db
from .people import Person


class Pin(Model):
    """A record that a person keeps at hand: an operational row, not a record. It gives no right to see it."""

    person = ForeignKeyField(Person, backref='pins', on_delete='RESTRICT', index=False)
    table = CharField(max_length=60, column_name='table_name')
    row = IntegerField(column_name='row_id')
    at = MomentField()

    class Meta:
        database = db
        legacy_table_names = False
        indexes = ((('person', 'table', 'row'), True),)
