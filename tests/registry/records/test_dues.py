"""The duties a person has: whose they are, when they are late, what clears them, what they cost to find."""
from datetime import UTC, date, datetime, timedelta

import pytest
from cast import CAST, TODAY, email
from flask import current_app

from audits import trail
from models import (
    ApiToken,
    Business,
    CheckIn,
    Contract,
    ContractSystem,
    CorrectiveAction,
    Course,
    Department,
    Engagement,
    Enrolment,
    Finding,
    Incident,
    Person,
    Plan,
    StepProgress,
    Support,
    System,
    db,
)
from registry.core import clock
from registry.records import dues
from registry.records.noun import NOUNS, Due


def save(table, id, **values):
    """Change a row in an act; make it where there is none of the id."""
    with trail.act('tests.save', by=None, at=clock.now()) as act:
        row = table() if id is None else table.get_by_id(id)
        for name, value in values.items():
            setattr(row, name, value)
        act.save(row)
        return row


def void(table, id):
    with trail.act('tests.void', by=None, at=clock.now()) as act:
        act.void(table.get_by_id(id), '誤り')


def person(who):
    return Person.get(Person.email == email(who))


def days_of(who, **asked):
    """Return the days as a request of its own finds them."""
    with current_app.app_context():
        return dues.days_of(person(who), **asked)


def found(who, kind=None, **asked):
    """Return {(code of the kind, address): Duty} of all duties of a person, or of those of a kind.

    As a request of its own finds them.
    """
    with current_app.app_context():
        return told(who, kind, **asked)


def told(who, kind, **asked):
    days = dues.days_of(person(who), **asked)
    kinds = [each for each in dues.kinds() if kind in (None, each.code)]
    every = {}
    for each in kinds:
        own = [day for day in days if day.kind is each]
        rows = dues.duties_at(person(who), own, 0, 10_000, **asked)
        assert len(rows) == dues.total(own)
        every |= {(each.code, row.address): row for row in rows}
    return every


def addresses(who, kind, **asked):
    return sorted(address for _, address in found(who, kind, **asked))


pytestmark = pytest.mark.usefixtures('opened')


def test_every_due_is_of_columns_that_are_there():
    assert len(dues.kinds()) > 20
    assert {kind.of.name for kind in dues.kinds()} >= {
        'contracts', 'systems', 'actions', 'incidents', 'supports', 'businesses', 'steps', 'plans', 'courses',
        'enrolments', 'engagements', 'strategies', 'tokens'}


@pytest.mark.parametrize('wrong', [
    {'name': 'no_such'}, {'name': 'eol_on', 'mine': 'nobody'}, {'name': 'eol_on', 'record': 'nothing'}])
def test_a_due_of_no_column_lets_nothing_start(monkeypatch, wrong):
    kind = dues.Kind('systems-x', Due(title='誤り', **wrong), NOUNS['systems'])
    monkeypatch.setattr(dues, 'kinds', lambda: (kind,))
    with pytest.raises(RuntimeError, match='systems-x'):
        dues.require_dues()


def test_a_contract_is_due_while_it_is_the_last_of_a_system_in_use():
    assert addresses('it', 'contracts-ends-on') == ['/contracts/1', '/contracts/2']
    duty = found('it')['contracts-ends-on', '/contracts/1']
    assert (duty.title, duty.label, duty.unit, duty.day, duty.stage, duty.words) == (
        '契約満了', 'K-00001 税契約1', '税務課', date(2027, 3, 31), 'coming', 'あと128日')
    # a later one follows it
    later = save(Contract, None, contract_no='K-00003', title='次の契約', state='unconfirmed',
                 department=Contract.get_by_id(1).department, ends_on=date(2030, 3, 31))
    save(ContractSystem, None, contract=later, system=1)
    assert addresses('it', 'contracts-ends-on') == ['/contracts/2', f'/contracts/{later.id}']
    # the system is used no more
    save(System, 1, lifecycle='retired', retired_on=TODAY)
    save(System, 2, lifecycle='retired', retired_on=TODAY)
    assert not addresses('it', 'contracts-ends-on')


def test_a_system_under_another_units_contract_is_due_too():
    assert not addresses('department', 'systems-contract-end-on')
    save(Contract, 1, department=Contract.get_by_id(2).department_id, ends_on=TODAY - timedelta(days=1))
    duty = found('department')['systems-contract-end-on', '/systems/1']
    assert (duty.label, duty.words) == ('S-00001 税システム1号', '1日超過')
    assert not addresses('department', 'contracts-ends-on')
    # the contract's own unit and the desk have the contract
    for who in ('other', 'it'):
        assert not addresses(who, 'systems-contract-end-on')
    assert addresses('other', 'contracts-ends-on') == ['/contracts/1', '/contracts/2']


def test_a_contract_without_systems_is_due_until_it_ends():
    void(ContractSystem, 1)
    assert '/contracts/1' in addresses('it', 'contracts-ends-on')
    save(Contract, 1, ends_on=TODAY)
    assert found('it')['contracts-ends-on', '/contracts/1'].words == 'きょうまで'
    save(Contract, 1, ends_on=TODAY - timedelta(days=1))
    assert '/contracts/1' not in addresses('it', 'contracts-ends-on')


def test_a_date_moved_clears_what_was_late():
    save(Contract, 1, ends_on=TODAY - timedelta(days=57))
    duty = found('department')['contracts-ends-on', '/contracts/1']
    assert (duty.stage, duty.words) == ('late', '57日超過')
    save(Contract, 1, ends_on=TODAY + timedelta(days=400))
    (each,) = [day for day in days_of('department') if day.kind.code == 'contracts-ends-on']
    assert not each.late and not each.announced


def test_a_notice_is_due_until_the_contract_is_over():
    save(Contract, 1, notice_on=TODAY - timedelta(days=3))
    assert found('it')['contracts-notice-on', '/contracts/1'].words == '3日超過'
    save(Contract, 1, ends_on=TODAY - timedelta(days=1))
    assert not addresses('it', 'contracts-notice-on')
    assert found('it')['contracts-ends-on', '/contracts/1'].words == '1日超過'


@pytest.mark.parametrize(('kind', 'column', 'later'), [
    ('systems-eol-on', 'eol_on', 0), ('systems-renew-on', 'renew_on', 0),
    ('systems-retire-planned-on', 'retire_planned_on', 0), ('systems-pia-redo-on', 'pia_redo_on', 0),
    ('systems-inventory-on', 'inventory_on', 365)])
def test_the_days_of_a_system_are_due_while_it_is_in_use(kind, column, later):
    save(System, 1, manager='税務課長', **{column: TODAY - timedelta(days=later + 2)})
    duty = found('head')[kind, '/systems/1']
    assert (duty.words, duty.unit, duty.who) == ('2日超過', '税務課', '税務課長')
    save(System, 1, lifecycle='disposed')
    assert (kind, '/systems/1') not in found('head')


def test_a_measure_is_due_until_it_is_done_and_then_waits_for_its_follow_up():
    assert not addresses('department', 'actions-due-on')
    assert addresses('auditor', 'actions-done-on') == ['/findings/1', '/findings/2']
    assert found('auditor')['actions-done-on', '/findings/1'].words == '22日前から'
    save(CorrectiveAction, 1, done_on=None, due_on=TODAY - timedelta(days=1))
    for who in ('it', 'department', 'head', 'auditor'):
        duty = found(who)['actions-due-on', '/findings/1']
        assert (duty.label, duty.unit, duty.who, duty.words) == (
            'F-00001 税指摘1', '税務課', '馬場 税', '1日超過')
    assert not addresses('other', 'actions-due-on') and not addresses('department', 'actions-done-on')
    save(Finding, 1, state='accepted', accepted_reason='許容できる')
    assert not addresses('it', 'actions-due-on')


def test_what_hangs_on_a_voided_record_is_no_duty():
    save(CorrectiveAction, 1, done_on=None)
    void(Engagement, 1)
    assert not addresses('it', 'actions-due-on')
    void(Contract, 2)
    assert addresses('it', 'contracts-ends-on') == ['/contracts/1']


def test_an_audit_is_due_on_its_planned_day_and_then_waits_for_its_report():
    save(Engagement, 1, planned_on=TODAY + timedelta(days=2))
    assert found('auditor')['engagements-planned-on', '/engagements/1'].words == 'あと2日'
    save(Engagement, 1, held_on=TODAY)
    assert found('auditor')['engagements-held-on', '/engagements/1'].words == 'きょうから'
    save(Engagement, 1, reported_on=TODAY)
    assert not [key for key in found('auditor') if key[1] == '/engagements/1']


@pytest.mark.parametrize(('detected', 'due'), [
    # by the clock of the rules: 4 hours in business hours, 24 outside; 2026-11-20 was a Friday
    (datetime(2026, 11, 20, 1, tzinfo=UTC), date(2026, 11, 20)),
    (datetime(2026, 11, 20, 9, tzinfo=UTC), date(2026, 11, 21)),
    (datetime(2026, 11, 21, 1, tzinfo=UTC), date(2026, 11, 22)),
    (datetime(2026, 11, 2, 23, 40, tzinfo=UTC), date(2026, 11, 4))])  # 文化の日
def test_an_incident_is_due_by_its_recovery_target(detected, due):
    save(Incident, 1, detected_at=detected, restored_at=None)
    for who in ('it', 'department', 'auditor'):
        assert found(who)['incidents-restored-at', '/incidents/1'].day == due
    assert not addresses('other', 'incidents-restored-at')
    save(Incident, 1, level=1)
    duty = found('it')['incidents-detected-at', '/incidents/1']
    assert duty.stage == 'waiting' and not addresses('it', 'incidents-restored-at')
    save(Incident, 1, restored_at=detected + timedelta(hours=1))
    assert not [key for key in found('it') if key[1] == '/incidents/1']


def test_a_support_waits_for_whom_it_lies_with():
    assert addresses('it', 'supports-due-on') == ['/supports/1', '/supports/2']
    assert found('it')['supports-due-on', '/supports/1'].words == 'あと8日'
    save(Support, 1, state='returned')
    assert addresses('it', 'supports-due-on') == ['/supports/2']
    assert addresses('head', 'supports-returned') == ['/supports/1']
    assert not addresses('other', 'supports-returned') and not addresses('it', 'supports-returned')


def test_check_ins_are_due_in_the_quarter_after_theirs():
    every = found('department').items()
    assert {address: duty.day for (_, address), duty in every if 'check-ins' in address} == {
        '/plans/1/check-ins/2Q': date(2026, 12, 31), '/plans/1/check-ins/3Q': date(2027, 3, 31),
        '/plans/1/check-ins/4Q': date(2027, 6, 30)}
    # a later one says more; of a unit's own plan every second is asked
    save(CheckIn, None, plan=1, quarter='3Q', assessment='on_track')
    assert [address for _, address in found('department') if 'check-ins' in address] == [
        '/plans/1/check-ins/4Q']
    save(Plan, 2, plan_class='own')
    assert [address for _, address in found('other') if 'check-ins' in address] == [
        '/plans/2/check-ins/2Q', '/plans/2/check-ins/4Q']
    # who may only read is led to the plan
    assert ('plans-2q', '/plans/2') in found('executive')


def test_a_census_is_due_and_then_who_has_yet_to_attend():
    assert addresses('it', 'courses-census-on') == ['/courses/2']
    assert not addresses('it', 'courses-closes-on') and not addresses('department', 'enrolments-closes-on')
    save(Enrolment, 1, status='waiting', completed_on=None)
    assert addresses('it', 'courses-closes-on') == ['/courses/1']
    duty = found('department')['enrolments-closes-on', '/enrolments/1']
    assert (duty.unit, duty.who, duty.day) == ('税務課', '税職員1', date(2027, 1, 31))
    assert not addresses('other', 'enrolments-closes-on') and not addresses('it', 'enrolments-closes-on')
    void(Course, 1)
    assert not addresses('department', 'enrolments-closes-on')


def test_a_planned_step_and_cut_over_are_due_until_they_are_done():
    business = StepProgress.get_by_id(1).business_id
    save(StepProgress, 1, status='doing', done_on=None, planned_on=TODAY)
    assert found('it')['steps-planned-on', '/steps/1'].words == 'きょうまで'
    # it is called as the business is now, though no condition reads that
    save(Business, business, name='改めた業務')
    assert found('it')['steps-planned-on', '/steps/1'].label.startswith('改めた業務')
    save(Business, business, planned_cutover_on=TODAY + timedelta(days=1), cutover_on=None)
    assert found('it')['businesses-planned-cutover-on', f'/businesses/{business}'].words == 'あと1日'
    save(Business, business, cutover_on=TODAY)
    assert ('businesses-planned-cutover-on', f'/businesses/{business}') not in found('it')
    save(Business, business, applicable=False)
    assert not addresses('it', 'steps-planned-on')


def test_an_actual_is_due_at_the_end_of_the_year_where_no_figure_counts():
    told = [address for _, address in found('it', 'strategies-actual')]
    # 指標1-1 of 2026 has one; 6-1 is counted
    assert '/strategies/2026/initiatives/1/indicators/2/actuals/new' in told
    assert '/strategies/2026/initiatives/1/indicators/1/actuals/new' not in told
    assert not any('/2026/initiatives/6/' in address for address in told)
    duty = found('it')['strategies-actual', '/strategies/2026/initiatives/1/indicators/2/actuals/new']
    assert duty.day == date(2027, 3, 31)
    assert ('strategies-actual', '/strategies/2026/initiatives/1') in found('executive')
    assert not addresses('department', 'strategies-actual')


def test_a_token_is_due_for_its_person_alone():
    for who, days in (('department', 5), ('it', -1)):
        owner = person(who)
        save(ApiToken, None, person=owner, name=f'{who}の連携', scopes='read', epoch=owner.epoch,
             expires_on=TODAY + timedelta(days=days), token_hash=who)
    assert [duty.label for duty in found('department', 'tokens-expires-on').values()] == ['departmentの連携']
    assert addresses('department', 'tokens-expires-on') == ['/account/']
    for who in set(CAST) - {'department'}:
        assert not addresses(who, 'tokens-expires-on')
    save(Person, person('department').id, epoch=9)
    assert not addresses('department', 'tokens-expires-on')


def test_a_unit_has_its_own_duties_and_those_of_the_units_below():
    save(System, 3, eol_on=TODAY, lifecycle='operate')
    assert ('systems-eol-on', '/systems/3') in found('department')
    assert not {address for _, address in found('other')} & {'/systems/1', '/systems/3', '/contracts/1'}
    assert not found('admin')


def test_who_oversees_has_what_the_desk_answers_for_and_nothing_that_waits():
    for who in ('it', 'executive'):
        assert addresses(who, 'contracts-ends-on') == ['/contracts/1', '/contracts/2']
    assert not [duty for duty in found('executive').values() if duty.stage == 'waiting']
    assert not addresses('executive', 'enrolments-closes-on')
    # an auditor audits, and keeps no contracts
    assert {code.split('-')[0] for code, _ in found('auditor')} <= {'actions', 'engagements', 'incidents'}


def test_one_unit_alone():
    tax = Department.get(Department.name == '税務課').id
    assert addresses('it', 'contracts-ends-on', unit=tax) == ['/contracts/1']
    # what belongs to no unit is none of its
    assert not [code for code, _ in found('it', unit=tax) if code.startswith('strategies')]


def test_a_page_is_what_stands_at_its_places():
    every = found('it')
    for n in range(20):
        save(System, None, system_no=f'T-{n:05}', name=f'試験{n}', owner=2, category='office',
             lifecycle='operate', eol_on=TODAY + timedelta(days=n % 5 - 2),
             renew_on=TODAY + timedelta(days=n % 3 * 300))
    with current_app.app_context():
        pages_of_all(person('it'), len(every) + 40)


def pages_of_all(it, number):
    days = dues.days_of(it)
    whole = dues.duties_at(it, days, 0, 10_000)
    assert len(whole) == number == dues.total(days)
    order = [(duty.stage != 'late', duty.day) for duty in whole]
    assert order == sorted(order) and order[0][0] is False
    for size in (1, 7, 50):
        assert [duty for start in range(0, len(whole), size)
                for duty in dues.duties_at(it, days, start, size)] == whole
    assert dues.duties_at(it, days, len(whole), 50) == []
    # up to a day and what is announced
    near = dues.days_of(it, until=TODAY)
    assert dues.total([each for each in near if each.announced]) == dues.total(
        [each for each in days if each.announced])
    assert dues.total(near) < len(whole)


def test_the_calendar_counts_the_days_of_a_month():
    days = days_of('department')
    # 契約満了, システムの更新, 3Qの進捗確認
    assert dues.calendar_of(days, date(2027, 3, 1)) == {date(2027, 3, 31): 3}
    assert not dues.calendar_of(days, date(2026, 9, 1))


def test_the_duties_of_a_table_are_read_by_one_statement_each_and_again_only_when_they_may_have_changed(
        app, queries):
    def read():
        queries.clear()
        with app.app_context(), db.connection_context():
            days = dues.days_of(person('it'))
            return dues.total(days), len([sql for sql in queries if sql.startswith('SELECT 0, t0')])
    db.close()
    total, statements = read()
    tables = {kind.of.table for kind in dues.kinds_of('it')}
    assert statements == len(tables) and read() == (total, 0)
    with db.connection_context():
        save(System, 1, note='改めた')
    # neither a column of a system's duties, nor of a contract's, which read systems too
    assert read() == (total, 0)
    with db.connection_context():
        save(System, 1, eol_on=TODAY)
    assert read() == (total + 1, 1)
    with db.connection_context():
        save(System, 1, lifecycle='retired')
    # its end of life and renewal, and its contract's
    assert read() == (total - 2, 2)
    with db.connection_context():
        save(Contract, 2, title='改めた')
    assert read() == (total - 2, 0)


def test_who_sees_the_same_rows_shares_what_was_counted(app, queries):
    db.close()
    with app.app_context(), db.connection_context():
        colleague = save(Person, None, email='k@city.example', name='小林 税', role='department',
                         department=person('department').department_id)
        owner = person('department')
        save(ApiToken, None, person=owner, name='連携', scopes='read', epoch=owner.epoch, expires_on=TODAY,
             token_hash='x')
    counted = []
    for who in (owner, colleague):
        queries.clear()
        with app.app_context(), db.connection_context():
            days = dues.days_of(who)
            own = dues.duties_at(who, [each for each in days if each.kind.due.mine], 0, 10)
        counted.append(([each for each in days if not each.kind.due.mine], [duty.label for duty in own],
                        len([sql for sql in queries if sql.startswith('SELECT 0, t0')])))
    assert counted[0][0] == counted[1][0] and counted[0][0]
    # a token is its person's alone, and so are questions
    assert [labels for _, labels, _ in counted] == [['連携'], []] and counted[1][2] == 2
