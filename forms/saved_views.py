"""The form of a saved view (保存した一覧)."""
from models.saved_views import SCOPES

from .base import Form
from .fields import Code, Text


class SavedViewForm(Form):
    name = Text('一覧の名前', required=True, max=60, hint='例: 税務課の年度内満了')
    scope = Code('見る人', SCOPES, required=True, default='own')
