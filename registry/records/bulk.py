"""Some fields of many records changed alike, in one act with one reason: all that are to be, or none."""
from dataclasses import dataclass, field

from audits import trail

from ..core.permits import UNIT_ROLES
from . import display, exporting, references, saving
from .saving import ChangedMeanwhile, Conflict, Forbidden, Refused

#: how many records are changed at once at most: the rows of the longest page of a list
MOST = 200
FORBIDDEN = 'この記録を変更する権限がありません。'


@dataclass
class Line:
    """One record of a bulk edit: what becomes of it, or why nothing does.

    `changes` are [(label, before, after)] in words, `problems` why it is refused, `stale` whether it was
    changed since it was chosen, `stamp` its version now.
    """

    before: object
    label: str
    stamp: str
    row: object = None
    form: object = None
    changes: list = field(default_factory=list)
    problems: list = field(default_factory=list)
    stale: bool = False


def fields_for(noun, by):
    """Return the fields of the noun's form that a person may change in many records at once.

    A record's own number is its own, a state is moved, and the desk decides what is reserved.
    """
    kept = {*noun.key, noun.flow.column if noun.flow else ''}
    held = {*noun.moved, *(noun.reserved if by.role in UNIT_ROLES else ())}
    return [cell for cell in noun.blank.cells()
            if cell.short_name not in kept and cell.attr not in held | kept
            and (hasattr(cell, 'link') or cell.attr in noun.table._meta.fields)]


def read(noun, rows, values, *, by, at, reason='', opened=None):
    """Return the Lines of some records when their fields get some values ({form name: text}).

    `opened` maps ids to the stamps of the records as they were chosen.
    """
    viewer, linked = display.Viewer(by, saving.day_of(at)), links_of(noun, rows)
    return [examine(noun, row, label, values, linked, viewer, by=by, at=at, reason=reason,
                    opened=opened and opened.get(row.id, ''))
            for row, label in zip(rows, noun.table.labels_of(rows), strict=True)]


def links_of(noun, rows):
    """Return {field name: {id: [linked ids]}} of the link fields of some records."""
    ids = [row.id for row in rows]
    return {cell.short_name: exporting.all_links(cell, ids) for cell in noun.blank.links()}


def stamps_of(noun, rows):
    """Return {id: the stamp of its version} of some records."""
    linked = links_of(noun, rows)
    return {row.id: stamp_of(noun, row, linked) for row in rows}


def stamp_of(noun, row, linked):
    return saving.stamp_of(noun, row, [linked[cell.short_name].get(row.id, ())
                                       for cell in noun.blank.links()])


def examine(noun, row, label, values, linked, viewer, *, by, at, reason, opened):
    """Return the Line of one record."""
    data = {cell.short_name: list(linked[cell.short_name].get(row.id, ())) if cell.short_name in linked
            else row.__data__.get(cell.attr) for cell in noun.blank.cells()}
    form = noun.form(saving.FormData(values), viewer=viewer, data=data)
    noun.new_form(form)
    line = Line(row, label, stamp_of(noun, row, linked))
    refusal, line.row, _ = saving.examined(noun, form, row, by=by, at=at, reason=reason, opened=opened)
    line.form, line.stale = form, isinstance(refusal, Conflict)
    if isinstance(refusal, Forbidden):
        line.problems = [FORBIDDEN]
    elif isinstance(refusal, Refused):
        line.problems = [in_words(form, name, message) for name, message in refusal.problems]
    elif refusal is None:
        line.changes = changes_of(form, row, line.row, data)
    return line


def in_words(form, name, message):
    """Return what is wrong with a field, its label in front where the message does not say it."""
    label = form._fields[name].label.text if name in form._fields else ''
    return message if label in message else f'{label}：{message}'


def changes_of(form, before, row, data):
    """Return [(label, before, after)] of what a filled form changes."""
    found, different = [], trail.differences(row, before)
    for cell in form.cells():
        if hasattr(cell, 'link'):
            if set(data[cell.short_name]) != set(cell.data or ()):
                found.append((cell.label.text, cell.show(data[cell.short_name]), cell.show(cell.data)))
        elif cell.attr in different:
            found.append((cell.label.text, *(cell.show(one.__data__.get(cell.attr))
                                             for one in (before, row))))
    return found


def save(noun, lines, *, by, at, channel, reason, request_id=''):
    """Write the Lines that change something as one act; return (its number or None, problems).

    Problems are [message] of why nothing was written after all: what others did while it was.
    """
    try:
        with trail.act(f'{noun.name}.bulk', by=by, at=at, channel=channel, reason=reason,
                       request_id=request_id) as act:
            for line in lines:
                if not line.changes:
                    continue
                saving.write(act, noun, line.row, line.before, saving.links_of(line.form), saving.day_of(at),
                             line.label)
                saving.check_again_in_act([
                    *references.voided_meanwhile(line.form, line.before),
                    *references.cycles(noun.table, line.row, line.form)])
    except ChangedMeanwhile as found:
        return None, [f'「{line.label}」: {message}' for _, message in found.problems]
    except trail.Stale:
        return None, [f'「{line.label}」は、いまほかの人が変更しました。']
    return act.seq, []
