"""Forms of the registers that the ward makes: the register, its fields and figures, and the rows it holds."""
import re

from models.organisation import Department
from models.registers import (
    COLUMNS,
    FIELD_KINDS,
    FIGURE_KINDS,
    KEPT_BY,
    LONGEST,
    LONGEST_TEXT,
    LONGEST_WORD,
    MOST_WORDS,
    words_in,
)
from models.systems import System
from models.vendors import Vendor

from .base import Form
from .fields import Code, Day, Exact, Flag, Key, Long, Ref, Text, Whole, Year

#: the largest number of a row: sums of a million of them are exact
LARGEST = 999_999_999
#: what every row has: no field may be called so
TAKEN = frozenset({'番号', '名称', '所属', '所属コード', '状態', '変更の理由', '取り込めない理由', 'id',
                   'entry_no', 'title', 'department_code', 'state', 'revision', 'label', 'voided',
                   'act_reason', 'history', 'older'})
#: the kinds of fields that a figure may be limited by
LIMITING = ('choice', 'flag', 'year', 'text')
YES_OR_NO = {'1': 'はい', '0': 'いいえ'}
#: the kinds of figures that are per cent
RATES = ('share', 'sum_share', 'answers', 'change_rate')


class RegisterNumber(Key):
    """The number of a register: it is part of addresses and of the names of files."""

    def parse(self, text):
        text = super().parse(text).upper()
        if not re.fullmatch('D-[0-9]{5}', text):
            raise ValueError('「D-」と5桁の数字で入力してください。例: D-00001')
        return text


class Words(Long):
    """A few words, one a line or with a mark between them, each of which may be chosen."""

    hint = '1行に1つ書くか、「、」で区切ります'

    def parse(self, text):
        words = [' '.join(word.split()) for word in re.split('[\n、;]', super().parse(text))]
        words = list(dict.fromkeys(filter(None, words)))
        if len(words) > MOST_WORDS:
            raise ValueError(f'{MOST_WORDS}個までです（現在{len(words)}個）。')
        if long := next((word for word in words if len(word) > LONGEST_WORD), None):
            raise ValueError(f'1つは{LONGEST_WORD}文字以内で入力してください（「{long[:20]}…」）。')
        if odd := next((word for word in words if '=' in word), None):
            raise ValueError(f'「{odd[:20]}」の「=」は使えません。')
        return '\n'.join(words) or None

    def show(self, value):
        return '、'.join(words_in(value))


class RegisterForm(Form):
    register_no = RegisterNumber('台帳番号', required=True)
    title = Text('台帳の名称', required=True, max=40)
    about = Text('説明', max=300, hint='一覧の上に示します')
    called = Text('行の名前の呼び方', max=40, hint='例: 手続名、アンケート名。空欄なら「名称」とします')
    kept_by = Code('登録する人', KEPT_BY, required=True, blank='desk', default='desk')
    states = Words('状態', max=1000, hint='進む順に、1行に1つ書くか「、」で区切ります。'
                                          '状態のない台帳では空欄にします')
    finals = Words('終わりの状態', max=1000, hint='上の状態のうち、もうすることがないもの')

    def cross_check(self, row):
        states = words_in(self.value_of('states', row))
        for word in words_in(self.value_of('finals', row)):
            if word not in states:
                yield 'finals', f'「{word}」は状態にありません。状態にも書くか、ここから消してください。'
                return


class YearForm(Form):
    """A year as a condition names it."""

    year = Year('年度')


class FieldName(Code):
    """A field of the register at hand, by what it is called; `data` is the column of its values."""

    def __init__(self, label, **kwargs):
        super().__init__(label, {}, **kwargs)

    def set_fields(self, fields, kinds):
        """Name the fields to choose from: those of some kinds."""
        self.codes = {field.column: field.title for field in fields if field.kind in kinds}

    def parse(self, text):
        if not self.codes:
            raise ValueError('選べる項目が、この台帳にありません。')
        return super().parse(text)


class Conditions(Long):
    """Conditions on the rows of the register at hand, one a line: a field, `=`, and words of which one fits.

    They are kept as lines of a column, `=`, and one word.
    """

    hint = '「項目=値」を1行に1つ書きます。値は「、」で区切ると、どれかに当たる行になります'
    codes = {}

    def set_fields(self, fields, states):
        """Name the fields that rows may be told apart by, {title: (column, {word: its label} or None)}."""
        self.codes = {field.title: (field.column, (
            {word: word for word in field.choices} if field.kind == 'choice'
            else YES_OR_NO if field.kind == 'flag' else None), field.kind)
            for field in fields if field.kind in LIMITING}
        if states:
            self.codes['状態'] = ('state', {word: word for word in states}, 'choice')

    def parse(self, text):
        lines = []
        for line in filter(str.strip, super().parse(text).split('\n')):
            name, sign, rest = line.replace('＝', '=').partition('=')
            if not sign or not rest.strip():
                raise ValueError(f'「{line.strip()[:40]}」を「項目=値」の形で書いてください。')
            lines += [f'{column}={word}' for column, word in self.read_line(name.strip(), rest)]
        found = '\n'.join(dict.fromkeys(lines))
        if len(found) > self.max:
            raise ValueError('条件が多すぎます。値を減らしてください。')
        return found or None

    def read_line(self, name, rest):
        """Yield (column, word) of a field's name and the words of one line."""
        if name not in self.codes:
            known = '、'.join(self.codes) or 'なし'
            raise ValueError(f'「{name[:40]}」という項目はありません。条件に使える項目: {known}')
        column, words, kind = self.codes[name]
        for word in filter(None, map(str.strip, re.split('[、;]', rest))):
            if words is not None:
                code = next((code for code, label in words.items() if word in (code, label)), None)
                if code is None:
                    raise ValueError(f'「{name}」に「{word[:40]}」という値はありません。'
                                     f'次から選んでください: {"、".join(words.values())}')
                yield column, code
            elif kind == 'year':
                yield column, str(YearForm().year.read(word))
            else:
                yield column, word[:LONGEST]

    def text(self, value):
        titles = {column: (title, words) for title, (column, words, _) in self.codes.items()}
        found = {}
        for line in words_in(value):
            column, _, word = line.partition('=')
            title, words = titles.get(column, (column, None))
            found.setdefault(title, []).append((words or {}).get(word, word))
        return '\n'.join(f'{title}={"、".join(words)}' for title, words in found.items())


class FieldForm(Form):
    title = Text('項目名', required=True, max=40)
    kind = Code('種類', FIELD_KINDS, required=True, blank='text', default='text')
    is_required = Flag('必須', required=True, blank=False, default=False)
    choices = Words('選択肢', max=1500, hint='種類が「選択」のとき、1行に1つ書くか「、」で区切ります')
    unit = Text('単位', max=10, hint='数のときだけ。例: 件、分')
    at_most = FieldName('上限の項目', hint='この項目の数が超えてはならない項目。例: 回答数に対する配布数')

    def __init__(self, formdata=None, *, fields=(), **kwargs):
        """`fields` are the FieldFacts of the others of the register."""
        self.others = fields
        super().__init__(formdata, **kwargs)

    def process(self, *args, **kwargs):
        self.at_most.set_fields(self.others, ('whole', 'exact'))
        super().process(*args, **kwargs)

    def cross_check(self, row):
        title, kind = self.value_of('title', row), self.value_of('kind', row)
        if title in TAKEN:
            yield 'title', (f'「{title}」は、どの台帳にもある項目か、使えない名前です。'
                            '別の名前にしてください。')
        elif any(title == other.title for other in self.others):
            yield 'title', f'「{title}」という項目は、もうあります。'
        elif title and re.search('[=;、\n]', title):
            yield 'title', '「=」「;」「、」は使えません。'
        if kind == 'choice' and not self.value_of('choices', row):
            yield 'choices', '種類が「選択」のときは、選択肢を入力してください。'
        if kind != 'choice' and self.value_of('choices', row):
            yield 'choices', '選択肢は、種類が「選択」のときだけ入力します。'
        if kind not in ('whole', 'exact'):
            for name in ('unit', 'at_most'):
                if self.value_of(name, row):
                    yield name, f'{self[name].label.text}は、種類が数のときだけ入力します。'


class FigureForm(Form):
    title = Text('数値の名称', required=True, max=60)
    kind = Code('数え方', FIGURE_KINDS, required=True, blank='count', default='count')
    unit = Text('単位', max=20, hint='割合と増減率は「%」です。空欄なら数え方と項目から決めます')
    among = Conditions('対象の行', max=500)
    counted = Conditions('数える行', max=500)
    amount = FieldName('合計する項目')
    total = FieldName('分母の項目', hint='割合（合計）のとき、対象の行のこの項目の合計で割ります')
    dated = FieldName('いつの行か', hint='年度か日付の項目。空欄なら、いつの行もすべて数えます')

    def __init__(self, formdata=None, *, fields=(), states=(), **kwargs):
        """`fields` are the FieldFacts of the register, `states` its states."""
        self.known, self.states = fields, states
        super().__init__(formdata, **kwargs)

    def process(self, *args, **kwargs):
        for cell, kinds in ((self.amount, ('whole', 'exact')), (self.total, ('whole', 'exact')),
                            (self.dated, ('year', 'day'))):
            cell.set_fields(self.known, kinds)
        for cell in (self.among, self.counted):
            cell.set_fields(self.known, self.states)
        super().process(*args, **kwargs)

    def cross_check(self, row):
        kind, amount, total, counted, unit = (self.value_of(name, row) for name in (
            'kind', 'amount', 'total', 'counted', 'unit'))
        label = FIGURE_KINDS.get(kind)
        if kind in ('sum', 'sum_share') and not amount:
            yield 'amount', f'{label}では、合計する項目を選んでください。'
        if kind in ('count', 'share', 'answers') and amount:
            yield 'amount', f'{label}では行を数えます。合計する項目は選びません。'
        if kind == 'sum_share' and not total:
            yield 'total', '分母にする項目を選んでください。'
        if kind != 'sum_share' and total:
            yield 'total', '分母の項目は、割合（合計）のときだけ選びます。'
        if kind in ('share', 'answers') and not counted:
            yield 'counted', '分子に数える行の条件を書いてください。'
        if kind == 'answers' and len({line.partition('=')[0] for line in words_in(counted)}) > 1:
            yield 'counted', '回答した行のうちの割合では、1つの項目だけを書きます。'
        if kind in ('change', 'change_rate') and not self.value_of('dated', row):
            yield 'dated', '前年度と比べるには、年度か日付の項目が要ります。'
        if kind in RATES and unit not in (None, '%'):
            yield 'unit', 'この数え方の単位は「%」です。'


# --- the rows ---

class EntryForm(Form):
    """The form of the rows of a register (see `entry_form`)."""

    #: ((column, column of what it may not exceed), …)
    limits = ()

    def cross_check(self, row):
        for name, other in self.limits:
            value, most = self.value_of(name, row), self.value_of(other, row)
            if value is not None and most is not None and value > most:
                both = [getattr(type(self), each).args[0] for each in (name, other)]
                yield name, f'{both[0]}（{value:,}）は、{both[1]}（{most:,}）以下にしてください。'


def cell_of(field):
    """Return the form field that asks for a field of a register."""
    common = {'required': field.is_required, 'key': field.title}
    if field.kind in ('unit', 'system', 'vendor'):
        table, by = {'unit': (Department, 'code'), 'system': (System, 'system_no'),
                     'vendor': (Vendor, 'vendor_no')}[field.kind]
        return Ref(field.title, table, by, attr=field.column, select=field.kind == 'unit', **common)
    return {
        'text': lambda: Text(field.title, max=LONGEST, **common),
        'long': lambda: Long(field.title, max=LONGEST_TEXT, **common),
        'whole': lambda: Whole(field.title, min=-LARGEST, max=LARGEST, unit=field.unit, **common),
        'exact': lambda: Exact(field.title, min=-LARGEST, max=LARGEST, places=3, unit=field.unit, **common),
        'year': lambda: Year(field.title, **common), 'day': lambda: Day(field.title, **common),
        'choice': lambda: Code(field.title, {word: word for word in field.choices}, **common),
        'flag': lambda: Flag(field.title, **common)}[field.kind]()


def entry_form(definition):
    """Return the class of the form of a register's rows."""
    cells = {'entry_no': Key('番号', required=True),
             'title': Text(definition.called, required=True, max=200)}
    if definition.kept_by == 'unit':
        cells['department_code'] = Ref('所属', Department, 'code', header='所属コード', attr='department',
                                       required=True, select=True)
    if definition.states:
        cells['state'] = Code('状態', {word: word for word in definition.states}, required=True,
                              blank=definition.states[0], default=definition.states[0])
    columns = {field.column for field in definition.fields}
    cells |= {field.column: cell_of(field) for field in definition.fields}
    limits = tuple((field.column, field.at_most) for field in definition.fields if field.at_most in columns)
    return type('EntryForm', (EntryForm,), cells | {'limits': limits})


def free_column(kind, taken):
    """Return the first column for values of a kind that no field of a register has had, or None."""
    return next((name for no in range(1, COLUMNS[kind] + 1) if (name := f'{kind}_{no}') not in taken), None)
