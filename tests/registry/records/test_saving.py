"""Saving, voiding and moving without a request: one outcome, whoever asks, whatever happened meanwhile."""
import threading
from datetime import timedelta

import pytest
from cast import email
from form_posts import changed_by_someone, refused, upload, values, words
from peewee import SqliteDatabase

from audits import trail
from models import Act, Case, Department, Incident, Person, Support, System, Theme, db
from registry.core import clock
from registry.records import numbers, saving
from registry.records.display import Viewer
from registry.records.noun import NOUNS
from registry.records.saving import Conflict, Forbidden, FormData, Refused, Saved


def test_a_number_that_differs_by_small_letters_only_is_refused(client_of):
    it = client_of('it')
    words = refused(it, '/systems/new', system_no='s-00001', name='新', summary='試験', owner_code='0201',
                    category='office', pii='none')
    assert '大文字と小文字だけが違う番号「S-00001」' in words
    assert '「S-00002」' in refused(it, '/systems/1/edit', system_no='s-00002')
    asked = values(it, '/systems/1/edit') | {'system_no': 's-00001', 'act_reason': '表記の統一'}
    assert it.post('/systems/1/edit', data=asked).status_code == 303  # its own number, written in another way
    words = upload(it, 'systems', 'system_no,name,owner_code,category,lifecycle,pii',
                   'S-00001,新,0201,個別業務系,運用,なし', 'x-1,新,0201,個別業務系,運用,なし',
                   'X-1,新,0201,個別業務系,運用,なし')
    assert '「s-00001」' in words and '「x-1」' in words
    words = upload(it, 'plans', 'plan_no,fiscal_year,department_code,title,plan_class',
                   'p-00001,R8,0201,施策,重点施策（四半期）')
    assert '「P-00001」' in words


def test_two_who_take_the_same_number_at_once(client_of, monkeypatch):
    it, looked = client_of('it'), saving.rule_problems

    def refusals(noun, row, before, form, by, at):
        found = looked(noun, row, before, form, by, at)
        with trail.act('cases.create', by=None, at=clock.now()) as act:
            act.save(Case(case_no=row.case_no, fiscal_year=2027, department=1, title='先の人', kind='new',
                          initial_cost=1))
        return found
    monkeypatch.setattr(saving, 'rule_problems', refusals)
    words = refused(it, '/cases/new', fiscal_year='2027', department_code='0201', title='あとの人',
                    kind='new', initial_cost='1')
    assert 'いまほかの人が使いました' in words and 'あとの人' in words and 'C-00004' in words


def test_a_number_given_twice_is_told_together_with_what_else_is_wrong(client_of):
    it = client_of('it')
    head = 'system_no,name,owner_code,category,lifecycle,pii'
    words = upload(it, 'systems', head, 'S-90001,,9999,個別業務系,運用,なし',
                   'S-90001,新,0201,なんでも,運用,なし')
    assert '9999' in words and 'なんでも' in words and '2行目と同じ番号です' in words
    words = upload(it, 'plans',
                   'plan_no,fiscal_year,department_code,title,plan_class,quarter,assessment,achievement',
                   'P-90001,R8,9999,施策,重点施策（四半期）,1,順調,80',
                   'P-90001,R8,0201,施策,なんでも,1,順調,80')
    assert '9999' in words and 'なんでも' in words and '2行目と同じ番号・回です' in words


def test_all_that_is_wrong_with_a_form_is_told_at_once(client_of):
    words = refused(client_of('it'), '/systems/new', system_no='S-00001', name='', owner_code='9999',
                    category='office', pii='none',
                    lifecycle='operate', go_live_on='2040-04-01', act_reason='')
    for said in ('この番号の記録は既にあります', 'システム名称を入力', '「9999」は台帳にありません',
                 'まだ来ていません'):
        assert said in words


def test_what_rests_on_a_voided_record_is_not_taken_up_before_it(it):
    with db.connection_context(), trail.act('tests.void', by=None, at=clock.now()) as act:
        support = Support.get_by_id(1)
        act.void(support, 'まちがい')
        act.void(support.case, 'まちがい')
    refused = it.post('/supports/1/restore', data={'reason': '戻す'})
    assert refused.status_code == 422 and '先にそちらの取消を取りやめてください' in words(refused)
    assert it.post(f'/cases/{support.case_id}/restore', data={'reason': '戻す'}).status_code == 303
    assert it.post('/supports/1/restore', data={'reason': '戻す'}).status_code == 303


def test_an_old_page_takes_back_no_newer_voiding(it):
    with db.connection_context(), trail.act('tests.void', by=None, at=clock.now()) as act:
        act.void(Case.get_by_id(1), 'まちがい')
    asked = values(it, '/cases/1/restore') | {'reason': '別の記録でした'}
    changed_by_someone(Case, 1, void_reason='やはり重複')
    answer = it.post('/cases/1/restore', data=asked)
    assert answer.status_code == 422 and 'この記録が変更されました' in words(answer)


# --- writing for another unit ---
@pytest.mark.parametrize(('url', 'field', 'data'), [
    ('/systems/new', 'owner_code', {'system_no': 'S-00077', 'name': '越境', 'summary': '越境',
                                    'category': 'office', 'pii': 'none'}),
    ('/plans/new', 'department_code', {'plan_no': 'P-00077', 'fiscal_year': '2026', 'title': '越境',
                                       'class': 'priority'}),
    ('/cases/new', 'department_code', {'case_no': 'C-00077', 'fiscal_year': '2026', 'title': '越境',
                                       'kind': 'new', 'initial_cost': '1', 'yearly_cost': '0', 'years': '1',
                                       'new_technology': '0'}),
    ('/budget-requests/new', 'department_code', {'request_no': 'B-00077', 'fiscal_year': '2026',
        'requested_on': '2026-09-01',
                                                 'title': '越境', 'amount': '1', 'new_technology': '0',
                                                 'it_cost': '1'}),
])
def test_a_unit_writes_for_itself_only(client_of, url, field, data):
    browser = client_of('department')
    refused = browser.post(url, data=data | {field: '0202'})
    assert refused.status_code == 422 and '自分の所属の' in refused.page.text
    assert browser.post(url, data=data | {field: '0201'}).status_code == 303


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
    return noun.form(FormData(values), data=data, viewer=Viewer(signed['by'], clock.today()))


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
        viewer = Viewer(signed['by'], clock.today())
        form = flow.form(stands, target, formdata=FormData(values), viewer=viewer)
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
    form = systems.form(FormData({'system_no': 's-00001'}))
    db.query_hooks.append(lambda event: asked.append((event.sql, event.params)))
    numbers.next_number(systems)
    assert list(saving.number_problems(systems, System(), None, form, None, clock.today()))
    db.query_hooks.pop()
    looks = [(sql, params) for sql, params in asked if 'LOWER' in sql]
    assert len(looks) == 2
    for sql, params in looks:
        if not lite:
            db.execute_sql('SET enable_seqscan = off')
            db.execute_sql('SET enable_indexonlyscan = off')
        plan = str(db.execute_sql(f'EXPLAIN {"QUERY PLAN " if lite else ""}{sql}', params).fetchall())
        assert 'system_system_no_lower' in plan, plan


@pytest.fixture
def meanwhile(monkeypatch):
    """A function: have another person do something between a page's checks and its act of a kind."""
    def arrange(kind, do):
        act, done = trail.act, []

        def late(kind_now, **signed):
            if kind_now == kind and not done:
                done.append(None)
                other = threading.Thread(target=lambda: done.append(do()))
                other.start()
                other.join()
            return act(kind_now, **signed)
        monkeypatch.setattr(trail, 'act', late)
        return done
    return arrange


def test_a_unit_stays_when_a_system_has_just_come_under_it(client_of, meanwhile):
    it, other = client_of('it'), client_of('it')
    it.post('/departments/new', data={'code': '0999', 'name': '空の課', 'level': 'section',
                                      'valid_from': '2020-04-01'})
    with db.connection_context():
        id = Department.get(Department.code == '0999').id
    done = meanwhile('departments.void', lambda: other.post('/systems/new', data={
        'system_no': 'S-00077', 'name': '新', 'owner_code': '0999', 'category': 'office', 'lifecycle': 'idea',
        'summary': '試験', 'pii': 'none'}))
    answer = it.post(f'/departments/{id}/void', data={'reason': '重複'})
    assert done[1].status_code == 303 and answer.status_code == 422 and '情報システム1件' in answer.page.text
    with db.connection_context():
        assert Department.get_by_id(id).voided_at is None


def test_a_system_does_not_come_under_a_unit_that_has_just_gone(client_of, meanwhile):
    it, other = client_of('it'), client_of('it')
    it.post('/departments/new', data={'code': '0999', 'name': '空の課', 'level': 'section',
                                      'valid_from': '2020-04-01'})
    with db.connection_context():
        id = Department.get(Department.code == '0999').id
    done = meanwhile('systems.create', lambda: other.post(f'/departments/{id}/void', data={'reason': '重複'}))
    answer = it.post('/systems/new', data={'system_no': 'S-00077', 'name': '夜間受付', 'owner_code': '0999',
                                           'category': 'office', 'lifecycle': 'idea', 'summary': '試験',
                                           'pii': 'none'})
    assert done[1].status_code == 303 and answer.status_code == 422
    assert 'いま取り消されました' in answer.page.text and '夜間受付' in answer.text
    with db.connection_context():
        assert not System.select().where(System.system_no == 'S-00077').exists()


def test_a_theme_stays_when_an_initiative_has_just_joined_it(client_of, meanwhile):
    it, other = client_of('it'), client_of('it')
    it.post('/strategies/2026/themes/new', data={'no': '9', 'title': '新しいテーマ'})
    done = meanwhile('strategies.edit', lambda: other.post('/strategies/2026/initiatives/new', data={
        'no': '88', 'theme_no': '9', 'title': '新しい取組'}))
    answer = it.post('/strategies/2026/themes/9/void', data={'reason': '重複'})
    assert done[1].status_code == 303 and answer.status_code == 422
    assert it.get('/board/?year=2026').status_code == 200


def test_an_initiative_does_not_join_a_theme_that_has_just_gone(client_of, meanwhile):
    it, other = client_of('it'), client_of('it')
    it.post('/strategies/2026/themes/new', data={'no': '9', 'title': '新しいテーマ'})
    done = meanwhile('strategies.edit', lambda: other.post('/strategies/2026/themes/9/void',
        data={'reason': '重複'}))
    answer = it.post('/strategies/2026/initiatives/new',
                     data={'no': '88', 'theme_no': '9', 'title': '新しい取組'})
    assert done[1].status_code == 303 and answer.status_code == 422
    assert '取り消されています' in answer.page.text
    assert it.get('/board/?year=2026').status_code == 200
    with db.connection_context():
        assert Theme.get(Theme.no == 9).voided_at is not None


def test_two_systems_do_not_become_each_others_successor(client_of, meanwhile):
    it, other = client_of('it'), client_of('it')
    mine, theirs = values(it, '/systems/1/edit'), values(it, '/systems/2/edit')
    done = meanwhile('systems.edit', lambda: other.post('/systems/2/edit',
        data=theirs | {'successor_no': 'S-00001'}))
    answer = it.post('/systems/1/edit', data=mine | {'successor_no': 'S-00002'})
    assert done[1].status_code == 303 and answer.status_code == 422
    assert '自分自身に戻ります' in answer.page.text
    with db.connection_context():
        assert System.get_by_id(1).successor_id is None and System.get_by_id(2).successor_id == 1


def test_what_a_form_was_opened_with_may_have_gone_too(client_of, meanwhile):
    it, other = client_of('it'), client_of('it')
    asked = values(it, '/reviews/new?system_nos=S-00001') | {'kind': 'merge', 'title': '統合',
        'reviewed_on': '2026-11-01'}
    done = meanwhile('reviews.create', lambda: other.post('/systems/1/move/cancelled',
        data=values(other, '/systems/1/move/cancelled') | {
        'reason': '重複'}))
    answer = it.post('/reviews/new?system_nos=S-00001', data=asked)
    assert done[1].status_code == 303 and answer.status_code == 422
    assert 'いま取り消されました' in answer.page.text
