"""Figures over the rows of registers that the ward made: what is counted, its definition says."""
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from peewee import SQL, NodeList, fn
from peewee import Case as When

from ..registers import FIGURE_KINDS, entries_of
from ..rules import calendar
from . import LATER, RATE, VOIDED, Measure, Number, Population, any_voided, bucket, rate, running_totals

#: the kinds that are per cent of other rows, and those that compare with the year before
SHARES, CHANGES = ('share', 'answers', 'sum_share'), ('change', 'change_rate')
#: decimals are summed as whole thousandths, exact on both engines
PARTS = 1000
#: the place of the figure's own rows among the groups of the population: words by kind are made of it
OUTSIDE = ('outside', False, '対象の行でない')


def measure_name(name, no):
    """Return the name of the measure of a register's figure."""
    return f'{name}.{no}'


class Counting:
    """How one figure of a register counts: the conditions and sums that its queries are made of."""

    def __init__(self, definition, figure):
        self.definition, self.figure = definition, figure
        self.table = entries_of(definition.id)
        dated = figure.dated and definition.field(figure.dated)
        self.day = self.column(figure.dated) if dated and dated.kind == 'day' else None
        self.year = self.column(figure.dated) if dated and dated.kind == 'year' else None

    def column(self, name):
        return self.table._meta.fields[name]

    def fulfilling(self, conditions):
        """Return the condition that a row fulfils ((column, word), …), None where there are none."""
        words, found = {}, None
        for name, word in conditions:
            words.setdefault(name, []).append(
                word == '1' if name.startswith('flag') else int(word) if name.startswith('whole') else word)
        for name, several in words.items():
            one = self.column(name).in_(several)
            found = one if found is None else found & one
        return found

    @property
    def among(self):
        """The condition that a row bears on the figure, None where every row does."""
        return self.fulfilling(self.figure.among)

    @property
    def answered(self):
        """The condition that a row has what the figure reads of it, None where it reads nothing of it."""
        return self.column(self.needed).is_null(False) if self.needed else None

    @property
    def needed(self):
        """The column without which a row is left out, None where there is none."""
        figure = self.figure
        return (figure.counted[0][0] if figure.kind == 'answers' else
                figure.total if figure.kind == 'sum_share' else figure.amount)

    def within(self, year, until=None):
        """Return the conditions that a row belongs to a year, up to a day of it."""
        if self.year is not None:
            return [self.year == year]
        if self.day is None:
            return []
        start, end = calendar.year_range(year)
        return [self.day.between(start, min(end, until or end))]

    def amount_of(self, name, condition=None):
        """Return the expression of the sum of a column, or the number of rows, that fulfil a condition."""
        one = SQL('1') if name is None else self.column(name)
        if name and name.startswith('exact'):
            one = NodeList((SQL('CAST(ROUND(CAST('), one, SQL(f'AS NUMERIC) * {PARTS}) AS BIGINT)')))
        return fn.SUM(one if condition is None else When(None, [(condition, one)], 0))

    def read(self, name, number):
        """Return a sum as an exact number."""
        number = int(number or 0)
        return Decimal(number) / PARTS if name and name.startswith('exact') else number

    def totals(self, year, days):
        """Return [(what is counted, what it is divided by)] up to each of some days of a year."""
        figure, table = self.figure, self.table
        kept = [each for each in (table.live(), self.among, self.answered) if each is not None]
        below = figure.total if figure.kind == 'sum_share' else None
        columns = (self.amount_of(figure.amount, self.fulfilling(figure.counted)), self.amount_of(below))
        if self.day is None:
            found = table.select(*columns).where(*kept, *self.within(year)).tuples().first()
            sums = [found or (0, 0)] * len(days)
        else:
            end = calendar.year_range(year)[1]
            lines = list(table.select(bucket(self.day, [min(day, end) for day in days]), *columns).where(
                *kept, *self.within(year)).group_by(SQL('1')).tuples())
            sums = list(zip(*(running_totals([(at, int(each[place] or 0)) for at, *each in lines], len(days))
                              for place in (0, 1)), strict=True))
        return [(self.read(figure.amount, up), self.read(below, down)) for up, down in sums]

    def numbers(self, asked):
        """Return the Number of each day."""
        kind, found = self.figure.kind, self.totals(asked.year, asked.days)
        if kind in SHARES:
            return [rate(up, down) for up, down in found]
        if kind in CHANGES:
            before = self.totals(asked.year - 1, [year_earlier(day) for day in asked.days])
            return [self.changed(up, last) for (up, _), (last, _) in zip(found, before, strict=True)]
        return [Number(up, None, Fraction(up)) for up, _ in found]

    def changed(self, now, last):
        """Return the Number of what has become of last year's."""
        if self.figure.kind == 'change':
            return Number(now, last, Fraction(now) - Fraction(last))
        return Number(now, last, (Fraction(now) - Fraction(last)) * 100 / Fraction(last) if last else None)

    def records(self, year, as_of):
        """Return the query of what the figure counts by."""
        return self.table.select().where(
            self.table.live(), *self.within(year, as_of), *([] if self.among is None else [self.among]))

    def rows(self, asked):
        """Return the Population: the rows of the year, and of the year before where that is compared with."""
        figure, table, compares = self.figure, self.table, self.figure.kind in CHANGES
        years = self.within(asked.year)
        if compares:
            both = [conditions[0] for conditions in (years, self.within(asked.year - 1))]
            years = [both[0] | both[1]]
        cases, groups = [(any_voided(table), 'voided')], []
        if self.among is not None:
            # a blank fulfils no condition, nor what it would be turned into
            cases.append((When(None, [(self.among, SQL('1'))], SQL('0')) == SQL('0'), 'outside'))
        if self.answered is not None:
            cases.append((self.column(self.needed).is_null(), 'blank'))
            groups.append(('blank', False, f'「{self.title(self.needed)}」が空欄'))
        counted = self.fulfilling(figure.counted)
        if compares:
            ended = self.within(asked.year - 1)[0] if self.day is None else self.day.between(
                calendar.year_range(asked.year - 1)[0], year_earlier(asked.ends[-1]))
            before = ended if counted is None else ended & counted
            cases.append((before, 'before'))
            groups.insert(0, ('before', False, '前年度に数えた行（比べます）'))
        if self.day is not None:
            cases.append((self.day > asked.ends[-1], 'later'))
            if compares:
                cases.append((self.day < calendar.year_range(asked.year)[0], 'other'))
        elif compares:
            cases.append((self.year != asked.year, 'other'))
        if counted is not None:
            cases.append((counted, 'done'))
        left = ('other', False, '数える行でない（分母に含めます）' if figure.kind in SHARES
                else '数える行でない')
        return Population(
            table.select().where(*years), When(None, cases, 'done' if counted is None else 'other'),
            [('done', True, '数えた行'), left, *groups, *([OUTSIDE] if self.among is not None else []), LATER,
             VOIDED], (table,))

    def title(self, name):
        field = self.definition.field(name)
        return '状態' if name == 'state' else name if field is None else field.title

    def conditions_in_words(self, conditions):
        words = {}
        for name, word in conditions:
            shown = {'1': 'はい', '0': 'いいえ'}.get(word, word) if name.startswith('flag') else word
            words.setdefault(self.title(name), []).append(shown)
        return '、'.join(f'{title}が「{"」か「".join(several)}」' for title, several in words.items())

    def how(self):
        """Return in words how the figure counts."""
        figure = self.figure
        among, counted = map(self.conditions_in_words, (figure.among, figure.counted))
        rows = f'台帳「{self.definition.title}」の{f"{among}の" if among else ""}行'
        which = f'のうち{counted}の行' if counted else ''
        amount = f'の「{self.title(figure.amount)}」の合計' if figure.amount else 'の数'
        told = {'count': f'{rows}{which}{amount}', 'sum': f'{rows}{which}{amount}',
                'share': f'{rows}{which}の数÷{rows}の数', 'answers': f'{rows}{which}の数÷回答のある行の数',
                'sum_share': f'{rows}{which}{amount}÷{rows}の'
                             f'「{self.title(figure.total) if figure.total else ""}」の合計',
                'change': f'{rows}{which}{amount}から、前年度の同じ日までのものを引いた差',
                'change_rate': f'{rows}{which}{amount}の、前年度の同じ日までのものからの増減率'}[figure.kind]
        dated = f'「{self.title(figure.dated)}」がその年度の行を数えます。' if figure.dated else (
            'いつの行も数えます。')
        return f'{FIGURE_KINDS[figure.kind]}: {told}。{dated}'


def is_whole(name):
    return name is not None and name.startswith('whole')


def year_earlier(day):
    """Return the same day a year before."""
    return day.replace(year=day.year - 1, day=28 if (day.month, day.day) == (2, 29) else day.day)


@lru_cache(maxsize=500)
def measures_of(definition):
    """Return {name: Measure} of the figures of a register."""
    found = {}
    for figure in definition.figures:
        counting, name = Counting(definition, figure), measure_name(definition.name, figure.no)
        # one row or unit more is one more of these
        plain = figure.kind in ('count', 'share', 'answers') or (
            figure.kind == 'sum' and is_whole(figure.amount))
        parts = RATE if plain else '{n}（前年度 {d}）' if figure.kind in CHANGES else '{n}÷{d}'
        found[name] = Measure(name, f'{definition.title}: {figure.title}', figure.unit, counting.how(), '件',
                              counting.numbers, counting.rows, parts=parts, records=counting.records)
    return found
