"""Actuals entered for an indicator: a rate and its parts agree, and no value comes before its day."""
import pytest
from strategy_pages import YEAR, sent


def test_a_trend_reaches_100_percent_only_when_exact(year):
    address = f'{YEAR}/initiatives/1/indicators/1/actuals/new'
    sent(year, address, as_of='R9.10.31', numerator='1999', denominator='2000', value='99.95', source='統計')
    page = year.get(f'{YEAR}/initiatives/1?as_of=R9.12.31').page
    drawn = page.texts('figure text')
    assert '99.9%' in drawn and '100%' not in drawn
    table = page.texts('[aria-label$="推移の表"] td')
    assert '99.9' in table and '100' not in ' '.join(table)
    sent(year, address, as_of='R9.11.30', numerator='2000', denominator='2000', value='100', source='統計')
    page = year.get(f'{YEAR}/initiatives/1?as_of=R9.12.31').page
    assert '100.0' in page.texts('[aria-label$="推移の表"] td')


def test_a_rate_follows_from_its_numerator_and_denominator(year):
    sent(year, f'{YEAR}/initiatives/1/indicators/1/actuals/new', as_of='R9.10.31', numerator='633',
         denominator='720', source='統計')
    assert '87.9%' in year.get(f'{YEAR}/initiatives/1').text


def test_an_actual_does_not_come_before_its_day(it):
    address = '/strategies/2026/initiatives/1/indicators/1/actuals/new'
    assert '先の日は入れられません' in sent(it, address, 422, as_of='2027-02-01', value='85', source='x')


@pytest.mark.parametrize(('fields', 'words'), [
    ({'value': '1.5'}, '小数のない数'), ({'value': '-5'}, '0以上'), ({'value': '1e2'}, '数として読めません'),
    ({'value': '1_2'}, '数として読めません'),
    ({'value': '2.00000000000000000000000000000001'}, '4桁まで')])
def test_one_and_a_half_cases_are_not_two(year, fields, words):
    sent(year, f'{YEAR}/initiatives/1/indicators/new', no='2', text='事例', kind='count', operator='>=',
         target='2', unit='事例', decimals='0')
    address = f'{YEAR}/initiatives/1/indicators/2/actuals/new'
    assert words in sent(year, address, 422, as_of='2027-10-31', source='x', **fields)
    sent(year, address, as_of='2027-10-31', source='x', value='2.0')


def test_1999_of_2000_is_not_100_percent_as_entered_either(year):
    asked = {'as_of': '2027-10-31', 'source': 'x', 'numerator': '1999', 'denominator': '2000'}
    address = f'{YEAR}/initiatives/1/indicators/1/actuals/new'
    assert '合いません' in sent(year, address, 422, value='100', **asked)
    assert '0以上' in sent(year, address, 422, **asked | {'numerator': '-9', 'denominator': '-10'})
