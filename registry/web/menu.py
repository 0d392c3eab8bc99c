"""The side menu: subjects in the order of the work, each entry an endpoint its permit decides."""
from functools import cache, lru_cache
from typing import NamedTuple
from urllib.parse import urlencode

from flask import current_app, request, url_for
from markupsafe import Markup

from ..core.permits import in_principle
from ..records.noun import NOUNS, noun_and_view
from .guard import signed_in

#: the sections in the order of the work → the icon of each
SECTIONS = {'ホーム': 'house', '台帳': 'server', '調達支援': 'handshake', '標準化': 'list-checks',
            'インシデント': 'siren', '研修': 'graduation-cap', '監査': 'clipboard-check',
            '実行プラン': 'calendar-check', '指標': 'chart-line', '設定': 'settings'}
#: the section of the registers that the ward made
MADE_IN = '台帳'
#: masters and accounts: folded except where one is inside
FOLDED = frozenset({'設定'})
#: what is no noun's list: {section: [(words, endpoint, permit)]} before and after the nouns of the section
BEFORE = {'ホーム': [('ホーム', 'board.index', 'board.read'), ('ボード', 'board.show', 'board.read'),
                   ('期限のある仕事', 'duties.index', 'duties.read')],
          '標準化': [('業務×ステップ', 'steps.grid', 'steps.read')],
          '指標': [('年度戦略', 'strategies.index', 'strategies.read')]}
AFTER = {'ホーム': [('手引き', 'manual.index', 'account.use')],
         '台帳': [('ファイル取込み', 'files.index', 'files.import')],
         '監査': [('操作履歴', 'trail.index', 'trail.read')]}
#: pages reached from others, or from the header, and so in no menu
OUTSIDE_MENU = frozenset({'board.search', 'sign_in.sign_in', 'sign_in.account', 'healthz', 'readyz',
                          'static', 'feeds.calendar', 'manual.picture', 'suggestions.find'})


@cache
def entries():
    """Return [(section, [(words, endpoint, permit)])] of all there is, in the order of declaration."""
    found = {section: [] for section in SECTIONS}
    for noun in NOUNS.values():
        if noun.menu:
            section, *words = noun.menu
            found[section].append((*(words or [noun.title]), f'{noun.name}.index', noun.permit('read')))
    return [(section, [*BEFORE.get(section, ()), *items, *AFTER.get(section, ())])
            for section, items in found.items()]


class Entry(NamedTuple):
    """An entry of the menu; `current` where it is the page shown."""

    label: str
    url: str
    current: bool


class Section(NamedTuple):
    """A section of the menu, without a label where it has one entry alone."""

    label: str
    entries: list
    icon: str
    folded: bool

    @property
    def current(self):
        return any(entry.current for entry in self.entries)


_urls = {}
#: the characters of a query that `url_for` leaves as they are
LEFT = "!$'()*,/:;?@"


def address(endpoint, **query):
    """Return an endpoint's address, worked out once, with a query: the menu is on every page."""
    if endpoint not in _urls:
        _urls[endpoint] = url_for(endpoint)
    return _urls[endpoint] + (f'?{urlencode(query, safe=LEFT)}' if query else '')


def menu():
    """Return the menu as the person signed in sees it on this page, '' where it has no entry."""
    endpoint = request.endpoint
    if endpoint and endpoint.startswith('entries.'):
        endpoint = '.'.join(noun_and_view(endpoint, request.view_args))
    return render_menu(signed_in().role, endpoint, tuple(NOUNS.made().values()))


@lru_cache(maxsize=1000)
def render_menu(role, endpoint, made=()):
    """Return the menu that a role sees on the page of an endpoint, made once: it is on every page.

    `made` are the nouns of the registers that the ward made.
    """
    sections = sections_of(role, endpoint, made)
    return Markup(current_app.jinja_env.get_template('parts/menu.html').render(
        sections=sections)) if sections else ''


def sections_of(role, endpoint, made=()):
    """Return the Sections that a role sees on the page of an endpoint."""
    here, found = (endpoint or '').split('.')[0], []
    for label, items in entries():
        shown = []
        if label == MADE_IN:
            items = [*items, *((noun.title, f'{noun.name}.index', noun.permit('read')) for noun in made)]
        for words, leads_to, needs in items:
            if in_principle(needs, role):
                current = leads_to == endpoint or (
                    leads_to.endswith('.index') and leads_to.split('.')[0] == here
                    and endpoint not in OUTSIDE_MENU and endpoint not in {e for _, e, _ in items})
                shown.append(Entry(words, address(leads_to), current))
        if shown:
            found.append(Section(label if len(shown) > 1 else '', shown, SECTIONS[label], label in FOLDED))
    return found
