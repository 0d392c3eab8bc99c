"""The ward's budget requests, cases, their support and reviews."""
from datetime import date, timedelta
from functools import partial

from models import (
    BudgetRequest,
    Case,
    ClosedDay,
    Review,
    ReviewSystem,
    Support,
    SupportComment,
    System,
)
from models.rules.clocks import Examination
from models.settings import SETTINGS

from .acts import Acts, at
from .names import SUBJECTS

#: within how many open days a support is examined, and the day on which one went back to its unit
DAYS, RETURNED = int(SETTINGS['support_days'][1]), date(2026, 9, 24)


class Procurement(Acts):
    """The ward's budget requests, cases, their support and reviews."""

    def support(self, act, case, kind, asked, done=None, state='completed', trial=False):
        clock = Examination.begun(asked, DAYS)
        if state == 'returned':
            clock = clock.stopped(RETURNED)
        row = Support(case=case, kind=kind, requested_on=asked, completed_on=done, trial=trial,
                      reviewer=None if state == 'requested' else self.people['it'],
                      due_on=clock.due_on, stopped_on=clock.stopped_on,
                      state='completed' if done else state, opinion='fine' if done else None,
                      opinion_text='セキュリティと予算の内容を確認しました。' if done else None)
        act.save(row)
        return row

    def procurement(self):
        for year in (2025, 2026):
            self.act(at(year, 10, 20), 'budget-requests.import', partial(self.budget, year=year),
                     reason='財政課の予算要求一覧（デモデータ）')
        self.act(at(2026, 1, 21), 'supports.import', self.trials, reason='調達支援の試行（デモデータ）')
        self.act(at(2026, 3, 27), 'cases.import', self.budget_results,
                 reason='令和8年度予算の成立（デモデータ）')
        self.act(at(2026, 10, 15), 'cases.import', self.orders)
        self.act(at(2026, 11, 4), 'reviews.import', self.reviews)
        self.act(at(2026, 4, 1, 9), 'closed-days.create', lambda act: act.save(
            ClosedDay(day=date(2026, 12, 28), name='庁舎の電気設備点検による閉庁')))
        for n, day, state in ((8, date(2026, 11, 10), 'reviewing'), (1, date(2026, 11, 24), 'requested')):
            self.act(at(day.year, day.month, day.day, 11), 'supports.create', partial(
                self.ask, n=n, day=day, state=state))

    def budget(self, act, year):
        """Enter the year's budget requests, and the support each was given."""
        codes = ['0301', '0302', '0500', '0400', '0151', '0800', '0550', '0203']
        for n in range(24):
            number = (year - 2025) * 24 + n + 1
            it_cost = n % 4 != 3
            line = BudgetRequest(
                request_no=f'B-{number:05d}', fiscal_year=year + 1,
                requested_on=date(year, 9, 10) + timedelta(days=n),
                department=self.units[codes[n % 8]],
                title=f'{SUBJECTS[n % 12][0]}システムの{"更新" if n % 2 else "改修"}'
                if it_cost else f'{SUBJECTS[n % 12][0]}の消耗品',
                amount=1_200_000 + 850_000 * n, it_cost=it_cost, new_technology=n == 6,
                nature=['new', 'temporary', 'upgrade', 'ordinary'][n % 4],
                exclusion_reason='既に債務負担行為により契約済みのため' if n == 12 else None,
                excluded_by='行政情報マネジメント課長' if n == 12 else None)
            act.save(line)
            waiting = year == 2026 and n in (0, 1, 8, 17)
            if not it_cost or n == 12 or (waiting and n == 17):
                continue
            case = Case(case_no=f'C-{number:05d}', fiscal_year=year + 1, department=line.department_id,
                        title=line.title, kind='replace' if n % 2 else 'improve', request=line,
                        initial_cost=line.amount, yearly_cost=300_000, years=5,
                        new_technology=line.new_technology, purpose='業務の効率化')
            act.save(case)
            self.rows[year, n] = case
            asked = line.requested_on + timedelta(days=3)
            if waiting and n:
                continue  # asked for later
            state = 'returned' if waiting else None
            support = self.support(act, case, 'budget', asked,
                                   None if waiting else asked + timedelta(days=10), state or 'completed')
            if state == 'returned':
                act.save(SupportComment(support=support, person=self.people['it'], at=at(2026, 9, 24),
                                        state='returned',
                                        text='見積の内訳（機器・作業・保守）を分けて、再提出してください。'))

    def ask(self, act, n, day, state):
        self.support(act, self.rows[2026, n], 'budget', day, state=state)

    def trials(self, act):
        for n in (5, 9, 13, 17, 21):
            self.support(act, self.rows[2025, n], 'ordering', date(2025, 11, 4), date(2026, 1, 20),
                         trial=True)

    def budget_results(self, act):
        for key, case in self.rows.items():
            if key[0] == 2025:
                self.set(act, case, outcome='as_requested')

    def orders(self, act):
        units = ['0302', '0500', '0400', '0151']
        for n, (title, cost, new, ordered, done) in enumerate((
                ('生活保護システムの標準化移行', 48_000_000, False, date(2026, 6, 10), date(2026, 5, 28)),
                ('生成AI基盤の導入', 6_500_000, True, date(2026, 7, 15), date(2026, 7, 1)),
                ('保育業務支援システムの更新', 15_200_000, False, date(2026, 9, 30), None),
                ('会議録検索の改修', 1_900_000, False, date(2026, 8, 3), None))):
            case = Case(case_no=f'C-9{n + 1:04d}', fiscal_year=2026, department=self.units[units[n]],
                        title=title,
                        kind='replace', initial_cost=cost, yearly_cost=1_000_000, years=5, new_technology=new,
                        ordered_on=ordered, outcome='reduced', purpose='（デモデータ）')
            act.save(case)
            if done:
                self.support(act, case, 'ordering', done - timedelta(days=21), done)

    def reviews(self, act):
        for n, (kind, approved) in enumerate((('renew', date(2026, 6, 30)), ('merge', date(2026, 8, 21)),
                                              ('retire', date(2026, 10, 9)), ('contract', None)), 1):
            review = Review(review_no=f'R-{n:05d}', kind=kind, title=f'{SUBJECTS[n][0]}システムの見直し',
                            reviewed_on=date(2026, 5 + n, 12),
                            used_fields='契約満了日、契約の相手方、利用者数',
                            conclusion='do' if approved else None, approved_on=approved,
                            approver='行政情報マネジメント課長' if approved else None)
            act.save(review)
            act.save(ReviewSystem(review=review, system=System.get(System.system_no == f'S-{100 + n:05d}')))
