"""Dated settings (日付つき設定): the values the ward has not confirmed yet, each from a day on."""
from peewee import BooleanField, CharField, DateField

from .base import OFFICE, Searched, fold


class Setting(Searched):
    """The value a setting takes from a day; `verified` once the ward has confirmed it."""

    owned_by = OFFICE

    searched = ('name', 'value')
    #: what the codes in a column without a fixed list in the database are called
    value_texts = {'name': lambda code: SETTINGS[code][0] if code in SETTINGS else code}

    name = CharField(max_length=40)
    valid_from = DateField()
    value = CharField(max_length=100)
    verified = BooleanField(default=False)

    class Meta:
        indexes = ((('name', 'valid_from'), True),)

    @property
    def label(self):
        return f'{self.value_texts["name"](self.name)}（{self.valid_from}から）'

    def refresh_derived(self):
        self.search_text = fold(f'{self.name} {self.value_texts["name"](self.name)} {self.value}')


#: name: (Japanese label, default, what may be written)
SETTINGS = {
    'large_case_amount': ('大規模予算の下限額（円）', '10000000', '円の整数'),
    'large_case_basis': ('大規模予算の判定額', '初期経費', '初期経費・単年度・TCO'),
    'business_hours': ('業務時間', '08:30-17:15', 'HH:MM-HH:MM'),
    'window_before_days': ('端境期（切替前の日数）', '14', '日数'),
    'window_after_days': ('端境期（切替後の日数）', '30', '日数'),
    'recovery_start': ('復旧時間の起点', '検知', '検知・発生'),
    'recovery_stop': ('復旧時間の終点', '復旧', '復旧・暫定復旧'),
    'plan_measure': ('重点施策の達成率の算定', '平均達成率', '平均達成率・順調構成比'),
    'data_course_categories': ('データ活用研修の区分', 'データ活用・オープンデータ',
                               'データ活用・オープンデータ、またはデータ活用だけ'),
    'support_days': ('調達支援の点検日数（開庁日）', '10', '日数'),
    'leak_first_days': ('漏えい等の速報の期限（日数）', '5', '日数'),
    'leak_final_days': ('漏えい等の確報の期限（日数）', '30', '日数'),
    'steps_per_business': ('1業務あたりのステップ数', '', '空欄なら手順書版のステップ数'),
}
CHOICES = {'large_case_basis': ('初期経費', '単年度', 'TCO'), 'recovery_start': ('検知', '発生'),
           'recovery_stop': ('復旧', '暫定復旧'), 'plan_measure': ('平均達成率', '順調構成比'),
           'data_course_categories': ('データ活用・オープンデータ', 'データ活用')}
#: the least and the most a number may be
LIMITS = {'large_case_amount': (0, 999_999_999_999), 'window_before_days': (0, 366),
          'window_after_days': (0, 366), 'support_days': (1, 366), 'leak_first_days': (1, 366),
          'leak_final_days': (1, 366),
          'steps_per_business': (1, 999)}


class DatedSettings:
    """All settings read once, with the value in force on any day.

    `on(name, day)` gives the value, `unverified(names, day)` those to confirm.
    """

    def __init__(self):
        self.rows = {}
        for row in Setting.select().where(Setting.live()).order_by(Setting.valid_from):
            self.rows.setdefault(row.name, []).append(row)

    def row(self, name, day):
        found = None
        for row in self.rows.get(name, ()):
            if row.valid_from <= day:
                found = row
        return found

    def on(self, name, day):
        row = self.row(name, day)
        return row.value if row else SETTINGS[name][1]

    def unverified(self, names, day):
        return [name for name in names if not (row := self.row(name, day)) or not row.verified]
