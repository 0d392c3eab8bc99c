"""How stored values are shown: units by today's name, codes by label, days and amounts in words."""
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache, partial

from forms import viewer
from forms.fields import half_width
from forms.fields.references import mark_voided
from models import Department, DepartmentVersion
from models.base import OFFICE, fold
from models.organisation import names_on
from models.rules import calendar

from ..core import clock
from ..core.memo import cached
from ..core.permits import limit_of


def departments():
    """Return {id: name today} of every unit."""
    today = clock.today()
    return cached(('departments', today), lambda: names_on(today))


def department(id):
    return departments().get(id, '')


def unit_labels():
    """Return {id: what a unit is called on a record's page} of every unit; one that was voided says so."""
    return cached(('unit labels', clock.today()), lambda: {
        row.id: mark_voided(display_name(row), row) for row in Department.select()})


def display_name(row):
    """Return what a record is called on a page: a unit by its name today, any other by its label."""
    if isinstance(row, Department) and row.valid_from > clock.today():
        return f'{row.code} {department(row.id)}'
    return row.label


def options_of(field):
    """Return the [(number, words)] a field offers.

    They are read once per state of the trail unless they depend on the record at hand.
    """
    if field.only is not None:
        return field.all_options()
    if field.table is Department:
        return cached(('listed', Department, clock.today()), partial(_in_use, field))
    return cached(('listed', field.table, field.by.name, clock.today()), field.all_options)


def _in_use(field):
    rows = Department.select(Department.code).where(Department.valid_to < clock.today())
    ended = {code for (code,) in rows.tuples()}
    return [(code, words) for code, words in field.all_options() if code not in ended]


def codes_by_name(table):
    """Return {name today: [codes]} of the units in use; {} of other tables.

    A file may call units by their names.
    """
    if table is not Department:
        return {}
    return cached(('unit names', clock.today()), _unit_names)


def _unit_names():
    today, found = clock.today(), {}
    in_use = Department.select(Department.id, Department.code).where(
        Department.live(), Department.valid_to.is_null() | (Department.valid_to >= today))
    for id, code in in_use.order_by(Department.code).tuples():
        found.setdefault(half_width(department(id)), []).append(code)
    return found


def folded_name(name):
    """Return what names share that differ in width, kana, spaces or older characters only."""
    return fold(name).replace(' ', '')


def units_by_any_name():
    """Return {folded name: codes} of the units in use, by every name that they bear or bore."""
    return cached(('units by any name', clock.today()), _any_names)


def _any_names():
    found = {}
    in_use = {code for codes in _unit_names().values() for code in codes}
    former = DepartmentVersion.select(DepartmentVersion.name, Department.code).join(Department).where(
        DepartmentVersion.live()).tuples()
    today = ((name, code) for name, codes in _unit_names().items() for code in codes)
    for name, code in (*today, *former):
        if code in in_use:
            found.setdefault(folded_name(name), set()).add(code)
    return found


@dataclass(frozen=True)
class Viewer(viewer.Viewer):
    """Who fills a form or reads a record, on a day; None is the system itself. Colleagues are seen by all."""

    person: object
    day: date

    def limit(self, table):
        who = self.person
        if who is None or table.owned_by == OFFICE:
            return None
        return limit_of(table, who, self.day)

    def called(self, row):
        return display_name(row)

    def numbers_by_name(self, table):
        return codes_by_name(table)

    def options_for(self, field):
        return options_of(field)


def code(codes):
    """Return a function that turns a code into its label."""
    return lambda value: codes.get(value, value)


def flag(value):
    return 'はい' if value else 'いいえ'


def day(value):
    # SQLite gives the day of a subselect as text
    return str(value)


def moment(value):
    return calendar.export_moment(value)


def number(value):
    return f'{value:,}'


def exact(value):
    return f'{value:f}'


def yen(value):
    return f'{value:,}円'


def year(value):
    return calendar.year_label(value)


def percent(value):
    return f'{value:f}%'


#: what is read at a glance and never broken into lines
SHORT = frozenset({day, moment, number, yen, year, percent})


def years():
    """Return the fiscal years a filter offers, newest first: [(year, 令和N年度)]."""
    now = calendar.fiscal_year(clock.today())
    return [(y, calendar.year_label(y)) for y in range(now + 1, now - 4, -1)]


def department_options():
    """Return [(code, name today)] of every unit, by name."""
    today = clock.today()
    return cached(('unit codes', today), lambda: sorted(
        ((code, department(id)) for id, code in Department.select(Department.id, Department.code).tuples()),
        key=lambda pair: (pair[1], pair[0])))


def department_code(id):
    """Return the code of a unit."""
    return cached(('code by id', Department), lambda: dict(
        Department.select(Department.id, Department.code).tuples()))[id]


def table_options(table, code, *names):
    """Return a function giving [(code, words)] of a short table, in the order of the codes."""
    fields = [table._meta.fields[name] for name in (code, *names)]

    def read():
        return [(values[0], ' '.join(map(str, values)))
                for values in table.select(*fields).where(table.live()).order_by(fields[0]).tuples()]
    return lambda: cached(('options', table, code, names), read)


def id_of(table, code, value):
    """Return the select of the id of the row with a code in the field `code`, for a filter to compare."""
    return table.select(table.id).where(table._meta.fields[code] == value)


def label_by(table, code):
    """Return a function (code, viewer) giving the label of the record with a code, None for one not seen."""
    field = table._meta.fields[code]

    def read(value, viewer):
        limit = viewer.limit(table)
        rows = table.select().where(field == value[:100], *([] if limit is None else [limit]))
        return next((display_name(row) for row in rows), None)
    return read


def unit_id(code):
    """Return the select of the id of a unit by its code."""
    return id_of(Department, 'code', code)


def noun_named(field):
    """Return the name of the noun whose records a field names, '' where it names none that is listed."""
    table = getattr(field, 'table', None)
    return _listed(table) if table is not None else ''


@cache
def _listed(table):
    from .noun import NOUNS  # which is made of what is shown
    return next((noun.name for noun in NOUNS.values() if noun.table is table and 'index' in noun.views), '')


@lru_cache(maxsize=5000)
def render_once(macro, *given):
    """Return what a template's macro makes of plain values, made once for the same ones.

    A form has fifty such fields.
    """
    return macro(*given)
