"""Steps and cut-overs against answers worked out by hand."""
from datetime import date
from fractions import Fraction

from figure_values import figure_of, indicator_of, numbers_of

from audits import trail
from models import Business, Setting, Step, StepMove, StepProgress
from registry.core import clock


# --- steps and cut-overs ---
def steps(desk, business, done, excluded=0, on='2026-05-01'):
    desk.table('steps', *[[business, str(no), '完了済み', on, ''] for no in range(1, done + 1)],
               *[[business, str(no), '対象外', '', '共同利用']
                 for no in range(done + 1, done + excluded + 1)],
               headers=['業務コード', 'ステップ番号', '状態', '完了日', '対象外理由'])


def test_excluded_counts_as_done_for_the_ministry_only(desk):
    steps(desk, 'B01', 10, 5)
    desk.table('steps', ['B01', '16', '作業中'], ['B01', '17', '未着手'],
               headers=['業務コード', 'ステップ番号', '状態'])
    # 18 applicable businesses × 40 steps
    assert figure_of(desk, 'steps.official') == (15, 720, Fraction(1500, 720))
    assert figure_of(desk, 'steps.strict') == (10, 715, Fraction(1000, 715))


def test_a_business_that_does_not_apply_does_not_count(desk):
    steps(desk, 'B03', 40)
    assert figure_of(desk, 'steps.official') == (0, 720, 0)
    desk.table('businesses', ['B03', 'はい'], headers=['業務コード', '適用'])
    assert figure_of(desk, 'steps.official')[:2] == (40, 760)


def test_a_step_done_after_the_day_does_not_count(desk):
    steps(desk, 'B01', 1, on='2026-08-31')
    steps(desk, 'B02', 1, on='2026-09-30')
    # nothing is recorded up to that day
    assert figure_of(desk, 'steps.official', as_of=date(2026, 8, 30))[0] is None
    assert figure_of(desk, 'steps.official', as_of=date(2026, 9, 29))[0] == 1
    assert figure_of(desk, 'steps.official', as_of=date(2026, 9, 30))[0] == 2


def test_650_of_720_is_90_3_and_meets_90_3(desk):
    with desk.open():
        from audits import trail
        from registry.core import clock
        businesses = list(Business.select().where(Business.applicable).order_by(Business.code))
        places = [(b, s) for b in businesses for s in Step.select().order_by(Step.no)][:649]
        with trail.act('steps.import', by=None, at=clock.now(), channel='cli', reason='試験') as act:
            rows = [StepProgress(business=b, step=s, status='done', done_on=date(2026, 6, 1)) for b,
                    s in places]
            act.insert(rows)
            act.insert([StepMove(progress=row.id, status='done', on_day=row.done_on) for row in rows])
    assert numbers_of(indicator_of(desk, 6, '3')) == ('649', '720', '90.1', 'missed')
    desk.table('steps', ['B20', '40', '対象外', '国の共同利用'],
               headers=['業務コード', 'ステップ番号', '状態', '対象外理由'])
    assert numbers_of(indicator_of(desk, 6, '3')) == ('650', '720', '90.3', 'met')


def test_cutovers(desk):
    desk.table('businesses', ['B01', '2026-04-01'], ['B02', '2027-03-31'], ['B04', '2026-03-31'],
               ['B03', '2026-05-01'],
               headers=['業務コード', '切替実績日'])
    assert figure_of(desk, 'cutovers.rate') == (3, 18, Fraction(300, 18))
    assert figure_of(desk, 'cutovers.count')[0] == 2
    assert figure_of(desk, 'cutovers.count', as_of=date(2027, 3, 30))[0] == 1
    assert figure_of(desk, 'cutovers.count', 2025)[0] == 1
    assert figure_of(desk, 'cutovers.rate', as_of=date(2026, 4, 1))[0] == 2


def test_a_setting_below_the_steps_makes_no_rate_above_100(desk):
    steps(desk, 'B01', 40)
    before = figure_of(desk, 'steps.official')
    refused = desk.table('settings', ['steps_per_business', '2020-04-01', '1'], code=1)
    assert '手順書版には40のステップがあります' in str(refused)
    with desk.open(), trail.act('settings.create', by=None, at=clock.now()) as act:
        # entered before the master had so many
        act.save(Setting(name='steps_per_business', valid_from=date(2020, 4, 1), value='1', verified=False))
    assert figure_of(desk, 'steps.official') == before
