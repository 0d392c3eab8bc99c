"""Duties (期限のある仕事): how one stands on a day, in words; and the weeks of a month."""
from datetime import date, timedelta

LATE, TODAY, COMING, WAITING = 'late', 'today', 'coming', 'waiting'
#: the stages a duty goes through, the most urgent first
STAGES = {LATE: '期限を過ぎた', TODAY: 'きょうが期限', COMING: '期限が近い', WAITING: '対応待ち'}
#: how far on its way each is
_REACHED = {WAITING: 0, COMING: 0, TODAY: 1, LATE: 2}


def stage(day, today, waits=False):
    """Return how a duty stands: late, due today, coming, or waiting since its day where it has no other."""
    if waits:
        return WAITING
    return LATE if day < today else TODAY if day == today else COMING


def stage_words(day, today, waits=False):
    """Return the stage in words: 57日超過, きょうまで, あと3日, 12日前から.

    The days are those of the calendar: nothing the office has to keep is counted in business days.
    """
    days = (day - today).days
    if waits:
        return 'きょうから' if days >= 0 else f'{-days:,}日前から'
    if days == 0:
        return 'きょうまで'
    return f'{-days:,}日超過' if days < 0 else f'あと{days:,}日'


def is_news(day, stage, told):
    """Tell whether who was told of a duty as `told` (its day and stage; None: never) is to hear of it again.

    They are once of each stage, and anew where its day has moved.
    """
    return told is None or told[0] != day or _REACHED[stage] > _REACHED[told[1]]


#: how many days a duty may be put off
LONGEST = 30


def latest_return(day, stage, today):
    """Return the last day until which a duty may be put off: its own where that is yet to come."""
    latest = today + timedelta(days=LONGEST)
    return min(day, latest) if stage == COMING else latest


def month_of(day):
    """Return the first and last day of a day's month."""
    first = day.replace(day=1)
    return first, next_month(first) - timedelta(days=1)


def next_month(first):
    """Return the first day of the month after the one that begins on `first`."""
    return date(first.year + first.month // 12, first.month % 12 + 1, 1)


def previous_month(first):
    """Return the first day of the month before the one that begins on `first`."""
    return (first - timedelta(days=1)).replace(day=1)


def weeks_of(first):
    """Return the weeks of a month, Sunday first, each of seven days; None outside of the month."""
    last = month_of(first)[1]
    days = [None] * (first.isoweekday() % 7) + [first + timedelta(days=n) for n in range(last.day)]
    days += [None] * (-len(days) % 7)
    return [days[n:n + 7] for n in range(0, len(days), 7)]
