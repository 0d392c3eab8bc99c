"""What a person is told of a file that was read: plain values, which a page shows and a queue can keep."""
import hashlib
import json
import re
from dataclasses import asdict, dataclass, field, replace
from itertools import islice

from forms.fields import Day, Ref
from models import Department
from models.rules import calendar

from ..saving import day_of
from .columns import REASON
from .days import WAYS, ways_of
from .entries import SHOWN, is_grave
from .reading import load
from .words import AT_ONCE, UNREAD, choices_of, only_unit_like

#: how many problems, and causes of them, a page lists
LISTED, CAUSES = 500, 50
#: how many columns of days are read in another way
DAYS = 20
#: what is said of all the columns that no field has
UNKNOWN = '台帳にない列です。上で台帳の項目に読み替えるか、読み飛ばしてください。'
#: how many lines of a cause are named
EXAMPLES = 3
#: how often good rows are read again without those that turn out to hang on bad ones
ROUNDS = 4
#: the line that another must not repeat, as problems of such lines name it
_SAME = re.compile(r'(\d+)行目と、?同じ')
_QUOTED = re.compile('「[^」]*」|[0-9０-９]+')


@dataclass(frozen=True)
class Choices:
    """How a person wants a file read: zeros given back, columns passed over, days read, bad rows left out."""

    zeros: bool = False
    ignore: bool = False
    good: bool = False
    days: dict = field(default_factory=dict)

    def query(self, **changes):
        """Return the choices, some of them changed, as the query of an address."""
        given = asdict(self) | changes
        query = {name: '1' for name in ('zeros', 'ignore', 'good') if given[name]}
        if given['days']:
            query['day'] = [f'{name}.{way}' for name, way in sorted(given['days'].items())]
        return query


def choices_from(args):
    """Return the Choices of an address's query (with `getlist`); what it cannot mean is left out."""
    days = dict(given.split('.', 1) for given in args.getlist('day')[:DAYS] if '.' in given)
    return Choices(*(args.get(name) == '1' for name in ('zeros', 'ignore', 'good')),
                   {name: way for name, way in days.items() if way in WAYS and len(name) <= 60})


def read(noun, sheet, person, choices, words, progress=None):
    """Return (Load, {line: why it was left out}) of a sheet read as a person chose.

    Where bad rows are left out, it is read again without them: what hangs on them is then bad too.
    """
    options = {'person': person, 'ignore_unknown': choices.ignore, 'restore_zeros': choices.zeros,
               'words': words, 'days': choices.days, 'progress': progress}
    found, left_out = load(noun, sheet, **options), {}
    for _ in range(ROUNDS if choices.good else 0):
        bad = reasons(found)
        if found.good or not bad:
            break
        left_out |= bad
        found = load(noun, sheet.without(left_out), **options)
    return found, left_out


def reasons(found):
    """Return {line: why it cannot be taken} of the bad lines of a Load; of twins both are bad."""
    told = {line: [] for line in sorted(found.bad_lines)}
    whole = [problem.message for problem in found.problems if problem.line in (None, 1)]

    def tell(line, message, words):
        told.setdefault(line, []).append(words)
        if (match := _SAME.match(message)) and int(match[1]) != line:
            told.setdefault(int(match[1]), []).append(f'{line}行目と同じです。どちらかを削除してください。')
    for problem in found.problems:
        if problem.line not in (None, 1):
            tell(problem.line, problem.message, f'{problem.column}: {problem.message}')
    if found.counts['conflict']:
        for entry in found.entries:
            if entry.status == 'conflict':
                tell(entry.line, entry.message, entry.message)
    return {line: ' '.join(dict.fromkeys(words or whole[:3]))[:1000] for line, words in told.items()}


def rejected(sheet, told):
    """Return (headers, rows) of the file of the rows that were not taken, each with the reason."""
    rows = ([*cells, told[line]] for line, cells in sheet.rows if line in told)
    keep = [place for place, header in enumerate(sheet.headers) if header != REASON]
    return [*(sheet.headers[place] for place in keep), REASON], (
        [*(row[place] for place in keep), row[-1]] for row in rows)


def fingerprint(found, choices):
    """Return what a preview saw of the records it would change, to refuse applying it to others."""
    return hashlib.sha256(json.dumps(
        [found.counts, found.seen.hexdigest(), asdict(choices), sorted(found.words_said.headers.items()),
         sorted((name, sorted(values.items())) for name, values in found.words_said.values.items())],
        sort_keys=True).encode()).hexdigest()


def findings(found, left_out, choices, total):
    """Return what is to be told of a Load of `total` rows, in plain values."""
    problems = found.problems
    stopped = any(problem.line is None for problem in problems)
    unread, of_lines = found.columns is None, (p for p in problems if p.line not in (None, 1))
    counts, changing = found.counts, found.counts['create'] + found.counts['update']
    grave = [line_of(found, entry) for entry in found.grave_entries]
    shown = {line['line'] for line in grave}
    others = (line_of(found, entry) for entry in found.entries if entry.line not in shown)
    causes = causes_of(problems, found.unknown_headers)
    more = any(cause['count'] > EXAMPLES and not cause['whole'] for cause in causes)
    return {
        'counts': counts, 'good': found.good, 'changing': changing,
        'rows': total, 'total': len(found.entries), 'note': note_of(found, left_out),
        'problem_count': len(problems), 'causes': causes, 'choices': asdict(choices),
        'problems': [[p.line, p.column, p.value, p.message] for p in islice(of_lines, LISTED if more else 0)],
        'notices': found.notices, 'grave': found.grave,
        'entries': [*grave, *islice(others, SHOWN - len(grave))],
        'cut': [{'header': cut.header, 'cells': cut.cells, 'first': cut.first, 'whole': cut.whole}
                for cut in found.cut.values()],
        'days': day_ways(found), 'days_read': days_read(found),
        'ask': asked_words(found),
        'bad': len(found.bad_lines), 'left_out': len(left_out),
        'can_leave_out': bool(not choices.good and not unread and not stopped and changing
                              and found.bad_lines and (choices.ignore or not found.unknown_headers)),
        'seen': fingerprint(found, choices)}


def note_of(found, left_out=()):
    """Return what is added to the reason of an act: what of the file was read otherwise, and left out."""
    notes = []
    if found.restore_zeros and (cells := sum(cut.cells for cut in found.cut.values())):
        notes.append(f'先頭の0を補った欄 {cells:,}件')
    notes += [f'{each["header"]}を{each["way"]}として読んだ欄 {each["cells"]:,}件'
              for each in days_read(found)[:3]]
    if left_out:
        notes.append(f'誤りのある行 {len(left_out):,}件を除く')
    return f'（{"、".join(notes)}）' if notes else ''


def line_of(found, entry):
    """Return a line's entry as the preview shows it: what changes gravely first."""
    changes = sorted(entry.changes, key=lambda change: not is_grave(change[0]))
    return {'line': entry.line, 'status': entry.status, 'label': entry.label, 'message': entry.message,
            'changes': [[label, old, new, is_grave(label)] for label, old, new in changes],
            'told': [] if changes or entry.message else [list(pair) for pair in found.new_values(entry)]}


def causes_of(problems, unknown):
    """Return the causes of problems with their number and an example, those of the whole file first.

    The `unknown` headers are one cause.
    """
    found, unknown = {}, set(unknown)
    for problem in problems:
        if problem.line == 1 and problem.column in unknown:
            problem = replace(problem, column='列名', value=problem.column, message=UNKNOWN)
        key = problem.column, _QUOTED.sub('「」', problem.message), problem.line in (None, 1)
        cause = found.setdefault(key, {'column': problem.column, 'messages': [], 'count': 0,
                                       'lines': [], 'values': [], 'whole': key[2]})
        cause['count'] += 1
        if len(cause['lines']) < EXAMPLES:
            cause['lines'].append(problem.line)
            if problem.value and problem.value not in cause['values']:
                cause['values'].append(problem.value)
            if problem.message not in cause['messages']:
                cause['messages'].append(problem.message)
    return sorted(found.values(), key=lambda cause: (not cause['whole'], -cause['count']))[:CAUSES]


def day_ways(found):
    """Return the columns of days that could be read in another way: field, header, cells, ways."""
    told = []
    for name, texts in found.unknown_values.items():
        cell = found.form._fields[name]
        if not isinstance(cell, Day) or name in found.days:
            continue
        if ways := ways_of(texts):
            told.append({'name': name, 'header': cell.header, 'cells': sum(texts.values()),
                         'first': next(iter(texts)),
                         'ways': [[way, WAYS[way], cell.show(day)] for way, day in ways.items()]})
    return told


def days_read(found):
    """Return the columns of days that were read in another way, with the number of such cells."""
    return [{'header': found.words.get(name, name), 'cells': cells, 'way': WAYS[found.days[name]]}
            for name, cells in found.days_read.items()]


def asked_words(found):
    """Return the words of a file that a person may say something of.

    `headers` and `texts` are what is unknown, [field, its header, word, cells, guess] each, `used` what was
    read as another word, [field, its header, word, what it means, whose]; `choices` are {field: [(text,
    words)]}, {'': …} those of headers.
    """
    headers = [['', '', header, 0, ''] for header in found.unknown_headers]
    values, used = [], []
    for name, texts in found.unknown_values.items():
        cell = found.form._fields[name]
        if not isinstance(cell, Day):
            unit = isinstance(cell, Ref) and cell.table is Department
            values += [[name, cell.header, text, cells, only_unit_like(text) if unit else '']
                       for text, cells in sorted(texts.items(), key=lambda pair: -pair[1])]
    for name, key, word in sorted(found.used):
        row = found.words_said.rows[name, key]
        means = row.means if name else row.means or UNREAD
        used.append([name, found.words.get(name, ''), word, means,
                     f'{row.person.name}、{calendar.show_day(day_of(row.at))}'])
    values, used = values[:AT_ONCE - len(headers)], used[:AT_ONCE]
    names = dict.fromkeys(row[0] for row in (*values, *used) if row[0])
    choices = {name: [list(pair) for pair in choices_of(found.form._fields[name])] for name in names}
    choices[''] = [[UNREAD, 'この列は読まない'], *([cell.short_name, cell.header] for cell in found.cells)]
    return {'headers': headers, 'texts': values, 'used': used, 'choices': choices}
