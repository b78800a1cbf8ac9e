"""What the repair register says about a unit: repairs of a problem and of all, how long it was away and why."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from core.api import N_
from plugins.warranty.contracts import PeriodState, RepairData, RepairFacts
from plugins.warranty.rules.periods import Interval, Span, counted_days, end_of, hours_of, intervals_of, merged

Problem = tuple[str, str]


@dataclass(frozen=True)
class Repaired:
    """A repair as the facts need it. Moments are in the company's time zone."""

    span: Span
    problem_key: str
    result: str
    own_from: dt.datetime | None = None
    own_to: dt.datetime | None = None


def facts(
    repairs: Sequence[Repaired], problem_key: str, on: dt.date, way: str, warranties: Sequence[PeriodState] = ()
) -> RepairFacts:
    """The facts by the end of a day. A repair counts when it was handed back repaired or not; "no fault" does not.

    ``way`` says how days are counted; ``warranties`` are the periods of the repairs themselves.
    """
    known = [r for r in repairs if r.span.begins.date() <= on]
    back = [r for r in known if r.span.handed_back is not None and r.span.handed_back <= on]
    counted = [r for r in back if r.result != "no_fault"]
    away = [intervals_of(r.span, on, "both") for r in known]
    waited = [intervals_of(r.span, on, "waiting") for r in known]
    own = [_own(r, on) for r in known]
    running = [w for w in warranties if w.covers_now]
    return RepairFacts(
        same=sum(r.problem_key == problem_key for r in counted) if problem_key else 0,
        all=len(counted),
        open=len(known) - len(back),
        days_out=counted_days(merged(i for some in away for i in some), way),
        hours_out=hours_of(merged(i for some in away for i in some)).quantize(Decimal("0.01")),
        days_waited=counted_days(merged(i for some in waited for i in some), way),
        own_days=counted_days(merged(i for some in own for i in some), way),
        longest_days=max((counted_days(some, way) for some in away), default=0),
        longest_wait=max((counted_days(some, way) for some in waited), default=0),
        repair_warranty=bool(running),
        repair_warranty_until=max((w.last_day for w in running if w.last_day), default=None),
        last_repair_on=max((r.span.handed_back for r in back if r.span.handed_back), default=None),
    )


def _own(repaired: Repaired, on: dt.date) -> list[Interval]:
    """The time that stood for the repairer's own reasons, within the repair."""
    if repaired.own_from is None:
        return []
    whole = intervals_of(repaired.span, on, "both")
    if not whole:
        return []
    begins = max(repaired.own_from, whole[0][0])
    ends = min(repaired.own_to or whole[-1][1], whole[-1][1], end_of(on, begins))
    return merged([(begins, ends)])


def problems_of(data: RepairData, now: dt.datetime) -> Iterator[Problem]:
    """(field, message id) of everything that is wrong with a repair as entered, in the order of the form."""
    if not data.problem.strip():
        yield "problem", N_("Say what was wrong.")
    elif len(data.problem.strip()) > 200:
        yield "problem", N_("Say it in at most 200 characters.")
    if data.received_at > now:
        yield "received_at", N_("This lies in the future.")
    if data.handed_back_at is not None:
        if data.handed_back_at < data.received_at:
            yield "handed_back_at", N_("It was handed back before it came in.")
        elif data.handed_back_at > now:
            yield "handed_back_at", N_("This lies in the future.")
        if not data.result:
            yield "result", N_("Say what came of the repair.")
    elif data.result:
        yield "handed_back_at", N_("With a result, say when it was handed back.")
    yield from _within(data, "waits_from", "waits_to", data.waits_from, data.waits_to)
    yield from _within(data, "own_from", "own_to", data.own_from, data.own_to)
    if data.own_from is not None and not data.own_reason.strip():
        yield "own_reason", N_("Say which reason of our own it was.")


def _within(
    data: RepairData, first: str, last: str, begins: dt.datetime | None, ends: dt.datetime | None
) -> Iterator[Problem]:
    if begins is None:
        if ends is not None:
            yield first, N_("Say when it began.")
        return
    if begins < data.received_at:
        yield first, N_("This lies before the unit came in.")
    if ends is not None and ends < begins:
        yield last, N_("It ended before it began.")
    if data.handed_back_at is not None and (ends or begins) > data.handed_back_at:
        yield last, N_("This lies after the unit was handed back.")
