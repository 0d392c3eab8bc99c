"""Rows chosen in a list: changed alike in one act with one reason, or not at all; sent as they are seen."""
import io
import re

import pytest
import python_calamine

from audits import trail, verify
from models import Act, Change, Contract, System, Vendor, db
from registry.core import clock
from registry.records import bulk


def acts(app):
    with app.app_context(), db.connection_context():
        return list(Act.select().order_by(Act.seq))


@pytest.fixture
def twenty(written):
    written(*(System(system_no=f'M-{n:03}', name=f'まとめ{n}', owner=1, category='office', summary='用途')
              for n in range(20)))


class Steps:
    """A bulk edit as a person makes it: what the pages hold is sent on."""

    def __init__(self, browser, address):
        self.browser, self.address = browser, address

    def choose(self, ids=()):
        if ids:
            self.answer = self.browser.post(self.address, data={'id': ids})
        else:
            self.answer = self.browser.get(self.address)
        return self.answer

    def send(self, form, **values):
        page = self.answer.page
        fields = page.fields(form)
        action = page.one(form).attributes['action']
        self.answer = self.browser.post(action, data={
            name: value for name, value in (fields | values).items() if value not in ('', None)})
        return self.answer

    def preview(self, **values):
        return self.send('form.bulk', **values)

    def save(self):
        return self.send('form[data-progress]')


def test_twenty_records_get_one_value_in_one_act(client_of, app, twenty):
    steps = Steps(client_of('it'), '/systems/bulk?q=まとめ')
    steps.choose()
    page = steps.preview(manager='情報政策課長', zone='lgwan', act_reason='担当の交代').page
    assert len(page.all('tbody th[rowspan="2"]')) == 20
    assert page.texts('tbody tr:first-child td') == ['情報システム管理者', '（空欄）', '情報政策課長']
    before = len(acts(app))
    answer = steps.save()
    assert answer.status_code == 303 and answer.location.startswith('/systems/?q=')
    made = acts(app)[before:]
    assert [(act.kind, act.reason, act.changes) for act in made] == [('systems.bulk', '担当の交代', 20)]
    with app.app_context(), db.connection_context():
        assert System.select().where(System.manager == '情報政策課長', System.zone == 'lgwan').count() == 20
        assert verify.verify().intact
    # what is so already changes nothing
    steps.choose()
    page = steps.preview(manager='情報政策課長', act_reason='もう一度').page
    assert '変わらない記録: 20件' in page.text and not page.has('form[data-progress]')


def test_what_another_changed_meanwhile_is_named_and_nothing_is_half_done(client_of, app, twenty, written):
    steps = Steps(client_of('it'), '/systems/bulk?q=まとめ')
    steps.choose()
    steps.preview(manager='甲', act_reason='交代')
    with app.app_context(), db.connection_context(), trail.act('systems.edit', by=None,
            at=clock.now()) as act:
        row = System.get(System.system_no == 'M-007')
        row.manager = '乙'
        act.save(row)
        act.void(System.get(System.system_no == 'M-009'), '重複')
    before = len(acts(app))
    answer = steps.save()
    assert answer.status_code == 409 and 'M-007 まとめ7' in answer.page.text
    assert '取り消された記録など1件' in answer.page.text and len(acts(app)) == before
    # the other's value is what stands before now; who goes on says so
    assert '乙' in answer.page.text and steps.save().status_code == 303
    with app.app_context(), db.connection_context():
        assert System.select().where(System.manager == '甲').count() == 19


def test_refused_rows_are_named_with_their_reason_and_the_others_go(client_of, app):
    with app.app_context(), db.connection_context(), trail.act('contracts.edit', by=None,
            at=clock.now()) as act:
        act.insert([Vendor(vendor_no='V-00099', name='新しい事業者（架空）')])
        act.insert([Contract(contract_no=f'M-{n}', title='まとめ', state='unconfirmed', department=1,
                             method=('single' if n else None), method_reason=('一社' if n else None))
                    for n in range(3)])
    steps = Steps(client_of('it'), '/contracts/bulk?q=まとめ')
    steps.choose()
    page = steps.preview(vendor_no='V-00099', blank='method_reason', act_reason='整理').page
    assert '次の2件は変更できません' in page.text and '随意契約には、理由が必要です' in page.text
    assert page.texts('form[data-progress] button') == ['1件を変更する']
    assert steps.save().status_code == 303
    with app.app_context(), db.connection_context():
        assert [row.contract_no for row in Contract.select().join(Vendor).where(
            Vendor.vendor_no == 'V-00099')] == ['M-0']


@pytest.mark.parametrize(('values', 'said'), [
    ({}, '変更する項目を、1つ以上'), ({'manager': '甲'}, '理由を入力してください'),
    ({'manager': '長' * 101}, '100文字以内'), ({'owner_code': '9999'}, '9999'),
    ({'zone': 'mars'}, '選べません'), ({'manager': '甲', 'blank': 'manager'}, 'どちらかにしてください'),
    ({'system_no': 'X-1'}, '変更する項目を'), ({'lifecycle': 'operate'}, '変更する項目を'),
    ({'blank': 'name'}, '変更する項目を')])
def test_what_cannot_be_read_is_said_and_the_page_comes_back_as_it_was_filled(client_of, values, said):
    steps = Steps(client_of('it'), '/systems/bulk')
    steps.choose()
    answer = steps.preview(**({'act_reason': '試し'} if said != '理由を入力してください' else {}), **values)
    assert answer.status_code == 422 and said in answer.page.text
    assert answer.page.fields('form.bulk').get('manager') == values.get('manager', '')


@pytest.mark.parametrize('rows', ['', '1', '1:', 'x:1', '1:1|', '1:1;drop', '9' * 12 + ':1',
                                  '|'.join(f'{n}:1' for n in range(1, 40_000)), '2:1'])
def test_rows_that_were_not_chosen_are_not_changed(client_of, app, rows):
    """What is not theirs, or cannot be read, answers as what is not there."""
    before = len(acts(app))
    browser = client_of('department')
    for step in ('preview', 'save'):
        answer = browser.post('/systems/bulk', data={'step': step, 'rows': rows, 'manager': '甲',
                                                     'act_reason': 'x'})
        assert answer.status_code in (409, 422) and '戸籍システム' not in answer.text
    assert len(acts(app)) == before


def test_a_unit_changes_its_own_and_gives_none_away(client_of, app):
    steps = Steps(client_of('head'), '/systems/bulk')
    assert '税システム1号' in steps.choose().page.text and '戸籍システム' not in steps.answer.text
    assert not steps.answer.page.has('[name="lifecycle"]')
    page = steps.preview(owner_code='0202', act_reason='移管').page
    assert '自分の所属から外すことはできません' in page.text and not page.has('form[data-progress]')
    assert client_of('auditor').get('/systems/bulk').status_code == 403


def test_more_than_may_be_changed_at_once_is_refused_before_anything_is_read(client_of, written, monkeypatch):
    monkeypatch.setattr(bulk, 'MOST', 2)
    written(*(System(system_no=f'M-{n}', name='多', owner=1, category='office') for n in range(3)))
    answer = client_of('it').get('/systems/bulk?q=多')
    assert answer.status_code == 422 and '一度に変更できるのは' in answer.page.text
    assert not client_of('it').get('/systems/?q=多').page.has('.list-bulk')


def test_the_chosen_rows_are_a_file_as_they_are_seen(client_of, twenty):
    page = client_of('it').get('/systems/?q=まとめ&cols=name.owner.users').page
    ids = [box.attributes['value'] for box in page.all('td.pick > input')][:3]
    action = page.one('button[formaction]').attributes['formaction']
    answer = client_of('it').post(action, data={'id': [*ids, 'x', '1' * 30]})
    rows = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(answer.data)).get_sheet_by_index(
        0).to_python()
    assert rows[0] == ['システム名称', '所管課', '利用者数（人）'] and len(rows) == 4
    assert re.fullmatch('まとめ[0-9]+', rows[1][0]) and rows[1][1] == '情報政策課'
    other = client_of('other').post(action, data={'id': ids})
    assert len(python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(other.data)).get_sheet_by_index(
        0).to_python()) == 1


def test_a_link_is_changed_for_many_and_told(client_of, app, twenty):
    steps = Steps(client_of('it'), '/systems/bulk?q=まとめ1')
    steps.choose()
    page = steps.preview(std_business='B04', act_reason='対応づけ').page
    assert page.texts('tbody tr:first-child td')[2] == 'B04 個人住民税'
    assert steps.save().status_code == 303
    with app.app_context(), db.connection_context():
        last = Act.select().order_by(Act.seq.desc()).first()
        assert Change.select().where(Change.act == last.seq, Change.table == 'business_system').count() == 11
