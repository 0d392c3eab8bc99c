"""The trail read aloud: a change becomes Japanese sentences, with labels, names and dates in words."""
import re
from datetime import UTC, date, datetime

import pytest
from cast import TODAY, email

from audits import history, past, trail
from models import Act, Course, Department, DepartmentVersion, Incident, IncidentSystem, Person, System
from registry.core import clock
from registry.records import vocabulary

pytestmark = pytest.mark.usefixtures('opened')


def test_an_act_names_the_unit_as_it_is_called_that_day(opened):
    """A name entered ahead for next April is not yet the one under which people act."""
    unit = Person.get(Person.email == email('it')).department
    stood, row = unit.name, Department.get_by_id(unit.id)
    with trail.act('departments.edit', by=None, at=clock.now()) as act:
        row.name, row.valid_from = '来年度の課', date(2027, 4, 1)
        act.save(DepartmentVersion(department=unit.id, name=stood, level=unit.level,
                                   valid_from=unit.valid_from, valid_to=date(2027, 3, 31)))
        act.save(row)
    with trail.act('courses.create', by=Person.get(Person.email == email('it')), at=clock.now()) as act:
        act.save(Course(code='K-9', fiscal_year=2026, name='研修', category='ai'))
    assert Act.select().order_by(Act.seq.desc()).get().unit_name == f'{unit.code} {stood}'


def said(table, change, name):
    """Return the sentences of a row's newest change after `change(row)` has been saved."""
    row = table.select().order_by(table.id).first()
    change(row)
    with trail.act(f'{name}.edit', by=None, at=clock.now()) as act:
        act.save(row)
    return history.sentences(history.of_row(row)[0][0], vocabulary.vocabulary_of(table))


def setting(**values):
    def change(row):
        for name, value in values.items():
            setattr(row, name, value)
    return change


@pytest.mark.parametrize(('values', 'sentence'), [
    ({'site': '㈱山﨑'}, '設置場所を「㈱髙﨑ビル1」から「㈱山﨑」に変更しました。'),
    ({'site': None}, '設置場所「㈱髙﨑ビル1」を空欄にしました。'),
    ({'abbreviation': '本庁'}, '略称に「本庁」を入れました。'),
    ({'lifecycle': 'review'}, 'ライフサイクル状態を「運用」から「更新検討」に変更しました。'),
    ({'quake_fixed': True}, '耐震固定に「はい」を入れました。'),
    ({'users': 0}, '利用者数に「0人」を入れました。'),
    ({'go_live_on': date(2021, 4, 1)},
     '稼働開始日を「令和2年4月1日（2020-04-01）」から「令和3年4月1日（2021-04-01）」に変更しました。'),
    ({'owner': 3}, '所管課を「0201 税務課」から「0202 戸籍住民課」に変更しました。'),
])
def test_an_edit_is_a_sentence(values, sentence):
    assert said(System, setting(**values), 'systems') == [sentence]


def test_moments_are_read_in_japan():
    (sentence,) = said(Incident, setting(restored_at=Incident.get_by_id(1).detected_at), 'incidents')
    assert sentence.startswith('復旧日時を「令和8年6月1日') and '12:00' in sentence and '10:00' in sentence


def test_a_secret_is_not_told():
    assert said(Person, setting(password_hash='x'),
                'people')[0].endswith('を変更しました（内容は記録しません）。')


def test_a_new_record_a_void_and_its_return():
    row = Course(code='K9', fiscal_year=2026, name='新研修', category='ai')
    with trail.act('courses.create', by=None, at=clock.now()) as act:
        act.save(row)
    with trail.act('courses.void', by=None, at=clock.now()) as act:
        act.void(row, '重複')
    row.voided_at = row.void_reason = None
    with trail.act('courses.edit', by=None, at=clock.now()) as act:
        act.save(row)
    back, void, new = (history.sentences(change, vocabulary.vocabulary_of(Course))
                       for change in history.of_row(row)[0])
    assert '名称を「新研修」で登録しました。' in new and '区分を「生成AI」で登録しました。' in new
    assert void == ['取り消しました（理由: 重複）。']
    assert back == ['取消を取りやめました。']


def test_a_field_without_a_label_is_not_hidden():
    row = Department.get(Department.code == '0201')
    row.name = '課税課'
    with trail.act('departments.edit', by=None, at=clock.now()) as act:
        act.save(row)
    assert history.sentences(history.of_row(row)[0][0],
                             history.Vocabulary()) == ['nameを「税務課」から「課税課」に変更しました。']


def test_the_page_tells_it_with_who_and_why(client_of):
    browser = client_of('it')
    row = {'revision': '1;4', 'site': '㈱山﨑', 'act_reason': '移転'}
    assert browser.post('/systems/1/edit', data=row).status_code == 303
    text = browser.get('/systems/1/history').page.text
    assert '阿部 情' in text and '移転' in text
    assert '設置場所を「㈱髙﨑ビル1」から「㈱山﨑」に変更しました。' in text
    assert clock.today() == TODAY


def test_a_long_history_is_told_a_page_at_a_time_and_no_act_is_torn(client_of):
    for n in range(history.PAGE + 3):
        with trail.act('incidents.edit', by=None, at=clock.now()) as act:
            row = Incident.get_by_id(1)
            row.title = f'件名{n}'
            act.save(row)
            act.link(IncidentSystem, 'incident', row, 'system', [1 + n % 2])
    it, titles, address, pages = client_of('it'), [], '/incidents/1/history', 0
    while address:
        page = it.get(address).page
        told = page.one('#history').text()
        titles += re.findall('件名を「[^」]*」から「(件名[0-9]+)」に変更', told)
        found = [link for link in page.all('#history a') if link.text().startswith('これより前の履歴')]
        address, pages = found[0].attributes['href'] if found else None, pages + 1
    assert titles == [f'件名{n}' for n in reversed(range(history.PAGE + 3))]
    assert pages > 2 and '件名を「' in told and 'で登録しました' in told


def test_one_act_that_changed_more_than_a_page_tells_is_told_a_page_at_a_time():
    row = Incident.get_by_id(1)
    with trail.act('incidents.edit', by=None, at=clock.now()) as act:
        for n in range(history.PAGE + 2):
            row.title = f'件名{n}'
            act.save(row)
    found, older = history.of_row(row)
    assert len(found) == history.PAGE and {change.act.seq
                                           for change in found} == {act.seq} and older == (act.seq, 2)
    rest, older = history.of_row(row, before=older)
    assert [change.place for change in rest if change.act.seq == act.seq] == [1, 0] and older is None
    assert history.of_row(row, before=(1, 0)) == ([], None)


def test_a_trail_that_was_ahead_is_replayed_in_its_own_order(monkeypatch):
    # as trails could be written before acts had to follow one another
    monkeypatch.setattr(trail, 'act_moment', lambda at, last: at)
    early, late = (datetime(year, 12, 1, tzinfo=UTC) for year in (2031, 2032))
    row = Course(code='K9', fiscal_year=2026, name='新研修', category='ai')
    with trail.act('courses.create', by=None, at=late) as act:
        act.save(row)
    with trail.act('courses.edit', by=None, at=early) as act:
        row.name = '改めた研修'
        act.save(row)
    # what was written after an act of 2032 was not there in 2031, whatever day it bears
    assert row.id not in past.rows_at(Course, datetime(2031, 12, 31, tzinfo=UTC))
    assert past.count_out_of_order(datetime(2031, 12, 31, tzinfo=UTC)) == 1
    found = past.rows_at(Course, datetime(2032, 12, 31, tzinfo=UTC))[row.id]
    assert (found['code'], found['name']) == ('K9', '改めた研修')
    assert past.count_out_of_order(datetime(2032, 12, 31, tzinfo=UTC)) == 0
