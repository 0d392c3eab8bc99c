"""What an act did to a record, in the words of the work: 「差し戻しました」, not which columns changed."""
from functools import cache
from json import loads

from markupsafe import Markup
from peewee import ForeignKeyField

from audits import history
from forms.fields import Refs
from models import Attachment, Comment

from ..web.guard import allowed
from . import vocabulary
from .noun import NOUNS, of_table
from .record_html import address_of, text_html

#: how many things of one kind are named; of more, how many there are
FEW = 3
#: what is done to a part of a record
DONE = {'create': '記録しました', 'update': '変更しました', 'void': '取り消しました'}


def words_of(noun, changes, names):
    """Return in a few words, in HTML, what the changes of one act did to a record and its parts.

    `names` are {(table, id): what a record is called} of the other records, as their reader may know them.
    """
    own = [change for change in changes if change.table == noun.table._meta.table_name]
    if any(change.kind == 'create' for change in own):
        return Markup(f'{noun.one}を登録しました。')
    parts = {}
    for change in changes:
        table = history.TABLES[change.table]
        if change.table != noun.table._meta.table_name:
            parts.setdefault((table, change.kind), []).append(change)
    told = [words for change in own for words in own_words(noun, change)]
    if told:
        # what else belongs to such a change follows from it
        parts = {key: some for key, some in parts.items() if key[0] is Attachment or key[0] in link_tables()}
    told += [part_words(noun, table, kind, some, names) for (table, kind), some in parts.items()]
    return Markup(''.join(f'{words}。' for words in told))


def own_words(noun, change):
    """Return what a change of the record itself did: a move of its state, or which fields it concerned."""
    if change.kind == 'void':
        return ['取り消しました']
    values, found = loads(change.values), []
    if 'voided_at' in values:
        return ['取消を取りやめました']
    flow = noun.flow
    if flow is not None and flow.column in values:
        source, target = values.pop(flow.column)
        found.append(flow.told(source, target) or
                     f'状態を「{text_html(flow.states.get(target, target))}」にしました')
        # what nobody types follows from the move
        values = {name: both for name, both in values.items() if name in {cell.attr for cell in noun.cells}}
    labels = vocabulary.vocabulary_of(noun.table).labels
    order = {name: place for place, name in enumerate(labels)}
    done = {}
    for name in sorted(values, key=lambda name: order.get(name, len(order))):
        before, after = values[name]
        verb = 'を空欄にしました' if after is None else 'を入れました' if before is None else 'を変えました'
        done.setdefault(verb, []).append(text_html(labels.get(name, name)))
    return found + [several(some) + verb for verb, some in done.items()]


def several(words):
    """Return the first few of some words together, and how many more there are."""
    more = f'ほか{len(words) - FEW}項目' if len(words) > FEW else ''
    return '、'.join([*words[:FEW], *([more] if more else [])])


def part_words(noun, table, kind, changes, names):
    """Return what was done to parts of a record that are of one table."""
    if table in link_tables():
        return link_words(noun, table, kind, changes, names)
    if table is Comment and len(changes) == 1 and kind != 'void' and (
            told := vocabulary.tell_comment(changes[0], loads(changes[0].values))):
        return text_html(told[0].removesuffix('。'))
    title = vocabulary.title_of(table)
    done = '添付しました' if table is Attachment and kind == 'create' else DONE[kind]
    if len(changes) > 1:
        return f'{title}を{len(changes)}件{done}'
    label = text_html(history.label_of(changes[0].table, changes[0].label))
    return f'{title}を{done}' if label.isdecimal() else f'{title}「{label}」を{done}'


@cache
def link_tables():
    """Return the tables whose rows link two records."""
    return frozenset(cell.link for noun in NOUNS.values() for cell in noun.blank.cells()
                     if isinstance(cell, Refs))


def mention(table, id, name):
    """Return what a record is called as a link to it, the words alone where the reader may not see it."""
    words, address = text_html(name), address_of(table)
    if name == history.UNSEEN or address is None or not allowed(of_table(table).permit('read')):
        return words
    return f'<a href="{address}{id}">{words}</a>'


def link_words(noun, table, kind, changes, names):
    """Return with which other records a record was linked, or no longer is."""
    other = next(name for name, field in table._meta.fields.items() if isinstance(field, ForeignKeyField)
                 and field.rel_model is not noun.table)
    labels, rel = vocabulary.column_labels(table), table._meta.fields[other].rel_model
    called = []
    for change in changes:
        ids = [id for id in loads(change.values).get(other, ()) if id is not None]
        called += [f'「{mention(rel, id, names[rel, id])}」' for id in ids[-1:] if (rel, id) in names]
    which = labels[other] + (called[0] if len(called) == 1 else '' if len(changes) == 1
                             else f'{len(changes)}件')
    return which + {'create': 'と結び付けました', 'update': 'と改めて結び付けました',
                    'void': 'との結び付きを外しました'}[kind]
