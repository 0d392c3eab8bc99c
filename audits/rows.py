"""The statements that write rows, for acts alone (`trail`).

Written out here because making them through peewee took half of an import's time.
"""
from models.base import ExactField, MomentField, db


def insert(table, fields, lines, returning=False):
    """Insert lines of values in one statement; return their new ids, in order, if asked for."""
    mark = db.param
    columns = ', '.join(f'"{field.column_name}"' for field in fields)
    line = f'({", ".join([mark] * len(fields))})'
    converters = [field.db_value if isinstance(field, (MomentField, ExactField)) else None
                  for field in fields]
    values = [value if convert is None or value is None else convert(value)
              for each in lines for convert, value in zip(converters, each, strict=True)]
    cursor = db.execute_sql(
        f'INSERT INTO "{table._meta.table_name}" ({columns}) VALUES {", ".join([line] * len(lines))}'
        f'{" RETURNING id" if returning else ""}', values)
    return [id for (id,) in cursor.fetchall()] if returning else []


def update(table, values, known):
    """Write values into the row known by others; tell whether there is one."""
    fields = table._meta.fields

    def columns(names):
        return [f'"{fields[name].column_name}" = {db.param}' for name in names]
    given = [fields[name].db_value(value) for name, value in (*values.items(), *known.items())]
    return bool(db.execute_sql(f'UPDATE "{table._meta.table_name}" SET {", ".join(columns(values))} '
                               f'WHERE {" AND ".join(columns(known))}', given).rowcount)
