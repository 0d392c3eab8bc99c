"""The form of a dated setting (設定)."""
import re

from models.rules import calendar
from models.settings import CHOICES, LIMITS, SETTINGS

from .base import Form
from .fields import Code, Day, Flag, Text

WIDE = str.maketrans('０１２３４５６７８９，', '0123456789,')


def normalise(name, value):
    """Return a setting's value as it is kept: numbers half-width, without commas."""
    return value.translate(WIDE).replace(',', '') if name in LIMITS else value


class SettingForm(Form):
    name = Code('設定名', {name: label for name, (label, _, _) in SETTINGS.items()}, required=True)
    valid_from = Day('適用開始日', required=True)
    value = Text('値', max=100, hint='書き方: ' + '、'.join(
        f'{label}は{allowed}' for label, _, allowed in SETTINGS.values()))
    verified = Flag('区の確認', hint='区が確認した値なら「はい」')

    def fill(self, row):
        super().fill(row)
        if row.verified is None:
            row.verified = False
        row.value = normalise(row.name, row.value or '')

    def cross_check(self, row):
        name = self.value_of('name', row)
        value = normalise(name, self.value_of('value', row) or '')
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
