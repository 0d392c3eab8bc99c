"""The form of a person (利用者)."""
from models.organisation import Department
from models.people import ROLES

from .base import Form
from .fields import Code, Flag, Key, Ref, Text


class Address(Key):
    """A mail address, the same in capitals."""

    def parse(self, text):
        return super().parse(text).lower()


class PersonForm(Form):
    email = Address('メールアドレス', required=True, max=200)
    name = Text('氏名', required=True, max=100)
    department_code = Ref('所属', Department, 'code', header='所属コード', attr='department', required=True,
                          select=True)
    role = Code('権限', ROLES, required=True)
    is_active = Flag('利用できる', required=True, default=True)

    def cross_check(self, row):
        email = self.value_of('email', row) or ''
        if '@' not in email.strip('@'):
            yield 'email', '「名前@所属先」の形で入力してください。'
