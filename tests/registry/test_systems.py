"""Information systems: the moves of their life, what each asks for, and what a unit may do with its own."""
from datetime import date

import pytest
from cast import email
from form_posts import refused, upload, values
from lists import numbers

from audits import trail
from models import Case, Contract, Person, Support, System, db
from registry.core import clock
from registry.records import saving
from registry.records.display import Viewer
from registry.records.noun import NOUNS


def test_the_lifecycle_moves_by_its_page_only(client_of, department):
    assert 'lifecycle' not in client_of('it').get('/systems/1/edit').page.named()
    for browser in (department, client_of('head')):
        assert '次に進める状態' in refused(browser, '/systems/1/edit', lifecycle='disposed')
    assert '次に進める状態' in refused(client_of('it'), '/systems/1/edit', lifecycle='review')
    assert '「構想」で登録し' in refused(department, '/systems/new', system_no='S-90000', name='新',
                                 category='office', lifecycle='operate', pii='none')
    assert '担当者だけが変更できます' in upload(department, 'systems', 'system_no,lifecycle',
                                    'S-00001,廃止予定')


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


def test_what_an_operating_system_lacks_is_on_its_page(app, client_of):
    with app.app_context(), db.connection_context(), trail.act('systems.edit', by=None,
            at=clock.now()) as act:
        row = System.get_by_id(1)
        row.pii = 'my_number'
        act.save(row)
    assert 'PIA種別' in client_of('it').get('/systems/1').page.text.partition('空欄:')[2][:200]


def test_what_points_to_a_voided_system_says_so(client_of):
    it = client_of('it')
    assert '取消は元に戻せません' in it.get('/systems/1/move/cancelled').text
    assert '取消済み' not in it.get('/incidents/1').text
    with db.connection_context(), trail.act('systems.move', by=None, at=clock.now()) as act:
        act.void(System.get_by_id(1), '重複')
    assert '（取消済み）' in it.get('/incidents/1').text


def test_a_mistake_is_cancelled_though_something_is_missing(client_of):
    it = client_of('it')
    upload(it, 'systems', 'system_no,summary', 'S-00003,')
    with db.connection_context(), trail.act('systems.edit', by=None, at=clock.now()) as act:
        row = System.get(System.system_no == 'S-00003')
        row.summary, row.lifecycle = None, 'idea'
        act.save(row)
    address = f'/systems/{row.id}/move/cancelled'
    assert it.post(address, data=values(it, address) | {'reason': '重複'}).status_code == 303


@pytest.fixture
def stands(app):
    """A function: the state and fields the first system is to have → the system."""
    def change(**fields):
        with app.app_context(), db.connection_context():
            row = System.get_by_id(1)
            for name, value in fields.items():
                setattr(row, name, value)
            with trail.act('systems.edit', by=None, at=clock.now()) as act:
                act.save(row)
            return row
    return change


def asked(browser, address):
    return browser.get(address).page.named() - {'csrf_token', 'revision'}


@pytest.fixture
def examined(app):
    """A function: the first system's large case has been through 発注・計画調達支援."""
    def complete():
        with app.app_context(), db.connection_context(), trail.act('supports.create', by=None,
                at=clock.now()) as act:
            act.save(Support(case=1, kind='ordering', state='completed', requested_on=date(2026, 9, 1),
                             completed_on=date(2026, 9, 20)))
    return complete


def test_going_live_is_asked_for_on_one_page(client_of, stands, examined):
    examined()
    stands(lifecycle='build', go_live_on=None, zone=None, pii='my_number')
    it = client_of('it')
    address = '/systems/1/move/operate'
    assert asked(it, address) == {'zone', 'confidentiality', 'integrity', 'availability', 'manager',
                                           'backup', 'go_live_on', 'pii_count', 'pia_kind', 'reason',
                                           'files'}
    words = refused(it, address, reason='稼働の日を決めた', go_live_on='2026/12/1')
    assert 'ネットワーク区分を入力してください' in words and 'PIA' in words and '稼働の日を決めた' in words
    assert '2026/12/1' in words
    assert 'まだ来ていません' in words
    whole = {'zone': 'lgwan', 'confidentiality': '2', 'integrity': '2', 'availability': '2',
             'manager': '税務課長', 'backup': '日次', 'go_live_on': 'R8.11.1', 'pia_kind': 'full',
             'pii_count': '3000', 'reason': '稼働'}
    assert it.post(address, data=values(it, address) | whole).status_code == 303
    row = stands()
    assert (row.lifecycle, row.zone, row.manager, row.pia_kind,
            row.pii_count) == ('operate', 'lgwan', '税務課長', 'full', 3000)


def test_days_in_the_wrong_order_are_not_moved_into(client_of, stands):
    stands(lifecycle='retiring', retire_planned_on=clock.today(), handover='なし')
    words = refused(client_of('it'), '/systems/1/move/retired', retired_on='2020-03-31', reason='廃止')
    assert '廃止日は稼働開始日以後にしてください' in words and stands().lifecycle == 'retiring'


def test_what_is_entered_elsewhere_is_one_click_away(client_of, stands, app):
    with app.app_context(), db.connection_context(), trail.act('cases.void', by=None, at=clock.now()) as act:
        act.void(Case.get_by_id(1), '試験')
    stands(lifecycle='idea')
    head = client_of('head')
    for address in ('/systems/1/move/budget', '/systems/1'):
        link = next(link for link in head.get(address).page.links if link.startswith('/cases/new'))
    form = values(head, link)
    assert (form['system_no'], form['department_code'], form['title']) == ('S-00001', '0201', '税システム1号')
    refused(head, '/systems/1/move/budget', reason='予算を要求する')


def test_a_record_is_voided_in_one_way(client_of, stands):
    it = client_of('it')
    page = it.get('/systems/1').page
    assert page.texts('[href="/systems/1/move/cancelled"]') == ['取消']
    assert '/systems/1/void' not in page.links
    assert '取消へ' not in page.text
    assert it.post('/systems/1/move/cancelled', data=values(it, '/systems/1/move/cancelled')
                   | {'reason': '重複'}).status_code == 303
    row = stands()
    assert row.lifecycle == 'cancelled' and row.void_reason == '重複'


def test_a_large_case_does_not_go_on_unexamined_without_a_word(client_of, stands):
    """§3.2: 発注・計画調達支援, or a reason and who allowed it, recorded on the case."""
    whole = {'zone': 'lgwan', 'confidentiality': '2', 'integrity': '2', 'availability': '2',
             'manager': '税務課長', 'backup': '日次', 'go_live_on': date(2026, 11, 1)}
    it = client_of('it')
    for source, target in (('procure', 'build'), ('build', 'operate')):
        stands(lifecycle=source, **whole)
        address = f'/systems/1/move/{target}'
        words = refused(it, address, reason='進める')
        assert '大規模案件「C-00001 税案件1」の発注・計画調達支援が完了していません' in words
        assert '例外の理由と承認者' in words
        assert '「C-00001 税案件1」を開く' in it.get('/systems/1').page.texts('[href="/cases/1"]')
        assert '発注・計画調達支援が完了していません' in upload(it, 'systems', 'system_no,lifecycle',
                                              f'S-00001,{target}')
    asked = {'exception_reason': '災害対応のため', 'exception_by': '阿部 情'}
    assert '別の人' in refused(it, '/cases/1/edit', **asked)
    assert '例外の承認者を入力' in refused(it, '/cases/1/edit', exception_reason='災害対応のため')
    allowed = asked | {'exception_by': '情報政策課長 甲'}
    assert it.post('/cases/1/edit', data=values(it, '/cases/1/edit') | allowed).status_code == 303
    assert '理由: 災害対応のため、承認者: 情報政策課長 甲' in it.get('/cases/1').page.text
    assert it.post(address, data=values(it, address) | {'reason': '稼働'}).status_code == 303
    assert stands().lifecycle == 'operate'


def test_personal_data_is_settled_before_a_system_operates(client_of, stands, examined):
    examined()
    whole = {'zone': 'lgwan', 'confidentiality': '2', 'integrity': '2', 'availability': '2',
             'manager': '税務課長', 'backup': '日次'}
    stands(lifecycle='build', pii='unknown', **whole)
    it, address = client_of('it'), '/systems/1/move/operate'
    assert {'pii', 'pii_count', 'pia_kind'} <= asked(it, address)
    assert '個人情報の取扱いが「未確認」のままです' in refused(it, address, reason='稼働', pii='unknown')
    assert 'PIA' in refused(it, address, reason='稼働', pii='my_number')
    assert it.post(address, data=values(it, address) | {'reason': '稼働', 'pii': 'none'}).status_code == 303
    assert stands().pii == 'none'
    assert '個人情報の取扱い（未確認）' in client_of('it').get(
        f'/systems/{stands(pii="unknown").id}').page.text


def test_personal_data_is_chosen_on_the_page_and_unsettled_in_a_file(client_of, app):
    it, asked = client_of('it'), {'name': '新', 'summary': '試験', 'owner_code': '0201', 'category': 'office',
                                  'lifecycle': 'idea'}
    assert values(it, '/systems/new')['pii'] == ''
    assert '個人情報の取扱いを' in refused(it, '/systems/new', system_no='S-77701', **asked)
    assert it.post('/systems/new', data=values(it, '/systems/new') | asked
                   | {'system_no': 'S-77701', 'pii': 'unknown'}).status_code == 303
    page = upload(it, 'systems', 'system_no,name,owner_code,category,lifecycle',
                  'S-77702,新,0201,office,operate')
    assert '個人情報の取扱い' in page and '未確認' in page
    for line, words in (('S-77703,新,0201,office,operate,', '未確認'),
                        ('S-00001,新,0201,office,operate,', '空欄にできません')):
        assert words in upload(it, 'systems', 'system_no,name,owner_code,category,lifecycle,pii', line)
    with app.app_context(), db.connection_context():
        assert System.get(System.system_no == 'S-77701').pii == 'unknown'


def test_a_unit_is_shown_the_moves_it_may_make(client_of, stands):
    stands(lifecycle='operate')
    for who, mine, theirs in (('department', ['review'], '「廃止予定」'),
                              ('head', ['retiring'], '「更新検討」')):
        browser = client_of(who)
        page = browser.get('/systems/1')
        links = [link for link in page.page.links if link.startswith('/systems/1/move/')]
        assert [link.rpartition('/')[2] for link in links] == mine and theirs in page.page.text
        assert all(browser.get(link).status_code == 200 for link in links)


def test_a_move_does_not_make_systems_succeed_each_other_in_a_circle(client_of, stands, app):
    stands(lifecycle='review')
    with app.app_context(), db.connection_context(), trail.act('systems.edit', by=None,
            at=clock.now()) as act:
        other = System.get(System.system_no == 'S-00002')
        other.successor = 1
        act.save(other)
    it, address = client_of('it'), '/systems/1/move/renew'
    answer = it.post(address, data=values(it, address) | {'successor_no': 'S-00002', 'reason': '更新する'})
    assert answer.status_code == 422
    assert '後継システム管理番号をたどると自分自身に戻ります' in answer.page.text
    with db.connection_context():
        assert System.get_by_id(1).lifecycle == 'review'


def test_a_move_names_no_system_that_has_just_been_voided(opened, monkeypatch):
    """Another person voids the successor between the checks and the act."""
    noun, signed = NOUNS['systems'], {'by': Person.get(Person.email == email('it')), 'at': clock.now(),
                                      'channel': 'cli'}
    with trail.act('systems.edit', by=None, at=clock.now()) as act:
        before = System.get_by_id(1)
        before.lifecycle = 'review'
        act.save(before)
    form = noun.flow.form(before, 'renew', viewer=Viewer(signed['by'], clock.today()),
                          formdata=saving.FormData(successor_no='S-00002', reason='更新する'))
    begin = trail.act

    def late(kind, **given):
        if given['by'] is not None:
            with begin(kind, by=None, at=clock.now()) as act:
                act.void(System.get(System.system_no == 'S-00002'), '重複')
        return begin(kind, **given)
    monkeypatch.setattr(trail, 'act', late)
    refused = saving.move(noun, before, 'renew', form, **signed)
    assert refused.problems == [('successor_no',
                                 '後継システム管理番号が、いま取り消されました。選び直してください。')]
    assert System.get_by_id(1).lifecycle == 'review'


def test_a_unit_cannot_give_its_system_away(client_of):
    answer = client_of('department').post('/systems/1/edit', data={'revision': '1;4', 'owner_code': '0202'})
    assert answer.status_code == 422 and '自分の所属から外すことはできません' in answer.page.text


def test_a_contract_that_has_run_out_is_late_for_whose_system_it_is(client_of, app, written):
    with app.app_context(), db.connection_context():
        row = Contract.get_by_id(1)
        row.ends_on = date(2026, 11, 1)
    written(row)
    for who, count in (('it', 1), ('department', 1), ('head', 1), ('other', 0)):
        browser = client_of(who)
        page = browser.get('/duties/?when=late').page
        late = [' '.join(row.text().split()) for row in page.all('.duties tbody tr')
                if '▲ 22日超過' in row.text()]
        # who may do it may put it off too
        assert late == ['▲ 22日超過 2026-11-01 契約満了 K-00001 税契約1 税務課 '
                        'あとで: 契約満了 K-00001 税契約1'] * count, who
        assert numbers(browser, '/systems/?ends=0&lifecycle=operate') == ['S-00001'] * count


def test_a_system_in_use_without_a_stocktaking_waits_on_home(client_of, change):
    for who, found in (('it', ['S-00001', 'S-00002']), ('department', ['S-00001']), ('other', ['S-00002'])):
        browser = client_of(who)
        link = browser.get('/').page.one('.home-more a[href^="/systems/"]')
        assert link.text().split() == ['棚卸の記録がない運用中のシステム', f'{len(found)}件']
        assert numbers(browser, link.attributes['href']) == found
    change(System, 2, inventory_on=date(2026, 11, 1))
    assert numbers(client_of('other'), '/systems/?inventory=0&lifecycle=operate') == []


def test_a_form_asks_first_what_the_stage_needs(client_of):
    it = client_of('it')
    page = it.get('/systems/new').page
    assert not page.has('details[open]') and page.has('section.section #summary')
    assert page.has('details[data-states^="build operate"] #zone') and len(page.texts('.form-index li')) == 5
    answer = it.post('/systems/new', data={'zone': 'どこか', 'lifecycle': 'idea'})
    assert answer.status_code == 422 and answer.page.has('details[open] #zone')
    assert len(answer.page.texts('details[open]')) == 1
    page = it.get('/systems/1/edit').page  # in operation
    assert page.has('details[open] #contacts') and not page.has('details[open] #retired_on')
    assert '（未確認）' in page.texts('#flood_risk option') and '（未選択）' in page.texts('#hosting option')
