"""Forms of the year's strategy (年度戦略): initiatives, indicators, ratings, schedule."""
import re

from models.figures import MEASURES
from models.rules import ratings
from models.standardisation import Business
from models.strategies import KINDS, OPERATORS, RATINGS, IndicatorBusiness

from .base import Form
from .fields import Code, Exact, Flag, IntCode, Key, Long, Refs, Text, Whole, Year

LINES = '1行に1つずつ書きます'
QUARTERS = {1: '1Q（4〜6月）', 2: '2Q（7〜9月）', 3: '3Q（10〜12月）', 4: '4Q（1〜3月）'}


class StrategyForm(Form):
    fiscal_year = Year('年度', required=True)
    title = Text('名称', required=True, max=200)
    mission = Long('Mission（目的・使命）')
    vision = Long('Vision（目指す姿）')
    source = Text('出典', max=300)


class ThemeForm(Form):
    no = Whole('番号', required=True, min=1, max=99)
    title = Text('戦略テーマ', required=True, max=300)


class ThemeNo(IntCode):
    """A theme of a strategy, by its number; `data` is the theme's id."""

    ids = {}

    def set_themes(self, themes):
        """Name the themes to choose from."""
        self.codes = {theme.no: f'{theme.no} {theme.title}' for theme in themes}
        self.ids = {theme.no: theme.id for theme in themes}

    def number(self, id):
        return next((no for no, known in self.ids.items() if known == id), None)

    def parse(self, text):
        return self.ids[super().parse(text)]

    def text(self, value):
        return super().text(self.number(value))

    def show(self, value):
        return self.codes.get(self.number(value), '')


class InitiativeForm(Form):
    no = Whole('番号', required=True, min=1, max=99)
    theme_no = ThemeNo('戦略テーマ', {}, required=True, attr='theme')
    title = Text('重点取組', required=True, max=300)
    aims = Long('めざす姿', hint=LINES)
    outline = Long('実施の概要')
    tasks = Long('主なタスク', max=4000, hint=LINES)
    notes = Long('注記', max=4000, hint=LINES)
    result = Long('成果（要約）')
    result_points = Long('成果', max=6000, hint=LINES)
    source = Text('出典', max=300)

    def __init__(self, formdata=None, *, themes=(), **kwargs):
        """`themes` are the strategy's own."""
        self.themes = themes
        super().__init__(formdata, **kwargs)

    def process(self, *args, **kwargs):
        self.theme_no.set_themes(self.themes)
        super().process(*args, **kwargs)


class OfficialForm(Form):
    """The official rating (公式評価); a reason is needed where it differs from the computed one."""

    official = Code('公式評価', RATINGS)
    official_reason = Long('自動判定と異なる理由', max=1000)


class MeasureName(Code):
    """A measure by its name; those of the registers that the ward made are read when one is asked for."""

    def __init__(self, label, **kwargs):
        super().__init__(label, {name: found.title for name, found in MEASURES.items()}, **kwargs)

    def parse(self, text):
        self.codes = {each.name: each.title for each in MEASURES.with_made()}
        return super().parse(text)

    def text(self, value):
        found = MEASURES.get(value)
        return (value or '') if found is None else found.title

    show = text

    def options(self):
        self.codes = {each.name: each.title for each in MEASURES.with_made()}
        return super().options()


class IndicatorForm(Form):
    no = Key('指標番号', required=True, max=6)
    text = Text('文言', required=True, max=500)
    kind = Code('種別', KINDS, required=True)
    operator = Code('演算子', OPERATORS, required=True)
    target = Exact('目標値', required=True)
    unit = Text('単位', max=20)
    decimals = Whole('小数桁', required=True, max=4, default=1)
    measure = MeasureName('自動集計', hint='実績を手入力する指標では選びません')
    business_codes = Refs('対象業務', Business, 'code', link=IndicatorBusiness, own='indicator',
                          other='business',
                          hint='指標が業務を名指しするときの業務コード。複数は ; で区切ります。'
                               '空欄なら、適用するすべての業務を数えます')
    note = Long('備考', max=1000)

    def cross_check(self, row):
        no, measure = self.value_of('no', row), MEASURES.get(self.value_of('measure', row))
        # it is part of an address
        if no is not None and not re.fullmatch('[0-9A-Za-z-]+', no):
            yield 'no', '半角の英数字とハイフンで入力してください。例: 1、2a'
        if measure and self.value_of('unit', row) != measure.unit:
            yield 'unit', f'自動集計「{measure.title}」の単位は「{measure.unit}」です。'
        if self.value_of('business_codes') and not (measure and measure.scoped):
            yield 'business_codes', ('対象業務は、業務ごとに数える自動集計（本番切替・ステップ完了率）'
                                     'を選んだときだけ指定できます。')
        target, decimals = self.value_of('target', row), self.value_of('decimals', row)
        if target is not None and decimals is not None and decimals < ratings.places_of(target):
            yield 'decimals', (f'目標値は小数{ratings.places_of(target)}桁です。'
                               f'小数桁は{ratings.places_of(target)}以上にしてください。')


class ScheduleForm(Form):
    text = Text('内容', required=True, max=300)
    start_quarter = IntCode('開始の四半期', QUARTERS, hint='期間が決まっていなければ空欄')
    end_quarter = IntCode('終了の四半期', QUARTERS)
    star = Flag('★進捗確認', required=True, default=False)
    note = Text('備考', max=300)

    def cross_check(self, row):
        start, end = self.value_of('start_quarter', row), self.value_of('end_quarter', row)
        if (start is None) != (end is None) and not self.start_quarter.errors:
            yield 'end_quarter', '開始と終了の四半期は両方を入力してください。'
        elif start is not None and end < start:
            yield 'end_quarter', '終了の四半期は開始以後にしてください。'
