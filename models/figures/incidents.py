"""Figures of incidents (インシデント): severe ones in cut-over windows and on the common platform."""
from functools import reduce
from operator import or_

from peewee import SQL, fn
from peewee import Case as When

from ..incidents import Incident, IncidentSystem
from ..rules import clocks
from ..standardisation import Business, BusinessSystem
from ..systems import System
from . import (
    LATER,
    SEVERE,
    VOIDED,
    Population,
    any_voided,
    bucket,
    count,
    day_bounds,
    measure,
    running_totals,
)


def _incident_rows(asked, cases, default, groups):
    """Return the Population of the incidents detected in the year.

    They are in the groups of `cases` unless voided or later than the day.
    """
    start, (*_, over) = asked.moments
    end = day_bounds(asked.bounds[1], asked.bounds[1])[1]
    return Population(
        Incident.select().where(Incident.detected_at >= start, Incident.detected_at < end),
        When(None, [(any_voided(Incident), 'voided'), (Incident.detected_at >= over, 'later'), *cases],
             default),
        [*groups, LATER, VOIDED], (Incident,), order=(Incident.detected_at, Incident.id))


def _severe(asked, struck):
    """Return the number of severe incidents of the year among the ids `struck`, detected by each day."""
    start, ends = asked.moments
    found = (Incident.select(bucket(Incident.detected_at, ends, before=True), fn.COUNT(Incident.id))
             .where(Incident.live(), Incident.level >= SEVERE, Incident.detected_at >= start,
                    Incident.detected_at < ends[-1], Incident.id.in_(struck))
             .group_by(SQL('1')))
    return [count(number) for number in running_totals(found.tuples(), len(ends))]


def _incident_records(year, as_of):
    return Incident.select().where(Incident.live(), Incident.detected_at < day_bounds(as_of, as_of)[1])


def _window_records(year, as_of):
    # of the few businesses first: while none has begun no incident is looked at
    return Business.select().where(
        Business.live(), Business.applicable,
        (Business.cutover_on <= as_of) | (Business.window_from <= as_of),
        fn.EXISTS(_incident_records(year, as_of)))


def windows(dated):
    """Return [(business, first day, last day)] of the cut-over windows (端境期) of applicable businesses."""
    found = []
    for business in Business.select().where(Business.live(), Business.applicable):
        start, end = business.window_from, business.window_to
        if (start is None or end is None) and business.cutover_on is not None:
            first, last = clocks.cutover_window(
                business.cutover_on, int(dated.on('window_before_days', business.cutover_on)),
                int(dated.on('window_after_days', business.cutover_on)))
            start, end = start or first, end or last
        if start is not None and end is not None:
            found.append((business, start, end))
    return found


def _in_window(asked):
    """Return the select of the ids of incidents detected in the window of a business.

    One of their systems serves that business.
    """
    struck, inside = Incident.alias(), []
    for business, start, end in windows(asked.dated):
        since, until = day_bounds(start, end)
        inside.append((BusinessSystem.business == business.id) & (struck.detected_at >= since)
                      & (struck.detected_at < until))
    return (IncidentSystem.select(IncidentSystem.incident)
            .join(struck, on=IncidentSystem.incident == struck.id)
            .join(BusinessSystem, on=BusinessSystem.system == IncidentSystem.system)
            .where(IncidentSystem.live(), BusinessSystem.live(), struck.level >= SEVERE,
                   reduce(or_, inside) if inside else SQL('1 = 0')))


@measure('incidents.in_window', '端境期のレベル4以上の障害', '件',
         how='年度内に検知したレベル4以上のインシデントのうち、'
             '対象システムが属する業務の端境期に検知したものの数。',
         rows=lambda asked: _incident_rows(
             asked,
             [(Incident.level < SEVERE, 'low'), (Incident.id.in_(_in_window(asked)), 'inside')], 'other',
             [('inside', True, '端境期に検知したレベル4以上'),
              ('other', False, '端境期の外、または切替業務のシステムでないレベル4以上'),
              ('low', False, 'レベル3以下')]),
         settings=('window_before_days', 'window_after_days'), records=_window_records, grows=True)
def incidents_in_window(asked):
    """Incidents of level ≥ 4 detected in the cut-over window of a business (BR-13).

    One of their systems serves that business.
    """
    return _severe(asked, _in_window(asked))


def _on_platform():
    """Return the select of the ids of incidents that struck a system of category 共通基盤・ネットワーク."""
    platform = System.select(System.id).where(System.category == 'platform')
    return IncidentSystem.select(IncidentSystem.incident).where(
        IncidentSystem.live(), IncidentSystem.system.in_(platform))


@measure('incidents.severe_platform', '共通基盤・ネットワークのレベル4以上の障害', '件',
         how='年度内に検知したレベル4以上のインシデントのうち、'
             '共通基盤・ネットワークのシステムに起きたものの数。',
         rows=lambda asked: _incident_rows(
             asked,
             [(Incident.level < SEVERE, 'low'), (Incident.id.in_(_on_platform()), 'platform')], 'other',
             [('platform', True, '基盤のレベル4以上'),
              ('other', False, '基盤以外のシステムのレベル4以上'),
              ('low', False, 'レベル3以下')]),
         records=_incident_records, grows=True)
def incidents_severe_platform(asked):
    """Incidents of level ≥ 4 on a system of category 共通基盤・ネットワーク, detected in the year."""
    return _severe(asked, _on_platform())
