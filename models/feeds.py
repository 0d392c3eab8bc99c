"""The addresses under which calendars read a person's duties (カレンダーのアドレス), and their last use."""
from peewee import CharField, ForeignKeyField, Model

from .base import OFFICE, MomentField, Table, db
from .people import Person


class Feed(Table):
    """An address under which a calendar reads what a person has to do by when (カレンダーのアドレス).

    Whoever has it reads what its person may see at that moment. Only the hash of its token is kept. Another
    password, role or unit does not end it.
    """

    owned_by = OFFICE

    person = ForeignKeyField(Person, backref='feeds', on_delete='RESTRICT')
    name = CharField(max_length=100)
    token_hash = CharField(max_length=64, unique=True)

    secret = frozenset({'token_hash'})

    @property
    def label(self):
        return self.name


class FeedUse(Model):
    """When and from where a calendar last read an address: an operational row, not a record."""

    feed = ForeignKeyField(Feed, primary_key=True, backref='uses', on_delete='RESTRICT')
    used = MomentField()
    address = CharField(max_length=45)

    class Meta:
        database = db
        legacy_table_names = False
