"""The write side of the trail (操作履歴): the only place where rows are written, always in an act."""
import hashlib
import json
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from datetime import UTC, timedelta
from functools import cache
from threading import BoundedSemaphore

from peewee import BooleanField, DateField, OperationalError, PostgresqlDatabase

from models import SUMMARIES
from models.base import ExactField, MomentField, db
from models.organisation import Department, name_on
from models.packed import Packed
from models.people import Person
from models.rules import calendar
from models.statements import Prepared
from models.trail import Act, Change, TrailHead

from . import rows as written

_open = ContextVar('trail', default=0)
FIRST = '0' * 64
BATCH = 500
_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(',', ':')).encode
#: columns that say how often a row changed, not what it says
UNRECORDED = frozenset({'id', 'revision'})
#: {table: the columns elsewhere that its rows make what they are}
SUMMARISED = {table: [summary for summary in SUMMARIES if table in summary.reached]
              for one in SUMMARIES for table in one.reached}
#: the form acts are written in, named in their header; a header of the first form begins with a number
FORM = 2
#: how far a clock may stand before the last act: within it an act takes that act's moment
SLACK = timedelta(minutes=5)
_pinned = None


class Stale(Exception):
    """Someone else saved this row after it was read; `row` is what was to be saved, `current` what stands."""

    def __init__(self, row, current):
        super().__init__(f'{type(row).__name__} {row.id}')
        self.row, self.current = row, current


class Busy(OperationalError):
    """Others have been writing for longer than an act waits; nothing was written."""


#: how many acts of this process may wait for the database at once: those who read keep the other threads
_turns, TURN = BoundedSemaphore(2), 1.0


class ClockBehind(Exception):
    """The clock stands before the last act, further than small corrections go: nothing is written."""

    def __init__(self, at, last):
        super().__init__(f'時計が {calendar.show_moment(at)} を指していて、'
                         f'最後の操作の日時（{calendar.show_moment(last)}）より前です。')
        self.at, self.last = at, last


def pin(day):
    """Let the acts of `day` follow one another whatever the hour; None lets those of no day."""
    global _pinned
    _pinned = day


def act_moment(at, last):
    """Return the moment of an act at `at`, never before `last`, the act's before it (None: it is the first).

    Raise ClockBehind where the clock stands too far back for that.
    """
    if last is None or at >= last:
        return at
    if last - at > SLACK and (_pinned is None or last.astimezone(calendar.JST).date() != _pinned):
        raise ClockBehind(at, last)
    return last


def is_open():
    """Tell whether an act is being written: in tests a write outside one fails."""
    return bool(_open.get())


@contextmanager
def untrailed():
    """Mark writes that are no records: sign-in throttles and password rehashes at sign-in."""
    token = _open.set(_open.get() + 1)
    try:
        yield
    finally:
        _open.reset(token)


@contextmanager
def act(kind, *, by, at, channel='web', reason='', request_id=''):
    """Open one act and yield the Writing through which it saves; all of it is kept, or none.

    `kind` is `noun.verb`, `by` a Person or None for the system itself, `at` an aware moment, which becomes
    the last act's where the clock was set back a little; ClockBehind is raised where it was set back far.
    Nothing changed → no act.
    """
    with untrailed(), _begun() as head:
        writing = Writing(kind, by, act_moment(at, head.at), channel, reason or '', request_id or '', head)
        yield writing
        writing.close()


@contextmanager
def _begun():
    """Open the transaction of an act and yield the head it will move; raise Busy when others hold it."""
    if not _turns.acquire(timeout=TURN):
        raise Busy('others are writing')
    try:
        with ExitStack() as opened:
            try:
                opened.enter_context(db.atomic())
                head = next(iter(_head_to_move()))
            except OperationalError as error:
                if is_locked(error):
                    raise Busy(*error.args) from error
                raise
            yield head
    finally:
        _turns.release()


def is_locked(error):
    """Tell whether a database error says that another holds what was to be written."""
    cause = getattr(error, 'orig', None)
    return (getattr(cause, 'sqlstate', '') == '55P03'
            or getattr(cause, 'sqlite_errorname', '').startswith(('SQLITE_BUSY', 'SQLITE_LOCKED')))


def canonical(value):
    """Return the one JSON text of a value: sorted keys, no spaces, characters as they are."""
    return _encode(value)


def plain_value(field, value):
    """Return a stored value as the trail writes it: text, whole number, true/false or null."""
    if value is None:
        return None
    if isinstance(field, BooleanField):
        return bool(value)
    if isinstance(field, MomentField):
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(' ')
    if isinstance(field, DateField):
        return value.isoformat()
    if isinstance(field, ExactField):
        return field.db_value(value)
    return value


def seal(secret):
    """Return the hash recorded in a secret's place; the secret is salted, so it tells of changes only."""
    return None if secret is None else f'（非公開）{hashlib.sha256(secret.encode()).hexdigest()}'


def recorded_fields(table):
    """Return [(field name, field)] of what the trail records of a table."""
    skip = UNRECORDED | table.derived | table.summaries
    return [(field.name, field) for field in table._meta.sorted_fields if field.name not in skip]


def digest(previous, header, lines):
    """Return the hash of an act: SHA-256 over the previous hash, the act's header and each change's line."""
    sha = hashlib.sha256(previous.encode())
    sha.update(canonical(header).encode())
    for line in lines:
        sha.update(b'\n')
        sha.update(canonical(line).encode())
    return sha.hexdigest()


def header(form, common, who):
    """Return what is hashed of an act apart from its changes, as a list.

    `common` are those of every act, `who` (person, role, unit, its name) counts since form 2.
    """
    return list(common) if form is None else [f'act {form}', *common, *who]


def header_of(act):
    """Return what of an act is hashed, as a list."""
    at = act.at.astimezone(UTC).replace(tzinfo=None).isoformat(' ')
    common = (act.seq, at, act.actor, act.actor_name, act.channel, act.kind, act.reason, act.request_id,
             act.changes)
    return header(act.form, common, (act.person, act.role, act.unit, act.unit_name))


def differences(row, before):
    """Return {field: [before, after]} of what saving `row` would change; `before` is None for a new one."""
    changes = {}
    if before is None:
        for name, field in recorded_fields(type(row)):
            if (new := row.__data__.get(name)) is not None:
                new = plain_value(field, new)
                changes[name] = [None, seal(new) if name in row.secret else new]
        return changes
    for name, field in recorded_fields(type(row)):
        old = plain_value(field, before.__data__.get(name))
        new = plain_value(field, row.__data__.get(name))
        if old != new:
            changes[name] = [seal(old), seal(new)] if name in row.secret else [old, new]
    return changes


@cache
def _linked(own):
    """Return the Prepared select of a link table's rows by its field for their owner."""
    return Prepared(lambda id: own.model.select().where(own == id))


class Writing:
    """An open act: saves rows and gathers the changes it will be recorded with."""

    def __init__(self, kind, by, at, channel, reason, request_id, head):
        self.head = head
        self.at = at
        self.seq = None
        self.lines = Packed()
        self.deferred = {}
        self.summarised = {}
        # as the person stands now that nobody else writes, not as some page read them before
        who = next(iter(_who(by.id))) if by else None
        self.act = Act(
            seq=head.seq + 1, at=at, actor=who.email if who else 'system',
            actor_name=who.name if who else 'システム', channel=channel, kind=kind, reason=reason[:1000],
            request_id=request_id, changes=0, previous=head.hash, hash='', form=FORM)
        if who:
            self.act.person, self.act.role = who.id, who.role
            called, day = who.unit_called, at.astimezone(calendar.JST).date()
            if str(who.unit_since) > day.isoformat():
                # a name entered ahead is not borne yet
                called = Department.select(name_on(day)).where(Department.id == who.unit).scalar()
            self.act.unit, self.act.unit_name = who.unit, f'{who.unit_code} {called}'

    def save(self, row, before=None, label=None):
        """Insert or update `row`; write only the columns that differ, guarded by `revision`.

        `before` spares the read when the caller has just loaded the row unchanged, `label` what the row's
        label reads elsewhere. Returns whether anything changed.
        Raises Stale when the row was saved by someone else since it was read.
        """
        if row.id is None:
            self.insert([row])
            return True
        table = type(row)
        row.refresh_derived()
        before = before or table.get_or_none(table.id == row.id)
        if before is None or before.revision != row.revision:
            raise Stale(row, before)
        changes = differences(row, before)
        if not changes:
            return False
        values = {name: row.__data__.get(name) for name in (*changes, *table.derived)}
        if not written.update(table, values | {'revision': row.revision + 1},
                              {'id': row.id, 'revision': row.revision}):
            raise Stale(row, table.get_or_none(table.id == row.id))
        row.revision += 1
        kind = 'void' if before.voided_at is None and row.voided_at else 'update'
        self._note(row, label or row.label, kind, changes)
        return True

    def insert(self, rows):
        """Insert many new rows of one table, in batches; each gets its id."""
        if not rows:
            return
        table = type(rows[0])
        fields = [field for field in table._meta.sorted_fields if field.name != 'id']
        for start in range(0, len(rows), BATCH):
            batch = rows[start:start + BATCH]
            for row in batch:
                row.revision = 1
                row.refresh_derived()
            lines = [[row.__data__.get(field.name) for field in fields] for row in batch]
            ids = written.insert(table, fields, lines, returning=True)
            for row, id in zip(batch, ids, strict=True):
                row.id = id
            for row, label in zip(batch, table.labels_of(batch), strict=True):
                self._note(row, label, 'create', differences(row, None))

    def defer(self, rows):
        """Insert new rows before the act closes, together with others of their table.

        Nothing in the act may ask for their ids.
        """
        for row in rows:
            waiting = self.deferred.setdefault(type(row), [])
            waiting.append(row)
            if len(waiting) == BATCH:
                self.insert(self.deferred.pop(type(row)))

    def void(self, row, reason):
        """Void (取消) a row: it stays, but no longer counts."""
        row.voided_at, row.void_reason = self.at, reason
        return self.save(row)

    def link(self, table, own, owner, other, wanted, read_ids=None, current=None):
        """Make the live links of `owner` exactly `wanted` ids: adds, revives and voids rows of a link table.

        `read_ids` are the ids it was linked to when it was read, None for a new one; `current` are the link
        rows as they are now, when the caller has read them within the act. Raises Stale when other ids are
        linked than were read.
        """
        own_field = table._meta.fields[own]
        if current is None:
            current = _linked(own_field)(owner.id)
        rows = {row.__data__[other]: row for row in current}
        live = {id for id, row in rows.items() if row.voided_at is None}
        if read_ids is not None and set(read_ids) != live:
            raise Stale(owner, owner)
        changed = False
        for id in wanted:
            if id not in rows:
                self.insert([table(**{own: owner, other: id})])
                changed = True
            elif rows[id].voided_at is not None:
                rows[id].voided_at = rows[id].void_reason = None
                changed = self.save(rows[id]) or changed
        for id, row in rows.items():
            if id not in wanted and row.voided_at is None:
                changed = self.void(row, '対応の変更') or changed
        return changed

    def _note(self, row, label, kind, changes):
        if any(kind == 'create' or one.follows(type(row), changes) for one in SUMMARISED.get(type(row), ())):
            self.summarised.setdefault(type(row), []).append(row.id)
        self.lines.append((len(self.lines), row._meta.table_name, row.id, label[:300], kind,
                           canonical(changes)))

    def close(self):
        """Write the act, its changes and the new head; called once, by `act`."""
        for rows in self.deferred.values():
            self.insert(rows)
        if not len(self.lines):
            return
        for table, ids in self.summarised.items():
            for start in range(0, len(ids), BATCH):
                for summary in SUMMARISED[table]:
                    summary.refresh(summary.reached[table](ids[start:start + BATCH]))
        act, head = self.act, self.head
        act.changes = len(self.lines)
        act.hash = digest(act.previous, header_of(act), self.lines)
        fields = Act._meta.sorted_fields
        written.insert(Act, fields, [[act.__data__.get(field.name) for field in fields]])
        fields = [Change.act, Change.place, Change.table, Change.row, Change.label, Change.kind,
                  Change.values]
        for block in self.lines.blocks():
            written.insert(Change, fields, [[act.seq, *line] for line in block])
        written.update(TrailHead, {'seq': act.seq, 'hash': act.hash, 'at': act.at}, {'id': head.id})
        self.seq = act.seq


_who = Prepared(lambda id: Person.select(
    Person.id, Person.email, Person.name, Person.role, Department.id.alias('unit'),
    Department.code.alias('unit_code'), Department.name.alias('unit_called'),
    Department.valid_from.alias('unit_since')).join(Department).where(Person.id == id))
_head = Prepared(lambda: TrailHead.select())
#: the same for the one who will move it: a second act waits for the first
_head_to_move = Prepared(lambda: TrailHead.select().for_update() if isinstance(db.obj, PostgresqlDatabase)
                         else TrailHead.select())


def head():
    """Return the chain's head: a TrailHead with seq, hash and moment."""
    return next(iter(_head()))


def lock_head():
    """Keep others from writing acts until the open transaction ends."""
    next(iter(_head_to_move()))


def last_changes(tables, seq):
    """Return {name: hash of the last act up to `seq` that changed it} of those tables any act changed."""
    names = sorted(tables)
    # one look into the index (table_name, act_id) for each table, however many changes there are
    sql = (f'WITH named(name) AS (VALUES {", ".join([f"({db.param})"] * len(names))}) '
           'SELECT named.name, act.hash FROM named '
           'JOIN act ON act.seq = (SELECT MAX(change.act_id) FROM change '
           f'WHERE change.table_name = named.name AND change.act_id <= {db.param})')
    return dict(db.execute_sql(sql, (*names, seq)).fetchall())
