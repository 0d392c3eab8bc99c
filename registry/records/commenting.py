"""Comments and questions (コメント・質問) on records: what is written, answered, closed, and who is told."""
from functools import cache
from typing import NamedTuple

from peewee import JOIN, SQL, fn

from audits import history, trail
from forms.comments import AnswerForm, CommentForm
from models import Comment, Person
from models.organisation import subtree
from models.rules import calendar
from models.statements import Prepared
from models.visibility import condition, visible

from ..core import clock
from ..core.memo import cached
from ..core.permits import allowed
from ..web.guard import signed_in
from . import display
from .noun import Due, Part, of_table
from .saving import ChangedMeanwhile, Forbidden, Refused, Saved, day_of, read_required_reason

#: how many comments and questions may hang on one record, and how many of the newest its page shows
MOST, SHOWN = 1000, 20
CLOSED = 'この質問は終わっています。新しい質問を書いてください。'
GONE = 'この質問は取り消されました。'


def record_of(row):
    """Return the record that a comment hangs on, or None."""
    table = history.TABLES.get(row.table)
    return None if table is None else table.by_id(row.row)


def units_of(person, day):
    """Return the ids of the units whose questions are a person's to answer."""
    return cached(('units below', day, person.department_id), lambda: subtree(person.department_id, day))


def is_asked(row, person, day):
    """Tell whether a question is addressed to a person, or to a unit of theirs."""
    return row.to_person_id == person.id or row.to_unit_id in units_of(person, day)


def open_tables(person, day):
    """Return the names of the tables on whose records open questions stand that a person has to do with."""
    return cached(('open questions', day, person.id, person.department_id), lambda: [
        name for (name,) in Comment.select(Comment.table).where(
            _open(), _asked(person, day) | (Comment.person == person.id)).distinct().order_by(
            Comment.table).tuples()])


def _open():
    return Comment.live() & Comment.closed_at.is_null() & (Comment.kind == 'question')


def _asked(person, day):
    return (Comment.to_person == person.id) | Comment.to_unit.in_(sorted(units_of(person, day)))


def _seen(person, day):
    """Return the condition that the record a question stands on is not voided, and seen by a person.

    It names the tables that have such questions alone: all others may change without it being asked anew.
    """
    found = Comment.id.is_null()
    for name in open_tables(person, day):
        table = history.TABLES[name]
        limit = condition(table, person, day)
        stands = table.select(SQL('1')).where(table.id == Comment.row, table.live(),
                                              *([] if limit is None else [limit]))
        found |= (Comment.table == name) & fn.EXISTS(stands)
    return found


def addressed(person, day):
    """Return the condition that a question is asked of a person, or of a unit of theirs."""
    return _asked(person, day) & _seen(person, day)


def asked_by(person, day):
    """Return the condition that a person asked a question."""
    return (Comment.person == person.id) & _seen(person, day)


def may_close(row, person, day):
    """Tell whether a person may end a question: who asked it, and who was asked."""
    return person is not None and (row.person_id == person.id or is_asked(row, person, day))


def may_see(noun, record, person, day):
    return (person.is_active and not person.voided_at and allowed(noun.permit('read'), record, person)
            and visible(person, record, day))


def sees_in_unit(noun, record, unit, day):
    """Return whether somebody of a unit sees a record; None where nobody of it signs in."""
    people = Person.select().where(Person.live(), Person.is_active, Person.department == unit)
    of_role = {person.role: person for person in people}
    return any(may_see(noun, record, person, day) for person in of_role.values()) if of_role else None


def prepare_comment(row, before, form, by, at):
    """Yield (field name, message) of why what is written is not kept; note whether it answers a question."""
    record, day = record_of(row), day_of(at)
    noun = of_table(type(record))
    if record.voided_at:
        yield '', 'この記録は取り消されています。'
    if Comment.select().where(hanging_on(record)).count() >= MOST:
        yield '', f'1つの記録に書けるのは{MOST:,}件までです。'
    if row.question_id:
        if problem := question_problem(row.question_id):
            yield 'text', problem
        return
    if row.to_person_id and not may_see(noun, record, Person.by_id(row.to_person_id), day):
        yield 'to_person_email', 'この人はこの記録を見られません。見られる人を選んでください。'
    if row.to_unit_id and not (sees := sees_in_unit(noun, record, row.to_unit_id, day)):
        yield 'to_unit_code', (
            'この所属に利用者がいません。ほかの所属か人を選んでください。' if sees is None
            else 'この所属の人はこの記録を見られません。見られる所属か人を選んでください。')
    if row.answer_by and row.answer_by < day:
        yield 'answer_by', '回答の期限は、きょう以後の日にしてください。'


def question_problem(id):
    """Return why a question takes no answer any more, '' where it does."""
    question = Comment.by_id(id)
    return GONE if question.voided_at else CLOSED if question.closed_at else ''


def settle_question(act, row, before, today):
    """Let a question be answered by an answer of another, and wait again after one of who asked it."""
    if not row.question_id:
        return
    if problem := question_problem(row.question_id):
        raise ChangedMeanwhile([('text', problem)])
    note_answer(act, Comment.by_id(row.question_id))


def note_answer(act, question):
    """Write since when a question is answered: its last answer is another's than who asked it.

    On a record that everybody reads everybody may answer: what counts is who was asked, and the desk.
    """
    day = day_of(act.at)
    answers = Comment.select(Comment, Person).join(Person, JOIN.LEFT_OUTER, on=Comment.person).where(
        Comment.question == question.id, Comment.live()).order_by(Comment.id.desc())
    last = next((answer for answer in answers if answer.person_id in (None, question.person_id)
                 or answer.person.role == 'it' or is_asked(question, answer.person, day)), None)
    answered = last is not None and last.person_id != question.person_id
    if answered != (question.answered_at is not None):
        question.answered_at = last.at if answered else None
        act.save(question)


def may_void(row, person):
    return person is None or person.role == 'it' or row.person_id == person.id


def void(noun, row, *, by, at, channel, reason, request_id=''):
    """Void something written with a reason, as one act; return the outcome."""
    if not allowed(noun.permit('comment'), record_of(row), by) or not may_void(row, by):
        return Forbidden()
    reason, wrong = read_required_reason(reason)
    if wrong:
        return Refused(wrong)
    with trail.act('comments.void', by=by, at=at, channel=channel, reason=reason,
                   request_id=request_id) as act:
        stands = Comment.by_id(row.id)
        if stands.voided_at:
            return Refused([('reason', 'もう取り消されています。')])
        if Comment.select().where(Comment.question == row.id, Comment.live()).exists():
            return Refused([('reason', '回答のある質問は取り消せません。'
                                       '終わらせるときは「質問を終える」を押してください。')])
        act.void(stands, reason)
        if stands.question_id:
            note_answer(act, Comment.by_id(stands.question_id))
    return Saved(stands, act=act.seq)


class WrittenPart(Part):
    """What is written on the records of a noun: the record decides who may write."""

    def governing(self, row):
        return record_of(row)


@cache
def part_of(name, form=CommentForm):
    """Return the Part of what is written on a noun's records."""
    return WrittenPart(name='comments', title='コメント・質問', table=Comment, form=form,
                       prepare=prepare_comment, after=settle_question,
                       permit_names={'create': f'{name}.comment'})


def _waits():
    return Comment.answered_at.is_null() & Comment.closed_at.is_null() & (Comment.kind == 'question')


_TELL = {'whose': addressed, 'page': '/comments/{id}'}
#: the duties of all that is written, whatever it hangs on
duties = Part(
    name='comments', title='コメント・質問', table=Comment, form=CommentForm, due=(
        Due('answer_by', '質問への回答', open=_waits, **_TELL),
        Due('waiting', '回答を待つ質問', waits=True, on=lambda: Comment.at, read=calendar.day_of_moment,
            open=lambda: _waits() & Comment.answer_by.is_null(), **_TELL),
        Due('answered', '回答のあった質問', waits=True, on=lambda: Comment.answered_at,
            read=calendar.day_of_moment, page='/comments/{id}',
            whose=asked_by,
            open=lambda: Comment.closed_at.is_null() & (Comment.kind == 'question'))))


def hanging_on(record):
    """Return the condition on what is written on a record and not voided."""
    return Comment.led_by(Comment.row, type(record), record.id) & Comment.live()


def place_of(noun, record, by, at, question=None):
    """Return the columns of something written on a record that its form does not ask for."""
    kind = {'kind': 'answer', 'question': question} if question else {}
    return {'table': record._meta.table_name, 'row': record.id, 'about': record.label[:300],
            'person': by and by.id, 'at': at} | kind


def close(noun, row, *, by, at, channel, request_id=''):
    """End a question as one act; return the outcome."""
    record = record_of(row)
    if not allowed(noun.permit('comment'), record, by) or not may_close(row, by, day_of(at)):
        return Forbidden()
    with trail.act('comments.close', by=by, at=at, channel=channel, request_id=request_id) as act:
        stands = Comment.by_id(row.id)
        if stands.voided_at or stands.closed_at:
            return Refused([('', GONE if stands.voided_at else CLOSED)])
        stands.closed_at = act.at
        act.save(stands)
    return Saved(stands, act=act.seq)


# --- what a record's page shows ---

class Written(NamedTuple):
    """A comment, question or answer in plain values, as its lines are made of them once."""

    id: int
    kind: str
    text: str
    at: object
    by: str
    to: str
    answer_by: object
    state: str
    can_void: bool


class Thread(NamedTuple):
    """A comment, or a question with its answers; what its reader may do with it."""

    first: Written
    answers: list
    acts: tuple


class Section(NamedTuple):
    """What is written on a record as its page shows it: the newest threads, and how many there are."""

    threads: list
    total: int
    more: bool
    waiting: int


def _prepared(most):
    asked = Person.alias()
    return Prepared(lambda table, row: Comment.select(
        Comment.id, Comment.kind, Comment.text, Comment.question, Comment.person, Comment.at,
        Comment.to_person, Comment.to_unit, Comment.answer_by, Comment.answered_at, Comment.closed_at,
        Person.name.alias('by_name'), asked.name.alias('to_name'),
    ).join(Person, JOIN.LEFT_OUTER, on=Comment.person == Person.id).join_from(
        Comment, asked, JOIN.LEFT_OUTER, on=Comment.to_person == asked.id).where(
        Comment.table == table, Comment.row == row, Comment.live()).order_by(Comment.id.desc()).limit(most))


_newest, _every = _prepared(SHOWN + 1), _prepared(MOST)
NOTHING = Section([], 0, False, 0)


def state_of(row):
    if row.kind != 'question':
        return ''
    return 'closed' if row.closed_at else 'answered' if row.answered_at else 'waiting'


def section_of(record, every=False):
    """Return the Section of what is written on a record for the person signed in, the newest first."""
    rows = (_every if every else _newest)(record._meta.table_name, record.id)
    if not rows:
        return NOTHING
    person, day = signed_in(), clock.today()
    more, found, answers = not every and len(rows) > SHOWN, {}, {}
    rows = rows[:SHOWN] if more else rows
    for row in rows:
        if row.question_id:
            answers.setdefault(row.question_id, []).append(row)
    missing = answers.keys() - {row.id for row in rows}
    if missing:
        rows = [*rows, *(row for row in _every(record._meta.table_name, record.id) if row.id in missing)]
    for row in rows:
        if not row.question_id:
            told = [written(answer, person) for answer in reversed(answers.get(row.id, ()))]
            found[row.id] = Thread(written(row, person, not told),
                                   told, acts_of(row, person, day))
    total = count_on(record) if more else len(rows)
    return Section(list(found.values()), total, more,
                   sum(thread.first.state == 'waiting' for thread in found.values()))


def written(row, person, last=True):
    to = row.to_name or (display.department(row.to_unit_id) if row.to_unit_id else '')
    return Written(row.id, row.kind, row.text, row.at, row.by_name or 'システム', to, row.answer_by,
                   state_of(row), last and may_void(row, person))


def acts_of(row, person, day):
    """Return what a person may do with a question: answer it, end it."""
    if row.kind != 'question' or row.closed_at is not None:
        return ()
    return ('answer', 'close') if may_close(row, person, day) else ('answer',)


def count_on(record):
    return Comment.select().where(hanging_on(record)).count()


__all__ = ['AnswerForm', 'CommentForm', 'Section', 'close', 'duties', 'part_of', 'place_of', 'record_of',
           'section_of', 'void']
