"""Forms of businesses (標準化対象業務) and their steps."""
import re

from models.rules import calendar, steps
from models.standardisation import (
    ALWAYS,
    STEP_STATES,
    Business,
    BusinessSystem,
    Step,
    StepMaster,
    StepMove,
    move_histories,
)
from models.systems import System

from .base import Form
from .fields import SEVERAL_SYSTEMS, Cell, Code, Day, Flag, Key, Ref, Refs, Text, Whole, code_of, half_width


class BusinessForm(Form):
    code = Key('業務コード', required=True, max=10)
    name = Text('業務名', required=True, max=100)
    applicable = Flag('適用', required=True, default=True)
    planned_cutover_on = Day('切替予定日')
    cutover_on = Day('切替実績日', happened=True)
    window_from = Day('端境期開始日')
    window_to = Day('端境期終了日')
    system_nos = Refs('対象システムの管理番号', System, 'system_no', link=BusinessSystem, own='business',
                      other='system', header=SEVERAL_SYSTEMS)
    in_order = (('window_from', 'window_to'),)


class StepNo(Whole):
    """A step by its number in the step master in force; `data` is the step's id."""

    def __init__(self, label, **kwargs):
        super().__init__(label, min=1, max=999, **kwargs)
        self.master, self.ids = None, None

    def use_master(self, master):
        """Name the step master whose numbers count (手順書版)."""
        self.master = master
        self.ids = {no: id for id, no in Step.select(Step.id, Step.no).where(Step.master == master).tuples()}
        self.numbers = {id: no for no, id in self.ids.items()}

    @staticmethod
    def numbers_by_id(ids):
        """Return {id: number} of some steps, of whichever step master."""
        return dict(Step.select(Step.id, Step.no).where(Step.id.in_(list(ids) or [0])).tuples())

    def reread(self):
        """Read what was typed, now that the step master is named."""
        if self.typed is None:
            return
        self.process_errors = []
        try:
            self.process_formdata([self.typed])
        except ValueError as error:
            self.process_errors.append(error.args[0])

    def process_data(self, value):
        super().process_data(getattr(value, 'id', value))

    def parse(self, text):
        no = super().parse(text)
        if no not in (self.ids or {}):
            raise ValueError(f'ステップ番号{no}は手順書版にありません（1〜{max(self.ids or [0])}）。')
        return self.ids[no]

    def text(self, value):
        value = getattr(value, 'id', value)
        if value is None:
            return ''
        no = (self.ids and self.numbers.get(value)) or Step.get_by_id(value).no
        return str(no)

    show = text


class StepForm(Form):
    business_code = Ref('業務コード', Business, 'code', attr='business', required=True, select=True)
    step_no = StepNo('ステップ番号', attr='step', required=True)
    status = Code('状態', STEP_STATES, required=True)
    started_on = Day('開始日')
    done_on = Day('完了日', happened=True)
    planned_on = Day('予定日')
    baseline_on = Day('当初予定日', hint='予定日を初めて変えたときに、前の予定日が入ります')
    reason = Text('対象外理由', max=500, hint='対象外にするときと、前の状態に戻すときに必要です')
    in_order = (('started_on', 'done_on'),)

    def cross_check(self, row):
        status = self.value_of('status', row)
        if status == 'done' and not self.value_of('done_on', row):
            yield 'done_on', '完了済みにするときは、完了日を入力してください。'
        if status == 'excluded' and not self.value_of('reason', row):
            yield 'reason', '対象外にするときは、対象外理由を入力してください。'
        if row is not None and status in STEP_STATES and status != row.status:
            # the reason for 対象外 is not one for taking it up again
            reasoned = status == 'excluded' or self.value_of('reason', row) not in (None, row.reason)
            for message in steps.missing_for_move(row.status, status, reasoned, has_done_on=True):
                yield 'reason' if '理由' in message else 'status', message


class StepHistory(Cell):
    """The states a step went through, each with its day: 作業中 2026-05-01;完了済み 2026-06-30.

    `data` is [(state, day)]. A state without a day held from the start. It is no column of the record: its
    rows are StepMoves.
    """

    hint = '状態と、その状態になった日を古い順に ; で区切ります'
    max_typed = 2000
    #: how many states a step may have gone through
    MOVES = 50

    def parse(self, text):
        parts = [part for part in re.split('[;；\n]', text) if part.strip()]
        if len(parts) > self.MOVES:
            raise ValueError(f'{self.MOVES}回までの経過を入力してください。')
        found = [self.move(half_width(part)) for part in parts]
        if any(later < earlier for (_, earlier), (_, later) in zip(found, found[1:], strict=False)):
            raise ValueError('状態になった日は、古い順に並べてください。')
        return found or None

    @staticmethod
    def move(text):
        """Return (state, day) of one move."""
        state, _, day = text.partition(' ')
        code = state if state in STEP_STATES else code_of(STEP_STATES, state)
        if code is None:
            raise ValueError(f'「{state[:20]}」という状態はありません。'
                             '「作業中 2026-05-01;完了済み 2026-06-30」のように入力してください。')
        return code, calendar.parse_day(day.strip()) if day.strip() else ALWAYS

    def text(self, value):
        return ';'.join(STEP_STATES[state] if day == ALWAYS else f'{STEP_STATES[state]} {day.isoformat()}'
                        for state, day in value or ())

    show = text

    @staticmethod
    def values_now():
        """Return {record id: value} of what stands."""
        return move_histories()

    @staticmethod
    def values_at(rows_of):
        """Return {record id: value} as of a past moment.

        `rows_of(table)` gives {id: {field: value}}, the rows of a table at that moment.
        """
        found = {}
        for row in sorted(rows_of(StepMove).values(), key=lambda row: (row['on_day'], row['id'])):
            if row['voided_at'] is None:
                found.setdefault(row['progress'], []).append((row['status'], row['on_day']))
        return found


class StepFileForm(StepForm):
    """A line of the steps' file: what the page asks for, and the history by which past days are counted."""

    history = StepHistory('経過')

    def cross_check(self, row):
        yield from super().cross_check(row)
        if not self.value_of('history'):
            return
        (state, day), status = self.history.data[-1], self.value_of('status', row)
        if status in STEP_STATES and state != status:
            yield 'history', f'経過の最後の状態を、状態（{STEP_STATES[status]}）と同じにしてください。'
        elif state == 'done' and self.value_of('done_on', row) not in (None, day):
            yield 'history', '経過の完了済みの日を、完了日と同じにしてください。'


class StepMasterForm(Form):
    version = Key('手順書版', required=True, hint='空白を入れずに書きます。例: 2.0版')
    valid_from = Day('適用開始日', required=True,
                     hint='この日から、この版のステップ数が完了率の分母になります。'
                          'ステップのない版は適用されません')
    note = Text('備考', max=500)


class StepItemForm(Form):
    version = Ref('手順書版', StepMaster, 'version', attr='master', required=True, select=True)
    no = Whole('ステップ番号', required=True, min=1, max=999)
    phase = Text('フェーズ', required=True, max=60)
    name = Text('ステップ名', required=True, max=100)
    verified = Text('検証状況', required=True, max=30, default='verified',
                    hint='verified・name-verified・unverified など')
    source = Text('出典', max=300)
