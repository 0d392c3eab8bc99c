"""What a request of the API says: its query and its JSON, bounded before anything is done with them."""
import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from decimal import Decimal

from flask import abort, request

from models.rules import calendar

from ..core import clock
from ..figures.board import day_problem
from . import errors

#: what a document may hold: objects and lists within each other, members in all
DEPTH, MEMBERS = 5, 200
_WORDS = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.S)


def refuse(code, problems=(), **words):
    """End with a problem: [(field, message)] of all that is wrong."""
    abort(errors.problem(code, problems, **words))


def query_args(*names):
    """Return the query as {name: text}; a name that is not known here, or stands twice, is refused."""
    wrong = [(name, 'この条件はありません。') for name in request.args if name not in names]
    wrong += [(name, '同じ条件は1つだけ送れます。') for name in names if len(request.args.getlist(name)) > 1]
    return refuse(400, wrong) if wrong else request.args.to_dict()


def number(args, name, default, most=2 ** 31 - 1, least=1):
    """Return a whole number of the query, or the default where it is not there."""
    if name not in args:
        return default
    text = args[name]
    if not (text.isascii() and text.isdigit() and len(text) < 12 and least <= int(text) <= most):
        refuse(400, [(name, f'{least}から{most}までの整数を送ってください。')])
    return int(text)


def choice(args, name, values, default=''):
    """Return a word of the query that is one of some, or the default."""
    if (found := args.get(name, default)) not in (*values, default) or found == '' and name in args:
        refuse(400, [(name, f'次のどれかを送ってください: {"、".join(values)}')])
    return found


def id_after(args):
    """Return the number after which a page begins, 0 for the first page."""
    if 'cursor' not in args:
        return 0
    try:
        text = urlsafe_b64decode(args['cursor'].encode('ascii')).decode('ascii')
        if text.isdigit() and len(text) < 19:
            return int(text)
    except ValueError:
        pass
    return refuse(400, [('cursor', '前の答えの next を送ってください。')])


def cursor_of(id):
    return urlsafe_b64encode(str(id).encode()).decode()


def json_body():
    """Return the object that a request sends, its size, depth and members asked before it is worked on."""
    if request.mimetype != 'application/json':
        abort(415)
    depth = members = 0
    for mark in re.findall(rb'[][{}]', _WORDS.sub(b'', body := request.get_data())):
        depth += (mark in b'[{') - (mark in b']}')
        if depth > DEPTH:
            refuse(400, action=f'入れ子は{DEPTH}段までです。')

    def counted(pairs):
        nonlocal members
        members += len(pairs)
        if members > MEMBERS or len(dict(pairs)) < len(pairs):
            raise ValueError
        return dict(pairs)
    try:
        found = json.loads(body.decode('utf-8'), object_pairs_hook=counted, parse_float=Decimal,
                           parse_constant=refuse_constant)
        for text in texts_in(found):
            text.encode('utf-8')  # half characters are no text
            if '\0' in text:
                raise ValueError('NUL is no text')
    except (ValueError, ArithmeticError):
        refuse(400, action=f'UTF-8 の JSON で、項目は重ならずに{MEMBERS}個まで、'
                           '文字は正しい Unicode（NUL を除く）で送ってください。')
    return found if isinstance(found, dict) else refuse(422, action='JSON のオブジェクトで送ってください。')


def refuse_constant(word):
    raise ValueError(f'{word} is no JSON')


def texts_in(value):
    """Yield every text in a value of JSON."""
    if isinstance(value, str):
        yield value
        return
    if isinstance(value, dict):
        value = [*value, *value.values()]
    for each in value if isinstance(value, list) else ():
        yield from texts_in(each)


def year_and_day(args):
    """Return (fiscal year, day or None) of the query; refuse in the pages' words what cannot be looked at."""
    try:
        as_of = calendar.parse_day(args['as_of']) if 'as_of' in args else None
        if as_of is not None and args['as_of'] != as_of.isoformat():
            raise ValueError('日付は 2026-04-01 の形で送ってください。')
    except ValueError as error:
        refuse(400, [('as_of', str(error))])
    year = number(args, 'fiscal_year', calendar.fiscal_year(as_of or clock.today()), 2099, 2000)
    if as_of is not None and (problem := day_problem(year, as_of)):
        refuse(422, [('as_of', problem)])
    return year, as_of
