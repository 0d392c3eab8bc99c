"""Records entered in a grid (表で入力): the lines it sends, read as a file's, written as one act.

A line holds a record's keys and every column of the grid, tab-separated, below a line of headers: what a
spreadsheet pastes. `opened` is the number of the last act when the grid was opened; records that changed
after it are asked about.
"""
from dataclasses import dataclass

from peewee import IntegrityError

from audits import trail
from models import Act, Change

from . import importing, saving, sheets

#: how many lines, and bytes of them, are read at once: every step of a ward, and half of what a form may hold
MOST, MOST_BYTES = 1000, 512 * 1024
#: stands in a line for the end of a line within a value
BREAK = '⏎'
MEANWHILE = 'いま、ほかの人が変更しました。もう一度、保存してください。'


@dataclass
class Entered:
    """What the lines of a grid come to.

    `problems` are [(label of the line, message)], `stale` [Stale], `changes` how many records change.
    """

    text: str
    load: object = None
    problems: list = ()
    stale: list = ()

    @property
    def changes(self):
        return sum(self.load.counts[name] for name in ('create', 'update')) if self.load else 0


@dataclass(frozen=True)
class Stale:
    """A record that someone changed after the grid was opened.

    `line` is its number, `act` the last change's, `changes` [(label, as it stands, as entered)].
    """

    line: int
    label: str
    act: Act
    changes: list


def read(noun, text, opened, person):
    """Return the Entered of the lines that a grid sends; nothing is written."""
    text = text.replace('\r\n', '\n').strip('\n')
    found = Entered(text)
    if len(text.encode('utf-8', 'replace')) > MOST_BYTES or text.count('\n') > MOST:
        found.problems = [('', f'一度に入力できるのは{MOST:,}行までです。分けて保存してください。')]
        return found
    if '\n' not in text:
        found.problems = [('', '変更がありません。表の値を変えるか、列名と行を貼り付けてください。')]
        return found
    try:
        sheet = sheets.read(text.encode(), '入力')
    except (sheets.Unreadable, UnicodeEncodeError) as error:
        found.problems = [('', problem.message) for problem in getattr(error, 'problems', ())] or [
            ('', '文字として扱えないものが含まれています。入力し直してください。')]
        return found
    sheet.rows = [(line, [cell.replace(BREAK, '\n') for cell in cells]) for line, cells in sheet.rows]
    found.load = importing.load(noun, sheet, person=person)
    names = {line: ' '.join(cell for cell in cells[:len(noun.key)] if cell) for line, cells in sheet.rows}
    found.problems = [(names.get(problem.line, ''), in_words(problem)) for problem in found.load.problems]
    found.problems += [(names.get(entry.line, ''), entry.message) for entry in found.load.entries
                       if entry.status == 'conflict']
    if not found.problems:
        found.stale = list(stale_of(found.load, opened))
    return found


def in_words(problem):
    return problem.message if not problem.column or problem.column in problem.message else (
        f'{problem.column}：{problem.message}')


def stale_of(load, opened):
    """Yield the Stale of the records to be changed that an act later than `opened` has changed."""
    standing = {entry.before.id: entry for entry in load.entries
                if entry.status == 'update' and entry.before is not None}
    last = {}
    ids = list(standing)
    for start in range(0, len(ids), 500):
        last |= dict(Change.select(Change.row, Change.act).where(
            Change.table == type(standing[ids[0]].before)._meta.table_name,
            Change.row.in_(ids[start:start + 500]), Change.act > opened).order_by(Change.act).tuples())
    acts = {act.seq: act for act in Act.select().where(Act.seq.in_(sorted({*last.values(), 0})))}
    for id, entry in standing.items():
        if id in last:
            yield Stale(entry.line, entry.label, acts[last[id]], list(entry.changes))


def without(text, lines):
    """Return the lines of a grid without some of them, told by their numbers as texts; headers stay."""
    stand = text.replace('\r\n', '\n').strip('\n').split('\n')
    return '\n'.join(line for number, line in enumerate(stand, 1) if number == 1 or str(number) not in lines)


def save(entered, *, by, at, channel, reason, request_id=''):
    """Write what the lines change as one act; return (its number or None, why nothing was written or '')."""
    try:
        return entered.load.apply(by, at, channel, reason, request_id, verb='enter'), ''
    except (trail.Stale, IntegrityError, saving.ChangedMeanwhile):
        return None, MEANWHILE


def line_of(values):
    """Return some values as a grid's line: what ends a line within one is written as `BREAK`."""
    return '\t'.join(value if value.isprintable() else BREAK.join(value.replace('\t', ' ').splitlines())
                     for value in values)
