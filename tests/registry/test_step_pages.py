"""A step's progress is entered and corrected in the pages, by its number in the step master in force."""
import re

from models import StepProgress, db


def sent(browser, address, **fields):
    page = browser.get(address).text
    found = re.search(r'name="revision" value="(\d+)"', page)
    return browser.post(address, data=fields | ({'revision': found.group(1)} if found else {}))


def test_a_step_is_entered_and_corrected(app, client_of):
    it = client_of('it')
    answer = sent(it, '/steps/new', business_code='B07', step_no='３', status='doing', started_on='2026-06-01')
    assert answer.status_code == 303, answer.page.text
    address = answer.location + '/edit'
    answer = sent(it, address, business_code='B07', step_no='3', status='done', started_on='2026-06-01', done_on='2026-07-01')
    assert answer.status_code == 303, answer.page.text
    with app.app_context(), db.connection_context():
        row = StepProgress.get_by_id(int(address.split('/')[-2]))
        assert (row.status, row.step.no, str(row.done_on)) == ('done', 3, '2026-07-01')


def test_a_step_that_is_not_in_the_master_is_refused(client_of):
    answer = sent(client_of('it'), '/steps/new', business_code='B07', step_no='99', status='todo')
    assert answer.status_code == 422 and '手順書版にありません（1〜40）' in answer.page.text
