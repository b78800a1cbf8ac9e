"""Who can call when, and how many calls that makes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

from core.api import Ctx, Invalid, Membership, _, ask, calendar, descendants, get_setting
from plugins.callback.queries import calls as queries
from plugins.callback.rules.capacity import Span, calls_by_part, minutes_by_part, without

_DAY = dt.timedelta(days=1)
_USUAL = 8 * 60
"""Minutes of a whole working day where the working calendar is never open in the time looked at."""


@dataclass
class Capacity:
    """How many calls each agent can make: (day, part, agent) → calls; agents by the customers that they see."""

    room: dict[tuple[dt.date, int, int], int] = field(default_factory=dict)
    group_of: dict[int, int] = field(default_factory=dict)
    reaches: list[frozenset[int] | None] = field(default_factory=list)
    """Of each group: the organisation units whose customers it sees; None: all."""
    names: dict[int, str] = field(default_factory=dict)

    def groups_for(self, unit_id: int | None) -> int:
        """A bit for each group that sees the customers of an organisation unit."""
        seen = (reach is None or unit_id is None or unit_id in reach for reach in self.reaches)
        return sum(1 << number for number, sees in enumerate(seen) if sees)

    def of_day(self, day: dt.date, agent: int) -> int:
        """How many calls an agent can make on a day."""
        return sum(self.room.get((day, part, agent), 0) for part in range(3))


def edges(ctx: Ctx) -> tuple[dt.time, dt.time]:
    """When the afternoon and when the evening begins. Raises Invalid for a setting that is no time."""
    return _time(ctx, "callback.noon"), _time(ctx, "callback.evening")


def _time(ctx: Ctx, key: str) -> dt.time:
    text = str(get_setting(ctx, key))
    try:
        return dt.time.fromisoformat(text)
    except ValueError:
        words = _("The setting “{text}” is no time; write it as 12:00.", text=text)
        raise Invalid("bad_setting", words) from None


def days_of(first: dt.date, last: dt.date) -> list[dt.date]:
    """Every day from one to another, both included."""
    return [first + n * _DAY for n in range((last - first).days + 1)]


def capacity(ctx: Ctx, first: dt.date, last: dt.date) -> Capacity:
    """What the agents can do from one day to another: their duty, or the working calendar, less their leave."""
    people = queries.agents(ctx)
    found = Capacity(names={m.user_id: m.user.name for m in people})
    _group(ctx, people, found)
    days = days_of(first, last)
    if not people or not days:
        return found
    hours = calendar(ctx, str(get_setting(ctx, "callback.calendar")))
    open_ = {day: hours.opening_spans(day) for day in days}
    bounds, calls = edges(ctx), int(get_setting(ctx, "callback.calls_per_day"))
    whole = max((_minutes(spans) for spans in open_.values()), default=0) or _USUAL
    start = dt.datetime.combine(first, dt.time(), ctx.tz)
    end = dt.datetime.combine(last + _DAY, dt.time(), ctx.tz)
    roster = str(get_setting(ctx, "callback.roster"))
    answer = ask(ctx, "agent_duty", user_ids=sorted(found.names), roster=roster, start=start, end=end)
    duty, leave = answer if answer is not None else (None, {})
    known: dict[tuple[dt.date, tuple[Span, ...]], list[int]] = {}  # many are there at the same hours
    for agent in found.names:
        away = list(leave.get(agent, ()))
        own = None if duty is None else list(duty.get(agent, ()))
        for day in days:
            spans = open_[day] if own is None else _touching(own, day, ctx.tz)
            if away and spans:
                spans = without(spans, away)
            if not spans:
                continue
            there = day, tuple(spans)
            if there not in known:
                known[there] = calls_by_part(minutes_by_part(spans, day, bounds, ctx.tz), whole, calls)
            for part, count in enumerate(known[there]):
                if count:
                    found.room[day, part, agent] = count
    return found


def _minutes(spans: Sequence[Span]) -> int:
    return sum(int((b - a).total_seconds()) // 60 for a, b in spans)


def _touching(spans: Sequence[Span], day: dt.date, tz: dt.tzinfo) -> list[Span]:
    start = dt.datetime.combine(day, dt.time(), tz)
    end = dt.datetime.combine(day + _DAY, dt.time(), tz)
    return [(a, b) for a, b in spans if a < end and b > start]


def _group(ctx: Ctx, people: Sequence[Membership], found: Capacity) -> None:
    """Put together who sees the same customers."""
    for member in people:
        limited = member.data_scope == "units"
        reach = (descendants(ctx.session, member.unit_id) if member.unit_id else frozenset()) if limited else None
        if reach not in found.reaches:
            found.reaches.append(reach)
        found.group_of[member.user_id] = found.reaches.index(reach)
