"""Where people are signed in, and failed attempts: operational rows, no records."""
from peewee import BigIntegerField, CharField, ForeignKeyField, IntegerField, Model

from .base import MomentField, db
from .people import Person


class Session(Model):
    """One browser in which a person is signed in: an operational row, not a record.

    Ages are counted in `ticks` of the machine's own clock (`boot` names its run), which nobody sets; where
    another run or another machine asks, the moments have to do.
    """

    token = CharField(max_length=64)
    person = ForeignKeyField(Person, backref='sessions', on_delete='RESTRICT')
    epoch = IntegerField()
    created = MomentField()
    used = MomentField()
    boot = CharField(max_length=40)
    created_ticks = BigIntegerField()
    used_ticks = BigIntegerField()
    address = CharField(max_length=45)
    agent = CharField(max_length=300)

    class Meta:
        database = db
        legacy_table_names = False


class Throttle(Model):
    """Failed sign-ins of one account or one address: an operational count, not a record."""

    key = CharField(max_length=220, primary_key=True)
    failures = IntegerField(default=0)
    until = MomentField(null=True)
    last = MomentField()

    class Meta:
        database = db
        legacy_table_names = False
