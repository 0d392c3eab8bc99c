"""Clocks (期限): recovery within its target hours (復旧時間), and the cut-over window (端境期)."""
from dataclasses import dataclass
from datetime import timedelta

from .calendar import in_business_hours

#: level 1 is a sign without effect (予兆・影響なし): there is nothing to recover from
JUDGED_FROM = 2


def is_judged(level):
    """Tell whether an incident of a level is judged for its recovery (BR-16)."""
    return level >= JUDGED_FROM


@dataclass(frozen=True)
class Recovery:
    """How one incident stands against its target time.

    `elapsed` runs until the recovery, or until now while open; None when the clock has not begun.
    `verdict` is 'met', 'missed' (an open one past its target too) or 'open'.
    """

    inside: bool
    target: timedelta
    elapsed: timedelta | None
    verdict: str

    @property
    def overrun(self):
        """Return by how much the target was overrun, zero when it was not."""
        return max(timedelta(0), (self.elapsed or timedelta(0)) - self.target)


def recovery(start, stop, now, hours, extra=frozenset(), inside_target=timedelta(hours=4),
             outside_target=timedelta(hours=24), detected=None):
    """Return the Recovery of an incident on the wall clock, as it stood at `now`; moments are aware (BR-16).

    `stop` is None, or later than `now`, while it is open. The target follows the moment of detection (検知),
    which is `start` unless the clock starts elsewhere (発生).
    """
    inside = in_business_hours(detected or start, hours, extra)
    target = inside_target if inside else outside_target
    if stop is not None and stop <= now:
        # service may be back before anyone noticed: that took no time
        elapsed = max(timedelta(0), stop - start)
        return Recovery(inside, target, elapsed, 'met' if elapsed <= target else 'missed')
    if now < start:
        return Recovery(inside, target, None, 'open')
    return Recovery(inside, target, now - start, 'missed' if now - start > target else 'open')


def cutover_window(cutover_on, before_days, after_days):
    """Return the first and last day of the cut-over window (端境期) around a cut-over (BR-13)."""
    return cutover_on - timedelta(days=before_days), cutover_on + timedelta(days=after_days)
