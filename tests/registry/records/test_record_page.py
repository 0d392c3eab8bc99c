"""A record's page: what it begins with, its tabs, its rail, its card, and the way back to it."""
import pytest
from form_posts import values


def plain(node):
    return ' '.join(node.text().split())


def test_a_record_begins_with_what_matters_and_holds_all_without_scripts(client_of):
    page = client_of('department').get('/systems/1').page
    assert [plain(node) for node in page.all('.strip dt')] == [
        '所管課', '重要度', '個人情報の取扱い', '契約満了日', '相手方']
    assert [plain(node) for node in page.all('.strip dd')][1:] == [
        '（空欄）', '個人情報', '令和9年3月31日（2027-03-31）', '㈱山﨑情報']
    assert plain(page.one('.steps [aria-current]')) == '運用' and len(page.all('.steps .done')) == 4
    assert plain(page.one('.moves')) == '更新検討へ'
    assert '「廃止予定」へは、その権限のある人が進めます。' in plain(page.one('.way'))
    tabs = {node.attributes['href']: plain(node) for node in page.all('.tabs a')}
    assert tabs['#contracts'] == '契約 1' and tabs['#documents'] == '文書 1'
    assert tabs['/systems/1/history'] == '履歴'
    # each tab is a part of the page itself: without scripts and styles they follow one another
    assert {href.removeprefix('#') for href in tabs if href.startswith('#')} == {
        node.attributes['id'] for node in page.all('section.panel')}
    assert '税契約1' in plain(page.one('#contracts')) and '税見積1.pdf' in plain(page.one('#documents'))
    rail = plain(page.one('.rail'))
    assert '税務課' in rail and 'システムの更新 2027-03-31 あと128日' in rail and '棚卸' not in rail
    # blanks are folded, each and all of them led to
    blanks = page.one('#overview .blanks')
    assert plain(blanks.css_first('summary')).startswith('未記入 ') and not page.has('details[open]')
    assert '/systems/1/field/manager' in page.links and '/systems/1/fill' in page.links
    assert client_of('auditor').get('/systems/1').page.has('.blanks')
    assert '/systems/1/fill' not in client_of('auditor').get('/systems/1').page.links


def test_a_card_is_for_whoever_sees_the_record(client_of):
    card = client_of('department').get('/systems/1/card').page.one('.record-card')
    assert '税システム1号' in plain(card) and '㈱山﨑情報' in plain(card)
    unknown, hidden = (client_of('other').get(f'/systems/{id}/card') for id in (99, 1))
    assert unknown.status_code == hidden.status_code == 404
    assert unknown.page.h1 == hidden.page.h1 and '税' not in hidden.page.one('main').text()


def test_what_belongs_to_a_record_is_entered_from_it_and_leads_back(client_of):
    it = client_of('it')
    address = next(link for link in it.get('/systems/1').page.links if link.startswith('/incidents/new?'))
    assert 'system_nos=S-00001' in address and address.endswith('for=systems/1')
    form = values(it, address) | {'title': '税障害9', 'category': 'failure', 'level': '2',
                                  'detected_at': '2026-11-01 9:00'}
    sent_to = it.get(address).page.one('form.form').attributes['action']
    refused = it.post(sent_to, data=form | {'level': ''})
    assert refused.status_code == 422 and refused.page.one('form.form').attributes['action'] == sent_to
    assert it.post(sent_to, data=form).location == '/systems/1#incidents'


@pytest.mark.parametrize('text', ['//evil.example', 'https://evil.example/', 'systems/1/../../x', 'x/1',
                                  'systems/' + '9' * 30, 'systems/１', 'steps\n/1', ''])
def test_a_form_leads_back_to_nothing_but_a_record(client_of, text):
    it = client_of('it')
    page = it.get('/shares/new', query_string={'for': text}).page
    assert page.one('form.form').attributes['action'] == '/shares/new'
    answer = it.post('/shares/new', query_string={'for': text}, data=page.fields('form.form') | {
        'title': '教訓', 'method': 'notice', 'shared_on': '2026-11-01'})
    assert answer.location.startswith('/shares/')
