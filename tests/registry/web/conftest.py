"""A time of day that the tests of signing in hold still."""
from datetime import UTC, datetime, timedelta

import pytest
from itsdangerous import TimestampSigner

from registry.core import clock


@pytest.fixture
def hour(monkeypatch):
    """The real time of day, held still: `hour.pass_(seconds)` lets it run."""
    class Hour:
        now, ticks = datetime.now(UTC).replace(microsecond=0), clock.ticks()

        def pass_(self, seconds):
            self.set_(seconds)
            self.ticks += seconds

        def set_(self, seconds):
            """Set the clock forward or back, while no time passes."""
            self.now += timedelta(seconds=seconds)
    held = Hour()
    monkeypatch.setattr(clock, 'actual', lambda: held.now)
    monkeypatch.setattr(clock, 'ticks', lambda: held.ticks)
    monkeypatch.setattr(TimestampSigner, 'get_timestamp', lambda self: int(held.now.timestamp()))
    return held
