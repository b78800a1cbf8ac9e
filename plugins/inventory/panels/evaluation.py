"""The panel on a supplier: how it stands and was evaluated; notices of who is due."""

from __future__ import annotations

from typing import Any

from flask import url_for

from core.api import Ctx, Notice, Panel, _, n_
from plugins.base.queries.suppliers import Supplier
from plugins.inventory.lists.evaluation import standing_mark
from plugins.inventory.queries import evaluation as queries
from plugins.inventory.services.evaluating import EVALUATE, SEE

SHOWN = 8


def panels_for(ctx: Ctx, record: Any) -> list[Panel]:
    """How a supplier stands, when it is due again, how it was evaluated before."""
    if not isinstance(record, Supplier) or not ctx.can(SEE):
        return []
    data = {
        "supplier": record, "mark": standing_mark(record.standing),
        "late": record.active and record.evaluate_on is not None and record.evaluate_on <= ctx.today,
        "rows": [(row, standing_mark(row.standing)) for row in queries.evaluations_of(ctx, record.id, SHOWN)],
        "may": ctx.can(EVALUATE) and record.active,
    }  # fmt: skip
    return [Panel(_("Evaluation"), "inventory/_evaluations.html", data, "side", 40)]


def notices(ctx: Ctx) -> list[Notice]:
    """Suppliers whose evaluation is due, for those who evaluate."""
    count = queries.count_due(ctx) if ctx.can(EVALUATE) else 0
    if not count:
        return []
    title = n_("{n} supplier is due for evaluation", "{n} suppliers are due for evaluation", count)
    url = url_for("inventory.suppliers_list", tab="due")
    text = _("What the period showed is reckoned; scores and a remark are yours.")
    return [Notice(title, text, url, _("Look at them"), "info", "star")]
