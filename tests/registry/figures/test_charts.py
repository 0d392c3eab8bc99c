"""The pictures: SVG that a strict page accepts, nothing drawn that the data does not say."""
import re
from decimal import Decimal
from fractions import Fraction
from xml.etree import ElementTree

import pytest
from markupsafe import Markup
from reportlab.graphics.shapes import Drawing, Ellipse, String

from registry.figures import charts

pytestmark = pytest.mark.engine_free


MONTHS = [('4月', None), ('5月', Decimal('22.1')), ('6月', Fraction(221, 5)), ('7月', None),
          ('8月', Decimal('86.3'))]
QUARTERS = ('4〜6月', '7〜9月', '10〜12月', '1〜3月')
SVG = '{http://www.w3.org/2000/svg}'
PICTURES = {
    'trend': lambda: charts.trend('完了率の推移', MONTHS, Decimal('86.9'), '%'),
    'forecast': lambda: charts.trend('完了率の推移', [*MONTHS, ('3月', None)], Decimal('86.9'), '%',
                                     ahead=(88, 85, 90), from_zero=False),
    'all alike': lambda: charts.trend('受講率', [('4月', 100), ('5月', 100)], 100, '%', from_zero=False),
    'small': lambda: charts.trend('指標4の推移', MONTHS, Decimal('86.9'), '%', 140, 60),
    'small forecast': lambda: charts.trend('指標4の推移', [*MONTHS, ('3月', None)], Decimal('86.9'), '%', 140,
                                           60, ahead=(88, 85, 90)),
    'no target': lambda: charts.trend('件数', [('9月', Decimal(3))], None, '件'),
    'empty': lambda: charts.trend('件数', [('4月', None)], Decimal(3), '件'),
    'nothing': lambda: charts.trend('件数', [], None, ''),
    'grid': lambda: charts.grid('業務ごとのステップ', ['住民基本台帳', '髙橋 & <山﨑>'], ['1', '2', '3'],
                                [['done', 'done', 'doing'], ['excluded', 'todo', 'todo']]),
    'empty grid': lambda: charts.grid('業務ごとのステップ', [], [], []),
    'board': lambda: charts.rating_board('評価', [
        ('① 利便性', [(f'{n}. 取組', mark) for n,
                   mark in enumerate(('○', '△', '×', '判定不可', '未評価'), 1)]),
        ('② 改革', [])]),
    'gantt': lambda: charts.gantt('工程', [
        charts.Bar('準備', 1, 2), charts.Bar('確認', 2, 2, True), charts.Bar('公開', None, None),
        charts.Bar('通年の取組', 1, 4, note='継続')], QUARTERS),
}


def texts(drawing):
    return [element.text for element in ElementTree.fromstring(charts.svg(drawing, 't',
        'd')).iter(f'{SVG}text')]


@pytest.fixture(params=PICTURES)
def drawing(request):
    return PICTURES[request.param]()


def test_svg_obeys_a_strict_page(drawing):
    found = charts.svg(drawing, '3月末 86.3% <未達>', '同じ数字を下の表に示します。')
    assert isinstance(found, Markup)
    root = ElementTree.fromstring(found)
    for element in root.iter():
        assert not {'style', 'id', 'class'} & set(element.attrib) - ({'class'} if element is root else set())
        assert not any(name.startswith('on') or 'href' in name for name in element.attrib)
    assert root[0].tag == f'{SVG}title' and root[0].text == '3月末 86.3% <未達>'
    assert root[1].tag == f'{SVG}desc' and root[1].text == '同じ数字を下の表に示します。'
    assert root.get('role') == 'img' and root.get('width') == '100%'
    assert root.get('font-family').startswith('BIZ UDPGothic')
    assert root.get('viewBox') == f'0 0 {charts._short(drawing.width)} {charts._short(drawing.height)}'


@pytest.mark.parametrize('name', ['forecast', 'small forecast'])
def test_the_last_value_and_its_forecast_are_told_apart(name):
    drawn = {each.text: each for each in PICTURES[name]().contents if isinstance(each, String)}
    value, coming = drawn['86.3%'], drawn['見込み 88%']
    half = [charts.width_of(each.text, each.fontName, each.fontSize) / 2 for each in (value, coming)]
    assert value.x + half[0] < coming.x - half[1]


def test_svg_stays_inside_its_frame(drawing):
    root = ElementTree.fromstring(charts.svg(drawing, 't', 'd'))
    for element in root.iter(f'{SVG}text'):
        assert 0 <= float(element.get('x')) <= drawing.width
        assert 0 <= float(element.get('y')) <= drawing.height


def test_trend_leaves_gaps_and_draws_the_target():
    found = charts.svg(charts.trend('率', [('4月', Decimal(1)), ('5月', Decimal(2)), ('6月', None),
                                          ('7月', Decimal(3)),
                                          ('8月', Decimal(4))], Decimal(5), '件'), 't', 'd')
    assert found.count('<polyline') == 2
    assert found.count('<circle') == 4
    assert 'stroke-dasharray' in found
    assert '目標 5件' in found
    assert '>4件<' in found


def test_trend_without_target_has_no_target_line():
    assert 'stroke-dasharray' not in charts.svg(charts.trend('件数', [('4月', Decimal(1))], None, '件'), 't',
        'd')


def test_trend_says_when_there_is_nothing():
    assert 'まだ値がありません' in texts(PICTURES['empty']())


@pytest.mark.parametrize(('value', 'text'), [
    (Decimal('86.25'), '86.3%'), (Decimal('99.99'), '99.9%'), (Decimal(100), '100%'),
    (Decimal('0.01'), '0.1%'),
    (Fraction(2, 3), '0.7%')])
def test_trend_labels_are_published_values(value, text):
    assert text in texts(charts.trend('率', [('4月', value)], None, '%'))


@pytest.mark.parametrize('high', [1, 2, 3, 7, 12, 99, 101, 1266, 99000])
def test_axis_holds_every_value(high):
    drawing = charts.trend('件数', [('4月', Decimal(0)), ('5月', Decimal(high))], None, '件')
    ticks = [Decimal(text.replace(',', '')) for text in texts(drawing) if re.fullmatch(r'[0-9,.]+', text)]
    assert ticks[0] == 0 and ticks[-1] >= high and 2 <= len(ticks) <= 7


def test_grid_says_each_state_in_symbol_colour_and_word():
    found = charts.svg(PICTURES['grid'](), 't', 'd')
    for symbol, word, _, _ in charts.STATES.values():
        assert f'>{symbol}<' in found and f'>{word}<' in found
    assert '髙橋 &amp; &lt;山﨑&gt;' in found


def test_grid_of_all_businesses_is_light():
    drawing = charts.grid('状態', [f'業務{n}' for n in range(20)], [str(n) for n in range(1, 41)],
                          [['done'] * 30 + ['doing'] * 2 + ['todo'] * 8] * 20)
    assert len(charts.svg(drawing, 't', 'd')) < 60_000


def test_rating_board_never_leaves_colour_alone():
    found = texts(PICTURES['board']())
    for word in ('達成', '一部達成', '未達', '判定不可', '未評価', '○', '△', '×'):
        assert word in found


def test_gantt_draws_no_bar_without_a_period():
    found = charts.svg(charts.gantt('', [charts.Bar('公開', None, None)], QUARTERS), 't', 'd')
    assert '<polygon' not in found
    assert '期間の記載なし' in found and 'stroke-dasharray' in found


def test_gantt_bars_cover_their_quarters():
    drawing = charts.gantt('', [charts.Bar('準備', 2, 3)], QUARTERS, 1000)
    [points] = [element.get('points') for element in ElementTree.fromstring(
        charts.svg(drawing, 't', 'd')).iter(f'{SVG}polygon')]
    xs = [float(pair.split(',')[0]) for pair in points.split()]
    assert 360 + 160 <= min(xs) < 360 + 170 and 360 + 470 < max(xs) <= 360 + 480


def test_gantt_marks_check_points():
    assert '★' in texts(PICTURES['gantt']())


def test_gantt_keeps_a_long_text_whole():
    long = '職員向けデータ活用・オープンデータ研修の実施、' * 8
    assert long in ''.join(texts(charts.gantt('', [charts.Bar(long, None, None)], QUARTERS)))


def test_svg_refuses_shapes_it_cannot_draw():
    drawing = Drawing(10, 10)
    drawing.add(Ellipse(5, 5, 2, 1))
    with pytest.raises(TypeError, match='Ellipse'):
        charts.svg(drawing, 't', 'd')
