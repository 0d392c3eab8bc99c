"""The forms of comments, questions and answers (コメント・質問・回答)."""
from models.organisation import Department
from models.people import Person

from .base import Form
from .fields import Code, Day, Long, Ref

#: what is written on a record; an answer is written under its question
WRITTEN = {'comment': 'コメント', 'question': '質問'}


class CommentForm(Form):
    kind = Code('種類', WRITTEN, required=True, hint='質問は、宛先の人のホームとベルに出ます')
    text = Long('内容', required=True, max=2000, hint='この記録を見られる人が読めます。書き直せません')
    to_person_email = Ref('宛先の人', Person, 'email', attr='to_person', select=True,
                          missing='選べません。利用中の人から選んでください',
                          hint='質問のときに、人か所属のどちらかを選びます')
    to_unit_code = Ref('宛先の所属', Department, 'code', attr='to_unit', select=True)
    answer_by = Day('回答の期限', hint='空欄なら、期限のない対応待ちになります')

    def cross_check(self, row):
        to = [name for name in ('to_person_email', 'to_unit_code') if self.value_of(name)]
        if self.kind.data == 'question':
            if not to:
                yield 'to_person_email', '質問の宛先を、人か所属から選んでください。'
            elif len(to) == 2:
                yield 'to_unit_code', '宛先は、人か所属のどちらか1つにしてください。'
        elif self.kind.data == 'comment':
            for name in (*to, *(['answer_by'] if self.answer_by.data else [])):
                yield name, 'コメントには入れられません。種類を「質問」にしてください。'


class AnswerForm(Form):
    text = Long('回答', required=True, max=2000, hint='この記録を見られる人が読めます。書き直せません')
