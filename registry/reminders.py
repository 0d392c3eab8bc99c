"""Reminders (お知らせ): one mail a person and day that tells of duties, of each once a stage.

See docs/decisions/0031: what a mail tells is written down before it goes, so that nothing goes twice.
"""
from collections import Counter
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import NamedTuple

from peewee import chunked, fn

from audits import trail
from models import Digest, Person, Reminder, db
from models.reminders import FAILED, SENDING, SENT, UNSURE
from models.rules import calendar, duties

from .core import clock, mail
from .records import dues

#: how many duties a mail names
NAMED = 30
#: what else may become of a mail: an earlier run ended before it was known to be sent; it would be sent; the
#: server takes no more, so that all others wait too
LEFT, PLANNED, STOPPED = 'left', 'planned', 'stopped'
#: what a mail says of each stage
HEADS = {duties.LATE: '期限を過ぎました', duties.TODAY: 'きょうが期限です',
         duties.COMING: '期限が近づきました', duties.WAITING: '対応を待っています'}


class Outcome(NamedTuple):
    """What became of the mail of a person: its state, how many duties it tells of by stage, what was said."""

    person: Person
    state: str
    stages: dict
    words: str = ''


def people():
    """Return who may sign in, in the order of their addresses."""
    return list(Person.select().where(Person.live(), Person.is_active).order_by(Person.email))


def news_of(person):
    """Return ({(code, row): (day, stage)} of what a person is to be told, [(code, row)] told and gone)."""
    told = {(kind, row): (day, stage) for kind, row, day, stage in Reminder.select(
        Reminder.kind, Reminder.row, Reminder.day, Reminder.stage).where(
            Reminder.person == person, Reminder.sent).tuples()}
    stands = dues.announced(person)
    if person.role in dues.OVERSEERS:
        stands = {key: state for key, state in stands.items() if state[1] == duties.LATE}
    news = {key: state for key, state in stands.items() if duties.is_news(*state, told.get(key))}
    return news, [key for key in told if key not in stands]


def stages_of(news):
    """Return {stage: number} of some news, the most urgent first."""
    found = Counter(stage for _, stage in news.values())
    return {stage: found[stage] for stage in duties.STAGES if found[stage]}


def plan():
    """Yield the Outcome of each person who would get a mail now; nothing is written."""
    today = clock.today()
    digests = {digest.person_id: digest for digest in Digest.select()}
    for person in people():
        if has_had(digests.get(person.id), today):
            continue
        if news := news_of(person)[0]:
            yield Outcome(person, PLANNED, stages_of(news))


def has_had(digest, today):
    """Tell whether a person has had the mail of a day, or may have had it."""
    return digest is not None and digest.day == today and digest.state != FAILED


def remind(server, sender, home):
    """Send everybody's mail and yield an Outcome of each, and of each that an earlier run left half.

    It ends where the server takes no more.
    """
    today = clock.today()
    for person in people():
        digest = Digest.get_or_none(Digest.person == person)
        if digest is not None and digest.state == SENDING:
            # whether it went nobody knows: it is told, and not sent again
            settle(person, UNSURE)
            digest.state = UNSURE
            yield Outcome(person, LEFT, {}, calendar.show_day(digest.day))
        news, gone = news_of(person)
        forget(person, gone)
        if not news or has_had(digest, today):
            continue
        stages = stages_of(news)
        try:
            message = message_of(person, news, today, sender, home)
        except (MessageError, ValueError, IndexError):
            yield Outcome(person, FAILED, stages, 'メールアドレスの形が正しくありません')
            continue
        note(person, today, news)
        try:
            server.send(message)
        except mail.Unsure as error:
            settle(person, UNSURE)
            yield Outcome(person, UNSURE, stages, str(error))
        except mail.Unreachable as error:
            take_back(person)
            yield Outcome(person, STOPPED, stages, str(error))
            return
        except mail.NotSent as error:
            take_back(person)
            yield Outcome(person, FAILED, stages, str(error))
        else:
            settle(person, SENT)
            yield Outcome(person, SENT, stages)


# --- what is written down ---

def write_state(person, **values):
    latest = {'state': values.pop('state'), 'at': clock.actual(), **values}
    Digest.insert(person=person, **{'day': clock.today()} | latest).on_conflict(
        conflict_target=[Digest.person],
        update={Digest._meta.fields[name]: value for name, value in latest.items()}).execute()


def note(person, today, news):
    """Write down that a person's mail goes now and what it tells, before it does."""
    lines = [(person.id, code, row, day, stage, False) for (code, row), (day, stage) in news.items()]
    fields = [Reminder.person, Reminder.kind, Reminder.row, Reminder.day, Reminder.stage, Reminder.sent]
    with trail.untrailed(), db.atomic():
        write_state(person, state=SENDING, day=today)
        for some in chunked(lines, 500):
            Reminder.insert_many(some, fields=fields).execute()


def settle(person, state):
    """Write down that a person was told what their mail tells."""
    newer = Reminder.alias()
    with trail.untrailed(), db.atomic():
        replaced = newer.select(newer.id).where(
            ~newer.sent, newer.person == Reminder.person, newer.kind == Reminder.kind,
            newer.row == Reminder.row)
        Reminder.delete().where(Reminder.person == person, Reminder.sent, fn.EXISTS(replaced)).execute()
        Reminder.update(sent=True).where(Reminder.person == person, ~Reminder.sent).execute()
        write_state(person, state=state)


def take_back(person):
    """Write down that a person's mail did not go: the next run tells the same."""
    with trail.untrailed(), db.atomic():
        Reminder.delete().where(Reminder.person == person, ~Reminder.sent).execute()
        write_state(person, state=FAILED)


def forget(person, gone):
    """Forget what a person was told of duties that are theirs no more: should they be again, it is news."""
    rows = {}
    for code, row in gone:
        rows.setdefault(code, []).append(row)
    for code, ids in rows.items():
        for some in chunked(ids, 500):
            with trail.untrailed():
                Reminder.delete().where(Reminder.person == person, Reminder.kind == code, Reminder.sent,
                                        Reminder.row.in_(list(some))).execute()


# --- what a mail says ---

def message_of(person, news, today, sender, home):
    """Return a person's mail; raise ValueError, IndexError or MessageError where none can be addressed."""
    message, stages = EmailMessage(), stages_of(news)
    late = f'（うち超過{stages[duties.LATE]:,}件）' if duties.LATE in stages else ''
    message['From'] = Address('台帳 Daicho', addr_spec=sender)
    message['To'] = Address(person.name, addr_spec=person.email)
    message['Subject'] = f'【台帳】期限のある仕事 {len(news):,}件{late}'
    message['Date'] = format_datetime(clock.actual())
    message['Message-ID'] = f'<duties-{today.isoformat()}-{person.id}@{sender.rpartition("@")[2]}>'
    # nobody's holiday notice answers it
    message['Auto-Submitted'] = 'auto-generated'
    message.set_content('\n'.join(lines_of(person, news, today, home)), cte='base64')
    return message


def lines_of(person, news, today, home):
    """Yield the lines of a person's mail."""
    yield f'{person.name} 様'
    yield ''
    yield f'{calendar.show_day(today)}現在、期限のある仕事で新しくお知らせするものは{len(news):,}件です。'
    if person.role in dues.OVERSEERS:
        yield from tally_lines(news)
    else:
        yield from named_lines(person, news, home)
    yield ''
    yield f'すべての仕事: {home}duties/'
    yield ''
    yield '同じ仕事は、段階が変わるか期限が改まるまで、もう一度はお知らせしません。'
    yield 'このメールは台帳から自動で送っています。返信しても届きません。'


def tally_lines(news):
    """Yield the lines for who oversees: how many of each kind."""
    found = Counter(code for code, _ in news)
    yield ''
    yield f'■ {HEADS[duties.LATE]}'
    for kind in dues.kinds():
        if found[kind.code]:
            yield f'・{kind.title} {found[kind.code]:,}件'


def named_lines(person, news, home):
    """Yield the lines that name the duties, the most urgent first."""
    order = list(duties.STAGES)
    chosen = sorted(news, key=lambda key: (order.index(news[key][1]), news[key][0], key))[:NAMED]
    known, head = dues.duties_of(person, chosen), None
    for key in chosen:
        day, stage = news[key]
        if stage != head:
            head = stage
            yield ''
            yield f'■ {HEADS[stage]}'
        if (duty := known.get(key)) is not None:
            whose = f'（{" ".join(filter(None, (duty.unit, duty.who)))}）' if duty.unit or duty.who else ''
            yield f'・{duty.title}: {one_line(duty.label)}{whose}'
            yield f'  {day.isoformat()} {duty.words}'
            yield f'  {home}{duty.address.lstrip("/")}'
    if len(news) > len(chosen):
        yield ''
        yield f'ほかに{len(news) - len(chosen):,}件あります。'


def one_line(text):
    return ' '.join(text.split())
