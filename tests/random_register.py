"""A register of many records made at random, but always the same."""
import itertools
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random

from recounted import END, MOSTLY, START

from models import (
    BudgetRequest,
    Business,
    BusinessSystem,
    Case,
    CaseShare,
    CheckIn,
    Course,
    Department,
    Enrolment,
    Incident,
    IncidentSystem,
    Plan,
    Review,
    Setting,
    Staff,
    Step,
    StepMaster,
    StepMove,
    StepProgress,
    Support,
    System,
)
from models.rules.calendar import JST


class Maker:
    """Fills a register with whatever the tables allow, much of it on the very edges."""

    def __init__(self, seed):
        self.random, self.numbers = Random(seed), itertools.count(1)

    def maybe(self, make, chance=0.5):
        return make() if self.random.random() < chance else None

    def day(self):
        edges = [START, END, START - timedelta(days=1), END + timedelta(days=1), date(2025, 6, 30),
                 date(2025, 9, 30), date(2025, 12, 31)]
        return self.random.choice(edges) if self.random.random() < 0.3 else START - timedelta(
            days=200) + timedelta(
            days=self.random.randrange(800))

    def moment(self):
        clock = self.random.choice([(8, 29, 59), (8, 30, 0), (17, 15, 0), (17, 15, 1), (0, 0, 0),
                                    (23, 59, 59), (12, 0, 0)])
        return datetime(*self.day().timetuple()[:3], *clock, tzinfo=JST)

    def add(self, table, many, make):
        """Insert up to `many` rows, some of them voided."""
        rows = []
        for _ in range(self.random.randrange(many + 1)):
            row = table(revision=1, **make())
            if self.random.random() < 0.15:
                row.voided_at, row.void_reason = datetime(2026, 1, 1, tzinfo=JST), '誤り'
            row.save(force_insert=True)
            rows.append(row)
        return rows

    def once(self, *given):
        """Return whether this combination has not been asked for before."""
        seen = self.__dict__.setdefault('seen', set())
        return given not in seen and not seen.add(given)

    def pairs(self, first, second, many):
        """Return up to `many` different pairs."""
        every = [(a, b) for a in first for b in second]
        return self.random.sample(every, min(many, len(every)))

    def fill(self):
        pick, text = self.random.choice, lambda: f'T{next(self.numbers)}'
        unit = Department.select().first()
        self.settings()
        systems = self.add(System, 6, lambda: {'system_no': text(), 'name': '系', 'owner': unit,
                                               'category': pick(['platform', 'office'])})
        businesses = list(Business.select().limit(5))
        for row in businesses:
            row.applicable, row.cutover_on = self.random.random() < 0.8, self.maybe(self.day)
            row.window_from, row.window_to = self.maybe(self.day, 0.2), None
            row.window_to = self.maybe(lambda row=row: (row.window_from or self.day()) + timedelta(days=40),
                                       0.2)
            row.voided_at = self.maybe(lambda: datetime(2026, 1, 1, tzinfo=JST), 0.1)
            row.save()
        for business, system in self.pairs(businesses, systems, 8):
            self.add(BusinessSystem, 1,
                     lambda business=business, system=system: {'business': business, 'system': system})
        self.steps(businesses)
        incidents = self.add(Incident, 14, self.incident)
        for incident, system in self.pairs(incidents, systems, 20):
            self.add(IncidentSystem, 1,
                     lambda incident=incident, system=system: {'incident': incident, 'system': system})
        self.add(CaseShare, 4, lambda: {'share_no': text(), 'title': '例', 'method': 'notice',
                                        'shared_on': self.day()})
        courses = self.add(Course, 9, lambda: {'code': text(), 'fiscal_year': pick(MOSTLY), 'name': '研',
                                               'mandatory': self.random.random() < 0.8,
                                               'category': pick(['security', 'security', 'ai', 'data',
                                                                 'opendata', 'nocode']),
                                               'census_on': self.maybe(self.day, 0.7)})
        staff = self.add(Staff, 5, lambda: {'staff_no': text(), 'name': '員', 'department': unit})
        for course, person in self.pairs(courses, staff, 25):
            status = pick(['waiting', 'attending', 'done', 'done', 'excluded'])
            self.add(Enrolment, 1, lambda course=course, person=person, status=status: {
                'course': course, 'staff': person, 'status': status, 'completed_on': self.day()
                if status == 'done' else self.maybe(self.day, 0.1), 'exclusion_reason': '休職'
                if status == 'excluded' else None})
        self.desk(unit, text)
        plans = self.add(Plan, 6, lambda: {'plan_no': text(), 'fiscal_year': pick(MOSTLY), 'department': unit,
                                           'title': '策', 'plan_class': pick(['priority', 'own'])})
        for plan, quarter in self.pairs(plans, ['1Q', '2Q', '3Q', '4Q'], 12):
            self.add(CheckIn, 1, lambda plan=plan, quarter=quarter: {
                'plan': plan, 'quarter': quarter, 'assessment': pick(['on_track', 'behind', 'changed']),
                'achievement': self.maybe(lambda: Decimal(self.random.randrange(1000)) / 10, 0.7)})

    def settings(self):
        values = {'large_case_amount': ['100', '500', '1000'],
                  'large_case_basis': ['初期経費', '単年度', 'TCO'],
                  'business_hours': ['08:30-17:15', '09:00-12:00'], 'recovery_start': ['検知', '発生'],
                  'recovery_stop': ['復旧', '暫定復旧'], 'plan_measure': ['平均達成率', '順調構成比'],
                  'window_before_days': ['0', '30'], 'window_after_days': ['0', '60'],
                  'steps_per_business': ['1', '50'],
                  'data_course_categories': ['データ活用・オープンデータ', 'データ活用']}
        for name, found in values.items():
            for _ in range(self.random.randrange(4)):
                day = self.day()
                if self.once(name, day) and not Setting.select().where(Setting.name == name,
                        Setting.valid_from == day).exists():
                    self.add(Setting, 1, lambda name=name, day=day, found=found: {
                        'name': name, 'valid_from': day, 'value': self.random.choice(found)})

    def steps(self, businesses):
        pick = self.random.choice
        masters = self.add(StepMaster, 2, lambda: {'version': f'V{next(self.numbers)}',
            'valid_from': self.day()})
        found = [Step.select().first()]
        for master in masters:
            found += self.add(Step, 3, lambda master=master: {'master': master, 'no': next(self.numbers),
                'phase': '相', 'name': '段', 'verified': 'verified'})
        for business, step in self.pairs(businesses, found, 14):
            if StepProgress.select().where(StepProgress.business == business,
                                           StepProgress.step == step).exists():
                continue
            for progress in self.add(StepProgress, 1,
                                     lambda business=business, step=step: {'business': business,
                                                                           'step': step}):
                self.add(StepMove, 4, lambda progress=progress: {
                    'progress': progress, 'status': pick(['todo', 'doing', 'done', 'excluded']),
                    'on_day': self.day()})

    def incident(self):
        detected = self.moment()
        occurred = self.maybe(lambda: detected - timedelta(hours=self.random.choice([0, 1, 4, 30])), 0.4)
        later = [timedelta(0), timedelta(hours=4), timedelta(hours=4, seconds=1), timedelta(hours=24),
                 timedelta(hours=24, seconds=1), timedelta(hours=-1), timedelta(days=40),
                 timedelta(minutes=5)]
        restored = self.maybe(lambda: detected + self.random.choice(later), 0.7)
        if restored is not None and restored < (occurred or detected):
            restored = occurred or detected
        return {'incident_no': f'T{next(self.numbers)}', 'title': '障', 'category': 'failure',
                'level': self.random.choice([1, 2, 4, 5]), 'occurred_at': occurred, 'detected_at': detected,
                'restored_at': restored,
                'mitigated_at': self.maybe(lambda: detected + self.random.choice(later), 0.4)}

    def desk(self, unit, text):
        pick = self.random.choice

        def request():
            excluded = self.random.random() < 0.2
            return {'request_no': text(), 'fiscal_year': 2026, 'requested_on': self.day(), 'department': unit,
                    'title': '求', 'amount': 1, 'it_cost': self.random.random() < 0.8,
                    'exclusion_reason': '少額' if excluded else None, 'excluded_by': '長' if excluded
                    else None}
        requests = self.add(BudgetRequest, 8, request)
        cases = self.add(Case, 8, lambda: {
            'case_no': text(), 'fiscal_year': 2026, 'department': unit, 'title': '案', 'kind': 'new',
            'request': pick([None, *requests]), 'initial_cost': pick([0, 99, 100, 500]),
            'yearly_cost': pick([0, 100, 500]), 'years': pick([0, 1, 5]),
            'new_technology': self.random.random() < 0.2, 'ordered_on': self.maybe(self.day, 0.8)})
        for case, kind in self.pairs(cases, ['budget', 'ordering', 'proposal'], 14):
            day, state = self.day(), pick(['requested', 'completed', 'completed', 'withdrawn'])
            self.add(Support, 1, lambda case=case, kind=kind, day=day, state=state: {
                'case': case, 'kind': kind, 'state': state, 'requested_on': day,
                'trial': self.random.random() < 0.6,
                'completed_on': max(day, case.ordered_on or day, self.day()) if state == 'completed'
                else self.maybe(lambda: day, 0.1)})

        def review():
            approved = self.maybe(self.day, 0.6)
            return {'review_no': text(), 'kind': 'renew', 'title': '検', 'reviewed_on': self.day(),
                    'conclusion': self.maybe(lambda: 'do', 0.7), 'approved_on': approved,
                    'approver': '長' if approved else None}
        self.add(Review, 8, review)
