"""The one clock: nothing else reads the time. `pin` fixes the day (DAICHO_TODAY, tests, rehearsals)."""
from datetime import UTC, datetime

from audits import trail
from models.rules.calendar import JST

_pinned = None


def pin(day):
    """Fix today to `day`, or let it run again with None."""
    global _pinned
    _pinned = day
    trail.pin(day)


def pinned():
    """Return the fixed day, or None."""
    return _pinned


def actual():
    """Return the real moment, whatever day is pinned: for sessions and throttles, never for records."""
    return datetime.now(UTC).replace(microsecond=0)


def now():
    """Return this moment, aware, in UTC, in whole seconds; on a pinned day the time of day runs on."""
    moment = actual()
    if _pinned is None:
        return moment
    local = moment.astimezone(JST)
    return datetime.combine(_pinned, local.timetz()).astimezone(UTC)


def today():
    """Return today's date in Japan."""
    return now().astimezone(JST).date()
