"""A file of many rows asks little of the database and of the memory."""
import csv
import gc
import io
import tracemalloc
from datetime import date, timedelta

import pytest

from audits import trail
from models import Act, Indicator, Initiative, Strategy, db, packed
from registry.core import clock
from registry.records import importing, sheets
from registry.records.importing import applying, reading
from registry.records.noun import NOUNS

FEW, MORE = 60, 1060


def days(number, first=date(2026, 11, 1)):
    return [(first - timedelta(n)).isoformat() for n in range(number)]


def made(kind, rows):
    """Return (headers, rows) of a file of new records of a kind."""
    if kind == 'departments':
        return 'code,name,parent_code,level,valid_from', [(f'7{n:04}', f'課{n}', '0201', '課', '2020-04-01')
            for n in range(rows)]
    if kind == 'staff':
        return 'staff_no,name,department_code', [(f'9{n:06}', f'職員{n}', '0201') for n in range(rows)]
    if kind == 'systems':
        return 'system_no,name,owner_code,category,lifecycle,pii,std_business', [
            (f'S-8{n:04}', f'システム{n}', '0201', '個別業務系', '運用', 'なし', 'B01;B02')
            for n in range(rows)]
    if kind == 'businesses':
        return 'code,name,applicable,system_nos', [(f'Y{n:04}', f'業務{n}', 'いいえ', 'S-00001;S-00002')
            for n in range(rows)]
    if kind == 'steps':
        made_first('businesses', 30)
        return 'business_code,step_no,status,started_on,done_on', [
            (f'Y{n // 40:04}', n % 40 + 1, '完了済み', '2026-04-01', '2026-05-01') for n in range(rows)]
    if kind == 'step-masters':
        return 'version,valid_from', list(zip((f'版{n}' for n in range(rows)), days(rows, date(2040, 1, 1)),
                                              strict=True))
    if kind == 'step-items':
        made_first('step-masters', 30)
        return 'version,no,phase,name,verified,source', [
            (f'版{n // 40}', n % 40 + 1, '計画', f'ステップ{n}', '検証済み', '手順書') for n in range(rows)]
    if kind == 'incident-levels':
        return 'level,valid_from,name,definition,severe,source', [
            (n % 5 + 1, day, f'名{n}', '定義', 'はい', '要綱') for n,
            day in enumerate(days(rows, date(2019, 1, 1)))]
    if kind == 'courses':
        return 'code,fiscal_year,name,category,mandatory', [(f'K-{n}', '2026', f'研修{n}', '生成AI', 'はい')
            for n in range(rows)]
    if kind == 'enrolments':
        made_first('staff', MORE)
        return 'course_code,staff_no,status,completed_on', [('K26-01', f'9{n:06}', '修了', '2026-10-02')
            for n in range(rows)]
    if kind == 'incidents':
        return 'incident_no,title,category,level,system_nos,detected_at,restored_at', [
            (f'I-8{n:04}', f'障害{n}', 'システム障害', '2', 'S-00001;S-00002', '2026-06-01 10:00',
             '2026-06-01 12:00') for n in range(rows)]
    if kind == 'budget-requests':
        return 'request_no,fiscal_year,requested_on,department_code,title,amount,it_cost,new_technology', [
            (f'B-8{n:04}', '2027', '2026-09-01', '0201', f'要求{n}', '100', 'はい', 'いいえ')
            for n in range(rows)]
    if kind == 'cases':
        made_first('budget-requests', MORE)
        return ('case_no,fiscal_year,department_code,title,kind,request_no,system_no,initial_cost,'
                'yearly_cost,years,new_technology'), [
            (f'C-8{n:04}', '2027', '0201', f'案件{n}', '新規導入', f'B-8{n:04}', 'S-00001', '100', '0', '1',
             'いいえ') for n in range(rows)]
    if kind == 'supports':
        made_first('cases', MORE)
        return 'case_no,kind,requested_on,completed_on,trial', [
            (f'C-8{n:04}', '予算要求調達支援', '2026-09-01', '2026-09-10', 'いいえ') for n in range(rows)]
    if kind == 'reviews':
        return 'review_no,kind,title,system_nos,reviewed_on', [
            (f'R-8{n:04}', '更新', f'検討{n}', 'S-00001;S-00002', '2026-09-01') for n in range(rows)]
    if kind == 'shares':
        return 'share_no,title,incident_no,method,shared_on', [(f'H-8{n:04}', f'事例{n}', 'I-00001', '通知',
            '2026-09-01') for n in range(rows)]
    if kind == 'plans':
        return 'plan_no,fiscal_year,department_code,title,plan_class,quarter,assessment', [
            (f'P-8{n // 2:04}', '2026', '0201', f'施策{n // 2}', '重点施策（四半期）', f'{n % 2 + 1}Q',
             '順調') for n in range(rows)]
    if kind == 'settings':
        return 'name,valid_from,value', [('large_case_amount', day, '20000000')
                                         for day in days(rows, date(2040, 1, 1))]
    if kind == 'actuals':
        found = list(Indicator.select(Strategy.fiscal_year, Initiative.no,
                                      Indicator.no).join(Initiative).join(Strategy).where(
            Strategy.fiscal_year == 2026).tuples())
        return 'fiscal_year,initiative_no,indicator_no,as_of,value,source', [
            (*of, day, '1', '統計') for day in days(rows // len(found) + 1, date(2026, 11, 20))
            if day != '2026-09-30' for of in found][:rows]
    raise AssertionError(f'no large file of {kind} is made here')


def sheet_of(kind, rows):
    headers, lines = made(kind, rows)
    return sheets.Sheet(headers.split(','), [(n, [str(cell) for cell in line]) for n,
        line in enumerate(lines, 2)], 'utf-8', 'csv')


def made_first(kind, rows):
    """Import what a file refers to, unless it is there already."""
    load = importing.load(NOUNS[kind], sheet_of(kind, rows))
    if any(entry.status == 'create' for entry in load.entries):
        assert load.good, load.problems[:3]
        load.apply(None, clock.now(), 'import', '')


@pytest.mark.engine_free  # the same statements are made for both
@pytest.mark.parametrize('kind', [
    'departments', 'staff', 'systems', 'businesses', 'steps', 'step-masters', 'step-items', 'incident-levels',
    'courses', 'enrolments', 'incidents', 'budget-requests', 'cases', 'supports', 'reviews', 'shares',
    'plans', 'settings', 'actuals'])
def test_a_thousand_rows_more_are_a_few_statements_more(opened, queries, kind):
    made(kind, 1)
    counted = []
    for rows in (FEW, MORE):
        sheet = sheet_of(kind, rows)
        queries.clear()
        with db.atomic() as undo:
            load = importing.load(NOUNS[kind], sheet)
            assert load.good and load.counts['create'] == rows, load.problems[:3]
            read = len(queries)
            seq = load.apply(None, clock.now(), 'import', '')
            changes = Act.get_by_id(seq).changes
            undo.rollback()
        counted.append((read, len(queries) - read - 2, changes))
    (read, written, changes), (read_more, written_more, changes_more) = counted
    assert read_more - read <= 10, counted
    assert written_more - written <= 10 * (changes_more - changes) / 1000, counted


@pytest.mark.parametrize('kind', ['enrolments', 'incidents', 'cases', 'systems'])
def test_a_small_file_looks_its_numbers_up_at_once(opened, queries, kind):
    made(kind, 1)
    counted = []
    for rows in (5, 45):
        sheet = sheet_of(kind, rows)
        queries.clear()
        assert importing.load(NOUNS[kind], sheet).good
        counted.append(len(queries))
    assert counted[1] - counted[0] <= 2, counted


def peak_of(kind, headers, lines):
    """Return the most memory of Python's that reading and writing a file took, in bytes, and undo it."""
    out = io.StringIO(newline='')
    csv.writer(out).writerows([headers.split(','), *lines])
    data = out.getvalue().encode()
    del out, lines
    with db.atomic() as undo:
        gc.collect()
        tracemalloc.start()
        load = importing.load(NOUNS[kind], sheets.read(data, 'a.csv'))
        assert load.good, load.problems[:3]
        load.apply(None, clock.now(), 'import', '')
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        undo.rollback()
    return peak


@pytest.mark.engine_free  # what is held is Python's
@pytest.mark.parametrize('kind', ['enrolments', 'systems'])
def test_a_row_more_takes_few_bytes(opened, monkeypatch, kind):
    """Held as objects a row takes 1,300 bytes (enrolments) or 4,500 (systems)."""
    for module, name in ((packed, 'BLOCK'), (reading, 'MANY'), (applying, 'MANY'), (trail, 'BATCH')):
        monkeypatch.setattr(module, name, 200)
    made_first('courses', 2)
    headers, lines = made(kind, MORE)
    if kind == 'enrolments':
        lines = [(f'K-{course}', *line[1:]) for course in range(2) for line in lines]
    else:
        lines = [(f'S-{n:05}', *lines[0][1:]) for n in range(20_000, 21_200)]
    # the first run fills what is kept for good
    _, few, more = (peak_of(kind, headers, lines[:rows]) for rows in (400, 400, 1200))
    assert (more - few) / 800 <= 300, (few, more)
