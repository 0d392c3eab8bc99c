"""The queue of what is done in the background (裏で進める処理): operational rows, no records."""
from peewee import BigIntegerField, BooleanField, CharField, ForeignKeyField, IntegerField, Model

from .base import CodeField, LongField, MomentField, db
from .people import Person

WAITING, RUNNING, DONE, FAILED, CANCELLED = 'waiting', 'running', 'done', 'failed', 'cancelled'
STATES = {WAITING: '順番待ち', RUNNING: '処理中', DONE: '完了', FAILED: '中止', CANCELLED: '取りやめ'}


class Job(Model):
    """Something a person has asked for that is done in the background, one at a time.

    Whoever does it holds it until `lease` and puts that off again and again; a lease that is over, because
    its holder was killed, lets another take it up. `about` is the JSON of what is asked.
    """

    kind = CharField(max_length=40)
    person = ForeignKeyField(Person, backref='jobs', on_delete='RESTRICT')
    about = LongField(max_length=4000)
    state = CodeField(STATES, default=WAITING)
    done = IntegerField(default=0)
    total = IntegerField(default=0)
    #: why it came to nothing, in words
    message = CharField(max_length=1000, default='')
    #: the number of the act it wrote
    act = BigIntegerField(null=True)
    created = MomentField()
    finished = MomentField(null=True)
    lease = MomentField(null=True)
    holder = CharField(max_length=100, default='')
    #: how often it was taken up
    attempts = IntegerField(default=0)
    is_unwanted = BooleanField(default=False)

    class Meta:
        database = db
        legacy_table_names = False
        indexes = ((('state', 'id'), False),)
