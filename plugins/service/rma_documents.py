"""What is printed of a return: the label that travels with it, and the report of an analysis for the customer."""

from __future__ import annotations

from typing import Any

from core.api import N_, Conflict, Ctx, DocumentKind, _
from plugins.service.models import Rma
from plugins.service.queries.orders import language_of_order as of_order
from plugins.service.rma_contracts import (
    ANALYSIS_REPORT,
    PURPOSE_WORDS,
    RESULT_WORDS,
    RMA,
    RMA_LABEL,
)
from plugins.service.rma_life import RECEIVE, SEND
from plugins.service.rules.workshop import plain_number


def _facts(item: Rma) -> dict[str, Any]:
    order = item.order
    return {
        "number": item.number,
        "order": order.number,
        "name": item.name,
        "part_number": item.part_number,
        "serial": item.serial or item.serial_received,
        "quantity": plain_number(item.quantity),
        "purpose": _(PURPOSE_WORDS[item.purpose]),
        "from": order.office.name if order.office is not None else "",
        "to": item.to_unit.name if item.to_unit is not None else "",
        "fault": order.subject,
    }


def _travels(item: Rma) -> bool:
    return item.state in ("expected", "sent")


def _label(ctx: Ctx, item: Rma) -> dict[str, Any]:
    if not _travels(item):
        raise Conflict("not_awaited", _("{number} is no longer on its way.", number=item.number))
    return _facts(item)


def _report(ctx: Ctx, item: Rma) -> dict[str, Any]:
    if not item.result:
        raise Conflict("not_examined", _("{number} has not been examined yet.", number=item.number))
    order = item.order
    return {
        **_facts(item),
        "customer": (order.customer.name if order.customer is not None else "") or order.person_name,
        "text": order.text,
        "received": item.received_at,
        "condition": item.condition,
        "examined": item.examined_at,
        "examined_by": item.examined_by,
        "result": _(RESULT_WORDS[item.result]),
        "found": item.result_text,
    }


KINDS = [
    DocumentKind(
        RMA_LABEL, N_("Label of a return"), RMA, "service/documents/rma_label.html", _label, SEND,
        "service.rma_label_pattern", signed=False, paper="label", ready=_travels,
    ),
    DocumentKind(
        ANALYSIS_REPORT, N_("Report of an analysis"), RMA, "service/documents/analysis_report.html", _report,
        RECEIVE, "service.analysis_pattern", ready=lambda item: bool(item.result),
        language=of_order,
    ),
]
