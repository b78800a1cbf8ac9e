"""The days of a duty roster as the phone desk shows them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field

from core.api import Ctx, _
from plugins.base.contracts import DutyPlan, DutySpan
from plugins.callback.contracts import WEEKDAY_WORDS

_DAY = dt.timedelta(days=1)


@dataclass
class DutyDay:
    """A day: who is there from when to when, where nobody is, who is planned and away."""

    day: dt.date
    weekday: str
    people: list[tuple[str, str]] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)
    away: list[tuple[str, str, str]] = field(default_factory=list)


def duty_days(ctx: Ctx, plan: DutyPlan, first: dt.date, count: int) -> list[DutyDay]:
    """``count`` days from ``first`` on; a time that reaches into the next day stands on the day on which it begins."""
    days = {first + _DAY * n: DutyDay(first + _DAY * n, "") for n in range(count)}
    for one in days.values():
        one.weekday = _(WEEKDAY_WORDS[one.day.weekday()])
    for span, one in _on(ctx, plan.people, days):
        one.people.append((_times(ctx, span), span.name))
    for span, one in _on(ctx, plan.gaps, days):
        one.gaps.append(_times(ctx, span))
    for span, one in _on(ctx, plan.planned, days):
        if span.problem:
            one.away.append((_times(ctx, span), span.name, span.problem))
    return list(days.values())


def _on(ctx: Ctx, spans: Iterable[DutySpan], days: dict[dt.date, DutyDay]) -> list[tuple[DutySpan, DutyDay]]:
    found = [(span, days.get(span.starts_at.astimezone(ctx.tz).date())) for span in spans]
    return [(span, day) for span, day in found if day is not None]


def _times(ctx: Ctx, span: DutySpan) -> str:
    """``09:00–16:00``; midnight at the end is 24:00."""
    begins, ends = span.starts_at.astimezone(ctx.tz), span.ends_at.astimezone(ctx.tz)
    until = "24:00" if ends.time() == dt.time() else f"{ends:%H:%M}"
    if ends - begins <= _DAY and (ends.date() == begins.date() or until == "24:00"):
        return f"{begins:%H:%M}–{until}"
    return f"{begins:%H:%M} – {ends:%m-%d} {until}"
