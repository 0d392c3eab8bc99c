"""One field of a record changed alone, and what is blank filled in."""
from form_posts import values

from audits import trail
from models import Act, Change, System, db
from registry.core import clock


def test_one_field_is_changed_and_the_rest_stays(app, client_of):
    unit, address = client_of('department'), '/systems/1/field/manager'
    page = unit.get(address).page
    assert page.named() >= {'manager', 'revision', 'act_reason'} and 'name' not in page.named()
    form = page.fields('form.form')
    answer = unit.post(address, data=form | {'manager': '税務課長', 'act_reason': '異動'})
    assert answer.status_code == 303 and answer.location == '/systems/1'
    with app.app_context(), db.connection_context():
        act = Act.select().order_by(Act.seq.desc()).first()
        assert (act.kind, act.reason, act.changes) == ('systems.edit', '異動', 1)
        assert Change.get(Change.act == act).values == '{"manager":[null,"税務課長"]}'
    # a field in a tab of its own leads back to it
    assert unit.get('/systems/1/field/go_live_on').page.has('a[href="/systems/1#section-2"]')
    # what stands is asked for with the version it was opened in
    stale = unit.post(address, data=form | {'manager': '別の人'})
    assert stale.status_code == 409 and '税務課長' in stale.page.text and '別の人' in stale.page.text


def test_a_refusal_is_said_at_the_field_and_nothing_is_lost(client_of):
    it = client_of('it')
    form = values(it, '/systems/1/field/go_live_on')
    refused = it.post('/systems/1/field/go_live_on', data=form | {'go_live_on': 'あした'})
    assert refused.status_code == 422 and refused.page.has('#go_live_on-error')
    assert refused.page.fields('form.form')['go_live_on'] == 'あした'
    # what another field or the act itself lacks is said in the form
    form = values(it, '/systems/1/field/system_no') | {'system_no': 'S-09999'}
    refused = it.post('/systems/1/field/system_no', data=form)
    assert refused.status_code == 422
    assert '「変更の理由」を書いてください' in refused.page.one('.field-form').text()
    assert it.post('/systems/1/field/system_no', data=form | {'act_reason': '番号の訂正'}).status_code == 303


def test_links_are_changed_alone_too(app, client_of):
    it = client_of('it')
    form = values(it, '/systems/1/field/std_business')
    assert form['std_business'] == 'B04'
    answer = it.post('/systems/1/field/std_business', data=form | {'std_business': 'B04;B05'})
    assert answer.status_code == 303
    assert values(it, '/systems/1/edit')['std_business'] == 'B04;B05'


def test_only_what_a_person_may_change_is_asked_for(app, client_of):
    unit, it = client_of('department'), client_of('it')
    for address in ('/systems/1/field/lifecycle', '/systems/1/field/revision', '/systems/1/field/x'):
        assert it.get(address).status_code == it.post(address, data={'x': '1'}).status_code == 404
    assert [who.get('/cases/1/field/outcome').status_code for who in (unit, it)] == [404, 200]
    assert client_of('other').get('/systems/1/field/manager').status_code == 404
    with db.connection_context(), trail.act('tests.void', by=None, at=clock.now()) as act:
        act.void(System.get_by_id(1), 'まちがい')
    assert it.get('/systems/1/field/manager').status_code == it.get('/systems/1/fill').status_code == 404


def test_what_is_blank_is_filled_in_at_once(app, client_of):
    unit = client_of('department')
    form = values(unit, '/systems/1/fill')
    assert {'manager', 'criticality', 'note'} <= form.keys()
    assert not {'name', 'site', 'lifecycle'} & form.keys()
    answer = unit.post('/systems/1/fill', data=form | {'manager': '税務課長', 'note': '備考'})
    assert answer.status_code == 303
    assert 'manager' not in values(unit, '/systems/1/fill')
    # filled in by another meanwhile: both are shown
    answer = unit.post('/systems/1/fill', data=form | {'manager': '別の人'})
    assert answer.status_code == 409 and '税務課長' in answer.page.text and '別の人' in answer.page.text
