"""The figures counted once more, in the plainest way, over a register made at random."""
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from models import (
    BudgetRequest,
    Business,
    BusinessSystem,
    Case,
    CaseShare,
    CheckIn,
    Course,
    Enrolment,
    Incident,
    IncidentSystem,
    Plan,
    Review,
    Setting,
    Step,
    StepMaster,
    StepMove,
    StepProgress,
    Support,
    System,
)
from models.figures import MEASURES, asked_for, figure
from models.rules.calendar import JST, in_business_hours, parse_hours
from models.settings import SETTINGS

TABLES = (BudgetRequest, Business, BusinessSystem, Case, CaseShare, CheckIn, Course, Enrolment, Incident,
          IncidentSystem, Plan, Review, Setting, Step, StepMaster, StepMove, StepProgress, Support, System)
START, END = date(2025, 4, 1), date(2026, 3, 31)
#: one year gets most of the rows, so that they meet
MOSTLY = (2025, 2025, 2025, 2025, 2024, 2026)


class Register:
    """All rows of a register in memory, and the figures counted from them one row after the other."""

    def __init__(self):
        for table in TABLES:
            setattr(self, table.__name__, {row.id: row for row in table.select()})

    def setting(self, name, day):
        found = [row for row in self.Setting.values() if live(row) and row.name == name
                 and row.valid_from <= day]
        return max(found, key=lambda row: row.valid_from).value if found else SETTINGS[name][1]

    def answer(self, name, year, as_of, until, scope):
        """Return (numerator, denominator, value, {row id: group}) of a measure."""
        self.year, self.day, self.until, self.scope = year, as_of, until, set(scope)
        self.start, self.end = date(year, 4, 1), date(year + 1, 3, 31)
        return getattr(self, name.replace('.', '_'))()

    def in_year(self, day):
        return day is not None and self.start <= day <= self.end

    # --- standardisation ---

    def master(self):
        filled = {step.master_id for step in self.Step.values() if live(step)}
        masters = sorted((row for row in self.StepMaster.values() if live(row) and row.id in filled),
                         key=lambda row: (row.valid_from, row.id))
        return next((row for row in reversed(masters) if row.valid_from <= self.day), masters[0] if masters
                    else None)

    def business_group(self, business):
        if not business.applicable:
            return 'outside'
        return 'unnamed' if self.scope and business.id not in self.scope else None

    def steps(self, counted):
        master, groups, recorded = self.master(), {}, False
        for row in self.StepProgress.values():
            step, business = self.Step[row.step_id], self.Business[row.business_id]
            if master is None or step.master_id != master.id:
                continue
            moves = sorted((m.on_day, m.id, m.status) for m in self.StepMove.values()
                           if live(m) and m.progress_id == row.id and m.on_day <= self.day)
            state = moves[-1][2] if moves else 'todo'
            recorded = recorded or bool(moves) and live(row) and live(step)
            groups[row.id] = ('voided' if not (live(row) and live(step) and live(business)) else
                              self.business_group(business)
                              or (state if state in ('done', 'excluded') else 'open'))
        businesses = sum(live(b) and self.business_group(b) is None for b in self.Business.values())
        steps = sum(live(s) and master is not None and s.master_id == master.id for s in self.Step.values())
        size = max(int(self.setting('steps_per_business', self.day) or 0), steps)
        done, excluded = (sum(g == wanted for g in groups.values()) for wanted in ('done', 'excluded'))
        return *share(*counted(done, excluded, businesses * size), recorded), groups

    def steps_official(self):
        return self.steps(lambda done, excluded, every: (done + excluded, every))

    def steps_strict(self):
        return self.steps(lambda done, excluded, every: (done, max(0, every - excluded)))

    def businesses(self, over):
        return {row.id: 'voided' if not live(row) else self.business_group(row)
                or ('over' if over(row.cutover_on) else 'left')
                for row in self.Business.values()}, any(
            live(row) and row.applicable and row.cutover_on and row.cutover_on <= self.day
            for row in self.Business.values())

    def cutovers_rate(self):
        groups, recorded = self.businesses(lambda day: day is not None and day <= self.day)
        return *share(number(groups, 'over'), number(groups, 'over', 'left'), recorded), groups

    def cutovers_count(self):
        groups, recorded = self.businesses(lambda day: self.in_year(day) and day <= self.day)
        return *plain(number(groups, 'over'), recorded), groups

    # --- incidents ---

    def incidents(self, group):
        groups = {}
        for row in self.Incident.values():
            day = day_of(row.detected_at)
            if self.in_year(day):
                groups[row.id] = 'voided' if not live(row) else 'later' if day > self.day else group(row)
        return groups, any(live(row) and day_of(row.detected_at) <= self.day
                           for row in self.Incident.values())

    def systems_of(self, row):
        return {link.system_id for link in self.IncidentSystem.values() if live(link) and link.incident_id
                == row.id}

    def window(self, business):
        start, end, over = business.window_from, business.window_to, business.cutover_on
        if over is not None:
            start = start or over - timedelta(days=int(self.setting('window_before_days', over)))
            end = end or over + timedelta(days=int(self.setting('window_after_days', over)))
        return start, end

    def incidents_in_window(self):
        def group(row):
            if row.level < 4:
                return 'low'
            for link in self.BusinessSystem.values():
                business = self.Business[link.business_id]
                if live(link) and live(business) and business.applicable and (
                        link.system_id in self.systems_of(row)):
                    start, end = self.window(business)
                    if start and end and start <= day_of(row.detected_at) <= end:
                        return 'inside'
            return 'other'
        groups, recorded = self.incidents(group)
        begun = any(live(b) and b.applicable and any(day and day <= self.day
            for day in (b.cutover_on, b.window_from))
                    for b in self.Business.values())
        return *plain(number(groups, 'inside'), recorded and begun), groups

    def incidents_severe_platform(self):
        groups, recorded = self.incidents(lambda row: 'low' if row.level < 4 else 'platform' if any(
            self.System[id].category == 'platform' for id in self.systems_of(row)) else 'other')
        return *plain(number(groups, 'platform'), recorded), groups

    def recovery(self, within):
        worst = []

        def group(row):
            day = day_of(row.detected_at)
            inside = in_business_hours(row.detected_at, parse_hours(self.setting('business_hours', day)))
            if inside is not within:
                return 'other'
            if row.level == 1:
                return 'sign'
            start, stop = row.detected_at, row.restored_at
            if self.setting('recovery_start', day) == '発生' and row.occurred_at is not None:
                start = row.occurred_at
            if self.setting('recovery_stop', day) == '暫定復旧' and row.mitigated_at is not None:
                stop = row.mitigated_at
            target = timedelta(hours=4 if inside else 24)
            if stop is not None and stop <= self.until:
                took = max(stop - start, timedelta(0))
            elif self.until - start > target:
                took = self.until - start
            else:
                return 'open'
            worst.append(took)
            return 'met' if took <= target else 'missed'
        groups, recorded = self.incidents(group)
        met, judged = number(groups, 'met'), number(groups, 'met', 'missed')
        if not met and not recorded:
            return None, None, None, groups
        return met, judged, Fraction(int(max(worst).total_seconds()), 3600) if worst else None, groups

    def incidents_recovery_business_hours(self):
        return self.recovery(True)

    def incidents_recovery_off_hours(self):
        return self.recovery(False)

    # --- the rest ---

    def training_completion(self):
        groups, recorded = {}, False
        for row in self.Enrolment.values():
            course = self.Course[row.course_id]
            if course.fiscal_year == self.year and course.mandatory and course.category == 'security':
                coming = course.census_on is not None and course.census_on > self.day
                groups[row.id] = (
                    'voided' if not (live(row) and live(course)) else 'coming' if coming else 'excluded'
                    if row.status == 'excluded'
                    else 'done' if row.status == 'done' and row.completed_on <= self.day else 'waiting')
                recorded = recorded or live(row) and live(course) and not coming
        return *share(number(groups, 'done'), number(groups, 'done', 'waiting'), recorded), groups

    def learned(self, categories, each):
        def counts(row):
            course = self.Course[row.course_id]
            told = self.setting('data_course_categories', row.completed_on) if row.completed_on else ''
            return (live(row) and live(course) and course.fiscal_year == self.year and row.status == 'done'
                    and self.in_year(row.completed_on)
                    and course.category in categories and not (course.category == 'opendata'
                                                               and told == 'データ活用'))
        groups, seen, recorded = {}, set(), False
        for row in sorted(self.Enrolment.values(), key=lambda row: (row.completed_on or END, row.id)):
            course = self.Course[row.course_id]
            if course.category not in categories or course.fiscal_year != self.year:
                continue
            again = each and counts(row) and row.staff_id in seen
            if counts(row):
                seen.add(row.staff_id)
            groups[row.id] = (
                'voided' if not (live(row) and live(course)) else 'excluded' if row.status == 'excluded'
                else 'waiting' if row.status != 'done' else 'other_year' if not self.in_year(row.completed_on)
                else 'later' if row.completed_on > self.day else 'again' if again
                else 'done' if counts(row) else 'uncounted')
            census = course.census_on is None or course.census_on <= self.day
            recorded = recorded or live(row) and live(course) and (
                census or row.completed_on is not None and row.completed_on <= self.day)
        return *plain(number(groups, 'done'), recorded), groups

    def training_data_staff(self):
        return self.learned(('data', 'opendata'), True)

    def training_data_attendances(self):
        return self.learned(('data', 'opendata'), False)

    def training_nocode_staff(self):
        return self.learned(('nocode',), True)

    def support_budget_coverage(self):
        supported = {self.Case[s.case_id].request_id for s in self.Support.values() if live(s)
                     and live(self.Case[s.case_id])
                     and s.kind == 'budget' and s.state == 'completed' and s.completed_on <= self.day}
        groups = {row.id: 'voided' if not live(row) else 'later' if row.requested_on > self.day else 'plain'
                  if not row.it_cost
                  else 'excluded' if row.exclusion_reason is not None else 'done' if row.id in supported
                  else 'waiting'
                  for row in self.BudgetRequest.values() if self.in_year(row.requested_on)}
        recorded = any(live(row) and row.requested_on <= self.day for row in self.BudgetRequest.values())
        return *share(number(groups, 'done'), number(groups, 'done', 'waiting'), recorded), groups

    def support_large_coverage(self):
        def group(row):
            basis = self.setting('large_case_basis', row.ordered_on)
            amount = {'初期経費': row.initial_cost, '単年度': row.initial_cost
                      + (row.yearly_cost if row.years else 0), 'TCO': row.initial_cost + row.yearly_cost
                      * row.years}[basis]
            if not row.new_technology and amount < int(self.setting('large_case_amount', row.ordered_on)):
                return 'small'
            return 'done' if any(live(s) and s.case_id == row.id and s.kind == 'ordering'
                                 and s.state == 'completed'
                                 and s.completed_on <= row.ordered_on
                                 for s in self.Support.values()) else 'waiting'
        groups = {row.id: 'voided' if not live(row) else 'later' if row.ordered_on > self.day else group(row)
                  for row in self.Case.values() if self.in_year(row.ordered_on)}
        recorded = any(live(row) and row.ordered_on and row.ordered_on <= self.day
                       for row in self.Case.values())
        return *share(number(groups, 'done'), number(groups, 'done', 'waiting'), recorded), groups

    def support_trial_count(self):
        groups = {}
        for row in self.Support.values():
            if row.kind == 'ordering' and (self.in_year(row.requested_on) or self.in_year(row.completed_on)):
                done = row.state == 'completed' and self.in_year(
                    row.completed_on) and row.completed_on <= self.day
                groups[row.id] = ('voided' if not (live(row) and live(self.Case[row.case_id])) else
                                  'later' if row.requested_on > self.day else 'real' if not row.trial
                                  else 'done' if done else 'waiting')
        recorded = any(live(row) and row.requested_on <= self.day for row in self.Support.values())
        return *plain(number(groups, 'done'), recorded), groups

    def reviews_count(self):
        groups = {}
        for row in self.Review.values():
            if self.in_year(row.reviewed_on) or self.in_year(row.approved_on):
                done = row.conclusion is not None and self.in_year(
                    row.approved_on) and row.approved_on <= self.day
                waiting = 'later' if row.reviewed_on > self.day else 'waiting'
                groups[row.id] = 'voided' if not live(row) else 'done' if done else waiting
        recorded = any(live(row) and row.reviewed_on <= self.day for row in self.Review.values())
        return *plain(number(groups, 'done'), recorded), groups

    def shares_count(self):
        groups = {row.id: 'voided' if not live(row) else 'later' if row.shared_on > self.day else 'done'
                  for row in self.CaseShare.values() if self.in_year(row.shared_on)}
        return *plain(number(groups, 'done'), any(live(row) and row.shared_on <= self.day
            for row in self.CaseShare.values())), groups

    def plans(self, group):
        ends = {'1Q': date(self.year, 6, 30), '2Q': date(self.year, 9, 30), '3Q': date(self.year, 12, 31),
                '4Q': self.end}
        groups, values = {}, []
        for row in self.Plan.values():
            if row.fiscal_year != self.year:
                continue
            told = [c for c in self.CheckIn.values() if live(c) and c.plan_id == row.id
                    and ends[c.quarter] <= self.day]
            last = max(told, key=lambda c: c.quarter, default=None)
            groups[row.id] = group(row, last, ends) if live(row) else 'voided'
            if live(row) and last is not None and last.achievement is not None:
                values.append(last.achievement)
        return groups, values, any(live(row) and row.fiscal_year == self.year for row in self.Plan.values())

    def plans_on_track(self):
        groups, _, recorded = self.plans(lambda row, last, ends: (
            ('on_track' if last.assessment == 'on_track' else 'off') if last else
            'silent' if ends['1Q' if row.plan_class == 'priority' else '2Q'] <= self.day else 'early'))
        return *share(number(groups, 'on_track'), number(groups, 'on_track', 'off', 'silent'),
                      recorded), groups

    def plans_achievement(self):
        groups, values, recorded = self.plans(lambda row, last, ends: (
            'unchecked' if last is None else 'unrated' if last.achievement is None else 'rated'))
        total = sum(values, Decimal(0))
        if not total and not recorded:
            return None, None, None, groups
        return total, len(values), Fraction(total) / len(values) if values else None, groups

    def plans_measure(self):
        return self.plans_on_track() if self.setting('plan_measure',
            self.day) == '順調構成比' else self.plans_achievement()


def live(row):
    return row.voided_at is None


def day_of(moment):
    return moment.astimezone(JST).date()


def number(groups, *codes):
    return sum(code in codes for code in groups.values())


def share(numerator, denominator, recorded):
    if not numerator and not recorded:
        return None, None, None
    return numerator, denominator, Fraction(numerator * 100, denominator) if denominator else None


def plain(found, recorded):
    return (found, None, Fraction(found)) if found or recorded else (None, None, None)


def agree(register, name, year, days, until, scope):
    """Fail unless the figures of a measure on some days are those of the register, rows and all."""
    asked = asked_for(name, year, days, until=until, businesses=scope)
    for day, moment, found in zip(days, asked.untils, MEASURES[name].evaluate(asked), strict=True):
        *expected, _ = register.answer(name, year, day, moment, asked.businesses)
        assert [found.numerator, found.denominator, found.value] == expected, (name, year, day)
    opened = figure(name, year, days[-1], until=until, businesses=scope)
    numerator, denominator, value, groups = register.answer(name, year, days[-1], asked.until,
        asked.businesses)
    assert (opened.numerator, opened.denominator, opened.value) == (numerator, denominator, value)
    told = {}
    for rows in (*opened.counted, *opened.left_out):
        for (id,) in rows.query.select(opened.population.table.id).tuples():
            assert id not in told, f'{name}: row {id} is {told[id]} and {rows.code}'
            told[id] = rows.code
    assert told == groups, (name, year, days[-1])
    assert {id for (id,) in opened.population.query.select(opened.population.table.id).tuples()} == set(
        groups)
    assert {code: every for code, (every, _) in opened.population.sizes().items() if every} == {
        code: number(groups, code) for code in groups.values()}
