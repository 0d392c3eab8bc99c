"""The views every noun shares: list, record, new, edit, void, export; and the one way a form becomes a saved row."""
import copy
import re
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import NamedTuple

from flask import Response, abort, flash, g, redirect, render_template, request, url_for
from flask_login import current_user
from peewee import BooleanField, DateField, ForeignKeyField, IntegrityError, fn

from audits import history, past, trail
from forms.base import ActReasonForm, ReasonForm
from forms.fields import Day, Exact, Flag, IntCode, Key, Long, Moment, Pointing, Ref, Refs, Text, Whole, Year
from models import Department, Person
from models.base import ExactField, MomentField
from models.figures import day_bounds
from models.visibility import condition, visible

from . import clock, connection, sheets, shown, tables, words
from .memo import remembered
from .nouns import NOUNS
from .permits import UNIT_ROLES, allowed, overreach, permit, require, visible_of


def twin(row):
    """Return a copy of a row to change while the original says how it stood."""
    copied = copy.copy(row)
    copied.__data__ = dict(row.__data__)
    copied.__rel__ = dict(row.__rel__)
    copied._dirty = set(row._dirty)
    return copied


def form_of(noun, row=None, **kwargs):
    """Return the noun's form on a row, its links filled in."""
    data = {}
    if row is not None:
        for field in noun.blank.cells():
            data[field.short_name] = field.ids_of(row) if hasattr(field, 'ids_of') else row.__data__.get(field.attr)
    form = noun.form(data=data, **kwargs)
    noun.new_form(form)
    return form


def accepted(form, before=None):
    """Tell whether a form was sent and can be read; all that is wrong in and between its fields is said together."""
    if not form.is_submitted():
        return False
    good = form.validate()
    good = collect(form, [('', f'変更の理由: {words}') for words in asked_why().errors]) and good
    return collect(form, form.crossed(before)) and good


def asked_why():
    """Return the field of the reason that a page asks for beside the record."""
    form = ActReasonForm(meta={'csrf': False})
    form.validate()
    return form.act_reason


def ahead(form, row, before, today):
    """Yield (field name, message) of the days that tell of something done and have not come yet."""
    for field in form.cells():
        if getattr(field, 'happened', False) and not field.errors and field.data is not None and field.data > today and (
                before is None or before.__data__.get(field.attr) != field.data):
            yield field.short_name, f'{field.label.text}に先の日は入れられません。'


def refusals(noun, row, before, form, at):
    """Return [(field name, message)] of what a form's values cannot be saved for; `row` is already filled."""
    found = list(ahead(form, row, before, clock.today()))
    keys = [form._fields[name] for name in noun.key if name in form._fields]
    fields = [noun.table._meta.fields[field.attr] for field in keys]
    renamed = before is None or any(before.__data__.get(field.name) != row.__data__.get(field.name) for field in fields)
    if renamed and len(keys) == len(noun.key) and all(field.data is not None for field in keys):
        same = noun.table.select(noun.table.id, noun.table.voided_at).where(*(
            column == field.data for column, field in zip(fields, keys, strict=True)))
        if (other := same.first()) is not None:
            found.append((noun.key[-1], TAKEN if not visible(current_user, other) else '取消済みの記録と同じ番号です。番号は使い回せません。' if other.voided_at
                          else 'この番号の記録は既にあります。' if len(keys) == 1
                          else f'{"と".join(field.label.text for field in keys)}が同じ記録が、既にあります。'))
        elif numbered(noun, keys[0]):
            near = noun.table.select(noun.table.id, fields[0]).where(fn.LOWER(fields[0]) == keys[0].data.lower()).first()
            number = near and near.__data__[fields[0].name]
            if near and number != (before and before.__data__[fields[0].name]):
                found.append((noun.key[0], alike(number) if visible(current_user, near) else TAKEN))
    found += circles(noun, row, form)
    form.by = current_user._get_current_object()
    found += overreach(noun, row, before, form, form.by)
    found += list(noun.prepare(row, before, form, at))
    return found


def besides(form, problems):
    """Return those problems whose fields nothing has been said of yet: all that is wrong is told at once."""
    said = set(form.errors)
    return [(name, message) for name, message in problems if name not in said]


def unexplained(noun, row, before):
    """Return [(field, message)] of why an edit without a reason is refused: another number, or what the noun itself says."""
    why = noun.explained(row, before)
    key = noun.table._meta.fields.get(noun.blank._fields[noun.key[0]].attr)
    if numbered(noun, noun.blank._fields[noun.key[0]]) and row.__data__[key.name] != before.__data__[key.name]:
        label = noun.blank._fields[noun.key[0]].label.text
        why = f'{label}を変えると、以前に書き出したファイルや文書と合わなくなります。'
    return [('', f'{why}「変更の理由」を書いてください。')] if why and not asked_why().data else []


def numbered(noun, field):
    """Tell whether a noun's records are known by one number that a person may type."""
    return len(noun.key) == 1 and isinstance(field, Key)


#: all that is said of a number in use to whoever may not see by what
TAKEN = 'この番号は使えません。別の番号にしてください。'


def alike(number):
    return f'大文字と小文字だけが違う番号「{number}」が既にあります。別の番号にしてください。'


def circles(noun, row, form):
    """Yield (field name, message) where a record's own kind (上位所属・後継システム) leads back to it."""
    for cell in form.cells():
        if row.id is None or not isinstance(cell, Ref) or cell.table is not noun.table or row.__data__.get(cell.attr) == row.id:
            continue
        at, passed = row.__data__.get(cell.attr), set()
        while at is not None and at not in passed:
            passed.add(at)
            at = noun.table.by_id(at).__data__[cell.attr]
            if at == row.id:
                yield cell.short_name, f'{cell.label.text}をたどると自分自身に戻ります。別の記録を選んでください。'


def write(act, noun, row, before, links, today, label=None, standing=None):
    """Save a filled row, its links and what the noun adds, in one act; return whether anything changed.

    `label` and `standing` ({link table: {own id: link rows}}) are what a file has read for many rows at once.
    """
    changed = act.save(row, before, label)
    for (link, own, other), ids, known in links:
        changed = act.link(link, own, row, other, ids, known if before is not None else None,
                           standing and standing[link].get(row.id, ())) or changed
    noun.after(act, row, before, today)
    return changed


def links_of(form):
    """Return [((link table, own, other), ids, ids it had before or None)] of a form's link fields."""
    return [((field.link, field.own, field.other), field.data or [], field.object_data) for field in form.links()]


def stamp(form, row):
    """Return what tells whether a record still is as a form was filled from it: its revision, and what it is linked to."""
    return ';'.join([str(row.revision), *(','.join(map(str, field.object_data or ())) for field in form.links())])


def find(noun, id):
    """Return a record the person may see, or answer 404."""
    row = noun.table.by_id(id)
    if row is None or not visible(current_user, row):
        abort(404)
    return row


def act(kind, reason=''):
    """Open an act of the person signed in, now, by way of the pages."""
    return trail.act(kind, by=current_user._get_current_object(), at=clock.now(), channel='web', reason=reason,
                     request_id=g.get('request_id', ''))


def moved_meanwhile(noun, row, form, state, possible):
    """Return the answer to a move whose record someone else changed since its page was opened, or None.

    `state` is the record's state in words, `possible` whether the move can still be made; what was typed stays on the page.
    """
    if not form.is_submitted() or request.form.get('revision', str(row.revision)) == str(row.revision):
        return None
    form.validate()
    return render_template('records/moved.html', noun=noun, row=row, form=form, state=state, possible=possible, crumbs=crumbs(
        noun, (row.label, url_for('.show', id=row.id)), ('競合', None))), 409


#: how many of a record's links its page names
LINKS = 50


def details(noun, row):
    """Return [(heading, [(label, text)])] of a record's fields, grouped by the noun's sections.

    A record of another unit is counted, not named.
    """
    texts = {}
    for field in noun.blank.cells():
        value = field.ids_of(row) if hasattr(field, 'ids_of') else row.__data__.get(field.attr)
        if value is not None and isinstance(field, Ref):
            value = row.__rel__[field.attr] = row.__rel__.get(field.attr) or field.table.by_id(value)
        texts[field.short_name] = field.label.text, in_words(field, value)
    sections = noun.sections or [('内容', list(texts))]
    return [(heading, [texts[name] for name in names if name in texts]) for heading, names in sections]


def in_words(field, value):
    """Return a field's value as a record's page shows it: of many links the first few, and how many more there are."""
    if not hasattr(field, 'ids_of') or len(value) <= LINKS:
        return field.show(value)
    return f'{field.show(value[:LINKS])}、ほか{len(value) - LINKS:,}件'


def past_of(noun, row, before=history.END):
    """Return ([(act, [sentences])], older) of a record's history and of its parts', newest first; see `history.of_row`."""
    told = {}
    names = {(type(other), other.id): shown.called(other) for other in row.__rel__.values()
             if other is not None and condition(type(other), current_user) is None} | {(type(row), row.id): row.label}
    parts = words.parts_of(noun.table)
    leading = {part: field.name for part, field in parts}
    changes, older = history.of_row(row, parts, before)
    history.name_all(changes, names, lambda rows: rows if rows and isinstance(rows[0], Person) else visible_of(rows))
    for change in changes:
        table = history.TABLES[change.table]
        place = '' if table is noun.table else f'{words.title_of(table)}: '
        told.setdefault(change.act.seq, (change.act, []))[1].extend(place + sentence for sentence in history.sentences(
            change, words.vocabulary(table), names, untold=leading.get(table)))
    if older and older[1]:
        told[older[0]][1].append('（この操作の続きは「これより前の履歴」にあります。）')
    return list(told.values()), older and '.'.join(map(str, older))


def cursor(text):
    """Return the place in a history that an address names, an act and a place in it, or the end for none."""
    found = re.fullmatch(r'(\d{1,15})(?:\.(\d{1,9}))?', text, re.ASCII)
    return (int(found.group(1)), int(found.group(2) or 0)) if found else history.END


#: how many of the records that hang on one its page shows: all of them are a list
FEW = 20


class Panel(NamedTuple):
    """What a record's page shows of the records that hang on it: the newest few, how many there are, the list of all."""

    rows: list
    total: int
    url: str | None


def panel(rows, name, **values):
    """Return the Panel of `rows`, the newest few (FEW) of the records of a noun that its list holds when narrowed by `values`."""
    seen = visible_of(rows)
    if len(rows) < FEW:
        return Panel(seen, len(seen), None)
    noun = NOUNS[name]

    def count():
        limits = condition(noun.table, current_user), noun.scope(clock.today()), *(
            found.where(values[found.name]) for found in noun.filters if found.name in values)
        return noun.table.select(noun.table.id).where(noun.table.live(), *(limit for limit in limits if limit is not None)).count()
    total = remembered(('panel', name, *values.items(), clock.today(), current_user.id, current_user.role, current_user.department_id), count)
    return Panel(seen, total, url_for(f'{name}.index', **values) if allowed(f'{name}.read') else None)


def next_number(noun):
    """Return a free number for a new record, after the last one with the noun's prefix, or None."""
    if not noun.prefix:
        return None
    field = noun.table._meta.fields[noun.key[0]]
    last = (noun.table.select(fn.MAX(field)).where(field.startswith(noun.prefix),
                                                   fn.LENGTH(field) == len(noun.prefix) + 5).scalar())
    digits = last[len(noun.prefix):] if last else '0'
    return f'{noun.prefix}{int(digits) + 1:05d}' if digits.isdigit() else None


def crumbs(noun, *more):
    """Return the breadcrumb of a noun's pages."""
    return [('ホーム', url_for('board.index')), (noun.title, url_for(f'{noun.name}.index')), *more]


def collect(form, problems):
    """Put refusals beside their fields, so that the form comes back filled and says what to do; tell whether there were none."""
    good = True
    for name, message in problems:
        good = False
        field = form._fields.get(name)
        if field is not None:
            field.errors = [*field.errors, message]
        else:
            form.form_errors.append(message)
    return good


def register(bp, noun):
    """Give a blueprint the shared views of its noun."""
    name = noun.name

    if 'index' in noun.views:
        @bp.get('/')
        @permit(f'{name}.read')
        def index():
            listing = tables.Listing(noun, request.args, current_user).run()
            return render_template('records/index.html', noun=noun, listing=listing, crumbs=crumbs(noun)[:1] + [
                (noun.title, None)], can_create='new' in noun.views and allowed(f'{name}.create'),
                can_import=noun.importable and allowed('files.import') and allowed(f'{name}.create'))

        @bp.get('/export.<any(csv, xlsx):format>')
        @permit(f'{name}.read')
        def export(format):
            listing = tables.Listing(noun, request.args, current_user)
            return send(noun, listing.query(noun.table), format, request.args.get('encoding', 'utf-8-sig'),
                        people=format == 'xlsx' and request.args.get('layout') == 'people')

    if 'show' in noun.views:
        @bp.get('/<int:id>')
        @permit(f'{name}.read')
        def show(id):
            row = find(noun, id)
            found = details(noun, row)
            told, older = past_of(noun, row)
            return render_template(noun.template, noun=noun, row=row, details=found, history=told, older=older, panels=noun.panels(row),
                                   crumbs=crumbs(noun, (shown.called(row), None)),
                                   can_edit='edit' in noun.views and not row.voided_at
                                   and allowed(f'{name}.edit', row),
                                   can_void='void' in noun.views and allowed(f'{name}.void', row))

        @bp.get('/<int:id>/history')
        @permit(f'{name}.read')
        def earlier(id):
            """Show the history of a record from before an act, a page at a time."""
            row = find(noun, id)
            told, older = past_of(noun, row, cursor(request.args.get('before', '')))
            return render_template('records/history.html', noun=noun, row=row, history=told, older=older, crumbs=crumbs(
                noun, (shown.called(row), url_for('.show', id=id)), ('履歴', None)))

    if 'new' in noun.views:
        @bp.route('/new', methods=['GET', 'POST'])
        @permit(f'{name}.create')
        def new():
            number = next_number(noun)
            form = noun.form(request.form if request.method == 'POST' else None,
                             data=defaults(noun, number))
            noun.new_form(form)
            good = accepted(form)
            if form.is_submitted():
                row = noun.table()
                form.fill(row)
                if not good:
                    collect(form, besides(form, refusals(noun, row, None, form, clock.now())))
                elif not allowed(f'{name}.create', row):
                    collect(form, [(owner_field(form), '自分の所属の記録だけを登録できます。')])
                elif collect(form, refusals(noun, row, None, form, clock.now())):
                    try:
                        with act(f'{name}.create') as writing:
                            write(writing, noun, row, None, links_of(form), clock.today())
                            still(form, overtaken(noun, row, None, form))
                    except Overtaken:
                        pass  # said beside the field
                    except IntegrityError:
                        # two people at once: the number was free when it was looked for
                        free = next_number(noun)
                        collect(form, [(noun.key[-1], 'この番号は、いまほかの人が使いました。' + (f'次に空いている番号は {free} です。' if free else ''))])
                    else:
                        flash(f'{noun.one}「{row.label}」を登録しました。')
                        return redirect(url_for('.show', id=row.id), code=303)
            return render_template('records/edit.html', noun=noun, form=form, row=None, sections=grouped(noun, form),
                                   crumbs=crumbs(noun, ('新規登録', None))), 422 if form.errors else 200

    if 'edit' in noun.views:
        @bp.route('/<int:id>/edit', methods=['GET', 'POST'])
        @permit(f'{name}.edit')
        def edit(id):
            before = find(noun, id)
            require(f'{name}.edit', before)
            if before.voided_at:
                abort(404)
            form = form_of(noun, before)
            revision = request.form.get('revision', '')
            good = accepted(form, before)
            if form.is_submitted():
                row = twin(before)
                form.fill(row)
                if not good:
                    collect(form, besides(form, refusals(noun, row, before, form, clock.now())))
                elif revision != stamp(form, before):
                    back = url_for('.show', id=id)
                    return conflict(form, row, before, back, crumbs(noun, (before.label, back), ('競合', None)))
                elif not allowed(f'{name}.edit', row):
                    collect(form, [(owner_field(form), '自分の所属から外すことはできません。')])
                elif collect(form, refusals(noun, row, before, form, clock.now()) + unexplained(noun, row, before)):
                    with suppress(Overtaken), act(f'{name}.edit', asked_why().data or '') as writing:
                        changed = write(writing, noun, row, before, links_of(form), clock.today())
                        still(form, overtaken(noun, row, before, form))
                    if not form.errors:
                        flash('変更を保存しました。' if changed else '変更はありませんでした。')
                        return redirect(url_for('.show', id=id), code=303)
            return render_template('records/edit.html', noun=noun, form=form, row=before,
                                   sections=grouped(noun, form, noun.moved), revision=revision or stamp(form, before),
                                   crumbs=crumbs(noun, (before.label, url_for('.show', id=id)), ('編集', None))
                                   ), 422 if form.errors else 200

    if 'void' in noun.views:
        @bp.route('/<int:id>/void', methods=['GET', 'POST'])
        @permit(f'{name}.void')
        def void(id):
            row = find(noun, id)
            require(f'{name}.void', row)
            if row.voided_at:
                abort(404)
            back = url_for('.show', id=id)
            return voided(noun, row, f'{name}.void', back, crumbs(noun, (row.label, back), ('取消', None)), lambda: noun.keeps(row),
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
            row, form, back = twin(before), ReasonForm(), url_for('.show', id=id)
            row.voided_at = row.void_reason = None

            def problems():
                return [*gone(row), *noun.separated(row, before, current_user._get_current_object()), *noun.restorable(row)]
            if changed_since(before, form):
                collect(form, [('', CHANGED)])
            elif form.validate_on_submit() and collect(form, problems()):
                with suppress(Overtaken), act(f'{name}.restore', form.reason.data) as writing:
                    write(writing, noun, row, before, [], clock.today())
                    still(form, problems())
                if not form.errors:
                    flash(f'「{row.label}」の取消を取りやめました。')
                    return redirect(back, code=303)
            return render_template('records/restore.html', noun=noun, row=before, form=form, cancel=back, crumbs=crumbs(
                noun, (row.label, back), ('取消の取りやめ', None))), 422 if form.errors else 200


CHANGED = '画面を開いたあとに、この記録が変更されました。いまの記録を確かめてから、もう一度押してください。'


def changed_since(row, form):
    """Tell whether a record has changed since the page was opened that a form was sent from."""
    return form.is_submitted() and request.form.get('revision', str(row.revision)) != str(row.revision)


def gone(row):
    """Yield (field, message) of the voided records that a record cannot be without: with them it would not count again."""
    for field in row._meta.sorted_fields:
        id = row.__data__.get(field.name)
        if isinstance(field, ForeignKeyField) and not field.null and (other := field.rel_model.by_id(id)).voided_at:
            yield 'reason', f'{words.title_of(field.rel_model)}「{shown.called(other)}」が取り消されています。先にそちらの取消を取りやめてください。'


class Overtaken(Exception):
    """What was checked before an act no longer holds in it: nothing is written."""


def still(form, problems):
    """Ask within an act, while nobody else writes, what two people at once could have broken; raise Overtaken if they did."""
    if not collect(form, problems):
        raise Overtaken


def overtaken(noun, row, before, form):
    """Yield (field name, message) of new references to what was voided since the form was read, and of circles closed since."""
    for cell in form.cells():
        if isinstance(cell, Pointing):
            now, stood = ({*(value if isinstance(value, list) else [value])} - {None} for value in (
                cell.data, cell.object_data if before is not None else None))
            if now - stood and cell.table.select().where(cell.table.id.in_(list(now - stood)), ~cell.table.live()).exists():
                yield cell.short_name, f'{cell.label.text}が、いま取り消されました。選び直してください。'
    yield from circles(noun, row, form)


def voided(noun, row, kind, back, crumbs, keeps=lambda: (), reusable=False):
    """Handle the voiding (取消) of a record or a part of one, an act of `kind`; return a response.

    `keeps()` yields (field, message) of why it must stay, `reusable` says that its number may be used again, `back` is
    where to go then.
    """
    form = ReasonForm()
    meanwhile = changed_since(row, form)
    if meanwhile:
        form.validate()
        collect(form, [('', CHANGED)])
    elif form.validate_on_submit() and collect(form, keeps()):
        with suppress(Overtaken), act(kind, form.reason.data) as writing:
            still(form, keeps())
            writing.void(row, form.reason.data)
        if not form.errors:
            flash(f'「{row.label}」を取り消しました。記録と履歴は残ります。')
            return redirect(back, code=303)
    return render_template('records/void.html', noun=noun, row=row, form=form, cancel=back, reusable=reusable,
                           crumbs=crumbs), 409 if meanwhile else 422 if form.errors else 200


def defaults(noun, number):
    """Return what a new form starts with: the proposed number, the query string's values, the person's own unit."""
    data = {}
    # what a field has looked up is of this person only
    asked = noun.form(formdata=None, meta={'csrf': False}) if request.args else noun.blank
    for field in asked.cells():
        given = request.args.get(field.name)
        if given:
            try:
                data[field.short_name] = field.read(given)
            except ValueError:
                continue
        elif current_user.role not in UNIT_ROLES:
            continue
        elif field.short_name in ('department_code', 'owner_code'):
            data[field.short_name] = current_user.department_id
        elif field.attr in noun.reserved:
            data[field.short_name] = noun.table._meta.fields[field.attr].default
    if number and noun.key[0] not in data:
        data[noun.key[0]] = number
    return data


def owner_field(form):
    """Return the name of the form's field of the responsible unit."""
    return next((name for name in ('owner_code', 'department_code', 'case_no', 'staff_no') if name in form._fields),
                'title')


def grouped(noun, form, moved=()):
    """Return [(heading, [fields])] of a form, in the noun's sections: what is not the person's to decide here is not asked."""
    unasked = {*moved, *(noun.reserved if current_user.role in UNIT_ROLES else ())}
    fields = {field.short_name: field for field in form.cells() if field.attr not in unasked}
    if not noun.sections:
        return [('', list(fields.values()))]
    known = {name for _, names in noun.sections for name in names}
    rest = [field for name, field in fields.items() if name not in known]
    groups = [(heading, [fields[name] for name in names if name in fields]) for heading, names in noun.sections]
    return [*groups, *([('その他', rest)] if rest else [])]


def conflict(form, row, stands, back, crumbs, now=None):
    """Answer to a form whose record someone else changed since its page was opened: for each field the person chooses a side.

    `row` holds what was typed, `stands` is the record as it is, `now` its stamp if not `stamp`'s. What the person had left alone stays as the other left it.
    """
    # what a page was filled from, as `stamp` says it; where that cannot be read it is taken to have changed all it shows
    filled = re.fullmatch(r'(\d{1,9})((?:;[\d,]*)*)', request.form.get('revision', ''), re.ASCII)
    known, later = past.after(stands, int(filled.group(1)) if filled else 0)
    for field, ids in zip(form.links(), filled.group(2).split(';')[1:] if filled else (), strict=False):
        known[field.short_name] = [int(id) for id in ids.split(',') if 0 < len(id) < 15]
    chosen, kept = [], []
    for field in form.cells():
        if hasattr(field, 'ids_of'):
            typed, stored, name, read = field.data or [], field.ids_of(stands), field.short_name, sorted
        else:
            typed, stored, name, read = row.__data__.get(field.attr), stands.__data__.get(field.attr), field.attr, field.text
        if read(typed) == read(stored):
            kept.append((field, stored))
        elif name in known and read(known[name]) == read(typed):
            kept.append((field, stored))
            chosen.append((field, None, field.show(stored), field.text(stored)))
        else:
            chosen.append((field, field.show(typed), field.show(stored), field.text(stored)))
    return render_template('records/stale.html', row=stands, form=form, chosen=chosen, kept=kept, later=later, cancel=back,
                           revision=now or stamp(form, stands), crumbs=crumbs), 409


def form_of_file(noun):
    """Return the form whose fields are the columns of a noun's file: its own where that has columns a page does not ask for."""
    return noun.loader.file_form() if hasattr(noun.loader, 'file_form') else noun.form


#: columns that the engines do not give as they are read
READ = DateField, MomentField, ExactField, BooleanField


def export_rows(noun, query):
    """Yield the file's lines of a noun's records, those of `query`, as lists of text."""
    form = form_of_file(noun)(formdata=None, meta={'csrf': False})
    noun.new_form(form)
    fields = form.cells()
    for field in fields:
        if hasattr(field, 'load_all'):
            field.load_all()
    linked = {field.short_name: all_links(field) for field in form.links()} | {
        field.short_name: field.kept() for field in fields if hasattr(field, 'kept')}
    # most columns are text already: only the others are read, or asked to write themselves
    columns, makers = [noun.table.id], []
    for field in fields:
        links, column = linked.get(field.short_name), noun.table._meta.fields.get(field.attr)
        text = None if type(field) in (Text, Long, Key) else field.text
        if links is None and isinstance(column, READ):
            text = partial(written, column.python_value, field.text)
        # the row's id stands where no column does
        makers.append((len(columns) if links is None and column is not None else 0, links, text))
        columns += [column] if makers[-1][0] else []
    for row in connection.streamed(query.select(*columns)):
        line = []
        for place, links, text in makers:
            value = row[place] if place else None if links is None else links.get(row[0])
            line.append('' if value is None else value if text is None else text(value))
        yield line


def written(read, text, value):
    return text(read(value))


def all_links(field):
    """Return {owner id: [linked ids]} of a link field, in the order of the linked rows' numbers."""
    link = field.link
    own, other = link._meta.fields[field.own], link._meta.fields[field.other]
    found = {}
    for owner, id in (link.select(own, other).join(field.table, on=other == field.table.id)
                      .where(link.live()).order_by(field.by).tuples()):
        found.setdefault(owner, []).append(id)
    return found


def headers_of(noun):
    """Return the Japanese headers of a noun's file."""
    return [field.header for field in form_of_file(noun)(formdata=None, meta={'csrf': False}).cells()]


def export(noun, query=None):
    """Return (headers, rows) of a noun's file: the rows of `query`, by default every record that is not voided."""
    if noun.loader is not None and hasattr(noun.loader, 'export'):
        return noun.loader.export(noun, query)
    if query is None:
        scope = noun.scope(clock.today())
        query = noun.table.select().where(noun.table.live(), *([] if scope is None else [scope])).order_by(noun.table.id)
    return headers_of(noun), export_rows(noun, query)


#: what kind of value (`sheets.FORMATS`) a field's is, the first that fits
VALUES = ((Year, 'plain'), (IntCode, 'plain'), (Whole, 'number'), (Exact, 'decimal'), (Day, 'day'), (Moment, 'moment'))


def export_for_people(noun, query=None):
    """Return (headers, rows, kinds of the columns) of a noun's file as people read it: the same rows, names in place of codes."""
    _, rows = export(noun, query)
    cells = form_of_file(noun)(formdata=None, meta={'csrf': False}).cells()
    kinds = [next((kind for field, kind in VALUES if isinstance(cell, field)), None) for cell in cells]
    makers = [_names(cell) if isinstance(cell, Pointing) else {'1': 'はい', '0': 'いいえ'}.get if isinstance(cell, Flag) else None
              for cell in cells]
    headers = [f'{cell.label.text}（{cell.unit}）' if cell.unit else cell.label.text for cell in cells]
    return headers, ([text if make is None or not text else make(text) for make, text in zip(makers, row, strict=True)]
                     for row in rows), kinds


def _names(cell):
    """Return a function that turns the numbers of a field into what the records are called: a unit by its name today."""
    if cell.table is Department:
        known = {code: shown.department(id) for id, code in Department.select(Department.id, Department.code).tuples()}
    else:
        fields = cell.table._meta.fields
        name = next((fields[name] for name in ('name', 'title') if name in fields), None)
        known = {} if name is None else {str(number): f'{number} {words}' for number, words in cell.table.select(cell.by, name).tuples()}
    several = isinstance(cell, Refs)
    return lambda text: '、'.join(known.get(part, part) for part in (text.split(';') if several else [text]))


def send(noun, query, format, encoding, people=False):
    """Answer with a noun's file, read from one state; the chain's head is in its name's place of the response headers."""
    with connection.snapshot():
        return _file(noun, query, format, encoding, people)


def _file(noun, query, format, encoding, people):
    stamp = clock.today().strftime('%Y%m%d')
    if people:
        headers, rows, kinds = export_for_people(noun, query)
        stamp += '-people'
    else:
        (headers, rows), kinds = export(noun, query), None
    try:
        if format == 'xlsx':
            body, kind = sheets.write_xlsx(headers, rows, noun.title, kinds), 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'
        else:
            body = sheets.write_csv(headers, rows, 'cp932' if encoding == 'cp932' else 'utf-8-sig')
            kind = 'text/csv; charset=' + ('Shift_JIS' if encoding == 'cp932' else 'utf-8')
    except sheets.Unreadable as error:
        return render_template('files/lost.html', noun=noun, problems=error.problems[:200], crumbs=crumbs(noun, ('書き出し', None))), 422
    head = trail.head()
    return Response(body, headers={
        'Content-Type': kind, 'Content-Disposition': f'attachment; filename="{noun.name}-{stamp}.{format}"',
        'X-Trail-Head': f'{head.seq}:{head.hash}'})


def headers_of_file(noun):
    """Return [(Japanese header, key, whether a new record needs it)] of a noun's import file."""
    return [(cell.header, cell.key, cell.unguessed) for cell in form_of_file(noun)(formdata=None, meta={'csrf': False}).cells()]


def end_of(day):
    """Return the last moment of a day: the next one begins with its first, which is no longer this day."""
    return day_bounds(day, day)[1] - timedelta.resolution


def export_as_of(noun, day):
    """Return (headers, rows) of a noun's file as recorded up to the end of a day, replayed from the trail."""
    until = end_of(day)
    rows, scope = [row for row in past.rows_at(noun.table, until).values() if row['voided_at'] is None], noun.scope(day)
    if scope is not None:
        held = {id for (id,) in noun.table.select(noun.table.id).where(scope).tuples()}
        rows = [row for row in rows if row['id'] in held]
    if hasattr(noun.loader, 'export'):
        return noun.loader.export(noun, [twin_of(noun.table, row) for row in rows], until)
    form = form_of_file(noun)(formdata=None, meta={'csrf': False})
    noun.new_form(form)
    fields = form.cells()
    keys = {}
    for field in fields:
        if hasattr(field, 'table'):
            keys[field.short_name] = {id: row[field.by.name] for id, row in past.rows_at(field.table, until).items()}
    kept = {field.short_name: field.kept_at(lambda table: past.rows_at(table, until)) for field in fields if hasattr(field, 'kept_at')}
    links = {}
    for field in form.links():
        found = links.setdefault(field.short_name, {})
        for row in past.rows_at(field.link, until).values():
            if row['voided_at'] is None:
                found.setdefault(row[field.own], []).append(keys[field.short_name][row[field.other]])

    def text(field, row):
        if field.short_name in links:
            return ';'.join(sorted(links[field.short_name].get(row['id'], ())))
        if field.short_name in kept:
            return field.text(kept[field.short_name].get(row['id']))
        value = row.get(field.attr)
        return keys[field.short_name].get(value, '') if field.short_name in keys and value is not None else \
            field.text(value)
    return [field.header for field in fields], ([text(field, row) for field in fields] for row in rows)


def twin_of(table, values):
    """Return an unsaved row of a table holding replayed values."""
    row = table()
    row.__data__ = dict(values)
    return row
