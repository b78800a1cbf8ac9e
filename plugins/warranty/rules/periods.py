"""The warranty periods of a unit: which terms fit it, when each begins and ends, and what is left on a day.

Counted as the terms say: by default the day of the event is not the first day (Civil Code art. 201), months and years
end on the corresponding day, else on the month's last (art. 202), the last day is still inside (art. 1259), and where a
term says so, a last day that is no working day moves to the next one (art. 203). Knows neither database nor clock.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from core.api import N_
from plugins.warranty.contracts import (
    EXCHANGED,
    REPAIRED,
    REPAIRS,
    Events,
    MeterState,
    PeriodState,
    Reason,
)

DAY = dt.timedelta(days=1)
HOURS_PER_DAY = 24
MOVED_AT_MOST = 366
"""A last day moves no further than so many days, whatever a calendar says: one that is always closed ends here."""


@dataclass(frozen=True)
class TermRule:
    """A term as the rules need it. ``works(day)`` says whether a day is a working day; None: no last day is moved."""

    id: int
    code: str
    name: str
    cover: str
    product_id: int | None = None
    product_group: str = ""
    part_group: str = ""
    customer_id: int | None = None
    amount: int | None = None
    amount_unit: str = "months"
    meters: Mapping[str, Decimal] = field(default_factory=dict)
    starts: tuple[tuple[str, int], ...] = (("sale", 0),)
    start_day_counts: bool = False
    works: Callable[[dt.date], bool] | None = None
    extends: str = "none"
    repair_days: str = "calendar"
    on_exchange: str = "restart"
    exchange_days: int = 0
    valid_from: dt.date = dt.date.min
    valid_until: dt.date | None = None
    earlier_units: bool = False
    clause: str = ""


@dataclass(frozen=True)
class ProvenDate:
    """The day of an event, and the proofs that say so. ``disputed``: proofs of equal weight say different days."""

    day: dt.date
    source: str = ""
    disputed: tuple[dt.date, ...] = ()
    doubt: Reason | None = None
    """What is doubtful: a weaker proof says another day, or (``disputed``) which proofs contradict each other."""


@dataclass(frozen=True)
class Span:
    """A time under repair, ``ends`` None while it lasts; ``parts`` are (group, name) of parts that were exchanged.

    ``repaired`` is false for one that found no fault, or did not succeed: that is not warranted.
    """

    begins: dt.datetime
    ends: dt.datetime | None = None
    waits_from: dt.datetime | None = None
    waits_to: dt.datetime | None = None
    repair_id: int = 0
    handed_back: dt.date | None = None
    parts: tuple[tuple[str, str], ...] = ()
    repaired: bool = True


@dataclass(frozen=True)
class Reading:
    """A meter's total on a day, replaced meters included."""

    kind: str
    day: dt.date
    total: Decimal


@dataclass(frozen=True)
class UnitFacts:
    """What the periods of a unit depend on. Moments are in the company's time zone.

    ``dates`` maps events to their days. A unit that came as a replacement has the facts of the one it replaced in
    ``replaces``, the day in ``came_on``, and in ``carries`` what was agreed (restart, inherit; empty: what the term
    says). A unit that was itself replaced has ``replaced_on``.
    """

    product_id: int | None = None
    product_group: str = ""
    customer_id: int | None = None
    dates: Mapping[str, ProvenDate] = field(default_factory=dict)
    spans: Sequence[Span] = ()
    readings: Sequence[Reading] = ()
    came_on: dt.date | None = None
    carries: str = ""
    replaces: UnitFacts | None = None
    replaced_on: dt.date | None = None

    @property
    def known_on(self) -> dt.date | None:
        """The day by which terms are chosen: of sale, else the first day that is known of the unit."""
        if self.replaces is not None:
            return self.replaces.known_on or self.came_on
        if "sale" in self.dates:
            return self.dates["sale"].day
        return min((proven.day for proven in self.dates.values()), default=None)


# --- days -----------------------------------------------------------------------------------------------------------


def corresponding_day(day: dt.date, months: int) -> tuple[dt.date, bool]:
    """The day of the same number so many months later, and True; the month's last day and False where it lacks it."""
    month = day.year * 12 + day.month - 1 + months
    year, index = divmod(month, 12)
    last = calendar.monthrange(year, index + 1)[1]
    return dt.date(year, index + 1, min(day.day, last)), day.day <= last


def last_day_of(start: dt.date, amount: int, unit: str, start_day_counts: bool) -> dt.date:
    """The last day of a period of so many days, months or years that begins with ``start``, before any extension."""
    if unit == "days":
        return start + (amount - 1 if start_day_counts else amount) * DAY
    day, there = corresponding_day(start, amount * (12 if unit == "years" else 1))
    return day - DAY if start_day_counts and there else day


def moved(day: dt.date, works: Callable[[dt.date], bool] | None) -> dt.date:
    """The day itself, or the next working day."""
    if works is None:
        return day
    for step in range(MOVED_AT_MOST):
        if works(day + step * DAY):
            return day + step * DAY
    return day


# --- time under repair ----------------------------------------------------------------------------------------------


Interval = tuple[dt.datetime, dt.datetime]


def merged(intervals: Iterable[Interval]) -> list[Interval]:
    """The same time as intervals that do not touch, earliest first: time that two repairs share counts once."""
    found: list[Interval] = []
    for begins, ends in sorted(i for i in intervals if i[1] > i[0]):
        if found and begins <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], ends))
        else:
            found.append((begins, ends))
    return found


def without(intervals: Iterable[Interval], taken: Sequence[Interval]) -> list[Interval]:
    """The time of ``intervals`` that lies in none of ``taken``."""
    left = list(intervals)
    for begins, ends in taken:
        cut: list[Interval] = []
        for first, last in left:
            cut += [(a, b) for a, b in ((first, min(last, begins)), (max(first, ends), last)) if b > a]
        left = cut
    return left


def counted_days(intervals: Sequence[Interval], way: str) -> int:
    """Days of these intervals (which do not overlap), counted ``calendar``, ``hours_up`` or ``hours_sum``."""
    if way == "calendar":
        touched: set[int] = set()
        for begins, ends in intervals:
            touched.update(range(begins.toordinal(), _last_touched(ends).toordinal() + 1))
        return len(touched)
    hours = [hours_of([interval]) for interval in intervals]
    if way == "hours_up":
        return sum(int(h // HOURS_PER_DAY) + (h % HOURS_PER_DAY > 0) for h in hours)
    return int(sum(hours) // HOURS_PER_DAY)


def _last_touched(ends: dt.datetime) -> dt.date:
    """The last day that an interval touches: one that ends at midnight does not touch the new day."""
    return ends.date() - DAY if ends.time() == dt.time() else ends.date()


def hours_of(intervals: Iterable[Interval]) -> Decimal:
    """Exact hours of intervals, in time that really passes: changes of the clock count."""
    seconds = sum(((b - a) if a.tzinfo is None else (_utc(b) - _utc(a))).total_seconds() for a, b in intervals)
    return Decimal(str(seconds)) / 3600


def _utc(moment: dt.datetime) -> dt.datetime:
    return moment.astimezone(dt.UTC)


def end_of(day: dt.date, like: dt.datetime) -> dt.datetime:
    """The end of a day in the time zone of another moment."""
    return dt.datetime.combine(day + DAY, dt.time(), like.tzinfo)


def intervals_of(span: Span, on: dt.date, what: str) -> list[Interval]:
    """The time of a repair by the end of ``on``: ``both``, ``waiting`` for parts, or ``repair`` without waiting."""
    limit = end_of(on, span.begins)
    whole = [(span.begins, min(span.ends or limit, limit))]
    if what == "both":
        return merged(whole)
    waiting: list[Interval] = []
    if span.waits_from is not None:
        begins = max(span.waits_from, span.begins)
        waiting = merged([(begins, min(span.waits_to or whole[0][1], whole[0][1]))])
    return waiting if what == "waiting" else without(merged(whole), waiting)


def extended(term: TermRule, start: dt.date, last: dt.date, spans: Sequence[Span], on: dt.date) -> tuple[dt.date, int]:
    """The last day after the repairs by the end of ``on``, and by how many days they moved it.

    A repair moves it when it began by the last day, as that stood after the repairs before it; time before ``start``
    does not count.
    """
    if term.extends == "none":
        return moved(last, term.works), 0
    taken: list[Interval] = []
    days = 0
    for span in sorted((s for s in spans if s.begins.date() <= on), key=lambda s: s.begins):
        now_last = moved(last + days * DAY, term.works)
        if span.begins.date() > now_last:
            continue
        first = dt.datetime.combine(start, dt.time(), span.begins.tzinfo)
        own = [(max(a, first), b) for a, b in intervals_of(span, on, term.extends)]
        taken = merged([*taken, *own])
        days = counted_days(taken, term.repair_days)
    return moved(last + days * DAY, term.works), days


# --- which terms fit ------------------------------------------------------------------------------------------------


def fits(term: TermRule, unit: UnitFacts, on: dt.date) -> bool:
    """Whether a term is meant for a unit: its scope, and the days of sale for which it was in force."""
    day = unit.known_on or on
    return (
        term.product_id in (None, unit.product_id)
        and term.product_group in ("", unit.product_group)
        and term.customer_id in (None, unit.customer_id)
        and (term.earlier_units or term.valid_from <= day)
        and (term.valid_until is None or day <= term.valid_until)
    )


def rank(term: TermRule) -> tuple[bool, int, dt.date, int]:
    """The more specific, the higher: for a customer, for a product, for its group, for all; then the newest."""
    width = 2 if term.product_id is not None else 1 if term.product_group else 0
    return term.customer_id is not None, width, term.valid_from, term.id


def chosen(terms: Iterable[TermRule], unit: UnitFacts, on: dt.date) -> list[TermRule]:
    """Of the terms that fit, the most specific one per cover and group of parts, in the order of their covers."""
    best: dict[tuple[str, str], TermRule] = {}
    for term in terms:
        key = (term.cover, term.part_group)
        if fits(term, unit, on) and (key not in best or rank(term) > rank(best[key])):
            best[key] = term
    return list(best.values())


# --- the periods ----------------------------------------------------------------------------------------------------


def periods(terms: Iterable[TermRule], unit: UnitFacts, on: dt.date) -> tuple[PeriodState, ...]:
    """Every period of a unit as it stands on a day, with what is left and why."""
    found: list[PeriodState] = []
    for term in chosen(terms, unit, on):
        if term.cover == REPAIRS:
            found += _of_repairs(term, unit, on)
        else:
            found.append(_of_unit(term, unit, on))
            found += _of_parts(term, unit, on)
    return tuple(found)


def _of_unit(term: TermRule, unit: UnitFacts, on: dt.date) -> PeriodState:
    goes_on = unit.replaces is not None and (unit.carries or term.on_exchange) == "inherit"
    if unit.replaces is not None and not goes_on and unit.came_on is not None:
        anew = Reason(N_("It came as a replacement on {day}; its period starts anew."), {"day": unit.came_on})
        return _running(term, unit, on, EXCHANGED, unit.came_on, unit.spans, unit.readings, (anew,))
    origin = unit.replaces if goes_on and unit.replaces is not None else unit
    event, proven, days, why = _start(term, origin)
    if proven is None:
        return _unknown(term, why)
    if proven.disputed:
        return _unknown(term, (*why, proven.doubt) if proven.doubt else why, event)
    if proven.doubt is not None:
        why = (*why, proven.doubt)
    spans = [*origin.spans, *unit.spans] if goes_on else unit.spans
    return _running(term, unit, on, event, proven.day + days * DAY, spans, unit.readings, why, inherited=goes_on)


def _start(term: TermRule, unit: UnitFacts) -> tuple[str, ProvenDate | None, int, tuple[Reason, ...]]:
    """The first event of the term that has a day, how many days after it the period starts, and what was missing."""
    missing: list[str] = []
    for event, days in term.starts:
        proven = unit.dates.get(event)
        if proven is not None:
            why = [Reason(N_("Begins with {event} on {day}."), {"event": Events((event,)), "day": proven.day})]
            if missing:
                words = Reason(N_("Not known: {events}."), {"events": Events(tuple(missing))})
                why.insert(0, words)
            if days:
                why.append(Reason(N_("Days from then until it starts: {n}."), {"n": days}))
            return event, proven, days, tuple(why)
        missing.append(event)
    return "", None, 0, (Reason(N_("No day is known of: {events}."), {"events": Events(tuple(missing))}),)


def _unknown(term: TermRule, why: tuple[Reason, ...], event: str = "") -> PeriodState:
    meters = tuple(MeterState(kind, limit) for kind, limit in sorted(term.meters.items()))
    return PeriodState(
        term.id, term.code, term.name, term.cover, term.part_group, "unknown", event,
        meters=meters, clause=term.clause, why=why,
    )  # fmt: skip


def _running(
    term: TermRule,
    unit: UnitFacts,
    on: dt.date,
    event: str,
    start: dt.date,
    spans: Sequence[Span],
    readings: Sequence[Reading],
    why: tuple[Reason, ...],
    *,
    inherited: bool = False,
    repair_id: int | None = None,
    part: str = "",
) -> PeriodState:
    """A period whose start is known: its last day, its meters, its state."""
    last: dt.date | None = None
    days = 0
    if term.amount is not None:
        bare = last_day_of(start, term.amount, term.amount_unit, term.start_day_counts)
        last, days = extended(term, start, bare, spans, on)
        if days:
            text = N_("The time of repair (days: {n}) moves its end from {bare} to {last}.")
            why = (*why, Reason(text, {"n": days, "bare": bare, "last": last}))
        elif last != bare:
            why = (*why, Reason(N_("{bare} is no working day: it ends on {last}."), {"bare": bare, "last": last}))
        if inherited and unit.came_on is not None and term.exchange_days:
            least = unit.came_on + term.exchange_days * DAY
            if least > last:
                last = least
                text = N_("What was exchanged is covered for a least time (days: {n}): it ends on {last}.")
                why = (*why, Reason(text, {"n": term.exchange_days, "last": last}))
    meters = tuple(_meter(kind, limit, readings, start, on) for kind, limit in sorted(term.meters.items()))
    state = PeriodState(
        term.id, term.code, term.name, term.cover, term.part_group, "running", event, start, last,
        meters=meters, clause=term.clause, extended_days=days, repair_id=repair_id, part=part, why=why,
    )  # fmt: skip
    return _as_of(state, unit, readings, on)


def _as_of(state: PeriodState, unit: UnitFacts, readings: Sequence[Reading], on: dt.date) -> PeriodState:
    """The period with what a day makes of it."""
    last = state.last_day
    left = max(0, (last - on).days + 1) if last is not None else None
    if unit.replaced_on is not None and on >= unit.replaced_on:
        text = N_("The unit was exchanged on {day}; what is owed is owed for its replacement.")
        why = (*state.why, Reason(text, {"day": unit.replaced_on}))
        return replace(state, state="over", days_left=0, over_by=EXCHANGED, over_on=unit.replaced_on, why=why)
    for meter in state.meters:
        if meter.left is not None and meter.left < 0:
            over_on = _passed_on(meter, readings, state.start_on or on, on)
            if last is None or over_on <= last:
                text = N_("{kind}: {used} of {limit} used by {day}.")
                passed = Reason(text, {"kind": meter.kind, "used": meter.used, "limit": meter.limit, "day": over_on})
                why = (*state.why, passed)
                return replace(state, state="over", days_left=0, over_by=meter.kind, over_on=over_on, why=why)
    if state.start_on is not None and on < state.start_on:
        text = N_("It begins on {day} only. If that can't be right, check the proof.")
        why = (*state.why, Reason(text, {"day": state.start_on}))
        return replace(state, state="not_started", days_left=left, why=why)
    if last is not None and on > last:
        why = (*state.why, Reason(N_("Its last day was {day}."), {"day": last}))
        return replace(state, state="over", days_left=0, over_by="time", over_on=last + DAY, why=why)
    return replace(state, state="last_day" if on == last else "running", days_left=left)


def _of_repairs(term: TermRule, unit: UnitFacts, on: dt.date) -> list[PeriodState]:
    """The warranty of each repair that was handed back by a day: its own period, whatever became of the unit's."""
    found = []
    for span in unit.spans:
        if span.repaired and span.handed_back is not None and span.handed_back <= on:
            start = span.handed_back + term.starts[0][1] * DAY
            why = (Reason(N_("The repair was handed back on {day}."), {"day": span.handed_back}),)
            state = _running(term, unit, on, REPAIRED, start, unit.spans, unit.readings, why, repair_id=span.repair_id)
            found.append(state)
    return found


def _of_parts(term: TermRule, unit: UnitFacts, on: dt.date) -> list[PeriodState]:
    """Parts of the term's group that were exchanged in a repair: a period of their own, where it ends later."""
    if not term.part_group:
        return []
    newest: dict[str, Span] = {}
    for span in unit.spans:
        if span.handed_back is not None and span.handed_back <= on:
            for group, name in span.parts:
                known = newest.get(name)
                if group == term.part_group and (known is None or span.handed_back >= (known.handed_back or on)):
                    newest[name] = span
    found = []
    for name, span in sorted(newest.items()):
        day = span.handed_back
        assert day is not None
        own = term if term.on_exchange == "restart" else replace(term, amount=term.exchange_days, amount_unit="days")
        if own.amount:
            why = (Reason(N_("{part} was exchanged on {day}."), {"part": name, "day": day}),)
            found.append(
                _running(
                    own, unit, on, EXCHANGED, day, unit.spans, unit.readings, why, repair_id=span.repair_id, part=name
                )
            )
    return found


# --- meters ---------------------------------------------------------------------------------------------------------


def _meter(kind: str, limit: Decimal, readings: Sequence[Reading], start: dt.date, on: dt.date) -> MeterState:
    """What was used from the start to a day: the newest total less the one at the start. The limit itself is inside."""
    own = sorted((r for r in readings if r.kind == kind and r.day <= on), key=lambda r: (r.day, r.total))
    if not own:
        return MeterState(kind, limit)
    used = own[-1].total - _baseline(own, start)
    return MeterState(kind, limit, used, limit - used, own[-1].day)


def _baseline(own: Sequence[Reading], start: dt.date) -> Decimal:
    before = [r.total for r in own if r.day <= start]
    return before[-1] if before else Decimal(0)


def _passed_on(meter: MeterState, readings: Sequence[Reading], start: dt.date, on: dt.date) -> dt.date:
    """The day of the first reading that is above the limit."""
    own = sorted((r for r in readings if r.kind == meter.kind and r.day <= on), key=lambda r: (r.day, r.total))
    base = _baseline(own, start)
    return next(r.day for r in own if r.total - base > meter.limit)

