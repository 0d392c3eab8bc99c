"""Contracts (契約): what systems stand under, with whom, and until when."""
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal

from peewee import JOIN

from forms.contracts import SECTIONS, ContractForm
from models import Contract, Vendor
from models.contracts import COMPLETE
from models.rules import calendar

from .core import clock
from .core.permits import DESK, OWNED, kept_by
from .records import pages
from .records.noun import Column, Due, Filter, Noun, Tab

#: the windows of the renewal radar: the budget for a renewal is asked for in the autumn of the year before
#: (BR-21)
MONTHS = {'12': '12か月以内', '18': '18か月以内', '24': '24か月以内', '0': '終了日を過ぎた'}


def state_tone(value):
    return {'unconfirmed': 'warn', 'terminated': 'quiet'}.get(value, 'good')


def days_left(ends_on):
    """Return in words how long a contract has to run."""
    if ends_on is None:
        return ''
    days = (ends_on - clock.today()).days
    return f'あと{days:,}日' if days >= 0 else f'{-days:,}日経過'


def ending_tone(ends_on):
    if ends_on is None:
        return ''
    days = (ends_on - clock.today()).days
    return 'quiet' if days < 0 else 'warn' if days <= 365 else ''


def ends_within(months):
    """Return the condition that a contract ends within so many months, or has ended for '0'."""
    today = clock.today()
    if months == '0':
        return Contract.ends_on < today
    return Contract.ends_on.between(today, today + timedelta(days=int(months) * 365 // 12))


def award_rate(contract):
    """Return 落札率, the amount in per cent of the estimate to one decimal, None without either."""
    if contract.amount is None or not contract.estimate:
        return None
    return (Decimal(contract.amount) * 100 / contract.estimate).quantize(Decimal('0.1'), ROUND_HALF_UP)


def runs():
    """Return the condition that a contract is not over yet."""
    return (Contract.ends_on >= clock.today()) & (Contract.state != 'terminated')


def needed():
    """Return the condition that a contract is the last one of a system in use, or of none and not over yet.

    Of those that a later one has followed nothing is due any more.
    """
    return (Contract.covers == 'in_use') | (Contract.covers == 'nothing') & runs()


def notice_needed():
    """Return the condition that a needed contract still runs: once it is over, its end is what is due."""
    return Contract.covers.is_null(False) & runs()


noun = Noun(
    name='contracts', title='契約', table=Contract, form=ContractForm, key=('contract_no',),
    sort='contract_no',
    prefix='K-', permits=kept_by(OWNED, void=DESK), menu=('台帳',), sections=SECTIONS,
    template='contracts/show.html', contacts=('manager',), apart=('条件',),
    headline=('vendor_no', 'amount',
              ('終了日', lambda row, panels: f'{calendar.show_day(row.ends_on)} {panels["left"]}'
               if row.ends_on else ''),
              'notice_on',
              ('落札率', lambda row, panels: f'{panels["award"]}%' if panels['award'] else '')),
    panels=lambda row: {'tone': state_tone(row.state), 'left': days_left(row.ends_on),
                        'award': award_rate(row)},
    joins=lambda query: query.join(Vendor, JOIN.LEFT_OUTER),
    columns=['contract_no', 'title', Column('state', tone=state_tone),
             Column('vendor', '相手方', Vendor.name), 'department', Column('ends_on', tone=ending_tone)],
    filters=['department', 'vendor', 'state', 'method', 'kind',
             Filter('ends', '終了日', lambda: list(MONTHS.items()), ends_within),
             Filter('system', '関連システム'),
             Filter('case', '調達案件')],
    due=(Due('ends_on', '契約満了', days=365, open=needed),
         Due('notice_on', '契約更新の申出期限', days=60, open=notice_needed)),
    tabs=(Tab('年度内に満了', {'ends_on': 'this-year'}), Tab('期限切れ', {'ends_on': 'past'}),
          Tab('空欄あり', {'blank': 'any'})),
    needed=COMPLETE,
    hint='情報システムの契約です。システムの契約満了日は、ここに登録した契約の終了日のうち最も遅い日です。')
bp = pages.blueprint(noun)
