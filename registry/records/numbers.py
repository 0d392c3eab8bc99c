"""The numbers by which records are known: the next free one, and what is wrong with one that is typed."""
from functools import cache, reduce
from operator import and_, eq

from peewee import fn

from forms.fields import Key
from models.statements import Prepared
from models.visibility import visible

#: all that is said of a number in use to whoever may not see by what
TAKEN = 'この番号は使えません。別の番号にしてください。'
#: how many digits our own numbers have: five, and more only once all of these are used
DIGITS = range(5, 10)


def next_number(noun):
    """Return a free number for a new record, after the last one with the noun's prefix, or None."""
    if not noun.prefix:
        return None
    used = 0
    for length in DIGITS:
        last = last_digits(noun, length) or '0'
        if not last.isdigit():
            return None
        used = max(used, int(last))
        if used + 1 < 10 ** length:
            return f'{noun.prefix}{used + 1:0{length}d}'
    return None


def last_digits(noun, length):
    """Return what follows the noun's prefix in its last number of this length, or None.

    It takes one look into the index.
    """
    field, prefix = noun.table._meta.fields[noun.key[0]], noun.prefix.lower()
    for row in _last(field, prefix, length)():
        return row.__data__[field.name][len(prefix):]
    return None


@cache
def _last(field, prefix, length):
    """Return the Prepared select of the last number with a prefix and so many digits."""
    folded = fn.LOWER(field)
    return Prepared(lambda: field.model.select(field).where(
        folded.between(prefix + '0' * length, prefix + '9' * length),
        # an order that passes over dashes would put others between these
        fn.SUBSTR(folded, 1, len(prefix)) == prefix, fn.LENGTH(field) == len(prefix) + length
    ).order_by(folded.desc()).limit(1))


def number_problems(noun, row, before, form, by, today):
    """Yield (field name, message) where another record has the number, or one with other capitals."""
    keys = [form._fields[name] for name in noun.key if name in form._fields]
    fields = [noun.table._meta.fields[field.attr] for field in keys]
    if before is not None and all(before.__data__.get(field.name) == row.__data__.get(field.name)
                                  for field in fields):
        return
    if not keys or len(keys) < len(noun.key) or any(field.data is None for field in keys):
        return
    wanted = [field.data for field in keys]
    same = reduce(and_, map(eq, fields, wanted))
    known = known_by_number(noun, keys[0])
    found = list(noun.table.select(noun.table.id, noun.table.voided_at, *fields).where(
        same | (fn.LOWER(fields[0]) == wanted[0].lower()) if known else same))
    for row in found:
        if [row.__data__[field.name] for field in fields] == wanted:
            yield noun.key[-1], same_number(noun, row, keys, by, today)
            return
    for near in found:
        number = near.__data__[fields[0].name]
        if number != (before and before.__data__[fields[0].name]):
            seen = by is None or visible(by, near, today)
            yield noun.key[0], differs_in_capitals(number) if seen else TAKEN
            return


def same_number(noun, other, keys, by, today):
    if by is not None and not visible(by, other, today):
        return TAKEN
    if other.voided_at:
        return '取消済みの記録と同じ番号です。番号は使い回せません。'
    if len(keys) == 1:
        return 'この番号の記録は既にあります。'
    return f'{"と".join(field.label.text for field in keys)}が同じ記録が、既にあります。'


def differs_in_capitals(number):
    return f'大文字と小文字だけが違う番号「{number}」が既にあります。別の番号にしてください。'


def known_by_number(noun, field):
    """Tell whether a noun's records are known by one number that a person may type."""
    return len(noun.key) == 1 and isinstance(field, Key)
