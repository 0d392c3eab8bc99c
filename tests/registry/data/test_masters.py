"""The strategies and masters as data, held against the list of published indicators."""
import csv
import re
import tomllib
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from paths import ROOT

from models.rules import ratings

MASTERS = ROOT / 'registry' / 'data' / 'masters'
YEARS = {2025: 13, 2026: 11}
MEASURES = {
    2025: {'4-3': 'training.data_staff', '9-3': 'training.nocode_staff',
           '7-1': 'cutovers.count', '7-2': 'incidents.in_window', '7-4': 'steps.official',
           '8-5a': 'incidents.recovery_business_hours', '8-5b': 'incidents.recovery_off_hours',
           '11-1': 'support.trial_count', '11-2a': 'training.completion', '11-2b': 'shares.count',
           '13-1': 'plans.measure'},
    2026: {'4-2': 'training.data_attendances', '6-1': 'cutovers.count',
           '6-2': 'incidents.in_window', '6-3': 'steps.official',
           '7-2': 'incidents.severe_platform', '9-1a': 'support.budget_coverage',
           '9-1b': 'support.large_coverage', '9-2': 'training.completion', '9-3': 'reviews.count',
           '11-1': 'plans.measure'},
}
KEYS = {
    'strategy': {'fiscal_year', 'title', 'mission', 'vision', 'source', 'themes', 'initiatives'},
    'initiative': {'no', 'theme', 'title', 'aims', 'outline', 'tasks', 'notes', 'official', 'official_reason',
                   'result', 'result_points', 'source', 'source_notes', 'indicators', 'schedule'},
    'indicator': {'no', 'text', 'kind', 'operator', 'target', 'unit', 'decimals', 'measure', 'references',
                  'note', 'actuals', 'businesses'},
    'actual': {'as_of', 'value', 'numerator', 'denominator', 'verdict', 'quote', 'source', 'note'},
    'schedule': {'text', 'start_quarter', 'end_quarter', 'star', 'note'},
}


def strategy(year):
    """Read one year's strategy file."""
    with open(ROOT / 'registry' / 'data' / 'strategies' / f'{year}.toml', 'rb') as file:
        return tomllib.load(file)


def rows_of(path):
    """Read a CSV file as a list of dictionaries."""
    with open(path, encoding='utf-8-sig', newline='') as file:
        return list(csv.DictReader(file))


def published():
    """Read the 67 published indicators."""
    return rows_of(Path(__file__).with_name('kpis.csv'))


def indicators(year):
    """List (initiative, indicator) of one year in the order of the file."""
    return [(initiative, indicator) for initiative in strategy(year)['initiatives']
            for indicator in initiative['indicators']]


@pytest.mark.parametrize('year', YEARS)
def test_a_year_has_its_initiatives_and_four_themes(year):
    data = strategy(year)
    assert data['fiscal_year'] == year
    assert data['mission'] and data['vision'] and data['source']
    assert [theme['no'] for theme in data['themes']] == [1, 2, 3, 4]
    assert [initiative['no'] for initiative in data['initiatives']] == list(range(1, YEARS[year] + 1))
    for initiative in data['initiatives']:
        assert initiative['aims'] and initiative['outline'] and initiative['tasks'] and initiative['source']


@pytest.mark.parametrize('year', YEARS)
def test_no_key_is_misspelt(year):
    data = strategy(year)
    assert set(data) <= KEYS['strategy']
    for initiative in data['initiatives']:
        assert set(initiative) <= KEYS['initiative']
        assert all(set(row) <= KEYS['schedule'] for row in initiative.get('schedule', ()))
        for indicator in initiative['indicators']:
            assert set(indicator) <= KEYS['indicator']
            assert all(set(actual) <= KEYS['actual'] for actual in indicator.get('actuals', ()))
            assert all(set(item) == {'label', 'value', 'source'} for item in indicator.get('references', ()))


def test_the_67_indicators_equal_the_published_list():
    mine = [(str(year), str(initiative['no']), initiative['title'], str(initiative['theme']), indicator['no'],
             indicator['text'], indicator['kind'], indicator['operator'], indicator['target'],
             indicator['unit'],
             next((actual.get('value', '') for actual in indicator.get('actuals', ())), ''),
             initiative.get('official', ''))
            for year in YEARS for initiative, indicator in indicators(year)]
    columns = ('fiscal_year', 'initiative_no', 'initiative_title', 'theme_no', 'kpi_no', 'kpi_text_ja',
               'measure_kind', 'target_operator', 'target_value', 'unit', 'actual_value', 'initiative_rating')
    theirs = [tuple(row[column] for column in columns) for row in published()]
    assert len(mine) == len(theirs) == 67
    for one, other in zip(mine, theirs, strict=True):
        assert one == other


@pytest.mark.parametrize('year', YEARS)
def test_measures_are_those_agreed(year):
    named = {f"{initiative['no']}-{indicator['no']}": indicator['measure']
             for initiative, indicator in indicators(year) if 'measure' in indicator}
    assert named == MEASURES[year]


@pytest.mark.parametrize('year', YEARS)
def test_figures_are_decimal_strings_and_decimals_follow_the_kind(year):
    for _, indicator in indicators(year):
        assert ratings.places_of(Decimal(indicator['target'])) <= indicator['decimals']
        whole = indicator['kind'] in ('count', 'milestone') or indicator['unit'] in ('分', '時間/年')
        hours = indicator.get('measure', '').startswith('incidents.recovery')
        assert indicator['decimals'] == (0 if whole else 2 if hours else 1)
        for item in indicator.get('references', ()):
            Decimal(item['value'])


@pytest.mark.parametrize('year', YEARS)
def test_an_actual_says_something_and_where_it_is_from(year):
    for _, indicator in indicators(year):
        for actual in indicator.get('actuals', ()):
            assert actual['as_of'] == date(2026, 3, 31)
            assert re.fullmatch(r'令和[78]年度 デジタル・ICT戦略 .+', actual['source'])
            assert re.fullmatch('「.+」', actual['quote'])
            assert ('value' in actual) != ('verdict' in actual)
            for key in ('value', 'numerator', 'denominator'):
                Decimal(actual.get(key, '0'))


def test_only_5_1_and_9_2b_have_a_verdict_without_a_figure():
    verdicts = {f"{initiative['no']}-{indicator['no']}": (actual['verdict'], actual['quote'])
                for initiative, indicator in indicators(2025) for actual in indicator.get('actuals', ())
                if 'verdict' in actual}
    assert verdicts == {'5-1': ('met', '「計画通りに進んだ」'),
                        '9-2b': ('missed', '「当初の目標(業務処理削減時間240時間)には達しなかった」')}


def test_figures_only_the_next_year_prints_are_marked():
    elsewhere = {f"{initiative['no']}-{indicator['no']}": actual['note']
                 for initiative, indicator in indicators(2025) for actual in indicator.get('actuals', ())
                 if actual['source'].startswith('令和8年度')}
    assert set(elsewhere) == {'6-1', '7-4'}
    assert all('要確認' in note for note in elsewhere.values())


def test_a_reason_is_given_where_the_official_rating_may_differ():
    given = strategy(2025)['initiatives']
    assert ''.join(initiative['official'] for initiative in given) == '△△○○○△△△△○○○×'
    assert [initiative['no'] for initiative in given if initiative.get('official_reason')] == [7, 8]
    assert not any('official' in initiative for initiative in strategy(2026)['initiatives'])


def test_the_schedule_gives_no_period_the_source_does_not():
    stars = {}
    for initiative in strategy(2026)['initiatives']:
        assert initiative['schedule']
        for row in initiative['schedule']:
            assert ('start_quarter' in row) == ('end_quarter' in row)
            if 'start_quarter' in row:
                assert 1 <= row['start_quarter'] <= row['end_quarter'] <= 4
            else:
                assert row['note'] == '原文に期間の記載なし'
            if row.get('star'):
                check = row['text'], row['start_quarter'], row['end_quarter']
                stars.setdefault(initiative['no'], []).append(check)
    checks = [('1Q 進捗確認', 2, 2), ('2Q 進捗確認', 3, 3), ('3Q 進捗確認', 4, 4)]
    assert stars == {3: checks, 11: checks}
    dated = {initiative['no'] for initiative in strategy(2026)['initiatives']
             for row in initiative['schedule'] if 'start_quarter' in row}
    assert dated == {2, 3, 5, 8, 11}
    assert not any('schedule' in initiative for initiative in strategy(2025)['initiatives'])


def test_the_businesses_leave_out_the_two_taxes_the_metropolis_levies():
    rows = rows_of(MASTERS / 'businesses.csv')
    assert [row['code'] for row in rows] == [f'B{no:02}' for no in range(1, 21)]
    left_out = [row['name_ja'] for row in rows if row['applies_to_special_ward'] == '0']
    assert left_out == ['固定資産税', '法人住民税']


def test_the_step_master_has_forty_steps_and_owns_what_is_not_verified():
    rows = rows_of(MASTERS / 'steps.csv')
    assert [row['no'] for row in rows] == [str(no) for no in range(1, 41)]
    assert [row['no'] for row in rows if row['verified'] == 'verified'] == ['24', '25']
    assert {row['verified'] for row in rows} == {'verified', 'name-verified', 'partly-verified', 'unverified'}
    assert all(row['source'] for row in rows)


def test_only_level_4_is_the_wards_own_definition():
    rows = rows_of(MASTERS / 'incident_levels.csv')
    assert [row['level'] for row in rows] == ['1', '2', '3', '4', '5']
    assert [row['level'] for row in rows if row['severe'] == '1'] == ['4', '5']
    assert [row['level'] for row in rows if row['source'] != '案(区の確認前)'] == ['4']
    definition = next(row['definition'] for row in rows if row['level'] == '4')
    for year, no in ((2025, 7), (2026, 6)):
        assert strategy(year)['initiatives'][no - 1]['notes'] == [f'※{definition}']


def test_the_checklist_runs_from_a1_to_d4():
    rows = rows_of(MASTERS / 'checklist.csv')
    groups = {'A': 9, 'B': 9, 'C': 7, 'D': 4}
    expected = [f'{group}{no}' for group, last in groups.items() for no in range(1, last + 1)]
    assert [row['no'] for row in rows] == expected
    assert all(row['item'] and row['source'] for row in rows)


def test_every_setting_is_unconfirmed_and_its_value_among_its_choices():
    rows = rows_of(MASTERS / 'settings.csv')
    assert {row['name']: row['value'] for row in rows} == {
        'large_case_amount': '10000000', 'large_case_basis': '初期経費', 'business_hours': '08:30-17:15',
        'window_before_days': '14', 'window_after_days': '30', 'recovery_start': '検知',
        'recovery_stop': '復旧', 'plan_measure': '平均達成率', 'steps_per_business': '',
        'data_course_categories': 'データ活用・オープンデータ'}
    for row in rows:
        assert row['verified'] == '0' and row['valid_from'] == '2024-04-01' and row['label']
        assert not row['choices'] or row['value'] in row['choices'].split('|')
