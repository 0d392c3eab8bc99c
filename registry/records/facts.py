"""What a record's page and the API tell of a record: its fields in words, and its history."""
import re

from audits import history
from forms.fields import Reference, Refs
from models import Person

from ..web.guard import visible_of
from ..web.submission import viewer
from . import deeds, display, vocabulary

#: how many of a record's links its page names
LINKS = 50


def details(noun, row):
    """Return [(heading, [(label, text)])] of a record's fields, grouped by the noun's sections.

    A record of another unit is counted, not named.
    """
    texts, who = {}, viewer()
    for field in noun.cells:
        if isinstance(field, Reference):
            text = reference_text(field, row, who)
        else:
            text = field.show(row.__data__.get(field.attr))
        texts[field.short_name] = field.label.text, text
    sections = noun.sections or [('内容', list(texts))]
    return [(heading, [texts[name] for name in names if name in texts]) for heading, names in sections]


def reference_text(field, row, who):
    """Return what a record refers to, as its page shows it.

    Of many links it names the first few, and says how many more there are.
    """
    if isinstance(field, Refs):
        value = field.ids_of(row)
        more = f'、ほか{len(value) - LINKS:,}件' if len(value) > LINKS else ''
        return field.show(value[:LINKS], who) + more
    value = row.__data__.get(field.attr)
    if value is not None:
        value = row.__rel__[field.attr] = row.__rel__.get(field.attr) or field.table.by_id(value)
    return field.show(value, who)


def history_of(noun, row, before=history.END):
    """Return ([(act, what was done in a few words, [sentences])], older) of a record's history, newest first.

    What was done to its parts belongs to it. The sentences tell it column by column; see `history.of_row`.
    """
    told = {}
    names = {(type(row), row.id): row.label}
    parts = vocabulary.part_tables(noun.table)
    leading = {part: field.name for part, field in parts}
    changes, older = history.of_row(row, parts, before)
    by_columns = [change for change in changes
                  if vocabulary.vocabulary_of(history.TABLES[change.table]).tell is None]
    history.add_names(by_columns, names, display.display_name,
                     lambda rows: rows if rows and isinstance(rows[0], Person) else visible_of(rows))
    for change in changes:
        told.setdefault(change.act.seq, []).append(change)
    found = []
    for some in told.values():
        sentences = []
        for change in some:
            table = history.TABLES[change.table]
            place = '' if table is noun.table else f'{vocabulary.title_of(table)}: '
            sentences += [place + sentence for sentence in history.sentences(
                change, vocabulary.vocabulary_of(table), names, omitted=leading.get(table))]
        found.append((some[0].act, deeds.words_of(noun, some, names), sentences))
    if older and older[1]:
        found[-1][2].append('（この操作の続きは「これより前の履歴」にあります。）')
    return found, older and '.'.join(map(str, older))


def cursor(text):
    """Return the place in a history that an address names, an act and a place in it, or the end for none."""
    found = re.fullmatch(r'(\d{1,15})(?:\.(\d{1,9}))?', text, re.ASCII)
    return (int(found.group(1)), int(found.group(2) or 0)) if found else history.END
