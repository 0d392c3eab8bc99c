"""A year's strategy in the pages: themes, initiatives, indicators and what the ward says of them."""
import pytest
from form_posts import refused, values
from strategy_pages import YEAR, sent

from audits import trail, verify
from models import Business, Initiative, Strategy, Theme, db
from registry.core import clock


def revision(browser, address):
    return values(browser, address)['revision']


def test_every_part_can_be_corrected(year):
    for address, fields, words in (
            (f'{YEAR}/edit', {'title': '令和9年度デジタル戦略'}, '令和9年度デジタル戦略'),
            (f'{YEAR}/themes/1/edit', {'no': '1', 'title': '迷わない窓口'}, '迷わない窓口'),
            (f'{YEAR}/initiatives/1/edit', {'no': '1', 'theme_no': '1', 'title': '電子申請の拡大'},
             '電子申請の拡大')):
        sent(year, address, revision=revision(year, address), **fields)
        assert words in year.get(f'{YEAR}/').text
    for address, fields, words in (
            (f'{YEAR}/initiatives/1/indicators/1/edit',
             {'no': '1', 'text': '電子申請率', 'kind': 'rate', 'operator': '>=',
                                                         'target': '82', 'decimals': '1', 'unit': '%'},
                                                         '電子申請率'),
            (f'{YEAR}/initiatives/1/schedule/1/edit', {'text': '要件の調査', 'star': '1'}, '要件の調査')):
        sent(year, address, revision=revision(year, address), act_reason='書き間違い', **fields)
        assert words in year.get(f'{YEAR}/initiatives/1').text
    address = next(link for link in year.get(f'{YEAR}/initiatives/1').page.links
                   if link.startswith('/actuals/') and link.endswith('/edit'))
    sent(year, address, revision=revision(year, address), as_of='2027-09-30', value='82.5',
         source='統計（訂正）')
    page = year.get(f'{YEAR}/initiatives/1').text
    assert '82.5' in page and '統計（訂正）' in page
    assert '書き間違い' in page and '「利用率」から「電子申請率」に変更しました' in page


def test_the_second_of_two_editors_is_asked(year):
    address = f'{YEAR}/initiatives/1/edit'
    first = revision(year, address)
    sent(year, address, revision=first, no='1', theme_no='1', title='先の人')
    answer = sent(year, address, 409, revision=first, no='1', theme_no='1', title='あとの人')
    assert '先の人' in answer and 'あとの人' in answer
    assert '先の人' in year.get(f'{YEAR}/').text


def test_what_was_voided_can_be_entered_again(year):
    sent(year, f'{YEAR}/initiatives/1/indicators/1/void', reason='重複')
    assert '取り消しました' in year.get(f'{YEAR}/').text
    assert '利用率' not in year.get(f'{YEAR}/').text
    sent(year, f'{YEAR}/initiatives/1/indicators/new', no='1', text='満足度', kind='rate', operator='>=',
         target='70', decimals='1')
    assert '満足度' in year.get(f'{YEAR}/').text
    sent(year, f'{YEAR}/initiatives/1/schedule/1/void', reason='重複')
    assert '取り消しました' in year.get(f'{YEAR}/initiatives/1').text
    assert '調査' not in year.get(f'{YEAR}/initiatives/1').page.text.split('履歴')[0]


@pytest.mark.parametrize(('address', 'fields', 'words'), [
    ('/strategies/new', {'fiscal_year': '2027', 'title': 'x'}, '既にあります'),
    (f'{YEAR}/themes/new', {'no': '1', 'title': 'x'}, '既にあります'),
    (f'{YEAR}/initiatives/new', {'no': '1', 'theme_no': '1', 'title': 'x'}, '既にあります'),
    (f'{YEAR}/initiatives/new', {'no': '2', 'theme_no': '9', 'title': 'x'}, '次から選んで'),
    (f'{YEAR}/initiatives/1/indicators/new', {'no': '1', 'text': 'x', 'kind': 'rate', 'operator': '>=',
        'target': '1',
                                              'decimals': '1'}, '既にあります'),
    (f'{YEAR}/initiatives/1/indicators/new', {'no': '2', 'text': 'x', 'kind': 'rate', 'operator': '>=',
        'target': '八割',
                                              'decimals': '1'}, '数'),
    (f'{YEAR}/initiatives/1/indicators/new', {'no': '2', 'text': 'x', 'kind': 'rate', 'operator': '>=',
        'target': '1',
                                              'decimals': '1', 'measure': 'no.such'}, '選べません'),
    (f'{YEAR}/initiatives/1/indicators/new', {'no': '1/2', 'text': 'x', 'kind': 'rate', 'operator': '>=',
        'target': '1',
                                              'decimals': '1'}, '半角の英数字'),
    (f'{YEAR}/initiatives/1/indicators/new', {'no': '2', 'text': 'x', 'kind': 'count', 'operator': '<=',
        'target': '100', 'unit': '件',
                                              'decimals': '1', 'measure': 'steps.official'},
                                              '単位は「%」です'),
    (f'{YEAR}/initiatives/1/indicators/1/actuals/new', {'as_of': '2027-10-31', 'value': '85', 'source': 'x',
        'verdict': 'missed', 'quote': 'y'},
     '値から決まります'),
    (f'{YEAR}/initiatives/1/indicators/1/actuals/new', {'as_of': '2024-02-01', 'value': '85', 'source': 'x'},
     '令和9年度の日'),
    (f'{YEAR}/initiatives/1/indicators/1/actuals/new', {'as_of': '2027-10-31', 'numerator': '1',
        'denominator': '0', 'source': 'x'},
     '0より大きい'),
    (f'{YEAR}/initiatives/1/indicators/1/actuals/new', {'as_of': '2027-10-31', 'numerator': '75',
        'denominator': '100', 'value': '80',
                                                        'source': 'x'}, '合いません'),
    (f'{YEAR}/initiatives/1/schedule/new', {'text': 'x', 'start_quarter': '3', 'end_quarter': '1',
                                            'star': '0'}, '開始以後'),
    (f'{YEAR}/initiatives/1/indicators/1/actuals/new', {'as_of': '2027-09-30', 'value': '1', 'source': 'x'},
     '既にあります'),
    (f'{YEAR}/themes/1/void', {'reason': 'x'}, '重点取組があります'),
    (f'{YEAR}/void', {'reason': 'x'}, '重点取組が残っています')])
def test_what_is_refused_says_why(year, address, fields, words):
    assert words in sent(year, address, 422, **fields)


def test_a_year_entered_by_mistake_goes_and_may_come_back(it):
    fields = {'fiscal_year': '2028', 'title': '書き間違い'}
    sent(it, '/strategies/new', **fields)
    sent(it, '/strategies/2028/void', reason='年度の間違い')
    assert it.get('/strategies/2028/').status_code == 404
    sent(it, '/strategies/new', **fields | {'title': '令和10年度'})
    assert '令和10年度' in it.get('/strategies/2028/').text


def test_the_themes_of_the_year_before_are_taken_over_once(it):
    sent(it, '/strategies/new', fiscal_year='2027', title='令和9年度戦略')
    assert '引き継ぐ' in it.get(f'{YEAR}/').text
    for _ in range(2):
        sent(it, f'{YEAR}/themes/copy')
    assert it.get(f'{YEAR}/').text.count('/themes/') == 8 + 1


def test_an_official_rating_that_differs_needs_its_reason(it):
    address = '/strategies/2026/initiatives/6/official'
    assert '理由を入力してください' in sent(it, address, 422, revision=revision(it, address), official='○')
    sent(it, address, revision=revision(it, address), official='○', official_reason='計画どおりの進捗のため')
    assert '計画どおりの進捗のため' in it.get('/strategies/2026/initiatives/6').text


def test_what_the_ward_has_not_confirmed_is_marked_wherever_the_number_stands(client_of):
    it = client_of('it')
    for address in ('/board/?year=2026', '/strategies/2026/', '/strategies/2026/initiatives/9'):
        assert '要確認（区の確認前の既定値）' in it.get(address).text, address


def test_a_year_that_has_not_begun_is_not_judged(it):
    sent(it, '/strategies/new', fiscal_year='2027', title='令和9年度戦略')
    sent(it, f'{YEAR}/themes/new', no='1', title='基盤')
    sent(it, f'{YEAR}/initiatives/new', no='1', theme_no='1', title='標準化')
    sent(it, f'{YEAR}/initiatives/1/indicators/new', no='1', text='ステップ完了率', kind='rate',
         operator='>=', target='0', decimals='1', unit='%',
         measure='steps.official')
    page = it.get('/board/?year=2027').page.text
    assert '年度の開始前' in page and '○ 達成' not in page and '× 未達' not in page


@pytest.mark.parametrize('day', ['abc', '2025-01-01'])
def test_a_day_that_cannot_be_read_makes_no_pdf(it, day):
    answer = it.get(f'/strategies/2026/results.pdf?as_of={day}')
    assert answer.status_code == 303 and '日' in it.get(answer.location).page.text


def test_a_conflict_keeps_the_theme_and_no_part_passes_for_another(it, year):
    address = '/strategies/2027/initiatives/1/edit'
    asked = values(it, address)
    with db.connection_context(), trail.act('strategies.edit', by=None, at=clock.now()) as act:
        row = Initiative.select().join(Strategy).where(Strategy.fiscal_year == 2027, Initiative.no == 1).get()
        former = row.theme_id
        row.outline = '先の人の概要'
        act.save(row)
    answer = it.post(address, data=asked | {'title': 'あとの人'})
    assert answer.status_code == 409
    assert it.post(address, data=answer.page.fields('form.form')).status_code == 303
    with db.connection_context():
        row = Initiative.get_by_id(row.id)
        assert (row.theme_id, row.title, row.outline) == (former, 'あとの人', '先の人の概要')
        theme = Theme.select().join(Strategy).where(Strategy.fiscal_year == 2027, Theme.no == 1).get()
    asked = values(it, '/strategies/2027/themes/1/edit')
    with db.connection_context(), trail.act('strategies.edit', by=None, at=clock.now()) as act:
        theme.no = 9
        act.save(theme)
        act.save(Theme(strategy=theme.strategy_id, no=1, title='あとから入った一番'))
    assert it.post('/strategies/2027/themes/1/edit', data=asked).status_code == 409


def test_a_number_used_again_brings_nothing_of_the_old_one_back(year):
    sent(year, f'{YEAR}/initiatives/1/indicators/1/void', reason='重複')
    sent(year, f'{YEAR}/initiatives/1/indicators/new', no='1', text='まったく別の指標', kind='count',
         operator='>=', target='50', unit='件',
         decimals='0')
    page = year.get(f'{YEAR}/initiatives/1').page.text
    assert 'まったく別の指標' in page and '未入力' in page and '81件' not in page
    address = f'{YEAR}/initiatives/1/official'
    sent(year, address, revision=revision(year, address), official='○', official_reason='理由',
         result='前の成果')
    sent(year, f'{YEAR}/initiatives/1/void', reason='重複')
    sent(year, f'{YEAR}/initiatives/new', no='1', theme_no='1', title='別の取組')
    page = year.get(f'{YEAR}/initiatives/1').page.text.split('履歴')[0]
    assert '別の取組' in page and 'まったく別の指標' not in page and '前の成果' not in page
    assert '調査' not in page
    with db.connection_context():
        assert Initiative.get(Initiative.title == '別の取組').official is None
        assert verify.verify().intact


def test_a_year_has_its_history(year):
    sent(year, f'{YEAR}/edit', revision=revision(year, f'{YEAR}/edit'), title='令和9年度デジタル戦略',
         act_reason='正式な名称')
    page = year.get(f'{YEAR}/').page.text
    assert '「令和9年度戦略」から「令和9年度デジタル戦略」に変更しました' in page and '正式な名称' in page
    assert '便利な窓口' in page


def test_what_decides_whether_a_target_is_met_is_changed_with_a_reason(year):
    address = f'{YEAR}/initiatives/1/indicators/1/edit'
    for changes in ({'target': '82'}, {'operator': '>'}, {'decimals': '2'}):
        assert '「変更の理由」を書いてください' in refused(year, address, **changes)
    assert '目標値・演算子を変えると' in refused(year, address, target='82', operator='>')
    sent(year, address, **values(year, address) | {'text': '電子申請率'})
    sent(year, address, **values(year, address) | {'target': '82', 'act_reason': '計画の改定'})
    assert '計画の改定' in year.get(f'{YEAR}/initiatives/1').text


def test_decimals_are_not_fewer_than_the_targets(year):
    address = f'{YEAR}/initiatives/1/indicators/1/edit'
    assert '目標値は小数2桁です' in refused(year, address, target='82.55', act_reason='x')


def test_an_official_rating_is_changed_with_a_reason(client_of, year):
    executive, address = client_of('executive'), f'{YEAR}/initiatives/1/official'
    sent(executive, address, **values(executive, address) | {'official': '○'})
    assert '公式評価を変えると' in refused(executive, address, official='△', official_reason='未達があるため')
    sent(executive, address, **values(executive, address) | {
        'official': '△', 'official_reason': '未達があるため', 'act_reason': '会議での決定'})
    assert '会議での決定' in executive.get(f'{YEAR}/initiatives/1').text


def test_an_indicator_names_the_businesses_it_counts(it):
    address = '/strategies/2026/initiatives/6/indicators/1/edit'
    assert values(it, address)['business_codes'] == 'B16'
    assert '「変更の理由」' in refused(it, address, business_codes='B16;B17')
    assert '登録されていません' in refused(it, address, business_codes='B99', act_reason='x')
    other = '/strategies/2026/initiatives/1/indicators/1/edit'
    assert '業務ごとに数える自動集計' in refused(it, other, business_codes='B16', act_reason='x')
    sent(it, address, **values(it, address) | {'business_codes': 'B16;B17', 'act_reason': '対象の追加'})
    page = it.get('/strategies/2026/initiatives/6').page.text
    assert 'B16 生活保護、B17 子ども・子育て支援（この業務だけを数えます）' in page and '対象の追加' in page
    # who saw the page before is asked
    stale = values(it, address)
    sent(it, address, **values(it, address) | {'business_codes': 'B16', 'act_reason': '対象の見直し'})
    assert '別の文言' in sent(it, address, 409, **stale | {'text': '別の文言'})
    assert 'B17' in sent(it, address, 409, **stale | {'business_codes': 'B17'})


def test_a_business_that_an_indicator_names_is_not_voided(app, it):
    with app.app_context(), db.connection_context():
        id = Business.get(Business.code == 'B16').id
    assert '令和8年度の重点取組6 指標1の対象業務です' in refused(it, f'/businesses/{id}/void', reason='誤り')
