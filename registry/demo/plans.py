"""The ward's plans and their quarterly check-ins."""
from decimal import Decimal
from functools import partial

from models import (
    CheckIn,
    Plan,
)

from .acts import Acts, at
from .names import UNITS


class Plans(Acts):
    """The ward's plans and their quarterly check-ins."""

    def plans(self):
        codes = [code for code, _, _ in UNITS]
        # 21 of 34 on track, and a sum of 2,479 ÷ 34 = 72.9: the published share and mean
        final = [85] * 21 + [53] * 12 + [2479 - 85 * 21 - 53 * 12]

        def draw_up(act, plans, year, size):
            plans.extend(Plan(plan_no=f'P-{year}-{n + 1:02d}', fiscal_year=year,
                              department=self.units[codes[n % len(codes)]],
                              title=['窓口の4ない化', 'システム標準化への対応', 'ペーパーレスの推進',
                                     'オンライン申請の拡大'][n % 4]
                              + f'（{self.units[codes[n % len(codes)]].name}）', plan_class='priority')
                         for n in range(size))
            act.insert(plans)

        def check_in(act, plans, year, place, quarter):
            act.insert([CheckIn(
                plan=plan, quarter=quarter,
                assessment='on_track' if n < (21 if place == 4 else 24)
                else 'late' if n % 5 == 0 else 'behind',
                achievement=Decimal(final[n] * place // 4 if place < 4 else final[n]) if year == 2025
                else Decimal(24 * place + n % 5), result='計画に沿って実施しました。',
                causes=None if n < 21 else 'standardisation;priority' if n % 2 else 'execution')
                for n, plan in enumerate(plans)])
        for year, size, quarters in ((2025, 34, 4), (2026, 36, 2)):
            plans = []
            self.act(at(year, 5, 20), 'plans.import', partial(draw_up, plans=plans, year=year, size=size))
            for place in range(1, quarters + 1):
                moment = at(year + place // 3, (7, 10, 1, 4)[place - 1], 20)
                self.act(moment, 'plans.import',
                         partial(check_in, plans=plans, year=year, place=place, quarter=f'{place}Q'),
                         reason=f'{place}Qの進捗確認（デモデータ）')
