"""Saved views (保存した一覧): the conditions, order and columns of a list, kept under a name."""
from peewee import CharField, ForeignKeyField

from .base import OFFICE, CodeField, Table
from .organisation import Department
from .people import Person

#: who finds a saved view in the list's menu
SCOPES = {'own': '自分だけ', 'unit': '自分の所属', 'everyone': '全員'}


class SavedView(Table):
    """A list as someone keeps it: the query of its address, found by them, their unit or everyone.

    It gives no right to a row: whoever opens it sees what they may see. The trail's readers read of it there.
    """

    owned_by = OFFICE

    #: the name of the noun whose list it is (`registry.records.noun`)
    noun = CharField(max_length=40)
    name = CharField(max_length=60)
    scope = CodeField(SCOPES, default='own')
    query = CharField(max_length=2000)
    person = ForeignKeyField(Person, backref='saved_views', on_delete='RESTRICT')
    #: the unit of the person when it was saved
    department = ForeignKeyField(Department, backref='saved_views', on_delete='RESTRICT')

    class Meta:
        indexes = ((('noun', 'name'), False),)

    @property
    def label(self):
        return self.name
