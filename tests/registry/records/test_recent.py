"""What changed lately: on whose records, in words, and never more than is seen."""
from datetime import date

import pytest

from models import Business, CheckIn, Contract, IncidentReport, Plan, System, Vendor
from registry.records import recent


@pytest.fixture
def told(client_of):
    """A function: who → [(words, address)] of what home tells them changed lately."""
    def read(who):
        page = client_of(who).get('/').page
        return [(' '.join(line.text().split()[2:]), line.css_first('a').attributes['href'])
                for line in page.all('.home-recent li')]
    return read


def test_each_sees_who_changed_what_on_their_own_records(told, change):
    change(System, 2, 'other', note='よその備考')
    change(System, 1, 'it', manager='佐藤')
    change(System, 1, 'department', name='改めた名', note='備考')
    change(CheckIn, 1, 'it', achievement=81)
    assert told('department')[:3] == [
        ('阿部 情 P-00001 税施策1 進捗確認: 達成率を「80.5%」から「81%」に変更しました。', '/plans/1'),
        ('馬場 税 S-00001 改めた名 システム名称を「税システム1号」から「改めた名」に変更しました。'
         '（ほか1項目）', '/systems/1'),
        ('阿部 情 S-00001 税システム1号 情報システム管理者に「佐藤」を入れました。', '/systems/1')]
    assert told('head') == told('department')
    assert told('it')[3] == (
        '千葉 戸籍 S-00002 戸籍システム2号 備考に「よその備考」を入れました。', '/systems/2')
    assert told('other')[0] == told('it')[3]
    assert not any('/systems/' in address or '/plans/' in address for _, address in told('admin'))
    assert not told('executive')


def test_what_one_no_longer_sees_is_not_told(told, change, written):
    """Kept from before, after the record went to another unit; what nobody's unit owns is no unit's own."""
    change(System, 1, 'it', note='あ')
    assert told('department')[0][1] == '/systems/1'
    change(System, 1, 'it', owner=3)
    change(Business, 4, 'it', window_from=date(2026, 11, 1), window_to=date(2026, 11, 30))
    assert all(address != '/systems/1' for _, address in told('department'))
    assert told('other')[0][1] == '/systems/1' and told('it')[0][1] == '/businesses/4'
    written(Vendor(vendor_no='V-00009', name='㈲試験'),
            Plan(plan_no='P-00009', fiscal_year=2026, department=2, title='新しい施策'))
    # of the rows of one act the first that is one's own
    assert [told(who)[0][1] for who in ('it', 'department')] == ['/vendors/2', '/plans/3']


def test_only_the_newest_acts_are_looked_at(told, change, monkeypatch, queries, client_of):
    monkeypatch.setattr(recent, 'ACTS', 3)
    change(Contract, 1, 'it', note='古い')
    for n in range(3):
        change(System, 2, 'it', note=f'{n}')
    assert not told('department') and len(told('it')) == 3
    change(Contract, 1, 'it', title='新しい')
    queries.clear()
    assert [address for _, address in told('department')] == ['/contracts/1']
    assert sum('"change"' in sql for sql in queries) <= 3


def test_what_is_told_is_what_is_seen_then(told, change):
    """What a sentence names may go out of sight, and a record come into it."""
    change(System, 2, 'it', note='よそ')
    change(IncidentReport, 1, 'it', system=3)
    assert '税システム1号' in told('department')[0][0]
    change(System, 1, 'it', owner=3, name='改めた名')
    words = ' '.join(words for words, _ in told('department'))
    assert 'ほかの所属' in words and '税システム1号' not in words and '改めた名' not in words
    change(System, 2, 'it', owner=2)
    assert [address for _, address in told('department')].count('/systems/2') == 2
