"""Comments and questions (コメント・質問) in the JSON API: those of a record, and writing one."""
from functools import partial

from flask import abort
from peewee import JOIN

from forms.json_values import Json
from models import Comment, Department, Person
from models.rules import calendar

from .api_answers import answer, api_signed
from .core import clock
from .records import commenting, pages, saving
from .web.guard import require, signed_in
from .web.queries import json_body, query_args, refuse
from .web.submission import viewer

#: the member that makes what is written an answer
QUESTION = 'question'


def items(condition):
    """Return what is written and fulfils a condition as JSON, the newest first."""
    asked = Person.alias()
    rows = Comment.select(Comment, Person.name, asked.email.alias('to_email'),
                          Department.code.alias('to_code')).join(
        Person, JOIN.LEFT_OUTER, on=Comment.person == Person.id).join_from(
        Comment, asked, JOIN.LEFT_OUTER, on=Comment.to_person == asked.id).join_from(
        Comment, Department, JOIN.LEFT_OUTER, on=Comment.to_unit == Department.id).where(
        condition).order_by(Comment.id.desc()).objects()
    return [{'id': row.id, 'kind': row.kind, 'text': row.text, 'question': row.question_id,
             'by': row.name or 'システム', 'at': moment(row.at), 'to_person_email': row.to_email,
             'to_unit_code': row.to_code, 'answer_by': row.answer_by and row.answer_by.isoformat(),
             'answered_at': moment(row.answered_at), 'closed_at': moment(row.closed_at)} for row in rows]


def moment(value):
    return value and value.astimezone(calendar.JST).isoformat()


def index(noun, id):
    """Return what is written on a record."""
    query_args()
    return answer({'items': items(commenting.hanging_on(pages.find(noun, id)))})


def create(noun, id):
    """Write a comment or a question on a record; an answer, where `question` names what it answers."""
    query_args()
    record = pages.find(noun, id)
    require(noun.permit('comment'), record)
    if record.voided_at:
        refuse(409, title='取り消された記録です', action='取消を取りやめてから書いてください。')
    values = json_body()
    question = None
    if values.get(QUESTION) is not None:
        question = question_of(record, values.pop(QUESTION))
    else:
        values.pop(QUESTION, None)
    make = partial(commenting.AnswerForm if question else commenting.CommentForm, viewer=viewer())
    blank = make()
    form = make(saving.FormData({name: Json(value) for name, value in values.items()
                                 if name in blank._fields}))
    if not question:
        form.to_person_email.restrict(lambda table: table.is_active)
    if unknown := [(name[:100], 'この項目はありません。') for name in values if name not in blank._fields]:
        refuse(422, unknown + form.all_errors(None))
    outcome = saving.save(
        commenting.part_of(noun.name, type(form)), form, None,
        place=commenting.place_of(noun, record, signed_in(), clock.now(), question), **api_signed(''))
    if isinstance(outcome, saving.Forbidden):
        abort(403)
    if isinstance(outcome, saving.Refused):
        refuse(422, outcome.problems)
    return answer(items(Comment.id == outcome.row.id)[0], 201)


def question_of(record, id):
    """Return the question on a record that a request's member names; refuse any other."""
    row = Comment.by_id(id) if isinstance(id, int) and not isinstance(id, bool) else None
    if row is None or row.voided_at or row.kind != 'question' or (
            row.table, row.row) != (record._meta.table_name, record.id):
        refuse(422, [(QUESTION, 'この記録の質問の id を送ってください。')])
    return row
