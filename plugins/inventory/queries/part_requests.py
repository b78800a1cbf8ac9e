"""Requests for parts, with their lines, what is kept and picked for them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import Clock, Ctx, NotFound, RecordRef, _, ref_of
from plugins.inventory.models import Part, PartRequest, PartRequestLine, Reservation, Transfer, TransferLine
from plugins.inventory.part_request_contracts import PART_REQUEST, Progress
from plugins.inventory.queries import stock
from plugins.inventory.queries.parts import NOTHING, plain_quantity

OPEN_STATES = ("draft", "asked", "approved")
URGENT_FIRST = sa.case({"standstill": 0, "urgent": 1}, value=PartRequest.urgency, else_=2)
"""The order in which what has come is given out: who stands still, who is in a hurry, the rest."""


def with_words(query: sa.Select) -> sa.Select:
    """Requests with the store into which they go."""
    return query.options(orm.joinedload(PartRequest.to))


def get_request(ctx: Ctx, request_id: int, *, lock: bool = False) -> PartRequest:
    """One request for parts. Raises NotFound."""
    query = sa.select(PartRequest).where(PartRequest.id == request_id)
    row = ctx.session.scalar(query.with_for_update().execution_options(populate_existing=True) if lock else
                             with_words(query))  # fmt: skip
    if row is None:
        raise NotFound("unknown_request", _("There is no such request for parts, or it is not meant for you."))
    return row


def lines_of(ctx: Ctx, request_id: int) -> list[PartRequestLine]:
    """What is asked for."""
    query = _told(sa.select(PartRequestLine).where(PartRequestLine.request_id == request_id))
    return list(ctx.session.scalars(query.order_by(PartRequestLine.id)))


def get_line(ctx: Ctx, line_id: int) -> PartRequestLine:
    """One line of a request. Raises NotFound."""
    row = ctx.session.scalar(_told(sa.select(PartRequestLine).where(PartRequestLine.id == line_id)))
    if row is None:
        raise NotFound("unknown_line", _("There is no such line."))
    return row


def _told(query: sa.Select) -> sa.Select:
    return query.options(orm.joinedload(PartRequestLine.part).joinedload(Part.measure))


def contents(ctx: Ctx, request_ids: Sequence[int]) -> dict[int, list[PartRequestLine]]:
    """Request → its lines; one statement."""
    query = _told(sa.select(PartRequestLine).where(PartRequestLine.request_id.in_(sorted(request_ids) or NOTHING)))
    found: dict[int, list[PartRequestLine]] = {}
    for line in ctx.session.scalars(query.order_by(PartRequestLine.id)):
        found.setdefault(line.request_id, []).append(line)
    return found


def what_words(lines: Iterable[PartRequestLine], most: int = 3) -> str:
    """What is asked for, by code and quantity; of long ones the first few."""
    named = [f"{line.part.code} × {plain_quantity(line.quantity)}" for line in lines]
    return ", ".join([*named[:most], *([f"+{len(named) - most}"] if len(named) > most else [])])


def draft_of(ctx: Ctx, request_id: int) -> Transfer | None:
    """The transfer into which is picked for a request and that was not handed over yet."""
    query = sa.select(Transfer).where(
        Transfer.record_kind == PART_REQUEST, Transfer.record_id == request_id, Transfer.state == "draft"
    )
    return ctx.session.scalar(query.order_by(Transfer.id).limit(1))


def progress_of(ctx: Ctx, request_id: int) -> dict[int, Progress]:
    """Part → what is kept for a request, and what is picked and not handed over."""
    kept = stock.reserved_for(ctx, RecordRef(PART_REQUEST, request_id))
    draft = draft_of(ctx, request_id)
    picked: dict[int, Decimal] = {}
    if draft is not None:
        line = TransferLine
        query = sa.select(line.part_id, sa.func.sum(line.quantity)).where(line.transfer_id == draft.id)
        picked = {row[0]: row[1] for row in ctx.session.execute(query.group_by(line.part_id))}
    return {
        part_id: Progress(kept.get(part_id, Decimal(0)), picked.get(part_id, Decimal(0)))
        for part_id in {*kept, *picked}
    }


def to_pick(ctx: Ctx, request_id: int) -> list[tuple[Reservation, Decimal]]:
    """(what is kept for a request, how much of it is not picked yet), in the order in which the store is walked."""
    kept = stock.reservations_of(ctx, RecordRef(PART_REQUEST, request_id))
    rows = [row for row in kept if row.balance.location is not None]
    rows.sort(key=lambda r: (r.balance.location.code, r.part.code, r.balance.usable_until or dt.date.max, r.id))
    left = {row.id: row.quantity for row in rows}
    draft = draft_of(ctx, request_id)
    query = sa.select(TransferLine).where(TransferLine.transfer_id == (draft.id if draft is not None else 0))
    picked = list(ctx.session.scalars(query.order_by(TransferLine.id)))
    gone = {line.id: line.quantity for line in picked}
    for same_lot in (True, False):
        for line in picked:
            for row in rows:
                own = _lot(line, line.from_id) == _lot(row.balance, row.balance.location_id)
                if row.part_id == line.part_id and (own or not same_lot):
                    some = min(left[row.id], gone[line.id])
                    left[row.id] -= some
                    gone[line.id] -= some
    return [(row, left[row.id]) for row in rows if left[row.id]]


def _lot(row: Any, location_id: int) -> tuple[int | None, int | None, int]:
    return row.batch_id, row.serial_id, location_id


def requests_for(ctx: Ctx, ref: RecordRef) -> list[PartRequest]:
    """The requests for parts for a record, the newest first."""
    query = with_words(sa.select(PartRequest)).where(
        PartRequest.record_kind == ref.kind, PartRequest.record_id == ref.id
    )
    return list(ctx.session.scalars(query.order_by(PartRequest.id.desc())))


def open_of_person(ctx: Ctx, user_id: int | None, limit: int) -> list[PartRequest]:
    """What a person has asked for and does not have yet, the oldest first."""
    query = with_words(sa.select(PartRequest)).where(
        PartRequest.assignee_id == (user_id or 0), PartRequest.state.in_(OPEN_STATES)
    )
    return list(ctx.session.scalars(query.order_by(PartRequest.id).limit(limit)))


def to_hand_over(ctx: Ctx, limit: int) -> list[PartRequest]:
    """What is approved and not handed over, the most urgent first."""
    query = with_words(sa.select(PartRequest)).where(PartRequest.state == "approved")
    return list(ctx.session.scalars(query.order_by(URGENT_FIRST, PartRequest.needed_by, PartRequest.id).limit(limit)))


def clocks_of(ctx: Ctx, request_ids: Sequence[int]) -> dict[int, Clock]:
    """Request → its time limit, where it has one; one statement."""
    query = sa.select(Clock).where(
        Clock.kind == PART_REQUEST, Clock.record_kind == PART_REQUEST,
        Clock.record_id.in_(sorted(request_ids) or NOTHING),
    )  # fmt: skip
    return {clock.record_id: clock for clock in ctx.session.scalars(query)}


def lacking(ctx: Ctx, part_ids: Iterable[int]) -> list[int]:
    """The approved requests that still wait for some of these parts, the most urgent first."""
    query = (
        sa.select(PartRequest.id)
        .join(PartRequestLine, sa.and_(
            PartRequestLine.request_id == PartRequest.id, PartRequestLine.company_id == PartRequest.company_id
        ))
        .where(
            PartRequest.state == "approved", PartRequestLine.part_id.in_(sorted(set(part_ids)) or NOTHING),
            PartRequestLine.handed < PartRequestLine.quantity,
        )
        .order_by(URGENT_FIRST, PartRequest.needed_by, PartRequest.id)
    )  # fmt: skip
    return list(dict.fromkeys(ctx.session.scalars(query)))


def demand_of(ctx: Ctx, record: Any, kinds: Sequence[str]) -> RecordRef | None:
    """The record for which parts may be asked on its page: itself, or its order, of one of these kinds."""
    for row in (record, getattr(record, "order", None)):
        try:
            ref = ref_of(ctx, row) if row is not None else None
        except LookupError:
            ref = None
        if ref is not None and ref.id and ref.kind in kinds:
            return ref
    return None
