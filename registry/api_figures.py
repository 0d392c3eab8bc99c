"""What the API tells beside the nouns: indicators, figures with their rows, and the trail."""
import json

from flask import abort
from flask_login import current_user

from audits import trail
from models import Act, Change
from models.figures import MEASURES, default_day
from models.rules import calendar

from .api import MOST, SIZE, act_of, answer, bp
from .core import clock
from .core.permits import limit_of
from .figures import board as boards
from .figures import judging
from .figures import pages as figures
from .records.noun import of_table
from .web.guard import permit
from .web.queries import choice, cursor_of, id_after, number, query_args, refuse, year_and_day

#: changes of a page of the trail, as near as whole acts allow
CHANGES = 1000


@bp.get('/indicators')
@permit('strategies.read')
@boards.consistent_reads()
def indicators():
    """Return a year's indicators and ratings as `daicho kpi --json` prints them."""
    year, as_of = year_and_day(query_args('fiscal_year', 'as_of'))
    board = boards.board(year, as_of)
    if board is None:
        refuse(404, message=f'{calendar.year_label(year)}の戦略がありません。')
    return answer(boards.as_json(board))


@bp.get('/figures/<name>')
@permit('figures.read')
@boards.consistent_reads()
def figure(name):
    """Return a figure, its groups of rows, and a page of the rows of one of them that the person may see.

    With `indicator` (取組番号-指標番号) it is as that indicator counts it: limited to its businesses.
    """
    args = query_args('fiscal_year', 'as_of', 'group', 'limit', 'cursor', 'indicator')
    if name not in MEASURES:
        abort(404)
    (year, as_of), size, after = year_and_day(args), number(args, 'limit', SIZE, MOST), id_after(args)
    as_of = as_of or default_day(year, clock.today())
    board = boards.judged(year, as_of)
    served = [(row.no, one) for row in (board.initiatives if board else ()) for one in row.indicators
              if one.measure == name]
    if 'indicator' in args:
        served = [(no, one) for no, one in served if args['indicator'] == f'{no}-{one.no}']
        if not served:
            refuse(404, message='この数値で数える指標ではありません。')
    businesses = figures.limits_of([one for _, one in served]) if 'indicator' in args else {}
    made = judging.figure_on(name, year, as_of, boards.counted_until(as_of), judging.settings(),
                             tuple(id for limits in businesses.values() for id, _, _ in limits))
    keyed, groups = figures.rows_by_key(made), figures.groups(made)
    first = next((key for key, _, _, seen, _ in groups if seen), groups[0][0])
    chosen = choice(args, 'group', tuple(keyed), first)
    table, limit = made.population.table, limit_of(made.population.table, current_user, clock.today())
    query = keyed[chosen].query.where(table.id > after, *([] if limit is None else [limit]))
    ids = [id for (id,) in query.select(table.id).order_by(table.id).limit(size + 1).tuples()]
    rows = list(table.select().where(table.id.in_(ids[:size] or [0])).order_by(table.id))
    return answer({
        'measure': name, 'title': made.title, 'unit': made.unit,
        'fiscal_year': year, 'as_of': as_of.isoformat(),
        'numerator': judging.plain_number(made.numerator),
        'denominator': judging.plain_number(made.denominator),
        'indicators': [{'initiative': no} | boards.indicator_json(one, as_of) for no, one in served],
        'recorded': made.recorded, 'note': made.note, 'definition': MEASURES[name].how,
        'groups': [{'group': key, 'counted': kind == 'counted', 'words': told, 'rows': seen, 'hidden': hidden}
                   for key, kind, told, seen, hidden in groups],
        'group': chosen, 'noun': of_table(table).name,
        'items': [{'id': row.id, 'label': words}
                  for row, words in zip(rows, table.labels_of(rows), strict=True)],
        'next': cursor_of(ids[size - 1]) if len(ids) > size else None})


@bp.get('/trail')
@permit('trail.read')
def acts():
    """Return the acts after a number with their changes: until they hold about a thousand of these."""
    args = query_args('after', 'limit')
    size, after = number(args, 'limit', SIZE, MOST), number(args, 'after', 0, 2 ** 31 - 1, 0)
    told, held, head = [], 0, trail.head()
    for act in Act.select().where(Act.seq > after, Act.seq <= head.seq).order_by(Act.seq).limit(size):
        if told and held + act.changes > CHANGES:
            break
        held += act.changes
        told.append(act)
    changes = {}
    for act in told:
        changes[act.seq] = changes_of(act, 0)
    return answer({'items': [full_act(act, changes[act.seq]) for act in told],
                   'next': told[-1].seq if told and told[-1].seq < head.seq else None,
                   'head': {'seq': head.seq, 'hash': head.hash}})


@bp.get('/trail/<int:seq>')
@permit('trail.read')
def act(seq):
    """Return an act with a page of its changes: those from the place `from` on."""
    found = Act.get_or_none(Act.seq == seq) or abort(404)
    return answer(full_act(found, changes_of(found, number(query_args('from'), 'from', 0, least=0))))


def changes_of(act, start):
    found = Change.select().where(Change.act == act, Change.place >= start)
    return list(found.order_by(Change.place).limit(CHANGES))


def full_act(act, changes):
    """Return an act as JSON with some of its changes; `more` is the place of the next, if there are more."""
    last = changes[-1].place + 1 if changes else act.changes
    return act_of(act) | {
        'actor': act.actor, 'request_id': act.request_id, 'previous': act.previous, 'hash': act.hash,
        'changes': [{'table': each.table, 'row': each.row, 'label': each.label, 'kind': each.kind,
                     'values': json.loads(each.values)} for each in changes],
        'more': last if last < act.changes else None}
