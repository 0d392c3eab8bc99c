"""The fields every form is made of: one reading of what a person types, on a page or in a file's cell.

Each field knows the column it fills (`attr`), its Japanese label (also the file's header), its limit, and
how to show a stored value as text (`text`), so that an exported file is an import file.
"""
from .cell import Cell
from .codes import Code, Flag, IntCode, Many
from .days import Day, Moment
from .folding import code_of, half_width, key_of_label
from .numbers import Exact, Whole, Year, Yen
from .references import HIDDEN, SEVERAL_SYSTEMS, Ref, Reference, Refs
from .text import Key, Long, Text

__all__ = ('HIDDEN', 'SEVERAL_SYSTEMS', 'Cell', 'Code', 'Day', 'Exact', 'Flag', 'IntCode', 'Key', 'Long',
           'Many', 'Moment', 'Reference', 'Ref', 'Refs', 'Text', 'Whole', 'Year', 'Yen', 'code_of',
           'key_of_label', 'half_width')
