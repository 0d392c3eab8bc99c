"""The fields every form is made of: one reading of what a person types, on a page or in a file's cell.

Each field knows the column it fills (`attr`), its Japanese label (also the file's header), its limit, and
how to show a stored value as text (`text`), so that an exported file is an import file.
"""
import re
import unicodedata
from decimal import Decimal
from functools import cache

from wtforms import Field
from wtforms.validators import StopValidation

from models.base import Prepared
from models.rules import calendar

_PRIVATE = re.compile('[\ue000-\uf8ff\U000f0000-\U0010ffff]')
_CONTROL = re.compile('[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]')
#: more marks on top of each other than any script has (UAX #15, stream-safe text): to put them in order
#: takes the square of the time
_STACKED = re.compile('[' + ''.join(chr(code) for code in range(0x300, 0x1f000)
                                    if unicodedata.combining(chr(code))) + ']{31}')
#: the dashes and waves that are one, and the marks without width that come along when one copies
_DASHES = str.maketrans('‐‑‒–—―−〜', '-------~', '\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff')
#: the words of no choice in a list, where one may be left out and where not
BLANK, CHOOSE = '（未選択）', '（選択してください）'
#: what stands in a form or file for a record that the viewer may not see
HIDDEN = 'ほかの所属の記録'
#: how many different texts of a field are remembered with their values
SEVERAL = 500
#: the most characters that come back with a form of what was too long to be read
KEPT = 20_000
#: the header of a file's column that holds several systems
SEVERAL_SYSTEMS = '管理番号（複数は;区切り）'


def hidden(number):
    """Return how records that the viewer may not see are counted."""
    return f'（{HIDDEN} {number}件）'


def marked(words, row):
    """Return what a record is called, and that it has been voided."""
    return f'{words}（取消済み）' if row.voided_at else words


def narrow(text):
    """Return text with full-width letters and digits made half-width (NFKC), for codes and numbers, never
    names.

    Every dash is one dash and every wave one wave: which of them a keyboard or CP932 gives is chance.
    """
    return unicodedata.normalize('NFKC', text).translate(_DASHES).strip()


def key_of_label(text):
    """Return a label folded so that width, brackets, middle dots and spaces do not matter when it is
    typed."""
    return re.sub(r'[\s()（）・,、.\-ー－/／]', '', unicodedata.normalize('NFKC', text)).lower()


@cache
def _codes_of(pairs):
    return {key_of_label(text): code for code, text in pairs}


def code_of(codes, label):
    """Return the code of a label as it may be typed, or None."""
    return _codes_of(tuple(codes.items())).get(key_of_label(label))


class Cell(Field):
    """Base of our fields: required or not, blank → no value, the typed text kept so the form comes back
    filled.

    `blank` is what a blank stands for where the code list itself has a word for it (休職等: なし); nothing
    else is guessed.
    """

    #: the most characters that are looked at, spaces around them too: what is longer is neither cleaned,
    #: split nor looked up
    most = 100
    #: how a page asks for it: a line, a text of several lines, or a list to choose from (`options`)
    shape = 'line'
    inputmode = unit = ''
    #: whether a page repeats below the field how what was typed was read
    echo = False
    #: whether the lines of a file say the same few things here, each of which need be read only once
    repeats = False
    hint = ''

    def __init__(self, label, *, required=False, attr=None, hint=None, header=None, key=None, blank=None,
                 **kwargs):
        if blank is not None:
            kwargs.setdefault('default', blank)
        super().__init__(label, description=hint if hint is not None else self.hint, **kwargs)
        self.attr = attr or self.short_name
        self.header = header or self.label.text
        self.key = key or self.short_name
        self.required = required
        self.blank = blank
        self.typed = None
        self.known = {}
        if required:
            self.flags.required = True

    @property
    def unguessed(self):
        """Whether the file of a new record must have this column: needed, and a blank stands for nothing."""
        return self.required and self.blank is None

    def process_data(self, value):
        self.typed = None
        self.data = value

    def process_formdata(self, valuelist):
        if not valuelist:
            return
        raw, self.data = valuelist[0], None
        if hasattr(raw, 'text_for'):
            raw = raw.text_for(self)  # a value of JSON (`forms.json_values`)
        self.typed = raw[:KEPT] if isinstance(raw, str) else ''
        self.data = self.read(raw)

    def read(self, raw):
        """Return the value of a text as it came, its length asked first; raise ValueError saying in Japanese
        what to type."""
        if not isinstance(raw, str):
            raise ValueError('ファイルではなく、文字で入力してください。')
        if len(raw) > self.most:
            raise ValueError(self.too_long(raw))
        if raw in self.known:
            return self.known[raw]
        value = self.clean(raw)
        if self.repeats and len(self.known) < SEVERAL:
            self.known[raw] = value
        return value

    def clean(self, raw):
        """Return the value of a text that is not too long."""
        text = raw.strip()
        if not text:
            return self.blank
        if not text.isascii():
            if found := _PRIVATE.search(text):
                raise ValueError(f'外字（U+{ord(found.group()):04X}）は使えません。'
                                 '標準の文字に置き換えてください。')
            if _STACKED.search(text):
                raise ValueError('1つの文字に重ねる記号が多すぎます。取り除いてください。')
        if found := _CONTROL.search(text):
            raise ValueError(f'制御文字（U+{ord(found.group()):04X}）が含まれています。取り除いてください。')
        return self.parse(text)

    def too_long(self, text):
        """Return what is said of a text that is longer than it may be."""
        return f'{self.most}文字以内で入力してください（現在{len(text)}文字）。'

    def pre_validate(self, form):
        if self.required and self.data in (None, '', []) and not self.process_errors:
            raise StopValidation(f'{self.label.text}を入力してください。')

    def parse(self, text):
        """Return the value of what was typed; raise ValueError saying in Japanese what to type."""
        raise NotImplementedError

    def text(self, value):
        """Return a stored value as it is typed (and exported)."""
        return '' if value is None else str(value)

    def show(self, value):
        """Return a stored value as it is read on a page."""
        return self.text(value)

    def _value(self):
        return self.typed if self.typed is not None else self.text(self.data)


class Text(Cell):
    """A line of text, kept as typed."""

    def __init__(self, label, *, max=200, **kwargs):
        super().__init__(label, **kwargs)
        self.max = max
        # spaces around it, and line ends that a browser sends as two characters, do not count
        self.most = 2 * max + 200
        self.flags.maxlength = max

    def parse(self, text):
        if '\n' in text or '\r' in text:
            raise ValueError('改行は使えません。1行で入力してください。')
        return self.within(text)

    def within(self, text):
        """Return a text that is not too long."""
        if len(text) > self.max:
            raise ValueError(self.too_long(text))
        return text

    def too_long(self, text):
        return f'{self.max}文字以内で入力してください（現在{len(text)}文字）。'


class Long(Text):
    """Text of several lines."""

    shape = 'text'

    def __init__(self, label, *, max=2000, **kwargs):
        super().__init__(label, max=max, **kwargs)

    def parse(self, text):
        return self.within(text.replace('\r\n', '\n').replace('\r', '\n'))


class Key(Text):
    """A record's own number (管理番号など): half-width, no spaces inside."""

    def __init__(self, label, *, max=30, **kwargs):
        super().__init__(label, max=max, **kwargs)

    def parse(self, text):
        text = narrow(text)
        if any(c.isspace() for c in text):
            raise ValueError('番号に空白は使えません。')
        if ';' in text or '、' in text:
            raise ValueError('番号にセミコロン（;）と読点（、）は使えません。')
        return super().parse(text)


class Whole(Cell):
    """A whole number."""

    most = 40
    inputmode = 'numeric'

    def __init__(self, label, *, min=0, max=999_999_999, unit='', **kwargs):
        super().__init__(label, **kwargs)
        self.min, self.max, self.unit = min, max, unit

    def parse(self, text):
        digits = narrow(text).replace(',', '').removesuffix(self.unit).rstrip()
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
        if found := re.fullmatch(r'(?:令和|R)\s*(元|\d{1,2})(?:年度?)?', narrow(text)):
            text = str(2018 + (1 if found.group(1) == '元' else int(found.group(1))))
        try:
            return super().parse(narrow(text).removesuffix('年度'))
        except ValueError:
            raise ValueError('年度は 2026 か 令和8年度 '
                             f'の形で入力してください（{self.min}年度から{self.max}年度まで）。') from None

    def show(self, value):
        return '' if value is None else calendar.year_label(value)


class Yen(Whole):
    """An amount in yen, tax included, a whole number."""

    def __init__(self, label, **kwargs):
        super().__init__(label, max=999_999_999_999, unit='円', **kwargs)

    def parse(self, text):
        return super().parse(narrow(text).removeprefix('¥'))


class Exact(Cell):
    """A decimal number kept exactly."""

    most = 40
    inputmode = 'decimal'

    def __init__(self, label, *, min=None, max=None, places=4, unit='', **kwargs):
        super().__init__(label, **kwargs)
        self.min, self.max, self.places, self.unit = min, max, places, unit

    def parse(self, text):
        digits = narrow(text).replace(',', '').removesuffix('%')
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


class Day(Cell):
    """A day in Japan, typed in any of the forms the office uses; `happened` when it tells of what has been
    done."""

    repeats = True
    most = calendar.MOST
    hint = '例: 2026/4/1、20260401、R8.4.1、令和8年4月1日'
    echo = True

    def __init__(self, label, *, happened=False, **kwargs):
        super().__init__(label, **kwargs)
        self.happened = happened

    def parse(self, text):
        # a day that a spreadsheet shows with a time is at its beginning
        return calendar.parse_day(text.removesuffix(' 00:00'))

    def text(self, value):
        return '' if value is None else value.isoformat()

    def show(self, value):
        return '' if value is None else calendar.show_day(value)


class Moment(Cell):
    """A day and time in Japan."""

    most = calendar.MOST
    hint = '例: 2026/4/1 9:05、令和8年4月1日 9:05'
    echo = True

    def parse(self, text):
        return calendar.parse_moment(text)

    def text(self, value):
        return '' if value is None else calendar.export_moment(value)

    def show(self, value):
        return '' if value is None else calendar.show_moment(value)


class Flag(Cell):
    """Yes or no (はい・いいえ)."""

    repeats = True
    most = 40
    shape = 'list'
    YES = frozenset({'1', 'true', 'yes', 'y', 'はい', '有', 'あり', '該当', '○', '〇', '適用', '必須',
                     'する'})
    NO = frozenset({'0', 'false', 'no', 'n', 'いいえ', '無', 'なし', '非該当', '×', '対象外', '任意',
                    'しない'})

    def parse(self, text):
        word = narrow(text).lower()
        if word in self.YES:
            return True
        if word in self.NO:
            return False
        raise ValueError('「はい」か「いいえ」（1 か 0）で入力してください。')

    def text(self, value):
        return '' if value is None else '1' if value else '0'

    def show(self, value):
        return '' if value is None else 'はい' if value else 'いいえ'

    def options(self):
        """Yield (value, label, whether chosen) of the list."""
        now = self._value()
        if not self.required or now == '':
            yield '', CHOOSE if self.required else BLANK, now == ''
        yield '1', 'はい', now == '1'
        yield '0', 'いいえ', now == '0'


class Code(Cell):
    """One of a fixed list, by code or by Japanese label."""

    repeats = True
    shape = 'list'

    def __init__(self, label, codes, **kwargs):
        super().__init__(label, **kwargs)
        self.codes = dict(codes)
        self.most = max(self.most, *(len(str(word)) + 20 for word in self.codes.values()), 0)

    def parse(self, text):
        if text in self.codes:
            return text
        code = code_of(self.codes, text) or (narrow(text) if narrow(text) in self.codes else None)
        if code is None:
            raise ValueError(f'「{text[:40]}」は選べません。次から選んでください: '
                             f'{"、".join(self.codes.values())}')
        return code

    def text(self, value):
        return '' if value is None else self.codes.get(value, value)

    show = text

    def options(self):
        now = self.typed if self.typed is not None else self.data
        if not self.required or now in (None, ''):
            yield '', CHOOSE if self.required else BLANK, now in (None, '')
        for code, label in self.codes.items():
            yield code, label, now in (code, label)


class IntCode(Code):
    """One of a fixed list of whole numbers (インシデントレベル)."""

    def parse(self, text):
        text = narrow(text).removeprefix('レベル').removesuffix('Q')
        if text.endswith('.0'):
            text = text[:-2]
        if text.isascii() and text.isdigit() and int(text) in self.codes:
            return int(text)
        raise ValueError(f'次から選んでください: {"、".join(str(c) for c in self.codes)}')

    def text(self, value):
        return '' if value is None else str(value)

    def options(self):
        now = self._value()
        if not self.required or now == '':
            yield '', CHOOSE if self.required else BLANK, now == ''
        for code, label in self.codes.items():
            yield str(code), label, now == str(code)


class Pointing(Cell):
    """What names other records by their own numbers.

    `load_all()` reads the whole table once, for a file of many rows. What stands can be said again as it
    reads: a number voided since, and HIDDEN for a record the viewer may not see.
    """

    #: so many numbers are looked up by name; where there are more, the whole table is read
    at_once = 5_000

    def __init__(self, label, table, by, **kwargs):
        super().__init__(label, **kwargs)
        self.table, self.by = table, table._meta.fields[by]
        self.most = max(self.most, getattr(self.by, 'max_length', 0))
        self.cache, self.missed, self.keys, self.complete = {}, set(), {}, False

    @property
    def viewer(self):
        return self.meta.viewer

    def unseen(self, ids, viewer=None):
        """Return those of some ids whose rows the viewer may not see: who fills the form, where no other is
        named."""
        limit, ids = (viewer or self.viewer).limit(self.table), set(ids)
        if limit is None or not ids:
            return set()
        return ids - {id for (id,) in self.table.select(self.table.id).where(self.table.id.in_(ids),
            limit).tuples()}

    def load_all(self):
        if self.complete:
            return
        limit = self.viewer.limit(self.table)
        seen = None if limit is None else {id
                                           for (id,) in self.table.select(self.table.id).where(
                                                   limit).tuples()}
        for id, key, voided in self.table.select(self.table.id, self.by, self.table.voided_at).tuples():
            self.keys[id] = key if seen is None or id in seen else HIDDEN
            if voided is None and (seen is None or id in seen):
                self.cache[key] = id
        self.complete = True

    def look_up(self, numbers):
        """Return {number: id} of those records that are not voided and that the viewer may see, asked in one
        query."""
        unknown = [number for number in numbers if number not in self.cache and number not in self.missed]
        if unknown and not self.complete:
            limit = self.viewer.limit(self.table)
            found = dict(self.table.select(self.by, self.table.id).where(
                self.by.in_(unknown), self.table.live(), *([] if limit is None else [limit])).tuples())
            self.cache.update(found)
            self.keys.update((id, number) for number, id in found.items())
            self.missed.update(number for number in unknown if number not in self.cache)
        return {number: self.cache[number] for number in numbers if number in self.cache}

    def look_ahead(self, texts):
        """Look up all the numbers of a file's column at once, those too that a spreadsheet may have cut the
        zeros from."""
        numbers = {number for text in set(texts) if len(text) <= self.most
                   for number in self.numbers_in(text)}
        numbers |= {number.zfill(length) for number in numbers if number.isdigit()
                    for length in range(len(number) + 1, 11)}
        if len(numbers) > self.at_once:
            self.load_all()
        else:
            self.look_up(numbers)

    def numbers_in(self, text):
        """Return the numbers that a cell may name."""
        return [narrow(text)]

    def id_of(self, number):
        """Return the id of a record that is not voided and that the viewer may see, or None."""
        return self.look_up([number]).get(number)

    def number_of(self, id):
        """Return the number of a record as the viewer may read it, '' when there is none."""
        if id in self.keys:
            return self.keys[id]
        row = self.table.by_id(id)
        return '' if row is None else HIDDEN if self.unseen([id]) else row.__data__[self.by.name]

    def numbers_of(self, ids):
        """Return {id: number as the viewer may read it} of some records, in the order of the ids."""
        if self.complete or not ids:
            known = self.keys
        else:
            away = self.unseen(ids)
            known = {id: HIDDEN if id in away else key for id, key in self.table.select(
                self.table.id, self.by).where(self.table.id.in_(list(ids))).tuples()}
        return {id: known[id] for id in ids if id in known}


class Ref(Pointing):
    """Another record, by its own number; a select box when the table is short.

    `data` is the row's id. `coming` is {number: placeholder} of the rows that the file itself will create; a
    placeholder is a negative number in an id's place.
    """

    def __init__(self, label, table, by, *, select=False, missing='台帳にありません', only=None, **kwargs):
        super().__init__(label, table, by, **kwargs)
        self.missing, self.only, self.coming, self.others = missing, only, {}, {}
        if select:
            self.shape = 'list'
        self.echo = not select

    def process_data(self, value):
        super().process_data(getattr(value, 'id', value))

    def standing(self, text):
        """Return the id of the record named before, voided or not, for a line's key; None when the viewer
        sees none of that number."""
        if len(text) > self.most:
            return None
        text = narrow(text)
        found = self.id_of(text)
        if found is None:
            limit = self.viewer.limit(self.table)
            row = self.table.select(self.table.id).where(self.by == text,
                *([] if limit is None else [limit])).tuples().first()
            found = row and row[0]
        return found

    def among(self, only):
        """Let only these records be chosen, beside what stands: of any other the answer is that of an
        unknown number."""
        self.only = only
        if self.typed is None or self.data in (None, self.object_data):
            return
        if not self.table.select().where(self.table.id == self.data, only(self.table)).exists():
            self.data, self.process_errors = None, [self.unknown([narrow(self.typed)])]

    def by_name(self, text):
        """Return the id of the record that bears a name today, alone or behind its number as pages show it,
        or None."""
        names = self.viewer.named(self.table)
        number, _, name = text.partition(' ')
        if number in names.get(name.strip(), ()):
            return self.id_of(number)
        numbers = names.get(text, ())
        if len(numbers) > 1:
            raise ValueError(f'{self.label.text}「{text[:40]}」'
                             f'は{len(numbers)}件あります（{"、".join(numbers[:10])}）。'
                             'コードで入力してください。')
        return self.id_of(numbers[0]) if numbers else None

    def parse(self, text):
        text = narrow(text)
        found = self.id_of(text) or self.coming.get(text) or self.by_name(text)
        if found is None and self.object_data is not None and text == self.text(self.object_data):
            found = self.object_data
        if found is None:
            # a spreadsheet drops the zeros a number begins with
            longer = [text.zfill(n) for n in range(len(text) + 1, 11)] if text.isdigit() else []
            meant = next(iter(self.look_up(longer)), None)
            raise ValueError(f'{self.label.text}「{text[:40]}」は{self.missing}。'
                             f'先頭の0が落ちていませんか（「{meant}」ならあります）。' if meant
                             else self.unknown([text]))
        return found

    def columns_of(self, id, *names):
        """Return some columns of a record, read at once for all those whose numbers have been looked up."""
        found = self.others.setdefault(names, {})
        if id not in found:
            query = self.table.select(self.table.id, *(self.table._meta.fields[name] for name in names))
            if not self.complete:
                query = query.where(self.table.id.in_([id, *self.keys]))
            found.update((id, values) for id, *values in query.tuples())
        return found[id]

    def unknown(self, numbers):
        """Return what is said of a number that no record has."""
        advice = '' if '。' in self.missing else '先に登録するか、番号を確かめてください。'
        return f'{self.label.text}「{numbers[0][:40]}」は{self.missing}。{advice}'

    def text(self, value):
        if value is None:
            return ''
        value = getattr(value, 'id', value)
        if value < 0:
            return next(key for key, placeholder in self.coming.items() if placeholder == value)
        return self.number_of(value)

    def show(self, value, viewer=None):
        if value is None:
            return ''
        row, viewer = value if hasattr(value, 'label') else self.table.by_id(value), viewer or self.viewer
        return '' if row is None else hidden(1) if self.unseen([row.id],
            viewer) else marked(viewer.called(row), row)

    def options(self):
        now = self._value()
        if not self.required or now == '':
            yield '', CHOOSE if self.required else BLANK, now == ''
        offered = self.viewer.listed(self)
        if self.object_data is not None and now == self.text(self.object_data) and now not in {key for key,
                _ in offered}:
            # it was voided since: the list must not choose another in its place
            yield now, self.show(self.object_data), True
        for key, words in offered:
            yield key, words, now == key

    def all_listed(self):
        """Return [(number, words)] of the records to choose from."""
        query = self.table.select().where(self.table.live()).order_by(self.by)
        if self.only is not None:
            query = query.where(self.only(self.table))
        return [(getattr(row, self.by.name), self.viewer.called(row)) for row in query]


@cache
def linked_to(link, own, other, by):
    """Return what reads a record's live rows of a link table, in the order of the numbers (`by`) they lead
    to."""
    fields = link._meta.fields
    return Prepared(lambda id: link.select(fields[other]).join(by.model,
        on=fields[other] == by.model.id).where(
        fields[own] == id, link.live()).order_by(by))


class Refs(Pointing):
    """Several other records by number, separated by `;`. `data` is a list of ids; saved as rows of a link
    table."""

    hint = '複数あるときは ; で区切ります'
    #: the most numbers at once
    parts = 5_000

    def __init__(self, label, table, by, *, link, own, other, max=30_000, **kwargs):
        super().__init__(label, table, by, **kwargs)
        self.link, self.own, self.other = link, own, other
        self.flags.maxlength = self.most = max
        self.linked = linked_to(link, own, other, self.by)

    def parse(self, text):
        text = narrow(text)
        parts = [part for part in map(str.strip, re.split(r'[;\n、]', text)) if part]
        number = len(parts) + text.count(',')
        if number > self.parts:
            raise ValueError(f'一度に入力できる番号は{self.parts:,}件までです（現在{number:,}件）。')
        # a number may hold a comma; what is no number with it is several
        pieces = {part: [piece for piece in map(str.strip, part.split(',')) if piece] for part in parts
                  if ',' in part}
        known = self.look_up({*parts, *(piece for several in pieces.values() for piece in several)})
        parts = [each for part in parts for each in ([part] if part in known else pieces.get(part, [part]))]
        stood = None
        found, unknown = {}, []
        for part in parts:
            ids = [known[part]] if part in known else None
            if ids is None:
                stood = self.standing_by_number() if stood is None else stood
                ids = stood.get(part, ())
                if not ids:
                    unknown.append(part)
            found.update(dict.fromkeys(ids))
        if unknown:
            raise ValueError(self.unknown(unknown))
        return list(found)

    def numbers_in(self, text):
        parts = [part.strip() for part in re.split(r'[;\n、]', narrow(text))]
        return {*parts, *(piece.strip() for part in parts for piece in part.split(','))}

    def standing_by_number(self):
        """Return {number as the viewer may read it: [ids]} of what is linked already."""
        stood = {}
        for id, number in self.numbers_of(self.object_data or ()).items():
            stood.setdefault(number, []).append(id)
        return stood

    def unknown(self, numbers):
        """Return what is said of numbers that no record has."""
        return f'{"、".join(numbers[:10])[:200]} は登録されていません。番号を確かめてください。'

    def ids_of(self, row):
        """Return the ids now linked to `row`, in the order of their numbers."""
        return [link.__data__[self.other] for link in self.linked(row.id)]

    def text(self, value):
        return ';'.join(dict.fromkeys(self.numbers_of(value or ()).values()))

    def show(self, value, viewer=None):
        if not value:
            return ''
        viewer = viewer or self.viewer
        away = self.unseen(value, viewer)
        rows = self.table.select().where(self.table.id.in_([id for id in value if id not in away]
            or [0])).order_by(self.by)
        return '、'.join([*(marked(viewer.called(row), row) for row in rows),
                         *([hidden(len(away))] if away else [])])


class Many(Cell):
    """Several of a fixed list, separated by `;`, kept as text of codes."""

    hint = '複数あるときは ; で区切ります'

    def __init__(self, label, codes, **kwargs):
        self.codes = dict(codes)
        # each of them twice, with what stands between them
        self.most = 2 * sum(len(word) + 5 for word in self.codes.values()) + 100
        super().__init__(label, hint=f'次から選びます: {"、".join(self.codes.values())}。{self.hint}',
                         **kwargs)

    def parse(self, text):
        found = []
        for part in re.split(r'[;；、]', text):
            part = part.strip()
            if not part:
                continue
            code = part if part in self.codes else code_of(self.codes, part)
            if code is None:
                raise ValueError(f'「{part[:40]}」は選べません。次から選んでください: '
                                 f'{"、".join(self.codes.values())}')
            if code not in found:
                found.append(code)
        return ';'.join(found) or None

    def text(self, value):
        return ';'.join(self.codes.get(code, code) for code in (value or '').split(';') if code)

    def show(self, value):
        return self.text(value).replace(';', '、')
