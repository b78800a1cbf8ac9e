"""What is printed of a customer's item: the receipt for the customer, the tag that hangs on it, and the repair card."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from core.api import N_, Conflict, Ctx, DocumentKind, _
from plugins.service.contracts import WORK_KIND_WORDS
from plugins.service.models import BenchTest, Item
from plugins.service.queries import workshop as queries
from plugins.service.queries.orders import language_of_order as of_order
from plugins.service.rules.workshop import plain_number
from plugins.service.services.workshop import TAKE
from plugins.service.workshop_contracts import CARD, ITEM, RECEIPT, TAG, TEST_WORDS

NOUGHT = Decimal(0)


def _facts(ctx: Ctx, item: Item) -> dict[str, Any]:
    order = item.order
    return {
        "item": item.number,
        "order": order.number,
        "name": item.name,
        "serial": item.serial,
        "customer": (order.customer.name if order.customer is not None else "") or order.person_name,
        "phone": order.person_phone,
        "from": item.from_name,
        "taken": item.taken_at,
        "taken_by": item.taken_by,
        "return_on": item.return_on,
        "fault": order.subject,
    }


def _receipt(ctx: Ctx, item: Item) -> dict[str, Any]:
    if item.state != "here":
        raise Conflict("returned_already", _("{number} was handed back already.", number=item.number))
    return {**_facts(ctx, item), "condition": item.condition, "accessories": item.accessories}


def _tag(ctx: Ctx, item: Item) -> dict[str, Any]:
    return {**_facts(ctx, item), "accessories": item.accessories}


def _result(test: BenchTest) -> str:
    code = "passed" if test.passed else "failed"
    return _(TEST_WORDS[code])


def _card(ctx: Ctx, item: Item) -> dict[str, Any]:
    rows = queries.entries_of(ctx, item.id)
    return {
        **_facts(ctx, item),
        "work_kind": _(WORK_KIND_WORDS[item.order.work_kind]),
        "text": item.order.text,
        "condition": item.condition,
        "accessories": item.accessories,
        "lines": [
            {
                "at": e.at,
                "what": e.what,
                "code": e.code,
                "amount": _("{n} min", n=e.minutes) if e.minutes else plain_number(e.quantity or NOUGHT),
                "by": e.by_name,
            }
            for e in rows
        ],
        "minutes": sum(e.minutes or 0 for e in rows),
        "tests": [{"at": t.at, "result": _result(t), "by": t.by_name} for t in queries.tests_of(ctx, item.id)],
        "inspected": item.inspected_at,
        "inspected_by": item.inspected_by,
    }


KINDS = [
    DocumentKind(
        RECEIPT, N_("Receipt for a customer's item"), ITEM, "service/documents/receipt.html", _receipt, TAKE,
        "service.receipt_pattern", ready=lambda item: item.state == "here", language=of_order,
    ),
    DocumentKind(
        TAG, N_("Tag"), ITEM, "service/documents/tag.html", _tag, TAKE, "service.tag_pattern", signed=False,
        paper="label",
    ),
    DocumentKind(
        CARD, N_("Repair card"), ITEM, "service/documents/card.html", _card, TAKE, "service.card_pattern", signed=False
    ),
]
