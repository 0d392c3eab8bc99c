"""Days: measured before they are read."""
import pytest
from cpu_time import MARKS, within_seconds

from models.rules import calendar

pytestmark = pytest.mark.engine_free


def test_a_day_is_measured_before_it_is_read():
    for text in (MARKS, '令' * 61, ' ' * 61 + '2026-04-01'):
        found = within_seconds(0.01, lambda text=text: pytest.raises(ValueError, calendar.parse_day, text))
        assert '形で入力' in str(found.value)
    assert calendar.parse_day('　令和８年４月１日（２０２６－０４－０１）　') == calendar.parse_day(
        '2026-04-01')
