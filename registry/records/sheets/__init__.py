"""Table files in and out: CSV, TSV and XLSX as rows of text, knowing nothing of nouns; nothing uploaded is
trusted."""
from .cells import neutral, twinned
from .reading import read
from .table import MAX_PROBLEMS, Problem, Sheet, Unreadable
from .writing import FORMATS, stream_csv, write_csv, write_xlsx

__all__ = ('FORMATS', 'MAX_PROBLEMS', 'Problem', 'Sheet', 'Unreadable', 'neutral', 'read', 'stream_csv',
           'twinned', 'write_csv', 'write_xlsx')
