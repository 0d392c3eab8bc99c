"""What is suggested while someone types: found by all that names it, of what they may see, bounded."""
from cast import TODAY
from peewee import SqliteDatabase

from audits import rebuild
from models import Attachment, Person, System, db
from models.visibility import condition
from registry.core import clock, connection
from registry.records import listing, suggesting
from registry.records.noun import NOUNS


def found(browser, text, noun=''):
    """Return {title: [labels]} of what is suggested."""
    answer = browser.get('/suggestions', query_string={'q': text, 'noun': noun})
    assert answer.status_code == 200 and answer.headers['Cache-Control'] == 'no-store'
    return {group['title']: [option['label'] for option in group['options']]
            for group in answer.json['groups']}


def test_a_record_is_found_by_all_that_names_it(client_of, change):
    it = client_of('it')
    change(System, 1, kana='ゼイムシステム', manager='髙橋 係長')
    first = 'S-00001 税システム1号'
    for text in ('S-00001', 's1', 'Ｓ－０００１', '税システム', 'ｾﾞｲﾑ', 'ぜいむ', '税務課', '高橋', '１号 税'):
        assert first in found(it, text, 'systems')['情報システム台帳'], text
    for text in ('山﨑情報', 'ﾔﾏｻﾞｷ', '税契約', '0201'):  # by vendor, itself, its unit's code
        assert 'K-00001 税契約1' in found(it, text, 'contracts')['契約'], text
    everything = found(it, '税')
    assert everything['文書'] == ['税見積1.pdf'] and everything['職員名簿'] == ['1001 税職員1']
    assert len(everything) > 8
    assert '税見積1.pdf S-00001 税システム1号' in it.get('/search?q=見積').page.text
    assert found(it, 'zzz') == found(it, ' ') == found(it, '') == {}


def test_the_best_come_first_and_ten_at_most(client_of, written):
    it = client_of('it')
    written(*(System(system_no=f'T-{n:05}', name=f'台帳{n}', owner=2, category='office', summary='公印の管理')
              for n in range(12)), System(system_no='公印-1', name='印影', owner=3, category='office'),
            System(system_no='T-1', name='公印の台帳', owner=3, category='office'))
    labels = found(it, '公印', 'systems')['情報システム台帳']
    assert labels[:3] == ['公印-1 印影', 'T-1 公印の台帳', 'T-00011 台帳11'] and len(labels) == 10
    assert found(it, 't-1', 'systems')['情報システム台帳'][0] == 'T-1 公印の台帳'
    option = it.get('/suggestions?noun=systems&q=T-00007').json['groups'][0]['options'][0]
    assert option['value'] == 'T-00007' and option['hint'] == '税務課'
    assert it.get(option['address']).page.h1 == 'T-00007 台帳7'


def test_what_is_not_theirs_is_as_if_it_were_not(client_of):
    other, admin = client_of('other'), client_of('admin')
    for text, noun in (('S-00001', ''), ('税システム', 'systems'), ('税務課', 'contracts')):
        assert found(other, text, noun) == {}
    assert '文書' not in found(other, '税見積') and found(other, '戸籍見積')['文書'] == ['戸籍見積2.pdf']
    assert found(client_of('department'), '課税係', 'systems') == {'情報システム台帳': ['S-00003 課税係の表']}
    answers = {other.get(f'/suggestions?q=阿部&noun={name}').data
               for name in ('people', 'settings', 'nothing', '1')}
    assert len(answers) == 1
    assert '情報システム台帳' not in found(admin, '税') and '文書' not in found(admin, '税')
    assert client_of(None).get('/suggestions?q=税').status_code == 302


def test_it_finds_what_a_list_finds_whatever_was_written_since(app, written, change):
    change(System, 1, name='戸籍の附票・改', summary='ABC')
    change(System, 2, voided_at=clock.now(), void_reason='誤り')
    written(System(system_no='X"1', name='100% “引用” _下線', owner=2, category='office'),
            Attachment(table='system', row=3, kind='other', name='図面.pdf', media_type='application/pdf',
                       size=1, at=clock.now(), sha256='0' * 64))
    with app.app_context(), db.connection_context():
        for who in Person.select().where(Person.id << [1, 2, 4]):
            for text in ('戸籍', '附票 改', '1', 'abc', '%', '“引', '_下', 'x"1', '査'):
                for noun in NOUNS.values():
                    if noun.table.known_by and 'index' in noun.views:
                        limit = condition(noun.table, who, TODAY)
                        rows = noun.table.select(noun.table.id).where(
                            noun.table.live(), listing.search_condition(noun.table, text),
                            *([] if limit is None else [limit]))
                        wanted = {id for (id,) in rows.tuples()}
                        asker, words = suggesting.Asker(who, [noun]), suggesting.Words(text)
                        had = {id for id, _ in asker.found(words).get(noun.name, ())}
                        by_number = set(asker.numbered(words).get(noun.name, ()))
                        assert wanted - by_number <= had <= wanted, (who.role, text, noun.name)
        assert rebuild.rebuild() == 0


def test_whatever_is_typed_is_answered(client_of, queries):
    department = client_of('department')
    found(department, '税')  # what a day needs is made once
    for text in ('あ' * 500, 'ぬ ' * 500, '"\' OR 1 NEAR(', '\u0301' * 90, '\U000f0002\U0010ff90', '😀'):
        queries.clear()
        assert found(department, text) == {}
        assert len(queries) < 40
    assert department.get('/suggestions?q=%00').status_code == 400


def test_after_many_new_rows_the_index_of_words_is_one_piece(written):
    for n in range(8):
        written(System(system_no=f'W-{n}', name=f'索引{n}', owner=2, category='office', summary='語の索引'))
    with db.connection_context():
        connection.settle()
        if isinstance(db.obj, SqliteDatabase):
            assert db.execute_sql('SELECT COUNT(DISTINCT segid) FROM finder_idx').fetchone() == (1,)
