"""People: an address is one person for ever, and nobody locks themselves out."""
from cast import PASSWORD, email
from form_posts import refused

from audits import trail
from models import Person, db
from registry import people as people_pages
from registry.core import clock


def test_an_address_is_one_however_it_is_written(client_of):
    admin = client_of('admin')
    form = {'name': '新人', 'department_code': '0201', 'role': 'department', 'is_active': '1'}
    assert admin.post('/people/new', data=form | {'email': 'taro@city.example'}).status_code == 303
    assert '既にあります' in refused(admin, '/people/new', **form, email='TARO@CITY.EXAMPLE')
    assert '既にあります' in refused(admin, '/people/1/edit', email='TARO@city.example')


def test_a_person_taken_up_again_signs_in_anew(client_of):
    admin, theirs = client_of('admin'), client_of('department')
    with db.connection_context():
        id = Person.get(Person.email == email('department')).id
    assert admin.post(f'/people/{id}/void', data={'reason': '異動'}).status_code == 303
    assert theirs.get('/').status_code == 302
    assert admin.post(f'/people/{id}/restore', data={'reason': '戻った'}).status_code == 303
    assert theirs.get('/').status_code == 302  # the session of before is not taken up
    assert theirs.post('/sign-in', data={'email': email('department'),
                                         'password': PASSWORD}).status_code == 303
    assert theirs.get('/').status_code == 200


def test_an_administrator_does_not_lock_themselves_out(app, client_of):
    with app.app_context(), db.connection_context():
        person = Person.get(Person.email == email('admin'))
    for change in ({'role': 'it'}, {'is_active': '0'}):
        answer = client_of('admin').post(f'/people/{person.id}/edit',
                                         data={'revision': str(person.revision), **change})
        assert answer.status_code == 422
    answer = client_of('admin').post(f'/people/{person.id}/void', data={'reason': '誤り'})
    assert answer.status_code == 422 and '自分自身は取り消せません' in answer.page.text
    assert client_of('admin').get('/people/').status_code == 200


# --- addresses ---
def test_a_former_address_is_not_given_to_another(app, client_of):
    admin = client_of('admin')
    with app.app_context(), db.connection_context():
        person = Person.get(Person.email == email('other'))
    address = f'/people/{person.id}/edit'
    assert admin.post(address, data={'revision': str(person.revision), 'email': 'chiba@city.example',
                                     'act_reason': '改姓'}).status_code == 303
    new = {'name': '後任', 'department_code': '0202', 'role': 'department', 'is_active': '1'}
    for taken in (email('other'), email('other').upper()):
        answer = admin.post('/people/new', data=new | {'email': taken})
        assert answer.status_code == 422 and '以前ほかの人が使っていた' in answer.page.text
    assert admin.post('/people/new', data=new | {'email': 'konin@city.example'}).status_code == 303
    # whose it was may have it back
    assert admin.post(address, data={'revision': str(person.revision + 1), 'email': email('other'),
                                     'act_reason': '戻す'}).status_code == 303


def test_an_address_given_up_meanwhile_is_not_given_to_another(app, client_of, monkeypatch):
    admin = client_of('admin')
    with app.app_context(), db.connection_context():
        person = Person.get(Person.email == email('other'))
        with trail.act('people.edit', by=None, at=clock.now()) as act:
            person.email = 'chiba@city.example'
            act.save(person)
    monkeypatch.setattr(people_pages.people, 'prepare', lambda *args: ())
    answer = admin.post('/people/new', data={'email': email('other'), 'name': '後任',
        'department_code': '0202', 'role': 'department',
                                             'is_active': '1'})
    assert answer.status_code == 409
    with app.app_context(), db.connection_context():
        assert Person.get_or_none(Person.email == email('other')) is None
