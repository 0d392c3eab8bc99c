"""Units and people: a name has its day, a unit with records stays, an address is one person for ever."""
from datetime import date

from form_posts import refused, values

from audits import trail, verify
from models import Department, System, db
from registry.core import clock


def test_a_unit_keeps_its_name_until_the_day_of_the_new_one(client_of):
    it = client_of('it')
    number, former = 1, it.get('/departments/1').page.h1
    values_now = values(it, f'/departments/{number}/edit')
    assert it.post(f'/departments/{number}/edit', data=values_now
                   | {'name': '未来デジタル課', 'valid_from': 'R9.4.1'}).status_code == 303
    page = it.get(f'/departments/{number}')
    assert page.page.h1 == former
    assert '令和9年4月1日（2027-04-01）から「未来デジタル課」になります' in page.page.text
    name = former.split(' ', 1)[1]
    for address in ('/departments/', '/systems/new', '/search?q=' + name, f'/departments/?q={name}'):
        text = it.get(address).text
        assert name in text and '未来デジタル課' not in text.replace('になります', ''), address
    # and after the day it is found by either
    clock.pin(clock.today().replace(year=2027, month=5))
    for word in (name, '未来デジタル'):
        text = it.get(f'/departments/?q={word}').text
        assert '未来デジタル課' in text, word


def test_a_reorganisation_entered_ahead_opens_nothing_yet(app, client_of):
    it = client_of('it')
    below = values(it, '/departments/5/edit')
    assert below['code'] == '0201-1'
    assert it.post('/departments/5/edit', data=below | {'parent_code': '0202',
        'valid_from': '2027-04-01'}).status_code == 303
    assert (client_of('head').get('/systems/3').status_code,
            client_of('other').get('/systems/3').status_code) == (200, 404)
    clock.pin(date(2027, 4, 1))
    assert (client_of('head').get('/systems/3').status_code,
            client_of('other').get('/systems/3').status_code) == (404, 200)


def test_a_unit_does_not_come_under_itself(client_of):
    assert '自分自身に戻ります' in refused(client_of('it'), '/departments/2/edit', parent_code='0201-1')


def test_a_list_does_not_choose_another_unit_for_a_voided_one(app, client_of):
    with app.app_context(), db.connection_context(), trail.act('departments.void', by=None,
            at=clock.now()) as act:
        act.void(Department.get(Department.code == '0201'), '廃止')
    it = client_of('it')
    form = values(it, '/systems/1/edit')
    assert form['owner_code'] == '0201'
    assert it.post('/systems/1/edit', data=form | {'note': 'x'}).status_code == 303
    with app.app_context(), db.connection_context():
        assert System.get_by_id(1).owner.code == '0201'


def test_a_history_does_not_know_the_name_of_next_april(client_of):
    it = client_of('it')
    form = values(it, '/departments/2/edit') | {'name': '課税課', 'valid_from': '2027-04-01'}
    assert form['code'] == '0201' and it.post('/departments/2/edit', data=form).status_code == 303
    page = it.get('/systems/1/history').page.text
    assert '所管課を「0201 税務課」で登録しました' in page and '課税課' not in page


def test_a_unit_with_records_is_not_voided(client_of):
    words = refused(client_of('it'), '/departments/2/void', reason='廃止')
    assert '情報システム1件' in words and '有効終了日' in words


def test_a_name_to_come_is_put_off_and_brought_forward(client_of):
    it = client_of('it')
    asked = values(it, '/departments/1/edit')

    def rename(day, name='未来デジタル課', status=303):
        answer = it.post('/departments/1/edit', data=values(it, '/departments/1/edit')
                         | {'name': name, 'valid_from': day})
        assert answer.status_code == status, answer.text
        with db.connection_context():
            assert verify.verify().intact
            return answer.text, [(v.name, v.valid_to) for v in Department.get_by_id(1).versions]
    assert rename('2027-04-01')[1] == [(asked['name'], date(2027, 3, 31))]
    assert rename('2027-07-01')[1] == [(asked['name'], date(2027, 6, 30))]
    assert rename('2027-05-01', '先端デジタル課')[1] == [(asked['name'], date(2027, 4, 30))]
    assert 'より後の日' in rename(asked['valid_from'], status=422)[0]
    page = it.get('/departments/').text
    assert asked['name'] in page and 'デジタル課' not in page and '2027-05-01' not in page


def test_a_unit_reads_the_rows_of_the_units_below_it(client_of):
    browser = client_of('head')
    assert '課税係の表' in browser.get('/systems/').page.text
    assert browser.get('/systems/3').status_code == 200
    assert client_of('other').get('/systems/3').status_code == 404
