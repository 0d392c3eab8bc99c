"""Where the board becomes paper: the PDF documents by name."""
from ..core import clock
from ..figures import board as boards


@boards.consistent_reads()
def build(name, year, as_of=None, only=None):
    """Return the PDF of a year's `results` or `plan`, of initiative number `only` alone; None without one."""
    from . import plan, results
    found = boards.board(year, as_of)
    if found is None or only is not None and only not in [view.no for view in found.initiatives]:
        return None
    return {'results': results, 'plan': plan}[name].build(found, clock.now(), only, clock.pinned())
