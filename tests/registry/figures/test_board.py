"""The board: an empty register is no result, and what was published stays."""
from datetime import date, datetime
from decimal import Decimal

import cast
import pytest
from concurrent_writes import write_after_first_call

from audits import trail
from models import (
    Act,
    Actual,
    Business,
    CaseShare,
    CheckIn,
    Department,
    Incident,
    Indicator,
    IndicatorBusiness,
    Initiative,
    Person,
    Review,
    StepProgress,
    Strategy,
    Support,
    db,
)
from models.figures import MEASURES, figure
from models.rules.calendar import JST
from registry.core import clock, connection
from registry.data import masters
from registry.figures import board as boards
from registry.figures import pages
from registry.figures.board import as_json, board

YEAR, END = 2025, date(2026, 3, 31)


@pytest.fixture
def bare(built, databases, blank, monkeypatch):
    """The application on a register that holds the built-in masters only."""
    url = databases.empty(blank)
    built.extensions.pop('remembered', None)
    clock.pin(cast.TODAY)
    db.initialize(connection.open_database(url))
    monkeypatch.setitem(built.config, 'DATABASE_URL', url)
    with built.app_context():
        db.connect()
        yield built
        db.close_all()
    clock.pin(None)
    databases.drop(url)


def write(row):
    with trail.act('test.write', by=None, at=clock.now(), channel='cli') as act:
        act.save(row)


@pytest.mark.parametrize('name', MEASURES)
def test_without_records_no_figure_has_a_value(bare, name):
    found = figure(name, YEAR, END)
    assert (found.value, found.numerator, found.denominator, found.recorded) == (None, None, None, False)


def test_a_register_that_is_kept_counts_0(bare):
    write(Incident(incident_no='I-1', title='前年度の障害', category='failure', level=2,
                   detected_at=datetime(2024, 5, 1, tzinfo=JST)))
    assert figure('incidents.severe_platform', YEAR, END).value == 0
    # what had not happened yet is no record of that day
    assert not figure('incidents.severe_platform', 2024, date(2024, 4, 30)).recorded
    # without a cut-over there is no window in which nothing could have happened
    assert not figure('incidents.in_window', YEAR, END).recorded
    business = Business.get(Business.code == 'B19')
    business.cutover_on = date(2025, 12, 22)
    write(business)
    assert figure('incidents.in_window', YEAR, END).value == 0


def test_a_figure_counts_only_the_businesses_it_is_asked_for(bare):
    business = Business.get(Business.code == 'B18')
    business.cutover_on = date(2026, 5, 7)
    write(business)
    other = Business.get(Business.code == 'B16').id
    assert figure('cutovers.count', 2026, date(2026, 11, 1)).value == 1
    assert figure('cutovers.count', 2026, date(2026, 11, 1), businesses=[other]).value == 0
    rate = figure('cutovers.rate', 2026, date(2026, 11, 1), businesses=[business.id, other])
    assert (rate.numerator, rate.denominator) == (1, 2)
    assert {rows.words: rows.count() for rows in rate.left_out}['指標の対象でない業務'] == 16


def views(year, as_of):
    return {f'{view.no}-{one.no}': one for view in board(year, as_of).initiatives for one in view.indicators}


def test_without_records_no_indicator_is_met_or_missed(bare):
    for year, as_of in ((2025, END), (2026, cast.TODAY), (2026, date(2027, 3, 31))):
        found = views(year, as_of)
        assert len(found) == (40 if year == 2025 else 27)
        for key, one in found.items():
            assert (one.value_text, one.verdict, one.value, one.parts, one.state) == (
                '記録なし' if one.measure else '未入力', 'unknown', None, '',
                'missing' if as_of == cast.TODAY else ''), key
        assert {view.computed for view in board(year, as_of).initiatives} == {'判定不可'}


def test_without_records_what_was_published_stands_beside(bare):
    found = views(YEAR, END)
    # as it was published: 15, not 15.0
    assert {key: found[key].stated[1] for key in ('1-1', '6-1', '7-1', '7-2', '7-4', '11-2a', '13-1')} == {
        '1-1': '80.1', '6-1': '15', '7-1': '2', '7-2': '0', '7-4': '86.9', '11-2a': '96', '13-1': '72.9'}
    # the source has a verdict only
    assert found['5-1'].stated[1:3] == (None, '「計画通りに進んだ」')
    told = {f'{view["no"]}-{one["no"]}': one for view in as_json(board(YEAR, END))['initiatives']
            for one in view['indicators']}
    assert told['7-4']['published'] == {'value': '86.9', 'as_of': '2026-03-31',
                                        'source': found['7-4'].stated[3]}
    assert told['7-4']['recorded'] is False and told['7-4']['value'] is told['7-4']['computed_value'] is None
    assert told['7-4']['reason'] == '記録なし' and told['1-1']['reason'] == '未入力'


def test_published_facts_entered_with_their_source_are_judged(bare):
    rows = list(Actual.select().where(Actual.origin == 'published'))
    with trail.act('test.write', by=None, at=clock.now(), channel='cli') as act:
        act.insert([Actual(indicator=row.indicator_id, as_of=row.as_of, value=row.value, quote=row.quote,
                           verdict=row.verdict, source=row.source) for row in rows])
    found = views(YEAR, END)
    assert {key: found[key].verdict for key in ('1-1', '1-2', '5-1', '7-4', '9-2b', '13-1')} == {
        '1-1': 'met', '1-2': 'missed', '5-1': 'met', '7-4': 'met', '9-2b': 'missed', '13-1': 'missed'}
    assert found['7-4'].instead_of == '記録なし'
    assert found['7-4'].stated[1] == found['7-4'].value_text == '86.9'
    assert ''.join(view.computed for view in board(YEAR, END).initiatives if view.no != 8) == '△△○○○△○△○○○×'


def test_a_register_from_before_tells_published_values_from_what_a_person_entered(bare):
    Actual.update(origin=None).execute()
    mine = Actual.select().first()
    mine.note = '区の統計で確かめた'
    person = Person(email='a@city.example', name='阿部', role='it')
    with trail.act('test.write', by=None, at=clock.now(), channel='cli') as act:
        unit = Department(code='0101', name='情報政策課', valid_from=date(2020, 4, 1))
        act.save(unit)
        person.department, person.password_hash = unit, 'x'
        act.save(person)
    with trail.act('actuals.edit', by=person, at=clock.now(), channel='web') as act:
        act.save(mine)
    masters.fill(clock.now())
    assert [row.id for row in Actual.select().where(Actual.origin.is_null())] == [mine.id]
    head = trail.head().seq
    masters.fill(clock.now())
    assert trail.head().seq == head


def test_a_published_value_stands_beside_a_computed_one(bare):
    write(CaseShare(share_no='H-1', title='事例', method='notice', shared_on=date(2024, 4, 2)))
    one = views(YEAR, END)['11-2b']
    assert (one.source, one.value_text, one.verdict, one.stated[1]) == ('computed', '0', 'missed', '1')
    assert one.turn_text == 'あと1回で達成です。'


def test_a_cut_over_of_another_business_does_not_meet_an_indicator_that_names_its_own(bare):
    business = Business.get(Business.code == 'B18')
    business.cutover_on = date(2026, 5, 7)
    write(business)
    one = views(2026, cast.TODAY)['6-1']
    assert (one.value_text, one.verdict, one.businesses) == ('0', 'unknown', [('B16', '生活保護')])
    assert one.trend[0] == ('4月', None) and {value for _, value in one.trend[1:]} == {0}
    assert one.turn_text == 'あと1業務で達成です。'
    assert views(2026, date(2027, 3, 31))['6-1'].verdict == 'missed'
    assert as_json(board(2026, cast.TODAY))['initiatives'][5]['indicators'][0]['value'] == '0'
    business = Business.get(Business.code == 'B16')
    business.cutover_on = date(2026, 11, 2)
    write(business)
    one = views(2026, cast.TODAY)['6-1']
    # what is cut over stays so: it is decided before the year is over
    assert (one.value_text, one.verdict, one.state) == ('1', 'met', 'reached')
    assert one.turn_text == '達成に決まりました（記録の訂正・取消を除きます）。'


def indicator_of(no, kpi, year=2026):
    return (Indicator.select().join(Initiative).join(Strategy).where(
        Strategy.fiscal_year == year, Initiative.no == no, Indicator.no == kpi).get())


def test_a_register_from_before_names_its_businesses_once_unless_a_person_changed_the_indicator(bare):
    for link in IndicatorBusiness.select():
        # as migrated from the first schema
        IndicatorBusiness.delete().where(IndicatorBusiness.id == link.id).execute()
    changed = indicator_of(6, '1')
    changed.note = '対象は別途定める'
    person = Person(email='a@city.example', name='阿部', role='it', department=None)
    with trail.act('test.write', by=None, at=clock.now(), channel='cli') as act:
        unit = Department(code='0101', name='情報政策課', valid_from=date(2020, 4, 1))
        act.save(unit)
        person.department, person.password_hash = unit, 'x'
        act.save(person)
    with trail.act('strategies.edit', by=person, at=clock.now(), channel='web', reason='注記') as act:
        act.save(changed)
    masters.fill(clock.now())
    assert [link.business.code for link in IndicatorBusiness.select().join(Indicator).where(
        Indicator.id == indicator_of(7, '1', 2025).id)] == ['B19', 'B20']
    assert not changed.business_ids()
    last = Act.select().order_by(Act.seq.desc()).get()
    assert (last.kind, last.actor, last.changes) == ('masters.strategy', 'system', 2)
    # taken off by a person, it is not put back
    for link in IndicatorBusiness.select():
        with trail.act('strategies.edit', by=person, at=clock.now(), channel='web',
                       reason='対象の変更') as act:
            act.void(link, '対象の変更')
    head = trail.head().seq
    masters.fill(clock.now())
    assert trail.head().seq == head


def test_decimals_are_never_fewer_than_the_targets(bare):
    row = indicator_of(6, '3')
    row.decimals = 0
    write(row)
    with trail.act('test.write', by=None, at=clock.now(), channel='cli') as act:
        act.insert([Actual(indicator=row, as_of=date(2026, 9, 30), value=Decimal('90.2'), source='報告')])
    one = views(2026, cast.TODAY)['6-3']
    assert (one.decimals, one.value_text, one.verdict, one.instead_of) == (1, '90.2', 'unknown', '記録なし')
    assert views(2026, date(2027, 3, 31))['6-3'].verdict == 'missed'
    with trail.act('test.write', by=None, at=clock.now(), channel='cli') as act:
        act.insert([Actual(indicator=row, as_of=date(2026, 10, 31), value=Decimal('90'), source='報告')])
    assert views(2026, cast.TODAY)['6-3'].value_text == '90.0'


@pytest.mark.parametrize('day', ['2026-13-45', '2030-01-01', 'きのう', '2020-01-01'])
def test_a_day_that_cannot_be_looked_at_is_said_once_on_every_page_of_figures(client_of, day):
    it = client_of('it')
    for address in ('/board/', '/strategies/2026/', '/strategies/2026/initiatives/1',
                    *(f'/figures/{name}?year=2026' for name in MEASURES)):
        page = it.get(f'{address}{"&" if "?" in address else "?"}as_of={day}').text
        said = [words for words in ('という日付はありません。', '先の日は指定できません',
                                    '形で入力してください。', '以後にしてください。') if words in page]
        assert len(said) == 1 and page.count(said[0]) == 1, (address, said)


def void_much(act):
    for table in (CheckIn, Incident, Review, StepProgress, Support):
        for row in table.select().where(table.live()):
            act.void(row, '試験')


@pytest.mark.usefixtures('opened')
def test_a_board_is_of_one_state_and_says_which(app, monkeypatch):
    with app.test_request_context('/'):
        before = boards.board(2026)
        app.extensions.pop('remembered', None)
        called = write_after_first_call(monkeypatch, boards, 'judge', void_much)
        found = boards.board(2026)
        assert called and found == before
        after = boards.board(2026)
        assert after.head_seq == before.head_seq + 1
        assert [v.indicators for v in after.initiatives] != [v.indicators for v in before.initiatives]


@pytest.mark.usefixtures('opened')
@pytest.mark.parametrize(('address', 'module', 'name'), [
    ('/', boards, 'judged'), ('/board/', boards, 'board'), ('/strategies/2026/', boards, 'board'),
    ('/figures/reviews.count', pages, 'groups'),
    ('/strategies/2026/results.pdf', boards, 'judge')])
def test_a_page_names_the_state_it_shows(client_of, monkeypatch, address, module, name):
    seq = trail.head().seq
    browser = client_of('it')
    called = write_after_first_call(monkeypatch, module, name, void_much)
    answer = browser.get(address)
    assert called and answer.status_code == 200
    db.connect(reuse_if_open=True)
    assert trail.head().seq == seq + 1
    if answer.mimetype == 'text/html':
        assert answer.page.text.rstrip().rpartition('監査証跡の先頭 ')[2].startswith(f'第{seq}号 ')
