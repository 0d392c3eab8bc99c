"""The documents (文書) of a record as its page shows and takes them."""
from datetime import datetime
from functools import cache
from typing import NamedTuple

from flask import abort, current_app, flash, redirect, render_template, request, url_for
from peewee import JOIN, fn
from werkzeug.datastructures import FileStorage

from audits.files import FOLDER, Store
from forms.attachments import AttachmentForm, UploadForm
from models import Attachment, Person
from models.attachments import ATTACHMENT_KINDS
from models.rules.attachments import shown_size
from models.statements import Prepared

from ..web.guard import allowed, signed_in
from ..web.submission import filled_form, signed
from . import attaching, contents
from .attaching import FIELD, File, Uploads, may_change, may_change_row, record_of
from .noun import Part
from .saving import Forbidden, Saved

#: how many files a record's page shows; all of them are on a page of their own
SHOWN = 20


class Version(NamedTuple):
    """One version of a document in plain values, as its line is made of them once."""

    id: int
    kind: str
    name: str
    version: int
    size: int
    at: datetime
    by: str
    note: str | None
    is_inline: bool


class Document(NamedTuple):
    """A document: its newest version, the earlier ones, and whether its reader may change it."""

    latest: Version
    former: list
    can_change: bool


class Section(NamedTuple):
    """The documents of a record as a page shows them: the newest, and how many there are."""

    documents: list
    total: int
    more: bool
    can_attach: bool


def _prepared(most):
    return Prepared(lambda table, row: Attachment.select(
        Attachment.id, Attachment.kind, Attachment.first, Attachment.version, Attachment.name,
        Attachment.note, Attachment.media_type, Attachment.size, Attachment.at, Person.name.alias('by_name'),
        Person.role.alias('by_role')).join(Person, JOIN.LEFT_OUTER).where(
        Attachment.table == table, Attachment.row == row, Attachment.live(),
    ).order_by(Attachment.id.desc()).limit(most))


_newest, _every = _prepared(SHOWN + 1), _prepared(attaching.MOST)
_number = Prepared(lambda table, row: Attachment.select(
    fn.COUNT(fn.COALESCE(Attachment.first, Attachment.id).distinct()).alias('number')).where(
    Attachment.table == table, Attachment.row == row, Attachment.live()))


def section_of(noun, record, every=False):
    """Return the Section of a record's documents, the newest first."""
    can, who = not record.voided_at and allowed(noun.permit('attach'), record), signed_in()
    key = record._meta.table_name, record.id
    rows = (_every if every else _newest)(*key)
    more = not every and len(rows) > SHOWN
    versions, changeable = {}, {}
    for row in rows[:SHOWN] if more else rows:
        if can and row.by_role not in changeable:
            changeable[row.by_role] = may_change(row.by_role, noun, record, who)
        given, document = row.__data__, row.__data__['first'] or row.id
        versions.setdefault(document, []).append((row.by_role, Version(
            row.id, given['kind'], given['name'], given['version'], given['size'], given['at'],
            row.by_name or 'システム', given['note'], given['media_type'] in contents.INLINE)))
    found = []
    for some in versions.values():
        if len(some) > 1:
            some.sort(key=lambda pair: -pair[1].version)
        role, latest = some[0]
        found.append(Document(latest, [version for _, version in some[1:]], changeable.get(role, False)))
    total = _number(*key)[0].number if more else len(found)
    return Section(found, total, more, can)


class HangingPart(Part):
    """The documents of the records of a noun: the record that one hangs on decides who may write it."""

    def governing(self, row):
        return record_of(row)


def _refuse_others(row, by):
    if not may_change_row(row, by):
        yield 'reason', 'ほかの担当が添付した文書は取り消せません。'


@cache
def part_of(name):
    """Return the Part of the documents of a noun's records."""
    return HangingPart(name='attachments', title='文書', table=Attachment, form=AttachmentForm,
                       permit_names=dict.fromkeys(('create', 'edit', 'void'), f'{name}.attach'),
                       cannot_void=_refuse_others)


def store():
    """Return the Store of this application."""
    return Store(current_app.config['INSTANCE'] / FOLDER)


def limits():
    return current_app.config['FILE_LIMITS']


def sent_files(form=None, **more):
    """Return the Uploads that this request sends in a form, as the form describes them."""
    files = [File(one.filename or '', one.stream) for one in request.files.getlist(FIELD)
             if isinstance(one, FileStorage) and one.filename]
    return Uploads(files, store(), limits(), form and form.kind.data, form and form.note.data, **more)


class FileField(NamedTuple):
    """The field of a form that takes documents beside a record's own fields, and what it takes."""

    label: str
    kind: str
    words: str
    limits: object


def field_of(noun, record=None, label='文書', kind='other'):
    """Return the FileField of a form whose record the person may hang documents on, or None.

    `kind` is what its documents are where their names do not tell.
    """
    if 'show' not in noun.views or not allowed(noun.permit('attach'), record):
        return None
    return FileField(label, kind, f'ここから一緒に添付できます。{limit_words()}', limits())


def limit_words():
    """Return in words what may be attached at once."""
    size, files, together = limits()
    return (f'一度に{files}個まで、1つ{shown_size(size)}まで（合わせて{shown_size(together)}まで）。'
            'PDF、画像、Word、Excel、PowerPoint、テキスト、ZIPなど')


def handle_attach(noun, record, crumbs):
    """Handle the page on which files are hung on a record; return a response."""
    if record.voided_at:
        abort(404)
    former = former_of(noun, record)
    form = filled_form(UploadForm, data={} if former is None else {'kind': former.kind})
    status, back = 200, url_for('.show', id=record.id)
    problems = []
    if request.method == 'POST':
        problems = [(name, words) for name, words in form.all_errors(None)]
        uploads = sent_files(form, former=former)
        outcome = None if problems else attaching.attach(noun, record, uploads, **signed())
        if isinstance(outcome, Saved):
            flash(f'文書を{len(uploads.rows)}個添付しました。' if former is None
                  else f'「{former.name}」の新しい版（第{uploads.rows[0].version}版）を添付しました。')
            return redirect(f'{back}#documents', code=303)
        if isinstance(outcome, Forbidden):
            abort(403)
        problems = [words for name, words in (outcome.problems if outcome else uploads.problems())
                    if name == FIELD]
        status = 422
    page = render_template('attachments/new.html', noun=noun, row=record, form=form, former=former,
                           problems=problems, section=section_of(noun, record, every=True), cancel=back,
                           crumbs=crumbs, words=limit_words(), limits=limits())
    return page, status


def former_of(noun, record):
    """Return the document of a record that the address names as the one before, None where it names none."""
    asked = request.args.get('former', '')
    if not asked:
        return None
    row = Attachment.by_id(int(asked)) if asked.isascii() and asked.isdecimal() and len(asked) < 16 else None
    if (row is None or row.voided_at or (row.table, row.row) != (record._meta.table_name, record.id)
            or not may_change_row(row, signed_in())):
        abort(404)
    return row


KINDS = ATTACHMENT_KINDS
