"""A step's progress is entered and corrected in the pages, by its number in the step master in force."""
import re
from datetime import date

from audits import history
from models import Act, StepMove, StepProgress, db


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


def test_no_reader_meets_the_day_that_stands_for_the_beginning(app, client_of):
    """A first state without a day holds from the start: nobody reads of 明治33年, nor of 1900."""
    it = client_of('it')
    address = sent(it, '/steps/new', business_code='B07', step_no='3', status='todo').location
    with app.app_context(), db.connection_context():
        assert StepMove.select().where(StepMove.on_day == date(1900, 1, 1)).exists()
        seq = Act.select(Act.seq).order_by(Act.seq.desc()).scalar()
    for page in (address, f'{address}/history', f'/trail/{seq}', '/trail/', '/steps/', '/steps/export.csv'):
        answer = it.get(page)
        assert answer.status_code == 200 and '明治' not in answer.text and '1900' not in answer.text, page
    assert 'はじめから: 未着手' in it.get(address).page.text
    assert 'その状態になった日を「はじめから」で登録しました' in it.get(f'/trail/{seq}').page.text
    # a label written by an earlier release stays in the trail as it was, and is read as this one says it
    assert history.label_of('step_move', '未着手 1900-01-01') == '未着手 はじめから'
    assert history.label_of('system', 'S-1900-01-01') == 'S-1900-01-01'
