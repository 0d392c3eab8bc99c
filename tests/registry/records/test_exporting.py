"""Files out: headers of the contract, twins of characters, and an export that is an import file."""
import csv
import io
import shutil
import zipfile
from datetime import date, datetime

import pytest
import python_calamine
from desk import FILES, lines_of, rows_of, text_of, unchanged
from form_posts import foreign
from permit_matrix import UNITS

from audits import trail
from models import BudgetRequest, Business, Enrolment, Step, StepMaster, StepProgress, System, db
from registry.core import clock
from registry.records import sheets
from registry.records.noun import NOUNS


@pytest.mark.parametrize('kind', FILES)
@pytest.mark.parametrize('form', ['csv', 'xlsx', 'cp932'])
def test_an_export_is_an_import_file(full, kind, form):
    options = ('--encoding', 'cp932') if form == 'cp932' else ('--format', form)
    path = full.export(kind, f'{kind}-{form}.{"xlsx" if form == "xlsx" else "csv"}', *options)
    found = full.json('import', kind, path)
    assert found['rows'] >= len(rows_of(kind)[1]) and unchanged(found, found['rows']), found


@pytest.mark.parametrize('kind', FILES)
def test_an_export_has_the_headers_of_the_contract(full, kind):
    headers = lines_of(full.export(kind, f'{kind}-headers.csv'))[0]
    assert not set(FILES[kind][0].split(',')) - set(headers) - set(NOUNS[kind].former)


@pytest.mark.parametrize('kind', FILES)
def test_an_export_of_today_as_of_today_is_the_same_table(full, kind):
    now = lines_of(full.export(kind, f'{kind}-now.csv'))
    then = lines_of(full.export(kind, f'{kind}-then.csv', '--as-of', '2027-03-31'))
    # what other records make of it today is told of today only
    width = len(now[0]) - len(NOUNS[kind].exported)
    assert now[0][:width] == then[0] and sorted(line[:width] for line in now) == sorted(then)


def test_a_register_moved_by_files_alone_is_the_same(full, fresh):
    for kind in FILES:
        if kind == 'systems':
            continue
        path = full.export(kind, f'{kind}-moved.csv')
        if kind == 'businesses':
            fresh.json('import', 'systems', full.export('systems', 'systems-moved.csv'))
        fresh.json('import', kind, path)
        shutil.copy(path, fresh.folder)
        assert sorted(lines_of(path)) == sorted(lines_of(fresh.export(kind, f'{kind}-again.csv')))


def test_files_in_cp932_and_utf8_with_and_without_a_mark(fresh):
    headers, rows = rows_of('departments')
    text = text_of(headers, rows)
    assert fresh.json('import', 'departments', fresh.file('a.csv', text, 'cp932'))['create'] == len(rows)
    assert unchanged(fresh.json('import', 'departments', fresh.file('b.csv', text, 'utf-8-sig')), len(rows))
    assert unchanged(fresh.json('import', 'departments', fresh.file('c.csv', text), '--encoding', 'utf-8'),
                     len(rows))
    assert fresh.json('import', 'departments', fresh.file('d.csv', text, 'cp932'), '--encoding', 'utf-8',
                      code=1)[
        'errors'][0]['message']


def test_what_cp932_cannot_carry_is_named(desk):
    desk.table('staff', ['00001', '𠮷野 花子'], headers=['職員番号', '氏名'])
    found = desk.run('export', 'staff', '--encoding', 'cp932')
    assert found.exit_code == 1 and '𠮷' in found.stderr and '2行目 氏名' in found.stderr
    assert not found.stdout_bytes


def test_cp932_keeps_what_it_can_only_write_as_a_twin(desk):
    path = desk.export('systems', 'out.csv', '--encoding', 'cp932')
    text = path.read_bytes().decode('cp932')
    assert '〜' not in text and '～1期～' in text
    path.write_bytes(text.replace('～1期～', '～2期～').encode('cp932'))
    assert desk.json('import', 'systems', path)['update'] == 1


def test_history_of_steps_is_kept_for_the_past(desk):
    desk.table('steps', ['B01', '3', '完了済み', '2026-05-01', '2026-12-28', '', ''])
    with desk.open():
        row = StepProgress.select().where(StepProgress.status
                                          == 'done').order_by(StepProgress.id.desc()).first()
        assert row.moves.count() == 2
        assert Enrolment.select().count() == 3


def test_an_export_of_the_units_fills_an_empty_register(full, fresh):
    path = full.export('departments', 'units.csv')
    found = fresh.json('import', 'departments', path)
    assert found['create'] == found['rows'] == 4
    assert lines_of(fresh.export('departments', 'again.csv')) == lines_of(path)


@pytest.mark.parametrize('kind', FILES)
def test_an_export_is_an_import_file_when_what_it_points_to_was_voided(gaps, kind):
    path = gaps.export(kind, f'{kind}-gaps.csv')
    found = gaps.json('import', kind, path)
    assert found['rows'] and unchanged(found, found['rows']), found


def test_a_new_step_master_leaves_the_old_ones_progress_out_of_the_file(desk):
    with desk.open(), trail.act('test.master', by=None, at=clock.now()) as act:
        master = StepMaster(version='2.0', valid_from=date(2026, 10, 1))
        act.save(master)
        act.save(step := Step(master=master, no=1, phase='計画', name='新しい一歩', verified='verified'))
        act.save(StepProgress(business=Business.get(Business.code == 'B04'), step=step, status='todo'))
    path = desk.export('steps', 'steps-two.csv')
    assert len(lines_of(path)) == 2 and unchanged(desk.json('import', 'steps', path), 1)
    old = desk.export('steps', 'steps-old.csv', '--as-of', '2026-09-30')
    assert all(line[0] != 'B04' for line in lines_of(old))


def test_a_business_of_very_many_systems_is_an_import_file_too(desk):
    headers = ['管理番号', 'システム名称', '所管課コード', 'システム区分', '個人情報の取扱い',
               '標準化対象業務']
    desk.table('systems', *([f'SYS-{n:05d}', '新', '101', '個別業務系', 'なし', 'B01'] for n in range(300)),
               headers=headers)
    path = desk.export('businesses', 'out.csv')
    assert unchanged(desk.json('import', 'businesses', path), 22)


@pytest.mark.parametrize('name', sorted(UNITS - {'actions', 'attachments'}))
def test_a_file_has_exactly_the_rows_of_the_list(client_of, name):
    def lines(who):
        text = client_of(who).get(f'/{name}/export.csv').get_data().decode('utf-8-sig')
        return {tuple(row) for row in list(csv.reader(io.StringIO(text)))[1:]}
    tax, other, desk = lines('head'), lines('other'), lines('it')
    assert tax and other and not tax & other and tax | other <= desk
    assert lines('auditor') == lines('executive') == desk
    assert lines('department') == tax


@pytest.mark.parametrize('name', sorted(UNITS - {'actions', 'attachments'}))
def test_every_form_of_a_file_has_the_same_rows(client_of, name):
    browsers = {who: client_of(who) for who in ('department', 'other')}

    def read(who, format, query=''):
        found = sheets.read(browsers[who].get(f'/{name}/export.{format}{query}').get_data(), 'x')
        return {tuple(cells) for _, cells in found.rows}
    with db.connection_context():
        noun = NOUNS[name]
    asked = ['', '?encoding=cp932', *(f'?sort=-{column.name}' for column in noun.columns[:2]),
             *(f'?{f.name}=' for f in noun.filters), '?page=9&size=200']
    for who in browsers:
        rows = read(who, 'csv')
        assert rows and read(who, 'xlsx') == rows
        for query in asked:
            assert {cell for row in read(who, 'csv', query) for cell in row
                    if foreign(who).search(cell)} == set(), query
            assert len(read(who, 'csv', query)) == len(rows)
    with_voided = browsers['department'].get(f'/{name}/export.csv?voided=1').get_data().decode('utf-8-sig')
    assert not foreign('department').search(with_voided)


def table(answer):
    assert answer.status_code == 200 and 'people' in answer.headers['Content-Disposition'], answer.text[:300]
    rows = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(answer.data)).get_sheet_by_index(
        0).to_python()
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


def read(browser, address):
    return table(browser.get(f'{address}{"&" if "?" in address else "?"}layout=people'))


def test_names_numbers_and_days_are_what_they_are(client_of):
    it = client_of('it')
    row = read(it, '/systems/export.xlsx')[0]
    assert (row['所管課'], row['ライフサイクル状態'], row['標準化対象業務']) == ('税務課', '運用',
        'B04 個人住民税')
    assert row['稼働開始日'] == date(2020, 4, 1) and row['管理番号'] == 'S-00001'
    row = read(it, '/budget-requests/export.xlsx')[0]
    assert row['要求額（円）'] in (12_000_000.0, 300_000.0) and isinstance(row['要求額（円）'],
        float) and row['IT経費'] == 'はい'
    assert isinstance(row['予算年度'], float) and isinstance(row['要求日'], date)
    row = read(it, '/incidents/export.xlsx')[0]
    assert isinstance(row['検知日時'], datetime) and '税システム1号' in ''.join(str(each)
        for each in read(it, '/incidents/export.xlsx')[-1].values())
    row = read(it, '/enrolments/export.xlsx')[0]
    assert row['研修コード'] == 'K26-01 情報セキュリティ研修' and row['職員番号'].endswith('職員1')


@pytest.mark.parametrize('name', sorted(noun.name for noun in NOUNS.values() if 'index' in noun.views))
@pytest.mark.parametrize('who', ['it', 'department', 'auditor', 'admin'])
def test_the_same_rows_by_the_same_permits(client_of, name, who):
    browser = client_of(who)
    plain, people = browser.get(f'/{name}/export.csv'), browser.get(f'/{name}/export.xlsx?layout=people')
    assert plain.status_code == people.status_code
    if plain.status_code == 200:
        assert len(table(people)) == len(list(csv.reader(io.StringIO(plain.data.decode('utf-8-sig'),
            newline='')))) - 1
        assert '戸籍システム2号' not in str(table(people)) or who in ('it', 'auditor')


def test_a_list_offers_both_and_a_filter_holds(client_of):
    it = client_of('it')
    page = it.get('/systems/?q=S-00001').page
    assert '/systems/export.xlsx?q=S-00001&layout=people' in page.links
    assert '/systems/export.xlsx?q=S-00001' in page.links
    assert [row['管理番号'] for row in read(it, '/systems/export.xlsx?q=S-00001')] == ['S-00001']
    assert 'people' not in it.get('/systems/export.csv?layout=people').headers['Content-Disposition']


def test_what_is_exported_is_what_is_seen(client_of):
    it = client_of('it')
    query = 'sort=-amount&cols=title.amount.fiscal_year.requested_on.department.it_cost'
    page = it.get(f'/budget-requests/?{query}').page
    address = next(link for link in page.links if 'layout=seen' in link)
    data = it.get(address).data
    rows = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()
    assert rows[0] == ['件名', '要求額（円）', '予算年度', '要求日', '所属', 'IT経費']
    assert [row[0] for row in rows[1:]] == page.texts('td.name') and len(rows) > 2
    for row in rows[1:]:
        assert [type(value) for value in row] == [str, float, float, date, str, str]
        assert row[2] > 2000 and row[5] in ('はい', 'いいえ')
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        sheet = book.read('xl/worksheets/sheet1.xml').decode()
    assert '<autoFilter' in sheet and 'state="frozen"' in sheet and sheet.count('<col ') >= 2
    # another unit's record is named no more than on the page
    rows = read(client_of('department'), '/systems/export.xlsx?cols=name.owner')
    assert all('戸籍' not in str(row) for row in rows)


def test_no_formula_is_alive(client_of):
    it = client_of('it')
    with db.connection_context(), trail.act('systems.edit', by=None, at=clock.now()) as act:
        row = System.get_by_id(1)
        row.name, row.site = '=1+1', '@SUM(A1)'
        act.save(row)
        line = BudgetRequest.get_by_id(1)
        line.title = '=HYPERLINK("http://x")'
        act.save(line)
    data = it.get('/systems/export.xlsx?layout=people').data

    with zipfile.ZipFile(io.BytesIO(data)) as book:
        assert b'<f>' not in book.read('xl/worksheets/sheet1.xml') and not any('external' in name
            for name in book.namelist())
    row = next(row for row in read(it, '/systems/export.xlsx') if row['管理番号'] == 'S-00001')
    assert (row['システム名称'], row['設置場所']) == ("'=1+1", "'@SUM(A1)")
