"""An empty workbook to be filled in: the headers, what each column takes, and the lists to choose from."""
import io
from dataclasses import dataclass

from .cells import neutralised

#: rows of the table that have the lists, and characters that Excel allows a note and a list in a cell
ROWS, NOTE, LIST = 5_000, 250, 200


@dataclass(frozen=True)
class TemplateColumn:
    """A column to be filled in: its header, key, whether a new record needs it, its hint and its choices."""

    header: str
    key: str
    needed: bool
    hint: str
    choices: list


def write_template(columns, title):
    """Return an empty workbook: a table with the headers first, then a sheet that explains them.

    Every cell of the table is text, so that leading zeros survive.
    """
    output = io.BytesIO()
    import xlsxwriter  # loaded where a template is made
    book = xlsxwriter.Workbook(output, {'in_memory': True})
    table, told = book.add_worksheet('入力'), book.add_worksheet('説明')
    plain = book.add_format({'num_format': '@'})
    wrapped = book.add_format({'text_wrap': True, 'valign': 'top'})
    heads = {needed: book.add_format({'bold': True, 'bg_color': '#FFE5CC' if needed else '#E8F1FE',
                                      'border': 1, 'num_format': '@'}) for needed in (True, False)}
    table.freeze_panes(1, 0)
    told.freeze_panes(2, 0)
    told.write_string(0, 0, f'{title}の取込み用のひな形。「入力」のシートに1行1件で入れてください。'
                            '列の順番は自由で、使わない列は削除できます。')
    for place, words in enumerate(('列名', 'キー', '新しい記録に', '入れ方', '選べる値')):
        told.write_string(1, place, words, heads[False])
    told.set_column(0, 1, 28)
    told.set_column(2, 2, 12)
    told.set_column(3, 4, 60)
    for place, column in enumerate(columns):
        table.set_column(place, place, max(12, min(40, 2 * len(column.header) + 2)), plain)
        table.write_string(0, place, neutralised(column.header), heads[column.needed])
        hint = f'{"必須。" if column.needed else ""}{column.hint}'[:NOTE]
        if hint:
            table.write_comment(0, place, hint, {'visible': False})
        told.write_row(place + 2, 0, [neutralised(text) for text in (
            column.header, column.key, '必須' if column.needed else '', column.hint,
            '、'.join(column.choices)[:2000])], wrapped)
        if column.choices and not any(',' in text for text in column.choices) and len(
                ','.join(column.choices)) <= LIST:
            table.data_validation(1, place, ROWS, place, {
                'validate': 'list', 'source': column.choices, 'error_type': 'warning',
                'error_message': '一覧にない値です。このまま入れることもできます。'})
    book.close()
    return output.getvalue()
