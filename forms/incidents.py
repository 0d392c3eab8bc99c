"""Forms of incidents (インシデント) and case shares (事故事例共有)."""
from models.incidents import INCIDENT_CATEGORIES, SHARE_METHODS, Incident, IncidentSystem
from models.systems import System

from .base import Form
from .fields import SEVERAL_SYSTEMS, Code, Day, Flag, IntCode, Key, Long, Moment, Ref, Refs, Text

LEVELS = {level: f'レベル{level}' for level in range(1, 6)}


class IncidentForm(Form):
    incident_no = Key('インシデント番号', required=True)
    title = Text('件名', required=True, max=200)
    category = Code('区分', INCIDENT_CATEGORIES, required=True)
    level = IntCode('レベル', LEVELS, required=True)
    system_nos = Refs('対象システムの管理番号', System, 'system_no', link=IncidentSystem, own='incident',
                      other='system', required=True, header=SEVERAL_SYSTEMS)
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
