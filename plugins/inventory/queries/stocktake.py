"""Reading stocktakes: their lines, how far they are, what the book said at a moment."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import Ctx, NotFound, _
from plugins.inventory.models import Balance, Location, Move, Part, Stocktake, StocktakeLine
from plugins.inventory.queries.places import parents
from plugins.inventory.stocktake_contracts import Progress, StocktakeData

Lot = tuple[int, int | None, int | None, int]
"""Part, batch, serial number, location."""
RUNNING = ("open", "review")


def stocktake_rows(_ctx: Ctx) -> sa.Select:
    """Stocktakes with their locations."""
    return sa.select(Stocktake).options(orm.joinedload(Stocktake.location))


def get_stocktake(ctx: Ctx, stocktake_id: int, *, lock: bool = False) -> Stocktake:
    """One stocktake. Raises NotFound."""
    query = stocktake_rows(ctx).where(Stocktake.id == stocktake_id)
    if lock:
        query = query.with_for_update(of=Stocktake).execution_options(populate_existing=True)
    row = ctx.session.scalar(query)
    if row is None:
        raise NotFound("unknown_stocktake", _("There is no such stocktake, or it is not meant for you."))
    return row


def line_rows(_ctx: Ctx) -> sa.Select:
    """Lines of stocktakes within the actor's reach, with what they say."""
    return (
        sa.select(StocktakeLine)
        .join(Stocktake, sa.and_(
            Stocktake.id == StocktakeLine.stocktake_id, Stocktake.company_id == StocktakeLine.company_id
        ))
        .options(
            orm.joinedload(StocktakeLine.stocktake), orm.joinedload(StocktakeLine.location),
            orm.joinedload(StocktakeLine.part).joinedload(Part.measure), orm.joinedload(StocktakeLine.batch),
            orm.joinedload(StocktakeLine.serial),
        )
    )  # fmt: skip


def get_line(ctx: Ctx, line_id: int, *, lock: bool = False) -> StocktakeLine:
    """One line. Raises NotFound."""
    query = line_rows(ctx).where(StocktakeLine.id == line_id)
    if lock:
        query = query.with_for_update(of=StocktakeLine).execution_options(populate_existing=True)
    row = ctx.session.scalar(query)
    if row is None:
        raise NotFound("unknown_line", _("There is no such line, or it is not meant for you."))
    return row


def counted_by_another(ctx: Ctx, stocktake_id: int, lot: Lot) -> Stocktake | None:
    """Another stocktake that is not over yet and has counted this lot: what differs is corrected once."""
    part_id, batch_id, serial_id, location_id = lot
    query = (
        sa.select(Stocktake)
        .join(StocktakeLine, sa.and_(
            StocktakeLine.stocktake_id == Stocktake.id, StocktakeLine.company_id == Stocktake.company_id
        ))
        .where(
            Stocktake.state.in_(RUNNING), Stocktake.id != stocktake_id, StocktakeLine.part_id == part_id,
            StocktakeLine.location_id == location_id, StocktakeLine.batch_id.is_not_distinct_from(batch_id),
            StocktakeLine.serial_id.is_not_distinct_from(serial_id), StocktakeLine.counted_at.is_not(None),
        )
    )  # fmt: skip
    return ctx.session.scalars(query.limit(1)).first()


def line_of(ctx: Ctx, stocktake_id: int, lot: Lot) -> StocktakeLine | None:
    """The line of a lot in a location."""
    part_id, batch_id, serial_id, location_id = lot
    query = line_rows(ctx).where(
        StocktakeLine.stocktake_id == stocktake_id, StocktakeLine.part_id == part_id,
        StocktakeLine.location_id == location_id, StocktakeLine.batch_id.is_not_distinct_from(batch_id),
        StocktakeLine.serial_id.is_not_distinct_from(serial_id),
    )  # fmt: skip
    return ctx.session.scalar(query)


def line_of_serial(ctx: Ctx, stocktake_id: int, serial_id: int, location_id: int) -> StocktakeLine | None:
    """The line of a piece in a location."""
    query = line_rows(ctx).where(
        StocktakeLine.stocktake_id == stocktake_id, StocktakeLine.serial_id == serial_id,
        StocktakeLine.location_id == location_id,
    )  # fmt: skip
    return ctx.session.scalar(query)


def where_is(ctx: Ctx, serial_id: int) -> Location | None:
    """The location in which a piece is by the book."""
    query = sa.select(Location).join(Balance, Balance.location_id == Location.id)
    return ctx.session.scalar(query.where(Balance.serial_id == serial_id, Balance.on_hand > Decimal(0)))


def differing(ctx: Ctx, stocktake_id: int, *, lock: bool = False) -> list[StocktakeLine]:
    """The lines on which something else was counted than the book said, by their order."""
    query = sa.select(StocktakeLine).where(
        StocktakeLine.stocktake_id == stocktake_id, StocktakeLine.counted != StocktakeLine.book
    )
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return list(ctx.session.scalars(query.order_by(StocktakeLine.id)))


def next_line(ctx: Ctx, stocktake_id: int, after: int = 0) -> int | None:
    """The next line that has to be counted behind another one, else the first; by location and part."""
    query = (
        sa.select(StocktakeLine.id)
        .join(Location, Location.id == StocktakeLine.location_id)
        .join(Part, Part.id == StocktakeLine.part_id)
        .where(
            StocktakeLine.stocktake_id == stocktake_id, StocktakeLine.id != after,
            sa.or_(StocktakeLine.counted.is_(None), StocktakeLine.again.is_(True)),
        )
        .order_by(Location.code, Part.code, StocktakeLine.id)
    )  # fmt: skip
    return ctx.session.scalar(query.limit(1))


def progress(ctx: Ctx, stocktake_id: int, costs: dict[int, Decimal] | None = None) -> Progress:
    """How far it is; with ``costs`` (part → what one is worth) also what its differences are worth."""
    query = sa.select(
        sa.func.count(), sa.func.count(StocktakeLine.counted),
        sa.func.count(sa.case((StocktakeLine.again.is_(True), 1))),
        sa.func.count(sa.case((StocktakeLine.counted != StocktakeLine.book, 1))),
    ).where(StocktakeLine.stocktake_id == stocktake_id)  # fmt: skip
    lines, counted, again, different = ctx.session.execute(query).one()
    return Progress(lines, counted, again, different, None if costs is None else amount(ctx, stocktake_id, costs))


def amount(ctx: Ctx, stocktake_id: int, costs: dict[int, Decimal]) -> Decimal | None:
    """What the differences are worth, added up without their signs; None where something's worth is not known."""
    total = Decimal(0)
    for line in differing(ctx, stocktake_id):
        cost = costs.get(line.part_id)
        if cost is None:
            return None
        total += abs(line.difference or Decimal(0)) * cost
    return total.quantize(Decimal("0.01"))


def subtree(ctx: Ctx, location_id: int) -> list[int]:
    """A location and all below it, within the actor's reach."""
    above = parents(ctx)
    found = []
    for row_id in above:
        at: int | None = row_id
        while at is not None and at != location_id:
            at = above.get(at)
        if at == location_id:
            found.append(row_id)
    return sorted(found)


def to_count(ctx: Ctx, data: StocktakeData, places: Sequence[int], after: dt.datetime | None, limit: int) -> list[Lot]:
    """What lies in these locations by the book and fits: lots to be listed, by location and part."""
    query = (
        sa.select(Balance.part_id, Balance.batch_id, Balance.serial_id, Balance.location_id)
        .join(Location, Location.id == Balance.location_id)
        .join(Part, Part.id == Balance.part_id)
        .where(Balance.location_id.in_(places), Balance.on_hand > Decimal(0))
    )
    if data.guarantee_only:
        query = query.where(Part.guarantee.is_(True))
    if after is not None:
        counted = (
            sa.select(StocktakeLine.id)
            .join(Stocktake, sa.and_(
                Stocktake.id == StocktakeLine.stocktake_id, Stocktake.company_id == StocktakeLine.company_id
            ))
            .where(
                StocktakeLine.part_id == Balance.part_id, StocktakeLine.location_id == Balance.location_id,
                StocktakeLine.batch_id.is_not_distinct_from(Balance.batch_id),
                StocktakeLine.serial_id.is_not_distinct_from(Balance.serial_id),
                StocktakeLine.counted_at >= after, Stocktake.state == "posted",
            )
        )  # fmt: skip
        query = query.where(~counted.exists())
    rows = ctx.session.execute(query.order_by(Location.code, Part.code, Balance.id).limit(limit))
    return [(row[0], row[1], row[2], row[3]) for row in rows]


def moved_since(ctx: Ctx, lot: Lot, moment: dt.datetime) -> Decimal:
    """How much more of a lot came into a location than left it, by moves entered after a moment."""
    part_id, batch_id, serial_id, location_id = lot
    total = sa.func.coalesce(sa.func.sum(Move.quantity), Decimal(0))
    its = (
        Move.part_id == part_id, Move.batch_id.is_not_distinct_from(batch_id),
        Move.serial_id.is_not_distinct_from(serial_id), Move.posted_at > moment,
    )  # fmt: skip
    came = ctx.session.scalar(sa.select(total).where(*its, Move.to_id == location_id))
    left = ctx.session.scalar(sa.select(total).where(*its, Move.from_id == location_id))
    return Decimal(came or 0) - Decimal(left or 0)


def running_in(ctx: Ctx, places: Sequence[int]) -> Stocktake | None:
    """A stocktake that is not over yet and counts one of these locations."""
    query = (
        sa.select(Stocktake)
        .join(StocktakeLine, sa.and_(
            StocktakeLine.stocktake_id == Stocktake.id, StocktakeLine.company_id == Stocktake.company_id
        ))
        .where(Stocktake.state.in_(RUNNING), StocktakeLine.location_id.in_(places))
    )  # fmt: skip
    return ctx.session.scalars(query.limit(1)).first()


def counting_in(ctx: Ctx, location_id: int) -> Stocktake | None:
    """The stocktake that is being counted and to which a location belongs, with what lies there or without."""
    rows = ctx.session.scalars(stocktake_rows(ctx).where(Stocktake.state == "open").order_by(Stocktake.id.desc()))
    above = parents(ctx)
    for row in rows:
        at: int | None = location_id
        while at is not None and at != row.location_id:
            at = above.get(at)
        if at is not None:
            return row
    return None


def counted_lines(ctx: Ctx, line_ids: Sequence[int]) -> dict[int, StocktakeLine]:
    """Id → line, with what they say; one statement."""
    query = line_rows(ctx).where(StocktakeLine.id.in_(sorted(set(line_ids)) or [0]))
    return {line.id: line for line in ctx.session.scalars(query)}
