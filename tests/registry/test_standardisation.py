"""Businesses and their steps: entered and corrected by their number in the step master in force."""
from datetime import date

import pytest
from form_posts import values

from audits import history, trail
from models import Act, BudgetRequest, Business, Step, StepMaster, StepMove, StepProgress, Support, db
from models.figures import figure
from registry.core import clock


def test_what_is_counted_stays_counted(app):
    with app.app_context(), db.connection_context():
        assert BudgetRequest.get_by_id(1).it_cost and Support.get_by_id(1).state == 'reviewing'


def test_an_old_step_stays_in_its_step_master(client_of):
    it = client_of('it')
    assert it.post('/step-masters/new', data={'version': '2.0',
        'valid_from': '2026-11-23'}).status_code == 303
    assert it.post('/step-items/new', data={'version': '2.0', 'no': '1', 'phase': '計画', 'name': '新',
                                            'verified': 'verified'}).status_code == 303
    with db.connection_context():
        step = StepProgress.get_by_id(1).step_id
    assert it.post('/steps/1/edit', data=values(it, '/steps/1/edit')
                   | {'planned_on': '2026-04-30'}).status_code == 303
    with db.connection_context():
        assert StepProgress.get_by_id(1).step_id == step


def sent(browser, address, **fields):
    held = browser.get(address).page.fields()
    return browser.post(address, data=fields | {name: held[name] for name in held.keys() & {'revision'}})


def test_a_step_is_entered_and_corrected(app, client_of):
    it = client_of('it')
    answer = sent(it, '/steps/new', business_code='B07', step_no='３', status='doing',
                  started_on='2026-06-01')
    assert answer.status_code == 303, answer.page.text
    address = answer.location + '/edit'
    answer = sent(it, address, business_code='B07', step_no='3', status='done', started_on='2026-06-01',
                  done_on='2026-07-01')
    assert answer.status_code == 303, answer.page.text
    with app.app_context(), db.connection_context():
        row = StepProgress.get_by_id(int(address.split('/')[-2]))
        assert (row.status, row.step.no, str(row.done_on)) == ('done', 3, '2026-07-01')


def test_a_step_that_is_not_in_the_master_is_refused(client_of):
    answer = sent(client_of('it'), '/steps/new', business_code='B07', step_no='99', status='todo')
    assert answer.status_code == 422 and '手順書版にありません（1〜40）' in answer.page.text


def met(app):
    """Return the step rate of 31 March 2026 as (numerator, denominator)."""
    with app.app_context(), db.connection_context():
        found = figure('steps.official', 2025, date(2026, 3, 31))
        return found.numerator, found.denominator


@pytest.fixture
def counted(app):
    """A past year with a step done."""
    with app.app_context(), db.connection_context(), trail.act('steps.import', by=None,
            at=clock.now()) as act:
        row = StepProgress(business=Business.get(Business.code == 'B01'), step=Step.get(Step.no == 2),
                           status='done',
                           done_on=date(2026, 2, 2))
        act.save(row)
        act.save(StepMove(progress=row, status='done', on_day=date(2026, 2, 2)))
    assert met(app) == (1, 720)
    return app


def test_a_step_master_dated_into_the_past_does_not_take_a_year_over(counted, client_of):
    it = client_of('it')
    answer = sent(it, '/step-masters/new', version='2.0', valid_from='2025-04-01')
    assert answer.status_code == 422 and '過ぎた日からの適用にはできません' in answer.page.text
    # one that is there without steps, as from a register of before, is not in force
    with counted.app_context(), db.connection_context(), trail.act('step-masters.create', by=None,
            at=clock.now()) as act:
        act.save(StepMaster(version='1.5', valid_from=date(2025, 4, 1)))
    assert met(counted) == (1, 720)
    answer = sent(it, '/step-items/new', version='1.5', no='1', phase='移行', name='準備',
                  verified='verified')
    assert answer.status_code == 422 and '適用開始日（2025-04-01）が過ぎています' in answer.page.text
    assert met(counted) == (1, 720)


def test_a_step_master_of_a_day_to_come_is_filled_and_leaves_the_past_alone(counted, client_of):
    it = client_of('it')
    answer = sent(it, '/step-masters/new', version='2.0', valid_from='2026-12-01')
    assert answer.status_code == 303
    address = answer.location + '/edit'
    assert sent(it, '/step-items/new', version='2.0', no='1', phase='移行', name='準備',
                verified='verified').status_code == 303
    answer = sent(it, address, version='2.0', valid_from='2025-04-01', act_reason='早める')
    assert answer.status_code == 422 and '過ぎた日' in answer.page.text
    assert met(counted) == (1, 720)
    with counted.app_context(), db.connection_context():
        assert figure('steps.official', 2026, date(2026, 12, 2)).recorded is False


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


def test_a_step_master_is_not_taken_back_into_days_that_are_counted(counted, client_of):
    it = client_of('it')
    with counted.app_context(), db.connection_context(), trail.act('step-masters.create', by=None,
            at=clock.now()) as act:
        master = StepMaster(version='1.7', valid_from=date(2025, 4, 1), voided_at=clock.now(),
                            void_reason='誤り')
        act.save(master)
        act.save(Step(master=master, no=1, phase='移行', name='準備', verified='verified'))
    answer = sent(it, f'/step-masters/{master.id}/restore', reason='戻す')
    assert answer.status_code == 422 and '過ぎた日' in answer.page.text and met(counted) == (1, 720)
