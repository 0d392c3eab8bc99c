"""What a person has at hand: records kept by a press, and those looked at last; no right to see them."""
from cast import PASSWORD, email

from models import Act, Pin, System, db
from registry import pins


def at_hand(browser):
    """Return {title: [labels]} of what the search offers with nothing typed."""
    groups = browser.get('/suggestions?q=').json['groups']
    return {group['title']: [option['label'] for option in group['options']] for group in groups}


def test_records_are_kept_and_let_go_by_a_press(client_of, app):
    it, department = client_of('it'), client_of('department')
    assert at_hand(it) == {}
    assert it.post('/pins/systems/1', data={'keep': '1'}).location == '/systems/1'
    it.post('/pins/systems/1', data={'keep': '1'})
    it.post('/pins/contracts/2', data={'keep': '1'})
    page = it.get('/systems/1').page
    assert page.has('form[action="/pins/systems/1"] button[aria-pressed="true"][value="0"]')
    it.get('/supports/1')
    it.get('/systems/2')
    it.get('/systems/2')
    assert at_hand(it) == {'よく使う記録': ['K-00002 戸籍契約2', 'S-00001 税システム1号'],
                           '最近見た記録': ['S-00002 戸籍システム2号', 'C-00001 予算要求調達支援']}
    assert at_hand(department) == {}
    it.post('/pins/contracts/2', data={'keep': '0'})
    assert at_hand(it)['よく使う記録'] == ['S-00001 税システム1号']
    with app.app_context(), db.connection_context():
        assert Pin.select().count() == 1 and not Act.select().where(Act.kind.startswith('pin')).exists()


def test_it_is_no_right_to_see_them_and_bounded(client_of, change, monkeypatch):
    department, it = client_of('department'), client_of('it')
    answers = {department.post(address, data={'keep': '1'}).status_code
               for address in ('/pins/systems/2', '/pins/systems/99', '/pins/people/1', '/pins/nothing/1')}
    assert answers == {404}
    department.get('/systems/1')
    department.post('/pins/systems/1', data={'keep': '1'})
    change(System, 1, owner=3)
    assert at_hand(department) == {}
    monkeypatch.setattr(pins, 'MOST', 2)
    for id in (1, 2, 3):
        it.post(f'/pins/systems/{id}', data={'keep': '1'})
    assert at_hand(it)['よく使う記録'] == ['S-00003 課税係の表', 'S-00002 戸籍システム2号']


def test_what_was_looked_at_is_not_the_next_ones(client_of, app):
    it = client_of('it')
    for address in ('/systems/1', '/systems/2', '/systems/99', '/systems/1'):
        it.get(address)
    assert at_hand(it) == {'最近見た記録': ['S-00001 税システム1号', 'S-00002 戸籍システム2号']}
    name = app.config['SEEN_COOKIE']
    cookie = it.get_cookie(name)
    assert cookie.http_only and cookie.value.endswith(':systems.1:systems.2')
    # the same number of a session, given again to somebody else once the first has ended
    assert it.post('/sign-out').status_code == 303
    it.post('/sign-in', data={'email': email('department'), 'password': PASSWORD})
    assert at_hand(it) == {}
    auditor = client_of('auditor')
    session_id = cookie.value.partition(':')[0]
    for text in (cookie.value, 'x', ':::', f'{session_id}:systems.x:nothing.1:systems.1.1'):
        auditor.set_cookie(name, text)
        assert at_hand(auditor) == {}
