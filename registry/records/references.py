"""What is refused of the records that a record names: circles, and those voided meanwhile."""
from peewee import ForeignKeyField

from forms.fields import Ref, Reference

from . import display, vocabulary


def cycles(table, row, form):
    """Yield (field name, message) where a record's own kind (上位所属・後継システム) leads back to it."""
    for cell in form.cells():
        if row.id is None or not isinstance(cell, Ref) or cell.table is not table:
            continue
        if row.__data__.get(cell.attr) == row.id:
            continue
        at, passed = row.__data__.get(cell.attr), set()
        while at is not None and at not in passed:
            passed.add(at)
            at = table.by_id(at).__data__[cell.attr]
            if at == row.id:
                yield cell.short_name, (f'{cell.label.text}をたどると自分自身に戻ります。'
                                        '別の記録を選んでください。')


def voided_parents(row):
    """Yield (field, message) of the voided records that a record cannot be without.

    With them it would not count again.
    """
    for field in row._meta.sorted_fields:
        if not isinstance(field, ForeignKeyField) or field.null:
            continue
        other = field.rel_model.by_id(row.__data__.get(field.name))
        if other.voided_at:
            yield 'reason', (f'{vocabulary.title_of(field.rel_model)}「{display.display_name(other)}」が'
                             '取り消されています。先にそちらの取消を取りやめてください。')


def voided_meanwhile(form, before):
    """Yield (field name, message) of new references to what was voided since the form was read."""
    for cell in form.cells():
        if isinstance(cell, Reference):
            values = cell.data, cell.object_data if before is not None else None
            now, stood = ({*(value if isinstance(value, list) else [value])} - {None} for value in values)
            new = list(now - stood)
            if any(row.voided_at for row in cell.table.by_ids(new)):
                yield cell.short_name, f'{cell.label.text}が、いま取り消されました。選び直してください。'
