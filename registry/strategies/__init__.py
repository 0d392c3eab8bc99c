"""The year's strategy (年度戦略), read and edited: themes, initiatives, indicators, schedule, ratings."""
from . import initiatives, pages, years
from .parts import bp

__all__ = ('bp', 'initiatives', 'pages', 'years')
