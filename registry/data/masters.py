"""The built-in masters (初期マスタ): businesses, steps, levels, settings, strategies of 2025 and 2026."""
import csv
import tomllib
from datetime import date
from decimal import Decimal
from pathlib import Path

from audits import trail
from models import (
    Act,
    Actual,
    Business,
    Change,
    IncidentLevel,
    Indicator,
    IndicatorBusiness,
    Initiative,
    Schedule,
    Setting,
    Step,
    StepMaster,
    Strategy,
    Theme,
)

HERE = Path(__file__).parent
STEPS_VERSION = '復元版'


def rows(name):
    """Return the rows of a built-in master's CSV as mappings."""
    with open(HERE / 'masters' / f'{name}.csv', encoding='utf-8', newline='') as file:
        return list(csv.DictReader(file))


def fill(at):
    """Enter every built-in master that is missing, each as an act of the system; idempotent."""
    fill_tables(at)
    fill_strategies(at)


def fill_tables(at):
    """Put the businesses, steps, incident levels and settings that are missing in place."""
    if not Business.select().exists():
        with trail.act('masters.businesses', by=None, at=at, channel='cli', reason='初期マスタ') as act:
            act.insert([Business(code=row['code'], name=row['name_ja'],
                                 applicable=row['applies_to_special_ward'] == '1')
                        for row in rows('businesses')])
    if not StepMaster.select().exists():
        with trail.act('masters.steps', by=None, at=at, channel='cli', reason='初期マスタ') as act:
            master = StepMaster(version=STEPS_VERSION, valid_from=date(2020, 4, 1),
                                note='40ステップの名称の多くは国の公表資料で確認できず、復元したものです。'
                                     '正式な版を取り込んでください。')
            act.save(master)
            act.insert([Step(master=master, no=int(row['no']), phase=row['phase'], name=row['name_ja'],
                             verified=row['verified'], source=row['source']) for row in rows('steps')])
    if not IncidentLevel.select().exists():
        with trail.act('masters.levels', by=None, at=at, channel='cli', reason='初期マスタ') as act:
            act.insert([IncidentLevel(level=int(row['level']),
                                      valid_from=date.fromisoformat(row['valid_from']),
                                      name=row['name'], definition=row['definition'],
                                      severe=row['severe'] == '1',
                                      source=row['source']) for row in rows('incident_levels')])
    if not Setting.select().exists():
        with trail.act('masters.settings', by=None, at=at, channel='cli',
                       reason='初期値（区の確認前）') as act:
            act.insert([Setting(name=row['name'], valid_from=date.fromisoformat(row['valid_from']),
                                value=row['value'],
                                verified=row['verified'] == '1') for row in rows('settings') if row['value']])


def fill_strategies(at):
    """Put the strategies that are missing in place, with what they name and what was published."""
    for path in sorted((HERE / 'strategies').glob('*.toml')):
        data = tomllib.loads(path.read_text('utf-8'))
        enter_strategy(data, at)
        bind_measures(data, at)
        limit_indicators(data, at)
        mark_published(data, at)


def join_lines(items):
    return '\n'.join(items) or None if items else None


def number(text):
    return None if text in (None, '') else Decimal(str(text))


def enter_strategy(data, at):
    """Enter one year's strategy from its TOML, unless that year is already there."""
    if Strategy.select().where(Strategy.fiscal_year == data['fiscal_year']).exists():
        return
    with trail.act('masters.strategy', by=None, at=at, channel='cli', reason=data['source']) as act:
        year = Strategy(fiscal_year=data['fiscal_year'], title=data['title'], mission=data.get('mission'),
                        vision=data.get('vision'), source=data['source'])
        act.save(year)
        themes = {theme['no']: Theme(strategy=year, no=theme['no'], title=theme['title'])
                  for theme in data['themes']}
        act.insert(list(themes.values()))
        for item in data['initiatives']:
            initiative = Initiative(
                strategy=year, theme=themes[item['theme']], no=item['no'], title=item['title'],
                aims=join_lines(item.get('aims')), outline=item.get('outline'),
                tasks=join_lines(item.get('tasks')), notes=join_lines(item.get('notes')),
                official=item.get('official'),
                official_reason=item.get('official_reason'), result=item.get('result') or None,
                result_points=join_lines(item.get('result_points')), source=item.get('source'),
                source_notes=join_lines(item.get('source_notes')))
            act.save(initiative)
            for kpi in item['indicators']:
                indicator = Indicator(
                    initiative=initiative, no=kpi['no'], text=kpi['text'], kind=kpi['kind'],
                    operator=kpi['operator'], target=Decimal(kpi['target']), unit=kpi.get('unit'),
                    decimals=kpi.get('decimals', 1),
                    measure=kpi.get('measure'), note=kpi.get('note'), references=join_lines(
                        ['\t'.join((ref['label'], f'{ref["value"]}{kpi.get("unit", "")}', ref['source']))
                         for ref in kpi.get('references', [])]))
                act.save(indicator)
                act.insert(business_links(indicator, kpi))
                act.insert([Actual(
                    indicator=indicator, as_of=actual['as_of'], numerator=number(actual.get('numerator')),
                    denominator=number(actual.get('denominator')), value=number(actual.get('value')),
                    verdict=actual.get('verdict'), quote=actual.get('quote'), source=actual['source'],
                    note=actual.get('note'), origin='published') for actual in kpi.get('actuals', [])])
            act.insert([Schedule(
                initiative=initiative, place=place, text=row['text'], start_quarter=row.get('start_quarter'),
                end_quarter=row.get('end_quarter'), star=row.get('star', False), note=row.get('note') or None)
                for place, row in enumerate(item.get('schedule', []), 1)])


def business_links(indicator, kpi):
    """Return the rows that limit a built-in indicator to the businesses its text names."""
    codes = kpi.get('businesses', [])
    return [IndicatorBusiness(indicator=indicator, business=business) for business in
            Business.select().where(Business.code.in_(codes or [''])).order_by(Business.code)]


def bind_measures(data, at):
    """Let figures count the indicators of a strategy entered before there was one that does.

    Only where the indicator still is as built in: no person has changed it.
    """
    measures = {(item['no'], kpi['no']): kpi['measure'] for item in data['initiatives']
                for kpi in item['indicators'] if 'measure' in kpi}
    found = (Indicator.select(Indicator, Initiative).join(Initiative).join(Strategy)
             .where(Strategy.fiscal_year == data['fiscal_year'], Indicator.live(),
                    Indicator.measure.is_null()))
    rows = [row for row in found if (row.initiative.no, row.no) in measures and not is_changed(row)]
    if rows:
        with trail.act('masters.strategy', by=None, at=at, channel='cli',
                       reason='台帳の記録から集計できるようになった指標を、自動集計にする') as act:
            for row in rows:
                row.measure = measures[row.initiative.no, row.no]
                act.save(row)


def limit_indicators(data, at):
    """Limit the indicators of a strategy entered before this was known to the businesses their texts name.

    Only where the indicator still is as built in: no person has changed it, and it was never limited.
    """
    rows = []
    for item in data['initiatives']:
        for kpi in item['indicators']:
            if not kpi.get('businesses'):
                continue
            indicator = (Indicator.select().join(Initiative).join(Strategy).where(
                Strategy.fiscal_year == data['fiscal_year'], Initiative.no == item['no'],
                Indicator.no == kpi['no'], Indicator.live(), Indicator.measure == kpi['measure']).first())
            if indicator is not None and not is_modified(indicator):
                rows += business_links(indicator, kpi)
    if rows:
        with trail.act('masters.strategy', by=None, at=at, channel='cli',
                       reason='指標の文言が名指しする業務に、集計の対象を限定') as act:
            act.insert(rows)


def mark_published(data, at):
    """Mark the values a strategy brought along before this was told apart as published.

    Only those that no person has changed: what a person has looked at and kept is the ward's own record.
    """
    sources = {(item['no'], kpi['no']): [actual['source'] for actual in kpi['actuals']]
               for item in data['initiatives'] for kpi in item['indicators'] if kpi.get('actuals')}
    found = (Actual.select(Actual, Indicator, Initiative).join(Indicator).join(Initiative).join(Strategy)
             .where(Strategy.fiscal_year == data['fiscal_year'], Actual.live(), Actual.origin.is_null()))
    rows = [row for row in found if row.source in sources.get(
        (row.indicator.initiative.no, row.indicator.no), ()) and not is_changed(row)]
    if rows:
        with trail.act('masters.strategy', by=None, at=at, channel='cli',
                       reason='公表された値を、区の実績と分けて「公表値」とする') as act:
            for row in rows:
                row.origin = 'published'
                act.save(row)


def is_changed(row):
    """Tell whether a row was entered or changed by a person."""
    return Change.select().join(Act).where(Change.table == row._meta.table_name, Change.row == row.id,
                                           Act.actor != 'system').exists()


def is_modified(indicator):
    """Tell whether an indicator was changed by a person, or has been limited to businesses before."""
    return (IndicatorBusiness.select().where(IndicatorBusiness.indicator == indicator).exists()
            or is_changed(indicator))
