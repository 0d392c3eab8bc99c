"""The one way a filled form becomes rows: pages, files, commands and the API write through here.

Who saves, when, by which channel and why are arguments; what is refused is said once, in words every caller
can show.
"""
import copy
from dataclasses import dataclass

from peewee import IntegrityError

from audits import trail
from forms.base import ActReasonForm, ReasonForm
from models.rules import calendar
from models.visibility import unit_column

from ..core.permits import allowed, overreach
from . import numbers, references
from .numbers import known_by_number, number_problems

CHANGED = '画面を開いたあとに、この記録が変更されました。いまの記録を確かめてから、もう一度押してください。'


@dataclass(frozen=True)
class Saved:
    """The record as saved, whether anything changed, and the number of the act (None for no change)."""

    row: object
    changed: bool = True
    act: int | None = None


@dataclass(frozen=True)
class Refused:
    """Nothing was saved: `problems` are [(field name or '', message)] of all that is wrong.

    `lacking` is what a move lacks elsewhere (see `Flow`).
    """

    problems: list
    lacking: list = ()


@dataclass(frozen=True)
class Conflict:
    """Nothing was saved: the record `stands` has changed since it was opened.

    `row` holds what was meant, None for a voiding.
    """

    stands: object
    row: object = None


@dataclass(frozen=True)
class Forbidden:
    """Nothing was saved: the person may not do this to this record."""


class ChangedMeanwhile(Exception):
    """What was checked before an act no longer holds in it: nothing is written."""

    def __init__(self, problems=()):
        super().__init__(problems)
        self.problems = problems


def copy_of(row):
    """Return a copy of a row to change; the original still says how it stood."""
    copied = copy.copy(row)
    copied.__data__ = dict(row.__data__)
    copied.__rel__ = dict(row.__rel__)
    copied._dirty = set(row._dirty)
    return copied


def examined(noun, form, before, *, by, at, reason='', opened=None, place=None, files=None):
    """Return (why a filled form is not saved or None, the row it fills, the row it takes the place of).

    The arguments are those of `save`; nothing is written.
    """
    verb = 'create' if before is None else 'edit'
    reason, wrong = read_reason(reason)
    wrong = form.all_errors(before) + wrong + (files.problems() if files else [])
    row = noun.table() if before is None else copy_of(before)
    form.fill(row)
    for name, value in (place or {}).items():
        setattr(row, name, value)
    if before is not None and not allowed(noun.permit(verb), noun.governing(before), by):
        return Forbidden(), row, before
    if wrong:
        return Refused(wrong + problems_elsewhere(wrong, rule_problems(noun, row, before, form, by, at))
                       ), row, before
    former = before
    if noun.one_at_place and (stands := noun.table.get_or_none(**place)) is not None:
        if stands.voided_at is None if before is None else stands.id != before.id:
            return Refused([(place_field(form), '同じ番号・年度・基準日の記録が既にあります。'
                             + ('（取消済み）' if stands.voided_at else ''))]), row, before
        if before is None:
            # nothing but its place in the database is the voided one's
            former, row.id, row.revision = stands, stands.id, stands.revision
    if opened is not None and opened != stamp(noun, form, before):
        return Conflict(before, row), row, before
    if not allowed(noun.permit(verb), noun.governing(row), by):
        return Refused([(owner_field(noun.table, form), '自分の所属の記録だけを登録できます。'
                         if before is None else '自分の所属から外すことはできません。')]), row, before
    wrong = rule_problems(noun, row, before, form, by, at)
    if before is not None:
        wrong += unexplained_change(noun, row, before, form, reason)
    return Refused(wrong) if wrong else None, row, former


def save(noun, form, before=None, *, by, at, channel, reason='', request_id='', opened=None, place=None,
         files=None):
    """Save what a form holds: a new record or part, or the changes of `before`; return the outcome.

    `opened` is the stamp (see `stamp`) of the record as it was when the form was filled from it, None where
    no one asks; `place` are the columns that say where in its record a part stands; `files` are the Uploads
    (see `attaching`) that are hung on it in the same act.
    """
    refusal, row, former = examined(noun, form, before, by=by, at=at, reason=reason, opened=opened,
                                    place=place, files=files)
    if refusal is not None:
        return refusal
    verb, (reason, _) = 'create' if before is None else 'edit', read_reason(reason)
    reason = row.__data__[noun.reason_in] if noun.reason_in else reason
    if files:
        files.keep()
    try:
        with trail.act(noun.kind(verb), by=by, at=at, channel=channel, reason=reason,
                       request_id=request_id) as act:
            changed = write(act, noun, row, former, links_of(form), day_of(at))
            if files:
                files.write(act, row, by)
            if former is not before:
                for part in noun.parts_below(former) if former else ():
                    act.void(part, '同じ番号の別の記録を登録したため')
            check_again_in_act([*references.voided_meanwhile(form, before),
                                *references.cycles(noun.table, row, form),
                                *(references.voided_parents(row) if noun.one_at_place else ())])
    except ChangedMeanwhile as found:
        return Refused(found.problems)
    except IntegrityError:
        if before is not None:
            raise
        # two people at once: the number was free when it was looked for
        free = numbers.next_number(noun)
        message = 'この番号は、いまほかの人が使いました。'
        message += f'次に空いている番号は {free} です。' if free else ''
        return Refused([(noun.key[-1] if noun.key else '', message)])
    return Saved(row, changed, act.seq)


def void(noun, row, *, by, at, channel, reason, request_id='', opened=None):
    """Void a record (取消) or a part of one; return the outcome.

    `opened` is the revision of the record that was looked at, None where no one asks.
    """
    if not allowed(noun.permit('void'), noun.governing(row), by):
        return Forbidden()
    if opened is not None and opened != str(row.revision):
        return Conflict(row)
    reason, wrong = read_required_reason(reason)
    if wrong := wrong or list(noun.cannot_void(row, by)):
        return Refused(wrong)
    try:
        with trail.act(noun.kind('void'), by=by, at=at, channel=channel, reason=reason,
                       request_id=request_id) as act:
            check_again_in_act(noun.cannot_void(row, by))
            act.void(row, reason)
    except ChangedMeanwhile as found:
        return Refused(found.problems)
    return Saved(row, act=act.seq)


def restore(noun, before, *, by, at, channel, reason, request_id='', opened=None):
    """Take a voiding back: the record counts again as it stood; return the outcome."""
    if not allowed(noun.permit('void'), noun.governing(before), by):
        return Forbidden()
    if opened is not None and opened != str(before.revision):
        return Conflict(before)
    row = copy_of(before)
    row.voided_at = row.void_reason = None

    def problems():
        return [*references.voided_parents(row), *separation_problems(noun, row, before, by),
                *noun.cannot_restore(row, by)]
    reason, wrong = read_required_reason(reason)
    if wrong := wrong or problems():
        return Refused(wrong)
    try:
        with trail.act(noun.kind('restore'), by=by, at=at, channel=channel, reason=reason,
                       request_id=request_id) as act:
            write(act, noun, row, before, [], day_of(at))
            check_again_in_act(problems())
    except ChangedMeanwhile as found:
        return Refused(found.problems)
    return Saved(row, act=act.seq)


def move(noun, before, target, form, *, by, at, channel, request_id='', opened=None, files=None):
    """Move a record to another state by its noun's flow, hanging `files` on it; return the outcome."""
    flow = noun.flow
    if not allowed(noun.permit('move'), noun.governing(before), by):
        return Forbidden()
    if opened is not None and opened != str(before.revision):
        return Conflict(before)
    found = next((move for move in flow.open_to(before, by) if move.target == target), None)
    if found is None:
        return Forbidden()
    wrong, row = form.all_errors(before) + (files.problems() if files else []), copy_of(before)
    form.fill(row)
    setattr(row, flow.column, target)
    wrong += problems_elsewhere(wrong, [*future_dates(form, row, before, day_of(at)),
                                        *references.cycles(noun.table, row, form),
                                        *flow.prepare(row, before, form, by, at),
                                        *overreach(noun, row, before, form, by)])
    lacking = flow.missing(row, found, form, by)
    if wrong or lacking:
        return Refused(wrong, lacking)
    reason = form[flow.reason].data or ''
    if files:
        files.keep()
    try:
        with trail.act(noun.kind('move'), by=by, at=at, channel=channel, reason=reason,
                       request_id=request_id) as act:
            act.save(row, before)
            if files:
                files.write(act, row, by)
            flow.after(act, row, form, by)
            check_again_in_act([*references.voided_meanwhile(form, before),
                                *references.cycles(noun.table, row, form)])
    except ChangedMeanwhile as found:
        return Refused(found.problems)
    return Saved(row, act=act.seq)


def day_of(at):
    """Return the day in Japan of a moment."""
    return at.astimezone(calendar.JST).date()


# --- what is read ---

class FormData(dict):
    """Values as form data: a mapping with the one method WTForms asks for."""

    def getlist(self, name):
        return [self[name]] if name in self else []


def read_reason(text):
    """Return (the reason of a change or '', [('', message)] of what is wrong with it)."""
    form = ActReasonForm(FormData(act_reason=text))
    form.validate()
    return form.act_reason.data or '', [('', f'変更の理由: {words}') for words in form.act_reason.errors]


def read_required_reason(text):
    """Return (a reason that must be given, [('reason', message)] of what is wrong with it)."""
    form = ReasonForm(FormData(reason=text))
    form.validate()
    return form.reason.data, [('reason', words) for words in form.reason.errors]


def stamp(noun, form, row):
    """Return the version of a record that a form is filled from: its revision, and what it is linked to.

    A part that may have changed places with another says its id too.
    """
    return stamp_of(noun, row, [field.object_data or () for field in form.links()])


def stamp_of(noun, row, linked):
    """Return the stamp of a record linked to some ids, a list of them for each of its form's links."""
    return ';'.join([str(row.revision), *(','.join(map(str, ids)) for ids in linked),
                     *([str(row.id)] if noun.found_by_numbers else [])])


def problems_elsewhere(known, problems):
    """Return those of some problems whose fields have none among the known ones."""
    fields = {name for name, _ in known}
    return [(name, message) for name, message in problems if name not in fields]


# --- what is refused ---

def rule_problems(noun, row, before, form, by, at):
    """Return [(field name, message)] of what a form's values cannot be saved for; `row` is already filled."""
    return [*future_dates(form, row, before, day_of(at)),
            *number_problems(noun, row, before, form, by, day_of(at)),
            *references.cycles(noun.table, row, form), *separation_problems(noun, row, before, by),
            *overreach(noun, row, before, form, by), *noun.prepare(row, before, form, by, at)]


def separation_problems(noun, row, before, by):
    """Return [(field, message)] of what a person may not write because another must decide it."""
    return [] if by is None else list(noun.separation(row, before, by))


def future_dates(form, row, before, today):
    """Yield (field name, message) of future dates of something that is said to have happened."""
    for field in form.cells():
        if not getattr(field, 'happened', False) or field.errors or field.data is None:
            continue
        changed = before is None or before.__data__.get(field.attr) != field.data
        if field.data > today and changed:
            yield field.short_name, f'{field.label.text}に先の日は入れられません。'


def unexplained_change(noun, row, before, form, reason):
    """Return [(field, message)] of why an edit without a reason is refused.

    That is for another number, or for what the noun itself says.
    """
    why = noun.reason_required(row, before, form)
    cell = noun.blank._fields[noun.key[0]] if noun.key else None
    if cell and known_by_number(noun, cell) and row.__data__[cell.attr] != before.__data__[cell.attr]:
        why = f'{cell.label.text}を変えると、以前に書き出したファイルや文書と合わなくなります。'
    return [('', f'{why}「変更の理由」を書いてください。')] if why and not reason else []


def place_field(form):
    """Return the name of the form's field that says which part of its record a part is."""
    return next((name for name in ('no', 'fiscal_year', 'as_of') if name in form._fields), '')


def owner_field(table, form):
    """Return the name of the form's field of the responsible unit."""
    return next((cell.short_name for cell in form.cells() if cell.attr == unit_column(table)), '')


# --- what is written ---

def check_again_in_act(problems):
    """Raise ChangedMeanwhile where two people at once have broken a rule.

    Asked within the act, while nobody else writes.
    """
    if problems := list(problems):
        raise ChangedMeanwhile(problems)


def write(act, noun, row, before, links, today, label=None, known_links=None):
    """Save a filled row, its links and what the noun adds, in one act; return whether anything changed.

    `label` and `known_links` ({link table: {own id: link rows}}) are what a file has read for many rows at
    once.
    """
    changed = act.save(row, before, label)
    for (link, own, other), ids, known in links:
        changed = act.link(link, own, row, other, ids, known if before is not None else None,
                           known_links and known_links[link].get(row.id, ())) or changed
    noun.after(act, row, before, today)
    return changed


def links_of(form):
    """Return [((link table, own, other), ids, ids it had before or None)] of a form's link fields."""
    return [((field.link, field.own, field.other), field.data or [], field.object_data)
            for field in form.links()]
