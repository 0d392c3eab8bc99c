"""Who may do what: one table of permits, each the alternatives of predicates of a person and a thing."""
from functools import cache, partial
from typing import NamedTuple

from models.base import OFFICE
from models.organisation import subtree
from models.visibility import condition, unit_of

from . import clock
from .memo import cached

UNIT_ROLES = frozenset({'department', 'head'})


def units_of(person):
    """Return the ids of the units whose records are a unit's member's own, read once while units stand."""
    day = clock.today()
    return cached(('units', person.department_id, day), partial(subtree, person.department_id, day))


def limit_of(table, person, day):
    """Return the condition under which a person sees rows of a table, None where there is none.

    That of a unit's member is made once while the units stand.
    """
    if person.role not in UNIT_ROLES:
        return condition(table, person, day)
    return cached(('limit', table, day, person.role, person.department_id),
                  partial(condition, table, person, day))


def anyone(person, thing):
    return True


def it(person, thing):
    return person.role == 'it'


def auditor(person, thing):
    return person.role == 'auditor'


def executive(person, thing):
    return person.role == 'executive'


def admin(person, thing):
    return person.role == 'admin'


def reader(person, thing):
    """Sees the records of the subject; which rows is `models.visibility`'s to say."""
    return person.role in ('it', 'auditor', 'executive', 'department', 'head')


def oneself(person, thing):
    """Whose the thing is: a token's own person; with no thing at hand, anybody."""
    return thing is None or thing.person_id == person.id


def doer(person, thing):
    """Who has duties of their own, for what is their own: an executive oversees those of others."""
    return person.role != 'executive' and oneself(person, thing)


def own(person, thing):
    """A member of the unit the thing belongs to; with no thing at hand, of any unit."""
    if person.role not in UNIT_ROLES:
        return False
    return thing is None or unit_of(thing) in units_of(person)


READ_ALL = (anyone,)
SUBJECT = (reader,)
DESK = (it,)
OWNED = (it, own)


class Permits(dict):
    """{permit: its rules}; those of a register that the ward made are asked of it."""

    _rules_of = staticmethod({}.__getitem__)

    def read_made_by(self, rules_of):
        """Let `rules_of(permit)` give the rules of what the ward made."""
        self._rules_of = rules_of

    def __missing__(self, permit):
        return self._rules_of(permit)


#: permits that belong to no noun; each noun adds its own (`Noun.permits`)
PERMITS = Permits({
    'board.read': READ_ALL, 'duties.read': READ_ALL, 'duties.snooze': (doer,), 'account.use': READ_ALL,
    'search.use': READ_ALL,
    'strategies.read': READ_ALL, 'strategies.create': DESK, 'strategies.edit': DESK,
    'strategies.rate': (it, executive), 'figures.read': READ_ALL, 'reports.read': READ_ALL,
    'actions.create': OWNED, 'actions.edit': OWNED, 'actions.void': OWNED, 'actions.follow': (auditor,),
    'trail.read': (it, auditor), 'trail.verify': (it, auditor),
    'files.import': (it, own, admin),
    'tokens.create': (oneself,), 'tokens.void': (oneself, admin),
    'feeds.create': (oneself,), 'feeds.void': (oneself, admin),
    # whether they see the record it hangs on, and may attach to it, is asked of the record
    'attachments.read': READ_ALL, 'attachments.edit': (it, own, auditor, admin),
    'attachments.void': (it, own, auditor, admin),
    # whether they see the record it is written on, and may write there, is asked of the record
    'comments.read': READ_ALL, 'comments.write': READ_ALL,
    # whether they may use the register at hand is asked of the register
    'entries.use': READ_ALL,
})


class Role(NamedTuple):
    """A person of whom only the role is known: all that counts where there is no thing at hand."""

    role: str


@cache
def _rules_let(rules, role):
    return any(rule(Role(role), None) for rule in rules)


def in_principle(permit, role):
    """Tell whether a role holds a permit with no thing at hand, as menus and buttons ask on every page."""
    return _rules_let(PERMITS[permit], role)


def kept_by(writers, readers=SUBJECT, **others):
    """Return the permits of a noun that some write and some read.

    `others` are the verbs that differ, () for one that the noun does not have.
    """
    found = {'read': readers, 'create': writers, 'edit': writers, 'void': writers, **others}
    return {verb: rules for verb, rules in found.items() if rules}


def allowed(permit, thing, person):
    """Tell whether a person holds a permit, for a thing or (None) in principle.

    None as the person is the system itself, which holds every permit.
    """
    if person is None:
        return True
    if thing is None:
        return in_principle(permit, person.role)
    return any(rule(person, thing) for rule in PERMITS[permit])


def overreach(noun, row, before, form, person):
    """Yield (field name, message) of what a unit's member may not write.

    That is what the desk decides, and references to records they do not see. `row` is filled from `form`,
    `before` the row as it stands or None; `person` None is the system itself.
    """
    if person is None or person.role not in UNIT_ROLES:
        return
    for cell in form.cells():
        if cell.attr in noun.reserved:
            stood = (before.__data__.get(cell.attr) if before is not None
                     else noun.table._meta.fields[cell.attr].default)
            if row.__data__.get(cell.attr) != stood:
                yield cell.short_name, (f'{cell.label.text}は情報政策の担当者だけが変更できます。'
                                        f'{noun.reserved[cell.attr]}')
        table = getattr(cell, 'table', None)
        if table is None or table.owned_by == OFFICE:
            continue
        limit = condition(table, person, clock.today())
        if limit is None:
            continue
        several, old = hasattr(cell, 'ids_of'), []
        if before is not None:
            old = cell.ids_of(before) if several else [before.__data__.get(cell.attr)]
        new = set((cell.data or []) if several else [row.__data__.get(cell.attr)]) - {*old, None}
        # a placeholder is a record of the same file, judged on its own line
        new = {id for id in new if id > 0}
        seen = table.select(table.id).where(table.id.in_(list(new)), limit).tuples()
        if unseen := new - {id for (id,) in seen}:
            # in the words for a number that no record has: whether there is one is not theirs to know
            yield cell.short_name, cell.unknown([number for (number,) in table.select(cell.by).where(
                table.id.in_(list(unseen))).order_by(cell.by).tuples()])
