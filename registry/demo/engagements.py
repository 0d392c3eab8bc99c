"""The ward's internal audits, their findings and measures."""
from datetime import date, timedelta
from functools import partial

from models import (
    CorrectiveAction,
    Engagement,
    Finding,
)

from .acts import Acts, at


class Engagements(Acts):
    """The ward's internal audits, their findings and measures."""

    def audits(self):
        for no, moment, theme, unit, items in (
                ('A-00001', at(2025, 11, 12), '個人情報を扱うシステムの権限管理', '0301',
                 (('退職者の利用者IDが残っている', 'minor'), ('権限の棚卸しの記録がない', 'major'))),
                ('A-00002', at(2026, 10, 7), 'バックアップと復旧手順', '0302',
                 (('復旧手順書が更新されていない', 'minor'), ('復旧訓練の記録がない', 'major')))):
            self.act(moment, 'engagements.create',
                     partial(self.hold, no=no, theme=theme, unit=unit, day=moment.date(), items=items),
                     'auditor')
        self.change(at(2025, 12, 12), 'engagements.edit', 'A-00001', 'auditor',
                    reported_on=date(2025, 12, 12))
        first, second, later = 'A-00001 1', 'A-00001 2', 'A-00002 2'
        for finding, moment, measure, due in (
                (first, at(2025, 11, 25), '退職者の利用者IDを削除し、人事異動と連動させる。',
                 date(2026, 1, 31)),
                (second, at(2025, 11, 25, 10), '権限の棚卸しを年2回行い、記録を残す。', date(2026, 9, 30)),
                (later, at(2026, 10, 21), '復旧訓練を年1回行い、記録を残す。', date(2027, 1, 31))):
            self.act(moment, 'findings.move',
                     partial(self.plan_measure, finding=finding, measure=measure, due=due), 'head')
        for finding in (first, second):
            self.change(at(2025, 12, 1), 'findings.move', finding, 'auditor', state='approved')
            self.change(at(2025, 12, 8), 'findings.move', finding, 'head', state='correcting')
        self.act(at(2026, 1, 15), 'findings.move', self.report_done, 'head')
        self.act(at(2026, 2, 18), 'findings.move', self.follow_up, 'auditor',
                 reason='監査事後確認（デモデータ）')

    def hold(self, act, no, theme, unit, day, items):
        row = self.rows[no] = Engagement(
            engagement_no=no, kind='internal', theme=theme, department=self.units[unit], auditor='鈴木 誠',
            planned_on=day - timedelta(days=30), held_on=day, summary='（デモデータ）')
        act.save(row)
        for n, (item, category) in enumerate(items, 1):
            finding = self.rows[f'{no} {n}'] = Finding(
                finding_no=f'F-{row.id:02d}{n:03d}', engagement=row, item=item, category=category,
                fact='抽出した記録で確認した（デモデータ）。', basis='情報セキュリティ対策基準',
                risk='不正な利用・復旧の遅れ',
                proposal='手順を定め、記録を残す。')
            act.save(finding)

    def plan_measure(self, act, finding, measure, due):
        action = self.rows[finding, 'action'] = CorrectiveAction(finding=self.rows[finding], measure=measure,
                                                                 owner=self.people['head'], due_on=due)
        act.save(action)
        self.set(act, self.rows[finding], state='planned')

    def report_done(self, act):
        self.set(act, self.rows['A-00001 1', 'action'], done_on=date(2026, 1, 15),
                 evidence='7行情第100号（架空）')
        self.set(act, self.rows['A-00001 1'], state='reported')

    def follow_up(self, act):
        self.set(act, self.rows['A-00001 1', 'action'], followed_on=date(2026, 2, 18),
                 follower=self.people['auditor'],
                 result='effective', result_note='削除の記録と、10件の抽出で確認した。')
        self.set(act, self.rows['A-00001 1'], state='closed')
