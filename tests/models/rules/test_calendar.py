"""The calendar: fiscal years, eras, every way the office writes a day, business hours."""
from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules import calendar
from models.rules.calendar import JST, Hours

pytestmark = pytest.mark.engine_free

days = st.dates(calendar.FIRST_DAY, calendar.LAST_DAY)
#: from 1952 on, when Japan kept no summer time any more and each wall-clock minute comes once
moments = st.datetimes(datetime(1952, 1, 1), datetime(2199, 12, 31)).map(
    lambda moment: moment.replace(microsecond=0, tzinfo=JST))


@pytest.mark.parametrize('day, year, quarter', [
    (date(2026, 3, 31), 2025, 4), (date(2026, 4, 1), 2026, 1), (date(2026, 6, 30), 2026, 1),
    (date(2026, 7, 1), 2026, 2), (date(2026, 9, 30), 2026, 2), (date(2026, 10, 1), 2026, 3),
    (date(2026, 12, 31), 2026, 3), (date(2027, 1, 1), 2026, 4), (date(2024, 2, 29), 2023, 4)])
def test_fiscal_year_and_quarter(day, year, quarter):
    assert (calendar.fiscal_year(day), calendar.quarter(day)) == (year, quarter)


@given(days)
def test_a_day_lies_in_its_year_and_quarter(day):
    year, quarter = calendar.fiscal_year(day), calendar.quarter(day)
    first, last = calendar.year_range(year)
    assert first <= day <= last
    assert day <= calendar.quarter_end(year, quarter)
    assert quarter == 1 or day > calendar.quarter_end(year, quarter - 1)


@pytest.mark.parametrize('quarter, end', [
    (1, date(2026, 6, 30)), (2, date(2026, 9, 30)), (3, date(2026, 12, 31)), (4, date(2027, 3, 31))])
def test_quarter_end(quarter, end):
    assert calendar.quarter_end(2026, quarter) == end


@pytest.mark.parametrize('quarter', [0, 5, -1])
def test_there_are_four_quarters(quarter):
    with pytest.raises(ValueError):
        calendar.quarter_end(2026, quarter)


@pytest.mark.parametrize('year, label', [
    (2025, '令和7年度'), (2020, '令和2年度'), (2019, '令和元年度'), (2018, '平成30年度'),
    (1989, '平成元年度'),
    (1988, '昭和63年度'), (1800, '1800年度')])
def test_year_label(year, label):
    assert calendar.year_label(year) == label


@pytest.mark.parametrize('as_of, count, last', [
    (date(2025, 3, 31), 0, None), (date(2025, 4, 1), 1, date(2025, 4, 1)),
    (date(2025, 4, 30), 1, date(2025, 4, 30)),
    (date(2025, 5, 1), 2, date(2025, 5, 1)), (date(2025, 12, 31), 9, date(2025, 12, 31)),
    (date(2026, 1, 15), 10, date(2026, 1, 15)), (date(2026, 3, 31), 12, date(2026, 3, 31)),
    (date(2030, 1, 1), 12, date(2026, 3, 31))])
def test_month_ends(as_of, count, last):
    ends = calendar.month_ends(2025, as_of)
    assert len(ends) == count
    assert (ends or [None])[-1] == last


def test_month_ends_are_the_ends_of_months():
    assert calendar.month_ends(2023, date(2024, 3, 5)) == [
        date(2023, 4, 30), date(2023, 5, 31), date(2023, 6, 30), date(2023, 7, 31), date(2023, 8, 31),
        date(2023, 9, 30), date(2023, 10, 31), date(2023, 11, 30), date(2023, 12, 31), date(2024, 1, 31),
        date(2024, 2, 29), date(2024, 3, 5)]


@pytest.mark.parametrize('text', [
    '2026/4/1', '2026/04/01', '2026-04-01', '2026-4-1', '2026.4.1', '20260401', '20260401.0', '2026年4月1日',
    'R8.4.1', 'r8/4/1', 'R08.04.01', 'R8-4-1', '令和8年4月1日', '令和 8年 4月 1日', '令8.4.1',
    '２０２６／４／１',
    '２０２６－０４－０１', '令和８年４月１日', 'Ｒ８．４．１', '㋿8年4月1日', '2026−4−1', ' 2026/4/1 ',
    '\u30002026/4/1',
    '2026-04-01 00:00:00', '2026-04-01T00:00:00', '2026-04-01 0:00', '2026/4/1 00:00:00.000',
    '令和8年4月1日（2026-04-01）', '2026-04-01（令和8年4月1日）'])
def test_every_way_to_write_one_day(text):
    assert calendar.parse_day(text) == date(2026, 4, 1)


@pytest.mark.parametrize('text, day', [
    ('令和元年5月1日', date(2019, 5, 1)), ('R1.5.1', date(2019, 5, 1)), ('R元.5.1', date(2019, 5, 1)),
    ('令和1年12月31日', date(2019, 12, 31)), ('H31.4.30', date(2019, 4, 30)),
    ('平成31年4月30日', date(2019, 4, 30)),
    ('平成元年1月8日', date(1989, 1, 8)), ('S64.1.7', date(1989, 1, 7)),
    ('昭和元年12月25日', date(1926, 12, 25)),
    ('T15.12.24', date(1926, 12, 24)), ('大正元年7月30日', date(1912, 7, 30)),
    ('M45.7.29', date(1912, 7, 29)),
    ('R6.2.29', date(2024, 2, 29)), ('R100.4.1', date(2118, 4, 1))])
def test_eras(text, day):
    assert calendar.parse_day(text) == day


@pytest.mark.parametrize('text, words', [
    ('平成31年5月1日', '令和元年5月1日と入力'), ('H32.3.31', '令和2年3月31日と入力'),
    ('令和元年4月30日', '平成31年4月30日と入力'),
    ('S64.1.8', '平成元年1月8日と入力'), ('平成元年1月7日', '昭和64年1月7日と入力'), ('R0.4.1', '令和元年'),
    ('2026/2/29', '2026年2月29日という日付はありません'), ('R8.2.30', '2026年2月30日という日付はありません'),
    ('2026/13/1', 'ありません'), ('20260230', 'ありません'), ('0000/1/1', 'ありません'),
    ('1872/12/31', '1873年から2199年'),
    ('2926/4/1', '1873年から2199年'), ('令和999年4月1日', '1873年から2199年'),
    ('令和8年4月1日（2026-04-02）', '別の日')])
def test_a_wrong_day_says_why(text, words):
    with pytest.raises(ValueError, match=words):
        calendar.parse_day(text)


@pytest.mark.parametrize('text', [
    '', ' ', None, '未定', '26/4/1', '4/1', '2026/4', '2026/4-1', '202604', '2026041', '46113', '2026/4/1/1',
    '令和八年四月一日', 'X8.4.1', '２０２６', '2026-04-01 09:00:00', '٢٠٢٦/٤/١', '2026/4/1\x00', '(2026/4/1)',
    '2026/4/1' + ' ' * 100 + 'x', '1' * 10000])
def test_what_is_no_day_says_what_to_type(text):
    with pytest.raises(ValueError, match='R8.4.1'):
        calendar.parse_day(text)


@given(days)
def test_a_day_shown_can_be_typed(day):
    for text in (calendar.show_day(day), calendar.wareki(day), day.isoformat(), f'{day:%Y%m%d}',
                 f'{day} 00:00:00'):
        assert calendar.parse_day(text) == day


@given(st.dates())
def test_every_day_can_be_shown(day):
    assert calendar.show_day(day).endswith(f'（{day.isoformat()}）')


@given(st.text() | st.from_regex(r'[0-9RH令和平成年月日/.:\- TZ()+]{1,40}', fullmatch=True))
def test_any_text_is_a_day_and_a_moment_or_refused_politely(text):
    for parse in (calendar.parse_day, calendar.parse_moment):
        try:
            parse(text)
        except ValueError as error:
            assert str(error).endswith(('。', 'です。'))


@pytest.mark.parametrize('day, shown', [
    (date(2026, 4, 1), '令和8年4月1日（2026-04-01）'), (date(2019, 5, 1), '令和元年5月1日（2019-05-01）'),
    (date(2019, 4, 30), '平成31年4月30日（2019-04-30）'), (date(1900, 1, 1), '明治33年1月1日（1900-01-01）'),
    (date(1850, 1, 1), '1850年1月1日（1850-01-01）')])
def test_show_day(day, shown):
    assert calendar.show_day(day) == shown


@pytest.mark.parametrize('text', [
    '2026/4/1 9:05', '2026-04-01 09:05', '2026-04-01 09:05:00', '2026-04-01T09:05',
    '2026-04-01T09:05:00+09:00',
    '2026-04-01T00:05:00Z', '2026-04-01T00:05:00.123Z', '2026-03-31T19:05-0500', '20260401 09:05',
    'R8.4.1 9:05',
    '令和8年4月1日 9:05', '令和8年4月1日9:05', '令和8年4月1日　９：０５', '令和8年4月1日 9時5分',
    '令和8年4月1日（2026-04-01） 09:05',
    '2026-04-01 09:05 +09:00'])
def test_every_way_to_write_one_moment(text):
    moment = calendar.parse_moment(text)
    assert moment == datetime(2026, 4, 1, 9, 5, tzinfo=JST)
    assert moment.tzinfo is JST


@pytest.mark.parametrize('text, words', [
    ('2026/4/1', '日付と時刻'), ('令和8年4月1日', '日付と時刻'), ('20260401', '日付と時刻'),
    ('', '日付と時刻'), (None, '日付と時刻'),
    ('9:05', '日付と時刻'), ('2026/4/1 9', '日付と時刻'), ('2026/4/1 24:00', '23:59'),
    ('2026/4/1 9:60', '23:59'),
    ('2026/2/30 9:00', 'ありません'), ('平成31年5月1日 9:00', '令和元年'), ('2026-04-01T09:05+99:99', '時差'),
    ('あした 9:00', 'R8.4.1')])
def test_what_is_no_moment_says_why(text, words):
    with pytest.raises(ValueError, match=words):
        calendar.parse_moment(text)


def test_a_moment_keeps_its_seconds():
    assert calendar.parse_moment('2026/4/1 9:05:07') == datetime(2026, 4, 1, 9, 5, 7, tzinfo=JST)
    assert calendar.parse_moment('2026/4/1 9時5分7秒') == datetime(2026, 4, 1, 9, 5, 7, tzinfo=JST)


@given(moments)
def test_a_moment_exported_can_be_imported(moment):
    assert calendar.parse_moment(calendar.export_moment(moment.astimezone(UTC))) == moment
    assert calendar.parse_moment(moment.isoformat()) == moment


@given(moments.map(lambda moment: moment.replace(second=0)))
def test_a_moment_shown_can_be_typed(moment):
    assert calendar.parse_moment(calendar.show_moment(moment)) == moment


def test_moments_are_shown_in_japan():
    moment = datetime(2026, 3, 31, 15, 5, tzinfo=UTC)
    assert calendar.show_moment(moment) == '令和8年4月1日 00:05'
    assert calendar.export_moment(moment) == '2026-04-01 00:05'
    assert calendar.export_moment(moment + timedelta(seconds=9)) == '2026-04-01 00:05:09'


@pytest.mark.parametrize('function', [
    calendar.show_moment, calendar.export_moment,
    lambda moment: calendar.in_business_hours(moment, Hours(time(8, 30), time(17, 15)))])
def test_a_naive_moment_is_refused(function):
    with pytest.raises(ValueError):
        function(datetime(2026, 4, 1, 9, 5))


@pytest.mark.parametrize('day, closed', [
    (date(2026, 4, 1), False), (date(2026, 4, 4), True), (date(2026, 4, 5), True), (date(2026, 4, 29), True),
    (date(2026, 5, 6), True), (date(2026, 9, 22), True), (date(2027, 3, 22), True),
    (date(2026, 12, 28), False),
    (date(2026, 12, 29), True), (date(2026, 12, 31), True), (date(2027, 1, 1), True),
    (date(2025, 1, 2), True),
    (date(2025, 1, 3), True), (date(2027, 1, 4), False), (date(2019, 5, 1), True), (date(2020, 7, 24), True)])
def test_holidays(day, closed):
    assert calendar.is_holiday(day) is closed


def test_an_extra_holiday():
    assert calendar.is_holiday(date(2026, 10, 1), extra=frozenset({date(2026, 10, 1)}))


@pytest.mark.parametrize('text', [
    '08:30-17:15', '8:30-17:15', '８：３０～１７：１５', '8:30〜17:15', ' 08:30 - 17:15 '])
def test_parse_hours(text):
    assert calendar.parse_hours(text) == Hours(time(8, 30), time(17, 15))
    assert str(calendar.parse_hours(text)) == '08:30-17:15'


@pytest.mark.parametrize('text', [
    '', None, '8-17', '08:30', '17:15-08:30', '08:30-08:30', '25:00-26:00', '08:30-17:75'])
def test_what_are_no_hours(text):
    with pytest.raises(ValueError, match='業務時間'):
        calendar.parse_hours(text)


@pytest.mark.parametrize('moment, inside', [
    (datetime(2026, 4, 1, 8, 29, 59, tzinfo=JST), False), (datetime(2026, 4, 1, 8, 30, tzinfo=JST), True),
    (datetime(2026, 4, 1, 17, 15, tzinfo=JST), True), (datetime(2026, 4, 1, 17, 15, 1, tzinfo=JST), False),
    (datetime(2026, 4, 4, 10, 0, tzinfo=JST), False), (datetime(2026, 4, 29, 10, 0, tzinfo=JST), False),
    (datetime(2026, 3, 31, 23, 30, tzinfo=UTC), True), (datetime(2026, 4, 1, 8, 30, tzinfo=UTC), False),
    (datetime(2026, 3, 31, 18, 30, tzinfo=timezone(timedelta(hours=-5))), True)])
def test_business_hours(moment, inside):
    hours = calendar.parse_hours('08:30-17:15')
    assert calendar.in_business_hours(moment, hours) is inside
    assert not calendar.in_business_hours(moment, hours, extra=frozenset({date(2026, 4, 1)}))


def test_days_read_back_from_what_databases_keep():
    assert calendar.day_of_number('0') == date(1970, 1, 1)
    assert calendar.day_of_number(str(date(2026, 11, 23).toordinal() - calendar.EPOCH)) == date(2026, 11, 23)
    # naive, in UTC; 15:00 there is the next day in Japan
    for text in ('2026-11-22 15:00:00', '2026-11-22T15:00:00', '2026-11-23 14:59:59.5'):
        assert calendar.day_of_moment(text) == date(2026, 11, 23)
    assert calendar.day_of_moment('2026-11-22 14:59:59') == date(2026, 11, 22)


@given(st.dates(date(2000, 1, 1), date(2060, 1, 1)), st.integers(0, 300),
       st.frozensets(st.dates(date(2000, 1, 1), date(2060, 12, 31)), max_size=5))
def test_open_days_are_counted_as_they_are_walked(day, number, extra):
    found = calendar.working_day_after(day, number, extra)
    assert number == 0 or not calendar.is_holiday(found, extra)
    assert calendar.working_days(day, found, extra) == number
    assert calendar.working_days(found, day, extra) == -number


def test_the_turn_of_the_year_is_no_open_day():
    # 28 December 2026 is a Monday, 1 January a Friday
    assert calendar.working_day_after(date(2026, 12, 25), 1) == date(2026, 12, 28)
    assert calendar.working_day_after(date(2026, 12, 28), 1) == date(2027, 1, 4)
    assert calendar.working_day_after(date(2026, 12, 28), 1, {date(2027, 1, 4)}) == date(2027, 1, 5)
