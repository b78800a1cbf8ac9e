"""What the day book adds to pages: gates of the voucher, the section of an order's page, a figure for the head."""

from __future__ import annotations

from typing import Any

from flask import has_request_context, url_for

from core.api import Ctx, Figure, Gate, Panel, _
from plugins.service import life
from plugins.service.contracts import INQUIRY
from plugins.service.daybook_contracts import VOUCHER_STEP
from plugins.service.models import Order
from plugins.service.queries import daybook as queries
from plugins.service.services.daybook import CLOSE_DAY, FILE, may_file


def voucher_url(order: Order, anchor: str = "") -> str:
    """The page of an order's vouchers."""
    if not has_request_context():  # a condition asked by the worker
        return ""
    return url_for("service.voucher_page", record_id=order.id, _anchor=anchor or None)


def gates(ctx: Ctx, record: Any, transition: str) -> list[Gate]:
    """VCH-3: the voucher is drawn before somebody is dispatched. VCH-4: it is filed before the order is archived."""
    if not isinstance(record, Order) or record.kind == INQUIRY:
        return []
    asked = VOUCHER_STEP in record.steps
    if transition == "dispatch" and asked:
        drawn = bool(queries.vouchers_of(ctx, [record.id]))
        text = _("The voucher is drawn") if drawn else _("No voucher was drawn yet")
        return [Gate("service.voucher", text, not drawn, voucher_url(record), _("Draw it"))]
    if transition == "archive":
        vouchers = queries.vouchers_of(ctx, [record.id]).get(record.id, [])
        open_ = [d.number for d, f in vouchers if f is None]
        if asked and not vouchers:
            return [Gate("service.filed", _("No voucher was drawn yet"), True, voucher_url(record), _("Draw it"))]
        if asked or len(open_) < len(vouchers):
            text = _("Voucher {number} is not filed", number=_(", ").join(open_)) if open_ else _("Vouchers are filed")
            return [Gate("service.filed", text, bool(open_), voucher_url(record), _("File it"))]
    return []


def panels(ctx: Ctx, record: Any) -> list[Panel]:
    """On an order's page: its vouchers and where they are filed."""
    if not isinstance(record, Order) or record.kind == INQUIRY or not ctx.can(life.VIEW):
        return []
    vouchers = queries.vouchers_of(ctx, [record.id]).get(record.id, [])
    if not vouchers and VOUCHER_STEP not in record.steps:
        return []
    to_file = may_file(record) and any(filed is None for _document, filed in vouchers)
    data = {"vouchers": vouchers, "url": voucher_url(record), "may_file": may_file(record) and ctx.can(FILE)}
    return [Panel(_("Vouchers"), "service/_vouchers.html", data, order=23, idle=not to_file)]


def figures(ctx: Ctx) -> list[Figure]:
    """For the head: signed vouchers of the own unit that are not filed."""
    if not ctx.can(CLOSE_DAY):
        return []
    unit = queries.unit_of_book(ctx, None)
    if unit is None:
        return []
    count = queries.figures(ctx, unit, ctx.today)["not_filed"]
    url = url_for("service.vouchers_list", tab="not_filed")
    return [Figure(_("Signed, not filed"), count, url, "warn" if count else "plain", icon="folder-check")]
