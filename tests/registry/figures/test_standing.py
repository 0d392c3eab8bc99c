"""Where an indicator stands is the same on every page, in the files, for machines and on paper."""
import io
import json
import re
from datetime import date
from decimal import Decimal

from api_calls import command
from pypdf import PdfReader

from models import Actual, Business, Incident, IncidentSystem, Indicator, Initiative, Strategy, System, db
from models.rules import standings
from registry.core import clock
from registry.figures import board as boards

WORDS = {state: f'{mark} {word}' for state, (mark, word) in standings.STATES.items()}


def indicator_of(no, kpi, year=2026):
    return (Indicator.select().join(Initiative).join(Strategy).where(
        Strategy.fiscal_year == year, Initiative.no == no, Indicator.no == kpi).get())


def words(element):
    return ' '.join(element.text().split())


def test_a_decided_miss_and_a_forecast_stand_alike_everywhere(app, client_of, machine_of, written, settings,
                                                              tmp_path, monkeypatch):
    with app.app_context(), db.connection_context():
        system = System.get_by_id(1)
        system.category = 'platform'
        struck = Incident(incident_no='I-90', title='全庁の停止', category='failure', level=4,
                          detected_at=clock.now())
        actuals = [Actual(indicator=indicator_of(3, '1'), as_of=day, value=value, source='報告')
                   for day, value in ((date(2026, 6, 30), Decimal(10)), (date(2026, 7, 31), Decimal(20)),
                                      (date(2026, 8, 31), Decimal(30)), (date(2026, 9, 30), Decimal(40)))]
    for row in (system, struck, *actuals):
        written(row)
    written(IncidentSystem(incident=struck, system=system))
    with app.test_request_context('/'), db.connection_context():
        board = boards.board(2026)
    views = {f'{row.no}-{one.no}': one for row in board.initiatives for one in row.indicators}
    severe, planned = views['7-2'], views['3-1']
    assert (severe.verdict, severe.state, severe.value_text) == ('missed', 'late', '1')
    assert severe.turn_text == '未達に決まりました（記録の訂正・取消を除きます）。'
    # 10 a month, as before, is 100 in March: with the months' pace the target of 80 is reached
    assert (planned.verdict, planned.state, planned.coming_texts[0]) == ('unknown', 'on_track', '100.0')
    assert planned.turn_text == 'あと40ポイントで達成です。'
    assert {row.no: row.state for row in board.initiatives if row.no in (3, 7)} == {3: 'on_track', 7: 'late'}
    it = client_of('it')
    # home, the board, the year's page, the initiative's and the figure's
    strip = {link.attributes['href']: words(link) for link in it.get('/').page.all('.home-strip li a')}
    for row in board.initiatives:
        assert WORDS[row.state] in strip[f'/strategies/2026/initiatives/{row.no}'], row.no
    page = it.get('/board/?year=2026').page
    cards = {words(card.css_first('h3')).partition('.')[0]: card for card in page.all('li.kpi')}
    tally = [words(item) for item in page.all('[aria-label="状態の内訳"] li')]
    assert tally == [f'{WORDS[state]} {board.state_tally[state]}' for state in standings.STATES]
    rows = {f'{no}-{i.no}': text for (no, i), text in zip(
        ((row.no, i) for row in board.initiatives for i in row.indicators),
        (words(line) for no in map(str, range(1, 12)) for line in cards[no].css('.changes > li')),
        strict=True)}
    table = {}
    for row in it.get('/strategies/2026/').page.all('table'):
        place = re.match('重点取組([0-9]+)の', row.parent.attributes['aria-label'])
        table |= {f'{place[1]}-{words(line.css_first("th"))}': words(line) for line in row.css('tbody tr')
                  } if place else {}
    for place, one in views.items():
        for shown in (rows[place], table[place]):
            assert WORDS[one.state] in shown, place
            # the board does not repeat for each what is to be done where nothing is entered
            assert one.turn_text in shown or shown == rows[place] and one.state == 'missing', place
            # red is for what is late; ○△× only for what is decided
            decided = {'met': '○ 達成', 'missed': '× 未達'}.get(one.verdict)
            assert ('○ 達成' in shown, '× 未達' in shown) == (decided == '○ 達成', decided == '× 未達'), place
            if one.coming:
                value, low, high = one.coming_texts
                assert f'{value}{one.unit}（幅 {low}〜{high}）' in shown, place
    assert '▲ 遅れ × 未達' in words(it.get('/strategies/2026/initiatives/7').page.one('main'))
    figure = words(it.get('/figures/incidents.severe_platform?year=2026').page.one('main'))
    assert '状態 ▲ 遅れ × 未達 何が変われば 未達に決まりました' in figure
    # for machines and in files
    told = machine_of('executive').get('/indicators?fiscal_year=2026').json
    for row, view in zip(told['initiatives'], board.initiatives, strict=True):
        assert (row['state'], row['turn_text'], row['computed']) == (
            view.state, view.turn_text, view.computed)
        for one, i in zip(row['indicators'], view.indicators, strict=True):
            assert (one['state'], one['verdict'], one['turn_text']) == (i.state, i.verdict, i.turn_text)
            assert (one['forecast'] is None) == (i.coming is None)
    opened = machine_of('executive').get('/figures/incidents.severe_platform?fiscal_year=2026').json
    assert opened['indicators'] == [{'initiative': 7} | told['initiatives'][6]['indicators'][2]]
    csv = command(settings, tmp_path, monkeypatch, 'kpi', '--fiscal-year', '2026', '--csv').stdout
    assert '遅れ,1,' in next(line for line in csv.splitlines() if '重大障害' in line)
    # on paper
    text = ''.join(PdfReader(io.BytesIO(it.get('/strategies/2026/results.pdf?id=3').data)).pages[0]
                   .extract_text().split())
    value, low, high = planned.coming_texts
    assert f'●順調見込み{value}%（幅{low}〜{high}）あと40ポイントで達成です。' in text
    first = ''.join(PdfReader(io.BytesIO(it.get('/strategies/2026/results.pdf').data)).pages[0]
                    .extract_text().split())
    assert '○△×は年度末に判定します。' in first and '自動判定' not in first
    assert json.dumps(told, ensure_ascii=False).count('"met"') == sum(
        one.verdict == 'met' for one in views.values())


def test_an_indicator_of_named_businesses_counts_only_these_everywhere(app, client_of, machine_of, change):
    with app.app_context(), db.connection_context():
        named, other = (Business.get(Business.code == code).id for code in ('B16', 'B18'))
    change(Business, other, cutover_on=date(2026, 5, 7))
    it, machine = client_of('it'), machine_of('it')

    def told():
        page = it.get('/figures/cutovers.count?year=2026&indicator=6-1').page
        whole = machine.get('/figures/cutovers.count?fiscal_year=2026').json
        opened = machine.get('/figures/cutovers.count?fiscal_year=2026&indicator=6-1').json
        kpi = machine.get('/indicators?fiscal_year=2026').json['initiatives'][5]['indicators'][0]
        paper = ''.join(PdfReader(io.BytesIO(it.get('/strategies/2026/results.pdf?id=6').data)).pages[0]
                        .extract_text().split())
        return (words(page.one('.kpi-value')), whole['numerator'], opened['numerator'], kpi['value'],
                '対象業務：生活保護' in paper and re.search('完了1業務以上([0-9]+)業務', paper)[1],
                opened['groups'][0]['rows'])
    assert told() == ('0業務', '1', '0', '0', '0', 0)
    change(Business, named, cutover_on=date(2026, 6, 1))
    assert told() == ('1業務', '2', '1', '1', '1', 1)
    assert machine.get('/figures/cutovers.count?fiscal_year=2026&indicator=6-9').status_code == 404
