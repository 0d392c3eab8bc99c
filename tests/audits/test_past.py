"""Any day again: rows and files as they stood, replayed from the trail."""
from datetime import date, datetime, timedelta

import pytest
from cast import TODAY
from click.testing import CliRunner

from audits import past, trail
from models import BusinessSystem, CheckIn, Plan, Staff, System, db
from models.rules.calendar import JST
from registry import commands
from registry.core import clock
from registry.records import exporting
from registry.records.noun import NOUNS

pytestmark = pytest.mark.usefixtures('opened')
LATER = TODAY + timedelta(days=10)


def at(day, hour=12):
    return datetime(day.year, day.month, day.day, hour, tzinfo=JST)


def save(row, moment):
    with trail.act('systems.edit', by=None, at=moment) as act:
        act.save(row)


def table(headers_and_rows):
    """Return {first cell: {header: text}} of an export."""
    headers, rows = headers_and_rows
    return {row[0]: dict(zip(headers, row, strict=True)) for row in rows}


def test_today_replayed_is_what_stands():
    for model in (System, Staff, Plan, CheckIn, BusinessSystem):
        replayed = past.rows_at(model, clock.now())
        skipped = {'revision'} | model.derived | model.summaries
        for row in model.select():
            stands = {name: value for name, value in row.__data__.items() if name not in skipped}
            assert {name: value for name, value in replayed.pop(row.id).items()
                    if name not in skipped} == stands
        assert not replayed


def test_a_row_as_it_stood():
    row = System.get_by_id(1)
    row.site, row.go_live_on = '二社', date(2021, 4, 1)
    save(row, at(LATER))
    before, after = past.rows_at(System, at(LATER, 11))[1], past.rows_at(System, at(LATER))[1]
    assert (before['site'], before['go_live_on']) == ('㈱髙﨑ビル1', date(2020, 4, 1))
    assert (after['site'], after['go_live_on']) == ('二社', date(2021, 4, 1))
    assert past.rows_at(System, at(date(2000, 1, 1))) == {}


@pytest.mark.parametrize('name', sorted(name for name, noun in NOUNS.items() if noun.importable))
def test_the_file_of_today_replayed_is_the_file(name):
    noun = NOUNS[name]
    headers, rows = exporting.export(noun)
    again, replayed = exporting.export_as_of(noun, LATER)
    # what other records make of it today is told of today only
    width = len(headers) - len(noun.exported)
    assert again == headers[:width]
    assert sorted(map(list, replayed)) == sorted(row[:width] for row in rows)


def test_the_file_of_a_past_day():
    row = System.get_by_id(1)
    row.site = '二社'
    save(row, at(LATER))
    with trail.act('systems.void', by=None, at=at(LATER)) as act:
        act.void(System.get_by_id(2), '統合')
        act.save(System(system_no='S-00009', name='新しい表', owner=2, category='office'))
        act.link(BusinessSystem, 'system', row, 'business', [])
    noun = NOUNS['systems']
    then, now = table(exporting.export_as_of(noun, TODAY)), table(exporting.export_as_of(noun, LATER))
    assert set(then) == {'S-00001', 'S-00002', 'S-00003'} and set(now) == {'S-00001', 'S-00003', 'S-00009'}
    assert (then['S-00001']['設置場所'], now['S-00001']['設置場所']) == ('㈱髙﨑ビル1', '二社')
    assert (then['S-00001']['標準化対象業務'], now['S-00001']['標準化対象業務']) == ('B04', '')
    assert list(table(exporting.export_as_of(noun, date(2020, 1, 1)))) == []


def test_a_day_ends_at_midnight_in_japan():
    row = System.get_by_id(1)
    row.site = '翌日の会社'
    save(row, at(LATER + timedelta(days=1), 0))
    assert table(exporting.export_as_of(NOUNS['systems'], LATER))['S-00001']['設置場所'] == '㈱髙﨑ビル1'
    row.site = '更に翌日'
    save(row, at(LATER + timedelta(days=1), 23))
    assert table(exporting.export_as_of(NOUNS['systems'],
                                        LATER + timedelta(days=1)))['S-00001']['設置場所'] == '更に翌日'


def test_check_ins_of_a_past_day():
    check = CheckIn.select().order_by(CheckIn.id).first()
    check.assessment = 'late'
    save(check, at(LATER))
    with trail.act('plans.check-in', by=None, at=at(LATER)) as act:
        act.save(CheckIn(plan=check.plan_id, quarter='2Q', assessment='behind'))
    _, then = exporting.export_as_of(NOUNS['plans'], TODAY)
    _, now = exporting.export_as_of(NOUNS['plans'], LATER)
    then, now = [[row for row in rows if row[0] == 'P-00001'] for rows in (list(then), list(now))]
    assert len(then) == 1 and '順調' in then[0]
    assert len(now) == 2 and '遅れ' in now[0] and 'やや遅れ' in now[1]


def test_from_the_command_line(database, tmp_path, monkeypatch):
    row = System.get_by_id(1)
    row.site = '二社'
    save(row, at(LATER))
    db.close_all()
    monkeypatch.setenv('DATABASE_URL', database)
    monkeypatch.setenv('DAICHO_INSTANCE', str(tmp_path))
    monkeypatch.setenv('DAICHO_TODAY', LATER.isoformat())
    for day, site in ((TODAY, '㈱髙﨑ビル1'), (LATER, '二社')):
        path = tmp_path / f'{day}.csv'
        answer = CliRunner().invoke(commands.main, ['export', 'systems', '--as-of', day.isoformat(), '-o',
            str(path)])
        assert answer.exit_code == 0, answer.output
        assert site in path.read_text('utf-8-sig')
