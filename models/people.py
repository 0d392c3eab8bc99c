"""The people who sign in (利用者)."""
from peewee import BooleanField, CharField, ForeignKeyField, IntegerField

from .base import OFFICE, CodeField, MomentField, Searched
from .organisation import Department

ROLES = {'department': '所属担当者', 'head': '所属長', 'it': '情報政策（台帳・審査）', 'auditor': '監査担当',
         'executive': '経営層（閲覧・公式評価）', 'admin': 'システム管理者'}


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
    #: set while somebody else knows the password: until then it opens only the page where it is changed
    one_time_until = MomentField(null=True)

    secret = frozenset({'password_hash'})
    is_authenticated, is_anonymous = True, False

    @property
    def label(self):
        return f'{self.name}（{self.email}）'

    def get_id(self):
        return str(self.id)
