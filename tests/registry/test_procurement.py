"""Cases and their support: who decides what, and what was examined stays."""
from datetime import date

from cast import TODAY
from form_posts import changed_by_someone, complete, refused, upload, values
from many_children import FEW, add_children

from audits import trail, verify
from models import Case, Support, System, db
from registry import procurement
from registry.core import clock
from registry.records import saving


def test_a_unit_does_not_complete_its_own_support(department):
    words = refused(department, '/supports/new', case_no='C-00001', kind='ordering',
                    requested_on='2026-10-01', trial='0',
                    completed_on='2026-10-02', opinion='fine', opinion_text='よい')
    assert '完了日は情報政策の担当者だけが変更できます' in words and '総合意見は' in words
    words = upload(department, 'supports', 'case_no,kind,requested_on,completed_on,trial',
                   'C-00001,発注・計画調達支援,2026-10-01,2026-10-02,いいえ')
    assert '担当者だけが変更できます' in words


def test_a_support_is_not_completed_without_an_opinion(client_of):
    it = client_of('it')
    assert '支援を完了する' in refused(it, '/supports/1/edit', completed_on='2026-10-01', opinion='fine',
                                opinion_text='よい')
    assert '総合意見を入力' in refused(it, '/supports/new', case_no='C-00001', kind='ordering',
                                requested_on='2026-10-01', trial='0',
                                completed_on='2026-10-02')


def test_a_unit_does_not_change_what_was_examined(app, client_of, department):
    with app.app_context(), db.connection_context(), trail.act(
            'supports.edit', by=None, at=clock.now()) as act:
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


def test_a_case_goes_on_without_support_only_by_anothers_word(client_of):
    it = client_of('it')
    asked = {'exception_reason': '災害対応のため', 'exception_by': 'it@city.example'}
    assert '別の人' in refused(it, '/cases/1/edit', **asked)
    assert '別の人' in upload(it, 'cases', 'case_no,exception_reason,exception_by',
                           'C-00001,災害対応のため,阿部 情')
    assert not client_of('department').get('/cases/1/edit').page.has('[name^="exception_"]')
    words = upload(client_of('department'), 'cases', 'case_no,exception_reason,exception_by',
                   'C-00001,災害対応のため,課長')
    assert '情報政策の担当者だけが変更できます' in words


def test_a_support_under_review_leads_on_first_and_says_who_did_what(client_of):
    it, page = client_of('it'), client_of('it').get('/supports/1').page
    buttons = [(link.attributes['class'], link.attributes['href'].rpartition('/')[2])
               for link in page.all('a.button[href^="/supports/1/move/"]')]
    assert buttons == [('button button-small', 'completed'),
                       ('button button-second button-small', 'returned'),
                       ('button button-second button-small', 'withdrawn')]
    assert '阿部 情が点検を始めました。' in page.text
    asked = it.post('/supports/1/move/returned', data=values(it, '/supports/1/move/returned') | {'text': ''})
    assert asked.status_code == 422 and asked.page.text.count(
        '直してほしい点を入力してください。') == 2, 'in the summary and beside the field'
    assert 'コメントを入力' not in asked.page.text
    assert it.post('/supports/1/move/returned', data=values(it, '/supports/1/move/returned')
                   | {'text': '内訳を'}).status_code == 303
    unit = client_of('department')
    assert '阿部 情が差し戻しました。' in unit.get('/supports/1/move/reviewing').page.text
    assert unit.post('/supports/1/move/reviewing', data=values(unit, '/supports/1/move/reviewing')
                     | {'text': '添付した'}).status_code == 303
    words = unit.get('/supports/1').page.text
    assert '馬場 税が対応して再提出しました。' in words and '馬場 税（点検中）' not in words
    assert '阿部 情（差戻し）' not in words


def test_a_unit_reads_who_wrote_about_its_own_support(client_of):
    page = client_of('department').get('/supports/1/history').page.text
    assert 'コメント: ' in page and 'ほかの所属の記録' not in page and '阿部 情' in page


def test_a_case_is_taken_up_again_beside_its_cancelled_system(it):
    changed_by_someone(Case, 1, system=1)
    with db.connection_context(), trail.act('tests.void', by=None, at=clock.now()) as act:
        act.void(System.get_by_id(1), '重複')
        act.void(Case.get_by_id(1), 'まちがい')
    assert it.post('/cases/1/restore', data={'reason': '別の記録でした'}).status_code == 303


def test_a_support_is_asked_for_ones_own_case(client_of):
    data = {'kind': 'ordering', 'requested_on': '2026-11-01', 'trial': '0'}
    assert client_of('other').post('/supports/new', data=data | {'case_no': 'C-00001'}).status_code == 422
    assert client_of('department').post('/supports/new',
                                        data=data | {'case_no': 'C-00001'}).status_code == 303


def test_a_thread_shows_its_newest_part(app, client_of):
    with db.connection_context():
        add_children(FEW)
    text = client_of('it').get('/supports/1').text
    assert text.count('点検を始めました') == 50 and 'これより前のやり取りは、履歴にあります' in text


def test_the_clock_stands_while_the_unit_answers(client_of, app):
    it, unit = client_of('it'), client_of('department')

    def go(browser, target, **given):
        where = f'/supports/{id}/move/{target}'
        assert browser.post(where, data=values(browser, where) | given).status_code == 303

    def stands():
        return ' '.join(it.get(f'/supports/{id}').page.text.split())

    def duties(browser):
        rows = browser.get('/duties/?when=all').page.all('.duties tbody tr')
        return [' '.join(row.text().split()) for row in rows if 'C-00001 発注' in row.text()]
    clock.pin(date(2026, 11, 24))
    asked = {'case_no': 'C-00001', 'kind': 'ordering', 'requested_on': '2026-11-24', 'trial': '0'}
    words = refused(unit, '/supports/new', **asked, due_on='2027-03-01', reviewer_email='it@city.example')
    assert '点検者は情報政策の担当者だけが' in words and '点検の期限は情報政策の担当者だけが' in words
    id = int(unit.post('/supports/new', data=asked).location.rpartition('/')[2])
    assert '点検者 決まっていません' in stands() and '2026-12-08' in stands() and '残り10開庁日' in stands()
    go(it, 'reviewing')
    assert '点検者 阿部 情' in stands()
    (duty,) = duties(it)
    assert 'あと14日 2026-12-08 調達支援の点検' in duty and '阿部 情' in duty
    clock.pin(date(2026, 11, 27))
    go(it, 'returned', text='内訳を')
    clock.pin(date(2026, 12, 4))
    assert '止まっています（残り7開庁日）' in stands() and '10開庁日のうち3開庁日' in stands()
    assert duties(it) == [] and '7日前から 2026-11-27から 差し戻された' in duties(unit)[0]
    go(unit, 'reviewing', text='添付した')
    assert '2026-12-15' in stands() and '残り7開庁日' in stands() and '5開庁日止まっていました' in stands()
    # a day on which the city hall is closed besides counts for what begins later, and is counted out
    assert it.post('/closed-days/new', data={'day': '2026-12-08', 'name': '記念日'}).status_code == 303
    assert '残り6開庁日' in stands()
    assert '土日、祝日、年末年始' in refused(it, '/closed-days/new', day='2026-12-29', name='年末')
    clock.pin(date(2026, 12, 14))
    go(it, 'completed', text='よい', opinion='fine', completed_on='2026-12-14')
    assert '9開庁日のうち8開庁日' in stands() and '残り' not in stands()
    assert '点検者' in refused(it, '/supports/1/edit', reviewer_email='department@city.example')
    assert '点検者には、情報政策の担当者を' in upload(it, 'supports', 'case_no,kind,reviewer_email',
                                       'C-00001,予算要求調達支援,department@city.example')
    with app.app_context(), db.connection_context():
        assert verify.verify().intact


def test_a_clock_shows_no_days_of_what_is_withdrawn_or_asked_anew(opened):
    support = Support(state='withdrawn', requested_on=date(2026, 4, 1), due_on=date(2026, 4, 15))
    assert procurement.clock_panel(support) is None
    before = Support(state='reviewing', requested_on=date(2026, 4, 1), due_on=date(2026, 4, 30),
                     stopped_days=5, stopped_on=date(2026, 4, 20))
    support = saving.copy_of(before)
    support.requested_on = date(2026, 11, 20)
    procurement.keep_clock(support, before, TODAY)
    assert (support.stopped_days, support.stopped_on) == (None, None) and support.due_on > TODAY
    assert procurement.clock_panel(support)['used'] == 0
