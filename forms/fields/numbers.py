"""Fields of numbers: whole, exact, years and amounts."""
import re
from decimal import Decimal

from models.rules import calendar

from .cell import Cell
from .folding import half_width


class Whole(Cell):
    """A whole number."""

    max_typed = 40
    inputmode = 'numeric'

    def __init__(self, label, *, min=0, max=999_999_999, unit='', **kwargs):
        super().__init__(label, **kwargs)
        self.min, self.max, self.unit = min, max, unit

    def parse(self, text):
        digits = half_width(text).replace(',', '').removesuffix(self.unit).rstrip()
        if digits.endswith('.0'):
            digits = digits[:-2]
        if re.fullmatch(r'-?\d+\.\d+', digits):
            raise ValueError(f'小数のない整数で入力してください（「{text[:30]}」）。')
        if not re.fullmatch(r'-?\d+', digits):
            raise ValueError(f'整数で入力してください（「{text[:30]}」は数として読めません）。')
        # more digits than any limit has are not worth reading
        number = int(digits) if len(digits) < 20 else self.max + 1
        if not self.min <= number <= self.max:
            raise ValueError(f'{self.min:,}から{self.max:,}までの数で入力してください。')
        return number

    def too_long(self, text):
        return f'{self.min:,}から{self.max:,}までの数で入力してください（現在{len(text)}文字）。'

    def show(self, value):
        return '' if value is None else f'{value:,}{self.unit}'


class Year(Whole):
    """A fiscal year (年度) by its western year, or 令和N年度."""

    hint = '例: 2026 または 令和8年度'

    def __init__(self, label, **kwargs):
        super().__init__(label, min=2000, max=2099, **kwargs)

    def parse(self, text):
        if found := re.fullmatch(r'(?:令和|R)\s*(元|\d{1,2})(?:年度?)?', half_width(text)):
            text = str(2018 + (1 if found.group(1) == '元' else int(found.group(1))))
        try:
            return super().parse(half_width(text).removesuffix('年度'))
        except ValueError:
            raise ValueError('年度は 2026 か 令和8年度 の形で入力してください'
                             f'（{self.min}年度から{self.max}年度まで）。') from None

    def show(self, value):
        return '' if value is None else calendar.year_label(value)


class Yen(Whole):
    """An amount in yen, tax included, a whole number."""

    def __init__(self, label, **kwargs):
        super().__init__(label, max=999_999_999_999, unit='円', **kwargs)

    def parse(self, text):
        return super().parse(half_width(text).removeprefix('¥'))


class Exact(Cell):
    """A decimal number kept exactly."""

    max_typed = 40
    inputmode = 'decimal'

    def __init__(self, label, *, min=None, max=None, places=4, unit='', **kwargs):
        super().__init__(label, **kwargs)
        self.min, self.max, self.places, self.unit = min, max, places, unit

    def parse(self, text):
        digits = half_width(text).replace(',', '').removesuffix('%')
        found = re.fullmatch(r'([+-]?)(\d*)(?:\.(\d*))?', digits, re.ASCII)
        if not found or not re.search(r'\d', digits):
            raise ValueError(f'数で入力してください（「{text[:30]}」は数として読めません）。')
        sign, whole, decimals = found.group(1), found.group(2).lstrip('0'), (found.group(3) or '').rstrip('0')
        if len(whole) > 15:
            raise ValueError('数が大きすぎます。')
        if len(decimals) > self.places:
            raise ValueError(f'小数は{self.places}桁までで入力してください。' if self.places
                             else '小数のない整数で入力してください。')
        number = Decimal(f'{sign}{whole or 0}.{decimals}')
        if self.min is not None and number < self.min or self.max is not None and number > self.max:
            raise ValueError(f'{self.min}以上の数で入力してください。' if self.max is None
                             else f'{self.min}から{self.max}までの数で入力してください。')
        return Decimal(self.text(number))

    def text(self, value):
        if value is None:
            return ''
        text = format(Decimal(value), 'f')
        return text.rstrip('0').rstrip('.') if '.' in text else text

    def show(self, value):
        return '' if value is None else f'{self.text(value)}{self.unit}'
