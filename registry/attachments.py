"""The documents (文書) that hang on records: their bytes, what is said of them, and their voiding."""
from flask import Blueprint, abort, flash, redirect, request, url_for

from models import Attachment
from models.rules.attachments import shown_size
from models.visibility import visible

from .core import clock
from .records import attaching, contents, display, documents, pages
from .records.noun import of_table
from .web.errors import page as error_page
from .web.guard import allowed, permit, require, signed_in
from .web.sent_files import file_response
from .web.submission import filled_form

bp = Blueprint('attachments', __name__, url_prefix='/attachments')
#: what a file may do in a browser: nothing, not even know where it comes from
POLICY = "sandbox; default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'"


GONE = 'ファイルの中身が、保管場所にありません。'
VOIDING = ('一覧に出なくなり、開けなくなります。履歴とファイルの控えは残ります。'
           '前の版があれば、それが最新になります。同じファイルを添付し直すこともできます。')


def find(id):
    """Return (document, its record, the record's noun) where the person sees the record, or answer 404."""
    row = Attachment.by_id(id)
    record = None if row is None or row.voided_at else attaching.record_of(row)
    noun = None if record is None else of_table(type(record))
    if noun is None or not allowed(noun.permit('read'), record) or not visible(
            signed_in(), record, clock.today()):
        abort(404)
    return row, record, noun


def find_to_change(id):
    """Return what `find` does of a document that the person may change, or answer 404 or 403."""
    row, record, noun = find(id)
    require(noun.permit('attach'), record)
    if record.voided_at:
        abort(404)
    if not attaching.may_change_row(row, signed_in()):
        abort(403)
    return row, record, noun


def answer_file(row, inline, media_type):
    """Return the answer that hands out a document: nothing in it may run. None where its bytes are gone."""
    store = documents.store()
    if store.problem(row.sha256, row.size, contents=False):
        return None
    found = file_response(store.path(row.sha256), row.size, media_type, row.name, inline)
    found.headers['Content-Security-Policy'] = POLICY
    return found


@bp.get('/<int:id>')
@permit('attachments.read')
def show(id):
    """Hand out a document: a PDF or a picture to be looked at, anything else to be kept."""
    row, _, _ = find(id)
    inline = row.media_type in contents.INLINE and request.args.get('download') != '1'
    return answer_file(row, inline, row.media_type) or error_page(
        500, 'ファイルを渡せませんでした。',
        f'{GONE}情報政策の担当者に伝えてください。',
        title='ファイルがありません')


def crumbs(noun, record, row, words):
    back = url_for(f'{noun.name}.show', id=record.id)
    return f'{back}#documents', pages.crumbs(noun, (display.display_name(record), back),
                                             (f'{row.name}の{words}', None))


@bp.route('/<int:id>/edit', methods=['GET', 'POST'])
@permit('attachments.edit')
def edit(id):
    """Say another kind or note of a document."""
    row, record, noun = find_to_change(id)
    part = documents.part_of(noun.name)
    back, way = crumbs(noun, record, row, '編集')

    def done(outcome):
        flash('変更を保存しました。' if outcome.changed else '変更はありませんでした。')
        return redirect(back, code=303)
    form = filled_form(part.form, data={'kind': row.kind, 'note': row.note})
    return pages.handle_edit(part, form, row, back=back, crumbs=way, done=done,
                             conflict_message='画面を開いたあとに、この文書が変更されました。もう一度押してください。')


@bp.route('/<int:id>/void', methods=['GET', 'POST'])
@permit('attachments.void')
def void(id):
    """Void a document that was attached by mistake: the version before it is the newest again."""
    row, record, noun = find_to_change(id)
    back, way = crumbs(noun, record, row, '取消')
    return pages.handle_void(documents.part_of(noun.name), row, back, way, reusable=True, about=VOIDING)


def register(app):
    """Let templates say how large a document is."""
    app.jinja_env.filters['size'] = shown_size
    app.jinja_env.globals['DOCUMENT_KINDS'] = documents.KINDS
