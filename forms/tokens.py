"""The form of a token of the JSON API (APIトークン)."""
from models.tokens import SCOPES

from .base import Form
from .fields import Day, Many, Text


class TokenForm(Form):
    """What a token of the JSON API is called, may be used for, and until when."""

    name = Text('名前', required=True, max=100, hint='どのシステムで使うかが分かる名前。例: 月次の集計')
    scopes = Many('範囲', SCOPES, required=True, default='read')
    expires_on = Day('期限', required=True)
