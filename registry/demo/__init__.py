"""The demo ward (デモデータ): deterministic and invented, but for the ward's units.

It reproduces the published figures.
"""
from random import Random

from peewee import PostgresqlDatabase

from audits import trail
from models import (
    TABLES,
    Act,
    Case,
    Department,
    Incident,
    Person,
    Plan,
    Staff,
    System,
    db,
    finder,
)
from models.people import ROLES

from ..core import connection
from ..data import masters
from .acts import FIRST, PUBLISHED
from .comments import Comments
from .contracts import Contracts
from .daily import Daily
from .documents import Documents
from .engagements import Engagements
from .names import PASSWORD, PEOPLE
from .plans import Plans
from .procurement import Procurement
from .standardisation import Standardisation
from .systems import Systems
from .units import Units


def is_empty():
    """Tell whether the register holds nothing but the built-in masters."""
    tables = Department, Person, Staff, System, Incident, Case, Plan
    return (not any(table.select().exists() for table in tables)
            and not Act.select().where(~Act.kind.startswith('masters.')).exists())


def accounts():
    """Return the lines that name the demo accounts, one per role."""
    return [f'  {ROLES[role]}: {role}@example.jp / {PASSWORD}' for role, _, _ in PEOPLE]


def begin():
    """Make the EMPTY register anew, its masters entered at the ward's first moment.

    The trail only goes forward, so the masters have to come first.
    """
    with db.atomic():
        if not is_empty():
            raise ValueError('only an empty register is made anew')
        if isinstance(db.obj, PostgresqlDatabase):
            names = [table._meta.table_name for table in TABLES]
            functions = [name for (name,) in db.execute_sql(
                'SELECT DISTINCT p.oid::regprocedure::text FROM pg_trigger t JOIN pg_proc p ON p.oid = '
                't.tgfoid '
                'JOIN pg_class c ON c.oid = t.tgrelid WHERE NOT t.tgisinternal AND c.relname = ANY(%s)',
                (names,))]
            for function in functions:
                db.execute_sql(f'DROP FUNCTION {function} CASCADE')
        else:
            db.execute_sql(f'DROP TABLE {finder.NAME}')
        # what refers to others first
        for name in [*(table._meta.table_name for table in reversed(TABLES)), connection.runner().table_name]:
            db.execute_sql(f'DROP TABLE "{name}"')
    connection.migrate()
    masters.fill_tables(FIRST)


class Ward(Units, Systems, Contracts, Standardisation, Daily, Procurement, Plans, Engagements, Documents,
           Comments):
    """The ward's acts: each part adds its own, `fill` carries them out in the order of their moments."""


def planned():
    """Return the ward with all its acts in the order of their moments, none of them carried out."""
    ward = Ward(Random(8))
    for part in (ward.organisation, ward.systems, ward.contracts, ward.steps, ward.training, ward.incidents,
                 ward.procurement, ward.plans, ward.audits, ward.actuals, ward.documents, ward.comments,
                 ward.reports):
        part()
    ward.acts.sort(key=lambda entry: entry[0])
    return ward


def is_unfinished():
    """Tell whether only the first acts of the ward are there: an earlier version could stop half-way."""
    acts = Act.select().where(Act.channel == 'demo')
    return acts.exists() and not acts.where(Act.at == planned().acts[-1][0]).exists()


def fill(store, progress=None):
    """Fill an EMPTY migrated database by about a hundred acts, each with what was known at its moment.

    The documents' bytes go to `store`.
    All of them are one transaction: stopped half-way, the database stays empty.
    """
    ward, strategies = planned(), False
    ward.store = store
    with db.atomic():
        begin()
        for done, (moment, kind, by, reason, write) in enumerate(ward.acts):
            if progress:
                progress(done, len(ward.acts))
            if not strategies and moment >= PUBLISHED:
                masters.fill_strategies(PUBLISHED)
                strategies = True
            with trail.act(kind, by=ward.people.get(by), at=moment, channel='demo', reason=reason) as act:
                write(act)
    if progress:
        progress(len(ward.acts), len(ward.acts))
