"""Documents (文書) in the JSON API: those of a record, one attached as a request's body, one handed out."""
import shutil
from tempfile import SpooledTemporaryFile

from flask import abort, request, url_for
from peewee import JOIN

from forms.json_values import Json
from models import Attachment, Person
from models.attachments import ATTACHMENT_KINDS
from models.rules import calendar

from . import attachments
from .api_answers import answer, api_signed, bp
from .records import attaching, documents, pages, saving
from .web import errors
from .web.guard import permit, require
from .web.queries import choice, json_body, number, query_args, refuse

#: what is said of a file beside its bytes, and what kind of body these are
SAID, BYTES = ('name', 'kind', 'note', 'former'), 'application/octet-stream'
#: how much of a body is held in memory
HELD = 512 * 1024


def items(condition):
    """Return the documents that fulfil a condition as JSON, the newest first."""
    rows = Attachment.select(Attachment, Person).join(Person, JOIN.LEFT_OUTER).where(
        condition).order_by(Attachment.id.desc())
    return [{'id': row.id, 'name': row.name, 'kind': row.kind, 'note': row.note, 'version': row.version,
             'document': row.document, 'media_type': row.media_type, 'size': row.size, 'sha256': row.sha256,
             'at': row.at.astimezone(calendar.JST).isoformat(), 'by': row.person.name if row.person else '',
             'voided': bool(row.voided_at)} for row in rows]


def index(noun, id):
    """Return the documents of a record."""
    query_args()
    return answer({'items': items(attaching.hanging_on(pages.find(noun, id)))})


def attach(noun, id):
    """Hang the file that is the body of a request on a record; `former` is the version before it."""
    args = query_args(*SAID)
    record = pages.find(noun, id)
    require(noun.permit('attach'), record)
    if record.voided_at:
        refuse(409, title='取り消された記録です', action='取消を取りやめてから添付してください。')
    kind = choice(args, 'kind', tuple(ATTACHMENT_KINDS)) or None
    try:
        note = documents.part_of(noun.name).blank.note.read(args.get('note', ''))
    except ValueError as error:
        refuse(422, [('note', str(error))])
    if request.mimetype != BYTES:
        abort(415)
    former = documents.former_of(noun, record) if number(args, 'former', 0) else None
    with SpooledTemporaryFile(HELD) as body:
        shutil.copyfileobj(request.stream, body)
        uploads = attaching.Uploads([attaching.File(args.get('name', ''), body)], documents.store(),
                                    documents.limits(), kind, note, former)
        outcome = attaching.attach(noun, record, uploads, **api_signed())
    if isinstance(outcome, saving.Forbidden):
        abort(403)
    if isinstance(outcome, saving.Refused):
        refuse(422, [('', words) for _, words in outcome.problems])
    id = uploads.rows[0].id
    return answer(items(Attachment.id == id)[0], 201, Location=url_for('.attachment', id=id))


@bp.get('/attachments/<id:id>')
@permit('attachments.read')
def attachment(id):
    """Hand out the bytes of a document."""
    query_args()
    row, _, _ = attachments.find(id)
    return attachments.answer_file(row, False, BYTES) or errors.problem(
        500, message=attachments.GONE, action='情報政策の担当者に伝えてください。')


@bp.post('/attachments/<id:id>/void')
@permit('attachments.void')
def void_attachment(id):
    """Void a document with a reason."""
    query_args()
    row, _, noun = attachments.find_to_change(id)
    values = json_body()
    if unknown := [(key[:100], 'この項目はありません。') for key in values if key != 'reason']:
        refuse(422, unknown)
    outcome = saving.void(documents.part_of(noun.name), row, **api_signed(Json(values.get('reason'))))
    if isinstance(outcome, saving.Refused):
        refuse(422, outcome.problems)
    return answer(items(Attachment.id == id)[0])
