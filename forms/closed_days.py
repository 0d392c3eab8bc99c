"""The form of a day on which the city hall is closed (閉庁日)."""
from .base import Form
from .fields import Day, Text


class ClosedDayForm(Form):
    day = Day('日付', required=True)
    name = Text('名称', required=True, max=100, hint='開庁記念日、臨時閉庁など')
