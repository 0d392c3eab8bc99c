"""Clocks (期限): of recoveries (復旧時間), of the cut-over window (端境期), of what is examined (点検)."""
from dataclasses import dataclass, replace
from datetime import date, timedelta

from .calendar import in_business_hours, working_day_after, working_days

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


@dataclass(frozen=True)
class Examination:
    """The clock of a support (調達支援): by when it is to be examined, and how long it has stood.

    It runs on open days (開庁日) from the day after it was asked for; while the department answers
    (差戻し, since `stopped_on`) it stands. `stopped_days` are those of earlier stops.
    """

    asked_on: date
    due_on: date
    stopped_on: date | None = None
    stopped_days: int = 0

    @classmethod
    def begun(cls, asked_on, days, extra=frozenset()):
        """Return the clock of a support that is to be examined within so many open days."""
        return cls(asked_on, working_day_after(asked_on, days, extra))

    def stopped(self, day):
        """Return it as it stands from a day on."""
        return self if self.stopped_on else replace(self, stopped_on=max(day, self.asked_on))

    def resumed(self, day, extra=frozenset()):
        """Return it as it runs on after a day: what it has stood is added to its due day."""
        if self.stopped_on is None:
            return self
        stood = max(0, working_days(self.stopped_on, day, extra))
        return replace(self, due_on=working_day_after(self.due_on, stood, extra), stopped_on=None,
                       stopped_days=self.stopped_days + stood)

    def used(self, day, extra=frozenset()):
        """Return how many open days have been used by a day."""
        until = max(min(day, self.stopped_on or day), self.asked_on)
        return working_days(self.asked_on, until, extra) - self.stopped_days

    def left(self, day, extra=frozenset()):
        """Return how many open days are left on a day; fewer than none past the due day."""
        return working_days(max(min(day, self.stopped_on or day), self.asked_on), self.due_on, extra)
