"""Days written in ways that are no form of ours: read so for a whole column, when a person says so."""
import re
from datetime import date, timedelta

from models.rules import calendar

#: {way: what it is called on the page}
WAYS = {'mdy': '月/日/年', 'dmy': '日/月/年', 'short': '西暦の下2桁/月/日', 'reiwa': '令和の年/月/日',
        'weekday': '曜日つきの日付', 'serial': 'Excelの通し番号'}
_THREE = re.compile(r'(\d{1,4})\s*[-/.]\s*(\d{1,2})\s*[-/.]\s*(\d{1,4})')
_WEEKDAY = re.compile(r'(.+?)\s*[(（]?[月火水木金土日](曜日?)?[)）]?')
#: the day that Excel counts from, since it takes 1900 for a leap year
_FIRST = date(1899, 12, 30)


def read_day(way, text):
    """Return the day that a text means in one of WAYS; raise ValueError where it is none."""
    text = text.strip()
    if way == 'serial':
        if not re.fullmatch(r'\d{5}(\.0)?', text):
            raise ValueError(text)
        return calendar.parse_day((_FIRST + timedelta(int(text[:5]))).isoformat())
    if way == 'weekday':
        if not (found := _WEEKDAY.fullmatch(text)):
            raise ValueError(text)
        return calendar.parse_day(found[1])
    if not (found := _THREE.fullmatch(text)):
        raise ValueError(text)
    first, second, third = found.groups()
    if way in ('short', 'reiwa'):
        if len(first) > 2 or len(third) > 2:
            raise ValueError(text)
        return calendar.parse_day(f'R{first}.{second}.{third}' if way == 'reiwa'
                                  else f'20{first:0>2}-{second}-{third}')
    if len(third) != 4 or len(first) > 2:
        raise ValueError(text)
    month, day = (first, second) if way == 'mdy' else (second, first)
    return calendar.parse_day(f'{third}-{month}-{day}')


def ways_of(texts):
    """Return {way: the day of the first text} of the WAYS in which every one of some texts is a day."""
    found = {}
    for way in WAYS:
        try:
            days = [read_day(way, text) for text in texts]
        except (ValueError, OverflowError):
            continue
        if days:
            found[way] = days[0]
    return found
