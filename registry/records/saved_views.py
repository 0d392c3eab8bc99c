"""Saved views (保存した一覧) as lists offer and open them.

A view's address is its list's with `view`; what it holds is a list's query and no more, so it shows nobody a
row that they may not see.
"""
from typing import NamedTuple
from urllib.parse import parse_qsl

from flask import abort

from models import SavedView
from models.organisation import subtree

from ..core import clock
from ..core.memo import cached
from ..core.permits import it
from ..web.guard import allowed, signed_in
from . import listing


def keeper(person, thing):
    """Whose a view is, and for what all find the desk; with no thing at hand, anybody."""
    return thing is None or thing.person_id == person.id or thing.scope == 'everyone' and it(person, None)


class View(NamedTuple):
    """A saved view as a list offers it."""

    id: int
    name: str
    scope: str
    query: str
    person_id: int
    revision: int


def offered(noun, person):
    """Return the Views of a noun's list that a person finds: their own, their unit's, everyone's, by name."""
    today = clock.today()

    def read():
        mine = SavedView.person == person.id
        rows = SavedView.select().where(
            SavedView.live(), SavedView.noun == noun.name,
            mine | (SavedView.scope != 'own')).order_by(SavedView.name, SavedView.id)
        return tuple(View(row.id, row.name, row.scope, row.query, row.person_id, row.revision)
                     for row in rows if row.person_id == person.id or row.scope == 'everyone'
                     or person.department_id in subtree(row.department_id, today))
    return cached(('saved views', noun.name, person.id, person.department_id, today), read)


def find(noun, id, person):
    """Return the View of an id that a person finds at a noun's list, or None."""
    return next((view for view in offered(noun, person) if str(view.id) == id), None)


def opened(noun, args, person):
    """Return the Listing of a list's address, and the View that it shows or came from, or None.

    What is asked beside `view` is the page alone: any other change leads to an address of its own.
    """
    view = find(noun, args.get('view') or args.get('from', ''), person)
    if 'view' not in args:
        return listing.Listing(noun, args, person, origin=view), view
    if view is None:
        abort(404)
    asked = dict(parse_qsl(view.query)) | {name: args[name] for name in ('page', 'print') if name in args}
    return listing.Listing(noun, asked, person, origin=view, shown=True), view


def menu_of(found, view):
    """Return what a list's menu of saved views shows: (views, the one shown, the one that may be changed)."""
    mine = view if view is not None and allowed('views.edit', view) else None
    return {'views': offered(found.noun, signed_in()), 'origin': view, 'mine': mine}
