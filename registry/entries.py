"""The registers that the ward made (台帳を作る): each is a noun like any other, made of its definition."""
import re
from dataclasses import replace
from functools import lru_cache, partial

from flask import Blueprint, abort, g, url_for
from peewee import SQL, NodeList

from forms.registers import entry_form
from models import db, registers
from models.figures import MEASURES, Measure
from models.figures.registers import measures_of
from models.registers import NAME, Definition, entries_of

from . import api, comments
from .api_answers import bp as api_bp
from .core import permits
from .core.memo import cached
from .core.permits import DESK, OWNED, kept_by
from .records import display, field_pages, pages, record_page, selections
from .records.noun import NOUNS, Column, Noun, permits_of
from .web.guard import permit

#: how many fields a list shows beside number, name, unit and state
SHOWN = 4


def definitions():
    """Return {name: Definition} of the registers there are, read once while they stand.

    Of none where no database is open: before a request has one, an error may have its page.
    """
    if db.obj is None or db.is_closed():
        return {}
    return cached(('registers',), registers.definitions)


def nouns():
    """Return {name: Noun} of the registers there are."""
    return {} if not definitions() else cached(('registers', Noun), lambda: {
        name: noun_of(each) for name, each in definitions().items()})


def in_number_order(column):
    """Return a Column that is sorted by its number, where it is a decimal, which is kept as text."""
    return column if column.show is not display.exact else replace(
        column, by=NodeList((SQL('CAST('), column.expr, SQL('AS NUMERIC)'))))


@lru_cache(maxsize=500)
def noun_of(definition):
    """Return the Noun of a register, the same one while its definition stands."""
    table, form = entries_of(definition.id), entry_form(definition)
    owned = definition.kept_by == 'unit'
    finals = frozenset(definition.finals)
    base = ['entry_no', 'title', *(['department'] if owned else []),
            *([Column('state', tone=lambda value: 'good' if value in finals else '')]
              if definition.states else [])]
    shown = [field.column for field in definition.fields
             if field.kind not in ('long', 'system', 'vendor')][:SHOWN]
    narrowed = [*(['department'] if owned else []), *(['state'] if definition.states else []),
                *(field.column for field in definition.fields
                  if field.kind in ('choice', 'flag', 'year', 'unit'))]
    made = Noun(
        name=definition.name, title=definition.title, one=definition.title, table=table, form=form,
        key=('entry_no',), sort='entry_no', prefix=f'D{int(definition.register_no[2:])}-',
        permits=kept_by(OWNED, void=DESK) if owned else kept_by(DESK), menu=('台帳', definition.title),
        columns=[*base, *shown], filters=narrowed, hint=definition.about,
        scope=lambda day: table.register == definition.id)
    made.all_columns = [in_number_order(column) for column in made.all_columns]
    return made


def rules_of(name):
    """Return who holds a permit of a register that the ward made."""
    if not NOUNS.pattern.match(name):
        raise KeyError(name)
    noun = NOUNS.made().get(name.partition('.')[0])
    return () if noun is None else permits_of(noun).get(name, ())


def measures():
    """Return {name: Measure} of the figures of all registers."""
    return {} if not definitions() else cached(('registers', Measure), lambda: {
        name: found for each in definitions().values() for name, found in measures_of(each).items()})


NOUNS.read_made_by(nouns)
MEASURES.read_made_by(measures)
permits.PERMITS.read_made_by(rules_of)


# --- pages ---

class Views:
    """The shared views of a noun, gathered as a blueprint would: {endpoint: view}, and their rules."""

    def __init__(self, noun):
        self.rules, self.found = [], {}
        for add in (pages.add_views, record_page.add_views, field_pages.add_views, selections.add_views,
                    comments.add_views):
            add(self, noun)

    def route(self, rule, methods=('GET',)):
        def mark(view):
            self.rules.append((rule, view.__name__, methods))
            self.found[view.__name__] = view
            return view
        return mark

    def get(self, rule):
        return self.route(rule)

    def post(self, rule):
        return self.route(rule, ('POST',))


#: the views of registers made so far, by their nouns
views_of = lru_cache(maxsize=500)(Views)
#: a register of none of whose rows anything is asked: it tells which pages every register has
PATTERN = noun_of(Definition(0, 'D-00000', '', '', '名称', 'desk', (), (), (), ()))
bp = Blueprint('entries', __name__, url_prefix='/<register:register>')


@bp.url_value_preprocessor
def take_register(endpoint, values):
    g.register = values['register']


@bp.url_defaults
def name_register(endpoint, values):
    values.setdefault('register', g.get('register'))


def noun_or_404(name):
    return NOUNS.get(name) or abort(404)


def dispatched(endpoint):
    """Return the view that answers as the register at hand does at an endpoint of the shared views."""
    @permit('entries.use')
    def view(register, **values):
        return views_of(noun_or_404(register)).found[endpoint](**values)
    return view


for _rule, _endpoint, _methods in views_of(PATTERN).rules:
    bp.add_url_rule(_rule, _endpoint, dispatched(_endpoint), methods=_methods)


# --- the API ---

def operated(each):
    """Return the view of an operation of the API on the register that an address names."""
    def view(register, **values):
        noun = noun_or_404(register)
        return permit(noun.permit(each.verb))(partial(each.view, noun))(**values)
    return permit('entries.use')(view)


def add_operations():
    """Add to the API the operations of every register."""
    for each in api.operations(PATTERN):
        path = each.path.replace(f'/{PATTERN.name}', '/<register:register>', 1)
        api_bp.add_url_rule(path, f'entries-{each.word}', operated(each), methods=[each.method])


add_operations()


# --- addresses ---

_ENDPOINT = re.compile(rf'(api\.)?({NAME})([.-])([a-z_]+)', re.ASCII)


def address_of(error, endpoint, values):
    """Return the address of an endpoint of a register, which is named as any other noun's: d-00001.show."""
    found = _ENDPOINT.fullmatch(endpoint)
    if found is None:
        raise error
    room, name, between, view = found.groups()
    return url_for(f'{room or ""}entries{between}{view}', register=name, **values)


def register(app):
    app.url_build_error_handlers.append(address_of)

