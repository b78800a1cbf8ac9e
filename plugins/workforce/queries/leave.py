"""Reading leave."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from core.api import Ctx, NotFound, _, get_setting, label, parse_choices
from plugins.workforce.models import Leave
from plugins.workforce.queries.people import NOBODY
from plugins.workforce.rules.duty import Span, minutes_of

_SHIPPED = Path(__file__).parents[1] / "data" / "leave_kinds.txt"


@cache
def _shipped() -> str:
    return _SHIPPED.read_text(encoding="utf-8")


def kinds(ctx: Ctx) -> dict[str, dict[str, str]]:
    """Code → label of the kinds of leave: those of the setting, or those that come with the module."""
    return dict(parse_choices(str(get_setting(ctx, "workforce.leave_kinds"))) or parse_choices(_shipped()))


def kind_words(ctx: Ctx, code: str) -> str:
    """A kind of leave in the language of the moment; one that is no longer offered by its shipped name, or its code."""
    known = kinds(ctx).get(code) or dict(parse_choices(_shipped())).get(code)
    return label(known) if known else code


def noon(ctx: Ctx) -> int:
    """When half a day is over, in minutes after midnight."""
    try:
        return minutes_of(str(get_setting(ctx, "workforce.noon")))
    except ValueError:
        return 12 * 60


def get_leave(ctx: Ctx, leave_id: int, *, lock: bool = False) -> Leave:
    """One leave. Raises NotFound."""
    row = ctx.session.get(Leave, leave_id, with_for_update=lock or None)
    if row is None:
        raise NotFound("unknown_leave", _("There is no such leave, or it is not meant for you."))
    return row


def overlapping(start: dt.datetime, end: dt.datetime) -> Any:
    """The leave that touches a time, as a condition."""
    return sa.and_(Leave.starts_at < end, Leave.ends_at > start)


def leave_of(
    ctx: Ctx, user_ids: Iterable[int], start: dt.datetime, end: dt.datetime, states: Sequence[str] = ("agreed",)
) -> dict[int, list[Leave]]:
    """Person → his or her leave that touches a time; one statement."""
    query = sa.select(Leave).where(Leave.assignee_id.in_(sorted(set(user_ids)) or NOBODY), Leave.state.in_(states))
    found: dict[int, list[Leave]] = defaultdict(list)
    for row in ctx.session.scalars(query.where(overlapping(start, end)).order_by(Leave.starts_at, Leave.id)):
        found[row.assignee_id or 0].append(row)
    return found


def span_of(row: Leave) -> Span:
    """From when to when."""
    return row.starts_at, row.ends_at


def when_words(ctx: Ctx, row: Leave) -> str:
    """When somebody is away: ``2026-03-02``, ``2026-03-02 – 2026-03-04``, ``2026-03-02 08:00–12:00``; any language."""
    begins, ends = row.starts_at.astimezone(ctx.tz), row.ends_at.astimezone(ctx.tz)
    if begins.time() == ends.time() == dt.time():
        last = ends.date() - dt.timedelta(days=1)
        if last == begins.date():
            return begins.date().isoformat()
        return f"{begins.date().isoformat()} – {last.isoformat()}"
    until = f"{ends:%H:%M}" if ends.date() == begins.date() else f"{ends:%Y-%m-%d %H:%M}"
    return f"{begins:%Y-%m-%d %H:%M}–{until}"


def tab(ctx: Ctx, key: str) -> Any:
    """What a tab of the list shows."""
    if key == "now":
        return sa.and_(Leave.state == "agreed", Leave.starts_at <= ctx.now, Leave.ends_at > ctx.now)
    if key == "ahead":
        return sa.and_(Leave.state == "agreed", Leave.starts_at > ctx.now)
    if key == "mine":
        return Leave.assignee_id == ctx.actor.user_id
    return Leave.state == key


def count_asked(ctx: Ctx) -> int:
    """How many requests wait."""
    query = sa.select(sa.func.count()).select_from(Leave).where(Leave.state == "asked")
    return ctx.session.scalar(query) or 0
