"""The panel on a part: from whom it can be had."""

from __future__ import annotations

from typing import Any

from core.api import Ctx, Panel, _
from plugins.inventory.models import Part
from plugins.inventory.queries.suppliers import sources_of

SEE, EDIT = "inventory.supplier.view", "inventory.supplier.edit"
SHOWN = 20


def panels_for(ctx: Ctx, record: Any) -> list[Panel]:
    """From whom a part can be had, for those who may see suppliers."""
    if not isinstance(record, Part) or not ctx.can(SEE):
        return []
    sources = sources_of(ctx, record.id, SHOWN + 1)
    data = {"sources": sources[:SHOWN], "more": len(sources) > SHOWN, "part": record, "may_edit": ctx.can(EDIT)}
    return [Panel(_("From whom it can be had"), "inventory/_part_sources.html", data, "main", 30)]
