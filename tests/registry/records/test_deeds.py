"""Histories in the words of the work."""
from form_posts import values


def told(browser, address):
    """Return [(what was done, the reason given or '')] of a record's history."""
    return [tuple(node.text() if (node := line.css_first(css)) else '' for css in ('.deed', '.deed-reason'))
            for line in browser.get(f'{address}/history').page.all('.history > li')]


def test_what_was_done_is_told_not_which_columns_changed(client_of):
    it = client_of('it')

    def sent(address, **typed):
        assert it.post(address, data=values(it, address) | typed).status_code == 303
    sent('/supports/1/move/returned', text='内訳を')
    assert told(it, '/supports/1')[0] == ('差し戻しました。', '内訳を')
    sent('/systems/1/edit', manager='税務課長', contacts='内線1', site='', users='3', terminals='4',
         rpo_h='5', pii='none', act_reason='棚卸')
    assert told(it, '/systems/1')[0] == (
        '情報システム管理者、担当者・連絡先、目標復旧時点、ほか2項目を入れました。'
        '設置場所を空欄にしました。個人情報の取扱いを変えました。', '棚卸')
    sent('/systems/1/move/retiring', retire_planned_on='2027-03-31', handover='なし', reason='更新しない')
    assert told(it, '/systems/1')[0] == (
        '状態を「廃止予定」にしました。廃止予定日、データ引継ぎ・影響する連携を入れました。', '更新しない')
    sent('/incidents/2/edit', system_nos='S-00001;S-00002')
    sent('/incidents/2/edit', system_nos='S-00002')
    assert [words for words, _ in told(it, '/systems/1')[:2]] == [
        'インシデントとの結び付きを外しました。', 'インシデント「I-00002 戸籍障害2」と結び付けました。']
    # what is named leads to it, for who may know of it
    assert it.get('/systems/1/history').page.texts('#history [href="/incidents/2"]') == ['I-00002 戸籍障害2']
    unit = client_of('department').get('/systems/1/history').page
    assert '戸籍' not in unit.one('#history').text() and not unit.has('#history [href="/incidents/2"]')
    sent('/reviews/1/void', reason='重複')
    sent('/reviews/1/restore', reason='重複でない')
    assert [words for words, _ in told(it, '/reviews/1')] == [
        '取消を取りやめました。', '取り消しました。', '台帳活用検討を登録しました。']
