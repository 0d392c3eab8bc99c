"""The year's strategy pages (年度戦略): themes, initiatives, indicators, schedule and ratings, read and
edited."""
from . import initiatives, pages, years
from .parts import bp

__all__ = ('bp', 'initiatives', 'pages', 'years')
