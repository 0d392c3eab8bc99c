"""What changed meanwhile, field by field: nobody's change is lost without a question."""
import re
from dataclasses import dataclass

from audits import past


@dataclass(frozen=True)
class Sides:
    """Both sides of a conflict, field by field.

    `chosen` is [(field, what was typed in words or None where it was left alone, what stands in words and as
    typed)], `kept` [(field, value)] of what stays without a question, `later` the Acts since the form was
    opened.
    """

    chosen: list
    kept: list
    later: list


def sides(form, row, stands, opened):
    """Return the Sides of a form that was filled from an older state of the record that `stands`.

    `opened` is the stamp of that state. `row` holds what was typed. What the person had left alone stays as
    the other left it; a stamp that cannot be read is taken for one of a form all of which was typed.
    """
    filled = re.fullmatch(r'(\d{1,9})((?:;[\d,]*)*)', opened, re.ASCII)
    known, later = past.state_after(stands, int(filled.group(1)) if filled else 0)
    for field, ids in zip(form.links(), filled.group(2).split(';')[1:] if filled else (), strict=False):
        known[field.short_name] = [int(id) for id in ids.split(',') if 0 < len(id) < 15]
    chosen, kept = [], []
    for field in form.cells():
        if hasattr(field, 'ids_of'):
            typed, stored, name, read = field.data or [], field.ids_of(stands), field.short_name, sorted
        else:
            typed, stored = row.__data__.get(field.attr), stands.__data__.get(field.attr)
            name, read = field.attr, field.text
        if read(typed) == read(stored):
            kept.append((field, stored))
        elif name in known and read(known[name]) == read(typed):
            kept.append((field, stored))
            chosen.append((field, None, field.show(stored), field.text(stored)))
        else:
            chosen.append((field, field.show(typed), field.show(stored), field.text(stored)))
    return Sides(chosen, kept, later)
