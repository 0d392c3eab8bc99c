"""The history of a record, as its page and the API tell it."""
import re
from functools import partial

from audits import history
from models import Person

from ..web.guard import visible_of
from . import deeds, display, vocabulary


def history_of(noun, row, before=history.END):
    """Return ([(act, function that tells what was done in a few words, [sentences])], older) of a history.

    The newest are first. What was done to a record's parts belongs to it. The sentences tell it column by
    column; see `history.of_row`.
    """
    told = {}
    names = {(type(row), row.id): row.label}
    parts = vocabulary.part_tables(noun.table)
    leading = {part: field.name for part, field in parts}
    changes, older = history.of_row(row, parts, before)
    # the rows of registers that the ward made share one table
    tables = history.TABLES | {noun.table._meta.table_name: noun.table}
    by_columns = [change for change in changes
                  if vocabulary.vocabulary_of(tables[change.table]).tell is None]
    history.add_names(by_columns, names, display.display_name,
                     lambda rows: rows if rows and isinstance(rows[0], Person) else visible_of(rows))
    for change in changes:
        told.setdefault(change.act.seq, []).append(change)
    found = []
    for some in told.values():
        sentences = []
        for change in some:
            table = tables[change.table]
            place = '' if table is noun.table else f'{vocabulary.title_of(table)}: '
            sentences += [place + sentence for sentence in history.sentences(
                change, vocabulary.vocabulary_of(table), names, omitted=leading.get(table))]
        found.append((some[0].act, partial(deeds.words_of, noun, some, names), sentences))
    if older and older[1]:
        found[-1][2].append('（この操作の続きは「これより前の履歴」にあります。）')
    return found, older and '.'.join(map(str, older))


def cursor(text):
    """Return the place in a history that an address names, an act and a place in it, or the end for none."""
    found = re.fullmatch(r'(\d{1,15})(?:\.(\d{1,9}))?', text, re.ASCII)
    return (int(found.group(1)), int(found.group(2) or 0)) if found else history.END
