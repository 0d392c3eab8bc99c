"""The small forms of a record's page: one field is changed, or what is blank filled in, without the rest."""
from flask import abort, redirect, url_for

from ..core.permits import UNIT_ROLES
from ..web.guard import permit, require, signed_in
from . import pages
from .record_html import open_fields, sections_of_facts


def add_views(bp, noun):
    """Add to a noun's blueprint the views of some fields of a record alone."""
    @bp.route('/<int:id>/field/<field>', methods=['GET', 'POST'])
    @permit(f'{noun.name}.edit')
    def edit_field(id, field):
        """Change one field of a record."""
        row = find_to_edit(noun, id)
        if field not in open_to(noun):
            abort(404)
        label = noun.blank._fields[field].label.text
        return handle_fields(noun, row, {field}, f'{label}の変更', place_of(noun, field))

    @bp.route('/<int:id>/fill', methods=['GET', 'POST'])
    @permit(f'{noun.name}.edit')
    def fill(id):
        """Fill in the fields of a record that are blank."""
        row = find_to_edit(noun, id)
        blank = {name for name, value in pages.data_of(noun, row).items() if value in (None, '', [])}
        # what somebody else has filled in meanwhile is asked for still, and told of as a conflict
        return handle_fields(noun, row, (blank | sent_names(noun)) & {*open_to(noun)}, '未記入の項目の記入')


def find_to_edit(noun, id):
    row = pages.find(noun, id)
    require(noun.permit('edit'), row)
    if row.voided_at:
        abort(404)
    return row


def open_to(noun):
    return open_fields(noun, signed_in().role in UNIT_ROLES)


def sent_names(noun):
    """Return the names of the noun's fields that this request sends."""
    sent = pages.form_data() or {}
    return {field.short_name for field in noun.cells if field.name in sent}


def place_of(noun, name):
    """Return where on a record's page a field stands, as the end of an address."""
    apart = sections_of_facts(noun)[1]
    return next((f'#section-{place}' for place, (_, names) in enumerate(apart, 1) if name in names), '')


def handle_fields(noun, row, names, heading, place=''):
    """Handle the form of some fields of a record; return a response. What it leaves out stays as it is."""
    form, back = pages.form_of(noun, row), url_for('.show', id=row.id) + place
    if not names:
        return redirect(back, code=303)
    for field in form.cells():
        if field.short_name not in names:
            del form[field.short_name]
    return pages.handle_edit(
        noun, form, row, back=back, crumbs=pages.crumbs(noun, (row.label, back), (heading, None)),
        done=pages.redirect_saved(back), template='records/field.html', heading=heading,
        sections=[(title, [form[name] for name in some if name in form])
                  for part in sections_of_facts(noun) for title, some in part])
