"""The data dictionary (データ辞書): every table, column and import file, from the models and forms."""
from pathlib import Path

from flask import Flask
from peewee import SQL, CharField, ForeignKeyField, Index

from forms.fields import Code, Flag, Many, Ref, Refs
from models import (
    RECORDS,
    TABLES,
    TRAIL,
)
from models.base import CodeField, ExactField

from .records import exporting
from .records.noun import NOUNS, of_table
from .records.vocabulary import vocabulary_of

HOME = Path(__file__).parent.parent / 'docs' / 'data-dictionary.md'
#: what a file's columns alone do not say
NOTES = {'plans': '1行が1回の進捗確認です。「回」と「評価」は進捗確認のある行だけで必須で、'
         'プランだけの行では空欄にします。'
         '同じプランの行は「プラン番号」と「回」で見分けます。',
         'steps': '「経過」は、状態とその状態になった日を古い順に `;` で並べたものです（例: `作業中 '
         '2026-05-01;完了済み 2026-06-30`）。'
         '日のない状態は初めからのものです。'
         '書出しには必ず入り、取り込むと過去の日の完了率まで同じになります。列がないか空欄なら、'
         '状態と日付から画面と同じように作ります。'}
TYPES = {'AUTO': '整数', 'INT': '整数', 'BIGINT': '整数', 'BOOL': '真偽', 'DATE': '日付',
         'DATETIME': '日時（UTC）', 'TEXT': '文字列', 'VARCHAR': '文字列'}
OPENING = """# データ辞書

この文書は `python -m registry.dictionary` が、表（`models/`）とフォーム（`forms/`）から作ります。
手では直しません。
どの表のどの列も NULL の可否・長さ・コードをデータベースの制約としても持ちます。
記録の表の行は削除せず、取消（`voided_at`）にします。
"""


def cell(text):
    """Return text that stays inside one cell of a Markdown table."""
    return str(text).replace('|', '\\|').replace('\n', ' ')


def table_lines(headers, rows):
    """Yield the lines of a Markdown table."""
    yield f'| {" | ".join(headers)} |'
    yield '|' + '---|' * len(headers)
    for row in rows:
        yield f'| {" | ".join(cell(value) for value in row)} |'


def contents(field):
    """Return what a column may hold, in words: codes with labels, the table a reference leads to."""
    words = []
    if isinstance(field, CodeField):
        words.append('、'.join(f'`{code}` {label}' for code, label in field.codes.items()))
    if isinstance(field, ForeignKeyField):
        words.append(f'→ `{field.rel_model._meta.table_name}`.`{field.rel_field.column_name}`')
    if field.unique:
        words.append('重複不可')
    if field.name in getattr(field.model, 'secret', ()):
        words.append('値は操作履歴に残さない')
    if field.name in getattr(field.model, 'derived', ()):
        words.append('保存のたびに計算')
    return '。'.join(words)


def kind_of(field):
    """Return a column's type in words."""
    if isinstance(field, ExactField):
        return '十進数（文字で保存）'
    return '整数' if isinstance(field, ForeignKeyField) else TYPES[field.field_type]


def columns(table):
    """Yield the rows of a table's columns: column, label, type, null, limit, contents."""
    labels = vocabulary_of(table).labels
    for field in table._meta.sorted_fields:
        limit = field.max_length if isinstance(field, CharField) else ''
        yield (f'`{field.column_name}`', labels.get(field.name, ''), kind_of(field), '可' if field.null
               else '不可', limit, contents(field))


def rules(table):
    """Yield the sentences of a table's own checks and of its keys of several columns."""
    for name, sql in getattr(table, 'checks', {}).items():
        yield f'検査 `{table._meta.table_name}_{name}`: `{sql}`'
    for index in table._meta.indexes:
        if isinstance(index, tuple) and index[1]:
            names = '、'.join(f'`{table._meta.fields[name].column_name}`' for name in index[0])
            yield f'組合せで重複不可: {names}'
        elif isinstance(index, Index) and index._unique:
            names = '、'.join(f'`{part.sql if isinstance(part, SQL) else part.column_name}`'
                             for part in index._expressions)
            yield f'組合せで重複不可: {names}'


def one_table(table):
    """Yield the lines of one table's chapter."""
    noun = of_table(table)
    yield f'### `{table._meta.table_name}`' + (f'　{noun.one}' if noun else '')
    yield ''
    yield ' '.join((table.__doc__ or '').partition('\n\n')[0].split())
    yield ''
    yield from table_lines(('列', '表示名', '型', 'NULL', '文字数', '内容'), columns(table))
    found = list(rules(table))
    if found:
        yield ''
        yield from (f'- {words}' for words in found)
    yield ''


def how(field):
    """Return how a cell of a file is written."""
    # what a page lists as words, this lists with their codes
    words = list(filter(None, [field.hint if isinstance(field, Many) else field.description]))
    if isinstance(field, Flag):
        words.append('1・0、はい・いいえ')
    elif isinstance(field, (Code, Many)):
        words.append('、'.join(f'{label}（`{code}`）' if str(label) != str(code) else str(label)
                              for code, label in field.codes.items()))
    elif isinstance(field, (Ref, Refs)):
        words.append(f'`{field.table._meta.table_name}`.`{field.by.column_name}` にある番号')
    if getattr(field, 'unit', ''):
        words.append(f'単位: {field.unit}')
    if field.flags.maxlength:
        words.append(f'{field.flags.maxlength}文字以内')
    return '。'.join(words)


def needed(field):
    """Return whether a new record needs a column: 必須, or what stands when it is left out."""
    if not field.required:
        return ''
    return '必須' if field.must_be_given else f'既定: {field.show(field.blank)}'


def one_file(noun):
    """Yield the lines of one file's chapter."""
    form = exporting.form_of_file(noun)()
    yield f'### `{noun.name}`　{noun.title}'
    yield ''
    names = '、'.join(form._fields[name].label.text for name in noun.key)
    yield f'行を見分ける列: {names}'
    if noun.name in NOTES:
        yield NOTES[noun.name]
    yield ''
    yield from table_lines(('見出し', 'キー', '必須', '書き方'), (
        (field.header, f'`{field.key}`', needed(field), how(field)) for field in form.cells()))
    yield ''


def write():
    """Return the whole dictionary as Markdown; needs an application context, and no database."""
    lines = [OPENING, '## 表', '']
    lines += ['記録の表（操作を通じてだけ書き込まれます）:', '',
              '、'.join(f'`{table._meta.table_name}`' for table in RECORDS), '',
              '操作履歴の表（一度書いたら変わりません。先頭だけが入れ替わります）:', '',
              '、'.join(f'`{table._meta.table_name}`' for table in TRAIL), '']
    for table in TABLES:
        lines += one_table(table)
    lines += ['## 取込み・書出しのファイル', '',
              '1行目は見出しです。見出しは日本語でもキーでもよく、全角・半角、かっこ、'
              '空白の違いは問いません。列の順は自由です。',
              '「必須」は、新しい記録を登録するときに要る列です。「既定」のある列は、'
              '列がなければその値になります。'
              '既にある記録を変えるときは、行を見分ける列と、変える列だけで足ります。', '']
    for noun in NOUNS.values():
        if noun.importable:
            lines += one_file(noun)
    return '\n'.join(lines).rstrip() + '\n'


def main():
    """Write docs/data-dictionary.md."""
    with Flask(__name__).app_context():
        HOME.write_text(write(), 'utf-8')


if __name__ == '__main__':
    main()
