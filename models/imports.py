"""What a ward's own files call things (読み替え): its headers and values, and what they stand for here."""
from peewee import CharField, ForeignKeyField

from .base import OFFICE, MomentField, Table
from .organisation import Department
from .people import Person


class ImportWord(Table):
    """A header or a value of a ward's own files that an import reads as one of ours, until it is voided.

    What a unit's member has said holds for the files of that unit, what the desk has said for everybody's.
    """

    owned_by = OFFICE

    #: the name of the noun whose files they are (`registry.records.noun`)
    noun = CharField(max_length=40)
    #: the field that has the value; '' where the word is a header
    field = CharField(max_length=60)
    word = CharField(max_length=200)
    #: the field that a header stands for, '' for a column that is not read; the text that a value stands for
    means = CharField(max_length=100)
    person = ForeignKeyField(Person, backref='import_words', on_delete='RESTRICT')
    #: the unit whose files alone are read so, None for everybody's
    department = ForeignKeyField(Department, backref='import_words', null=True, on_delete='RESTRICT')
    at = MomentField()

    class Meta:
        indexes = ((('noun',), False),)

    @property
    def label(self):
        return self.word
