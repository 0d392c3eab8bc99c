"""Fields that name other records by their numbers: one (`Ref`) or several (`Refs`)."""
import re
from functools import cache

from models.statements import Prepared

from .cell import BLANK, CHOOSE, Cell
from .folding import half_width

#: what stands in a form or file for a record that the viewer may not see
HIDDEN = 'ほかの所属の記録'
#: the header of a file's column that holds several systems
SEVERAL_SYSTEMS = '管理番号（複数は;区切り）'


def hidden_text(number):
    """Return what stands for so many records that the viewer may not see."""
    return f'（{HIDDEN} {number}件）'


def mark_voided(words, row):
    """Return what a record is called, and that it has been voided."""
    return f'{words}（取消済み）' if row.voided_at else words


@cache
def live_by_number(by):
    """Return the Prepared select of the live record with a number (`by`)."""
    table = by.model
    return Prepared(lambda number: table.select(table.id, by).where(by.in_([number]), table.live()))


class Reference(Cell):
    """What names other records by their own numbers.

    `load_all()` reads the whole table once, for a file of many rows. What stands can be said again as it
    reads: a number voided since, and HIDDEN for a record the viewer may not see.
    """

    #: so many numbers are looked up by name; where there are more, the whole table is read
    at_once = 5_000

    def __init__(self, label, table, by, **kwargs):
        super().__init__(label, **kwargs)
        self.table, self.by = table, table._meta.fields[by]
        self.max_typed = max(self.max_typed, getattr(self.by, 'max_length', 0))

    def begin(self):
        super().begin()
        self.cache, self.unknown_numbers, self.keys, self.complete = {}, set(), {}, False

    @property
    def viewer(self):
        return self.meta.viewer

    def hidden_ids(self, ids, viewer=None):
        """Return those of some ids whose rows the viewer may not see.

        The viewer is who fills the form, where no other is named.
        """
        limit, ids = (viewer or self.viewer).limit(self.table), set(ids)
        if limit is None or not ids:
            return set()
        seen = self.table.select(self.table.id).where(self.table.id.in_(ids), limit)
        return ids - {id for (id,) in seen.tuples()}

    def load_all(self):
        if self.complete:
            return
        limit, seen = self.viewer.limit(self.table), None
        if limit is not None:
            seen = {id for (id,) in self.table.select(self.table.id).where(limit).tuples()}
        for id, key, voided in self.table.select(self.table.id, self.by, self.table.voided_at).tuples():
            self.keys[id] = key if seen is None or id in seen else HIDDEN
            if voided is None and (seen is None or id in seen):
                self.cache[key] = id
        self.complete = True

    def look_up(self, numbers):
        """Return {number: id} of the live records that the viewer may see, asked in one query."""
        unknown = [number for number in numbers
                   if number not in self.cache and number not in self.unknown_numbers]
        if unknown and not self.complete:
            limit = self.viewer.limit(self.table)
            if limit is None and len(unknown) == 1:
                found = {row.__data__[self.by.name]: row.id for row in live_by_number(self.by)(*unknown)}
            else:
                found = dict(self.table.select(self.by, self.table.id).where(
                    self.by.in_(unknown), self.table.live(), *([] if limit is None else [limit])).tuples())
            self.cache.update(found)
            self.keys.update((id, number) for number, id in found.items())
            self.unknown_numbers.update(number for number in unknown if number not in self.cache)
        return {number: self.cache[number] for number in numbers if number in self.cache}

    def prefetch(self, texts):
        """Look up all the numbers of a file's column at once.

        Those too that a spreadsheet may have cut the zeros from.
        """
        numbers = {number for text in set(texts) if len(text) <= self.max_typed
                   for number in self.numbers_in(text)}
        numbers |= {number.zfill(length) for number in numbers if number.isdigit()
                    for length in range(len(number) + 1, 11)}
        if len(numbers) > self.at_once:
            self.load_all()
        else:
            self.look_up(numbers)

    def numbers_in(self, text):
        """Return the numbers that a cell may name."""
        return [half_width(text)]

    def id_of(self, number):
        """Return the id of a record that is not voided and that the viewer may see, or None."""
        return self.look_up([number]).get(number)

    def number_of(self, id):
        """Return the number of a record as the viewer may read it, '' when there is none."""
        if id in self.keys:
            return self.keys[id]
        row = self.table.by_id(id)
        return '' if row is None else HIDDEN if self.hidden_ids([id]) else row.__data__[self.by.name]

    def numbers_of(self, ids):
        """Return {id: number as the viewer may read it} of some records, in the order of the ids."""
        if self.complete or not ids:
            known = self.keys
        else:
            away = self.hidden_ids(ids)
            named = self.table.select(self.table.id, self.by).where(self.table.id.in_(list(ids)))
            known = {id: HIDDEN if id in away else key for id, key in named.tuples()}
        return {id: known[id] for id in ids if id in known}


class Ref(Reference):
    """Another record, by its own number; a select box when the table is short.

    `data` is the row's id. `pending` is {number: placeholder} of the rows that the file itself will create; a
    placeholder is a negative number in an id's place.
    """

    def __init__(self, label, table, by, *, select=False, missing='台帳にありません', only=None, **kwargs):
        super().__init__(label, table, by, **kwargs)
        self.missing, self.only = missing, only
        if select:
            self.shape = 'list'
        self.echo = not select

    def begin(self):
        super().begin()
        self.pending, self.read_columns = {}, {}

    def process_data(self, value):
        super().process_data(getattr(value, 'id', value))

    def id_even_if_voided(self, text):
        """Return the id of a record named in a line's key, voided or not.

        None when the viewer sees none of that number.
        """
        if len(text) > self.max_typed:
            return None
        text = half_width(text)
        found = self.id_of(text)
        if found is None:
            limit = self.viewer.limit(self.table)
            row = self.table.select(self.table.id).where(
                self.by == text, *([] if limit is None else [limit])).tuples().first()
            found = row and row[0]
        return found

    def restrict(self, only):
        """Let only these records be chosen, apart from the one already recorded.

        Of any other the answer is that of an unknown number.
        """
        self.only = only
        if self.typed is None or self.data in (None, self.object_data):
            return
        if not self.table.select().where(self.table.id == self.data, only(self.table)).exists():
            self.data, self.process_errors = None, [self.unknown([half_width(self.typed)])]

    def id_by_name(self, text):
        """Return the id of the record that bears a name today, or None.

        The name stands alone or behind its number, as pages show it.
        """
        names = self.viewer.numbers_by_name(self.table)
        number, _, name = text.partition(' ')
        if number in names.get(name.strip(), ()):
            return self.id_of(number)
        numbers = names.get(text, ())
        if len(numbers) > 1:
            raise ValueError(f'{self.label.text}「{text[:40]}」は{len(numbers)}件あります'
                             f'（{"、".join(numbers[:10])}）。コードで入力してください。')
        return self.id_of(numbers[0]) if numbers else None

    def parse(self, text):
        text = half_width(text)
        found = self.id_of(text) or self.pending.get(text) or self.id_by_name(text)
        if found is None and self.object_data is not None and text == self.text(self.object_data):
            found = self.object_data
        if found is None:
            # a spreadsheet drops the zeros a number begins with
            longer = [text.zfill(n) for n in range(len(text) + 1, 11)] if text.isdigit() else []
            meant = next(iter(self.look_up(longer)), None)
            raise ValueError(f'{self.label.text}「{text[:40]}」は{self.missing}。'
                             f'先頭の0が落ちていませんか（「{meant}」ならあります）。' if meant
                             else self.unknown([text]))
        return found

    def columns_of(self, id, *names):
        """Return some columns of a record, read at once for all those whose numbers have been looked up."""
        found = self.read_columns.setdefault(names, {})
        if id not in found:
            query = self.table.select(self.table.id, *(self.table._meta.fields[name] for name in names))
            if not self.complete:
                query = query.where(self.table.id.in_([id, *self.keys]))
            found.update((id, values) for id, *values in query.tuples())
        return found[id]

    def unknown(self, numbers):
        """Return what is said of a number that no record has."""
        advice = '' if '。' in self.missing else '先に登録するか、番号を確かめてください。'
        return f'{self.label.text}「{numbers[0][:40]}」は{self.missing}。{advice}'

    def text(self, value):
        if value is None:
            return ''
        value = getattr(value, 'id', value)
        if value < 0:
            return next(key for key, placeholder in self.pending.items() if placeholder == value)
        return self.number_of(value)

    def show(self, value, viewer=None):
        if value is None:
            return ''
        viewer = viewer or self.viewer
        row = value if hasattr(value, 'label') else self.table.by_id(value)
        if row is None:
            return ''
        return hidden_text(1) if self.hidden_ids([row.id], viewer) else mark_voided(viewer.called(row), row)

    def options(self):
        now = self._value()
        if not self.required or now == '':
            yield '', CHOOSE if self.required else BLANK, now == ''
        offered = self.viewer.options_for(self)
        if (self.object_data is not None and now == self.text(self.object_data)
                and now not in {key for key, _ in offered}):
            # it was voided since: the list must not choose another in its place
            yield now, self.show(self.object_data), True
        for key, words in offered:
            yield key, words, now == key

    def all_options(self):
        """Return [(number, words)] of the records to choose from."""
        query = self.table.select().where(self.table.live()).order_by(self.by)
        if self.only is not None:
            query = query.where(self.only(self.table))
        return [(getattr(row, self.by.name), self.viewer.called(row)) for row in query]


@cache
def linked_to(link, own, other, by):
    """Return the Prepared select of a record's live rows of a link table.

    They come in the order of the numbers (`by`) they lead to.
    """
    fields = link._meta.fields
    return Prepared(lambda id: (
        link.select(fields[other]).join(by.model, on=fields[other] == by.model.id)
        .where(fields[own] == id, link.live()).order_by(by)))


class Refs(Reference):
    """Several other records by number, separated by `;`.

    `data` is a list of ids; saved as rows of a link table.
    """

    hint = '複数あるときは ; で区切ります'
    #: the most numbers at once
    max_numbers = 5_000

    def __init__(self, label, table, by, *, link, own, other, max=30_000, **kwargs):
        super().__init__(label, table, by, **kwargs)
        self.link, self.own, self.other = link, own, other
        self.flags.maxlength = self.max_typed = max
        self.linked = linked_to(link, own, other, self.by)

    def parse(self, text):
        text = half_width(text)
        parts = [part for part in map(str.strip, re.split(r'[;\n、]', text)) if part]
        number = len(parts) + text.count(',')
        if number > self.max_numbers:
            raise ValueError(f'一度に入力できる番号は{self.max_numbers:,}件までです（現在{number:,}件）。')
        # a number may hold a comma; what is no number with it is several
        pieces = {part: [piece for piece in map(str.strip, part.split(',')) if piece] for part in parts
                  if ',' in part}
        known = self.look_up({*parts, *(piece for several in pieces.values() for piece in several)})
        parts = [each for part in parts for each in ([part] if part in known else pieces.get(part, [part]))]
        linked = None
        found, unknown = {}, []
        for part in parts:
            ids = [known[part]] if part in known else None
            if ids is None:
                linked = self.linked_by_number() if linked is None else linked
                ids = linked.get(part, ())
                if not ids:
                    unknown.append(part)
            found.update(dict.fromkeys(ids))
        if unknown:
            raise ValueError(self.unknown(unknown))
        return list(found)

    def numbers_in(self, text):
        parts = [part.strip() for part in re.split(r'[;\n、]', half_width(text))]
        return {*parts, *(piece.strip() for part in parts for piece in part.split(','))}

    def linked_by_number(self):
        """Return {number as the viewer may read it: [ids]} of what is linked already."""
        linked = {}
        for id, number in self.numbers_of(self.object_data or ()).items():
            linked.setdefault(number, []).append(id)
        return linked

    def unknown(self, numbers):
        """Return what is said of numbers that no record has."""
        return f'{"、".join(numbers[:10])[:200]} は登録されていません。番号を確かめてください。'

    def ids_of(self, row):
        """Return the ids now linked to `row`, in the order of their numbers."""
        return [link.__data__[self.other] for link in self.linked(row.id)]

    def text(self, value):
        return ';'.join(dict.fromkeys(self.numbers_of(value or ()).values()))

    def show(self, value, viewer=None):
        if not value:
            return ''
        viewer = viewer or self.viewer
        away = self.hidden_ids(value, viewer)
        rows = sorted(self.table.by_ids([id for id in value if id not in away]),
                      key=lambda row: row.__data__[self.by.name])
        return '、'.join([*(mark_voided(viewer.called(row), row) for row in rows),
                          *([hidden_text(len(away))] if away else [])])
