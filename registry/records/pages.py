"""The views every noun shares: list, record, new, edit, void, restore, export."""
import re

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for

from audits import trail
from forms.base import ReasonForm
from forms.fields import Ref, Reference
from models import Department
from models.visibility import unit_column

from ..core import clock
from ..core.permits import UNIT_ROLES
from ..web import bounds, drafts
from ..web.guard import allowed, permit, require, sees, signed_in
from ..web.menu import address
from ..web.submission import filled_form, form_data, signed, viewer
from . import bulk, display, documents, listing, numbers, rows, saved_views, saving, sending
from .conflicts import sides
from .noun import NOUNS
from .saving import CHANGED, Conflict, Forbidden, Saved
from .stages import Section, form_sections


def data_of(noun, row):
    """Return {field name: stored value} of a record, what it is linked to too."""
    return {field.short_name: field.ids_of(row) if hasattr(field, 'ids_of') else row.__data__.get(field.attr)
            for field in noun.blank.cells()}


def form_of(noun, row=None):
    """Return the noun's form as this request fills it, or else from a row, its links filled in."""
    form = filled_form(noun.form, data={} if row is None else data_of(noun, row))
    noun.new_form(form)
    return form


def add_errors(form, problems):
    """Add refusals to the errors of their fields, so that the form comes back filled.

    Return whether there were none.
    """
    good = True
    for name, message in problems:
        good = False
        field = form._fields.get(name)
        if name == documents.FIELD:
            form.file_problems = [*getattr(form, 'file_problems', ()), message]
        if field is None:
            form.form_errors.append(message)
        elif message not in field.errors:
            field.errors = [*field.errors, message]
    return good


def act(kind, reason=''):
    """Open an act of the person signed in, now, by way of the pages."""
    return trail.act(kind, **signed(reason))


def find(noun, id):
    """Return a record the person may see, or answer 404."""
    row = noun.table.by_id(id)
    if row is None or not sees(row):
        abort(404)
    return row


def crumbs(noun, *more):
    """Return the breadcrumb of a noun's pages."""
    return [('ホーム', address('board.index')), (noun.title, noun.address), *more]


def handle_edit(noun, form, before, *, back, crumbs, done, place=None, reason=None,
                conflict_message='', voided_message='', template='records/edit.html', file_field=None,
                hung_on=None, **shown):
    """Handle the form of a record or a part of one, a new one where `before` is None; return a response.

    `back` is the address of who does not save, `done(outcome)` gives the response to a save; `reason` is the
    act's where the page asks for none. With `conflict_message` another's change is told rather than settled
    field by field; `voided_message` is told where the part was voided since its page was opened. Where there
    is a `file_field` (see `documents`), what it takes is hung on the record that `hung_on(row)` gives.
    `shown` is what the template gets in place of the defaults.
    """
    status = 422
    opened = request.form.get('revision', '') if before is not None else None
    if request.method == 'POST' and voided_message and before is None and request.form.get('revision'):
        form.all_errors(None)
        add_errors(form, [('', voided_message)])
    elif request.method == 'POST':
        why = request.form.get('act_reason', '') if reason is None else reason
        more = {'target': hung_on} if hung_on else {}
        files = documents.sent_files(otherwise=file_field.kind, **more) if file_field else None
        outcome = saving.save(noun, form, before, opened=opened, place=place, files=files, **signed(why))
        if isinstance(outcome, Saved):
            return done(outcome)
        if isinstance(outcome, Forbidden):
            abort(403)
        if isinstance(outcome, Conflict) and not conflict_message:
            return conflict(noun, form, outcome, back, crumbs)
        status = 409 if isinstance(outcome, Conflict) else 422
        add_errors(form, [('', conflict_message)] if isinstance(outcome, Conflict) else outcome.problems)
    context = {'row': before, 'cancel': back, 'file_field': file_field,
               'sections': [Section('', form.cells())],
               'revision': before is not None and (opened or saving.stamp(noun, form, before))}
    return render_template(template, noun=noun, form=form, crumbs=crumbs,
                           **context | shown), status if form.errors else 200


def redirect_saved(address):
    """Return the `done` of an edit: it redirects to `address` and tells whether anything changed."""
    def done(outcome):
        flash('変更を保存しました。' if outcome.changed else '変更はありませんでした。')
        return redirect(address, code=303)
    return done


#: {noun's name: Blueprint}, for the application to join
BLUEPRINTS = {}


def blueprint(noun):
    """Return the noun's blueprint with the shared views; its own are added to it."""
    bp = BLUEPRINTS[noun.name] = Blueprint(noun.name, __name__, url_prefix=noun.address.rstrip('/'))
    add_views(bp, noun)
    return bp


def add_views(bp, noun):
    """Add the shared views to the blueprint of a noun."""
    name = noun.name
    if 'index' in noun.views:
        @bp.get('/')
        @permit(f'{name}.read')
        def index():
            if 'form' in request.args:
                tidied = listing.tidied(noun, request.args)
                return redirect(listing.Listing(noun, tidied, signed_in()).url(), code=303)
            found, view = saved_views.opened(noun, request.args, signed_in())
            found.run()
            leads = 'show' in noun.views or name == 'actuals'
            heads, lines = rows.table_html(found, noun.address if leads else '', picked=not found.printed)
            return render_template(
                'records/index.html', noun=noun, listing=found, today=clock.today(),
                heads=heads, rows=lines, saved=saved_views.menu_of(found, view),
                bulk_most=bulk.MOST, can_edit='edit' in noun.views and allowed(f'{name}.edit'),
                can_create='new' in noun.views and allowed(f'{name}.create'),
                can_import=noun.importable and allowed('files.import') and allowed(f'{name}.create'))

        @bp.get('/export.<any(csv, xlsx):format>')
        @permit(f'{name}.read')
        def export(format):
            found = listing.Listing(noun, request.args, signed_in())
            return sending.send_file(noun, found, format, request.args.get('encoding', 'utf-8-sig'),
                             layout=request.args.get('layout', '') if format == 'xlsx' else '')

    if 'show' in noun.views:
        @bp.route('/<int:id>/attach', methods=['GET', 'POST'])
        @permit(f'{name}.attach')
        def attach(id):
            row = find(noun, id)
            require(f'{name}.attach', row)
            crumb = display.display_name(row), url_for('.show', id=id)
            return documents.handle_attach(noun, row, crumbs(noun, crumb, ('文書の添付', None)))

    if 'new' in noun.views:
        @bp.route('/new', methods=['GET', 'POST'])
        @permit(f'{name}.create')
        def new():
            source = copied_record(noun)
            data = defaults(noun, numbers.next_number(noun))
            draft, form = filled(noun.form, (copied(noun, source) if source else {}) | data)
            noun.new_form(form)

            origin = origin_of(request.args.get('for', ''))

            def done(outcome):
                drafts.drop(request.path)
                flash(f'{noun.one}「{outcome.row.label}」を登録しました。')
                return redirect(f'{origin}#{name}' if origin else url_for('.show', id=outcome.row.id),
                                code=303)
            taken = documents.field_of(noun) if f'{name}.new' in bounds.UPLOADS else None
            words = {'file_field': taken, **draft}
            if origin:
                words['sent_to'] = leading_back(request.path, origin)
            if source:
                words |= {'heading': f'{noun.one}の登録（「{source.label}」の複製）', 'button': '登録する'}
            return handle_edit(noun, form, None, back=origin, crumbs=crumbs(noun, ('新規登録', None)),
                               done=done, sections=form_sections(noun, form), **words)

    if 'edit' in noun.views:
        @bp.route('/<int:id>/edit', methods=['GET', 'POST'])
        @permit(f'{name}.edit')
        def edit(id):
            before = find(noun, id)
            require(f'{name}.edit', before)
            if before.voided_at:
                abort(404)
            back = url_for('.show', id=id)
            draft, form = filled(noun.form, data_of(noun, before))
            noun.new_form(form)

            def done(outcome):
                drafts.drop(request.path)
                return redirect_saved(back)(outcome)
            return handle_edit(noun, form, before, back=back,
                               crumbs=crumbs(noun, (before.label, back), ('編集', None)),
                               done=done, sections=form_sections(noun, form, noun.moved), **draft)

    if noun.flow is not None:
        @bp.route('/<int:id>/move/<target>', methods=['GET', 'POST'])
        @permit(f'{name}.move')
        def move(id, target):
            return handle_move(noun, id, target)

    if 'void' in noun.views:
        @bp.route('/<int:id>/void', methods=['GET', 'POST'])
        @permit(f'{name}.void')
        def void(id):
            row = find(noun, id)
            require(f'{name}.void', row)
            if row.voided_at:
                abort(404)
            back = url_for('.show', id=id)
            return handle_void(noun, row, back, crumbs(noun, (row.label, back), ('取消', None)),
                               reusable='show' not in noun.views)

    if {'show', 'void'} <= set(noun.views):
        @bp.route('/<int:id>/restore', methods=['GET', 'POST'])
        @permit(f'{name}.void')
        def restore(id):
            """Take a voiding back: the record counts again as it stood."""
            before = find(noun, id)
            require(f'{name}.void', before)
            if not before.voided_at:
                abort(404)
            form, back = filled_form(ReasonForm), url_for('.show', id=id)
            if request.method == 'POST':
                outcome = saving.restore(noun, before, opened=request.form.get('revision'),
                                         **signed(request.form.get('reason', '')))
                if isinstance(outcome, Saved):
                    flash(f'「{before.label}」の取消を取りやめました。')
                    return redirect(back, code=303)
                add_errors(form, [('', CHANGED)] if isinstance(outcome, Conflict) else outcome.problems)
            page = render_template('records/restore.html', noun=noun, row=before, form=form, cancel=back,
                                   crumbs=crumbs(noun, (before.label, back), ('取消の取りやめ', None)))
            return page, 422 if form.errors else 200


def leading_back(address, origin):
    """Return the address of a form that leads back, once saved, to the record at the address `origin`."""
    return f'{address}{"&" if "?" in address else "?"}for={origin.strip("/")}'


def origin_of(text):
    """Return the address of the record that a form leads back to, None where none is named."""
    found = re.fullmatch(r'([a-z-]{1,40}|d-\d{5})/(\d{1,9})', text, re.ASCII)
    known = found and found.group(1) in NOUNS and 'show' in NOUNS[found.group(1)].views
    return f'/{text}' if known else None


def handle_move(noun, id, target):
    """Handle a move of a record to another state; return a response. A refused move lists what is missing."""
    flow, before = noun.flow, find(noun, id)
    require(noun.permit('move'), before)
    if target not in flow.states:
        abort(404)
    state, back, by = flow.state(before), url_for('.show', id=id), signed_in()
    taken = documents.field_of(noun, before, *flow.documents.get(target, ()))
    move = next((move for move in flow.open_to(before, by) if move.target == target), None)
    others = flow.moves(state, None)
    if move is None and not before.voided_at and any(other.target == target for other in others):
        abort(403)
    form, lacking = flow.form(before, target, formdata=form_data(), viewer=viewer()), []
    revision = str(before.revision)
    if request.method == 'POST' and request.form.get('revision', revision) != revision:
        form.validate()
        return render_template('records/moved.html', noun=noun, row=before, form=form,
                               possible=move is not None,
                               state='取消済み' if before.voided_at else flow.states[state],
                               crumbs=crumbs(noun, (before.label, back), ('競合', None))), 409
    if move is None:
        abort(404)
    if request.method == 'POST':
        files = documents.sent_files(otherwise=taken.kind) if taken else None
        outcome = saving.move(noun, before, target, form, files=files, **signed())
        if isinstance(outcome, Saved):
            flash(f'状態を「{flow.states[target]}」に変更しました。')
            return redirect(back, code=303)
        if isinstance(outcome, Forbidden):
            abort(403)
        add_errors(form, outcome.problems)
        lacking = outcome.lacking
    else:
        lacking = flow.missing(before, move, form, by)
    return render_template(
        'records/move.html', noun=noun, row=before, form=form, lacking=lacking, source=flow.states[state],
        target=flow.states[target], heading=flow.heading(state, target), button=flow.button(state, target),
        sent=request.method == 'POST', file_field=taken,
        crumbs=crumbs(noun, (before.label, back), ('状態の変更', None)), **flow.about(before, target)
    ), 422 if request.method == 'POST' else 200


def handle_void(noun, row, back, crumbs, reusable=False, about=''):
    """Handle the voiding (取消) of a record or a part of one; return a response.

    `reusable` says that its number may be used again, `back` is where to go then; `about` is told in place
    of what holds for records that are counted.
    """
    form, status = filled_form(ReasonForm), 200
    if request.method == 'POST':
        outcome = saving.void(noun, row, opened=request.form.get('revision'),
                              **signed(request.form.get('reason', '')))
        if isinstance(outcome, Saved):
            flash(f'「{row.label}」を取り消しました。記録と履歴は残ります。')
            return redirect(back, code=303)
        status = 409 if isinstance(outcome, Conflict) else 422
        if isinstance(outcome, Conflict):
            form.validate()
        add_errors(form, [('', CHANGED)] if isinstance(outcome, Conflict) else outcome.problems)
    return render_template('records/void.html', noun=noun, row=row, form=form, cancel=back, reusable=reusable,
                           about=about, crumbs=crumbs), status


def defaults(noun, number):
    """Return what a new form starts with: proposed number, query string's values, person's own unit."""
    data = {}
    # what a field has looked up is of this person only
    asked = noun.form(viewer=viewer()) if request.args else noun.blank
    for field in asked.cells():
        given = request.args.get(field.name)
        if given:
            try:
                data[field.short_name] = field.read(given)
            except ValueError:
                continue
        elif signed_in().role not in UNIT_ROLES:
            continue
        elif isinstance(field, Ref) and field.table is Department and field.attr == unit_column(noun.table):
            data[field.short_name] = signed_in().department_id
        elif field.attr in noun.reserved:
            data[field.short_name] = noun.table._meta.fields[field.attr].default
    if number and noun.key[0] not in data:
        data[noun.key[0]] = number
    return data


def copied_record(noun):
    """Return the record that a new one is to be filled from, or None; answer 404 where it is not there."""
    text = request.args.get('copy', '') if request.method == 'GET' else ''
    if not text:
        return None
    return find(noun, int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0)


#: the columns of a record's state, whichever noun it is of
STATES = frozenset({'state', 'status'})


def copied(noun, row):
    """Return {field name: value} of what a copy of a record takes over.

    Its number, its state and what has happened to it are its own; what it refers to is taken over as far as
    the person could choose it.
    """
    own, found = {*noun.key, *noun.moved, *STATES, noun.flow.column if noun.flow else ''}, {}
    for field in noun.form(viewer=viewer()).cells():
        if {field.short_name, field.attr} & own or getattr(field, 'happened', False):
            continue
        value = field.ids_of(row) if hasattr(field, 'ids_of') else row.__data__.get(field.attr)
        if isinstance(field, Reference) and value:
            try:
                value = field.read(field.text(value))
            except ValueError:
                continue
        found[field.short_name] = value
    return found


def filled(form, data):
    """Return (what the page shows of a draft, the form as this request or the draft it asks for fills it)."""
    draft = drafts.kept_of(request.path) if request.method == 'GET' else None
    if draft is None or request.args.get('draft') != '1':
        return {'draft': draft, 'keeps_draft': True}, filled_form(form, data=data)
    typed = drafts.typed(draft)
    found = {'keeps_draft': True, 'continued': True, 'act_reason': typed.get('act_reason', '')}
    if 'revision' in typed:
        found['revision'] = typed['revision']
    return found, form(typed, viewer=viewer(), data=data)


def conflict(noun, form, found, back, crumbs):
    """Answer to a form whose record was changed since: the person chooses a side for each field."""
    both = sides(form, found.row, found.stands, request.form.get('revision', ''))
    return render_template('records/stale.html', row=found.stands, form=form, chosen=both.chosen,
                           kept=both.kept, later=both.later, cancel=back,
                           revision=saving.stamp(noun, form, found.stands), crumbs=crumbs), 409
