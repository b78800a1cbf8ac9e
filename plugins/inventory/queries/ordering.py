"""Purchase orders with their lines, and what the moves for them say."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import Ctx, NotFound, Quantity, _
from plugins.inventory.contracts import ORDER
from plugins.inventory.models import Move, Part, PurchaseOrder, PurchaseOrderLine
from plugins.inventory.queries.parts import NOTHING

OPEN_STATES = ("made", "sent")


def with_words(query: sa.Select) -> sa.Select:
    """Orders with what their lines in lists say."""
    return query.options(
        orm.joinedload(PurchaseOrder.supplier), orm.joinedload(PurchaseOrder.to), orm.joinedload(PurchaseOrder.request)
    )


def get_order(ctx: Ctx, order_id: int, *, lock: bool = False) -> PurchaseOrder:
    """One purchase order. Raises NotFound."""
    query = sa.select(PurchaseOrder).where(PurchaseOrder.id == order_id)
    row = ctx.session.scalar(query.with_for_update().execution_options(populate_existing=True) if lock else
                             with_words(query))  # fmt: skip
    if row is None:
        raise NotFound("unknown_order", _("There is no such purchase order."))
    return row


def lines_of(ctx: Ctx, order_id: int) -> list[PurchaseOrderLine]:
    """What is ordered."""
    query = sa.select(PurchaseOrderLine).where(PurchaseOrderLine.order_id == order_id)
    query = query.options(orm.joinedload(PurchaseOrderLine.part).joinedload(Part.measure))
    return list(ctx.session.scalars(query.order_by(PurchaseOrderLine.id)))


def lines_of_many(ctx: Ctx, order_ids: Collection[int]) -> dict[int, list[PurchaseOrderLine]]:
    """Order → its lines."""
    query = sa.select(PurchaseOrderLine).where(PurchaseOrderLine.order_id.in_(sorted(order_ids) or NOTHING))
    found: dict[int, list[PurchaseOrderLine]] = {}
    for line in ctx.session.scalars(query.order_by(PurchaseOrderLine.id)):
        found.setdefault(line.order_id, []).append(line)
    return found


def known_keys(ctx: Ctx, keys: Iterable[str]) -> set[str]:
    """Those of these keys that loaded lines have already."""
    line = PurchaseOrderLine
    query = sa.select(line.external_key).where(line.external_key.in_(sorted(set(keys)) or [""]))
    return {key for key in ctx.session.scalars(query) if key}


def orders_of(ctx: Ctx, request_id: int) -> list[PurchaseOrder]:
    """The orders that came of a request."""
    query = with_words(sa.select(PurchaseOrder).where(PurchaseOrder.request_id == request_id))
    return list(ctx.session.scalars(query.order_by(PurchaseOrder.id)))


def received_of(ctx: Ctx, order_id: int) -> dict[int, Decimal]:
    """Part → what came in for an order and was not reversed, by the moves."""
    undone = orm.aliased(Move)
    query = sa.select(Move.part_id, sa.func.sum(Move.quantity)).where(
        Move.record_kind == ORDER, Move.record_id == order_id, Move.kind == "receipt",
        ~sa.exists(sa.select(undone.id).where(undone.reverses_id == Move.id)),
    )  # fmt: skip
    return {row[0]: row[1] for row in ctx.session.execute(query.group_by(Move.part_id))}


def open_lines(ctx: Ctx, part_ids: Collection[int]) -> list[tuple[int, int, Decimal]]:
    """(part, for which location, how much) of all that is ordered and still to come."""
    line, order = PurchaseOrderLine, PurchaseOrder
    query = sa.select(line.part_id, order.to_id, sa.type_coerce(sa.func.sum(line.quantity - line.received), Quantity))
    query = query.join(order, order.id == line.order_id).where(
        line.part_id.in_(sorted(part_ids) or NOTHING), order.state.in_(OPEN_STATES), line.quantity > line.received
    )
    return [(row[0], row[1], row[2]) for row in ctx.session.execute(query.group_by(line.part_id, order.to_id))]


def to_come(ctx: Ctx, order_ids: Iterable[int]) -> dict[int, int]:
    """Order → how many of its lines have not come in full."""
    line = PurchaseOrderLine
    query = sa.select(line.order_id, sa.func.count()).where(
        line.order_id.in_(sorted(set(order_ids)) or NOTHING), line.quantity > line.received
    )
    return {row[0]: row[1] for row in ctx.session.execute(query.group_by(line.order_id))}


def count_late(ctx: Ctx) -> int:
    """How many orders should have come by now."""
    query = sa.select(sa.func.count()).select_from(PurchaseOrder)
    return ctx.session.scalar(query.where(PurchaseOrder.state == "sent", PurchaseOrder.expected_on < ctx.today)) or 0
