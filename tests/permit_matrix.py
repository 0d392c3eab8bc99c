"""Who may do what, written by hand, apart from the code's own: endpoints and nouns × the cast."""
from cast import CAST

from registry.records.noun import NOUNS
from registry.web import guard

EVERYONE = frozenset(CAST)
OFFICE = frozenset({'department', 'head', 'other'})
DESK, AUDITOR, ADMIN = frozenset({'it'}), frozenset({'auditor'}), frozenset({'admin'})
SUBJECT = EVERYONE - ADMIN
KEEPERS = frozenset({'it', 'auditor', 'admin'})
OWNED = DESK | OFFICE
#: noun: who may read, create, edit, void in principle
NOUN_RULES = {
    'systems': (SUBJECT, OWNED, OWNED, DESK), 'businesses': (EVERYONE, DESK, DESK, DESK),
    'steps': (EVERYONE, DESK, DESK, DESK), 'step-masters': (EVERYONE, DESK, DESK, DESK),
    'step-items': (EVERYONE, DESK, DESK, DESK), 'budget-requests': (SUBJECT, OWNED, OWNED, DESK),
    'cases': (SUBJECT, OWNED, OWNED, DESK), 'supports': (SUBJECT, OWNED, DESK, DESK),
    'reviews': (SUBJECT, DESK, DESK, DESK), 'incidents': (SUBJECT, DESK, DESK, DESK),
    'incident-levels': (EVERYONE, DESK, DESK, DESK), 'shares': (EVERYONE, DESK, DESK, DESK),
    'courses': (EVERYONE, DESK, DESK, DESK), 'enrolments': (SUBJECT, DESK, DESK, DESK),
    'engagements': (SUBJECT, AUDITOR, AUDITOR, AUDITOR), 'findings': (SUBJECT, AUDITOR, AUDITOR, AUDITOR),
    'plans': (SUBJECT, OWNED, OWNED, DESK), 'staff': (SUBJECT, DESK, DESK, DESK),
    'departments': (EVERYONE, DESK | ADMIN, DESK | ADMIN, DESK | ADMIN),
    'settings': (KEEPERS, DESK | ADMIN, DESK | ADMIN, DESK | ADMIN),
    'incident-reports': (SUBJECT, OWNED, OWNED, DESK),
    'closed-days': (EVERYONE, DESK | ADMIN, DESK | ADMIN, DESK | ADMIN),
    'vendors': (EVERYONE, DESK, DESK, DESK), 'contracts': (SUBJECT, OWNED, OWNED, DESK),
    'people': (KEEPERS, ADMIN, ADMIN, ADMIN), 'actuals': (EVERYONE, DESK, DESK, DESK),
    'registers': (SUBJECT, DESK, DESK, DESK),
    # the rows of the register that the cast has made, which units keep
    'entries': (SUBJECT, OWNED, OWNED, DESK),
}
#: nouns whose rows belong to a unit: another unit's member finds nothing there
UNITS = frozenset({'systems', 'contracts', 'budget-requests', 'cases', 'supports', 'reviews', 'incidents',
                   'incident-reports', 'enrolments', 'engagements', 'findings', 'plans', 'staff',
                   'actions', 'attachments', 'd-00001'})
#: who may hang documents on a record besides those who may edit it: the unit its quotes and its evidence
ATTACHERS = {'supports': OWNED, 'findings': AUDITOR | OWNED}
#: who may change the document on the tax unit's system: the unit, and the desk
CHANGERS = OWNED
#: endpoint: who may use it in principle
OTHERS = {
    'board.index': EVERYONE, 'board.show': EVERYONE, 'duties.index': EVERYONE, 'board.search': EVERYONE,
    'sign_in.account': EVERYONE,
    'sign_in.sign_out': EVERYONE, 'sign_in.sign_out_everywhere': EVERYONE, 'actuals.show': EVERYONE,
    'actuals.edit': DESK, 'figures.show_figure': EVERYONE, 'steps.grid': EVERYONE,
    'steps.enter': DESK, 'enrolments.enter': DESK, 'plans.enter': OWNED, 'systems.move': OWNED,
    'supports.move': OWNED, 'budget-requests.ask': OWNED, 'courses.census': DESK,
    'courses.remind': DESK, 'findings.move': OWNED
    | AUDITOR, 'findings.new_action': OWNED, 'actions.edit': OWNED, 'actions.void': OWNED,
    'plans.void_check_in': DESK, 'actions.follow_up': AUDITOR, 'plans.check_in': OWNED,
    'people.password': ADMIN, 'people.let_in': ADMIN, 'people.end_session': ADMIN,
    'sign_in.end_session': EVERYONE, 'files.index': OWNED | ADMIN, 'files.preview': OWNED | ADMIN,
    'files.words': OWNED | ADMIN, 'files.rejected': OWNED | ADMIN, 'files.template': OWNED | ADMIN,
    'files.result': OWNED | ADMIN, 'files.undo': OWNED | ADMIN,
    'jobs.show': EVERYONE, 'jobs.cancel': EVERYONE,
    'trail.index': DESK | AUDITOR, 'trail.show': DESK | AUDITOR, 'trail.check': DESK | AUDITOR,
    'strategies.index': EVERYONE, 'strategies.show': EVERYONE, 'strategies.initiative': EVERYONE,
    'strategies.report': EVERYONE, 'strategies.new': DESK, 'strategies.edit': DESK,
    'strategies.new_theme': DESK, 'strategies.new_initiative': DESK, 'strategies.edit_initiative': DESK,
    'strategies.void_initiative': DESK, 'strategies.new_indicator': DESK, 'strategies.edit_indicator': DESK,
    'strategies.new_schedule': DESK, 'strategies.new_actual': DESK, 'strategies.rate': DESK | {'executive'},
    'strategies.void': DESK, 'strategies.edit_theme': DESK, 'strategies.void_theme': DESK,
    'strategies.copy_themes': DESK, 'tokens.new': EVERYONE, 'tokens.revoke': EVERYONE,
    'manual.index': EVERYONE, 'manual.show': EVERYONE, 'manual.picture': EVERYONE,
    'feeds.new': EVERYONE, 'feeds.revoke': EVERYONE, 'suggestions.find': EVERYONE,
    'pins.press': EVERYONE, 'drafts.keep': EVERYONE, 'drafts.let_go': EVERYONE,
    'snoozes.edit': EVERYONE - {'executive'},
    'snoozes.end': EVERYONE - {'executive'},
    'comments.show': EVERYONE, 'comments.answer': EVERYONE, 'comments.close': EVERYONE,
    'comments.void': EVERYONE,
    'attachments.show': EVERYONE, 'attachments.edit': OWNED | AUDITOR | ADMIN,
    'attachments.void': OWNED | AUDITOR | ADMIN,
    'saved-views.new': EVERYONE, 'saved-views.overwrite': EVERYONE, 'saved-views.void': EVERYONE,
    'registers.patterns': DESK, 'registers.new_fields': DESK, 'registers.change_field': DESK,
    'registers.void_field': DESK,
    'registers.new_figure': DESK, 'registers.change_figure': DESK, 'registers.void_figure': DESK,
    'strategies.void_indicator': DESK, 'strategies.edit_schedule': DESK, 'strategies.void_schedule': DESK,
}
#: what an auditor may send: their own work, their own password, and the question whether the chain is whole
AUDITORS_POSTS = frozenset({'engagements.new', 'engagements.edit', 'engagements.void', 'engagements.restore',
                            'findings.new', 'findings.edit', 'findings.void', 'findings.restore',
                            'findings.move', 'actions.follow_up', 'engagements.attach', 'findings.attach',
                            'attachments.edit', 'attachments.void', 'trail.check', 'sign_in.account',
                            'sign_in.sign_out', 'sign_in.sign_out_everywhere', 'sign_in.end_session',
                            'tokens.new', 'tokens.revoke', 'feeds.new', 'feeds.revoke', 'snoozes.edit',
                            'snoozes.end', 'saved-views.new', 'pins.press', 'drafts.keep', 'drafts.let_go',
                            'comments.answer', 'comments.close', 'comments.void',
                            'saved-views.overwrite', 'saved-views.void', 'engagements.bulk_edit',
                            'findings.bulk_edit', 'engagements.edit_field', 'engagements.fill',
                            'findings.edit_field', 'findings.fill', 'jobs.cancel',
                            # what they ask of whom they audit
                            *(f'{noun}.comment' for noun in NOUN_RULES if noun != 'actuals'),
                            # a file of the rows they chose: nothing is written
                            *(f'{noun}.selected' for noun in NOUN_RULES)})
#: these end the session of whoever sends them, or a token, a question, or take a saved view; they are tried
#: in test_sessions, test_tokens, test_feeds, test_comments and test_saved_views
ENDING = frozenset({'sign_in.sign_out', 'sign_in.sign_out_everywhere', 'sign_in.end_session',
                    'tokens.revoke', 'feeds.revoke', 'comments.close', 'saved-views.new',
                    'saved-views.overwrite', 'saved-views.void'})
VALUES = {'id': 1, 'year': 2026, 'no': 6, 'kpi': '1', 'place': 1, 'theme': 1, 'seq': 1, 'quarter': '2Q',
          'name': 'results', 'format': 'csv', 'token': '0' * 32, 'filename': 'app.css', 'browser': 1,
          'code': 'contracts-ends-on', 'register': 'd-00001', 'figure': 1}
#: the move tried on the tax unit's rows, and who may make it
MOVES = {'systems.move': ('retiring', {'head', 'it'}), 'supports.move': ('completed', {'it'}),
         'findings.move': ('planned', {'department', 'head', 'it'})}


#: the views of a noun that come with others
NEEDED = {'restore': {'show', 'void'}, 'earlier': {'show'}, 'card': {'show'}, 'attach': {'show'},
          'edit_field': {'show', 'edit'}, 'fill': {'show', 'edit'}, 'comment': {'show'}}


def rules():
    """Return {endpoint: who may use it in principle} for everything but the public pages."""
    found = dict(OTHERS)
    for name, (read, create, edit, void) in NOUN_RULES.items():
        views = NOUNS['vendors' if name == 'entries' else name].views
        for view, who in (('index', read), ('show', read), ('earlier', read), ('card', read), ('new', create),
                          ('edit', edit), ('edit_field', edit), ('fill', edit),
                          ('void', void), ('restore', void), ('comment', read),
                          ('attach', ATTACHERS.get(name, edit))):
            if NEEDED.get(view, {view}) <= set(views):
                found[f'{name}.{view}'] = who
        if 'index' in views:
            found[f'{name}.export'] = found[f'{name}.selected'] = read
            if 'edit' in views:
                found[f'{name}.bulk_edit'] = edit
    return found


def expected(endpoint, who, in_principle):
    """Return the status of a person at an endpoint, on the tax unit's rows: 403, 404 or None for let in."""
    noun, _, view = endpoint.partition('.')
    if who not in in_principle:
        return 403
    row = (noun in UNITS or noun == 'entries') and view not in (
        'index', 'new', 'export', 'selected', 'bulk_edit', 'enter')
    if row and who == 'other':
        return 404
    if noun == 'attachments' and who not in (SUBJECT if view == 'show' else CHANGERS):
        return 404 if who == 'admin' else 403
    if noun == 'pins':  # of a record that they may read
        return None if who in SUBJECT - {'other'} else 404
    if noun == 'comments':  # on the tax unit's system: a question its member asks the desk
        if who in ('other', 'admin'):
            return 404
        return None if view != 'void' or who in ('department', 'it') else 403
    if noun == 'snoozes':  # one's own duties alone
        return None if who in ('it', 'department', 'head') else 404
    if endpoint in MOVES:
        return None if who in MOVES[endpoint][1] else 403
    if view == 'restore' or endpoint in ('files.result', 'files.undo', 'jobs.show',
                                            'jobs.cancel'):
        return 404  # there is nothing to take up again, or back
    return None


def address(adapter, rule):
    values = {name: VALUES[name] for name in rule.arguments if name in VALUES}
    if 'target' in rule.arguments:
        values['target'] = MOVES[rule.endpoint][0]
    if rule.endpoint == 'files.template':
        values['name'] = 'systems'
    if rule.endpoint == 'pins.press':
        values['name'] = 'systems'
    if rule.endpoint in ('registers.change_field', 'registers.void_field'):
        values['field'] = 1
    elif 'field' in rule.arguments and 'register' in rule.arguments:
        values['field'] = 'title'
    elif 'field' in rule.arguments:
        noun = NOUNS[rule.endpoint.partition('.')[0]]
        held = {*noun.key, *noun.moved, *noun.reserved, noun.flow and noun.flow.column}
        values['field'] = next(cell.short_name for cell in noun.cells
                               if not {cell.short_name, cell.attr} & held)
    if rule.endpoint == 'figures.show_figure':
        values['name'] = 'steps.official'
    if rule.endpoint == 'plans.void_check_in':
        values['quarter'] = '1Q'
    if rule.endpoint.startswith('manual.'):
        values = {name: {'name': 'it', 'filename': 'home.png'}[name] for name in rule.arguments}
    return adapter.build(rule.endpoint, values)


def places(app):
    """Return [(endpoint, methods, address)] of every endpoint that is not public."""
    adapter = app.url_map.bind('localhost')
    return [(rule.endpoint, rule.methods & {'GET', 'POST'}, address(adapter, rule))
            for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.endpoint)
            # their matrix is in test_api
            if rule.endpoint not in guard.PUBLIC and not rule.endpoint.startswith('api.')]
