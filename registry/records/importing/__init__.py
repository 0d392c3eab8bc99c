"""Import: a file → rows → forms → one act.

Every problem of the file is found at once; one bad line changes nothing.

A file may have 120,000 rows: they, and what is to be written of them, are held pressed and gone through a
block at a time.
"""
from .entries import Cells, Entry
from .findings import Choices, choices_from, findings, fingerprint, note_of, read, reasons, rejected
from .reading import Load, load
from .undoing import counts_of, may_undo, noun_of, tables_of, undo, undo_of
from .words import AT_ONCE, say, texts_of, words_for

__all__ = ('AT_ONCE', 'Cells', 'Choices', 'Entry', 'Load', 'choices_from', 'counts_of', 'findings',
           'fingerprint', 'load', 'may_undo', 'note_of', 'noun_of', 'read', 'reasons', 'rejected', 'report',
           'say', 'tables_of', 'texts_of', 'undo', 'undo_of', 'words_for')


def report(noun, rows, counts, problems, seq, conflicts, notices=()):
    """Return what an import came to, as the JSON of `daicho import` and of the API (contract: interfaces)."""
    return {'kind': noun.name, 'rows': rows,
            **{name: counts.get(name, 0) for name in ('create', 'update', 'unchanged', 'conflict')},
            'errors': [
                {'line': p.line, 'column': p.column, 'value': p.value, 'message': p.message}
                for p in problems], 'act': seq,
            'conflicts': [{'line': e.line, 'label': e.label, 'message': e.message} for e in conflicts],
            'notices': list(notices)}
