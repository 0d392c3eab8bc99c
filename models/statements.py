"""Selects whose SQL is made once, and rows made of what the engine gives."""
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from peewee import (
    OP,
    SCOPE_VALUES,
    SQL,
    CharField,
    Context,
    DatabaseProxy,
    DateField,
    Expression,
    Field,
    FieldAlias,
    ForeignKeyField,
    IntegerField,
    ModelSelect,
    State,
    TextField,
    Value,
    WrappedNode,
)

db = DatabaseProxy()


@dataclass(frozen=True)
class Place:
    """Where the id of this number goes in the parameters of a Prepared select."""

    number: int


#: the kinds of columns whose values are as the engine gives them
AS_GIVEN = IntegerField, CharField, TextField, ForeignKeyField
#: the same few days stand in many rows
_day = lru_cache(maxsize=10_000)(DateField().python_value)


class Prepared:
    """A select over ids whose SQL is made once: making it anew took half of a record page's time.

    `build` takes ids and returns a select of one table's columns; calling this with ids returns its rows.
    What it selects by another name (`alias`) is an attribute of the row, as the engine gives it.
    """

    def __init__(self, build):
        self.build, self.statements = build, {}

    def __call__(self, *ids):
        statement = self.statement(len(ids))
        cursor = db.execute_sql(statement.sql, statement.parameters(ids))
        return [statement.row(values) for values in cursor.fetchall()]

    def statement(self, number):
        """Return the Statement over so many ids for the database at hand."""
        engine = type(db.obj)
        if engine not in self.statements:
            places = (Value(Place(place), converter=False) for place in range(number))
            self.statements[engine] = Statement(self.build(*places))
        return self.statements[engine]


class Statement:
    """The SQL of a select, and how its rows are made of what the engine gives.

    peewee works out for every run what a column is, and hands a row over value by value: twice the time of
    asking the database for it.
    """

    def __init__(self, query):
        self.table = query.model
        self.sql, self.params = query.sql()
        columns = query.selected_columns
        self.names = [column._alias if column.is_alias() else column.name for column in columns]
        self.aliases = [column._alias for column in columns if column.is_alias()]
        self.converters = [(column.name, _day if type(column) is DateField else column.python_value)
                           for column in columns
                           if not column.is_alias() and not isinstance(column, AS_GIVEN)]

    def parameters(self, ids):
        """Return the values of the SQL with some ids in their places."""
        return [ids[value.number] if isinstance(value, Place) else value for value in self.params]

    def row(self, values):
        """Return a row of what the engine gives for it."""
        row = object.__new__(self.table)
        row.__data__ = data = dict(zip(self.names, values, strict=True))
        row.__rel__, row._dirty = {}, set()
        for name in self.aliases:
            setattr(row, name, data.pop(name))
        for name, python_value in self.converters:
            if data[name] is not None:
                data[name] = python_value(data[name])
        return row


def rows_of(query):
    """Return the rows of a select of one table's columns, made as those of a Prepared one."""
    statement = Statement(query)
    cursor = db.execute_sql(statement.sql, statement.params)
    return [statement.row(values) for values in cursor.fetchall()]


class PreparedIn:
    """A Prepared select over any number of ids.

    `build` takes as many; a statement is made for each power of two.
    """

    def __init__(self, build):
        self.build, self.sizes = build, {}

    def __call__(self, ids):
        ids, found = [id for id in ids if 0 < id < 2 ** 63], []
        for start in range(0, len(ids), 64):
            few = ids[start:start + 64]
            size = 1 << (len(few) - 1).bit_length()
            if size not in self.sizes:
                self.sizes[size] = Prepared(self.build)
            # the last id fills it up
            found += self.sizes[size](*few, *few[-1:] * (size - len(few)))
        return found


class Rows(ModelSelect):
    """A select that writes all columns of its table at once: peewee makes one name after the other."""

    def __sql_selection__(self, ctx, is_subquery=False):
        meta = self.model._meta
        if not self._is_default or is_subquery:
            return super().__sql_selection__(ctx, is_subquery)
        table = ctx.alias_manager[meta.table]
        return ctx.literal(', '.join(f'"{table}"."{field.column_name}"' for field in meta.sorted_fields))


#: what is a parameter as it is: neither a part of a statement nor a table
PLAIN = frozenset({str, int, bool, type(None), date, datetime})


class Writer(Context):
    """Writes the SQL of a query as peewee does, word for word, in two thirds of the time.

    A column, a fixed text and a comparison are half of what a query consists of; peewee makes three objects
    for each of them.
    """

    __slots__ = ()

    def __call__(self, scope=None, parentheses=False, **settings):
        """Begin a part of the statement that is written with other settings; `with` ends it."""
        state = self.state
        self.stack.append(state)
        self.state = State(state.scope if scope is None else scope, parentheses,
                           {**state.settings, **settings} if settings else state.settings)
        return self

    def sql(self, obj):
        kind = type(obj)
        if kind is SQL and not obj.params:
            return self.literal(obj.sql)
        if kind is Expression:
            return self.expression(obj)
        if isinstance(obj, Field) and self.state.scope != SCOPE_VALUES:
            if kind.__sql__ is Field.__sql__:
                return self.column(obj.model._meta.table, obj.column_name)
            if kind.__sql__ is FieldAlias.__sql__:
                return self.column(obj.source, obj.field.column_name)
        return super().sql(obj)

    def value(self, value, converter=None, add_param=True):
        """Add a value to the parameters, as its column converts it."""
        settings = self.state.settings
        if converter is None:
            converter = settings.get('converter')
        if converter:
            value = converter(value)
        if type(value) not in PLAIN or settings.get('value_literals'):
            return super().value(value, False, add_param)
        self._values.append(value)
        return self.literal(settings.get('param') or '?') if add_param else self

    def column(self, source, name):
        """Write a column of a table or of a table by another name."""
        if given := source.__dict__.get('alias') or source.__dict__.get('_alias'):
            self.alias_manager[source] = given
        return self.literal(f'"{self.alias_manager[source]}"."{name}"')

    def expression(self, node):
        """Write a comparison, a sum or several of them joined."""
        left, right, op = node.lhs, node.rhs, node.op
        column = left.unwrap() if isinstance(left, WrappedNode) else left
        settings = {'converter': None, 'in_expr': True}
        if isinstance(column, Field) and left._coerce:
            settings.update(converter=column.db_value, is_fk_expr=isinstance(column, ForeignKeyField))
        with self(parentheses=not node.flat, **settings):
            if op in (OP.IN, OP.NOT_IN) and node._is_rhs_empty(right, self):
                return self.literal('0 = 1' if op == OP.IN else '1 = 1')
            if right is None and op in (OP.IS, OP.IS_NOT):
                right = SQL('NULL')
            operations = self.state.settings.get('operations') or {}
            return self.sql(left).literal(f' {operations.get(op, op)} ').sql(right)
