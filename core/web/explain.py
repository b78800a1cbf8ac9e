"""Clocks and decisions as pages show them: how much is left, and which rule, row, version and facts decided."""

from __future__ import annotations

from decimal import Decimal

from flask import has_request_context, url_for

from core import calendars
from core.calendar_store import calendar
from core.clocks import MET, MISSED, PAUSED, Clock, clocks_on
from core.context import Ctx
from core.decisions.company_names import decision_with_names
from core.decisions.model import Table
from core.decisions.store import DecisionVersion, StoredDecision, declared_table, recall
from core.decisions.words import explain, outputs_words, why_not_words, words_of
from core.i18n import _
from core.web.ui import ClockView, DecisionView, Fact, clock_view

MISSES = 12
"""So many rows that did not decide are told on a record's page, the nearest first."""


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
    decision = decision_with_names(ctx, recall(ctx, stored), declared_table(ctx, stored.table_name))
    table: Table = decision.compiled.table
    told = explain(decision)
    misses = why_not_words(decision, MISSES)
    version = ctx.session.get(DecisionVersion, stored.version_id)
    return DecisionView(
        verdict=verdict or _verdict(table, stored, decision),
        table=words_of(table.label),
        version=stored.version_number,
        row=decision.row_number,
        kind="warn" if stored.outcome == "refer" else kind,
        sentence=told.headline,
        effective=version.effective_from if version else None,
        url=url or rule_url(ctx, stored),
        facts=[Fact(c.label, c.fact, c.words if c.fits and c.words else "", c.fits) for c in told.conditions],
        alternatives=list(told.changes),
        at=stored.made_at,
        misses=misses,
        more_misses=len(table.rows) - len(decision.row_numbers) - len(misses),
    )


def rule_url(ctx: Ctx, stored: StoredDecision) -> str:
    """The page that shows the version which decided, its row marked; empty for those who may not see rule tables."""
    if not has_request_context() or not ctx.can("core.rules.view"):
        return ""
    row = stored.rows[0] if stored.rows else 0
    number = stored.version_number
    return url_for("rules.version", name=stored.table_name, number=number, row=row, _anchor=f"row-{row}")


def _verdict(table: Table, stored: StoredDecision, decision) -> str:
    if stored.outcome == "refer":
        return words_of(table.refer) or _("A person has to decide")
    return "; ".join(outputs_words(table, o) for o in decision.all_outputs)


def share_words(share: str) -> str:
    """A share such as 0.8 in per cent."""
    return f"{(Decimal(share) * 100).normalize():f} %"


__all__ = ["clock_view_of", "clock_views", "decision_view_of", "rule_url", "share_words"]
