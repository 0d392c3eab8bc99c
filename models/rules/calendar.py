"""The one calendar: fiscal years (年度), quarters, Japanese eras (和暦), business hours (業務時間)."""
import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import lru_cache
from itertools import accumulate
from zoneinfo import ZoneInfo

import jpholiday

JST = ZoneInfo('Asia/Tokyo')

#: (name, letter, first day), newest first. Japan has counted Gregorian days only since 明治6年1月1日.
ERAS = (('令和', 'R', date(2019, 5, 1)), ('平成', 'H', date(1989, 1, 8)), ('昭和', 'S', date(1926, 12, 25)),
        ('大正', 'T', date(1912, 7, 30)), ('明治', 'M', date(1873, 1, 1)))
FIRST_YEARS = {'令和': 2019, '平成': 1989, '昭和': 1926, '大正': 1912, '明治': 1868}
#: the most characters of a day, a moment or business hours
MOST = 60
FIRST_DAY, LAST_DAY = date(1873, 1, 1), date(2199, 12, 31)

DAY_HINT = '日付は 2026/4/1、2026-04-01、20260401、R8.4.1、令和8年4月1日 のどれかの形で入力してください。'
MOMENT_HINT = '日時は 2026/4/1 9:05 や 令和8年4月1日 9:05 のように、日付と時刻を入力してください。'
HOURS_HINT = '業務時間は 08:30-17:15 のように、開始と終了を HH:MM-HH:MM の形で入力してください。'

_DASHES = str.maketrans(dict.fromkeys('‐‑‒–—―−', '-') | {'〜': '~'})
_YMD = re.compile(r'([0-9]{4})\s*([-/.])\s*([0-9]{1,2})\s*\2\s*([0-9]{1,2})')
_COMPACT = re.compile(r'([0-9]{4})([0-9]{2})([0-9]{2})(?:\.0)?')
_KANJI = re.compile(r'([0-9]{4})\s*年\s*([0-9]{1,2})\s*月\s*([0-9]{1,2})\s*日')
_ERA = re.compile(r'(令和?|平成?|昭和?|大正?|明治?|[RHSTM])\s*([0-9]{1,3}|元)\s*'
                  r'(?:年\s*([0-9]{1,2})\s*月\s*([0-9]{1,2})\s*日'
                  r'|([-/.])\s*([0-9]{1,2})\s*\5\s*([0-9]{1,2}))', re.I)
_BOTH = re.compile(r'([^()]+)\(([^()]+)\)')
_MIDNIGHT = re.compile(r'(.+?)[ T]+0{1,2}:00(?::00(?:\.0+)?)?')
_CLOCK = re.compile(r'(.+?)(?:\s+|T|(?<=日)|(?<=\)))([0-9]{1,2})(?::([0-9]{2})(?::([0-9]{2})(?:\.[0-9]+)?)?'
                    r'|時([0-9]{1,2})分(?:([0-9]{1,2})秒)?)\s*(Z|[-+][0-9]{2}:?[0-9]{2})?', re.I)
_HOURS = re.compile(r'([0-9]{1,2}):([0-9]{2})\s*[-~]\s*([0-9]{1,2}):([0-9]{2})')


def fiscal_year(day):
    """Return the fiscal year (年度) of a day: 1 April to 31 March (地方自治法208条)."""
    return day.year - (day.month < 4)


def year_range(year):
    """Return the first and last day of a fiscal year."""
    return date(year, 4, 1), date(year + 1, 3, 31)


def quarter(day):
    """Return the quarter 1–4 of a day: 1Q is April to June."""
    return (day.month - 4) % 12 // 3 + 1


def quarter_start(year, q):
    """Return the first day of quarter `q` (1–4) of a fiscal year."""
    return quarter_end(year, q - 1) + timedelta(days=1) if q > 1 else year_range(year)[0]


def quarter_end(year, q):
    """Return the last day of quarter `q` (1–4) of a fiscal year; raise ValueError for any other number."""
    if q not in (1, 2, 3, 4):
        raise ValueError('四半期は1から4までです。')
    return (date(year, 6, 30), date(year, 9, 30), date(year, 12, 31), date(year + 1, 3, 31))[q - 1]


def year_label(year):
    """Return the name of a fiscal year, 令和7年度.

    The year in which the era changed carries the new era as a whole: 2019 is 令和元年度, not 平成31年度.
    """
    for era, first in FIRST_YEARS.items():
        if year >= first:
            return f'{era}{_era_year(year - first + 1)}年度'
    return f'{year}年度'


def month_ends(year, as_of):
    """Return the last day of each month from April to the month of `as_of`, which itself ends at `as_of`."""
    ends = []
    for month in range(4, 16):
        first = date(year + month // 13, (month - 1) % 12 + 1, 1)
        if first > as_of:
            break
        following = date(year + (month + 1) // 13, month % 12 + 1, 1)
        ends.append(min(following - timedelta(days=1), as_of))
    return ends


#: the number of 1 January 1970, from which days and seconds are counted
EPOCH = date(1970, 1, 1).toordinal()


def day_of_number(text):
    """Return the day of so many days since 1970, as text."""
    return date.fromordinal(EPOCH + int(text))


def day_of_moment(text):
    """Return the day in Japan of a moment, given as text as databases keep it: naive, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC).astimezone(JST).date()


def _era_year(number):
    return '元' if number == 1 else str(number)


def _clean(text, hint):
    # its length first: to normalise a long text can take minutes
    if not text or len(text) > MOST:
        raise ValueError(hint)
    text = unicodedata.normalize('NFKC', text).translate(_DASHES).strip()
    if not text or len(text) > MOST:
        raise ValueError(hint)
    return text


def _date(year, month, day):
    try:
        found = date(year, month, day)
    except ValueError:
        raise ValueError(f'{year}年{month}月{day}日という日付はありません。') from None
    if not FIRST_DAY <= found <= LAST_DAY:
        raise ValueError(f'日付は{FIRST_DAY.year}年から{LAST_DAY.year}年までで入力してください。')
    return found


def _era_date(match):
    era = next(name for name, letter, _ in ERAS if match[1].upper() in (name, name[0], letter))
    number = 1 if match[2] == '元' else int(match[2])
    if number == 0:
        raise ValueError(f'{era}0年はありません。最初の年は{era}元年です。')
    found = _date(FIRST_YEARS[era] + number - 1, int(match[3] or match[6]), int(match[4] or match[7]))
    if _era_of(found) != era:
        raise ValueError(f'その日は{era}ではありません。{wareki(found)}と入力してください。')
    return found


def _day(text):
    if match := _BOTH.fullmatch(text):
        first, second = _day(match[1].strip()), _day(match[2].strip())
        if first != second:
            raise ValueError('和暦と西暦が別の日を指しています。')
        return first
    if match := _YMD.fullmatch(text):
        return _date(int(match[1]), int(match[3]), int(match[4]))
    if match := _COMPACT.fullmatch(text) or _KANJI.fullmatch(text):
        return _date(int(match[1]), int(match[2]), int(match[3]))
    if match := _ERA.fullmatch(text):
        return _era_date(match)
    raise ValueError(DAY_HINT)


def parse_day(text):
    """Return the date typed in any form the office uses; raise ValueError that says what to type.

    Takes 2026/4/1, 2026-04-01, 2026.4.1, 20260401, 2026年4月1日, R8.4.1, 令和8年4月1日, 元年, full-width
    digits, what `show_day` shows, and what a spreadsheet makes of a date ('2026-04-01 00:00:00',
    '20260401.0'). An era must be in force on the day: 平成31年5月1日 is refused, 令和元年5月1日 suggested.
    """
    text = _clean(text, DAY_HINT)
    if match := _MIDNIGHT.fullmatch(text):
        text = match[1]
    return _day(text)


def parse_moment(text):
    """Return the aware moment (JST, whole seconds) of a day in any form with a time; a bare day is refused.

    Takes '<day> HH:MM[:SS]', '<day> 9時5分', ISO 8601 with T, and an offset or Z; without one the time is
    Japan's.
    """
    text = _clean(text, MOMENT_HINT)
    match = _CLOCK.fullmatch(text)
    if not match:
        raise ValueError(MOMENT_HINT)
    day = _day(match[1].strip())
    hour, minute, second = int(match[2]), int(match[3] or match[5]), int(match[4] or match[6] or 0)
    try:
        at = time(hour, minute, second)
    except ValueError:
        raise ValueError('時刻は 0:00 から 23:59 までで入力してください。') from None
    return datetime.combine(day, at, _offset(match[7])).astimezone(JST)


def _offset(text):
    if not text:
        return JST
    if text in 'Zz':
        return UTC
    hours, minutes = int(text[1:3]), int(text[-2:])
    if hours > 14 or minutes > 59:
        raise ValueError('時差は +09:00 のように入力してください。')
    return timezone((1 if text[0] == '+' else -1) * timedelta(hours=hours, minutes=minutes))


def _era_of(day):
    return next((name for name, _, first in ERAS if day >= first), None)


@lru_cache(maxsize=10_000)
def wareki(day):
    """Return the day in the Japanese era, 令和8年4月1日; before 1873 in the western calendar."""
    era = _era_of(day)
    year = f'{era}{_era_year(day.year - FIRST_YEARS[era] + 1)}' if era else str(day.year)
    return f'{year}年{day.month}月{day.day}日'


def show_day(day):
    """Return the day as pages show it, 令和8年4月1日（2026-04-01）."""
    return f'{wareki(day)}（{day.isoformat()}）'


def _local(moment):
    # astimezone() would silently take a naive moment for the machine's own time zone
    if moment.tzinfo is None:
        raise ValueError('時差のない日時は扱えません。')
    return moment.astimezone(JST)


@lru_cache(maxsize=10_000)
def show_moment(moment):
    """Return an aware moment as pages show it in Japan's time, 令和8年4月1日 09:05."""
    local = _local(moment)
    return f'{wareki(local.date())} {local:%H:%M}'


def export_moment(moment):
    """Return an aware moment as files carry it, 2026-04-01 09:05 in Japan's time; seconds if any."""
    local = _local(moment)
    return f'{local.date().isoformat()} {local:%H:%M}' + (f':{local:%S}' if local.second else '')


@lru_cache(maxsize=256)
def _national(year):
    return frozenset(day for day, _ in jpholiday.year_holidays(year))


def is_holiday(day, extra=frozenset()):
    """Tell whether the city hall is closed: a weekend, national holiday, 12/29–1/3, or one of `extra`."""
    return (day.weekday() >= 5 or (day.month, day.day) >= (12, 29) or (day.month, day.day) <= (1, 3)
            or day in extra or day in _national(day.year))


@lru_cache(maxsize=256)
def _open_days(year):
    """Return how many open days a year has had on each of its days, the day itself included."""
    first = date(year, 1, 1)
    days = (first + timedelta(days=n) for n in range((date(year + 1, 1, 1) - first).days))
    return tuple(accumulate(not is_holiday(day) for day in days))


def _opened(first_year, day):
    return (sum(_open_days(year)[-1] for year in range(first_year, day.year))
            + _open_days(day.year)[day.timetuple().tm_yday - 1])


def working_days(since, until, extra=frozenset()):
    """Return how many open days (開庁日) come after `since` up to `until`.

    They are fewer than none where `until` is before; `extra` are as in `is_holiday`.
    """
    if until < since:
        return -working_days(until, since, extra)
    closed = sum(since < day <= until and not is_holiday(day) for day in extra)
    return _opened(since.year, until) - _opened(since.year, since) - closed


def working_day_after(day, number, extra=frozenset()):
    """Return the open day that is so many open days after a day; the day itself for none."""
    found = day
    while number > 0:
        found += timedelta(days=1)
        number -= not is_holiday(found, extra)
    return found


@dataclass(frozen=True)
class Hours:
    """Business hours (業務時間) of a working day, both ends included."""

    start: time
    end: time

    def __str__(self):
        return f'{self.start:%H:%M}-{self.end:%H:%M}'


def parse_hours(text):
    """Return the Hours of '08:30-17:15'; raise ValueError that says what to type."""
    match = _HOURS.fullmatch(_clean(text, HOURS_HINT))
    try:
        start, end = (time(int(match[n]), int(match[n + 1])) for n in (1, 3))
    except (TypeError, ValueError):
        raise ValueError(HOURS_HINT) from None
    if start >= end:
        raise ValueError('業務時間の終了は、開始より後にしてください。')
    return Hours(start, end)


def in_business_hours(moment, hours, extra=frozenset()):
    """Tell whether an aware moment falls in Japan's business hours, both ends included (BR-17)."""
    local = _local(moment)
    return not is_holiday(local.date(), extra) and hours.start <= local.time() <= hours.end
