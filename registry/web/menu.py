"""The side menu: subjects in the order of the work, each entry an endpoint its permit decides."""
from functools import cache

from flask import request, url_for
from flask_login import current_user

from ..records.noun import NOUNS
from .guard import allowed

#: the sections in the order of the work
SECTIONS = ('ホーム', '台帳', '調達支援', '標準化', 'インシデント', '研修', '監査', '実行プラン', '指標',
            '設定')
#: what is no noun's list: {section: [(words, endpoint, permit)]} before and after the nouns of the section
BEFORE = {'ホーム': [('ボード', 'board.index', 'board.read')],
          '標準化': [('業務×ステップ', 'steps.grid', 'steps.read')],
          '指標': [('年度戦略', 'strategies.index', 'strategies.read')],
          '設定': [('ファイル取込み', 'files.index', 'files.import')]}
AFTER = {'監査': [('操作履歴', 'trail.index', 'trail.read')]}
#: pages reached from others, or from the header, and so in no menu
ELSEWHERE = frozenset({'board.search', 'sign_in.sign_in', 'sign_in.account', 'healthz', 'readyz', 'static'})


@cache
def entries():
    """Return [(section, [(words, endpoint, permit)])] of all there is: the lists of the nouns in the order
    they were declared."""
    found = {section: [] for section in SECTIONS}
    for noun in NOUNS.values():
        if noun.menu:
            section, *words = noun.menu
            found[section].append((*(words or [noun.title]), f'{noun.name}.index', noun.permit('read')))
    return [(section, [*BEFORE.get(section, ()), *items, *AFTER.get(section, ())]) for section,
            items in found.items()]


_urls = {}


def address(endpoint):
    """Return an endpoint's address, worked out once: the menu is on every page."""
    if endpoint not in _urls:
        _urls[endpoint] = url_for(endpoint)
    return _urls[endpoint]


def sections():
    """Return the menu as the person signed in sees it: [{label, items: [{label, url, current}]}]; one entry
    alone needs no label."""
    exact, person = request.endpoint, current_user._get_current_object()
    here = (exact or '').split('.')[0]
    found = []
    for label, items in entries():
        shown = []
        for words, endpoint, needs in items:
            if allowed(needs, person=person):
                current = endpoint == exact or (endpoint.endswith('.index') and endpoint.split('.')[0] == here
                                                and exact not in ELSEWHERE
                                                and exact not in {e for _, e, _ in items})
                shown.append({'label': words, 'url': address(endpoint), 'current': current})
        if shown:
            found.append({'label': label if len(shown) > 1 else '', 'items': shown})
    return found
