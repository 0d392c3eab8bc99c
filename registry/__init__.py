"""The application: HTTP in, HTML, PDF, CSV and JSON out.

`create_app` is the one place where the rooms are joined.
"""
from contextlib import suppress
from functools import partial

from flask import Flask, g, request
from flask_wtf import CSRFProtect
from peewee import PeeweeException
from werkzeug.routing import BaseConverter, IntegerConverter, Rule

from models import db
from models.registers import NAME
from models.rules import calendar, ratings, standings
from models.saved_views import SCOPES

from . import (
    actuals,
    api,
    attachments,
    budget_requests,
    closed_days,
    comments,
    contracts,
    duties,
    engagements,
    entries,
    files,
    incidents,
    jobs,
    openapi,
    organisation,
    people,
    pins,
    plans,
    procurement,
    registers,
    saved_views,
    settings,
    snoozes,
    standardisation,
    strategies,
    suggestions,
    systems,
    trail,
    training,
    vendors,
)
from .core import clock, config, connection, memo
from .figures import board, pages
from .records import (
    commenting,
    display,
    documents,
    dues,
    field_pages,
    listing,
    periods,
    record_page,
    selections,
)
from .records.noun import declare
from .records.pages import BLUEPRINTS
from .records.vocabulary import require_labels
from .web import (
    bounds,
    drafts,
    errors,
    escaping,
    feeds,
    front,
    guard,
    manual,
    menu,
    middleware,
    proxies,
    sessions,
    sign_in,
    tokens,
)

#: every noun, in the order of the work: a section of the menu after the other
NOUNS = (
    systems.noun, vendors.noun, contracts.noun, procurement.reviews, budget_requests.budget_requests,
    procurement.cases, procurement.supports, standardisation.businesses, standardisation.steps,
    standardisation.masters, standardisation.items, incidents.reports, incidents.incidents,
    incidents.shares, incidents.levels, training.courses, training.enrolments, engagements.engagements,
    engagements.findings, plans.noun,
    actuals.actuals, organisation.departments, organisation.staff, settings.settings, closed_days.noun,
    people.people, registers.noun)
#: what has no pages of its own: rows that belong to a record
PARTS = (engagements.actions, engagements.follow_ups, plans.check_ins, *strategies.parts.PARTS,
         actuals.entries, tokens.tokens, feeds.feeds, snoozes.snoozes, saved_views.views,
         documents.part_of('systems'), commenting.duties, registers.fields, registers.figures)
declare(*NOUNS, parts=PARTS)
require_labels()
dues.require_dues()
for _noun in NOUNS:
    if 'show' in _noun.views:
        record_page.add_views(BLUEPRINTS[_noun.name], _noun)
    if {'show', 'edit'} <= set(_noun.views):
        field_pages.add_views(BLUEPRINTS[_noun.name], _noun)
    if 'index' in _noun.views:
        selections.add_views(BLUEPRINTS[_noun.name], _noun)
    if 'show' in _noun.views:
        comments.add_views(BLUEPRINTS[_noun.name], _noun)


class Number(IntegerConverter):
    """A number in an address, no larger than any of our columns holds."""

    def __init__(self, map, **options):
        super().__init__(map, **{'max': 2 ** 31 - 1, **options})


class LazyRule(Rule):
    """A route that compiles how its addresses are built when one is first built.

    Most of a start was spent on it, for each command again.
    """

    def _compile_builder(self, append_unknown=True):
        made = []

        def build(rule, **values):
            if not made:
                made.append(super()._compile_builder(append_unknown))
            return made[0](rule, **values)
        return build


class RegisterName(BaseConverter):
    """The name of a register that the ward made, in an address."""

    regex = NAME


#: what the stylesheet names with a version, or does not change: kept by a browser for so many seconds
KEPT = {'vendor/icons.svg': 7 * 86400, 'fonts/BIZUDPGothic-Regular.woff2': 7 * 86400,
        'fonts/BIZUDPGothic-Bold.woff2': 7 * 86400}


class Site(Flask):
    """The application; other files of it are asked about anew on every page, and answered in a line."""

    url_rule_class = LazyRule

    def get_send_file_max_age(self, filename):
        return KEPT.get(filename)

    def ensure_sync(self, func):
        """Return a function as it is: none of ours is a coroutine, which Flask asks of some 15 a page."""
        return func


def create_app(given=None):
    """Build the application from `given` settings (tests) or from the environment.

    Raise Unsafe when the settings will not do.
    """
    app = Site(__name__, template_folder='../templates', static_folder='static')
    app.config.from_mapping(config.read() if given is None else given)
    # a number that no record has is not found, whatever is done with it: `Number` would make that the wrong
    # method
    app.url_map.converters.update(int=Number, id=IntegerConverter, register=RegisterName)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.template_class = escaping.EscapedTemplate
    clock.pin(app.config.get('TODAY'))
    if app.config.get('PIN_DATABASE', True):
        db.initialize(connection.open_database(app.config['DATABASE_URL'],
                                               app.config['DAICHO_ENV'] == 'production'))
    if app.config.get('PROXIES'):
        app.wsgi_app = proxies.Proxied(app.wsgi_app, app.config['PROXIES'])
    middleware.remember(app)
    middleware.register(app)
    bounds.register(app)
    middleware.lend_connections(app)
    app.before_request(middleware.refuse_nul)
    CSRFProtect(app).exempt(api.bp)
    sessions.sign_forms(app)
    sign_in.register(app)
    front.register(app)
    for bp in (*(BLUEPRINTS[noun.name] for noun in NOUNS), engagements.actions_bp, strategies.bp, pages.bp,
               duties.bp, snoozes.bp, trail.bp, files.bp, attachments.bp, comments.bp, tokens.bp, feeds.bp,
               saved_views.bp, manual.bp, suggestions.bp, pins.bp, drafts.bp, jobs.bp, entries.bp,
               openapi.blueprint()):
        app.register_blueprint(bp)
    errors.register(app)
    guard.register(app)
    register_template_context(app)
    attachments.register(app)
    pins.register(app)
    comments.register(app)
    entries.register(app)
    return app


def refuse_demo(app):
    """Raise Unsafe where production would serve the demo ward: everybody can read its passwords."""
    if app.config['DAICHO_ENV'] != 'production':
        return
    demo = False
    with app.app_context(), suppress(PeeweeException), db.connection_context():
        demo = board.is_demo(memo.head())
    # no connection may pass into another process
    db.close_all()
    if demo:
        raise config.UnsafeSetting('デモデータの入ったデータベースは、'
                                   '本番では使えません（パスワードをだれでも読めるためです）。'
                                   'DATABASE_URL に、本番のデータベースを入れてください。')


def register_template_context(app):
    """Register what every template may use: the person, the menu, the trail's head, filters for days."""
    app.jinja_env.filters.update(day=calendar.show_day, moment=calendar.show_moment, year=calendar.year_label,
                                 plain_moment=calendar.export_moment, called=display.display_name,
                                 tuple=tuple)
    app.jinja_env.globals.update(RATING_WORDS=ratings.RATING_WORDS, VERDICT_WORDS=ratings.VERDICT_WORDS,
                                 STATE_WORDS=standings.STATES,
                                 once=display.render_once, PERIODS=tuple(periods.RELATIVE.items()),
                                 SCOPES=tuple(SCOPES.items()), page_links=listing.page_links,
                                 finds=display.noun_named, today=clock.today,
                                 CARDS=' '.join(noun.name for noun in NOUNS if 'show' in noun.views))

    @app.context_processor
    def site():
        if g.get('failsafe'):
            return {'site': {'is_demo': board.was_demo_last(), 'today_pinned': clock.pinned()}}
        head = memo.head()
        person = guard.signed_in()
        if not person.is_authenticated:
            return {'site': {'is_demo': board.is_demo(head), 'today_pinned': clock.pinned()}, 'menu': ''}
        return {'site': {'is_demo': board.is_demo(head), 'today_pinned': clock.pinned(), 'head': head,
                         'today': clock.today()},
                'menu': menu.menu(), 'bell': duties.bell(), 'person': person,
                'manual': manual.address_for(request.endpoint, person.role),
                'allowed': partial(guard.allowed, person=person)}
