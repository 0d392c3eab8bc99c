"""The lines that a grid sends: bounded, read as a file's, one act; another's change is asked about."""
import pytest

from audits import trail
from models import Act, Business, CheckIn, Plan, Step, StepProgress, db
from registry.core import clock
from registry.records import entering, grids
from registry.records.noun import NOUNS

HEADERS = '業務コード\tステップ番号\t状態\t開始日\t完了日\t予定日\t対象外理由'


def sent(browser, address, lines, **more):
    opened = browser.get(address).page.one('[name=opened]').attributes['value']
    return browser.post(address, data={'opened': opened, 'lines': '\r\n'.join(lines), **more})


def test_lines_are_one_act_and_nothing_of_them_where_one_is_wrong(client_of):
    it = client_of('it')
    good, wrong = 'B07\t1\t作業中\t2026-11-01\t\t\t', 'B07\t2\t完了済み\t\t\t\t'
    answer = sent(it, '/steps/enter', [HEADERS, good, wrong])
    assert answer.status_code == 422 and 'B07 2：' in answer.page.text and '完了日を入力' in answer.page.text
    assert good in answer.text.replace('&#9;', '\t')
    with db.connection_context():
        before = Act.select().count()
    assert sent(it, '/steps/enter', [HEADERS, good, 'B07\t2\t作業中\t2026-11-02\t\t2027-01-31\t'],
                act_reason='まとめて').status_code == 303
    with db.connection_context():
        act = Act.select().order_by(Act.seq.desc()).get()
        assert (act.kind, act.channel, act.reason, Act.select().count()) == (
            'steps.enter', 'web', 'まとめて', before + 1)
    assert sent(it, '/steps/enter', [HEADERS, good]).status_code == 303
    with db.connection_context():
        assert Act.select().count() == before + 1, 'lines that change nothing are no act'


def test_the_first_plan_is_kept_when_it_is_moved(client_of):
    it = client_of('it')
    for day in ('2027-01-31', '2027-02-28', '2027-03-31'):
        assert sent(it, '/steps/enter', [HEADERS, f'B07\t5\t未着手\t\t\t{day}\t']).status_code == 303
    with db.connection_context():
        row = StepProgress.select().order_by(StepProgress.id.desc()).get()
        assert (str(row.planned_on), str(row.baseline_on)) == ('2027-03-31', '2027-01-31')
    assert '当初は 2027-01-31（59日あとに変更）' in it.get('/steps/enter?phases=all').text


def test_what_another_changed_meanwhile_is_asked_about(client_of):
    it = client_of('it')
    line = 'B07\t{}\t作業中\t2026-11-{:02}\t\t\t'
    assert sent(it, '/steps/enter', [HEADERS, line.format(1, 1)]).status_code == 303
    opened = it.get('/steps/enter').page.one('[name=opened]').attributes['value']
    assert sent(it, '/steps/enter', [HEADERS, line.format(1, 9)]).status_code == 303
    lines = '\n'.join([HEADERS, line.format(1, 2), line.format(2, 3)])
    answer = it.post('/steps/enter', data={'opened': opened, 'lines': lines})
    assert answer.status_code == 409 and '2026-11-09' in answer.page.text and '2026-11-02' in answer.page.text
    held = answer.page.fields()
    theirs = answer.page.one('button[name=theirs]').attributes['value']
    assert it.post('/steps/enter', data=held | {'theirs': theirs}).status_code == 303
    with db.connection_context():
        assert [str(row.started_on) for row in StepProgress.select().order_by(
            StepProgress.id.desc()).limit(2)] == ['2026-11-03', '2026-11-09']
    # who has seen what stands may write over it
    assert it.post('/steps/enter', data=held).status_code == 303
    with db.connection_context():
        assert StepProgress.select().where(StepProgress.started_on == '2026-11-02').count() == 1


@pytest.mark.engine_free
@pytest.mark.parametrize(('lines', 'words'), [
    ('', '変更がありません'), (HEADERS, '変更がありません'), ('\n'.join([HEADERS] * 1100), '1,000行まで'),
    ('あ' * 200_000 + '\nx', '1,000行まで'), (f'{HEADERS}\n\ud800', ''), (f'{HEADERS}\nB07\tx\ty', '整数'),
    ('知らない列\nx', '列')])
def test_what_cannot_be_read_is_refused_in_words(opened, lines, words):
    found = entering.read(NOUNS['steps'], lines, 0, None)
    assert found.problems and words in ' '.join(message for _, message in found.problems)


def test_a_unit_enters_the_check_ins_of_its_own_plans_only(client_of):
    with db.connection_context():
        mine, theirs = (Plan.select().where(Plan.plan_no == f'P-0000{n}').get() for n in (1, 2))
        year, number = mine.fiscal_year, theirs.plan_no
    department = client_of('department')
    address = f'/plans/enter?fiscal_year={year}&quarter=1Q'
    page = department.get(address).page
    assert mine.plan_no in page.text and number not in page.text
    headers = 'プラン番号\t回\t評価\t達成率\t実績\t未達要因'
    answer = sent(department, address, [headers, f'{number}\t1Q\t順調\t50\tよい\t'])
    assert answer.status_code == 422 and '権限がありません' in answer.page.text
    line = f'{mine.plan_no}\t1Q\t順調\t55.5\t手書き\t'
    assert sent(department, address, [headers, line]).status_code == 303
    with db.connection_context():
        row = CheckIn.get(CheckIn.plan == mine, CheckIn.quarter == '1Q')
        assert row.result == '手書き'
        assert trail.head().seq == Act.get(Act.kind == 'plans.enter').seq
    # what was written on several lines stays so when another value of the record is entered
    with db.connection_context(), trail.act('plans.check-in', by=None, at=clock.now()) as act:
        row.result = '一行目\n二行目'
        act.save(row)
    page = department.get(address).page
    stands = next(each for each in page.all('tr[data-k]')
                  if each.attributes['data-k'].startswith(mine.plan_no))
    line = f'{stands.attributes["data-k"]}\t{stands.attributes["data-v"]}'
    assert '一行目⏎二行目' in line
    assert sent(department, address, [headers, line.replace('55.5', '66')]).status_code == 303
    with db.connection_context():
        row = CheckIn.get_by_id(row.id)
        assert (row.result, str(row.achievement)) == ('一行目\n二行目', '66')


def test_what_was_changed_while_the_grid_was_read_is_asked_about(client_of, monkeypatch):
    it, show = client_of('it'), grids.enter
    key = next(row.attributes['data-k'] for row in it.get('/steps/enter').page.all('td[data-k]'))
    code, number = key.split('\t')

    def late(grid):
        # its rows have been read
        with db.connection_context():
            business, step = Business.get(Business.code == code), Step.get(Step.no == int(number))
            row = StepProgress.get_or_none(StepProgress.business == business, StepProgress.step == step)
            with trail.act('demo.fill', by=None, at=clock.now()) as act:
                row = row or StepProgress(business=business, step=step, status='todo')
                row.note = 'ほかの人'
                act.save(row)
        return show(grid)
    with db.connection_context():
        before = trail.head().seq
    monkeypatch.setattr(grids, 'enter', late)
    assert int(it.get('/steps/enter').page.fields()['opened']) == before
