"""The next free number of a noun whose records are numbered by the office."""
from functools import cache

from peewee import fn

from models.statements import Prepared

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
