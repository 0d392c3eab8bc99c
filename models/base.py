"""The ground every table stands on: the database, the base table, the field types, the search fold."""
import unicodedata
from contextlib import contextmanager
from datetime import UTC
from decimal import Decimal

from peewee import (
    SQL,
    CharField,
    DatabaseProxy,
    DateTimeField,
    Field,
    ForeignKeyField,
    IntegerField,
    Model,
    SqliteDatabase,
)

db = DatabaseProxy()

_HIRAGANA = {code: code - 0x60 for code in range(ord('ァ'), ord('ヶ') + 1)}


def fold(text):
    """Return `text` folded for search: NFKC, lower case, katakana as hiragana, spaces collapsed."""
    return ' '.join(unicodedata.normalize('NFKC', text or '').lower().translate(_HIRAGANA).split())


@contextmanager
def snapshot():
    """Read one state of the database, whatever is written meanwhile; yield whether it begins here.

    It holds no writer up and must not write; on SQLite its state is that of the first read. Within another transaction
    that one's state is read.
    """
    if db.in_transaction():
        yield False
        return
    lite = isinstance(db.obj, SqliteDatabase)
    with db.transaction(*['DEFERRED'] * lite):
        if not lite:
            db.cursor().execute('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY')
        yield True


class MomentField(DateTimeField):
    """An instant: aware in Python, naive UTC in the database, on every backend."""

    def db_value(self, value):
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f'{self.name} takes an aware datetime, not {value!r}')
        return super().db_value(value.astimezone(UTC).replace(tzinfo=None))

    def python_value(self, value):
        value = super().python_value(value)
        return value if value is None else value.replace(tzinfo=UTC)


class ExactField(Field):
    """An exact decimal number, kept as text so that no engine turns it into a float."""

    field_type = 'VARCHAR'

    def db_value(self, value):
        return None if value is None else format(Decimal(value), 'f')

    def python_value(self, value):
        return None if value is None else Decimal(value)


class CodeField(CharField):
    """One code of a fixed list: `codes` maps code → Japanese label (表示名)."""

    def __init__(self, codes, **kwargs):
        self.codes = codes
        super().__init__(max_length=20, **kwargs)


class LongField(CharField):
    """Text of several lines with a stated limit, VARCHAR on PostgreSQL."""

    def __init__(self, max_length=4000, **kwargs):
        super().__init__(max_length=max_length, **kwargs)


class Prepared:
    """A select over ids whose SQL is made once: making it anew took half of a record page's time.

    `build` takes ids and returns a select of one table's columns; calling this with ids returns its rows.
    """

    def __init__(self, build):
        self.build, self.known = build, {}

    def __call__(self, *ids):
        engine = type(db.obj)
        if engine not in self.known:
            # no id is negative: these stand for the ids to come
            query = self.build(*range(-1, -1 - len(ids), -1))
            self.known[engine] = (query.model, *query.sql())
        model, sql, params = self.known[engine]
        return model.raw(sql, *(ids[-1 - value] if isinstance(value, int) and value < 0 else value for value in params))


class Table(Model):
    """Base of every record: numbered revisions, voided (取消) instead of deleted, strict about its columns."""

    revision = IntegerField(default=0)
    voided_at = MomentField(null=True)
    void_reason = CharField(max_length=500, null=True)

    #: columns whose values never reach the trail; that they changed does
    secret = frozenset()
    #: columns derived from others on every save, not recorded in the trail
    derived = frozenset()
    #: columns folded into `search_text`, where the table has one
    searched = ()
    #: foreign keys whose rows are searched in its place
    searched_through = ()

    class Meta:
        database = db
        legacy_table_names = False

    def __init__(self, *args, **kwargs):
        # peewee sets any keyword as a plain attribute; a typo would be lost in silence.
        if '__no_default__' not in kwargs:
            unknown = kwargs.keys() - self._meta.combined.keys()
            if unknown:
                raise TypeError(f'{type(self).__name__} has no {", ".join(sorted(unknown))}')
        super().__init__(*args, **kwargs)

    @property
    def label(self):
        """The words the trail keeps for this row, so that they outlive a change of its name."""
        return str(self.id)

    def refresh_derived(self):
        """Recompute the derived columns from the recorded ones."""
        if 'search_text' in self._meta.fields:
            self.search_text = self.words_of(str(self.__data__.get(name) or '') for name in self.searched)

    @classmethod
    def words_of(cls, texts):
        """Return what the columns named in `searched` are found by."""
        return fold(' '.join(texts))[:cls._meta.fields['search_text'].max_length]

    @classmethod
    def by_id(cls, id):
        """Return the row of an id, or None."""
        if not 0 < id < 2 ** 63:
            return None
        if '_by_id' not in cls.__dict__:
            cls._by_id = Prepared(lambda id: cls.select().where(cls.id == id))
        return next(iter(cls._by_id(id)), None)

    @classmethod
    def live(cls):
        """The condition that a row is not voided (取消されていない)."""
        return cls.voided_at.is_null()


class Searched(Table):
    """A table with a folded copy of the columns named in `searched`, so that kana, width and case do not matter."""

    search_text = CharField(max_length=4000, default='')

    derived = frozenset({'search_text'})


def constrain(table):
    """Give a table its named constraints: known codes, lengths, foreign keys.

    SQLite ignores VARCHAR lengths, and peewee leaves checks unnamed; the database must say both itself.
    """
    meta = table._meta
    named = []

    def check(name, sql, *params):
        named.append(SQL(f'CONSTRAINT "{meta.table_name}_{name}" CHECK ({sql})', params))

    for field in meta.sorted_fields:
        column = f'"{field.column_name}"'
        if isinstance(field, CodeField):
            codes = ', '.join("'" + code.replace("'", "''") + "'" for code in field.codes)
            check(f'{field.name}_known', f'{column} IN ({codes})')
        elif isinstance(field, CharField):
            check(f'{field.name}_length', f'length({column}) <= {field.max_length}')
        if isinstance(field, ForeignKeyField):
            field.constraint_name = f'{meta.table_name}_{field.name}_fk'
    for name, sql in getattr(table, 'checks', {}).items():
        check(name, sql)
    meta.constraints = [*(meta.constraints or []), *named]


__all__ = ['CodeField', 'ExactField', 'LongField', 'MomentField', 'Prepared', 'Searched', 'Table', 'constrain', 'db', 'fold', 'snapshot']
