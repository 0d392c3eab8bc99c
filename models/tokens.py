"""The tokens of the JSON API (APIトークン) and their last use."""
from peewee import CharField, DateField, ForeignKeyField, IntegerField, Model

from .base import OFFICE, MomentField, Table, db
from .people import Person

#: what a token of the JSON API may be used for
SCOPES = {'read': '読取り', 'write': '登録・変更', 'import': 'ファイル取込み'}


class ApiToken(Table):
    """A token of the JSON API (APIトークン).

    It acts as its person, within its scopes (`;` between codes), until it expires. Only the hash of what the
    person holds is kept. It ends with the person's sign-ins: when `epoch` is no longer theirs.
    """

    owned_by = OFFICE

    person = ForeignKeyField(Person, backref='tokens', on_delete='RESTRICT')
    name = CharField(max_length=100)
    scopes = CharField(max_length=60)
    expires_on = DateField()
    epoch = IntegerField()
    token_hash = CharField(max_length=64, unique=True)

    secret = frozenset({'token_hash'})
    #: how a column's value reads in a sentence
    value_texts = {'scopes': lambda codes: '、'.join(SCOPES[code] for code in codes.split(';'))}

    @property
    def label(self):
        return self.name


class TokenUse(Model):
    """When and from where a token was last used: an operational row, not a record."""

    token = ForeignKeyField(ApiToken, primary_key=True, backref='uses', on_delete='RESTRICT')
    used = MomentField()
    address = CharField(max_length=45)

    class Meta:
        database = db
        legacy_table_names = False
