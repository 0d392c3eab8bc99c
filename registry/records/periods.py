"""Conditions on days and moments: a fiscal year, a span, days ahead, as an address says them and in words."""
from datetime import timedelta

from models.figures import day_bounds
from models.rules import calendar

#: {value: words} of the spans that move with the day, so that a kept address goes on meaning the same
RELATIVE = {'this-year': '今年度', 'next-year': '来年度', 'last-year': '前年度', 'past': '過ぎた',
            'in-30': '30日以内', 'in-90': '90日以内', 'in-365': '1年以内'}
#: what stands between the first and the last day of a span, each of which may be left out
BETWEEN = '..'


def span_of(value, today):
    """Return (first day or None, last day or None) of a value; raise ValueError where it says none."""
    year = calendar.fiscal_year(today)
    if value in RELATIVE:
        head, _, tail = value.partition('-')
        if head == 'in':
            return today, today + timedelta(days=int(tail))
        if value == 'past':
            return None, today - timedelta(days=1)
        return calendar.year_range(year + {'this': 0, 'next': 1, 'last': -1}[head])
    if value.isascii() and value.isdigit() and 2000 <= int(value[:5]) <= 2099:
        return calendar.year_range(int(value))
    first, between, last = value.partition(BETWEEN)
    if not between or not (first or last):
        raise ValueError('期間を選び直してください。')
    days = tuple(calendar.parse_day(text[:calendar.MOST]) if text else None for text in (first, last))
    if None not in days and days[1] < days[0]:
        raise ValueError('期間の終わりは、始まり以後の日にしてください。')
    return days


def words_of(value, today):
    """Return a value in words, None where it says no span."""
    try:
        first, last = span_of(value, today)
    except ValueError:
        return None
    if value in RELATIVE:
        return RELATIVE[value]
    if BETWEEN not in value:
        return calendar.year_label(int(value))
    return f'{first or ""}〜{last or ""}'


def condition_of(column, moments, value, today):
    """Return the condition that a column of days, or of `moments`, lies within the span of a value."""
    first, last = span_of(value, today)
    if moments:
        first, last = first and day_bounds(first, first)[0], last and day_bounds(last, last)[1]
        after = last and column < last
    else:
        after = last and column <= last
    before = first and column >= first
    return before if after is None else after if before is None else before & after


def tidied(value, since, until):
    """Return the value of what a form sends: the words chosen, or the days typed in any form as one span."""
    if value or not (since or until):
        return value
    days = []
    for text in (since[:calendar.MOST], until[:calendar.MOST]):
        try:
            days.append(calendar.parse_day(text).isoformat() if text else '')
        except ValueError:
            days.append(text)
    return BETWEEN.join(days)
