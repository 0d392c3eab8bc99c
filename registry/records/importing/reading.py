"""A file read against the register, line by line."""
import hashlib
import json
from itertools import islice

from peewee import SQL, fn

from audits import trail
from forms.fields import Ref, Reference, half_width
from models.base import db
from models.packed import Hashes, Packed
from models.statements import rows_of
from models.visibility import condition

from ...core import clock
from ...core.permits import allowed, overreach
from .. import display, exporting, numbers, saving, sheets
from ..sheets import Problem
from .applying import Applying
from .columns import Columns
from .entries import MANY, SHOWN, UNDONE, Cells, Entry, is_grave
from .refusing import Refusing
from .words import Words


class Load(Columns, Refusing, Applying):
    """A file read against the register.

    `entries` are what it creates, changes or cannot, `problems` all that is wrong. `apply` writes it;
    `counts` says how many lines come to what, `seen` sums up the records it would change.
    """

    #: how entries are held
    held = Packed

    def __init__(self, noun, sheet, person=None, ignore_unknown=False, progress=None, restore_zeros=False,
                 words=None, days=None):
        self.noun, self.person, self.progress, self.restore_zeros = noun, person, progress, restore_zeros
        self.problems, self.unusable = list(sheet.problems), sheet.problems
        self.unreadable = {problem.line for problem in sheet.problems}
        self.entries, self.counts = self.held(), {'create': 0, 'update': 0, 'unchanged': 0, 'conflict': 0}
        self.seen = hashlib.sha256()
        # every act after this one may have changed what the file is checked against
        self.head = trail.head().seq
        self.at, self.today = clock.now(), clock.today()
        self.cp932 = sheet.encoding == 'cp932'
        self.form = self.make_form()
        #: every column a file may have, whether this one has it or not
        self.cells = self.form.cells()
        self.words = {cell.short_name: cell.header for cell in self.cells}
        #: what is not read of the file, and why, in words
        self.notices = []
        #: the Words of the ward that are used, and {field: way of WAYS} of the days of a column
        self.words_said, self.days = words or Words(), days or {}
        #: (field, key, word) of those that stood in the file; {field: cells} of the days read in another way
        self.used, self.days_read = set(), {}
        #: headers that no field has; {field: {text: cells}} of values that no field takes
        self.unknown_headers, self.unknown_values = [], {}
        #: the lines that keep the file from being applied
        self.bad_lines = set()
        #: how many records have something changed that must not change unseen, and the first of them
        self.grave, self.grave_entries = 0, []
        self.columns = self._columns(sheet, ignore_unknown)
        self.cut = {}
        if self.columns is not None:
            self._read(sheet)

    def make_form(self):
        form = exporting.form_of_file(self.noun)(viewer=display.Viewer(self.person, self.today))
        self.noun.new_form(form)
        form.of_file = True
        return form

    @property
    def good(self):
        """Whether the file may be applied."""
        return not self.problems and not self.counts['conflict']

    def revisions(self, entry):
        """Return what tells later whether the records of a line's entry are as they were read."""
        return entry.before and [entry.before.id, entry.before.revision,
                                 *(known for _, _, known in entry.links)]

    def _read(self, sheet):
        rows, total = self._zeros(self._reworded(sheet.rows)), len(sheet.rows)
        places = {name: place for place, name in self.columns}
        self.key_cells = [(places[name], self.form._fields[name]) for name in self.noun.key]
        for cell in self.form.cells():
            if isinstance(cell, Reference) and total > 50:
                cell.load_all()
            elif isinstance(cell, Reference):
                cell.prefetch([cells[places[cell.short_name]].strip() for _, cells in rows])
        self.own = [cell for cell in self.form.cells() if isinstance(cell, Ref)
                    and cell.table is self.noun.table]
        self.linking = self.form.links()
        self.pointing = [cell for cell in self.form.cells() if isinstance(cell, Reference)]
        self._survey(rows)
        seen, done, coming = {}, 0, iter(rows)
        while block := [(line, cells, self.key_of(cells)) for line, cells in islice(coming, MANY)]:
            keys = {key for *_, key in block if key is not None}
            existing = self._existing(keys)
            linked = self._linked(existing)
            self._look_up_similar(keys - existing.keys())
            for line, cells, key in block:
                if self.progress and done % 500 == 0:
                    self.progress(done, total)
                done += 1
                self._count(self.read_line(line, cells, key, existing, linked, seen))
            if len(self.problems) >= sheets.MAX_PROBLEMS and done < total:
                self.problems.append(Problem(None, '', '', (
                    f'問題が{sheets.MAX_PROBLEMS:,}件を超えたため、{line}行目で確認をやめました。'
                    '直してから、もう一度選んでください。')))
                break
        self.problems += [Problem(1, self.words[name], '', (
            f'新しく登録するには「{self.words[name]}」の列が必要です（{lines:,}行、'
            f'{first}行目{"など" if lines > 1 else ""}）。'))
            for name, (first, lines) in self.lacking.items()]
        if not self.restore_zeros:
            self.problems += [Problem(1, cut.header, cut.first, (
                f'{cut.cells:,}件の先頭の0が落ちています（「{cut.first}」は「{cut.whole}」）。'
                '先頭の0を補って読み直せます。'))
                for cut in self.cut.values() if cut.certain]
        self._circles()
        self.problems.sort(key=lambda problem: problem.line or 0)
        if self.progress:
            self.progress(total, total)

    def _count(self, entry):
        """Count what a line comes to, and keep what is to be written or told of it."""
        if entry.status in self.counts:
            self.counts[entry.status] += 1
            self.seen.update(json.dumps([entry.line, self.revisions(entry)]).encode())
            if entry.status != 'unchanged':
                self.entries.append(entry)
            if entry.status == 'conflict':
                self.bad_lines.add(entry.line)
            elif entry.changes and any(is_grave(label) for label, *_ in entry.changes):
                self.grave += 1
                if self.grave <= SHOWN:
                    self.grave_entries.append(entry)

    def key_of(self, cells):
        """Return the key of a line as stored values, or None when it cannot be read."""
        key = []
        for place, cell in self.key_cells:
            text = cells[place].strip()
            try:
                key.append(None if not text else cell.id_even_if_voided(text) if isinstance(cell, Ref)
                           else cell.read(text))
            except ValueError:
                return None
        return tuple(key) if None not in key else None

    def _survey(self, rows):
        """Find what one line must know of the others.

        That is keys that come twice or nearly so, and records that the file itself creates.
        """
        first = self.form._fields[self.noun.key[0]]
        by_number = numbers.known_by_number(self.noun, first)
        column = self.noun.table._meta.fields[first.attr] if by_number else None
        #: {number in small letters: number} of similar ones; None for a noun without numbers
        self.numbers, self.unseen, self.known_similar = None if column is None else {}, set(), Hashes()
        if column is not None:
            stored = self.noun.table.select(column).tuples().iterator()
            self.known_similar = Hashes(similarity_key(number) for (number,) in stored)
        keys, alike, mentioned = Hashes(), Hashes(), self._mentioned(rows)
        coming = {}
        for line, cells in rows:
            if (key := self.key_of(cells)) is None:
                continue
            keys.add(key)
            if column is not None:
                alike.add(similarity_key(key[0]))
            if key[0] in mentioned:
                coming[key] = -line
        self.twice, self.twice_similar = keys.duplicates(), alike.duplicates()
        standing = set()
        for start in range(0, len(coming), MANY):
            standing |= self._existing(set(islice(coming, start, start + MANY))).keys()
        for cell in self.own:
            cell.pending = {key[0]: placeholder for key, placeholder in coming.items() if key not in standing}

    def _mentioned(self, rows):
        """Return the numbers by which lines refer to records of their noun (上位所属・後継システム)."""
        columns = [(place, cell) for place, name in self.columns
                   if (cell := self.form._fields[name]) in self.own]
        return {half_width(text) for _, cells in rows for place, cell in columns
                if (text := cells[place].strip()) and len(text) <= cell.max_typed} if columns else set()

    def _existing(self, keys):
        """Return {key: record} of those of some keys that stand in the register, voided ones too."""
        table = self.noun.table
        fields = [table._meta.fields[self.form._fields[name].attr] for name in self.noun.key]
        found, keys = {}, sorted(keys, key=str)
        if len(fields) == 1:
            wanted = fields[0].in_([key for key, in keys])
        else:
            columns = ', '.join(f'"{field.column_name}"' for field in fields)
            line = f'({", ".join([db.param] * len(fields))})'
            wanted = SQL(f'({columns}) IN (VALUES {", ".join([line] * len(keys))})', [
                field.db_value(value) for key in keys for field, value in zip(fields, key, strict=True)])
        for row in rows_of(table.select().where(wanted)) if keys else ():
            found[tuple(row.__data__[field.name] for field in fields)] = row
        self.labels = dict(zip((row.id for row in found.values()), table.labels_of(list(found.values())),
                               strict=True))
        return found

    def _linked(self, existing):
        """Return {field name: {id: [linked ids]}} of the link fields of some records."""
        ids = [row.id for row in existing.values()]
        return {cell.short_name: exporting.all_links(cell, ids) if ids else {} for cell in self.linking}

    def first_of(self, key, line, seen):
        """Return the first line of the file with a line's key; `seen` remembers the keys that come again."""
        return line if key is None or hash(key) not in self.twice else seen.setdefault(key, line)

    def _look_up_similar(self, keys):
        """Look up the register's numbers that new ones are nearly the same as, for `similar_numbers`."""
        if self.numbers is None:
            return
        near = [key[0] for key in keys if similarity_key(key[0]) in self.known_similar]
        if not near:
            return
        column = self.noun.table._meta.fields[self.form._fields[self.noun.key[0]].attr]
        whole = [number.zfill(length) for number in near if number.isdigit()
                 for length in range(len(number) + 1, 11)]
        numbers = self.noun.table.select(column).where(
            fn.LOWER(column).in_([number.lower() for number in near])
            | (column.in_(whole) if whole else SQL('1 = 0')))
        limit = None if self.person is None else condition(self.noun.table, self.person, self.today)
        found = {number for (number,) in numbers.tuples()}
        self.numbers.update((number.lower(), number) for number in found)
        if limit is not None:
            self.unseen |= found - {number for (number,) in numbers.where(limit).tuples()}

    def similar_numbers(self, key):
        """Yield (field name, message) where a new number is nearly one of the register or an earlier line.

        It differs in capitals or in leading zeros only.
        """
        if key is None or self.numbers is None:
            return
        alike = similarity_key(key[0])
        if hash(alike) not in self.twice_similar and alike not in self.known_similar:
            return
        near = self.numbers.setdefault(key[0].lower(), key[0])
        if near != key[0]:
            yield self.noun.key[0], (numbers.TAKEN if near in self.unseen
                                     else numbers.differs_in_capitals(near))
            return
        longer = [key[0].zfill(length) for length in range(len(key[0]) + 1, 11)] if key[0].isdigit() else ()
        if meant := next((number for number in longer
                          if number in self.numbers and number not in self.unseen), None):
            yield self.noun.key[0], (f'先頭の0が落ちていませんか（「{meant}」ならあります）。'
                                     'Excelでは、この列を文字列にして保存してください。')

    def self_references(self, row, line):
        """Yield (field name, message) where a new record refers to itself."""
        for cell in self.own:
            if row.__data__.get(cell.attr) == -line:
                yield cell.short_name, f'{cell.label.text}に自分自身を指定することはできません。'

    def read_line(self, line, cells, key, existing, linked, seen):
        """Return the Entry of one line; its problems are added to `problems`."""
        noun, form = self.noun, self.form
        before, former = existing.get(key) if key is not None else None, None
        if before is not None and before.voided_at is not None and before.void_reason.startswith(UNDONE):
            # an import made it that was taken back: nothing but its place in the database is left of it
            before, former = None, before
        values = {form._fields[name].name: cells[place] for place, name in self.columns}
        form.process(Cells(values), data=self.current_references(before, linked))
        wrong = form.all_errors(before)
        row = saving.copy_of(before) if before is not None else noun.table()
        if before is None:
            wrong += self.unsaid
        form.fill(row)
        self.keep_stored_characters(row, before)
        if before is not None:
            # in a new record some blanks have a meaning; in a known one that would undo what stands
            wrong += [(name, 'この項目は空欄にできません。今の値を残すときは、列を削除してください。')
                      for place, name in self.columns
                      if not cells[place].strip() and (cell := form._fields[name]).required
                      and not cell.errors
                      and row.__data__[cell.attr] != before.__data__[cell.attr]]
        if self.person is not None and (before is not None or not wrong) and not self._may(row, before):
            # nothing else is said of a record that stands and is not theirs
            wrong = [(noun.key[0], 'この記録を変更する権限がありません。')]
        else:
            known = {name for name, _ in wrong}
            wrong += [(name, words) for name, words in [
                *saving.future_dates(form, row, before, self.today), *self.self_references(row, line),
                *(self.similar_numbers(key) if before is None and former is None else ()),
                *saving.separation_problems(noun, row, before, self.person),
                *overreach(noun, row, before, form, self.person),
                *noun.prepare(row, before, form, self.person, self.at)] if name not in known]
        first = self.first_of(key, line, seen)
        twice = f'{first}行目と同じ番号です。どちらかを削除してください。'
        if wrong:
            return self.refuse(line, wrong if first == line else [*wrong, (noun.key[-1], twice)], values)
        if former is not None and first == line:
            return self.entry_again(line, row, former, form, linked)
        if before is not None and before.voided_at is not None:
            return Entry(line, 'conflict', self.labels[before.id],
                         message='取消済みの記録と同じ番号です。番号は使い回せません。')
        if first != line:
            return Entry(line, 'conflict', self.labels[before.id] if before else str(key[-1]), message=twice)
        return self.entry(line, row, before, form, linked)

    def current_references(self, before, linked):
        """Return {field name: value} of what a record refers to now.

        A file may repeat these though they are voided or hidden.
        """
        if before is None:
            return {}
        return {cell.short_name: list(linked[cell.short_name].get(before.id, ())) if cell.short_name in linked
                else before.__data__.get(cell.attr) for cell in self.pointing}

    def keep_stored_characters(self, row, before):
        """Keep a stored character that CP932 cannot carry where the file has what it became (〜 as ～).

        An exported file then changes nothing.
        """
        if not self.cp932 or before is None:
            return
        for name, value in row.__data__.items():
            stored = before.__data__.get(name)
            if (isinstance(value, str) and isinstance(stored, str)
                    and value != stored and sheets.as_cp932(stored) == value):
                row.__data__[name] = stored

    def entry(self, line, row, before, form, linked):
        """Return the Entry of a good line: what it creates or changes."""
        links = saving.links_of(form)
        changes = []
        # which columns were set is of no use to an act, and larger than what they hold
        row._dirty.clear()
        if before is None:
            status = 'create'
        else:
            different = trail.differences(row, before)
            for cell in self.cells:
                if cell.short_name in linked:
                    now = list(linked[cell.short_name].get(before.id, ()))
                    if set(now) != set(cell.data or []):
                        changes.append((cell.label.text, cell.text(now), cell.text(cell.data)))
                elif cell.attr in different:
                    changes.append((cell.label.text, *(cell.text(one.__data__.get(cell.attr))
                                                       for one in (before, row))))
            status = 'update' if changes else 'unchanged'
        first = form._fields[self.noun.key[0]]
        label = self.labels[before.id] if before is not None else first.text(first.data)
        return Entry(line, status, label, changes or (), row, before, links or ())

    def entry_again(self, line, row, former, form, linked):
        """Return the Entry of a good line whose record an import made that was taken back."""
        row.id, row.revision = former.id, former.revision
        row._dirty.clear()
        links = [(place, ids, list(linked[cell.short_name].get(former.id, ())))
                 for cell, (place, ids, _) in zip(form.links(), saving.links_of(form), strict=True)]
        changes = [('取消', '取消済み', 'もう一度登録')]
        return Entry(line, 'update', self.labels[former.id], changes, row, former, links)

    def new_values(self, entry):
        """Return [(label, text)] of what a new record will hold, days and choices as they were understood."""
        held = {field: ids for (_, _, field), ids, _ in entry.links}
        for row, _ in [*entry.also, (entry.row, None)]:
            held |= row.__data__ if row is not None else {}
        found = []
        for cell in self.cells:
            value = held.get(getattr(cell, 'other', cell.attr))
            show = cell.text if isinstance(cell, Reference) else cell.show
            if value not in (None, []) and (text := show(value)):
                found.append((cell.label.text, text))
        return found

    def _may(self, row, before):
        verb = 'create' if before is None else 'edit'
        return allowed(f'{self.noun.name}.{verb}', row, self.person) and (
            before is None or allowed(f'{self.noun.name}.edit', before, self.person))


def similarity_key(number):
    """Return what numbers share that differ in small letters only, or in the zeros they begin with."""
    number = number.lower()
    return number.lstrip('0') if number.isdigit() else number


def load(noun, sheet, **options):
    """Read a sheet against the register with the noun's own loader."""
    return (noun.loader or Load)(noun, sheet, **options)
