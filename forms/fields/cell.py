"""The base of every field: what is typed is measured and cleaned before it is read."""
import re
import unicodedata

from wtforms import Field, Label
from wtforms.fields.core import Flags
from wtforms.utils import unset_value
from wtforms.validators import StopValidation

_PRIVATE = re.compile('[\ue000-\uf8ff\U000f0000-\U0010ffff]')
_CONTROL = re.compile('[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]')
#: more marks on top of each other than any script has (UAX #15, stream-safe text): to put them in order
#: takes the square of the time
_STACKED = re.compile('[' + ''.join(chr(code) for code in range(0x300, 0x1f000)
                                    if unicodedata.combining(chr(code))) + ']{31}')
#: the words of no choice in a list, where one may be left out and where not
BLANK, CHOOSE = '（未選択）', '（選択してください）'
#: how many different texts of a field are remembered with their values
SEVERAL = 500
#: the most characters that come back with a form of what was too long to be read
KEPT = 20_000


class Cell(Field):
    """Base of our fields: required or not, a blank is no value, and the typed text is kept.

    Kept, so that the form comes back as it was filled in. `blank` is what a blank stands for where the code
    list itself has a word for it (休職等: なし); nothing else is guessed.
    """

    #: the most characters, with the spaces around them, that are cleaned, split and looked up
    max_typed = 100
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
        if required:
            self.flags.required = True
        self.begin()

    def begin(self):
        """Begin with nothing typed, read or looked up."""
        self.typed, self.known = None, {}

    def copy_for(self, form):
        """Return a copy of a field that no form has filled, bound to a form."""
        made = object.__new__(type(self))
        made.__dict__.update(self.__dict__)
        # what a form may change of its fields
        made.flags, made.label = Flags(), Label(self.label.field_id, self.label.text)
        made.flags.__dict__.update(self.flags.__dict__)
        made._form, made.meta = form, form.meta
        made.begin()
        return made

    def process(self, formdata, data=unset_value, extra_filters=None):
        # a default is a value: to find that out by calling it took an exception a field
        super().process(formdata, self.default if data is unset_value else data, extra_filters)

    @property
    def must_be_given(self):
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
        """Return the value of a text as it came, its length checked first.

        Raise ValueError saying in Japanese what to type.
        """
        if not isinstance(raw, str):
            raise ValueError('ファイルではなく、文字で入力してください。')
        if len(raw) > self.max_typed:
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
        return f'{self.max_typed}文字以内で入力してください（現在{len(text)}文字）。'

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
