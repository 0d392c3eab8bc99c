"""What is counted is counted once, and again only after a table it was read from has changed.

See docs/decisions/0013.
"""
import re
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache, partial
from threading import Lock, RLock

from audits import past, trail
from models import RECORDS, SUMMARIES, db

#: how many results are kept, and of how many heads of the chain it is known which tables they changed
MOST, HEADS = 2000, 8
_TABLES = {table._meta.table_name: table for table in RECORDS}
#: every table that only acts write: it changes when an act of the chain names it
KNOWN = frozenset(_TABLES)
#: stands for any other table: the trail itself, which changes with every act
TRAIL = ''
#: names no table: the number of the head's act
LAST = '#'
#: {column: the tables whose rows make it what it is}
MADE_OF = {summary.column.column_name: frozenset(table._meta.table_name for table in summary.reached)
           for summary in SUMMARIES}
#: so many changes of a table are worked into what was made from it; after more it is made anew
WORKED_IN = 100
#: the words that are tables of ours, or of the database
_OTHERS = frozenset({'act', 'change', 'trail_head'})

#: stands for all changes of what no statement names that a result was made by (see `cached`)
NAMED = object()
#: of so many statements it is still asked what they name
MOST_STATEMENTS = 200

#: of what is being made: the Reading of it so far, and how the tables stand for it
_reading = ContextVar('reading', default=None)
_standing = ContextVar('standing', default=None)


class Reading:
    """The names of the tables that what is being made has read so far, and its statements.

    Of too many statements nothing is known any more: None.
    """

    __slots__ = 'tables', 'statements'

    def __init__(self):
        self.tables, self.statements = set(), {}

    def add(self, tables, statements):
        self.tables.update(tables)
        if self.statements is not None:
            self.statements = None if statements is None else self.statements | statements
            if statements is not None and len(self.statements) > MOST_STATEMENTS:
                self.statements = None


@dataclass(slots=True, eq=False)
class Kept:
    """A result, how each table it was made from stood then, the number of the last act of then, and by what.

    `statements` are the keys of a dict, or None where they were too many; `fitted` is how the tables stood
    when it was last found to hold.
    """

    stood: dict
    value: object
    seq: int
    statements: dict | None
    fitted: dict | None = None

    def fits(self, stands):
        # one dict for each head of the chain: a page asks for some dozen results at the same head
        if self.fitted is stands:
            return True
        for name, mark in self.stood.items():
            if stands[name] != mark:
                return False
        self.fitted = stands
        return True


class Memo:
    """The results of one process.

    Of those who ask for the same one at once, the first makes it and the others wait.
    """

    def __init__(self):
        self.guard = Lock()
        self.kept, self.heads, self.making = {}, {}, {}

    def stands(self, head):
        """Return {table name: the hash of the last act that changed it} as of a head of the chain."""
        found = self.heads.get(head.hash)
        if found is None:
            # this look at the trail is no part of what is being made
            token = _reading.set(None)
            try:
                found = dict.fromkeys(KNOWN, '') | trail.last_changes(KNOWN, head.seq)
                found |= {TRAIL: head.hash, LAST: head.seq}
            finally:
                _reading.reset(token)
            with self.guard:
                while len(self.heads) >= HEADS:
                    self.heads.pop(next(iter(self.heads)))
                self.heads[head.hash] = found
        return found

    def find(self, key, stands):
        kept = self.kept.get(key)
        return kept if kept is not None and kept.fits(stands) else None

    def keep(self, key, kept):
        with self.guard:
            self.kept.pop(key, None)
            while len(self.kept) >= MOST:
                self.kept.pop(next(iter(self.kept)))
            self.kept[key] = kept

    @contextmanager
    def alone(self, key):
        """Let one thread after the other make what belongs to a key."""
        with self.guard:
            lock, waiting = self.making.get(key, (None, 0))
            lock = lock or RLock()
            self.making[key] = lock, waiting + 1
        try:
            with lock:
                yield
        finally:
            with self.guard:
                lock, waiting = self.making.pop(key)
                if waiting > 1:
                    self.making[key] = lock, waiting - 1


@lru_cache(maxsize=1000)
def tables_of(sql):
    """Return the names of the tables that a statement may read: every word of it that is one."""
    words = frozenset(re.findall(r'\w+', sql))
    others = (MADE_OF[word] for word in words & MADE_OF.keys())
    return (words & KNOWN).union(*others) | (frozenset({TRAIL}) if words & _OTHERS else frozenset())


def note(event):
    """Add a statement's tables to those that what is being made has read."""
    found = _reading.get()
    if found is not None:
        found.add(tables_of(event.sql), {event.sql: None})


class Scope:
    """One request or command: the process's Memo, and the chain's head as it was found first."""

    def __init__(self, find):
        self.find, self.head, self.changes = find, None, {}


_scope = ContextVar('scope', default=None)


def enter(find):
    """Begin a scope whose Memo `find()` gives; return what `leave` ends it with."""
    return _scope.set(Scope(find))


def leave(token):
    _scope.reset(token)


def head():
    """Return the chain's head as this scope found it; outside of any, as it is."""
    scope = _scope.get()
    if scope is None:
        return trail.head()
    if scope.head is None:
        scope.head = trail.head()
    return scope.head


def cached(key, make, at_head=None, again=None):
    """Return what `make` made for `key`, made again only when a table it had read changed since.

    The chain's head, this request's or the one given as `at_head`, says how the tables stand. The key must
    name all else the result depends on, what was read before `make` ran included. Of a result that was made
    from one table alone, `again` may give (the table, a function (value, changes) that returns the value
    after some changes of it); of any other (None, a function of (value, {table: changes})). With NAMED it
    stays where only columns changed that none of its statements names. Outside of any scope nothing is
    cached.
    """
    scope = _scope.get()
    if scope is None:
        return make()
    memo = scope.find()
    # what a result is made from belongs to the same head as the result
    stands = memo.stands(at_head) if at_head else _standing.get() or memo.stands(head())
    kept = memo.find(key, stands)
    if kept is None:
        with memo.alone(key):
            kept = memo.find(key, stands)
            if kept is None:
                kept = _made(partial(_renewed, memo.kept.get(key), make, again, stands), stands)
                memo.keep(key, kept)
    outer = _reading.get()
    if outer is not None:
        outer.add(kept.stood, kept.statements)
    return kept.value


def cached_drawing(key, read, draw):
    """Return what `draw(*facts)` gives of the facts that `read()` gives, drawn again only for other facts."""
    def drawn(kept=None, _changes=None):
        facts = read()
        return kept if kept is not None and kept[0] == facts else (facts, draw(*facts))
    return cached(key, drawn, again=(None, drawn))[1]


def _renewed(old, make, again, stands):
    """Return an older result with later changes worked in, or else what `make` makes."""
    changes = None
    if again is not None and old is not None and old.seq <= stands[LAST]:
        table, renew = (None, None) if again is NAMED else again
        # this look at the trail is no part of what is being made
        token = _reading.set(None)
        try:
            changes = _changes(table, old.seq, stands) if table else _changes_of_each(old, stands)
        finally:
            _reading.reset(token)
    if changes is None or again is NAMED and (
            old.statements is None or changes_named([words_of(sql) for sql in old.statements], changes)):
        return make()
    _reading.get().add(old.stood, old.statements)
    return old.value if again is NAMED else renew(old.value, changes)


def _changes_of_each(old, stands):
    """Return {table: changes} of what a result was made from and has changed since, None for too many."""
    found = {}
    for name, mark in old.stood.items():
        if stands[name] == mark:
            continue
        if name == TRAIL:
            return None
        found[_TABLES[name]] = changes = _changes(_TABLES[name], old.seq, stands)
        if changes is None:
            return None
    return found


def _changes(table, since, stands):
    """Return a table's changes since an act, None for too many; a request reads them once."""
    read, key = _scope.get().changes, (table, since, stands[LAST])
    if key not in read:
        read[key] = past.changes_between(table, since, stands[LAST], WORKED_IN)
    return read[key]


def changes_named(statements, changes):
    """Tell whether some {table: changes} may change what statements give, each told by its `words_of`.

    They do where they change a column that one of them names. A table that none names was read for them.
    """
    for table, rows in changes.items():
        reading = [words for words in statements if table._meta.table_name in words]
        fields = table._meta.fields
        # what is derived from other columns changes with them
        changed = {name for _, values in rows for name in values if name in fields} | table.derived
        if not reading or any(fields[name].column_name in words for name in changed for words in reading):
            return True
    return False


@lru_cache(maxsize=1000)
def words_of(sql):
    """Return the words of a statement and of what its summaries are made by: the names of all it reads."""
    words = frozenset(re.findall(r'\w+', sql))
    for summary in reversed(SUMMARIES):
        # what one is made from comes before it
        if {summary.column.column_name, summary.column.model._meta.table_name} <= words:
            words |= summary.words
    return words


def _made(make, stands):
    if note not in db.query_hooks:
        db.query_hooks.append(note)
    read = Reading()
    tokens = _reading.set(read), _standing.set(stands)
    try:
        value = make()
    finally:
        _reading.reset(tokens[0])
        _standing.reset(tokens[1])
    return Kept({name: stands[name] for name in read.tables}, value, stands[LAST], read.statements)


def cached_in(store, key, make):
    """Return what `make` made for `key`, from a dict that registers of all heads share.

    It is made again where a table that it had read stands otherwise.
    """
    if _scope.get() is None:
        return make()
    stands = _standing.get() or _scope.get().find().stands(head())
    kept = store.get(key)
    if kept is None or not kept.fits(stands):
        kept = store[key] = _made(make, stands)
    outer = _reading.get()
    if outer is not None:
        outer.add(kept.stood, kept.statements)
    return kept.value


def cached_count(query, asked=None):
    """Return how many rows a query has, counted once while what it names stands, whoever asks.

    Where its SQL and parameters are known they are `asked`.
    """
    query = query.order_by()
    return cached_answer('count', query, query.count, asked)


def cached_answer(what, query, make, asked=None):
    """Return what `make` makes of a query, cached while the tables it names stand.

    Of a query of one table, a change of columns that it does not name changes nothing.
    """
    sql, params = asked or asked_of(query)
    table, again = query.model, None
    if (named := _named_alone(table, sql)) is not None:
        def worked_in(value, changes):
            return make() if any(named & values.keys() for _, values in changes) else value
        again = table, worked_in
    return cached((what, sql, params), make, again=again)


@lru_cache(maxsize=1000)
def _named_alone(table, sql):
    """Return the names of a table's columns that a statement names, None where it reads more than these."""
    words = frozenset(re.findall(r'\w+', sql))
    named = frozenset(name for name, field in table._meta.fields.items() if field.column_name in words)
    # what is derived from other columns changes with them
    alone = tables_of(sql) == {table._meta.table_name} and not named & table.derived
    return named if alone else None


def asked_of(query):
    """Return the SQL of a query and its parameters."""
    sql, params = query.sql()
    return sql, tuple(params)
