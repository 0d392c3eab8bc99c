"""Indicators judged: values as they were entered, the latest by the day."""
import csv
import io

from figure_values import indicator_of, numbers_of


def test_an_entered_rate_is_shown_and_judged_as_it_was_entered(desk):
    desk.table('actuals', ['2026', '1', '1', '2027-03-31', '99.97', '統計'],
               headers=['年度', '取組番号', '指標番号', '基準日', '値', '出典'])
    assert numbers_of(indicator_of(desk, 1, '1'))[2:] == ('99.97', 'met')
    desk.table('actuals', ['2026', '1', '1', '2027-03-31', '81.96', '統計'],
               headers=['年度', '取組番号', '指標番号', '基準日', '値', '出典'])
    assert numbers_of(indicator_of(desk, 1, '1'))[2:] == ('81.96', 'missed')


def test_an_entered_actual_is_the_latest_by_the_day(desk):
    headers = ['年度', '取組番号', '指標番号', '基準日', '分子', '分母', '値', '出典']
    desk.table('actuals', ['2026', '1', '1', '2026-09-30', '', '', '81.9', '統計'],
               ['2026', '1', '1', '2027-03-31', '41', '50', '82', '統計'], headers=headers)
    assert numbers_of(indicator_of(desk, 1, '1', as_of='2026-09-29')) == (None, None, None, 'unknown')
    # until the year is over nothing is missed
    found = indicator_of(desk, 1, '1', as_of='2027-03-30')
    assert numbers_of(found) == (None, None, '81.9', 'unknown')
    assert (found['state'], found['reason'], found['turn_text']) == (
        'open', '年度の途中', 'あと0.1ポイントで達成です。')
    assert numbers_of(indicator_of(desk, 1, '1')) == ('41', '50', '82', 'met')


def test_the_default_day_is_today_inside_the_year(base):
    base.env['DAICHO_TODAY'] = '2026-12-28'
    try:
        assert base.json('kpi')['as_of'] == '2026-12-28'
        assert base.json('kpi', '--fiscal-year', '2025')['as_of'] == '2026-03-31'
    finally:
        base.env['DAICHO_TODAY'] = '2027-03-31'


def test_published_values_stand_beside_in_the_file_and_on_the_terminal(base):
    found = base.run('kpi', '--fiscal-year', '2025', '--csv')
    rows = list(csv.DictReader(io.StringIO(found.stdout.lstrip('\ufeff'))))
    row = next(row for row in rows if (row['取組番号'], row['指標番号']) == ('7', '4'))
    assert row['自動集計の値'] == '記録なし' and row['判定'] == 'unknown' and row['状態'] == ''
    assert row['公表値'] == '86.9' and row['公表値の基準日'] == '2026-03-31' and '令和8年度' in row[
        '公表値の出典']
    assert next(row['対象業務'] for row in rows if (row['取組番号'], row['指標番号'])
                == ('7', '1')) == 'B19;B20'
    assert '公表値' in base.run('kpi', '--fiscal-year', '2025').stdout
