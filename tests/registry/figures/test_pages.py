"""Figures open to the rows they counted and left out, and what waits on the first page to its list."""
import re
from datetime import timedelta

import pytest

from audits import trail
from models import BudgetRequest, Incident, db
from models.figures import MEASURES, figure
from registry.core import clock


@pytest.mark.parametrize('address', ['/board/?year=2026&', '/strategies/2026/?',
                                     '/figures/steps.official?year=2026&', '/steps/grid?'])
def test_a_day_that_has_not_come_is_not_shown_with_todays_numbers(client_of, address):
    page = client_of('it').get(f'{address}as_of=R81.1.1').text
    assert '基準日に先の日は指定できません' in page and '令和81年' not in page


def test_what_belongs_to_a_voided_record_neither_counts_nor_waits(client_of):
    it = client_of('it')

    def waiting():
        return (it.get('/').page.one('.home-more a[href="/findings/?open=1"] strong').text(),
                len(it.get('/duties/?kind=supports-due-on').page.all('.duties tbody tr')))
    assert waiting() == ('2件', 2)
    for who, address in (('it', '/cases/1'), ('it', '/cases/2'), ('auditor', '/engagements/1'),
                         ('auditor', '/engagements/2')):
        assert client_of(who).post(f'{address}/void', data={'reason': '重複'}).status_code == 303
    assert waiting() == ('0件', 0)


def test_a_figure_opens_as_an_indicator_counts_it(it):
    page = it.get('/figures/cutovers.count?year=2026&indicator=6-1').page
    assert '対象業務 B16 生活保護（この業務だけを数えます）' in page.text
    assert '指標の対象でない業務' in page.text
    assert all('indicator=6-1' in link for link in page.links if 'group=' in link)
    assert 'この業務だけの数を見る' in it.get('/figures/cutovers.count?year=2026').page.text
    assert it.get('/figures/cutovers.count?year=2026&indicator=6-9').status_code == 404
    assert '/figures/cutovers.count?year=2026&indicator=6-1' in it.get('/board/?year=2026').page.links


def test_a_figure_without_records_says_so_beside_what_was_published(it):
    page = it.get('/figures/training.completion?year=2025').page.text
    assert '記録なし' in page and '公表値（重点取組11 指標2a、' in page and '96%' in page
    page = it.get('/strategies/2025/initiatives/7').page.text
    assert '記録なし － 未判定' in page and '86.9%' in page and '○ 達成' not in page


def left_out(page, words):
    """Return the address of a group of what a figure left out."""
    return next(link.attributes['href'] for link in page.all('a[href*="group=left-out-"]')
                if ' '.join(link.text().split()).startswith(f'除いた: {words}'))


def test_voided_rows_are_shown_with_who_voided_them_and_why(client_of):
    it = client_of('it')
    assert it.post('/incidents/1/void', data={'reason': '二重に登録したため'}).status_code == 303
    assert it.post('/courses/1/void', data={'reason': '別の研修にまとめたため'}).status_code == 303
    address = '/figures/incidents.recovery_business_hours?year=2026'
    group = left_out(it.get(address).page, '取消済み 1')
    text = it.get(group).page.text
    assert '二重に登録したため' in text and '阿部 情' in text and '取消の理由' in text
    other = client_of('other').get(group).page.text
    assert '二重に登録したため' not in other and 'ほかの所属の 1件' in other
    found = it.get('/figures/training.completion?year=2026').page
    assert '研修の取消: 別の研修にまとめたため' in it.get(left_out(found, '取消済み')).page.text


def test_every_figure_says_its_own_numbers_of_rows(app, client_of):
    browser = client_of('it')
    with app.app_context(), db.connection_context():
        answers = {name: [rows.query.count() for part in ('counted', 'left_out') for rows in getattr(
            figure(name, 2026, clock.today()), part)] for name in MEASURES}
    assert len({tuple(numbers)
                for numbers in answers.values()}) > 3, 'the cast would not show one taken for another'
    for name, numbers in answers.items():
        page = browser.get(f'/figures/{name}?year=2026').page
        assert [int(n) for n in page.texts('span.count')] == numbers, name


@pytest.mark.parametrize('page', ['0', '99999', '999999999999', 'x', ''])
def test_a_page_that_is_not_there(client_of, page):
    assert client_of('it').get(f'/figures/steps.official?year=2026&page={page}').status_code == 200


@pytest.mark.parametrize('who', ['it', 'department', 'head', 'auditor'])
def test_what_waits_opens_to_as_many_rows(client_of, who):
    browser = client_of(who)
    found = [(card.attributes['href'], int(card.css_first('strong').text().removesuffix('件')))
             for card in browser.get('/').page.all('ul.home-more a')]
    assert found and all(number for _, number in found)
    for address, number in found:
        assert len(browser.get(address).page.all('table:not(.month) tbody tr')) == number, address


@pytest.mark.parametrize(('measure', 'year', 'group', 'heads', 'cells'), [
    ('plans.achievement', 2026, 'counted-0', ['回', '評価', '達成率'], r'[\d.]+%'),
    ('steps.official', 2026, 'counted-0', ['状態（2026-11-23）', '理由'], '完了済み'),
    ('support.budget_coverage', 2026, 'left-out-2', ['除外理由', '除外承認者'], '少額.*'),
    ('incidents.recovery_business_hours', 2026, 'counted-0', ['復旧時間'], r'\d+時間\d+分')])
def test_the_rows_show_what_the_figure_turns_on(app, client_of, measure, year, group, heads, cells):
    with app.app_context(), db.connection_context(), trail.act('budget-requests.edit', by=None,
            at=clock.now()) as act:
        row = BudgetRequest.get_by_id(2)
        row.exclusion_reason, row.excluded_by = '少額のため', '課長'
        act.save(row)
        row = Incident.get_by_id(1)
        row.restored_at = row.detected_at + timedelta(hours=1, minutes=5)
        act.save(row)
    page = client_of('it').get(f'/figures/{measure}?year={year}&group={group}').page
    assert set(heads) <= set(page.texts('th[scope="col"]'))
    assert any(re.fullmatch(cells, text) for text in page.texts('td'))


def test_the_rows_of_a_past_day_say_what_is_of_today(client_of):
    page = client_of('it').get('/figures/steps.official?year=2026&as_of=R8.10.1').text
    assert 'そのほかの項目は、いまの記録です' in page and '状態（2026-10-01）' in page
    assert 'そのほかの項目は、いまの記録です' not in client_of('it').get(
        '/figures/steps.official?year=2026').text
