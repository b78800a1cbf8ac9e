"""Sterile goods sold on the pages of batch and unit, and how many wait on "My work"."""

from __future__ import annotations

from typing import Any

from flask import url_for

from core.api import Ctx, Figure, Panel, _, ref_of
from plugins.base.contracts import UNIT
from plugins.inventory.contracts import BATCH
from plugins.inventory.lists.sterility import case_mark
from plugins.inventory.queries import sterility as queries
from plugins.inventory.services.sterility import VIEW, WORK

SHOWN = 5


def panels_for(ctx: Ctx, record: Any) -> list[Panel]:
    """The newest cases of a batch or a unit, with the way to all of them."""
    try:
        ref = ref_of(ctx, record)
    except LookupError:
        return []
    if ref.kind not in (BATCH, UNIT) or not ref.id or not ctx.can(VIEW):
        return []
    of_batch = ref.kind == BATCH
    rows = (queries.cases_of_batch if of_batch else queries.cases_of_device)(ctx, ref.id, SHOWN)
    if not rows:
        return []
    more = url_for("inventory.sterile_sold_list", tab="all", batch=ref.id) if of_batch else ""
    data = {"cases": [(row, case_mark(row)) for row in rows], "more": more}
    return [Panel(_("Sterile goods sold"), "inventory/_sterile.html", data, "side", 35)]


def figures(ctx: Ctx) -> list[Figure]:
    """How many cases are not ended."""
    if not ctx.can(WORK):
        return []
    count = queries.count_going_on(ctx)
    url = url_for("inventory.sterile_sold_list")
    return [Figure(_("Sterile goods sold to decide"), count, url, "warn", icon="calendar-x")] if count else []
