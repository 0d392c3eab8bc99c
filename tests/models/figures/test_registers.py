"""Figures over the rows of a register that the ward made, against answers worked out by hand."""
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from audits import trail
from models import Register, RegisterField, RegisterFigure
from models.figures import MEASURES, asked_for, figure
from models.registers import entries_of
from registry.core import clock

FIELDS = [('回答', 'choice', 'text_1'), ('年度', 'year', 'whole_1'), ('配布', 'whole', 'whole_2'),
          ('分', 'exact', 'exact_1'), ('実施日', 'day', 'day_1'), ('公開', 'flag', 'flag_1')]
#: answer, year, handed out, minutes, day, published
ROWS = [('満足', 2026, 100, '0.1', date(2026, 4, 1), True),
        ('不満', 2026, 50, '0.2', date(2026, 6, 30), False),
        (None, 2026, 7, '0.3', date(2027, 3, 31), True), ('満足', 2025, 40, None, date(2025, 6, 30), True),
        ('普通', 2025, None, '8.5', date(2026, 3, 31), False)]
SATISFIED, PUBLISHED, ANSWERED = 'text_1=満足', 'flag_1=1', 'text_1=満足\ntext_1=不満'
#: (kind, what differs, the value at the year's end and at the end of June)
KNOWN = [
    ('count', {'dated': 'day_1'}, 3, 2), ('count', {'dated': 'whole_1'}, 3, 3), ('count', {}, 5, 5),
    ('count', {'dated': 'day_1', 'counted': SATISFIED}, 1, 1),
    ('sum', {'dated': 'day_1', 'amount': 'whole_2'}, 157, 150),
    ('sum', {'dated': 'day_1', 'amount': 'exact_1'}, Fraction(6, 10), Fraction(3, 10)),
    ('sum', {'amount': 'exact_1', 'among': PUBLISHED}, Fraction(4, 10), Fraction(4, 10)),
    ('share', {'dated': 'day_1', 'counted': PUBLISHED}, Fraction(200, 3), 50),
    ('share', {'dated': 'whole_1', 'counted': SATISFIED, 'among': ANSWERED}, 50, 50),
    ('answers', {'dated': 'day_1', 'counted': SATISFIED}, 50, 50),
    ('answers', {'counted': ANSWERED}, 75, 75),
    ('sum_share', {'dated': 'day_1', 'amount': 'whole_2', 'total': 'whole_2', 'counted': SATISFIED},
     Fraction(10000, 157), Fraction(10000, 150)),
    ('sum_share', {'amount': 'exact_1', 'total': 'whole_2', 'dated': 'whole_1'}, Fraction(60, 157),
     Fraction(60, 157)),
    ('change', {'dated': 'whole_1', 'amount': 'whole_2'}, 117, 117),
    ('change', {'dated': 'day_1'}, 1, 1), ('change_rate', {'dated': 'day_1', 'counted': SATISFIED}, 0, 0),
    ('change_rate', {'dated': 'day_1', 'amount': 'whole_2'}, Fraction(11700, 40), 275),
    ('share', {'dated': 'day_1', 'counted': SATISFIED, 'among': 'text_1=ない'}, None, None)]


@pytest.fixture
def survey(opened):
    """A register with the rows above, one that was voided, and the figures known of it."""
    with trail.act('demo.fill', by=None, at=clock.now()) as act:
        register = Register(register_no='D-00002', title='調査')
        act.save(register)
        act.insert([RegisterField(register=register, place=at, title=title, kind=kind, stored_in=column,
                                  choices='満足\n普通\n不満' if kind == 'choice' else None)
                    for at, (title, kind, column) in enumerate(FIELDS)])
        act.insert([RegisterFigure(register=register, no=no, title=f'数値{no}', kind=kind, unit='x', **more)
                    for no, (kind, more, *_) in enumerate(KNOWN, 1)])
        columns = [column for _, _, column in FIELDS]
        rows = [entries_of(register.id)(entry_no=f'D2-{no}', title='x', **{
            column: Decimal(value) if column == 'exact_1' and value else value
            for column, value in zip(columns, row, strict=True)}) for no, row in enumerate([*ROWS, ROWS[0]])]
        act.insert(rows)
        act.void(rows[-1], '二重')


def test_every_kind_of_figure(survey):
    for no, (kind, more, at_end, in_june) in enumerate(KNOWN, 1):
        name = f'd-00002.{no}'
        for day, value in ((date(2027, 3, 31), at_end), (date(2026, 6, 30), in_june)):
            found = figure(name, 2026, day)
            assert found.value == value, (kind, more, day)
            # each row of the year is in one group, and what was counted are the rows that were
            sizes = found.population.sizes()
            assert sum(every for every, _ in sizes.values()) == found.population.query.count()
            assert set(sizes) == {code for code, *_ in found.population.groups}, (kind, more)
            if kind == 'count':
                assert sizes['done'][0] == found.numerator
            if kind in ('share', 'answers') and value is not None:
                assert sizes['done'][0] == found.numerator
                assert sizes['done'][0] + sizes['other'][0] == found.denominator
        # what several days are asked for at once is what each is alone
        asked = asked_for(name, 2026, [date(2026, 6, 30), date(2027, 3, 31)])
        assert [number.value for number in MEASURES[name].evaluate(asked)] == [in_june, at_end]
        assert MEASURES[name].how


def test_without_rows_nothing_is_known(survey):
    found = figure('d-00002.1', 2024, date(2025, 3, 31))
    assert not found.recorded and found.value is None
