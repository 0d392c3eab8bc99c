"""The JSON API (`/api/v1`): the nouns, forms, lists, saving and permits of the pages, for who has a token."""
from dataclasses import dataclass
from functools import cache, partial

from flask import abort, g, request, url_for
from peewee import IntegrityError

from audits import history
from audits.trail import Stale
from forms import json_values
from forms.json_values import Json
from models.rules import calendar
from models.tokens import SCOPES

from . import api_attachments, api_comments
from .api_answers import answer, api_signed, bp
from .core import clock
from .records import facts, importing, listing, numbers, pages, saving, sheets
from .records.noun import NOUNS, Noun
from .web import bounds, errors, tokens, uploads
from .web.guard import permit, require, signed_in
from .web.queries import choice, cursor_of, id_after, json_body, number, query_args, refuse
from .web.submission import viewer

#: rows of a page, and at most
SIZE, MOST = 50, 200
LOOK = 'いまの状態を確かめてください。'
#: the query of every list beside its filters, and that of an import
LIST, IMPORT = ('voided', 'limit', 'cursor'), ('dry_run', 'encoding', 'ignore_unknown', 'reason')
SHEETS = ('text/csv', 'text/tab-separated-values',
          'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet')


# --- who asks, and what for ---

@bp.before_request
def within_scope():
    """Let a token ask no more often and nothing else than it may."""
    token = g.get('token')
    if token is None:
        return None  # a browser that reads the document; the guard has sent all others away
    if wait := tokens.wait_of(token):
        return errors.too_often(wait)
    writes = 'import' if request.endpoint.endswith(bounds.IMPORT) else 'write'
    scope = 'read' if request.method in bounds.SAFE else writes
    if scope not in token.scopes.split(';'):
        refused = errors.problem(403, title='トークンの範囲にない操作です',
                                 action=f'「{SCOPES[scope]}」の範囲をもつトークンが必要です。')
        refused.headers['WWW-Authenticate'] = f'Bearer error="insufficient_scope", scope="{scope}"'
        return refused
    return None


def record_to_change(noun, id, verb, needed=False):
    """Return a record that the person may change, in the version that If-Match names, and its stamp."""
    row = pages.find(noun, id)
    require(noun.permit(verb), row)
    if needed and not request.if_match:
        refuse(428)
    stands = stamp(noun, row)
    if request.if_match and not request.if_match.star_tag and not request.if_match.contains(stands):
        stale(noun, row)
    return row, stands if request.if_match and not request.if_match.star_tag else None


def stale(noun, row):
    """End with what stands: the version that was to be changed is not the last one any more."""
    refused = errors.problem(412 if request.if_match else 409, stands=items(noun, [row])[0])
    refused.headers['ETag'] = f'"{stamp(noun, row)}"'
    abort(refused)


# --- records as JSON ---

def stamp(noun, row):
    """Return what tells a version of a record from the others: what stands in its ETag."""
    return saving.stamp_of(noun, row, [field.ids_of(row) for field in noun.blank.links()])


def items(noun, rows):
    """Return some records as JSON: what every record has, and the noun's fields by the keys of its file."""
    known = noun.loader.found_by(rows) if hasattr(noun.loader, 'found_by') else {}
    values = json_values.values_of(noun.blank, rows, viewer(), known)
    return [{'id': row.id, 'revision': row.revision, 'label': label, 'voided': bool(row.voided_at)} | told
            for row, label, told in zip(rows, noun.table.labels_of(rows), values, strict=True)]


def act_of(act):
    return {'seq': act.seq, 'at': act.at.astimezone(calendar.JST).isoformat(), 'by': act.actor_name,
            'channel': act.channel, 'kind': act.kind, 'reason': act.reason}


def record_answer(noun, id, status=200):
    """Return the answer that shows a record as it stands now."""
    row = noun.table.by_id(id)
    where = {'Location': url_for(f'.{noun.name}-record', id=id)} if status == 201 else {}
    return answer(items(noun, [row])[0], status, ETag=f'"{stamp(noun, row)}"', **where)


def outcome_answer(noun, form, outcome, status=200):
    """Return the answer to what a save, voiding, restoring or move came to."""
    if isinstance(outcome, saving.Saved):
        return record_answer(noun, outcome.row.id, status)
    if isinstance(outcome, saving.Forbidden):
        abort(403)
    if isinstance(outcome, saving.Conflict):
        stale(noun, outcome.stands)
    lacking = [('', words) for _, words, _ in outcome.lacking]
    return refuse(422, with_file_keys(form, [*outcome.problems, *lacking]))


def with_file_keys(form, problems):
    """Return problems with the keys of the file in the place of the form's own names."""
    keys = {} if form is None else {cell.short_name: cell.key for cell in form.cells()}
    return [(keys.get(name, name), words) for name, words in problems]


def form_from(make, values, blank, without=()):
    """Return the form that `make(formdata)` gives, filled from members; refuse those it has no field for.

    A `blank` form of its kind says what its fields are called.
    """
    names = {cell.key: cell.name for cell in blank.cells() if cell.attr not in without}
    form = make(saving.FormData({names[key]: Json(value) for key, value in values.items() if key in names}))
    if unknown := [(key[:100], 'この項目はありません。') for key in values if key not in names]:
        refuse(422, unknown + with_file_keys(form, form.all_errors(None)))
    return form


def noun_form(noun, formdata, data):
    form = noun.form(formdata, viewer=viewer(), data=data)
    noun.new_form(form)
    return form


# --- the operations of every noun ---

def conditions(noun):
    """Return the names of what a noun's list may be asked for."""
    searched = noun.table.searched_through or 'search_text' in noun.table._meta.fields
    return [*(['q'] if searched else []), *LIST, *(each.name for each in noun.conditions)]


def index(noun):
    """Return a page of the records that fulfil some conditions, in the order of their ids."""
    args = query_args(*conditions(noun))
    size, after = number(args, 'limit', SIZE, MOST), id_after(args)
    choice(args, 'voided', ('0', '1'))
    if len(args.get('q', '')) > 100:
        refuse(400, [('q', '100文字以内で送ってください。')])
    wanted = listing.Listing(noun, args, signed_in())
    blank = [each.name for each in noun.conditions if args.get(each.name) == '']
    if wanted.unusable or blank:
        unusable = (*sorted(wanted.unusable), *blank)
        refuse(422, [(name, f'「{args[name][:40]}」という値はありません。') for name in unusable])
    rows = wanted.after(after, size + 1)
    return answer({'items': items(noun, rows[:size]),
                   'next': cursor_of(rows[size - 1].id) if len(rows) > size else None,
                   'total': wanted.count()})


def record(noun, id):
    """Return a record with its history, newest first, from before the act `before` if that is asked."""
    row = pages.find(noun, id)
    before = facts.cursor(query_args('before').get('before', ''))
    if before == history.END and 'before' in request.args:
        refuse(400, [('before', '前の答えの older を送ってください。')])
    told, older = facts.history_of(noun, row, before)
    return answer(items(noun, [row])[0] | {
        'history': [act_of(act) | {'sentences': sentences} for act, _, sentences in told], 'older': older},
        ETag=f'"{stamp(noun, row)}"')


def create(noun):
    """Register a record; a number that is not given is the next free one, where the noun has such numbers."""
    query_args()
    values = json_body()
    reason = values.pop('act_reason', None)
    free = numbers.next_number(noun)
    form = form_from(partial(noun_form, noun, data={noun.key[0]: free} if free else {}), values, noun.blank)
    return outcome_answer(noun, form, saving.save(noun, form, **api_signed(Json(reason))), status=201)


def edit(noun, id):
    """Change the fields that are sent of a record, in the version that If-Match names."""
    query_args()
    row, opened = record_to_change(noun, id, 'edit', needed=True)
    if row.voided_at:
        refuse(409, title='取り消された記録です', action='取消を取りやめてから変更してください。')
    values = json_body()
    reason = values.pop('act_reason', None)
    form = form_from(partial(noun_form, noun, data=pages.data_of(noun, row)), values, noun.blank, noun.moved)
    return outcome_answer(noun, form, saving.save(noun, form, row, opened=opened, **api_signed(Json(reason))))


def void(noun, id, again=False):
    """Void a record (取消), or take its voiding back (`again`), with a reason."""
    query_args()
    row, opened = record_to_change(noun, id, 'void')
    if bool(row.voided_at) != again:
        refuse(409, title='取り消されていない記録です' if again else '取り消された記録です', action=LOOK)
    values = json_body()
    if unknown := [(key[:100], 'この項目はありません。') for key in values if key != 'reason']:
        refuse(422, unknown)
    save = saving.restore if again else saving.void
    outcome = save(noun, row, opened=opened and str(row.revision), **api_signed(Json(values.get('reason'))))
    return outcome_answer(noun, None, outcome)


def move(noun, id, target):
    """Move a record to another state by the noun's table of moves, with what the move asks for."""
    query_args()
    flow = noun.flow
    row, opened = record_to_change(noun, id, 'move')
    if target not in flow.states:
        abort(404)
    state, opened = flow.state(row), opened and str(row.revision)
    if row.voided_at or target not in {each.target for each in flow.moves(state, None)}:
        refuse(409, title=f'「{flow.states[state]}」から「{flow.states[target]}」には進めません', action=LOOK)
    make = partial(flow.form, row, target, viewer=viewer())
    form = form_from(lambda formdata: make(formdata=formdata), json_body(), make())
    return outcome_answer(noun, form, saving.move(noun, row, target, form, opened=opened, **api_signed()))


def import_file(noun):
    """Import a file as one act, all lines or none (`dry_run` only reads it); answer as `daicho import`."""
    args = query_args(*IMPORT)
    dry, ignore = (choice(args, name, ('true', 'false')) == 'true' for name in ('dry_run', 'ignore_unknown'))
    encoding, reason = choice(args, 'encoding', ('auto', 'utf-8', 'cp932'), 'auto'), args.get('reason', '')
    if wrong := saving.read_reason(reason)[1]:
        refuse(400, [('reason', words) for _, words in wrong])
    require('files.import')
    require(f'{noun.name}.create')
    if request.mimetype not in SHEETS:
        abort(415)
    who = signed_in()
    with uploads.one_at_a_time() as mine:
        if not mine:
            refuse(503, action=uploads.BUSY)
        try:
            sheet = sheets.read(request.get_data(), 'API', encoding)
        except sheets.Unreadable as error:
            return answer(importing.report(noun, 0, {}, error.problems, None, []), 422)
        load, seq = importing.load(noun, sheet, person=who, ignore_unknown=ignore), None
        if load.good and not dry:
            try:
                seq = load.apply(who, clock.now(), 'api', reason or 'API による取込み', g.request_id)
            except (Stale, IntegrityError, saving.ChangedMeanwhile):
                refuse(409)
    conflicts = [entry for entry in load.entries if entry.status == 'conflict']
    report = importing.report(noun, len(sheet.rows), load.counts, load.problems, seq, conflicts, load.notices)
    return answer(report, 200 if load.good else 422)


@dataclass(frozen=True)
class Operation:
    """One operation of a noun: its endpoint's word, address, method, its permit's verb, and its function."""

    noun: Noun
    word: str
    path: str
    method: str
    verb: str
    view: object


def operations(noun):
    """Return the Operations of a noun: what its pages can do, and no more."""
    one, views = f'/{noun.name}/<id:id>', set(noun.views)
    return [Operation(noun, *told) for there, *told in (
        (True, 'list', f'/{noun.name}', 'GET', 'read', index),
        (True, 'record', one, 'GET', 'read', record),
        ('new' in views, 'create', f'/{noun.name}', 'POST', 'create', create),
        ('edit' in views, 'edit', one, 'PATCH', 'edit', edit),
        ('void' in views, 'void', f'{one}/void', 'POST', 'void', void),
        ('show' in views, 'attachments', f'{one}/attachments', 'GET', 'read', api_attachments.index),
        ('show' in views, 'attach', f'{one}/attachments', 'POST', 'attach', api_attachments.attach),
        ('show' in views, 'comments', f'{one}/comments', 'GET', 'read', api_comments.index),
        ('show' in views, 'comment', f'{one}/comments', 'POST', 'comment', api_comments.create),
        ({'show', 'void'} <= views, 'restore', f'{one}/restore', 'POST', 'void', partial(void, again=True)),
        (noun.flow is not None, 'move', f'{one}/move/<target>', 'POST', 'move', move),
        (noun.importable, 'import', f'/{noun.name}/import', 'POST', 'create', import_file)) if there]


@cache
def blueprint():
    """Return the blueprint with the operations of every noun."""
    for noun in NOUNS.values():
        for each in operations(noun):
            view = permit(noun.permit(each.verb))(partial(each.view, noun))
            bp.add_url_rule(each.path, f'{noun.name}-{each.word}', view, methods=[each.method])
    return bp
