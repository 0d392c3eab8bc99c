"""What a unit's member may not decide, name or undo, in a form and in a file; what two people may not
lose."""
import html
import io
import re
import threading
from datetime import date

import pytest
from asking import refused, upload, values
from cast import email
from peewee import DataError, SqliteDatabase
from reading import Page

from audits import trail, verify
from models import (
    BudgetRequest,
    Case,
    CorrectiveAction,
    Course,
    Department,
    Enrolment,
    Finding,
    Incident,
    IncidentSystem,
    Staff,
    StepProgress,
    Support,
    System,
    Throttle,
    db,
)
from registry.core import clock
from registry.records import saving
from registry.web import throttles


@pytest.fixture
def department(client_of):
    return client_of('department')


def test_a_unit_does_not_complete_its_own_support(department):
    words = refused(department, '/supports/new', case_no='C-00001', kind='ordering',
                    requested_on='2026-10-01', trial='0',
                    completed_on='2026-10-02', opinion='fine', opinion_text='よい')
    assert '完了日は情報政策の担当者だけが変更できます' in words and '総合意見は' in words
    words = upload(department, 'supports', 'case_no,kind,requested_on,completed_on,trial',
                   'C-00001,発注・計画調達支援,2026-10-01,2026-10-02,いいえ')
    assert '担当者だけが変更できます' in words


def test_a_unit_does_not_judge_what_counts(department):
    words = refused(department, '/budget-requests/1/edit', exclusion_reason='自己判断', excluded_by='課長')
    assert '情報政策の担当者だけが変更できます' in words
    assert '相談してください' in refused(department, '/budget-requests/1/edit', it_cost='0')


def test_what_a_unit_may_not_decide_it_is_not_asked(client_of, department):
    for address, names in {'/budget-requests/new': ('it_cost', 'exclusion_reason', 'excluded_by'),
                           '/cases/1/edit': ('outcome',), '/supports/new': ('completed_on', 'opinion'),
                           '/systems/new': ('lifecycle',)}.items():
        page, desk = department.get(address).page.named(), client_of('it').get(address).page.named()
        assert page.isdisjoint(names) and desk.issuperset(names)
    asked = values(department, '/budget-requests/new') | {'request_no': 'B-90001', 'fiscal_year': '2027',
        'requested_on': '2026-10-01',
                                                          'title': '改修', 'amount': '100'}
    assert department.post('/budget-requests/new', data=asked).status_code == 303
    with db.connection_context():
        assert BudgetRequest.get(BudgetRequest.request_no == 'B-90001').it_cost is True


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


def test_the_preview_says_what_a_new_record_will_hold(client_of):
    words = upload(client_of('it'), 'systems', 'system_no,name,owner_code,category,lifecycle,pii,go_live_on',
                   'S-90001,新,0201,個別業務系,運用,なし,R8.4.1')
    for told in ('システム名称: 新', 'ライフサイクル状態: 運用', '稼働開始日: 令和8年4月1日（2026-04-01）',
                 '所管課: 0201'):
        assert told in Page(words).texts('li')
    words = upload(client_of('it'), 'plans',
                   'plan_no,fiscal_year,department_code,title,plan_class,quarter,assessment',
                   'P-90001,R8,0201,施策,重点施策（四半期）,2Q,順調')
    for told in ('年度: 令和8年度', '施策名: 施策', '評価: 順調'):
        assert told in Page(words).texts('li')


def test_the_lifecycle_moves_by_its_page_only(client_of, department):
    assert 'lifecycle' not in client_of('it').get('/systems/1/edit').page.named()
    for browser in (department, client_of('head')):
        assert '次に進める状態' in refused(browser, '/systems/1/edit', lifecycle='disposed')
    assert '次に進める状態' in refused(client_of('it'), '/systems/1/edit', lifecycle='review')
    assert '「構想」で登録し' in refused(department, '/systems/new', system_no='S-90000', name='新',
                                 category='office', lifecycle='operate', pii='none')
    assert '担当者だけが変更できます' in upload(department, 'systems', 'system_no,lifecycle',
                                    'S-00001,廃止予定')


def test_a_unit_names_no_other_units_record(department):
    for number in ('S-00002', 'S-99999'):  # another unit's, and nobody's: told alike
        assert f'後継システム管理番号「{number}」は台帳にありません。先に登録' in refused(department,
            '/systems/1/edit', successor_no=number)
    words = refused(department, '/cases/new', case_no='C-90000', fiscal_year='2027', title='x', kind='new',
                    system_no='S-00002', request_no='B-00002', initial_cost='1', yearly_cost='0', years='1',
                    new_technology='0')
    assert words.count('は台帳にありません') + words.count('は登録されていません') >= 2
    # before it is asked whether the record has changed meanwhile, too
    for number in ('S-00002', 'S-99999'):
        words = refused(department, '/systems/1/edit', successor_no=number, revision='999')
        assert '戸籍システム' not in words
        assert f'後継システム管理番号「{number}」は台帳にありません。先に登録' in words


def test_a_file_says_nothing_of_another_units_record(department):
    words = upload(department, 'systems', 'system_no,lifecycle', 'S-00002,構想')
    assert '権限がありません' in words and '進めません' not in words and '運用' not in Page(words).one(
        'main').text()


def test_a_finding_waits_for_every_measure(app, client_of):
    with app.app_context(), db.connection_context(), trail.act('findings.edit', by=None,
            at=clock.now()) as act:
        row = Finding.get_by_id(1)
        row.state = 'correcting'
        act.save(row)
        first = CorrectiveAction.get_by_id(1)
        first.done_on = first.evidence = None
        act.save(first)
        act.insert([CorrectiveAction(finding=row, measure='掲示を貼った', owner=first.owner,
                                     due_on=clock.today(), done_on=clock.today(),
                                     evidence='写真')])
    page = client_of('department').post('/findings/1/move/reported', data={'reason': '済み'})
    assert page.status_code == 422 and '是正の実施日を入力してください' in page.text


def test_an_approved_measure_stands_and_a_closed_finding_is_left_alone(app, client_of, department):
    def state(value):
        with app.app_context(), db.connection_context(), trail.act('findings.edit', by=None,
                at=clock.now()) as act:
            row = Finding.get_by_id(1)
            row.state = value
            act.save(row)
    state('approved')
    assert 'due_on' not in department.get('/actions/1/edit').page.named()
    department.post('/actions/1/edit', data=values(department, '/actions/1/edit')
                    | {'due_on': '2030-01-01', 'measure': '別'})
    with app.app_context(), db.connection_context():
        stands = CorrectiveAction.get_by_id(1)
        assert (stands.due_on.year, stands.measure) != (2030, '別')
    state('closed')
    assert department.get('/actions/1/edit').status_code == 403
    assert department.get('/findings/1/actions/new').status_code == 403


def test_the_owner_of_a_measure_is_of_the_unit(department):
    page = department.get('/findings/1/actions/new').page
    options = page.one('select[name="owner_email"]').text()
    assert '土井 長' in options and '江口 監' not in options and '阿部 情' not in options


@pytest.mark.parametrize(('address', 'first', 'second'), [
    ('/actions/1/edit', {'evidence': '先の証跡'}, {'evidence': 'あとの証跡'}),
    ('/plans/1/check-ins/1Q', {'result': '先の成果'}, {'result': 'あとの成果'})])
def test_the_second_of_two_is_asked(client_of, department, address, first, second):
    mine, theirs = values(department, address), values(client_of('head'), address)
    assert department.post(address, data=mine | first).status_code == 303
    answer = client_of('head').post(address, data=theirs | second)
    assert answer.status_code == 409
    assert next(iter(first.values())) in answer.text and next(iter(second.values())) in answer.text


def test_a_quarter_that_has_not_begun_is_not_recorded(department):
    assert 'から記録できます' in refused(department, '/plans/1/check-ins/4Q', assessment='on_track',
                                 achievement='80')


def test_a_change_made_behind_the_trail_is_not_washed_by_an_honest_one(app):
    with app.app_context(), db.connection_context():
        with trail.untrailed():
            System.update(name='改名システム').where(System.id == 1).execute()
        assert not verify.verify().intact
        with trail.act('systems.edit', by=None, at=clock.now()) as act:
            row = System.get_by_id(1)
            row.name = '正しい名'
            act.save(row)
        found = verify.verify()
    assert found.first_broken and 'name' in found.first_broken['what'] and not found.outside


def test_an_absurd_number_is_not_found(client_of):
    assert client_of('it').get('/systems/99999999999999999999').status_code == 404


def test_the_parts_of_a_record_are_in_its_history(client_of):
    browser = client_of('it')
    assert '進捗確認: ' in browser.get('/plans/1').text and '是正措置: 措置内容を' in browser.get(
        '/findings/1').text
    assert '標準化対象業務を' in browser.get('/systems/1').text


def test_what_is_counted_stays_counted(app):
    with app.app_context(), db.connection_context():
        assert BudgetRequest.get_by_id(1).it_cost and Support.get_by_id(1).state == 'reviewing'


@pytest.mark.parametrize('change', ["UPDATE \"system\" SET go_live_on = 'zzz' WHERE id = 1",
                                    "UPDATE \"system\" SET owner_id = 'zzz' WHERE id = 1",
                                    "UPDATE \"system\" SET voided_at = 'zz', void_reason = 'x' WHERE id = 1"])
def test_the_verdict_names_what_cannot_be_read(client_of, change):
    auditor = client_of('auditor')
    with db.connection_context(), trail.untrailed():
        try:
            if isinstance(db.obj, SqliteDatabase):
                db.execute_sql('PRAGMA foreign_keys = OFF')
            db.execute_sql(change)
        except DataError:
            return  # PostgreSQL keeps its columns' types
    text = html.unescape(auditor.post('/trail/verify').text)
    assert re.search('いまの記録は「#?zz', text) and 'S-00001' in text


def test_a_unit_keeps_its_name_until_the_day_of_the_new_one(client_of):
    it = client_of('it')
    number, former = 1, it.get('/departments/1').page.h1
    values_now = values(it, f'/departments/{number}/edit')
    assert it.post(f'/departments/{number}/edit', data=values_now
                   | {'name': '未来デジタル課', 'valid_from': 'R9.4.1'}).status_code == 303
    page = it.get(f'/departments/{number}')
    assert page.page.h1 == former
    assert '令和9年4月1日（2027-04-01）から「未来デジタル課」になります' in page.page.text
    name = former.split(' ', 1)[1]
    for address in ('/departments/', '/systems/new', '/search?q=' + name, f'/departments/?q={name}'):
        text = it.get(address).text
        assert name in text and '未来デジタル課' not in text.replace('になります', ''), address
    # and after the day it is found by either
    clock.pin(clock.today().replace(year=2027, month=5))
    for word in (name, '未来デジタル'):
        text = it.get(f'/departments/?q={word}').text
        assert '未来デジタル課' in text, word


def test_who_was_voided_before_the_census_is_on_it(app, client_of):
    with app.app_context(), db.connection_context(), trail.act('enrolments.edit', by=None,
            at=clock.now()) as act:
        course = Course.get(Course.code == 'K26-02')
        act.insert([row := Enrolment(course=course, staff=Staff.get_by_id(1), status='done',
                                     completed_on=clock.today())])
        act.void(row, '誤って登録')
        course.census_on = clock.today()
        act.save(course)
    it = client_of('it')
    assert it.post(f'/courses/{course.id}/census').status_code == 303
    with app.app_context(), db.connection_context():
        rows = list(Enrolment.select().where(Enrolment.course == course))
        assert len(rows) == 2 and {(row.status, row.voided_at, row.completed_on)
                                   for row in rows} == {('waiting', None, None)}


def test_nobody_slips_into_a_frozen_census_by_an_edit(app, client_of):
    with app.app_context(), db.connection_context(), trail.act('staff.create', by=None,
            at=clock.now()) as act:
        act.save(Staff(staff_no='2001', name='新人', department=Department.get(Department.code == '0201'),
                       joined_on=clock.today()))
    assert '在籍していない' in refused(client_of('it'), '/enrolments/1/edit', staff_no='2001')


def test_a_support_is_not_completed_without_an_opinion(client_of):
    it = client_of('it')
    assert '支援を完了する' in refused(it, '/supports/1/edit', completed_on='2026-10-01', opinion='fine',
                                opinion_text='よい')
    assert '総合意見を入力' in refused(it, '/supports/new', case_no='C-00001', kind='ordering',
                                requested_on='2026-10-01', trial='0',
                                completed_on='2026-10-02')


def joined(app):
    """Have the desk make another unit's system the successor of the unit's own."""
    with app.app_context(), db.connection_context(), trail.act('systems.edit', by=None,
            at=clock.now()) as act:
        row = System.get_by_id(1)
        row.successor = 2
        act.save(row)


def test_what_is_hidden_stays_as_it_is_through_a_form_and_a_file(app, client_of, department):
    joined(app)
    form = values(department, '/systems/1/edit')
    assert form['successor_no'] == 'ほかの所属の記録'
    assert department.post('/systems/1/edit', data=form | {'note': '備考'}).status_code == 303
    file = department.get('/systems/export.csv').get_data().decode('utf-8-sig')
    assert 'S-00002' not in file and 'ほかの所属の記録' in file
    assert '変更なし' in upload(department, 'systems', *file.splitlines())
    assert '台帳にありません' in upload(client_of('it'), 'systems', 'system_no,successor_no',
                                'S-00002,ほかの所属の記録')
    with app.app_context(), db.connection_context():
        row = System.get_by_id(1)
        assert (row.successor_id, row.note) == (2, '備考')


def test_a_reorganisation_entered_ahead_opens_nothing_yet(app, client_of):
    it = client_of('it')
    below = values(it, '/departments/5/edit')
    assert below['code'] == '0201-1'
    assert it.post('/departments/5/edit', data=below | {'parent_code': '0202',
        'valid_from': '2027-04-01'}).status_code == 303
    assert (client_of('head').get('/systems/3').status_code,
            client_of('other').get('/systems/3').status_code) == (200, 404)
    clock.pin(date(2027, 4, 1))
    assert (client_of('head').get('/systems/3').status_code,
            client_of('other').get('/systems/3').status_code) == (404, 200)


def test_a_unit_does_not_come_under_itself(client_of):
    assert '自分自身に戻ります' in refused(client_of('it'), '/departments/2/edit', parent_code='0201-1')


def test_a_wrong_file_says_nothing_of_another_units_record_either(department):
    words = upload(department, 'systems', 'system_no,lifecycle,users', 'S-00002,廃棄済,多い')
    assert '権限がありません' in words and '進めません' not in words and '数として' not in words


def test_links_of_the_second_of_two_are_asked_about(client_of):
    it, executive = client_of('it'), '/incidents/1/edit'
    mine, theirs = values(it, executive), values(it, executive)
    assert it.post(executive, data=theirs | {'system_nos': 'S-00001;S-00002'}).status_code == 303
    answer = it.post(executive, data=mine | {'system_nos': 'S-00001;S-00003'})
    assert answer.status_code == 409 and 'S-00002' in answer.text and 'S-00003' in answer.text
    # from the other side too: a business has taken the system meanwhile
    mine = values(it, '/systems/1/edit')
    assert it.post('/businesses/19/edit', data=values(it, '/businesses/19/edit')
                   | {'system_nos': 'S-00001;S-00002'}).status_code == 303
    assert it.post('/systems/1/edit', data=mine | {'note': 'x'}).status_code == 409


def test_links_changed_under_an_open_act_are_not_lost(app):
    with app.app_context(), db.connection_context(), pytest.raises(trail.Stale), trail.act('incidents.edit',
            by=None, at=clock.now()) as act:
        act.link(IncidentSystem, 'incident', Incident.get_by_id(1), 'system', [1], known=[1, 2])


@pytest.mark.parametrize(('who', 'address', 'changed'), [
    ('it', '/incidents/1/void', Incident), ('auditor', '/actions/1/follow-up', CorrectiveAction)])
def test_what_changed_meanwhile_is_neither_voided_nor_followed_up(app, client_of, who, address, changed):
    browser = client_of(who)
    form = values(browser, address) | {'reason': '誤り', 'result': 'effective', 'followed_on': '2026-11-20',
                                       'result_note': '見た'}
    with app.app_context(), db.connection_context(), trail.act('test.edit', by=None, at=clock.now()) as act:
        row = changed.get_by_id(1)
        row.__data__['title' if changed is Incident else 'evidence'] = '変えた'
        act.save(row)
    answer = browser.post(address, data=form)
    assert answer.status_code == 409 and '誤り' in answer.text or '見た' in answer.text
    again = values(browser, address) | {key: form[key] for key in ('reason', 'result', 'followed_on',
        'result_note')}
    assert browser.post(address, data=again).status_code == 303


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


def test_guesses_at_the_same_time_all_count(app):
    admitted, barrier = [], threading.Barrier(12)

    def guess():
        with app.test_request_context(), db.connection_context():
            barrier.wait()
            with throttles.Attempt('x@city.example', None) as attempt:
                admitted.append(not attempt.wait)
    threads = [threading.Thread(target=guess) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    # counted before they are verified: the sixth makes the others wait
    assert (admitted.count(True), len(admitted)) == (throttles.FREE + 1, 12)
    with app.test_request_context(), db.connection_context():
        row = Throttle.get(Throttle.key.startswith('pair:'))
        assert row.failures == throttles.FREE + 1 and row.until is not None


@pytest.mark.parametrize(('statement', 'table'), [
    ("UPDATE person SET password_hash = 'x' WHERE id = 1", 'person'),
    ("UPDATE \"system\" SET search_text = '' WHERE id = 1", 'system')])
def test_a_planted_password_and_a_hidden_record_are_named(app, statement, table):
    with app.app_context(), db.connection_context():
        assert verify.verify().intact
        with trail.untrailed():
            db.execute_sql(statement)
        found, = verify.verify().outside
        assert (found['table'], found['row']) == (table, 1)


def test_a_units_own_mistake_is_named(department):
    words = upload(department, 'systems', 'system_no,name,owner_code,category,lifecycle,pii',
                   'S-90009,新,9999,個別業務系,構想,なし')
    assert '台帳にありません' in words and '権限がありません' not in words


def test_a_list_does_not_choose_another_unit_for_a_voided_one(app, client_of):
    with app.app_context(), db.connection_context(), trail.act('departments.void', by=None,
            at=clock.now()) as act:
        act.void(Department.get(Department.code == '0201'), '廃止')
    it = client_of('it')
    form = values(it, '/systems/1/edit')
    assert form['owner_code'] == '0201'
    assert it.post('/systems/1/edit', data=form | {'note': 'x'}).status_code == 303
    with app.app_context(), db.connection_context():
        assert System.get_by_id(1).owner.code == '0201'


def test_columns_that_are_not_known_are_passed_over_when_asked(client_of):
    def send(**more):
        return client_of('it').post('/files/', data={
            'kind': 'systems', 'encoding': 'auto',
            'file': (io.BytesIO('管理番号,備考,メモ\nS-00001,あ,い'.encode()), 'a.csv'), **more},
            content_type='multipart/form-data', follow_redirects=True).text
    assert '「メモ」という列はありません' in send() and 'という列はありません' not in send(ignore='y')


def test_what_an_operating_system_lacks_is_on_its_page(app, client_of):
    with app.app_context(), db.connection_context(), trail.act('systems.edit', by=None,
            at=clock.now()) as act:
        row = System.get_by_id(1)
        row.pii = 'my_number'
        act.save(row)
    assert 'PIA種別' in client_of('it').get('/systems/1').page.text.partition('空欄:')[2][:200]


def test_a_unit_does_not_change_what_was_examined(app, client_of, department):
    with app.app_context(), db.connection_context(), trail.act('supports.edit', by=None,
            at=clock.now()) as act:
        row = Support.get_by_id(1)
        row.state, row.completed_on = 'completed', clock.today()
        row.opinion, row.opinion_text = 'fine', 'よい'
        act.save(row)
    assert '完了したあとの予算要求、金額' in refused(department, '/cases/1/edit', initial_cost='1')
    assert '完了したあとの予算要求、金額' in refused(department, '/budget-requests/1/edit', amount='1')
    assert '完了したあとの予算要求、金額' in upload(department, 'cases', 'case_no,initial_cost', 'C-00001,1')
    assert '担当者だけが変更できます' in refused(department, '/cases/1/edit', outcome='as_requested')
    it = client_of('it')
    assert it.post('/cases/1/edit', data=values(it, '/cases/1/edit')
                   | {'initial_cost': '1', 'outcome': 'as_requested'}).status_code == 303


def test_a_slip_in_a_follow_up_is_corrected_until_something_rests_on_it(app, client_of):
    auditor = client_of('auditor')
    address = '/actions/1/follow-up'
    with app.app_context(), db.connection_context(), trail.act('findings.edit', by=None,
            at=clock.now()) as act:
        row = Finding.get_by_id(1)
        row.state = 'reported'
        act.save(row)
    for result in ('effective', 'insufficient'):
        form = values(auditor, address) | {'result': result, 'followed_on': '2026-11-20',
                                           'result_note': '見た'}
        assert auditor.post(address, data=form).status_code == 303
    assert address in auditor.get('/findings/1').text
    assert auditor.post('/findings/1/move/correcting',
                        data={'reason': '不十分', 'revision': '2'}).status_code == 303
    assert auditor.get(address).status_code == 403


def test_an_address_is_one_however_it_is_written(client_of):
    admin = client_of('admin')
    form = {'name': '新人', 'department_code': '0201', 'role': 'department', 'is_active': '1'}
    assert admin.post('/people/new', data=form | {'email': 'taro@city.example'}).status_code == 303
    assert '既にあります' in refused(admin, '/people/new', **form, email='TARO@CITY.EXAMPLE')
    assert '既にあります' in refused(admin, '/people/1/edit', email='TARO@city.example')


def test_what_is_begun_says_what_it_is_for(client_of):
    it = client_of('it')
    asked = {'system_no': 'S-90001', 'name': '新', 'owner_code': '0201', 'category': 'office', 'pii': 'none'}
    assert '何のためのシステムか' in refused(it, '/systems/new', **asked)
    assert it.post('/systems/new', data=asked | {'summary': '申請の受付'}).status_code == 303
    # what a file brings may have gaps, until somebody edits it
    words = upload(it, 'systems', 'system_no,name,owner_code,category,lifecycle,pii',
                   'S-90002,旧,0201,個別業務系,構想,なし')
    assert 'この内容で取り込む' in words


def test_nothing_begins_cancelled_or_before_its_day(client_of):
    it = client_of('it')
    asked = {'system_no': 'S-90001', 'name': '新', 'owner_code': '0201', 'category': 'office', 'pii': 'none'}
    assert '取消は、記録の画面で' in refused(it, '/systems/new', **asked, lifecycle='cancelled')
    assert 'まだ来ていません' in refused(it, '/systems/new', **asked, lifecycle='operate',
                                 go_live_on='2040-04-01')
    head = 'system_no,name,owner_code,category,lifecycle,pii,go_live_on'
    words = upload(it, 'systems', head, 'S-90001,新,0201,個別業務系,取消,なし,',
                   'S-90002,新,0201,個別業務系,運用,なし,2040-04-01')
    assert '取消は、記録の画面で' in words and 'まだ来ていません' in words
    assert '取消は、記録の画面で' in upload(it, 'systems', 'system_no,lifecycle', 'S-00001,取消')


def test_numbers_may_bear_their_unit_and_lists_their_commas(client_of):
    it = client_of('it')
    asked = values(it, '/systems/1/edit') | {'users': '１，２００ 人', 'std_business': 'B01, B02、B03'}
    assert it.post('/systems/1/edit', data=asked).status_code == 303
    page = it.get('/systems/1').page.text
    assert '1,200人' in page and values(it, '/systems/1/edit')['std_business'] == 'B01;B02;B03'


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


def test_a_number_is_found_by_whatever_dash(client_of):
    it = client_of('it')
    for typed in ('S-00001', 'S‐00001', 'S−00001', 'Ｓ－００００１', '\u200bS-00001'):
        assert '/systems/1' in it.get('/systems/', query_string={'q': typed}).page.links
    assert '/systems/1' not in it.get('/systems/?q=S-99999').page.links


def test_an_applied_file_says_so_when_its_preview_is_opened_again(client_of):
    it = client_of('it')
    head = 'system_no,name,owner_code,category,lifecycle,pii'
    data = {'kind': 'systems', 'encoding': 'auto',
            'file': (io.BytesIO(f'{head}\nS-90001,新,0201,個別業務系,運用,なし'.encode()), 'a.csv')}
    address = it.post('/files/', data=data).headers['Location']
    page = it.get(address)
    assert '新しい記録（新・' in page.text
    seen = page.page.fields()['seen']
    assert it.post(address, data={'reason': '登録', 'seen': seen}).status_code == 303
    for again in (it.get(address), it.post(address, data={'reason': '登録', 'seen': seen})):
        assert again.status_code == 303
    assert 'もう取り込んだか' in it.get('/files/').text


def test_support_of_a_budget_line_is_asked_for_once(department):
    asked = values(department, '/budget-requests/new') | {'request_no': 'B-90001', 'fiscal_year': '2027',
        'requested_on': '2026-10-01',
                                                          'title': '改修', 'amount': '100'}
    address = department.post('/budget-requests/new', data=asked).headers['Location'] + '/ask'
    typed = values(department, address) | {'kind': 'replace'}
    assert department.post(address, data=typed).status_code == 303
    again = department.post(address, data=typed | {'title': '二度目'})
    assert again.status_code == 422 and 'もう依頼してあるか' in again.text and '二度目' in again.text
    assert department.get(address).status_code == 303 and 'もう依頼してあるか' in department.get('/').text
    with db.connection_context():
        assert Case.select().where(Case.title.in_(['改修', '二度目'])).count() == 1


def test_a_number_has_no_invisible_twin(client_of):
    it = client_of('it')
    assert '既にあります' in refused(it, '/systems/new', system_no='S-00001\u200b', name='双子',
                               summary='試験', owner_code='0201',
                              category='office', pii='none')


def test_a_history_does_not_know_the_name_of_next_april(client_of):
    it = client_of('it')
    form = values(it, '/departments/2/edit') | {'name': '課税課', 'valid_from': '2027-04-01'}
    assert form['code'] == '0201' and it.post('/departments/2/edit', data=form).status_code == 303
    page = it.get('/systems/1').page.text
    assert '所管課を「0201 税務課」で登録しました' in page and '課税課' not in page


def test_a_census_waits_for_its_day(app, client_of):
    it = client_of('it')
    assert '/courses/2/census' in it.get('/courses/2').text
    with app.app_context(), db.connection_context(), trail.act('courses.edit', by=None,
            at=clock.now()) as act:
        course = Course.get_by_id(2)
        course.census_on = date(2026, 12, 1)
        act.save(course)
    assert '/courses/2/census' not in it.get('/courses/2').text
    it.post('/courses/2/census')
    with app.app_context(), db.connection_context():
        assert not Enrolment.select().where(Enrolment.course == 2).exists()


def test_a_unit_with_records_is_not_voided(client_of):
    words = refused(client_of('it'), '/departments/2/void', reason='廃止')
    assert '情報システム1件' in words and '有効終了日' in words


def test_a_number_is_told_what_is_wrong_with_it(client_of):
    it = client_of('it')
    for typed, told in (('1.5', '小数のない整数'), ('４．５', '小数のない整数'),
                        ('9' * 25, '0から999,999,999までの数'),
                        ('-1', '0から'), ('1e99', '数として読めません'), ('9' * 6000, '0から')):
        assert told in refused(it, '/systems/1/edit', users=typed)
    words = upload(it, 'plans', 'plan_no,fiscal_year,department_code,title,plan_class,quarter,assessment',
                   'P-90001,R8,0201,施策,重点施策（四半期）,5Q,順調')
    assert '誤り 1件' in Page(words).text and '回を入力してください' not in words


def test_another_number_or_a_closed_finding_is_changed_with_a_reason_only(client_of):
    it, auditor = client_of('it'), client_of('auditor')
    assert '「変更の理由」を書いてください' in refused(it, '/systems/1/edit', system_no='S-90001',
                                        act_reason=' ')
    with db.connection_context(), trail.act('findings.move', by=None, at=clock.now()) as act:
        row = Finding.get_by_id(1)
        row.state = 'closed'
        act.save(row)
    assert '「完了」です。「変更の理由」を書いてください' in refused(auditor, '/findings/1/edit',
        fact='別の事実')
    asked = values(auditor, '/findings/1/edit') | {'fact': '別の事実', 'act_reason': '誤記の訂正'}
    assert auditor.post('/findings/1/edit', data=asked).status_code == 303


def test_a_number_of_steps_below_the_masters_is_refused(client_of):
    it = client_of('it')
    words = refused(it, '/settings/new', name='steps_per_business', valid_from='2026-11-01', value='1')
    assert 'それより小さい数は使えません' in words
    assert 'それより小さい数は使えません' in upload(it, 'settings', 'name,valid_from,value',
                                      '1業務あたりのステップ数,2026-11-01,1')


def test_what_points_to_a_voided_system_says_so(client_of):
    it = client_of('it')
    assert '取消は元に戻せません' in it.get('/systems/1/move/cancelled').text
    assert '取消済み' not in it.get('/incidents/1').text
    with db.connection_context(), trail.act('systems.move', by=None, at=clock.now()) as act:
        act.void(System.get_by_id(1), '重複')
    assert '（取消済み）' in it.get('/incidents/1').text


@pytest.mark.parametrize('address', ['/?year=2026&', '/strategies/2026/?',
                                     '/figures/steps.official?year=2026&', '/steps/grid?'])
def test_a_day_that_has_not_come_is_not_shown_with_todays_numbers(client_of, address):
    page = client_of('it').get(f'{address}as_of=R81.1.1').text
    assert '基準日に先の日は指定できません' in page and '令和81年' not in page


def test_a_course_says_who_took_its_census(client_of):
    page = client_of('it').get('/courses/1').text
    assert '対象者の登録: ' in page


def test_what_was_examined_stays_with_its_budget_line(client_of, department):
    complete(client_of('it'))
    assert '予算要求' in refused(department, '/cases/1/edit', request_no='B-00003')


def complete(it):
    asked = values(it, '/supports/1/move/completed') | {'text': 'よい', 'opinion': 'fine',
        'completed_on': '2026-11-01'}
    assert it.post('/supports/1/move/completed', data=asked).status_code == 303


def test_a_support_is_completed_once_and_not_after_it_was_withdrawn(client_of):
    it = client_of('it')
    complete(it)
    assert '実施率から外れます' in refused(it, '/supports/1/edit', completed_on='')
    assert it.post('/supports/1/edit', data=values(it, '/supports/1/edit')
                   | {'completed_on': '', 'act_reason': '誤り'}).status_code == 303
    asked = values(it, '/supports/1/move/withdrawn') | {'text': 'やめます'}
    assert it.post('/supports/1/move/withdrawn', data=asked).status_code == 303
    assert '取り下げた支援' in upload(it, 'supports', 'case_no,kind,completed_on,opinion',
                               'C-00001,予算要求調達支援,2026-11-01,支障なし')


def test_what_belongs_to_a_voided_record_neither_counts_nor_waits(client_of):
    it = client_of('it')

    def waiting():
        cards = {card.css_first('span').text(): card.css_first('strong').text()
                 for card in it.get('/').page.all('a.card')}
        return {words: cards[words] for words in ('受付・点検中の調達支援', '完了していない指摘')}
    assert '0件' not in waiting().values()
    for who, address in (('it', '/cases/1'), ('it', '/cases/2'), ('auditor', '/engagements/1'),
                         ('auditor', '/engagements/2')):
        assert client_of(who).post(f'{address}/void', data={'reason': '重複'}).status_code == 303
    assert waiting() == {'受付・点検中の調達支援': '0件', '完了していない指摘': '0件'}


def test_no_measure_without_evidence_is_reported(client_of, department, app):
    with app.app_context(), db.connection_context(), trail.act('findings.edit', by=None,
            at=clock.now()) as act:
        row = Finding.get_by_id(1)
        row.state = 'correcting'
        act.save(row)
        act.insert([CorrectiveAction(finding=row, measure='手順を直す',
                                     owner=CorrectiveAction.get_by_id(1).owner_id, due_on=date(2026, 12, 1),
                                     done_on=date(2026, 11, 2))])
    with db.connection_context(), trail.act('actions.edit', by=None, at=clock.now()) as act:
        action = CorrectiveAction.get_by_id(1)
        action.done_on, action.evidence = date(2026, 11, 2), '文書1'
        act.save(action)
    assert '証跡' in refused(department, '/findings/1/move/reported', reason='完了')


def test_only_people_of_the_audited_unit_own_a_measure(department):
    for who in ('other', 'executive', 'admin'):
        asked = values(department, '/findings/1/actions/new') | {'measure': '直す', 'owner_email': email(who),
            'due_on': '2026-12-01'}
        answer = department.post('/findings/1/actions/new', data=asked)
        assert answer.status_code == 422 and '被監査部門の人から' in answer.text


def test_an_old_step_stays_in_its_step_master(client_of):
    it = client_of('it')
    assert it.post('/step-masters/new', data={'version': '2.0',
        'valid_from': '2026-11-23'}).status_code == 303
    assert it.post('/step-items/new', data={'version': '2.0', 'no': '1', 'phase': '計画', 'name': '新',
                                            'verified': 'verified'}).status_code == 303
    with db.connection_context():
        step = StepProgress.get_by_id(1).step_id
    assert it.post('/steps/1/edit', data=values(it, '/steps/1/edit')
                   | {'planned_on': '2026-04-30'}).status_code == 303
    with db.connection_context():
        assert StepProgress.get_by_id(1).step_id == step


def test_what_a_day_changes_is_not_remembered_from_the_day_before(client_of):
    it = client_of('it')
    for day in (date(2027, 3, 31), date(2027, 4, 1)):
        clock.pin(day)
        number = re.search(r'全(\d+)件', it.get('/systems/?ends=1').page.text)
        assert (int(number.group(1)) if number
                else 0) == it.get('/systems/export.csv?ends=1').text.count('\n') - 1


def test_what_is_not_a_number_of_the_list_is_told(client_of):
    assert '次から選んで' in refused(client_of('it'), '/incidents/1/edit', level='፩')


def test_a_plan_takes_no_number_written_for_machines(client_of):
    it = client_of('it')
    for text in ('1e9999999', '1_2', '80.500000000000000000000000000000001', '1e-99999999'):
        assert refused(it, '/plans/1/check-ins/1Q', assessment='on_track', achievement=text)


def test_an_incident_before_the_clock_has_a_page(client_of):
    clock.pin(date(2026, 1, 1))
    assert '検知の前です' in client_of('it').get('/incidents/1').text


def test_a_mistake_is_cancelled_though_something_is_missing(client_of):
    it = client_of('it')
    upload(it, 'systems', 'system_no,summary', 'S-00003,')
    with db.connection_context(), trail.act('systems.edit', by=None, at=clock.now()) as act:
        row = System.get(System.system_no == 'S-00003')
        row.summary, row.lifecycle = None, 'idea'
        act.save(row)
    address = f'/systems/{row.id}/move/cancelled'
    assert it.post(address, data=values(it, address) | {'reason': '重複'}).status_code == 303


def test_a_name_to_come_is_put_off_and_brought_forward(client_of):
    it = client_of('it')
    asked = values(it, '/departments/1/edit')

    def rename(day, name='未来デジタル課', status=303):
        answer = it.post('/departments/1/edit', data=values(it, '/departments/1/edit')
                         | {'name': name, 'valid_from': day})
        assert answer.status_code == status, answer.text
        with db.connection_context():
            assert verify.verify().intact
            return answer.text, [(v.name, v.valid_to) for v in Department.get_by_id(1).versions]
    assert rename('2027-04-01')[1] == [(asked['name'], date(2027, 3, 31))]
    assert rename('2027-07-01')[1] == [(asked['name'], date(2027, 6, 30))]
    assert rename('2027-05-01', '先端デジタル課')[1] == [(asked['name'], date(2027, 4, 30))]
    assert 'より後の日' in rename(asked['valid_from'], status=422)[0]
    page = it.get('/departments/').text
    assert asked['name'] in page and 'デジタル課' not in page and '2027-05-01' not in page


def test_all_that_is_wrong_with_a_form_is_told_at_once(client_of):
    words = refused(client_of('it'), '/systems/new', system_no='S-00001', name='', owner_code='9999',
                    category='office', pii='none',
                    lifecycle='operate', go_live_on='2040-04-01', act_reason='')
    for said in ('この番号の記録は既にあります', 'システム名称を入力', '「9999」は台帳にありません',
                 'まだ来ていません'):
        assert said in words
