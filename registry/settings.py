"""Dated settings (設定)."""
from forms.settings import SettingForm
from models import Setting
from models.settings import SETTINGS
from models.standardisation import master_on, step_count

from .core import clock
from .core.permits import admin, auditor, it, kept_by
from .records import pages
from .records.noun import Column, Filter, Noun


def prepare_setting(row, before, form, by, at):
    if before is not None and before.valid_from < clock.today() and (
            before.name, before.valid_from, before.value) != (row.name, row.valid_from, row.value):
        yield 'value', ('適用が始まった設定は、区の確認のほかは変えられません（過去の数値が変わるためです）。'
                        '新しい適用開始日で登録するか、誤りなら理由を書いて取り消してください。')
    known = row.name == 'steps_per_business' and row.valid_from and (row.value or '').isdecimal()
    steps = step_count(master_on(row.valid_from)) if known else 0
    if steps and int(row.value) < steps:
        yield 'value', (f'手順書版には{steps}のステップがあります。'
                        'それより小さい数は使えません（率が100%を超えるためです）。')


settings = Noun(
    name='settings', title='設定', table=Setting, form=SettingForm, key=('name', 'valid_from'), sort='name',
    prepare=prepare_setting,
    permits=kept_by((it, admin), (it, auditor, admin)), menu=('設定',),
    columns=[Column('name', show=lambda v: SETTINGS[v][0] if v in SETTINGS else v),
             'valid_from', 'value',
             Column('verified', show=lambda v: '確認済み' if v else '要確認',
                    tone=lambda v: 'good' if v else 'warn')],
    filters=[Filter('name', options=lambda: [(name, label) for name, (label, _, _) in SETTINGS.items()],
                    where=lambda v: Setting.name == v)],
    hint='日付つきの設定です。適用開始日から後の判定に使い、'
         'それより前の数値は変えません（適用開始日をさかのぼって登録すると、その日から後の数値が変わります）'
         '。「要確認」は区の確認前の既定値です。')
settings_bp = pages.blueprint(settings)
