"""What the lines of a file come to, and the file's cells as a form takes them."""
from dataclasses import dataclass

from models.base import Table

MANY = 1000
#: how many lines a preview shows
SHOWN = 300
#: how the reason begins for which records of an import taken back are voided; another takes them up again
UNDONE = '取込みの取消し'
#: what must not change unseen: words of the labels of such fields
GRAVE = ('個人情報', '機密性', '区分', '状態')


def is_grave(label):
    """Tell whether a field of this label must not change unseen."""
    return any(word in label for word in GRAVE)


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
