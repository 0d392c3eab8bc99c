"""Contracts: what systems say by them, and files of the days when systems said it themselves."""
from datetime import date

from form_posts import upload, values

from audits import rebuild, trail, verify
from models import Contract, ContractSystem, System, db
from models.contracts import CONTRACT_COVERS
from registry.core import clock
from registry.records import sheets
from registry.records.exporting import export
from registry.records.importing import load
from registry.records.noun import NOUNS

# --- files of before ---

BEFORE = ('管理番号,システム名称,所管課コード,システム区分,ライフサイクル状態,個人情報の取扱い,'
          '保守事業者,契約満了日\r\n'
          'S-00001,税システム1号,0201,基幹系（標準化対象）,運用,個人情報,㈱べつの会社,2030-03-31\r\n'
          'N-1,新しい,0201,個別業務系,運用,なし,,\r\n')


def test_a_file_with_the_former_columns_imports_and_says_what_it_does_not_read(app, client_of, tmp_path):
    with app.app_context(), db.connection_context():
        found = load(NOUNS['systems'], sheets.read(BEFORE.encode(), 'before.csv'))
        assert found.good and found.counts == {'create': 1, 'update': 0, 'unchanged': 1, 'conflict': 0}
        assert found.notices == [f'「{header}」の列は読み込みません（値のある行 1件）。'
                                 '契約の台帳に移りました。'
                                 '契約のファイルで取り込んでください。'
                                 for header in ('保守事業者', '契約満了日')]
    page = upload(client_of('it'), 'systems', *BEFORE.splitlines())
    assert '「保守事業者」の列は読み込みません（値のある行 1件）' in page


def test_an_export_tells_what_the_contracts_say_and_imports_as_unchanged(app, client_of):
    with app.app_context(), db.connection_context():
        headers, rows = export(NOUNS['systems'])
        rows = list(rows)
        assert headers[-2:] == ['契約の相手方（契約から）', '契約満了日（契約から）']
        assert [row[-2:] for row in rows[:2]] == [['㈱山﨑情報', '2027-03-31']] * 2 and rows[2][-2:] == ['',
            '']
        found = load(NOUNS['systems'], sheets.read(sheets.write_csv(headers, rows), 'systems.csv'))
        assert found.good and found.counts['unchanged'] == len(rows) == 3 and not found.notices


# --- what a contract says of its systems ---

def ends_of(number):
    with db.connection_context():
        return System.get(System.system_no == number).contract_end_on


def test_a_systems_contract_end_is_the_last_of_its_contracts(app, client_of):
    it = client_of('it')
    fields = values(it, '/contracts/1/edit')
    assert ends_of('S-00001') == date(2027, 3, 31)
    assert it.post('/contracts/1/edit', data=fields | {'ends_on': '2026-12-31'}).status_code == 303
    assert ends_of('S-00001') == date(2026, 12, 31)
    new = values(it, '/contracts/new') | {
        'contract_no': 'K-9', 'title': '延長', 'state': 'unconfirmed', 'department_code': '0201',
        'system_nos': 'S-00001;S-00003', 'ends_on': '2030-03-31'}
    assert it.post('/contracts/new', data=new).status_code == 303
    assert [ends_of(number) for number in ('S-00001', 'S-00003')] == [date(2030, 3, 31)] * 2
    page = it.get('/systems/3').page
    assert 'K-9 延長' in page.text and '契約（1件）' in page.text
    # without its contract, and with it again
    with db.connection_context():
        id = Contract.get(Contract.contract_no == 'K-9').id
    it.post(f'/contracts/{id}/void', data=values(it, f'/contracts/{id}/void') | {'reason': '重複'})
    assert [ends_of(number) for number in ('S-00001', 'S-00003')] == [date(2026, 12, 31), None]
    it.post(f'/contracts/{id}/restore', data=values(it, f'/contracts/{id}/restore')
            | {'reason': '重複でない'})
    assert [ends_of(number) for number in ('S-00001', 'S-00003')] == [date(2030, 3, 31)] * 2
    with db.connection_context():
        assert verify.verify().intact


def test_the_totals_of_a_list_follow_the_contracts(app, client_of):
    it = client_of('it')
    assert '該当する' not in it.get('/systems/?ends=1').page.text
    before = it.get('/systems/?ends=0').page.text
    it.post('/contracts/1/edit', data=values(it, '/contracts/1/edit') | {'ends_on': '2026-10-31'})
    after = it.get('/systems/?ends=0').page
    assert 'S-00001' in after.text and 'S-00001' not in before


def test_a_contract_covers_a_system_in_use_while_no_other_ends_later(app, change):
    def covers():
        with db.connection_context():
            assert not Contract.select().where(CONTRACT_COVERS.differs()).exists()
            return [row.covers for row in Contract.select().order_by(Contract.id)]
    assert covers() == ['in_use', 'in_use']
    change(System, 1, lifecycle='retired')
    assert covers() == [None, 'in_use']
    change(System, 1, lifecycle='review')
    with app.app_context(), db.connection_context(), trail.act('tests.more', by=None, at=clock.now()) as act:
        later = Contract(contract_no='K-9', title='次', state='unconfirmed', department=2,
                         ends_on=date(2030, 3, 31))
        act.save(later)
        # links are written after what they link
        act.save(ContractSystem(contract=later, system=1))
    assert covers() == [None, 'in_use', 'in_use']
    change(Contract, 1, ends_on=date(2030, 3, 31))
    assert covers() == ['in_use', 'in_use', 'in_use']
    change(Contract, 1, ends_on=date(2031, 3, 31))
    assert covers() == ['in_use', 'in_use', None]
    with app.app_context(), db.connection_context(), trail.act('tests.void', by=None, at=clock.now()) as act:
        act.void(ContractSystem.get(contract=1), '誤り')
    assert covers() == ['nothing', 'in_use', 'in_use']


def test_an_end_changed_behind_the_contracts_is_named_and_rebuilt(app):
    with app.app_context(), db.connection_context():
        with trail.untrailed():
            System.update(contract_end_on=date(2040, 1, 1)).where(System.system_no == 'S-00001').execute()
            Contract.update(covers='nothing').where(Contract.id == 2).execute()
        # the first contract would not be that system's last
        assert [(found['table'], found['label'], found['fields']) for found in verify.verify().outside] == [
            ('system', 'S-00001 税システム1号', [('contract_end_on', '2027-03-31', '2040-01-01')]),
            ('contract', 'K-00001 税契約1', [('covers', None, 'in_use')]),
            ('contract', 'K-00002 戸籍契約2', [('covers', 'in_use', 'nothing')])]
        assert rebuild.rebuild() == 2 and verify.verify().intact
