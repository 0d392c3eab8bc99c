"""The ledger's pages: systems (情報システム), their lifecycle moves, and what hangs on them."""
from datetime import timedelta

from peewee import JOIN, SQL, fn

from forms.systems import FIELDS_OF, SECTIONS, MoveForm, SystemForm
from models import (
    Case,
    Contract,
    ContractSystem,
    Review,
    ReviewSystem,
    Support,
    System,
    Vendor,
)
from models.figures.procurement import is_large
from models.rules import calendar, lifecycle
from models.settings import DatedSettings
from models.statements import Prepared
from models.systems import LIFECYCLES

from .core import clock
from .core.memo import cached_answer
from .core.permits import OWNED, kept_by, limit_of
from .records import display, links, pages
from .records.noun import Column, Due, Filter, Flow, Noun, Tab, of_table
from .records.vocabulary import vocabulary_of
from .web.guard import allowed, signed_in, visible_of
from .web.menu import address


def lifecycle_tone(value):
    return {'operate': 'good', 'cancelled': 'quiet', 'disposed': 'quiet', 'stopped': 'quiet',
            'retired': 'quiet', 'retiring': 'warn', 'review': 'warn', 'renew': 'warn'}.get(value, '')


cases_of = Prepared(lambda system: Case.select(
    Case.id, Case.case_no, Case.title, Case.kind, Case.outcome,
).where(Case.live(), Case.system == system,
).order_by(Case.fiscal_year.desc(), Case.id.desc()).limit(links.FEW))
reviews_of = Prepared(lambda system: Review.select(
    Review.id, Review.review_no, Review.title, Review.conclusion,
).join(ReviewSystem).where(
    Review.live(), ReviewSystem.live(), ReviewSystem.system == system,
).order_by(Review.reviewed_on.desc(), Review.id.desc()).limit(links.FEW))

contracts_of = Prepared(lambda system: Contract.select(
    Contract.id, Contract.contract_no, Contract.title, Vendor.name.alias('vendor_name'),
).join(ContractSystem).switch(Contract).join(Vendor, JOIN.LEFT_OUTER).where(
    Contract.live(), ContractSystem.live(), ContractSystem.system == system,
).order_by(Contract.ends_on.desc(nulls='LAST'), Contract.id.desc()).limit(links.FEW))


def related(system):
    """Return (cases, reviews, contracts) of a system, the newest first."""
    return list(cases_of(system.id)), list(reviews_of(system.id)), list(contracts_of(system.id))


#: the cases of a system that nobody has seen through 発注・計画調達支援, nor let go on without
unexamined_of = Prepared(lambda system: Case.select().where(
    Case.live(), Case.system == system, Case.exception_reason.is_null(),
    Case.outcome.is_null() | Case.outcome.not_in(['rejected', 'withdrawn']),
    Case.id.not_in(Support.select(Support.case).where(
        Support.live(), Support.kind == 'ordering', Support.state == 'completed'))).order_by(Case.case_no))


def unsupported_cases(system):
    """Return the large cases of a system without 発注・計画調達支援 or a recorded exception (§3.2)."""
    cases = list(unexamined_of(system.id or 0))
    dated = DatedSettings() if cases else None
    return [case for case in cases if is_large(case, case.ordered_on or clock.today(), dated)]


def support_facts(system):
    """Return what the lifecycle's table asks of a system's large cases; another unit's case is not named."""
    cases = unsupported_cases(system)
    return {'ordering_supported': not cases,
            'unsupported_cases': [case.label if case.department_id == system.owner_id else 'ほかの所属の案件'
                                  for case in cases]}


def facts(system, known=None):
    """Return what the lifecycle's moves ask of a system, as plain values.

    `known` is its `related`, where it has been read.
    """
    cases, reviews, contracts = known or related(system)
    case, review = next(iter(cases), None), next(iter(reviews), None)
    found = dict(system.__data__)
    found.update(
        owner=system.owner_id, case_exists=case is not None, budget_result=case.outcome if case else None,
        review_open=review is not None, review_conclusion=review.conclusion if review else None,
        successor=system.successor_id is not None or (case is not None and case.kind == 'replace'),
        successor_operating=(other := System.by_id(system.successor_id or 0)) is not None
        and other.lifecycle == 'operate',
        contract_exists=bool(contracts))
    if system.lifecycle in ('procure', 'build'):
        found.update(support_facts(system))
    return found


#: states before operation, in which how a system treats personal data may be open
EARLY = ('idea', 'budget', 'procure', 'build')


def prepare(row, before, form, by, at):
    """A file or form that changes the lifecycle of a known system obeys the table of moves too (§3.1)."""
    if before is not None and row.pii == 'unknown' != before.pii and before.lifecycle not in EARLY:
        yield 'pii', '運用に進んだシステムの個人情報の取扱いは、「未確認」に戻せません。'
    if before is not None and before.lifecycle == row.lifecycle:
        return
    if row.lifecycle == 'cancelled' and (before is None or form.of_file):
        yield 'lifecycle', '取消は、記録の画面で理由を入力して行います。ほかの状態を選んでください。'
        return
    if before is None:
        yield from refuse_early_operation(row, row.lifecycle)
        return
    move = next((m for m in lifecycle.moves_from(before.lifecycle) if m.target == row.lifecycle), None)
    if not form.of_file:
        yield 'lifecycle', ('状態は、記録の画面の「次に進める状態」'
                            'から変更してください（理由を履歴に残すためです）。')
        return
    if move is None:
        allowed_next = '、'.join(LIFECYCLES[m.target]
                                for m in lifecycle.moves_from(before.lifecycle)) or 'ありません'
        yield 'lifecycle', (f'「{LIFECYCLES[before.lifecycle]}」から「{LIFECYCLES[row.lifecycle]}」'
                            'には進めません'
                            f'（進める先: {allowed_next}）。')
        return
    yield from refuse_early_operation(row, row.lifecycle)
    known = facts(row) | support_facts(row) | {'reason': 'ファイルによる変更'}
    for words in lifecycle.missing(move, known):
        yield 'lifecycle', words


def refuse_early_operation(row, target):
    """Yield (field name, message) where a system is put into operation before its day."""
    if target == 'operate' and row.go_live_on is not None and row.go_live_on > clock.today():
        yield 'go_live_on', '稼働開始日がまだ来ていません。稼働した日に「運用」へ進めてください。'


def panels(system):
    """Return what the record page shows besides the fields: moves, links, related records."""
    cases, reviews, contracts = found = related(system)
    known = facts(system, found) | {'reason': '（入力予定）'}
    possible = {move.target: move
                for move in lifecycle.moves_from(system.lifecycle)} if not system.voided_at else {}
    cancel = possible.pop('cancelled', None)
    moves = [(target, f'{LIFECYCLES[target]}へ', lacking(move, system, known, found))
             for target, move in possible.items() if may_move(system, move)]
    return {
        'moves': moves,
        'others': [LIFECYCLES[target] for target, move in possible.items() if not may_move(system, move)],
        'completeness': completeness(system),
        'vendor': contracts[0].vendor_name if contracts else None,
        'read': {'cases': cases, 'reviews': reviews, 'contracts': contracts},
        'void': f'{noun.address}{system.id}/move/cancelled'
        if cancel and may_move(system, cancel) else None,
    }


def remedy(need, system, found):
    """Return (words, address) of where the person signed in enters what a move lacks elsewhere, or None.

    The address is None where only the desk can.
    """
    back = {'for': f'systems/{system.id}'}
    if need in ('case_exists', 'successor') and allowed('cases.create', system):
        opened = {'system_no': system.system_no, 'department_code': system.owner.code, 'title': system.name,
                  **back}
        if need == 'case_exists':
            return '調達案件を登録する', address('cases.new', **opened)
        return '更新の調達案件を登録する', address('cases.new', kind='replace', **opened)
    if need == 'contract_exists' and allowed('contracts.create', system):
        return '契約を登録する', address('contracts.new', system_nos=system.system_no,
                                  department_code=system.owner.code, title=system.name, **back)
    if need == 'review_open' and allowed('reviews.create'):
        return '台帳活用検討を登録する', address('reviews.new', system_nos=system.system_no, **back)
    standing = []
    if need == 'successor_operating' and system.successor_id:
        standing = [System.by_id(system.successor_id)]
    elif need in ('budget_granted', 'review_continues'):
        cases, reviews, _ = found
        standing = (cases if need == 'budget_granted' else reviews)[:1]
    elif need == 'ordering_supported':
        standing = unsupported_cases(system)
    for other in visible_of(standing):
        return f'「{other.label}」を開く', f'{of_table(type(other)).address}{other.id}'
    if need in ('case_exists', 'successor', 'review_open', 'budget_granted', 'review_continues'):
        return '情報政策の担当者に依頼してください。', None
    return None


def lacking(move, system, known, found=None):
    """Return [(condition, sentence, where to enter it or None)] of what a move lacks."""
    found = found or related(system)
    return [(need, sentence, remedy(need, system, found)) for need, sentence in lifecycle.unmet(move, known)]


REQUIRED_IN_OPERATION = ('manager', 'contacts', 'criticality', 'confidentiality', 'integrity', 'availability',
                         'pii', 'zone', 'hosting', 'contract_end_on', 'backup', 'go_live_on')


def completeness(system):
    """Return (filled, needed, labels of the blanks) of the fields a system in operation must have (†)."""
    labels = vocabulary_of(System).labels
    needed = (*REQUIRED_IN_OPERATION, *(('pia_kind',) if system.pii == 'my_number' else ()))
    blanks = [labels[name] + ('（未確認）' if value == 'unknown' else '') for name in needed
              if (value := system.__data__.get(name)) in (None, '', 'unknown')]
    return len(needed) - len(blanks), len(needed), blanks


def may_move(system, move):
    """Tell whether the person signed in may make a move: by role, and on their own records."""
    return allowed('systems.move', system) and signed_in().role in move.roles


def proposed(system, target):
    """Return {field name: value} of what the page of a move proposes where nothing is recorded yet."""
    if target != 'operate':
        return {}
    unit = display.department(system.owner_id)
    # the manager of a system is the head of its section
    return {'go_live_on': clock.today()} | ({'manager': f'{unit}長'} if unit.endswith('課') else {})


def move_form(system, target, **asked):
    """Return the form of a move: the fields its conditions ask for, filled in, and the reason."""
    found = next((move for move in lifecycle.moves_from(system.lifecycle) if move.target == target), None)
    needs = {need for move in ([found] if found else [m for m in lifecycle.MOVES if m.target == target])
             for need in move.needs}
    if system.pii != 'unknown':
        needs -= {'pii_settled'}
        if system.pii != 'my_number':
            needs -= {'pia'}
    names = {name for need in needs for name in FIELDS_OF.get(need, (need,))}
    data = {cell.short_name: system.__data__.get(cell.attr) for cell in noun.blank.cells()
            if cell.short_name in names}
    if asked.get('formdata') is None:  # what is sent is taken as it is
        data |= {name: value for name, value in proposed(system, target).items() if data.get(name) is None}
    form = MoveForm(data=data, **asked)
    # a move without a condition of it needs no reason, but may have one
    form.reason.required = form.reason.flags.required = 'reason' in needs
    for cell in form.cells():
        if cell.short_name not in names | {'reason'}:
            del form[cell.short_name]
        elif cell.short_name in needs:
            cell.required = cell.flags.required = True
    return form


def void_cancelled(act, row, form, by):
    """A cancelled system is voided: it no longer counts."""
    if row.lifecycle == 'cancelled':
        act.void(row, form.reason.data)


CANCEL_WARNING = ('システムの取消は元に戻せません。この記録は集計に入らなくなりますが、'
                  'このシステムを指すインシデント、業務、案件、検討、監査は'
                  'そのまま残り、集計にも入ります。それらも誤りなら、それぞれを直すか取り消してください。')

flow = Flow(
    line=lifecycle.LINE,
    documents={'disposed': ('消去証明書・廃棄証明書', 'certificate')},
    column='lifecycle', states=LIFECYCLES, moves=lifecycle.moves_from, form=move_form, after=void_cancelled,
    prepare=lambda row, before, form, by, at: refuse_early_operation(row, row.lifecycle),
    lacking=lambda row, move, form, by: lacking(move, row, facts(row) | (
        support_facts(row) if 'ordering_supported' in move.needs else {}) | {'reason': form.reason.data}),
    heading=lambda source, target: f'状態の変更: {LIFECYCLES[source]} → {LIFECYCLES[target]}',
    button=lambda source, target: f'{LIFECYCLES[target]}にする',
    about=lambda row, target: {'warning': CANCEL_WARNING if target == 'cancelled' else ''})

#: whom a system is contracted with: by the contract that ends last
VENDOR = ContractSystem.select(Vendor.name).join(Contract, JOIN.CROSS).join(Vendor, JOIN.CROSS).where(
    ContractSystem.system == System.id, ContractSystem.live(), Contract.id == ContractSystem.contract,
    Contract.live(), Vendor.id == Contract.vendor).order_by(Contract.ends_on.desc(nulls='LAST')).limit(1)
def contracted_by_another():
    """Return the condition that a system in use has its last contract from another unit than its own."""
    own = ContractSystem.select(SQL('1')).join(Contract).where(
        ContractSystem.system == System.id, ContractSystem.live(), Contract.live(),
        Contract.ends_on == System.contract_end_on, Contract.department == System.owner)
    return System.lifecycle.in_(lifecycle.IN_USE) & ~fn.EXISTS(own)


def in_states(*states):
    """Return the function that gives the condition that a system is in one of some states."""
    return lambda: System.lifecycle.in_(states)


MOVED_TO_CONTRACTS = '契約の台帳に移りました。契約のファイルで取り込んでください。'

noun = Noun(
    name='systems', title='情報システム台帳', one='情報システム', table=System, form=SystemForm,
    key=('system_no',),
    permits=kept_by(OWNED, move=OWNED, void=()), menu=('台帳', '情報システム'),
    # to void a system is to move it to 取消
    views=('index', 'show', 'new', 'edit'),
    moved=('lifecycle',), reserved={'lifecycle': '新しいシステムは「構想」で登録し、'
                                    '記録の画面の「次に進める状態」から進めてください。'},
    sort='system_no', prefix='S-', sections=SECTIONS, prepare=prepare, panels=panels, flow=flow,
    template='systems/show.html', apart=('構成', '期限・廃止'), contacts=('manager', 'contacts'),
    headline=('owner_code', 'criticality', 'pii',
              ('契約満了日', lambda row, panels: row.contract_end_on
               and calendar.show_day(row.contract_end_on)),
              ('相手方', lambda row, panels: panels['vendor'])),
    columns=[
        'system_no', 'name', 'owner', 'category',
        Column('lifecycle', '状態', tone=lifecycle_tone),
        'criticality',
        Column('contract_end_on', '契約満了日', show=display.day),
    ],
    exported=(('契約の相手方（契約から）', VENDOR, None),
              ('契約満了日（契約から）', System.contract_end_on, 'day')),
    former=dict.fromkeys(('保守事業者', 'vendor', '契約満了日', 'contract_end_on'), MOVED_TO_CONTRACTS),
    filters=[
        Filter('ends', '契約満了', lambda: [('1', '1年以内'), ('0', '満了日を過ぎた')],
               lambda v: System.contract_end_on < clock.today() if v == '0'
               else System.contract_end_on.between(
                   clock.today(), clock.today() + timedelta(days=365))),
        'owner',
        Filter('lifecycle', '状態'),
        'category', 'zone', 'hosting',
        Filter('pii', '個人情報'),
        Filter('inventory', '棚卸', lambda: [('0', '記録がない')], lambda v: System.inventory_on.is_null()),
    ],
    due=(
        # of the unit's own contracts the contracts tell; as text it is found by the unit, which is asked for
        # always, and not by the day, which every system has
        Due('contract_end_on', 'システムの契約満了（ほかの所属の契約）', days=365,
            roles=('department', 'head'), open=contracted_by_another, who=System.manager,
            on=lambda: System.contract_end_on.cast('TEXT')),
        Due('eol_on', 'サポート終了（EOL）', days=365, open=in_states(*lifecycle.IN_USE), who=System.manager),
        Due('renew_on', 'システムの更新', days=365, open=in_states('operate', 'review', 'renew'),
            who=System.manager),
        Due('retire_planned_on', 'システムの廃止', days=90, open=in_states(*lifecycle.IN_USE),
            who=System.manager),
        Due('pia_redo_on', 'PIAの再実施', days=180, open=in_states(*lifecycle.IN_USE), who=System.manager),
        # the stocktaking is a yearly one
        Due('inventory_on', '棚卸（年1回）', after=365, open=in_states(*lifecycle.IN_USE),
            who=fn.COALESCE(System.inventory_by, System.manager))),
    tabs=(Tab('年度内に満了', {'contract_end_on': 'this-year'}), Tab('期限切れ', {'contract_end_on': 'past'}),
          Tab('空欄あり', {'lifecycle': 'operate', 'blank': 'any'})),
    needed=tuple(name for name in REQUIRED_IN_OPERATION if System._meta.fields[name].null),
    hint='区が持つすべての情報システムの台帳です。構想から廃棄まで、状態と履歴を残します。')
bp = pages.blueprint(noun)


def tallies(person):
    """Return [(label, number, filter value)] of the systems a person sees, by lifecycle state."""
    limit = limit_of(System, person, clock.today())
    query = System.select(System.lifecycle, fn.COUNT(System.id)).where(
        System.live()).group_by(System.lifecycle)
    query = query if limit is None else query.where(limit)
    found = dict(cached_answer('tally', query, lambda: list(query.tuples())))
    return [(LIFECYCLES[state], found[state], state) for state in LIFECYCLES if state in found]
