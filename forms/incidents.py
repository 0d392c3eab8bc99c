"""Forms of incidents (インシデント) and case shares (事故事例共有)."""
from models.incidents import (
    INCIDENT_CATEGORIES,
    LEAKS,
    SHARE_METHODS,
    Incident,
    IncidentReport,
    IncidentSystem,
)
from models.systems import System

from .base import Form
from .fields import SEVERAL_SYSTEMS, Code, Day, Flag, IntCode, Key, Long, Moment, Ref, Refs, Text

LEVELS = {level: f'レベル{level}' for level in range(1, 6)}


class IncidentReportForm(Form):
    """What whoever uses a system can say of a trouble; the last fields are the desk's."""

    report_no = Key('報告番号', required=True)
    system_no = Ref('システムの管理番号', System, 'system_no', header='管理番号', attr='system',
                    required=True, hint='自分の所属のシステムの番号')
    title = Text('件名', required=True, max=200, hint='例: 住民票の発行が止まっている')
    happened = Long('起きていること', required=True, max=2000,
                    hint='いつから、どの業務や窓口に、どのくらい影響しているかを、分かる範囲で書きます')
    detected_at = Moment('気づいた日時', required=True)
    leak = Code('個人情報の漏えい等', LEAKS, required=True,
                hint='少しでも疑いがあれば「おそれ」を選びます。速報の期限を数え始めます')
    leak_text = Long('漏えい等の内容', max=1000,
                     hint='だれの、どの情報が、何件ほどかを、分かる範囲で書きます')
    contact = Text('連絡先', max=100, hint='内線など')
    leak_first_on = Day('速報日', happened=True, hint='個人情報保護委員会に速報した日')
    leak_final_on = Day('確報日', happened=True, hint='個人情報保護委員会に確報した日')
    dismissed_on = Day('障害でないとした日', happened=True)
    dismissal = Text('障害でないとした理由', max=500, hint='所属にも見えます')
    in_order = (('leak_first_on', 'leak_final_on'),)

    def cross_check(self, row):
        on, said = self.value_of('dismissed_on', row), self.value_of('dismissal', row)
        if on and not said:
            yield 'dismissal', '障害でないとするときは、理由を入力してください。'
        if said and not on:
            yield 'dismissed_on', '理由があるときは、障害でないとした日を入力してください。'


class IncidentForm(Form):
    incident_no = Key('インシデント番号', required=True)
    title = Text('件名', required=True, max=200)
    category = Code('区分', INCIDENT_CATEGORIES, required=True)
    level = IntCode('レベル', LEVELS, required=True)
    system_nos = Refs('対象システムの管理番号', System, 'system_no', link=IncidentSystem, own='incident',
                      other='system', required=True, header=SEVERAL_SYSTEMS)
    report_no = Ref('所属の報告番号', IncidentReport, 'report_no', attr='report',
                    missing='登録されていません')
    occurred_at = Moment('発生日時')
    detected_at = Moment('検知日時', required=True)
    mitigated_at = Moment('暫定復旧日時')
    restored_at = Moment('復旧日時')
    closed_on = Day('完了日')
    cause = Long('原因')
    prevention = Long('再発防止策')
    in_order = (('occurred_at', 'detected_at'), ('detected_at', 'mitigated_at'),
                ('detected_at', 'restored_at'))

    def cross_check(self, row):
        if self.value_of('closed_on', row) and not self.value_of('restored_at', row):
            yield 'restored_at', '完了にするときは、復旧日時を入力してください。'


class ShareForm(Form):
    share_no = Key('共有番号', required=True)
    title = Text('件名', required=True, max=200)
    incident_no = Ref('インシデント番号', Incident, 'incident_no', attr='incident',
                      missing='登録されていません')
    method = Code('共有方法', SHARE_METHODS, required=True)
    shared_on = Day('共有日', required=True, happened=True)
    lesson = Long('教訓')


class LevelForm(Form):
    level = IntCode('レベル', LEVELS, required=True)
    valid_from = Day('適用開始日', required=True)
    name = Text('名称', required=True, max=60)
    definition = Text('定義', required=True, max=500)
    severe = Flag('重大', required=True, default=False)
    source = Text('出典', required=True, max=300,
                  hint='区の要綱など。確認前の案は「案（区の確認前）」と書きます')
