"""Recompute the chain and compare every row with it: what was changed behind the trail's back is named."""
import gc
import sqlite3
from dataclasses import dataclass, field
from json import loads

from peewee import DateField, DateTimeField, PeeweeException, SqliteDatabase

from models import RECORDS, SUMMARIES, TRAIL, Attachment, catalogue, db
from models.base import Table, snapshot
from models.trail import Act, Change, TrailHead

from .trail import FIRST, FORM, digest, header, recorded_fields, seal

#: what the first registers recorded of a secret: that it changed, neither from what nor to what
REDACTED = '（非公開）'
SECRETS = {(table._meta.table_name, name) for table in RECORDS for name in table.secret}


class Unverifiable(Exception):
    """The register could not be read to its end, so that nothing is known of it.

    The cause says what stood in the way.
    """


@dataclass
class Verdict:
    """What `verify` found.

    `first_broken` is {seq, what}; `outside` lists {table, row, label, what, fields: [(name, recorded,
    stands)]}. `unguarded` names the triggers of the trail's tables that are gone, switched off or changed;
    `schema` lists {table, kind, name, how, what} of everything else in which the database is not what its
    migrations make. `documents` are (id, name, SHA-256, size) of every document, voided ones too.
    """

    acts: int = 0
    changes: int = 0
    seq: int = 0
    hash: str = FIRST
    first_broken: dict | None = None
    outside: list = field(default_factory=list)
    unguarded: list = field(default_factory=list)
    schema: list = field(default_factory=list)
    documents: list = field(default_factory=list)

    @property
    def intact(self):
        return self.first_broken is None and not (self.outside or self.unguarded or self.schema)

    def note_break(self, seq, what):
        if self.first_broken is None:
            self.first_broken = {'seq': seq, 'what': what}


def verify(store=None, contents=True):
    """Check the whole trail and every record against it, as they stood at one moment; return a Verdict.

    Where a `store` (see `audits.files`) is given, the files of documents too: without `contents` only whether
    they are there in their size.
    Raises Unverifiable when the database does not let itself be read.
    """
    # millions of small values without a cycle among them: looking for cycles took a fifth of the time
    collecting = gc.isenabled()
    gc.disable()
    try:
        # making the schema to compare with writes, and taking it back; the rest only reads
        catalogue.expected_schemas()
        with snapshot():
            verdict = _read_and_verify()
        # once named in an act a file stays: what is read for minutes need not hold up the database
        for id, name, sha256, size in verdict.documents if store is not None else ():
            if what := store.problem(sha256, size, contents):
                verdict.outside.append({'table': Attachment._meta.table_name, 'row': id, 'label': name,
                                        'what': what, 'fields': []})
        return verdict
    except (PeeweeException, sqlite3.Error) as error:
        raise Unverifiable(str(error)) from error
    finally:
        if collecting:
            gc.enable()


def _read_and_verify():
    try:
        return _verify()
    except sqlite3.OperationalError as error:
        if 'UTF-8' not in str(error):
            raise
    # bytes that are no text were written into a column: read them as marks, so that the place can be named
    connection = db.connection()
    connection.text_factory = lambda raw: raw.decode('utf-8', 'backslashreplace')
    try:
        return _verify()
    finally:
        connection.text_factory = str


def _verify():
    verdict = Verdict()
    altered = catalogue.differences()
    lost = {row['table'] for row in altered if row['kind'] == 'options' and row['how'] == 'missing'}
    unreadable = lost | {row['table'] for row in altered
                         if row['kind'] == 'column' and row['how'] == 'missing'}
    trail = {table._meta.table_name for table in TRAIL}
    for row in altered:
        if row['kind'] == 'trigger' and row['table'] in trail and row['how'] != 'extra':
            verdict.unguarded.append(row['name'])
        elif row['kind'] != 'options' or row['table'] in trail or row['how'] != 'missing':
            verdict.schema.append(row)
    states = None if unreadable & trail else _chain(verdict)
    for table in RECORDS:
        name = table._meta.table_name
        if name in lost:
            verdict.outside.append({'table': name, 'row': 0, 'label': '', 'what': '表がありません。',
                                    'fields': []})
        elif name not in unreadable and states is not None:
            _compare(table, states.get(name, {}), verdict)
    if Attachment._meta.table_name not in unreadable:
        verdict.documents = list(db.execute(Attachment.select(
            Attachment.id, Attachment.name, Attachment.sha256, Attachment.size).order_by(Attachment.id)))
    for summary in SUMMARIES:
        if not unreadable & {table._meta.table_name for table in (summary.column.model, *summary.reached)}:
            _compare_summary(summary, verdict)
    return verdict


def _rows_with_number(query, what, verdict):
    """Yield the rows of a query as the engine gives them.

    One whose first column is no number is named in the verdict, and left out.
    """
    for row in db.execute(query):
        if isinstance(row[0], int):
            yield row
        else:
            verdict.note_break(0, f'{what}の番号「{row[0]}」は数ではありません。')


def _digest(previous, header, lines):
    """Return the hash of an act, or None when what stands there cannot be hashed."""
    try:
        return digest(previous, header, lines)
    except (TypeError, ValueError):
        return None


def _form_problem(form, newest, who):
    """Return what is wrong with the form an act says it is written in, or ''.

    No form may pass for another.
    """
    if form is None:
        if newest is not None:
            return 'は古い形式ですが、新しい形式の操作のあとにあります。'
        return ('は古い形式なのに、人・権限・所属の記録があります。'
                if any(value is not None for value in who) else '')
    return '' if form == FORM and type(form) is int else f'の形式「{form}」は知られていません。'


def _chain(verdict):
    """Walk acts and changes in order; return {table name: {row id: [label, {field: value}, changes]}}."""
    states = {}
    # as the engine gives them: what is hashed needs no conversion, which could fail where it was edited
    changes = _rows_with_number(
        Change.select(Change.act, Change.place, Change.table, Change.row, Change.label, Change.kind,
                      Change.values).order_by(Change.act, Change.place),
        '変更行', verdict)
    acts = _rows_with_number(
        Act.select(Act.seq, _text(Act.at), Act.actor, Act.actor_name, Act.channel, Act.kind, Act.reason,
                   Act.request_id, Act.changes, Act.previous, Act.hash, Act.form, Act.person, Act.role,
                   Act.unit, Act.unit_name).order_by(Act.seq),
        '操作', verdict)
    waiting = next(changes, None)
    former, last = FIRST, None
    expected, newest = 1, None
    for seq, at, *words, count, previous, hash, form, person, role, unit, unit_name in acts:
        who = person, role, unit, unit_name
        if seq != expected:
            verdict.note_break(expected, f'操作 {expected} がありません（次は {seq}）。')
        expected = seq + 1
        lines = []
        while waiting is not None and waiting[0] <= seq:
            if waiting[0] < seq:
                verdict.note_break(waiting[0], f'操作 {waiting[0]} のない変更行が挿入されています。')
            else:
                lines.append(list(waiting[1:]))
            _replay(states, waiting, verdict)
            verdict.changes += 1
            waiting = next(changes, None)
        if len(lines) != count:
            verdict.note_break(
                seq, f'操作 {seq} の変更行は {count} 件のはずですが、{len(lines)} 件あります。')
        elif not lines:
            verdict.note_break(
                seq, f'操作 {seq} は何も変更していません。変更のない操作が記録されることはありません。')
        if previous != former:
            verdict.note_break(seq, f'操作 {seq} の前のハッシュが、直前の操作と一致しません。')
        if problem := _form_problem(form, newest, who):
            verdict.note_break(seq, f'操作 {seq} {problem}')
        newest = form or newest
        if _digest(str(previous), header(form, [seq, _moment(str(at)), *words, count], who), lines) != hash:
            verdict.note_break(seq, f'操作 {seq} の内容が、記録されたハッシュと一致しません。')
        former, last = hash, at
        verdict.acts += 1
        verdict.seq, verdict.hash = seq, hash
    if waiting is not None:
        verdict.note_break(waiting[0], f'操作 {waiting[0]} のない変更行が挿入されています。')
    head = next(iter(db.execute(TrailHead.select(TrailHead.seq, TrailHead.hash, _text(TrailHead.at)))), None)
    if head is None:
        verdict.note_break(verdict.seq, '鎖の先頭の記録がありません。')
    elif tuple(head) != (verdict.seq, verdict.hash, last):
        verdict.note_break(max(head[0], verdict.seq) if isinstance(head[0], int) else verdict.seq,
                       f'鎖の先頭（操作 {head[0]}）と、残っている最後の操作（{verdict.seq}）が一致しません。')
    return states


def _replay(states, change, verdict):
    seq, _, table, row, label, _, values = change
    rows = states.setdefault(table, {})
    state = rows.get(row)
    if state is None:
        state = rows[row] = [label, {}, 0]
    state[0] = label
    state[2] += 1
    try:
        last, read = state[1], loads(values)
        if not last:
            last.update({name: pair[1] for name, pair in read.items()})
            return
        for name, (before, after) in read.items():
            # a row changed behind the trail's back and then saved honestly shows here
            redacted = (table, name) in SECRETS and (last.get(name) == REDACTED or after == REDACTED)
            if last.get(name) != before and not redacted:
                verdict.note_break(
                    seq, f'操作 {seq}「{label}」の変更前の値が、履歴の値と一致しません（項目: {name}）。')
            last[name] = after
    except (ValueError, TypeError, AttributeError, IndexError):
        pass  # an unreadable line has already broken its act's hash


def _text(field):
    """Return what selects a column as the trail writes it.

    PostgreSQL gives days and moments as text, even those no calendar has.
    """
    dated = isinstance(field, (DateTimeField, DateField)) and not isinstance(db.obj, SqliteDatabase)
    return field.cast('TEXT') if dated else field


def _moment_places(fields):
    """Return the places of the moments among some columns that PostgreSQL writes in its own way."""
    if isinstance(db.obj, SqliteDatabase):
        return []
    return [place for place, (_, field) in enumerate(fields) if isinstance(field, DateTimeField)]


def _moment(text):
    """Return a moment as the trail writes it, with all its microseconds or none.

    PostgreSQL leaves out the zeros at their end.
    """
    if isinstance(db.obj, SqliteDatabase):
        return str(text)
    whole, point, rest = text.partition('.')
    return f'{whole}.{rest:0<6}' if point else text


def _label(table, id):
    """Return what an inserted row calls itself, if what it stands on exists and can be read."""
    try:
        return table.get_by_id(id).label
    except Exception:  # whatever was put into it may stumble over anything
        return f'#{id}'


def _search_text_function(table, names):
    """Return the function (id, values) → search text that a row must have."""
    if table.refresh_derived is Table.refresh_derived:
        places = [names.index(name) for name in table.searched]
        return lambda id, stands: table.search_text_of(str(stands[place] or '') for place in places)

    def derived(id, stands):
        row = table()
        row.__data__.update(zip(names, stands, strict=True), id=id)
        row.refresh_derived()
        return row.search_text
    return derived


def _compare(table, states, verdict):
    """Compare one table's rows with the state its changes lead to."""
    fields = recorded_fields(table)
    names = [name for name, _ in fields]
    secret = [place for place, name in enumerate(names) if name in table.secret]
    derived = [table.search_text] if 'search_text' in table.derived else []
    search_text_of = derived and _search_text_function(table, names)
    texts = _moment_places(fields)
    query = table.select(table.id, table.revision, *(_text(field) for _, field in fields),
                         *derived).order_by(table.id)
    seen = set()
    name_of_table = table._meta.table_name

    def outside(row, label, what, fields=()):
        verdict.outside.append({'table': name_of_table, 'row': row, 'label': label, 'what': what,
                                'fields': list(fields)})

    for id, revision, *stands in db.execute(query):
        seen.add(id)
        state = states.get(id)
        stands, made = stands[:len(fields)], stands[len(fields):]
        if state is None:
            outside(id, _label(table, id), '履歴にない行が挿入されています。')
            continue
        for place in texts:
            if stands[place] is not None:
                stands[place] = _moment(stands[place])
        recorded_last = list(map(state[1].get, names))
        for place in secret:
            stands[place] = REDACTED if recorded_last[place] == REDACTED else seal(stands[place])
        if stands != recorded_last:
            changed = [(name, other, one)
                       for name, one, other in zip(names, stands, recorded_last, strict=True) if one != other]
            outside(id, state[0],
                    f'履歴によらず変更されています（項目: {", ".join(name for name, _, _ in changed)}）。',
                    changed)
        elif revision != state[2]:
            outside(id, state[0], '版番号が履歴の件数と一致しません。')
        elif derived and made[0] != search_text_of(id, stands):
            outside(id, state[0], '検索用の文字列が、記録の内容と一致しません。')
    for id, state in states.items():
        if id not in seen:
            outside(id, state[0], '行が削除されています。')


def _compare_summary(summary, verdict):
    """Name the rows whose summary is not what the rows it is made from make it."""
    column, table = summary.column, summary.column.model
    query = table.select(table.id, _text(column), summary.value()).where(summary.differs()).order_by(table.id)
    for id, stands, should in db.execute(query):
        verdict.outside.append({
            'table': table._meta.table_name, 'row': id, 'label': _label(table, id),
            'what': f'履歴によらず変更されています（項目: {column.name}）。',
            'fields': [(column.name, None if should is None else str(should), stands)]})
