"""XLSX in: the first sheet of a vetted workbook as rows of text."""
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import python_calamine

from .inspecting_xlsx import BROKEN, inspect
from .table import Problem, Unreadable

_HALF = timedelta(milliseconds=500)


def read_xlsx(data, name):
    """Return ((line, cells) as they are read, problems) of a workbook's first sheet."""
    with _readable():
        clean, problems, shaped = inspect(data, name)
        sheet = python_calamine.CalamineWorkbook.from_filelike(clean).get_sheet_by_index(0)
        return _rows_of(sheet, shaped), problems


@contextmanager
def _readable():
    """Say in words that a workbook is broken, in whatever way it is."""
    try:
        yield
    except Unreadable:
        raise
    except Exception as error:
        raise Unreadable([Problem(None, '', '', BROKEN)]) from error
    except BaseException as error:
        # the parser's own failures on crafted bytes come as a kind of their own, outside Exception
        if type(error).__name__ != 'PanicException':
            raise
        raise Unreadable([Problem(None, '', '', BROKEN)]) from error


def _rows_of(sheet, shaped):
    """Yield (line, cells) of a worksheet.

    `shaped` names the cells that show more than their value holds.
    """
    with _readable():
        shapes = {}
        for line, column, shape in shaped:
            shapes.setdefault(line, []).append((column, shape))
        skipped = [''] * (sheet.start[1] if sheet.start else 0)
        # row by row: the whole table as numbers and as texts at once would be twice the memory
        for line, row in enumerate(sheet.iter_rows(), 1):
            row = skipped + row
            cells = [_cell(value) for value in row]
            for column, shape in shapes.get(line, ()):
                # Excel keeps 0.62 where a person sees 62%, and a day where they see its 0:00
                if shape == '%' and isinstance(row[column - 1], float):
                    cells[column - 1] = f'{(_seen(row[column - 1]) * 100).normalize():f}%'
                elif shape == 'h' and isinstance(row[column - 1], date) and ':' not in cells[column - 1]:
                    cells[column - 1] += ' 00:00'
            yield line, cells


def _seen(value):
    """Return a number's 15 digits that Excel shows; the rest is binary noise (0.30000000000000004)."""
    return Decimal(format(value, '.15g'))


def _cell(value):
    """Return a workbook's value as a person would type it."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return '1' if value else '0'
    if isinstance(value, float):
        if value.is_integer() and abs(value) < 2**53:
            return str(int(value))
        return format(_seen(value), 'f')
    if isinstance(value, datetime):
        value = (value + _HALF).replace(microsecond=0)
        return value.date().isoformat() + (f' {_clock(value)}' if value.time() != time() else '')
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return _clock(datetime.combine(date.min, value) + _HALF)
    if isinstance(value, timedelta):
        seconds = round(value.total_seconds())
        return f'{"-" if seconds < 0 else ""}{abs(seconds) // 3600}:{abs(seconds) // 60 % 60:02}' + (
            f':{abs(seconds) % 60:02}' if seconds % 60 else '')
    return str(value)


def _clock(value):
    return f'{value:%H:%M:%S}' if value.second else f'{value:%H:%M}'
