"""Fields of fixed lists: yes or no, one code, several codes."""
import re

from .cell import BLANK, CHOOSE, Cell
from .folding import code_of, half_width

#: what a yes or no that nobody has looked at yet is called in its list
UNKNOWN = '（未確認）'


class Flag(Cell):
    """Yes or no (はい・いいえ)."""

    repeats = True
    max_typed = 40
    shape = 'list'
    YES = frozenset({'1', 'true', 'yes', 'y', 'はい', '有', 'あり', '該当', '○', '〇', '適用', '必須',
                     'する'})
    NO = frozenset({'0', 'false', 'no', 'n', 'いいえ', '無', 'なし', '非該当', '×', '対象外', '任意',
                    'しない'})

    def parse(self, text):
        word = half_width(text).lower()
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
            yield '', CHOOSE if self.required else UNKNOWN, now == ''
        yield '1', 'はい', now == '1'
        yield '0', 'いいえ', now == '0'


class Code(Cell):
    """One of a fixed list, by code or by Japanese label."""

    repeats = True
    shape = 'list'

    def __init__(self, label, codes, **kwargs):
        super().__init__(label, **kwargs)
        self.codes = dict(codes)
        self.max_typed = max(self.max_typed, *(len(str(word)) + 20 for word in self.codes.values()), 0)

    def parse(self, text):
        if text in self.codes:
            return text
        code = code_of(self.codes, text) or (half_width(text) if half_width(text) in self.codes else None)
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
        text = half_width(text).removeprefix('レベル').removesuffix('Q')
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


class Many(Cell):
    """Several of a fixed list, separated by `;`, kept as text of codes."""

    hint = '複数あるときは ; で区切ります'

    def __init__(self, label, codes, **kwargs):
        self.codes = dict(codes)
        # each of them twice, with what stands between them
        self.max_typed = 2 * sum(len(word) + 5 for word in self.codes.values()) + 100
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
