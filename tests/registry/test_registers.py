"""Registers that the ward makes, from their pages to rows, files, figures, PDF, API and trail."""
import io

import pytest
from api_calls import command
from form_posts import refused, upload, values
from pypdf import PdfReader

from audits import trail, verify
from models import Change, Entry, RegisterField, db
from models.registers import entries_of
from registry.data.registers import patterns

FIELDS = [('窓口の種類', 'choice', '窓口、オンライン'), ('年度', 'year', ''), ('年間件数', 'whole', ''),
          ('オンライン件数', 'whole', ''), ('手数料', 'exact', ''), ('開始日', 'day', ''),
          ('公開', 'flag', ''), ('システム', 'system', '')]
ROW = {'state': '公開中', 'text_1': 'オンライン', 'whole_1': '2026', 'exact_1': '12.5', 'day_1': '2026-04-01',
       'flag_1': '1', 'system_1': 'S-00001'}


def fields_of(*fields):
    return {f'f{at}-{name}': value for at, field in enumerate(fields)
            for name, value in {'is_required': '0', **dict(zip(('title', 'kind', 'choices', 'at_most'), field,
                                                               strict=False))}.items()}


def saved(browser, address, **changes):
    answer = browser.post(address, data=values(browser, address) | changes)
    assert answer.status_code == 303, answer.page.text
    return answer.location


@pytest.fixture
def procedures(it):
    """A browser of the desk, with a register of eight fields and a share, and two rows."""
    saved(it, '/registers/new', register_no='D-00002', title='オンライン手続', called='手続名',
          states='準備中\n公開中', finals='公開中')
    saved(it, '/registers/2/fields/new', **fields_of(*FIELDS))
    saved(it, '/registers/2/fields/6/edit', at_most='年間件数')
    saved(it, '/registers/2/figures/new', title='オンライン化率', kind='sum_share', amount='オンライン件数',
          total='年間件数', dated='年度', among='状態=公開中')
    for no, online in (('D2-00001', '10'), ('D2-00002', '30')):
        saved(it, '/d-00002/new', entry_no=no, title=f'手続{online}', whole_2='100', whole_3=online, **ROW)
    return it


def test_a_register_made_through_the_pages_is_one_like_any_other(procedures, machine_of, client_of):
    it, machine = procedures, machine_of('it')
    page = it.get('/registers/2').page
    assert '20.0%' in page.text and '手続名・状態があります' in page.text
    assert '/d-00002/' in it.get('/').page.links  # in the menu

    # the list, its conditions and order, the record, its history, the search, what leads to a system
    found = it.get('/d-00002/?text_1=オンライン&flag_1=1&whole_1=2026&day_1=2026-04-01..2026-04-30'
                   '&sort=-exact_1')
    assert found.page.text.count('D2-0000') == 2 and '年間件数' in found.page.text
    saved(it, '/d-00002/4/edit', whole_3='40', exact_1='100', act_reason='数え直し')
    rising = it.get('/d-00002/?sort=exact_1').page.text  # 12.5 before 100, which is after it as a text
    assert rising.index('D2-00001') < rising.index('D2-00002')
    told = it.get('/d-00002/4/history').page.text
    assert 'オンライン件数を「30」から「40」に変更しました' in told
    assert '窓口の種類を「オンライン」で登録しました' in told
    assert 'D2-00002 手続30' in it.get('/search?q=手続30').page.text
    assert 'オンライン手続' in it.get('/systems/1').page.text
    saved(it, '/d-00002/4/void', reason='ためし')
    saved(it, '/d-00002/4/restore', reason='戻す')
    it.post('/pins/d-00002/4', data={'keep': '1'})
    assert '/d-00002/4' in it.get('/suggestions?q=').text

    # a unit's member reads what the desk keeps, and writes nothing there
    member = client_of('department')
    assert 'D2-00002' in member.get('/d-00002/').page.text and member.get('/d-00002/4').status_code == 200
    assert member.get('/d-00002/new').status_code == member.get('/d-00002/4/edit').status_code == 403

    # files: out, in again, and an import taken back
    lines = it.get('/d-00002/export.csv').text.removeprefix('\ufeff').splitlines()
    assert lines[0] == '番号,手続名,状態,窓口の種類,年度,年間件数,オンライン件数,手数料,開始日,公開,システム'
    assert lines[2] == 'D2-00002,手続30,公開中,オンライン,2026,100,40,100,2026-04-01,1,S-00001'
    assert it.get('/d-00002/export.xlsx').data[:2] == b'PK'
    assert '変わる内容はありません' in upload(it, 'd-00002', *lines)
    told = machine.post('/d-00002/import', data='番号,手続名,状態,年間件数\nD2-7,読込,公開中,9\n'.encode(),
                        content_type='text/csv').json
    assert told['create'] == 1 and machine.get('/d-00002').json['total'] == 3
    assert it.post(f'/files/results/{told["act"]}/undo', data={'reason': '誤り'}).status_code == 303
    assert [row['title'] for row in machine.get('/d-00002').json['items']] == ['手続10', '手続30']

    # the API, by the names that the ward gave
    made = machine.post('/d-00002', json={'title': '新規', '年度': 2025, '年間件数': 5})
    assert made.status_code == 201 and made.json['entry_no'] == 'D2-00003' and made.json['state'] == '準備中'
    changed = machine.patch(made.headers['Location'].removeprefix('/api/v1'), json={'年間件数': 7},
                            headers={'If-Match': made.headers['ETag']})
    assert changed.json['年間件数'] == 7 and changed.json['公開'] is None
    told = machine.get('/openapi.json').json
    assert '/d-00002/{id}' in told['paths'] and '年間件数' in str(told['components'])
    assert machine.get('/d-00009').status_code == 404 and it.get('/d-00009/').status_code == 404

    # the figure: its page with what it counted and left out, the indicator, board, PDF, API
    figure = it.get('/figures/d-00002.1?year=2026').page.text
    assert '25.0%' in figure and '50÷200' in figure and '数えた: 数えた行 2' in figure
    before = {'measure': 'd-00002.1', 'act_reason': '台帳から数える'}
    saved(it, '/strategies/2026/initiatives/1/indicators/1/edit', **before)
    told = machine.get('/indicators?fiscal_year=2026').json['initiatives'][0]['indicators'][0]
    assert (told['measure'], told['numerator'], told['denominator'], told['value'], told['source']) == (
        'd-00002.1', '50', '200', '25.0', 'computed')
    assert '25.0' in it.get('/board/?year=2026').page.text
    rows = machine.get('/figures/d-00002.1?fiscal_year=2026').json
    assert rows['noun'] == 'd-00002' and [each['id'] for each in rows['items']] == [3, 4]
    pdf = it.get('/strategies/2026/results.pdf')
    text = ''.join(page.extract_text() for page in PdfReader(io.BytesIO(pdf.data)).pages)
    assert '25.0' in text

    # a definition that is changed counts and calls anew at once
    saved(it, '/registers/2/figures/2/edit', among='状態=準備中', act_reason='見直し')
    told = machine.get('/indicators?fiscal_year=2026').json['initiatives'][0]['indicators'][0]
    assert not told['recorded'] and told['source'] == 'entered'  # what was published stands in its place
    assert '記録なし' in it.get('/registers/2').page.text
    saved(it, '/registers/2/fields/5/edit', title='申請の総数')
    assert machine.get('/d-00002/4').json['申請の総数'] == 100

    # the trail knows every row by what the ward calls it, and finds what was changed behind its back
    auditor = client_of('auditor')
    with db.connection_context():
        assert verify.verify().intact
        seq = Change.select(Change.act).where(Change.kind == 'update', Change.table == 'entry').scalar()
    page = auditor.get(f'/trail/{seq}').page
    assert 'オンライン件数を「30」から「40」に変更しました' in page.text and '/d-00002/4' in page.links
    with db.connection_context(), trail.untrailed():
        Entry.update(whole_3=99).where(Entry.id == 4).execute()
    found = auditor.post('/trail/verify').page.text
    assert 'オンライン件数: 履歴では「40」、いまの記録は「99」です' in found


def test_what_a_register_refuses(procedures):
    it = procedures
    words = refused(it, '/d-00002/new', entry_no='D2-9', title='x', state='公開中', whole_2='5', whole_3='6')
    assert 'オンライン件数（6）は、年間件数（5）以下にしてください' in words
    assert '年間件数' in refused(it, '/d-00002/4/edit', whole_2='29')  # shrinks below what is online
    # a figure that names what is not there, or leaves out what it needs
    for said, typed in (
            ('「部問」という項目はありません', {'counted': '部問=福祉'}),
            ('「公開中止」という値はありません', {'counted': '状態=公開中止'}),
            ('「項目=値」の形で書いてください', {'counted': '公開中'}),
            ('条件が多すぎます', {'counted': f'年度={"、".join(map(str, range(2000, 2090)))}'}),
            ('分母にする項目を選んでください', {'kind': 'sum_share', 'amount': '年間件数'}),
            ('次から選んでください', {'kind': 'sum', 'amount': '人数'}),
            ('分子に数える行の条件を書いてください', {'kind': 'share'}),
            ('前年度と比べるには', {'kind': 'change'}),
            ('「オンライン化率」という数値は、もうあります', {'title': 'オンライン化率'})):
        assert said in refused(it, '/registers/2/figures/new', **{'title': 'x', 'kind': 'count'} | typed)
    # a field or word that is still needed
    assert '「オンライン化率」がこの項目を使っています' in refused(
        it, '/registers/2/fields/6/void', reason='不要')
    assert 'の上限です' in refused(it, '/registers/2/fields/5/void', reason='不要')
    assert '「オンライン化率」が数えています' in refused(it, '/registers/2/edit', states='準備中', finals='')
    assert '「オンライン」の行が2件あります' in refused(it, '/registers/2/fields/3/edit', choices='窓口')
    assert '種類は変えられません' in refused(it, '/registers/2/fields/6/edit', kind='text', at_most='')
    assert '行が2件あります' in refused(it, '/registers/2/void', reason='不要')
    assert '行があるので、登録する人は変えられません' in refused(it, '/registers/2/edit', kept_by='unit')
    assert '台帳番号は' in refused(it, '/registers/2/edit', register_no='D-00007', act_reason='x')
    saved(it, '/strategies/2026/initiatives/1/indicators/1/edit', measure='d-00002.1', act_reason='x')
    assert '指標1-1の自動集計です' in refused(it, '/registers/2/figures/2/void', reason='不要')
    assert '「変更の理由」を書いてください' in refused(it, '/registers/2/figures/2/edit', among='')
    # fields that cannot be: all lines are told of at once, and none is added
    words = refused(it, '/registers/2/fields/new', **fields_of(
        ('年度', 'text'), ('二つ', 'text'), ('二つ', 'text'), ('手続名', 'text'), ('区分', 'choice', ''),
        ('状態', 'text'), ('a=b', 'text')))
    for said in ('「年度」という項目は、もうあります', '「二つ」が2つあります', '行の名前の呼び方です',
                 '選択肢を入力してください', 'どの台帳にもある項目', 'は使えません'):
        assert said in words
    assert '1つ以上入力' in refused(it, '/registers/2/fields/new')
    # no more of a kind than there are columns for
    assert 'これ以上加えられません' in refused(it, '/registers/2/fields/new', **fields_of(
        *((f'年{n}', 'day') for n in range(6))))
    for said, typed in (('もうあります', {'title': '情報システム'}), ('D-00001', {'register_no': 'X-1'}),
                        ('状態にありません', {'finals': '完了'}), ('使えません', {'states': 'a=b'})):
        assert said in refused(it, '/registers/new', **{'title': 'x'} | typed)


def test_a_field_that_is_taken_away_is_gone_from_pages_and_stays_in_histories(procedures):
    it = procedures
    saved(it, '/registers/2/fields/7/void', reason='使わない')
    it.get('/')
    assert '手数料' not in it.get('/d-00002/3').page.text
    assert '手数料' not in it.get('/d-00002/export.csv').text
    saved(it, '/registers/2/fields/new', **fields_of(('費用', 'exact')))
    with db.connection_context():
        # its column is nobody else's: what it held is told as it was
        assert RegisterField.get(RegisterField.title == '費用').stored_in == 'exact_2'
        assert entries_of(2).get_by_id(3).exact_1 is not None
        assert verify.verify().intact


def test_every_pattern_is_made_with_one_press_and_its_figures_are_read(it, machine_of):
    for at, pattern in enumerate(patterns()):
        made = saved(it, '/registers/patterns', pattern=str(at))
        page = it.get(made).page
        assert page.text.count('記録なし') == len(pattern['figures']), pattern['title']
        assert it.get(f'/d-{at + 2:05}/new').status_code == 200
    assert 'もうあります' in refused(it, '/registers/patterns', pattern='0')
    assert '一覧から選んで' in refused(it, '/registers/patterns', pattern='x')
    machine = machine_of('it')
    for title, year, all_, online, possible in (
            ('転出届', 2026, 800, 500, True), ('寄附', 2026, 200, None, False),
            ('転出届', 2025, 700, 250, True)):
        assert machine.post('/d-00002', json={
            'title': title, '年度': year, '年間総申請件数': all_, 'オンライン申請件数': online,
            'オンライン申請': possible, 'department_code': '0201'}).status_code == 201
    values = [machine.get(f'/figures/d-00002.{no}?fiscal_year=2026').json for no in (1, 2, 4)]
    assert [(each['numerator'], each['denominator']) for each in values] == [
        ('800', '1000'), ('500', '800'), ('500', '250')]
    refusal = machine.post('/d-00002', json={
        'title': 'x', '年度': 2026, '年間総申請件数': 1, 'オンライン申請件数': 2, 'department_code': '0201'})
    assert refusal.status_code == 422 and 'オンライン申請件数（2）は、年間総申請件数（1）以下' in refusal.text


def test_commands_take_the_number_of_a_register(app, settings, tmp_path, monkeypatch):
    def run(*words):
        return command(settings, tmp_path, monkeypatch, *words)
    made = tmp_path / 'rows.csv'
    made.write_text('番号,取組名,所属コード,状態,件数\nD1-00009,夜間の窓口,0201,完了,5\n'
                    'D1-00001,税の窓口1,0201,完了,6\n')
    assert run('import', 'd-00001', made, '--reason', '取込み').exit_code == 0
    found = run('export', 'd-00001').stdout
    assert 'D1-00009,夜間の窓口,0201,完了,5' in found and 'D1-00001,税の窓口1,0201,完了,6' in found
    assert run('export', 'd-00001', '--as-of', '2026-11-23').stdout == found
    assert run('export', 'd-00001', '--as-of', '2026-11-22').stdout.count('\n') == 1
    made.write_text('番号,取組名,所属コード,件数\nD1-00010,x,0201,多い\n')
    assert run('import', 'd-00001', made).exit_code == 1
    assert 'd-00077 という番号の台帳はありません' in run('export', 'd-00077').stderr


def test_a_register_of_units_is_seen_and_written_by_each_for_itself(client_of, machine_of):
    member, other = client_of('department'), client_of('other')
    assert 'D1-00001' in member.get('/d-00001/').page.text
    assert 'D1-00002' not in member.get('/d-00001/').page.text
    assert other.get('/d-00001/1').status_code == 404
    assert machine_of('department').get('/d-00001/2').status_code == 404
    saved(member, '/d-00001/new', title='税の受付', whole_1='4')
    assert other.get('/d-00001/3').status_code == 404
    assert '自分の所属の記録だけを登録できます' in refused(member, '/d-00001/new', title='x',
                                           department_code='0202')
    with db.connection_context():
        row = entries_of(1).get_by_id(3)
        assert row.entry_no == 'D1-00003' and row.department.code == '0201'
    # whom a register is not for
    for who in ('executive', 'auditor', 'admin'):
        assert client_of(who).get('/d-00001/new').status_code == 403

