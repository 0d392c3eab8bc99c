"""The form by which a duty is put off (あとで)."""
from .base import Form
from .fields import Day, Text


class SnoozeForm(Form):
    """Until when a duty is put off, and why."""

    until = Day('いつまで', required=True,
                hint='この日に「きょうの仕事」に戻ります。例: 2026/12/1、R8.12.1')
    reason = Text('理由', required=True, max=200,
                  hint='同じ仕事を見る人にも示します。例: 事業者の見積りを待っている')
