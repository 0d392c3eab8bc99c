"""The journal's tables: an Act, the Changes it made, and the one row that holds the chain's head."""
from peewee import SQL, BigIntegerField, CharField, ForeignKeyField, IntegerField, Model, TextField

from .base import MomentField, db


class Act(Model):
    """One act (操作): who, when, by which channel, why; one link of the hash chain. Written once."""

    seq = BigIntegerField(primary_key=True)
    at = MomentField(index=True)
    actor = CharField(max_length=200, index=True)
    actor_name = CharField(max_length=200)
    channel = CharField(max_length=20)
    kind = CharField(max_length=60, index=True)
    reason = CharField(max_length=1000)
    request_id = CharField(max_length=40)
    changes = IntegerField()
    previous = CharField(max_length=64)
    hash = CharField(max_length=64)
    #: how the act is hashed: NULL is the first form, which knows none of the columns below
    form = IntegerField(null=True)
    #: who acted, as they were at that moment: plain values, untouched by later changes of person or unit
    person = IntegerField(null=True, column_name='person_id')
    role = CharField(max_length=20, null=True)
    unit = IntegerField(null=True, column_name='unit_id')
    unit_name = CharField(max_length=130, null=True)

    class Meta:
        database = db
        legacy_table_names = False


class Change(Model):
    """One row an act touched: `values` is canonical JSON {field: [before, after]}. Written once."""

    act = ForeignKeyField(Act, backref='rows', on_delete='RESTRICT')
    place = IntegerField()
    table = CharField(max_length=60, column_name='table_name')
    row = BigIntegerField(column_name='row_id')
    label = CharField(max_length=300)
    kind = CharField(max_length=10)
    values = TextField(column_name='values_json')

    class Meta:
        database = db
        legacy_table_names = False
        indexes = ((('table', 'row'), False), (('act', 'place'), True), (('table', 'act'), False))


class TrailHead(Model):
    """The last link (鎖の先頭): read and replaced in the transaction of every act, so writers queue."""

    id = IntegerField(primary_key=True, constraints=[SQL('CONSTRAINT "trail_head_one" CHECK (id = 1)')])
    seq = BigIntegerField()
    hash = CharField(max_length=64)
    at = MomentField(null=True)

    class Meta:
        database = db
        legacy_table_names = False
