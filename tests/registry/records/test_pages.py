"""The shared pages of every noun; a record's page does not grow with what hangs on it."""
import re
from datetime import date

import pytest
from cast import CAST, email
from form_posts import DESK
from many_children import FEW, MANY, add_children

from audits import history, trail, verify
from models import Act, Case, IncidentSystem, Person, System, db
from registry.core import clock, permits
from registry.records import links, record_html
from registry.records.noun import NOUNS


def test_an_absurd_number_is_not_found(client_of):
    assert client_of('it').get('/systems/99999999999999999999').status_code == 404


def test_the_parts_of_a_record_are_in_its_history(client_of):
    browser = client_of('it')
    assert '進捗確認: ' in browser.get('/plans/1/history').text and '是正措置: 措置内容を' in browser.get(
        '/findings/1/history').text
    assert '標準化対象業務を' in browser.get('/systems/1/history').text


@pytest.mark.parametrize('who, address, edit, void', [
    ('it', '/systems/1', '/systems/1/edit', '/systems/1/move/cancelled'),
    ('it', '/cases/1', '/cases/1/edit', '/cases/1/void'),
    ('department', '/findings/1', '/actions/1/edit', '/actions/1/void'),
    ('it', '/strategies/2026/', '/strategies/2026/edit', '/strategies/2026/void'),
    ('it', '/strategies/2026/initiatives/1', '/strategies/2026/initiatives/1/edit',
     '/strategies/2026/initiatives/1/void')])
def test_voiding_does_not_stand_beside_editing(client_of, who, address, edit, void):
    page = client_of(who).get(address).page
    assert page.links.index(edit) < page.links.index(void)
    for place in page.all(f'[href="{edit}"]'):
        assert place.parent.css_first(f'[href="{void}"]') is None
    assert not page.has('.heading-actions [href$="/void"], .heading-actions [href$="cancelled"]')


# --- a voiding by mistake is taken back ---
@pytest.mark.parametrize('name', sorted(noun.name for noun in NOUNS.values()
                                        if {'show', 'void'} <= set(noun.views)))
def test_a_voiding_is_taken_back(app, client_of, name):
    browser = client_of(DESK.get(name, 'it'))
    noun = NOUNS[name]
    with db.connection_context(), trail.act('tests.void', by=None, at=clock.now()) as act:
        row = (Person.get(Person.email == email('department')) if name == 'people' else
               noun.table.select().where(noun.table.live()).order_by(noun.table.id.desc()).first())
        act.void(row, 'まちがい')
    address = f'/{name}/{row.id}'
    assert '取消を取りやめる' in browser.get(address).page.text
    assert 'まちがい' in browser.get(f'{address}/restore').page.text
    assert browser.post(f'{address}/restore', data={'reason': ''}).status_code == 422
    assert browser.post(f'{address}/restore', data={'reason': '別の記録でした'}).status_code == 303
    assert browser.get(f'{address}/restore').status_code == 404
    with db.connection_context():
        again = noun.table.by_id(row.id)
        assert again.voided_at is None and again.void_reason is None
        assert Act.select().order_by(Act.seq.desc()).first().kind == f'{name}.restore'
        assert verify.verify().intact


#: an address of each noun on whose first record everything below hangs
PAGES = [f'/{name}/1' for name in (
    'systems', 'incidents', 'cases', 'budget-requests', 'supports', 'reviews', 'engagements', 'findings',
    'businesses', 'courses', 'staff', 'departments', 'people', 'enrolments', 'plans', 'steps')]


@pytest.fixture
def loaded(app, client_of, queries):
    """Return {address: (statements, bytes)} of pages with few and with many rows, each asked for twice."""
    browsers = client_of('it'), client_of('admin'), client_of('auditor')

    def weigh(address):
        browser = browsers[1 if address.startswith('/people') else 2 if address.startswith('/findings')
                           else 0]
        assert browser.get(address).status_code == 200
        queries.clear()
        answer = browser.get(address)
        return len(queries), len(answer.data), list(queries)
    found = []
    for number, start in ((FEW, 0), (MANY, FEW)):
        with db.connection_context():
            add_children(number, start)
        found.append({address: weigh(address) for address in PAGES})
    return found


def test_no_page_asks_or_holds_more_where_more_hangs_on_its_record(loaded):
    few, many = loaded
    for address in PAGES:
        assert few[address][0] == many[address][0] <= 15, (
            address, few[address][0], many[address][0], many[address][2])
        # measures are all there to be worked on; the others' numbers are some digits longer
        if not address.startswith('/findings'):
            assert many[address][1] <= few[address][1] + 600, (address, few[address][1], many[address][1])


def whole(browser, address):
    """Return how many rows a list says it has."""
    return int(re.search(r'全\s*([0-9,]+)', browser.get(address).page.text).group(1).replace(',', ''))


def test_the_panels_say_how_many_there_are_and_lead_to_all_of_them(app, client_of):
    it = client_of('it')
    with db.connection_context():
        add_children(FEW)
    page = it.get('/systems/1').page
    addresses = {link.partition('?')[0]: link for link in page.links if '?system=S-00001' in link}
    assert set(addresses) == {'/contracts/', '/businesses/', '/cases/', '/reviews/', '/incidents/',
                              '/incident-reports/', '/engagements/'}
    for address in addresses.values():
        total = whole(it, address)
        title = re.search(rf'([0-9,]+)件のうち{links.FEW}件です。\s*すべての\w+を一覧で見る', page.text)
        assert title and FEW <= total <= FEW + 5
        assert f'（{total}件）' in page.text, (address, total)
    assert '/cases/?request=B-00001' in it.get('/budget-requests/1').page.links
    assert '/findings/?engagement=A-00001' in it.get('/engagements/1').page.links
    assert f'、ほか{FEW + 1 - record_html.LINKS}件' in it.get('/incidents/1').page.text
    assert f'（{FEW}人、対象者に含めません）' in it.get('/courses/1').page.text


DERIVED = [(noun, link) for noun in NOUNS.values() for link in links.declared_links(noun.table)
           if link.noun.name not in noun.own_panels]


@pytest.mark.parametrize(('noun', 'link'), DERIVED, ids=lambda each: getattr(each, 'name', ''))
def test_what_leads_to_a_record_is_told_of_and_narrows_its_list(client_of, noun, link):
    it = client_of('it')
    with db.connection_context():
        add_children(FEW)
    page = it.get(f'/{noun.name}/1').page
    assert re.search(rf'{re.escape(link.title)}（[0-9,]+件）', page.text)
    address = next(each for each in page.links if each.startswith(f'/{link.noun.name}/?{link.column}='))
    assert it.get(address).status_code == 200


def test_a_member_of_a_unit_counts_what_the_list_shows_them(app, client_of):
    with db.connection_context():
        add_children(FEW)
        with trail.act('cases.edit', by=None, at=clock.now()) as act:
            for case in Case.select().where(Case.case_no.startswith('Z-')).limit(FEW // 2):
                case.department = 3
                act.save(case)
    member = client_of('department')
    text = member.get('/systems/1').page.text
    total = whole(member, '/cases/?system=S-00001')
    assert f'調達案件（{total}件）' in text and total == FEW // 2 + 1


def older(page):
    """Return the address of what went before the history a page tells; None at its beginning."""
    return next((link.attributes['href'] for link in page.all('#history a')
                 if link.text().startswith('これより前の履歴')), None)


def test_many_parts_of_one_act_are_told_a_page_at_a_time(client_of):
    with db.connection_context():
        add_children(FEW)
    it, address, told, pages = client_of('it'), '/systems/1/history', [], 0
    while address:
        page = it.get(address).page
        assert 0 < len(page.all('#history ol > li')) <= 2 * history.PAGE + 2
        told += re.findall('インシデントの対象システム: インシデントを「(Z-[0-9]+)',
                           page.one('#history').text())
        address, pages = older(page), pages + 1
    # each once, the newest first
    assert told == [f'Z-{n:05}' for n in reversed(range(FEW))]
    assert 3 * FEW // history.PAGE < pages < 6 * FEW // history.PAGE


def test_the_newest_page_finds_what_was_changed_in_an_old_part(app, client_of):
    with db.connection_context():
        add_children(FEW)
        link = IncidentSystem.select().where(IncidentSystem.system == 1).order_by(IncidentSystem.id).first()
        with trail.act('incidents.edit', by=None, at=clock.now(), reason='取り違え') as act:
            act.void(link, '対応の変更')
    text = client_of('it').get('/systems/1/history').page.text
    assert 'インシデントの対象システム: 取り消しました（理由: 対応の変更）。' in text[text.index('履歴（'):]


@pytest.mark.parametrize('before', ['0', '1.0', 'x', '-1', '9' * 40, '1.' + '9' * 30, '１', '5.5.5'])
def test_any_place_in_a_history_can_be_asked_for(client_of, before):
    assert client_of('it').get('/systems/1/history', query_string={'before': before}).status_code == 200


LIST, RECORD, LIMIT = 8, 15, 20


def addresses(noun):
    """Return [(view, address)] of a noun's shared pages, on its first row."""
    row = noun.table.select().where(noun.table.live()).order_by(noun.table.id).first()
    assert row is not None, f'the cast has no {noun.name}'
    home = f'/{noun.name}/'
    places = {'index': home, 'show': f'{home}{row.id}', 'new': f'{home}new', 'edit': f'{home}{row.id}/edit',
              'void': f'{home}{row.id}/void'}
    return [(view, places[view]) for view in noun.views]


def writer(noun, view):
    """Return who of the cast may open a view."""
    verb = {'index': 'read', 'show': 'read', 'new': 'create'}.get(view, view)
    return next(who for who in CAST if permits.allowed(
        f'{noun.name}.{verb}', None, Person.get(Person.email == email(who))))


@pytest.mark.parametrize('name', sorted(NOUNS))
def test_every_page_of_every_noun(app, client_of, queries, name):
    noun, browsers, counts = NOUNS[name], {}, {}
    with app.app_context(), db.connection_context():
        places = [(view, address, writer(noun, view)) for view, address in addresses(noun)]
    for view, address, who in places:
        browser = browsers.get(who) or browsers.setdefault(who, client_of(who))
        browser.get(address)  # the second reading is counted: menus and masters are worked out once
        queries.clear()
        assert browser.get(address).status_code == 200, address
        counts[view] = len(queries)
        if view in ('new', 'void'):
            assert browser.post(address, data={}).status_code == 422, f'{address} accepts nothing at all'
        if view == 'edit':
            key = noun.blank._fields[noun.key[-1]].name
            assert browser.post(address, data={}).status_code == 409, f'{address} saves without a revision'
            assert browser.post(address, data={'revision': '1',
                                               key: ''}).status_code == 422, f'{address} loses its key'
        if view == 'index':
            for query in ('?q=税', '?q=ｼｽﾃﾑ%20％_', '?voided=1', '?sort=-' + noun.columns[0].name,
                          '?page=9&size=100'):
                assert browser.get(address + query).status_code == 200
            for column in noun.columns:
                assert browser.get(f'{address}?sort={column.name}').status_code == 200
            for f in noun.filters:
                with app.test_request_context(), db.connection_context():
                    # a number that is typed need not be there
                    value = 'X-00000' if f.label_of is not None else f.options()[0][0]
                assert browser.get(f'{address}?{f.name}={value}').status_code == 200
            for form in ('csv', 'xlsx'):
                assert browser.get(f'{address}export.{form}').status_code == 200
    allowed = {'index': LIST, 'show': RECORD}
    over = {view: number for view, number in counts.items() if number > allowed.get(view, LIMIT)}
    assert not over, over


def test_a_copy_begins_with_what_may_be_the_same(app, client_of):
    with app.app_context(), db.connection_context(), trail.act('systems.edit', by=None,
            at=clock.now()) as act:
        row = System.get_by_id(1)
        row.summary, row.retired_on, row.successor = '税を扱う。', date(2026, 3, 31), System.get_by_id(2)
        act.save(row)
    browser = client_of('department')
    page = browser.get('/systems/1').page
    assert '/systems/new?copy=1' in page.links
    form = browser.get('/systems/new?copy=1').page.fields('form.form')
    assert (form['name'], form['summary'], form['std_business']) == ('税システム1号', '税を扱う。', 'B04')
    assert form['system_no'] not in ('', 'S-00001') and 'lifecycle' not in form
    # what has happened to the record, and what its reader may not choose, are left out
    assert form['retired_on'] == form['successor_no'] == ''
    assert browser.post('/systems/new', data=form | {'name': '写し'}).status_code == 303
    assert client_of('it').get('/systems/new?copy=1').page.fields('form.form')['lifecycle'] == 'idea'
    for other in ('/systems/new?copy=2', '/systems/new?copy=99999', '/systems/new?copy=x'):
        assert browser.get(other).status_code == 404
    form = client_of('it').get('/contracts/new?copy=1').page.fields('form.form')
    assert form['state'] == 'concluded' and form['title']
