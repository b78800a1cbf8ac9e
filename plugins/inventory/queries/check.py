"""Balances rebuilt from moves and reservations, and what differs."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from core.api import Ctx, Quantity
from plugins.inventory.contracts import Difference
from plugins.inventory.models import Balance, Batch, Location, Move, Part, Reservation, Serial
from plugins.inventory.models.places import INSIDE
from plugins.inventory.queries.parts import plain_quantity

_NONE = sa.literal_column("0", Quantity)


def differences(ctx: Ctx) -> list[Difference]:
    """Every balance that is not the sum of its moves, or promises something else than its reservations.

    One statement each for quantities and for what batches say, so that what goes on meanwhile is no difference.
    """
    return [*_of_quantities(ctx), *_of_batches(ctx)]


def _of_quantities(ctx: Ctx) -> list[Difference]:
    key = ("part_id", "batch_id", "serial_id", "location_id")
    parts: list[Any] = []
    for column, sign in ((Move.to_id, 1), (Move.from_id, -1)):
        quantity: Any = Move.quantity if sign > 0 else -Move.quantity
        parts.append(
            sa.select(
                Move.part_id.label("part_id"), Move.batch_id.label("batch_id"), Move.serial_id.label("serial_id"),
                column.label("location_id"), sa.type_coerce(quantity, Quantity).label("moved"), _NONE.label("on_hand"),
                _NONE.label("promised"), _NONE.label("reserved"), sa.literal_column("0").label("balance_id"),
            )
            .join(Location, Location.id == column)
            .where(Location.kind.in_(INSIDE))
        )  # fmt: skip
    parts.append(
        sa.select(
            Balance.part_id, Balance.batch_id, Balance.serial_id, Balance.location_id, _NONE, Balance.on_hand, _NONE,
            Balance.reserved, Balance.id,
        )
    )  # fmt: skip
    parts.append(
        sa.select(
            Balance.part_id, Balance.batch_id, Balance.serial_id, Balance.location_id, _NONE, _NONE,
            Reservation.quantity, _NONE, sa.literal_column("0"),
        ).join(Balance, Balance.id == Reservation.balance_id)
    )  # fmt: skip
    rows = sa.union_all(*parts).subquery()
    moved, on_hand, promised, reserved = (
        sa.type_coerce(sa.func.sum(rows.c[name]), Quantity) for name in ("moved", "on_hand", "promised", "reserved")
    )
    wrong = (
        sa.select(*(rows.c[name] for name in key), moved, on_hand, promised, reserved, sa.func.max(rows.c.balance_id))
        .group_by(*(rows.c[name] for name in key))
        .having(
            sa.or_(
                sa.func.sum(rows.c.moved) != sa.func.sum(rows.c.on_hand),
                sa.func.sum(rows.c.promised) != sa.func.sum(rows.c.reserved),
            )
        )
    )
    found = []
    for row in ctx.session.execute(wrong):
        told: Any = row
        part_id, batch_id, serial_id, location_id, should, stands, should_keep, keeps, balance_id = told
        words = _words(ctx, part_id, batch_id, serial_id, location_id)
        where: tuple[Any, Any] = (balance_id or None, (part_id, batch_id, serial_id, location_id))
        if should != stands:
            found.append(Difference(*words, "on_hand", _plain(stands), _plain(should), *where))
        if should_keep != keeps:
            found.append(Difference(*words, "reserved", _plain(keeps), _plain(should_keep), *where))
    return sorted(found, key=lambda d: (d.part, d.location, d.lot, d.what))


def _of_batches(ctx: Ctx) -> list[Difference]:
    until = sa.case(
        (Batch.expires_on.is_(None), Batch.sterile_until),
        (Batch.sterile_until.is_(None), Batch.expires_on),
        (Batch.expires_on < Batch.sterile_until, Batch.expires_on),
        else_=Batch.sterile_until,
    )
    held = Batch.state == "held"
    query = (
        sa.select(Balance, Batch, held)
        .join(Batch, Batch.id == Balance.batch_id)
        .where(sa.or_(Balance.held != held, Balance.usable_until.is_distinct_from(until)))
        .order_by(Balance.id)
    )
    found = []
    for balance, batch, is_held in ctx.session.execute(query):
        key = (balance.part_id, balance.batch_id, balance.serial_id, balance.location_id)
        words = _words(ctx, *key)
        if balance.held != bool(is_held):
            stands, should = str(balance.held).lower(), str(bool(is_held)).lower()
            found.append(Difference(*words, "held", stands, should, balance.id, key))
        if balance.usable_until != batch.usable_until:
            stands, should = str(balance.usable_until or "–"), str(batch.usable_until or "–")
            found.append(Difference(*words, "usable_until", stands, should, balance.id, key))
    return found


def _plain(quantity: Decimal | None) -> str:
    return plain_quantity(quantity or Decimal(0))


def _words(
    ctx: Ctx, part_id: int, batch_id: int | None, serial_id: int | None, location_id: int
) -> tuple[str, str, str]:
    part, place = ctx.session.get(Part, part_id), ctx.session.get(Location, location_id)
    lot: Any = None
    if serial_id or batch_id:
        lot = ctx.session.get(Serial, serial_id) if serial_id else ctx.session.get(Batch, batch_id)
    return part.code if part else str(part_id), place.code if place else str(location_id), lot.number if lot else ""
