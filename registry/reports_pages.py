"""Where the board becomes paper: the PDF documents by name."""
from . import board as boards
from . import clock


def build(name, year, as_of=None):
    """Return the PDF of a year's `results` or `plan`; None when the year has no strategy."""
    from .reports import plan, results
    found = boards.board(year, as_of, trends=True)
    if found is None:
        return None
    return {'results': results, 'plan': plan}[name].build(found, clock.now())
