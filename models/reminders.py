"""What people were told of by mail (お知らせ), and the last mail of each: operational rows, no records."""
from peewee import BooleanField, CharField, DateField, ForeignKeyField, IntegerField, Model

from .base import CodeField, MomentField, db
from .people import Person
from .rules import duties

SENDING, SENT, FAILED, UNSURE = 'sending', 'sent', 'failed', 'unsure'
STATES = {SENDING: '送信中', SENT: '送信済み', FAILED: '送れなかった', UNSURE: '送れたか不明'}


class Digest(Model):
    """The last mail of a person: written before it is sent, so that none goes twice."""

    person = ForeignKeyField(Person, primary_key=True, backref='digests', on_delete='RESTRICT')
    day = DateField()
    state = CodeField(STATES)
    at = MomentField()

    class Meta:
        database = db
        legacy_table_names = False


class Reminder(Model):
    """How a duty stood when a person was told of it: its day and stage.

    What a mail tells that is not sent yet is not `sent`; it stands beside what was told before.
    """

    person = ForeignKeyField(Person, backref='reminders', on_delete='RESTRICT', index=False)
    kind = CharField(max_length=60)
    row = IntegerField(column_name='row_id')
    day = DateField()
    stage = CodeField(duties.STAGES)
    sent = BooleanField()

    class Meta:
        database = db
        legacy_table_names = False
        indexes = ((('person', 'kind', 'row', 'sent'), True),)
