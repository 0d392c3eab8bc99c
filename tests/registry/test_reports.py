"""The documents: their text equals the board, on the pages and with the marks it should have."""
import io
import re
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from registry.reports import BOLD, REGULAR, plan, results, typesetting

pytestmark = pytest.mark.engine_free

MADE = datetime(2026, 4, 10, 1, 30, tzinfo=UTC)
HEAD = '0123456789abcdef' * 4
LONG = ('オンライン申請の利用率向上に向けた促進策を所管課とターゲットを絞って取り組み(11件)、'
        '案内強化を行った。')


def indicator(no='1', **more):
    given = {
        'no': no, 'text': '標準化のステップ完了率', 'measure': 'steps.official', 'kind': 'rate',
        'source': 'computed', 'operator': '>=', 'target': Decimal('86.9'), 'target_text': '86.9',
        'target_words': '86.9%以上', 'unit': '%', 'decimals': 1, 'parts': '695／800',
        'value': Decimal('86.875'), 'value_text': '86.9', 'verdict': 'met', 'quote': '', 'source_text': '',
        'as_of': date(2026, 3, 31), 'turn_text': '1ステップ減ると未達です。', 'state': '', 'coming_texts': [],
        'coming': None, 'denominator': '800', 'trend': [('1月', Decimal('60')), ('2月', None),
            ('3月', Decimal('86.9'))], 'reference': [], 'published': [],
        'note': '', 'instead_of': '', 'businesses': [], 'unverified': [], 'url': None}
    made = SimpleNamespace(**{**given, **more})
    made.stated = made.published[-1] if made.published else None
    return made


def initiative(no=1, theme_no=1, **more):
    given = {
        'no': no, 'title': f'取組{no}の推進', 'theme_no': theme_no, 'theme_title': '利便性',
        'outline': '窓口を改める。', 'aims': ['①いつでも・どこでも、手続や相談ができます。'],
        'tasks': ['対象の選定', '順次実施'], 'notes': [], 'schedule': [], 'computed': '○', 'official': '○',
        'state': '', 'turn_text': '',
        'differs': False, 'reason': '', 'result_text': '', 'result_points': [], 'indicators': [indicator()],
        'source': '令和7年度 デジタル・ICT戦略 成果', 'source_notes': []}
    return SimpleNamespace(**{**given, **more})


def row(text, start=None, end=None, star=False, note=''):
    return SimpleNamespace(text=text, start_quarter=start, end_quarter=end, star=star, note=note)


def board(*initiatives, **more):
    given = {
        'fiscal_year': 2025, 'year_label': '令和7年度', 'as_of': date(2026, 3, 31), 'is_over': True,
        'state_tally': {'late': 1, 'missing': 0, 'open': 2, 'on_track': 3, 'reached': 4},
        'mission': '生活を「もっと便利に!」する。', 'vision': '行政サービス改革が加速している。',
        'is_demo': True, 'head_seq': 1234, 'head_hash': HEAD,
        'themes': [SimpleNamespace(no=1, title='利便性を実感できるサービス', mark='①'),
                   SimpleNamespace(no=2, title='業務改革', mark='②')],
        'initiatives': list(initiatives), 'head_at': datetime(2026, 4, 1, 0, 5, tzinfo=UTC),
        'tally': {'○': 9, '△': 8, '×': 7, '判定不可': 6},
        'official_tally': {'○': 5, '△': 4, '×': 3, '未評価': 2}}
    return SimpleNamespace(**{**given, **more})


FULL = board(
    initiative(
        1, title='髙橋と山﨑の行政手続オンライン化', official='△', differs=True,
        reason='アンケートの母数が小さいため。',
        notes=['※1:年間総申請件数の内、オンラインで申請できる割合'],
        result_text='着実に進んだが、一部の目標に届かなかった。',
        result_points=['㈱目黒の①②を含む71件を公開した。',
                       'がぎぐげご・パピプペポ・ヴァイオリンを、ー字ずつ確かめた。'],
        source_notes=['本文の表は81件'],
        indicators=[
            indicator('1', published=[(date(2026, 3, 15), '86.9', '完了率86.9%', '成果5頁')]),
            indicator('2a', text='満足度', measure=None, source='entered', verdict='missed',
                      value=Decimal('63.6'),
                      value_text='63.6', target=Decimal(75), target_words='75%以上', parts='',
                      quote='満足の回答は63.6%', source_text='アンケート調査', as_of=date(2025, 12, 31),
                      turn_text='あと11.4ポイントで達成です。', trend=[], reference=[('令和6年度', '60.1%')],
                      unverified=['業務時間'], note='外国籍の人を含む'),
            indicator('2b', text='研修の受講', measure=None, source='none', verdict='unknown', value=None,
                      value_text='未入力', unit='人', target=Decimal(100), target_words='100人超',
                      parts='', turn_text='', denominator=None, trend=[]),
            indicator('3', text='切替', source='entered', instead_of='記録なし', denominator=None,
                      value=Decimal('15'), value_text='15',
                      parts='', trend=[], businesses=[('B16', '生活保護')],
                      published=[(date(2026, 3, 31), '15', '', '計画9頁')])],
        schedule=[row('計画の策定', 1, 2), row('2Q進捗確認', 3, 3, True), row('オープンデータの公開')]),
    initiative(2, 2, official=None, computed='判定不可', aims=[], outline='', tasks=[], indicators=[],
               source=''))


def read(made):
    return PdfReader(io.BytesIO(made))


def words(page):
    return re.sub(r'\s', '', page.extract_text())


@pytest.fixture(scope='module', params=[results, plan], ids=['results', 'plan'])
def reader(request):
    return read(request.param.build(FULL, MADE))


@pytest.fixture(scope='module')
def result_words():
    return words(read(results.build(FULL, MADE)).pages[1])


@pytest.fixture(scope='module')
def plan_words():
    return words(read(plan.build(FULL, MADE)).pages[1])


def test_one_page_each_and_one_for_the_whole(reader):
    assert len(reader.pages) == 3
    assert '1.髙橋と山﨑の行政手続オンライン化' in words(reader.pages[1])
    assert '2.取組2の推進' in words(reader.pages[2])


def test_every_page_says_what_it_is(reader):
    for number, page in enumerate(reader.pages, 1):
        found = words(page)
        assert f'ページ{number}/3' in found
        assert '基準日：令和8年3月31日（2026-03-31）' in found
        assert '台帳の記録：第1234号0123456789abcdef（令和8年4月1日09:05）' in found
        assert '作成：令和8年4月10日10:30' in found
        assert 'デモデータ' in found
        assert '自治体機密性2' in found
        assert found.startswith('令和7年度デジタル・ICT戦略')


def test_real_data_carries_no_demo_mark():
    for module in (results, plan):
        for page in read(module.build(board(initiative(), is_demo=False), MADE)).pages:
            assert 'デモデータ' not in words(page)


def test_an_empty_chain_is_said():
    made = results.build(board(initiative(), head_seq=0, head_hash='', head_at=None), MADE)
    assert '台帳の記録：なし' in words(read(made).pages[0])


def test_fonts_are_embedded_and_never_helvetica(reader):
    names = set()
    for page in reader.pages:
        for font in page['/Resources']['/Font'].values():
            font = font.get_object()
            names.add(str(font['/BaseFont']))
            assert '/FontFile2' in font['/FontDescriptor'].get_object()
    assert names and all(REGULAR in name or BOLD in name for name in names)


def test_document_has_language_title_and_outline(reader):
    catalogue = reader.trailer['/Root']
    assert catalogue['/Lang'] == 'ja-JP'
    assert catalogue['/ViewerPreferences']['/DisplayDocTitle']
    assert reader.metadata.title.startswith('令和7年度 デジタル・ICT戦略')
    assert reader.metadata.author == '目黒区'
    assert reader.metadata.creation_date == datetime(2026, 4, 10, 10, 30, tzinfo=timezone(timedelta(hours=9)))
    outline = reader.outline
    found = {}

    def walk(entries):
        for entry in entries:
            if isinstance(entry, list):
                walk(entry)
            else:
                found[entry.title] = reader.get_destination_page_number(entry)
    walk(outline)
    assert found['1. 髙橋と山﨑の行政手続オンライン化'] == 1
    assert found['2. 取組2の推進'] == 2
    assert found['戦略テーマ② 業務改革'] == 2
    assert isinstance(outline[2], list)


def test_the_first_page_leads_to_each_initiative(reader):
    targets = [annotation.get_object() for annotation in reader.pages[0]['/Annots']]
    assert len(targets) >= 2


def test_results_say_what_the_board_says(result_words):
    for text in (
            '戦略テーマ①利便性を実感できるサービス', '①いつでも・どこでも、手続や相談ができます。',
            '窓口を改める。', '標準化のステップ完了率', '86.9%以上', '86.9%', '695／800', '○達成', '自動集計',
            '2a', '75%以上', '63.6%', '×未達', 'あと11.4ポイントで達成です。', '手入力',
            'アンケート調査「満足の回答は63.6%」', '令和7年12月31日（2025-12-31）時点',
            '参考：令和6年度：60.1%', '要確認の設定：業務時間', '備考：外国籍の人を含む', '100人超', '未入力',
            '－未判定', '※1:年間総申請件数の内', '対象の選定', '順次実施', '公式評価△一部達成',
            '自動判定○達成', 'アンケートの母数が小さいため。', '着実に進んだが、一部の目標に届かなかった。',
            '●㈱目黒の①②を含む71件を公開した。', 'がぎぐげご・パピプペポ・ヴァイオリンを、ー字ずつ確かめた。',
            '指標1の推移', '目標86.9%', '出典：令和7年度デジタル・ICT戦略成果',
            '公表値（令和8年3月15日（2026-03-15））：86.9%「完了率86.9%」成果5頁',
            '原文についての注意：本文の表は81件'):
        assert text in result_words, text


def test_no_chart_without_two_points(result_words):
    assert '指標2aの推移' not in result_words
    made = results.build(board(initiative(indicators=[indicator(trend=[('4月', None),
        ('5月', Decimal(1))])])), MADE)
    assert 'の推移' not in words(read(made).pages[1])


def test_what_is_missing_is_said():
    found = words(read(results.build(FULL, MADE)).pages[2])
    for text in ('指標の登録はありません。', '記載はありません。', '未評価', '判定不可'):
        assert text in found


def test_the_tally_is_on_the_first_page():
    found = words(read(results.build(FULL, MADE)).pages[0])
    for text in ('生活を「もっと便利に!」する。', '公式評価543－2', '自動判定9876－', '△一部達成', '1/3',
                 '0/0'):
        assert text in found, text


def test_plan_says_what_the_board_says(plan_words):
    for text in ('4〜6月', '7〜9月', '10〜12月', '1〜3月', '計画の策定', '2Q進捗確認★',
                 'オープンデータの公開期間の記載なし', '令和7年度のスケジュール', '台帳から自動で集計',
                 '所管課が実績を入力', '参考：令和6年度：60.1%'):
        assert text in plan_words, text
    assert 'スケジュールの登録はありません。' in words(read(plan.build(FULL, MADE)).pages[2])


def test_remarks_on_the_schedule_are_kept_once():
    rows = [row('準備', 1, 1, note='矢印の長さは読み取れない'),
            row('実施', 2, 2, note='矢印の長さは読み取れない'), row('公開', note='原文に期間の記載なし')]
    found = words(read(plan.build(board(initiative(schedule=rows)), MADE)).pages[1])
    assert '準備、実施：矢印の長さは読み取れない' in found
    assert '公開：' not in found


def test_a_schedule_longer_than_a_page_goes_on():
    rows = [row(f'作業{n}番', n % 4 + 1, n % 4 + 1) for n in range(60)]
    reader = read(plan.build(board(initiative(schedule=rows)), MADE))
    found = ''.join(words(page) for page in reader.pages)
    assert len(reader.pages) > 2
    assert all(f'作業{n}番' in found for n in range(60))


def test_long_initiatives_shrink_to_one_page():
    view = initiative(result_points=[LONG] * 8, tasks=[f'作業{n}' for n in range(8)], indicators=[
        indicator(str(n), text=LONG[:40]) for n in range(1, 5)])
    assert len(read(results.build(board(view), MADE)).pages) == 2


@pytest.mark.parametrize('module', [results, plan])
def test_nothing_is_too_long_to_print(module):
    view = initiative(outline=LONG * 120, result_points=[LONG * 120, LONG], reason=LONG * 20, differs=True,
                      aims=[LONG] * 9, tasks=[LONG] * 50,
                      indicators=[indicator(str(n), text=LONG * 2, source_text=LONG) for n in range(40)])
    reader = read(module.build(board(view), MADE))
    found = ''.join(words(page) for page in reader.pages)
    assert len(reader.pages) > 4
    assert found.count('No.') >= 2, 'the header repeats'
    assert f'ページ{len(reader.pages)}/{len(reader.pages)}' in found


@pytest.mark.parametrize('module', [results, plan])
def test_markup_in_a_text_is_text(module):
    made = module.build(board(initiative(title='<b>A&B</b> <para>', outline='1 < 2 & 3 > 2')), MADE)
    found = words(read(made).pages[1])
    assert '1.<b>A&B</b><para>' in found and '1<2&3>2' in found


def test_line_ends_and_spaces_of_a_text_are_kept():
    found = read(results.build(board(initiative(outline='一行目\n二行目\t三\u3000四')),
                               MADE)).pages[1].extract_text()
    assert re.search('一行目\\s+二行目\\s+三\\s+四', found)


def test_characters_the_font_lacks_are_named():
    assert typesetting.missing_glyphs('髙橋 山﨑 ①㈱ ○△× 〓\n') == set()
    assert typesetting.missing_glyphs('𠮷野家と葛\U000e0100飾😀') == {'𠮷', '\U000e0100', '😀'}
    view = initiative(outline='𠮷田が担当した。', schedule=[row('😀の実施', 1, 1)], title='𠮷野の取組')
    for module, codes in ((results, 'U+20BB7'), (plan, 'U+20BB7、U+1F600')):
        reader = read(module.build(board(view), MADE))
        found = words(reader.pages[1])
        assert '〓田が担当した。' in found
        assert f'〓は、この文書の書体にない文字です（{codes}）。' in found
        assert 'U+20BB7' in words(reader.pages[0])
    clean = read(results.build(board(initiative()), MADE))
    assert '〓' not in ''.join(words(page) for page in clean.pages)


def test_same_board_and_moment_make_the_same_bytes():
    assert results.build(FULL, MADE) == results.build(FULL, MADE)


def test_a_year_is_a_page_each():
    year = board(*(initiative(n, 1 + n % 2, result_points=[LONG] * 5, indicators=[
        indicator(str(k), text=LONG[:30]) for k in range(4)]) for n in range(1, 14)))
    made = results.build(year, MADE)
    assert len(read(made).pages) == 14


ALPHABET = st.sampled_from('あ漢字カ、。」「（）・ー々ょッ％ …―"\'') | st.sampled_from([
    '1,234', '86.9%', 'R7', 'LINE', '（QOL:', '「', '」。', '、', '年', ' ', '度', 'DX推進', '〜', '￥500'])


@given(st.lists(ALPHABET, max_size=60).map(''.join), st.integers(60, 400))
@settings(max_examples=300, deadline=None)
def test_lines_obey_kinsoku(text, width):
    found = typesetting.lines(text, REGULAR, 10, width)
    assert ''.join(found) == text
    place = 0
    for number, line in enumerate(found):
        if len(found) > 1:
            assert line, 'no empty line'
        assert typesetting.width_of(line.rstrip(' '), REGULAR, 10) <= width + 1e-6 or len(line) == 1
        if number:
            before, after = text[place - 1], text[place]
            bad = typesetting._forbidden(before, after) or typesetting._joined(before, after)
            if bad:
                chain = found[number - 1]
                assert all(typesetting._forbidden(a, b) or typesetting._joined(a, b)
                           for a, b in zip(chain, chain[1:], strict=False)), (chain, line)
        place += len(line)


def test_lines_of_real_text_at_every_width():
    text = ('令和7年度は、窓口の「書かない窓口」（試行）を1,234件・86.9%まで広げ、'
            'DX推進リーダーは延べ122人となった。'
            'LINEの友だち登録者は「195,821人」、満足度は63.6%である。' + LONG) * 3
    for width in range(70, 420, 3):
        found = typesetting.lines(text, REGULAR, 9.5, width)
        assert ''.join(found) == text
        for line in found:
            assert line[0] not in typesetting.NO_START
            assert line[-1] not in typesetting.NO_END
            assert typesetting.width_of(line, REGULAR, 9.5) <= width + 1e-6
        for number in ('1,234', '86.9%', '195,821', '63.6%', 'LINE', '122'):
            assert sum(line.count(number) for line in found) == text.count(number)


def test_a_word_wider_than_the_line_is_broken_but_not_before_a_mark():
    found = typesetting.lines('ABCDEFGHIJKLMNOPQRSTUVWXYZ。', REGULAR, 10, 60)
    assert ''.join(found) == 'ABCDEFGHIJKLMNOPQRSTUVWXYZ。'
    assert all(not line.startswith('。') for line in found)


def test_pages_obey_kinsoku():
    view = initiative(outline=LONG * 6, result_points=[LONG * 3, '「' + LONG + '」'], result_text=LONG * 2)
    for page in read(results.build(board(view), MADE)).pages:
        for line in page.extract_text().splitlines():
            text = line.strip()
            if len(text) > 12:
                assert text[0] not in '、。，．」』）ー々ょっ', text
                assert text[-1] not in '「『（', text


@pytest.mark.parametrize('module', [results, plan])
def test_paper_made_on_a_fixed_day_says_so(module):
    for page in read(module.build(board(initiative()), MADE, pinned=date(2026, 4, 10))).pages:
        assert '日付固定2026-04-10' in words(page) and '実際の日時ではありません' in words(page)
    assert '日付固定' not in words(read(module.build(board(initiative()), MADE)).pages[0])


def test_paper_tells_a_published_value_from_a_computed_one(result_words):
    assert '手入力（自動集計は記録なし）' in result_words and '対象業務：生活保護' in result_words
    assert '公表値判定集計' in result_words and '15%' in result_words


def test_paper_of_a_year_on_its_way_says_where_it_stands():
    ahead = indicator(verdict='unknown', state='late', coming=(1, 1, 1),
                      coming_texts=['84.0', '83.1', '85.2'], turn_text='あと24ステップで達成です。')
    decided = indicator('2', verdict='met', state='reached', turn_text='達成に決まりました。')
    made = board(initiative(indicators=[ahead, decided], state='late', computed='判定不可', official=None,
                            turn_text='指標1が達成なら○、未達なら△です。'), is_over=False)
    first, page = map(words, read(results.build(made, MADE)).pages)
    for text in ('▲遅れ－未入力？要確認●順調◎達成済み', '状態10234', '○△×は年度末に判定します。', '1/2'):
        assert text in first, text
    for text in ('公表値状態集計', '▲遅れ見込み84.0%（幅83.1〜85.2）あと24ステップで達成です。',
                 '◎達成済み○達成達成に決まりました。', '状態（年度途中）▲遅れ',
                 '何が変われば指標1が達成なら○、未達なら△です。'):
        assert text in page, text
    assert '×' not in page and '自動判定' not in first + page
