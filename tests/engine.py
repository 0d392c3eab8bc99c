"""What the tests stand on: the engine they run on, and the alarm for what is written outside an act."""
import os
import re

from audits import trail
from models import RECORDS

ENGINE = os.environ.get('DAICHO_TEST_DATABASE', 'sqlite')
TABLES = frozenset(table._meta.table_name for table in RECORDS)


class Untrailed(AssertionError):
    """A record was written outside an act."""


def tripwire(event):
    """Fail any write to a record outside the trail: an alarm that reads the SQL after the fact."""
    if (found := re.match(r'\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+"(\w+)"',
                          event.sql)) and not trail.is_open():
        if found.group(1) in TABLES:
            raise Untrailed(event.sql)
