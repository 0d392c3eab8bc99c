"""The form every form starts from: fields that read files and pages alike, and checks across fields."""
from functools import cache

import wtforms
from wtforms.meta import DefaultMeta

from .fields import Cell, Long, Refs, Text
from .viewer import UNLIMITED


@cache
def made_once(unbound_field, **options):
    """Return a field as its class makes it, bound to no form."""
    return unbound_field.bind(form=None, _meta=DefaultMeta(), **options)


class Form(wtforms.Form):
    """A noun's form. Its fields, in order, are the columns of the noun's file.

    It is filled from `formdata`, a mapping of texts with `getlist`, or from `data`; `viewer` is who fills or
    reads it.
    """

    #: whether the form reads a line of a file: what only a page asks for is not asked of a file
    of_file = False
    #: what is asked when: ((title, field names, the states in which it is asked at once or None: always), …);
    #: () where a form asks all at once
    stages = ()
    #: the field whose value is the state
    stage_by = ''
    #: pairs of days or moments (the earlier, the later) that may not stand the other way round
    in_order = ()

    class Meta:
        def bind_field(self, form, unbound_field, options):
            # a copy takes a fifth of the time, and a form has fifty fields
            if issubclass(unbound_field.field_class, Cell):
                return made_once(unbound_field, **options).copy_for(form)
            return unbound_field.bind(form=form, **options)

    def __init__(self, formdata=None, *, viewer=UNLIMITED, **kwargs):
        super().__init__(formdata, meta={'viewer': viewer}, **kwargs)

    def cells(self):
        """Return the fields that hold a record's values, in order."""
        return [field for field in self if isinstance(field, Cell)]

    def fill(self, row):
        """Write the form's values into `row`, except those that cannot be read.

        Links are saved by the act.
        """
        for field in self.cells():
            if not isinstance(field, Refs) and not field.errors:
                setattr(row, field.attr, field.data)

    def links(self):
        """Return the fields that stand for rows of a link table."""
        return [field for field in self.cells() if isinstance(field, Refs)]

    def value_of(self, name, row=None):
        """Return a field's value, or the row's own when the file has no such column."""
        field = self._fields.get(name)
        if field is not None:
            return field.data
        return row.__data__.get(name) if row is not None else None

    def all_errors(self, row):
        """Return [(field name, message)] of all that is wrong with what was sent.

        First field by field, then between those that could be read. `row` is the record as it stands, or
        None.
        """
        self.validate()
        return [*((name, error) for name, errors in self.errors.items() for error in errors),
                *self.cross_field_errors(row)]

    def cross_field_errors(self, row):
        """Return [(field name, message)] of what is wrong between the fields that could be read."""
        return [(name, message) for name, message in (*self.order_errors(row), *self.cross_check(row))
                if name not in self.errors]

    def order_errors(self, row):
        """Yield (field name, message) of a day or moment before the one it follows.

        Either is as typed now, or as the record has it.
        """
        for names in self.in_order:
            earlier, later = (self.value_of(name, row) for name in names)
            if earlier and later and later < earlier:
                first, last = (getattr(type(self), name).args[0] for name in names)
                at_fault = names[1] if names[1] in self._fields else names[0]
                yield at_fault, f'{last}は{first}以後にしてください。'

    def cross_check(self, row):
        """Yield (field name, message) of what is wrong between fields.

        `row` is the record as it stands, or None.
        """
        return ()


class ReasonForm(Form):
    """A reason, for acts that must give one (取消・状態の変更)."""

    reason = Long('理由', required=True, max=500, hint='あとから読む人に分かるように書いてください')


class ActReasonForm(Form):
    """Why a record was changed, beside the record's own form."""

    act_reason = Text('変更の理由', max=500)


class EmptyForm(Form):
    """A form that asks for nothing: a button."""
