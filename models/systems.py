"""The ledger of information systems (情報資産台帳・情報システム台帳), domain §2.2."""
from peewee import BooleanField, CharField, DateField, ForeignKeyField, IntegerField

from .base import CodeField, LongField, Table
from .organisation import Department
from .rules import lifecycle

CATEGORIES = {'core_standard': '基幹系（標準化対象）', 'core_other': '基幹系（標準化対象外）',
              'office': '庁内情報系', 'business': '個別業務系', 'online': '公開・オンライン手続系',
              'platform': '共通基盤・ネットワーク', 'gis': 'GIS', 'nocode': 'ノーコード基盤',
              'education': '教育系'}
LIFECYCLES = dict(lifecycle.STATES)
STD_STATUSES = {'none': '対象外', 'before': '未移行', 'moving': '移行中', 'standard': '標準準拠',
                'supported': '特定移行支援システム'}
CRITICALITIES = {'A': 'A', 'B': 'B', 'C': 'C'}
CONFIDENTIALITIES = {'3A': '3A', '3B': '3B', '3C': '3C', '2': '2', '1': '1'}
TWO_LEVELS = {'2': '2', '1': '1'}
ZONES = {'my_number': 'マイナンバー利用事務系', 'lgwan': 'LGWAN接続系', 'internet': 'インターネット接続系',
         'standalone': '独立系（スタンドアロン）', 'outside': '庁外サービス'}
HOSTINGS = {'onpremise': '庁内（オンプレミス）', 'datacentre': 'データセンター',
            'govcloud': 'ガバメントクラウド', 'iaas': 'IaaS/PaaS', 'saas': 'SaaS', 'lgwan_asp': 'LGWAN-ASP',
            'shared': '共同利用・共同運営'}
BUILDS = {'package': 'パッケージ（標準）', 'customised': 'パッケージ（カスタマイズ有）',
          'bespoke': '個別開発', 'nocode': 'ノーコード・ローコード', 'saas_only': 'SaaS設定のみ',
          'oss': 'OSS'}
REINSTALLS = {'easy': '容易', 'hard': '困難', 'impossible': '不可'}
PII = {'none': 'なし', 'personal': '個人情報', 'sensitive': '要配慮個人情報を含む',
       'my_number': '特定個人情報を含む', 'unknown': '未確認'}
PIA_KINDS = {'none': 'なし', 'basic': '基礎', 'priority': '重点', 'full': '全項目'}


class System(Table):
    """One information system (情報処理システム) from idea to disposal."""

    owned_by = 'owner'
    known_by = 'system_no'

    system_no = CharField(max_length=30, unique=True)
    name = CharField(max_length=200)
    kana = CharField(max_length=200, null=True)
    abbreviation = CharField(max_length=60, null=True)
    summary = LongField(2000, null=True)
    owner = ForeignKeyField(Department, backref='systems', on_delete='RESTRICT')
    manager = CharField(max_length=100, null=True)
    contacts = CharField(max_length=300, null=True)
    category = CodeField(CATEGORIES)
    lifecycle = CodeField(LIFECYCLES, default='idea', index=True)
    std_status = CodeField(STD_STATUSES, null=True)
    criticality = CodeField(CRITICALITIES, null=True)
    rto_in = IntegerField(null=True)
    rto_out = IntegerField(null=True)
    rpo_h = IntegerField(null=True)
    confidentiality = CodeField(CONFIDENTIALITIES, null=True)
    integrity = CodeField(TWO_LEVELS, null=True)
    availability = CodeField(TWO_LEVELS, null=True)
    zone = CodeField(ZONES, null=True)
    hosting = CodeField(HOSTINGS, null=True)
    build = CodeField(BUILDS, null=True)
    site = CharField(max_length=200, null=True)
    quake_fixed = BooleanField(null=True)
    flood_risk = BooleanField(null=True)
    reinstall = CodeField(REINSTALLS, null=True)
    pii = CodeField(PII, default='unknown')
    pii_count = IntegerField(null=True)
    pii_file_ref = CharField(max_length=60, null=True)
    pia_kind = CodeField(PIA_KINDS, null=True)
    pia_published_on = DateField(null=True)
    pia_redo_on = DateField(null=True)
    users = IntegerField(null=True)
    terminals = IntegerField(null=True)
    auth = CharField(max_length=100, null=True)
    backup = CharField(max_length=200, null=True)
    log_months = IntegerField(null=True)
    go_live_on = DateField(null=True)
    contract_end_on = DateField(null=True, index=True)
    renew_on = DateField(null=True)
    eol_on = DateField(null=True)
    retire_planned_on = DateField(null=True)
    handover = CharField(max_length=1000, null=True)
    retired_on = DateField(null=True)
    disposed_on = DateField(null=True)
    disposal_certificate = CharField(max_length=100, null=True)
    inventory_on = DateField(null=True)
    inventory_by = CharField(max_length=100, null=True)
    successor = ForeignKeyField('self', null=True, backref='predecessors', on_delete='RESTRICT')
    note = LongField(2000, null=True)
    search_text = CharField(max_length=4000, default='')

    class Meta:
        indexes = (
            (('voided_at', 'system_no'), False),
            (('voided_at', 'name'), False),
            (('owner', 'voided_at', 'system_no'), False),
            (('category', 'system_no'), False),
            (('voided_at', 'lifecycle', 'owner'), False),
            (('voided_at', 'contract_end_on', 'lifecycle'), False))

    derived = frozenset({'search_text'})
    #: 契約満了日 is what the contracts say (`models.contracts`)
    summaries = frozenset({'contract_end_on'})
    searched = ('system_no', 'name', 'kana', 'abbreviation', 'manager', 'contacts', 'summary')
    checks = {
        'rto_in_positive': 'rto_in IS NULL OR rto_in >= 0',
        'rto_out_positive': 'rto_out IS NULL OR rto_out >= 0',
        'pii_count_positive': 'pii_count IS NULL OR pii_count >= 0',
        'users_positive': 'users IS NULL OR users >= 0',
        'successor_other': 'successor_id IS NULL OR successor_id <> id',
    }

    @property
    def label(self):
        return f'{self.system_no} {self.name}'


# how many systems are due on each day, and which first, one walk of an index alone tells
for _day in (System.eol_on, System.renew_on, System.retire_planned_on, System.pia_redo_on,
             System.inventory_on):
    System.add_index(System.voided_at, _day, System.id, System.lifecycle, System.owner,
                     name=f'system_{_day.column_name}_due')
