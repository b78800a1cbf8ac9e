"""Parts: what is to be brought, what was used. Through the stock's module where one answers, else written by hand."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from core.api import Conflict, Ctx, Invalid, _, ask, emit, transaction
from plugins.service.life import WORK
from plugins.service.models import Order, PartLine, Visit
from plugins.service.queries import visits as queries
from plugins.service.services.common import chosen, links_of, require_open, required
from plugins.service.services.rma import follow_part
from plugins.service.services.sending import known, locked, order_ref, remember, to_work_on
from plugins.service.visit_contracts import PART_WORDS, PartData, PartUse

MOST = Decimal(10) ** 9


def plan_part(ctx: Ctx, order_id: int, data: PartData) -> PartLine:
    """Put a part or tool on the list of what to bring; one from stock is reserved by its module."""
    ctx.require(WORK)
    with transaction(ctx):
        order = locked(ctx, order_id)
        require_open(order)
        row = _line(ctx, order, data)
        row.planned = _quantity(data.quantity, at_least=True)
        ctx.session.add(row)
        ctx.session.flush()
        _reserve(ctx, order, row)
        emit(ctx, "service.part_planned", order, links=links_of(order), part=row.name, quantity=f"{row.planned:f}")
        return row


def drop_part(ctx: Ctx, part_id: int) -> Order:
    """Take something off the list of what to bring; what was used stays."""
    ctx.require(WORK)
    with transaction(ctx):
        row = queries.get_part(ctx, part_id)
        order = locked(ctx, row.order_id)
        require_open(order)
        if row.visit_id is not None:
            raise Conflict("used", _("{part} was used already.", part=row.name))
        row.planned = Decimal(0)
        _reserve(ctx, order, row)
        ctx.session.delete(row)
        ctx.session.flush()
        emit(ctx, "service.part_dropped", order, links=links_of(order), part=row.name)
        return order


def pack(ctx: Ctx, part_id: int, packed: bool) -> PartLine:
    """Tick something off the list of what to bring, or not; saying the same twice changes nothing."""
    ctx.require(WORK)
    with transaction(ctx):
        row = queries.get_part(ctx, part_id)
        order = locked(ctx, row.order_id)
        require_open(order)
        if packed != (row.packed_at is not None):
            row.packed_at = ctx.now if packed else None
            emit(ctx, "service.part_packed" if packed else "service.part_unpacked", order, part=row.name)
        return row


def save_parts(
    ctx: Ctx, visit_id: int, used: Mapping[str, Decimal], once: str, added: PartData | None = None
) -> Visit:
    """What was used on a visit, in all: ``used`` maps the id of a line (or ``stock:<ref>``) to its quantity.

    ``added`` is one more, written by hand. Sent again with the same ``once`` it changes nothing.
    """
    ctx.require(WORK)
    with transaction(ctx):
        visit = to_work_on(ctx, visit_id)
        if known(ctx, once) is not None:
            return visit
        if visit.state != "on_site":
            raise Conflict("ended_already", _("This visit has ended already; what was sent first counts."))
        order = visit.order
        remember(ctx, once, "parts", visit)
        rows = {str(r.id): r for r in queries.parts_of(ctx, order.id) if r.visit_id in (None, visit.id)}
        offered = {o.ref: o for o in queries.offers(ctx, order) or ()}
        uses: list[PartUse] = []
        for key, quantity in used.items():
            row = rows.get(key)
            ref = key.removeprefix("stock:")
            if row is None and key.startswith("stock:") and ref in offered and quantity:
                row = _line(ctx, order, PartData(ref=ref))
                ctx.session.add(row)
            if row is not None:
                _use(ctx, visit, order, row, _quantity(quantity), uses)
        if added is not None and (added.name.strip() or added.ref):
            row = _line(ctx, order, added)
            ctx.session.add(row)
            _use(ctx, visit, order, row, _quantity(added.quantity, at_least=True), uses)
        ctx.session.flush()
        if uses:
            ask(ctx, "use_parts", order=order, uses=uses, once=once)
        emit(ctx, "service.parts_saved", visit, links=[order_ref(order)], number=order.number)
        return visit


def _use(ctx: Ctx, visit: Visit, order: Order, row: PartLine, quantity: Decimal, uses: list[PartUse]) -> None:
    """So much of a line was used in all; what the stock has to book of it is added to ``uses``."""
    before = row.used or Decimal(0)
    if quantity == before:
        return
    row.used, row.visit_id = quantity, visit.id if quantity else None
    ctx.session.flush()
    if row.source == "stock":
        uses.append(PartUse(row.ref, quantity, before, visit.id))
    follow_part(ctx, order, row)
    if not quantity and not row.planned:
        ctx.session.delete(row)


def _line(ctx: Ctx, order: Order, data: PartData) -> PartLine:
    kind = chosen(data.kind, PART_WORDS, "kind")
    row = PartLine(
        order_id=order.id, kind=kind, source="hand", name="", planned=Decimal(0), used=Decimal(0),
        by_name=ctx.actor.name,
    )  # fmt: skip
    if data.ref:
        offer = next((o for o in queries.offers(ctx, order) or () if o.ref == data.ref), None)
        if offer is None:
            raise Invalid("unknown_part", _("The stock has no such part."), "ref")
        row.source, row.ref, row.name = "stock", offer.ref, offer.name
        row.number, row.unit = offer.number, offer.unit
        return row
    row.name = required(data.name, "name", _("Say what it is."), 200)
    row.number, row.unit = data.number.strip()[:80], data.unit.strip()[:20]
    return row


def _reserve(ctx: Ctx, order: Order, row: PartLine) -> None:
    if row.source != "stock":
        return
    lines = [r for r in queries.parts_of(ctx, order.id) if r.ref == row.ref and r.source == "stock"]
    total = sum((r.planned for r in lines), Decimal(0))
    ask(ctx, "reserve_parts", order=order, parts={row.ref: total})


def _quantity(value: Decimal, *, at_least: bool = False) -> Decimal:
    if not value.is_finite() or not 0 <= value < MOST or (at_least and not value):
        raise Invalid("bad_quantity", _("A quantity is a number above 0."), "quantity")
    return value
