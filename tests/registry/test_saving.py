"""Saving, voiding, restoring and moving without a request: what comes of it, in whose name, and what is
refused in which words."""
from datetime import timedelta

import pytest
from cast import email
from peewee import SqliteDatabase

from audits import trail
from models import Act, Incident, Person, Support, System, db
from registry.core import clock
from registry.records import numbers, saving
from registry.records.display import Viewer
from registry.records.noun import NOUNS
from registry.records.saving import Conflict, Forbidden, Refused, Saved, Typed

CASE = {'case_no': 'C-00077', 'fiscal_year': '2026', 'department_code': '0201', 'title': '夜間受付',
        'kind': 'new', 'initial_cost': '100', 'yearly_cost': '0', 'years': '1', 'new_technology': '0'}


@pytest.fixture
def as_person(opened):
    """A function: the word of a person of the cast → what an act of theirs is signed with."""
    return lambda who: {'by': Person.get(Person.email == email(who)), 'at': clock.now(), 'channel': 'cli',
                        'request_id': 'r-1'}


def form_of(noun, signed, values, row=None):
    data = {} if row is None else {cell.short_name: cell.ids_of(row) if hasattr(cell, 'ids_of')
                                   else row.__data__.get(cell.attr)
                                   for cell in noun.blank.cells()}
    return noun.form(Typed(values), data=data, viewer=Viewer(signed['by'], clock.today()))


def test_a_new_record_is_one_act_of_who_saves(as_person):
    cases, signed = NOUNS['cases'], as_person('it')
    saved = saving.save(cases, form_of(cases, signed, CASE), reason='依頼による', **signed)
    assert isinstance(saved, Saved) and saved.changed and saved.row.id
    act = Act.get_by_id(saved.act)
    assert (act.actor, act.channel, act.kind, act.reason, act.request_id) == (email('it'), 'cli',
        'cases.create', '依頼による', 'r-1')


def test_an_edit_that_changes_nothing_is_no_act(as_person):
    cases, signed = NOUNS['cases'], as_person('it')
    row = cases.table.get_by_id(1)
    saved = saving.save(cases, form_of(cases, signed, {}, row), row, **signed)
    assert isinstance(saved, Saved) and not saved.changed and saved.act is None


def test_all_that_is_wrong_is_told_at_once(as_person):
    cases, signed = NOUNS['cases'], as_person('it')
    refused = saving.save(cases, form_of(cases, signed, CASE | {'case_no': 'C-00001', 'years': 'x'}),
                          reason='長' * 501, **signed)
    assert isinstance(refused, Refused)
    told = dict(refused.problems)
    assert '既にあります' in told['case_no'] and '整数' in told['years'] and '500文字以内' in told['']


def test_an_older_state_is_a_conflict_and_nothing_is_written(as_person):
    cases, signed = NOUNS['cases'], as_person('it')
    row = cases.table.get_by_id(1)
    form = form_of(cases, signed, {'title': '別の件名'}, row)
    opened = saving.stamp(cases, form, row)
    assert isinstance(saving.save(cases, form, row, opened=opened, **signed), Saved)
    row, before = cases.table.get_by_id(1), Act.select().count()
    found = saving.save(cases, form_of(cases, signed, {'title': 'さらに別'}, row), row, opened=opened,
                        **signed)
    assert isinstance(found, Conflict) and found.stands.title == '別の件名' and found.row.title == 'さらに別'
    assert Act.select().count() == before


@pytest.mark.parametrize(('who', 'outcome'), [('it', Saved), ('department', Saved), ('other', Forbidden),
    ('auditor', Forbidden),
                                              ('executive', Forbidden), ('admin', Forbidden)])
def test_who_may_edit_a_case(as_person, who, outcome):
    cases, signed = NOUNS['cases'], as_person(who)
    row = cases.table.get_by_id(1)
    assert isinstance(saving.save(cases, form_of(cases, signed, {'purpose': '窓口を減らす'}, row), row,
                                  **signed), outcome)


def test_the_system_itself_may(opened):
    cases, nobody = NOUNS['cases'], {'by': None, 'at': clock.now(), 'channel': 'cli'}
    saved = saving.save(cases, form_of(cases, nobody, CASE), **nobody)
    assert Act.get_by_id(saved.act).actor == 'system'


def test_a_voiding_needs_its_reason_and_can_be_taken_back(as_person):
    shares, signed = NOUNS['shares'], as_person('it')
    row = shares.table.get_by_id(1)
    assert saving.void(shares, row, reason=' ', **signed).problems == [('reason', '理由を入力してください。')]
    assert isinstance(saving.void(shares, row, reason='重複', opened='0', **signed), Conflict)
    assert isinstance(saving.void(shares, row, reason='重複', **signed), Saved)
    row = shares.table.get_by_id(1)
    assert row.void_reason == '重複'
    assert isinstance(saving.restore(shares, row, reason='誤り', **as_person('auditor')), Forbidden)
    assert isinstance(saving.restore(shares, row, reason='誤り', **signed), Saved)
    assert shares.table.get_by_id(1).voided_at is None


def test_a_unit_with_records_stays(as_person):
    departments, signed = NOUNS['departments'], as_person('it')
    row = departments.table.get(departments.table.code == '0201')
    (field, words), = saving.void(departments, row, reason='廃止', **signed).problems
    assert field == 'reason' and '情報システム' in words and '有効終了日' in words


def test_a_move_says_what_it_lacks_and_who_may(as_person):
    supports, row = NOUNS['supports'], Support.get(Support.state == 'reviewing')
    flow, it = supports.flow, as_person('it')

    def moved(signed, target, **values):
        stands = Support.get_by_id(row.id)
        form = flow.form(stands, target, formdata=Typed(values), viewer=Viewer(signed['by'], clock.today()))
        return saving.move(supports, stands, target, form, **signed)
    assert isinstance(moved(as_person('auditor'), 'returned', text='直す'), Forbidden)
    assert isinstance(moved(it, 'requested', text='戻す'), Forbidden), 'no such move'
    assert dict(moved(it, 'returned', text='').problems) == {'text': '直してほしい点を入力してください。'}
    assert {'opinion', 'text'} <= dict(moved(it, 'completed', opinion='').problems).keys()
    assert isinstance(moved(it, 'returned', text='見積を直してください'), Saved)
    assert Support.get_by_id(row.id).state == 'returned'
    assert isinstance(moved(it, 'completed', text='よい'), Forbidden), 'not from here'


def test_no_day_to_come_is_something_done(as_person):
    incidents, signed = NOUNS['incidents'], as_person('it')
    later = (clock.now() + timedelta(days=1)).isoformat()
    refused = saving.save(incidents, form_of(incidents, signed, {
        'incident_no': 'I-00077', 'title': '停止', 'category': 'failure', 'level': '2',
        'system_nos': 'S-00001', 'detected_at': later}), **signed)
    assert [name for name, _ in refused.problems] == ['detected_at']
    assert not Incident.select().where(Incident.incident_no == 'I-00077').exists()


def test_a_reference_voided_meanwhile_is_said_beside_its_field(as_person, monkeypatch):
    systems, signed = NOUNS['systems'], as_person('it')
    row = System.get_by_id(1)
    form = form_of(systems, signed, {'successor_no': 'S-00002'}, row)
    monkeypatch.setattr(saving, 'rule_problems', lambda *args: [])
    with saving.trail.act('systems.move', by=None, at=clock.now()) as act:
        act.void(System.get(System.system_no == 'S-00002'), '重複')
    refused = saving.save(systems, form, row, **signed)
    assert refused.problems == [('successor_no',
                                 '後継システム管理番号が、いま取り消されました。選び直してください。')]


@pytest.mark.parametrize('standing, free', [
    ((), 'S-00001'), (('S-00099',), 'S-00100'), (('S-00099', 's-00120'), 'S-00121'),
    (('S-00002', 'S-123456', 'S-7', 'S-00099-2', 'S00500', 'T-00900'), 'S-00003'),
    (('S-99998', 'S-123456'), 'S-99999'), (('S-99999',), 'S-100000'),
    (('S-99999', 'S-100041', 'S-0100042'), 'S-100042'), (('S-0000A',), None)])
def test_the_number_proposed_follows_the_last_one_of_ours(opened, standing, free):
    systems = NOUNS['systems']
    with trail.act('systems.create', by=None, at=clock.now()) as act:
        rows = System.select().order_by(System.id)
        for place, row in enumerate(rows):
            row.system_no = f'Q{place}'
            act.save(row)
        for row, number in zip(rows, standing, strict=False):
            row.system_no = number
            act.save(row)
    assert numbers.next_number(systems) == free


def test_numbers_are_found_by_their_index(opened):
    """The free number and one in other capitals are looked up as a record is made: however many there are."""
    asked = []
    systems, lite = NOUNS['systems'], isinstance(db.obj, SqliteDatabase)
    form = systems.form(Typed({'system_no': 's-00001'}))
    db.query_hooks.append(lambda event: asked.append((event.sql, event.params)))
    numbers.next_number(systems)
    assert list(saving.number_problems(systems, System(), None, form, None, clock.today()))
    db.query_hooks.pop()
    looks = [(sql, params) for sql, params in asked if 'LOWER' in sql]
    assert len(looks) == 2
    for sql, params in looks:
        if not lite:
            db.execute_sql('SET enable_seqscan = off')
        plan = str(db.execute_sql(f'EXPLAIN {"QUERY PLAN " if lite else ""}{sql}', params).fetchall())
        assert 'system_system_no_lower' in plan, plan
