"""Purchase requests: drawn up, priced, approved by whom the company's table says, refused, withdrawn (GS-19)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from core.api import (
    N_,
    Conflict,
    Ctx,
    Gate,
    Invalid,
    State,
    Transition,
    Workflow,
    _,
    advance,
    check_version,
    emit,
    get_setting,
    n_,
    next_number,
    transaction,
)
from plugins.base.queries.suppliers import get_supplier
from plugins.inventory.contracts import REQUEST, REQUEST_STATE_WORDS, RequestLineData
from plugins.inventory.models import PurchaseRequest, PurchaseRequestLine, ReorderProposal
from plugins.inventory.models.places import INSIDE
from plugins.inventory.queries import purchasing as queries
from plugins.inventory.queries.parts import get_part, part_words, plain_quantity
from plugins.inventory.queries.places import get_location
from plugins.inventory.queries.suppliers import terms_of
from plugins.inventory.rules.sourcing import best, cost
from plugins.inventory.services.common import exact, fitting, required, right

ASK, DECIDE = "inventory.purchase.ask", "inventory.purchase.decide"
MOST_PRICE = Decimal(10) ** 10


def _facts(ctx: Ctx, row: PurchaseRequest, _transition: str) -> Mapping[str, Any]:
    lines = queries.lines_of(ctx, row.id)
    what = queries.what_words(lines)
    content = "; ".join(
        f"{x.part.code} {plain_quantity(x.quantity)} {x.supplier.number if x.supplier else ''} {x.price or 0}"
        for x in lines
    )
    return {"amount": row.amount, "urgent": row.urgent, "content": content, "title": what}


def _ready(ctx: Ctx, row: PurchaseRequest) -> list[Gate]:
    """Suppliers and prices are found out before anybody is asked to approve (GS-19: inquiry, pricing)."""
    lines = queries.lines_of(ctx, row.id)
    if not lines:
        return [Gate("inventory.lines", _("It asks for nothing yet"), True, "#lines", _("Add a line"), waivable=False)]
    lacking = [x for x in lines if x.supplier_id is None or x.price is None]
    if lacking:
        words = n_("{n} line without supplier or price", "{n} lines without supplier or price", len(lacking))
        return [Gate("inventory.priced", words, True, "#lines", _("Fill in"))]
    return [Gate("inventory.priced", _("Every line has a supplier and a price"), False)]


WORKFLOW = Workflow(
    REQUEST,
    (
        State("draft", REQUEST_STATE_WORDS["draft"], "circle-dashed"),
        State("approved", REQUEST_STATE_WORDS["approved"], "circle-check"),
        State("ordered", REQUEST_STATE_WORDS["ordered"], "shopping-cart", final=True),
        State("refused", REQUEST_STATE_WORDS["refused"], "circle-x", final=True),
        State("withdrawn", REQUEST_STATE_WORDS["withdrawn"], "undo-2", final=True),
    ),
    (
        Transition("approve", N_("Approve the purchase"), ("draft",), "approved", ASK, gates=(_ready,)),
        Transition("order", N_("Order it"), ("approved",), "ordered", DECIDE),
        Transition("refuse", N_("Refuse the purchase"), ("draft",), "refused", DECIDE, True),
        Transition("withdraw", N_("Withdraw the request"), ("draft", "approved"), "withdrawn", ASK, True),
    ),
    fact_columns=(
        {"name": "urgent", "label": N_("Guarantee part is short"), "type": "bool"},
        {"name": "content", "label": N_("What is asked for"), "type": "str"},
    ),
    facts=_facts,
)


# --- drawing up -----------------------------------------------------------------------------------------------------


def draw_up(ctx: Ctx, reason: str = "", *, urgent: bool = False, allowed: bool = False) -> PurchaseRequest:
    """Begin a purchase request, without lines."""
    right(ctx, ASK, allowed)
    with transaction(ctx):
        row = PurchaseRequest(
            number=next_number(ctx, REQUEST, str(get_setting(ctx, "inventory.request_pattern"))),
            reason=fitting(reason, "reason", 2000), urgent=urgent, asked_at=ctx.now, asked_by=ctx.actor.name,
        )  # fmt: skip
        ctx.session.add(row)
        ctx.session.flush()
        emit(ctx, "inventory.purchase_asked", row, number=row.number, reason=row.reason)
        return row


def request_of(
    ctx: Ctx, proposals: Sequence[ReorderProposal], *, urgent: bool = False, allowed: bool = False
) -> PurchaseRequest:
    """A request for what was proposed, from the suppliers proposed and at their prices."""
    with transaction(ctx):
        row = draw_up(ctx, _("Reorder proposals"), urgent=urgent, allowed=allowed)
        terms = terms_of(ctx, {p.part_id for p in proposals})
        for proposal in proposals:
            offers = [t for t in terms.get(proposal.part_id, ()) if t.supplier_id == proposal.supplier_id]
            offer = best(offers)
            line = PurchaseRequestLine(
                request_id=row.id, part_id=proposal.part_id, location_id=proposal.location_id,
                supplier_id=proposal.supplier_id, quantity=proposal.quantity, price=offer.price if offer else None,
            )  # fmt: skip
            ctx.session.add(line)
            proposal.state, proposal.request_id = "requested", row.id
        ctx.session.flush()
        _add_up(ctx, row)
        what = queries.what_words(queries.lines_of(ctx, row.id))
        emit(ctx, "inventory.purchase_lines", row, number=row.number, what=what)
        return row


def save_line(
    ctx: Ctx, request_id: int, data: RequestLineData, line_id: int | None = None, *, version: int | None = None
) -> PurchaseRequestLine:
    """Add a line to a request that is being drawn up, or change one. Without supplier and price those known are put."""
    ctx.require(ASK)
    with transaction(ctx):
        row = _draft(ctx, request_id, version)
        line = _own_line(ctx, row, line_id) if line_id else None
        part = part_words(ctx, [get_part(ctx, data.part_id).id])[data.part_id]
        if not part.active:
            raise Invalid("part_retired", _("{part} is no longer kept.", part=part.code), "part")
        exact(part, data.quantity)
        if data.price is not None and not (data.price.is_finite() and 0 <= data.price < MOST_PRICE):
            raise Invalid("bad_price", _("A price is 0 or more."), "price")
        if data.location_id is not None and get_location(ctx, data.location_id).kind not in INSIDE:
            raise Invalid("outside", _("Choose a location inside the company."), "location_id")
        supplier_id, price = data.supplier_id, data.price
        offers = terms_of(ctx, [part.id]).get(part.id, [])
        if supplier_id is None and line is None:
            offer = best(offers)
            supplier_id = offer.supplier_id if offer else None
        elif supplier_id is not None:
            get_supplier(ctx, supplier_id)
        if price is None and supplier_id is not None:
            price = next((t.price for t in offers if t.supplier_id == supplier_id), None)
        line = line or PurchaseRequestLine(request_id=row.id)
        line.part_id, line.quantity, line.location_id = part.id, data.quantity, data.location_id
        line.supplier_id, line.price = supplier_id, price
        ctx.session.add(line)
        ctx.session.flush()
        ctx.session.expire(line)
        _add_up(ctx, row)
        what = f"{part.code} × {plain_quantity(data.quantity)}"
        emit(ctx, "inventory.purchase_lines", row, number=row.number, what=what)
        return line


def drop_line(ctx: Ctx, line_id: int) -> PurchaseRequest:
    """Take a line out of a request that is being drawn up."""
    ctx.require(ASK)
    with transaction(ctx):
        line = queries.get_line(ctx, line_id)
        row = _draft(ctx, line.request_id)
        code = line.part.code
        ctx.session.delete(line)
        ctx.session.flush()
        _add_up(ctx, row)
        emit(ctx, "inventory.purchase_line_dropped", row, number=row.number, code=code)
        return row


def _draft(ctx: Ctx, request_id: int, version: int | None = None) -> PurchaseRequest:
    row = queries.get_request(ctx, request_id, lock=True)
    check_version(row, version)
    if row.state != "draft":
        words = _("{number} is no longer being drawn up; its lines stay as they are.", number=row.number)
        raise Conflict("not_draft", words)
    return row


def _own_line(ctx: Ctx, row: PurchaseRequest, line_id: int) -> PurchaseRequestLine:
    line = queries.get_line(ctx, line_id)
    if line.request_id != row.id:
        raise Conflict("other_request", _("This line belongs to another request."))
    return line


def _add_up(ctx: Ctx, row: PurchaseRequest) -> None:
    lines = queries.lines_of(ctx, row.id)
    row.amount = sum((cost(line.price, line.quantity) for line in lines), Decimal(0))
    ctx.session.flush()


# --- deciding -------------------------------------------------------------------------------------------------------


def approve(ctx: Ctx, request_id: int, *, version: int | None = None) -> PurchaseRequest:
    """It may be ordered. Where the company's table asks for approvals, they are asked for instead."""
    with transaction(ctx):
        row = queries.get_request(ctx, request_id, lock=True)
        check_version(row, version)
        advance(ctx, WORKFLOW, row, "approve")
        ctx.session.flush()
        emit(ctx, "inventory.purchase_approved", row, number=row.number)
        return row


def refuse(ctx: Ctx, request_id: int, reason: str, *, version: int | None = None) -> PurchaseRequest:
    """It is not bought, with a reason; the proposals behind it stay silent for a while."""
    return _end(ctx, request_id, "refuse", reason, version)


def withdraw(ctx: Ctx, request_id: int, reason: str, *, version: int | None = None) -> PurchaseRequest:
    """It is not asked for any more, with a reason; what is still short is proposed again."""
    return _end(ctx, request_id, "withdraw", reason, version)


def _end(ctx: Ctx, request_id: int, transition: str, reason: str, version: int | None) -> PurchaseRequest:
    with transaction(ctx):
        row = queries.get_request(ctx, request_id, lock=True)
        check_version(row, version)
        required(reason, "reason", _("Give a reason."), 2000)
        advance(ctx, WORKFLOW, row, transition, reason=reason)
        row.ended_reason = reason.strip()
        days = int(get_setting(ctx, "inventory.dismissed_days"))
        for proposal in queries.proposals_of(ctx, row.id):
            proposal.request_id = None
            proposal.state = "dismissed" if transition == "refuse" else "gone"
            proposal.until = ctx.today + dt.timedelta(days=days) if transition == "refuse" else None
        ctx.session.flush()
        event = "inventory.purchase_refused" if transition == "refuse" else "inventory.purchase_withdrawn"
        emit(ctx, event, row, number=row.number, reason=row.ended_reason)
        return row


def approved(ctx: Ctx, request_id: int) -> None:
    """What the last approval of a request leads to; nothing where it went on without it."""
    if queries.get_request(ctx, request_id).state == "draft":
        approve(ctx, request_id)


def refused(ctx: Ctx, request_id: int, reason: str) -> None:
    """What a refused approval of a request leads to; nothing where it went on without it."""
    if queries.get_request(ctx, request_id).state == "draft":
        refuse(ctx, request_id, reason or _("Not approved"))
