"""The people who sign in (利用者), where they are signed in, their tokens for machines, and failed
attempts."""
from peewee import BigIntegerField, BooleanField, CharField, DateField, ForeignKeyField, IntegerField, Model

from .base import OFFICE, CodeField, MomentField, Searched, Table, db
from .organisation import Department

ROLES = {'department': '所属担当者', 'head': '所属長', 'it': '情報政策（台帳・審査）', 'auditor': '監査担当',
         'executive': '経営層（閲覧・公式評価）', 'admin': 'システム管理者'}
#: what a token of the JSON API may be used for
SCOPES = {'read': '読取り', 'write': '登録・変更', 'import': 'ファイル取込み'}


class Person(Searched):
    """Someone who signs in. Answers flask-login by plain attributes, so models need no Flask."""

    owned_by = OFFICE
    known_by = 'email'

    searched = ('email', 'name')

    email = CharField(max_length=200, unique=True)
    name = CharField(max_length=100)
    department = ForeignKeyField(Department, backref='people', on_delete='RESTRICT')
    role = CodeField(ROLES)
    is_active = BooleanField(default=True)
    password_hash = CharField(max_length=200, null=True)
    epoch = IntegerField(default=0)
    #: set while the password is one that somebody else knows: until then it opens the page where it is
    #: changed, and no other
    one_time_until = MomentField(null=True)

    secret = frozenset({'password_hash'})
    is_authenticated, is_anonymous = True, False

    @property
    def label(self):
        return f'{self.name}（{self.email}）'

    def get_id(self):
        return str(self.id)


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


class ApiToken(Table):
    """A token of the JSON API (APIトークン): it acts as its person, within its scopes (`;` between codes),
    until it expires.

    Only the hash of what the person holds is kept. It ends with the person's sign-ins: when `epoch` is no
    longer theirs.
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
    words = {'scopes': lambda codes: '、'.join(SCOPES[code] for code in codes.split(';'))}

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


class Throttle(Model):
    """Failed sign-ins of one account or one address: an operational count, not a record."""

    key = CharField(max_length=220, primary_key=True)
    failures = IntegerField(default=0)
    until = MomentField(null=True)
    last = MomentField()

    class Meta:
        database = db
        legacy_table_names = False
