"""What is printed of orders: the receipt slip, the service sheet that goes along, the voucher that is signed."""

from __future__ import annotations

from typing import Any

from core.api import N_, Ctx, DocumentKind, _
from plugins.base.queries import language_for
from plugins.service import life
from plugins.service.contracts import (
    CAUSE_WORDS,
    KIND_WORDS,
    ORDER,
    OUTCOME_WORDS,
    RECEIPT_SLIP,
    URGENCY_WORDS,
    WORK_KIND_WORDS,
)
from plugins.service.models import Order
from plugins.service.queries import orders as queries
from plugins.service.visit_documents import visit_facts


def _sheet(ctx: Ctx, order: Order) -> dict[str, Any]:
    return {
        **_facts(ctx, order),
        "text": order.text,
        "guidance": [{"at": g.at, "text": g.text} for g in queries.guidance_of(ctx, order.id)],
        "why": order.coverage_words,
        "cause": _(CAUSE_WORDS[order.cause]) if order.cause else "",
        "found": order.cause_text,
        "result": order.result,
        "outcome": _(OUTCOME_WORDS[order.outcome]) if order.outcome else "",
        **visit_facts(ctx, order),
    }


def _voucher(ctx: Ctx, order: Order) -> dict[str, Any]:
    return {
        **_facts(ctx, order),
        "result": order.result,
        "outcome": _(OUTCOME_WORDS[order.outcome]) if order.outcome else "",
        "done": order.done_at,
        "agreed": order.consent_note,
        "agreed_by": order.consent_who,
    }


def _slip(ctx: Ctx, order: Order) -> dict[str, Any]:
    return {**_facts(ctx, order), "taken_by": order.opened_by}


def _facts(ctx: Ctx, order: Order) -> dict[str, Any]:
    names = queries.names_of(ctx, [order.assignee_id])
    product = order.product
    return {
        "number": order.number,
        "kind": _(KIND_WORDS[order.kind]),
        "work_kind": _(WORK_KIND_WORDS[order.work_kind]),
        "urgency": _(URGENCY_WORDS[order.urgency]),
        "customer": (order.customer.name if order.customer is not None else "") or order.person_name,
        "person": order.person_name,
        "phone": order.person_phone,
        "address": order.address,
        "product": " ".join(p for p in (product.name, product.model) if p) if product is not None else "",
        "serial": (order.device.serial if order.device is not None else "") or order.serial_told,
        "subject": order.subject,
        "received": order.received_at,
        "promised": order.promised_at,
        "technician": names.get(order.assignee_id or 0, ""),
        "office": order.office.name if order.office is not None else "",
    }


KINDS = [
    DocumentKind(
        RECEIPT_SLIP, N_("Receipt slip"), ORDER, "service/documents/receipt_slip.html", _slip, life.VIEW,
        "service.receipt_slip_pattern", language=language_for,
    ),
    DocumentKind(
        "service.sheet", N_("Service sheet"), ORDER, "service/documents/sheet.html", _sheet, life.VIEW,
        "service.sheet_pattern", signed=False, language=language_for,
    ),
    DocumentKind(
        "service.voucher", N_("Service voucher"), ORDER, "service/documents/voucher.html", _voucher, life.VIEW,
        "service.voucher_pattern", signed=False, language=language_for,
    ),
]
