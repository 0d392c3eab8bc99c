"""The three journeys the product is for, walked in a real browser by the people who would walk them."""
import re

import pytest

from models.engagements import FINDING_STATES

pytestmark = pytest.mark.engine_free

BOARD = '/board/?year=2026'


def severe(window):
    """Return what the board says of 重点取組7 指標2, the level-4 incidents of the common platforms."""
    window.open(BOARD)
    card = window.page.locator('li.kpi').filter(has=window.page.get_by_role('heading',
        name=re.compile(r'^7\. ')))
    return card.locator('li').filter(has=window.page.get_by_role('link', name='指標2',
        exact=True)).inner_text()


def coverage(window):
    """Return (numerator, denominator) of 予算要求調達支援の実施率 of FY2026 from its page."""
    window.open('/figures/support.budget_coverage?year=2026')
    return tuple(int(n) for n in re.search(r'分子／分母\s+([\d,]+)／([\d,]+)', window.words).groups())


def test_the_it_division_puts_a_system_into_operation_and_the_board_follows_its_incident(window):
    it = window('it')
    assert '順調' in severe(it) and '0件' in severe(it)

    before = it.presses
    it.menu('情報システム')
    it.follow('新規登録')
    it.put(システム名称='庁内DNS基盤', 所管課='行政情報マネジメント課', システム区分='共通基盤・ネットワーク',
           ライフサイクル状態='構築・移行', 個人情報の取扱い='なし')
    it.press('登録する')
    number = it.h1.split()[0]
    assert '登録しました' in it.words and it.h1 == f'{number} 庁内DNS基盤'
    assert 'ネットワーク区分を入力してください' in it.page.locator('.next').inner_text()
    it.follow('運用へ')
    assert it.page.locator('[name=manager]').input_value() == '行政情報マネジメント課長'
    it.put(ネットワーク区分='LGWAN接続系', 機密性='2', 完全性='2', 可用性='2',
           **{'バックアップ方式・頻度・保管場所': '日次・庁外保管'})
    it.press('運用にする')
    assert it.presses - before <= 15
    assert '状態を「運用」に変更しました' in it.words
    assert it.page.locator('.heading-marks').inner_text().strip() == '運用'

    it.menu('インシデント')
    it.follow('新規登録')
    it.put(件名='庁内DNS基盤の停止', 区分='システム障害', レベル='レベル4', 検知日時='R8.10.20 9:00',
           復旧日時='R8.10.20 10:30',
           対象システムの管理番号=number)
    it.press('登録する')
    assert '登録しました' in it.words and '庁内DNS基盤の停止' in it.h1

    after = severe(it)
    # one is one too many, whatever the rest of the year brings
    assert '遅れ' in after and '未達に決まりました' in after and '1件' in after
    it.follow('指標2', within='li.kpi:has(h3 a:text-matches("^7\\\\. "))')
    assert '庁内DNS基盤の停止' in it.words
    it.fault_free()


def test_a_department_is_helped_with_a_budget_line_that_is_then_counted(window):
    department, it = window('department'), window('it')
    department.open('/')
    department.menu('予算要求')
    department.follow('新規登録')
    department.put(予算年度='2027', 要求日='R8.10.5', 件名='収納管理システムの改修', 要求額='4400000')
    department.press('登録する')
    assert '登録しました' in department.words
    done, asked = coverage(it)

    department.follow('調達支援を依頼する')
    department.put(案件種別='機能追加・改修')
    department.press('依頼する')
    assert '調達支援を依頼しました' in department.words
    support = department.page.url.removeprefix(department.site)

    it.menu('調達支援')
    it.open(support)
    it.follow('点検を始める')
    it.press('点検を始める')
    it.follow('差し戻す')
    it.press('差し戻す')
    assert it.page.get_by_role('alert').count()
    it.put(直してほしい点='保守の見積を分けてください。')
    it.press('差し戻す')
    assert '状態を「差戻し」に変更しました' in it.words
    assert coverage(it) == (done, asked)

    department.menu('ホーム')
    assert '差し戻された調達支援' in department.words
    department.page.locator(f'.home-duties a[href="{support}"]').click()
    assert '保守の見積を分けてください。' in department.words
    department.follow('対応して再提出する')
    department.put(対応した内容='見積を機器と保守に分けました。')
    department.press('対応して再提出する')
    assert '見積を機器と保守に分けました。' in department.words

    it.open(support)
    it.follow('支援を完了する')
    it.put(意見本文='内容を確認しました。', 総合意見='支障なし')
    it.press('支援を完了する')
    assert it.page.locator('.heading-marks').inner_text().strip() == '完了'
    assert coverage(it) == (done + 1, asked)
    assert '収納管理システムの改修' in it.words

    department.open(support)
    assert department.page.locator('.heading-marks').inner_text().strip() == '完了'
    for each in (department, it):
        each.fault_free()


def test_an_auditor_verifies_and_follows_a_finding_but_changes_nothing_audited(window):
    auditor, it = window('auditor'), window('it')
    auditor.open('/')
    auditor.menu('情報システム')
    auditor.page.locator('table.list tbody a').first.click()
    system = auditor.page.url.removeprefix(auditor.site)
    auditor.follow('履歴')
    history = auditor.page.locator('#history')
    assert '情報システムを登録しました。' in history.inner_text()
    assert 'システム名称' in history.text_content() and '表計算の台帳からの移行' in history.inner_text()
    assert auditor.page.locator('main').get_by_role('link', name='編集', exact=True).count() == 0
    assert auditor.page.locator('main').get_by_role('link', name='取消', exact=True).count() == 0
    assert auditor.context.request.get(f'{auditor.site}{system}/edit').status == 403
    token = auditor.page.locator('input[name=csrf_token]').first.get_attribute('value')
    refused = auditor.context.request.post(f'{auditor.site}{system}/edit',
                                           form={'csrf_token': token, 'revision': '1', 'name': '書換え'})
    assert refused.status == 403
    auditor.page.reload()
    assert '書換え' not in auditor.page.content()

    auditor.open(BOARD)
    auditor.follow('指標3', within='li.kpi:has(h3 a:text-matches("^6\\\\. "))')
    assert '数えた行と除いた行' in auditor.words
    assert auditor.page.locator('table.dense tbody tr').count() > 0
    auditor.page.locator('table.dense tbody a').first.click()
    assert '履歴' in auditor.words

    auditor.menu('操作履歴')
    auditor.press('改ざんがないか検証する')
    assert '改ざんは見つかりませんでした' in auditor.words

    auditor.menu('監査')
    auditor.follow('新規登録')
    auditor.put(監査種別='内部監査', 監査テーマ='委託先の管理', 被監査部門='税務課', 監査人='鈴木 誠',
                実施日='R8.11.10')
    auditor.press('登録する')
    auditor.follow('指摘を記録する')
    auditor.put(監査項目='再委託の承認', 指摘区分='軽微な指摘', 事実='再委託の承認の記録がない。')
    auditor.press('登録する')
    assert '登録しました' in auditor.words
    finding = auditor.page.url.removeprefix(auditor.site)

    department = window('department')
    department.open(finding)
    department.follow('是正措置を記録する')
    department.put(措置内容='再委託の承認簿を作った。', 期限='R8.12.25', 実施日='R8.11.20',
                   **{'証跡（文書番号など）': '8税第12号'})
    department.press('保存する')
    assert '是正措置を保存しました' in department.words

    def move(who, words, state, reason):
        who.open(finding)
        who.follow(words)
        who.put(理由=reason)
        who.press(words)
        assert who.page.locator('.heading-marks').inner_text().strip() == FINDING_STATES[state]
    move(department, '是正計画を提出する', 'planned', '計画を立てた')
    move(auditor, '是正計画を承認する', 'approved', '計画は妥当')
    move(department, '是正を始める', 'correcting', '承認を受けて実施した')
    move(it, '是正の完了を報告する', 'reported', '承認簿を確認した')

    auditor.open(finding)
    auditor.follow('監査事後確認を記録する')
    auditor.put(確認結果='有効', 確認した内容='承認簿を閲覧し、3件を突き合わせた。')
    auditor.press('保存する')
    assert '監査事後確認を記録しました' in auditor.words
    move(auditor, '指摘を完了にする', 'closed', '有効に是正された')
    for each in (auditor, it, department):
        each.fault_free()
