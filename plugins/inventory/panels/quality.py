"""What quality adds to pages: what of a record lies in quarantine, what a part is worth, ways out of the stock."""

from __future__ import annotations

from typing import Any

from flask import url_for

from core.api import Ctx, Notice, Panel, RecordRef, _, n_, ref_of
from core.web_api import money_words
from plugins.inventory.contracts import BALANCE, PART
from plugins.inventory.lists.quality import inspection_mark
from plugins.inventory.panels import OWN, PRODUCT
from plugins.inventory.quality_contracts import INSPECTION, SCRAP, SUPPLIER_RETURN
from plugins.inventory.queries import quality as queries
from plugins.inventory.queries import stock as stock_queries
from plugins.inventory.services import costs, quality, returns, scrapping

SHOWN = 20


def panels_for(ctx: Ctx, record: Any) -> list[Panel]:
    """Panels of quality on the page of a record."""
    try:
        ref = ref_of(ctx, record)
    except LookupError:
        return []
    if not ref.id:
        return []
    if ref.kind == PART:
        return _worth(ctx, record)
    if ref.kind == BALANCE:
        return _ways(ctx, record)
    if ref.kind in (*OWN, PRODUCT, INSPECTION, SCRAP, SUPPLIER_RETURN):
        return []
    return _brought_back(ctx, ref)


def _worth(ctx: Ctx, part: Any) -> list[Panel]:
    if not (ctx.can(costs.EDIT) or ctx.can(quality.VIEW)):
        return []
    row, may = queries.get_cost(ctx, part.id), ctx.can(costs.EDIT)
    if row is None and not may:
        return []
    data = {"part": part, "amount": money_words(row.amount, ctx.company.currency) if row else "", "may": may}
    return [Panel(_("What it is worth"), "inventory/_worth.html", data, "side", 60)]


def _ways(ctx: Ctx, balance: Any) -> list[Panel]:
    if not balance.on_hand:
        return []
    in_quarantine = balance.location is not None and balance.location.kind == "quarantine"
    waiting = []
    if ctx.can(quality.VIEW) and in_quarantine:
        key = (balance.part_id, balance.batch_id, balance.serial_id, balance.location_id)
        waiting = [(row, inspection_mark(row)) for row in queries.waiting_on(ctx, *key, SHOWN)]
    may = {"inspect": ctx.can(quality.INSPECT), "scrap": ctx.can(scrapping.ASK) and not in_quarantine}
    if not waiting and not any(may.values()):
        return []
    data = {"balance": balance, "waiting": waiting, "may": may, "in_quarantine": in_quarantine}
    return [Panel(_("Quality"), "inventory/_ways.html", data, "side", 50)]


def _brought_back(ctx: Ctx, ref: RecordRef) -> list[Panel]:
    may_take = ctx.can(returns.TAKE)
    if not (ctx.can(quality.VIEW) or may_take):
        return []
    rows = queries.inspections_for(ctx, ref, SHOWN) if ctx.can(quality.VIEW) else []
    issued = may_take and stock_queries.was_issued(ctx, ref)
    if not rows and not issued:
        return []
    data = {
        "rows": [(row, inspection_mark(row)) for row in rows],
        "take": url_for("inventory.return_new", kind=ref.kind, record=ref.id) if issued else "",
    }
    return [Panel(_("Brought back"), "inventory/_brought_back.html", data, "main", 46)]


def notices(ctx: Ctx) -> list[Notice]:
    """What waits in quarantine, for those who decide."""
    if not ctx.can(quality.INSPECT):
        return []
    count = queries.count_open(ctx)
    if not count:
        return []
    title = n_("{n} lot waits in quarantine for a decision", "{n} lots wait in quarantine for a decision", count)
    url = url_for("inventory.inspections_list", tab="open")
    return [Notice(title, _("Until then it can’t be used."), url, _("Look at them"), "warn", "clipboard-check")]
