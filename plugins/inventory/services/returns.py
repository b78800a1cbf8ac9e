"""What customers and technicians bring back goes into quarantine, with a reason and a label (MD-3)."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from core.api import Conflict, Ctx, Invalid, NotFound, RecordRef, _, emit, transaction
from plugins.inventory.contracts import Circumstances
from plugins.inventory.models import Batch, Inspection, Serial
from plugins.inventory.quality_contracts import Arrival, ReturnData
from plugins.inventory.queries import lots as lot_queries
from plugins.inventory.queries import parts as part_queries
from plugins.inventory.queries import places as place_queries
from plugins.inventory.queries import quality as queries
from plugins.inventory.queries import stock as stock_queries
from plugins.inventory.queries.parts import PartWords
from plugins.inventory.services import stock
from plugins.inventory.services.common import chosen, exact, fitting, required
from plugins.inventory.services.posting import Entry, lock, post, posted_before

TAKE = "inventory.return.edit"
SOURCES = ("return", "field")
FAULTY = "faulty"
"""The reason of what technicians bring back, in the list that comes with the module."""


def take_back(ctx: Ctx, data: ReturnData, *, allowed: bool = False) -> list[Inspection]:
    """Take goods back into quarantine; answers the inspections in which they wait. The same ``once`` twice: once.

    Raises Conflict for more than went out: of the record ``data.about``, or of the part, batch or piece at all.
    ``allowed``: a service that has asked for its own right calls.
    """
    if not allowed:
        ctx.require(TAKE)
    with transaction(ctx):
        known = posted_before(ctx, data.once)
        if known:
            return queries.of_moves(ctx, known)
        chosen(data.source, SOURCES, "source")
        chosen(data.reason_code, queries.reasons(ctx), "reason_code")
        part = part_queries.part_words(ctx, [data.part_id]).get(data.part_id)
        if part is None:
            raise NotFound("unknown_part", _("There is no such part."))
        quantity = exact(part, data.quantity)
        note = fitting(data.note, "note", 2000)
        if data.before_book:
            note = required(note, "note", _("Say from where it comes: this book doesn’t know."), 2000)
        place = place_queries.get_location(ctx, data.to_id) if data.to_id else queries.quarantine_near(ctx, None)
        if place.kind != "quarantine":
            raise Invalid("no_quarantine", _("What comes back goes into quarantine first."), "to_id")
        arrival = Arrival(data.source, data.reason_code, note)
        words = queries.reason_words(ctx, data.reason_code)
        given = Circumstances(words + (f": {note}" if note else ""), data.about or data.with_, once=data.once)
        if data.about is not None and not data.before_book:
            posted = stock.give_back(ctx, part.id, quantity, given, to_id=place.id, allowed=True, arrival=arrival)
            return queries.of_moves(ctx, posted.moves)
        batch, serial = _lot(ctx, part, data)
        batch_id = serial.batch_id if serial is not None else batch.id if batch is not None else None
        serial_id = serial.id if serial is not None else None
        lock(ctx, [(part.id, batch_id, serial_id, place.id)])
        if not data.before_book:
            _require_out(ctx, part, quantity, batch_id, serial_id)
        side = place_queries.first_of(ctx, "customer").id
        entry = Entry(part.id, quantity, side, place.id, batch_id, serial_id)
        posted = post(ctx, "return", [entry], given, "inventory.taken_back", arrival=arrival)
        return queries.of_moves(ctx, posted.moves)


def take_piece_back(
    ctx: Ctx, ref: RecordRef, part_code: str, serials: Iterable[str], note: str
) -> Inspection | None:
    """A record says that the piece with one of these serial numbers came back. It goes into quarantine where the book
    knows one such piece, of this part if one is named, and says that it is with a customer; else nothing happens, and
    whoever took it in can take it back by hand.
    """
    found = [row for row in queries.pieces(ctx, serials) if part_code.strip() in ("", row.part.code)]
    if len(found) != 1 or not found[0].part.active:
        return None
    piece = found[0]
    if queries.out_with_customers(ctx, piece.part_id, None, piece.id) < 1:
        return None
    reasons = queries.reasons(ctx)
    data = ReturnData(
        piece.part_id, Decimal(1), "field", FAULTY if FAULTY in reasons else next(iter(reasons)), note[:2000],
        serial=piece.number, once=f"{ref.kind} {ref.id}", with_=ref,
    )  # fmt: skip
    opened = take_back(ctx, data, allowed=True)
    return opened[0] if opened else None


def _require_out(ctx: Ctx, part: PartWords, quantity: Decimal, batch_id: int | None, serial_id: int | None) -> None:
    out = queries.out_with_customers(ctx, part.id, batch_id, serial_id)
    if out < quantity:
        words = _(
            "Only {out} of part {part} are out with customers by the book; {asked} can’t come back. If it was given "
            "out before the book began, say so.",
            out=part.amount(max(out, Decimal(0))), part=part.code, asked=part.amount(quantity),
        )  # fmt: skip
        raise Conflict("never_issued", words, field="quantity")


def _lot(ctx: Ctx, part: PartWords, data: ReturnData) -> tuple[Batch | None, Serial | None]:
    """The batch and the piece that come back; those from before the book are made."""
    number, serial_number = fitting(data.batch, "batch", 80), fitting(data.serial, "serial", 80)
    batch = serial = None
    if number and part.tracking != "none":
        batch = lot_queries.batches_by_number(ctx, [part.id], [number]).get((part.id, number))
        if batch is None:
            if not data.before_book:
                raise Invalid("unknown_batch", _("There is no batch {number} of this part.", number=number), "batch")
            batch = Batch(part_id=part.id, number=number, received_on=ctx.today, state="released")
            ctx.session.add(batch)
            ctx.session.flush()
            emit(ctx, "inventory.batch_changed", batch, number=number, part=part.code)
    if serial_number and part.tracking == "serial":
        serial = queries.serial_of(ctx, part.id, serial_number)
        if serial is None:
            if not data.before_book:
                words = _("There is no serial number {number} of this part.", number=serial_number)
                raise Invalid("unknown_serial", words, "serial")
            batch_id = batch.id if batch is not None else None
            serial = Serial(part_id=part.id, number=serial_number, batch_id=batch_id, received_on=ctx.today)
            ctx.session.add(serial)
            ctx.session.flush()
            emit(ctx, "inventory.serial_noted", serial, number=serial_number, part=part.code)
        for where, known in stock_queries.where_serials_are(ctx, [serial.id]):
            words = _("Serial number {serial} is in stock already, in {place}.", serial=known, place=where)
            raise Conflict("serial_there", words)
    return batch, serial
