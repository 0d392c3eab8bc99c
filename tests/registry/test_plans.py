"""Plans and their check-ins, a quarter at a time."""
from form_posts import filled, refused, values, words

from audits import trail
from models import CheckIn, db
from registry.core import clock


def test_a_quarter_that_has_not_begun_is_not_recorded(department):
    assert 'から記録できます' in refused(department, '/plans/1/check-ins/4Q', assessment='on_track',
                                 achievement='80')


def test_a_plan_takes_no_number_written_for_machines(client_of):
    it = client_of('it')
    for text in ('1e9999999', '1_2', '80.500000000000000000000000000000001', '1e-99999999'):
        assert refused(it, '/plans/1/check-ins/1Q', assessment='on_track', achievement=text)


# --- what can be entered by mistake can be voided, and stays in the history ---
def test_a_check_in_is_voided_and_recorded_again(it, client_of):
    with db.connection_context():
        check = CheckIn.get()
        plan, quarter = check.plan_id, check.quarter
    address = f'/plans/{plan}/check-ins/{quarter}'
    assert client_of('department').get(f'{address}/void').status_code == 403
    assert it.post(f'{address}/void', data={'reason': ''}).status_code == 422
    assert it.post(f'{address}/void', data={'reason': '別のプランの分'}).status_code == 303
    assert it.get(f'{address}/void').status_code == 404
    assert '進捗確認はまだありません' in it.get(f'/plans/{plan}').page.text
    assert '取り消しました（理由: 別のプランの分）' in it.get(f'/plans/{plan}/history').page.text
    assert not it.get(address).page.has('[name="revision"]')
    assert it.post(address, data={'assessment': 'late', 'achievement': '10'}).status_code == 303
    page = it.get(f'/plans/{plan}/history').page.text
    assert '取消を取りやめました' in page and '進捗確認はまだありません' not in page


def test_a_check_in_voided_meanwhile_is_recorded_anew_only_on_purpose(it):
    with db.connection_context():
        check = CheckIn.get()
    address = f'/plans/{check.plan_id}/check-ins/{check.quarter}'
    asked = values(it, address)
    with db.connection_context(), trail.act('plans.check-in', by=None, at=clock.now()) as act:
        act.void(CheckIn.get_by_id(check.id), '別のプランの分')
    answer = it.post(address, data=asked)
    assert answer.status_code == 422 and '取り消されました' in words(answer)
    assert it.post(address, data=filled(answer)).status_code == 303
