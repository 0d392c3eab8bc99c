"""The national standardisation (標準化): businesses, the versioned step master, progress and its history."""
from datetime import date

from peewee import BooleanField, Case, CharField, DateField, ForeignKeyField, IntegerField, fn

from .base import OPEN, CodeField, Searched, Table
from .rules import calendar
from .systems import System

STEP_STATES = {'todo': '未着手', 'doing': '作業中', 'done': '完了済み', 'excluded': '対象外'}
#: a state that held from the start, recorded without a day
ALWAYS = date(1900, 1, 1)
FROM_START = 'はじめから'


class Business(Searched):
    """A business to be standardised (標準化対象業務) and its cut-over (本番切替)."""

    owned_by = OPEN
    known_by = 'code'

    searched = ('code', 'name')

    code = CharField(max_length=10, unique=True)
    name = CharField(max_length=100)
    applicable = BooleanField(default=True)
    planned_cutover_on = DateField(null=True)
    cutover_on = DateField(null=True)
    window_from = DateField(null=True)
    window_to = DateField(null=True)

    checks = {'window': 'window_from IS NULL OR window_to IS NULL OR window_to >= window_from'}

    @property
    def label(self):
        return f'{self.code} {self.name}'


class BusinessSystem(Table):
    """That a system serves a business (業務と情報システムの対応)."""

    owned_by = OPEN

    labelled_by = ('business', 'system')

    business = ForeignKeyField(Business, backref='system_links', on_delete='RESTRICT')
    system = ForeignKeyField(System, backref='business_links', on_delete='RESTRICT')

    class Meta:
        indexes = ((('business', 'system'), True),)

    @property
    def label(self):
        return f'{self.business.name}―{self.system.name}'


class StepMaster(Searched):
    """One version of the procedure's step list (手順書版), in force from a day."""

    owned_by = OPEN
    known_by = 'version'

    searched = ('version', 'note')

    version = CharField(max_length=30, unique=True)
    valid_from = DateField()
    note = CharField(max_length=500, null=True)

    @property
    def label(self):
        return self.version


class Step(Searched):
    """One step of one version of the procedure."""

    owned_by = OPEN

    searched = ('phase', 'name')

    master = ForeignKeyField(StepMaster, backref='steps', on_delete='RESTRICT')
    no = IntegerField()
    phase = CharField(max_length=60)
    name = CharField(max_length=100)
    verified = CharField(max_length=30)
    source = CharField(max_length=300, null=True)

    class Meta:
        indexes = ((('master', 'no'), True),)

    @property
    def label(self):
        return f'{self.no} {self.name}'


class StepProgress(Table):
    """Where one business stands with one step today (ステップ進捗); its past is in StepMove."""

    owned_by = OPEN

    searched_through = ('business', 'step')
    labelled_by = ('business', 'step')

    business = ForeignKeyField(Business, backref='progress', on_delete='RESTRICT')
    step = ForeignKeyField(Step, backref='progress', on_delete='RESTRICT')
    status = CodeField(STEP_STATES, default='todo')
    started_on = DateField(null=True)
    done_on = DateField(null=True)
    planned_on = DateField(null=True)
    #: the first planned day (当初予定日), kept when the plan is moved for the first time
    baseline_on = DateField(null=True)
    reason = CharField(max_length=500, null=True)

    class Meta:
        indexes = ((('business', 'step'), True),)

    checks = {'done_has_day': "status <> 'done' OR done_on IS NOT NULL",
              'excluded_has_reason': "status <> 'excluded' OR reason IS NOT NULL"}

    @property
    def label(self):
        return f'{self.business.name} ステップ{self.step.no}'


class StepMove(Table):
    """That a step entered a state on a day: what lets the rate of any past day be recomputed."""

    owned_by = OPEN

    progress = ForeignKeyField(StepProgress, backref='moves', on_delete='RESTRICT')
    status = CodeField(STEP_STATES)
    on_day = DateField()

    class Meta:
        indexes = ((('progress', 'on_day'), False),)

    #: how the trail's sentences say a recorded value
    value_texts = {'on_day': lambda day: day_in_words(date.fromisoformat(day))}

    @property
    def label(self):
        return f'{STEP_STATES[self.status]} {FROM_START if self.on_day == ALWAYS else self.on_day}'


def day_in_words(day):
    """Return the day a state began as it is read: ALWAYS is no day of the calendar."""
    return FROM_START if day == ALWAYS else calendar.show_day(day)


def master_on(day):
    """Return the step master in force on `day`, or the earliest one, or None when there is none.

    One without steps is not in force: by it nothing could be counted.
    """
    filled = Step.select(Step.master).where(Step.live())
    masters = list(StepMaster.select().where(StepMaster.live(), StepMaster.id.in_(filled))
                   .order_by(StepMaster.valid_from.desc(), StepMaster.id.desc()))
    return next((m for m in masters if m.valid_from <= day), masters[-1] if masters else None)


def step_count(master):
    """Return how many steps a master has, 0 for none."""
    return Step.select().where(Step.master == master, Step.live()).count() if master else 0


def state_on(day):
    """Return the SQL expression of a StepProgress row's state on `day` (None: not yet recorded)."""
    move = StepMove.alias()
    return (move.select(move.status)
            .where(move.progress == StepProgress.id, move.voided_at.is_null(), move.on_day <= day)
            .order_by(move.on_day.desc(), move.id.desc()).limit(1))


def move_histories(ids=None):
    """Return {StepProgress id: [(state, day)]} of the recorded moves, oldest first.

    Of all rows, or of those of some `ids`.
    """
    found = {}
    moves = (StepMove.select(StepMove.progress, StepMove.status, StepMove.on_day)
             .where(StepMove.live(), *([] if ids is None else [StepMove.progress.in_(ids)]))
             .order_by(StepMove.on_day, StepMove.id))
    for id, status, day in moves.tuples():
        found.setdefault(id, []).append((status, day))
    return found


def new_moves(progress, before, today):
    """Return the (status, day) moves that a save of `progress` adds to its history.

    `before` is the row as it stood, or None. A first 対象外 is taken to have held from the start; a later
    change takes effect on the day it is made, so that figures of past days keep their value.
    """
    old = before and before.status
    if progress.status == 'done':
        if before is None and progress.started_on and progress.started_on < progress.done_on:
            return [('doing', progress.started_on), ('done', progress.done_on)]
        if old != 'done' or before.done_on != progress.done_on:
            return [('done', progress.done_on)]
        return []
    if progress.status == old:
        return []
    if before is None:
        begun = progress.status == 'doing' and progress.started_on
        return [(progress.status, progress.started_on if begun else ALWAYS)]
    if progress.status == 'doing' and old == 'todo' and progress.started_on:
        return [('doing', progress.started_on)]
    return [(progress.status, today)]


def holding_back(today, few, businesses=()):
    """Return [(id, code, name, steps late, steps still open, first planned day)] of what holds the rate back.

    They are the `few` applicable businesses with the most steps whose planned day has passed, then with the
    most that are recorded as not done, today; `businesses` are the ids they are limited to, none for all.
    """
    late = fn.SUM(Case(None, [(StepProgress.planned_on < today, 1)], 0))
    first = fn.MIN(StepProgress.planned_on)
    rows = (StepProgress.select(Business.id, Business.code, Business.name, late, fn.COUNT(StepProgress.id),
                                first).join(Business).switch(StepProgress).join(Step)
            .where(StepProgress.live(), StepProgress.status.in_(['todo', 'doing']), Business.live(),
                   Business.applicable, Step.live(), Step.master == master_on(today),
                   *([Business.id.in_(businesses)] if businesses else ()))
            .group_by(Business.id, Business.code, Business.name)
            .order_by(late.desc(), fn.COUNT(StepProgress.id).desc(), Business.code).limit(few))
    return list(rows.tuples())


def states_on(day, master):
    """Return {(business id, step no): state} of every recorded step of `master` as of `day`."""
    return {(business, no): state or 'todo' for business, no, state in
            StepProgress.select(StepProgress.business, Step.no, state_on(day)).join(Step)
            .where(StepProgress.live(), Step.live(), Step.master == master).tuples()}
