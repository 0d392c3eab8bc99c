"""The columns of a file: whose field each is, and numbers that a spreadsheet has cut the zeros from."""
import re
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass

from peewee import Field

from forms.fields import Key, Reference, half_width, key_of_label
from models.base import OFFICE
from models.packed import Packed
from models.visibility import condition

from ..sheets import Problem
from .days import read_day
from .words import can_be_said

#: the header of why a row was not taken, in the file of those rows: it is passed over when they come again
REASON = '取り込めない理由'
#: how many different texts are remembered with what they were read as
MOST_TEXTS = 10_000
#: what an office writes behind a column's name without meaning another column
_REMARK = re.compile(r'[(（](円|％|%|人|件|時間|台|年|か月|税込|任意|必須|西暦|和暦)[)）]$')


@dataclass
class Cut:
    """A column whose numbers have lost their leading zeros: how many cells, the first and its meaning.

    `known` are the register's numbers, of these `lengths`; `certain` says whether any of the whole ones
    stands there.
    """

    header: str
    known: set
    lengths: set
    cells: int = 0
    first: str = ''
    whole: str = ''
    certain: bool = False

    def meant(self, text):
        """Return the whole number that a cell means, or None when its zeros were not cut."""
        if not text or len(text) >= 10 or not (text.isascii() and text.isdigit()) or text in self.known:
            return None
        longer = [number for length in range(len(text) + 1, 11)
                  if (number := text.zfill(length)) in self.known]
        if len(longer) == 1:
            return longer[0]
        if not longer and len(self.lengths) == 1 and len(text) < (length := next(iter(self.lengths))):
            return text.zfill(length)
        return None

    def count(self, text):
        whole = self.meant(text)
        if whole is not None:
            self.cells += 1
            self.certain = self.certain or whole in self.known
            if self.cells == 1:
                self.first, self.whole = text, whole


def _is_known(cell, text):
    """Tell whether a field reads a text as it is: a word of a list, or a day."""
    if isinstance(cell, Reference):
        return False
    try:
        cell.read(text)
    except ValueError:
        return False
    return True


class Columns:
    """What a `Load` does with the columns of its file."""

    def _columns(self, sheet, ignore_unknown):
        """Match the headers with the form's fields.

        Return [(place, field name)], or None when the file cannot be read by them.
        """
        # an unknown column is named and passed over: what is wrong in the known ones is said as well
        known, unreadable = {}, any(problem.line in (1, None) for problem in self.problems)
        short = Counter(cell.header.partition('（')[0] for cell in self.form.cells())
        for cell in self.form.cells():
            # what stands before a bracket names a column only where no other begins alike (目標復旧時間)
            before = cell.header.partition('（')[0]
            for word in (cell.key, cell.short_name, cell.label.text, cell.header,
                         *([before] if short[before] == 1 else [])):
                known.setdefault(key_of_label(word), cell.short_name)
        for word, names in self._on_screen().items():
            if len(names) == 1:
                known.setdefault(word, next(iter(names)))
        self.known = known
        columns, seen, told = [], {}, {key_of_label(header) for header, *_ in self.noun.exported}
        told.add(key_of_label(REASON))
        fields = {cell.short_name for cell in self.form.cells()}
        former = {key_of_label(header): words for header, words in self.noun.former.items()}
        for place, header in enumerate(sheet.headers):
            name = known.get(key_of_label(header)) or known.get(key_of_label(_REMARK.sub('', header)))
            if name is None and (said := self._said(header, told)) is not None:
                if not said:
                    continue
                name = said if said in fields else None
            if name is None and key_of_label(header) in former:
                filled = sum(bool(cells[place].strip()) for _, cells in sheet.rows)
                if filled:
                    self.notices.append(f'「{header}」の列は読み込みません（値のある行 {filled:,}件）。'
                                        f'{former[key_of_label(header)]}')
            elif name is None and key_of_label(header) not in told:
                self.unknown_headers.append(header)
                if not ignore_unknown:
                    self.problems.append(Problem(
                        1, header, '',
                        f'「{header}」という列はありません。列名を直すか、列を削除してください。'
                        f'使える列: {"、".join(c.header for c in self.form.cells())}'))
            elif name is not None and name in seen:
                unreadable = True
                self.problems.append(Problem(
                    1, header, '',
                    f'「{header}」と「{seen[name]}」は同じ項目です。片方を削除してください。'))
            elif name is not None:
                seen[name] = header
                columns.append((place, name))
        for name in self.noun.key:
            if name not in seen:
                unreadable = True
                header = self.form._fields[name].header
                self.problems.append(Problem(1, header, '', f'「{header}」の列が必要です。'))
        if unreadable:
            return None
        absent = [cell for cell in self.form.cells() if cell.short_name not in seen]
        self.unsaid = [(cell.short_name, '') for cell in absent if cell.must_be_given]
        self.lacking = {}
        for cell in absent:
            del self.form[cell.short_name]
        return columns

    def _said(self, header, told):
        """Return the field that a ward's own header stands for, '' where it is not read; None for neither."""
        key = key_of_label(header)
        if key in told or (found := self.words_said.headers.get(key)) is None:
            return None
        self.used.add(('', key, header))
        return found

    def _reworded(self, rows):
        """Return the rows with the ward's own values and days read as ours."""
        changes = {}
        for place, name in self.columns:
            cell, values = self.form._fields[name], self.words_said.values.get(name)
            if values or name in self.days:
                changes[place] = cell, values or {}, self.days.get(name)
        if not changes:
            return rows
        known = {}

        def read(place, text):
            cell, values, way = changes[place]
            if (key := half_width(text)) in values:
                if not can_be_said(cell) or _is_known(cell, text):
                    return text
                self.used.add((cell.short_name, key, text.strip()))
                return values[key]
            if way and text.strip() and not _is_known(cell, text):
                with suppress(ValueError, OverflowError):
                    return read_day(way, text).isoformat()
            return text

        def once(place, text):
            if (place, text) not in known:
                if len(known) >= MOST_TEXTS:
                    known.clear()
                known[place, text] = read(place, text)
            found = known[place, text]
            if found != text and changes[place][2]:
                name = changes[place][0].short_name
                self.days_read[name] = self.days_read.get(name, 0) + 1
            return found
        return Packed((line, [once(place, text) if place in changes else text
                              for place, text in enumerate(cells)]) for line, cells in rows)

    def _on_screen(self):
        """Return {label: field names} of what the list calls its columns and filters.

        状態 stands for ライフサイクル状態 there.
        """
        attrs, found = {cell.attr: cell.short_name for cell in self.form.cells()}, {}
        for column in self.noun.columns:
            field = column.expr
            if isinstance(field, Field) and field.model is self.noun.table and field.name in attrs:
                found.setdefault(key_of_label(column.label), set()).add(attrs[field.name])
        for each in self.noun.filters:
            if each.name in attrs:
                found.setdefault(key_of_label(each.label), set()).add(attrs[each.name])
        return found

    def _zeros(self, rows):
        """Find the numbers that a spreadsheet has cut the leading zeros from; return the rows.

        With `restore_zeros` the rows have them back. Told by the register: a number with the zeros stands
        there, or all its numbers of digits are of one longer length.
        """
        cuts = {}
        for place, name in self.columns:
            cell = self.form._fields[name]
            own = isinstance(cell, Key) and self.noun.key == (name,)
            typed = (cells[place].strip() for _, cells in rows)
            if (own or isinstance(cell, Reference)) and any(
                    0 < len(text) < 10 and text.isascii() and text.isdigit() for text in typed):
                known = self._known(cell, own)
                cuts[place] = Cut(cell.header, known, {len(number) for number in known})
        for _, cells in rows if cuts else ():
            for place, cut in cuts.items():
                cut.count(cells[place].strip())
        cuts = {place: cut for place, cut in cuts.items() if cut.cells}
        self.cut = {name: cuts[place] for place, name in self.columns if place in cuts}
        if not self.restore_zeros or not cuts:
            return rows
        return Packed((line, [cuts[place].meant(text.strip()) or text if place in cuts else text
                              for place, text in enumerate(cells)]) for line, cells in rows)

    def _known(self, cell, own):
        """Return the numbers of digits that a column's cells may mean."""
        table = self.noun.table if own else cell.table
        numbers = table.select(table._meta.fields[cell.attr] if own else cell.by)
        if self.person is not None and table.owned_by != OFFICE:
            limit = condition(table, self.person, self.today)
            numbers = numbers if limit is None else numbers.where(limit)
        return {number for (number,) in numbers.tuples().iterator() if number.isdigit()}
