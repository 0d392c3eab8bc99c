"""The form of an information system (情報システム)."""
from models.organisation import Department
from models.standardisation import Business, BusinessSystem
from models.systems import (
    BUILDS,
    CATEGORIES,
    CONFIDENTIALITIES,
    CRITICALITIES,
    HOSTINGS,
    LIFECYCLES,
    PIA_KINDS,
    PII,
    REINSTALLS,
    STD_STATUSES,
    TWO_LEVELS,
    ZONES,
    System,
)

from .base import Form
from .fields import Code, Day, Flag, Key, Long, Ref, Refs, Text, Whole

#: the states from which on a system is built, serves somebody, is on its way out
BUILT = ('build', 'operate', 'review', 'renew', 'retiring', 'retired', 'disposed')
IN_SERVICE = BUILT[1:]
LEAVING = ('review', 'renew', 'retiring', 'retired', 'disposed')
#: what is asked when
STAGES = (
    ('構想', ['system_no', 'lifecycle', 'name', 'kana', 'owner_code', 'category', 'pii', 'summary'], None),
    ('構築・移行（運用に進むために必要な項目）', [
        'go_live_on', 'manager', 'confidentiality', 'integrity', 'availability', 'zone', 'backup',
        'pii_count', 'pia_kind'], BUILT),
    ('運用: 連絡先・重要度', [
        'abbreviation', 'contacts', 'criticality', 'hosting', 'rto_in', 'rto_out', 'rpo_h', 'std_business',
        'std_status'], IN_SERVICE),
    ('運用: 構成・個人情報', [
        'build', 'site', 'users', 'terminals', 'auth', 'log_months', 'quake_fixed', 'flood_risk', 'reinstall',
        'pii_file_ref', 'pia_published_on', 'pia_redo_on', 'inventory_on', 'inventory_by'], ()),
    ('更新・廃止', [
        'renew_on', 'eol_on', 'retire_planned_on', 'successor_no', 'handover', 'retired_on', 'disposed_on',
        'disposal_certificate', 'note'], LEAVING),
)


class SystemForm(Form):
    stages, stage_by = STAGES, 'lifecycle'

    system_no = Key('管理番号', required=True)
    name = Text('システム名称', required=True, max=200)
    kana = Text('システム名称カナ', max=200)
    abbreviation = Text('略称', max=60)
    summary = Long('概要', max=2000, hint='関連する業務もあわせて書きます')
    owner_code = Ref('所管課', Department, 'code', header='所管課コード', attr='owner', required=True,
                     select=True)
    manager = Text('情報システム管理者', max=100)
    contacts = Text('担当者・連絡先', max=300)
    category = Code('システム区分', CATEGORIES, required=True)
    lifecycle = Code('ライフサイクル状態', LIFECYCLES, required=True, blank='idea',
                     hint='登録したあとは、記録の画面の「次に進める状態」から進めます')
    std_business = Refs('標準化対象業務', Business, 'code', link=BusinessSystem, own='system',
                        other='business', hint='業務コードを書きます。複数あるときは ; で区切ります')
    std_status = Code('標準準拠', STD_STATUSES)
    criticality = Code('重要度', CRITICALITIES)
    rto_in = Whole('目標復旧時間（業務時間内）', max=10_000, unit='時間')
    rto_out = Whole('目標復旧時間（業務時間外）', max=10_000, unit='時間')
    rpo_h = Whole('目標復旧時点', max=10_000, unit='時間')
    confidentiality = Code('機密性', CONFIDENTIALITIES)
    integrity = Code('完全性', TWO_LEVELS)
    availability = Code('可用性', TWO_LEVELS)
    zone = Code('ネットワーク区分', ZONES)
    hosting = Code('提供形態', HOSTINGS)
    build = Code('構築形態', BUILDS)
    site = Text('設置場所', max=200)
    quake_fixed = Flag('耐震固定')
    flood_risk = Flag('浸水の可能性')
    reinstall = Code('再インストールの容易さ', REINSTALLS)
    pii = Code('個人情報の取扱い', PII, required=True, blank='unknown', default=None,
               hint='まだ分からないときは「未確認」を選びます。運用に進むまでに確かめます')
    pii_count = Whole('本人の数', unit='人')
    pii_file_ref = Text('個人情報ファイル簿', max=60)
    pia_kind = Code('PIA種別', PIA_KINDS)
    pia_published_on = Day('PIA公表日')
    pia_redo_on = Day('PIA再実施期限')
    users = Whole('利用者数', unit='人')
    terminals = Whole('端末台数', unit='台')
    auth = Text('認証方式', max=100)
    backup = Text('バックアップ方式・頻度・保管場所', max=200)
    log_months = Whole('ログ保存期間', max=1200, unit='か月')
    go_live_on = Day('稼働開始日')
    renew_on = Day('更新予定日')
    eol_on = Day('サポート終了日')
    retire_planned_on = Day('廃止予定日')
    handover = Text('データ引継ぎ・影響する連携', max=1000)
    retired_on = Day('廃止日', happened=True)
    disposed_on = Day('廃棄完了日', happened=True)
    disposal_certificate = Text('消去証明書番号', max=100)
    inventory_on = Day('最終棚卸日')
    inventory_by = Text('棚卸担当', max=100)
    successor_no = Ref('後継システム管理番号', System, 'system_no', attr='successor',
                       hint='情報システム台帳の番号')
    note = Long('備考', max=2000)
    in_order = (('go_live_on', 'retired_on'), ('retired_on', 'disposed_on'))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.value_of('lifecycle') == 'idea':
            self.summary.flags.required = True

    def cross_check(self, row):
        # a register kept elsewhere until now (a file) may have gaps; what begins here says what for (§3.1)
        if ('summary' in self._fields and not self.of_file
                and self.value_of('lifecycle', row) == 'idea' and not self.value_of('summary', row)):
            yield 'summary', '概要を入力してください。構想には、何のためのシステムかが必要です。'
        if (not self.of_file and 'pii' in self._fields
                and self.pii.typed is not None and not self.pii.typed.strip()):
            # a file's blank is 未確認; on a page someone is there to ask
            yield 'pii', '個人情報の取扱いを選んでください。まだ分からないときは「未確認」を選びます。'
        if row is not None and self.value_of('successor_no') == row.id:
            yield 'successor_no', '自分自身を後継システムにすることはできません。'


#: the form's fields in the order of the page, under the headings of the record page
SECTIONS = [
    ('概要', [
        'system_no', 'name', 'kana', 'abbreviation', 'summary', 'owner_code', 'manager', 'contacts',
        'category', 'std_business', 'std_status']),
    ('重要度・分類', [
        'criticality', 'rto_in', 'rto_out', 'rpo_h', 'confidentiality', 'integrity', 'availability', 'pii',
        'pii_count', 'pii_file_ref', 'pia_kind', 'pia_published_on', 'pia_redo_on']),
    ('構成', [
        'zone', 'hosting', 'build', 'site', 'quake_fixed', 'flood_risk', 'reinstall', 'users', 'terminals',
        'auth', 'backup', 'log_months']),
    ('期限・廃止', [
        'go_live_on', 'renew_on', 'eol_on', 'retire_planned_on', 'handover', 'retired_on', 'disposed_on',
        'disposal_certificate', 'inventory_on', 'inventory_by', 'successor_no', 'note']),
]


class MoveForm(SystemForm):
    """A move through the lifecycle: the fields that its conditions ask for, and the reason."""

    reason = Long('変更の理由', required=True, max=500, hint='履歴に残ります')


#: the fields behind a condition of a move that is not simply a field to be filled
FIELDS_OF = {'pii_settled': ('pii',), 'pia': ('pii_count', 'pia_kind'), 'successor': ('successor_no',)}
