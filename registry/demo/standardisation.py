"""The ward's standardisation of its basic businesses."""
from datetime import date, timedelta
from functools import partial

from models import (
    Business,
    Step,
    StepMove,
    StepProgress,
)
from models.standardisation import master_on, new_moves

from ..records import saving
from .acts import Acts, at, evening


class Standardisation(Acts):
    """The ward's standardisation of its basic businesses."""

    def steps(self):
        cutovers = {'B19': date(2025, 12, 22), 'B20': date(2026, 1, 13)}
        last = {'B19': 40, 'B20': 40, 'B16': 36}
        now = {'B19': 40, 'B20': 40, 'B16': 38, 'B01': 35, 'B04': 35, 'B07': 36, 'B18': 35}
        reports, rows = (at(2025, 3, 31), at(2026, 3, 31), at(2026, 10, 30)), {}

        def first(act):
            master = master_on(reports[0].date())
            for place, business in enumerate(Business.select().where(Business.applicable).order_by(
                    Business.code)):
                self.set(act, business, planned_cutover_on=cutovers.get(business.code) or (
                    date(2027, 1, 12) if business.code == 'B16' else date(2028, 1, 11)))
                self.rows[business.code] = business
                for step in Step.select().where(Step.master == master).order_by(Step.no):
                    row = rows[business.code, step.no] = StepProgress(
                        business=business, step=step, status='todo', planned_on=date(2027, 3, 31))
                    # two surveys that needed no work of their own, as the ministry counts them
                    if step.no in (8, 9) and business.code in ('B02', 'B14'):
                        row.status, row.planned_on = 'excluded', None
                        row.reason = '該当する外字・連携がないため'
                    elif step.no <= 34:
                        done = min(date(2022, 5, 10) + timedelta(days=30 * step.no + place),
                                   date(2025, 3, 28))
                        row.status, row.planned_on = 'done', None
                        row.started_on, row.done_on = done - timedelta(days=20), done
            act.insert(list(rows.values()))
            act.insert([StepMove(progress=row.id, status=status, on_day=day) for row in rows.values()
                        for status, day in new_moves(row, None, reports[0].date())])

        def report(act, since, until, start, pace):
            """Enter the steps done since each business's step `since[code]` up to `until[code]`."""
            codes = sorted({code for code, _ in rows})
            for (code, no), row in rows.items():
                place, done_before, done_now = codes.index(code), since.get(code, 34), until.get(code, 34)
                if not done_before < no <= done_now:
                    continue
                done = start + timedelta(days=pace * (no - done_before - 1) + 3 * place)
                self.move(act, row, status='done', planned_on=None, started_on=done - timedelta(days=20),
                          done_on=done)

        def second(act):
            report(act, {}, last, date(2025, 5, 20), 45)

        def third(act):
            report(act, last, now, date(2026, 6, 15), 40)
            for (code, no), row in rows.items():
                if no == now.get(code, 34) + 1:
                    self.move(act, row, status='doing', started_on=date(2026, 9, 1))

        def cut_over(act, code):
            self.set(act, self.rows[code], cutover_on=cutovers[code])
            self.set(act, self.by_name[f'{self.rows[code].name}システム'], std_status='standard',
                     hosting='govcloud')
        for moment, write in zip(reports, (first, second, third), strict=True):
            self.act(moment, 'steps.import', write, reason='標準化PMOツールの報告（デモデータ）')
        for code, day in cutovers.items():
            self.act(evening(day), 'businesses.edit', partial(cut_over, code=code),
                     reason='標準準拠システムへの切替（デモデータ）')

    def move(self, act, row, **values):
        """Change a step's progress, its history with it."""
        before = saving.copy_of(row)
        self.set(act, row, **values)
        act.insert([StepMove(progress=row.id, status=status, on_day=day)
                    for status, day in new_moves(row, before, act.at.date())])
