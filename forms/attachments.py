"""The form of a document (文書): what kind it is, and what there is to say of it."""
from models.attachments import ATTACHMENT_KINDS

from .base import Form
from .fields import Code, Text


class AttachmentForm(Form):
    kind = Code('種類', ATTACHMENT_KINDS, required=True)
    note = Text('メモ', max=500)


class UploadForm(Form):
    """What is said of files that are attached together."""

    kind = Code('文書の種類', ATTACHMENT_KINDS, hint='選ばなければ、ファイル名から決めます（見積、契約など）')
    note = Text('文書のメモ', max=500)
