"""The demo ward: its records give what the ward has published, in acts that do not know the future."""
import json
from datetime import UTC, date, datetime

import desk as desks
import pytest

from audits import trail, verify
from models import Act, BusinessSystem, Change, Incident, Plan, Step, StepProgress, Support, System
from models.figures import figure
from models.rules import calendar
from registry import demo
from registry.core import clock
from registry.records import saving
from registry.records.noun import NOUNS
from registry.standardisation import record_moves

#: columns that say when something happened, not when it is planned
HAPPENED = {'go_live_on', 'retired_on', 'disposed_on', 'done_on', 'started_on', 'cutover_on', 'completed_on',
            'joined_on', 'detected_at', 'occurred_at', 'restored_at', 'closed_on', 'shared_on',
            'requested_on', 'ordered_on', 'approved_on', 'reviewed_on', 'held_on', 'reported_on',
            'followed_on', 'valid_from', 'as_of', 'on_day'}
RATINGS = {1: '△', 2: '△', 3: '○', 4: '○', 5: '○', 6: '△', 7: '△', 8: '△', 9: '△', 10: '○', 11: '○', 12: '○',
           13: '×'}


@pytest.fixture(scope='module')
def ward(tmp_path_factory):
    desk = desks.empty(tmp_path_factory.mktemp('ward'))
    assert desk.run('demo').exit_code == 0
    return desk


@pytest.fixture(scope='module')
def results(ward):
    return {i['no']: i for i in ward.json('kpi', '--fiscal-year', 2025, '--as-of',
                                          '2026-03-31')['initiatives']}


def test_the_published_figures_of_2025(results):
    shown = {f'{no}-{i["no"]}': (i['value'], i['numerator'], i['denominator']) for no,
             initiative in results.items()
             for i in initiative['indicators']}
    assert shown['7-1'] == ('2', '2', None) and shown['7-2'] == ('0', '0', None)
    assert shown['7-4'] == ('86.9', '626', '720')
    assert shown['11-1'] == ('5', '5', None) and shown['11-2a'] == ('96.0', '2400', '2500')
    assert shown['13-1'] == ('72.9', '2479', '34')
    assert shown['1-2'] == ('27.3', '3', '11')
    assert shown['9-1b'][0] == '26'


def test_the_ratings_of_2025(results):
    assert {no: i['official'] for no, i in results.items()} == RATINGS
    differing = {no: i['computed'] for no, i in results.items() if i['computed'] != i['official']}
    assert differing == {7: '○', 8: '判定不可'}
    assert all(results[no]['reason'] for no in differing)
    # what the ward did not publish is not invented
    assert not any(i['value'] for i in results[8]['indicators'] if i['no'] != '4')


@pytest.mark.parametrize(('name', 'year', 'as_of', 'answer'), [
    ('steps.official', 2024, date(2025, 3, 31), (612, 720)),
    ('steps.official', 2025, date(2026, 3, 31), (626, 720)),
    ('training.completion', 2024, date(2025, 3, 31), (2275, 2500)),
    ('cutovers.rate', 2025, date(2026, 3, 31), (2, 18)),
    ('steps.official', 2026, date(2026, 11, 20), (633, 720))])
def test_figures_of_other_days(ward, name, year, as_of, answer):
    with ward.open():
        found = figure(name, year, as_of)
    assert (found.numerator, found.denominator) == answer


def test_the_size_of_the_ward(ward):
    with ward.open():
        assert System.select().where(System.live()).count() == 300
        assert System.select().where(System.build == 'nocode').count() == 26
        assert BusinessSystem.select().count() == 18
        assert Support.select().where(Support.trial).count() == 5
        assert Plan.select().where(Plan.fiscal_year == 2025).count() == 34
        assert StepProgress.select().count() == 720
        assert figure('plans.on_track', 2025, date(2026, 3, 31)).numerator == 21


def test_its_acts_follow_one_another_and_verify(ward):
    with ward.open():
        moments = [act.at for act in Act.select().order_by(Act.seq)]
        assert len(moments) > 80 and moments == sorted(moments)
        assert verify.verify().intact


def test_no_act_knows_what_happened_after_it(ward):
    early = []
    with ward.open():
        for at, label, values in (Change.select(Act.at, Change.label, Change.values).join(Act)
                                  .where(Act.channel == 'demo').tuples()):
            for name, (_, value) in json.loads(values).items():
                if name in HAPPENED and value:
                    known = at if name.endswith('_at') else at.astimezone(calendar.JST).date()
                    when = (datetime.fromisoformat(value).replace(tzinfo=UTC) if name.endswith('_at')
                            else date.fromisoformat(value))
                    if when > known:
                        early.append((at, label, name, value))
        assert Incident.select().where(Incident.restored_at.is_null(False)).count() == 14
    assert early == []


def test_two_demo_wards_are_the_same(ward, tmp_path):
    other = desks.empty(tmp_path)
    assert other.run('demo').exit_code == 0

    def told(desk):
        with desk.open():
            return list(Change.select(Act.at, Act.kind, Act.actor, Change.table, Change.row,
                                      Change.values).join(Act)
                        .where(Act.channel == 'demo').order_by(Change.id).tuples())
    assert told(ward) == told(other)


def test_it_fills_nothing_but_an_empty_register(ward):
    before = ward.head()
    refused = ward.run('demo')
    assert refused.exit_code == 1 and '空でない' in refused.output
    assert ward.run('demo', '--if-empty').exit_code == 0
    assert ward.head() == before


@pytest.mark.parametrize(('kind', 'day'), [
    ('systems', '2025-12-31'), ('steps', '2025-12-31'), ('businesses', '2025-12-31'), ('plans', '2025-12-31'),
    ('enrolments', '2025-12-31'), ('actuals', '2026-04-30')])
def test_a_past_day_can_be_exported(ward, kind, day):
    answer = ward.run('export', kind, '--as-of', day)
    assert answer.exit_code == 0, answer.output
    first = [line.partition(',')[0] for line in answer.stdout.lstrip('\ufeff').splitlines()[1:]]
    assert first and all(first)


def test_a_killed_demo_leaves_an_empty_register_and_is_filled_anew(tmp_path, monkeypatch):
    desk = desks.empty(tmp_path)
    find, calls = demo.Ward.trials, []

    def killed(ward, act):
        calls.append(act)
        raise KeyboardInterrupt
    monkeypatch.setattr(demo.Ward, 'trials', killed)
    assert desk.run('demo').exit_code != 0 and calls
    monkeypatch.setattr(demo.Ward, 'trials', find)
    with desk.open():
        assert demo.is_empty() and not Act.select().where(Act.channel == 'demo').exists()
    assert desk.run('demo', '--if-empty').exit_code == 0
    with desk.open():
        assert not demo.is_empty() and not demo.is_unfinished()
    assert desk.run('demo', '--if-empty').exit_code == 0


def test_a_demo_that_an_earlier_version_left_half_way_is_not_called_full(tmp_path):
    desk = desks.empty(tmp_path)
    with desk.open():
        demo.begin()
        ward = demo.planned()
        for moment, kind, by, reason, write in ward.acts[:3]:
            with trail.act(kind, by=ward.people.get(by), at=moment, channel='demo', reason=reason) as act:
                write(act)
    for options in ((), ('--if-empty',)):
        answer = desk.run('demo', *options)
        assert answer.exit_code == 1 and '途中までしか' in answer.stderr and 'daicho migrate' in answer.stderr


#: what is entered elsewhere by hand, or is built in
BY_HAND = {'people', 'engagements', 'findings', 'incident-levels'}
#: in an order in which each finds what it refers to; what came later refers to these
KINDS = ('departments', 'staff', 'systems', 'step-masters', 'step-items', 'businesses', 'steps', 'courses',
         'enrolments', 'incident-reports', 'incidents', 'budget-requests', 'cases', 'supports', 'reviews',
         'shares', 'plans', 'settings', 'actuals')
KINDS += tuple(name for name, noun in NOUNS.items() if noun.importable and name not in {*KINDS, *BY_HAND})


def test_its_files_loaded_elsewhere_give_the_figures_of_every_day_again(ward, tmp_path):
    (tmp_path / 'one').mkdir()
    (tmp_path / 'other').mkdir()
    ward, other = desks.copied(ward, tmp_path / 'one'), desks.empty(tmp_path / 'other')
    with ward.open():
        # re-planned and corrected, as happens: a step taken up again keeps what it was before
        row = StepProgress.select().join(Step).where(StepProgress.status == 'done', Step.no == 33).get()
        before = saving.copy_of(row)
        row.status, row.done_on = 'doing', None
        with trail.act('steps.edit', by=None, at=clock.now(), channel='cli', reason='再計画') as act:
            act.save(row, before)
            record_moves(act, row, before, clock.today())
    for kind in KINDS:
        path = ward.export(kind, f'{kind}.csv')
        assert other.json('import', kind, path)['errors'] == [], kind
        if kind == 'departments':
            # who examines supports signs in there too
            added = other.run('person', 'add', 'it@example.jp', '--name', '阿部 情', '--department', '0150',
                              '--role', 'it', '--password-stdin', stdin='hashi-kawa-mizu-97\n')
            assert added.exit_code == 0, added.output
    for day in ('2025-12-31', '2026-03-31', '2026-11-20', '2027-03-31'):
        assert other.json('kpi', '--as-of', day) == ward.json('kpi', '--as-of', day), day
    assert ward.export('steps', 'a.csv').read_bytes() == other.export('steps', 'b.csv').read_bytes()
    again = other.json('import', 'steps', other.folder / 'b.csv')
    assert (again['unchanged'], again['act']) == (720, None)
