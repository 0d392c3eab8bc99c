"""Ratings (評価): rounding as published, comparison with a target, ○△×, and what is still needed."""
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor

OPERATORS = {'>=': lambda value, target: value >= target, '>': lambda value, target: value > target,
             '<=': lambda value, target: value <= target, '=': lambda value, target: value == target}
NOT_APPLICABLE = '該当なし'
#: what pages and documents say: a target's operator, a rating, an indicator's verdict as (symbol, word)
OPERATOR_WORDS = {'>=': '以上', '>': '超', '<=': '以下', '=': ''}
RATING_WORDS = {'○': '達成', '△': '一部達成', '×': '未達', '判定不可': '判定不可', '未評価': '未評価'}
VERDICT_WORDS = {'met': ('○', '達成'), 'missed': ('×', '未達'), 'unknown': ('－', '未判定')}


def _steps_of(value, decimals):
    """Return the value in whole steps of the last decimal, half up (away from zero)."""
    if isinstance(value, float):
        raise TypeError('a figure is exact: int, Fraction or Decimal')
    scaled = Fraction(value) * 10 ** decimals
    steps = floor(abs(scaled) + Fraction(1, 2))
    return -steps if scaled < 0 else steps


def _decimal(steps, decimals):
    return Decimal((int(steps < 0), tuple(map(int, str(abs(steps)))), -decimals))


def published(value, decimals=1):
    """Return an exact figure as published: a Decimal rounded half up; None stays None."""
    return None if value is None else _decimal(_steps_of(value, decimals), decimals)


def published_rate(value, decimals=1):
    """Return a percentage as published: 100 and 0 only when exact, else the step beside them (BR-04)."""
    if value is None:
        return None
    steps, exact = _steps_of(value, decimals), Fraction(value)
    for bound in (0, 100):
        if steps == bound * 10 ** decimals and exact != bound:
            steps += 1 if exact > bound else -1
    return _decimal(steps, decimals)


def rate_text(num, den, decimals=1):
    """Return num/den as a percentage as text, '86.9'; an empty denominator is 該当なし (BR-02, BR-05)."""
    if num is None or not den:
        return NOT_APPLICABLE
    return f'{published_rate(Fraction(num) * 100 / Fraction(den), decimals):f}'


def places_of(number):
    """Return how many decimals an exact number needs: 0 for 75 and 75.0, 1 for 86.90."""
    text = format(Decimal(number), 'f')
    return len(text.partition('.')[2].rstrip('0'))


def judge(value, operator, target, decimals=1, exact_bounds=False):
    """Return 'met', 'missed' or, without a value, 'unknown': the figure is judged as published (BR-03).

    `value` is exact and in the indicator's unit (a percentage from 0 to 100); `exact_bounds` is for
    percentages, whose 100 % and 0 % count only when exact (BR-04); without `decimals` nothing is rounded.
    Raise ValueError for an operator other than >=, >, <=, =.
    """
    if operator not in OPERATORS:
        raise ValueError(f'unknown operator {operator!r}')
    if value is None:
        return 'unknown'
    shown = value if decimals is None else (published_rate if exact_bounds else published)(value, decimals)
    return 'met' if OPERATORS[operator](Fraction(shown), Fraction(target)) else 'missed'


def rate_initiative(verdicts):
    """Return the computed rating of an initiative: all met ○, some △, none ×.

    It is 判定不可 while the unknown ones may still change it, and for an initiative without indicators.
    """
    verdicts = list(verdicts)
    if strange := set(verdicts) - {'met', 'missed', 'unknown'}:
        raise ValueError(f'unknown verdict {sorted(strange)}')
    if 'met' in verdicts and 'missed' in verdicts:
        return '△'
    if not verdicts or 'unknown' in verdicts:
        return '判定不可'
    return '○' if 'met' in verdicts else '×'


def still_needed(num, den, operator, target, decimals=1, percent=True):
    """Return the fewest further units of the numerator with which `judge` says met (あと24ステップ).

    A plain count has `den` None. 0 when met already; None when there is no figure, when more cannot help
    (operators <= and =), or when it would take more than the whole denominator.
    """
    if num is None or den == 0:
        return None
    percent = percent and den is not None
    unit = Fraction(100 if percent else 1) / (1 if den is None else Fraction(den))

    def met(units):
        return judge((Fraction(num) + units) * unit, operator, target, decimals, percent) == 'met'

    if met(0):
        return 0
    if operator not in ('>=', '>'):
        return None
    scale = 10 ** decimals
    goal = Fraction(target) * scale
    goal = ceil(goal) if operator == '>=' else floor(goal) + 1
    if percent and goal == 100 * scale:
        least = Fraction(den)
    elif percent and goal == 1:
        least = Fraction(0)
    else:
        least = (goal - Fraction(1, 2)) / scale / unit
    units = max(0, ceil(least - Fraction(num)))
    # on the very edge of rounding (a rate just above 0, a negative figure) one more unit may be due
    units += not met(units)
    if percent and Fraction(num) + units > den or not met(units):
        return None
    return units
