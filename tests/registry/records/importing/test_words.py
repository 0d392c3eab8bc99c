"""A ward's own headers, values and days, read as ours; good rows that go first."""
import io

import pytest
from form_posts import values

from models import Act, ImportWord, System, db
from registry.records import sheets
from registry.records.importing import words

HEAD = 'system_no,name,owner_code,category,lifecycle,pii'
ROW = 'S-90001,新,0201,個別業務系,運用,なし'


@pytest.fixture
def it(client_of):
    return client_of('it')


def sent(browser, *lines):
    return sent_bytes(browser, '\n'.join(lines).encode())


def reading(it, address):
    return {'reason': '登録', 'seen': values(it, address)['seen']}


def heads():
    with db.connection_context():
        return Act.select().count()


OWN = {'システムNo.': 'system_no', '呼び名': 'name', '担当': 'owner_code', '種別': 'category',
       '今の段階': 'lifecycle', '個人情報の有無': 'pii', '台数メモ': '-'}


def own_file(rows=50, first=0):
    """Return a file as a ward's Excel saves it: CP932, its own headers, unit names and values."""
    lines = [','.join(OWN), *(f'S-7{n:04},業務システム{n}～,税務　課,個別業務,動いている,あり（番号）,{n}台'
                              for n in range(first, first + rows))]
    return ('\r\n'.join(lines) + '\r\n').encode('cp932')


def sent_bytes(browser, data, kind='systems', name='台帳.csv'):
    return browser.post('/files/', data={'kind': kind, 'encoding': 'auto',
                                         'file': (io.BytesIO(data), name)}).headers['Location']


def say(browser, address, given):
    """Send what words of a file stand for: {(field, word): what it means}."""
    answer = browser.post(f'{address}/words', data={
        'field': [name for name, _ in given], 'word': [word for _, word in given],
        'means': list(given.values())})
    assert answer.status_code == 303 and answer.headers['Location'] == address
    return browser.get(address)


def test_a_wards_own_file_is_in_after_one_upload_and_its_words_are_kept(it, client_of):
    address = sent_bytes(it, own_file())
    page = it.get(address)
    assert page.status_code == 422 and '台帳にない列をすべて読み飛ばす（7列）' in page.text
    page = say(it, address, {('', word): name for word, name in OWN.items()})
    values = {'owner_code': '税務　課', 'category': '個別業務', 'lifecycle': '動いている',
              'pii': 'あり（番号）'}
    causes = [' '.join(text.split()) for text in page.page.texts('td')]
    assert '50件' in causes and '2・3・4行目など 「動いている」' in causes
    # the only unit of that name is chosen already
    assert page.status_code == 422 and '<option value="0201" selected>' in page.text
    page = say(it, address, {(name, word): means for (name, word), means in zip(
        values.items(), ('0201', 'business', 'operate', 'my_number'), strict=True)})
    assert page.status_code == 200 and '登録 50件' in page.page.text
    assert it.post(address, data=reading(it, address)).status_code == 303
    with db.connection_context():
        assert System.select().where(System.system_no.startswith('S-7'), System.lifecycle == 'operate',
                                     System.pii == 'my_number').count() == 50
        assert Act.select().where(Act.kind == 'systems.import').count() == 1
    # the next file is read so from the start, it says by whose word, and another's unit is not asked
    page = it.get(sent_bytes(it, own_file(3, 900)))
    assert page.status_code == 200 and '前に決めた読み替えを使いました（11件）' in page.text
    address = sent_bytes(client_of('department'), own_file(2, 950))
    page = client_of('department').get(address)
    assert '（11件）' in page.page.text, 'what the desk has said holds for all'
    page = say(client_of('department'), address, {('lifecycle', '動いている'): 'idea'})
    assert '登録 2件' in page.page.text and 'ライフサイクル状態: 構想' in page.page.text
    assert 'ライフサイクル状態: 運用' in it.get(sent_bytes(it, own_file(3, 960))).page.text
    # a unit neither repeats what the desk has said nor takes it back
    page = say(client_of('department'), address, {('lifecycle', '動いている'): 'idea', ('', '担当'): '',
                                                  ('pii', 'あり（番号）'): 'my_number'})
    assert '「担当」は情報政策の担当者が決めた' in page.text
    with db.connection_context():
        assert ImportWord.select().where(ImportWord.department.is_null(False)).count() == 1
    # what is no longer said is asked again
    page = say(it, sent_bytes(it, own_file(3, 970)), {('', '担当'): ''})
    assert page.status_code == 422 and 'この読み替えで読み直す' in page.text


@pytest.mark.parametrize(('field', 'word', 'means'), [
    ('', '列', 'nothing'), ('nothing', '値', '0'), ('pii', '値', '未定義'), ('owner_code', '値', '9999'),
    ('', '長' * 201, '-'), ('name', '値', '名')])
def test_a_word_that_cannot_mean_that_is_refused(it, field, word, means):
    address = sent(it, HEAD, ROW)
    page = say(it, address, {(field, word): means})
    assert '選び直してください' in page.text or 'もう一度選んでください' in page.text
    with db.connection_context():
        assert not ImportWord.select().exists()


def test_words_are_bounded(it, monkeypatch):
    address = sent(it, HEAD, ROW)
    assert '300件まで' in say(it, address, {('', f'列{n}'): '-' for n in range(301)}).text
    monkeypatch.setattr(words, 'MOST', 2)
    assert '2件までです' in say(it, address, {('', f'列{n}'): '-' for n in range(3)}).text


def test_a_column_of_days_is_read_in_another_way_at_one_press(it):
    address = sent(it, f'{HEAD},go_live_on', f'{ROW},4/13/2026', f'{ROW.replace("1,", "2,", 1)},2026-04-02',
                   f'{ROW.replace("1,", "3,", 1)},12/1/2025')
    page = it.get(address)
    assert page.status_code == 422 and '月/日/年として読む（「4/13/2026」を令和8年4月13日' in page.text
    assert '日/月/年として読む' not in page.text
    address += '?day=go_live_on.mdy'
    page = it.get(address)
    assert page.status_code == 200 and '稼働開始日: 2件を月/日/年として読みました' in page.text
    assert it.post(address, data=reading(it, address)).status_code == 303
    with db.connection_context():
        days = System.select(System.go_live_on).where(System.system_no.startswith('S-9000')).tuples()
        assert sorted(str(day) for day, in days) == ['2025-12-01', '2026-04-02', '2026-04-13']
        assert '稼働開始日を月/日/年として読んだ欄 2件' in Act.select().order_by(Act.seq.desc()).get().reason


def test_good_rows_go_first_when_a_person_says_so_and_the_others_come_back_with_the_reason(it):
    lines = [ROW, ROW.replace('90001', '90002').replace('0201', '9999'), ROW.replace('90001', '90003'),
             ROW.replace('90001', '90003'), 'S-00001,改称,0201,個別業務系,運用,なし']
    address = sent(it, HEAD, *lines)
    page = it.get(address)
    assert page.status_code == 422 and '誤りのない行だけを取り込む' in page.text
    rejected = sheets.read(it.get(f'{address}/rejected.xlsx').data, 'a.xlsx')
    assert rejected.headers[-1] == '取り込めない理由'
    assert [cells[0] for _, cells in rejected.rows] == ['S-90002', 'S-90003', 'S-90003'], 'both twins'
    assert '台帳にありません' in list(rejected.rows)[0][1][-1]
    address += '?good=1'
    page = it.get(address)
    assert page.status_code == 200 and '5行のうち3行を除きます' in page.text
    # what must not change unseen comes first
    assert page.page.text.index('個人情報') < page.page.text.index('新しい記録')
    before = heads()
    assert it.post(address, data=reading(it, address)).status_code == 303 and heads() == before + 1
    with db.connection_context():
        assert '誤りのある行 3件を除く' in Act.select().order_by(Act.seq.desc()).get().reason
        assert System.get_by_id(1).name == '改称'
        assert not System.select().where(System.system_no.in_(['S-90002', 'S-90003'])).exists()
    # the file of the others is taken as it is, once it is put right
    assert it.get(sent(it, f'{HEAD},取り込めない理由', f'{ROW.replace("90001", "90002")},なし'
)).status_code == 200


@pytest.mark.parametrize('word', ['あ\x00', '\x1b[31m', '\ue000', 'あ' * 2000])
def test_a_word_nobody_can_read_is_not_kept(it, word):
    address = sent(it, HEAD + ',別', ROW + ',1').partition('?')[0]
    answer = it.post(f'{address}/words', follow_redirects=True,
                     data={'field': '', 'word': word, 'means': '-'})
    assert '読み替える列名・値を、もう一度選んでください' in answer.text
    with db.connection_context():
        assert not ImportWord.select().exists()
