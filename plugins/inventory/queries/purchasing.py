"""Purchase requests, with their lines and words."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import Ctx, NotFound, _
from plugins.inventory.models import Part, PurchaseRequest, PurchaseRequestLine, ReorderProposal
from plugins.inventory.queries.parts import NOTHING, plain_quantity


def get_request(ctx: Ctx, request_id: int, *, lock: bool = False) -> PurchaseRequest:
    """One purchase request. Raises NotFound."""
    query = sa.select(PurchaseRequest).where(PurchaseRequest.id == request_id)
    row = ctx.session.scalar(query.with_for_update() if lock else query)
    if row is None:
        raise NotFound("unknown_request", _("There is no such purchase request."))
    return row


def lines_of(ctx: Ctx, request_id: int) -> list[PurchaseRequestLine]:
    """What a request asks for."""
    query = _told(sa.select(PurchaseRequestLine).where(PurchaseRequestLine.request_id == request_id))
    return list(ctx.session.scalars(query.order_by(PurchaseRequestLine.id)))


def get_line(ctx: Ctx, line_id: int) -> PurchaseRequestLine:
    """One line of a request. Raises NotFound."""
    row = ctx.session.scalar(_told(sa.select(PurchaseRequestLine).where(PurchaseRequestLine.id == line_id)))
    if row is None:
        raise NotFound("unknown_line", _("There is no such line."))
    return row


def _told(query: sa.Select) -> sa.Select:
    return query.options(
        orm.joinedload(PurchaseRequestLine.part).joinedload(Part.measure),
        orm.joinedload(PurchaseRequestLine.supplier), orm.joinedload(PurchaseRequestLine.location),
    )  # fmt: skip


def what_words(lines: Iterable[PurchaseRequestLine]) -> str:
    """What is asked for, by code and quantity: ``BELT × 12, OIL × 5``."""
    return ", ".join(f"{line.part.code} × {plain_quantity(line.quantity)}" for line in lines)


def proposals_of(ctx: Ctx, request_id: int) -> list[ReorderProposal]:
    """The proposals that a request goes back to."""
    query = sa.select(ReorderProposal).where(ReorderProposal.request_id == request_id)
    query = query.options(orm.joinedload(ReorderProposal.part).joinedload(Part.measure))
    return list(ctx.session.scalars(query.order_by(ReorderProposal.id)))


def counts(ctx: Ctx, request_ids: Iterable[int]) -> dict[int, int]:
    """Request → how many lines it has."""
    line = PurchaseRequestLine
    query = sa.select(line.request_id, sa.func.count()).where(line.request_id.in_(sorted(set(request_ids)) or NOTHING))
    return {row[0]: row[1] for row in ctx.session.execute(query.group_by(line.request_id))}
