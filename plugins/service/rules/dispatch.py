"""Slots and hours of a day, whom to propose and why, bars of a day, whether somebody came in time. No database."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

_HOURS = re.compile(r"\s*(\d{1,2}):(\d{2})\s*[-–—~\u81f3]\s*(\d{1,2}):(\d{2})\s*")


@dataclass(frozen=True)
class Hours:
    """From when to when on a day; ``ends`` 24:00 is given as midnight."""

    starts: dt.time
    ends: dt.time

    @property
    def code(self) -> str:
        """``09:00-12:00``."""
        return f"{self.starts:%H:%M}-{self._ends}"

    @property
    def words(self) -> str:
        """``09:00–12:00``, as staff read it."""
        return f"{self.starts:%H:%M}–{self._ends}"

    @property
    def _ends(self) -> str:
        return "24:00" if self.ends == dt.time() else f"{self.ends:%H:%M}"

    def on(self, day: dt.date, zone: dt.tzinfo) -> tuple[dt.datetime, dt.datetime]:
        """The two moments on a day."""
        after = day + dt.timedelta(days=1) if self.ends == dt.time() else day
        starts = dt.datetime.combine(day, self.starts, zone)
        return starts.astimezone(dt.UTC), dt.datetime.combine(after, self.ends, zone).astimezone(dt.UTC)


def hours_of(text: str) -> Hours | None:
    """``09:00-12:00`` as hours; None when it is none, or ends before it begins."""
    found = _HOURS.fullmatch(text)
    if found is None:
        return None
    h1, m1, h2, m2 = (int(part) for part in found.groups())
    if h1 > 23 or m1 > 59 or m2 > 59 or (h2, m2) > (24, 0) or (h2, m2) <= (h1, m1):
        return None
    return Hours(dt.time(h1, m1), dt.time(h2 % 24, m2))


def slots_of(text: str) -> list[Hours]:
    """The slots of a setting, one per line, in order; lines that are none are left out."""
    found = {hours for line in text.splitlines() if (hours := hours_of(line)) is not None}
    return sorted(found, key=lambda h: (h.starts, h.ends == dt.time(), h.ends))


# --- whom to propose --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Reason:
    """One thing that speaks for or against somebody, with its points."""

    code: str
    points: int


@dataclass(frozen=True)
class Candidate:
    """Somebody who could be sent, with everything that is known about it."""

    user_id: int
    name: str
    unit: str = ""
    own_unit: bool = False
    serves_place: bool = False
    distance: Decimal | None = None
    open_orders: int = 0
    busy_with: str = ""
    """The number of an order that is planned for him or her at that time."""
    knows_unit: bool = False
    knows_customer: bool = False
    may_go: bool = True
    words: tuple[str, ...] = ()
    """Why, or why not, in the words of the module that knows the people."""
    certified: bool | None = None
    on_roster: bool | None = None
    reasons: tuple[Reason, ...] = field(default=())

    @property
    def points(self) -> int:
        """The sum of what speaks for and against."""
        return sum(r.points for r in self.reasons)


def candidate_facts(order: Any, candidate: Candidate) -> dict[str, Any]:
    """Facts of the table ``service.proposals``."""
    return {
        "kind": order.kind,
        "urgency": order.urgency,
        "certified": candidate.certified,
        "on_roster": candidate.on_roster,
        "own_unit": candidate.own_unit,
        "serves_place": candidate.serves_place,
        "distance": candidate.distance,
        "free": not candidate.busy_with,
        "open_orders": candidate.open_orders,
        "knows_unit": candidate.knows_unit,
        "knows_customer": candidate.knows_customer,
    }


def reasons_of(outputs: Iterable[Mapping[str, Any]]) -> tuple[Reason, ...]:
    """What the fired rows say, the weightiest first."""
    found = [Reason(str(o["reason"]), int(o["points"])) for o in outputs]
    return tuple(sorted(found, key=lambda r: -abs(r.points)))


def ranked(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Those who may go by points, the most first, then by open orders and name; after them those who may not."""
    return sorted(candidates, key=lambda c: (not c.may_go, -c.points, c.open_orders, c.name, c.user_id))


# --- a day in bars ----------------------------------------------------------------------------------------------------

DONE, NOW, LATE, PLANNED = "done", "now", "late", "plan"
LEAST_WIDTH = 0.006
ROUNDED = 0.0001
"""Shares have four places: where one visit ends and the next begins, they may differ by so much."""


@dataclass(frozen=True)
class Bar:
    """A piece of work on a person's day, in shares (0…1) of the hours shown."""

    order_id: int
    number: str
    kind: str
    starts: dt.datetime
    ends: dt.datetime
    left: float
    width: float
    span: str
    """``08:00–10:00`` in the company's time zone."""
    row: int = 0
    """In which row of the person's day it stands, so that no two cover each other."""

    @property
    def drawn(self) -> float:
        """How wide it is drawn: also the shortest work is seen."""
        return max(self.width, LEAST_WIDTH)


def bar_kind(state: str, ends: dt.datetime, now: dt.datetime) -> str:
    """How a bar is drawn: done, being worked on, late (not begun when its time was over), planned."""
    if state in ("done", "confirmed", "closed", "archived"):
        return DONE
    if state == "working":
        return NOW
    return LATE if ends < now else PLANNED


def bar_of(
    order: Any, starts: dt.datetime, ends: dt.datetime, now: dt.datetime, first: dt.datetime, last: dt.datetime,
    zone: dt.tzinfo,
) -> Bar | None:
    """The bar of an order on a day shown from ``first`` to ``last``; None when it lies outside.

    What was begun stands where it was, until it was done; what is worked on lasts at least until now.
    """
    kind = bar_kind(order.state, ends, now)
    if kind == DONE and order.done_at is not None:
        starts, ends = min(order.started_at or starts, order.done_at), order.done_at
    elif kind == NOW and order.started_at is not None:
        starts, ends = order.started_at, max(ends, now)
    begin, end = max(starts, first), min(max(ends, starts), last)
    whole = (last - first).total_seconds()
    if starts >= last or ends < first or whole <= 0 or end < begin:
        return None
    left = (begin - first).total_seconds() / whole
    width = round((end - begin).total_seconds() / whole, 4)
    span = f"{starts.astimezone(zone):%H:%M}–{ends.astimezone(zone):%H:%M}"
    return Bar(order.id, order.number, kind, starts, ends, round(left, 4), width, span)


def in_rows(bars: Iterable[Bar]) -> tuple[Bar, ...]:
    """The bars of a person's day by where they begin, each in the first row where nothing drawn covers it."""
    taken: list[float] = []
    placed = []
    for bar in sorted(bars, key=lambda b: (b.left, b.starts, b.order_id)):
        row = next((n for n, end in enumerate(taken) if end <= bar.left + ROUNDED), len(taken))
        taken[row:row + 1] = [bar.left + bar.drawn]
        placed.append(replace(bar, row=row))
    return tuple(placed)


def share_of(moment: dt.datetime, first: dt.datetime, last: dt.datetime) -> float | None:
    """Where a moment lies between two others, 0…1; None outside."""
    whole = (last - first).total_seconds()
    share = (moment - first).total_seconds() / whole if whole > 0 else -1
    return round(share, 4) if 0 <= share <= 1 else None


def overlaps(spans: Sequence[tuple[dt.datetime, dt.datetime, str]], starts: dt.datetime, ends: dt.datetime) -> str:
    """What is already planned in a time: the name of the first span that overlaps it, else empty."""
    return next((name for begin, end, name in spans if begin < ends and starts < end), "")


# --- in time --------------------------------------------------------------------------------------------------------

EARLY, IN_TIME, TOO_LATE = "early", "in_time", "late"


def punctuality(
    starts: dt.datetime, ends: dt.datetime, arrived: dt.datetime, grace: dt.timedelta = dt.timedelta()
) -> str:
    """Whether somebody came within the time agreed, give or take ``grace`` (GS-8)."""
    if arrived > ends + grace:
        return TOO_LATE
    return EARLY if arrived < starts - grace else IN_TIME
