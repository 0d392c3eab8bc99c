"""An import taken back (取込みの取消し) as one act, while nothing later stands on what it wrote."""
from itertools import islice
from json import loads

from peewee import ForeignKeyField, IntegrityError, fn

from audits import history, past, trail
from models import RECORDS, Act, Change
from models.base import BY_RECORD

from .. import saving
from ..noun import NOUNS, PARTS, of_table
from ..vocabulary import title_of
from .entries import UNDONE

#: how many records a refusal names
NAMED = 5
IMPORT, UNDO = '.import', '.undo'
#: how the reason of an undo begins
REASON = '操作 {seq} の取込みの取消し: '


def noun_of(act):
    """Return the noun whose file an act imported, or None for any other act."""
    name = act.kind.removesuffix(IMPORT)
    return NOUNS.get(name) if act.kind.endswith(IMPORT) else None


def may_undo(act, by, allowed):
    """Tell whether a person may take an import back in principle: their own, or the desk any."""
    noun = noun_of(act)
    return noun is not None and allowed(f'{noun.name}.create', None, by) and (
        act.person == by.id or by.role == 'it')


def undo_of(act):
    """Return the Act by which an import was taken back, or None."""
    return Act.select(Act.seq, Act.at).where(
        Act.kind == act.kind.removesuffix(IMPORT) + UNDO, Act.seq > act.seq,
        Act.reason.startswith(REASON.format(seq=act.seq))).first()


def tables_of(act):
    """Return {name: table}; the rows of registers that the ward made share one name."""
    table = noun_of(act).table
    return history.TABLES | {table._meta.table_name: table}


def counts_of(act):
    """Return [(title, {kind of change: number})] of the tables that an act wrote, most rows first."""
    found = {}
    for table, kind, number in Change.select(Change.table, Change.kind, fn.COUNT(Change.id)).where(
            Change.act == act.seq).group_by(Change.table, Change.kind).tuples():
        found.setdefault(table, {})[kind] = number
    tables = tables_of(act)
    return sorted(((title_of(tables[table]) or table, kinds) for table, kinds in found.items()),
                  key=lambda pair: -sum(pair[1].values()))


def undo(act, *, by, at, channel, reason, allowed, request_id='', within=None):
    """Void what an import created and put back what it changed; return the outcome as `saving` does.

    `within(seq)` is called in the act's transaction once all is written.
    """
    noun, (reason, wrong) = noun_of(act), saving.read_required_reason(reason)
    if not may_undo(act, by, allowed):
        return saving.Forbidden()
    if wrong := wrong or list(obstacles(act)):
        return saving.Refused(wrong)
    try:
        with trail.act(f'{noun.name}{UNDO}', by=by, at=at, channel=channel,
                       reason=REASON.format(seq=act.seq) + reason, request_id=request_id) as writing:
            saving.check_again_in_act(obstacles(act))
            put_back(writing, act, by, f'{UNDONE}（操作 {act.seq}）', allowed)
            if within is not None:
                within(writing.act.seq)
    except saving.ChangedMeanwhile as found:
        return saving.Refused(found.problems)
    except (trail.Stale, IntegrityError):
        return saving.Refused([('', 'いまの記録と合わないため、取り消せません。'
                                    '記録の履歴で、この取込みのあとの変更を確かめてください。')])
    return saving.Saved(None, act=writing.seq)


# --- what stands in the way ---

CHANGED = 'が、この取込みのあとに変更されているため、取り消せません。先に、その変更を元に戻してください。'


def kind_of(table):
    """Return the Noun or Part of a table, None of a link or a row that its record's own writing makes."""
    return of_table(table) or next((part for part in PARTS if part.table is table), None)


def references_of(table):
    """Return the fields of a table that lead to another record."""
    return [field for field in table._meta.sorted_fields if isinstance(field, ForeignKeyField)]


def written_by(act):
    """Return the tables whose rows an act wrote, by name."""
    tables = tables_of(act)
    return [tables[name] for (name,) in Change.select(Change.table).where(
        Change.act == act.seq).distinct().order_by(Change.table).tuples()]


def rows_of(act, table):
    """Return the query of the rows of a table that an act wrote."""
    return Change.select(Change.row).where(Change.act == act.seq, Change.table == table._meta.table_name)


def made_by(act, table):
    """Return the query of the rows of a table that an act created or took up again."""
    return rows_of(act, table).where((Change.kind == 'create') | (Change.kind == 'update')
                                     & Change.values.contains('"voided_at":'))


def obstacles(act):
    """Yield ('', message) of what later stands on an import's records."""
    if (undone := undo_of(act)) is not None:
        yield '', f'この取込みは、もう取り消してあります（操作 {undone.seq}）。'
        return
    yield from later_changes(act)
    yield from later_details(act)
    yield from references(act)


def named(rows, words):
    """Yield ('', message) that names the first of some (title, label) pairs, if there are any."""
    found = list(islice(dict.fromkeys(rows), NAMED + 1))
    if found:
        names = '、'.join(f'{title} {label}'.strip() for title, label in found[:NAMED])
        yield '', f'{names}{" ほか" if len(found) > NAMED else ""}{words}'


def later_changes(act):
    """Yield ('', message) where a later act changed a row of the import."""
    later = Change.alias()
    tables = tables_of(act)
    yield from named(((title_of(tables[table]), history.label_of(table, label))
                      for table, label in Change.select(later.table, later.label).join(later, on=(
                          (later.table == Change.table) & (later.row == Change.row)
                          & (later.act > Change.act))).where(Change.act == act.seq).order_by(
                          later.act).limit(20 * NAMED).tuples()), CHANGED)


def later_details(act):
    """Yield ('', message) where a later act gave a record of the import other links, or a step other states.

    They are rows of their own: what stands would be neither what was before the import nor what came later.
    """
    own = {field.link: field.own for field in noun_of(act).blank.links()}
    for table in written_by(act):
        if kind_of(table) is None:
            field = table._meta.fields[own[table]] if table in own else references_of(table)[0]
            record, mine, later = field.rel_model, table.alias(), Change.alias()
            given = table.select(field).join(later, on=(later.row == table.id)).where(
                later.table == table._meta.table_name, later.act > act.seq,
                field.in_(mine.select(getattr(mine, field.name)).where(mine.id.in_(rows_of(act, table)))))
            changed = list(record.select().where(record.id.in_(given)).limit(NAMED + 1))
            yield from named(((title_of(record), label) for label in record.labels_of(changed)), CHANGED)


def references(act):
    """Yield ('', message) where another live record refers to one that would be voided."""
    for table in written_by(act):
        made = made_by(act, table)
        for other in RECORDS if made.exists() else ():
            if other.owned_by == BY_RECORD:
                hangs = [(other.table == table._meta.table_name) & other.row.in_(made)]
            else:
                hangs = [field.in_(made) for field in references_of(other) if field.rel_model is table]
            for condition in hangs:
                query = other.select().where(condition, other.live(), other.id.not_in(rows_of(act, other)))
                rows = list(query.limit(NAMED + 1))
                yield from named(((title_of(other), label) for label in other.labels_of(rows)),
                                 f'が、この取込みで登録した{title_of(table)}を使っているため、取り消せません。'
                                 '先に、そちらを直すか取り消してください。')


# --- what is written ---

def put_back(writing, act, by, why, allowed):
    """Write every row of an act as it stood before it: the last change first, created rows voided."""
    tables = tables_of(act)
    changes = Change.select().where(Change.act == act.seq).order_by(Change.place.desc())
    for start in range(0, act.changes, trail.BATCH):
        block = list(changes.offset(start).limit(trail.BATCH))
        for name in dict.fromkeys(change.table for change in block):
            table, some = tables[name], [change for change in block if change.table == name]
            rows = {row.id: row for row in table.select().where(
                table.id.in_({change.row for change in some}))}
            saving.check_again_in_act(forgone(table, some, rows))
            for change in some:
                row = rows[change.row]
                before = saving.copy_of(row)
                if change.kind == 'create':
                    row.voided_at, row.void_reason = writing.at, why
                else:
                    for field, (old, _) in loads(change.values).items():
                        row.__data__[field] = past.python_value(table._meta.fields[field], old)
                saving.check_again_in_act(refusals(row, before, by, allowed))
                writing.save(row, before)


def forgone(table, changes, rows):
    """Yield ('', message) where a row to be put back leads to a record that has been voided since."""
    for field in references_of(table):
        yield from voided(field.rel_model, {
            *(loads(change.values)[field.name][0] for change in changes
              if change.kind != 'create' and field.name in loads(change.values)),
            *(rows[change.row].__data__[field.name] for change in changes if change.kind == 'void')})
    if secret := next((name for change in changes for name in loads(change.values) if name in table.secret),
                      None):
        yield '', f'{title_of(table)}の{secret}は履歴に値を残さないため、前の値に戻せません。'


def voided(table, ids):
    """Yield ('', message) that names those of some records that have been voided."""
    if ids := ids - {None}:
        gone = list(table.select().where(table.id.in_(ids), table.voided_at.is_null(False)).limit(NAMED + 1))
        yield from named(((title_of(table), label) for label in table.labels_of(gone)),
                         'が取り消されているため、前の値に戻せません。')


def refusals(row, before, by, allowed):
    """Yield ('', message) of why a person may not put a row back, or void it."""
    table, kind = type(row), kind_of(type(row))
    if kind is None:
        return
    # what is voided again may have been another's before the import took it up
    if not all(allowed(kind.permit('edit'), kind.governing(each), by)
               for each in ((before,) if row.voided_at else (before, row))):
        yield '', f'{title_of(table)} {before.label} を変更する権限がないため、取り消せません。'
        return
    wrong = [*saving.separation_problems(kind, row, before, by),
             *(kind.cannot_void(before, by) if row.voided_at and not before.voided_at else ())]
    yield from (('', f'{title_of(table)} {before.label}: {message}') for _, message in wrong)
