"""How a duty stands on a day, and the weeks of a month."""
from datetime import date, timedelta

import pytest

from models.rules import duties

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(('days', 'stage', 'words'), [
    (-1200, 'late', '1,200日超過'), (-57, 'late', '57日超過'), (-1, 'late', '1日超過'),
    (0, 'today', 'きょうまで'), (1, 'coming', 'あと1日'), (365, 'coming', 'あと365日')])
def test_a_duty_is_late_only_after_its_day(days, stage, words):
    day = TODAY + timedelta(days=days)
    assert (duties.stage(day, TODAY), duties.stage_words(day, TODAY)) == (stage, words)


@pytest.mark.parametrize(('days', 'words'), [(-12, '12日前から'), (0, 'きょうから')])
def test_what_only_waits_is_never_late(days, words):
    day = TODAY + timedelta(days=days)
    assert (duties.stage(day, TODAY, waits=True), duties.stage_words(day, TODAY, waits=True)) == (
        'waiting', words)


def test_months_follow_each_other_over_the_new_year():
    assert duties.month_of(TODAY) == (date(2026, 11, 1), date(2026, 11, 30))
    assert duties.month_of(date(2028, 2, 29)) == (date(2028, 2, 1), date(2028, 2, 29))
    assert duties.next_month(date(2026, 12, 1)) == date(2027, 1, 1)
    assert duties.previous_month(date(2027, 1, 1)) == date(2026, 12, 1)


@pytest.mark.parametrize('first', [date(2026, month, 1) for month in range(1, 13)])
def test_every_day_of_a_month_stands_once_in_its_column(first):
    weeks = duties.weeks_of(first)
    assert all(len(week) == 7 for week in weeks)
    days = [day for week in weeks for day in week if day is not None]
    assert days == [first + timedelta(days=n) for n in range(duties.month_of(first)[1].day)]
    # Sunday is the first
    assert all(week[day.isoweekday() % 7] == day for week in weeks for day in week if day is not None)


@pytest.mark.parametrize(('stage', 'told', 'news'), [
    ('coming', None, True), ('coming', ('same', 'coming'), False), ('today', ('same', 'coming'), True),
    ('late', ('same', 'coming'), True), ('late', ('same', 'late'), False), ('late', ('moved', 'late'), True),
    ('coming', ('same', 'late'), False), ('waiting', ('same', 'waiting'), False)])
def test_a_duty_is_news_once_a_stage_and_when_its_day_moves(stage, told, news):
    days = {'same': date(2026, 11, 23), 'moved': date(2026, 11, 22)}
    assert duties.is_news(days['same'], stage, told and (days[told[0]], told[1])) == news
