"""A file's table as rows of text, what is wrong with it, and how large it may be."""
import json
from dataclasses import dataclass, field

from models.packed import Packed

MAX_BYTES = 20 * 1024 * 1024
MAX_ROWS = 120_000
MAX_COLUMNS = 100
MAX_CELL = 32_767
MAX_HEADER = 200
#: beyond this many the file is wrong as a whole, and the list would fill the memory
MAX_PROBLEMS = 5_000
#: cells with and without a value, a hundred thousand rows of twenty-five; counted before a table is read
MAX_CELLS = 2_500_000
#: bytes of a file that are decoded at once
PIECE = 64 * 1024
TOO_MANY_ROWS = f'{MAX_ROWS:,}行を超えています。分けて取り込んでください。'
TOO_MANY_CELLS = (f'欄（行×列）が{MAX_CELLS:,}を超えています。取り込む列だけを残すか、'
                  '行を分けて取り込んでください。')


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a file; `message` says what to do.

    `line` is the line a person sees, None for the whole file.
    """

    line: int | None
    column: str
    value: str
    message: str


class Unreadable(Exception):
    """A file cannot be read or written; `problems` says everything that is wrong."""

    def __init__(self, problems):
        super().__init__('; '.join(problem.message for problem in problems))
        self.problems = list(problems)


@dataclass
class Sheet:
    """A file's table: headers, rows as (line number, cells), all text.

    `problems` names the cells that cannot be used.
    """

    headers: list
    rows: Packed | list
    encoding: str
    kind: str
    problems: list = field(default_factory=list)

    def without(self, lines):
        """Return the sheet without some of its lines, and without what is wrong in them."""
        return Sheet(self.headers, Packed(row for row in self.rows if row[0] not in lines), self.encoding,
                     self.kind, [problem for problem in self.problems if problem.line not in lines])

    def write(self, file, about):
        """Write the sheet and what else is to be known of it to a binary file, for `read_back`."""
        def line(value):
            # half characters, which a workbook may hold, are named in the preview
            file.write(json.dumps(value, ensure_ascii=False).encode('utf-8', 'surrogatepass') + b'\n')
        line([about, self.headers, self.encoding, self.kind,
              [[p.line, p.column, p.value, p.message] for p in self.problems]])
        for block in self.rows.blocks():
            line(block)

    @classmethod
    def read_back(cls, file):
        """Return (what else is to be known, Sheet) of what `write` has written.

        Raise ValueError or TypeError for anything else.
        """
        lines = (json.loads(line.decode('utf-8', 'surrogatepass')) for line in file)
        about, headers, encoding, kind, problems = next(lines, ())
        return about, cls(headers, Packed(row for block in lines for row in block), encoding, kind,
                          [Problem(*values) for values in problems])


def refuse(message, line=None, column='', value=''):
    raise Unreadable([Problem(line, column, value, message)])
