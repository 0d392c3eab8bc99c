"""Forms of dated settings (設定) and people (利用者)."""
import re

from wtforms import PasswordField
from wtforms.validators import EqualTo, InputRequired, Length

from models.organisation import Department
from models.people import ROLES, SCOPES
from models.rules import calendar
from models.settings import CHOICES, KNOWN, LIMITS

from .base import Form
from .fields import Code, Day, Flag, Key, Many, Ref, Text

WIDE = str.maketrans('０１２３４５６７８９，', '0123456789,')


def plain(name, value):
    """Return a setting's value as it is kept: numbers half-width, without commas."""
    return value.translate(WIDE).replace(',', '') if name in LIMITS else value


class SettingForm(Form):
    name = Code('設定名', {name: label for name, (label, _, _) in KNOWN.items()}, required=True)
    valid_from = Day('適用開始日', required=True)
    value = Text('値', max=100, hint='書き方: ' + '、'.join(f'{label}は{words}' for label, _,
        words in KNOWN.values()))
    verified = Flag('区の確認', hint='区が確認した値なら「はい」')

    def fill(self, row):
        super().fill(row)
        if row.verified is None:
            row.verified = False
        row.value = plain(row.name, row.value or '')

    def across(self, row):
        name = self.value_of('name', row)
        value = plain(name, self.value_of('value', row) or '')
        if name is None or not value and name == 'steps_per_business':
            return
        if not value:
            yield 'value', '値を入力してください。'
        elif name in CHOICES and value not in CHOICES[name]:
            yield 'value', f'次から選んでください: {"、".join(CHOICES[name])}'
        elif name == 'business_hours':
            try:
                calendar.parse_hours(value)
            except ValueError as error:
                yield 'value', str(error)
        elif name in LIMITS and not (re.fullmatch('[0-9]{1,15}', value)
                                     and LIMITS[name][0] <= int(value) <= LIMITS[name][1]):
            low, high = LIMITS[name]
            yield 'value', f'{low:,}から{high:,}までの整数で入力してください。'


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

    def across(self, row):
        email = self.value_of('email', row) or ''
        if '@' not in email.strip('@'):
            yield 'email', '「名前@所属先」の形で入力してください。'


class TokenForm(Form):
    """What a token of the JSON API is called, may be used for, and until when."""

    name = Text('名前', required=True, max=100, hint='どのシステムで使うかが分かる名前。例: 月次の集計')
    scopes = Many('範囲', SCOPES, required=True, default='read')
    expires_on = Day('期限', required=True)


class SignInForm(Form):
    email = Key('メールアドレス', required=True, max=200)
    password = PasswordField('パスワード', [InputRequired('パスワードを入力してください。'),
                                       Length(max=256, message='256文字までで入力してください。')])


class NewPasswordForm(Form):
    new = PasswordField('新しいパスワード', [InputRequired('新しいパスワードを入力してください。'),
                                     Length(max=256, message='256文字までで入力してください。')])
    again = PasswordField('新しいパスワード（確認）', [InputRequired('もう一度入力してください。'),
                                           Length(max=256, message='256文字までで入力してください。'),
                                           EqualTo('new', '新しいパスワードと一致しません。')])


class PasswordForm(NewPasswordForm):
    current = PasswordField('今のパスワード', [InputRequired('今のパスワードを入力してください。'),
                                        Length(max=256, message='256文字までで入力してください。')])
