"""The panels on a part, from whom it can be had, and on a supplier, what can be had of it."""

from __future__ import annotations

from typing import Any

from core.api import Ctx, Panel, _
from plugins.base.queries.suppliers import Supplier
from plugins.inventory.models import Part
from plugins.inventory.queries.suppliers import sources_from, sources_of

SEE, EDIT = "inventory.supplier.view", "inventory.supplier.edit"
SHOWN = 20


def panels_for(ctx: Ctx, record: Any) -> list[Panel]:
    """From whom a part can be had, what can be had of a supplier, for those who may see that."""
    if isinstance(record, Supplier) and ctx.can(SEE):
        return _of_supplier(ctx, record)
    if not isinstance(record, Part) or not ctx.can(SEE):
        return []
    sources = sources_of(ctx, record.id, SHOWN + 1)
    data = {"sources": sources[:SHOWN], "more": len(sources) > SHOWN, "part": record, "may_edit": ctx.can(EDIT)}
    return [Panel(_("From whom it can be had"), "inventory/_part_sources.html", data, "main", 30)]


def _of_supplier(ctx: Ctx, supplier: Supplier) -> list[Panel]:
    sources = sources_from(ctx, supplier.id, SHOWN + 1)
    data = {"sources": sources[:SHOWN], "more": len(sources) > SHOWN, "supplier": supplier, "may_edit": ctx.can(EDIT)}
    title = _("What can be had")
    return [Panel(title, "inventory/_supplier_sources.html", data, "main", 20, idle=not sources)]
