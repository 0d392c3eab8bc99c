"""Documents on records: what is taken, refused in words, seen by whom, and what is left behind."""
import io
import zipfile
from datetime import date
from types import SimpleNamespace

import pytest
from cast import DOCUMENTS, PASSWORD, email
from form_posts import values

from audits import files, trail, verify
from models import Act, Attachment, Change, Person, Support, System, db
from models.visibility import condition, visible
from registry.core import clock
from registry.records import documents

PDF = b'%PDF-1.7\n%%EOF\n'


def sent(*files, **fields):
    """Return the form that attaches some (name, bytes)."""
    return fields | {'files': [(io.BytesIO(data), name) for name, data in files]}


def attach(browser, where, *files, **fields):
    return browser.post(f'{where}/attach', data=sent(*files, **fields), content_type='multipart/form-data')


def rows(app, **where):
    which = {'table': 'system', 'row': 1} | where
    with app.app_context(), db.connection_context():
        return list(Attachment.select().where(*[getattr(Attachment, name) == value
                                                for name, value in which.items()]).order_by(Attachment.id))


def packed(*names):
    out = io.BytesIO()
    with zipfile.ZipFile(out, 'w') as file:
        for name in names:
            file.writestr(name, '<x/>')
    return out.getvalue()


def test_files_are_hung_on_a_record_as_one_act(app, client_of):
    browser = client_of('department')
    answer = attach(browser, '/systems/1', ('甲社_見積書.pdf', PDF),
                    ('契約書 (最終).docx', packed('word/x.xml')),
                    ('覚え.txt', '打合せの覚え'.encode('cp932')), note='令和8年度')
    assert answer.status_code == 303 and answer.location == '/systems/1#documents'
    one, two, three = rows(app)[1:]
    assert [(row.kind, row.name, row.version, row.note, row.size) for row in (one, two)] == [
        ('quote', '甲社_見積書.pdf', 1, '令和8年度', len(PDF)),
        ('contract', '契約書 (最終).docx', 1, '令和8年度', len(packed('word/x.xml')))]
    assert (three.kind, three.media_type) == ('other', 'text/plain')
    with app.app_context(), db.connection_context():
        act = Act.select().order_by(Act.seq.desc()).first()
        assert (act.kind, act.changes, act.actor_name) == ('attachments.create', 3, '馬場 税')
        told = Change.select().where(Change.act == act).order_by(Change.place)
        assert all(row.sha256 in change.values for row, change in zip((one, two, three), told, strict=True))
        assert verify.verify(documents.store()).intact
    assert '文書（4件）' in browser.get('/systems/1').page.text
    page = browser.get('/systems/1/history').page.text
    assert '文書を3件添付しました。' in page and '「甲社_見積書.pdf」を添付しました（見積書、15 B' in page


@pytest.mark.engine_free
def test_a_file_is_handed_out_as_what_it_is(app, client_of):
    browser = client_of('department')
    attach(browser, '/systems/1', ('甲社_見積書.pdf', PDF), ('覚え;1.txt', b'<script>alert(1)</script>'))
    _, pdf, text = rows(app)
    with browser.get(f'/attachments/{pdf.id}') as answer:
        assert answer.data == PDF and answer.mimetype == 'application/pdf'
        assert answer.headers['Content-Disposition'] == (
            "inline; filename=document.pdf; "
            "filename*=UTF-8''%E7%94%B2%E7%A4%BE_%E8%A6%8B%E7%A9%8D%E6%9B%B8.pdf")
        assert answer.headers['Content-Security-Policy'].startswith('sandbox;')
        assert answer.headers['X-Content-Type-Options'] == 'nosniff'
        assert answer.headers['Cache-Control'] == 'no-store'
    with browser.get(f'/attachments/{pdf.id}?download=1') as answer:
        assert answer.headers['Content-Disposition'].startswith('attachment;')
    with browser.get(f'/attachments/{text.id}') as answer:
        assert answer.headers['Content-Disposition'].startswith('attachment; filename=document.txt')
        assert answer.data == b'<script>alert(1)</script>' and answer.mimetype == 'text/plain'


@pytest.mark.engine_free
@pytest.mark.parametrize(('name', 'data', 'words'), [
    ('請求.pdf', b'MZ\0\0' + b'\0' * 90, '名前は .pdf（PDF）ですが、中身が違います（中身はプログラム'),
    ('請求.docx', packed('xl/workbook.xml'), '中身はExcelのようです'), ('図.png', PDF, '中身はPDFのようです'),
    ('表.csv', b'a\0b', '名前は .csv'), ('空.pdf', b'', '中身が空です'),
    ('x.exe', b'MZ', '.exe）のファイルは添付できません'), ('x.html', b'<html>', '.html）のファイルは'),
    ('名前だけ', PDF, 'ファイルの種類（拡張子）がありません'),
    ('長' * 296 + '.pdf', PDF, '名前が長すぎます（300文字）。255文字まで'),
    ('見積\u202efdp.exe.pdf', PDF, '見えない文字（U+202E）'),
    ('../../x.pdf', PDF, '「/」と「\\」は使えません'), ('\ue000.pdf', PDF, '外字（U+E000）'),
    ('大.txt', b'a' * 2049, '大きすぎます（3 KB）。1つのファイルは2 KBまで')])
def test_what_is_refused_is_named_with_the_rest(app, client_of, name, data, words):
    app.config['FILE_LIMITS'] = app.config['FILE_LIMITS']._replace(size=2048)
    answer = attach(client_of('it'), '/systems/1', ('よい.pdf', PDF), (name, data), kind='quote')
    text = answer.page.text
    assert answer.status_code == 422 and words in text, text
    assert 'どのファイルも添付していません。「よい.pdf」に問題はありません' in text
    assert len(rows(app)) == 1 and len(list((app.config['INSTANCE'] / 'attachments').rglob('*'))) == 4


@pytest.mark.engine_free
def test_too_many_too_much_and_the_same_twice(app, client_of):
    it = client_of('it')
    text = attach(it, '/systems/1', *[(f'{n}.pdf', PDF + b'%d' % n) for n in range(100)]).page.text
    assert '一度に添付できるのは20個までです（100個選ばれました）' in text
    app.config['FILE_LIMITS'] = app.config['FILE_LIMITS']._replace(together=1024 * 1024)
    answer = it.post('/systems/1/attach', data=b'x' * 2_200_000,
                     content_type='multipart/form-data; boundary=x')
    assert answer.status_code == 413 and '合わせて1 MBまでです' in answer.text
    assert '「b.pdf」: 「a.pdf」と同じ中身です' in attach(
        it, '/systems/1', ('a.pdf', PDF), ('b.pdf', PDF)).page.text
    assert '同じ中身のファイル「税見積1.pdf」が、もうこの記録にあります' in attach(
        it, '/systems/1', ('x.pdf', DOCUMENTS[1])).page.text
    assert 'ファイルを選んでください' in attach(it, '/systems/1', kind='quote').page.text
    assert len(rows(app)) == 1


def test_a_newer_file_of_the_same_document(app, client_of):
    browser = client_of('department')
    for version in (2, 3):
        answer = browser.post(f'/systems/1/attach?former={rows(app)[-1].id}', data=sent(
            (f'見積v{version}.pdf', PDF + b'%d' % version), kind=''), content_type='multipart/form-data')
        assert answer.status_code == 303
    found = [(row.version, row.first_id, row.kind) for row in rows(app)]
    assert found == [(1, None, 'quote'), (2, 1, 'quote'), (3, 1, 'quote')]
    page = browser.get('/systems/1').page
    assert '文書（1件）' in page.text and '前の版（2）' in page.text and '第3版' in page.text
    latest = rows(app)[-1].id
    answer = browser.post(f'/attachments/{latest}/void', data={'reason': '宛先の誤り', 'revision': '1'})
    assert answer.status_code == 303
    assert browser.get(f'/attachments/{latest}').status_code == 404
    assert '前の版（1）' in browser.get('/systems/1').page.text
    assert '「見積v3.pdf」を取り消しました（理由: 宛先の誤り）' in browser.get('/systems/1/history').page.text


def test_whoever_sees_the_record_sees_its_documents_and_nobody_else(app, client_of, database):
    """Unknown and forbidden are answered alike; who attached a document is who may change it."""
    for who in ('other', 'admin'):
        answers = [client_of(who).get(f'/attachments/{id}') for id in (1, 999)]
        assert [answer.status_code for answer in answers] == [404, 404]
    assert attach(client_of('other'), '/systems/1', ('x.pdf', PDF)).status_code == 404
    assert attach(client_of('auditor'), '/systems/1', ('x.pdf', PDF)).status_code == 403
    # the department its quotes, the desk its opinion, each its own to change
    for who, name in (('department', '見積.pdf'), ('it', '意見書.pdf')):
        assert attach(client_of(who), '/supports/1', (name, PDF + name.encode())).status_code == 303
    quote, opinion = (row.id for row in rows(app, table='support'))
    assert client_of('department').get(f'/attachments/{opinion}/void').status_code == 403
    assert client_of('department').get(f'/supports/1/attach?former={opinion}').status_code == 404
    assert client_of('it').get(f'/attachments/{quote}/void').status_code == 200
    page = client_of('department').get('/supports/1').page
    assert f'/attachments/{quote}/void' in page.links and f'/attachments/{opinion}/void' not in page.links
    # auditors to their own engagements, a unit its evidence to a finding
    assert attach(client_of('auditor'), '/engagements/1', ('計画.pdf', PDF)).status_code == 303
    assert attach(client_of('department'), '/engagements/1', ('x.pdf', PDF + b'x')).status_code == 403
    assert attach(client_of('department'), '/findings/1', ('証跡.pdf', PDF)).status_code == 303
    evidence, = rows(app, table='finding')
    for who in ('auditor', 'it'):
        assert client_of(who).get(f'/attachments/{evidence.id}').status_code == 200
    assert client_of('auditor').get(f'/attachments/{evidence.id}/void').status_code == 403


def test_what_a_person_sees_of_all_documents_follows_their_records(opened):
    with trail.act('attachments.create', by=None, at=clock.now()) as act:
        for table, row in (('department', 1), ('person', 1), ('finding', 2)):
            act.save(Attachment(table=table, row=row, kind='other', name=f'{table}.pdf', size=1, at=act.at,
                                media_type='application/pdf', sha256=table.ljust(64, '0')))
    seen = {}
    for person in Person.select():
        limit = condition(Attachment, person, clock.today())
        every = Attachment.select().order_by(Attachment.id)
        found = [row.name for row in every if visible(person, row, clock.today())]
        seen[person.email.split('@')[0]] = found
        assert found == [row.name for row in (every if limit is None else every.where(limit))]
    everything = ['税見積1.pdf', '戸籍見積2.pdf', 'department.pdf', 'person.pdf', 'finding.pdf']
    assert seen == {
        'it': everything, 'auditor': everything, 'executive': [*everything[:3], 'finding.pdf'],
        'department': ['税見積1.pdf', 'department.pdf'], 'head': ['税見積1.pdf', 'department.pdf'],
        'other': ['戸籍見積2.pdf', 'department.pdf', 'finding.pdf'],
        'admin': ['department.pdf', 'person.pdf']}


@pytest.mark.engine_free
def test_bytes_without_a_row_are_found_and_bytes_that_are_gone_too(opened):
    store = documents.store()
    lonely = store.add(io.BytesIO(b'of nobody'))
    known = {sha256 for (sha256,) in Attachment.select(Attachment.sha256).tuples()}
    now = clock.actual().timestamp()
    assert list(store.orphans(known, now)) == []  # its act may be under way
    assert [path for path, _ in store.orphans(known, now + files.OLD + 1)] == [store.path(lonely)]
    one, two = Attachment.select().order_by(Attachment.id)
    store.path(one.sha256).unlink()
    store.path(two.sha256).write_bytes(DOCUMENTS[2].replace(b'2', b'3'))
    found = [(row['table'], row['label'], row['what']) for row in verify.verify(store).outside]
    assert found == [('attachment', '税見積1.pdf', 'ファイルがありません。'),
                     ('attachment', '戸籍見積2.pdf', 'ファイルの中身が、記録されたSHA-256と一致しません。')]
    with pytest.raises(files.Damaged):
        store.add(io.BytesIO(b'other'), expected=one.sha256)
    assert not list(store.folder.glob('*.part'))


@pytest.mark.engine_free
def test_a_document_whose_bytes_are_gone_says_so(app, client_of):
    row = rows(app)[0]
    with app.app_context():
        documents.store().path(row.sha256).unlink()
    answer = client_of('it').get(f'/attachments/{row.id}')
    assert answer.status_code == 500 and 'ファイルがありません' in answer.page.text


@pytest.mark.engine_free
def test_a_voided_record_takes_no_documents(app, client_of):
    with app.app_context(), db.connection_context():
        with trail.act('systems.void', by=None, at=clock.now()) as act:
            act.void(System.get_by_id(1), '誤り')
    it = client_of('it')
    assert attach(it, '/systems/1', ('x.pdf', PDF)).status_code == 404
    assert it.get('/attachments/1').status_code == 200
    assert '/attachments/1/void' not in it.get('/systems/1').page.links


# --- with the work itself ---

def test_quotes_come_with_the_request_and_the_opinion_with_its_completion(app, client_of):
    """They hang on the support, in the act of asking and in that of completing."""
    browser, it = client_of('department'), client_of('it')
    assert '見積書' in browser.get('/budget-requests/3/ask').page.text
    form = values(browser, '/budget-requests/3/ask') | {'kind': 'new'}
    bad = browser.post('/budget-requests/3/ask', data=form | sent(('甲.pdf', PDF), ('乙.exe', b'MZ')),
                       content_type='multipart/form-data')
    assert bad.status_code == 422 and '（.exe）のファイルは添付できません' in bad.page.text
    with app.app_context(), db.connection_context():
        assert Support.select().count() == 2
    answer = browser.post('/budget-requests/3/ask', data=form | sent(
        ('甲社見積.pdf', PDF + b'1'), ('scan0001.pdf', PDF + b'2')), content_type='multipart/form-data')
    assert answer.status_code == 303 and answer.location == '/supports/3'
    assert [(row.row, row.kind) for row in rows(app, table='support', row=3)] == [(3, 'quote'), (3, 'quote')]
    with app.app_context(), db.connection_context():
        act = Act.select().order_by(Act.seq.desc()).first()
        assert act.kind == 'supports.request'
        assert [change.table for change in act.rows.order_by(Change.place)] == [
            'procurement_case', 'support', 'attachment', 'attachment']
    done = {'text': '妥当です', 'opinion': 'fine', 'completed_on': '2026-11-20'}
    asked = values(it, '/supports/1/move/completed') | done | sent(('意見書.pdf', PDF))
    answer = it.post('/supports/1/move/completed', data=asked, content_type='multipart/form-data')
    assert answer.status_code == 303
    assert [row.kind for row in rows(app, table='support', row=1)] == ['opinion']


@pytest.mark.engine_free
def test_a_record_shows_the_newest_documents_and_all_where_asked(app, client_of):
    it = client_of('it')
    for start in (0, 20):
        attach(it, '/systems/1', *[(f'{n}.txt', b'%d' % n) for n in range(start, start + 15)])
    page = it.get('/systems/1').page
    assert '文書（31件）' in page.text and '新しい順に20件です' in page.text
    assert '/systems/1?documents=all#documents' in page.links and '/attachments/1' not in page.links
    assert '/attachments/1' in it.get('/systems/1?documents=all').page.links


@pytest.mark.engine_free
def test_what_is_sent_after_a_session_has_gone_says_which_files_it_lost(client_of):
    browser = client_of('department')
    browser.delete_cookie('daicho')
    answer = browser.post('/systems/1/move/retiring', data=sent(('通知.pdf', PDF), reason='やめる'),
                          content_type='multipart/form-data', headers={'Origin': 'http://localhost'})
    assert answer.status_code == 401
    answer = browser.post('/sign-in', data={'email': email('department'), 'password': PASSWORD,
                                            'kept': answer.page.fields()['kept']})
    assert '送られなかったファイル（あとで添付し直してください） 通知.pdf' in answer.page.text


@pytest.mark.engine_free
def test_a_disk_that_is_nearly_full_takes_no_document(app, client_of, monkeypatch):
    monkeypatch.setattr(files.shutil, 'disk_usage', lambda folder: SimpleNamespace(free=files.RESERVE))
    answer = attach(client_of('it'), '/systems/1', ('x.pdf', PDF))
    assert answer.status_code == 503 and '空きができるまで' in answer.page.text
    assert len(rows(app)) == 1


def test_the_certificate_comes_with_the_disposal(app, client_of):
    with app.app_context(), db.connection_context():
        with trail.act('systems.move', by=None, at=clock.now()) as act:
            row = System.get_by_id(1)
            row.lifecycle, row.retired_on = 'retired', date(2026, 10, 1)
            act.save(row)
    it, where = client_of('it'), '/systems/1/move/disposed'
    assert '消去証明書・廃棄証明書' in it.get(where).page.text
    form = values(it, where) | {'disposed_on': '2026-11-20', 'reason': '廃棄した',
                                 'disposal_certificate': '消-12'}
    answer = it.post(where, data=form | sent(('scan0001.pdf', PDF)), content_type='multipart/form-data')
    assert answer.status_code == 303
    assert [row.kind for row in rows(app)] == ['quote', 'certificate']
