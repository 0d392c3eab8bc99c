"""Documents (文書): the files that hang on records, by version; their bytes lie outside (`audits.files`)."""
from peewee import BigIntegerField, CharField, ForeignKeyField, IntegerField

from .base import BY_RECORD, CodeField, MomentField, Table
from .people import Person

ATTACHMENT_KINDS = {
    'quote': '見積書', 'opinion': '意見書', 'specification': '仕様書', 'plan': '企画書', 'contract': '契約書',
    'report': '報告書', 'certificate': '証明書', 'minutes': '議事録', 'other': 'その他'}


class Attachment(Table):
    """One file that hangs on a record, in one version of a document.

    `first` leads to the document's first version, and is blank for that one itself. The bytes are found by
    their SHA-256.
    """

    owned_by = BY_RECORD

    table = CharField(max_length=60, column_name='table_name')
    row = IntegerField(column_name='row_id')
    kind = CodeField(ATTACHMENT_KINDS)
    first = ForeignKeyField('self', null=True, backref='later', on_delete='RESTRICT')
    version = IntegerField(default=1)
    name = CharField(max_length=255)
    note = CharField(max_length=500, null=True)
    media_type = CharField(max_length=100)
    size = BigIntegerField()
    sha256 = CharField(max_length=64)
    person = ForeignKeyField(Person, null=True, backref='attachments', on_delete='RESTRICT')
    at = MomentField()
    search_text = CharField(max_length=400, null=True)

    class Meta:
        indexes = ((('table', 'row'), False), (('first', 'version'), True), (('sha256',), False))

    derived = frozenset({'search_text'})
    searched = ('name',)
    checks = {
        'version_positive': 'version >= 1',
        'version_follows': '(version > 1) = (first_id IS NOT NULL)',
        'size_positive': 'size > 0',
        'sha256_whole': 'length(sha256) = 64',
    }

    @property
    def label(self):
        return self.name

    @property
    def document(self):
        """The id of the document that this is a version of."""
        return self.first_id or self.id

    @classmethod
    def led_by(cls, leading, table, id):
        return (cls.table == table._meta.table_name) & (leading == id)
