"""The parts of a form as a page asks for them: by the stage a record has come to, or as its noun has them."""
from typing import NamedTuple

from ..core.permits import UNIT_ROLES
from ..web.guard import signed_in


class Section(NamedTuple):
    """A part of a form: what it asks when, see `Form.stages`."""

    title: str
    fields: list
    #: the states in which it is asked at once, None for always
    states: tuple | None = None
    #: whether the record has not come so far yet
    early: bool = False

    @property
    def folded(self):
        return self.early and not any(field.errors for field in self.fields)

    @property
    def filled(self):
        return sum(field.data not in (None, '', []) for field in self.fields)


def form_sections(noun, form, moved=()):
    """Return the Sections of a form: by stage where it has stages, else as the noun's page has them.

    What the person does not decide here is left out.
    """
    unasked = {*moved, *(noun.reserved if signed_in().role in UNIT_ROLES else ())}
    fields = {field.short_name: field for field in form.cells() if field.attr not in unasked}
    groups = form.stages or [(heading, names, None) for heading, names in noun.sections]
    if not groups:
        return [Section('', list(fields.values()))]
    state = form.value_of(form.stage_by)
    known = {name for _, names, _ in groups for name in names}
    rest = [name for name in fields if name not in known]
    found = []
    for title, names, states in (*groups, *([('その他', rest, None)] if rest else [])):
        asked = [fields[name] for name in names if name in fields]
        if asked:
            found.append(Section(title, asked, states, states is not None and state not in states))
    return found
