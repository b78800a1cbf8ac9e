"""Reading inspections, scrap, returns to suppliers, and what parts are worth."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from core.api import Ctx, NotFound, RecordRef, _, get_setting, label, parse_choices
from plugins.inventory.contracts import ORDER
from plugins.inventory.models import (
    Balance,
    Cost,
    Inspection,
    Loaner,
    Location,
    Move,
    Part,
    PurchaseOrder,
    Scrap,
    Serial,
    SupplierReturn,
    Verdict,
)

MOST_PIECES = 20
_SHIPPED = Path(__file__).parents[1] / "data" / "return_reasons.txt"


@cache
def _shipped() -> str:
    return _SHIPPED.read_text(encoding="utf-8")


def reasons(ctx: Ctx) -> dict[str, dict[str, str]]:
    """Code → label of the reasons for which goods come back: of the setting, or those that come with the module."""
    return dict(parse_choices(str(get_setting(ctx, "inventory.return_reasons"))) or parse_choices(_shipped()))


def reason_words(ctx: Ctx, code: str) -> str:
    """A reason in the language of the moment; one that is no longer offered by its shipped name, or its code."""
    known = reasons(ctx).get(code) or dict(parse_choices(_shipped())).get(code)
    return label(known) if known else code


def _lot_loads(model: Any) -> tuple[Any, ...]:
    return (
        orm.joinedload(model.part).joinedload(Part.measure), orm.joinedload(model.batch), orm.joinedload(model.serial),
        orm.joinedload(model.location),
    )  # fmt: skip


# --- inspections ----------------------------------------------------------------------------------------------------


def inspection_rows(_ctx: Ctx) -> sa.Select:
    """Inspections with what their lines say."""
    return sa.select(Inspection).options(*_lot_loads(Inspection))


def get_inspection(ctx: Ctx, inspection_id: int, *, lock: bool = False) -> Inspection:
    """One inspection. Raises NotFound."""
    query = inspection_rows(ctx).where(Inspection.id == inspection_id)
    if lock:
        query = query.with_for_update(of=Inspection).execution_options(populate_existing=True)
    row = ctx.session.scalar(query)
    if row is None:
        raise NotFound("unknown_inspection", _("There is no such inspection, or it is not meant for you."))
    return row


def verdicts_of(ctx: Ctx, inspection_id: int) -> list[Verdict]:
    """What was decided, the first first."""
    query = sa.select(Verdict).where(Verdict.inspection_id == inspection_id).options(orm.joinedload(Verdict.target))
    return list(ctx.session.scalars(query.order_by(Verdict.id)))


def open_on(
    ctx: Ctx, part_id: int, batch_id: int | None, serial_id: int | None, location_id: int
) -> list[Inspection]:
    """The inspections of what lies in one place that still wait, the newest first, rows locked."""
    query = sa.select(Inspection).where(
        Inspection.part_id == part_id, Inspection.location_id == location_id, Inspection.state == "open",
        Inspection.batch_id.is_not_distinct_from(batch_id), Inspection.serial_id.is_not_distinct_from(serial_id),
    )  # fmt: skip
    query = query.order_by(Inspection.id.desc()).with_for_update().execution_options(populate_existing=True)
    return list(ctx.session.scalars(query))


def asked_to_scrap(
    ctx: Ctx, part_id: int, batch_id: int | None, serial_id: int | None, location_id: int
) -> Decimal:
    """How much of what was inspected there is asked to be scrapped and lies there still."""
    query = sa.select(sa.func.sum(Scrap.quantity)).where(
        Scrap.part_id == part_id, Scrap.location_id == location_id, Scrap.state == "asked",
        Scrap.inspection_id.is_not(None), Scrap.batch_id.is_not_distinct_from(batch_id),
        Scrap.serial_id.is_not_distinct_from(serial_id),
    )  # fmt: skip
    return ctx.session.scalar(query) or Decimal(0)


def waiting_on(
    ctx: Ctx, part_id: int, batch_id: int | None, serial_id: int | None, location_id: int, limit: int
) -> list[Inspection]:
    """The inspections of what lies in one place that still wait, the oldest first."""
    query = inspection_rows(ctx).where(
        Inspection.part_id == part_id, Inspection.location_id == location_id, Inspection.state == "open",
        Inspection.batch_id.is_not_distinct_from(batch_id), Inspection.serial_id.is_not_distinct_from(serial_id),
    )  # fmt: skip
    return list(ctx.session.scalars(query.order_by(Inspection.id).limit(limit)))


def inspections_for(ctx: Ctx, ref: RecordRef, limit: int) -> list[Inspection]:
    """What of a record came into quarantine, the newest first."""
    query = inspection_rows(ctx).where(Inspection.record_kind == ref.kind, Inspection.record_id == ref.id)
    return list(ctx.session.scalars(query.order_by(Inspection.id.desc()).limit(limit)))


def of_moves(ctx: Ctx, move_ids: Iterable[int]) -> list[Inspection]:
    """The inspections that these moves opened."""
    query = inspection_rows(ctx).where(Inspection.move_id.in_(sorted(set(move_ids)) or [0]))
    return list(ctx.session.scalars(query.order_by(Inspection.id)))


def count_open(ctx: Ctx) -> int:
    """How many inspections wait for a decision."""
    query = sa.select(sa.func.count()).select_from(Inspection).where(Inspection.state == "open")
    return ctx.session.scalar(query) or 0


def get_locked_balance(ctx: Ctx, balance_id: int) -> Balance:
    """A balance within the actor's reach, for what is to be done with it. Raises NotFound."""
    query = sa.select(Balance).join(Location, Location.id == Balance.location_id).where(Balance.id == balance_id)
    query = query.options(*_lot_loads(Balance)).with_for_update(of=Balance)
    row = ctx.session.scalar(query.execution_options(populate_existing=True))
    if row is None:
        raise NotFound("unknown_balance", _("There is no such stock."))
    return row


def free_of(ctx: Ctx, key: tuple[int, int | None, int | None, int]) -> Decimal:
    """What of a part (batch, piece) in a location is promised to nobody."""
    query = sa.select(Balance.on_hand, Balance.reserved).where(
        Balance.part_id == key[0], Balance.batch_id.is_not_distinct_from(key[1]),
        Balance.serial_id.is_not_distinct_from(key[2]), Balance.location_id == key[3],
    )  # fmt: skip
    row = ctx.session.execute(query).first()
    return row[0] - row[1] if row is not None else Decimal(0)


def quarantine_near(ctx: Ctx, location_id: int | None) -> Location:
    """The quarantine of the organisation unit that a location belongs to, else the first. Raises NotFound."""
    unit_id = ctx.session.scalar(sa.select(Location.unit_id).where(Location.id == (location_id or 0)))
    query = sa.select(Location).where(Location.kind == "quarantine", Location.active.is_(True))
    near = sa.case((Location.unit_id == unit_id, 0), (Location.unit_id.is_(None), 1), else_=2)
    row = ctx.session.scalars(query.order_by(near, Location.id).limit(1)).first()
    if row is None:
        words = _("There is no active location of the sort “{kind}”: add one.", kind=_("Quarantine"))
        raise NotFound("no_location", words)
    return row


def belongs_in(ctx: Ctx, row: Inspection) -> int | None:
    """Where it goes when it is released, unless somebody says otherwise: a loaner to its place, the rest to the
    warehouse of the unit whose quarantine it lies in, else to the first.
    """
    home = sa.select(Loaner.home_id).where(Loaner.serial_id == (row.serial_id or 0), Loaner.active.is_(True))
    found = ctx.session.scalar(home)
    if found is not None:
        return found
    unit_id = ctx.session.scalar(sa.select(Location.unit_id).where(Location.id == row.location_id))
    near = sa.case((Location.unit_id == unit_id, 0), (Location.unit_id.is_(None), 1), else_=2)
    query = sa.select(Location.id).where(Location.kind == "warehouse", Location.active.is_(True))
    return ctx.session.scalar(query.order_by(near, Location.id).limit(1))


def rule_facts(ctx: Ctx, part_ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """Part → what the table of inspections asks of it."""
    query = sa.select(Part.id, Part.tracking, Part.guarantee, Part.code, Part.name)
    found = ctx.session.execute(query.where(Part.id.in_(sorted(set(part_ids)) or [0])))
    return {row[0]: {"tracking": row[1], "guarantee": row[2], "part": row[3], "name": row[4]} for row in found}


# --- who has it -----------------------------------------------------------------------------------------------------


def out_with_customers(ctx: Ctx, part_id: int, batch_id: int | None, serial_id: int | None) -> Decimal:
    """How much of a part (a batch, a piece) went to customers and did not come back, by the whole book."""
    customers = sa.select(Location.id).where(Location.kind == "customer")
    total = sa.func.coalesce(sa.func.sum(Move.quantity), Decimal(0))
    its = [Move.part_id == part_id]
    if batch_id is not None:
        its.append(Move.batch_id == batch_id)
    if serial_id is not None:
        its.append(Move.serial_id == serial_id)
    went = ctx.session.scalar(sa.select(total).where(*its, Move.to_id.in_(customers)))
    back = ctx.session.scalar(sa.select(total).where(*its, Move.from_id.in_(customers)))
    return Decimal(went or 0) - Decimal(back or 0)


def serial_of(ctx: Ctx, part_id: int, number: str) -> Serial | None:
    """A piece of a part by its number."""
    return ctx.session.scalar(sa.select(Serial).where(Serial.part_id == part_id, Serial.number == number))


def pieces(ctx: Ctx, numbers: Iterable[str]) -> list[Serial]:
    """The pieces with one of these serial numbers, of whichever part."""
    query = sa.select(Serial).where(Serial.number.in_(sorted(set(numbers)) or [""]))
    query = query.options(orm.joinedload(Serial.part))
    return list(ctx.session.scalars(query.order_by(Serial.id).limit(MOST_PIECES)))


# --- scrap, returns to suppliers ------------------------------------------------------------------------------------


def scrap_rows(_ctx: Ctx) -> sa.Select:
    """Scrap with what its lines say."""
    return sa.select(Scrap).options(*_lot_loads(Scrap))


def get_scrap(ctx: Ctx, scrap_id: int, *, lock: bool = False) -> Scrap:
    """One scrapping. Raises NotFound."""
    query = scrap_rows(ctx).where(Scrap.id == scrap_id)
    if lock:
        query = query.with_for_update(of=Scrap).execution_options(populate_existing=True)
    row = ctx.session.scalar(query)
    if row is None:
        raise NotFound("unknown_scrap", _("There is no such scrapping, or it is not meant for you."))
    return row


def scraps_of(ctx: Ctx, inspection_id: int) -> list[Scrap]:
    """What of an inspection was asked to be scrapped."""
    return list(ctx.session.scalars(sa.select(Scrap).where(Scrap.inspection_id == inspection_id).order_by(Scrap.id)))


def supplier_return_rows(_ctx: Ctx) -> sa.Select:
    """Returns to suppliers with what their lines say."""
    return sa.select(SupplierReturn).options(
        orm.joinedload(SupplierReturn.part).joinedload(Part.measure),
        orm.joinedload(SupplierReturn.inspection).joinedload(Inspection.batch),
        orm.joinedload(SupplierReturn.inspection).joinedload(Inspection.serial),
    )


def get_supplier_return(ctx: Ctx, return_id: int, *, lock: bool = False) -> SupplierReturn:
    """One return to a supplier. Raises NotFound."""
    query = supplier_return_rows(ctx).where(SupplierReturn.id == return_id)
    if lock:
        query = query.with_for_update(of=SupplierReturn).execution_options(populate_existing=True)
    row = ctx.session.scalar(query)
    if row is None:
        raise NotFound("unknown_return", _("There is no such return to a supplier, or it is not meant for you."))
    return row


def seller_of(ctx: Ctx, row: Inspection) -> int | None:
    """Of whom it was bought: where it came on a purchase order."""
    if row.record_kind != ORDER or row.record_id is None:
        return None
    return ctx.session.scalar(sa.select(PurchaseOrder.supplier_id).where(PurchaseOrder.id == row.record_id))


def supplier_returns_of(ctx: Ctx, inspection_id: int) -> list[SupplierReturn]:
    """What of an inspection went back to suppliers."""
    query = sa.select(SupplierReturn).where(SupplierReturn.inspection_id == inspection_id)
    return list(ctx.session.scalars(query.order_by(SupplierReturn.id)))


# --- what it is worth -----------------------------------------------------------------------------------------------


def get_cost(ctx: Ctx, part_id: int, *, lock: bool = False) -> Cost | None:
    """What one of a part is worth, where somebody has said so."""
    query = sa.select(Cost).where(Cost.part_id == part_id)
    return ctx.session.scalar(query.with_for_update() if lock else query)


def costs(ctx: Ctx, part_ids: Iterable[int]) -> dict[int, Decimal]:
    """Part → what one of it is worth, of those that are known."""
    query = sa.select(Cost.part_id, Cost.amount).where(Cost.part_id.in_(sorted(set(part_ids)) or [0]))
    return {row[0]: row[1] for row in ctx.session.execute(query)}


def worth(cost: Decimal | None, quantity: Decimal) -> Decimal | None:
    """What a quantity is worth, to the cent; None where nobody knows what one is."""
    return None if cost is None else (cost * quantity).quantize(Decimal("0.01"))


def about_of(row: Inspection) -> RecordRef | None:
    """The record for which goods came into quarantine."""
    return RecordRef(row.record_kind, row.record_id) if row.record_kind and row.record_id else None
