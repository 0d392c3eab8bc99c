"""The pages of rows chosen in a list: changed alike in one act, or sent as a file."""
import re

from flask import flash, redirect, render_template, request

from ..core import clock
from ..web.guard import permit, signed_in
from ..web.submission import signed, viewer
from . import bulk, listing, pages, saving, sending, stages

#: how long the words may be that say which records were chosen, in which versions
MOST_WORDS = 200_000
_CHOSEN = re.compile(r'[0-9]{1,9}:[0-9;,]*(?:\|[0-9]{1,9}:[0-9;,]*)*', re.ASCII)
TOO_MANY = f'一度に変更できるのは{bulk.MOST}件までです。条件で絞り込むか、行を選んでください。'


def add_views(bp, noun):
    """Add to a noun's blueprint the views of rows chosen in its list."""
    @bp.post('/selected.xlsx')
    @permit(f'{noun.name}.read')
    def selected():
        """Send the chosen rows of the list as they are seen."""
        found = listing.Listing(noun, request.args, signed_in())
        found.conditions.append(noun.table.id.in_(chosen_ids()))
        return sending.send_file(noun, found, 'xlsx', '', layout='seen')

    if 'edit' in noun.views:
        @bp.route('/bulk', methods=['GET', 'POST'])
        @permit(f'{noun.name}.edit')
        def bulk_edit():
            """Change some fields of the chosen rows, or of all that the list's conditions find."""
            return handle_bulk(noun)


def chosen_ids():
    """Return the ids of the rows that were ticked, no more than a page has."""
    return [int(text) for text in request.form.getlist('id')[:bulk.MOST]
            if text.isascii() and text.isdigit() and len(text) < 10]


def chosen_stamps():
    """Return {id: stamp} of the records that a page of the bulk edit holds, {} where it cannot be read."""
    text = request.form.get('rows', '')
    if len(text) > MOST_WORDS or not _CHOSEN.fullmatch(text):
        return {}
    found = dict(each.split(':') for each in text.split('|')[:bulk.MOST])
    return {int(id): stamp for id, stamp in found.items()}


def rows_of(noun, found, ids):
    """Return the records of a list, those of some ids if any, in its order; one more than may be changed."""
    query = found.query(noun.table)
    return list((query.where(noun.table.id.in_(ids)) if ids else query).limit(bulk.MOST + 1))


def handle_bulk(noun):
    """Handle the three steps of a bulk edit: the rows, what is to be changed, what that comes to."""
    found = listing.Listing(noun, request.args, signed_in())
    step, stamps, ids = request.form.get('step', ''), {}, chosen_ids()
    if step in ('preview', 'save', 'edit'):
        stamps = chosen_stamps()
        ids = list(stamps) or [0]
    # what was chosen may no longer fit the conditions
    rows = rows_of(noun, listing.Listing(noun, {}, signed_in()) if ids else found, ids)
    if not rows or len(rows) > bulk.MOST:
        return page(noun, found, [], problem=TOO_MANY if rows else '変更する記録がありません。'), 422
    if step not in ('preview', 'save'):
        return page(noun, found, rows, bulk.stamps_of(noun, rows))
    fields = bulk.fields_for(noun, signed_in())
    values, wrong = values_of(noun, fields)
    reason, more = saving.read_required_reason(request.form.get('act_reason', ''))
    wrong += [('act_reason', message) for _, message in more]
    if wrong:
        return page(noun, found, rows, stamps, wrong=wrong), 422
    return preview(noun, found, rows, values, reason, stamps, step == 'save')


def values_of(noun, fields):
    """Return ({form name: text} of what is to be changed, [(field name, message)] of what is wrong)."""
    blanked = set(request.form.getlist('blank'))
    values, wrong = {}, []
    form = noun.form(viewer=viewer())
    noun.new_form(form)
    for cell in fields:
        text = request.form.get(cell.name, '')
        blank = cell.short_name in blanked and not cell.required
        if text.strip() and blank:
            wrong.append((cell.short_name, f'{cell.label.text}は、値を入れるか空欄にするかの'
                                           'どちらかにしてください。'))
        elif text.strip():
            values[cell.name] = text
            try:
                form._fields[cell.short_name].read(text)
            except ValueError as error:
                wrong.append((cell.short_name, bulk.in_words(form, cell.short_name, str(error))))
        elif blank:
            values[cell.name] = ''
    if not values and not wrong:
        wrong.append(('', '変更する項目を、1つ以上入力してください。'))
    return values, wrong


def page(noun, found, rows, stamps=None, **context):
    """Return the page that asks what is to be changed."""
    form = noun.form(viewer=viewer(), data={})
    noun.new_form(form)
    allowed = {cell.short_name for cell in bulk.fields_for(noun, signed_in())}
    sections = [(each.title, [cell for cell in each.fields if cell.short_name in allowed])
                for each in stages.form_sections(noun, form, noun.moved)]
    return render_template(
        'records/bulk.html', noun=noun, listing=found, labels=noun.table.labels_of(rows),
        rows=in_order(rows, stamps or {}), sections=[each for each in sections if each[1]],
        sent=request.form, blanked=set(request.form.getlist('blank')),
        crumbs=pages.crumbs(noun, ('まとめて変更', None)), **{'wrong': [], 'problem': '', **context})


def in_order(rows, stamps):
    """Return the words that say which records were chosen, in which versions."""
    return '|'.join(f'{row.id}:{stamps[row.id]}' for row in rows if row.id in stamps)


def preview(noun, found, rows, values, reason, stamps, save):
    """Show what a bulk edit comes to, or save it where it is still what was shown."""
    lines = bulk.read(noun, rows, values, opened=stamps, by=signed_in(), at=clock.now(), reason=reason)
    stale = [line.label for line in lines if line.stale]
    if len(rows) < len(stamps):
        stale.append(f'取り消された記録など{len(stamps) - len(rows)}件')
    refused = [line for line in lines if line.problems]
    problems = []
    if save and not stale and not refused:
        seq, problems = bulk.save(noun, lines, **signed(reason))
        if not problems:
            number = sum(bool(line.changes) for line in lines)
            flash(f'{number}件をまとめて変更しました（操作{seq}）。' if seq else '変更はありませんでした。')
            return redirect(found.url(), code=303)
    if stale or problems:
        # whoever goes on sees what stands now
        lines = bulk.read(noun, rows, values, by=signed_in(), at=clock.now(), reason=reason)
        refused = [line for line in lines if line.problems]
    changed = [line for line in lines if line.changes]
    status = 409 if stale or problems else 422 if refused and save or not changed else 200
    return render_template(
        'records/bulk_preview.html', noun=noun, listing=found, changed=changed, refused=refused,
        unchanged=[line for line in lines if not line.changes and not line.problems], stale=stale,
        problems=problems, values=values, reason=reason, all_rows='|'.join(
            f'{line.before.id}:{line.stamp}' for line in lines),
        rows='|'.join(f'{line.before.id}:{line.stamp}' for line in changed),
        crumbs=pages.crumbs(noun, ('まとめて変更', None))), status
