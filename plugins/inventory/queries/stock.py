"""How much there is: of parts, in locations, for records. Sums never depend on which units a person may see."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import BigId, Ctx, Quantity, RecordRef, prepared
from plugins.inventory.contracts import Stock
from plugins.inventory.models import Balance, Location, Move, Part, Reservation, Serial
from plugins.inventory.models.places import PICKED
from plugins.inventory.queries.parts import NOTHING

_B: Any = Balance.__table__
_L: Any = Location.__table__
ANYBODY = -1
"""As a person or a unit: whoever's it is."""
_HOLDER, _OF_UNIT = sa.bindparam("holder", type_=BigId), sa.bindparam("of_unit", type_=BigId)
_FREE = sa.and_(
    _L.c.kind.in_(PICKED),
    _L.c.active.is_(True),
    sa.or_(_HOLDER == ANYBODY, _L.c.assignee_id.is_(None), _L.c.assignee_id == _HOLDER),
    sa.or_(_OF_UNIT == ANYBODY, _L.c.unit_id.is_(None), _L.c.unit_id == _OF_UNIT),
    _B.c.held.is_(False),
    sa.or_(_B.c.usable_until.is_(None), _B.c.usable_until >= sa.bindparam("day", type_=sa.Date())),
)
_NONE = sa.literal_column("0", Quantity)


def _stock_of_parts(these: Any) -> sa.Select:
    query = sa.select(
        _B.c.part_id,
        sa.type_coerce(sa.func.sum(_B.c.on_hand), Quantity),
        sa.type_coerce(sa.func.sum(_B.c.reserved), Quantity),
        sa.type_coerce(sa.func.sum(sa.case((_FREE, _B.c.on_hand - _B.c.reserved), else_=_NONE)), Quantity),
    )
    query = query.join(_L, _L.c.id == _B.c.location_id)
    query = query.where(_B.c.company_id == sa.bindparam("of_company"), these, _B.c.on_hand > _NONE)
    return query.group_by(_B.c.part_id)


_STOCK = {
    "sqlite": _stock_of_parts(_B.c.part_id.in_(sa.bindparam("parts", expanding=True))),
    # One parameter however many parts: the server keeps one plan, and nothing is written out anew at every call.
    "postgresql": _stock_of_parts(_B.c.part_id == sa.any_(sa.bindparam("parts", type_=sa.ARRAY(sa.BigInteger)))),
}


def stock_of(
    ctx: Ctx, part_ids: Iterable[int], day: dt.date | None = None, *, holder: int = ANYBODY, of_unit: int = ANYBODY
) -> dict[int, Stock]:
    """Part → how it stands over the whole company, on a day (today); one statement, however many parts and moves.

    With ``holder`` what other people have with them is not free, with ``of_unit`` not what belongs to other units.
    """
    wanted = sorted(set(part_ids)) or NOTHING
    ctx.session.flush()
    query = _STOCK[ctx.session.get_bind().dialect.name]
    rows = prepared(ctx, query, parts=wanted, day=day or ctx.today, holder=holder, of_unit=of_unit)
    found = {row[0]: Stock(*row[1:]) for row in rows}
    return {part_id: found.get(part_id, Stock()) for part_id in wanted if part_id}


def balances_of(ctx: Ctx, part_id: int, limit: int) -> list[Balance]:
    """Where a part is, within the actor's reach, by location and expiry."""
    query = sa.select(Balance).join(Location, Location.id == Balance.location_id)
    query = query.where(Balance.part_id == part_id, Balance.on_hand > Decimal(0))
    query = query.options(
        orm.joinedload(Balance.location), orm.joinedload(Balance.batch), orm.joinedload(Balance.serial)
    )
    return list(ctx.session.scalars(query.order_by(Location.code, Balance.usable_until, Balance.id).limit(limit)))


def balances_in(ctx: Ctx, location_id: int, limit: int) -> list[Balance]:
    """What is in a location, by part."""
    query = sa.select(Balance).join(Part, Part.id == Balance.part_id)
    query = query.where(Balance.location_id == location_id, Balance.on_hand > Decimal(0))
    query = query.options(
        orm.joinedload(Balance.part).joinedload(Part.measure), orm.joinedload(Balance.batch),
        orm.joinedload(Balance.serial),
    )  # fmt: skip
    return list(ctx.session.scalars(query.order_by(Part.code, Balance.id).limit(limit)))


def balances_with(ctx: Ctx, location_ids: Sequence[int], limit: int) -> list[Balance]:
    """What is in several locations, with them, by part; one statement."""
    query = sa.select(Balance).join(Part, Part.id == Balance.part_id)
    query = query.where(Balance.location_id.in_(list(location_ids) or NOTHING), Balance.on_hand > Decimal(0))
    query = query.options(
        orm.joinedload(Balance.part).joinedload(Part.measure), orm.joinedload(Balance.batch),
        orm.joinedload(Balance.serial), orm.joinedload(Balance.location),
    )  # fmt: skip
    return list(ctx.session.scalars(query.order_by(Part.code, Balance.id).limit(limit)))


def get_balance(ctx: Ctx, balance_id: int | None) -> Balance | None:
    """One balance with what it is about; None where there is none within the actor's reach."""
    query = sa.select(Balance).join(Location, Location.id == Balance.location_id)
    query = query.where(Balance.id == (balance_id or 0))
    query = query.options(
        orm.joinedload(Balance.part).joinedload(Part.measure), orm.joinedload(Balance.batch),
        orm.joinedload(Balance.serial), orm.joinedload(Balance.location),
    )  # fmt: skip
    return ctx.session.scalar(query)


def lots_of(ctx: Ctx, part_id: int | None, day: dt.date, limit: int) -> list[Balance]:
    """What there is of a part to choose from, the first to expire first."""
    query = sa.select(Balance).join(Location, Location.id == Balance.location_id)
    query = query.where(Balance.part_id == (part_id or 0), Balance.on_hand > Decimal(0))
    query = query.options(
        orm.joinedload(Balance.location), orm.joinedload(Balance.batch), orm.joinedload(Balance.serial)
    )
    return list(ctx.session.scalars(query.order_by(Balance.usable_until, Balance.id).limit(limit)))


def is_used(ctx: Ctx, part_id: int) -> bool:
    """Whether anything of a part was ever moved."""
    return ctx.session.scalar(sa.select(Move.id).where(Move.part_id == part_id).limit(1)) is not None


def location_used(ctx: Ctx, location_id: int) -> bool:
    """Whether anything was ever moved into or out of a location."""
    query = sa.select(Move.id).where(sa.or_(Move.from_id == location_id, Move.to_id == location_id))
    return ctx.session.scalar(query.limit(1)) is not None


def location_holds(ctx: Ctx, location_id: int) -> bool:
    """Whether there is anything in a location."""
    query = sa.select(Balance.id).where(Balance.location_id == location_id, Balance.on_hand > Decimal(0))
    return ctx.session.scalar(query.limit(1)) is not None


# --- moves ----------------------------------------------------------------------------------------------------------


def with_words(query: sa.Select) -> sa.Select:
    """Moves with what their lines say."""
    return query.options(
        orm.joinedload(Move.part).joinedload(Part.measure), orm.joinedload(Move.batch), orm.joinedload(Move.serial),
        orm.joinedload(Move.source), orm.joinedload(Move.target),
    )  # fmt: skip


def moves_of_part(ctx: Ctx, part_id: int, limit: int) -> list[Move]:
    """The newest moves of a part."""
    query = with_words(sa.select(Move).where(Move.part_id == part_id))
    return list(ctx.session.scalars(query.order_by(Move.id.desc()).limit(limit)))


def moves_of_batch(ctx: Ctx, batch_id: int, limit: int) -> list[Move]:
    """The newest moves of a batch."""
    query = with_words(sa.select(Move).where(Move.batch_id == batch_id))
    return list(ctx.session.scalars(query.order_by(Move.id.desc()).limit(limit)))


def moves_by(ctx: Ctx, user_id: int | None, limit: int) -> list[Move]:
    """The newest moves that a person posted for today."""
    query = with_words(sa.select(Move).where(Move.effective_on == ctx.today, Move.posted_by_id == (user_id or 0)))
    return list(ctx.session.scalars(query.order_by(Move.id.desc()).limit(limit)))


def moves_for(ctx: Ctx, ref: RecordRef, limit: int) -> list[Move]:
    """The newest moves for a record."""
    query = with_words(sa.select(Move).where(Move.record_kind == ref.kind, Move.record_id == ref.id))
    return list(ctx.session.scalars(query.order_by(Move.id.desc()).limit(limit)))


def was_issued(ctx: Ctx, ref: RecordRef) -> bool:
    """Whether anything was ever issued for a record."""
    query = sa.select(Move.id).where(Move.record_kind == ref.kind, Move.record_id == ref.id, Move.kind == "issue")
    return ctx.session.scalar(query.limit(1)) is not None


def get_move(ctx: Ctx, move_id: int) -> Move | None:
    """One move with its words."""
    return ctx.session.scalar(with_words(sa.select(Move).where(Move.id == move_id)))


def reversal_of(ctx: Ctx, move_id: int) -> int | None:
    """The move that reverses this one."""
    return ctx.session.scalar(sa.select(Move.id).where(Move.reverses_id == move_id))


def reversed_among(ctx: Ctx, move_ids: Sequence[int]) -> set[int]:
    """Those of these moves that were reversed."""
    query = sa.select(Move.reverses_id).where(Move.reverses_id.in_(list(move_ids) or NOTHING))
    return {found for found in ctx.session.scalars(query) if found is not None}


# --- reservations ---------------------------------------------------------------------------------------------------


def reservations_of(ctx: Ctx, ref: RecordRef) -> list[Reservation]:
    """What was ever reserved for a record, with where it is."""
    query = sa.select(Reservation).where(Reservation.record_kind == ref.kind, Reservation.record_id == ref.id)
    return list(ctx.session.scalars(_told(query).order_by(Reservation.part_id, Reservation.id)))


def reservations_on(ctx: Ctx, part_id: int, limit: int) -> list[Reservation]:
    """What is reserved of a part, the oldest first."""
    query = sa.select(Reservation).where(Reservation.part_id == part_id, Reservation.quantity > Decimal(0))
    return list(ctx.session.scalars(_told(query).order_by(Reservation.id).limit(limit)))


def _told(query: sa.Select) -> sa.Select:
    balance = orm.joinedload(Reservation.balance)
    return query.options(
        orm.joinedload(Reservation.part).joinedload(Part.measure),
        balance.joinedload(Balance.location), balance.joinedload(Balance.batch), balance.joinedload(Balance.serial),
    )  # fmt: skip


def open_parts(ctx: Ctx, ref: RecordRef) -> list[int]:
    """The parts of which something is still reserved for a record."""
    query = sa.select(Reservation.part_id).where(
        Reservation.record_kind == ref.kind, Reservation.record_id == ref.id, Reservation.quantity > Decimal(0)
    )
    return sorted(set(ctx.session.scalars(query)))


def reserved_for(ctx: Ctx, ref: RecordRef) -> dict[int, Decimal]:
    """Part → how much is still reserved for a record."""
    query = sa.select(Reservation.part_id, sa.func.sum(Reservation.quantity)).where(
        Reservation.record_kind == ref.kind, Reservation.record_id == ref.id, Reservation.quantity > Decimal(0)
    )
    return {row[0]: row[1] for row in ctx.session.execute(query.group_by(Reservation.part_id))}


# --- what is out, where pieces are ----------------------------------------------------------------------------------


def reference_of(move: Move) -> RecordRef | None:
    """The record for which a move was."""
    return RecordRef(move.record_kind, move.record_id) if move.record_kind and move.record_id else None


def where_serials_are(ctx: Ctx, serial_ids: Sequence[int]) -> list[tuple[str, str]]:
    """(location, serial number) of those pieces that are in stock."""
    if not serial_ids:
        return []
    query = (
        sa.select(Location.name, Serial.number)
        .join(Balance, Balance.location_id == Location.id)
        .join(Serial, Serial.id == Balance.serial_id)
        .where(Balance.serial_id.in_(list(serial_ids)), Balance.on_hand > Decimal(0))
    )
    return [(row[0], row[1]) for row in ctx.session.execute(query)]


def still_out(ctx: Ctx, ref: RecordRef | None, part_id: int) -> list[tuple[Move, Decimal]]:
    """(issue, how much of it is neither reversed nor taken back) for a record, the newest first, rows locked.

    What was taken back counts against the newest issues of the same batch and piece.
    """
    if ref is None:
        return []
    query = sa.select(Move).where(
        Move.record_kind == ref.kind, Move.record_id == ref.id, Move.part_id == part_id,
        Move.kind.in_(("issue", "return")),
    )  # fmt: skip
    moves = list(ctx.session.scalars(query.order_by(Move.id).with_for_update()))
    gone = reversed_among(ctx, [m.id for m in moves])
    standing = [m for m in moves if m.id not in gone]
    back: dict[tuple[int | None, int | None], Decimal] = {}
    for move in standing:
        if move.kind == "return":
            lot = (move.batch_id, move.serial_id)
            back[lot] = back.get(lot, Decimal(0)) + move.quantity
    found = []
    for move in reversed([m for m in standing if m.kind == "issue"]):
        lot = (move.batch_id, move.serial_id)
        returned = min(back.get(lot, Decimal(0)), move.quantity)
        back[lot] = back.get(lot, Decimal(0)) - returned
        if move.quantity > returned:
            found.append((move, move.quantity - returned))
    return found


def parts_there(ctx: Ctx, limit: int) -> list[int]:
    """Active parts of which there is something inside, by code."""
    there = sa.select(Balance.id).where(Balance.part_id == Part.id, Balance.on_hand > Decimal(0)).exists()
    query = sa.select(Part.id).where(Part.active.is_(True), there).order_by(Part.code)
    return list(ctx.session.scalars(query.limit(limit)))


def balances_of_batch(ctx: Ctx, batch_id: int, limit: int) -> list[Balance]:
    """Where a batch is, within the actor's reach."""
    query = sa.select(Balance).join(Location, Location.id == Balance.location_id)
    query = query.where(Balance.batch_id == batch_id, Balance.on_hand > Decimal(0))
    query = query.options(orm.joinedload(Balance.location), orm.joinedload(Balance.serial))
    return list(ctx.session.scalars(query.order_by(Location.code, Balance.id).limit(limit)))


def balances_of_lot(ctx: Ctx, batch_id: int, serial_id: int, limit: int) -> list[Balance]:
    """Where a batch, or a piece, is, within the actor's reach."""
    query = sa.select(Balance).join(Location, Location.id == Balance.location_id)
    lot = Balance.serial_id == serial_id if serial_id else Balance.batch_id == batch_id
    query = query.where(lot, Balance.on_hand > Decimal(0))
    query = query.options(
        orm.joinedload(Balance.location), orm.joinedload(Balance.serial),
        orm.joinedload(Balance.part).joinedload(Part.measure),
    )  # fmt: skip
    return list(ctx.session.scalars(query.order_by(Location.code, Balance.id).limit(limit)))


def reservations_in(ctx: Ctx, balance_id: int, limit: int) -> list[Reservation]:
    """What is reserved of a balance, the oldest first."""
    query = sa.select(Reservation).where(Reservation.balance_id == balance_id, Reservation.quantity > Decimal(0))
    return list(ctx.session.scalars(_told(query).order_by(Reservation.id).limit(limit)))


def moves_in(ctx: Ctx, balance: Balance, limit: int) -> list[Move]:
    """The newest moves of a balance."""
    query = with_words(sa.select(Move)).where(
        Move.part_id == balance.part_id, Move.batch_id.is_not_distinct_from(balance.batch_id),
        Move.serial_id.is_not_distinct_from(balance.serial_id),
        sa.or_(Move.from_id == balance.location_id, Move.to_id == balance.location_id),
    )  # fmt: skip
    return list(ctx.session.scalars(query.order_by(Move.id.desc()).limit(limit)))


def count_expired(ctx: Ctx) -> int:
    """How many balances in places from which parts are picked can't be used any more since their day has passed."""
    query = (
        sa.select(sa.func.count())
        .select_from(Balance)
        .join(Location, Location.id == Balance.location_id)
        .where(Balance.on_hand > Decimal(0), Balance.usable_until < ctx.today, Location.kind.in_(PICKED))
    )
    return ctx.session.scalar(query) or 0
