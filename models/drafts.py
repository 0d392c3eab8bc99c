"""What people have typed into a form and not saved yet (下書き)."""
from peewee import CharField, ForeignKeyField, Model

from .base import LongField, MomentField, db
from .people import Person

#: the most characters of a draft, as JSON
LONGEST = 60_000


class Draft(Model):
    """The fields of a form as someone left them: an operational row, not a record; only they read it."""

    person = ForeignKeyField(Person, backref='drafts', on_delete='RESTRICT', index=False)
    #: the path of the form's page
    address = CharField(max_length=200)
    #: [[name, value]] as JSON
    fields = LongField(LONGEST)
    at = MomentField()

    class Meta:
        database = db
        legacy_table_names = False
        indexes = ((('person', 'address'), True),)
