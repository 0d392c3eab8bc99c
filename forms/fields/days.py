"""Fields of days and moments, in any form the office writes them."""
from models.rules import calendar

from .cell import Cell


class Day(Cell):
    """A day in Japan, typed in any of the forms the office uses.

    `happened` marks one that tells of what has been done.
    """

    repeats = True
    max_typed = calendar.MOST
    hint = '例: 2026/4/1、20260401、R8.4.1、令和8年4月1日'
    echo = True

    def __init__(self, label, *, happened=False, **kwargs):
        super().__init__(label, **kwargs)
        self.happened = happened

    def parse(self, text):
        # a day that a spreadsheet shows with a time is at its beginning
        return calendar.parse_day(text.removesuffix(' 00:00'))

    def text(self, value):
        return '' if value is None else value.isoformat()

    def show(self, value):
        return '' if value is None else calendar.show_day(value)


class Moment(Cell):
    """A day and time in Japan."""

    max_typed = calendar.MOST
    hint = '例: 2026/4/1 9:05、令和8年4月1日 9:05'
    echo = True

    def parse(self, text):
        return calendar.parse_moment(text)

    def text(self, value):
        return '' if value is None else calendar.export_moment(value)

    def show(self, value):
        return '' if value is None else calendar.show_moment(value)
