"""What requests for parts add elsewhere: a panel on records that need parts, what waits for the storekeeper."""

from __future__ import annotations

from typing import Any

from flask import url_for

from core.api import Ctx, Panel, WorkItem, _
from plugins.inventory.lists.part_requests import part_request_mark, urgency_marks
from plugins.inventory.part_request_contracts import PART_REQUEST
from plugins.inventory.queries import part_requests as queries
from plugins.inventory.services.part_requests import ASK, SERVE, VIEW
from plugins.inventory.services.reserving import ranking

SHOWN = 20


def panels_for(ctx: Ctx, record: Any) -> list[Panel]:
    """What was asked for a record that needs parts, and the way to ask for more."""
    if not ctx.can(VIEW):
        return []
    ref = queries.demand_of(ctx, record, [kind for kind in ranking(ctx) if kind != PART_REQUEST])
    if ref is None:
        return []
    rows = queries.requests_for(ctx, ref)
    may_ask = ctx.can(ASK)
    if not rows and not may_ask:
        return []
    lines = queries.contents(ctx, [row.id for row in rows])
    data = {
        "rows": [(row, queries.what_words(lines.get(row.id, ())), part_request_mark(row)) for row in rows],
        "ask": url_for("inventory.part_request_new", kind=ref.kind, record=ref.id) if may_ask else "",
    }
    idle = not any(row.state in queries.OPEN_STATES for row in rows)
    return [Panel(_("Parts asked for"), "inventory/_part_requests.html", data, "main", 46, idle=idle)]


def work(ctx: Ctx) -> list[WorkItem]:
    """Each request that is approved and not handed over, for who serves them."""
    if not ctx.can(SERVE):
        return []
    rows = queries.to_hand_over(ctx, SHOWN)
    lines = queries.contents(ctx, [row.id for row in rows])
    clocks = queries.clocks_of(ctx, [row.id for row in rows])
    items = []
    for row in rows:
        clock = clocks.get(row.id)
        items.append(
            WorkItem(
                title=queries.what_words(lines.get(row.id, ())),
                url=url_for("inventory.part_request_page", record_id=row.id), number=row.number,
                kind=_("Request for parts"), icon="hand-helping", due=clock.due_at if clock is not None else None,
                clock=clock, detail=", ".join(mark.text for mark in urgency_marks(row)),
                next_step=_("Pick and hand over"),
            )
        )  # fmt: skip
    return items
