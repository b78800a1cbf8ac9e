"""What moves of people do when others tell something: approvals of requests, goods that came, orders that ended."""

from __future__ import annotations

import sqlalchemy as sa

from core.api import Ctx, Event, RecordRef
from plugins.inventory.models import Move
from plugins.inventory.part_request_contracts import PART_REQUEST
from plugins.inventory.services import part_requests


def approved(ctx: Ctx, event: Event) -> None:
    """The last approver agreed to a request for parts: they are kept, nothing more is to be entered."""
    if event.record_kind == PART_REQUEST and event.record_id is not None:
        part_requests.approved(ctx, event.record_id)


def refused(ctx: Ctx, event: Event) -> None:
    """An approver refused a request for parts: it is refused for good."""
    if event.record_kind == PART_REQUEST and event.record_id is not None:
        part_requests.refused(ctx, event.record_id, str(event.facts.get("reason") or ""))


def stock_came(ctx: Ctx, event: Event) -> None:
    """Parts came in: requests that wait for them get what there is."""
    moves = event.facts.get("moves") or []
    if len(moves) == 2:
        query = sa.select(Move.part_id).where(Move.id.between(int(moves[0]), int(moves[1]))).distinct()
        part_requests.came(ctx, set(ctx.session.scalars(query)))


def order_ended(ctx: Ctx, event: Event) -> None:
    """An order that is closed or cancelled needs no parts any more."""
    if event.record_id is not None:
        part_requests.ended(ctx, RecordRef(event.record_kind, event.record_id))
