"""Clocks and decisions as pages show them: how much is left, and which rule, row, version and facts decided."""

from __future__ import annotations

from decimal import Decimal

import sqlalchemy as sa

from core import calendars
from core.calendar_store import calendar
from core.clocks import MET, MISSED, PAUSED, Clock, clocks_on
from core.context import Ctx
from core.decisions.model import Table
from core.decisions.store import DecisionVersion, StoredDecision, recall
from core.decisions.words import explain, outputs_words, words_of
from core.i18n import _
from core.web.ui import ClockView, DecisionView, Fact, clock_view


def clock_view_of(ctx: Ctx, clock: Clock) -> ClockView:
    """A clock as a chip or bar; time left and used are those of its own calendar, pauses left out."""
    cal = calendar(ctx, clock.calendar)
    end = clock.stopped_at or ctx.now
    state = calendars.progress(cal, clock.started_at, clock.limit, end, clock.breaks)
    share = float(clock.warn_share) if clock.warn_share else 0.75
    note = clock.limit.words()
    if clock.state == PAUSED:
        note = _("{limit}; paused: {reason}", limit=note, reason=_(clock.pause_reason))
    left = state.remaining.total_seconds()
    return clock_view(
        _(ctx.registry.clock_kinds[clock.kind].label) if clock.kind in ctx.registry.clock_kinds else clock.kind,
        now=ctx.now,
        limit_seconds=state.total.total_seconds(),
        due=clock.due_at,
        warn_at=clock.warn_at,
        started_at=clock.started_at,
        stopped_at=clock.stopped_at if clock.state in (MET, MISSED) else None,
        paused=clock.state == PAUSED,
        left_seconds=left if clock.limit.runs_in_working_time else None,
        used_seconds=state.used.total_seconds(),
        warn_share=share,
        note=note,
    )


def clock_views(ctx: Ctx, record) -> list[ClockView]:
    """All clocks of a record."""
    return [clock_view_of(ctx, c) for c in clocks_on(ctx, record) if c.state != "cancelled"]


def decision_view_of(
    ctx: Ctx, stored: StoredDecision, *, url: str = "", verdict: str = "", kind: str = "info"
) -> DecisionView:
    """A stored decision taken apart: verdict, row, version, facts, and what would change it."""
    decision = recall(ctx, stored)
    table: Table = decision.compiled.table
    told = explain(decision)
    version = ctx.session.get(DecisionVersion, stored.version_id)
    return DecisionView(
        verdict=verdict or _verdict(table, stored, decision),
        table=words_of(table.label),
        version=stored.version_number,
        row=decision.row_number,
        kind="warn" if stored.outcome == "refer" else kind,
        sentence=told.headline,
        effective=version.effective_from if version else None,
        url=url,
        facts=[Fact(c.label, c.fact, c.words if c.fits and c.words else "", c.fits) for c in told.conditions],
        alternatives=list(told.changes),
        at=stored.made_at,
    )


def _verdict(table: Table, stored: StoredDecision, decision) -> str:
    if stored.outcome == "refer":
        return words_of(table.refer) or _("A person has to decide")
    return "; ".join(outputs_words(table, o) for o in decision.all_outputs)


def rows_fired(ctx: Ctx, table_name: str, since, limit: int = 20_000) -> dict[int, int]:
    """How often each row of a table fired since a moment, by row number, over the newest ``limit`` decisions."""
    query = (
        sa.select(StoredDecision.rows)
        .where(StoredDecision.table_name == table_name, StoredDecision.made_at >= since)
        .order_by(StoredDecision.id.desc())
        .limit(limit)
    )
    counts: dict[int, int] = {}
    for rows in ctx.session.scalars(query):
        for number in rows:
            counts[number] = counts.get(number, 0) + 1
    return counts


def share_words(share: str) -> str:
    """A share such as 0.8 in per cent."""
    return f"{(Decimal(share) * 100).normalize():f} %"


__all__ = ["clock_view_of", "clock_views", "decision_view_of", "rows_fired", "share_words"]
