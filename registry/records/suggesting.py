"""What may be meant while someone types: the few records of each noun that fit best, of what they may see.

Found by number, name, kana, unit, vendor, person and file name, each folded; see docs/decisions/0036.
"""
import json
import re
from functools import partial
from typing import NamedTuple
from urllib.parse import urlencode

from peewee import SQL, Expression, NodeList, SqliteDatabase, Value, fn

from audits import history
from forms.fields import half_width
from models import Attachment, Department, Vendor, db, finder
from models.base import fold
from models.organisation import subtree
from models.statements import Place
from models.visibility import condition, unit_column

from ..core import clock
from ..core.memo import cached
from ..core.permits import UNIT_ROLES, allowed
from . import display
from .listing import spellings
from .noun import NOUNS, of_table

#: the most that is read of what is typed: characters, words
LONGEST, WORDS = 100, 8
#: how many records of a noun are suggested, and of how many of the newest the best are chosen
MOST, LOOKED_AT = 10, 40
#: so many of the newest are looked at where the index does not tell which of them a person may see
UNTOLD = 200
#: so many units and vendors of a name are followed to what is theirs
OTHERS = 20
#: what begins like a number of ours
_NUMBER = re.compile('[a-z]{0,4}-?[0-9][0-9-]*')


class Suggestion(NamedTuple):
    """One record: its number (what a field takes), its words, what else tells it apart, and its address."""

    value: str
    label: str
    hint: str
    address: str


class Words:
    """The folded words of what was typed, as statements ask for them."""

    def __init__(self, text):
        #: (a word, the same with one kind of dash)
        self.pairs = [(word, half_width(word) or word) for word in fold(text[:LONGEST]).split()[:WORDS]]
        #: of each word, how the index is asked
        self.queries = [finder.letters(word) if word == plain else finder.either(map(finder.letters, pair))
                        for pair in self.pairs for word, plain in [pair]]
        #: the same as PostgreSQL is asked: the pattern of each, and its letters, by which its index is asked.
        #: It guesses from its statistics how many have them, and so knows whether to walk the newest instead
        self.patterns = [asked for pair in self.pairs for each in dict.fromkeys(pair)
                         for asked in (pattern(each), list(dict.fromkeys(each)))]
        #: of each word, whether it is written in two ways
        self.twofold = tuple(word != plain for word, plain in self.pairs)
        self.plain = self.pairs[0][1] if len(self.pairs) == 1 else ''
        self.is_number = bool(_NUMBER.fullmatch(self.plain))

    def __bool__(self):
        return bool(self.pairs)

    def stand_in(self, text):
        """Tell whether each word stands in a text."""
        return all(word in text or plain in text for word, plain in self.pairs)


class Asker:
    """One person who types, and the nouns that are looked through for them."""

    def __init__(self, person, nouns):
        self.person, self.nouns = person, nouns
        self.key = (*(noun.name for noun in nouns), type(db.obj), clock.today(), person.id, person.role,
                    person.department_id)
        self.by_index = isinstance(db.obj, SqliteDatabase)

    def limits(self, noun):
        """Return the conditions on the rows of a noun that the person may see."""
        limits = [condition(noun.table, self.person, clock.today()), noun.scope(clock.today())]
        live = noun.table.live()
        if self.by_index:
            # SQLite would walk an index that begins with the state in place of the few rows that are named
            live = NodeList((SQL('+'), noun.table.voided_at, SQL('IS NULL')))
        return [live, *(limit for limit in limits if limit is not None)]

    def run(self, name, build, *values):
        """Return {noun's name: rows} of a statement over all nouns, made once.

        `build(noun)` gives a noun's part; `values` go to the Places in it.
        """
        sql, places = cached(('suggesting', name, *self.key), partial(self.together, build))
        found = {}
        given = [values[value.number] if isinstance(value, Place) else value for value in places]
        for order, *row in db.execute_sql(sql, given).fetchall() if sql else ():
            found.setdefault(self.nouns[order].name, []).append(row)
        return found

    def together(self, build):
        parts, values = [], []
        for order, noun in enumerate(self.nouns):
            query = build(noun)
            if query is not None:
                sql, given = query.sql()
                parts.append(f'SELECT {order}, t{order}.* FROM ({sql}) AS t{order}')
                values += given
        return ' UNION ALL '.join(parts), values

    # --- by number ---

    def numbered(self, words):
        """Return {noun's name: ids} of the records whose number is or begins with what was typed."""
        spelt = [*dict.fromkeys(each.lower() for each in spellings(words.plain))]
        spelt += [''] * (16 - len(spelt))
        rows = self.run('numbers', self.number_part, words.plain, words.plain + '\uffff', *spelt[:16])
        return {name: [id for (id,) in found] for name, found in rows.items()}

    def number_part(self, noun):
        table = noun.table
        if not table.known_by:
            return None
        number = fn.LOWER(table._meta.fields[table.known_by])
        limits = self.limits(noun)
        parts = (table.select(table.id).where(number == place(0)),
                 table.select(table.id).where(number.in_([place(2 + each) for each in range(16)])),
                 table.select(table.id).where(number >= place(0), number < place(1)).order_by(number))
        written = [query.where(*limits).limit(MOST).sql() for query in parts]
        return SQLText(' UNION ALL '.join(f'SELECT id FROM ({sql}) AS part{each}'
                                          for each, (sql, _) in enumerate(written)),
                       [value for _, values in written for value in values])

    # --- by words ---

    def found(self, words):
        """Return {noun's name: [(id, text)]} of the newest few rows that have each word themselves."""
        if self.by_index:
            return self.checked(self.index(' AND '.join(words.queries)), words.stand_in)
        return self.run(('words', words.twofold), partial(self.words_part, words.twofold), *words.patterns)

    def found_by_others(self, words, others):
        """Return the same of the rows that lead to a unit or vendor that bears a word, or have it themselves.

        `others` are, of each word, the ids of the units and of the vendors.
        """
        if self.by_index:
            queries = [finder.either([query, *(finder.mark(kind, id) for kind, ids in enumerate(pair)
                                               for id in ids)])
                       for query, pair in zip(words.queries, others, strict=True)]
            return self.checked(self.index(' AND '.join(queries)), None)
        ids = [id for pair in others for ids in pair for id in (*ids, *[0] * (OTHERS - len(ids)))]
        return self.run(('others', words.twofold), partial(self.words_part, words.twofold, others=True),
                        *words.patterns, *ids)

    def words_part(self, twofold, noun, others=False):
        """Return the select of a noun's rows that have each of some words, some of them written in two ways.

        Its Places are the patterns of the words, then, of each word, the ids of units and those of vendors.
        """
        table, where = noun.table, has_words(noun.table, twofold)
        for word in range(len(where)):
            for kind, column in enumerate(leads_of(table) if others else ()):
                start = 2 * (len(twofold) + sum(twofold)) + (2 * word + kind) * OTHERS
                if column is not None:
                    where[word] |= column.in_([place(start + more) for more in range(OTHERS)])
        return table.select(table.id, table.search_text).where(*self.limits(noun), *where).order_by(
            table.id.desc()).limit(LOOKED_AT)

    def index(self, query):
        """Return {table name: ids} of the newest few rows that the index finds, of the person's units."""
        limited = self.person.role in UNIT_ROLES
        if limited:
            query = f'({query}) AND {unit_marks(self.person)}'
        most = {noun.table._meta.table_name:
                UNTOLD if limited and noun.table.owned_by and leads_of(noun.table)[0] is None else LOOKED_AT
                for noun in self.nouns}
        return finder.search(query, most, most.keys())

    def checked(self, ids, stand_in):
        """Return {noun's name: [(id, text)]} of those of some rows that the person may see, and that fit."""
        names = [noun.table._meta.table_name for noun in self.nouns]
        several = [noun for noun, name in zip(self.nouns, names, strict=True) if name in ids]
        asker = Asker(self.person, several)
        rows = asker.run('seen', asker.seen_part, *(json.dumps(ids[noun.table._meta.table_name])
                                                    for noun in several))
        return {name: [row for row in found if stand_in is None or stand_in(row[1] or '')]
                for name, found in rows.items()}

    def seen_part(self, noun):
        table, order = noun.table, self.nouns.index(noun)
        return table.select(table.id, table.search_text).where(
            table.id.in_(SQL('(SELECT value FROM json_each(?))', [Place(order)])), *self.limits(noun))


class SQLText(NamedTuple):
    """A statement as text and the values of its places."""

    text: str
    values: list

    def sql(self):
        return self


def place(number):
    return Value(Place(number), converter=False)


def pattern(word):
    """Return the pattern of LIKE for what has a word in it."""
    return '%{}%'.format(word.replace('\\', '\\\\').replace('%', '\\%').replace('_', '\\_'))


def has_words(table, twofold):
    """Return, of each of some words, the condition that a row has it, with Places for `Words.patterns`."""
    letters, found, number = fn.STRING_TO_ARRAY(table.search_text, SQL('NULL')), [], 0

    def has(number):
        like = Expression(table.search_text, 'LIKE', place(number))
        return Expression(letters, '@>', place(number + 1)) & like
    for more in twofold:
        found.append(has(number) | has(number + 2) if more else has(number))
        number += 4 if more else 2
    return found


def leads_of(table):
    """Return the columns of the unit and of the vendor that a table's rows lead to, or None for either."""
    unit = unit_column(table)
    field = table._meta.fields[unit] if unit else None
    return (field if field is not None and field.rel_model is Department else None,
            table._meta.fields.get('vendor') if table._meta.table_name == 'contract' else None)


def unit_marks(person):
    """Return what the index is asked besides, so that it gives the rows of a person's own units."""
    day = clock.today()
    return cached(('unit marks', day, person.department_id), lambda: finder.either([finder.NO_UNIT, *(
        finder.mark(finder.UNIT, id) for id in sorted(subtree(person.department_id, day)))]))


def bearers(words, person, vendors):
    """Return [(ids of units, ids of vendors)] that bear each word in their name, at most OTHERS of each."""
    called = cached(('folded units', clock.today()), lambda: [
        (id, fold(f'{code} {display.department(id)}'))
        for id, code in Department.select(Department.id, Department.code).where(Department.live()).tuples()])
    asker, found = Asker(person, [NOUNS['vendors']]), []
    for word, _ in words.pairs:
        units = [id for id, name in called if word in name][:OTHERS] if len(word) > 1 else []
        rows = asker.found(Words(word)).get('vendors', ()) if vendors and len(word) > 1 else ()
        found.append((units, [id for id, _ in rows][:OTHERS]))
    return found


def rank(words, id, text):
    """Return how well a row fits: where its text or a word of it begins so, best; then the newest."""
    best = 0
    for word, plain in words.pairs:
        at = max((text or '').find(word), (text or '').find(plain))
        best += 0 if at == 0 else 3 if at < 0 else 1 if text[at - 1] == ' ' else 2
    return best, -id


def suggest(text, person, nouns=None, most=MOST):
    """Return [(noun, [Suggestion])] of what a person who types a text may mean, of all nouns unless given.

    Nouns that they may not read are passed over as those that have nothing.
    """
    words = Words(text)
    nouns = [noun for noun in nouns or NOUNS.values()
             if noun.table._meta.table_name in finder.PLACES and 'index' in noun.views
             and allowed(noun.permit('read'), None, person)]
    if not words or not nouns:
        return []
    asker = Asker(person, nouns)
    chosen = asker.numbered(words) if words.plain.isascii() and words.plain else {}
    if not (words.is_number and chosen):
        for name, rows in asker.found(words).items():
            rows = sorted(rows, key=lambda row: rank(words, *row))
            chosen.setdefault(name, []).extend(id for id, _ in rows)
    chosen = {name: [*dict.fromkeys(ids)][:most] for name, ids in chosen.items()}
    short = [noun for noun in nouns if any(leads_of(noun.table)) and len(chosen.get(noun.name, ())) < most]
    if short and not (words.is_number and chosen):
        vendors = allowed('vendors.read', None, person) and any(leads_of(noun.table)[1] for noun in short)
        others = bearers(words, person, vendors)
        if any(any(pair) for pair in others):
            for name, rows in Asker(person, short).found_by_others(words, others).items():
                ids = [*chosen.get(name, ()), *sorted((id for id, _ in rows), reverse=True)]
                chosen[name] = [*dict.fromkeys(ids)][:most]
    return [(noun, told(noun, chosen[noun.name])) for noun in nouns if chosen.get(noun.name)]


def those(chosen, person):
    """Return the Suggestions of some records, [(noun, id)], in their order, of what a person may see."""
    asker, known = Asker(person, ()), {}
    for noun in {noun.name: noun for noun, _ in chosen}.values():
        if allowed(noun.permit('read'), None, person):
            ids = {id for each, id in chosen if each is noun}
            seen = noun.table.select(noun.table.id).where(noun.table.id.in_(ids), *asker.limits(noun))
            ids = [id for (id,) in seen.tuples()]
            known |= {(noun.name, id): one for id, one in zip(ids, told(noun, ids), strict=True)}
    return [known[noun.name, id] for noun, id in chosen if (noun.name, id) in known]


def told(noun, ids):
    """Return the Suggestions of some records of a noun, in their order."""
    rows = {row.id: row for row in noun.table.by_ids(ids)}
    unit, vendor = leads_of(noun.table)
    by = noun.table._meta.fields[noun.table.known_by or (*noun.table.searched, 'id')[0]].name
    vendors = {}
    if vendor is not None:
        named = {row.vendor_id for row in rows.values()} - {None}
        vendors = {row.id: row.name for row in Vendor.by_ids(named)}
    found = []
    for row in (rows[id] for id in ids if id in rows):
        number = row.__data__[by]
        hints = [display.department(row.__data__[unit.name]) if unit is not None else '',
                 vendors.get(row.vendor_id, '') if vendor is not None else '']
        address = noun.address + (str(row.id) if 'show' in noun.views else f'?{urlencode({"q": number})}')
        hint = '・'.join(filter(None, hints))
        found.append(Suggestion(str(number), display.display_name(row), hint, address))
    return found


def files(text, person, most=MOST):
    """Return the Suggestions of the files whose names fit, on records that the person may see."""
    words = Words(text)
    if not words or words.is_number:
        return []
    table = Attachment
    by_index = isinstance(db.obj, SqliteDatabase)
    asked = words.patterns
    if by_index:
        ids = finder.search(' AND '.join(words.queries), {'attachment': UNTOLD}, ['attachment'])
        if not ids:
            return []
        asked = [json.dumps(ids['attachment'])]

    def build():
        where = [table.id.in_(SQL('(SELECT value FROM json_each(?))', [Place(0)]))] if by_index else (
            has_words(table, words.twofold))
        limit = condition(table, person, clock.today())
        limits = [table.live(), *([] if limit is None else [limit])]
        query = table.select(table.id, table.search_text).where(*where, *limits)
        return query.order_by(table.id.desc()).limit(UNTOLD).sql()
    sql, places = cached(('suggesting', 'files', words.twofold, *Asker(person, ()).key), build)
    given = [asked[value.number] if isinstance(value, Place) else value for value in places]
    chosen = [id for id, name in db.execute_sql(sql, given).fetchall() if words.stand_in(name or '')][:most]
    found = []
    for row in sorted(table.by_ids(chosen), key=lambda row: -row.id):
        record = history.TABLES[row.table].by_id(row.row)
        noun = of_table(type(record))
        if noun is not None and allowed(noun.permit('read'), None, person):
            found.append(Suggestion(str(row.id), row.name, display.display_name(record),
                                    f'{noun.address}{record.id}#documents'))
    return found
