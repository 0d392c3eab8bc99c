"""A ward's own headers and values as an import reads them (読み替え): said once, kept, used again."""
from dataclasses import dataclass, field

from audits import trail
from forms.fields import Code, Flag, IntCode, Many, Ref, half_width, key_of_label
from models import ImportWord
from models.base import OPEN

from ...core import clock
from ...core.permits import UNIT_ROLES
from .. import display, exporting
from ..sheets.reading import STRANGE

#: how many words of a noun are kept for everybody, and for a unit; how many are said at once
MOST, AT_ONCE = 500, 300
#: how a page says that a column is not read, and that a word is no longer read as another
UNREAD, NONE = '-', ''
#: what is said of a word that is not the unit's to take back
THEIRS = 'は情報政策の担当者が決めた読み替えです。ほかの項目か値を選ぶか、担当者に伝えてください。'
#: how many records a field offers to choose from
OFFERED = 500


@dataclass
class Words:
    """The words of a noun's files: `headers` {key: field name or ''}, `values` {field: {text: text}}.

    `rows` are {(field, key): ImportWord} of both, to say who decided them.
    """

    headers: dict = field(default_factory=dict)
    values: dict = field(default_factory=dict)
    rows: dict = field(default_factory=dict)


def key_of(name, word):
    """Return what a word is found by: headers as labels, values as they are but for their width."""
    return half_width(word) if name else key_of_label(word)


def unit_of_words(person):
    """Return the id of the unit whose words a person says, None for everybody's."""
    return person.department_id if person is not None and person.role in UNIT_ROLES else None


def words_for(noun, person):
    """Return the Words by which a person's files of a noun are read: everybody's, then their unit's."""
    unit = unit_of_words(person)
    mine = ImportWord.department.is_null() | (ImportWord.department == unit)
    found = Words()
    rows = ImportWord.select().where(ImportWord.noun == noun.name, ImportWord.live(), mine)
    for row in sorted(rows, key=lambda row: (row.department_id is not None, row.id)):
        key = key_of(row.field, row.word)
        found.rows[row.field, key] = row
        if row.field:
            found.values.setdefault(row.field, {})[key] = row.means
        else:
            found.headers[key] = row.means
    return found


def can_be_said(cell):
    """Tell whether a field's values may be words of a ward's own: those of a list, and numbers of records."""
    return isinstance(cell, (Code, Flag, Ref))


def choices_of(cell):
    """Return [(text, words)] of what a value may stand for; [] where a number is typed."""
    if isinstance(cell, Flag):
        return [('1', 'はい'), ('0', 'いいえ')]
    if isinstance(cell, Code):
        return [(str(code), str(code) if isinstance(cell, IntCode) else label)
                for code, label in cell.codes.items()]
    # whose records belong to units, or to the office, are not all theirs to read
    return list(cell.viewer.options_for(cell))[:OFFERED] if cell.table.owned_by == OPEN else []


def texts_of(cell):
    """Return the texts that a file may have for a field of a list, as people write them."""
    if isinstance(cell, Many):
        return list(cell.codes.values())
    if not can_be_said(cell):
        return []
    return [text if isinstance(cell, Ref) else words for text, words in choices_of(cell)]


def only_unit_like(text):
    """Return the code of the only unit that is called nearly so, or was before; '' for none or several.

    What stands before a space is taken for the unit above it (福祉部 高齢福祉課).
    """
    names = display.units_by_any_name()
    for name in (text, text.split()[-1]):
        if len(codes := names.get(display.folded_name(name), ())) == 1:
            return next(iter(codes))
    return ''


def say(noun, given, *, by, at, channel, request_id=''):
    """Keep what some words stand for, as one act; return the problems in words.

    `given` are (field or '', word, what it stands for: UNREAD, NONE or a text).
    """
    form = exporting.form_of_file(noun)(viewer=display.Viewer(by, clock.today()))
    cells = {cell.short_name: cell for cell in form.cells()}
    problems, wanted, stands = [], {}, words_for(noun, by).rows
    for name, word, means in given:
        word = word.strip()
        if not word or STRANGE.search(word) or len(word) > ImportWord.word.max_length or (
                name and name not in cells):
            problems.append('読み替える列名・値を、もう一度選んでください。')
        elif means == NONE:
            wanted[name, key_of(name, word)] = word, None
        elif not name and (means == UNREAD or means in cells):
            wanted[name, key_of(name, word)] = word, '' if means == UNREAD else means
        elif name and can_be_said(cells[name]) and (text := _value_of(cells[name], means)):
            wanted[name, key_of(name, word)] = word, text
        else:
            problems.append(f'「{word[:40]}」の読み替え先「{means[:40]}」は選べません。選び直してください。')
    if problems:
        return list(dict.fromkeys(problems))
    unit = unit_of_words(by)
    with trail.act('words.edit', by=by, at=at, channel=channel, reason=f'{noun.title}のファイルの読み替え',
                   request_id=request_id) as act:
        mine = ImportWord.department == unit if unit else ImportWord.department.is_null()
        rows = list(ImportWord.select().where(ImportWord.noun == noun.name, mine))
        live = sum(row.voided_at is None for row in rows)
        known = {(row.field, key_of(row.field, row.word)): row for row in rows}
        for (name, key), (word, means) in wanted.items():
            row, now = known.get((name, key)), stands.get((name, key))
            if means is None:
                if row is not None and row.voided_at is None:
                    act.void(row, '読み替えをやめた')
                elif now is not None:
                    problems.append(f'「{word[:40]}」{THEIRS}')
                continue
            if now is not None and now.means == means:
                continue
            live += row is None or row.voided_at is not None
            if live > MOST:
                problems.append(f'覚えられる読み替えは、台帳ごとに{MOST}件までです。'
                                '使わないものをやめてから、もう一度選んでください。')
                break
            row = row or ImportWord(noun=noun.name, field=name, word=word, department=unit)
            row.means, row.person, row.at = means, by, act.at
            row.voided_at = row.void_reason = None
            act.save(row)
    return problems


def _value_of(cell, text):
    """Return a value as it stands in a file, or '' where the field does not take it."""
    if not text or len(text) > ImportWord.means.max_length:
        return ''
    try:
        value = cell.read(text)
    except ValueError:
        return ''
    return '' if value is None else str(text).strip()[:100] if isinstance(cell, (Code, Flag)) else (
        cell.text(value))
