"""What is remembered of figures: never older than the last act, counted once, only so much."""
import re
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from random import Random
from threading import Barrier, Thread

import pytest
from cast import TODAY
from engine import ENGINE

from audits import trail
from models import (
    Actual,
    BudgetRequest,
    Business,
    BusinessSystem,
    CaseShare,
    CheckIn,
    Contract,
    ContractSystem,
    Course,
    Department,
    Enrolment,
    Incident,
    IncidentSystem,
    Indicator,
    Initiative,
    Plan,
    Review,
    Setting,
    StepMove,
    StepProgress,
    Support,
    System,
    db,
)
from models import Case as Procurement
from models.figures import MEASURES, asked_for, day_bounds
from models.rules import calendar
from models.settings import DatedSettings
from registry.core import clock, memo
from registry.figures import board, judging


def test_what_a_day_changes_is_not_remembered_from_the_day_before(client_of):
    it = client_of('it')
    for day in (date(2027, 3, 31), date(2027, 4, 1)):
        clock.pin(day)
        number = re.search(r'全(\d+)件', it.get('/systems/?ends=1').page.text)
        assert (int(number.group(1)) if number
                else 0) == it.get('/systems/export.csv?ends=1').text.count('\n') - 1


WRITTEN = (Actual, BudgetRequest, Business, BusinessSystem, CaseShare, CheckIn, Course, Department, Enrolment,
           Incident, IncidentSystem, Indicator, Initiative, Plan, Procurement, Review, Setting, StepMove,
           StepProgress, Support, System)


def void_one(table):
    with db.connection_context(), trail.act('tests.void', by=None, at=clock.now()) as act:
        act.void(table.select().where(table.live()).order_by(table.id).first(), '誤り')


def edit_one(table):
    with db.connection_context(), trail.act('tests.edit', by=None, at=clock.now()) as act:
        row = table.select().where(table.live()).order_by(table.id).first()
        row.void_reason = f'{row.revision}'
        act.save(row)


def pages():
    return ['/', '/board/?year=2026', '/duties/?when=all', '/strategies/2026/', '/systems/', '/enrolments/',
            '/incidents/',
            *(f'/figures/{name}?year=2026' for name in MEASURES)]


def main(answer):
    """Return what a page says, without the head of the chain that it names."""
    return re.sub(r'監査証跡の先頭.*|操作履歴[^<]*<[^>]*>[^<]*|value="[^"]{20,}"|[0-9a-f]{12,64}|#?\d+番', '',
                  answer.page.one('main').html)


@pytest.fixture
def same_minute(monkeypatch):
    """Let no minute pass: figures of today are counted up to it, and anew in the next."""
    moment = clock.now()
    monkeypatch.setattr(clock, 'now', lambda: moment)


@pytest.mark.usefixtures('same_minute')
def test_no_page_is_older_than_the_last_act(app, client_of):
    browser = client_of('department')

    def read():
        return {address: main(browser.get(address)) for address in pages()}
    read()
    # which tables a page read is told by its statements, which are the same on the second engine
    for table in WRITTEN[::1 if ENGINE == 'sqlite' else 4]:
        void_one(table)
        warm = read()
        app.extensions.pop('remembered')
        assert warm == read(), table.__name__


@pytest.mark.usefixtures('same_minute')
def test_an_act_empties_only_what_was_read_from_its_tables(app, client_of, queries):
    browser = client_of('it')
    for address in pages():
        browser.get(address)
    edit_one(System)
    for name in ('training.completion', 'steps.official', 'support.budget_coverage', 'plans.achievement'):
        queries.clear()
        assert browser.get(f'/figures/{name}?year=2026').status_code == 200
        read = set().union(*(memo.tables_of(sql) for sql in queries))
        assert not read & {'enrolment', 'step_progress', 'budget_request', 'plan', 'check_in', 'indicator',
                           'setting'}, name
    edit_one(Enrolment)
    queries.clear()
    browser.get('/figures/training.completion?year=2026')
    assert any('"enrolment"' in sql for sql in queries)


@pytest.mark.parametrize(('address', 'most'), [
    ('/board/?year=2026', 15), ('/duties/', 12), ('/strategies/2026/', 14), ('/systems/', 8),
    ('/figures/steps.official?year=2026', 6)])
def test_the_first_page_after_an_act_asks_little(app, client_of, queries, address, most):
    browser = client_of('it')
    browser.get(address)
    edit_one(System)
    queries.clear()
    browser.get(address)
    assert len(queries) <= most


def test_what_is_made_from_something_remembered_depends_on_its_tables(app):
    made = []

    def number():
        return memo.cached(('number',), lambda: System.select().count())

    def words():
        made.append(1)
        return f'{number()}件'

    def ask():
        with app.app_context(), db.connection_context():
            return memo.cached(('words',), words)
    assert ask() == ask() == '3件' and made == [1]
    void_one(Plan)
    assert ask() == '3件' and made == [1]
    edit_one(System)
    assert ask() == '3件' and made == [1, 1]


def test_a_result_belongs_to_the_head_it_was_read_under(opened):
    with opened.app_context():
        before = trail.head()
        memo.cached(('live',), lambda: System.select().where(System.live()).count(), before)
    void_one(System)
    db.connect(reuse_if_open=True)
    with opened.app_context():
        made = []

        def make():
            made.append(System.select().count())
        for head, times in ((trail.head(), 1), (trail.head(), 1), (before, 2)):
            memo.cached(('live',), make, head)
            assert len(made) == times


def test_of_those_who_wait_one_counts(app):
    asked, together, answers = [], Barrier(6), []

    def count():
        asked.append(1)
        return System.select().count()

    def ask():
        with app.app_context(), db.connection_context():
            together.wait()
            answers.append(memo.cached(('together',), count))
    threads = [Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [3] * 6 and asked == [1]
    assert not app.extensions['remembered'].making


def test_who_waited_for_one_that_failed_counts_too(opened):
    def fail():
        raise ZeroDivisionError
    with opened.app_context():
        with pytest.raises(ZeroDivisionError):
            memo.cached(('failing',), fail)
        assert memo.cached(('failing',), lambda: 1) == 1


def test_only_so_much_is_remembered(opened, monkeypatch):
    monkeypatch.setattr(memo, 'MOST', 5)
    with opened.app_context():
        for n in range(20):
            memo.cached(('n', n), lambda: 1)
        assert len(opened.extensions['remembered'].kept) == 5


def test_every_act_moves_the_mark_of_the_tables_it_changed_alone(opened):
    with opened.app_context():
        before = trail.last_changes(memo.KNOWN, trail.head().seq)
    edit_one(Course)
    db.connect(reuse_if_open=True)
    head = trail.head()
    after = trail.last_changes(memo.KNOWN, head.seq)
    assert {name for name in memo.KNOWN if before.get(name)
            != after.get(name)} == {'course'} and after['course'] == head.hash
    assert trail.last_changes(memo.KNOWN, head.seq - 1) == before


def test_a_board_names_the_head_it_is_read_under_though_nothing_it_counts_has_changed(opened):
    with opened.app_context():
        first = board.board(2026)
    edit_one(Department)
    db.connect(reuse_if_open=True)
    with opened.app_context():
        again = board.board(2026)
    assert again.head_seq == first.head_seq + 1 and again.initiatives is first.initiatives


def test_what_has_changed_is_worked_in_and_the_rest_is_not_read_again(app):
    def numbers(value, changes):
        worked.append(changes)
        return value + len(changes)
    made, worked = [], []

    def make():
        made.append(1)
        return System.select().count()

    def ask():
        with app.app_context(), db.connection_context():
            return memo.cached(('kept',), make, again=(System, numbers))
    first = ask()
    edit_one(System)
    assert ask() == ask() == first + 1 and made == [1] and len(worked) == 1
    ((id, values),) = worked[0]
    assert id and list(values) == ['void_reason'] and all(len(pair) == 2 for pair in values.values())
    edit_one(Plan)
    assert ask() == first + 1 and len(worked) == 1
    with db.connection_context(), trail.act('systems.import', by=None, at=clock.now()) as act:
        act.insert([System(system_no=f'T-{n:05}', name=f'下{n}', owner=2, category='office')
                    for n in range(memo.WORKED_IN + 1)])
    assert ask() == first + memo.WORKED_IN + 1 and made == [1, 1]


def test_a_newer_result_is_not_worked_into_for_an_older_state(opened):
    with opened.app_context():
        before = trail.head()
    edit_one(System)
    db.connect(reuse_if_open=True)
    with opened.app_context():
        worked = []
        for head, times in ((trail.head(), 0), (before, 0)):
            memo.cached(('kept',), lambda: System.select().count(), head,
                        again=(System, lambda value, changes: worked.append(1)))
            assert len(worked) == times


INCIDENT_DAYS = (date(2026, 3, 31), date(2026, 4, 1), date(2026, 4, 29), date(2026, 6, 5), date(2026, 6, 6),
                 date(2026, 11, 22), date(2026, 11, 23))


def moved(random, row):
    """Give an incident other times, a level, or nothing else than a title."""
    detected = datetime.combine(random.choice(INCIDENT_DAYS),
                                time(random.randrange(24), random.choice((0, 15, 29, 30))), calendar.JST)
    row.detected_at = min(detected, clock.now())
    row.occurred_at = random.choice((None, row.detected_at - timedelta(hours=random.randrange(30))))
    row.restored_at = random.choice((None, row.detected_at
                                     + timedelta(minutes=random.choice((0, 200, 240, 241, 1440, 1441,
                                                                        9000)))))
    row.level = random.randrange(1, 6)


@pytest.mark.parametrize('seed', range(4))
def test_recoveries_kept_over_acts_are_those_counted_anew(app, seed):
    """Whatever is done to incidents, what is kept agrees with what is counted anew, on every day."""
    random, days = Random(seed), (date(2026, 4, 1), date(2026, 6, 5), date(2026, 11, 22), TODAY)
    names, untils = ('incidents.recovery_business_hours', 'incidents.recovery_off_hours'), {}

    def answers(kept):
        found = []
        for name in names:
            for day in days:
                dated = judging.settings() if kept else DatedSettings()
                asked = asked_for(name, 2026, calendar.month_ends(2026, day), dated, untils[day],
                                  keep=memo.cached if kept else None)
                rows = MEASURES[name].rows(asked)
                sizes = {code: every for code,
                         (every, _) in (rows if kept else replace(rows, tally=None)).sizes().items()}
                found.append((name, day, MEASURES[name].evaluate(asked), sizes))
        return found
    for round in range(12):
        with app.app_context(), db.connection_context():
            with trail.act('incidents.edit', by=None, at=clock.now()) as act:
                row = random.choice(list(Incident.select()))
                what = random.choice(('new', 'move', 'move', 'title', 'void', 'setting', 'several'))
                if what == 'new' or what == 'several':
                    for n in range(1 if what == 'new' else 60):
                        new = Incident(incident_no=f'Z-{round}-{n}', title='障害', category='failure')
                        moved(random, new)
                        act.save(new)
                elif what == 'title':
                    row.title = f'{row.title[:50]}・{round}'
                    act.save(row)
                elif what == 'void' and row.voided_at is None:
                    act.void(row, '誤り')
                elif what == 'setting' and not Setting.select().where(Setting.name
                        == 'business_hours').exists():
                    act.save(Setting(name='business_hours', valid_from=date(2026, 6, 6), value='09:00-12:00'))
                    act.save(Setting(name='recovery_start', valid_from=date(2026, 4, 2), value='発生'))
                else:
                    row.voided_at = row.void_reason = None
                    moved(random, row)
                    act.save(row)
            untils = {day: random.choice((None, day_bounds(day, day)[0]
                                          + timedelta(minutes=random.randrange(1440)))) for day in days}
        with app.app_context(), db.connection_context():
            assert answers(True) == answers(False), (seed, round, what)


def test_a_count_is_made_again_only_when_what_it_names_has_changed(app, queries):
    def ask(query):
        queries.clear()
        with app.app_context(), db.connection_context():
            return memo.cached_count(query), sum('COUNT' in sql for sql in queries)

    def change(**values):
        with db.connection_context(), trail.act('systems.edit', by=None, at=clock.now()) as act:
            row = System.select().where(System.live()).order_by(System.id).first()
            for name, value in values.items():
                setattr(row, name, value)
            act.save(row)
    live = System.select(System.id).where(System.live())
    found = {'live': live, 'operating': live.where(System.lifecycle == 'operate'),
             'owned': live.where(System.owner == 2),
             'searched': live.where(System.search_text.contains('改めた')),
             'linked': live.where(System.id.in_(BusinessSystem.select(BusinessSystem.system).where(
                 BusinessSystem.live())))}
    counts = {name: ask(query)[0] for name, query in found.items()}
    assert counts == {'live': 3, 'operating': 2, 'owned': 1, 'searched': 0, 'linked': 2}
    # what a search looks at is derived from others, and a count of two tables is made of both
    change(name='改めた名')
    assert {name: ask(query) for name, query in found.items()} == {
        'live': (3, 0), 'operating': (2, 0), 'owned': (1, 0), 'searched': (1, 1), 'linked': (2, 1)}
    change(lifecycle='review')
    assert [ask(found[name]) for name in ('live', 'operating', 'owned')] == [(3, 0), (1, 1), (1, 0)]
    change(owner=3)
    assert [ask(found[name]) for name in ('live', 'operating', 'owned')] == [(3, 0), (1, 0), (0, 1)]
    with db.connection_context(), trail.act('systems.create', by=None, at=clock.now()) as act:
        act.save(System(system_no='S-00009', name='新', owner=2, category='office', lifecycle='operate'))
    assert [ask(found[name]) for name in ('live', 'operating', 'owned')] == [(4, 1), (2, 1), (1, 1)]
    void_one(System)
    assert [ask(found[name]) for name in ('live', 'operating', 'owned')] == [(3, 1), (2, 1), (1, 1)]


def test_changes_that_a_statement_names():
    words = memo.words_of('SELECT "t1"."eol_on" FROM "system" AS "t1" WHERE "t1"."lifecycle" = ?')
    assert memo.changes_named([words], {System: [(1, {'eol_on': [None, '2026-11-23']})]})
    assert not memo.changes_named([words], {System: [(1, {'note': [None, 'x']})]})
    # of a table that is not named, whatever was read may have been anything
    assert memo.changes_named([words], {Department: [(1, {'name': ['a', 'b']})]})
    # a column that rows of others make is named with what it is made of, and that with what makes it
    covers = memo.words_of('SELECT "covers" FROM "contract"')
    assert [memo.changes_named([covers], {table: [(1, {name: ['a', 'b']})]}) for table, name in (
        (Contract, 'ends_on'), (System, 'lifecycle'), (ContractSystem, 'voided_at'), (Contract, 'voided_at'),
        (Contract, 'title'), (System, 'voided_at'), (System, 'eol_on'))] == [
            True, True, True, True, False, True, False]


def test_what_is_drawn_is_drawn_again_only_for_other_facts(app, change):
    drawn = []

    def ask(id):
        with app.app_context(), db.connection_context():
            return memo.cached_drawing(('drawn', id), lambda: (System.get_by_id(id).manager,),
                                       lambda who: drawn.append(who) or f'<b>{who}</b>')
    change(System, 1, manager='前')
    assert [ask(1), ask(1), drawn] == ['<b>前</b>', '<b>前</b>', ['前']]
    change(System, 1, note='改めた')
    assert (ask(1), drawn) == ('<b>前</b>', ['前'])
    change(System, 1, manager='後')
    assert (ask(1), drawn) == ('<b>後</b>', ['前', '後'])
