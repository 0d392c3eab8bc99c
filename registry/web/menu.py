"""The side menu: subjects in the order of the work, each entry an endpoint its permit decides."""
from flask import request, url_for
from flask_login import current_user

from ..web.guard import allowed

MENU = [
    ('ホーム', [('ボード', 'board.index', 'board.read')]),
    ('台帳', [('情報システム', 'systems.index', 'systems.read'), ('台帳活用検討', 'reviews.index', 'reviews.read')]),
    ('調達支援', [('予算要求', 'budget-requests.index', 'budget-requests.read'),
              ('調達案件', 'cases.index', 'cases.read'), ('調達支援', 'supports.index', 'supports.read')]),
    ('標準化', [('業務×ステップ', 'steps.grid', 'steps.read'), ('対象業務', 'businesses.index', 'businesses.read'),
             ('ステップ進捗', 'steps.index', 'steps.read'),
             ('手順書版', 'step-masters.index', 'step-masters.read'),
             ('手順書のステップ', 'step-items.index', 'step-items.read')]),
    ('インシデント', [('インシデント', 'incidents.index', 'incidents.read'), ('事故事例共有', 'shares.index', 'shares.read'),
               ('レベル', 'incident-levels.index', 'incident-levels.read')]),
    ('研修', [('研修', 'courses.index', 'courses.read'), ('受講状況', 'enrolments.index', 'enrolments.read')]),
    ('監査', [('監査', 'engagements.index', 'engagements.read'), ('指摘', 'findings.index', 'findings.read'),
            ('操作履歴', 'trail.index', 'trail.read')]),
    ('実行プラン', [('実行プラン', 'plans.index', 'plans.read')]),
    ('指標', [('年度戦略', 'strategies.index', 'strategies.read'), ('実績（手入力）', 'actuals.index', 'actuals.read')]),
    ('設定', [('ファイル取込み', 'files.index', 'files.import'), ('所属', 'departments.index', 'departments.read'),
            ('職員名簿', 'staff.index', 'staff.read'), ('設定', 'settings.index', 'settings.read'),
            ('利用者', 'people.index', 'people.read')]),
]
#: pages reached from others, or from the header, and so in no menu
ELSEWHERE = frozenset({'board.search', 'sign_in.sign_in', 'sign_in.account', 'healthz', 'readyz', 'static'})


_urls = {}


def address(endpoint):
    """Return an endpoint's address, worked out once: the menu is on every page."""
    if endpoint not in _urls:
        _urls[endpoint] = url_for(endpoint)
    return _urls[endpoint]


def sections():
    """Return the menu as the person signed in sees it: [{label, items: [{label, url, current}]}]; one entry alone needs no label."""
    exact, person = request.endpoint, current_user._get_current_object()
    here = (exact or '').split('.')[0]
    found = []
    for label, items in MENU:
        shown = []
        for words, endpoint, needs in items:
            if allowed(needs, person=person):
                current = endpoint == exact or (endpoint.endswith('.index') and endpoint.split('.')[0] == here
                                                and exact not in ELSEWHERE and exact not in {e for _, e, _ in items})
                shown.append({'label': words, 'url': address(endpoint), 'current': current})
        if shown:
            found.append({'label': label if len(shown) > 1 else '', 'items': shown})
    return found
