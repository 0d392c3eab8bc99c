"""The form of an actual (実績)."""
from fractions import Fraction

from models.actuals import ORIGINS, VERDICTS
from models.rules import ratings

from .base import Form
from .fields import Code, Day, Exact, Key, Long, Text, Whole, Year


class ActualForm(Form):
    """One entered actual, found by 年度・取組番号・指標番号・基準日 (contract: KIND `actuals`)."""

    fiscal_year = Year('年度', required=True)
    initiative_no = Whole('取組番号', required=True, min=1, max=99)
    indicator_no = Key('指標番号', required=True, max=6)
    as_of = Day('基準日', required=True)
    numerator = Exact('分子', min=0)
    denominator = Exact('分母', min=0)
    value = Exact('値', min=0)
    source = Text('出典', required=True, max=500)
    note = Long('備考', max=1000)
    verdict = Code('判定のみ', VERDICTS, hint='出典に数値がなく、達成・未達だけが書かれているとき')
    quote = Text('出典の文言', max=500)
    origin = Code('種別', ORIGINS, hint='公表済みの値の写しは「公表値」（実績に並べ、判定に使いません）。'
                                       '空欄なら、区の実績として判定に使います')
    #: whether the indicator is a percentage, so that numerator and denominator give the value
    percent = False
    #: how many decimals a value may have, None where it is rounded as it is published
    decimals = None

    def set_unit(self, unit, decimals):
        """Name the indicator's unit and its decimals: one and a half cases are not two."""
        self.percent = unit == '%'
        self.decimals = None if self.percent else decimals

    def cross_field_errors(self, row):
        numerator, denominator = (self.value_of(name, row) for name in ('numerator', 'denominator'))
        if (self.percent and denominator and numerator is not None
                and 'value' in self._fields and self.value.data is None):
            self.value.data = ratings.published(Fraction(numerator) * 100 / Fraction(denominator), 2)
        return super().cross_field_errors(row)

    def cross_check(self, row):
        if self.value_of('verdict', row) and self.value_of('value', row) is not None:
            yield 'verdict', ('値があるときは、達成・未達は値から決まります。'
                              '「判定のみ」は空欄にしてください。')
        if self.percent and self.value_of('denominator', row) == 0:
            yield 'denominator', '分母は0より大きい数を入力してください。'
        if self.value_of('value', row) is None and self.value_of('verdict', row) is None:
            yield 'value', '値を入力してください（出典に数値がないときは、判定と出典の文言を入力します）。'
        elif (self.decimals is not None and self.value_of('value', row) is not None
              and self.value_of('value', row) != round(self.value_of('value', row), self.decimals)):
            yield 'value', (f'この指標の値は、小数{self.decimals}桁までで入力してください。' if self.decimals
                            else '小数のない数で入力してください。')
        if self.value_of('verdict', row) and not self.value_of('quote', row):
            yield 'quote', '判定だけを記録するときは、出典の文言を入力してください。'
        if (self.value_of('numerator', row) is None) != (self.value_of('denominator', row) is None):
            yield 'denominator', '分子と分母は両方を入力してください。'
        numerator, denominator, value = (self.value_of(name, row)
                                         for name in ('numerator', 'denominator', 'value'))
        if self.percent and denominator and numerator is not None and value is not None:
            rate = Fraction(numerator) * 100 / Fraction(denominator)
            if ratings.published_rate(rate, max(0, -value.as_tuple().exponent)) != value:
                yield 'value', (f'値が、分子÷分母（{ratings.published(rate, 2)}%）と合いません。'
                                'どちらかを直してください。')
