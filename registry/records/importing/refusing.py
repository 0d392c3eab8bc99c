"""What is said of a file's line that cannot be taken, and what a person could say of its values."""
from forms.fields import Day, key_of_label

from ..sheets import Problem
from .entries import Entry
from .words import can_be_said

#: how many different values of a field are asked about, and how long they may be
UNKNOWN, LONGEST = 200, 100


class Refusing:
    """How a `Load` refuses lines."""

    def refuse(self, line, wrong, values):
        self.bad_lines.add(line)
        self._note_unknown(wrong, values)
        if any(self._cut_there(self.form._fields.get(name), values) for name in self.noun.key):
            # said once for the column; which record the line means is not known
            return Entry(line, 'error')
        for name, message in wrong:
            if (name, message) in self.unsaid:
                # a column that is not there is said once, not for every line
                first, lines = self.lacking.get(name, (line, 0))
                self.lacking[name] = first, lines + 1
                continue
            cell = self.form._fields.get(name)
            if self._cut_there(cell, values):
                continue  # said once for the column
            header = cell.header if cell is not None else self.words.get(name, name)
            value = values.get(cell.name, '') if cell is not None else ''
            if line in self.unreadable and any(p.line == line and self.known.get(key_of_label(p.column))
                                               == name for p in self.unusable):
                continue  # the sheet has already said that this cell cannot be used
            self.problems.append(Problem(line, header, str(value)[:200], str(message)))
        return Entry(line, 'error')

    def _note_unknown(self, wrong, values):
        """Count the values of a line that no field takes but a person could say what they mean."""
        for name in dict.fromkeys(name for name, _ in wrong):
            cell = self.form._fields.get(name)
            if not getattr(cell, 'process_errors', None) or not (can_be_said(cell) or isinstance(cell, Day)):
                continue
            text = values.get(cell.name, '').strip()
            known = self.unknown_values.setdefault(name, {})
            if text and len(text) <= LONGEST and (text in known or len(known) < UNKNOWN):
                known[text] = known.get(text, 0) + 1

    def _cut_there(self, cell, values):
        """Tell whether a cell's number only lost its zeros and is one of the register's."""
        cut = None if cell is None or self.restore_zeros else self.cut.get(cell.short_name)
        return cut is not None and cut.meant(values.get(cell.name, '').strip()) in cut.known
