"""Comments and questions (コメント・質問) that hang on records, and the answers to questions."""
from peewee import CharField, DateField, ForeignKeyField, IntegerField

from .base import BY_RECORD, CodeField, LongField, MomentField, Table
from .organisation import Department
from .people import Person

COMMENT_KINDS = {'comment': 'コメント', 'question': '質問', 'answer': '回答'}


class Comment(Table):
    """One comment on a record, question about it, or answer to a question.

    A question is addressed to a person or a unit. It waits for them until `answered_at`, and is over from
    `closed_at` on. `about` is what the record was called when it was written.
    """

    owned_by = BY_RECORD

    table = CharField(max_length=60, column_name='table_name')
    row = IntegerField(column_name='row_id')
    about = CharField(max_length=300)
    kind = CodeField(COMMENT_KINDS)
    text = LongField(2000)
    question = ForeignKeyField('self', null=True, backref='answers', on_delete='RESTRICT')
    person = ForeignKeyField(Person, null=True, backref='comments', on_delete='RESTRICT')
    at = MomentField()
    to_person = ForeignKeyField(Person, null=True, backref='questions', on_delete='RESTRICT')
    to_unit = ForeignKeyField(Department, null=True, backref='questions', on_delete='RESTRICT')
    answer_by = DateField(null=True)
    answered_at = MomentField(null=True)
    closed_at = MomentField(null=True)

    class Meta:
        indexes = ((('table', 'row'), False),)

    checks = {
        'question_addressed': "(kind = 'question') = (to_person_id IS NOT NULL OR to_unit_id IS NOT NULL)",
        'one_addressed': 'to_person_id IS NULL OR to_unit_id IS NULL',
        'answer_to_question': "(kind = 'answer') = (question_id IS NOT NULL)",
        'question_waits': "kind = 'question' OR (answer_by IS NULL AND answered_at IS NULL "
                          'AND closed_at IS NULL)',
    }

    @property
    def label(self):
        text = ' '.join(self.text.split())
        return f'{self.about}「{text if len(text) <= 40 else text[:39] + "…"}」'

    @classmethod
    def led_by(cls, leading, table, id):
        return (cls.table == table._meta.table_name) & (leading == id)
