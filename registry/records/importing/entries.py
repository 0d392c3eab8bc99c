"""What the lines of a file come to, and the file's cells as a form takes them."""
from dataclasses import dataclass

from models.base import Table

MANY = 1000


@dataclass(slots=True)
class Entry:
    """What one line of the file comes to: `status` is create, update, unchanged, conflict or error."""

    line: int
    status: str
    label: str = ''
    changes: list = ()
    row: Table | None = None
    before: Table | None = None
    links: list = ()
    also: list = ()
    message: str = ''
    plan: Table | None = None


class Cells:
    """One line as form data: a plain mapping with the one method WTForms asks for."""

    def __init__(self, values):
        self.values = values

    def __contains__(self, name):
        return name in self.values

    def getlist(self, name):
        return [self.values[name]] if name in self.values else []

    def __len__(self):
        return len(self.values)

    def __iter__(self):
        return iter(self.values)
