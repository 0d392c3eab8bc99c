"""The ward's units and accounts."""
from datetime import date

from models import (
    Department,
    Person,
)

from ..organisation import archive_version
from ..records import saving
from ..web import sign_in
from .acts import Acts, at
from .names import FORMER, PASSWORD, PEOPLE, UNITS


class Units(Acts):
    """The ward's units and accounts."""

    def organisation(self):
        def found(act):
            # the same salt every time: the password is printed at the start anyway, and two demo wards are
            # the same
            password = sign_in.hasher().hash(PASSWORD, salt=b'daicho-demo-ward')
            for code, name, above in UNITS:
                unit = Department(code=code, name=FORMER.get(code, name), parent=self.units.get(above),
                                  level='section' if above else 'division', valid_from=date(2020, 4, 1))
                act.save(unit)
                self.units[code] = unit
            for role, name, code in PEOPLE:
                person = Person(email=f'{role}@example.jp', name=name, department=self.units[code], role=role,
                                password_hash=password)
                act.save(person)
                self.people[role] = person

        def rename(act):
            names = {code: name for code, name, _ in UNITS}
            for code in FORMER:
                before = saving.copy_of(self.units[code])
                self.set(act, self.units[code], name=names[code], valid_from=date(2026, 4, 1))
                archive_version(act, self.units[code], before, date(2026, 4, 1))
        self.act(at(2024, 3, 25), 'demo.fill', found, by=None)
        self.act(at(2026, 4, 1), 'departments.import', rename, reason='令和8年度の組織改正（旧名称は架空）')
