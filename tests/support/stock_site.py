"""A company with parts, locations and a storekeeper, for tests of inventory."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal

import sqlalchemy as sa

from core.companies.services import save_unit
from core.context import Ctx
from core.testing import Installation, moment
from plugins.base.contracts import ProductData
from plugins.base.services import save_product
from plugins.inventory.contracts import BatchData, Circumstances, LocationData, PartData, ReceiptLine
from plugins.inventory.models import Balance, Batch, Location, Measure, Move, Part, Reservation, Serial, Transfer
from plugins.inventory.services import parts, places, stock, transfers
from plugins.inventory.transfer_contracts import TransferData, TransferLineData

NOW = moment("2026-03-02 09:00")
"""A Monday."""
PARTS = {
    "BELT": ("V-belt", "pcs", "none"), "OIL": ("Hydraulic oil", "l", "none"), "FILTER": ("Filter", "pcs", "none"),
    "SEAL": ("Seal kit", "set", "batch"), "ECU": ("Control unit", "pcs", "serial"),
}  # fmt: skip


def day(text: str) -> dt.date:
    """A day."""
    return dt.date.fromisoformat(text)


def furnish(installation: Installation) -> None:
    """Five parts, a second warehouse in a centre, a technician's van; a box of belts is twelve."""
    office = installation.company("acme", modules=("inventory",), locale="en", now=moment("2026-01-05 09:00"))
    ctx = office.system(moment("2026-01-05 09:00"))
    north = save_unit(ctx, "north", "North centre", "centre", "hq")
    keeper = office.person("keeper@acme.example", "storekeeper", name="Ma Li")
    li = office.person("li@acme.example", "technician", name="Li Hai", unit_id=north.id)
    assert keeper
    ctx = office.system(moment("2026-01-05 09:00"))
    measures = dict(ctx.session.execute(sa.select(Measure.code, Measure.id)).all())
    made = {
        code: parts.save_part(ctx, PartData(code, name, measures[unit], tracking)).id
        for code, (name, unit, tracking) in PARTS.items()
    }
    parts.save_pack(ctx, made["BELT"], measures["box"], Decimal(12))
    parts.add_substitute(ctx, made["BELT"], made["FILTER"])
    save_product(ctx, ProductData("TRACTOR", "Tractor"))
    parts.add_to_product(ctx, made["BELT"], 1, Decimal(2), "engine")
    places.save_location(ctx, LocationData("NORTH", "North store", "warehouse", unit_id=north.id))
    places.save_location(ctx, LocationData("VAN", "Van of Li Hai", "van", unit_id=north.id, user_id=li))


def ids(ctx: Ctx, model=Part) -> dict[str, int]:
    """Code (or number) → id."""
    column = model.number if model in (Batch, Serial) else model.code
    return {code: number for number, code in ctx.session.execute(sa.select(model.id, column))}


def put(ctx: Ctx, code: str, quantity: str | int, place: str = "MAIN", *, batch: str = "", until: str = "",
        serial: str = "") -> None:  # fmt: skip
    """Receive so much of a part into a location."""
    data = BatchData(batch, expires_on=day(until) if until else None) if batch else None
    line = ReceiptLine(ids(ctx)[code], Decimal(quantity), None, data, serial)
    places = ids(ctx, Location)
    stock.receive(ctx, [line], places["MAIN" if place == "TRANSIT" else place], Circumstances())
    if place == "TRANSIT":
        send(ctx, code, quantity, "NORTH", batch=batch, serial=serial)


def send(ctx: Ctx, code: str, quantity: str | int, to: str, *, source: str = "MAIN", batch: str = "",
         serial: str = "") -> Transfer:  # fmt: skip
    """Send so much of a part from one location to another: it is in transit."""
    places = ids(ctx, Location)
    batch_id, serial_id = ids(ctx, Batch).get(batch), ids(ctx, Serial).get(serial)
    line = TransferLineData(ids(ctx)[code], Decimal(quantity), batch_id, serial_id)
    return transfers.hand(ctx, TransferData(places[source], places[to]), [line])


def there(ctx: Ctx) -> dict[tuple[str, str], Decimal]:
    """(part, location) → how much there is, of what is there."""
    query = sa.select(Part.code, Location.code, sa.func.sum(Balance.on_hand)).join(Part, Part.id == Balance.part_id)
    query = query.join(Location, Location.id == Balance.location_id).where(Balance.on_hand > Decimal(0))
    return {(p, place): q for p, place, q in ctx.session.execute(query.group_by(Part.code, Location.code))}


def kept(ctx: Ctx, record_id: int) -> Mapping[str, Decimal]:
    """Part → what is reserved for a record."""
    query = sa.select(Part.code, sa.func.sum(Reservation.quantity)).join(Part, Part.id == Reservation.part_id)
    query = query.where(Reservation.record_id == record_id, Reservation.quantity > Decimal(0)).group_by(Part.code)
    return {row[0]: row[1] for row in ctx.session.execute(query)}


def moves(ctx: Ctx) -> list[Move]:
    """All moves, the oldest first."""
    return list(ctx.session.scalars(sa.select(Move).order_by(Move.id)))
