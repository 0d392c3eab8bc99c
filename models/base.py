"""The ground every table stands on: the database, the base table, the field types, the search fold."""
import re
import unicodedata
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC
from decimal import Decimal
from functools import cached_property

from peewee import (
    SQL,
    CharField,
    DateTimeField,
    Field,
    ForeignKeyField,
    IntegerField,
    Model,
    NodeList,
    SqliteDatabase,
    fn,
)

from .statements import Prepared, PreparedIn, Rows, db

#: forms of one character in names and in older spelling, the plain form first: what the MJ縮退マップ
#: (文字情報技術促進協議会) leads to it, and of names also 斎 齋, 凜, 遙, 晄, 檜, 篭, 薮; characters with a
#: compatibility form (塚 福 晴) are NFKC's
VARIANTS = """
崎﨑嵜 高髙 浜濱濵 辺邊邉 斉齊斎齋 徳德 曽曾 吉𠮷 広廣 沢澤 柳栁 桑桒 真眞 国國 島嶋嶌 槙槇 瀬瀨
恵惠 栄榮 竜龍 桜櫻 条條 寿壽 与與 円圓 学學 実實 亀龜 富冨 峰峯 籠篭 館舘 鴎鷗 桧檜 万萬 凛凜 遥遙
弥彌 藪薮 静靜 滝瀧 渋澁 関關 岳嶽 鉄鐵 剣劍 蔵藏 穂穗 団團 園薗 児兒 秋穐 梅楳 淵渕渊 兎兔 彦彥
郎郞 緑綠 黒黑 教敎 清淸 青靑 塩鹽 将將 壮壯 尭堯 土圡 間閒 卯夘 晃晄 豊豐 芦蘆 灯燈 鎌鐮 強强 来來
礼禮 翠翆 肇肈 荘莊 蒋蔣 軽輕 郷鄕鄉 頼賴 駅驛 鶏鷄 黄黃 点點 区區 医醫 会會 体體 仏佛 伝傳 県縣
図圖 声聲 売賣 変變 帯帶 庁廳 応應 戸戶 拝拜 挙擧 収收 数數 旧舊 昼晝 暁曉 様樣 気氣 浅淺 湾灣 満滿
炉爐 焼燒 独獨 画畫 当當 発發 糸絲 経經 絵繪 総總 続續 聡聰 芸藝 虫蟲 装裝 覚覺 観觀 証證 読讀 賛贊
転轉 辞辭 遅遲 鉱鑛 銭錢 録錄 険險 雑雜 霊靈 顕顯 駆驅
"""
_PLAIN = {code: code - 0x60 for code in range(ord('ァ'), ord('ヶ') + 1)} | {
    ord(variant): plain for plain, *variants in VARIANTS.split() for variant in variants} | {
    # what chooses among the drawings of one character
    selector: None for selector in (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))}


def fold(text):
    """Return `text` folded for search.

    NFKC, lower case, katakana as hiragana, variant characters as the plain one, spaces collapsed.
    """
    return ' '.join(unicodedata.normalize('NFKC', text or '').lower().translate(_PLAIN).split())


@contextmanager
def snapshot():
    """Read one state of the database, whatever is written meanwhile; yield whether it begins here.

    It holds no writer up and must not write; on SQLite its state is that of the first read. Within another
    transaction that one's state is read.
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


#: whose rows of a table are: everybody's who signs in, theirs who run the system and audit it, or theirs who
#: see the record that a row names (`table`, `row`)
OPEN, OFFICE, BY_RECORD = '', 'office', 'record'


class Table(Model):
    """Base of every record: numbered revisions, voided (取消) instead of deleted, no unknown columns."""

    revision = IntegerField(default=0)
    voided_at = MomentField(null=True)
    void_reason = CharField(max_length=500, null=True)

    #: whose its rows are: OPEN, OFFICE, BY_RECORD, or the way to the unit by foreign keys and backrefs
    #: (`system_links.system`), which goes on by that of an owned table; with None nothing starts
    owned_by = None
    #: whether those of its rows that name no unit are everybody's
    open_without_unit = False
    #: the column of the number by which people know a record: it is found whatever its capitals
    known_by = ''
    #: columns whose values never reach the trail; that they changed does
    secret = frozenset()
    #: columns derived from others on every save, not recorded in the trail
    derived = frozenset()
    #: columns that rows of other tables make what they are (see `Summary`), not recorded in the trail
    summaries = frozenset()
    #: columns folded into `search_text`, where the table has one
    searched = ()
    #: foreign keys whose rows are searched in its place
    searched_through = ()
    #: foreign keys whose rows the label reads; a dot leads on from there (`indicator.initiative`)
    labelled_by = ()

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

    @classmethod
    def select(cls, *fields):
        return Rows(cls, fields or cls._meta.sorted_fields, is_default=not fields)

    @property
    def label(self):
        """The words the trail keeps for this row, so that they outlive a change of its name."""
        return str(self.id)

    @classmethod
    def labels_of(cls, rows):
        """Return the labels of many rows.

        What labels read of other tables is read once per foreign key, and let go again.
        """
        lent = []
        for path in cls.labelled_by:
            found = rows
            for name in path.split('.'):
                found = _related(found, name, lent)
        labels = [row.label for row in rows]
        for row, name in lent:
            row.__rel__.pop(name, None)
        return labels

    def refresh_derived(self):
        """Recompute the derived columns from the recorded ones."""
        if 'search_text' in self._meta.fields:
            self.search_text = self.search_text_of(
                str(self.__data__.get(name) or '') for name in self.searched)

    @classmethod
    def search_text_of(cls, texts):
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
    def by_ids(cls, ids):
        """Return the rows of some ids, in no order; those that no row has are left out."""
        if '_by_ids' not in cls.__dict__:
            cls._by_ids = PreparedIn(lambda *ids: cls.select().where(cls.id.in_(ids)))
        return cls._by_ids(ids)

    @classmethod
    def led_by(cls, leading, table, id):
        """The condition that a row is part of the record `id` of a table: the field `leading` leads there."""
        return leading == id

    @classmethod
    def live(cls):
        """The condition that a row is not voided (取消されていない)."""
        return cls.voided_at.is_null()


@dataclass(frozen=True)
class Summary:
    """A column that is what the rows of other tables make it: kept so by every act that writes one of these.

    `value()` is the select of its one value, for the row of the column's table that it names. `reached` are
    {table: function} of those other tables; a function takes ids of the table's rows and gives the select of
    the ids of the rows they count for. The column is never typed, and not recorded in the trail
    (`Table.summaries`).
    """

    column: Field
    value: Callable
    reached: dict

    @cached_property
    def words(self):
        """The words of its SQL: the names of all it is made from are among them."""
        return frozenset(re.findall(r'\w+', self.column.model.select(self.value()).sql()[0]))

    def follows(self, table, names):
        """Tell whether it may become another where columns of a table have changed."""
        return any(table._meta.fields[name].column_name in self.words for name in names)

    def refresh(self, ids=None):
        """Write the column where it is not what it should be, of all rows or those that a select gives.

        Return how many were written.
        """
        table, value = self.column.model, self.value()
        return table.update({self.column: value}).where(
            self.differs(), *([] if ids is None else [table.id.in_(ids)])).execute()

    def differs(self):
        """The condition that a row's column is not what it should be."""
        return NodeList((self.column, SQL('IS DISTINCT FROM'), self.value()))


class Searched(Table):
    """A table with a folded copy of the columns named in `searched`.

    So that kana, width and case do not matter.
    """

    search_text = CharField(max_length=4000, default='')

    derived = frozenset({'search_text'})


def _related(rows, name, lent):
    """Return the records that a foreign key of some rows leads to, attached to the rows.

    Those that a row did not have are read at once, and (row, name) of each added to `lent`.
    """
    if not rows:
        return []
    table = rows[0]._meta.fields[name].rel_model
    bare = [row for row in rows if name not in row.__rel__ and row.__data__.get(name) is not None]
    known = {}
    ids = sorted({row.__data__[name] for row in bare})
    for start in range(0, len(ids), 1000):
        known |= {other.id: other for other in table.select().where(table.id.in_(ids[start:start + 1000]))}
    for row in bare:
        if (other := known.get(row.__data__[name])) is not None:
            row.__rel__[name] = other
            lent.append((row, name))
    return list({id(other): other for row in rows if (other := row.__rel__.get(name)) is not None}.values())


def constrain(table):
    """Give a table its constraints, each with a name, and the index that its numbers are found by.

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
    if number := meta.fields.get(getattr(table, 'known_by', '')):
        table.add_index(fn.LOWER(number), name=f'{meta.table_name}_{number.column_name}_lower')


__all__ = ['CodeField', 'ExactField', 'LongField', 'MomentField', 'Searched', 'Summary', 'Table', 'constrain',
           'db', 'fold', 'snapshot']
