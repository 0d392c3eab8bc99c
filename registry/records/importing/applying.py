"""A file that was read written as one act, all rows or none."""
from itertools import islice

from peewee import fn

from audits import trail
from forms.fields import Ref
from models.packed import Packed

from ...core import clock, connection
from .. import saving
from ..sheets import Problem
from .entries import MANY


class Applying:
    """How a `Load` writes its entries."""

    def apply(self, by, at, channel, reason, request_id='', verb='import', within=None):
        """Write the whole file as one act; return its sequence number, or None when nothing changed.

        `verb` is what the act is called by, after the noun. `within(seq)` is called in the act's transaction
        once all is written.
        """
        if not self.good:
            raise ValueError('a file with problems is not applied')
        noun, today = self.noun, clock.today()
        with trail.act(f'{noun.name}.{verb}', by=by, at=at, channel=channel, reason=reason,
                       request_id=request_id) as writing:
            if writing.head.seq != self.head:
                self.check_again()
            self.write(writing, today)
            if within is not None:
                within(writing.act.seq if writing.lines or writing.deferred else None)
        if len(self.entries) > MANY:
            connection.settle()
        return writing.seq

    def written(self):
        """Yield (row, the record as it stood or None, links) of the noun's records that the file writes."""
        return ((entry.row, entry.before, entry.links) for entry in self.entries
                if entry.status in ('create', 'update'))

    def check_again(self):
        """Ask within the act what others could have changed since; raise ChangedMeanwhile if they did."""
        for cell in self.pointing:
            if isinstance(cell, Ref):
                chosen = {row.__data__.get(cell.attr) for row, before, _ in self.written()
                          if before is None or row.__data__.get(cell.attr) != before.__data__.get(cell.attr)}
            else:
                chosen = {id for *_, links in self.written() for (link, own, _), ids, known in links
                          if (link, own) == (cell.link, cell.own) for id in set(ids) - set(known or ())}
            chosen = sorted(id for id in chosen if id is not None and id > 0)
            for start in range(0, len(chosen), MANY):
                if cell.table.select().where(cell.table.id.in_(chosen[start:start + MANY]),
                                             ~cell.table.live()).exists():
                    raise saving.ChangedMeanwhile
        first = self.noun.table._meta.fields.get(self.noun.blank._fields[self.noun.key[0]].attr)
        if self.numbers is not None:
            new = (row.__data__[first.name].lower() for row, before, _ in self.written() if before is None)
            while numbers := list(islice(new, MANY)):
                if self.noun.table.select().where(fn.LOWER(first).in_(numbers)).exists():
                    raise saving.ChangedMeanwhile
        self._circles()
        if self.problems:
            raise saving.ChangedMeanwhile

    def write(self, writing, today):
        """Save every entry: new rows in batches, then links and what the noun adds."""
        self.ids = {}
        self._create(writing, (entry for entry in self.entries if entry.status == 'create'), today)
        changed = (entry for entry in self.entries if entry.status == 'update')
        while batch := list(islice(changed, MANY)):
            for entry in batch:
                self._resolve(entry.row)
            labels, links = self.noun.table.labels_of([entry.row for entry in batch]), self._links_of(batch)
            for entry, label in zip(batch, labels, strict=True):
                saving.write(writing, self.noun, entry.row, entry.before, entry.links, today, label, links)

    @staticmethod
    def _links_of(entries):
        """Return {link table: {own id: its rows}} of the records that entries change."""
        found = {}
        for link, own in {(link, own): None for entry in entries for (link, own, _), _, _ in entry.links}:
            rows = found.setdefault(link, {})
            for row in link.select().where(link._meta.fields[own].in_([entry.row.id for entry in entries])):
                rows.setdefault(row.__data__[own], []).append(row)
        return found

    def _create(self, writing, new, today):
        """Insert the new rows, those that others of them refer to first."""
        awaited = {placeholder for cell in self.own for placeholder in cell.pending.values()}
        waiting, ready = Packed(), 0
        while batch := list(islice(new, trail.BATCH)):
            those = []
            for entry in batch:
                (those if self._resolve(entry.row) else waiting).append(entry)
            writing.insert([entry.row for entry in those])
            self.ids.update((-entry.line, entry.row.id) for entry in those if -entry.line in awaited)
            for entry in those:
                for (link, own, other), ids, _ in entry.links:
                    writing.defer([link(**{own: entry.row.id, other: id}) for id in ids])
                self.noun.after(writing, entry.row, None, today)
            ready += len(those)
        if len(waiting):
            if not ready:
                # records that refer to each other in a circle: refused when the file was read
                raise ValueError('a circle of references')
            self._create(writing, iter(waiting), today)

    def _resolve(self, row):
        """Put ids in the place of placeholders; return whether none is left."""
        for cell in self.own:
            value = row.__data__.get(cell.attr)
            if value is not None and value < 0:
                if value not in self.ids:
                    return False
                setattr(row, cell.attr, self.ids[value])
        return True

    def _circles(self):
        """Report references in a circle (上位所属・後継システム), in the file or with the register."""
        for cell in self.own:
            field = self.noun.table._meta.fields[cell.attr]
            told = {}
            for entry in self.entries:
                if entry.status != 'conflict' and any(row is not None and row.__data__.get(cell.attr)
                                                      for row in (entry.row, entry.before)):
                    id = entry.before.id if entry.before is not None else -entry.line
                    told[id] = entry.row.__data__.get(cell.attr)
            if not any(told.values()):
                continue
            stored = self.noun.table.select(self.noun.table.id, field).where(field.is_null(False))
            ways = dict(stored.tuples()) | told
            for entry in self.entries:
                start = entry.row and (entry.before.id if entry.before is not None else -entry.line)
                if start not in told:
                    continue
                at, passed = told.get(start), set()
                while at is not None and at != start and at not in passed:
                    passed.add(at)
                    at = ways.get(at)
                if at is not None and at == start:
                    self.problems.append(Problem(
                        entry.line, cell.header, cell.text(entry.row.__data__[cell.attr]),
                        f'{cell.label.text}をたどると自分自身に戻ります。どれか一つを空欄にして取り込み、'
                        'あとで変更してください。'))
