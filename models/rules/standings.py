"""Standings (年度途中の状態): whether an indicator is decided, on its way or late, and what may change it."""
from bisect import bisect_left
from fractions import Fraction
from math import floor

from .ratings import judge, rate_initiative, still_needed

#: how an indicator stands during its year, what needs most first: (symbol, word)
STATES = {'late': ('▲', '遅れ'), 'missing': ('－', '未入力'), 'open': ('？', '要確認'),
          'on_track': ('●', '順調'), 'reached': ('◎', '達成済み')}


def is_rising(operator, target):
    """Tell whether a target is something to be reached, not to be kept to until the year's end."""
    return operator in ('>=', '>') or operator == '=' and target > 0


def verdict_on(now, value, operator, target, over, grows=False, once=False):
    """Return the verdict of an indicator as of a day: 'unknown' while its year may still change it.

    `now` judges its value on that day, `over` tells whether the year is over by then. A value that `grows`
    never falls within a year (a count of what happened, the longest time): reached is reached, and exceeded
    is exceeded. What is done `once` (節目) stays done.
    """
    if over or now == 'unknown':
        return now
    if now == 'met':
        return now if once or grows and operator in ('>=', '>') else 'unknown'
    return now if grows and operator in ('<=', '=') and value > target else 'unknown'


def state_on(now, coming, rising, known, verdict='unknown'):
    """Return how an indicator stands during its year, one of STATES; ○△× is a verdict on the year's end.

    `now` judges its value, `coming` its forecast (None without one). `rising` is that of `is_rising`, `known`
    tells whether there is any value to judge; `verdict` is what is decided already.
    """
    if now == 'unknown':
        return 'open' if known else 'missing'
    if verdict == 'met':
        return 'reached' if rising else 'on_track'
    if verdict == 'missed' or coming == 'missed':
        return 'late'
    if now == 'met':
        return 'reached' if rising else 'on_track'
    if not rising:
        return 'late'
    return 'on_track' if coming == 'met' else 'open'


def worst(states):
    """Return the one of some states that needs most, 'missing' for none."""
    return min(states, key=list(STATES).index, default='missing')


def turning_point(num, den, operator, target, decimals=1, percent=True):
    """Return by how many units the numerator has to change for `judge` to say otherwise: 24, -1.

    It is the fewest of them, in the one direction that can do it; a plain count has `den` None. None when
    there is no figure, or when nothing between 0 and the denominator would do.
    """
    if num is None or den == 0:
        return None
    num, target, percent = Fraction(num), Fraction(target), percent and den is not None
    unit = Fraction(100 if percent else 1) / (1 if den is None else Fraction(den))

    def verdict(units, way=operator):
        return judge((num + units) * unit, way, target, decimals, percent)

    # a step of rounding further than the target itself is always enough
    beyond = floor((abs(target - num * unit) + Fraction(2, 10 ** decimals)) / unit) + 2

    def fewest(sign, changed):
        most = min(beyond, floor(num if sign < 0 else beyond if den is None else den - num))
        units = bisect_left(range(1, most + 1), True, key=lambda units: changed(sign * units)) + 1
        return sign * units if units <= most else None

    if verdict(0) == 'met':
        ways = (-1,) if operator in ('>=', '>') else (1,) if operator == '<=' else (1, -1)
        return next((found for sign in ways if (found := fewest(
            sign, lambda units: verdict(units) == 'missed')) is not None), None)
    if operator in ('>=', '>'):
        return still_needed(num, den, operator, target, decimals, percent)
    up = operator == '=' and num * unit < target
    found = fewest(1 if up else -1, lambda units: verdict(units, '>=' if up else '<=') == 'met')
    return found if found is not None and verdict(found) == 'met' else None


def possible_ratings(verdicts):
    """Return the set of ratings that an initiative may still come to."""
    found, verdicts = set(), list(verdicts)
    known = [verdict for verdict in verdicts if verdict != 'unknown']
    unknown = len(verdicts) - len(known)
    # all the same way, or (of two and more) one each way: nothing else makes another rating
    for rest in ([['met'] * unknown, ['missed'] * unknown, *([['met'] * (unknown - 1) + ['missed']]
                 if unknown > 1 else [])] if verdicts else ()):
        found.add(rate_initiative(known + rest))
    return found


def deciding_words(verdicts):
    """Return in words what an initiative's rating turns on, '' where nothing can change it any more.

    `verdicts` are [(number of an indicator, verdict)].
    """
    unknown = [no for no, verdict in verdicts if verdict == 'unknown']
    possible = possible_ratings(verdict for _, verdict in verdicts)
    if len(possible) < 2:
        return ''
    names, every = f'指標{"・".join(unknown)}', 'がすべて' if len(unknown) > 1 else 'が'
    if '×' not in possible:
        return f'{names}{every}達成なら○、{"一つでも" if len(unknown) > 1 else ""}未達なら△です。'
    if '○' not in possible:
        return f'{names}{every}未達なら×、{"一つでも" if len(unknown) > 1 else ""}達成なら△です。'
    return f'{names}{every}達成なら○、{"すべて" if len(unknown) > 1 else ""}未達なら×' + (
        '、そのほかは△です。' if '△' in possible else 'です。')
