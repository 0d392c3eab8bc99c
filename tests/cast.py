"""The people and records every test knows: a person per role, and each noun's rows of two units."""
import hashlib
from datetime import UTC, date, datetime
from decimal import Decimal

from argon2 import PasswordHasher

from audits import trail
from audits.files import FOLDER, Store
from forms.fields import Code, Day, Exact, Flag, Key, Moment, Ref, Whole, Year
from models import (
    Actual,
    Attachment,
    BudgetRequest,
    Business,
    BusinessSystem,
    Case,
    CaseShare,
    CheckIn,
    Comment,
    Contract,
    ContractSystem,
    CorrectiveAction,
    Course,
    Department,
    Engagement,
    Enrolment,
    Finding,
    Incident,
    IncidentReport,
    IncidentSystem,
    Indicator,
    Initiative,
    Person,
    Plan,
    Register,
    RegisterField,
    RegisterFigure,
    Review,
    ReviewSystem,
    Staff,
    Step,
    StepMove,
    StepProgress,
    Strategy,
    Support,
    SupportComment,
    System,
    Vendor,
)
from models.registers import entries_of
from registry.records.noun import NOUNS

TODAY = date(2026, 11, 23)
PASSWORD = 'めぐろの坂道-2026'
#: who: (name, role, unit); the other unit's member is `other`, everyone else's word is the role
CAST = {
    'it': ('阿部 情', 'it', '情報政策課'),
    'department': ('馬場 税', 'department', '税務課'),
    'head': ('土井 長', 'head', '税務課'),
    'other': ('千葉 戸籍', 'department', '戸籍住民課'),
    'auditor': ('江口 監', 'auditor', '監査事務局'),
    'executive': ('福田 営', 'executive', '情報政策課'),
    'admin': ('後藤 管', 'admin', '情報政策課'),
}
UNITS = {'0101': '情報政策課', '0201': '税務課', '0202': '戸籍住民課', '0901': '監査事務局'}
#: what the documents of the cast hold
DOCUMENTS = {n: f'%PDF-1.4\n% {n}\n%%EOF\n'.encode() for n in (1, 2)}
#: the unit whose rows end in 1, the unit whose rows end in 2
OWNERS = ('税務課', '戸籍住民課')


def email(who):
    return f'{who}@city.example'


def moment(*parts):
    return datetime(*parts, tzinfo=UTC)


def fill(at):
    """Write the cast and its records as one act of the system; ids are the same on every engine."""
    hashed = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
    with trail.act('demo.fill', by=None, at=at, channel='cli', reason='テストの配役') as act:
        def add(table, **values):
            row = table(**values)
            act.save(row)
            return row
        units = {name: add(Department, code=code, name=name, valid_from=date(2020, 4, 1)) for code,
                 name in UNITS.items()}
        below = add(Department, code='0201-1', name='課税係', level='unit', parent=units['税務課'],
                    valid_from=date(2020, 4, 1))
        people = {who: add(Person, email=email(who), name=name, role=role, department=units[unit],
                           password_hash=hashed)
                  for who, (name, role, unit) in CAST.items()}
        vendor = add(Vendor, vendor_no='V-00001', name='㈱山﨑情報', kana='ヤマザキジョウホウ',
                     corporate_no='7130001017701')
        step = Step.get(Step.no == 1)
        course = add(Course, code='K26-01', fiscal_year=2026, name='情報セキュリティ研修',
                     category='security', mandatory=True,
                     census_on=date(2026, 10, 1), closes_on=date(2027, 1, 31))
        for n, (unit, code, who) in enumerate(zip(OWNERS, ('B04', 'B19'), ('department', 'other'),
                strict=True), 1):
            owner, word = units[unit], ('税', '戸籍')[n - 1]
            business = Business.get(Business.code == code)
            system = add(System, system_no=f'S-0000{n}', name=f'{word}システム{n}号', kana='システム',
                         owner=owner,
                         category='core_standard', lifecycle='operate', site=f'㈱髙﨑ビル{n}', pii='personal',
                         go_live_on=date(2020, 4, 1), renew_on=date(2027, 3, 31))
            add(BusinessSystem, business=business, system=system)
            act.save(Comment(table='system', row=system.id, about=system.label, kind='question', at=at,
                             text=f'{word}の質問{n}', person=people[who], to_person=people['it']))
            act.save(Attachment(table='system', row=system.id, kind='quote', name=f'{word}見積{n}.pdf',
                                media_type='application/pdf', size=len(DOCUMENTS[n]), person=people[who],
                                at=at, sha256=hashlib.sha256(DOCUMENTS[n]).hexdigest()))
            progress = add(StepProgress, business=business, step=step, status='done',
                           done_on=date(2026, 5, 1))
            add(StepMove, progress=progress, status='done', on_day=date(2026, 5, 1))
            staff = add(Staff, staff_no=f'100{n}', name=f'{word}職員{n}', department=owner)
            add(Enrolment, course=course, staff=staff, status='done', completed_on=date(2026, 10, 5))
            incident = add(Incident, incident_no=f'I-0000{n}', title=f'{word}障害{n}', category='failure',
                           level=2,
                           detected_at=moment(2026, 6, n, 1), restored_at=moment(2026, 6, n, 3))
            add(IncidentSystem, incident=incident, system=system)
            line = add(BudgetRequest, request_no=f'B-0000{n}', fiscal_year=2027,
                       requested_on=date(2026, 9, 1),
                       department=owner, title=f'{word}要求{n}', amount=12_000_000)
            case = add(Case, case_no=f'C-0000{n}', fiscal_year=2027, department=owner, title=f'{word}案件{n}',
                       kind='replace',
                       request=line, system=system, initial_cost=12_000_000)
            support = add(Support, case=case, kind='budget', requested_on=date(2026, 9, 2), state='reviewing',
                          reviewer=people['it'], due_on=date(2026, 12, 1))
            add(SupportComment, support=support, person=people['it'], at=moment(2026, 9, 3),
                state='reviewing', text='点検します')
            review = add(Review, review_no=f'R-0000{n}', kind='renew', title=f'{word}検討{n}',
                         reviewed_on=date(2026, 7, 1))
            add(ReviewSystem, review=review, system=system)
            add(IncidentReport, report_no=f'T-0000{n}', system=system, title=f'{word}の画面が開かない',
                happened='窓口の2台で、朝から開かない。', leak='none', reporter=people[who],
                detected_at=moment(2026, 10, 1), reported_at=moment(2026, 10, 1))
            engagement = add(Engagement, engagement_no=f'A-0000{n}', kind='internal', theme=f'{word}監査{n}',
                             department=owner,
                             system=system, auditor='江口 監')
            finding = add(Finding, finding_no=f'F-0000{n}', engagement=engagement, item=f'{word}指摘{n}',
                          category='minor',
                          fact='共用の利用者番号が残っていた。')
            add(CorrectiveAction, finding=finding, measure=f'{word}措置{n}', owner=people[who],
                due_on=date(2026, 12, 28),
                done_on=date(2026, 11, 1))
            contract = add(Contract, contract_no=f'K-0000{n}', title=f'{word}契約{n}', department=owner,
                           vendor=vendor, method='open', kind='service', term='continuing',
                           contracted_on=date(2022, 3, 1), starts_on=date(2022, 4, 1),
                           ends_on=date(2027, 3, 31), amount=60_000_000)
            add(ContractSystem, contract=contract, system=system)
            plan = add(Plan, plan_no=f'P-0000{n}', fiscal_year=2026, department=owner, title=f'{word}施策{n}')
            add(CheckIn, plan=plan, quarter='1Q', assessment='on_track', achievement=Decimal('80.5'))
        add(System, system_no='S-00003', name='課税係の表', owner=below, category='nocode')
        # a unit nobody owns a record of yet, and a line nobody has asked about: pages with nothing on them
        add(BudgetRequest, request_no='B-00003', fiscal_year=2027, requested_on=date(2026, 9, 1),
            department=units['税務課'],
            title='未依頼の要求', amount=300_000)
        add(CaseShare, share_no='H-00001', title='誤送信の教訓', method='notice', shared_on=date(2026, 8, 1))
        add(Actual, indicator=Indicator.select().join(Initiative).join(Strategy).where(
            Strategy.fiscal_year == 2026, Initiative.no == 1, Indicator.no == '1').get(),
            as_of=date(2026, 9, 30),
            value=Decimal('80.6'), source='電子申請の統計')
        add(Course, code='K26-02', fiscal_year=2026, name='未確定の研修', category='ai',
            census_on=date(2026, 11, 20))
        register = add(Register, register_no='D-00001', title='窓口改善', called='取組名', kept_by='unit',
                       states='計画\n完了', finals='完了')
        add(RegisterField, register=register, place=1, title='件数', kind='whole', stored_in='whole_1',
            unit='件')
        add(RegisterField, register=register, place=2, title='備考', kind='long', stored_in='long_1')
        add(RegisterFigure, register=register, no=1, title='完了の割合', kind='share', unit='%',
            counted='state=完了')
        for n, (unit, word) in enumerate(zip(OWNERS, ('税', '戸籍'), strict=True), 1):
            add(entries_of(register.id), entry_no=f'D1-0000{n}', title=f'{word}の窓口{n}', state='計画',
                department=units[unit], whole_1=n)
        for noun in NOUNS.values():
            if not noun.table.select().exists():
                act.save(sample(noun))


def keep_documents(instance):
    """Put the bytes of the cast's documents where an application keeps them."""
    store = Store(instance / FOLDER)
    for data in DOCUMENTS.values():
        path = store.path(hashlib.sha256(data).hexdigest())
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def sample(noun):
    """Return the first record of a noun the cast says nothing of: what its form needs, and no more."""
    typed = {Flag: '0', Day: '2026-04-01', Moment: '2026-04-01 09:00', Year: '2026'}
    form, row = noun.form(), noun.table()
    for cell in form.cells():
        if cell.required:
            text = next((text for kind, text in typed.items() if isinstance(cell, kind)), None)
            if text is None:
                text = (f'{noun.prefix or "X-"}00001' if isinstance(cell, Key)
                        else next(value for value, _, _ in cell.options() if value)
                        if isinstance(cell, Code) else cell.table.get_by_id(1).__data__[cell.by.name]
                        if isinstance(cell, Ref) else str(cell.min or 0)
                        if isinstance(cell, (Whole, Exact)) else cell.label.text)
            cell.process_formdata([text])
    form.fill(row)
    return row
