"""What the ward's people ask one another on its records, and a unit's word of a trouble."""
from datetime import date
from functools import partial

from audits.trail import Writing
from models import Comment, IncidentReport, Support, System

from .acts import Acts, at


class Comments(Acts):
    """Questions and answers on the ward's records: answered, waiting with a day and without, ended."""

    def comments(self):
        def support():
            return Support.get(Support.case == self.rows[2026, 0])

        def system(name):
            return lambda: System.get(System.name == name)
        intranet, tax = system('イントラネットシステム'), system('個人住民税システム')
        for moment, by, find, key, values in (
                (at(2026, 10, 29), 'department', support, 'split',
                 {'kind': 'question', 'text': '乙社の見積も、同じ分け方に直す必要がありますか。',
                  'to_person': 'it'}),
                (at(2026, 10, 29, 14), 'it', support, 'split',
                 {'kind': 'answer', 'text': 'はい。機器・作業・保守の3つに分けたものを添付してください。'}),
                (at(2026, 11, 18), 'it', intranet, 'users',
                 {'kind': 'comment', 'text': '利用者数は、毎年4月1日の人事異動のあとに数え直します。'}),
                (at(2026, 11, 20, 10), 'it', tax, 'backup',
                 {'kind': 'question', 'text': 'バックアップの復元を、今年度に確かめましたか。',
                  'to_unit': '0301', 'answer_by': date(2026, 12, 4)}),
                (at(2026, 11, 20, 13), 'auditor', tax, 'rights',
                 {'kind': 'question', 'text': '権限の棚卸しの記録はどこにありますか。', 'to_unit': '0301'})):
            self.act(moment, 'comments.create', partial(self.write, by=by, find=find, key=key, values=values),
                     by, '')

    def reports(self):
        """What a unit reports of its systems: one taken over, one that was none, one still to be judged."""
        for n, (moment, name, title, happened, values) in enumerate((
                (at(2026, 7, 23, 15, 55), '個人住民税システム', '証明書が印刷できない',
                 '15時50分ごろから、窓口の2台とも課税証明書を印刷できません。', {}),
                (at(2026, 11, 12, 9), '個人住民税システム', '照会の画面が遅い',
                 '朝から、照会の画面が開くまでに1分ほどかかります。',
                 {'dismissed_on': date(2026, 11, 12), 'dismissal': '端末の更新プログラムの配信中でした'}),
                (at(2026, 11, 20, 15, 10), '個人住民税システム', '納税通知書が別の人の封筒に入っていた',
                 '区民の方から電話があり、別の世帯の納税通知書が1通、同封されていたと分かりました。',
                 {'leak': 'suspected', 'leak_text': '1世帯2人の氏名、住所、税額（確認中）',
                  'contact': '内線2345'})), 1):
            self.act(moment, 'incident-reports.create', partial(
                self.report, key=f'T-{n:05d}', name=name, title=title, happened=happened, values=values),
                'department', '')
        self.act(at(2026, 7, 23, 16, 30), 'incidents.edit', lambda act: self.set(
            act, self.rows['I-00009'], report=self.rows['T-00001']))

    def report(self, act, key, name, title, happened, values):
        self.rows[key] = row = IncidentReport(
            report_no=key, system=System.get(System.name == name), title=title, happened=happened,
            detected_at=act.at, reporter=self.people['department'], reported_at=act.at,
            **{'leak': 'none'} | values)
        Writing.save(act, row)

    def write(self, act, by, find, key, values):
        record = find()
        question = self.rows.get(key)
        values = values | {'person': self.people[by], 'question': question}
        if 'to_person' in values:
            values['to_person'] = self.people[values['to_person']]
        if 'to_unit' in values:
            values['to_unit'] = self.units[values['to_unit']]
        row = Comment(table=record._meta.table_name, row=record.id, about=record.label, at=act.at, **values)
        Writing.save(act, row)
        self.rows.setdefault(key, row)
        if question:
            self.set(act, question, answered_at=act.at)
