"""What buying does when stock goes down, and when requests are approved or refused."""

from __future__ import annotations

import sqlalchemy as sa

from core.api import Ctx, Event
from plugins.inventory.contracts import BATCH, ORDER, REQUEST
from plugins.inventory.models import Batch, Move, Reservation
from plugins.inventory.services import ordering, purchasing, reorder


def stock_went(ctx: Ctx, event: Event) -> None:
    """Stock was moved: guarantee parts that fell below their minimum are requested at once (SB-4)."""
    moves = event.facts.get("moves") or []
    if len(moves) == 2:
        query = sa.select(Move.part_id).where(Move.id.between(int(moves[0]), int(moves[1]))).distinct()
        reorder.replenish(ctx, set(ctx.session.scalars(query)))


def receipt_reversed(ctx: Ctx, event: Event) -> None:
    """What came in for purchase orders was reversed: they are counted anew."""
    moves = event.facts.get("moves") or []
    if len(moves) == 2:
        undone = sa.select(Move.reverses_id).where(Move.id.between(int(moves[0]), int(moves[1])))
        query = sa.select(Move.record_id).where(Move.id.in_(undone), Move.record_kind == ORDER).distinct()
        for order_id in sorted(i for i in ctx.session.scalars(query) if i is not None):
            ordering.recount(ctx, order_id)


def stock_reserved(ctx: Ctx, event: Event) -> None:
    """What is reserved is no longer free: the same."""
    query = sa.select(Reservation.part_id).where(
        Reservation.record_kind == event.record_kind, Reservation.record_id == event.record_id
    )
    reorder.replenish(ctx, set(ctx.session.scalars(query.distinct())))


def batch_held(ctx: Ctx, event: Event) -> None:
    """What is held is no longer free: the same."""
    if event.record_kind == BATCH:
        reorder.replenish(ctx, set(ctx.session.scalars(sa.select(Batch.part_id).where(Batch.id == event.record_id))))


def approved(ctx: Ctx, event: Event) -> None:
    """The last approver agreed to a purchase: it may be ordered, nothing more is to be entered."""
    if event.record_kind == REQUEST and event.record_id is not None:
        purchasing.approved(ctx, event.record_id)


def refused(ctx: Ctx, event: Event) -> None:
    """An approver refused a purchase: it is refused for good."""
    if event.record_kind == REQUEST and event.record_id is not None:
        purchasing.refused(ctx, event.record_id, str(event.facts.get("reason") or ""))
