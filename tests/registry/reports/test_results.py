"""The results as PDF, by command and by page."""
import io

import pytest
from pypdf import PdfReader


@pytest.mark.parametrize('name', ['results', 'plan'])
def test_a_report_of_the_year_and_of_one_initiative(base, tmp_path, name):
    whole, one = tmp_path / 'whole.pdf', tmp_path / 'one.pdf'
    assert base.run('report', name, '--fiscal-year', '2026', '-o', whole).exit_code == 0
    assert base.run('report', name, '--fiscal-year', '2026', '--id', '6', '-o', one).exit_code == 0
    pages = PdfReader(one).pages
    assert len(PdfReader(whole).pages) == 12 and len(pages) == 1
    assert '6.' in pages[0].extract_text() and '1 / 1' in pages[0].extract_text()
    assert base.run('report', name, '--fiscal-year', '2026', '--id', '12', '-o', one).exit_code == 1
    assert base.run('report', name, '--fiscal-year', '2031', '-o', one).exit_code == 1


def test_the_page_gives_the_same_one(client_of):
    it = client_of('it')
    answer = it.get('/strategies/2026/results.pdf?id=6')
    assert answer.status_code == 200 and len(PdfReader(io.BytesIO(answer.data)).pages) == 1
    assert it.get('/strategies/2026/results.pdf?id=99').status_code == 404
    assert len(PdfReader(io.BytesIO(it.get('/strategies/2026/results.pdf?id=x').data)).pages) > 5
    assert '/strategies/2026/plan.pdf?id=6' in it.get('/strategies/2026/initiatives/6').text


def test_an_initiative_with_recovery_times_still_takes_one_page(desk):
    headers = ['インシデント番号', '件名', '区分', 'レベル', '管理番号（複数は;区切り）', '検知日時',
               '復旧日時']
    desk.table('incidents', ['I-8', 'a', 'システム障害', '2', 'S-1', '2025-12-26 17:10', '2025-12-26 21:11'],
               ['I-9', 'b', 'システム障害', '2', 'S-1', '2025-11-24 23:00', '2025-11-25 13:00'],
               headers=headers)
    path = desk.folder / 'out.pdf'
    assert desk.run('report', 'results', '--fiscal-year', '2025', '--as-of', '2026-03-31', '--id', '8', '-o',
                    path).exit_code == 0
    (page,) = PdfReader(path).pages
    text = ''.join(page.extract_text().split())
    assert '4.02時間' in text and '4時間以下' in text
    found = desk.json('kpi', '--fiscal-year', '2025', '--as-of', '2026-03-31')
    assert found['initiatives'][-1]['indicators'][0]['measure'] == 'plans.achievement'
