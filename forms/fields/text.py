"""Fields of text: a line, several lines, a record's own number."""
from .cell import Cell
from .folding import half_width


class Text(Cell):
    """A line of text, kept as typed."""

    def __init__(self, label, *, max=200, **kwargs):
        super().__init__(label, **kwargs)
        self.max = max
        # spaces around it, and line ends that a browser sends as two characters, do not count
        self.max_typed = 2 * max + 200
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
        text = half_width(text)
        if any(c.isspace() for c in text):
            raise ValueError('番号に空白は使えません。')
        if ';' in text or '、' in text:
            raise ValueError('番号にセミコロン（;）と読点（、）は使えません。')
        return super().parse(text)
