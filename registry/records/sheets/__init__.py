"""Table files in and out: CSV, TSV and XLSX as rows of text, knowing nothing of nouns.

Nothing uploaded is trusted.
"""
from .cells import as_cp932, neutralised
from .reading import read
from .table import MAX_PROBLEMS, Problem, Sheet, Unreadable
from .template import TemplateColumn, write_template
from .writing import FORMATS, stream_csv, write_csv, write_xlsx

__all__ = ('FORMATS', 'MAX_PROBLEMS', 'Problem', 'Sheet', 'TemplateColumn', 'Unreadable', 'as_cp932',
           'neutralised', 'read', 'stream_csv', 'write_csv', 'write_template', 'write_xlsx')
