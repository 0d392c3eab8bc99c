"""Recompute the chain and compare every row with it: what was changed behind the trail's back is named."""
from dataclasses import dataclass, field
from json import loads

from peewee import DateField, DateTimeField, SqliteDatabase

from models import RECORDS, db
from models.trail import Act, Change, TrailHead

from .trail import FIRST, HIDDEN, digest, header_of, recorded


@dataclass
class Verdict:
    """What `verify` found: `first_broken` is {seq, what}; `outside` lists {table, row, label, what, fields: [(name, recorded, stands)]}."""

    acts: int = 0
    changes: int = 0
    seq: int = 0
    hash: str = FIRST
    first_broken: dict | None = None
    outside: list = field(default_factory=list)

    @property
    def intact(self):
        return self.first_broken is None and not self.outside

    def broken(self, seq, what):
        if self.first_broken is None:
            self.first_broken = {'seq': seq, 'what': what}


def verify():
    """Check the whole trail and every record against it; return a Verdict."""
    verdict = Verdict()
    states = _chain(verdict)
    for table in RECORDS:
        _compare(table, states.get(table._meta.table_name, {}), verdict)
    return verdict


def _chain(verdict):
    """Walk acts and changes in order; return {table name: {row id: [label, {field: value}, changes]}}."""
    states = {}
    # as the engine gives them: none of these columns needs a conversion, and there are many
    changes = iter(db.execute(Change.select(Change.act, Change.place, Change.table, Change.row, Change.label, Change.kind,
                                            Change.values).order_by(Change.act, Change.place)))
    waiting = next(changes, None)
    previous, last = FIRST, None
    expected = 1
    for act in Act.select().order_by(Act.seq).iterator():
        if act.seq != expected:
            verdict.broken(expected, f'操作 {expected} がありません（次は {act.seq}）。')
        expected = act.seq + 1
        lines = []
        while waiting is not None and waiting[0] <= act.seq:
            if waiting[0] < act.seq:
                verdict.broken(waiting[0], f'操作 {waiting[0]} のない変更行が挿入されています。')
            else:
                lines.append(list(waiting[1:]))
            _replay(states, waiting, verdict)
            verdict.changes += 1
            waiting = next(changes, None)
        if len(lines) != act.changes:
            verdict.broken(act.seq, f'操作 {act.seq} の変更行は {act.changes} 件のはずですが、{len(lines)} 件あります。')
        if act.previous != previous:
            verdict.broken(act.seq, f'操作 {act.seq} の前のハッシュが、直前の操作と一致しません。')
        if digest(act.previous, header_of(act), lines) != act.hash:
            verdict.broken(act.seq, f'操作 {act.seq} の内容が、記録されたハッシュと一致しません。')
        previous, last = act.hash, act.at
        verdict.acts += 1
        verdict.seq, verdict.hash = act.seq, act.hash
    if waiting is not None:
        verdict.broken(waiting[0], f'操作 {waiting[0]} のない変更行が挿入されています。')
    head = TrailHead.get_or_none()
    if head is None:
        verdict.broken(verdict.seq, '鎖の先頭の記録がありません。')
    elif (head.seq, head.hash, head.at) != (verdict.seq, verdict.hash, last):
        verdict.broken(max(head.seq, verdict.seq),
                       f'鎖の先頭（操作 {head.seq}）と、残っている最後の操作（{verdict.seq}）が一致しません。')
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
            if last.get(name) != before and after != HIDDEN:
                verdict.broken(seq, f'操作 {seq}「{label}」の変更前の値が、履歴の値と一致しません（項目: {name}）。')
            last[name] = after
    except (ValueError, TypeError):
        pass  # an unreadable line has already broken its act's hash


def _texts(fields):
    """Return the places of the columns an engine gives as days and moments where the trail has text."""
    if isinstance(db.obj, SqliteDatabase):
        return []
    return [place for place, (_, field) in enumerate(fields) if isinstance(field, (DateTimeField, DateField))]


def _compare(table, states, verdict):
    """Compare one table's rows with the state its changes lead to."""
    fields = [(name, field) for name, field in recorded(table) if name not in table.secret]
    names = [name for name, _ in fields]
    texts = _texts(fields)
    query = table.select(table.id, table.revision, *(field for _, field in fields)).order_by(table.id)
    seen = set()
    name_of_table = table._meta.table_name

    def outside(row, label, what, fields=()):
        verdict.outside.append({'table': name_of_table, 'row': row, 'label': label, 'what': what, 'fields': list(fields)})

    for id, revision, *stands in db.execute(query):
        seen.add(id)
        state = states.get(id)
        if state is None:
            outside(id, table.get_by_id(id).label, '履歴にない行が挿入されています。')
            continue
        for place in texts:
            if stands[place] is not None:
                stands[place] = str(stands[place])
        recorded_last = list(map(state[1].get, names))
        if stands != recorded_last:
            changed = [(name, other, one) for name, one, other in zip(names, stands, recorded_last, strict=True) if one != other]
            outside(id, state[0], f'履歴によらず変更されています（項目: {", ".join(name for name, _, _ in changed)}）。', changed)
        elif revision != state[2]:
            outside(id, state[0], '版番号が履歴の件数と一致しません。')
    for id, state in states.items():
        if id not in seen:
            outside(id, state[0], '行が削除されています。')
