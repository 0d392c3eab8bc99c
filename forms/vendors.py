"""The form of a vendor (事業者)."""
from models.vendors import CERTIFICATES, VENDOR_STATES

from .base import Form
from .fields import Code, Day, Key, Long, Many, Text, half_width


class CorporateNumber(Key):
    """A 法人番号: thirteen digits, the first of which checks the others.

    It is 9 − (Σ Pn × Qn mod 9), Pn the n-th of the twelve others from the right, Qn 1 for odd n and 2 for
    even n (法人番号の指定等に関する省令 第2条).
    """

    def __init__(self, label, **kwargs):
        super().__init__(label, max=13, hint='13桁の数字。分からないときは空けておきます', **kwargs)

    def parse(self, text):
        text = super().parse(half_width(text).replace('-', ''))
        if len(text) != 13 or not (text.isascii() and text.isdigit()):
            raise ValueError('法人番号は13桁の数字で入力してください。')
        total = sum(int(digit) * (1 + n % 2) for n, digit in enumerate(reversed(text[1:])))
        if int(text[0]) != 9 - total % 9:
            raise ValueError('先頭の検査用の数字が合いません。法人番号を確かめてください。')
        return text


class VendorForm(Form):
    vendor_no = Key('事業者番号', required=True)
    name = Text('名称', required=True, max=200)
    kana = Text('名称カナ', max=200)
    corporate_no = CorporateNumber('法人番号')
    state = Code('取引の状態', VENDOR_STATES, required=True, blank='active')
    address = Text('所在地', max=200)
    contact = Text('担当者・連絡先', max=200)
    phone = Text('電話・メール', max=60)
    certificates = Many('認証', CERTIFICATES)
    inspected_on = Day('委託先点検日', happened=True, hint='年に1回の点検です')
    inspection = Text('点検の結果', max=500)
    note = Long('備考', max=2000)

    def cross_check(self, row):
        if self.value_of('inspection', row) and not self.value_of('inspected_on', row):
            yield 'inspected_on', '点検の結果を書くときは、委託先点検日も入力してください。'
