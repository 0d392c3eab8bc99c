"""The form of an address that calendars read (カレンダーのアドレス)."""
from .base import Form
from .fields import Text


class FeedForm(Form):
    """What an address that calendars read is called."""

    name = Text('名前', required=True, max=100, hint='どのカレンダーで使うかが分かる名前。例: 自席の Outlook')
