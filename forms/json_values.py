"""A form's fields in JSON: the schema of each, stored values as JSON, and values of JSON as text to be read.

A value comes as its type says (a number as a number, a day as ISO 8601); what the field then says of it, it
says in the same words as on a page.
"""
import re
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, singledispatch
from operator import itemgetter

from models.rules import calendar
from models.statements import PreparedIn, rows_of
from models.visibility import as_flag

from .fields import (
    HIDDEN,
    Code,
    Day,
    Exact,
    Flag,
    IntCode,
    Many,
    Moment,
    Ref,
    Reference,
    Refs,
    Text,
    Whole,
    Year,
)

TEXT, NUMBER = '文字列で送ってください。', '整数で送ってください。'
YES_OR_NO, SEVERAL = 'true か false で送ってください。', '文字列の配列で送ってください。'
_DAY = re.compile(r'\d{4}-\d{2}-\d{2}', re.ASCII)
_MOMENT = re.compile(r'\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[-+]\d{2}:\d{2})', re.ASCII | re.I)
#: larger than any limit of a number
BEYOND = 10 ** 15


@dataclass(frozen=True)
class Json:
    """A value of JSON, for a field to read in a form's data."""

    value: object

    def text_for(self, cell):
        """Return the text that stands for the value; raise ValueError where it is not of the field's type."""
        return '' if self.value is None else from_json(cell, self.value)


def is_nullable(cell):
    """Tell whether a field may be sent as null: it need not be given, or a blank stands for something."""
    return not cell.required or cell.blank is not None


def as_text(value):
    if not isinstance(value, str):
        raise ValueError(TEXT)
    return value


# --- as text to be read ---

@singledispatch
def from_json(cell, value):
    """Return the text that a field reads for a value of JSON other than null."""
    return as_text(value)


@from_json.register
def _(cell: Text, value):
    if len(as_text(value)) > cell.max:
        raise ValueError(cell.too_long(value))
    return value


@from_json.register
def _(cell: Whole, value):
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise ValueError(NUMBER)
    if isinstance(value, Decimal) and -BEYOND < value < BEYOND and value == int(value):
        value = int(value)
    if isinstance(value, int) and abs(value) >= BEYOND:
        value = BEYOND if value > 0 else -BEYOND
    return str(value)


@from_json.register
def _(cell: Exact, value):
    # as schemas have it: what more a page takes (1,000, 80%) is for people
    if not re.fullmatch(pattern_of(cell), as_text(value)):
        raise ValueError('数を "12.5" のような文字列で送ってください。')
    return value


@from_json.register
def _(cell: Day, value):
    if not _DAY.fullmatch(as_text(value)):
        raise ValueError('日付は "2026-04-01" の形で送ってください。')
    return value


@from_json.register
def _(cell: Moment, value):
    if not _MOMENT.fullmatch(as_text(value)):
        raise ValueError('日時は "2026-04-01T09:05:00+09:00" の形で送ってください。')
    return value


@from_json.register
def _(cell: Flag, value):
    if not isinstance(value, bool):
        raise ValueError(YES_OR_NO)
    return cell.text(value)


@from_json.register
def _(cell: Code, value):
    return value if as_text(value) in cell.codes else refuse_code(cell, value)


@from_json.register
def _(cell: IntCode, value):
    return from_json.dispatch(Whole)(cell, value)


@from_json.register
def _(cell: Many, value):
    return ';'.join(each if each in cell.codes else refuse_code(cell, each) for each in texts_of(value))


@from_json.register
def _(cell: Refs, value):
    for each in texts_of(value):
        if not each.strip() or re.search('[;、\n]', each):
            raise ValueError(cell.unknown([each]))
    return ';'.join(value)


def texts_of(value):
    """Return a list of texts as it is; raise ValueError where it is none."""
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise ValueError(SEVERAL)
    return value


def refuse_code(cell, text):
    """Raise ValueError in the words of a page: a label is none of the codes."""
    raise ValueError(f'「{text[:40]}」は選べません。次から選んでください: {"、".join(cell.codes.values())}')


# --- stored values ---

@singledispatch
def to_json(cell, value):
    """Return a stored value other than None as JSON."""
    return cell.text(value)


@to_json.register(Text)
@to_json.register(Whole)
@to_json.register(Flag)
@to_json.register(Code)
@to_json.register(IntCode)
def as_stored(cell, value):
    return value


@to_json.register(Moment)
def _(cell, value):
    return value.astimezone(calendar.JST).isoformat()


@to_json.register(Many)
def _(cell, value):
    return [code for code in value.split(';') if code]


def values_of(form, rows, viewer, known):
    """Return [{key: value}] of a form's fields for some records of a table, with a few statements for all.

    The form is only asked what its fields are. `known` is {record id: {field: value}} of what is no column.
    """
    cells = form.cells()
    if not rows:
        return []
    fields, keys = rows[0]._meta.fields, [cell.key for cell in cells]
    # one look into a row for all fields: what is no column is overwritten below
    stored = itemgetter(*(cell.attr if cell.attr in fields else 'id' for cell in cells), 'id')
    found = [dict(zip(keys, stored(row.__data__), strict=False)) for row in rows]
    for cell in cells:
        make = to_json.dispatch(type(cell))
        if make is not as_stored or hasattr(cell, 'numbers_by_id') or cell.attr not in fields:
            for told, value in zip(found, column_of(cell, make, rows, viewer, known), strict=True):
                told[cell.key] = value
    return found


def column_of(cell, make, rows, viewer, known):
    """Return the values of a field for some records, made by `make` where they name no records."""
    if isinstance(cell, Refs):
        linked = links_of(cell, [row.id for row in rows], viewer)
        return [linked.get(row.id, []) for row in rows]
    stored = [(row.__data__ | known.get(row.id, {})).get(cell.attr) if known else row.__data__.get(cell.attr)
              for row in rows]
    if isinstance(cell, Ref) or hasattr(cell, 'numbers_by_id'):
        ids = set(stored) - {None}
        numbers = numbers_of(cell, ids, viewer) if isinstance(cell, Ref) else cell.numbers_by_id(ids)
        return [numbers.get(id) for id in stored]
    return [None if value is None else make(cell, value) for value in stored]


def numbers_of(cell, ids, viewer):
    """Return {id: number as the viewer may read it} of some records that a field names."""
    if not ids:
        return {}
    table, limit = cell.table, viewer.limit(cell.table)
    if limit is None:
        return {row.id: row.__data__[cell.by.name] for row in all_numbers(cell.by)(ids)}
    found = table.select(table.id, cell.by, as_flag(limit)).where(table.id.in_(list(ids)))
    return {id: number if sees else HIDDEN for id, number, sees in found.tuples()}


def links_of(cell, ids, viewer):
    """Return {record id: [numbers as the viewer may read them]} of a field's links, in their order."""
    limit, found, which = viewer.limit(cell.table), {}, (cell.link, cell.own, cell.other, cell.by)
    for link in all_links(*which)(ids) if limit is None else rows_of(select_links(*which, ids, limit)):
        numbers = found.setdefault(link.__data__[cell.own], [])
        if (number := link.number if link.sees else HIDDEN) not in numbers:
            numbers.append(number)
    return found


@cache
def all_numbers(by):
    """Return what reads the numbers (`by`) of some records of its table."""
    id = by.model.id
    return PreparedIn(lambda *ids: by.model.select(id, by).where(id.in_(ids)))


@cache
def all_links(link, own, other, by):
    """Return what reads the live rows of a link table of some records, for who sees all they lead to."""
    return PreparedIn(lambda *ids: select_links(link, own, other, by, ids, None))


def select_links(link, own, other, by, ids, limit):
    """Return the select of the live rows of a link table of some records.

    They come in the order of the numbers (`by`) they lead to.
    """
    fields = link._meta.fields
    return (link.select(fields[own], by.alias('number'), as_flag(limit).alias('sees'))
            .join(by.model, on=fields[other] == by.model.id)
            .where(fields[own].in_(ids), link.live()).order_by(by))


# --- schemas ---

def pattern_of(cell):
    return r'^[+-]?[0-9]{1,15}' + (rf'(\.[0-9]{{1,{cell.places}}})?$' if cell.places else '$')


@singledispatch
def value_schema(cell):
    """Return the JSON schema of a field's values other than null."""
    return {'type': 'string', 'maxLength': cell.max_typed}


@value_schema.register
def _(cell: Text):
    return {'type': 'string', 'maxLength': cell.max}


@value_schema.register
def _(cell: Whole):
    return {'type': 'integer', 'minimum': cell.min, 'maximum': cell.max}


@value_schema.register
def _(cell: Exact):
    return {'type': 'string', 'pattern': pattern_of(cell)}


@value_schema.register
def _(cell: Day):
    return {'type': 'string', 'format': 'date'}


@value_schema.register
def _(cell: Moment):
    return {'type': 'string', 'format': 'date-time'}


@value_schema.register
def _(cell: Flag):
    return {'type': 'boolean'}


@value_schema.register
def _(cell: Code):
    return {'type': 'string', 'enum': list(cell.codes)}


@value_schema.register
def _(cell: IntCode):
    return {'type': 'integer', 'enum': list(cell.codes)}


@value_schema.register
def _(cell: Many):
    return {'type': 'array', 'items': {'type': 'string', 'enum': list(cell.codes)}}


@value_schema.register
def _(cell: Refs):
    return {'type': 'array', 'items': {'type': 'string', 'minLength': 1}, 'maxItems': cell.max_numbers}


def annotations(cell):
    """Return what a schema says of a field in Japanese: its label, how it is written, what its codes mean."""
    said = [cell.description or '']
    if isinstance(cell, (Code, Many)):
        said = ['、'.join(f'{code}={label}' for code, label in cell.codes.items())]
    elif isinstance(cell, Reference):
        said.append(f'{cell.table._meta.table_name}.{cell.by.column_name}')
    elif getattr(cell, 'unit', ''):
        said.append(f'単位: {cell.unit}')
    text = '。'.join(filter(None, said))
    return {'title': cell.label.text, **({'description': text} if text else {})}


def input_schema(cell):
    """Return the JSON schema of what may be sent for a field."""
    found = value_schema(cell)
    if is_nullable(cell):
        found = {'anyOf': [found, {'type': 'null'}]}
    return found | annotations(cell)


def stored_schema(cell):
    """Return the JSON schema of a stored value: looser, for what stands may be older than a limit."""
    found = value_schema(cell)
    if isinstance(cell, (Text, Ref, Exact)) or found.get('maxLength'):
        found = {'type': 'string'}
    elif isinstance(cell, Whole) and not isinstance(cell, Year):
        found = {'type': 'integer'}
    elif isinstance(cell, Refs):
        found = {'type': 'array', 'items': {'type': 'string'}}
    return {'anyOf': [found, {'type': 'null'}]} | annotations(cell)
