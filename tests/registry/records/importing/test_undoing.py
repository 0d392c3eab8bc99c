"""An import taken back: the records stand as before, unless something later stands on them."""
import io
from datetime import timedelta
from random import Random

import pytest
from cast import email
from form_posts import filled
from html_page import Page

from audits import trail, verify
from models import (
    Act,
    Attachment,
    Business,
    Change,
    Department,
    Person,
    Staff,
    Step,
    StepMove,
    StepProgress,
    System,
    db,
)
from registry.core import clock
from registry.core.permits import allowed
from registry.records import display, exporting, importing, saving, sheets
from registry.records.importing.words import Words
from registry.records.noun import NOUNS

GOOD = importing.Choices(good=True, ignore=True)
IMPORTABLE = [name for name, noun in NOUNS.items() if noun.importable]


def stands(noun):
    headers, rows = exporting.export(noun)
    return headers, sorted(map(list, rows))


def shaken(noun, random):
    """Return a sheet of a register's rows, cells of each column changed about, with rows of new keys."""
    headers, rows = stands(noun)
    keys = {noun.blank._fields[name].header for name in noun.key[:1]}
    places = [place for place, header in enumerate(headers) if header not in keys]
    made = [list(row) for row in rows]
    for row in made:
        for place in places:
            if random.random() < 0.3:
                row[place] = random.choice([*(other[place] for other in rows), ''])
    made += [[f'9{random.randrange(10**5):05}' if header in keys else cell
              for header, cell in zip(headers, row, strict=True)] for row in random.choices(rows, k=3)]
    return sheets.Sheet(headers, [(line, row) for line, row in enumerate(made, 2)], 'utf-8', 'csv')


@pytest.fixture
def desk_person(app):
    with app.app_context(), db.connection_context():
        yield Person.get(Person.email == email('it'))


def undo(act, by):
    return importing.undo(act, by=by, at=clock.now(), channel='web', reason='誤り', allowed=allowed)


def test_an_import_taken_back_leaves_the_records_as_they_were(desk_person):
    random, taken = Random(4), {}
    for name in IMPORTABLE:
        noun = NOUNS[name]
        before = stands(noun)
        if not before[1] or not allowed(f'{name}.create', None, desk_person):
            continue
        for _ in range(2):
            load, _ = importing.read(noun, shaken(noun, random), None, GOOD, Words())
            seq = load.apply(desk_person, clock.now(), 'import', '') if load.good else None
            if seq is None:
                continue
            act = Act.get_by_id(seq)
            outcome = undo(act, desk_person)
            if isinstance(outcome, saving.Refused):
                # what the noun itself keeps from being voided stays as imported, all of it
                assert outcome.problems[0][1] and not Act.select().where(Act.seq > seq).exists(), name
                before = stands(noun)
                continue
            assert stands(noun) == before, name
            taken[name] = taken.get(name, 0) + act.changes
            assert 'もう取り消してあります' in undo(act, desk_person).problems[0][1]
    assert len(taken) >= 12, taken
    assert verify.verify().intact


def imported(by, kind, headers, *rows):
    sheet = sheets.Sheet(headers.split(','), list(enumerate(map(list, rows), 2)), 'utf-8', 'csv')
    load = importing.load(NOUNS[kind], sheet, person=by)
    assert load.good, load.problems
    return Act.get_by_id(load.apply(by, clock.now(), 'import', ''))


SYSTEMS = 'system_no,name,owner_code,category,lifecycle,pii'


def test_what_later_stands_on_an_import_is_named(desk_person):
    row = System.get_by_id(1)
    act = imported(desk_person, 'systems', SYSTEMS, ('S-90001', '新', '0201', '個別業務系', '運用', 'なし'),
                   ('S-00001', '改称', '0201', '個別業務系', '運用', 'なし'))
    made = System.get(System.system_no == 'S-90001')
    head = trail.head().seq

    def refused():
        outcome = undo(act, desk_person)
        assert isinstance(outcome, saving.Refused) and trail.head().seq == head + 1
        return outcome.problems[0][1]
    with db.atomic() as later:
        imported(desk_person, 'incidents', 'incident_no,title,category,level,system_nos,detected_at',
                 ('I-9', '題', 'システム障害', '1', 'S-90001', '2026-10-01 10:00'))
        assert 'I-9' in refused() and '使っているため、取り消せません' in refused()
        later.rollback()
    with db.atomic() as later:
        with trail.act('systems.edit', by=desk_person, at=clock.now()) as writing:
            row = System.get_by_id(1)
            row.note = 'あと'
            writing.save(row)
        assert '改称' in refused() and 'あとに変更されている' in refused()
        later.rollback()
    with db.atomic() as later:
        with trail.act('attachments.add', by=desk_person, at=clock.now()) as writing:
            writing.insert([Attachment(table='system', row=made.id, kind='other', name='a.pdf', version=1,
                                       size=1, media_type='application/pdf', sha256='0' * 64,
                                       person=desk_person, at=clock.now())])
        assert 'a.pdf' in refused()
        later.rollback()
    assert isinstance(undo(act, desk_person), saving.Saved)
    # a file put right takes the same number again, with nothing of the first one left
    act = imported(desk_person, 'systems', SYSTEMS,
                   ('S-90001', '直した', '0202', '個別業務系', '構想', 'なし'))
    again = System.get(System.system_no == 'S-90001')
    assert (again.id, again.name, again.voided_at) == (made.id, '直した', None)
    assert isinstance(undo(act, desk_person), saving.Saved)
    assert System.get_by_id(made.id).name == '新' and System.get_by_id(made.id).voided_at
    assert verify.verify().intact


def test_a_value_that_leads_to_a_voided_record_is_not_put_back(desk_person):
    with trail.act('departments.create', by=desk_person, at=clock.now()) as writing:
        old = Department(code='0999', name='旧課', level='section', valid_from=clock.today())
        writing.save(old)
    imported(desk_person, 'staff', 'staff_no,name,department_code', ('9001', '新', '0999'))
    act = imported(desk_person, 'staff', 'staff_no,department_code', ('9001', '0201'))
    with trail.act('departments.void', by=desk_person, at=clock.now()) as writing:
        writing.void(Department.get_by_id(old.id), '廃止')
    assert '旧課' in undo(act, desk_person).problems[0][1]
    assert Staff.get(Staff.staff_no == '9001').department.code == '0201'


def test_who_imported_takes_it_back_on_the_page_of_its_result(client_of):
    def sent(who, line):
        browser = client_of(who)
        load = f'{SYSTEMS}\n{line}'.encode()
        address = browser.post('/files/', data={'kind': 'systems', 'encoding': 'auto',
                                                'file': (io.BytesIO(load), 'a.csv')}).location
        seen = browser.get(address).page.fields()['seen']
        return browser.post(address, data={'reason': '登録', 'seen': seen}).location
    result = sent('department', 'S-90001,新,0201,個別業務系,構想,なし')
    page = client_of('department').get(result)
    assert page.status_code == 200 and '登録 1件' in page.page.text and 'この取込みを取り消す' in page.text
    assert client_of('other').get(result).status_code == 404
    seen = client_of('auditor').get(result.replace('files/results', 'trail'))
    assert seen.status_code == 200 and '取込みの結果と取消し' not in seen.text
    # the desk may take it back as well, and says why
    it = client_of('it')
    assert it.post(f'{result}/undo', data=filled(it.get(result))).status_code == 422
    assert client_of('other').post(f'{result}/undo', data={'reason': '誤り'}).status_code == 404
    answer = client_of('department').post(f'{result}/undo', data={'reason': '誤り'})
    assert answer.status_code == 303 and '取り消されています' in client_of('department').get(result).text
    assert 'もう取り消してあります' in it.post(f'{result}/undo', data={'reason': '誤り'}).text
    with db.connection_context():
        act = Act.select().order_by(Act.seq.desc()).get()
        assert act.kind == 'systems.undo' and act.reason.endswith('誤り')
        assert Change.select().where(Change.act == act.seq, Change.kind == 'void').count() == 1
    assert '取込みの取消し' in Page(it.get(f'/trail/{act.seq}').text).text


def test_the_undo_of_another_import_is_not_its_own(app, client_of):
    with app.app_context(), db.connection_context():
        by = Person.get(Person.email == email('it'))
        first = imported(by, 'systems', SYSTEMS, ('S-90001', '新', '0201', '個別業務系', '運用', 'なし'))
        then = imported(by, 'systems', 'system_no,name', ('S-90001', '改'))
        assert isinstance(undo(then, by), saving.Saved)
        assert 'あとに変更されている' in undo(first, by).problems[0][1]
    told = [client_of('it').get(f'/files/results/{act.seq}').text for act in (first, then)]
    assert ['取り消されています' in text for text in told] == [False, True]


def test_what_an_import_took_up_again_stands_as_what_it_created(desk_person):
    row = ('S-90001', '新', '0202', '個別業務系', '運用', 'なし')
    assert isinstance(undo(imported(desk_person, 'systems', SYSTEMS, row), desk_person), saving.Saved)
    again = imported(desk_person, 'systems', SYSTEMS, row)
    with db.atomic() as later:
        imported(desk_person, 'incidents', 'incident_no,title,category,level,system_nos,detected_at',
                 ('I-9', '題', 'システム障害', '1', 'S-90001', '2026-10-01 10:00'))
        assert 'I-9' in undo(again, desk_person).problems[0][1]
        later.rollback()
    assert isinstance(undo(again, desk_person), saving.Saved)
    # another unit takes the number up, and back: whose it was before does not matter
    unit = Person.get(Person.email == email('department'))
    mine = imported(unit, 'systems', SYSTEMS, ('S-90001', '乙', '0201', '個別業務系', '構想', 'なし'))
    assert isinstance(undo(mine, unit), saving.Saved)


def test_links_and_states_that_came_later_stand_in_the_way(desk_person):
    imported(desk_person, 'systems', SYSTEMS, *(
        (f'S-9000{n}', f'甲{n}', '0201', '個別業務系', '運用', 'なし') for n in (1, 2, 3)))
    imported(desk_person, 'contracts', 'contract_no,system_nos', ('K-00001', 'S-90001'))
    act = imported(desk_person, 'contracts', 'contract_no,system_nos', ('K-00001', 'S-90002'))
    imported(desk_person, 'contracts', 'contract_no,system_nos', ('K-00001', 'S-90002;S-90003'))
    assert 'K-00001' in undo(act, desk_person).problems[0][1]
    business = Business.select().where(Business.live(), Business.applicable).first()
    key, days = (business.code, '40'), [clock.today() - timedelta(days=n) for n in (30, 10, 5)]
    imported(desk_person, 'steps', 'business_code,step_no,status', (*key, '未着手'))
    act = imported(desk_person, 'steps', 'business_code,step_no,status,started_on',
                   (*key, '作業中', str(days[0])))
    row = StepProgress.get(StepProgress.business == business, StepProgress.step == Step.get(Step.no == 40))
    moves = [(move.status, move.on_day) for move in row.moves.order_by(StepMove.on_day)]
    column = exporting.form_of_file(NOUNS['steps'])(
        viewer=display.Viewer(desk_person, clock.today()))._fields['history']
    imported(desk_person, 'steps', f'business_code,step_no,{column.header}',
             (*key, column.text([*moves, ('todo', days[1]), ('doing', days[2])])))
    assert 'あとに変更されている' in undo(act, desk_person).problems[0][1]


def test_a_link_to_a_voided_record_is_not_put_back(desk_person):
    imported(desk_person, 'systems', SYSTEMS, *(
        (f'S-9000{n}', f'甲{n}', '0201', '個別業務系', '運用', 'なし') for n in (1, 2)))
    imported(desk_person, 'incidents', 'incident_no,title,category,level,system_nos,detected_at',
             ('I-9', '題', 'システム障害', '1', 'S-90001', '2026-10-01 10:00'))
    act = imported(desk_person, 'incidents', 'incident_no,system_nos', ('I-9', 'S-90002'))
    with trail.act('systems.void', by=desk_person, at=clock.now()) as writing:
        writing.void(System.get(System.system_no == 'S-90001'), '廃止')
    assert '甲1' in undo(act, desk_person).problems[0][1]
