"""The one clock: nothing else reads the time. `pin` fixes the day (DAICHO_TODAY, tests, rehearsals)."""
import time
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

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
    return _pinned or actual().astimezone(JST).date()


@cache
def boot():
    """Return the name of this run of the machine, '' where it has none.

    `ticks` of another run say nothing of now.
    """
    try:
        return Path('/proc/sys/kernel/random/boot_id').read_text('ascii').strip()[:40]
    except OSError:
        return ''


def ticks():
    """Return the seconds of this run of the machine.

    They pass at one rate for all processes, whatever the clock is set to.
    """
    return int(time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, 'CLOCK_BOOTTIME')
               else time.monotonic())


def age_of(moment):
    """Return how many seconds ago a moment was; one that a clock set back has left in the future is now."""
    return max(0, (actual() - moment).total_seconds())
